// SPDX-License-Identifier: Apache-2.0
// What came in from outside and waits: looked at, accepted or rejected, one by one or a delivery at a time.

import { useRef, useState } from "react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Check, X } from "lucide-react";
import { post } from "../../api/client";
import type { AcceptDeliveryData, AcceptDeliveryResponse, AcceptSentData, Asset, Delivery, FieldDefinition, ModerationItem, RejectDeliveryData, RejectDeliveryResponse, RejectSentData } from "../../api/gen";
import { bytes, language, t, time } from "../../i18n";
import { announce, Badge, Button, Dialog, Empty, ErrorNote, Failed, Loading, Page, problemText, TextField, toast } from "../../ui";
import { changed, definitions, inbox, nameOf } from "./queries";
import "./requests.css";

type Group = { key: string; delivery: Delivery | undefined; items: ModerationItem[] };

/** groups puts what came in one delivery together. */
function groups(items: ModerationItem[]): Group[] {
  const by = new Map<string, Group>();
  for (const i of items) {
    const key = i.delivery?.id ?? "";
    const g = by.get(key) ?? { key, delivery: i.delivery, items: [] };
    g.items.push(i);
    by.set(key, g);
  }
  return [...by.values()];
}

type What = { asset: Asset } | { delivery: Delivery };

/** InboxScreen is where what came in from outside is decided about. */
export function InboxScreen() {
  const list = useInfiniteQuery(inbox(useSearch({ strict: false })["request"]));
  const fields = useQuery(definitions);
  const [rejecting, setRejecting] = useState<What>();
  const top = useRef<HTMLDivElement>(null);
  const all = list.data?.pages.flatMap((p) => p.items) ?? [];

  /** after something was decided, the focus goes to what is next. */
  const next = (gone: (i: ModerationItem) => boolean) => {
    const at = all.findIndex(gone);
    const rest = all.filter((i) => !gone(i));
    const to = rest[Math.min(Math.max(at, 0), rest.length - 1)];
    void changed().then(() => setTimeout(() => (to ? document.getElementById("sent-" + to.asset.id) : top.current)?.focus()));
  };
  const accept = async (what: What) => {
    try {
      if ("asset" in what) {
        await post<AcceptSentData>("/api/v1/moderation/{id}/acceptance", { path: { id: what.asset.id } });
        announce(t("requests.accepted_one"));
        next((i) => i.asset.id === what.asset.id);
      } else {
        const o = await post<AcceptDeliveryData, AcceptDeliveryResponse>("/api/v1/deliveries/{id}/acceptance", { path: { id: what.delivery.id } });
        toast(t("requests.judged", { done: o.done, left: o.left }));
        next((i) => i.delivery?.id === what.delivery.id);
      }
    } catch (e) {
      toast(problemText(e).text, { kind: "bad" });
    }
  };
  return (
    <Page title={t("requests.inbox")} lead={t("requests.inbox_lead")}>
      <div ref={top} tabIndex={-1} className="stack">
        {list.isError ? <Failed problem={list.error} retry={() => void list.refetch()} /> : list.isPending ? <Loading /> : !all.length ? <Empty title={t("requests.inbox_none")}><p>{t("requests.inbox_none_text")}</p></Empty> : groups(all).map((g) => (
          <article key={g.key} className="card stack" aria-labelledby={"of-" + g.key}>
            <From group={g} onAccept={() => g.delivery && void accept({ delivery: g.delivery })} onReject={() => g.delivery && setRejecting({ delivery: g.delivery })} />
            <ul className="stack plain-list">{g.items.map((i) => <Sent key={i.asset.id} asset={i.asset} fields={fields.data?.items ?? []} onAccept={() => void accept({ asset: i.asset })} onReject={() => setRejecting({ asset: i.asset })} />)}</ul>
          </article>
        ))}
        {list.hasNextPage && <Button onPress={() => void list.fetchNextPage()} isPending={list.isFetchingNextPage}>{t("ui.more")}</Button>}
      </div>
      {rejecting && <Reject what={rejecting} onClose={() => setRejecting(undefined)} onDone={next} />}
    </Page>
  );
}

function From({ group: { key, delivery: d, items }, onAccept, onReject }: { group: Group; onAccept(): void; onReject(): void }) {
  if (!d) return <h2 id={"of-" + key}>{t("requests.from_nobody")}</h2>;
  return (
    <header className="stack tight">
      <div className="spread"><h2 id={"of-" + key}><bdi>{d.title}</bdi></h2>{d.state === "open" && <Badge>{t("requests.still_sending")}</Badge>}</div>
      <p className="soft">{d.sender_name ? <><bdi>{d.sender_name}</bdi>{d.sender_email && <> · <a href={"mailto:" + d.sender_email}><bdi>{d.sender_email}</bdi></a></>} · </> : d.purged_at ? <>{t("requests.sender_forgotten")} · </> : null}<time dateTime={d.created_at}>{time(d.created_at)}</time>{d.terms && <> · {t("requests.terms_accepted")}</>}</p>
      {d.message && <p className="said"><bdi>{d.message}</bdi></p>}
      {items.length > 1 && <div className="row"><Button onPress={onAccept}><Check size={16} aria-hidden /> {t("requests.accept_all", { n: items.length })}</Button><Button kind="quiet" onPress={onReject}><X size={16} aria-hidden /> {t("requests.reject_all", { n: items.length })}</Button></div>}
    </header>
  );
}

const textOf = (f: Asset["fields"][string]): string => f.value ?? f.values?.join(", ") ?? f.lang?.[language] ?? Object.values(f.lang ?? {})[0] ?? "";

function Sent({ asset: a, fields, onAccept, onReject }: { asset: Asset; fields: FieldDefinition[]; onAccept(): void; onReject(): void }) {
  const picture = a.renditions.filter((r) => r.media_type.startsWith("image/")).sort((x, y) => (x.width ?? 0) - (y.width ?? 0)).find((r) => (r.width ?? 0) >= 240) ?? a.renditions.find((r) => r.media_type.startsWith("image/"));
  return (
    <li className="sent" id={"sent-" + a.id} tabIndex={-1} aria-labelledby={"name-" + a.id}>
      <div className="sent-picture">{picture ? <img src={picture.url} alt="" loading="lazy" width={picture.width} height={picture.height} /> : <span className="soft">{t(`terms.kind_${a.kind}` as "terms.kind_image")}</span>}</div>
      <div className="stack tight">
        <h3 id={"name-" + a.id}><bdi>{a.name}</bdi></h3>
        <p className="soft small">{bytes(a.size)}{a.width && a.height ? ` · ${a.width} × ${a.height}` : ""}</p>
        {a.state !== "ready" && <p><Badge kind={a.state === "preparing" ? "info" : "warn"}>{t(`terms.state_${a.state}` as "terms.state_ready")}</Badge> {a.state_reason}</p>}
        <dl className="sent-fields">{Object.entries(a.fields).map(([n, f]) => <div key={n}><dt>{nameOf(n, fields)}{f.source === "person" && <span className="soft"> {t("requests.by_sender")}</span>}</dt><dd><bdi>{textOf(f)}</bdi></dd></div>)}</dl>
        <div className="row">
          <Button kind="main" isDisabled={a.state === "quarantined"} onPress={onAccept} aria-describedby={"name-" + a.id}><Check size={16} aria-hidden /> {t("requests.accept")}</Button>
          <Button onPress={onReject} aria-describedby={"name-" + a.id}><X size={16} aria-hidden /> {t("requests.reject")}</Button>
        </div>
      </div>
    </li>
  );
}

function Reject({ what, onClose, onDone }: { what: What; onClose(): void; onDone(gone: (i: ModerationItem) => boolean): void }) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const go = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      if ("asset" in what) {
        await post<RejectSentData>("/api/v1/moderation/{id}/rejection", { path: { id: what.asset.id }, body: { reason } });
        announce(t("requests.rejected_one"));
        onClose();
        onDone((i) => i.asset.id === what.asset.id);
      } else {
        const o = await post<RejectDeliveryData, RejectDeliveryResponse>("/api/v1/deliveries/{id}/rejection", { path: { id: what.delivery.id }, body: { reason } });
        toast(t("requests.judged_rejected", { done: o.done, left: o.left }));
        onClose();
        onDone((i) => i.delivery?.id === what.delivery.id);
      }
    } catch (e) {
      setProblem(e);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={"asset" in what ? t("requests.reject_title", { name: what.asset.name }) : t("requests.reject_all_title")} open onClose={onClose} keep size="small" footer={<><Button onPress={onClose}>{t("ui.cancel")}</Button><Button kind="danger" isPending={busy} isDisabled={!reason.trim()} onPress={() => void go()}>{t("requests.reject")}</Button></>}>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <TextField label={t("requests.reason")} help={t("requests.reason_help")} rows={3} isRequired value={reason} onChange={setReason} autoFocus maxLength={1000} />
    </Dialog>
  );
}
