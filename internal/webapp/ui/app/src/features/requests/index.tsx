// SPDX-License-Identifier: Apache-2.0
// Upload requests: links by which people outside send files.

import { useState } from "react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { del, post } from "../../api/client";
import type { RenewUploadRequestLinkData, RenewUploadRequestLinkResponse, RestoreUploadRequestData, RevokeUploadRequestData, UploadRequest } from "../../api/gen";
import { t, time } from "../../i18n";
import { Badge, Button, Confirm, Empty, Failed, Loading, Page, Select, toast } from "../../ui";
import { Address } from "./Address";
import { RequestForm } from "./Form";
import { changed, requests } from "./queries";
import "./requests.css";

/** RequestsScreen lists upload requests, and makes, changes and ends them. */
export function RequestsScreen() {
  const ended = useSearch({ strict: false })["ended"] === "yes";
  const go = useNavigate();
  const list = useInfiniteQuery(requests(ended));
  const [form, setForm] = useState<UploadRequest | "new">();
  const [address, setAddress] = useState<{ title: string; url: string }>();
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const make = <Button kind="main" onPress={() => setForm("new")}><Plus size={16} aria-hidden /> {t("requests.new")}</Button>;
  return (
    <Page title={t("requests.title")} lead={t("requests.lead")} actions={make}>
      <Select compact label={t("requests.show")} selectedKey={ended ? "yes" : "no"} choices={[{ id: "no", label: t("requests.active") }, { id: "yes", label: t("requests.ended") }]} onSelectionChange={(k) => void go({ to: ".", search: ((s: Record<string, string | undefined>) => ({ ...s, ended: k === "yes" ? "yes" : undefined })) as never })} />
      {list.isError ? <Failed problem={list.error} retry={() => void list.refetch()} /> : list.isPending ? <Loading /> : !rows.length ? (
        <Empty title={ended ? t("requests.none_ended") : t("requests.none")}><p>{t("requests.none_text")}</p></Empty>
      ) : (
        <ul className="stack plain-list">{rows.map((r) => <li key={r.id} className="card"><One request={r} onEdit={() => setForm(r)} onAddress={setAddress} /></li>)}</ul>
      )}
      {list.hasNextPage && <Button onPress={() => void list.fetchNextPage()} isPending={list.isFetchingNextPage}>{t("ui.more")}</Button>}
      {form && <RequestForm request={form === "new" ? undefined : form} onClose={() => setForm(undefined)} onMade={setAddress} />}
      {address && <Address {...address} onClose={() => setAddress(undefined)} />}
    </Page>
  );
}

type Acts = { request: UploadRequest; onEdit(): void; onAddress(a: { title: string; url: string }): void };

function One({ request: r, onEdit, onAddress }: Acts) {
  const [asking, setAsking] = useState<"revoke" | "renew">();
  const restore = async () => {
    await post<RestoreUploadRequestData>("/api/v1/upload-requests/{id}/restoration", { path: { id: r.id } });
    await changed();
    toast(t("requests.restored"));
  };
  const revoke = async () => {
    await del<RevokeUploadRequestData>("/api/v1/upload-requests/{id}", { path: { id: r.id } });
    await changed();
    toast(t("requests.revoked"), { action: { label: t("ui.undo"), run: () => void restore().catch(() => toast(t("ui.failed"), { kind: "bad" })) } });
  };
  const renew = async () => {
    const made = await post<RenewUploadRequestLinkData, RenewUploadRequestLinkResponse>("/api/v1/upload-requests/{id}/link", { path: { id: r.id } });
    await changed();
    onAddress({ title: made.request.title, url: made.url });
  };
  return (
    <article className="stack tight" aria-labelledby={r.id}>
      <header className="spread">
        <h2 id={r.id}><bdi>{r.title}</bdi></h2>
        {r.revoked_at ? <Badge kind="warn">{t("requests.state_revoked")}</Badge> : r.ended ? <Badge kind="warn">{t("requests.state_expired")}</Badge> : <Badge kind="good">{t("requests.state_open")}</Badge>}
      </header>
      <p className="soft">{t("requests.into")} <bdi>{r.folder_name ?? ""}</bdi> · {t("requests.until", { at: time(r.expires_at) })}{r.protected && <> · {t("requests.has_password")}</>}</p>
      <p>{t("requests.counts", { deliveries: r.deliveries, waiting: r.waiting, accepted: r.accepted, rejected: r.rejected })}</p>
      <div className="row">
        {r.waiting > 0 && <Link className="button main" to={"/inbox" as string} search={{ request: r.id } as never}>{t("requests.look")}</Link>}
        {!r.ended && <Button onPress={onEdit}>{t("requests.edit")}</Button>}
        {!r.ended && <Button onPress={() => setAsking("renew")}>{t("requests.renew")}</Button>}
        {!r.ended && <Button kind="quiet" onPress={() => setAsking("revoke")}>{t("requests.revoke")}</Button>}
        {r.revoked_at && <Button onPress={() => void restore().catch(() => toast(t("ui.failed"), { kind: "bad" }))}>{t("requests.restore")}</Button>}
      </div>
      <Confirm title={t("requests.revoke_title")} danger action={t("requests.revoke")} open={asking === "revoke"} onClose={() => setAsking(undefined)} onConfirm={revoke}><p>{t("requests.revoke_text")}</p></Confirm>
      <Confirm title={t("requests.renew")} action={t("requests.renew")} open={asking === "renew"} onClose={() => setAsking(undefined)} onConfirm={renew}><p>{t("requests.renew_text")}</p></Confirm>
    </article>
  );
}
