// SPDX-License-Identifier: Apache-2.0
// The library as an ordinary table with ordinary pages: the equal alternative to the grid.

import type { Asset, LibraryQuery, Sort } from "./query";

/** TableProps are what the table takes. cursor stands in the address, so that Back finds the page. */
export type TableProps = {
  label: string;
  query: LibraryQuery;
  onSort(sort: Sort): void;
  onOpen?(asset: Asset): void;
};

/** AssetTable lists a query page by page. It needs a SelectionProvider around it. */
export function AssetTable(_: TableProps) {
  return null;
}
