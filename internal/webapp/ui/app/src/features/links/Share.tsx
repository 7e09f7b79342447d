// SPDX-License-Identifier: Apache-2.0
// How the library's selection, folders and collections come to the dialog.

import { t } from "../../i18n";
import { byQuery } from "../../assetgrid";
import { titleOf } from "../asset/text";
import type { Chosen } from "../library/actions";
import { ShareDialog } from "./ShareDialog";

/** ShareChosen shares the chosen files. */
export function ShareChosen({ chosen, onClose }: { chosen: Chosen; onClose(): void }) {
  const ids = byQuery(chosen.selected) ? [] : [...chosen.selected.ids];
  return <ShareDialog target={{ assets: ids }} name={ids.length === 1 && chosen.assets[0] ? titleOf(chosen.assets[0]) : t("links.files_n", { n: ids.length })} onClose={onClose} />;
}

/** ShareFolder shares a folder. */
export function ShareFolder({ id, name, onClose }: { id: string; name: string; onClose(): void }) {
  return <ShareDialog target={{ folder: id }} name={name} onClose={onClose} />;
}

/** ShareCollection shares a collection. */
export function ShareCollection({ id, name, onClose }: { id: string; name: string; onClose(): void }) {
  return <ShareDialog target={{ collection: id }} name={name} onClose={onClose} />;
}
