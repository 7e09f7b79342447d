// SPDX-License-Identifier: Apache-2.0
import { Text, UNSTABLE_Toast as Toast, UNSTABLE_ToastContent as ToastContent, UNSTABLE_ToastQueue as ToastQueue, UNSTABLE_ToastRegion as ToastRegion } from "react-aria-components";
import { X } from "lucide-react";
import { t } from "../i18n";
import { Button, IconButton } from "./Button";
import type { Said } from "./toast";

/** queue holds what is told now. */
export const queue = new ToastQueue<Said>({ maxVisibleToasts: 3 });

/** ToastList shows it. */
export function ToastList() {
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
