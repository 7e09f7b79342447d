// SPDX-License-Identifier: Apache-2.0
// The fields that are edited most, beside the picture: title, description, keywords, alt decision. What was typed stays
// while other assets are looked at, over errors and over a reload; when somebody else was faster, one chooses.

import { useEffect, useRef, useState, type FormEvent } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { get, patch, Problem } from "../../api/client";
import type { AltDecision, Asset, AssetPatch, GetAssetData, GetAssetResponse, UpdateAssetData, UpdateAssetResponse } from "../../api/gen";
import { language, languages, t } from "../../i18n";
import { Button, ErrorNote, Form, Note, RadioGroup, Select, TextField, fieldText, toast } from "../../ui";
import { Merge, type Clash } from "./Merge";
import { WordsField } from "./WordsField";

type Part = "title" | "description" | "keywords" | "alt";
/** Draft is what was typed: only what differs. Keys: title.sv, description.sv, keywords, alt.sv. */
export type Draft = Record<string, string | string[] | { decision: AltDecision | ""; text: string }>;

const drafts = "tillgang.drafts";
function readDraft(id: string): Draft {
  try {
    return (JSON.parse(sessionStorage.getItem(drafts) ?? "{}") as Record<string, Draft>)[id] ?? {};
  } catch {
    return {};
  }
}
function keepDraft(id: string, d: Draft) {
  try {
    const all = JSON.parse(sessionStorage.getItem(drafts) ?? "{}") as Record<string, Draft>;
    if (Object.keys(d).length) all[id] = d;
    else delete all[id];
    sessionStorage.setItem(drafts, JSON.stringify(all));
  } catch {
    // Without storage the draft lives as long as the form.
  }
}

/** valueOf is what an asset has under a key of a draft. */
export function valueOf(a: Asset, key: string): Draft[string] {
  const [name, lang] = key.split(".") as [string, string | undefined];
  if (name === "keywords") return a.fields["keywords"]?.values ?? [];
  if (name === "alt") return { decision: a.alt[lang!]?.decision ?? "", text: a.alt[lang!]?.text ?? "" };
  return a.fields[name]?.lang?.[lang!] ?? "";
}
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** patchOf is what is sent for a draft. */
export function patchOf(draft: Draft): AssetPatch {
  const body: AssetPatch = {};
  for (const [key, v] of Object.entries(draft)) {
    const [name, lang] = key.split(".") as [string, string | undefined];
    if (name === "alt") {
      const alt = v as { decision: AltDecision | ""; text: string };
      (body.alt ??= {})[lang!] = alt.decision ? { decision: alt.decision, ...(alt.decision === "text" || alt.decision === "complex" ? { text: alt.text } : {}) } : null;
    } else if (name === "keywords") (body.fields ??= {})[name] = { values: v as string[] };
    else {
      const was = (body.fields ??= {})[name];
      body.fields[name] = { lang: { ...(was?.lang ?? {}), [lang!]: v as string } };
    }
  }
  return body;
}

/** AssetForm edits an asset. It saves with the version it has seen. */
export function AssetForm({ asset, parts = ["title", "description", "keywords", "alt"], autoFocus, onSaved }: { asset: Asset; parts?: Part[]; autoFocus?: boolean; onSaved?(): void }) {
  const cache = useQueryClient();
  const [draft, setDraft] = useState(() => readDraft(asset.id));
  const [lang, setLang] = useState<string>(language);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [clash, setClash] = useState<{ now: Asset; list: Clash[] }>();
  const base = useRef(asset);
  const form = useRef<HTMLFormElement>(null);
  const dirty = Object.keys(draft).length > 0;
  useEffect(() => {
    if (!dirty) base.current = asset;
  }, [asset, dirty]);

  const value = (key: string) => draft[key] ?? valueOf(asset, key);
  const set = (key: string, v: Draft[string]) => {
    const next = { ...draft };
    if (same(v, valueOf(base.current, key))) delete next[key];
    else next[key] = v;
    setDraft(next);
    keepDraft(asset.id, next);
  };
  const send = async (d: Draft, version: number): Promise<boolean> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const saved = await patch<UpdateAssetData, UpdateAssetResponse>("/api/v1/assets/{id}", { path: { id: asset.id }, body: patchOf(d), ifMatch: version });
      setDraft({});
      keepDraft(asset.id, {});
      base.current = saved;
      cache.setQueryData(["asset", asset.id], saved);
      void cache.invalidateQueries({ queryKey: ["asset", asset.id, "history"] });
      toast(t("library.saved_asset"));
      onSaved?.();
      return true;
    } catch (e) {
      if (e instanceof Problem && (e.status === 412 || e.code === "asset.changed")) {
        const now = await get<GetAssetData, GetAssetResponse>("/api/v1/assets/{id}", { path: { id: asset.id } }).catch((x: unknown) => (setProblem(x), undefined));
        if (now) {
          const list = Object.entries(d).filter(([key, mine]) => !same(valueOf(now, key), valueOf(base.current, key)) && !same(valueOf(now, key), mine)).map(([key, mine]) => ({ key, mine, theirs: valueOf(now, key) }));
          if (list.length) setClash({ now, list });
          else return send(d, now.version); // others changed other things
        }
      } else setProblem(e);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const save = (e: FormEvent) => {
    e.preventDefault();
    const at = document.activeElement as HTMLElement | null;
    void send(draft, base.current.version).then((ok) => ok && at?.isConnected && at.focus());
  };
  const resolve = (mine: Set<string>) => {
    const { now, list } = clash!;
    const d = Object.fromEntries(Object.entries(draft).filter(([key]) => !list.some((c) => c.key === key) || mine.has(key)));
    setClash(undefined);
    base.current = now;
    if (Object.keys(d).length) void send(d, now.version);
    else {
      setDraft({});
      keepDraft(asset.id, {});
      cache.setQueryData(["asset", asset.id], now);
      onSaved?.();
    }
  };
  const wrong = (name: string) => (problem instanceof Problem && problem.fields[name] ? fieldText(problem.fields[name]) : undefined);
  const known = [...new Set([...Object.keys(languages), ...Object.keys(asset.alt), ...Object.values(asset.fields).flatMap((f) => Object.keys(f.lang ?? {}))])].filter(Boolean);
  const alt = value("alt." + lang) as { decision: AltDecision | ""; text: string };
  return (
    <Form ref={form} className="stack asset-form" onSubmit={save}>
      {problem !== undefined && !(problem instanceof Problem && Object.keys(problem.fields).length) && <ErrorNote problem={problem} />}
      <Select compact label={t("library.content_language")} selectedKey={lang} onSelectionChange={(k) => setLang(String(k))} choices={known.map((id) => ({ id, label: languages[id as "sv"] ?? id }))} />
      {parts.includes("title") && <TextField label={t("terms.field_title")} value={value("title." + lang) as string} onChange={(v) => set("title." + lang, v)} error={wrong("title") ?? wrong("fields.title")} autoFocus={!!autoFocus && parts[0] === "title"} lang={lang} />}
      {parts.includes("description") && <TextField label={t("terms.field_description")} rows={3} value={value("description." + lang) as string} onChange={(v) => set("description." + lang, v)} error={wrong("description") ?? wrong("fields.description")} lang={lang} />}
      {parts.includes("keywords") && <WordsField label={t("terms.field_keywords")} value={value("keywords") as string[]} onChange={(v) => set("keywords", v)} error={wrong("keywords") ?? wrong("fields.keywords")} />}
      {parts.includes("alt") && asset.kind === "image" && (
        <>
          <RadioGroup label={t("terms.field_alt")} value={alt.decision} onChange={(d) => set("alt." + lang, { ...alt, decision: d as AltDecision })} choices={(["text", "decorative", "described", "complex"] as const).map((id) => ({ id, label: t(`terms.alt_${id}`) }))} />
          {(alt.decision === "text" || alt.decision === "complex") && <TextField label={t("library.alt_words")} help={t("library.alt_help")} rows={alt.decision === "complex" ? 4 : 2} value={alt.text} onChange={(text) => set("alt." + lang, { ...alt, text })} error={wrong("alt")} lang={lang} />}
        </>
      )}
      {dirty && <Note kind="info">{t("library.unsaved")}</Note>}
      <div className="row">
        <Button kind={dirty ? "main" : "plain"} type="submit" isPending={busy} isDisabled={!dirty}>{t("ui.save")}</Button>
        {dirty && <Button kind="quiet" onPress={() => { setDraft({}); keepDraft(asset.id, {}); setProblem(undefined); }}>{t("library.discard")}</Button>}
      </div>
      {clash && <Merge clashes={clash.list} onClose={() => setClash(undefined)} onResolve={resolve} />}
    </Form>
  );
}
