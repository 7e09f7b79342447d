// SPDX-License-Identifier: Apache-2.0
import { Text, UNSTABLE_Toast as Toast, UNSTABLE_ToastContent as ToastContent, UNSTABLE_ToastQueue as ToastQueue, UNSTABLE_ToastRegion as ToastRegion } from "react-aria-components";
import { X } from "lucide-react";
import { t } from "../i18n";
import { Button, IconButton } from "./Button";

type Said = { text: string; kind: "good" | "bad"; action?: { label: string; run(): void } };
const queue = new ToastQueue<Said>({ maxVisibleToasts: 3 });

/** toast tells that something was done, with a way to take it back. With an action it stays 20 seconds (WCAG 2.2.1), and waits while it is pointed at or focused. */
export function toast(text: string, more: { kind?: "good" | "bad"; action?: { label: string; run(): void } } = {}): void {
  queue.add({ text, kind: more.kind ?? "good", ...(more.action ? { action: more.action } : {}) }, { timeout: more.action || more.kind === "bad" ? 20_000 : 8_000 });
}

/** Toasts stands once in the shell. F6 goes to it. */
export function Toasts() {
  return (
    <ToastRegion queue={queue} className="toasts" aria-label={t("ui.messages")}>
      {({ toast: one }) => (
        <Toast toast={one} className={`toast ${one.content.kind}`}>
          <ToastContent className="toast-text"><Text slot="title">{one.content.text}</Text></ToastContent>
          {one.content.action && <Button kind="quiet" onPress={() => { one.content.action!.run(); queue.close(one.key); }}>{one.content.action.label}</Button>}
          <IconButton slot="close" label={t("ui.close")}><X size={16} aria-hidden /></IconButton>
        </Toast>
      )}
    </ToastRegion>
  );
}
