// SPDX-License-Identifier: Apache-2.0
// One place for what is told to screen readers without moving the focus.

type Listener = (text: string, urgent: boolean) => void;
let listener: Listener | undefined;
let early: Parameters<Listener>[] = [];
/** onAnnounce is for the shell, which owns the live regions. What was told before they stood is told then. */
export function onAnnounce(fn: Listener): () => void {
  listener = fn;
  for (const x of early) fn(...x);
  early = [];
  return () => void (listener = undefined);
}
/** announce tells a sentence politely, or at once when it is urgent. */
export function announce(text: string, urgent = false): void {
  if (listener) listener(text, urgent);
  else early = [...early.slice(-5), [text, urgent]];
}
