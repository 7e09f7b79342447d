// SPDX-License-Identifier: Apache-2.0
// Whom people turn to and the server writes to (ME-19): functions, not persons.

import { useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { del, Problem, put } from "../../api/client";
import { may, queries, session } from "../../api/queries";
import type { Contact, ContactRole, DeleteContactData, SetContactData } from "../../api/gen";
import { date, t } from "../../i18n";
import { Badge, Button, Confirm, Dialog, ErrorNote, Failed, fieldText, Loading, TextField, toast } from "../../ui";
import { contacts } from "./queries";
import "./organisation.css";

const roles: ContactRole[] = ["data_protection", "incident", "disturbance", "accessibility"];

/** Contacts shows the four contacts, to everybody; who looks after the settings names them. */
export function Contacts() {
  const list = useQuery(contacts);
  const who = useQuery(session);
  const edits = may(who.data, "settings.manage");
  const [editing, setEditing] = useState<ContactRole>();
  const [dropping, setDropping] = useState<ContactRole>();
  const of = (role: ContactRole) => list.data?.items.find((c) => c.role === role);
  const reload = () => queries.invalidateQueries({ queryKey: contacts.queryKey });
  return (
    <>
      {list.isError ? <Failed problem={list.error} retry={() => void list.refetch()} /> : !list.data ? <Loading /> : (
        <ul className="contacts">
          {roles.map((role) => (
            <li key={role} className="card stack tight">
              <h2>{t(`organisation.role_${role}`)}</h2>
              <p className="soft">{t(`organisation.role_${role}_help`)}</p>
              <One contact={of(role)} />
              {edits && (
                <div className="row">
                  <Button onPress={() => setEditing(role)} aria-label={of(role) ? t("organisation.edit_contact", { role: t(`organisation.role_${role}`) }) : `${t("organisation.name_contact")}: ${t(`organisation.role_${role}`)}`}>{of(role) ? t("ui.edit") : t("organisation.name_contact")}</Button>
                  {of(role) && <Button kind="quiet" onPress={() => setDropping(role)} aria-label={t("organisation.drop_contact", { role: t(`organisation.role_${role}`) })}>{t("ui.remove")}</Button>}
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
      {editing && <Edit role={editing} now={of(editing)} onClose={() => setEditing(undefined)} onSaved={() => { setEditing(undefined); void reload(); }} />}
      <Confirm title={t("organisation.drop_title")} action={t("ui.remove")} danger open={!!dropping} onClose={() => setDropping(undefined)} onConfirm={async () => { await del<DeleteContactData>("/api/v1/contacts/{role}", { path: { role: dropping! } }); await reload(); toast(t("organisation.dropped")); }}>
        <p>{t("organisation.drop_text")}</p>
      </Confirm>
    </>
  );
}

function One({ contact: c }: { contact: Contact | undefined }) {
  if (!c) return <p><Badge kind="warn">{t("organisation.missing")}</Badge></p>;
  return (
    <>
      <p><strong dir="auto">{c.name}</strong></p>
      <ul className="ways">
        {c.email && <li><a href={`mailto:${c.email}`}>{c.email}</a></li>}
        {c.phone && <li dir="auto">{c.phone}</li>}
        {c.page && <li><a href={c.page} rel="noreferrer">{c.page}</a></li>}
      </ul>
      <p className="soft small">{t("organisation.confirmed", { date: date(c.confirmed_at) })} {c.review_due && <Badge kind="warn">{t("organisation.review_due")}</Badge>}</p>
    </>
  );
}

function Edit({ role, now, onClose, onSaved }: { role: ContactRole; now: Contact | undefined; onClose(): void; onSaved(): void }) {
  const [is, setIs] = useState({ name: now?.name ?? "", email: now?.email ?? "", phone: now?.phone ?? "", page: now?.page ?? "" });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const errors = problem instanceof Problem ? problem.fields : {};
  const field = (name: keyof typeof is, more: Partial<Parameters<typeof TextField>[0]> = {}) => (
    <TextField label={t(`organisation.contact_${name}`)} value={is[name]} onChange={(v) => setIs((s) => ({ ...s, [name]: v }))} error={errors[name] && fieldText(errors[name])} {...more} />
  );
  const save = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await put<SetContactData>("/api/v1/contacts/{role}", { path: { role }, body: is });
      toast(t("organisation.contact_saved"));
      onSaved();
    } catch (err) {
      setProblem(err);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t(`organisation.role_${role}`)} open onClose={onClose} keep>
      <form className="stack" onSubmit={(e) => void save(e)}>
        {problem !== undefined && <ErrorNote problem={problem} />}
        {field("name", { isRequired: true, maxLength: 200, help: t("organisation.contact_name_help"), autoFocus: true })}
        {field("email", { type: "email", maxLength: 254 })}
        {field("phone", { type: "tel", maxLength: 50 })}
        {field("page", { type: "url", maxLength: 500, help: t("organisation.contact_page_help") })}
        <div className="row end"><Button onPress={onClose}>{t("ui.cancel")}</Button><Button kind="main" type="submit" isPending={busy}>{t("ui.save")}</Button></div>
      </form>
    </Dialog>
  );
}
