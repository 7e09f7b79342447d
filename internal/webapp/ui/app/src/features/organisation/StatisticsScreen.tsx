// SPDX-License-Identifier: Apache-2.0
// What the archive holds and how it is used: tables, with bars beside the numbers for the eye.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { GetStatisticsResponse } from "../../api/gen";
import { bytes, month, number, t, time, type PlainKey } from "../../i18n";
import { Empty, Failed, Loading, Table } from "../../ui";
import { statistics } from "./queries";
import "./organisation.css";

/** Statistics shows the numbers as they were counted last. */
export function Statistics() {
  const all = useQuery(statistics);
  return (
    <>
      {all.data?.counted_at && <p className="soft">{t("organisation.counted", { at: time(all.data.counted_at) })}</p>}
      {all.isError ? <Failed problem={all.error} retry={() => void all.refetch()} /> : !all.data ? <Loading lines={6} /> : !all.data.counted_at ? (
        <Empty title={t("organisation.not_counted")}><p>{t("organisation.not_counted_text")}</p></Empty>
      ) : <Numbers of={all.data} />}
    </>
  );
}

const kindName = (kind: string) => t(`terms.kind_${kind}` as PlainKey);
const stateName = (state: string) => t(`terms.state_${state}` as PlainKey);

function Bar({ part }: { part: number }) {
  return <span className="stat-bar" aria-hidden><span style={{ inlineSize: `${Math.round(part * 100)}%` }} /></span>;
}

function Numbers({ of }: { of: GetStatisticsResponse }) {
  const total = of.groups.reduce((n, g) => n + g.assets, 0);
  const stored = of.storage.reduce((n, s) => n + s.bytes, 0);
  const most = Math.max(1, ...of.months.flatMap((m) => [m.uploads, m.downloads, m.searches]));
  const largest = Math.max(1, ...of.folders.map((f) => f.bytes));
  const percent = of.alt.images ? Math.round((100 * of.alt.decided) / of.alt.images) : 100;
  return (
    <div className="stack">
      <dl className="figures">
        <div className="card"><dt>{t("organisation.assets")}</dt><dd>{number(total)}</dd></div>
        <div className="card"><dt>{t("organisation.stored")}</dt><dd>{bytes(stored)}</dd></div>
        <div className="card"><dt>{t("organisation.alt")}</dt><dd>{t("organisation.alt_of", { percent, decided: of.alt.decided, images: of.alt.images })}</dd></div>
        <div className="card"><dt>{t("organisation.bin")}</dt><dd>{t("organisation.bin_of", { n: of.bin.files, size: bytes(of.bin.bytes) })}</dd></div>
      </dl>
      <Table caption={t("organisation.by_month")} rows={of.months} rowKey={(m) => m.month} columns={[
        { id: "month", label: t("organisation.month"), header: true, cell: (m) => month(m.month.slice(0, 7)) },
        ...(["uploads", "downloads", "searches"] as const).map((id) => ({ id, label: t(`organisation.${id}`), number: true, cell: (m: GetStatisticsResponse["months"][number]) => <>{number(m[id])}<Bar part={m[id] / most} /></> })),
      ]} />
      <Table caption={t("organisation.by_kind")} rows={of.groups} rowKey={(g) => g.kind + g.state} columns={[
        { id: "kind", label: t("organisation.kind"), header: true, cell: (g) => kindName(g.kind) },
        { id: "state", label: t("organisation.state"), cell: (g) => stateName(g.state) },
        { id: "n", label: t("organisation.assets"), number: true, cell: (g) => <>{number(g.assets)}<Bar part={g.assets / Math.max(1, total)} /></> },
      ]} />
      <Table caption={t("organisation.storage")} rows={of.storage} rowKey={(s) => s.kind} columns={[
        { id: "kind", label: t("organisation.kind"), header: true, cell: (s) => kindName(s.kind) },
        { id: "files", label: t("organisation.files"), number: true, cell: (s) => number(s.files) },
        { id: "bytes", label: t("organisation.size"), number: true, cell: (s) => <>{bytes(s.bytes)}<Bar part={s.bytes / Math.max(1, stored)} /></> },
      ]} />
      <Table caption={t("organisation.by_folder")} rows={of.folders} rowKey={(f) => f.id ?? String(f.bytes) + f.assets} columns={[
        { id: "name", label: t("organisation.folder"), header: true, cell: (f) => f.id ? <Link to="/" search={{ folder: f.id } as never} dir="auto">{f.name}</Link> : t("organisation.hidden_folder") },
        { id: "n", label: t("organisation.assets"), number: true, cell: (f) => number(f.assets) },
        { id: "bytes", label: t("organisation.size"), number: true, cell: (f) => <>{bytes(f.bytes)}<Bar part={f.bytes / largest} /></> },
      ]} />
      {of.most_used.length > 0 && (
        <Table caption={t("organisation.most_used")} rows={of.most_used} rowKey={(a) => a.id} columns={[
          { id: "name", label: t("organisation.asset"), header: true, cell: (a) => <a href={`/assets/${a.id}`} dir="auto">{a.name}</a> },
          { id: "n", label: t("organisation.downloads"), number: true, cell: (a) => number(a.downloads) },
        ]} />
      )}
      <p className="soft">{t("organisation.nobody")}</p>
    </div>
  );
}
