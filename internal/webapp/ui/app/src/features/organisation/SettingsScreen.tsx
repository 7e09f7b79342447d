// SPDX-License-Identifier: Apache-2.0
// What an administrator decides for the organisation. What makes it less safe asks for a reason and the password.

import { useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { patch, Problem } from "../../api/client";
import { may, queries, session } from "../../api/queries";
import type { GetSettingsResponse, UpdateSettingsData } from "../../api/gen";
import { language, languages, t, type Language } from "../../i18n";
import { Button, ErrorNote, Failed, fieldText, Loading, Note, NumberField, Select, TextField, toast } from "../../ui";
import { settings } from "./queries";
import { WeakenDialog } from "./WeakenDialog";
import "./organisation.css";

type Values = Omit<GetSettingsResponse, "version" | "mail">;
const numbers = { link_days: [1, 365], bin_days: [1, 365], idle_minutes: [5, 480], idle_high_minutes: [5, 120], session_hours: [1, 24] } as const;
type NumberKey = keyof typeof numbers;

/** Settings is the form of all settings. */
export function Settings() {
  const now = useQuery(settings);
  return (
    <>
      {now.isError ? <Failed problem={now.error} retry={() => void now.refetch()} /> : !now.data ? <Loading lines={6} /> : <Form now={now.data} again={() => now.refetch()} />}
    </>
  );
}

function Form({ now, again }: { now: GetSettingsResponse; again(): Promise<unknown> }) {
  const who = useQuery(session);
  const [changed, setChanged] = useState<Partial<Values>>({});
  const [version, setVersion] = useState(now.version);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [weakens, setWeakens] = useState<string[]>();
  const is = { ...now, ...changed };
  const errors = problem instanceof Problem ? problem.fields : {};
  const error = (name: string) => (errors[name] ? fieldText(errors[name]) : undefined);
  const only = !may(who.data, "settings.manage");
  const set = <K extends keyof Values>(name: K, value: Values[K]) => setChanged((c) => ({ ...c, [name]: value }));
  const save = async (more: { reason?: string; password?: string } = {}) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const saved = await patch<UpdateSettingsData, GetSettingsResponse>("/api/v1/settings", { body: { ...changed, ...more } as NonNullable<UpdateSettingsData["body"]>, ifMatch: version });
      queries.setQueryData(settings.queryKey, saved);
      void queries.invalidateQueries({ queryKey: ["session"] });
      setChanged({});
      setVersion(saved.version);
      setWeakens(undefined);
      toast(t("organisation.saved"));
    } catch (e) {
      if (e instanceof Problem && e.code === "settings.weakens" && e.status === 422 && !weakens) setWeakens((e.body?.weakens ?? "").split(","));
      else if (weakens) throw e;
      else setProblem(e);
    } finally {
      setBusy(false);
    }
  };
  const number = (name: NumberKey) => (
    <NumberField label={t(`organisation.${name}`)} help={t(`organisation.${name}_help`)} minValue={numbers[name][0]} maxValue={numbers[name][1]} value={is[name]} error={error(name)} onChange={(v) => set(name, v)} isDisabled={only && name in { bin_days: 1 }} />
  );
  const stale = problem instanceof Problem && (problem.status === 409 || problem.status === 412);
  return (
    <form className="stack" onSubmit={(e: FormEvent) => { e.preventDefault(); void save(); }}>
      {problem !== undefined && <ErrorNote problem={problem} />}
      {stale && <Button onPress={() => void again().then(() => { setVersion(queries.getQueryData(settings.queryKey)?.version ?? 0); setProblem(undefined); })}>{t("organisation.reload")}</Button>}
      <section className="card stack" aria-labelledby="set-general">
        <h2 id="set-general">{t("organisation.general")}</h2>
        <TextField label={t("organisation.name")} help={t("organisation.name_help")} value={is.name} error={error("name")} isRequired isDisabled={only} onChange={(v) => set("name", v)} maxLength={200} />
        <Select label={t("organisation.language")} help={t("organisation.language_help")} value={is.language} isDisabled={only} onChange={(v) => set("language", String(v))} choices={(Object.keys(languages) as Language[]).map((id) => ({ id, label: languages[id] }))} />
        {number("bin_days")}
        {!now.mail && <Note kind="info"><p>{t("organisation.no_mail")}</p></Note>}
      </section>
      <section className="card stack" aria-labelledby="set-security">
        <h2 id="set-security">{t("organisation.security")}</h2>
        <p className="soft">{t("organisation.security_lead")}</p>
        {number("link_days")}
        {number("idle_minutes")}
        {number("idle_high_minutes")}
        {number("session_hours")}
      </section>
      <section className="card stack" aria-labelledby="set-access">
        <h2 id="set-access">{t("organisation.statement")}</h2>
        <p className="soft">{t("organisation.statement_lead")} <a href={`/accessibility?lang=${language}`} target="_blank" rel="noreferrer">{t("organisation.statement_show")}</a></p>
        <TextField label={t("organisation.exceptions")} help={t("organisation.exceptions_help")} rows={5} value={is.exceptions} error={error("exceptions")} isDisabled={only} onChange={(v) => set("exceptions", v)} maxLength={10000} />
        <TextField label={t("organisation.assessed")} help={t("organisation.assessed_help")} type="date" value={is.assessed} error={error("assessed")} isDisabled={only} onChange={(v) => set("assessed", v)} />
      </section>
      <div className="row"><Button kind="main" type="submit" isPending={busy && !weakens} isDisabled={!Object.keys(changed).length}>{t("ui.save")}</Button></div>
      <WeakenDialog what={weakens} onClose={() => setWeakens(undefined)} onConfirm={save} />
    </form>
  );
}
