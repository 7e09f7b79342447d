// SPDX-License-Identifier: Apache-2.0
import type { ReactElement, ReactNode } from "react";
import { Header, Menu as RACMenu, MenuItem, MenuSection, MenuTrigger, Popover, Separator, Text } from "react-aria-components";

export type MenuEntry = { id: string; label: string; help?: string; icon?: ReactNode; href?: string; disabled?: boolean; danger?: boolean; onAction?(): void } | "line" | { section: string; entries: Exclude<MenuEntry, "line" | { section: string }>[]; selected?: string; onSelect?(id: string): void };

/** Menu opens a list of things to do from a button. */
export function Menu({ button, entries, label }: { button: ReactElement; entries: MenuEntry[]; label?: string }) {
  const one = (e: Exclude<MenuEntry, "line" | { section: string }>) => (
    <MenuItem key={e.id} id={e.id} textValue={e.label} href={e.href as string} isDisabled={!!e.disabled} className={e.danger ? "option danger" : "option"} {...(e.onAction ? { onAction: e.onAction } : {})}>
      {e.icon && <span className="tick" aria-hidden>{e.icon}</span>}
      <span><Text slot="label">{e.label}</Text>{e.help && <Text slot="description" className="help">{e.help}</Text>}</span>
    </MenuItem>
  );
  return (
    <MenuTrigger>
      {button}
      <Popover className="popover" offset={4}>
        <RACMenu className="listbox" {...(label ? { "aria-label": label } : {})}>
          {entries.map((e, i) =>
            e === "line" ? <Separator key={i} /> :
            "section" in e ? (
              <MenuSection key={e.section} {...(e.onSelect ? { selectionMode: "single" as const, selectedKeys: e.selected ? [e.selected] : [], onSelectionChange: (k: "all" | Set<unknown>) => k !== "all" && e.onSelect!(String([...k][0] ?? e.selected)) } : {})}>
                <Header>{e.section}</Header>
                {e.entries.map((x) => (
                  <MenuItem key={x.id} id={x.id} textValue={x.label} className="option" {...(x.onAction ? { onAction: x.onAction } : {})}>
                    {({ isSelected }) => <><span className="tick" aria-hidden>{isSelected ? "✓" : x.icon}</span><Text slot="label">{x.label}</Text></>}
                  </MenuItem>
                ))}
              </MenuSection>
            ) : one(e),
          )}
        </RACMenu>
      </Popover>
    </MenuTrigger>
  );
}
