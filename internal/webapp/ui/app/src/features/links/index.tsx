// SPDX-License-Identifier: Apache-2.0
// One's share links, and everybody's for whoever looks after security: how they are used, what came back, and closing them.

import { useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Copy, Ellipsis } from "lucide-react";
import { del, post } from "../../api/client";
import type { DeleteLinkData, Link, RestoreLinkData, RevokeLinkData, RevokeLinksData } from "../../api/gen";
import { may, session } from "../../api/queries";
import { date, number, t } from "../../i18n";
import { Badge, Button, Confirm, Empty, Failed, IconButton, Loading, Menu, Page, Pager, problemText, Select, Table, toast, type Column, type MenuEntry } from "../../ui";
import { links, linksChanged, type LinkFilter } from "./queries";
import { copied } from "./Made";
import { ShareDialog } from "./ShareDialog";
import { Returned } from "./Returned";
import "./links.css";

type Asked = { what: "edit" | "returned" | "revoke"; link: Link };
const kinds = { open: "good", expired: "warn", revoked: "bad", deleted: "info" } as const;

/** LinksScreen lists share links. */
export function LinksScreen() {
  const search = useSearch({ strict: false }) as { of?: string; state?: string };
  const navigate = useNavigate();
  const who = useQuery(session);
  const chief = may(who.data, "security.manage");
  const of = chief && search.of === "all" ? "all" : "mine";
  const state = search.state as LinkFilter["state"];
  const [trail, setTrail] = useState<string[]>([]);
  const cursor = trail.at(-1);
  const list = useQuery(links({ of, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) }));
  const [asked, setAsked] = useState<Asked>();
  const [closing, setClosing] = useState(false);
  const top = useRef<HTMLDivElement>(null);
  const see = (change: Record<string, string | undefined>) => {
    setTrail([]);
    void navigate({ to: ".", search: ((s: object) => ({ ...s, ...change })) as never });
  };
  const done = async (text: string, work: () => Promise<unknown>, undo?: () => Promise<unknown>) => {
    try {
      await work();
      await linksChanged();
      toast(text, undo ? { action: { label: t("ui.undo"), run: () => void undo().then(linksChanged) } } : {});
      top.current?.focus();
    } catch (e) {
      toast(problemText(e).text, { kind: "bad" });
    }
  };
  const act = actsOf(setAsked, done);
  const empty = list.data && !list.data.items.length;
  return (
    <Page title={t("links.links")} lead={t("links.lead")} actions={list.data?.items.some((l) => l.state === "open") && <Button onPress={() => setClosing(true)}>{of === "all" ? t("links.revoke_everybodys") : t("links.revoke_mine")}</Button>}>
      <div className="row" ref={top} tabIndex={-1}>
        {chief && <Select label={t("links.whose")} selectedKey={of} onSelectionChange={(k) => see({ of: k === "all" ? "all" : undefined })} choices={[{ id: "mine", label: t("links.mine") }, { id: "all", label: t("links.everybodys") }]} />}
        <Select label={t("links.show")} selectedKey={state ?? "any"} onSelectionChange={(k) => see({ state: k === "any" ? undefined : String(k) })} choices={(["any", "open", "expired", "revoked", "deleted"] as const).map((id) => ({ id, label: t(`links.show_${id}`) }))} />
      </div>
      {list.isError ? <Failed problem={list.error} retry={() => void list.refetch()} /> : !list.data ? <Loading /> : empty ? <Empty title={t("links.none")}><p>{t("links.none_text")}</p></Empty> : (
        <Table caption={t("links.links")} hideCaption rows={list.data.items} rowKey={(l) => l.id} columns={columns(of === "all", act)} />
      )}
      <Pager page={trail.length + 1} back={trail.length ? () => setTrail(trail.slice(0, -1)) : undefined} forth={list.data?.next ? () => setTrail([...trail, list.data!.next!]) : undefined} />
      {asked?.what === "edit" && <ShareDialog link={asked.link} onClose={() => setAsked(undefined)} />}
      {asked?.what === "returned" && <Returned link={asked.link} onClose={() => setAsked(undefined)} />}
      {asked?.what === "revoke" && (
        <Confirm open danger title={t("links.revoke_one", { title: asked.link.title })} action={t("links.revoke")} onClose={() => setAsked(undefined)} onConfirm={() => post<RevokeLinkData>("/api/v1/links/{id}/revocation", { path: { id: asked.link.id } }).then(linksChanged)}><p>{t("links.revoke_text")}</p></Confirm>
      )}
      <Confirm open={closing} danger title={of === "all" ? t("links.revoke_everybodys") : t("links.revoke_mine")} action={t("links.revoke")} onClose={() => setClosing(false)} onConfirm={() => post<RevokeLinksData>("/api/v1/links/revocations", { body: { of } }).then(linksChanged)}><p>{of === "all" ? t("links.revoke_all_text") : t("links.revoke_mine_text")}</p></Confirm>
    </Page>
  );
}

type Done = (text: string, work: () => Promise<unknown>, undo?: () => Promise<unknown>) => Promise<void>;

const copy = (l: Link) => void copied(l.url!).then((ok) => toast(ok ? t("links.copied") : l.url!));

function actsOf(ask: (a: Asked) => void, done: Done) {
  const restore = (l: Link) => post<RestoreLinkData>("/api/v1/links/{id}/restoration", { path: { id: l.id } });
  return (l: Link): MenuEntry[] => [
    ...(l.url && l.state === "open" ? [
      { id: "copy", label: t("links.copy"), onAction: () => copy(l) },
      { id: "open", label: t("links.preview"), onAction: () => void window.open(l.url, "_blank", "noreferrer") },
    ] : []),
    ...(l.own && (l.state === "open" || l.state === "expired") ? [{ id: "edit", label: t("links.edit"), onAction: () => ask({ what: "edit", link: l }) }] : []),
    { id: "returned", label: t("links.returned"), onAction: () => ask({ what: "returned", link: l }) },
    ...(l.state === "open" || l.state === "expired" ? [{ id: "revoke", label: t("links.revoke"), danger: true, onAction: () => ask({ what: "revoke", link: l }) }] : []),
    ...(l.own && l.state !== "deleted" ? [{ id: "delete", label: t("links.delete"), danger: true, onAction: () => void done(t("links.deleted", { title: l.title }), () => del<DeleteLinkData>("/api/v1/links/{id}", { path: { id: l.id } }), () => restore(l)) }] : []),
    ...(l.own && l.state === "deleted" ? [{ id: "restore", label: t("links.restore"), onAction: () => void done(t("links.restored", { title: l.title }), () => restore(l)) }] : []),
  ];
}

function columns(everybody: boolean, act: (l: Link) => MenuEntry[]): Column<Link>[] {
  return [
    { id: "title", label: t("links.title_field"), header: true, cell: (l) => <><span className="link-title">{l.title}</span> <span className="soft small">{t(`links.mode_${l.mode}`)}, {t(`links.of_${l.target.kind}`)}</span></> },
    ...(everybody ? [{ id: "owner", label: t("links.owner"), cell: (l: Link) => l.owner_name ?? "–" }] : []),
    { id: "state", label: t("links.state"), cell: (l) => <Badge kind={kinds[l.state]}>{t(`links.state_${l.state}`)}</Badge> },
    { id: "until", label: t("links.until"), cell: (l) => <time dateTime={l.expires_at}>{date(l.expires_at)}</time> },
    { id: "views", label: t("links.views"), number: true, cell: (l) => number(l.views) },
    { id: "downloads", label: t("links.downloads"), number: true, cell: (l) => (l.max_downloads ? t("links.of_most", { n: l.downloads, most: l.max_downloads }) : number(l.downloads)) },
    { id: "back", label: t("links.came_back"), number: true, cell: (l) => number(l.answers + l.choices) },
    { id: "acts", label: t("links.acts"), cell: (l) => <div className="link-acts">{l.url && l.state === "open" && <IconButton label={t("links.copy_of", { title: l.title })} onPress={() => copy(l)}><Copy size={18} aria-hidden /></IconButton>}<Menu label={t("links.acts_of", { title: l.title })} button={<IconButton label={t("links.acts_of", { title: l.title })}><Ellipsis size={18} aria-hidden /></IconButton>} entries={act(l)} /></div> },
  ];
}
