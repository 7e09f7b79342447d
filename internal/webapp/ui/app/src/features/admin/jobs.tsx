// SPDX-License-Identifier: Apache-2.0
// Jobs: what waits, what failed and why; tried again now, or given up.

import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { del, get, post } from "../../api/client";
import type { CountJobsData, CountJobsResponse, GiveUpJobData, HastenJobData, Job, JobState, ListJobsData, ListJobsResponse } from "../../api/gen";
import { ago, number, t } from "../../i18n";
import { Badge, Button, Confirm, Empty, Select, Table, toast } from "../../ui";
import { Listed, stateName, usePages } from "./kit";
import { problemText } from "../../ui";

const states: JobState[] = ["waiting", "running", "retrying", "done", "given_up"];
const kinds = { waiting: "info", running: "info", retrying: "warn", done: "good", given_up: "bad" } as const;

/** Jobs lists the tenant's jobs, the newest first. */
export function Jobs() {
  const search = useSearch({ strict: false }) as { state?: JobState; kind?: string; about?: string };
  const go = useNavigate();
  const cache = useQueryClient();
  const [ending, setEnding] = useState<Job>();
  const look = (change: Record<string, string | undefined>) => void go({ to: ".", search: (s: Record<string, unknown>) => ({ ...s, ...change }) as never });
  const counts = useQuery({ queryKey: ["jobs", "counts"], queryFn: ({ signal }) => get<CountJobsData, CountJobsResponse>("/api/v1/jobs/counts", { signal }), refetchInterval: 10_000 });
  const pages = usePages<ListJobsResponse>(["jobs", search.state ?? "", search.kind ?? "", search.about ?? ""], (cursor, signal) =>
    get<ListJobsData, ListJobsResponse>("/api/v1/jobs", { query: { state: search.state, kind: search.kind, about: search.about, cursor }, signal }));
  const changed = () => cache.invalidateQueries({ queryKey: ["jobs"] });
  const of = (s: JobState) => (counts.data?.items ?? []).filter((c) => c.state === s).reduce((n, c) => n + c.jobs, 0);
  const names = [...new Set((counts.data?.items ?? []).map((c) => c.kind))].sort();
  const hasten = (j: Job) => post<HastenJobData>("/api/v1/jobs/{id}/attempt", { path: { id: j.id } }).then(() => toast(t("admin.hastened")), (e: unknown) => toast(problemText(e).text, { kind: "bad" })).then(changed);
  return (
    <>
      <div className="admin-bar">
        <Select label={t("admin.state")} selectedKey={search.state ?? "all"} onSelectionChange={(k) => look({ state: k === "all" ? undefined : String(k) })} choices={[{ id: "all", label: t("admin.all") }, ...states.map((s) => ({ id: s, label: `${stateName("job", s)} (${number(of(s))})` }))]} />
        <Select label={t("admin.kind")} selectedKey={search.kind ?? "all"} onSelectionChange={(k) => look({ kind: k === "all" ? undefined : String(k) })} choices={[{ id: "all", label: t("admin.all") }, ...names.map((k) => ({ id: k, label: k }))]} />
        <Button onPress={() => void changed()}>{t("admin.look_again")}</Button>
      </div>
      <Listed q={pages.q} pages={pages}>{(data) => data.items.length === 0 ? <Empty title={t("admin.no_jobs")} /> : (
        <Table caption={t("admin.jobs")} hideCaption rows={data.items} rowKey={(j) => j.id} columns={[
          { id: "k", label: t("admin.kind"), header: true, cell: (j) => <code>{j.kind}</code> },
          { id: "s", label: t("admin.state"), cell: (j) => <Badge kind={kinds[j.state]}>{stateName("job", j.state)}</Badge> },
          { id: "a", label: t("admin.about"), cell: (j) => j.asset ? <Link to={`/assets/${j.asset}` as string}>{t("admin.asset")}</Link> : j.subject ? <code>{j.subject}</code> : "–" },
          { id: "r", label: t("admin.reason"), cell: (j) => j.reason ? <span lang="en">{j.reason}</span> : "–" },
          { id: "n", label: t("admin.attempts"), number: true, cell: (j) => j.attempt },
          { id: "m", label: t("admin.made"), cell: (j) => ago(j.created_at) },
          { id: "x", label: t("admin.action"), cell: (j) => j.state === "done" || j.state === "given_up" ? "–" : <span className="row">{j.state === "retrying" && <Button aria-label={`${t("admin.retry_now")}: ${j.kind}`} onPress={() => void hasten(j)}>{t("admin.retry_now")}</Button>}<Button aria-label={`${t("admin.give_up")}: ${j.kind}`} onPress={() => setEnding(j)}>{t("admin.give_up")}</Button></span> },
        ]} />
      )}</Listed>
      <Confirm title={t("admin.give_up")} open={!!ending} danger action={t("admin.give_up")} onClose={() => setEnding(undefined)} onConfirm={async () => { await del<GiveUpJobData>("/api/v1/jobs/{id}", { path: { id: ending!.id } }); await changed(); }}><p>{t("admin.give_up_text")}</p></Confirm>
    </>
  );
}
