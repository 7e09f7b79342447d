// SPDX-License-Identifier: Apache-2.0
// One card of the grid. It is drawn again only when its asset, its place on the page or its own state changes.

import { memo, useEffect, useRef, useState, useSyncExternalStore, type CSSProperties, type SyntheticEvent } from "react";
import { useButton } from "react-aria/useButton";
import { useDrag } from "react-aria/useDrag";
import { useGridListItem } from "react-aria/useGridList";
import { mergeProps } from "react-aria/mergeProps";
import { CalendarClock, Check, CircleAlert, Clock, FileArchive, FileText, Film, FilePen, Image, ImageOff, Music, ShieldAlert, Type, File, GripVertical, Hourglass } from "lucide-react";
import { t } from "../i18n";
import type { Card as Node } from "./collection";
import type { DragSource } from "./drag";
import { factOf, kindOf, nameOf, pictureOf, rowName, statesOf } from "./name";
import type { ListState } from "./state";
import type { Asset } from "./query";

const kinds = { image: Image, video: Film, audio: Music, document: FileText, archive: FileArchive, font: Type, other: File };
const states: Record<string, typeof Clock> = { quarantined: ShieldAlert, expired: CalendarClock, expiring: CalendarClock, embargo: Hourglass, failed: ImageOff, preparing: Clock, draft: FilePen, review: FilePen, archived: FileArchive, no_alt: CircleAlert, sensitive: ShieldAlert };

type Props = { node: Node; place: number; total: number; x: number; y: number; width: number; height: number; state: ListState; drag: DragSource; compact: boolean };

/** Card shows an asset; its row is named once and what is inside is for the eye. */
export const Card = memo(function Card({ node, place, total, x, y, width, height, state, drag, compact }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  const manager = state.selectionManager;
  const bits = useSyncExternalStore(manager.subscribe, () => manager.bits(place));
  const selected = (bits & 1) !== 0, focused = (bits & 2) !== 0;
  const asset = manager.window.get(place);
  const label = rowName(asset, place, total);
  // isVirtualized stays false: with it the hook looks at every item of the collection.
  const { rowProps, gridCellProps, isPressed } = useGridListItem({ node: { ...node, "aria-label": label } as never, isVirtualized: false, shouldSelectOnPressUp: true }, state as never, ref as never);
  delete (rowProps as Record<string, unknown>)["data-key"]; // the grid scrolls by itself
  const { dragProps, dragButtonProps, isDragging } = useDrag({ getItems: () => drag.items(place), onDragStart: () => drag.started(place), onDragEnd: (e) => drag.ended(e.dropOperation), hasDragButton: true, getAllowedDropOperations: () => ["move", "copy"], isDisabled: !asset, preview: drag.preview });

  // Focus that comes by keyboard is brought into sight, clear of the header and the selection's bar.
  useEffect(() => {
    if (bits & 4) ref.current?.scrollIntoView({ block: "nearest" });
  }, [bits & 4, y]); // eslint-disable-line

  const [near, setNear] = useState(false); // the handle is made when a pointer or the focus comes
  const style: CSSProperties = { insetBlockStart: y, insetInlineStart: x, inlineSize: width, blockSize: height };
  return (
    <div {...mergeProps(rowProps, dragProps, { onPointerEnter: () => setNear(true), onPointerLeave: () => setNear(false) })} ref={ref} aria-rowindex={place + 1} className="asset-card" style={style} data-selected={selected || undefined} data-pressed={isPressed || undefined} data-dragging={isDragging || undefined} data-gone={asset === null || undefined}>
      <div {...gridCellProps} className="asset-cell">
        {asset && <Tick asset={asset} selected={selected} tabbable={focused} toggle={(e) => (e ? manager.extendSelection(place) : manager.toggleSelection(place))} />}
        {asset && (near || focused || isDragging) && <Grip name={nameOf(asset)} tabbable={focused} props={dragButtonProps} />}
        <Face asset={asset} width={width} compact={compact} />
      </div>
    </div>
  );
});

const apart = (e: SyntheticEvent) => e.stopPropagation(); // what is done to a control is not done to its row

function Tick({ asset, selected, tabbable, toggle }: { asset: Asset; selected: boolean; tabbable: boolean; toggle(extend: boolean): void }) {
  return (
    <label className="asset-tick" onPointerDown={apart} onMouseDown={apart} onTouchStart={apart} onClick={apart} onDoubleClick={apart} draggable={false}>
      <input type="checkbox" checked={selected} tabIndex={tabbable ? 0 : -1} aria-label={t("grid.select", { name: nameOf(asset) })} onChange={(e) => toggle((e.nativeEvent as MouseEvent).shiftKey === true)} />
      <span aria-hidden><Check size={14} strokeWidth={3} /></span>
    </label>
  );
}

function Grip({ name, tabbable, props }: { name: string; tabbable: boolean; props: object }) {
  const ref = useRef<HTMLButtonElement>(null);
  const { buttonProps } = useButton({ ...props, "aria-label": t("grid.drag", { name }), excludeFromTabOrder: !tabbable }, ref);
  return <button {...buttonProps} ref={ref} className="asset-grip"><GripVertical size={16} aria-hidden /></button>;
}

/** Face is what eyes see of an asset. */
const Face = memo(function Face({ asset, width, compact }: { asset: Asset | null | undefined; width: number; compact: boolean }) {
  if (!asset) return <div className="asset-face" aria-hidden data-empty={asset === undefined || undefined}><div className="asset-picture" /><div className="asset-caption">{asset === null ? <span className="asset-name soft">{t("grid.gone")}</span> : <><span className="bone" /><span className="bone" /></>}</div></div>;
  const Kind = kinds[asset.kind] ?? File;
  const picture = pictureOf(asset, width);
  const all = statesOf(asset);
  const most = width < 170 ? 1 : 2;
  const shown = all.length > most + 1 ? all.slice(0, most) : all.slice(0, most + 1);
  const fact = factOf(asset);
  return (
    <div className="asset-face" aria-hidden>
      <div className="asset-picture">
        {picture ? <img src={picture.url} alt="" width={picture.width} height={picture.height} decoding="async" draggable={false} /> : <Kind size={compact ? 32 : 40} strokeWidth={1.25} />}
        {shown.length > 0 && (
          <div className="asset-states">
            {shown.map((s) => {
              const Icon = states[s.id] ?? CircleAlert;
              return <span key={s.id} className={`badge ${s.kind}`}><Icon size={12} /><span className="cut">{s.text}</span></span>;
            })}
            {all.length > shown.length && <span className="badge">+{all.length - shown.length}</span>}
          </div>
        )}
      </div>
      <div className="asset-caption">
        {compact ? <span className="asset-fact"><Kind size={13} /><span className="asset-name cut" title={nameOf(asset)}>{nameOf(asset)}</span></span> : <span className="asset-name cut" title={nameOf(asset)}>{nameOf(asset)}</span>}
        {!compact && <span className="asset-fact soft"><Kind size={13} /><span className="cut">{width >= 190 || !fact ? kindOf(asset) : ""}{width >= 190 && fact && " · "}{fact}</span></span>}
      </div>
    </div>
  );
});
