// SPDX-License-Identifier: Apache-2.0
// The parts of the details that are asked for when they are opened.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { get } from "../../api/client";
import type { Asset, FieldChange, GetFolderGrantsData, GetFolderGrantsResponse, ListUsageReportsData, ListUsageReportsResponse } from "../../api/gen";
import { ago, bytes, date, has, t, time } from "../../i18n";
import { Badge, Failed, Loading } from "../../ui";
import { folder, history, revisions, sightings } from "./queries";

type Of = { asset: Asset };

/** VersionsPart lists the revisions. */
export function VersionsPart({ asset }: Of) {
  const list = useQuery(revisions(asset.id));
  if (list.isError) return <Failed problem={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Loading />;
  return (
    <ol className="lines">
      {list.data.items.map((r) => (
        <li key={r.id}>
          <strong>{t("library.version_n", { n: r.number })}</strong> {r.active && <Badge kind="good">{t("library.version_active")}</Badge>}
          <p className="soft small"><bdi>{r.name}</bdi>, {bytes(r.size)}</p>
          <p className="soft small"><time dateTime={r.created_at}>{time(r.created_at)}</time>{r.created_by_name && <>, <bdi>{r.created_by_name}</bdi></>}</p>
        </li>
      ))}
    </ol>
  );
}

/** UsagePart tells where the asset is used. */
export function UsagePart({ asset }: Of) {
  const where = useQuery(folder(asset.folder));
  const reports = useQuery({
    queryKey: ["asset", asset.id, "usage"], enabled: asset.permissions.includes("asset.history"),
    queryFn: ({ signal }) => get<ListUsageReportsData, ListUsageReportsResponse>("/api/v1/usage-reports", { query: { asset: asset.id, limit: 20 }, signal }),
  });
  if (where.isError) return <Failed problem={where.error} retry={() => void where.refetch()} />;
  if (!where.data) return <Loading />;
  return (
    <div className="stack tight">
      <p>{t("library.lies_in")} <Link to="/" search={{ folder: where.data.id }}><bdi>{where.data.path.map((p, i) => (i === 0 ? t("library.root") : p.name)).join(" / ")}</bdi></Link></p>
      {reports.data && reports.data.items.length > 0 && (
        <div>
          <h3>{t("library.used_for")}</h3>
          <ul className="lines">{reports.data.items.map((r) => <li key={r.id}><bdi>{r.purpose}</bdi><p className="soft small">{[...r.channels.map((c) => t(`library.channel_${c}`)), r.place].filter(Boolean).join(", ")}</p><p className="soft small"><time dateTime={r.at}>{date(r.at)}</time>{(r.actor_name ?? r.name) && <>, <bdi>{r.actor_name ?? r.name}</bdi></>}</p></li>)}</ul>
        </div>
      )}
      {reports.isError && <Failed problem={reports.error} retry={() => void reports.refetch()} />}
    </div>
  );
}

const mayWords = ["asset.view", "asset.download_rendition", "asset.download_original", "asset.edit", "asset.replace", "asset.delete", "asset.share", "asset.publish"] as const;

/** AccessPart tells what one may do with the asset, and, to whoever looks after the folder's rights, who else may. */
export function AccessPart({ asset }: Of) {
  const where = useQuery(folder(asset.folder));
  const rules = !!where.data?.permissions.includes("folder.rights");
  const grants = useQuery({ queryKey: ["folder", asset.folder, "grants"], enabled: rules, queryFn: ({ signal }) => get<GetFolderGrantsData, GetFolderGrantsResponse>("/api/v1/folders/{id}/grants", { path: { id: asset.folder }, signal }) });
  return (
    <div className="stack">
      <div>
        <h3>{t("library.you_may")}</h3>
        <ul className="bullets">{mayWords.filter((p) => asset.permissions.includes(p)).map((p) => <li key={p}>{t(`library.may_${p.slice(6)}` as "library.may_view")}</li>)}</ul>
      </div>
      {grants.data && (
        <div>
          <h3>{t("library.others_may")}</h3>
          {grants.data.effective.length === 0 ? <p className="soft">{t("library.only_rulers")}</p> : (
            <ul className="lines">{grants.data.effective.map((g) => <li key={g.principal}><bdi>{g.name ?? g.principal}</bdi><p className="soft small">{mayWords.filter((p) => g.permissions.includes(p)).map((p) => t(`library.may_${p.slice(6)}` as "library.may_view")).join(", ")}</p></li>)}</ul>
          )}
        </div>
      )}
      {grants.isError && <Failed problem={grants.error} retry={() => void grants.refetch()} />}
    </div>
  );
}

const said = (v: unknown): string => {
  if (v === undefined || v === null) return t("library.nothing");
  if (typeof v === "string") return /^\d{4}-\d\d-\d\dT/.test(v) ? date(v) : v || t("library.nothing");
  if (Array.isArray(v)) return v.map(said).join(", ") || t("library.nothing");
  if (typeof v === "object") {
    const o = v as Record<string, unknown>;
    if (typeof o["decision"] === "string" && has(`terms.alt_${o["decision"]}`)) return t(`terms.alt_${o["decision"]}` as "terms.alt_text") + (o["text"] ? `: ${String(o["text"])}` : "");
    return Object.values(o).map(said).join(", ");
  }
  return String(v);
};

const fieldLabel = (c: FieldChange): string => {
  const name = c.field === "revision" ? t("library.part_versions") : has(`terms.field_${c.field}`) ? t(`terms.field_${c.field}` as "terms.field_title") : c.field;
  return c.lang ? `${name} (${c.lang})` : name;
};

/** HistoryPart lists what was changed, by whom. */
export function HistoryPart({ asset }: Of) {
  const list = useQuery(history(asset.id));
  if (list.isError) return <Failed problem={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Loading />;
  if (!list.data.items.length) return <p className="soft">{t("library.no_history")}</p>;
  return (
    <ol className="lines">
      {list.data.items.map((c, i) => (
        <li key={i}>
          <strong>{fieldLabel(c)}</strong>
          <p className="small"><del><bdi>{said(c.before)}</bdi></del> → <ins><bdi>{said(c.after)}</bdi></ins></p>
          <p className="soft small"><time dateTime={c.changed_at} title={time(c.changed_at)}>{ago(c.changed_at)}</time>{c.source === "person" ? c.changed_by_name && <>, <bdi>{c.changed_by_name}</bdi></> : <>, {t(`terms.source_${c.source}`)}</>}</p>
        </li>
      ))}
    </ol>
  );
}

/** SeenPart tells who has seen or fetched the asset. */
export function SeenPart({ asset }: Of) {
  const list = useQuery(sightings(asset.id));
  if (list.isError) return <Failed problem={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Loading />;
  return (
    <div className="stack tight">
      <p>{t("library.seen_by", { n: list.data.actors, times: list.data.views })}</p>
      <ul className="lines">
        {list.data.items.map((s, i) => (
          <li key={i}><bdi>{s.name ?? t("library.former")}</bdi><p className="soft small">{t(`library.seen_${s.what}`)}, <time dateTime={s.last_at} title={time(s.last_at)}>{ago(s.last_at)}</time>{s.count > 1 && <>, {t("library.times", { n: s.count })}</>}</p></li>
        ))}
      </ul>
    </div>
  );
}
