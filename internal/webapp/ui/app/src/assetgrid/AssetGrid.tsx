// SPDX-License-Identifier: Apache-2.0
// The library as cards.

import type { Asset } from "./query";
import type { AssetWindow } from "./window";

/** ViewProps are what grid and timeline take alike. */
export type GridProps = {
  /** names the grid for screen readers: the folder, the search */
  label: string;
  window: AssetWindow;
  /** opens an asset: Enter and double click. Without it /assets/$id is gone to. */
  onOpen?(asset: Asset): void;
  /** single keys (e, a, m, s, d, Delete, F2) while the grid has the focus; what it returns true for goes no further */
  onKey?(key: string, asset: Asset | undefined): boolean | void;
};

/** AssetGrid shows a window as cards. It needs a SelectionProvider around it. */
export function AssetGrid(_: GridProps) {
  return null;
}
