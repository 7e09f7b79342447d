// SPDX-License-Identifier: Apache-2.0
// The log of deeds: narrowed, taken out as a table, and checked.

import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { get, send } from "../../api/client";
import type { AuditVerification, ExportAuditData, ListAuditData, ListAuditResponse, VerifyAuditData } from "../../api/gen";
import { number, t, time } from "../../i18n";
import { Button, Empty, ErrorNote, Note, Table, TextField, toast } from "../../ui";
import { Listed, usePages } from "./kit";

type Filter = { verb?: string; actor?: string; subject?: string; folder?: string; from?: string; to?: string };
const names = ["verb", "actor", "subject", "folder", "from", "to"] as const;
/** moments are what the server is asked for: days are whole days here. */
function moments(f: Filter) {
  const day = (d: string, plus: number) => { const at = new Date(d + "T00:00:00"); at.setDate(at.getDate() + plus); return at.toISOString(); };
  return { verb: f.verb, actor: f.actor, subject: f.subject, folder: f.folder, from: f.from ? day(f.from, 0) : undefined, to: f.to ? day(f.to, 1) : undefined };
}

/** Audit lists the deeds, newest first. */
export function Audit() {
  const now = useSearch({ strict: false }) as Filter;
  const go = useNavigate();
  const [form, setForm] = useState<Filter>(now);
  const used = Object.fromEntries(names.filter((n) => now[n]).map((n) => [n, now[n]])) as Filter;
  const pages = usePages<ListAuditResponse>(["audit", used], (cursor, signal) => get<ListAuditData, ListAuditResponse>("/api/v1/audit", { query: { ...moments(used), cursor }, signal }));
  const check = useMutation({ mutationFn: () => get<VerifyAuditData, AuditVerification>("/api/v1/audit/verification") });
  const take = useMutation({
    mutationFn: async () => {
      const answer = await send<ExportAuditData>("POST", "/api/v1/audit/exports", { body: JSON.parse(JSON.stringify(moments(used))) as NonNullable<ExportAuditData["body"]> });
      const at = URL.createObjectURL(await answer.blob());
      const a = Object.assign(document.createElement("a"), { href: at, download: "deeds.csv" });
      a.click();
      setTimeout(() => URL.revokeObjectURL(at), 60_000);
    },
    onSuccess: () => toast(t("admin.exported")),
  });
  const set = (n: keyof Filter) => (v: string) => setForm({ ...form, [n]: v });
  return (
    <>
      <form className="card stack" onSubmit={(e) => { e.preventDefault(); void go({ to: ".", search: form as never }); }}>
        <div className="admin-bar">
          <TextField label={t("admin.verb")} value={form.verb ?? ""} onChange={set("verb")} help={t("admin.verb_help")} />
          <TextField label={t("admin.actor")} value={form.actor ?? ""} onChange={set("actor")} help={t("admin.id_help")} />
          <TextField label={t("admin.subject")} value={form.subject ?? ""} onChange={set("subject")} help={t("admin.id_help")} />
          <TextField label={t("admin.in_folder")} value={form.folder ?? ""} onChange={set("folder")} help={t("admin.id_help")} />
          <TextField label={t("admin.from")} type="date" value={form.from ?? ""} onChange={set("from")} />
          <TextField label={t("admin.to")} type="date" value={form.to ?? ""} onChange={set("to")} />
        </div>
        <div className="row">
          <Button type="submit" kind="main">{t("admin.narrow")}</Button>
          <Button onPress={() => (setForm({}), void go({ to: ".", search: {} as never }))}>{t("admin.all_deeds")}</Button>
          <Button isPending={take.isPending} onPress={() => take.mutate()}>{t("admin.export")}</Button>
          <Button isPending={check.isPending} onPress={() => check.mutate()}>{t("admin.verify")}</Button>
        </div>
      </form>
      {take.isError && <ErrorNote problem={take.error} />}
      {check.isError && <ErrorNote problem={check.error} />}
      <div role="status">{check.data && (check.data.whole
        ? <Note kind="good"><p>{t("admin.whole", { n: check.data.checked })}</p><p className="soft">{t("admin.last_hash")} <code className="admin-secret">{check.data.last}</code></p></Note>
        : <Note kind="bad"><p>{t("admin.broken", { n: number(check.data.broken_at ?? 0) })}</p></Note>)}</div>
      <Listed q={pages.q} pages={pages}>{(data) => data.items.length === 0 ? (data.next ? <p>{t("admin.look_further")}</p> : <Empty title={t("admin.no_deeds")} />) : (
        <Table caption={t("admin.audit")} hideCaption rows={data.items} rowKey={(d) => String(d.seq)} columns={[
          { id: "a", label: t("admin.when"), cell: (d) => time(d.at) },
          { id: "w", label: t("admin.actor"), cell: (d) => d.actor_name ?? d.actor },
          { id: "v", label: t("admin.verb"), header: true, cell: (d) => <code>{d.verb}</code> },
          { id: "s", label: t("admin.subject"), cell: (d) => d.subject ? <code>{d.subject}</code> : "–" },
          { id: "d", label: t("admin.detail"), cell: (d) => Object.keys(d.detail).length ? <details><summary>{t("admin.show")}</summary><pre>{JSON.stringify(d.detail, null, 1)}</pre></details> : "–" },
        ]} />
      )}</Listed>
    </>
  );
}
