// SPDX-License-Identifier: Apache-2.0
// The jobs that run for oneself, small and out of the way, wherever one is.

import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { t } from "../../i18n";
import { Button, IconButton, Note, Progress } from "../../ui";
import { cancel, dismiss, isOver, stateText, undo, useWorks, type Work } from "./bulk";
import { Reasons } from "./Reasons";
import "./library.css";

/** JobDock lists the jobs that are followed; it is not there when there are none. */
export function JobDock() {
  const works = useWorks();
  if (!works.length) return null;
  return (
    <section className="job-dock" aria-label={t("library.jobs_now")}>
      <ul>{works.map((w) => <li key={w.job.id}><One work={w} /></li>)}</ul>
      <Link to={"/jobs" as "/"} className="small">{t("library.jobs_all")}</Link>
    </section>
  );
}

function One({ work: w }: { work: Work }) {
  const over = isOver(w.job);
  return (
    <div className="job">
      {over ? (
        <div className="spread"><p><strong>{w.label}</strong><br />{stateText(w.job)}</p><IconButton className="small" label={t("library.job_dismiss", { what: w.label })} onPress={() => dismiss(w.job.id)}><X size={14} aria-hidden /></IconButton></div>
      ) : (
        <>
          <Progress label={w.label} value={w.job.total ? w.job.done / w.job.total : undefined} text={w.job.state === "waiting" ? t("library.job_waiting") : t("library.job_running", { done: w.job.done, total: w.job.total })} />
          <Button kind="quiet" className="small-text" onPress={() => void cancel(w.job.id)}>{t("library.job_cancel")}</Button>
        </>
      )}
      {w.offline && <Note kind="warn">{t("library.job_offline")}</Note>}
      {over && (
        <>
          <Reasons job={w.job} />
          {w.undoable && w.job.changed > 0 && !w.job.undone_by && <Button kind="quiet" className="small-text" onPress={() => void undo(w.job.id, w.label)}>{t("ui.undo")}</Button>}
        </>
      )}
    </div>
  );
}
