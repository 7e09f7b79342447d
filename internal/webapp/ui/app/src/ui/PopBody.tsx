// SPDX-License-Identifier: Apache-2.0
import type { ReactNode, RefObject } from "react";
import { Dialog, Popover } from "react-aria-components";

/** PopBody is what Pop opens. */
export function PopBody({ trigger, label, className, onClose, children }: { trigger: RefObject<HTMLElement | null>; label: string; className?: string | undefined; onClose(): void; children: ReactNode }) {
  return (
    <Popover className={`popover ${className ?? ""}`} placement="bottom end" triggerRef={trigger} isOpen onOpenChange={(open) => !open && onClose()}>
      <Dialog aria-label={label} className="stack pad">{children}</Dialog>
    </Popover>
  );
}
