// SPDX-License-Identifier: Apache-2.0
// How a window's assets lie by month or letter, for the rail and the headings.

import { useQuery } from "@tanstack/react-query";
import { get } from "../api/client";
import type { GetAssetHistogramData, GetAssetHistogramResponse } from "../api/gen";
import type { Section } from "./layout";
import { sortOf } from "./query";
import type { AssetWindow } from "./window";

/** By is what the bars of a window go by; it follows from its order. */
export type By = "month" | "added" | "letter";
/** Bar is a stretch of a window with one month or letter. */
export type Bar = { key: string; count: number; place: number };

/** byOf is what a window can be jumped in by; undefined when its order has no such. */
export const byOf = (w: AssetWindow): By | undefined => (w.chosen ? undefined : ({ captured: "month", newest: "added", name: "letter" } as Record<string, By | undefined>)[sortOf(w.query)]);

const barsOf = (h: GetAssetHistogramResponse): Bar[] => h.bars.map((b) => ({ key: b.key, count: b.count, place: b.place ?? 0 }));

/** useBars are the bars of a window, once they are here. */
export function useBars(w: AssetWindow, on = true): { bars: Bar[] | undefined; problem: unknown; retry(): void } {
  const by = byOf(w);
  const q = useQuery({
    queryKey: ["assets", "bars", w.anchor, by],
    queryFn: ({ signal }) => get<GetAssetHistogramData, GetAssetHistogramResponse>("/api/v1/assets/histogram", { query: { anchor: w.anchor, by: by! }, signal }),
    enabled: on && !!by && !!w.anchor && w.total > 0,
    select: barsOf,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  return { bars: q.data, problem: q.error, retry: () => void q.refetch() };
}

/** sectionsOf makes sections of bars, so that every place of the window lies in one. */
export function sectionsOf(bars: Bar[], total: number): Section[] {
  const out: Section[] = [];
  bars.forEach((b, i) => {
    const from = i ? b.place : 0, end = bars[i + 1]?.place ?? total;
    if (end > from) out.push({ key: b.key, from, count: end - from });
  });
  return out.length || !total ? out : [{ key: "", from: 0, count: total }];
}

/** Stop is where the rail goes to: a year with its months, or a letter. */
export type Stop = { key: string; place: number; count: number; months: Bar[] };

/** stopsOf gathers months to years. */
export function stopsOf(bars: Bar[], by: By): Stop[] {
  const out: Stop[] = [];
  for (const b of bars) {
    const key = by === "letter" ? b.key : b.key.slice(0, 4);
    const last = out.at(-1);
    if (last?.key === key) {
      last.count += b.count;
      last.months.push(b);
    } else out.push({ key, place: b.place, count: b.count, months: by === "letter" ? [] : [b] });
  }
  return out;
}
