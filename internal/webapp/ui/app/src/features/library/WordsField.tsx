// SPDX-License-Identifier: Apache-2.0
// Several words under one label: keywords. Enter or a comma adds one; each has its button to take it away.

import { useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { t } from "../../i18n";
import { announce, ComboBox } from "../../ui";
import { keywords } from "./queries";

/** WordsField edits a list of words, with those in use proposed. */
export function WordsField({ label, help, value, onChange, autoFocus, error }: { label: string; help?: string; value: string[]; onChange(v: string[]): void; autoFocus?: boolean; error?: string | undefined }) {
  const [text, setText] = useState("");
  const found = useQuery({ ...keywords(text.trim()), enabled: !!text.trim() });
  const list = useRef<HTMLUListElement>(null);
  const add = (raw: string) => {
    const more = raw.split(/[,;\n]/).map((w) => w.trim()).filter((w) => w && !value.some((v) => v.toLowerCase() === w.toLowerCase()));
    if (more.length) {
      onChange([...value, ...new Set(more)]);
      announce(t("library.word_added", { word: more.join(", ") }));
    }
    setText("");
  };
  const remove = (word: string, i: number) => {
    onChange(value.filter((v) => v !== word));
    announce(t("library.word_removed", { word }));
    requestAnimationFrame(() => (list.current?.querySelectorAll<HTMLElement>("button")[Math.min(i, value.length - 2)] ?? list.current?.parentElement?.querySelector("input"))?.focus());
  };
  const offers = text.trim() ? (found.data?.items ?? []).filter((w) => !value.includes(w)).slice(0, 8) : [];
  return (
    <div className="words" onKeyDownCapture={(e) => {
      if ((e.key === "Enter" || e.key === ",") && e.target instanceof HTMLInputElement && text.trim() && !e.target.getAttribute("aria-activedescendant")) {
        e.preventDefault();
        e.stopPropagation();
        add(text);
      }
    }} onBlur={(e) => { if (text.trim() && e.target instanceof HTMLInputElement && !e.relatedTarget?.closest(".popover")) add(text); }}>
      <ComboBox label={label} help={help ?? t("library.words_help")} error={error} autoFocus={!!autoFocus} allowsCustomValue menuTrigger="input" inputValue={text} onInputChange={(v) => (v.includes(",") || v.includes(";") ? add(v) : setText(v))} selectedKey={null} onSelectionChange={(k) => k !== null && add(String(k))} choices={offers.map((w) => ({ id: w, label: w }))} />
      {value.length > 0 && (
        <ul className="row" ref={list} aria-label={label}>
          {value.map((w, i) => <li key={w} className="chip"><bdi className="cut">{w}</bdi><button type="button" aria-label={t("library.remove_condition", { what: w })} onClick={() => remove(w, i)}><X size={14} aria-hidden /></button></li>)}
        </ul>
      )}
    </div>
  );
}
