// SPDX-License-Identifier: Apache-2.0
// How an asset and what belongs to it is called.

import { has, language, t, type Key } from "../../i18n";
import type { Asset, FieldDefinition, Term } from "../../api/gen";

const any = t as (key: string, args?: object) => string;
/** said is the text of a key that was put together; the fallback where there is none. */
export const said = (key: string, fallback: string, args?: object): string => (has(key) ? any(key as Key, args) : fallback);

/** titleOf is what an asset is called: its title, else the file's name. */
export function titleOf(a: Asset): string {
  const f = a.fields["title"];
  const texts = f?.lang ?? {};
  return texts[language] || texts[""] || Object.values(texts).find(Boolean) || f?.value || a.name;
}

/** altOf is the decided alt text in the language of the interface, else in any; empty when there is none. */
export function altOf(a: Asset): string {
  const one = a.alt[language] ?? Object.values(a.alt)[0];
  return one?.decision === "text" ? (one.text ?? "") : "";
}

/** labelOf is what a field is called. */
export const labelOf = (d: FieldDefinition): string => (d.built_in ? said(`terms.field_${d.name}`, d.name) : wordOf(d.label) || d.name);

/** wordOf is a text in the language of the interface, else in any. */
export const wordOf = (texts: Record<string, string> | undefined): string => texts?.[language] ?? texts?.["sv"] ?? Object.values(texts ?? {})[0] ?? "";

/** wayOf is what a term is called, with what it stands below. */
export function wayOf(term: Term, all: Term[]): string {
  const way = [wordOf(term.label)];
  for (let up = term.parent; up && way.length < 20; ) {
    const above = all.find((x) => x.id === up);
    if (above) way.unshift(wordOf(above.label));
    up = above?.parent;
  }
  return way.join(" › ");
}

/** fieldName is what a field of the history is called. */
export const fieldName = (name: string): string => said(`terms.field_${name}`, said(`asset.field_${name}`, name));

const names = new Intl.DisplayNames([document.documentElement.lang], { type: "language" });
/** languageName is what a language is called; the empty tag is the unknown language. */
export function languageName(tag: string): string {
  if (!tag) return t("asset.language_unknown");
  try {
    const name = names.of(tag) ?? tag;
    return name.charAt(0).toLocaleUpperCase() + name.slice(1);
  } catch {
    return tag;
  }
}

/** picture is the rendition that is at least so wide, else the largest. */
export const picture = (a: Pick<Asset, "renditions">, width: number) => {
  const list = a.renditions.filter((r) => r.media_type.startsWith("image/")).sort((x, y) => x.width - y.width);
  return list.find((r) => r.width >= width) ?? list.at(-1);
};

/** can reports whether the asker may do something with an asset. */
export const can = (a: Asset, permission: string): boolean => (a.permissions as string[]).includes(permission);
