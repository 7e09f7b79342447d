// SPDX-License-Identifier: Apache-2.0
// Words of the interface, compiled at build time (scripts/messages.mjs), and how dates, numbers and sizes are written.

import type { Feature, Messages } from "./gen/keys";

export type Language = "en" | "sv" | "nb" | "da" | "fi";
export type { Feature, Messages };
/** Key is the name of a text: "library.title". */
export type Key = keyof Messages;
/** PlainKey is the name of a text that takes no arguments. */
export type PlainKey = { [K in Key]: Messages[K] extends undefined ? K : never }[Key];

/** languages as they call themselves. */
export const languages: Record<Language, string> = { en: "English", sv: "Svenska", nb: "Norsk", da: "Dansk", fi: "Suomi" };

/** language of the interface; the server writes it into the page. */
export const language: Language = document.documentElement.lang in languages ? (document.documentElement.lang as Language) : "en";

/** locale is what Intl and React Aria are told. */
export const locale = { en: "en-GB", sv: "sv-SE", nb: "nb-NO", da: "da-DK", fi: "fi-FI" }[language];

type Format = { plural(n: number, options: Record<string, () => string>, type?: string): string; number(n: number): string; select(options: Record<string, unknown>, value: string): string };
type Compiled = string | ((args: Record<string, unknown>, format: Format) => string);

const plurals: Record<string, Intl.PluralRules> = {};
const count = new Intl.NumberFormat(locale);
const resolve = (s: unknown): string => (typeof s === "function" ? (s as () => string)() : String(s ?? ""));
const format: Format = {
  plural(n, options, type = "cardinal") {
    const exact = options["=" + n];
    if (exact) return resolve(exact);
    const rules = (plurals[type] ??= new Intl.PluralRules(locale, { type: type as Intl.PluralRuleType }));
    return resolve(options[rules.select(n)] ?? options["other"]);
  },
  number: (n) => count.format(n),
  select: (options, value) => resolve(options[value] ?? options["other"]),
};

const files = import.meta.glob<{ default: Record<string, Compiled> }>("./gen/*/*.js");
const words = new Map<string, Compiled>();

/** loadMessages makes the words of features ready; a feature's pages wait for it. */
export async function loadMessages(...features: Feature[]): Promise<void> {
  await Promise.all(
    features.map(async (feature) => {
      if (words.has(feature)) return;
      const file = files[`./gen/${language}/${feature}.js`];
      if (!file) throw new Error(`no words for ${feature}`);
      for (const [key, text] of Object.entries((await file()).default)) words.set(`${feature}.${key}`, text);
      words.set(feature, "");
    }),
  );
}

/** t says a text of the interface. */
export function t<K extends Key>(key: K, ...args: Messages[K] extends undefined ? [] : [Messages[K]]): string {
  const text = words.get(key);
  if (text === undefined) return key;
  return typeof text === "string" ? text : text((args[0] ?? {}) as Record<string, unknown>, format);
}

/** has reports whether there is a text by that name, for names that come from the server. */
export const has = (key: string): key is PlainKey => words.has(key);

const dates = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const times = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const months = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" });

/** date writes a day: "6 dec. 2026". A plain date (YYYY-MM-DD) is that day everywhere. */
export const date = (at: string): string => (at.length === 10 ? new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(at)) : dates.format(new Date(at)));
/** time writes a day and a time of day. */
export const time = (at: string): string => times.format(new Date(at));
/** month writes "december 2026" of YYYY-MM. */
export const month = (at: string): string => months.format(new Date(at + "-01T00:00:00Z"));
/** number writes a count with the language's separators. */
export const number = (n: number): string => count.format(n);

const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
/** bytes writes a size: "12,5 MB" (powers of 1000). */
export function bytes(n: number): string {
  let i = 0;
  while (n >= 999.5 && i < units.length - 1) (n /= 1000), i++;
  return new Intl.NumberFormat(locale, { style: "unit", unit: units[i]!, unitDisplay: i ? "short" : "long", maximumFractionDigits: n < 10 && i > 1 ? 1 : 0 }).format(n);
}

/** duration writes seconds as h:mm:ss. */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
/** ago writes how long ago (or until) something is: "3 days ago". */
export function ago(at: string, now = Date.now()): string {
  const s = (new Date(at).getTime() - now) / 1000;
  for (const [unit, of] of [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]] as const)
    if (Math.abs(s) >= of) return relative.format(Math.trunc(s / of), unit);
  return relative.format(0, "minute");
}
