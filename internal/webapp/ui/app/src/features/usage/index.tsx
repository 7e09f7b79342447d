// SPDX-License-Identifier: Apache-2.0
// What downloads are said to be used for: of everything, narrowed and taken out as a table, or of one asset.

import { useState } from "react";
import { useQuery, keepPreviousData } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { get } from "../../api/client";
import type { Asset, ListUsageReportsData, ListUsageReportsResponse, UsageChannel, UsageReport } from "../../api/gen";
import { presets } from "../../api/queries";
import { date, has, language, t, time } from "../../i18n";
import { Badge, Button, Empty, ErrorNote, Failed, Loading, Pager, Select, Table, TextField, type Column } from "../../ui";
import { presetName } from "../links/form";
import "./usage.css";

const channels: UsageChannel[] = ["web", "print", "social", "press", "internal", "other"];
type Filter = { q?: string; channel?: string; from?: string; to?: string };
type Query = NonNullable<ListUsageReportsData["query"]>;

/** asked is what the server is asked for: days are whole days here. */
function asked(f: Filter, asset?: string): Query {
  const day = (d: string, plus: number) => {
    const at = new Date(d + "T00:00:00");
    at.setDate(at.getDate() + plus);
    return at.toISOString();
  };
  return {
    ...(asset ? { asset } : {}), ...(f.q ? { q: f.q } : {}), ...(f.channel ? { channel: f.channel as UsageChannel } : {}),
    ...(f.from ? { from: day(f.from, 0) } : {}), ...(f.to ? { to: day(f.to, 1) } : {}),
  };
}

const tableOf = (query: Query): string => "/api/v1/usage-reports/export?" + new URLSearchParams(query as Record<string, string>).toString();

/** UsageReports stands at /admin/usage: what all downloads are said to be used for. */
export function UsageReports() {
  const { q, channel, from, to } = useSearch({ strict: false }) as Filter;
  const now: Filter = { ...(q ? { q } : {}), ...(channel ? { channel } : {}), ...(from ? { from } : {}), ...(to ? { to } : {}) };
  const go = useNavigate();
  const [form, setForm] = useState<Filter>(now);
  const set = (change: Filter) => setForm((f) => ({ ...f, ...change }));
  const see = (f: Filter) => void go({ to: ".", search: Object.fromEntries(Object.entries(f).filter(([, v]) => v)) as never });
  return (
    <>
      <form className="card stack" role="search" aria-label={t("usage.narrow_down")} onSubmit={(e) => { e.preventDefault(); see(form); }}>
        <div className="usage-bar">
          <TextField label={t("usage.text")} help={t("usage.text_help")} value={form.q ?? ""} onChange={(v) => set({ q: v })} maxLength={200} />
          <Select label={t("usage.channel")} selectedKey={form.channel || "any"} onSelectionChange={(k) => set({ channel: k === "any" ? "" : String(k) })} choices={[{ id: "any", label: t("usage.any") }, ...channels.map((id) => ({ id, label: t(`usage.channel_${id}`) }))]} />
          <TextField type="date" label={t("usage.from")} value={form.from ?? ""} onChange={(v) => set({ from: v })} />
          <TextField type="date" label={t("usage.to")} value={form.to ?? ""} onChange={(v) => set({ to: v })} />
        </div>
        <div className="row">
          <Button kind="main" type="submit">{t("usage.show")}</Button>
          <Button onPress={() => (setForm({}), see({}))}>{t("usage.show_all")}</Button>
          <a className="button plain" href={tableOf(asked(now))} download="usage.csv"><Download size={16} aria-hidden />{t("usage.export")}</a>
        </div>
      </form>
      <Reports query={asked(now)} narrowed={Object.keys(now).length > 0} />
    </>
  );
}

/** UsagePart is what the downloads of one asset are said to be used for. */
export function UsagePart({ asset: a }: { asset: Asset }) {
  return (
    <div className="stack">
      <p className="soft">{t("usage.part_lead")}</p>
      <Reports query={asked({}, a.id)} one />
    </div>
  );
}

function Reports({ query, one, narrowed }: { query: Query; one?: boolean; narrowed?: boolean }) {
  const of = JSON.stringify(query);
  const [trail, setTrail] = useState<{ of: string; used: string[] }>({ of, used: [] });
  const used = trail.of === of ? trail.used : [];
  const cursor = used.at(-1);
  const list = useQuery({
    queryKey: ["usage", query, cursor ?? ""], placeholderData: keepPreviousData,
    queryFn: ({ signal }) => get<ListUsageReportsData, ListUsageReportsResponse>("/api/v1/usage-reports", { query: { ...query, limit: 50, ...(cursor ? { cursor } : {}) }, signal }),
  });
  const formats = useQuery(presets);
  if (!list.data) return list.isError ? <Failed problem={list.error} retry={() => void list.refetch()} /> : <Loading lines={5} />;
  const next = list.data.next;
  const called = (v: string) => {
    const p = formats.data?.items.find((x) => x.name === v);
    return p ? presetName(p) : has(`terms.preset_${v}`) ? t(`terms.preset_${v}` as "terms.preset_original") : v;
  };
  return (
    <>
      {list.isError && <ErrorNote problem={list.error} retry={() => void list.refetch()} />}
      {!list.data.items.length ? (
        <Empty title={narrowed ? t("usage.none_found") : t("usage.none")}><p>{narrowed ? t("usage.none_found_text") : t("usage.none_text")}</p></Empty>
      ) : (
        <Table caption={t("usage.reports")} hideCaption rows={list.data.items} rowKey={(r) => r.id} columns={columns(called, !!one)} />
      )}
      <Pager page={used.length + 1} back={used.length ? () => setTrail({ of, used: used.slice(0, -1) }) : undefined} forth={next ? () => setTrail({ of, used: [...used, next] }) : undefined} />
    </>
  );
}

function columns(called: (variant: string) => string, one: boolean): Column<UsageReport>[] {
  return [
    ...(one ? [] : [{ id: "file", label: t("usage.file"), header: true, cell: (r: UsageReport) => <div className="usage-cell"><Link to={"/assets/$id" as "/"} params={{ id: r.asset } as never}><bdi>{r.file}</bdi></Link> <span className="soft small">{called(r.variant)}</span></div> }]),
    { id: "purpose", label: t("usage.purpose"), header: one, cell: (r) => <div className="usage-cell"><bdi className="said">{r.purpose}</bdi>{one && <span className="soft small">{called(r.variant)}</span>}<Accepted of={r} /></div> },
    { id: "place", label: t("usage.place"), cell: (r) => <div className="usage-cell"><bdi>{r.place}</bdi> <span className="soft small">{r.channels.map((c) => t(`usage.channel_${c}`)).join(", ")}</span></div> },
    { id: "until", label: t("usage.until"), cell: (r) => (r.until ? <time dateTime={r.until}>{date(r.until)}</time> : "–") },
    { id: "who", label: t("usage.who"), cell: (r) => <div className="usage-cell"><Who of={r} /> <span className="soft small"><time dateTime={r.at}>{time(r.at)}</time></span>{!r.fetched_at && <Badge>{t("usage.never_fetched")}</Badge>}</div> },
  ];
}

/** Accepted are the terms that whoever said it accepted, as they read then. */
function Accepted({ of: r }: { of: UsageReport }) {
  if (!r.terms.length) return null;
  return <details className="usage-terms"><summary>{t("usage.accepted", { n: r.terms.length })}</summary>{r.terms.map((x, i) => <p key={i} className="said"><bdi>{x[language] ?? x[""] ?? Object.values(x)[0]}</bdi></p>)}</details>;
}

/** Who is whoever said it: a person, a key, or somebody who came by a share link. */
function Who({ of: r }: { of: UsageReport }) {
  if (r.actor_kind !== "link") return <bdi>{r.actor_name ?? t("usage.somebody")}</bdi>;
  return <><bdi>{r.name || t("usage.somebody")}</bdi> <span className="soft small">{r.actor_name ? t("usage.by_link", { title: r.actor_name }) : t("usage.by_a_link")}</span></>;
}
