// SPDX-License-Identifier: Apache-2.0
// The search box in the header: words and conditions, completed while one writes; a dialog builds them for everyone else.

import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ListFilter, Search as SearchIcon, X } from "lucide-react";
import { has, t } from "../../i18n";
import { announce, IconButton } from "../../ui";
import { lazyDialog } from "../../shell/lazyPart";
import { completions } from "./queries";
import { quoted, wordAt } from "./text";

const Builder = lazyDialog<{ text: string; onClose(): void; onSearch(q: string): void }>(["library", "terms"], () => import("./Builder"), "Builder");

type Offer = { value: string; key?: string; label: string; what: string };
const keyOf: Record<string, string> = { keywords: "tag", persons: "person", creator: "creator", city: "city", country: "country" };
const fieldOf: Record<string, string[]> = { keywords: ["tag", "tags", "tagg", "taggar", "nyckelord", "keyword", "keywords", "nøkkelord", "emneord", "nøgleord", "avainsana", "avainsanat"], persons: ["person", "persons", "people", "personer", "henkilö", "henkilöt"], creator: ["creator", "fotograf", "photographer", "upphov", "ophav", "opphav", "kuvaaja"], city: ["city", "stad", "ort", "sted", "kaupunki"], country: ["country", "land", "maa"] };

/** LibrarySearch is the box. Arrows choose a proposal, Enter takes it, or searches when none is chosen; Escape closes, then empties. */
export function LibrarySearch() {
  const search: Record<string, string | undefined> = useSearch({ strict: false });
  const go = useNavigate();
  const now = search["q"] ?? "";
  const [text, setText] = useState(now);
  const [typed, setTyped] = useState("");
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [building, setBuilding] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => setText(now), [now]);

  // What was typed is completed a moment later; the answers of a longer beginning are among those of a shorter one.
  const [prefix, setPrefix] = useState("");
  useEffect(() => {
    const later = setTimeout(() => setPrefix(typed), 150);
    return () => clearTimeout(later);
  }, [typed]);
  const found = useQuery({ ...completions(prefix), enabled: open && prefix.length > 0 });
  const word = wordAt(text, input.current?.selectionStart ?? text.length);
  const offers: Offer[] = !open || !prefix || !found.data ? [] : found.data.items
    .filter((c) => c.value.toLowerCase().startsWith(word.typed.toLowerCase()) || !c.field)
    .filter((c) => (word.key ? !!c.field && (fieldOf[c.field]?.includes(word.key) ?? c.field === word.key) : true))
    .map((c) => {
      const key = c.field ? (keyOf[c.field] ?? c.field) : undefined;
      const name = `terms.field_${c.field}`;
      return { value: c.value, ...(key ? { key } : {}), label: c.value, what: c.field ? (has(name) ? t(name) : c.field) : t("library.complete_key") };
    });
  const list = offers.slice(0, 10);
  const shown = open && list.length > 0;
  useEffect(() => setActive(-1), [prefix]);
  const said = shown ? list.length : 0;
  useEffect(() => {
    if (said) announce(t("library.completions", { n: said }));
  }, [said, prefix]);

  const submit = (q: string) => {
    setOpen(false);
    setText(q);
    const { view, folder } = search;
    void go({ to: "/", search: { ...(view ? { view } : {}), ...(folder ? { folder, deep: "1" } : {}), ...(q.trim() ? { q: q.trim() } : {}) } });
  };
  const take = (o: Offer) => {
    const el = input.current!;
    const w = wordAt(text, el.selectionStart ?? text.length);
    const before = text.slice(0, w.from).replace(/["“”„‟«»]$/, "");
    const value = o.key ? (w.key ? quoted(o.value) : `${o.key}:${quoted(o.value)}`) : o.value;
    const end = o.key ? " " : "";
    const next = before + value + end + text.slice(w.to).trimStart();
    setText(next);
    setTyped("");
    setPrefix("");
    setActive(-1);
    requestAnimationFrame(() => {
      el.focus();
      const at = (before + value + end).length;
      el.setSelectionRange(at, at);
    });
  };
  const onKey = (e: KeyboardEvent) => {
    if (e.nativeEvent.isComposing) return;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      if (!shown) return setOpen(true), setTyped(wordAt(text, input.current?.selectionStart ?? text.length).typed);
      setActive((a) => (e.key === "ArrowDown" ? (a + 1 >= list.length ? -1 : a + 1) : a < 0 ? list.length - 1 : a - 1));
    } else if (e.key === "Enter") {
      e.preventDefault();
      const o = shown ? list[active] : undefined;
      if (o) take(o);
      else submit(text);
    } else if (e.key === "Tab" && shown && active >= 0 && !e.shiftKey) {
      e.preventDefault();
      take(list[active]!);
    } else if (e.key === "Escape") {
      if (shown) setOpen(false);
      else if (text) setText("");
      else return;
      e.preventDefault();
      e.stopPropagation();
    }
  };
  return (
    <div className="search-box" role="search">
      <div className="search">
        <SearchIcon size={16} aria-hidden />
        <input
          ref={input} className="input" type="text" role="combobox" aria-label={t("shell.search")} aria-autocomplete="list" aria-expanded={shown} aria-controls={shown ? id + "list" : undefined} aria-activedescendant={shown && active >= 0 ? `${id}o${active}` : undefined}
          placeholder={t("library.search_example")} value={text} maxLength={2000} spellCheck={false} autoComplete="off" enterKeyHint="search"
          onChange={(e) => { setText(e.target.value); setTyped(wordAt(e.target.value, e.target.selectionStart ?? e.target.value.length).typed); setOpen(true); }}
          onKeyDown={onKey} onBlur={() => setOpen(false)}
        />
        {text && <IconButton className="small" label={t("library.search_clear")} onPress={() => { setText(""); input.current?.focus(); if (now) submit(""); }}><X size={14} aria-hidden /></IconButton>}
        <IconButton className="small" label={t("library.builder")} onHoverStart={Builder.fetch} onPress={() => setBuilding(true)}><ListFilter size={16} aria-hidden /></IconButton>
      </div>
      {shown && (
        <ul id={id + "list"} role="listbox" aria-label={t("library.completions_title")} className="listbox popover search-offers">
          {list.map((o, i) => (
            <li key={o.what + o.value} id={`${id}o${i}`} role="option" aria-selected={i === active} className="option" data-focused={i === active || undefined} onMouseDown={(e) => { e.preventDefault(); take(o); }} onMouseMove={() => setActive(i)}>
              <bdi className="cut">{o.label}</bdi><span className="soft small end">{o.what}</span>
            </li>
          ))}
        </ul>
      )}
      {building && <Builder text={text} onClose={() => setBuilding(false)} onSearch={(q) => { setBuilding(false); submit(q); }} />}
    </div>
  );
}
