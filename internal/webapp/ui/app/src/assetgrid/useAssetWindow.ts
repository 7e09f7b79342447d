// SPDX-License-Identifier: Apache-2.0
import { useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import { enlist } from "./changed";
import { plainQuery, queryKey, type LibraryQuery } from "./query";
import { sourceOf } from "./source";
import { toSelection } from "./selection";
import { Selection } from "./useSelected";
import { AssetWindow } from "./window";

const kept = new Map<string, AssetWindow>();
const keptMost = 3;

/** windowOf is the window over a query, as it was left: Back finds the same places. */
export function windowOf(query: LibraryQuery): AssetWindow {
  const key = queryKey(query);
  let w = kept.get(key);
  if (w) kept.delete(key);
  else w = new AssetWindow(plainQuery(query), sourceOf(plainQuery(query)), key);
  kept.set(key, w);
  if (kept.size > keptMost) {
    const oldest = kept.keys().next().value!;
    kept.get(oldest)!.drop();
    kept.delete(oldest);
  }
  return w;
}

const never = () => () => {};
const zero = () => 0;

/** useAssetWindow is the window over a query, or over what is selected of it while only that is to be shown. The
 * component is drawn again when something in it comes or changes. */
export function useAssetWindow(query: LibraryQuery): AssetWindow {
  const store = useContext(Selection);
  const only = useSyncExternalStore(store?.subscribe ?? never, store ? () => store.only : zero);
  const key = queryKey(query);
  const w = useMemo(() => (only && store ? new AssetWindow(plainQuery(query), sourceOf(plainQuery(query), toSelection(store.selected)), `${key} ${only}`, true) : windowOf(query)), [key, only]); // eslint-disable-line
  useSyncExternalStore(w.subscribe, w.snapshot);
  useEffect(() => {
    if (w.status !== "open") void w.open();
    const off = enlist(w);
    return () => {
      off();
      if (w.chosen) w.drop();
    };
  }, [w]);
  return w;
}
