// SPDX-License-Identifier: Apache-2.0
// Lists are cut by cursors that only lead forth; where each page of a list begins is remembered here.

const trails = new Map<string, string[]>(); // by query: the cursors of page 2, 3 …
const most = 20;

/** cursorOf is the cursor of a page: empty for the first, null when it is not known. */
export function cursorOf(query: string, page: number): string | null {
  if (page === 1) return "";
  return trails.get(query)?.[page - 2] ?? null;
}

/** noteCursor remembers where a page begins. */
export function noteCursor(query: string, page: number, cursor: string): void {
  const t = trails.get(query) ?? [];
  trails.delete(query);
  t[page - 2] = cursor;
  t.length = page - 1; // what came behind may begin elsewhere now
  trails.set(query, t);
  if (trails.size > most) trails.delete(trails.keys().next().value!);
}
