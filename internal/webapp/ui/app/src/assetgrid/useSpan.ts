// SPDX-License-Identifier: Apache-2.0
// Which places of a layout are in sight while the page scrolls.

import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";
import type { Layout } from "./layout";
import type { AssetWindow } from "./window";

/** useWidth is how wide an element is inside, in whole pixels; 0 before it is known. */
export function useWidth(ref: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const el = ref.current!;
    setWidth(Math.floor(el.clientWidth));
    const watch = new ResizeObserver(() => setWidth(Math.floor(el.clientWidth)));
    watch.observe(el);
    return () => watch.disconnect();
  }, [ref]);
  return width;
}

/** Span: first place drawn, the one behind the last, the heights between which headings are drawn, the first place in sight. */
export type Span = readonly [number, number, number, number, number];

const beyond = 480; // pixels that are drawn beyond what is in sight

/** useSpan follows the scrolling page. */
export function useSpan(ref: RefObject<HTMLElement | null>, layout: Layout, w: AssetWindow) {
  const [span, setSpan] = useState<Span>([0, 0, 0, 0, 0]);
  const last = useRef(0);
  const target = useRef<number | null>(null);
  const [drawn, draw] = useState(0);
  /** the height at which the first row in sight begins, under the header */
  const look = useCallback(() => {
    const el = ref.current;
    if (!el) return 0;
    return Math.max(0, (parseFloat(getComputedStyle(el).scrollMarginTop) || 0) - el.getBoundingClientRect().top);
  }, [ref]);

  const measure = useCallback(() => {
    const el = ref.current;
    if (!el) return;
    const top = -el.getBoundingClientRect().top, high = window.innerHeight;
    const [a, b] = layout.between(top - beyond, top + high + beyond);
    const at = layout.at(Math.max(0, top + 80));
    const from = Math.floor((top - beyond) / 256) * 256, to = Math.ceil((top + high + beyond) / 256) * 256;
    setSpan((s) => (s[0] === a && s[1] === b && s[2] === from && s[3] === to && s[4] === at ? s : [a, b, from, to, at]));
    const flown = Math.abs(top - last.current) > 2 * high;
    last.current = top;
    const [c, d] = layout.between(top - high, top + 2 * high);
    w.want(c, Math.max(c, d - 1), !flown);
  }, [ref, layout, w]);

  useLayoutEffect(() => {
    if (target.current !== null && target.current >= layout.first && target.current < layout.end) {
      const el = ref.current!;
      const margin = parseFloat(getComputedStyle(el).scrollMarginTop) || 0;
      window.scrollTo({ top: Math.max(0, window.scrollY + el.getBoundingClientRect().top + layout.box(target.current).y - layout.measures.heading - margin) });
      target.current = null;
    }
    measure();
  }, [ref, layout, measure, drawn]);
  useEffect(() => {
    let frame = 0;
    const on = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        measure();
      });
    };
    window.addEventListener("scroll", on, { passive: true });
    window.addEventListener("resize", on);
    const moved = new ResizeObserver(on); // what stands above the grid grew or shrank
    moved.observe(document.body);
    return () => {
      moved.disconnect();
      window.removeEventListener("scroll", on);
      window.removeEventListener("resize", on);
      cancelAnimationFrame(frame);
    };
  }, [measure]);

  const scrollTo = useCallback((place: number) => {
    target.current = place;
    draw((n) => n + 1);
  }, []);
  return { span, scrollTo, look };
}
