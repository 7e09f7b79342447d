// SPDX-License-Identifier: Apache-2.0
// The tree of folders in the column on the left.

import { useEffect, useMemo, useState } from "react";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Ellipsis, Folder as FolderIcon, FolderOpen, FolderPlus, Inbox, Library } from "lucide-react";
import type { Folder } from "../../api/gen";
import { assetDragType, fromSelection } from "../../assetgrid";
import { number, t } from "../../i18n";
import { Failed, IconButton, Menu, TreeView, type Branch } from "../../ui";
import { moveAssets } from "./acts";
import { useFolderActs } from "./FolderActs";
import { folderName } from "./folderName";
import { below, facets, folder as oneFolder } from "./queries";

const folderDragType = "application/x-tillgang-folder";
const keptIn = "tillgang.folders";

function wasOpen(): Set<string> {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(keptIn) ?? "[]") as string[]);
  } catch {
    return new Set();
  }
}

/** Folders is the section of the column. */
export function Folders() {
  const go = useNavigate();
  const search: Record<string, string | undefined> = useSearch({ strict: false });
  const here = useQuery({ ...oneFolder(search["folder"] ?? ""), enabled: !!search["folder"] });
  const [open, setOpen] = useState(wasOpen);
  const top = useQuery(below(""));
  const root = top.data?.[0];
  const opened = useMemo(() => [...new Set([...(root ? [root.id] : []), ...open])], [root, open]);
  const lists = useQueries({ queries: opened.map((id) => below(id)) });
  const counts = useQueries({ queries: opened.map((id) => ({ ...facets({ folder: id, subtree: true }), staleTime: 60_000 })) });
  const acts = useFolderActs();

  // The way to the folder that is shown stands open.
  const path = here.data?.path;
  useEffect(() => {
    if (path) setOpen((was) => (path.slice(0, -1).every((p) => was.has(p.id)) ? was : new Set([...was, ...path.slice(0, -1).map((p) => p.id)])));
  }, [path]);
  const change = (ids: Set<string>) => {
    setOpen(ids);
    try {
      sessionStorage.setItem(keptIn, JSON.stringify([...ids].slice(0, 500)));
    } catch {
      // Then they are closed again after the next visit.
    }
  };

  const known = new Map<string, Folder>();
  const branch = (f: Folder, count?: number): Branch => {
    known.set(f.id, f);
    const i = opened.indexOf(f.id);
    const list = lists[i]?.data;
    const c = counts[i]?.data;
    const isOpen = i >= 0 && (f.id === root?.id || open.has(f.id));
    const entries = acts.entries(f);
    const Icon = f.purpose === "root" ? Library : f.purpose === "inbox" ? Inbox : isOpen && f.has_folders ? FolderOpen : FolderIcon;
    return {
      id: f.id, label: folderName(f), hasChildren: !!f.has_folders, drags: !f.purpose && f.permissions.includes("folder.manage"),
      icon: <Icon size={16} aria-hidden />,
      ...(count ? { end: <span className="count" aria-label={t("library.files_n", { n: count })}>{number(count)}</span> } : {}),
      ...(entries.length ? { menu: <Menu label={t("library.folder_menu", { name: f.name })} button={<IconButton className="small" label={t("library.folder_menu", { name: f.name })}><Ellipsis size={16} aria-hidden /></IconButton>} entries={entries} /> } : {}),
      ...(isOpen && list ? { children: list.map((x) => branch(x, c?.total_is_exact ? c.folders.find((n) => n.value === x.id)?.count : undefined)) } : {}),
    };
  };
  const branches = root ? [branch(root)] : [];
  const may = (id: string, permission: string) => !!known.get(id)?.permissions.includes(permission);

  return (
    <section className="library-section" aria-labelledby="folders-title">
      <header>
        <h2 id="folders-title">{t("library.folders")}</h2>
        {root?.permissions.includes("folder.manage") && <IconButton className="small" label={t("library.new_folder")} onHoverStart={acts.fetch} onPress={() => acts.ask("new", here.data ?? root)}><FolderPlus size={16} aria-hidden /></IconButton>}
      </header>
      {top.isError && <Failed problem={top.error} retry={() => void top.refetch()} />}
      {root && (
        <TreeView
          label={t("library.folders")} branches={branches} selected={search["folder"]} expanded={new Set(opened)}
          onExpanded={change} onSelect={(id) => void go({ to: "/", search: { folder: id, ...(search["view"] ? { view: search["view"] } : {}) } })}
          drop={{
            types: [assetDragType, folderDragType], ownType: folderDragType,
            mayDrop: (id) => may(id, "asset.upload") || may(id, "folder.manage"),
            onDrop: (id, type, text) => {
              const onto = known.get(id);
              if (!onto) return;
              if (type === assetDragType) void moveAssets(fromSelection(JSON.parse(text) as Parameters<typeof fromSelection>[0]), { id, name: folderName(onto) });
              else if (known.get(text)) acts.ask("move-to", known.get(text)!, onto);
            },
          }}
        />
      )}
      {acts.dialogs}
    </section>
  );
}
