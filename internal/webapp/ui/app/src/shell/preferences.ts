// SPDX-License-Identifier: Apache-2.0
// What a person prefers on this machine. The theme is also a cookie, so that the server's pages and the first paint know it.

import { useSyncExternalStore } from "react";

export type Preferences = {
  theme: "system" | "light" | "dark";
  density: "comfortable" | "compact";
  /** size of the pictures in the grid: the least width of a column in pixels, 140 to 320 */
  thumb: number;
  /** whether single keys do things while the grid has the focus (WCAG 2.1.4) */
  keys: boolean;
  /** whether the panels stand open */
  panel: boolean;
  nav: boolean;
};

const usual: Preferences = { theme: "system", density: "comfortable", thumb: 180, keys: true, panel: true, nav: true };
const name = "tillgang.preferences";

function read(): Preferences {
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(name) ?? "{}") as Partial<Preferences>) };
  } catch {
    return usual;
  }
}

let now = read();
const listeners = new Set<() => void>();

/** applyPreferences writes theme and density where the style sheets look for them. */
export function applyPreferences(): void {
  const html = document.documentElement;
  if (now.theme === "system") delete html.dataset.theme;
  else html.dataset.theme = now.theme;
  html.dataset.density = now.density;
}

/** setPreferences changes some and keeps the others. */
export function setPreferences(change: Partial<Preferences>): void {
  now = { ...now, ...change };
  try {
    localStorage.setItem(name, JSON.stringify(now));
  } catch {
    // Private windows may refuse; the choice then holds for this page.
  }
  document.cookie = `tg_theme=${now.theme}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  applyPreferences();
  for (const l of listeners) l();
}

/** usePreferences is what is preferred now. */
export const usePreferences = (): Preferences =>
  useSyncExternalStore(
    (l) => (listeners.add(l), () => void listeners.delete(l)),
    () => now,
  );
