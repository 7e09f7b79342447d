// SPDX-License-Identifier: Apache-2.0
// Cards in a window: what is in sight is drawn, wherever one scrolls; the page scrolls, there is no box inside it.

import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore, type KeyboardEvent } from "react";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useGridList } from "react-aria/useGridList";
import { ChevronDown, ChevronUp } from "lucide-react";
import { number, t } from "../i18n";
import { usePreferences } from "../shell/preferences";
import { announce, Button, Failed, ErrorNote } from "../ui";
import type { KeyboardDelegate } from "./aria";
import { Card } from "./Card";
import { SparseCollection } from "./collection";
import { useDragSource } from "./DragSource";
import { Layout, cut, stretch, type Measures, type Section } from "./layout";
import { Manager } from "./manager";
import { recall, remember } from "./memory";
import { nameOf } from "./name";
import type { Asset } from "./query";
import { byQuery } from "./selection";
import type { ListState } from "./state";
import { useSelection } from "./useSelected";
import { useSpan, useWidth } from "./useSpan";
import type { AssetWindow } from "./window";
import "./grid.css";

/** GridProps are what grid and timeline take alike. */
export type GridProps = {
  /** names the grid for screen readers: the folder, the search */
  label: string;
  window: AssetWindow;
  /** opens an asset: Enter and double click. Without it /assets/$id is gone to. */
  onOpen?(asset: Asset): void;
  /** single keys (e, a, m, s, d, [, ]) while the grid has the focus and the preferences want them, and Delete and F2; what it returns true for goes no further */
  onKey?(key: string, asset: Asset | undefined): boolean | void;
};

/** Jump is how the rail moves the view. */
export type Jump = (place: number) => void;

type Props = GridProps & { sections?: Section[]; heading?(s: Section): React.ReactNode; rail?(jump: Jump, first: number): React.ReactNode; /** the sections are not known yet */ waiting?: boolean };

/** Cards is the common body of grid and timeline. */
export function Cards(props: Props) {
  const { window: w } = props;
  if (w.status === "failed") return <Failed problem={w.problem} retry={() => w.retry()} />;
  return <Inside key={w.name} {...props} />;
}

function Inside({ label, window: w, onOpen, onKey, sections, heading, rail, waiting }: Props) {
  const store = useSelection();
  const prefs = usePreferences();
  const go = useNavigate();
  const spotKey = `${useLocation({ select: (l) => (l.state as { __TSR_key?: string }).__TSR_key ?? "" })} ${w.name}`;
  const was = useMemo(() => recall(spotKey), []); // eslint-disable-line
  const outer = useRef<HTMLDivElement>(null);
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(outer);
  const compact = prefs.density === "compact";

  const [state] = useState<ListState>(() => {
    const collection = new SparseCollection(w);
    const manager = new Manager(collection, w, store, () => announce(t("grid.too_many"), true), () => announce(store.total.exact ? t("grid.all_selected", { n: store.total.n }) : t("grid.all_selected_more", { n: store.total.n })));
    return { collection, disabledKeys: new Set(), selectionManager: manager };
  });
  const manager = state.selectionManager;
  useSyncExternalStore(manager.subscribe, manager.snapshot);

  // Stretches: no more places than browsers can be tall.
  const heads = sections ?? null;
  const measures: Measures = useMemo(() => ({ width, least: prefs.thumb, gap: compact ? 8 : 16, caption: compact ? 32 : 52, heading: heads ? 48 : 0 }), [width, prefs.thumb, compact, !heads]); // eslint-disable-line
  const most = stretch(measures, heads?.length ?? 1);
  const [around, setAround] = useState(was?.stretch ?? 0);
  const first = Math.min(Math.floor(around / most) * most, Math.max(0, Math.floor((w.total - 1) / most) * most)), end = Math.min(w.total, first + most);
  const layout = useMemo(() => new Layout(measures, heads ? cut(heads, first, end) : end > first ? [{ key: "", from: first, count: end - first }] : []), [measures, heads, first, end]);
  state.collection.first = first;
  state.collection.end = end;

  const { span, scrollTo, look } = useSpan(ref, layout, w);
  manager.inSight = () => (layout.end > layout.first ? layout.at(look()) : null);

  useEffect(() => store.subscribe(() => manager.changed()), [store, manager]);
  useEffect(() => w.subscribe(() => manager.changed()), [w, manager]);
  useEffect(() => {
    if (w.status === "open" && !w.part && !w.chosen) store.setTotal({ n: w.total, exact: w.exact });
    if (manager.focusedKey !== null && manager.focusedKey >= w.total) manager.setFocusedKey(w.total ? w.total - 1 : null);
  }, [w, w.version, store, manager]); // eslint-disable-line

  // What is being prepared is looked at again until it is ready.
  const awaited: string[] = [];
  for (let i = span[0]; i < Math.min(span[1], w.total); i++) {
    const asset = w.get(i);
    if (asset?.state === "preparing") awaited.push(asset.id);
  }
  const waits = awaited.join();
  useEffect(() => {
    if (!waits) return;
    const again = setInterval(() => document.visibilityState === "visible" && void w.refresh(waits.split(",")), 4000);
    return () => clearInterval(again);
  }, [w, waits]);

  // Selections of several are told; that one is selected says its row.
  const told = useRef(store.count.n);
  useEffect(() => {
    const later = setTimeout(() => {
      const n = store.count.n;
      if (n === told.current) return;
      if (manager.isFocused && !byQuery(store.selected) && !(n === 1 && told.current <= 1)) announce(t("grid.selected_n", { n }));
      told.current = n;
    }, 250);
    return () => clearTimeout(later);
  }, [store, manager, store.version]);

  // Back comes to the same place, and to the same card when it had the focus.
  const ready = width > 0 && w.status === "open" && !waiting;
  const back = useRef(false);
  useLayoutEffect(() => {
    if (!ready || back.current) return;
    back.current = true;
    if (!was) return;
    if (was.place !== null && was.place < w.total) manager.setFocusedKey(was.place);
    window.scrollTo({ top: was.scroll });
    if (!was.focused) return;
    const later = setTimeout(() => {
      const now = document.activeElement;
      if (!now || now === document.body || now.id === "main") ref.current?.querySelector<HTMLElement>(`[aria-rowindex="${(was.place ?? 0) + 1}"]`)?.focus({ preventScroll: true });
    }, 50);
    return () => clearTimeout(later);
  }, [ready]); // eslint-disable-line
  useEffect(() => {
    const note = () => remember(spotKey, { scroll: window.scrollY, place: manager.focusedKey, focused: manager.isFocused || (recall(spotKey)?.focused ?? false), stretch: first });
    if (!ready) return;
    const off = manager.subscribe(note);
    window.addEventListener("scroll", note, { passive: true });
    return () => {
      off();
      window.removeEventListener("scroll", note);
    };
  }, [spotKey, ready, first, manager]);
  useLayoutEffect(() => () => window.scrollTo({ top: 0 }), []);

  const jump = useCallback<Jump>(
    (place) => {
      setAround(place);
      manager.setFocusedKey(place);
      scrollTo(place);
    },
    [manager, scrollTo],
  );

  const open = useCallback(
    (key: unknown) => {
      const asset = w.get(Number(key));
      if (!asset) return;
      if (onOpen) onOpen(asset);
      else void go({ to: `/assets/${asset.id}` });
    },
    [w, onOpen, go],
  );
  const keyboard = useMemo<KeyboardDelegate>(() => {
    const rows = () => Math.max(1, Math.floor((window.innerHeight - 160) / layout.row));
    return {
      getKeyBelow: (k) => layout.below(Number(k)),
      getKeyAbove: (k) => layout.above(Number(k)),
      getKeyLeftOf: (k) => (Number(k) > layout.first ? Number(k) - 1 : null),
      getKeyRightOf: (k) => (Number(k) + 1 < layout.end ? Number(k) + 1 : null),
      getKeyPageBelow: (k) => layout.page(Number(k), rows()),
      getKeyPageAbove: (k) => layout.page(Number(k), -rows()),
      getFirstKey: () => (layout.end > layout.first ? layout.first : null),
      getLastKey: () => (layout.end > layout.first ? layout.end - 1 : null),
    };
  }, [layout]);
  const { gridProps } = useGridList({ "aria-label": label, keyboardDelegate: keyboard, isVirtualized: true, disallowTypeAhead: true, keyboardNavigationBehavior: "tab", onAction: open }, state as never, ref);

  /** What React Aria's keys leave out: Space turns on and off, Shift+Home/End extend, single keys do things. */
  const before = (e: KeyboardEvent<HTMLDivElement>) => {
    if (!(e.target instanceof HTMLElement) || e.target.getAttribute("role") !== "row" || manager.focusedKey === null) return;
    const mod = e.ctrlKey || e.metaKey || e.altKey;
    const stop = () => {
      e.preventDefault();
      e.stopPropagation();
    };
    if (e.key === " " && !mod) {
      stop();
      if (e.shiftKey) manager.extendSelection(manager.focusedKey);
      else manager.toggleSelection(manager.focusedKey);
    } else if ((e.key === "Home" || e.key === "End") && e.shiftKey && !e.altKey) {
      stop();
      const to = e.key === "Home" ? layout.first : layout.end - 1, from = manager.focusedKey;
      manager.extendFrom(from, to);
      manager.setFocusedKey(to);
    } else if (!mod && !e.shiftKey && onKey) {
      const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
      if (((key.length === 1 && prefs.keys) || key === "Delete" || key === "F2") && onKey(key, w.get(manager.focusedKey) ?? undefined)) stop();
    }
  };

  const drag = useDragSource(manager, w);
  const opening = w.status === "opening" || !!waiting;
  const cards = [];
  if (width > 0 && !opening) {
    const want = new Set<number>();
    if (manager.focusedKey !== null && manager.focusedKey >= first && manager.focusedKey < end) want.add(manager.focusedKey);
    for (let i = Math.max(first, span[0]); i < Math.min(end, span[1]); i++) want.add(i);
    for (const place of [...want].sort((a, b) => a - b)) {
      const { x, y, width, height } = layout.box(place);
      cards.push(<Card key={place} node={state.collection.getItem(place)!} place={place} total={w.total} x={x} y={y} width={width} height={height} state={state} drag={drag.source} compact={compact} />);
    }
  } else {
    const { columns, card, height, row } = layout.columns && width ? { columns: layout.columns, card: layout.card, height: layout.cardHeight, row: layout.row } : { columns: 0, card: 0, height: 0, row: 0 };
    for (let i = 0; i < columns * 3; i++) cards.push(<div key={i} className="asset-card" aria-hidden style={{ insetBlockStart: Math.floor(i / columns) * row, insetInlineStart: (i % columns) * (card + measures.gap), inlineSize: card, blockSize: height }}><div className="asset-face" data-empty><div className="asset-picture" /><div className="asset-caption"><span className="bone" /><span className="bone" /></div></div></div>);
  }
  
  const [onFocus, onKeyDownCapture] = [gridProps.onFocus, gridProps.onKeyDownCapture];
  const edge = (to: "earlier" | "later") => async () => {
    if (to === "earlier" ? first > 0 : end < w.total) jump(to === "earlier" ? first - 1 : end);
    else {
      await (to === "earlier" ? w.earlier() : w.later());
      jump(to === "earlier" ? Math.max(0, w.total - 1) : 0);
    }
    announce(t("grid.now_from", { n: w.total, from: manager.focusedKey === null ? 1 : manager.focusedKey + 1 }));
  };
  return (
    <div className="assets">
      <div className="assets-main" ref={outer}>
        {w.problem !== undefined && w.status === "open" && <ErrorNote problem={w.problem} retry={() => w.retry()} />}
        {(first > 0 || w.part) && <Button className="asset-edge" onPress={() => void edge("earlier")()}><ChevronUp size={16} aria-hidden />{t("grid.earlier")}</Button>}
        <div
          {...(opening ? { role: "status", "aria-label": t("ui.loading"), "aria-busy": true } : gridProps)}
          {...(opening ? {} : { "aria-rowcount": w.total, "aria-colcount": 1 })}
          onFocus={(e) => {
            manager.entering = true; // coming in selects nothing
            onFocus?.(e);
            manager.entering = false;
          }}
          onKeyDownCapture={(e) => {
            before(e);
            if (!e.isPropagationStopped()) onKeyDownCapture?.(e);
          }}
          onAuxClick={(e) => {
            const row = e.button === 1 && (e.target as HTMLElement).closest<HTMLElement>("[aria-rowindex]");
            const asset = row && w.get(Number(row.getAttribute("aria-rowindex")) - 1);
            if (asset) window.open(`/assets/${asset.id}`, "_blank", "noopener");
          }}
          ref={ref}
          className="asset-grid"
          style={{ blockSize: opening ? layout.row * 3 : layout.height }}
        >
          {heads && heading && layout.sections.map((s, k) => {
            const box = layout.heading(k);
            return box.y < span[3] && box.y + box.height > span[2] ? <div key={"h" + s.from} role="row" className="asset-heading" style={{ insetBlockStart: box.y, blockSize: box.height }}><div role="rowheader">{heading(s)}</div></div> : null;
          })}
          {cards}
        </div>
        {(end < w.total || w.next !== undefined) && <Button className="asset-edge" onPress={() => void edge("later")()}><ChevronDown size={16} aria-hidden />{t("grid.later")}</Button>}
        {drag.preview}
      </div>
      {!opening && rail?.(jump, Math.max(first, span[4]))}
    </div>
  );
}

/** countText says how many: "12 480", or "more than 100 000". */
export const countText = (n: number, exact: boolean) => (exact ? number(n) : t("grid.more_than", { n }));
export { nameOf };
