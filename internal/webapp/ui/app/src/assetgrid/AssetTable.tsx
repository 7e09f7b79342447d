// SPDX-License-Identifier: Apache-2.0
// The library as an ordinary table with ordinary pages: the equal alternative to the grid.

import { useEffect, useRef, useState, type ReactNode } from "react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Columns3 } from "lucide-react";
import { get } from "../api/client";
import type { ListAssetsData, ListAssetsResponse } from "../api/gen";
import { t } from "../i18n";
import { announce, Button, Checkbox, CheckboxGroup, ErrorNote, Failed, Loading, Pager, Pop, Table, type Column } from "../ui";
import { show } from "./changed";
import { allColumns, columnIds, setColumns, useColumns, type ColumnId } from "./columns";
import { nameOf } from "./name";
import { plainQuery, queryKey, sortOf, type Asset, type LibraryQuery, type Sort } from "./query";
import { byQuery } from "./selection";
import { cursorOf, noteCursor } from "./trail";
import { useAssetWindow } from "./useAssetWindow";
import { useSelected } from "./useSelected";
import "./grid.css";

/** TableProps are what the table takes. The page stands in the address, so that Back finds it. */
export type TableProps = {
  label: string;
  query: LibraryQuery;
  onSort(sort: Sort): void;
  onOpen?(asset: Asset): void;
};

/** rowsPerPage is how many assets stand on a page. */
export const rowsPerPage = 50;

/** AssetTable lists a query page by page. It needs a SelectionProvider around it. */
export function AssetTable(props: TableProps) {
  const store = useSelected();
  return store.onlySelected ? <Chosen {...props} /> : <Found {...props} />;
}

/** usePage is the page that the address names; another query begins at its first. */
function usePage(query: LibraryQuery): [number, (n: number) => void] {
  const s: Record<string, string | undefined> = useSearch({ strict: false });
  const go = useNavigate();
  const asked = Number(s["page"] ?? 1);
  const known = cursorOf(queryKey(query), asked) !== null;
  return [known ? asked : 1, (n) => void go({ to: ".", search: ((x: object) => ({ ...x, page: n > 1 ? String(n) : undefined })) as never, resetScroll: false } as never)];
}

function Found(props: TableProps) {
  const { query } = props;
  const store = useSelected();
  const [page, setPage] = usePage(query);
  const key = queryKey(query);
  const q = useQuery({
    queryKey: ["assets", "table", key, page],
    queryFn: ({ signal }) => get<ListAssetsData, ListAssetsResponse>("/api/v1/assets", { query: { ...plainQuery(query), limit: rowsPerPage, cursor: cursorOf(key, page) || undefined } as NonNullable<ListAssetsData["query"]>, signal }),
    placeholderData: keepPreviousData,
  });
  const next = q.isPlaceholderData ? undefined : q.data?.next;
  useEffect(() => {
    if (next) noteCursor(key, page + 1, next);
  }, [key, page, next]);
  const total = q.isPlaceholderData ? undefined : q.data?.total, exact = q.data?.total_is_exact ?? true;
  useEffect(() => {
    if (total !== undefined) store.setTotal({ n: total, exact });
  }, [store, total, exact]);
  if (q.isError && !q.data) return <Failed problem={q.error} retry={() => void q.refetch()} />;
  if (!q.data) return <Loading lines={8} />;
  return (
    <>
      {q.isError && <ErrorNote problem={q.error} retry={() => void q.refetch()} />}
      <Rows {...props} rows={q.data.items} page={page} busy={q.isPlaceholderData} back={page > 1 ? () => setPage(page - 1) : undefined} forth={next ? () => (noteCursor(key, page + 1, next), setPage(page + 1)) : undefined} />
    </>
  );
}

/** Chosen lists what is selected. */
function Chosen(props: TableProps) {
  const w = useAssetWindow(props.query);
  const [page, setPage] = useState(1);
  const from = (page - 1) * rowsPerPage, end = Math.min(w.total, from + rowsPerPage);
  useEffect(() => w.want(from, end - 1), [w, w.status, from, end]);
  if (w.status === "failed") return <Failed problem={w.problem} retry={() => w.retry()} />;
  if (w.status === "opening") return <Loading lines={8} />;
  const rows: Asset[] = [];
  for (let i = from; i < end; i++) {
    const a = w.get(i);
    if (a) rows.push(a);
  }
  return <Rows {...props} rows={rows} page={page} busy={false} back={page > 1 ? () => setPage(page - 1) : undefined} forth={end < w.total ? () => setPage(page + 1) : undefined} />;
}

type RowsProps = TableProps & { rows: Asset[]; page: number; busy: boolean; back?: (() => void) | undefined; forth?: (() => void) | undefined };

function Rows({ label, query, onSort, onOpen, rows, page, busy, back, forth }: RowsProps) {
  const store = useSelected();
  const shown = useColumns();
  const box = useRef<HTMLDivElement>(null);
  const shift = useRef(false), last = useRef<string | null>(null);
  useEffect(() => show(rows), [rows]);
  const was = useRef(page);
  useEffect(() => {
    if (busy || was.current === page) return;
    was.current = page;
    box.current?.scrollIntoView({ block: "nearest" });
    announce(t("ui.page_of", { n: page }));
  }, [busy, page]);

  const all = rows.length > 0 && rows.every((a) => store.has(a.id));
  const some = rows.some((a) => store.has(a.id));
  const put = (ids: string[], on: boolean) => store.put(ids, on) || announce(t("grid.too_many"), true);
  const pick = (a: Asset, on: boolean) => {
    const i = rows.indexOf(a), from = rows.findIndex((x) => x.id === last.current);
    put(shift.current && from >= 0 ? rows.slice(Math.min(i, from), Math.max(i, from) + 1).map((x) => x.id) : [a.id], on);
    last.current = a.id;
  };
  const order = sortOf(query);
  const columns: Column<Asset>[] = [
    { id: "pick", label: <Checkbox aria-label={t("grid.select_page")} isSelected={all} isIndeterminate={some && !all} onChange={() => put(rows.map((a) => a.id), !all)} />, cell: (a) => <span onPointerDownCapture={(e) => (shift.current = e.shiftKey)} onKeyDownCapture={(e) => (shift.current = e.shiftKey)}><Checkbox aria-label={t("grid.select", { name: nameOf(a) })} isSelected={store.has(a.id)} onChange={(on) => pick(a, on)} /></span> },
    ...allColumns(onOpen).filter((c) => c.id === "name" || shown.includes(c.id)).map((c): Column<Asset> => {
      const { sort: sorts, ...column } = c;
      return sorts ? { ...column, sort: { dir: order === sorts ? (sorts === "name" ? "ascending" : "descending") : undefined, onSort: () => onSort(sorts) } } : column;
    }),
  ];
  const pages = !!back || !!forth;
  let note: ReactNode = null;
  if (byQuery(store.selected) && !store.isEmpty) note = <p>{store.count.exact ? t("grid.all_selected", { n: store.count.n }) : t("grid.all_selected_more", { n: store.count.n })} <Button kind="quiet" onPress={() => store.clear()}>{t("grid.clear")}</Button></p>;
  else if (all && pages && !store.onlySelected) note = <p>{t("grid.page_selected", { n: rows.length })} <Button kind="quiet" onPress={() => { store.all(); announce(store.count.exact ? t("grid.all_selected", { n: store.count.n }) : t("grid.all_selected_more", { n: store.count.n })); }}>{store.total.exact ? t("grid.select_all", { n: store.total.n }) : t("grid.select_all_more", { n: store.total.n })}</Button></p>;
  return (
    <div className="asset-table" ref={box} aria-busy={busy || undefined}>
      <div className="asset-table-head"><div>{note}</div><Choose shown={shown} /></div>
      <Table caption={label} hideCaption columns={columns} rows={rows} rowKey={(a) => a.id} selectedRow={(a) => store.has(a.id)} />
      <Pager page={page} back={back} forth={forth} />
    </div>
  );
}

/** Choose chooses the columns. */
function Choose({ shown }: { shown: ColumnId[] }) {
  return (
    <Pop label={t("grid.columns")} button={<Button kind="quiet"><Columns3 size={16} aria-hidden />{t("grid.columns")}</Button>}>{() => (
      <CheckboxGroup label={t("grid.columns")} value={shown} onChange={(v) => setColumns(v as ColumnId[])}>
        {columnIds.map((id) => <Checkbox key={id} value={id}>{t(`grid.column_${id}`)}</Checkbox>)}
      </CheckboxGroup>
    )}</Pop>
  );
}
