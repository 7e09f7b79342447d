// SPDX-License-Identifier: Apache-2.0
// What the panel of details shows of one selected asset, or of many.

import { useState, type ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";
import type { Asset, Folder } from "../../api/gen";
import { asset as oneAsset } from "../../api/queries";
import { useSelected } from "../../assetgrid";
import { bytes, date, duration, has, language, number, t } from "../../i18n";
import { Badge, Button, Failed, Loading } from "../../ui";
import { AssetForm } from "./AssetForm";
import { AccessPart, HistoryPart, SeenPart, UsagePart, VersionsPart } from "./DetailParts";
import { one } from "./acts";
import type { Acts } from "./SelectionBar";

/** Content is what is known of what is selected. */
export function Content({ acts, folder }: { acts: Acts; folder: Folder | undefined }) {
  const store = useSelected();
  const id = one(store.selected);
  return id ? <One id={id} key={id} /> : <Many acts={acts} folder={folder} />;
}

/** stateName says in words where an asset stands, when that is worth saying. */
export function stateName(a: Asset): { kind: "info" | "warn" | "bad"; text: string } | undefined {
  if (a.state === "preparing") return { kind: "info", text: t("terms.state_preparing") };
  if (a.state === "failed") return { kind: "warn", text: t("terms.state_failed") };
  if (a.state === "quarantined") return { kind: "bad", text: t("terms.state_quarantined") };
  return undefined;
}

const titleOf = (a: Asset): string => a.fields["title"]?.lang?.[language] || Object.values(a.fields["title"]?.lang ?? {}).find(Boolean) || a.name;

function One({ id }: { id: string }) {
  const found = useQuery(oneAsset(id));
  if (found.isError) return <Failed problem={found.error} retry={() => void found.refetch()} />;
  const a = found.data;
  if (!a) return <Loading lines={6} />;
  const picture = [...a.renditions].sort((x, y) => x.width - y.width).find((r) => r.width >= 480 || r.height >= 480) ?? a.renditions.at(-1);
  const alt = a.alt[language] ?? Object.values(a.alt)[0];
  const state = stateName(a);
  const reason = a.state_code && has(`terms.reason_${a.state_code.replaceAll(".", "_")}`) ? t(`terms.reason_${a.state_code.replaceAll(".", "_")}` as "terms.reason_picture_unknown") : a.state_reason;
  const edits = a.permissions.includes("asset.edit");
  const facts: [string, ReactNode][] = [
    [t("library.fact_name"), <bdi key="n" className="mono">{a.name}</bdi>],
    [t("library.fact_kind"), t(`terms.type_${a.kind}`)],
    [t("library.fact_size"), bytes(a.size)],
    ...(a.width && a.height ? [[t("library.fact_pixels"), t("library.pixels", { width: number(a.width), height: number(a.height) })] as [string, ReactNode]] : []),
    ...(a.duration ? [[t("library.fact_duration"), duration(a.duration)] as [string, ReactNode]] : []),
    ...(a.pages ? [[t("library.fact_pages"), number(a.pages)] as [string, ReactNode]] : []),
    ...(a.captured_on ? [[t("terms.field_captured_on"), date(a.captured_on)] as [string, ReactNode]] : []),
    [t("library.fact_added"), date(a.created_at)],
    ...(a.expires_at ? [[t("terms.field_expires_at"), date(a.expires_at)] as [string, ReactNode]] : []),
    ...(a.embargo_until ? [[t("terms.field_embargo_until"), date(a.embargo_until)] as [string, ReactNode]] : []),
  ];
  return (
    <div className="stack">
      {picture ? <img className="details-picture" src={picture.url} alt={alt?.decision === "text" || alt?.decision === "complex" ? (alt.text ?? "") : t("library.preview_of", { name: titleOf(a) })} width={picture.width} height={picture.height} /> : <div className="details-picture none"><span className="soft">{t(`terms.type_${a.kind}`)}</span></div>}
      <div className="stack tight">
        <h3><bdi>{titleOf(a)}</bdi></h3>
        {state && <p><Badge kind={state.kind}>{state.text}</Badge></p>}
        {reason && a.state !== "ready" && <p className="soft small">{reason}</p>}
        {a.missing?.length ? <p><Badge kind="warn">{t("library.missing", { what: a.missing.map((m) => (has(`terms.field_${m}`) ? t(`terms.field_${m}` as "terms.field_title") : m)).join(", ") })}</Badge></p> : null}
        <Link to={"/assets/$id" as "/"} params={{ id: a.id } as never} className="button"><ExternalLink size={16} aria-hidden />{t("library.open_page")}</Link>
      </div>
      <dl className="facts">{facts.map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{v}</dd></div>)}</dl>
      <Part title={t("library.part_fields")} open>{() => (edits ? <AssetForm asset={a} /> : <Words asset={a} />)}</Part>
      <Part title={t("library.part_versions")}>{() => <VersionsPart asset={a} />}</Part>
      <Part title={t("library.part_usage")}>{() => <UsagePart asset={a} />}</Part>
      <Part title={t("library.part_access")}>{() => <AccessPart asset={a} />}</Part>
      {a.permissions.includes("asset.history") && <Part title={t("library.part_history")}>{() => <HistoryPart asset={a} />}</Part>}
      <Part title={t("library.part_seen")}>{() => <SeenPart asset={a} />}</Part>
    </div>
  );
}

const opened = new Set<string>();
/** Part is a part of the panel that is fetched when it is opened; which are open is remembered while one goes from asset to asset. */
function Part({ title, open, children }: { title: string; open?: boolean; children(): ReactNode }) {
  const [shown, setShown] = useState(open ? !opened.has("-" + title) : opened.has(title));
  return (
    <details className="part" open={shown} onToggle={(e) => {
      const on = e.currentTarget.open;
      setShown(on);
      const key = open ? "-" + title : title;
      if (on === !open) opened.add(key);
      else opened.delete(key);
    }}>
      <summary><span>{title}</span></summary>
      {shown && <div className="part-body">{children()}</div>}
    </details>
  );
}

function Words({ asset: a }: { asset: Asset }) {
  const rows = Object.entries(a.fields).map(([name, f]) => [has(`terms.field_${name}`) ? t(`terms.field_${name}` as "terms.field_title") : name, f.lang?.[language] || Object.values(f.lang ?? {}).find(Boolean) || f.values?.join(", ") || f.value || ""] as const).filter(([, v]) => v);
  if (!rows.length) return <p className="soft">{t("library.no_fields")}</p>;
  return <dl className="facts">{rows.map(([k, v]) => <div key={k}><dt>{k}</dt><dd><bdi>{v}</bdi></dd></div>)}</dl>;
}

function Many({ acts, folder }: { acts: Acts; folder: Folder | undefined }) {
  const { assets, count } = acts.chosen;
  const kinds = new Map<string, number>();
  for (const a of assets) kinds.set(a.kind, (kinds.get(a.kind) ?? 0) + 1);
  return (
    <div className="stack">
      <h3>{count.exact ? t("library.selected", { n: count.n }) : t("library.selected_at_least", { n: count.n })}</h3>
      {folder && <p className="soft"><bdi>{folder.name}</bdi></p>}
      {assets.length > 0 && (
        <dl className="facts">
          {[...kinds].map(([k, n]) => <div key={k}><dt>{t(`terms.kind_${k}` as "terms.kind_image")}</dt><dd>{number(n)}</dd></div>)}
          <div><dt>{t("library.fact_size")}</dt><dd>{bytes(assets.reduce((sum, a) => sum + a.size, 0))}</dd></div>
        </dl>
      )}
      {assets.length < count.n && <p className="soft small">{t("library.of_seen", { n: assets.length })}</p>}
      <ul className="stack tight" aria-label={t("library.more_acts")}>
        {acts.list.map((a) => {
          const Icon = a.icon;
          return <li key={a.id}><Button className="full" onPress={() => acts.run(a.id)}><Icon size={16} aria-hidden />{t(a.label)}</Button></li>;
        })}
      </ul>
    </div>
  );
}
