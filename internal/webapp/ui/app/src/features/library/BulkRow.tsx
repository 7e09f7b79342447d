// SPDX-License-Identifier: Apache-2.0
// One field of many files: what they have, what shall be done, and what is written for it.

import { useId } from "react";
import { useQuery } from "@tanstack/react-query";
import type { FieldDefinition } from "../../api/gen";
import { language, t } from "../../i18n";
import { Checkbox, Select, TextField } from "../../ui";
import { FieldInput } from "../asset/FieldInput";
import { terms } from "../asset/queries";
import { deedsFor, type Deed } from "./bulkActs";
import { nowText, type Sum } from "./summary";

type Props = { def: FieldDefinition; label: string; several: boolean; looked: number; has: Sum | undefined; deed: Deed; onChange(d: Deed): void; error: string | undefined };

/** BulkRow is that field. */
export function BulkRow({ def, label, several, looked, has, deed, onChange, error }: Props) {
  const id = useId();
  const named = useNames(def);
  const mixed = has && !has.same && has.empty < looked;
  const list = Array.isArray(deed.value) ? deed.value : [];
  const there = (has?.values ?? []).slice(0, 24);
  return (
    <div className="bulk-row" role="group" aria-labelledby={id} data-do={deed.do === "keep" ? undefined : deed.do}>
      <div className="bulk-now">
        <p id={id} className="label">{label}</p>
        <p className="soft small" data-mixed={mixed || undefined}><bdi>{nowText(has, looked, named)}</bdi></p>
      </div>
      <Select compact label={t("library.do_with", { name: label })} selectedKey={deed.do} onSelectionChange={(k) => onChange({ ...deed, do: k as Deed["do"] })} choices={deedsFor(def).map((d) => ({ id: d, label: t(d === "set" && several ? "library.do_set_list" : `library.do_${d}`) }))} />
      {(deed.do === "set" || deed.do === "add" || (deed.do === "remove" && !there.length)) && (
        <div className="bulk-input"><FieldInput def={def} label={t(deed.do === "add" ? "library.add_to_field" : "library.new_value", { name: label })} value={deed.value ?? (several ? [] : "")} onChange={(value) => onChange({ ...deed, value })} error={error} /></div>
      )}
      {deed.do === "remove" && there.length > 0 && (
        <fieldset className="bulk-input field">
          <legend className="label">{t("library.remove_of", { name: label })}</legend>
          <ul className="row">
            {there.map((v) => (
              <li key={v.value}><Checkbox isSelected={list.includes(v.value)} onChange={(on) => onChange({ ...deed, value: on ? [...list, v.value] : list.filter((x) => x !== v.value) })}><bdi>{t("library.now_count", { value: named(v.value), n: v.count })}</bdi></Checkbox></li>
            ))}
          </ul>
          {error && <p className="error">{error}</p>}
        </fieldset>
      )}
      {deed.do === "replace" && (
        <div className="bulk-input two">
          <TextField label={t("library.replace_from", { name: label })} value={deed.from ?? ""} onChange={(from) => onChange({ ...deed, from })} error={error} />
          <TextField label={t("library.replace_to")} value={deed.to ?? ""} onChange={(to) => onChange({ ...deed, to })} />
        </div>
      )}
    </div>
  );
}

/** useNames gives the words for values that are kept as something else: terms, choices, yes and no. */
function useNames(def: FieldDefinition): (value: string) => string {
  const all = useQuery({ ...terms(def.taxonomy ?? ""), enabled: def.type === "terms" && !!def.taxonomy });
  const own = (labels: Record<string, string> | undefined, value: string) => labels?.[language] ?? labels?.["sv"] ?? Object.values(labels ?? {})[0] ?? value;
  if (def.type === "terms") return (v) => { const found = all.data?.items.find((x) => x.id === v); return found ? own(found.label as Record<string, string>, v) : v; };
  if (def.type === "choice" || def.type === "choices") return (v) => own((def.options ?? []).find((o) => o.value === v)?.label, v);
  if (def.type === "yesno") return (v) => (v === "yes" ? t("library.yes") : t("library.no"));
  return (v) => v;
}
