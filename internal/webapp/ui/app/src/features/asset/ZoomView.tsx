// SPDX-License-Identifier: Apache-2.0
// A picture that can be zoomed and moved: by buttons, by keys and by pointer.

import { useEffect, useRef, useState } from "react";
import { Maximize, Minus, Plus, Scan } from "lucide-react";
import { number, t } from "../../i18n";
import { announce, IconButton, Toolbar } from "../../ui";

type View = { zoom: number; x: number; y: number };
const fit: View = { zoom: 1, x: 0, y: 0 };
const limit = (n: number, min: number, max: number) => Math.min(max, Math.max(min, n));

/** ZoomView shows a picture to be looked at closely. + − 0 zoom, arrows move; Ctrl and the wheel zoom too. */
export function ZoomView({ src, alt, width, height, original }: { src: string; alt: string; width: number; height: number; original?: number | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<View>(fit);
  const drag = useRef<{ x: number; y: number; from: View } | undefined>(undefined);
  useEffect(() => setView(fit), [src]);
  const set = (next: View, say = true) => {
    const zoom = limit(next.zoom, 1, 12), room = (zoom - 1) / 2;
    setView({ zoom, x: limit(next.x, -room, room), y: limit(next.y, -room, room) });
    if (say && zoom !== view.zoom) announce(t("asset.zoomed", { percent: Math.round(zoom * 100) }));
  };
  const by = (factor: number) => set({ ...view, zoom: view.zoom * factor });
  const move = (x: number, y: number) => set({ ...view, x: view.x + x, y: view.y + y }, false);
  const whole = () => {
    const shown = box.current?.querySelector("img")?.getBoundingClientRect().width ?? width;
    set({ ...view, zoom: ((original ?? width) / (shown / view.zoom)) });
  };
  const keys: Record<string, () => void> = {
    "+": () => by(1.5), "=": () => by(1.5), "-": () => by(1 / 1.5), "0": () => set(fit),
    ArrowLeft: () => move(0.1, 0), ArrowRight: () => move(-0.1, 0), ArrowUp: () => move(0, 0.1), ArrowDown: () => move(0, -0.1),
  };
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const wheel = (e: WheelEvent) => {
      if (!e.ctrlKey && !e.metaKey) return;
      e.preventDefault();
      by(e.deltaY < 0 ? 1.15 : 1 / 1.15);
    };
    el.addEventListener("wheel", wheel, { passive: false });
    return () => el.removeEventListener("wheel", wheel);
  });
  return (
    <div className="zoom">
      <div
        ref={box} className="zoom-box" role="group" tabIndex={0} aria-label={t("asset.zoom_box")} aria-describedby="zoom-help" data-zoomed={view.zoom > 1 || undefined}
        onKeyDown={(e) => {
          const go = keys[e.key];
          if (!go || e.ctrlKey || e.metaKey || e.altKey || (view.zoom === 1 && e.key.startsWith("Arrow"))) return;
          e.preventDefault();
          e.stopPropagation();
          go();
        }}
        onPointerDown={(e) => {
          if (view.zoom === 1 || e.button !== 0) return;
          e.currentTarget.setPointerCapture(e.pointerId);
          drag.current = { x: e.clientX, y: e.clientY, from: view };
        }}
        onPointerMove={(e) => {
          const d = drag.current, at = e.currentTarget.getBoundingClientRect();
          if (d) set({ ...d.from, x: d.from.x + (e.clientX - d.x) / at.width, y: d.from.y + (e.clientY - d.y) / at.height }, false);
        }}
        onPointerUp={() => (drag.current = undefined)}
        onPointerCancel={() => (drag.current = undefined)}
        onDoubleClick={() => (view.zoom > 1 ? set(fit) : by(2.5))}
      >
        <img src={src} alt={alt} width={width} height={height} draggable={false} style={{ transform: `translate(${view.x * 100}%, ${view.y * 100}%) scale(${view.zoom})` }} />
      </div>
      <Toolbar className="zoom-tools" aria-label={t("asset.zoom")}>
        <IconButton label={t("asset.zoom_out")} isDisabled={view.zoom <= 1} onPress={() => by(1 / 1.5)}><Minus size={18} aria-hidden /></IconButton>
        <span className="zoom-level">{number(Math.round(view.zoom * 100))} %</span>
        <IconButton label={t("asset.zoom_in")} isDisabled={view.zoom >= 12} onPress={() => by(1.5)}><Plus size={18} aria-hidden /></IconButton>
        <IconButton label={t("asset.zoom_fit")} onPress={() => set(fit)}><Maximize size={18} aria-hidden /></IconButton>
        <IconButton label={t("asset.zoom_whole")} onPress={whole}><Scan size={18} aria-hidden /></IconButton>
      </Toolbar>
      <p id="zoom-help" className="hidden">{t("asset.zoom_help")}</p>
    </div>
  );
}
