// SPDX-License-Identifier: Apache-2.0
// What is said of a picture to who does not see it. Nothing is ever filled in here: somebody has to look.

import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { get, patch, Problem } from "../../api/client";
import type { Alt, Asset, GetAssetData, GetAssetResponse, UpdateAssetData, UpdateAssetResponse } from "../../api/gen";
import { language, languages, t } from "../../i18n";
import { Badge, Button, Disclosure, DisclosurePanel, ErrorNote, Heading, Note, RadioGroup, Select, TextField, toast } from "../../ui";
import { useDraft } from "./draft";
import { sourceOf } from "./FieldInput";
import { MergeDialog, type Clash } from "./MergeDialog";
import { saved } from "./queries";
import { can, languageName, said } from "./text";

const aim = 125, most = 250, longest = 20_000;
type Decision = Alt["decision"];
type Wish = { decision: Decision | "none"; text: string };

const now = (a: Asset, lang: string): Wish => ({ decision: a.alt[lang]?.decision ?? "none", text: a.alt[lang]?.text ?? "" });
const needsText = (d: Wish["decision"]) => d === "text" || d === "complex";

/** written is a decision in words, for the choice between two. */
const written = (w: Wish): string => (w.decision === "none" ? t("asset.alt_none") : needsText(w.decision) ? w.text : said(`terms.alt_${w.decision}`, w.decision));

/** AltEditor decides about the alt text of a picture, in one language at a time. */
export function AltEditor({ asset: a, onSaved }: { asset: Asset; onSaved?: (a: Asset) => void }) {
  const [lang, setLang] = useState<string>(language);
  const form = useDraft(`alt:${a.id}`, a.version);
  const [clash, setClash] = useState<{ theirs: Asset; one: Clash }>();
  const [asked, setAsked] = useState(false);
  const mine = can(a, "asset.edit");
  const wish = (form.draft.now[lang] as Wish | undefined) ?? now(a, lang);
  const set = (w: Wish) => form.change(lang, w, now(a, lang));
  const length = [...wish.text.trim()].length;
  const limit = wish.decision === "complex" ? longest : most;
  const name = a.name.replace(/\.[^.]+$/, "").toLocaleLowerCase();
  const wrong = !needsText(wish.decision) ? undefined : length === 0 ? t("asset.alt_needed") : length > limit ? t("asset.alt_too_long", { n: length, most: limit }) : undefined;
  const hint = wish.decision === "text" && length > 0 && (wish.text.trim().toLocaleLowerCase() === name || wish.text.trim().toLocaleLowerCase() === a.name.toLocaleLowerCase()) ? t("asset.alt_is_name") : wish.decision === "text" && length > aim ? t("asset.alt_long", { n: length, aim }) : undefined;

  const save = useMutation({
    mutationFn: ({ version, w }: { version: number; w: Wish }) => patch<UpdateAssetData, UpdateAssetResponse>("/api/v1/assets/{id}", { path: { id: a.id }, ifMatch: version, body: { alt: { [lang]: w.decision === "none" ? null : needsText(w.decision) ? { decision: w.decision, text: w.text.trim() } : { decision: w.decision } } } }),
    onSuccess: (next) => {
      const rest = { ...form.draft.now };
      delete rest[lang];
      form.keep({ version: next.version, now: rest, was: form.draft.was });
      saved(next);
      setClash(undefined);
      setAsked(false);
      toast(t("asset.alt_saved", { language: languageName(lang) }));
      onSaved?.(next);
    },
    onError: async (e, { w }) => {
      if (!(e instanceof Problem) || e.status !== 412) return;
      const theirs = await get<GetAssetData, GetAssetResponse>("/api/v1/assets/{id}", { path: { id: a.id } });
      saved(theirs);
      const was = (form.draft.was[lang] as Wish | undefined) ?? now(a, lang), there = now(theirs, lang);
      if (JSON.stringify(there) === JSON.stringify(was)) save.mutate({ version: theirs.version, w });
      else setClash({ theirs, one: { name: lang, label: t("asset.alt_in", { language: languageName(lang) }), was: written(was), mine: written(w), theirs: written(there) } });
    },
  });
  const problem = save.error instanceof Problem && save.error.status === 412 ? undefined : save.error;
  const decided = Object.entries(a.alt);
  return (
    <form className="stack" aria-label={t("asset.alt")} onSubmit={(e) => {
      e.preventDefault();
      setAsked(true);
      if (!wrong && lang in form.draft.now) save.mutate({ version: form.draft.version, w: wish });
    }}>
      <div className="row">
        {Object.keys(languages).map((l) => <Badge key={l} kind={a.alt[l] ? "good" : "warn"}>{languageName(l)}: {a.alt[l] ? t("asset.alt_decided") : t("asset.alt_undecided")}</Badge>)}
      </div>
      {!mine && decided.map(([l, d]) => <p key={l}><b>{languageName(l)}:</b> <span lang={l || undefined}>{d.text || said(`terms.alt_${d.decision}`, d.decision)}</span></p>)}
      {mine && (
        <>
          <Select compact label={t("asset.language")} choices={[...new Set([...Object.keys(languages), ...Object.keys(a.alt)])].map((id) => ({ id, label: languageName(id) }))} value={lang} onChange={(k) => { setLang(String(k)); setAsked(false); }} />
          <RadioGroup label={t("asset.alt_decision")} help={a.alt[lang] ? sourceOf(a.alt[lang]) : t("asset.alt_look")} value={wish.decision} onChange={(d) => set({ ...wish, decision: d as Wish["decision"] })} choices={[
            { id: "text", label: t("asset.alt_text"), help: t("asset.alt_text_help") },
            { id: "decorative", label: t("asset.alt_decorative"), help: t("asset.alt_decorative_help") },
            { id: "described", label: t("asset.alt_described"), help: t("asset.alt_described_help") },
            { id: "complex", label: t("asset.alt_complex"), help: t("asset.alt_complex_help") },
            { id: "none", label: t("asset.alt_none"), help: t("asset.alt_none_help") },
          ]} />
          {needsText(wish.decision) && (
            <div lang={lang || undefined}>
              <TextField key={wish.decision} label={wish.decision === "complex" ? t("asset.alt_complex_text") : t("asset.alt_in", { language: languageName(lang) })} rows={wish.decision === "complex" ? 10 : 3} value={wish.text} onChange={(text) => set({ ...wish, text })} error={asked || length > limit ? wrong : undefined} help={wish.decision === "complex" ? t("asset.alt_count", { n: length, aim: longest }) : t("asset.alt_count", { n: length, aim })} />
            </div>
          )}
          {hint && <Note kind="warn">{hint}</Note>}
          <Disclosure className="disclosure">
            <Heading level={2}><Button slot="trigger" kind="quiet">{t("asset.alt_guide")}</Button></Heading>
            <DisclosurePanel><ul className="guide">{([1, 2, 3, 4, 5] as const).map((n) => <li key={n}>{t(`asset.alt_guide_${n}`)}</li>)}</ul></DisclosurePanel>
          </Disclosure>
          {problem && <ErrorNote problem={problem} />}
          <div className="row"><Button kind="main" type="submit" isPending={save.isPending} isDisabled={!(lang in form.draft.now)}>{t("asset.alt_save")}</Button></div>
        </>
      )}
      {clash && <MergeDialog clashes={[clash.one]} busy={save.isPending} onClose={() => setClash(undefined)} onChoose={(how) => {
        if (how[lang] === clash.one.theirs) {
          const rest = { ...form.draft.now };
          delete rest[lang];
          form.keep({ version: clash.theirs.version, now: rest, was: form.draft.was });
          setClash(undefined);
        } else save.mutate({ version: clash.theirs.version, w: wish });
      }} />}
    </form>
  );
}
