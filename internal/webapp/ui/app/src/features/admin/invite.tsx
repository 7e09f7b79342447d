// SPDX-License-Identifier: Apache-2.0
// Inviting people: one or many, by a list that is looked through before anybody is made.

import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post } from "../../api/client";
import type { Guest, InviteAccountsData, InviteAccountsResponse, ListGroupsData, ListGroupsResponse } from "../../api/gen";
import { t } from "../../i18n";
import { announce, Badge, Button, Checkbox, CheckboxGroup, Dialog, Note, Table, TextField } from "../../ui";
import { noticePreferences } from "../notices/queries";
import { copy, ErrorSummary, errorsOf, stateName } from "./kit";

/** mailOf begins a mail with a sign-in link in it, in the reader's own mail program. */
export const mailOf = (email: string, link: string): string => `mailto:${encodeURIComponent(email)}?subject=${encodeURIComponent(t("admin.mail_subject"))}&body=${encodeURIComponent(t("admin.mail_body", { link }))}`;

const kept = "tillgang.invite";

/** Invite takes a list, shows what would become of each line, and then invites. */
export function Invite({ open, onClose }: { open: boolean; onClose(): void }) {
  const cache = useQueryClient();
  const [text, setText] = useState(() => sessionStorage.getItem(kept) ?? "");
  const [groups, setGroups] = useState<string[]>([]);
  const [seen, setSeen] = useState<Guest[]>();
  const [done, setDone] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [send, setSend] = useState(true);
  const told = useQuery({ ...noticePreferences, enabled: open });
  const mails = !!told.data?.mail;
  const all = useQuery({ queryKey: ["groups"], queryFn: ({ signal }) => get<ListGroupsData, ListGroupsResponse>("/api/v1/groups", { signal }), enabled: open });
  const write = (v: string) => (setText(v), sessionStorage.setItem(kept, v));
  const close = () => {
    if (done) write("");
    setSeen(undefined);
    setDone(false);
    setProblem(undefined);
    onClose();
  };
  const ask = async (dry: boolean) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const answer = await post<InviteAccountsData, InviteAccountsResponse>("/api/v1/accounts/invitations", { body: { text, groups, dry_run: dry, send: mails && send } });
      setSeen(answer.items);
      announce(t(dry ? "admin.invite_ready" : "admin.invite_done", { n: answer.items.filter((g) => g.state === (dry ? "ready" : "invited")).length }));
      if (!dry) {
        setDone(true);
        void cache.invalidateQueries({ queryKey: ["accounts"] });
        void cache.invalidateQueries({ queryKey: ["groups"] });
      }
    } catch (e) {
      setProblem(e);
    } finally {
      setBusy(false);
    }
  };
  const ready = seen?.filter((g) => g.state === "ready").length ?? 0;
  const sent = seen?.filter((g) => g.sent).length ?? 0;
  const links = seen?.filter((g) => g.link).map((g) => `${g.email}\t${g.link}`).join("\n") ?? "";
  return (
    <Dialog title={t("admin.invite")} open={open} onClose={close} size="large" keep footer={
      done ? <>{links && <Button onPress={() => void copy(links)}>{t("admin.copy_links")}</Button>}<Button kind="main" onPress={close}>{t("ui.done")}</Button></>
        : seen ? <><Button onPress={() => setSeen(undefined)}>{t("admin.change_list")}</Button><Button kind="main" isPending={busy} isDisabled={!ready} onPress={() => void ask(false)}>{t("admin.invite_n", { n: ready })}</Button></>
        : <><Button onPress={close}>{t("ui.cancel")}</Button><Button kind="main" isPending={busy} isDisabled={!text.trim()} onPress={() => void ask(true)}>{t("admin.look_through")}</Button></>
    }>
      <ErrorSummary problem={problem} />
      {!seen ? <>
        <TextField label={t("admin.guests")} rows={8} value={text} onChange={write} help={t("admin.guests_help")} error={errorsOf(problem)["text"]} autoFocus />
        {told.data && (mails ? <Checkbox isSelected={send} onChange={setSend} help={t("admin.send_help")}>{t("admin.send_links")}</Checkbox> : <p className="soft">{t("admin.no_mail")}</p>)}
        {!!all.data?.items.length && <CheckboxGroup label={t("admin.into_groups")} value={groups} onChange={setGroups}>{all.data.items.map((g) => <Checkbox key={g.id} value={g.id}>{g.name}</Checkbox>)}</CheckboxGroup>}
      </> : <>
        {done && sent > 0 && <Note kind="good"><p>{t("admin.links_sent", { n: sent })}</p></Note>}
        {done && links && <Note kind="warn"><p>{t("admin.shown_once")}</p></Note>}
        <Table caption={t(done ? "admin.invite_done" : "admin.invite_ready", { n: done ? seen.filter((g) => g.state === "invited").length : ready })} rows={seen} rowKey={(g) => String(g.line)} columns={[
          { id: "l", label: t("admin.line"), number: true, cell: (g) => g.line },
          { id: "e", label: t("admin.email"), header: true, cell: (g) => g.email || "–" },
          { id: "n", label: t("admin.name"), cell: (g) => g.name },
          { id: "s", label: t("admin.state"), cell: (g) => <Badge kind={g.state === "invited" || g.state === "ready" ? "good" : g.state === "invalid" ? "bad" : "warn"}>{stateName("guest", g.state)}</Badge> },
          ...(done ? [{ id: "k", label: t("admin.link"), cell: (g: Guest) => g.link ? <span className="row"><Button onPress={() => void copy(g.link!)}>{t("admin.copy")}</Button><a className="button plain" href={mailOf(g.email, g.link)}>{t("admin.mail")}</a></span> : g.sent ? t("admin.link_sent") : "–" }] : []),
        ]} />
      </>}
    </Dialog>
  );
}
