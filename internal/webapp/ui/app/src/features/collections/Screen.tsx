// SPDX-License-Identifier: Apache-2.0
// One collection: the library's views of what is in it, and what can be done with the collection itself.

import { Suspense, useState, type ComponentType } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { ChevronRight, FolderCog } from "lucide-react";
import { session } from "../../api/queries";
import type { Collection } from "../../api/gen";
import { t } from "../../i18n";
import { Button, Confirm, Empty, Failed, Loading, Menu, toast, useTitle, type MenuEntry } from "../../ui";
import { LibraryView } from "../library";
import { usePlace } from "../library/place";
import { lazyPart } from "../../shell/lazyPart";
import { bin, collection, collections, restore } from "./api";
import { EditCollection } from "./Edit";
import { Cards } from "./index";
import { ShareCollection } from "./Share";
import "./collections.css";

const ShareByLink = lazyPart(["links", "terms"], () => import("../links/Share"), "ShareCollection") as ComponentType<{ id: string; name: string; onClose(): void }>;

/** CollectionScreen shows the collection that the address names. */
export function CollectionScreen() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const scope = { collection: id };
  const place = usePlace(scope);
  const c = useQuery(collection(id));
  useTitle(c.data?.name ?? t("collections.title"));
  if (c.isError) return <div className="library"><header className="library-head"><h1>{t("collections.one")}</h1></header><Failed problem={c.error} retry={() => void c.refetch()} /></div>;
  if (!c.data) return <div className="library"><header className="library-head"><h1>{t("collections.one")}</h1></header><Loading lines={6} /></div>;
  return <LibraryView key={id} place={place} scope={scope} label={c.data.name} head={<Head of={c.data} />} empty={<Empty title={t("collections.empty")}>{t("collections.empty_text")}</Empty>} />;
}

function Head({ of: c }: { of: Collection }) {
  const go = useNavigate();
  const who = useQuery(session);
  const [asked, setAsked] = useState<"edit" | "share" | "link" | "bin" | "inside">();
  const inside = useQuery({ ...collections({ parent: c.id }), enabled: c.children > 0 });
  const entries: MenuEntry[] = [];
  if (c.level !== "view" && c.kind === "list") entries.push({ id: "inside", label: t("collections.make_in"), onAction: () => setAsked("inside") });
  entries.push({ id: "link", label: t("collections.share_by_link"), onAction: () => setAsked("link") });
  if (c.level === "manage") {
    entries.push({ id: "edit", label: t("collections.edit"), onAction: () => setAsked("edit") }, { id: "share", label: t("collections.share"), onAction: () => setAsked("share") });
    entries.push("line", { id: "bin", label: t("collections.to_bin"), danger: true, onAction: () => setAsked("bin") });
  }
  return (
    <>
      <nav aria-label={t("collections.way")} className="way">
        <ol>
          <li><Link to={"/collections" as "/"}>{t("collections.title")}</Link><ChevronRight size={14} aria-hidden /></li>
          {(c.path ?? []).slice(0, -1).map((p) => <li key={p.id}><Link to={"/collections/$id" as "/"} params={{ id: p.id } as never}><bdi>{p.name}</bdi></Link><ChevronRight size={14} aria-hidden /></li>)}
        </ol>
      </nav>
      <header className="library-head">
        <h1><bdi>{c.name}</bdi></h1>
        {entries.length > 0 && <Menu label={t("collections.menu", { name: c.name })} button={<Button kind="quiet"><FolderCog size={18} aria-hidden />{t("collections.one")}</Button>} entries={entries} />}
      </header>
      {c.description && <p className="soft">{c.description}</p>}
      {inside.data && inside.data.length > 0 && <Cards list={inside.data} />}
      {asked === "edit" && <EditCollection of={c} onClose={() => setAsked(undefined)} />}
      {asked === "inside" && <EditCollection parent={c.id} onClose={() => setAsked(undefined)} />}
      {asked === "share" && <ShareCollection of={c} onClose={() => setAsked(undefined)} />}
      {asked === "link" && <Suspense><ShareByLink id={c.id} name={c.name} onClose={() => setAsked(undefined)} /></Suspense>}
      {asked === "bin" && (
        <Confirm open danger title={t("collections.bin_title", { name: c.name })} action={t("collections.to_bin")} onClose={() => setAsked(undefined)} onConfirm={async () => {
          await bin(c.id);
          toast(t("collections.binned", { name: c.name }), { action: { label: t("ui.undo"), run: () => void restore(c.id) } });
          void go({ to: "/collections" as "/" });
        }}>
          <p>{t("collections.bin_text", { n: who.data?.bin_days ?? 14 })}</p>
        </Confirm>
      )}
    </>
  );
}
