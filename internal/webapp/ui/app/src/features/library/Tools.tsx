// SPDX-License-Identifier: Apache-2.0
// The row of tools above a list: how many there are, filters, order, view, size.

import { lazy, Suspense } from "react";
import { ArrowDownWideNarrow, Filter as FilterIcon, GalleryVerticalEnd, LayoutGrid, PanelRight, SlidersHorizontal, Table2 } from "lucide-react";
import type { Facets as Found, Folder } from "../../api/gen";
import { t } from "../../i18n";
import { setPreferences, usePreferences } from "../../shell/preferences";
import { Button, Menu, Pop, Switch, ToggleIcon } from "../../ui";
import { setFiltersOpen, useFiltersOpen } from "./filters";
import { useGo, views, type Place, type Sort } from "./place";

const Look = lazy(() => import("./Look").then((m) => ({ default: m.Look })));

const icons = { grid: LayoutGrid, table: Table2, timeline: GalleryVerticalEnd };

/** Tools is that row. */
export function Tools({ place, folder, counted }: { place: Place; folder: Folder | undefined; counted: Found | undefined }) {
  const change = useGo();
  const prefs = usePreferences();
  const filters = useFiltersOpen();
  const order: Sort = place.sort ?? (place.q ? "relevance" : "newest");
  const orders = (["newest", "captured", "name", ...(place.q ? ["relevance"] : [])] as Sort[]).map((id) => ({ id, label: t(`library.sort_${id}`) }));
  return (
    <div className="library-tools">
      <p className="count-line">{counted ? (counted.total_is_exact ? t("library.count", { n: counted.total }) : t("library.count_at_least", { n: counted.total })) : " "}</p>
      {folder && (
        <Switch isSelected={place.deep} onChange={(on) => change({ deep: on ? "1" : undefined })}>{t("library.deep")}</Switch>
      )}
      <div className="end">
        <Button kind="quiet" aria-expanded={filters} onPress={() => setFiltersOpen(!filters)}><FilterIcon size={16} aria-hidden />{t("library.filter")}</Button>
        <Menu
          label={t("library.sort")}
          button={<Button kind="quiet" aria-label={t("library.sort_now", { sort: t(`library.sort_${order}`) })}><ArrowDownWideNarrow size={16} aria-hidden /><span className="only-wide">{t(`library.sort_${order}`)}</span></Button>}
          entries={[{ section: t("library.sort"), entries: orders, selected: order, onSelect: (id) => change({ sort: id }) }]}
        />
        <div role="group" aria-label={t("library.view")} className="segments">
          {views.map((v) => {
            const Icon = icons[v];
            return <ToggleIcon key={v} label={t(`library.view_${v}`)} isSelected={place.view === v} onChange={() => change({ view: v })}><Icon size={16} aria-hidden /></ToggleIcon>;
          })}
        </div>
        <Pop className="look" label={t("library.look")} button={<Button kind="quiet" className="icon" aria-label={t("library.look")}><SlidersHorizontal size={16} aria-hidden /></Button>}>{() => <Suspense><Look /></Suspense>}</Pop>
        <ToggleIcon className="panel-toggle" label={t("library.panel")} isSelected={prefs.panel} onChange={(panel) => setPreferences({ panel })}><PanelRight size={16} aria-hidden /></ToggleIcon>
      </div>
    </div>
  );
}
