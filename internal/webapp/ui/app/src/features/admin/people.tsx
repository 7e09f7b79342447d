// SPDX-License-Identifier: Apache-2.0
// People: found, invited, signed out, deactivated; and what each of them may do.

import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { del, get, patch, post, put } from "../../api/client";
import type { Account, CreateSignInLinkData, DeactivateAccountData, EndAccountSessionsData, EndSessionData, GetAccountData, GetAccountRightsData, GetAccountRightsResponse, Invitation, ListAccountSessionsData, ListAccountSessionsResponse, ListAccountsData, ListAccountsResponse, ReactivateAccountData, UpdateAccountData } from "../../api/gen";
import { ago, t, time } from "../../i18n";
import { Badge, Button, Checkbox, Confirm, Dialog, Empty, Note, SearchField, Select, Table, TextField } from "../../ui";
import { noticePreferences } from "../notices/queries";
import { Invite, mailOf } from "./invite";
import { FormDialog, Listed, Permissions, roleName, Secret, stateName, usePages } from "./kit";

/** People lists everybody, or shows one. */
export function People({ id }: { id?: string | undefined }) {
  return id ? <Person id={id} /> : <Everybody />;
}

const kinds = { invited: "info", active: "good", deactivated: "warn" } as const;
const State = ({ state }: { state: Account["state"] }) => <Badge kind={kinds[state]}>{stateName("account", state)}</Badge>;

function Everybody() {
  const search = useSearch({ strict: false }) as { q?: string; state?: string };
  const go = useNavigate();
  const [text, setText] = useState(search.q ?? "");
  const [inviting, setInviting] = useState(false);
  const look = (change: Record<string, string | undefined>) => void go({ to: ".", search: (s: Record<string, unknown>) => ({ ...s, ...change }) as never });
  const pages = usePages<ListAccountsResponse>(["accounts", search.q ?? "", search.state ?? ""], (cursor, signal) =>
    get<ListAccountsData, ListAccountsResponse>("/api/v1/accounts", { query: { q: search.q, state: search.state as Account["state"], cursor }, signal }));
  return (
    <>
      <div className="admin-bar">
        <div className="admin-grow"><SearchField label={t("admin.find_people")} value={text} onChange={setText} onSubmit={(q) => look({ q })} onClear={() => look({ q: undefined })} /></div>
        <Select label={t("admin.state")} selectedKey={search.state ?? "all"} onSelectionChange={(k) => look({ state: k === "all" ? undefined : String(k) })} choices={[{ id: "all", label: t("admin.all") }, ...(["active", "invited", "deactivated"] as const).map((s) => ({ id: s, label: stateName("account", s) }))]} />
        <Button kind="main" onPress={() => setInviting(true)}>{t("admin.invite")}</Button>
      </div>
      <Listed q={pages.q} pages={pages}>{(data) => data.items.length === 0 ? <Empty title={t("admin.nobody_found")}><p>{t("admin.nobody_found_text")}</p></Empty> : (
        <Table caption={t("admin.people")} hideCaption rows={data.items} rowKey={(a) => a.id} columns={[
          { id: "name", label: t("admin.name"), header: true, cell: (a) => <Link to={`/admin/people/${a.id}` as string}>{a.name}</Link> },
          { id: "email", label: t("admin.email"), cell: (a) => a.email },
          { id: "state", label: t("admin.state"), cell: (a) => <State state={a.state} /> },
          { id: "seen", label: t("admin.last_seen"), cell: (a) => a.seen_at ? ago(a.seen_at) : a.signed_in_at ? ago(a.signed_in_at) : t("admin.never") },
        ]} />
      )}</Listed>
      <Invite open={inviting} onClose={() => setInviting(false)} />
    </>
  );
}

function Person({ id }: { id: string }) {
  const cache = useQueryClient();
  const [doing, setDoing] = useState<"edit" | "link" | "off" | "on" | undefined>();
  const [made, setMade] = useState<Invitation>();
  const [send, setSend] = useState(true);
  const mails = !!useQuery(noticePreferences).data?.mail;
  const q = useQuery({ queryKey: ["account", id], queryFn: ({ signal }) => get<GetAccountData, Account>("/api/v1/accounts/{id}", { path: { id }, signal }) });
  const changed = () => Promise.all([cache.invalidateQueries({ queryKey: ["account", id] }), cache.invalidateQueries({ queryKey: ["accounts"] }), cache.invalidateQueries({ queryKey: ["account-sessions", id] })]);
  const close = () => setDoing(undefined);
  const path = { path: { id } };
  return (
    <Listed q={q}>{(a) => (
      <>
        <p><Link to={"/admin/people" as string}>{t("admin.back_people")}</Link></p>
        <section className="card stack" aria-labelledby="person">
          <div className="spread"><h2 id="person">{a.name}</h2><State state={a.state} /></div>
          <dl className="admin-facts">
            <dt>{t("admin.email")}</dt><dd>{a.email}</dd>
            <dt>{t("admin.made")}</dt><dd>{time(a.created_at)}</dd>
            <dt>{t("admin.last_seen")}</dt><dd>{a.seen_at ? time(a.seen_at) : t("admin.never")}</dd>
          </dl>
          <div className="row">
            <Button onPress={() => setDoing("edit")}>{t("ui.edit")}</Button>
            {a.state !== "deactivated" && <Button onPress={() => setDoing("link")}>{t("admin.new_link")}</Button>}
            {a.state === "deactivated" ? <Button onPress={() => setDoing("on")}>{t("admin.reactivate")}</Button> : <Button kind="danger" onPress={() => setDoing("off")}>{t("admin.deactivate")}</Button>}
          </div>
        </section>
        <Sessions id={id} />
        <May id={id} />
        {doing === "edit" && <EditPerson account={a} onClose={close} onSaved={changed} />}
        <Confirm title={t("admin.new_link")} open={doing === "link"} onClose={close} action={t("admin.make_link")} onConfirm={async () => setMade(await post<CreateSignInLinkData, Invitation>("/api/v1/accounts/{id}/sign-in-links", { ...path, body: { send: mails && send } }))}>
          <p>{t("admin.new_link_text", { name: a.name })}</p>
          {mails && <Checkbox isSelected={send} onChange={setSend}>{t("admin.send_link", { email: a.email })}</Checkbox>}
        </Confirm>
        <Confirm title={t("admin.deactivate")} danger open={doing === "off"} onClose={close} action={t("admin.deactivate")} onConfirm={async () => { await put<DeactivateAccountData>("/api/v1/accounts/{id}/deactivation", path); await changed(); }}><p>{t("admin.deactivate_text", { name: a.name })}</p></Confirm>
        <Confirm title={t("admin.reactivate")} open={doing === "on"} onClose={close} action={t("admin.reactivate")} onConfirm={async () => { await del<ReactivateAccountData>("/api/v1/accounts/{id}/deactivation", path); await changed(); }}><p>{t("admin.reactivate_text", { name: a.name })}</p></Confirm>
        <Dialog title={t("admin.link_made")} open={!!made} onClose={() => setMade(undefined)} keep footer={<Button kind="main" onPress={() => setMade(undefined)}>{t("ui.done")}</Button>}>
          {made?.link ? <><Note kind="warn"><p>{t("admin.shown_once")}</p></Note><Secret label={t("admin.link_for", { name: made.account.name })} text={made.link} mail={mailOf(made.account.email, made.link)} /></> : <p>{t("admin.link_sent")}</p>}
        </Dialog>
      </>
    )}</Listed>
  );
}

function EditPerson({ account, onClose, onSaved }: { account: Account; onClose(): void; onSaved(): Promise<unknown> }) {
  const [name, setName] = useState(account.name);
  const [email, setEmail] = useState(account.email);
  return (
    <FormDialog title={t("ui.edit")} open action={t("ui.save")} said={t("admin.saved")} onClose={onClose} onSubmit={async () => { await patch<UpdateAccountData>("/api/v1/accounts/{id}", { path: { id: account.id }, body: { name, ...(email !== account.email ? { email } : {}) } }); await onSaved(); }}>
      {(errors) => <>
        <TextField label={t("admin.name")} value={name} onChange={setName} isRequired error={errors["name"]} />
        <TextField label={t("admin.email")} type="email" value={email} onChange={setEmail} isRequired error={errors["email"]} help={t("admin.email_help")} />
      </>}
    </FormDialog>
  );
}

function Sessions({ id }: { id: string }) {
  const cache = useQueryClient();
  const [all, setAll] = useState(false);
  const q = useQuery({ queryKey: ["account-sessions", id], queryFn: ({ signal }) => get<ListAccountSessionsData, ListAccountSessionsResponse>("/api/v1/accounts/{id}/sessions", { path: { id }, signal }) });
  const changed = () => cache.invalidateQueries({ queryKey: ["account-sessions", id] });
  return (
    <section className="stack">
      <div className="spread"><h2>{t("admin.sessions")}</h2>{!!q.data?.items.length && <Button onPress={() => setAll(true)}>{t("admin.sign_out_all")}</Button>}</div>
      <Listed q={q}>{(data) => data.items.length === 0 ? <p className="soft">{t("admin.no_sessions")}</p> : (
        <Table caption={t("admin.sessions")} hideCaption rows={data.items} rowKey={(s) => s.id} columns={[
          { id: "b", label: t("admin.browser"), header: true, cell: (s) => s.browser },
          { id: "c", label: t("admin.begun"), cell: (s) => time(s.created_at) },
          { id: "s", label: t("admin.last_seen"), cell: (s) => ago(s.seen_at) },
          { id: "x", label: t("admin.action"), cell: (s) => s.current ? t("admin.this_one") : <Button aria-label={`${t("admin.sign_out")}: ${s.browser}`} onPress={() => void del<EndSessionData>("/api/v1/sessions/{id}", { path: { id: s.id } }).then(changed)}>{t("admin.sign_out")}</Button> },
        ]} />
      )}</Listed>
      <Confirm title={t("admin.sign_out_all")} open={all} onClose={() => setAll(false)} action={t("admin.sign_out_all")} danger onConfirm={async () => { await del<EndAccountSessionsData>("/api/v1/accounts/{id}/sessions", { path: { id } }); await changed(); }}><p>{t("admin.sign_out_all_text")}</p></Confirm>
    </section>
  );
}

function May({ id }: { id: string }) {
  const pages = usePages<GetAccountRightsResponse>(["account-rights", id], (cursor, signal) => get<GetAccountRightsData, GetAccountRightsResponse>("/api/v1/accounts/{id}/rights", { path: { id }, query: { cursor }, signal }));
  const why = (list: GetAccountRightsResponse["through"]) => <ul className="plain">{list.map((s, i) => <li key={i}>{roleName(s.role_name)} – {s.principal_name}</li>)}</ul>;
  return (
    <section className="stack" aria-labelledby="may">
      <h2 id="may">{t("admin.may_do")}</h2>
      <Listed q={pages.q} pages={pages}>{(r) => (
        <>
          <h3>{t("admin.everywhere")}</h3>
          {r.everywhere.length ? <><Permissions of={r.everywhere} />{why(r.through)}</> : <p className="soft">{t("admin.nothing_everywhere")}</p>}
          <h3>{t("admin.in_folders")}</h3>
          {r.items.length === 0 ? <p className="soft">{t("admin.nothing_in_folders")}</p> : (
            <Table caption={t("admin.in_folders")} hideCaption rows={r.items} rowKey={(p) => p.folder} columns={[
              { id: "f", label: t("admin.folder"), header: true, cell: (p) => <Link to={`/admin/rights/${p.folder}` as string}>{p.path.join(" / ")}</Link> },
              { id: "m", label: t("admin.permissions"), cell: (p) => <Permissions of={p.permissions} /> },
              { id: "w", label: t("admin.why"), cell: (p) => p.through.length ? why(p.through) : "–" },
            ]} />
          )}
          {r.hidden > 0 && <p className="soft">{t("admin.hidden_folders", { n: r.hidden })}</p>}
        </>
      )}</Listed>
    </section>
  );
}
