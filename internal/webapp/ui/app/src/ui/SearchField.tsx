// SPDX-License-Identifier: Apache-2.0
import { Button as RACButton, Input, SearchField as RACSearchField, type SearchFieldProps } from "react-aria-components";
import { Search, X } from "lucide-react";

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
