// SPDX-License-Identifier: Apache-2.0
// A part of a picture, chosen by numbers and their buttons, or by pointer. All in shares of the picture.

import { useRef, type PointerEvent } from "react";
import { t } from "../../i18n";
import { NumberField } from "../../ui";

/** Area is a part of a picture, in shares of its width and height. */
export type Area = { x: number; y: number; width: number; height: number };

const limit = (n: number, min: number, max: number) => Math.min(Math.max(n, min), max);
const tidy = (n: number) => Math.round(n * 10_000) / 10_000;

/** within moves and shrinks an area into the picture. ratio, if any, is width to height in shares. */
export function within(a: Area, ratio?: number): Area {
  let width = limit(a.width, 0.01, 1), height = limit(ratio ? width / ratio : a.height, 0.01, 1);
  if (ratio && width / ratio > 1) (height = 1), (width = ratio);
  return { x: tidy(limit(a.x, 0, 1 - width)), y: tidy(limit(a.y, 0, 1 - height)), width: tidy(width), height: tidy(height) };
}

/** AreaPicker shows a picture with the chosen part; numbers are the first way, the pointer another. */
export function AreaPicker({ src, area, onChange, ratio, label }: { src: string; area: Area; onChange(a: Area): void; ratio?: number | undefined; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const drag = useRef<{ from: Area; x: number; y: number; how: "move" | "size" } | undefined>(undefined);
  const set = (a: Area) => onChange(within(a, ratio));
  const start = (how: "move" | "size") => (e: PointerEvent) => {
    e.preventDefault();
    e.stopPropagation();
    e.currentTarget.setPointerCapture(e.pointerId);
    drag.current = { from: area, x: e.clientX, y: e.clientY, how };
  };
  const move = (e: PointerEvent) => {
    const d = drag.current, at = box.current?.getBoundingClientRect();
    if (!d || !at) return;
    const dx = (e.clientX - d.x) / at.width, dy = (e.clientY - d.y) / at.height;
    if (d.how === "move") set({ ...d.from, x: d.from.x + dx, y: d.from.y + dy });
    else set({ ...d.from, width: Math.min(d.from.width + dx, 1 - d.from.x), height: Math.min(d.from.height + dy, 1 - d.from.y) });
  };
  const end = () => (drag.current = undefined);
  const percent = (n: number) => ({ left: `${area.x * 100}%`, top: `${area.y * 100}%`, width: `${area.width * 100}%`, height: `${n * 100}%` });
  const field = (name: keyof Area, max: number) => (
    <NumberField key={name} label={t(`asset.area_${name}`)} value={area[name]} minValue={name === "x" || name === "y" ? 0 : 0.01} maxValue={Math.max(max, 0.01)} step={0.01} formatOptions={{ style: "percent", maximumFractionDigits: 1 }} onChange={(v) => !Number.isNaN(v) && set({ ...area, [name]: v, ...(name === "height" && ratio ? { width: v * ratio } : {}) })} />
  );
  return (
    <div className="stack">
      <div className="area-box" ref={box}>
        <img src={src} alt="" draggable={false} />
        <div className="area" style={percent(area.height)} onPointerDown={start("move")} onPointerMove={move} onPointerUp={end} onPointerCancel={end} aria-hidden>
          <span className="corner" onPointerDown={start("size")} onPointerMove={move} onPointerUp={end} onPointerCancel={end} />
        </div>
      </div>
      <div className="numbers" role="group" aria-label={label}>
        {field("x", 1 - area.width)}
        {field("y", 1 - area.height)}
        {field("width", 1)}
        {field("height", 1)}
      </div>
    </div>
  );
}
