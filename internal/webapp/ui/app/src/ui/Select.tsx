// SPDX-License-Identifier: Apache-2.0
import { Button as RACButton, Label, ListBox, Popover, Select as RACSelect, SelectValue, type SelectProps } from "react-aria-components";
import { ChevronDown } from "lucide-react";
import { Option } from "./Option";
import { Help, Required, wrong, type Choice, type Told } from "./told";

/** Select chooses one of a few. */
export function Select({ label, help, error, choices, compact, ...rest }: Omit<SelectProps<Choice>, "children" | "className"> & Told & { choices: Choice[]; compact?: boolean }) {
  return (
    <RACSelect {...rest} {...wrong(error)} className={compact ? "field compact" : "field"}>
      <Label className="label">{label}{rest.isRequired && <Required />}</Label>
      <RACButton className="input select"><SelectValue /><ChevronDown size={16} aria-hidden /></RACButton>
      <Help help={help} error={error} />
      <Popover className="popover" offset={4}>
        <ListBox items={choices} className="listbox">{(c) => <Option choice={c} />}</ListBox>
      </Popover>
    </RACSelect>
  );
}
