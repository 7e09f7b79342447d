// SPDX-License-Identifier: Apache-2.0
// What is dragged out of a grid, and what is said meanwhile.

import { useMemo, useRef } from "react";
import { DragPreview } from "react-aria/useDrag";
import type { DragPreviewRenderer } from "@react-types/shared";
import { Images } from "lucide-react";
import { t } from "../i18n";
import { announce } from "../ui";
import { assetDragType, type DragSource } from "./drag";
import type { Manager } from "./manager";
import { nameOf } from "./name";
import { toSelection } from "./selection";
import type { AssetWindow } from "./window";

/** useDragSource is what the cards of a grid drag. */
export function useDragSource(manager: Manager, w: AssetWindow) {
  const preview = useRef<DragPreviewRenderer>(null);
  const source = useMemo<DragSource>(
    () => ({
      preview,
      items(place) {
        const asset = w.get(place);
        if (!asset) return [];
        const whole = manager.isSelected(place);
        return [{ [assetDragType]: JSON.stringify(whole ? toSelection(manager.store.selected) : { ids: [asset.id] }), "text/plain": nameOf(asset) }];
      },
      started(place) {
        const n = manager.isSelected(place) ? manager.store.count.n : 1;
        announce(t("grid.dragging", { n }));
      },
      ended(operation) {
        if (operation === "cancel") announce(t("grid.drag_cancelled"));
      },
    }),
    [manager, w],
  );
  return { source, preview: <DragPreview ref={preview}>{() => <div className="asset-dragged"><Images size={16} />{t("grid.assets_n", { n: Math.max(1, manager.store.count.n) })}</div>}</DragPreview> };
}
