// SPDX-License-Identifier: Apache-2.0
// The views of the library: grid, table, timeline; their window over the server's list, and their selection.
//
//   <SelectionProvider query={query}>
//     <AssetGrid label="Mapp X" window={useAssetWindow(query)} onOpen={…} onKey={…} />
//
// Nothing outside src/ui and here imports React Aria.
export { type Asset, type LibraryQuery, type Sort, plainQuery, queryKey, sortOf } from "./query";
export { byQuery, countOf, fromSelection, isNothing, isSelected, mostSelected, nothing, selectionOf, SelectionStore, toSelection, type Selected, type Total } from "./selection";
export { SelectionProvider, useSelected, useSelection } from "./useSelected";
export { AssetWindow } from "./window";
export { useAssetWindow } from "./useAssetWindow";
export { assetsChanged, assetsHere, listsChanged } from "./changed";
export { AssetGrid, type GridProps } from "./AssetGrid";
export { AssetTable, type TableProps } from "./AssetTable";
export { Timeline } from "./Timeline";
export { assetDragType, useAssetDrop, useAssetDropTarget } from "./drag";
