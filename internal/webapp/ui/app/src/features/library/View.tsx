// SPDX-License-Identifier: Apache-2.0
// A list of assets with all that belongs to it: tools, filters, the view itself, details and the selection's bar.
// The library, collections and links stand their own heading above it.

import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Problem } from "../../api/client";
import type { Asset, Folder } from "../../api/gen";
import { AssetGrid, SelectionProvider, Timeline, useAssetWindow, useSelected, type AssetWindow, type LibraryQuery } from "../../assetgrid";
import { t } from "../../i18n";
import { announce, ErrorNote, Loading } from "../../ui";
import { useOwnCommands } from "../../shell/commands";
import { setPreferences, usePreferences } from "../../shell/preferences";
import { actions } from "./actions";
import { Details } from "./Details";
import { Chips } from "./Chips";
import { useFiltersOpen } from "./filters";
import { NothingHere } from "./Nothing";
import { useGo, type Place, type Scope } from "./place";
import { facets } from "./queries";
import { SelectionBar, useActs } from "./SelectionBar";
import { Tools } from "./Tools";
import "./library.css";

const Facets = lazy(() => import("./Facets").then((m) => ({ default: m.Facets })));
const AssetTable = lazy(() => import("../../assetgrid/AssetTable").then((m) => ({ default: m.AssetTable })));

type Props = { place: Place; label: string; head?: ReactNode; folder?: Folder | undefined; scope?: Scope; empty?: ReactNode };

/** LibraryView lists what a place finds. place comes from usePlace(scope); scope is told again so that actions know of it. */
export function LibraryView(props: Props) {
  const query = props.place.query as LibraryQuery;
  return <SelectionProvider query={query}><Inside {...props} query={query} /></SelectionProvider>;
}

function Inside({ place, label, head, folder, scope, empty, query }: Props & { query: LibraryQuery }) {
  const go = useNavigate();
  const change = useGo();
  const prefs = usePreferences();
  const store = useSelected();
  const counted = useQuery(facets(place.query));
  const acts = useActs({ folder, scope: scope ?? {} });
  const wide = useWide();
  const filters = useFiltersOpen();
  const [sheet, setSheet] = useState(false);

  // A text that cannot be understood finds nothing; everything else that fails is told by the list itself.
  const wrong = counted.error instanceof Problem && counted.error.status === 422 ? counted.error : undefined;
  const total = counted.data?.total;
  const exact = counted.data?.total_is_exact ?? true;
  const said = useRef("");
  useEffect(() => {
    if (total === undefined || counted.isPlaceholderData) return;
    const text = exact ? t("library.count", { n: total }) : t("library.count_at_least", { n: total });
    const whole = label ? `${label}: ${text}` : text;
    if (said.current && said.current !== whole) announce(whole);
    said.current = whole;
  }, [total, exact, label, counted.isPlaceholderData]);

  // The asset page goes to the neighbours in the list that it was opened from.
  const open = useCallback((a: Asset, from?: AssetWindow) => {
    const at = from?.placeOf(a.id);
    void go({ to: "/assets/$id" as "/", params: { id: a.id } as never, ...(from && at !== undefined ? { search: { window: from.anchor, at: String(at) } as never } : {}) });
  }, [go]);
  const onKey = useCallback(
    (key: string, asset: Asset | undefined) => {
      if (key === "]") return wide ? setPreferences({ panel: !prefs.panel }) : setSheet(true), true;
      if (key === "[") return setPreferences({ nav: !prefs.nav }), true;
      const act = actions.find((a) => a.keys === (key.length === 1 ? key.toUpperCase() : key === "Delete" ? "Del" : key));
      if (!act) return false;
      if (store.isEmpty && asset) store.replace([asset.id]);
      return acts.run(act.id);
    },
    [store, acts, wide, prefs.panel, prefs.nav],
  );
  useOwnCommands(
    useMemo(
      () => [
        ...acts.commands,
        { id: "all", label: t("library.select_all"), keys: "Ctrl+A", run: () => store.all() },
        { id: "none", label: t("library.select_none"), keys: "Esc", run: () => store.clear() },
        { id: "panel", label: t("library.panel"), keys: "]", run: () => setPreferences({ panel: !prefs.panel }) },
        { id: "nav", label: t("library.nav"), keys: "[", run: () => setPreferences({ nav: !prefs.nav }) },
      ],
      [acts.commands, store, prefs.panel, prefs.nav],
    ),
  );

  return (
    <div className="library" data-panel={(prefs.panel && wide) || undefined}>
      <div className="library-middle">
        {head}
        <Tools place={place} folder={folder} counted={counted.data} />
        {filters && <Suspense fallback={<section className="facets" aria-label={t("library.filter")}><p className="soft">{t("ui.loading")}</p></section>}><Facets place={place} found={counted.data} /></Suspense>}
        <Chips place={place} folder={folder} />
        {wrong ? (
          <ErrorNote problem={wrong} />
        ) : total === 0 && !counted.isPlaceholderData ? (
          empty && !place.q && !place.filters.length ? empty : <NothingHere place={place} folder={folder} />
        ) : (
          <Results place={place} label={label} query={query} onOpen={open} onKey={onKey} onSort={(sort) => change({ sort })} />
        )}
        <SelectionBar acts={acts} {...(wide ? {} : { onDetails: () => setSheet(true) })} />
      </div>
      <Details folder={folder} acts={acts} wide={wide} sheet={sheet} onSheet={setSheet} />
      {acts.dialog}
    </div>
  );
}

function Results({ place, label, query, onOpen, onKey, onSort }: { place: Place; label: string; query: LibraryQuery; onOpen(a: Asset, from?: AssetWindow): void; onKey(key: string, a: Asset | undefined): boolean; onSort(sort: never): void }) {
  const prefs = usePreferences();
  if (place.view === "table")
    return (
      <div onKeyDown={(e) => {
        // Single keys work in the table as in the grid: on what is selected, while the focus is in it and nothing is typed.
        const typed = e.target instanceof HTMLInputElement && e.target.type !== "checkbox";
        if (typed || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || (e.key.length === 1 && (!prefs.keys || e.key === " "))) return;
        if (onKey(e.key, undefined)) e.preventDefault();
      }}>
        <Suspense fallback={<Loading lines={6} />}><AssetTable label={label} query={query} onOpen={onOpen} onSort={onSort as (s: string) => void} /></Suspense>
      </div>
    );
  return <Windowed timeline={place.view === "timeline"} label={label} query={query} onOpen={onOpen} onKey={onKey} />;
}

function Windowed({ timeline, label, query, onOpen, onKey }: { timeline: boolean; label: string; query: LibraryQuery; onOpen(a: Asset, from?: AssetWindow): void; onKey(key: string, a: Asset | undefined): boolean }) {
  const asked = useMemo(() => (timeline && query.sort !== "newest" && query.sort !== "captured" ? { ...query, sort: "captured" as const } : query), [timeline, query]);
  const window = useAssetWindow(asked);
  const opened = useCallback((a: Asset) => onOpen(a, window), [onOpen, window]);
  return timeline ? <Timeline label={label} window={window} onOpen={opened} onKey={onKey} /> : <AssetGrid label={label} window={window} onOpen={opened} onKey={onKey} />;
}

const room = window.matchMedia("(min-width: 56.3125em)");
const onRoom = (l: () => void) => (room.addEventListener("change", l), () => room.removeEventListener("change", l));
/** useWide is whether there is room for panels beside the list. */
const useWide = (): boolean => useSyncExternalStore(onRoom, () => room.matches);
