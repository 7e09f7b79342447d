// SPDX-License-Identifier: Apache-2.0
// One asset: what it looks like, what is known of it, and all that can be done with it.

import { Suspense, useEffect } from "react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeft, ChevronLeft, ChevronRight } from "lucide-react";
import { asset as assetQuery, queries } from "../../api/queries";
import type { Asset } from "../../api/gen";
import { bytes, duration, t, time } from "../../i18n";
import { announce, Badge, Button, Failed, IconButton, Loading, Note, Page, Tabs } from "../../ui";
import { AccessPart } from "./Access";
import { AltEditor } from "./AltEditor";
import { ApprovalBadge, ApprovalPart } from "./Approval";
import { CommentsPart } from "./Comments";
import { DownloadsPart } from "./Downloads";
import { AssetFieldsForm } from "./FieldsForm";
import { FramingEditor } from "./FramingEditor";
import { HistoryPart, SeenPart } from "./History";
import { Preview } from "./Preview";
import { around, fields } from "./queries";
import { RelationsPart } from "./Relations";
import { RevisionsPart } from "./Revisions";
import { lazyPart } from "../../shell/lazyPart";
import { can, labelOf, said, titleOf } from "./text";
import "./asset.css";

export { AssetFieldsForm } from "./FieldsForm";
export { AltEditor } from "./AltEditor";
export { ApprovalBadge, ApprovalPart } from "./Approval";
export { CommentsPart } from "./Comments";
export { AccessPart } from "./Access";
export { RevisionsPart } from "./Revisions";
export { titleOf, altOf } from "./text";

/** AssetScreen stands at /assets/$id. ?part names the open part; ?window and ?at the place in a frozen list it was opened from. */
export function AssetScreen() {
  const { id } = useParams({ strict: false }) as { id: string };
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const go = useNavigate();
  const q = useQuery({ ...assetQuery(id), refetchInterval: (x) => (x.state.data?.state === "preparing" ? 2000 : false) });
  useEffect(() => { if (q.data) announce(titleOf(q.data)); }, [q.data?.id]); // eslint-disable-line react-hooks/exhaustive-deps -- when another one is shown
  if (q.isPending) return <Page title={t("asset.page")}><Loading lines={8} /></Page>;
  if (q.error) return <Page title={t("asset.page")}><Failed problem={q.error} retry={() => void q.refetch()} /></Page>;
  const a = q.data;
  const parts = partsOf(a);
  const part = parts.some((p) => p.id === search["part"]) ? search["part"]! : "fields";
  return (
    <Page wide title={titleOf(a)} actions={<Neighbours anchor={search["window"]} at={search["at"]} />}>
      <p className="row asset-facts">
        <Badge>{said(`terms.type_${a.kind}`, a.kind)}</Badge>
        {a.state !== "ready" && <Badge kind={a.state === "preparing" ? "info" : "bad"}>{said(`terms.state_${a.state}`, a.state)}</Badge>}
        <ApprovalBadge state={a.approval} />
        <span className="soft">{a.name} · {bytes(a.size)}{a.width ? ` · ${a.width} × ${a.height}` : ""}{a.duration ? ` · ${duration(a.duration)}` : ""} · {t("asset.uploaded", { at: time(a.created_at) })}</span>
      </p>
      {a.deleted_at && <Note kind="warn">{t("asset.in_bin")}</Note>}
      {a.state_code && a.state !== "ready" && <Note kind={a.state === "preparing" ? "info" : "bad"}>{said(`terms.reason_${a.state_code.replaceAll(".", "_")}`, a.state_reason ?? "")}</Note>}
      {!!a.missing?.length && <Missing names={a.missing} />}
      <div className="asset-page">
        <section className="asset-preview" aria-label={t("asset.preview")}><Preview a={a} /></section>
        <div className="asset-parts"><Tabs label={t("asset.parts")} tabs={parts} selected={part} onSelect={(p) => void go({ to: ".", search: ((s: Record<string, string>) => ({ ...s, part: p === "fields" ? undefined : p })) as never, replace: true })} /></div>
      </div>
    </Page>
  );
}

const UsagePart = lazyPart<{ asset: Asset }>(["usage", "terms"], () => import("../usage"), "UsagePart");

/** Missing says what the asset's folder requires and nobody has said. */
function Missing({ names }: { names: string[] }) {
  const all = useQuery(fields);
  const named = (name: string) => {
    const d = all.data?.items.find((x) => x.name === name);
    return d ? labelOf(d) : said(`terms.field_${name}`, name);
  };
  return <Note kind="warn">{t("asset.missing", { fields: names.map(named).join(", ") })}</Note>;
}

function partsOf(a: Asset) {
  const wide = can(a, "asset.history") || can(a, "folder.rights");
  return [
    { id: "fields", label: t("asset.fields"), content: <AssetFieldsForm key={a.id} asset={a} /> },
    ...(a.kind === "image" || a.kind === "video" ? [{ id: "alt", label: t("asset.alt"), content: <AltEditor key={a.id} asset={a} /> }] : []),
    ...(a.kind === "image" && a.state === "ready" ? [{ id: "framing", label: t("asset.framing"), content: <FramingEditor key={a.id} asset={a} /> }] : []),
    { id: "comments", label: t("asset.comments"), content: <CommentsPart key={a.id} asset={a} /> },
    { id: "approval", label: t("asset.approval"), content: <ApprovalPart key={a.id} asset={a} /> },
    { id: "revisions", label: t("asset.revisions"), content: <RevisionsPart key={a.id} asset={a} /> },
    { id: "relations", label: t("asset.relations"), content: <RelationsPart key={a.id} asset={a} /> },
    ...(wide ? [{ id: "access", label: t("asset.access"), content: <AccessPart key={a.id} asset={a} /> }] : []),
    ...(can(a, "asset.history") ? [{ id: "history", label: t("asset.history"), content: <HistoryPart key={a.id} asset={a} /> }] : []),
    ...(can(a, "asset.history") ? [{ id: "usage", label: t("asset.usage"), content: <Suspense fallback={<Loading />}><UsagePart key={a.id} asset={a} /></Suspense> }] : []),
    { id: "seen", label: t("asset.seen_by"), content: <SeenPart key={a.id} asset={a} /> },
    ...(a.deleted_at ? [] : [{ id: "downloads", label: t("asset.downloads"), content: <DownloadsPart key={a.id} asset={a} /> }]),
  ];
}

/** Neighbours goes back to the list, and to the assets beside this one in it. */
function Neighbours({ anchor, at }: { anchor: string | undefined; at: string | undefined }) {
  const go = useNavigate();
  const place = Number(at);
  const known = !!anchor && Number.isInteger(place) && place >= 0;
  const q = useQuery({ ...around(anchor ?? "", place), enabled: known });
  const beside = (n: number) => q.data?.items.find((i) => i.place === n)?.asset;
  const to = (n: number) => {
    const next = beside(n);
    if (!next) return;
    queries.setQueryData(["asset", next.id], next);
    void go({ to: "/assets/$id" as string, params: { id: next.id } as never, search: ((s: Record<string, string>) => ({ ...s, at: String(n) })) as never, replace: true });
  };
  return (
    <>
      <Button kind="quiet" onPress={() => (history.length > 1 ? history.back() : void go({ to: "/" }))}><ArrowLeft size={16} aria-hidden />{t("asset.back")}</Button>
      {known && (
        <div className="row" role="group" aria-label={t("asset.neighbours")}>
          <IconButton label={t("asset.previous")} isDisabled={!beside(place - 1)} onPress={() => to(place - 1)}><ChevronLeft size={18} aria-hidden /></IconButton>
          <span className="soft">{q.data ? t("asset.place", { n: place + 1, total: q.data.total }) : ""}</span>
          <IconButton label={t("asset.next")} isDisabled={!beside(place + 1)} onPress={() => to(place + 1)}><ChevronRight size={18} aria-hidden /></IconButton>
        </div>
      )}
    </>
  );
}
