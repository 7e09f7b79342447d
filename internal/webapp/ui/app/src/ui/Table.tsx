// SPDX-License-Identifier: Apache-2.0
// An ordinary table with ordinary pages: what screen readers know best.

import { useEffect, useRef, useState, type ReactNode } from "react";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { t } from "../i18n";
import { Button } from "./Button";

export type Column<T> = { id: string; label: ReactNode; cell(row: T): ReactNode; header?: boolean; number?: boolean; sort?: { dir?: "ascending" | "descending" | undefined; onSort(): void } };

/** useScrolls is whether what is in an element is wider than it: then it has to be reachable by keyboard. */
function useScrolls() {
  const ref = useRef<HTMLDivElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const box = ref.current;
    if (!box) return;
    const watch = new ResizeObserver(() => setScrolls(box.scrollWidth > box.clientWidth + 1));
    watch.observe(box);
    if (box.firstElementChild) watch.observe(box.firstElementChild);
    return () => watch.disconnect();
  }, []);
  return { ref, scrolls };
}

/** Table lists rows. The column marked header names its row. It scrolls sideways inside itself where it does not fit. */
export function Table<T>({ caption, columns, rows, rowKey, hideCaption, selectedRow }: { caption: string; columns: Column<T>[]; rows: T[]; rowKey(row: T): string; hideCaption?: boolean; selectedRow?(row: T): boolean }) {
  const { ref, scrolls } = useScrolls();
  return (
    <div className="table-scroll" ref={ref} {...(scrolls ? { role: "group", "aria-label": caption, tabIndex: 0 } : {})}>
      <table className="table">
        <caption className={hideCaption ? "hidden" : undefined}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((c) => (
              <th key={c.id} scope="col" className={c.number ? "number" : undefined} aria-sort={c.sort?.dir}>
                {c.sort ? <button type="button" className="sort" onClick={c.sort.onSort}>{c.label}<span aria-hidden>{c.sort.dir === "ascending" ? " ↑" : c.sort.dir === "descending" ? " ↓" : ""}</span></button> : c.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.length === 0 && <tr><td colSpan={columns.length} className="soft">{t("ui.nothing_found")}</td></tr>}
          {rows.map((r) => (
            <tr key={rowKey(r)} data-selected={selectedRow?.(r) || undefined}>
              {columns.map((c) => c.header ? <th key={c.id} scope="row">{c.cell(r)}</th> : <td key={c.id} className={c.number ? "number" : undefined}>{c.cell(r)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Pager goes through pages cut by key: forth by the answer's cursor, back by the ones that were used. */
export function Pager({ back, forth, page }: { back?: (() => void) | undefined; forth?: (() => void) | undefined; page: number }) {
  if (!back && !forth) return null;
  return (
    <nav className="pager" aria-label={t("ui.pages")}>
      <Button onPress={() => back?.()} isDisabled={!back}><ChevronLeft size={16} aria-hidden />{t("ui.previous")}</Button>
      <span>{t("ui.page_of", { n: page })}</span>
      <Button onPress={() => forth?.()} isDisabled={!forth}>{t("ui.next")}<ChevronRight size={16} aria-hidden /></Button>
    </nav>
  );
}
