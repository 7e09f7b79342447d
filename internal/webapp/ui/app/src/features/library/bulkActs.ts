// SPDX-License-Identifier: Apache-2.0
// What is done to fields of many files, as the form has it and as the server takes it.

import type { FieldAct, FieldDefinition } from "../../api/gen";

/** Deed is what shall be done to one field, with what was typed for it. */
export type Deed = { do: "keep" | FieldAct["do"]; value?: string | string[]; from?: string; to?: string };

/** several reports whether a field has many values. */
export const several = (d: FieldDefinition): boolean => d.type === "list" || d.type === "choices" || d.type === "terms";

/** deedsFor are the things that can be done to a field of a type. */
export function deedsFor(d: FieldDefinition): Deed["do"][] {
  if (several(d)) return ["keep", "add", "remove", ...(d.type === "list" ? (["replace"] as const) : []), "set", "clear"];
  if (d.type === "text" || d.type === "line") return ["keep", "set", "replace", "clear"];
  return ["keep", "set", "clear"];
}

/** ready reports whether enough was said to do it. */
export function ready(d: Deed): boolean {
  if (d.do === "keep" || d.do === "clear") return true;
  if (d.do === "replace") return !!d.from;
  return Array.isArray(d.value) ? d.value.length > 0 : !!d.value?.trim();
}

/** actOf makes the change: keys are names of fields, with "~" and a language where they have languages. */
export function actOf(deeds: Record<string, Deed>, defs: FieldDefinition[]): Record<string, FieldAct> {
  const out: Record<string, FieldAct> = {};
  for (const [key, deed] of Object.entries(deeds)) {
    const [name, lang] = key.split("~") as [string, string | undefined];
    const def = defs.find((d) => d.name === name);
    if (!def || deed.do === "keep") continue;
    // Texts in several languages are one act; what else is done to the field in another language holds for the field.
    if (deed.do === "set" && lang !== undefined) {
      const was = out[name];
      out[name] = { do: "set", lang: { ...(was?.do === "set" ? was.lang : {}), [lang]: String(deed.value ?? "") } };
    } else if (deed.do === "clear") out[name] = { do: "clear" };
    else if (deed.do === "replace") out[name] = { do: "replace", from: deed.from ?? "", to: deed.to ?? "" };
    else if (several(def)) out[name] = { do: deed.do, values: Array.isArray(deed.value) ? deed.value : [] };
    else out[name] = { do: "set", value: String(deed.value ?? "") };
  }
  return out;
}
