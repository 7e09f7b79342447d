// SPDX-License-Identifier: Apache-2.0
// The fields of many files at once: what they have now, alike or different, and what shall be done to each field. The
// fields and how they are written are those of the asset page.

import { useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import type { FieldDefinition } from "../../api/gen";
import { Problem } from "../../api/client";
import { language, languages, t } from "../../i18n";
import { announce, Button, Dialog, ErrorNote, Failed, fieldText, Form, Loading, Note, Select } from "../../ui";
import { fields } from "../asset/queries";
import { labelOf, languageName } from "../asset/text";
import type { Chosen } from "./actions";
import { start } from "./bulk";
import { actOf, ready, several, type Deed } from "./bulkActs";
import { BulkRow } from "./BulkRow";
import { summary } from "./summary";

/** BulkEdit edits the fields of what is selected, as a job that can be undone. */
export function BulkEdit({ chosen, onClose }: { chosen: Chosen; onClose(): void }) {
  const defs = useQuery(fields);
  const now = useQuery(summary(chosen.selected));
  const [lang, setLang] = useState<string>(language);
  const [deeds, setDeeds] = useState<Record<string, Deed>>({});
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();

  const items = (defs.data?.items ?? []).filter((d) => !d.retired_at);
  const keyOf = (d: FieldDefinition) => (d.per_language ? `${d.name}~${lang}` : d.name);
  const asked = Object.entries(deeds).filter(([, d]) => d.do !== "keep");
  const unready = asked.filter(([, d]) => !ready(d));
  const save = async (e: FormEvent) => {
    e.preventDefault();
    if (!asked.length || unready.length) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await start(chosen.selected, { fields: actOf(Object.fromEntries(asked), items) }, t("library.editing"), (n) => t("library.edited", { n }));
      onClose();
    } catch (e) {
      setProblem(e);
      setBusy(false);
      announce(t("library.edit_wrong"), true);
    }
  };
  const wrongIn = (name: string): string | undefined => {
    const text = problem instanceof Problem ? (problem.fields[name] ?? problem.fields[`${name}.${lang}`] ?? problem.fields[`fields.${name}`]) : undefined;
    return text ? fieldText(text) : undefined;
  };
  const tags = [...new Set([...Object.keys(languages), ...(now.data?.fields ?? []).map((f) => f.lang ?? "").filter(Boolean)])];
  const groups = [...new Set(items.map((d) => d.group ?? ""))];
  const failed = defs.error ?? now.error;
  return (
    <Dialog open keep size="large" title={t("library.edit_n", { n: chosen.count.n })} onClose={onClose} footer={
      <>
        {asked.length > 0 && <p className="soft grow">{t("library.edit_fields", { n: asked.length })}</p>}
        <Button onPress={onClose}>{t("ui.cancel")}</Button>
        <Button kind="main" type="submit" form="bulk-edit" isPending={busy} isDisabled={!asked.length || unready.length > 0}>{t("library.edit_save")}</Button>
      </>
    }>
      {failed ? <Failed problem={failed} retry={() => { void defs.refetch(); void now.refetch(); }} /> : !defs.data || !now.data ? <Loading lines={8} /> : (
        <Form id="bulk-edit" className="stack" onSubmit={(e) => void save(e)}>
          <p className="soft">{t("library.edit_text")}</p>
          {now.data.editable < now.data.looked_at && <Note kind="warn"><p>{t("library.edit_partly", { n: now.data.looked_at - now.data.editable })}</p></Note>}
          {now.data.looked_at < now.data.total && <Note><p>{t("library.edit_looked", { n: now.data.looked_at })}</p></Note>}
          {problem !== undefined && <ErrorNote problem={problem} />}
          {items.some((d) => d.per_language) && <Select compact label={t("library.content_language")} selectedKey={lang} onSelectionChange={(k) => setLang(String(k))} choices={tags.map((id) => ({ id, label: languageName(id) }))} />}
          {groups.map((g) => (
            <fieldset key={g} className="bulk-group">
              {g && <legend className="label">{g}</legend>}
              {items.filter((d) => (d.group ?? "") === g).map((d) => {
                const key = keyOf(d);
                return (
                  <BulkRow
                    key={key} def={d} label={d.per_language ? `${labelOf(d)} (${languageName(lang)})` : labelOf(d)} several={several(d)} looked={now.data.looked_at}
                    has={now.data.fields.find((f) => f.field === d.name && (f.lang ?? "") === (d.per_language ? lang : ""))}
                    deed={deeds[key] ?? { do: "keep" }} onChange={(deed) => { setProblem(undefined); setDeeds({ ...deeds, [key]: deed }); }} error={wrongIn(d.name)}
                  />
                );
              })}
            </fieldset>
          ))}
        </Form>
      )}
    </Dialog>
  );
}
