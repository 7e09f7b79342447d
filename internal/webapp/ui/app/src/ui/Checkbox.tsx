// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from "react";
import { Checkbox as RACCheckbox, CheckboxGroup as RACCheckboxGroup, Label, type CheckboxGroupProps, type CheckboxProps } from "react-aria-components";
import { Check, Minus } from "lucide-react";
import { Help, wrong, type Told } from "./told";

/** Checkbox is one thing that is on or off, or neither. */
export function Checkbox({ children, help, ...rest }: Omit<CheckboxProps, "children" | "className"> & { children?: ReactNode; help?: ReactNode }) {
  return (
    <RACCheckbox {...rest} className="checkbox">
      {({ isSelected, isIndeterminate }) => (
        <>
          <span className="box" aria-hidden>{isIndeterminate ? <Minus size={14} /> : isSelected ? <Check size={14} /> : null}</span>
          {children && <span>{children}{help && <span className="help">{help}</span>}</span>}
        </>
      )}
    </RACCheckbox>
  );
}

/** CheckboxGroup is several checkboxes under one label. */
export function CheckboxGroup({ label, help, error, children, ...rest }: Omit<CheckboxGroupProps, "children" | "className"> & Told & { children: ReactNode }) {
  return (
    <RACCheckboxGroup {...rest} {...wrong(error)} className="field group">
      <Label className="label">{label}</Label>
      {children}
      <Help help={help} error={error} />
    </RACCheckboxGroup>
  );
}
