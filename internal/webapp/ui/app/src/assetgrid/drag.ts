// SPDX-License-Identifier: Apache-2.0
// Assets that are dragged, and where they may be dropped. Every drop has a dialog twin.

import { useDrop } from "react-aria/useDrop";
import type { DragPreviewRenderer } from "@react-types/shared";
import type { RefObject } from "react";
import { useDragAndDrop, type DropItem } from "react-aria-components";
import type { Selection } from "../api/gen";
import { fromSelection, type Selected } from "./selection";

/** assetDragType is the type of dragged assets; its text is the body of a selection. */
export const assetDragType = "application/x-tillgang-assets";

const carries = (types: { has(type: string): boolean }) => types.has(assetDragType);

async function dropped(items: DropItem[]): Promise<Selected | undefined> {
  for (const i of items) if (i.kind === "text" && i.types.has(assetDragType)) return fromSelection(JSON.parse(await i.getText(assetDragType)) as Selection);
  return undefined;
}

/** DragSource is what a card drags: the selection it belongs to, or itself. */
export type DragSource = { items(place: number): { [type: string]: string }[]; started(place: number): void; ended(operation: string): void; preview: RefObject<DragPreviewRenderer | null> };

/** useAssetDrop gives the dragAndDropHooks of a Tree or list whose items take assets: onDrop is told the item's key. */
export function useAssetDrop({ onDrop, mayDrop }: { onDrop(key: string, assets: Selected): void; mayDrop?(key: string): boolean }) {
  return useDragAndDrop({
    acceptedDragTypes: [assetDragType],
    getDropOperation: (target, types) => (target.type === "item" && target.dropPosition === "on" && carries(types as { has(t: string): boolean }) && (mayDrop?.(String(target.key)) ?? true) ? "move" : "cancel"),
    onItemDrop: (e) => void dropped(e.items).then((assets) => assets && onDrop(String(e.target.key), assets)),
  }).dragAndDropHooks;
}

/** useAssetDropTarget lets one element take assets. Give its button the dropButtonProps for keyboards. */
export function useAssetDropTarget(ref: RefObject<HTMLElement | null>, { onDrop, disabled }: { onDrop(assets: Selected): void; disabled?: boolean }) {
  const { dropProps, dropButtonProps, isDropTarget } = useDrop({
    ref,
    isDisabled: !!disabled,
    getDropOperation: (types) => (carries(types as { has(t: string): boolean }) ? "move" : "cancel"),
    onDrop: (e) => void dropped(e.items).then((assets) => assets && onDrop(assets)),
  });
  return { dropProps, dropButtonProps, isDropTarget };
}
