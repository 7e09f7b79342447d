// SPDX-License-Identifier: Apache-2.0
import type { RefObject } from "react";
import { Header, Menu as RACMenu, MenuItem, MenuSection, Popover, Separator, Text } from "react-aria-components";
import type { MenuEntry } from "./Menu";

type Props = { trigger: RefObject<HTMLElement | null>; entries: MenuEntry[]; label: string; focus: "first" | "last"; onClose(): void };

/** MenuList is the list that Menu opens. */
export function MenuList({ trigger, entries, label, focus, onClose }: Props) {
  const one = (e: Exclude<MenuEntry, "line" | { section: string }>) => (
    <MenuItem key={e.id} id={e.id} textValue={e.label} href={e.href as string} isDisabled={!!e.disabled} className={e.danger ? "option danger" : "option"} {...(e.onAction ? { onAction: e.onAction } : {})}>
      {e.icon && <span className="tick" aria-hidden>{e.icon}</span>}
      <span><Text slot="label">{e.label}</Text>{e.help && <Text slot="description" className="help">{e.help}</Text>}</span>
    </MenuItem>
  );
  return (
    <Popover className="popover" offset={4} triggerRef={trigger} isOpen onOpenChange={(open) => !open && onClose()} placement="bottom start" trigger="MenuTrigger">
      <RACMenu className="listbox" aria-label={label} autoFocus={focus} onClose={onClose}>
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
  );
}
