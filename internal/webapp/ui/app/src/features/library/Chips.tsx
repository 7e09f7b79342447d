// SPDX-License-Identifier: Apache-2.0
// What narrows the list, each with a way to take it away, and how the search text was understood.

import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useRef } from "react";
import type { Folder } from "../../api/gen";
import { has, t } from "../../i18n";
import { Button, Note } from "../../ui";
import { kindName } from "./filters";
import { SaveSearch } from "./Saved";
import { folderName } from "./folderName";
import { useGo, type Place } from "./place";
import { explanation } from "./queries";
import { fOf, type Filter } from "./text";

/** filterName says a filter in words: "Nyckelord: hav". */
export function filterName(f: Filter): string {
  const value = f.key === "kind" ? kindName(f.value) : f.value;
  const key = `library.key_${f.key}`;
  return t("library.condition", { key: has(key) ? t(key) : f.key, value });
}

/** Chips lists the conditions. Removing one leaves the focus among the others. */
export function Chips({ place, folder }: { place: Place; folder: Folder | undefined }) {
  const change = useGo();
  const box = useRef<HTMLDivElement>(null);
  const asked = useQuery({ ...explanation(place.q), enabled: !!place.q });
  if (!place.q && !place.filters.length) return null;
  const removed = () => requestAnimationFrame(() => (box.current?.querySelector<HTMLElement>("button") ?? document.getElementById("main"))?.focus());
  const chips = [
    ...(place.q ? [{ id: "q", text: t("library.searched", { q: place.q }), remove: () => change({ q: undefined, saved: undefined }) }] : []),
    ...place.filters.map((f, i) => ({ id: f.key + f.value, text: filterName(f), remove: () => change({ f: fOf(place.filters.filter((_, j) => j !== i)), saved: undefined }) })),
  ];
  return (
    <div className="chips" ref={box} role="group" aria-label={t("library.conditions")}>
      <ul>
        {chips.map((c) => (
          <li key={c.id} className="chip"><bdi className="cut" title={c.text}>{c.text}</bdi><button type="button" aria-label={t("library.remove_condition", { what: c.text })} onClick={() => { c.remove(); removed(); }}><X size={14} aria-hidden /></button></li>
        ))}
        {chips.length > 1 && <li><Button kind="quiet" className="small-text" onPress={() => { change({ q: undefined, f: undefined, saved: undefined }); removed(); }}>{t("library.clear_all")}</Button></li>}
        <li><SaveSearch place={place} /></li>
      </ul>
      {place.q && folder && (
        <p className="row small">
          <span className="soft">{t("library.searched_in", { name: folderName(folder) })}</span>
          <Button kind="quiet" className="small-text" onPress={() => change({ folder: undefined, deep: undefined })}>{t("library.search_everywhere")}</Button>
        </p>
      )}
      {asked.data?.hints?.length ? <Note kind="warn"><ul>{asked.data.hints.map((h) => <li key={h.at}>{hint(h.text)}</li>)}</ul></Note> : null}
    </div>
  );
}

/** hint says in the language of the interface what the server found strange. */
function hint(text: string): string {
  const [, name] = /called "(.*)", so/.exec(text) ?? [];
  return name ? t("library.hint_no_key", { name }) : text;
}
