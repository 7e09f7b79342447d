// SPDX-License-Identifier: Apache-2.0
// A rail beside the list: years and months, or letters, to jump to. One stop for the Tab key, arrows inside.

import { useRef, useState, type KeyboardEvent } from "react";
import { CalendarSearch } from "lucide-react";
import { language, month, t } from "../i18n";
import { lazyDialog } from "../shell/lazyPart";
import { announce, Button } from "../ui";
import { byOf, stopsOf, useBars, type By } from "./bars";
import type { Jump } from "./Cards";
import type { AssetWindow } from "./window";

const BeginDialog = lazyDialog<{ window: AssetWindow; by: By; jump: Jump; onClose(): void }>(["grid"], () => import("./BeginDialog"), "BeginDialog");

type Props = { window: AssetWindow; jump: Jump; first: number };

const short = new Intl.DateTimeFormat(language, { month: "short", timeZone: "UTC" });
const monthName = (key: string) => short.format(new Date(`${key}-01T00:00:00Z`)).replace(".", "");
const fewest = 100; // with fewer one scrolls

/** nameOfBar is what a bar is called: "maj 2019", "2019", "Å", "Utan datum". */
export const nameOfBar = (key: string): string => (key === "" ? t("grid.no_date") : key.length === 7 ? month(key) : key);

/** Rail jumps in a window. It is not there where there is nothing to jump over. */
export function Rail({ window: w, jump, first }: Props) {
  const by = byOf(w);
  const { bars } = useBars(w, w.total >= fewest || w.part);
  const list = useRef<HTMLUListElement>(null);
  const [at, setAt] = useState<number | null>(null);
  if (!by || !bars || (bars.length < 2 && !w.part && w.exact)) return null;
  const stops = stopsOf(bars, by);
  let now = stops.findLastIndex((s) => s.place <= first);
  if (now < 0) now = 0;
  const months = stops[now]?.months ?? [];
  const nowMonth = months.findLastIndex((m) => m.place <= first);
  const go = (key: string, place: number) => {
    jump(place);
    announce(t("grid.jumped", { to: nameOfBar(key), n: place + 1, total: w.total }));
  };
  const onKey = (e: KeyboardEvent<HTMLUListElement>) => {
    const buttons = [...list.current!.querySelectorAll<HTMLButtonElement>("button")];
    const i = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: i + 1, ArrowRight: i + 1, ArrowUp: i - 1, ArrowLeft: i - 1, Home: 0, End: buttons.length - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    buttons[Math.max(0, Math.min(buttons.length - 1, to))]?.focus();
  };
  const tab = at !== null && at < stops.length ? at : now;
  return (
    <nav className="asset-rail" aria-label={t(by === "letter" ? "grid.jump_letter" : "grid.jump_time")}>
      {(w.part || !w.exact) && <Begin window={w} by={by} jump={jump} />}
      <ul ref={list} onKeyDown={onKey} onBlur={(e) => !e.currentTarget.contains(e.relatedTarget) && setAt(null)}>
        {stops.map((s, i) => (
          <li key={s.key + i}>
            <button type="button" tabIndex={i === tab ? 0 : -1} aria-current={i === now ? "true" : undefined} onFocus={() => setAt(i)} onClick={() => go(s.key, s.place)}>
              {s.key === "" ? <><span aria-hidden>–</span><span className="hidden">{nameOfBar("")}</span></> : s.key}<span className="hidden"> ({t("grid.assets_n", { n: s.count })})</span>
            </button>
            {i === now && months.length > 1 && (
              <ul>
                {months.map((m, k) => (
                  <li key={m.key + k}>
                    <button type="button" className="small" tabIndex={-1} aria-current={k === nowMonth ? "true" : undefined} onClick={() => go(m.key, m.place)}>{monthName(m.key)}<span className="hidden"> {s.key} ({t("grid.assets_n", { n: m.count })})</span></button>
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Begin lets a list that is only a part of what the query finds begin elsewhere. */
function Begin({ window: w, by, jump }: { window: AssetWindow; by: By; jump: Jump }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button kind="quiet" className="icon" aria-label={t(by === "letter" ? "grid.go_letter" : "grid.go_time")} onPress={() => setOpen(true)}><CalendarSearch size={18} aria-hidden /></Button>
      {open && <BeginDialog window={w} by={by} jump={jump} onClose={() => setOpen(false)} />}
    </>
  );
}
