// SPDX-License-Identifier: Apache-2.0
// Why a job left assets out, and which.

import { useState } from "react";
import { useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { get } from "../../api/client";
import type { Bulk, ListBulkLeftData, ListBulkLeftResponse } from "../../api/gen";
import { asset } from "../../api/queries";
import { has, number, t } from "../../i18n";
import { Button, Dialog, Failed, Loading } from "../../ui";

/** reasonText says why in the language of the interface, where it is known. */
export function reasonText(code: string | undefined, english: string | undefined): { text: string; lang?: "en" } {
  const key = `problems.${(code ?? "").replaceAll(".", "_")}`;
  return has(key) ? { text: t(key) } : { text: english ?? code ?? "", lang: "en" };
}

/** Reasons counts why, and opens the list. */
export function Reasons({ job }: { job: Bulk }) {
  const [open, setOpen] = useState(false);
  if (!job.skipped && !job.kept && !job.reason) return null;
  return (
    <div className="reasons small">
      {job.reason && <p {...langOf(job.code, job.reason)}>{reasonText(job.code, job.reason).text}</p>}
      <ul className="bullets">{job.reasons.map((r) => <li key={r.code}><span {...langOf(r.code, r.reason)}>{reasonText(r.code, r.reason).text}</span> ({number(r.count)})</li>)}</ul>
      {job.skipped + job.kept > 0 && <Button kind="quiet" className="small-text" onPress={() => setOpen(true)}>{t("library.show_left")}</Button>}
      {open && <Left job={job} onClose={() => setOpen(false)} />}
    </div>
  );
}

const langOf = (code: string | undefined, english: string | undefined) => {
  const { lang } = reasonText(code, english);
  return lang ? { lang } : {};
};

function Left({ job, onClose }: { job: Bulk; onClose(): void }) {
  const list = useInfiniteQuery({
    queryKey: ["bulk", job.id, "left"],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => get<ListBulkLeftData, ListBulkLeftResponse>("/api/v1/bulk/{id}/left", { path: { id: job.id }, query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) }, signal }),
    getNextPageParam: (p) => p.next,
  });
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const names = useQueries({ queries: rows.map((r) => ({ ...asset(r.asset), staleTime: 60_000 })) });
  return (
    <Dialog open title={t("library.left_title")} onClose={onClose}>
      {list.isError && <Failed problem={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Loading />}
      <ul className="lines">
        {rows.map((r, i) => (
          <li key={r.asset}>
            {names[i]?.data ? <Link to={"/assets/$id" as "/"} params={{ id: r.asset } as never} onClick={onClose}><bdi>{names[i]!.data!.name}</bdi></Link> : <span className="mono">{names[i]?.isError ? t("library.gone") : r.asset}</span>}
            <p className="soft small" {...langOf(r.code, r.reason)}>{r.skipped ? reasonText(r.code, r.reason).text : t("library.left_kept", { what: r.kept.join(", ") })}</p>
          </li>
        ))}
      </ul>
      {list.hasNextPage && <Button onPress={() => void list.fetchNextPage()} isPending={list.isFetchingNextPage}>{t("ui.more")}</Button>}
    </Dialog>
  );
}
