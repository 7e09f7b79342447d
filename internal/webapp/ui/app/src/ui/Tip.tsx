// SPDX-License-Identifier: Apache-2.0
import type { RefObject } from "react";
import { Tooltip } from "react-aria-components";

/** Tip is the bubble that useTip shows. It stays while it is pointed at (WCAG 1.4.13). */
export function Tip({ trigger, label, onStay, onLeave }: { trigger: RefObject<HTMLElement | null>; label: string; onStay(): void; onLeave(): void }) {
  return <Tooltip className="tooltip" offset={6} triggerRef={trigger} isOpen onOpenChange={(open) => (open ? onStay() : onLeave())}><span onPointerEnter={onStay} onPointerLeave={onLeave}>{label}</span></Tooltip>;
}
