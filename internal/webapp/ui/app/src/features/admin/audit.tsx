// SPDX-License-Identifier: Apache-2.0
// The log of deeds: narrowed, taken out as a table, and checked.

import { useState, type ReactNode } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { X } from "lucide-react";
import { get, send } from "../../api/client";
import type { AuditVerification, GetFolderData, GetFolderResponse, ExportAuditData, ListAuditData, ListAuditResponse, VerifyAuditData } from "../../api/gen";
import { number, t, time } from "../../i18n";
import { Button, Empty, ErrorNote, IconButton, Note, PeoplePicker, peopleBy, Table, TextField, toast } from "../../ui";
import { FolderPicker } from "../library/FolderPicker";
import { folderName } from "../library/folderName";
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
  const [picking, setPicking] = useState(false);
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
          <PeoplePicker label={t("admin.actor")} kind="account" onPick={(p) => set("actor")(p.id)} />
          <TextField label={t("admin.subject")} value={form.subject ?? ""} onChange={set("subject")} help={t("admin.id_help")} />
          <TextField label={t("admin.from")} type="date" value={form.from ?? ""} onChange={set("from")} />
          <TextField label={t("admin.to")} type="date" value={form.to ?? ""} onChange={set("to")} />
        </div>
        <Chosen form={form} drop={(n) => set(n)("")} pick={() => setPicking(true)} />
        <div className="row">
          <Button type="submit" kind="main">{t("admin.narrow")}</Button>
          <Button onPress={() => (setForm({}), void go({ to: ".", search: {} as never }))}>{t("admin.all_deeds")}</Button>
          <Button isPending={take.isPending} onPress={() => take.mutate()}>{t("admin.export")}</Button>
          <Button isPending={check.isPending} onPress={() => check.mutate()}>{t("admin.verify")}</Button>
        </div>
      </form>
      <FolderPicker title={t("admin.choose_folder")} open={picking} permission="asset.view" action={t("admin.use_folder")} onClose={() => setPicking(false)} onPick={(id) => { set("folder")(id); setPicking(false); }} />
      {take.isError && <ErrorNote problem={take.error} />}
      {check.isError && <ErrorNote problem={check.error} />}
      <div role="status">{check.data && (check.data.whole
        ? <Note kind="good"><p>{t("admin.whole", { n: check.data.checked })}</p><p className="soft">{t("admin.last_hash")} <code className="admin-secret">{check.data.last}</code></p></Note>
        : <Note kind="bad"><p>{t("admin.broken", { n: number(check.data.broken_at ?? 0) })}</p></Note>)}</div>
      <Listed q={pages.q} pages={pages}>{(data) => data.items.length === 0 ? (data.next ? <p>{t("admin.look_further")}</p> : <Empty title={t("admin.no_deeds")} />) : (
        <Table caption={t("admin.audit")} hideCaption rows={data.items} rowKey={(d) => String(d.seq)} columns={[
          { id: "a", label: t("admin.when"), cell: (d) => time(d.at) },
          { id: "w", label: t("admin.actor"), cell: (d) => <Only filter={{ ...used, actor: d.actor }} name={d.actor_name ?? d.actor} onGo={setForm}><bdi>{d.actor_name ?? d.actor}</bdi></Only> },
          { id: "v", label: t("admin.verb"), header: true, cell: (d) => <Only filter={{ ...used, verb: d.verb }} name={d.verb} onGo={setForm}><code>{d.verb}</code></Only> },
          { id: "s", label: t("admin.subject"), cell: (d) => d.subject ? <Only filter={{ ...used, subject: d.subject }} name={d.subject} onGo={setForm}><code>{d.subject}</code></Only> : "–" },
          { id: "d", label: t("admin.detail"), cell: (d) => Object.keys(d.detail).length ? <details><summary>{t("admin.show")}</summary><pre>{JSON.stringify(d.detail, null, 1)}</pre></details> : "–" },
        ]} />
      )}</Listed>
    </>
  );
}

/** Only narrows the log to what stands in a row. */
function Only({ filter, name, onGo, children }: { filter: Filter; name: string; onGo(f: Filter): void; children: ReactNode }) {
  return <Link to="." search={filter as never} aria-label={t("admin.narrow_to", { name })} className="admin-only" onClick={() => onGo(filter)}>{children}</Link>;
}

/** Chosen are the person and the folder that were chosen, by name, and the way to choose a folder. */
function Chosen({ form, drop, pick }: { form: Filter; drop(n: "actor" | "folder"): void; pick(): void }) {
  const actor = useQuery(peopleBy(form.actor ? [form.actor] : []));
  const folder = useQuery({ queryKey: ["folder", form.folder ?? ""], enabled: !!form.folder, queryFn: ({ signal }) => get<GetFolderData, GetFolderResponse>("/api/v1/folders/{id}", { path: { id: form.folder! }, signal }) });
  const line = (n: "actor" | "folder", name: string) => (
    <span className="row"><span className="soft">{t(n === "actor" ? "admin.actor" : "admin.in_folder")}:</span> <bdi>{name}</bdi><IconButton label={t("admin.drop_filter", { name })} onPress={() => drop(n)}><X size={16} aria-hidden /></IconButton></span>
  );
  return (
    <div className="admin-chosen">
      {form.actor && line("actor", actor.data?.items[0]?.name ?? form.actor)}
      {form.folder ? line("folder", folder.data ? folderName(folder.data) : form.folder) : <Button onPress={pick}>{t("admin.choose_folder")}</Button>}
    </div>
  );
}
