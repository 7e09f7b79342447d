// SPDX-License-Identifier: Apache-2.0
// Builds a search out of conditions, for whoever does not want to write it. It makes the same text.

import { useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import type { FieldDefinition } from "../../api/gen";
import { has, language, t } from "../../i18n";
import { Button, ComboBox, Dialog, Form, IconButton, Select, TextField, type Choice } from "../../ui";
import { kindName } from "./filters";
import { definitions, completions, keywords } from "./queries";
import { quoted } from "./text";

type Kind = "words" | "text" | "tag" | "person" | "kind" | "date" | "size" | "has" | "no";
type Row = { id: number; what: string; not: boolean; a: string; b: string };

const kinds = ["image", "video", "audio", "document", "archive", "font", "other"];
const built: [string, Kind][] = [
  ["words", "words"], ["tag", "tag"], ["person", "person"], ["title", "text"], ["description", "text"], ["name", "text"], ["text", "text"], ["kind", "kind"],
  ["taken", "date"], ["uploaded", "date"], ["creator", "text"], ["city", "text"], ["country", "text"], ["size", "size"], ["has", "has"], ["no", "no"],
];
const things = ["alt", "title", "description", "keywords", "persons", "creator", "captured_on", "expiry"];

/** fieldName is what a field is called in the language of the interface. */
export function fieldName(f: { name: string; label?: Record<string, string> }): string {
  const key = `terms.field_${f.name}`;
  return f.label?.[language] ?? (has(key) ? t(key) : (Object.values(f.label ?? {})[0] ?? f.name));
}

function textOfRow(r: Row, kind: Kind): string {
  const not = r.not ? "-" : "";
  const a = r.a.trim();
  const b = r.b.trim();
  if (kind === "words") return a ? (r.not ? `-${quoted(a)}` : a) : "";
  if (kind === "date" || kind === "size") {
    const unit = kind === "size" ? "mb" : "";
    const span = a && b ? `${a}${unit}..${b}${unit}` : a ? `>=${a}${unit}` : b ? `<=${b}${unit}` : "";
    return span && `${not}${r.what}:${span}`;
  }
  return a && `${not}${r.what}:${quoted(a)}`;
}

/** Builder asks for conditions and gives the text of the search. What was written before stays as its first condition. */
export function Builder({ text, onClose, onSearch }: { text: string; onClose(): void; onSearch(q: string): void }) {
  const own = useQuery(definitions);
  const extra = (own.data?.items ?? []).filter((f: FieldDefinition) => !f.built_in && f.searchable);
  const [rows, setRows] = useState<Row[]>([{ id: 0, what: "words", not: false, a: text, b: "" }]);
  const kindOf = (what: string): Kind => built.find(([name]) => name === what)?.[1] ?? "text";
  const change = (id: number, c: Partial<Row>) => setRows(rows.map((r) => (r.id === id ? { ...r, ...c } : r)));
  const q = rows.map((r) => textOfRow(r, kindOf(r.what))).filter(Boolean).join(" ");
  const whats: Choice[] = [...built.map(([id]) => ({ id, label: t(`library.key_${id}` as "library.key_tag") })), ...extra.map((f) => ({ id: f.name, label: fieldName(f) }))];
  const add = () => setRows([...rows, { id: Math.max(0, ...rows.map((r) => r.id)) + 1, what: "tag", not: false, a: "", b: "" }]);
  const search = (e: FormEvent) => {
    e.preventDefault();
    onSearch(q);
  };
  return (
    <Dialog open keep title={t("library.builder")} onClose={onClose} footer={
      <>
        <Button onPress={onClose}>{t("ui.cancel")}</Button>
        <Button kind="main" type="submit" form="builder" isDisabled={!q}>{t("library.search")}</Button>
      </>
    }>
      <Form id="builder" className="stack" onSubmit={search}>
        <div className="stack">
          {rows.map((r, i) => (
            <div key={r.id} className="builder-row" role="group" aria-label={t("library.condition_n", { n: i + 1 })}>
              <Select label={t("library.what")} choices={whats} selectedKey={r.what} onSelectionChange={(k) => change(r.id, { what: String(k), a: "", b: "" })} />
              <Select label={t("library.how")} choices={[{ id: "is", label: t("library.is") }, { id: "not", label: t("library.is_not") }]} selectedKey={r.not ? "not" : "is"} onSelectionChange={(k) => change(r.id, { not: k === "not" })} />
              <Value row={r} kind={kindOf(r.what)} onChange={(c) => change(r.id, c)} />
              {rows.length > 1 && <IconButton label={t("library.remove_condition_n", { n: i + 1 })} onPress={() => setRows(rows.filter((x) => x.id !== r.id))}><Trash2 size={16} aria-hidden /></IconButton>}
            </div>
          ))}
        </div>
        <div><Button onPress={add}><Plus size={16} aria-hidden />{t("library.add_condition")}</Button></div>
        <p className="soft small">{t("library.builder_text")}</p>
        <p><code>{q || "…"}</code></p>
      </Form>
    </Dialog>
  );
}

function Value({ row: r, kind, onChange }: { row: Row; kind: Kind; onChange(c: Partial<Row>): void }) {
  if (kind === "kind") return <Select label={t("library.value")} choices={kinds.map((id) => ({ id, label: kindName(id) }))} selectedKey={r.a || null} onSelectionChange={(k) => onChange({ a: String(k) })} />;
  if (kind === "has" || kind === "no") return <Select label={t("library.value")} choices={things.map((id) => ({ id, label: id === "expiry" ? t("terms.field_expires_at") : fieldName({ name: id }) }))} selectedKey={r.a || null} onSelectionChange={(k) => onChange({ a: String(k) })} />;
  if (kind === "date" || kind === "size")
    return (
      <div className="two">
        <TextField label={kind === "date" ? t("library.from") : t("library.least_mb")} type={kind === "date" ? "date" : "number"} value={r.a} onChange={(a) => onChange({ a })} />
        <TextField label={kind === "date" ? t("library.to") : t("library.most_mb")} type={kind === "date" ? "date" : "number"} value={r.b} onChange={(b) => onChange({ b })} />
      </div>
    );
  if (kind === "tag" || kind === "person") return <Proposed row={r} field={kind === "tag" ? "keywords" : "persons"} onChange={onChange} />;
  return <TextField label={t("library.value")} value={r.a} onChange={(a) => onChange({ a })} />;
}

function Proposed({ row: r, field, onChange }: { row: Row; field: string; onChange(c: Partial<Row>): void }) {
  const words = useQuery({ ...keywords(r.a), enabled: field === "keywords" && !!r.a });
  const all = useQuery({ ...completions(r.a), enabled: field !== "keywords" && !!r.a });
  const values = field === "keywords" ? (words.data?.items ?? []) : (all.data?.items ?? []).filter((c) => c.field === field).map((c) => c.value);
  return <ComboBox label={t("library.value")} allowsCustomValue inputValue={r.a} onInputChange={(a) => onChange({ a })} choices={values.map((v) => ({ id: v, label: v }))} />;
}
