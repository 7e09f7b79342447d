// SPDX-License-Identifier: Apache-2.0
import { useContext, useEffect, useRef } from "react";
import { Button as RACButton, ComboBox as RACComboBox, ComboBoxStateContext, Input, Label, ListBox, Popover, type ComboBoxProps } from "react-aria-components";
import { ChevronDown } from "lucide-react";
import { t } from "../i18n";
import { Option } from "./Option";
import { Help, Required, wrong, type Choice, type Told } from "./told";

/** ComboBox chooses one of many by typing; the caller narrows choices to what was typed. */
export function ComboBox({ label, help, error, choices, placeholder, ...rest }: Omit<ComboBoxProps<Choice>, "children" | "className" | "items"> & Told & { choices: Choice[]; placeholder?: string }) {
  return (
    <RACComboBox {...rest} items={choices} {...wrong(error)} className="field">
      <Label className="label">{label}{rest.isRequired && <Required />}</Label>
      <div className="stepper">
        <Input className="input" placeholder={placeholder} />
        <RACButton className="button icon quiet"><ChevronDown size={16} aria-hidden /></RACButton>
      </div>
      <Help help={help} error={error} />
      <Late n={choices.length} />
      <Popover className="popover" offset={4}>
        <ListBox<Choice> className="listbox" renderEmptyState={() => <p className="help pad">{t("ui.nothing_found")}</p>}>{(c) => <Option choice={c} />}</ListBox>
      </Popover>
    </RACComboBox>
  );
}

/** Late opens the list when choices come after what was typed: React Aria looks for them only while one types. */
function Late({ n }: { n: number }) {
  const state = useContext(ComboBoxStateContext);
  const was = useRef(n);
  useEffect(() => {
    if (!was.current && n && state?.isFocused && !state.isOpen && state.inputValue && state.selectedKey == null) state.open(null, "input");
    was.current = n;
  }, [n, state]);
  return null;
}
