// SPDX-License-Identifier: Apache-2.0
// What the screen that is open can do, for the palette and the sheet of shortcuts.

import { useEffect, useSyncExternalStore } from "react";

export type Command = { id: string; label: string; /** as shown: "Ctrl+A", "M" */ keys?: string; run(): void };

let now: Command[] = [];
const sets = new Map<object, Command[]>();
const listeners = new Set<() => void>();
const tell = () => {
  now = [...sets.values()].flat();
  for (const l of listeners) l();
};

/** useOwnCommands offers a screen's commands while it is shown. Give it a list that keeps its identity. */
export function useOwnCommands(commands: Command[]): void {
  useEffect(() => {
    const mine = {};
    sets.set(mine, commands);
    tell();
    return () => {
      sets.delete(mine);
      tell();
    };
  }, [commands]);
}

/** useCommands are those of everything that is shown. */
export const useCommands = (): Command[] =>
  useSyncExternalStore(
    (l) => (listeners.add(l), () => void listeners.delete(l)),
    () => now,
  );
