// SPDX-License-Identifier: Apache-2.0
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { enlist } from "./changed";
import { plainQuery, queryKey, type LibraryQuery } from "./query";
import { sourceOf } from "./source";
import { AssetWindow } from "./window";

const kept = new Map<string, AssetWindow>();
const keptMost = 3;

/** windowOf is the window over a query, as it was left: Back finds the same places. */
export function windowOf(query: LibraryQuery): AssetWindow {
  const key = queryKey(query);
  let w = kept.get(key);
  if (w) kept.delete(key);
  else w = new AssetWindow(plainQuery(query), sourceOf(plainQuery(query)));
  kept.set(key, w);
  if (kept.size > keptMost) {
    const oldest = kept.keys().next().value!;
    kept.get(oldest)!.drop();
    kept.delete(oldest);
  }
  return w;
}

/** useAssetWindow is the window over a query. The component is drawn again when something in it comes or changes. */
export function useAssetWindow(query: LibraryQuery): AssetWindow {
  const key = queryKey(query);
  const w = useMemo(() => windowOf(query), [key]); // eslint-disable-line
  useSyncExternalStore(w.subscribe, w.snapshot);
  useEffect(() => {
    if (w.status !== "open") void w.open();
    return enlist(w);
  }, [w]);
  return w;
}
