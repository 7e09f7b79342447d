// SPDX-License-Identifier: Apache-2.0
import { useSyncExternalStore } from "react";
import { announce } from "./announce";
import { later } from "./later";

export type Said = { text: string; kind: "good" | "bad"; action?: { label: string; run(): void } };

const list = later(() => import("./ToastList"));
const listeners = new Set<() => void>();
let here = false;

/** toast tells that something was done, with a way to take it back. With an action it stays 20 seconds (WCAG 2.2.1), and waits while it is pointed at or focused. */
export function toast(text: string, more: { kind?: "good" | "bad"; action?: { label: string; run(): void } } = {}): void {
  const said: Said = { text, kind: more.kind ?? "good", ...(more.action ? { action: more.action } : {}) };
  list.get().then(
    ({ queue }) => {
      here = true;
      for (const l of listeners) l();
      queue.add(said, { timeout: more.action || more.kind === "bad" ? 20_000 : 8_000 });
    },
    () => announce(text, true),
  );
}

/** Toasts stands once in the shell. F6 goes to it. */
export function Toasts() {
  const ready = useSyncExternalStore((l) => (listeners.add(l), () => void listeners.delete(l)), () => here);
  const List = list.now?.ToastList;
  return ready && List ? <List /> : null;
}

// What is told must be seen when the connection is gone too: its code comes with the first thing that is done here.
const fetchOnce = () => void list.get().catch(() => undefined);
window.addEventListener("pointerdown", fetchOnce, { once: true, passive: true });
window.addEventListener("keydown", fetchOnce, { once: true, passive: true });
