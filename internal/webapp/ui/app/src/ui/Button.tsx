// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from "react";
import { Button as RACButton, ToggleButton as RACToggle, Tooltip, TooltipTrigger, type ButtonProps, type ToggleButtonProps } from "react-aria-components";

export type ButtonKind = "main" | "plain" | "quiet" | "danger";

/** Button does something. kind main stands at most once on a screen or dialog; danger destroys. While isPending it keeps
 * the focus and does nothing more. */
export function Button({ kind = "plain", className, isPending, onPress, type, ...rest }: Omit<ButtonProps, "className"> & { kind?: ButtonKind; className?: string }) {
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
export function IconButton({ label, children, kind = "quiet", className, ...rest }: Omit<ButtonProps, "className" | "children" | "aria-label"> & { label: string; children: ReactNode; kind?: ButtonKind; className?: string }) {
  return (
    <TooltipTrigger delay={500}>
      <RACButton {...rest} aria-label={label} className={`button icon ${kind} ${className ?? ""}`}>
        {children}
      </RACButton>
      <Tooltip className="tooltip" offset={6}>{label}</Tooltip>
    </TooltipTrigger>
  );
}

/** ToggleIcon is a button of only a picture that is on or off. */
export function ToggleIcon({ label, children, className, ...rest }: Omit<ToggleButtonProps, "className" | "children" | "aria-label"> & { label: string; children: ReactNode; className?: string }) {
  return (
    <TooltipTrigger delay={500}>
      <RACToggle {...rest} aria-label={label} className={`button icon quiet ${className ?? ""}`}>{children}</RACToggle>
      <Tooltip className="tooltip" offset={6}>{label}</Tooltip>
    </TooltipTrigger>
  );
}
