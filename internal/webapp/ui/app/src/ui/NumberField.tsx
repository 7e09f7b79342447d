// SPDX-License-Identifier: Apache-2.0
import { Button as RACButton, Input, Label, NumberField as RACNumberField, type NumberFieldProps } from "react-aria-components";
import { Minus, Plus } from "lucide-react";
import { Help, Required, wrong, type Told } from "./told";

/** NumberField takes a number, with buttons to step. */
export function NumberField({ label, help, error, ...rest }: Omit<NumberFieldProps, "children" | "className"> & Told) {
  return (
    <RACNumberField {...rest} {...wrong(error, !!rest.isInvalid)} className="field">
      <Label className="label">{label}{rest.isRequired && <Required />}</Label>
      <div className="stepper">
        <RACButton slot="decrement" className="button icon quiet"><Minus size={16} aria-hidden /></RACButton>
        <Input className="input" />
        <RACButton slot="increment" className="button icon quiet"><Plus size={16} aria-hidden /></RACButton>
      </div>
      <Help help={help} error={error} />
    </RACNumberField>
  );
}
