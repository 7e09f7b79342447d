// SPDX-License-Identifier: Apache-2.0
// Metadata out and in as a table: taken out, changed in a spreadsheet, looked through line by line, and applied.

import { useRef, useState } from "react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { get, Offline, post, Problem, renewSession, send } from "../../api/client";
import type { ApplyMetadataImportData, ExportMetadataData, ListMetadataImportLinesData, ListMetadataImportLinesResponse, MetadataImport, MetadataImportLine } from "../../api/gen";
import { has, t } from "../../i18n";
import { announce, Badge, Button, Checkbox, ErrorNote, fieldText, Loading, Note, Page, Select, TextField } from "../../ui";
import "./exchange.css";

/** ExchangeScreen takes metadata out as a table and in again. */
export function ExchangeScreen() {
  return (
    <Page title={t("exchange.title")} lead={t("exchange.lead")}>
      <Out />
      <In />
      <section className="card stack tight" aria-labelledby="folders-in"><h2 id="folders-in">{t("exchange.folders")}</h2><p>{t("exchange.folders_text")}</p><p><code>tillgang import folder</code> · <code>tillgang import resourcespace</code></p></section>
    </Page>
  );
}

function Out() {
  const [q, setQ] = useState("");
  const [bom, setBom] = useState(true);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const go = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      const answer = await send<ExportMetadataData>("POST", "/api/v1/metadata-exports", { body: { selection: { query: q ? { q } : {} }, bom } });
      const a = document.createElement("a");
      a.href = URL.createObjectURL(await answer.blob());
      a.download = "metadata.csv";
      a.click();
      URL.revokeObjectURL(a.href);
      announce(t("exchange.out_done"));
    } catch (e) {
      setProblem(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="card stack" aria-labelledby="out">
      <h2 id="out">{t("exchange.out")}</h2>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <TextField label={t("exchange.out_query")} help={t("exchange.out_query_help")} value={q} onChange={setQ} />
      <Checkbox isSelected={bom} onChange={setBom}>{t("exchange.out_bom")}</Checkbox>
      <div className="row"><Button kind="main" isPending={busy} onPress={() => void go()}>{t("exchange.out_go")}</Button></div>
    </section>
  );
}

/** check sends a table to be looked through; nothing is changed. */
async function check(file: File, clear: boolean): Promise<MetadataImport> {
  const body = new FormData();
  body.append("empty", clear ? "clear" : "keep");
  body.append("file", file);
  for (;;) {
    const answer = await fetch("/api/v1/metadata-imports", { method: "POST", body, credentials: "same-origin" }).catch(() => {
      throw new Offline();
    });
    if (answer.ok) return (await answer.json()) as MetadataImport;
    if (answer.status === 401 && (await renewSession())) continue;
    const said = (await answer.json().catch(() => ({}))) as { code?: string; title?: string; errors?: Record<string, string> };
    throw new Problem(answer.status, said.code ?? "", said.title ?? "", said.errors ?? {});
  }
}

function In() {
  const file = useRef<HTMLInputElement>(null);
  const result = useRef<HTMLHeadingElement>(null);
  const [name, setName] = useState("");
  const [clear, setClear] = useState(false);
  const [found, setFound] = useState<MetadataImport>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const run = async (what: () => Promise<MetadataImport>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      setFound(await what());
      setTimeout(() => result.current?.focus());
    } catch (e) {
      setProblem(e);
    } finally {
      setBusy(false);
    }
  };
  const look = () => {
    const one = file.current?.files?.[0];
    if (one) void run(() => check(one, clear));
  };
  const apply = (i: MetadataImport) =>
    void run(async () => {
      const job = await post<ApplyMetadataImportData, { id: string }>("/api/v1/metadata-imports/{id}/application", { path: { id: i.id } });
      return { ...i, state: "applied", job: job.id };
    });
  return (
    <section className="card stack" aria-labelledby="in">
      <h2 id="in">{t("exchange.in")}</h2>
      <p>{t("exchange.in_text")}</p>
      {problem !== undefined && <><ErrorNote problem={problem} />{problem instanceof Problem && <ul>{Object.entries(problem.fields).map(([n, w]) => <li key={n}><bdi>{n}</bdi>: {fieldText(w)}</li>)}</ul>}</>}
      <div className="field"><label className="label" htmlFor="table">{t("exchange.in_file")}</label><input ref={file} id="table" className="input" type="file" accept=".csv,.tsv,text/csv,text/plain" onChange={(e) => { setName(e.target.files?.[0]?.name ?? ""); setFound(undefined); }} /></div>
      <Checkbox isSelected={clear} onChange={setClear} help={t("exchange.in_clear_help")}>{t("exchange.in_clear")}</Checkbox>
      <div className="row"><Button kind={found ? "plain" : "main"} isDisabled={!name} isPending={busy && !found} onPress={look}>{t("exchange.in_check")}</Button></div>
      {found && (
        <div className="stack">
          <h3 ref={result} tabIndex={-1}>{t("exchange.found", { lines: found.lines })}</h3>
          <p>{t("exchange.counts", { changes: found.changes, same: found.same, errors: found.errors })}</p>
          {found.state === "applied" ? <Note kind="good"><p>{t("exchange.applied")} <Link to={"/jobs" as string}>{t("exchange.jobs")}</Link></p></Note> : <div className="row"><Button kind="main" isDisabled={!found.changes} isPending={busy} onPress={() => apply(found)}>{t("exchange.apply", { n: found.changes })}</Button></div>}
          <Lines of={found} />
        </div>
      )}
    </section>
  );
}

function Lines({ of }: { of: MetadataImport }) {
  const [state, setState] = useState<MetadataImportLine["state"]>(of.errors ? "error" : "change");
  const list = useInfiniteQuery({
    queryKey: ["import", of.id, state],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => get<ListMetadataImportLinesData, ListMetadataImportLinesResponse>("/api/v1/metadata-imports/{id}/lines", { path: { id: of.id }, query: { state, cursor: pageParam || undefined }, signal }),
    getNextPageParam: (p) => p.next,
  });
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <>
      <Select compact label={t("exchange.show")} selectedKey={state} onSelectionChange={(k) => setState(k as "change")} choices={(["change", "error", "same"] as const).map((id) => ({ id, label: t(`exchange.line_${id}`) }))} />
      {list.isError ? <ErrorNote problem={list.error} retry={() => void list.refetch()} /> : list.isPending ? <Loading /> : !rows.length ? <p className="soft">{t("exchange.no_lines")}</p> : (
        <ul className="import-lines">{rows.map((l) => <li key={l.line}><Line line={l} /></li>)}</ul>
      )}
      {list.hasNextPage && <Button onPress={() => void list.fetchNextPage()} isPending={list.isFetchingNextPage}>{t("ui.more")}</Button>}
    </>
  );
}

/** said writes a value of a field for people. */
const said = (v: unknown): string => (v === undefined || v === null ? "" : Array.isArray(v) ? v.join(", ") : typeof v === "object" ? JSON.stringify(v) : String(v));
const label = (field: string) => (has(`terms.field_${field}`) ? t(`terms.field_${field}` as "terms.field_title") : field);

function Line({ line: l }: { line: MetadataImportLine }) {
  return (
    <div className="stack tight">
      <p><strong>{t("exchange.line", { n: l.line })}</strong> <Badge kind={l.state === "error" ? "bad" : l.state === "change" ? "good" : "info"}>{t(`exchange.line_${l.state}`)}</Badge> {l.asset && <Link to={`/assets/${l.asset}` as string}>{t("exchange.asset")}</Link>}</p>
      {l.problems && <ul>{Object.entries(l.problems).map(([n, w]) => <li key={n}><bdi>{label(n)}</bdi>: {fieldText(w)}</li>)}</ul>}
      {l.changes.length > 0 && <dl>{l.changes.map((c) => <div key={c.field + (c.lang ?? "")}><dt>{label(c.field)}{c.lang && ` (${c.lang})`}</dt><dd><del><bdi>{said(c.before) || t("exchange.nothing")}</bdi></del> → <ins><bdi>{said(c.after) || t("exchange.nothing")}</bdi></ins></dd></div>)}</dl>}
    </div>
  );
}
