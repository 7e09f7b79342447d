// SPDX-License-Identifier: Apache-2.0
import { Input, Label, TextArea, TextField as RACTextField, type TextFieldProps } from "react-aria-components";
import { Help, Required, wrong, type Told } from "./told";

/** TextField takes a line of text, or several with rows. */
export function TextField({ label, help, error, rows, placeholder, ...rest }: Omit<TextFieldProps, "children" | "className"> & Told & { rows?: number; placeholder?: string }) {
  return (
    <RACTextField {...rest} {...wrong(error, !!rest.isInvalid)} className="field">
      <Label className="label">{label}{rest.isRequired && <Required />}</Label>
      {rows ? <TextArea rows={rows} className="input" placeholder={placeholder} /> : <Input className="input" placeholder={placeholder} />}
      <Help help={help} error={error} />
    </RACTextField>
  );
}
