// SPDX-License-Identifier: Apache-2.0
// What is known of the selected asset, beside the list; on narrow screens a sheet over it.

import { lazy, Suspense } from "react";
import { X } from "lucide-react";
import type { Folder } from "../../api/gen";
import { useSelected } from "../../assetgrid";
import { t } from "../../i18n";
import { setPreferences, usePreferences } from "../../shell/preferences";
import { Dialog, IconButton, Loading } from "../../ui";
import type { Acts } from "./SelectionBar";

const Content = lazy(() => import("./DetailsContent").then((m) => ({ default: m.Content })));

/** Details is the panel; wide: there is room for it beside the list. */
export function Details({ folder, acts, wide, sheet, onSheet }: { folder: Folder | undefined; acts: Acts; wide: boolean; sheet: boolean; onSheet(open: boolean): void }) {
  const prefs = usePreferences();
  const store = useSelected();
  const close = () => setPreferences({ panel: false });
  if (!wide) {
    if (store.isEmpty) return null;
    return <Dialog title={t("library.panel")} open={sheet} onClose={() => onSheet(false)} size="sheet"><Suspense fallback={<Loading lines={6} />}><Content acts={acts} folder={folder} /></Suspense></Dialog>;
  }
  if (!prefs.panel) return null;
  return (
    <aside className="details" aria-labelledby="details-title">
      <header><h2 id="details-title">{t("library.panel")}</h2><IconButton className="small" label={t("library.panel_close")} onPress={close}><X size={16} aria-hidden /></IconButton></header>
      {store.isEmpty ? <p className="soft">{t("library.panel_none")}</p> : <Suspense fallback={<Loading lines={6} />}><Content acts={acts} folder={folder} /></Suspense>}
    </aside>
  );
}
