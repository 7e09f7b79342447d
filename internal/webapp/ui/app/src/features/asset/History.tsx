// SPDX-License-Identifier: Apache-2.0
// What was changed by whom, and who has seen or fetched the asset.

import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import type { Asset } from "../../api/gen";
import { t, time } from "../../i18n";
import { Failed, Loading, Pager, Table } from "../../ui";
import { history, sightings } from "./queries";
import { fieldName, languageName, said } from "./text";

/** written is a value of the history in words. */
function written(field: string, v: unknown): string {
  if (v === undefined || v === null || v === "") return t("asset.nothing");
  if (Array.isArray(v)) return v.join(", ");
  if (typeof v === "object") {
    const alt = v as { decision?: string; text?: string };
    return alt.text || said(`terms.alt_${alt.decision}`, alt.decision ?? "");
  }
  if (field === "approval") return said(`asset.approval_${String(v)}`, String(v));
  if (field === "embargo_until" || field === "expires_at") return time(String(v));
  return String(v);
}

/** HistoryPart lists changes, newest first. */
export function HistoryPart({ asset: a }: { asset: Asset }) {
  const [cursors, setCursors] = useState<string[]>([]);
  const q = useQuery(history(a.id, cursors.at(-1)));
  if (q.isPending) return <Loading lines={6} />;
  if (q.error) return <Failed problem={q.error} retry={() => void q.refetch()} />;
  if (!q.data.items.length) return <p className="soft">{t("asset.no_history")}</p>;
  return (
    <div className="stack">
      <Table caption={t("asset.history")} hideCaption rows={q.data.items.map((c, i) => ({ ...c, i }))} rowKey={(c) => String(c.i)} columns={[
        { id: "field", header: true, label: t("asset.field"), cell: (c) => fieldName(c.field) + (c.lang ? ` (${languageName(c.lang)})` : "") },
        { id: "before", label: t("asset.before"), cell: (c) => <span className="value">{written(c.field, c.before)}</span> },
        { id: "after", label: t("asset.after"), cell: (c) => <span className="value">{written(c.field, c.after)}</span> },
        { id: "who", label: t("asset.who"), cell: (c) => (c.source === "person" ? (c.changed_by_name ?? t("asset.somebody")) : said(`terms.source_${c.source}`, c.source)) },
        { id: "when", label: t("asset.when"), cell: (c) => <time dateTime={c.changed_at}>{time(c.changed_at)}</time> },
      ]} />
      <Pager page={cursors.length + 1} back={cursors.length ? () => setCursors((c) => c.slice(0, -1)) : undefined} forth={q.data.next ? () => setCursors((c) => [...c, q.data.next!]) : undefined} />
    </div>
  );
}

/** SeenPart lists who has seen and fetched the asset. */
export function SeenPart({ asset: a }: { asset: Asset }) {
  const q = useQuery(sightings(a.id));
  if (q.isPending) return <Loading />;
  if (q.error) return <Failed problem={q.error} retry={() => void q.refetch()} />;
  return (
    <div className="stack">
      <p className="soft">{t("asset.seen_lead", { actors: q.data.actors, views: q.data.views })}</p>
      {q.data.items.length > 0 && <Table caption={t("asset.seen_by")} hideCaption rows={q.data.items} rowKey={(s) => s.actor + s.what} columns={[
        { id: "who", header: true, label: t("asset.who"), cell: (s) => s.name ?? t("asset.somebody") },
        { id: "what", label: t("asset.did"), cell: (s) => t(`asset.did_${s.what}`) },
        { id: "count", number: true, label: t("asset.times"), cell: (s) => String(s.count) },
        { id: "last", label: t("asset.last"), cell: (s) => <time dateTime={s.last_at}>{time(s.last_at)}</time> },
      ]} />}
    </div>
  );
}
