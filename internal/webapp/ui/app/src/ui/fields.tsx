// SPDX-License-Identifier: Apache-2.0
// Fields of forms: each with a visible label, a help text and its error, tied together for assistive technology.

import { useContext, useEffect, useRef, type ReactNode } from "react";
import {
  Checkbox as RACCheckbox, CheckboxGroup as RACCheckboxGroup, ComboBox as RACComboBox, ComboBoxStateContext, FieldError, Input, Label, ListBox, ListBoxItem, NumberField as RACNumberField, Popover, Radio, RadioGroup as RACRadioGroup,
  SearchField as RACSearchField, Select as RACSelect, SelectValue, Slider as RACSlider, SliderOutput, SliderThumb, SliderTrack, Switch as RACSwitch, Text, TextArea, TextField as RACTextField, Button as RACButton, Group,
  type CheckboxGroupProps, type CheckboxProps, type ComboBoxProps, type NumberFieldProps, type RadioGroupProps, type SearchFieldProps, type SelectProps, type SliderProps, type SwitchProps, type TextFieldProps, type Key,
} from "react-aria-components";
import { Check, ChevronDown, Minus, Plus, Search, X } from "lucide-react";
import { t } from "../i18n";

type Told = { label: ReactNode; help?: ReactNode; error?: string | undefined };

/** wrong is how a field is marked whose error came from the server. Natively it would keep its form from being sent again until the error is gone, and the error stays until the form is sent again. */
const wrong = (error: string | undefined, is = false) => ({ isInvalid: !!error || is, validationBehavior: error ? ("aria" as const) : ("native" as const) });

const Help = ({ help, error }: { help?: ReactNode; error?: string | undefined }) => (
  <>
    {help && <Text slot="description" className="help">{help}</Text>}
    <FieldError className="error">{error}</FieldError>
  </>
);

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

const Required = () => <span className="required"> {t("ui.required")}</span>;

/** NumberField takes a number, with buttons to step. */
export function NumberField({ label, help, error, ...rest }: Omit<NumberFieldProps, "children" | "className"> & Told) {
  return (
    <RACNumberField {...rest} {...wrong(error, !!rest.isInvalid)} className="field">
      <Label className="label">{label}{rest.isRequired && <Required />}</Label>
      <Group role="presentation" className="stepper">
        <RACButton slot="decrement" className="button icon quiet"><Minus size={16} aria-hidden /></RACButton>
        <Input className="input" />
        <RACButton slot="increment" className="button icon quiet"><Plus size={16} aria-hidden /></RACButton>
      </Group>
      <Help help={help} error={error} />
    </RACNumberField>
  );
}

/** Choice is one thing to choose in a Select, ComboBox or RadioGroup. */
export type Choice = { id: string; label: string; help?: string };

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

function Option({ choice }: { choice: Choice }) {
  return (
    <ListBoxItem id={choice.id} textValue={choice.label} className="option">
      {({ isSelected }) => (
        <>
          <span className="tick">{isSelected && <Check size={16} aria-hidden />}</span>
          <span><Text slot="label">{choice.label}</Text>{choice.help && <Text slot="description" className="help">{choice.help}</Text>}</span>
        </>
      )}
    </ListBoxItem>
  );
}

/** ComboBox chooses one of many by typing; the caller narrows choices to what was typed. */
export function ComboBox({ label, help, error, choices, placeholder, ...rest }: Omit<ComboBoxProps<Choice>, "children" | "className" | "items"> & Told & { choices: Choice[]; placeholder?: string }) {
  return (
    <RACComboBox {...rest} items={choices} {...wrong(error)} className="field">
      <Label className="label">{label}{rest.isRequired && <Required />}</Label>
      <Group role="presentation" className="stepper">
        <Input className="input" placeholder={placeholder} />
        <RACButton className="button icon quiet"><ChevronDown size={16} aria-hidden /></RACButton>
      </Group>
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
    if (!was.current && n && state?.isFocused && !state.isOpen && state.inputValue && state.selectedItem?.textValue !== state.inputValue) state.open(null, "input");
    was.current = n;
  }, [n, state]);
  return null;
}

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

/** Switch turns something on and off at once. */
export function Switch({ children, ...rest }: Omit<SwitchProps, "children" | "className"> & { children: ReactNode }) {
  return <RACSwitch {...rest} className="switch"><span className="track" aria-hidden><span className="thumb" /></span><span>{children}</span></RACSwitch>;
}

/** Slider sets a number by pointer or arrow keys; stand a NumberField beside it where exact values matter. */
export function Slider({ label, ...rest }: Omit<SliderProps<number>, "children" | "className"> & { label: string }) {
  return (
    <RACSlider {...rest} className="slider">
      <Label className="label">{label}</Label>
      <SliderOutput className="soft" />
      <SliderTrack className="slider-track"><SliderThumb className="slider-thumb" /></SliderTrack>
    </RACSlider>
  );
}

/** SearchField searches; Escape and its button empty it. */
export function SearchField({ label, placeholder, ...rest }: Omit<SearchFieldProps, "children" | "className" | "aria-label"> & { label: string; placeholder?: string }) {
  return (
    <RACSearchField {...rest} aria-label={label} className="search">
      <Search size={16} aria-hidden />
      <Input className="input" placeholder={placeholder ?? label} />
      <RACButton className="button icon quiet small"><X size={14} aria-hidden /></RACButton>
    </RACSearchField>
  );
}

export type { Key };
