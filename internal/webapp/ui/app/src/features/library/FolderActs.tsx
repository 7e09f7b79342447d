// SPDX-License-Identifier: Apache-2.0
// What can be done with a folder: shared, a new one in it, another name, another place, into the bin and out again.

import { useState } from "react";
import type { Folder } from "../../api/gen";
import { t } from "../../i18n";
import { lazyDialog } from "../../shell/lazyPart";
import type { MenuEntry } from "../../ui";
import { folderName } from "./folderName";

type Kind = "share" | "new" | "rename" | "move" | "move-to" | "delete";
/** AskedOfFolder is what shall be done with a folder; onto is where it was dropped. */
export type AskedOfFolder = { kind: Kind; folder: Folder; onto?: Folder };
type Entry = Extract<MenuEntry, { id: string }>;

const Dialogs = lazyDialog<AskedOfFolder & { onClose(): void }>(["library", "folders"], () => import("./FolderDialogs"), "FolderDialogs");
const ShareFolder = lazyDialog<{ id: string; name: string; onClose(): void }>(["links", "terms"], () => import("../links/Share"), "ShareFolder");

/** useFolderActs gives the entries of a folder's menu and the dialogs behind them. */
export function useFolderActs() {
  const [asked, setAsked] = useState<AskedOfFolder>();
  const ask = (kind: Kind, folder: Folder, onto?: Folder) => setAsked({ kind, folder, ...(onto ? { onto } : {}) });
  const entries = (f: Folder): Entry[] => [
    ...(f.permissions.includes("asset.share") ? [{ id: "share", label: t("library.share_folder"), onAction: () => ask("share", f) }] : []),
    ...(!f.permissions.includes("folder.manage") ? [] : [
      { id: "new", label: t("library.new_folder_here"), onAction: () => ask("new", f) },
      ...(f.purpose === "root" ? [] : [{ id: "rename", label: t("library.rename"), onAction: () => ask("rename", f) }]),
      ...(f.purpose ? [] : [
        { id: "move", label: t("library.move_to"), onAction: () => ask("move", f) },
        { id: "delete", label: t("library.to_bin"), danger: true, onAction: () => ask("delete", f) },
      ]),
    ]),
  ];
  const close = () => setAsked(undefined);
  const dialogs = !asked ? null : asked.kind === "share" ? <ShareFolder id={asked.folder.id} name={folderName(asked.folder)} onClose={close} /> : <Dialogs key={asked.kind + asked.folder.id} {...asked} onClose={close} />;
  return { ask, entries, fetch: Dialogs.fetch, dialogs };
}
