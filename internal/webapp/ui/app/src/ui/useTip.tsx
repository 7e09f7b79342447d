// SPDX-License-Identifier: Apache-2.0
// Tooltips of buttons that are only a picture: by hovering half a second, or by the keyboard's focus; Escape, pressing and
// leaving take them away. A button that was never hovered costs no more than any other.

import { useEffect, useRef, useState, type ReactNode, type Ref } from "react";
import type { ButtonProps } from "react-aria-components";
import { later, useLater } from "./later";

const bubble = later(() => import("./Tip").then((m) => m.Tip));
const wait = 500, linger = 200;
let warm = 0; // when the last one went: the next comes at once

type Passed = Pick<ButtonProps, "onHoverStart" | "onHoverEnd" | "onFocus" | "onBlur" | "onPressStart">;

/** useTip gives a button what shows its tooltip, beside what it was given itself. */
export function useTip(label: string, given: Passed, ref?: Ref<HTMLButtonElement>): { props: Required<{ [K in keyof Passed]: NonNullable<Passed[K]> }> & { ref: Ref<HTMLButtonElement> }; bubble: ReactNode } {
  const own = useRef<HTMLButtonElement>(null);
  const timer = useRef(0);
  const [shown, setShown] = useState(false);
  const Tip = useLater(bubble, shown);
  const soon = (on: boolean, ms: number) => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      if (!on) warm = Date.now();
      setShown(on);
    }, ms);
  };
  const gone = () => {
    clearTimeout(timer.current);
    setShown(false);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (!shown) return;
    const onKey = (e: KeyboardEvent) => e.key === "Escape" && gone();
    window.addEventListener("keydown", onKey, true);
    return () => window.removeEventListener("keydown", onKey, true);
  }, [shown]);
  return {
    props: {
      ref: (el) => {
        own.current = el;
        if (typeof ref === "function") ref(el);
        else if (ref) ref.current = el;
      },
      onHoverStart: (e) => (soon(true, Date.now() - warm < linger ? 0 : wait), given.onHoverStart?.(e)),
      onHoverEnd: (e) => (soon(false, linger), given.onHoverEnd?.(e)),
      onFocus: (e) => (own.current?.matches(":focus-visible") && soon(true, 0), given.onFocus?.(e)),
      onBlur: (e) => (gone(), given.onBlur?.(e)),
      onPressStart: (e) => (gone(), given.onPressStart?.(e)),
    },
    bubble: shown && Tip ? <Tip trigger={own} label={label} onStay={() => clearTimeout(timer.current)} onLeave={() => soon(false, linger)} /> : null,
  };
}
