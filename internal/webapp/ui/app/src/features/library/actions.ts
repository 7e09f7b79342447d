// SPDX-License-Identifier: Apache-2.0
// What can be done with a selection: one line for each thing. Features add theirs here; a dialog comes when it is opened.

import type { ComponentType } from "react";
import { ArrowUpDown, FolderHeart, FolderMinus, Download, FolderInput, Pencil, Share2, SquarePen, Tags, Trash2, CalendarClock, Captions, UserRoundCog } from "lucide-react";
import type { Asset, Permission } from "../../api/gen";
import { byQuery, type Selected, type Total } from "../../assetgrid";
import { loadMessages, type PlainKey } from "../../i18n";
import { lazyPart } from "../../shell/lazyPart";
import { binAssets } from "./acts";
import type { Scope } from "./place";

/** Chosen is what an action is about. assets are those of the selection that are known here; a selection by query has more. */
export type Chosen = { selected: Selected; count: Total; assets: Asset[]; scope: Scope; /** for what takes the assets away from here */ clear(): void };

/** Act is one thing to do: it runs at once, or opens a dialog. */
export type Act = {
  id: string;
  label: PlainKey;
  /** as shown and pressed while the grid has the focus */
  keys?: string;
  icon: ComponentType<{ size?: number; "aria-hidden"?: boolean }>;
  /** hidden from whoever has it for none of the selected */
  permission?: Permission;
  /** hidden when it does not fit the selection */
  when?(c: Chosen): boolean;
  danger?: boolean;
  /** stands on the bar; the others in the menu behind it */
  main?: boolean;
  run?(c: Chosen): unknown;
  Dialog?: ComponentType<{ chosen: Chosen; onClose(): void }>;
};

const part = (name: "BulkEdit" | "Owner" | "Download" | "Move" | "Tag" | "Dates" | "Rename" | "AltText") => lazyPart(["library", "terms", "folders", "asset"], () => import("./SelectionDialogs"), name) as ComponentType<{ chosen: Chosen; onClose(): void }>;

const gathering = (name: "AddTo" | "Reorder") => lazyPart(["collections", "grid"], () => import("../collections/Acts"), name) as ComponentType<{ chosen: Chosen; onClose(): void }>;

/** actions in the order of the bar. */
export const actions: Act[] = [
  { id: "download", label: "library.act_download", keys: "D", icon: Download, permission: "asset.download_rendition", main: true, Dialog: part("Download") },
  { id: "share", label: "library.act_share", keys: "S", icon: Share2, permission: "asset.share", when: (c) => !byQuery(c.selected) && c.count.n <= 1000, main: true, Dialog: lazyPart(["links", "terms"], () => import("../links/Share"), "ShareChosen") as ComponentType<{ chosen: Chosen; onClose(): void }> },
  { id: "move", label: "library.act_move", keys: "M", icon: FolderInput, permission: "asset.edit", main: true, Dialog: part("Move") },
  { id: "edit", label: "library.act_edit", keys: "E", icon: SquarePen, permission: "asset.edit", main: true, Dialog: part("BulkEdit") },
  { id: "tag", label: "library.act_tag", keys: "T", icon: Tags, permission: "asset.edit", main: true, Dialog: part("Tag") },
  { id: "collect", label: "library.act_collect", keys: "C", icon: FolderHeart, main: true, Dialog: gathering("AddTo") },
  { id: "uncollect", label: "library.act_uncollect", icon: FolderMinus, when: (c) => !!c.scope.collection, run: (c) => import("../collections/Acts").then(async (m) => (await loadMessages("collections"), m.takeOut(c))) },
  { id: "reorder", label: "library.act_reorder", icon: ArrowUpDown, when: (c) => !!c.scope.collection && !byQuery(c.selected), Dialog: gathering("Reorder") },
  { id: "dates", label: "library.act_dates", icon: CalendarClock, permission: "asset.edit", Dialog: part("Dates") },
  { id: "owner", label: "library.act_owner", icon: UserRoundCog, permission: "asset.edit", Dialog: part("Owner") },
  { id: "rename", label: "library.act_title", keys: "F2", icon: Pencil, permission: "asset.edit", when: (c) => c.count.n === 1, Dialog: part("Rename") },
  { id: "alt", label: "library.act_alt", keys: "A", icon: Captions, permission: "asset.edit", when: (c) => c.count.n === 1, Dialog: part("AltText") },
  { id: "bin", label: "library.act_bin", keys: "Del", icon: Trash2, permission: "asset.delete", danger: true, main: true, run: (c) => binAssets(c.selected).then((ok) => ok && c.clear()) },
];
