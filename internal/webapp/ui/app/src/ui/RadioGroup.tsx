// SPDX-License-Identifier: Apache-2.0
import { Label, Radio, RadioGroup as RACRadioGroup, type RadioGroupProps } from "react-aria-components";
import { Help, Required, wrong, type Choice, type Told } from "./told";

/** RadioGroup chooses one of a few that are all in sight. */
export function RadioGroup({ label, help, error, choices, ...rest }: Omit<RadioGroupProps, "children" | "className"> & Told & { choices: Choice[] }) {
  return (
    <RACRadioGroup {...rest} {...wrong(error)} className="field group">
      <Label className="label">{label}{rest.isRequired && <Required />}</Label>
      {choices.map((c) => (
        <Radio key={c.id} value={c.id} className="radio">
          <span className="dot" aria-hidden />
          <span>{c.label}{c.help && <span className="help">{c.help}</span>}</span>
        </Radio>
      ))}
      <Help help={help} error={error} />
    </RACRadioGroup>
  );
}
