// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState, type ComponentProps } from "react";
import { ComboBox } from "./ComboBox";

type Props = Omit<ComponentProps<typeof ComboBox>, "selectedKey" | "onSelectionChange" | "value" | "onChange"> & { onPick(id: string): void };

/** Pick takes one thing after the other by typing; it keeps none: whoever is told empties the text. */
export function Pick({ onPick, ...rest }: Props) {
  const [picked, setPicked] = useState<string | null>(null); // for a moment: React Aria shuts its list when the chosen key changes
  useEffect(() => setPicked(null), [picked]);
  return (
    <ComboBox {...rest} selectedKey={picked} onSelectionChange={(k) => {
      if (k === null) return; // leaving the field is no choice
      setPicked(String(k));
      onPick(String(k));
    }} />
  );
}
