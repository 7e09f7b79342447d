// SPDX-License-Identifier: Apache-2.0
// Whether the filters are shown, and what their values are called.

import { useSyncExternalStore } from "react";
import { has, t } from "../../i18n";

let open = sessionStorage.getItem("tillgang.filters") === "1";
const listeners = new Set<() => void>();
/** setFiltersOpen shows or hides the filters. */
export function setFiltersOpen(on: boolean): void {
  open = on;
  sessionStorage.setItem("tillgang.filters", on ? "1" : "0");
  for (const l of listeners) l();
}
/** useFiltersOpen is whether they are shown. */
export const useFiltersOpen = (): boolean => useSyncExternalStore((l) => (listeners.add(l), () => void listeners.delete(l)), () => open);

/** kindName names a kind: Bilder. */
export const kindName = (kind: string): string => (has(`terms.kind_${kind}`) ? t(`terms.kind_${kind}` as "terms.kind_image") : kind);
