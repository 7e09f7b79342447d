// SPDX-License-Identifier: Apache-2.0
// Work with many assets: started on the server, followed here wherever one goes, told when it is done, taken back.

import { get, Offline, post, Problem } from "../../api/client";
import type { Bulk, BulkChange, CancelBulkData, CancelBulkResponse, GetBulkData, GetBulkResponse, StartBulkData, StartBulkResponse, UndoBulkData, UndoBulkResponse } from "../../api/gen";
import { queries } from "../../api/queries";
import { assetsChanged, listsChanged, toSelection, type Selected } from "../../assetgrid";
import { loadMessages, t } from "../../i18n";
import { announce, problemText, toast } from "../../ui";
import { dismiss, followed, put, useWorks, type Work } from "./works";

export { dismiss, useWorks, type Work };

/** isOver reports whether a job has ended. */
export const isOver = (job: Bulk): boolean => job.state !== "waiting" && job.state !== "running";

/** stateText says in a sentence how a job ended or stands. */
export function stateText(job: Bulk): string {
  if (job.state === "waiting") return t("library.job_waiting");
  if (job.state === "running") return t("library.job_running", { done: job.done, total: job.total });
  const sum = t("library.job_changed", { n: job.changed });
  const skipped = job.skipped ? " " + t("library.job_skipped", { n: job.skipped }) : "";
  const kept = job.kept ? " " + t("library.job_kept", { n: job.kept }) : "";
  if (job.state === "cancelled") return t("library.job_cancelled") + " " + sum + skipped;
  if (job.state === "stopped") return t("library.job_stopped") + " " + sum + skipped;
  return sum + skipped + kept;
}

const waits = [250, 400, 600, 1000, 1500, 2000];

async function follow(w: Work): Promise<Bulk> {
  for (let i = 0; ; i++) {
    await new Promise((ready) => setTimeout(ready, waits[Math.min(i, waits.length - 1)]));
    try {
      const job = await get<GetBulkData, GetBulkResponse>("/api/v1/bulk/{id}", { path: { id: w.job.id } });
      w = { ...w, job, offline: false };
    } catch (e) {
      if (!(e instanceof Offline) && !(e instanceof Problem && e.status >= 500)) {
        dismiss(w.job.id);
        throw e;
      }
      w = { ...w, offline: true };
    }
    if (followed().some((x) => x.job.id === w.job.id)) put(w);
    if (isOver(w.job)) return w.job;
  }
}

function ended(w: Work, job: Bulk) {
  if (w.moves) listsChanged();
  else assetsChanged();
  void queries.invalidateQueries({ queryKey: ["bulk"] });
  void queries.invalidateQueries({ queryKey: ["folders"] });
  const clean = job.state === "done" && !job.skipped && !job.kept;
  if (clean) dismiss(job.id);
  const text = clean && w.done && job.changed ? w.done(job.changed) : `${w.label}: ${stateText(job)}`;
  toast(text, { kind: job.state === "stopped" || (!job.changed && job.skipped) ? "bad" : "good", ...(w.undoable && job.changed ? { action: { label: t("ui.undo"), run: () => void undo(job.id, w.label) } } : {}) });
}

async function watch(w: Work): Promise<void> {
  put(w);
  announce(w.label);
  try {
    ended(w, isOver(w.job) ? w.job : await follow(w));
  } catch (e) {
    toast(problemText(e).text, { kind: "bad" });
  }
}

const moving = (c: BulkChange): boolean => !!(c.folder || c.bin || c.embargo_until !== undefined || c.expires_at !== undefined);

/** start has a change done to what is selected. label says it in words: "Flyttas till Sommar"; done says
 * it when it is over. It throws when the server refuses to begin. */
export async function start(selected: Selected, change: BulkChange, label: string, done?: (n: number) => string): Promise<void> {
  await loadMessages("library");
  const job = (await post<StartBulkData, StartBulkResponse>("/api/v1/bulk", { body: { selection: toSelection(selected), change } })) as Bulk;
  void watch({ job, label, done, moves: moving(change), undoable: true });
}

/** undo takes back what a job changed, as a job of its own. */
export async function undo(id: string, label: string): Promise<void> {
  await loadMessages("library");
  try {
    const job = await post<UndoBulkData, UndoBulkResponse>("/api/v1/bulk/{id}/undo", { path: { id } });
    dismiss(id);
    await watch({ job, label: t("library.undoing", { what: label }), done: (n) => t("library.undone", { n }), moves: true, undoable: false });
  } catch (e) {
    toast(problemText(e).text, { kind: "bad" });
  }
}

/** cancel stops a job after the batch in hand. */
export async function cancel(id: string): Promise<void> {
  try {
    await post<CancelBulkData, CancelBulkResponse>("/api/v1/bulk/{id}/cancellation", { path: { id } });
  } catch (e) {
    toast(problemText(e).text, { kind: "bad" });
  }
}

/** useBulk starts jobs with many assets; progress, result and undo are shown by the shell's dock. */
export const useBulk = () => ({ start, undo, cancel, works: useWorks() });
