// SPDX-License-Identifier: Apache-2.0
// All fields of an asset, to be read and changed. What is typed is kept until it is saved or given up.

import { useMemo, useState } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { get, patch, Problem } from "../../api/client";
import type { Asset, FieldDefinition, GetAssetData, GetAssetResponse, UpdateAssetData, UpdateAssetResponse } from "../../api/gen";
import { language, languages, t } from "../../i18n";
import { announce, Button, ErrorNote, Failed, fieldText, Loading, Note, Select, TextField, toast } from "../../ui";
import { useDraft } from "./draft";
import { FieldInput, sourceOf } from "./FieldInput";
import { MergeDialog, type Clash } from "./MergeDialog";
import { fields, saved } from "./queries";
import { can, labelOf, languageName, said } from "./text";

type Value = string | string[];
type Body = NonNullable<UpdateAssetData["body"]>;

const several = (d: FieldDefinition) => d.type === "list" || d.type === "choices" || d.type === "terms";
const dates = ["embargo_until", "expires_at"] as const;

/** valueOf reads what an asset has under a draft's name: "title.sv", "keywords", "embargo_until". */
function valueOf(a: Asset, name: string, d?: FieldDefinition): Value {
  if ((dates as readonly string[]).includes(name)) return local(a[name as (typeof dates)[number]]);
  const [field, lang] = name.split("~") as [string, string | undefined];
  const f = a.fields[field];
  if (lang !== undefined) return f?.lang?.[lang] ?? (lang === "" ? (f?.value ?? "") : "");
  return (d ? several(d) : Array.isArray(f?.values)) ? (f?.values ?? []) : (f?.value ?? "");
}

/** local writes a time as date and clock of this place. */
function local(at?: string): string {
  if (!at) return "";
  const d = new Date(at);
  return new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** bodyOf makes the request of a draft. */
export function bodyOf(now: Record<string, unknown>): Body {
  const out: Record<string, { value?: string; values?: string[]; lang?: Record<string, string> }> = {};
  const body: Record<string, unknown> = {};
  for (const [name, v] of Object.entries(now)) {
    if ((dates as readonly string[]).includes(name)) {
      body[name] = v ? new Date(String(v)).toISOString() : null;
      continue;
    }
    const [field, lang] = name.split("~") as [string, string | undefined];
    const f = (out[field] ??= {});
    if (lang) (f.lang ??= {})[lang] = String(v);
    else if (Array.isArray(v)) f.values = v as string[];
    else f.value = String(v);
  }
  if (Object.keys(out).length) body["fields"] = out;
  return body as Body;
}

/** AssetFieldsForm shows and changes an asset's fields. compact leaves out the dates and what is empty for those who only read. */
export function AssetFieldsForm({ asset: a, compact, onSaved }: { asset: Asset; compact?: boolean; onSaved?: (a: Asset) => void }) {
  const defs = useQuery(fields);
  const form = useDraft(`asset:${a.id}`, a.version);
  const [lang, setLang] = useState<string>(language);
  const [clashes, setClashes] = useState<{ theirs: Asset; list: Clash[] }>();
  const mine = can(a, "asset.edit");
  const tags = useMemo(() => [...new Set([...Object.keys(languages), ...Object.values(a.fields).flatMap((f) => Object.keys(f.lang ?? {})).filter(Boolean)])], [a]);

  const save = useMutation({
    mutationFn: async ({ version, now }: { version: number; now: Record<string, unknown> }) => patch<UpdateAssetData, UpdateAssetResponse>("/api/v1/assets/{id}", { path: { id: a.id }, body: bodyOf(now), ifMatch: version }),
    onSuccess: (next) => {
      form.clear();
      saved(next);
      setClashes(undefined);
      toast(t("asset.saved"));
      onSaved?.(next);
    },
    onError: async (e, tried) => {
      if (!(e instanceof Problem) || (e.status !== 412 && e.code !== "asset.changed")) {
        if (e instanceof Problem && Object.keys(e.fields).length) announce(t("asset.some_wrong"), true);
        return;
      }
      const theirs = await get<GetAssetData, GetAssetResponse>("/api/v1/assets/{id}", { path: { id: a.id } });
      saved(theirs);
      const list = Object.keys(tried.now)
        .map((name) => ({ name, label: nameOf(name), was: form.draft.was[name] as Value, mine: tried.now[name] as Value, theirs: valueOf(theirs, name, byName(name)) }))
        .filter((c) => JSON.stringify(c.theirs) !== JSON.stringify(c.was) && JSON.stringify(c.theirs) !== JSON.stringify(c.mine));
      if (list.length) setClashes({ theirs, list });
      else save.mutate({ version: theirs.version, now: tried.now });
    },
  });

  if (defs.isPending) return <Loading lines={8} />;
  if (defs.error) return <Failed problem={defs.error} retry={() => void defs.refetch()} />;
  const byName = (name: string) => defs.data.items.find((d) => d.name === name.split("~")[0]);
  const nameOf = (name: string) => {
    const d = byName(name), tag = name.split("~")[1];
    const label = d ? labelOf(d) : said(`terms.field_${name}`, name);
    return tag === undefined ? label : `${label} (${languageName(tag)})`;
  };
  const problem = save.error instanceof Problem && save.error.status !== 412 ? save.error : undefined;
  const wrongIn = (name: string) => {
    const [field, tag] = name.split("~");
    const text = problem?.fields[tag ? `${field}.${tag}` : field!] ?? (tag === undefined || tag === lang ? problem?.fields[field!] : undefined);
    return text ? fieldText(text) : undefined;
  };
  const shown = defs.data.items.filter((d) => mine || a.fields[d.name]);
  const groups = [...new Set(shown.map((d) => d.group ?? ""))];
  const one = (d: FieldDefinition) => {
    const f = a.fields[d.name];
    const name = d.per_language ? `${d.name}~${f?.lang?.[lang] === undefined && f?.lang?.[""] !== undefined && !(`${d.name}~${lang}` in form.draft.now) ? "" : lang}` : d.name;
    const tag = name.split("~")[1];
    const label = d.per_language ? `${labelOf(d)} (${languageName(tag ?? "")})` : labelOf(d);
    const help = [d.help?.[language], f?.source && sourceOf(f), d.per_language && others(f?.lang, tag ?? "")].filter(Boolean).join(" · ");
    return <FieldInput key={d.name} def={d} label={label} value={(form.draft.now[name] as Value | undefined) ?? valueOf(a, name, d)} onChange={(v) => form.change(name, v, valueOf(a, name, d))} error={wrongIn(name)} help={help || undefined} locked={!mine} />;
  };
  return (
    <form className="stack fields-form" aria-label={t("asset.fields")} onSubmit={(e) => { e.preventDefault(); if (form.dirty) save.mutate({ version: form.draft.version, now: form.draft.now }); }}>
      {shown.some((d) => d.per_language) && <Select compact label={t("asset.language")} choices={tags.map((id) => ({ id, label: languageName(id) }))} value={lang} onChange={(k) => setLang(String(k))} />}
      {!mine && shown.length === 0 && <p className="soft">{t("asset.no_fields")}</p>}
      {groups.map((g) => (g ? <fieldset key={g} className="stack"><legend><h2>{g}</h2></legend>{shown.filter((d) => (d.group ?? "") === g).map(one)}</fieldset> : <div key="" className="stack">{shown.filter((d) => !d.group).map(one)}</div>))}
      {!compact && mine && (
        <fieldset className="stack">
          <legend><h2>{t("asset.dates")}</h2></legend>
          {dates.map((name) => <TextField key={name} type="datetime-local" label={said(`terms.field_${name}`, name)} help={t(`asset.${name}_help`)} error={wrongIn(name)} value={String(form.draft.now[name] ?? valueOf(a, name))} onChange={(v) => form.change(name, v, valueOf(a, name))} />)}
        </fieldset>
      )}
      {problem && <ErrorNote problem={problem} />}
      {save.error && !(save.error instanceof Problem) && <ErrorNote problem={save.error} retry={() => save.mutate({ version: form.draft.version, now: form.draft.now })} />}
      {mine && form.dirty && (
        <div className="save-bar">
          <Note>{t("asset.unsaved", { n: Object.keys(form.draft.now).length })}</Note>
          <div className="row">
            <Button onPress={() => { form.clear(); save.reset(); }}>{t("asset.give_up")}</Button>
            <Button kind="main" type="submit" isPending={save.isPending}>{t("ui.save")}</Button>
          </div>
        </div>
      )}
      {clashes && <MergeDialog clashes={clashes.list} busy={save.isPending} onClose={() => setClashes(undefined)} onChoose={(now) => {
        const all = { ...form.draft.now, ...now };
        form.keep({ version: clashes.theirs.version, now: all, was: { ...form.draft.was, ...Object.fromEntries(clashes.list.map((c) => [c.name, c.theirs])) } });
        save.mutate({ version: clashes.theirs.version, now: all });
      }} />}
    </form>
  );
}

/** others names the languages that a text is in beside the one that is shown. */
function others(lang: Record<string, string> | undefined, shown: string): string {
  const list = Object.keys(lang ?? {}).filter((l) => l !== shown && lang![l]);
  return list.length ? t("asset.also_in", { languages: list.map(languageName).join(", ") }) : "";
}
