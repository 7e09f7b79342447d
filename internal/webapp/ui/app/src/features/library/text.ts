// SPDX-License-Identifier: Apache-2.0
// The text of queries: conditions written into it, read out of it, completed in it. The grammar is the server's
// (internal/search/doc.go); this knows only as much as it takes to write it.

/** Filter is one chosen facet: tag:sommar, kind:image, taken:2024. */
export type Filter = { key: string; value: string };

const marks = /["“”„‟«»]/g;

/** quoted writes a value so that it is read as one; signs of quotation in it become spaces. */
export function quoted(value: string): string {
  const v = value.trim().replace(marks, " ");
  return /^[\p{L}\p{N}][\p{L}\p{N}_.-]*$/u.test(v) ? v : `"${v}"`;
}

/** textOf writes filters as conditions. */
export const textOf = (filters: Filter[]): string => filters.map((f) => `${f.key}:${/^(taken|uploaded|size|width|height|duration|expires)$/.test(f.key) ? f.value : quoted(f.value)}`).join(" ");

/** filtersOf reads the address's member f: key:value with what is odd in values percent-encoded, spaces between. */
export function filtersOf(f: string): Filter[] {
  return f
    .split(" ")
    .map((part) => part.split(":"))
    .filter((x): x is [string, string] => x.length === 2 && !!x[0] && !!x[1])
    .map(([key, value]) => ({ key, value: safely(value) }));
}

function safely(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** fOf writes filters for the address. */
export const fOf = (filters: Filter[]): string | undefined => filters.map((f) => `${f.key}:${encodeURIComponent(f.value)}`).join(" ") || undefined;

/** wordAt is the part of a query's text that the cursor stands in: where it begins and ends, its key and what was typed of its value. */
export function wordAt(text: string, cursor: number): { from: number; to: number; not: string; key: string; typed: string } {
  let from = cursor;
  let inQuotes = false;
  for (let i = 0; i < cursor; i++) if (marks.test(text[i]!)) inQuotes = !inQuotes, (marks.lastIndex = 0);
  marks.lastIndex = 0;
  if (inQuotes) {
    from = text.slice(0, cursor).search(/["“”„‟«»](?=[^"“”„‟«»]*$)/);
    while (from > 0 && !/\s/.test(text[from - 1]!)) from--;
  } else while (from > 0 && !/\s/.test(text[from - 1]!)) from--;
  let to = cursor;
  while (to < text.length && !/\s/.test(text[to]!)) to++;
  const part = text.slice(from, cursor);
  const [, not = "", key = "", value = ""] = /^(-?)(?:([\p{L}_]+):)?(.*)$/su.exec(part) ?? [];
  const last = value.slice(value.lastIndexOf("|") + 1);
  return { from: from + (part.length - last.length), to, not, key: key.toLowerCase(), typed: last.replace(marks, "") };
}
