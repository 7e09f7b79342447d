// SPDX-License-Identifier: Apache-2.0
import type { ReactNode, Ref } from "react";
import { Button as RACButton, ToggleButton as RACToggle, type ButtonProps, type ToggleButtonProps } from "react-aria-components";
import { useTip } from "./useTip";

export type ButtonKind = "main" | "plain" | "quiet" | "danger";

/** Button does something. kind main stands at most once on a screen or dialog; danger destroys. While isPending it keeps
 * the focus and does nothing more. */
export function Button({ kind = "plain", className, isPending, onPress, type, ...rest }: Omit<ButtonProps, "className"> & { kind?: ButtonKind; className?: string; ref?: Ref<HTMLButtonElement> }) {
  return (
    <RACButton
      {...rest}
      {...(isPending ? { "aria-disabled": true } : {})}
      {...(type ? { type: isPending ? "button" : type } : {})}
      {...(onPress && !isPending ? { onPress } : {})}
      className={`button ${kind} ${isPending ? "pending" : ""} ${className ?? ""}`}
    />
  );
}

/** IconButton is a button of only a picture; its label is its name and its tooltip. */
export function IconButton({ label, children, kind = "quiet", className, ref, ...rest }: Omit<ButtonProps, "className" | "children" | "aria-label"> & { label: string; children: ReactNode; kind?: ButtonKind; className?: string; ref?: Ref<HTMLButtonElement> }) {
  const tip = useTip(label, rest, ref);
  return (
    <>
      <RACButton {...rest} {...tip.props} aria-label={label} className={`button icon ${kind} ${className ?? ""}`}>{children}</RACButton>
      {tip.bubble}
    </>
  );
}

/** ToggleIcon is a button of only a picture that is on or off. */
export function ToggleIcon({ label, children, className, ...rest }: Omit<ToggleButtonProps, "className" | "children" | "aria-label"> & { label: string; children: ReactNode; className?: string }) {
  const tip = useTip(label, rest);
  return (
    <>
      <RACToggle {...rest} {...tip.props} aria-label={label} className={`button icon quiet ${className ?? ""}`}>{children}</RACToggle>
      {tip.bubble}
    </>
  );
}
