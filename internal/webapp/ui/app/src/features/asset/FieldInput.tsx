// SPDX-License-Identifier: Apache-2.0
// One field of metadata as its type is written.

import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import type { Field, FieldDefinition, FieldOption } from "../../api/gen";
import { ago, language, t } from "../../i18n";
import { Button, CheckboxGroup, Checkbox, Pick, Label, Select, Tag, TagGroup, TagList, TextField } from "../../ui";
import { terms } from "./queries";
import { labelOf, said, wayOf } from "./text";
import { IconButton } from "../../ui";
import { Plus, X } from "lucide-react";

type Props = { def: FieldDefinition; label: string; value: string | string[]; onChange(value: string | string[]): void; error?: string | undefined; help?: string | undefined; locked?: boolean };

/** sourceOf says who or what set a field, and when. */
export function sourceOf(f: Field | undefined): string | undefined {
  return f ? t("asset.source_when", { source: said(`terms.source_${f.source}`, f.source), when: ago(f.at) }) : undefined;
}

/** FieldInput is one field to write in, with where its value came from. */
export function FieldInput({ def, label, value, onChange, error, help, locked }: Props) {
  const common = { label, error, help, isReadOnly: !!locked };
  const text = typeof value === "string" ? value : "";
  const list = Array.isArray(value) ? value : [];
  const own = (o: FieldOption) => o.label?.[language] ?? o.label?.["sv"] ?? Object.values(o.label ?? {})[0] ?? o.value;
  const options = def.options ?? [];
  switch (def.type) {
    case "text":
      return <TextField {...common} rows={4} value={text} onChange={onChange} />;
    case "list":
      return <ListInput {...{ label, error, help, locked: !!locked }} list={list} onChange={onChange} />;
    case "terms":
      return def.taxonomy ? <TermsInput taxonomy={def.taxonomy} {...{ label, error, help, locked: !!locked }} list={list} onChange={onChange} /> : null;
    case "choices":
      return <CheckboxGroup label={label} help={help} error={error} isReadOnly={!!locked} value={list} onChange={onChange}>{options.filter((o) => !o.retired || list.includes(o.value)).map((o) => <Checkbox key={o.value} value={o.value}>{own(o)}</Checkbox>)}</CheckboxGroup>;
    case "choice":
    case "yesno": {
      const choices = def.type === "yesno" ? [{ id: "yes", label: t("asset.yes") }, { id: "no", label: t("asset.no") }] : options.filter((o) => !o.retired || o.value === text).map((o) => ({ id: o.value, label: own(o) }));
      return <Select label={label} help={help} error={error} isDisabled={!!locked} choices={[{ id: "-", label: t("asset.nothing_said") }, ...choices]} value={text || "-"} onChange={(k) => onChange(k === "-" ? "" : String(k))} />;
    }
    case "date":
      return <TextField {...common} value={text} onChange={onChange} placeholder="2026-05-31" inputMode="numeric" help={help ? `${t("asset.date_help")} ${help}` : t("asset.date_help")} />;
    case "url":
      return <TextField {...common} type="url" value={text} onChange={onChange} />;
    case "number":
      return <TextField {...common} inputMode="decimal" value={text} onChange={onChange} />;
    default:
      return <TextField {...common} value={text} onChange={onChange} />;
  }
}

type ListProps = { label: string; list: string[]; onChange(list: string[]): void; error?: string | undefined; help?: string | undefined; locked: boolean };

/** Chips shows the values of a list, each with a way to take it away. */
function Chips({ label, list, named, onRemove, locked }: { label: string; list: string[]; named(v: string): string; onRemove(v: string): void; locked: boolean }) {
  if (!list.length) return null;
  return (
    <TagGroup aria-label={label} {...(locked ? {} : { onRemove: (keys) => keys.forEach((k) => onRemove(String(k))) })}>
      <TagList className="chips">
        {list.map((v) => (
          <Tag key={v} id={v} textValue={named(v)} className="chip">
            {named(v)}
            {!locked && <IconButton slot="remove" className="small" label={t("asset.take_away", { value: named(v) })}><X size={14} aria-hidden /></IconButton>}
          </Tag>
        ))}
      </TagList>
    </TagGroup>
  );
}

function ListInput({ label, list, onChange, error, help, locked }: ListProps) {
  const [text, setText] = useState("");
  const add = () => {
    const more = text.split(/[,;\n]/).map((s) => s.trim()).filter((s) => s && !list.includes(s));
    if (more.length) onChange([...list, ...new Set(more)]);
    setText("");
  };
  return (
    <div className="list-input">
      {locked ? <Label className="label">{label}</Label> : (
        <div className="add">
          <TextField label={label} help={help ? `${t("asset.list_help")} ${help}` : t("asset.list_help")} error={error} value={text} onChange={setText} onKeyDown={(e) => { if (e.key === "Enter") { e.preventDefault(); add(); } }} onBlur={add} />
          <Button onPress={add} isDisabled={!text.trim()}><Plus size={16} aria-hidden />{t("ui.add")}</Button>
        </div>
      )}
      <Chips label={label} list={list} named={(v) => v} locked={locked} onRemove={(v) => onChange(list.filter((x) => x !== v))} />
    </div>
  );
}

function TermsInput({ taxonomy, label, list, onChange, error, help, locked }: ListProps & { taxonomy: string }) {
  const q = useQuery(terms(taxonomy));
  const [typed, setTyped] = useState("");
  const items = q.data?.items ?? [];
  const all = items.map((x) => ({ id: x.id as string, label: wayOf(x, items), past: !!x.deprecated_at || !!x.merged_into }));
  const named = (v: string) => all.find((x) => x.id === v)?.label ?? v;
  const found = all.filter((x) => !x.past && !list.includes(x.id) && x.label.toLocaleLowerCase().includes(typed.toLocaleLowerCase())).slice(0, 30);
  return (
    <div className="list-input">
      {locked ? <Label className="label">{label}</Label> : <Pick label={label} help={help} error={error} choices={found} inputValue={typed} onInputChange={setTyped} menuTrigger="focus" allowsEmptyCollection onPick={(k) => { onChange([...list, k]); setTyped(""); }} />}
      <Chips label={label} list={list} named={named} locked={locked} onRemove={(v) => onChange(list.filter((x) => x !== v))} />
    </div>
  );
}

export { labelOf };
