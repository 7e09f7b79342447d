// SPDX-License-Identifier: Apache-2.0
// What the views are told when assets have changed: shown anew in place, without losing scroll, focus or selection.

import { queries } from "../api/queries";
import type { Asset } from "./query";
import type { AssetWindow } from "./window";

const alive = new Set<AssetWindow>();
const seen = new WeakMap<AssetWindow, [number, number]>();
let changes = 0, lists = 0;

/** enlist lets a window hear of changes until it is let go, and of those it has missed. */
export function enlist(w: AssetWindow): () => void {
  const [c, l] = seen.get(w) ?? [changes, lists];
  seen.set(w, [changes, lists]);
  if (l !== lists) void w.reload();
  else if (c !== changes) void w.refresh();
  alive.add(w);
  return () => {
    alive.delete(w);
    seen.set(w, [changes, lists]);
  };
}

/** assetsChanged: these assets look otherwise now (all that are shown when none are named). */
export function assetsChanged(ids?: Iterable<string>): void {
  const list = ids && [...ids];
  changes++;
  for (const w of alive) void w.refresh(list);
  if (list) for (const id of list) void queries.invalidateQueries({ queryKey: ["asset", id] });
  else void queries.invalidateQueries({ queryKey: ["asset"] });
  void queries.invalidateQueries({ queryKey: ["assets"] });
}

/** listsChanged: assets came, went or moved; the lists are made anew, at the place where one is. */
export function listsChanged(): void {
  lists++;
  for (const w of alive) void w.reload();
  void queries.invalidateQueries({ queryKey: ["assets"] });
}

const rows = new Set<Iterable<Asset>>();
/** show tells which assets a table shows, until it is taken back. */
export function show(assets: Iterable<Asset>): () => void {
  rows.add(assets);
  return () => void rows.delete(assets);
}

/** assetsHere are the assets that the views have in memory. */
export function* assetsHere(): Iterable<Asset> {
  for (const w of alive) yield* w.here();
  for (const r of rows) yield* r;
}

// An asset that was fetched or saved anywhere replaces the one in the lists.
queries.getQueryCache().subscribe((e) => {
  if (e.type !== "updated" || e.action.type !== "success" || e.query.queryKey[0] !== "asset" || e.query.queryKey.length !== 2) return;
  const asset = e.query.state.data as Asset | undefined;
  if (asset?.id) for (const w of alive) w.put(asset);
  changes++;
});
