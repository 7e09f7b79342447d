// SPDX-License-Identifier: Apache-2.0
import { useMemo, type ComponentProps, type RefObject } from "react";
import { Tooltip, TooltipTriggerStateContext } from "react-aria-components";

type State = NonNullable<ComponentProps<typeof TooltipTriggerStateContext.Provider>["value"]>;

/** Tip is the bubble that useTip shows. It stays while it is pointed at (WCAG 1.4.13). */
export function Tip({ trigger, label, onStay, onLeave }: { trigger: RefObject<HTMLElement | null>; label: string; onStay(): void; onLeave(): void }) {
  const state = useMemo<State>(() => ({ isOpen: true, shouldSkipAnimation: true, open: onStay, close: onLeave }), []); // eslint-disable-line
  return <TooltipTriggerStateContext value={state}><Tooltip className="tooltip" offset={6} triggerRef={trigger}>{label}</Tooltip></TooltipTriggerStateContext>;
}
