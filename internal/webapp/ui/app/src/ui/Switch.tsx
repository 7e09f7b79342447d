// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from "react";
import { Switch as RACSwitch, type SwitchProps } from "react-aria-components";

/** Switch turns something on and off at once. */
export function Switch({ children, ...rest }: Omit<SwitchProps, "children" | "className"> & { children: ReactNode }) {
  return <RACSwitch {...rest} className="switch"><span className="track" aria-hidden><span className="thumb" /></span><span>{children}</span></RACSwitch>;
}
