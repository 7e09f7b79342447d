// SPDX-License-Identifier: Apache-2.0
// The columns of the table, and which of them somebody wants to see on this machine.

import { useSyncExternalStore, type MouseEvent, type ReactNode } from "react";
import { Link } from "@tanstack/react-router";
import { bytes, date, number, t, time } from "../i18n";
import { Badge } from "../ui";
import { factOf, kindOf, nameOf, pictureOf, statesOf } from "./name";
import type { Asset, Sort } from "./query";

/** columnIds are the columns that can be chosen; the name is always there. */
export const columnIds = ["kind", "states", "size", "measure", "captured", "added", "updated", "creator", "keywords", "file", "expires"] as const;
export type ColumnId = (typeof columnIds)[number];
const usual: ColumnId[] = ["kind", "states", "size", "captured", "added"];
const name = "tillgang.columns";

function read(): ColumnId[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(name) ?? "null");
    return Array.isArray(list) ? columnIds.filter((c) => list.includes(c)) : usual;
  } catch {
    return usual;
  }
}
let now = read();
const listeners = new Set<() => void>();

/** setColumns chooses columns. */
export function setColumns(list: ColumnId[]): void {
  now = columnIds.filter((c) => list.includes(c));
  try {
    localStorage.setItem(name, JSON.stringify(now));
  } catch {
    // Private windows may refuse; the choice then holds for this page.
  }
  for (const l of listeners) l();
}

/** useColumns are the chosen columns. */
export const useColumns = (): ColumnId[] =>
  useSyncExternalStore(
    (l) => (listeners.add(l), () => void listeners.delete(l)),
    () => now,
  );

type AssetColumn = { id: ColumnId | "name"; label: string; cell(a: Asset): ReactNode; header?: boolean; number?: boolean; sort?: Sort };

/** allColumns are all columns with what they show. */
export const allColumns = (onOpen?: (a: Asset) => void): AssetColumn[] => [
  { id: "name", label: t("grid.column_name"), header: true, sort: "name", cell: (a) => <Named asset={a} onOpen={onOpen} /> },
  { id: "kind", label: t("grid.column_kind"), cell: kindOf },
  { id: "states", label: t("grid.column_states"), cell: (a) => <span className="row">{statesOf(a).map((s) => <Badge key={s.id} kind={s.kind}>{s.text}</Badge>)}</span> },
  { id: "size", label: t("grid.column_size"), number: true, cell: (a) => bytes(a.size) },
  { id: "measure", label: t("grid.column_measure"), number: true, cell: (a) => (a.width || a.duration || a.pages ? factOf(a) : "") },
  { id: "captured", label: t("grid.column_captured"), sort: "captured", cell: (a) => (a.captured_on ? <time dateTime={a.captured_on}>{date(a.captured_on)}</time> : "") },
  { id: "added", label: t("grid.column_added"), sort: "newest", cell: (a) => <time dateTime={a.created_at} title={time(a.created_at)}>{date(a.created_at)}</time> },
  { id: "updated", label: t("grid.column_updated"), cell: (a) => <time dateTime={a.updated_at} title={time(a.updated_at)}>{date(a.updated_at)}</time> },
  { id: "creator", label: t("grid.column_creator"), cell: (a) => a.fields["creator"]?.value ?? a.fields["creator"]?.values?.join(", ") ?? "" },
  { id: "keywords", label: t("grid.column_keywords"), cell: (a) => few(a.fields["keywords"]?.values ?? []) },
  { id: "file", label: t("grid.column_file"), cell: (a) => <bdi className="mono">{a.name}</bdi> },
  { id: "expires", label: t("grid.column_expires"), cell: (a) => (a.expires_at ? <time dateTime={a.expires_at}>{date(a.expires_at)}</time> : "") },
];

const few = (list: string[]) => (list.length > 6 ? `${list.slice(0, 6).join(", ")} +${number(list.length - 6)}` : list.join(", "));

function Named({ asset, onOpen }: { asset: Asset; onOpen: ((a: Asset) => void) | undefined }) {
  const picture = pictureOf(asset, 48);
  const open = (e: MouseEvent) => {
    if (!onOpen || e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
    e.preventDefault();
    onOpen(asset);
  };
  return (
    <span className="asset-named">
      <span className="asset-thumb" aria-hidden>{picture && <img src={picture.url} alt="" width={picture.width} height={picture.height} loading="lazy" decoding="async" />}</span>
      <Link to={`/assets/${asset.id}` as "/"} onClick={open}><bdi>{nameOf(asset)}</bdi></Link>
    </span>
  );
}
