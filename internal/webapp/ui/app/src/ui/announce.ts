// SPDX-License-Identifier: Apache-2.0
// One place for what is told to screen readers without moving the focus.

type Listener = (text: string, urgent: boolean) => void;
let listener: Listener | undefined;
/** onAnnounce is for the shell, which owns the live regions. */
export function onAnnounce(fn: Listener): () => void {
  listener = fn;
  return () => void (listener = undefined);
}
/** announce tells a sentence politely, or at once when it is urgent. */
export function announce(text: string, urgent = false): void {
  listener?.(text, urgent);
}
