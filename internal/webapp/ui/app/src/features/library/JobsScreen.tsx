// SPDX-License-Identifier: Apache-2.0
// One's own jobs with many assets: how far they are, what they did, what they left out and why, and taking them back.

import { useQuery } from "@tanstack/react-query";
import type { Bulk } from "../../api/gen";
import { t, time } from "../../i18n";
import { Badge, Button, Empty, Failed, Loading, Page, Progress } from "../../ui";
import { cancel, isOver, stateText, undo } from "./bulk";
import { jobs } from "./queries";
import { Reasons } from "./Reasons";
import "./library.css";

const kinds = { waiting: "info", running: "info", done: "good", cancelled: "warn", stopped: "bad" } as const;

/** JobsScreen lists the jobs of the last 30 days. */
export function JobsScreen() {
  const list = useQuery({ ...jobs, refetchInterval: (q) => (q.state.data?.items.some((j) => !isOver(j)) ? 1000 : false) });
  return (
    <Page title={t("library.jobs")} lead={t("library.jobs_lead")}>
      {list.isError ? <Failed problem={list.error} retry={() => void list.refetch()} /> : !list.data ? <Loading /> : !list.data.items.length ? <Empty title={t("library.jobs_none")}><p>{t("library.jobs_none_text")}</p></Empty> : (
        <ul className="stack jobs">{list.data.items.map((j) => <li key={j.id} className="card"><One job={j} /></li>)}</ul>
      )}
    </Page>
  );
}

function One({ job }: { job: Bulk }) {
  const label = job.undo_of ? t("library.job_undo_of") : t("library.job_of", { n: job.total });
  return (
    <article className="stack tight">
      <header className="spread"><h2>{label}</h2><Badge kind={kinds[job.state]}>{t(`library.job_state_${job.state}`)}</Badge></header>
      <p className="soft small"><time dateTime={job.created_at}>{time(job.created_at)}</time></p>
      {isOver(job) ? <p>{stateText(job)}</p> : <Progress label={t("library.job_progress")} value={job.total ? job.done / job.total : undefined} text={stateText(job)} />}
      <Reasons job={job} />
      <div className="row">
        {!isOver(job) && <Button onPress={() => void cancel(job.id)}>{t("library.job_cancel")}</Button>}
        {isOver(job) && !job.undo_of && !job.undone_by && job.changed > 0 && <Button onPress={() => void undo(job.id, label)}>{t("ui.undo")}</Button>}
        {job.undone_by && <p className="soft">{t("library.job_undone")}</p>}
      </div>
    </article>
  );
}
