// SPDX-License-Identifier: Apache-2.0
import { ListBoxItem, Text } from "react-aria-components";
import { Check } from "lucide-react";
import type { Choice } from "./told";

/** Option is one choice in a list. */
export function Option({ choice }: { choice: Choice }) {
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
