// SPDX-License-Identifier: Apache-2.0
import { cloneElement, useRef, useState, type KeyboardEvent, type ReactElement, type ReactNode } from "react";
import { t } from "../i18n";
import { announce } from "./announce";
import { later, useLater } from "./later";

export type MenuEntry = { id: string; label: string; help?: string; icon?: ReactNode; href?: string; disabled?: boolean; danger?: boolean; onAction?(): void } | "line" | { section: string; entries: Exclude<MenuEntry, "line" | { section: string }>[]; selected?: string; onSelect?(id: string): void };

const list = later(() => import("./MenuList").then((m) => m.MenuList));

/** Menu opens a list of things to do from a button (Button or IconButton); label names the list. */
export function Menu({ button, entries, label }: { button: ReactElement; entries: MenuEntry[]; label: string }) {
  const trigger = useRef<HTMLElement>(null);
  const [open, setOpen] = useState<"first" | "last">();
  const List = useLater(list, !!open, () => {
    setOpen(undefined);
    announce(t("ui.offline"), true);
  });
  return (
    <>
      {cloneElement(button as ReactElement<Record<string, unknown>>, {
        ref: trigger,
        "aria-haspopup": "menu",
        "aria-expanded": !!open,
        onPress: () => setOpen("first"),
        onHoverStart: () => void list.get().catch(() => undefined),
        onKeyDown: (e: KeyboardEvent) => {
          if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
          e.preventDefault();
          setOpen(e.key === "ArrowDown" ? "first" : "last");
        },
      })}
      {open && List && <List trigger={trigger} entries={entries} label={label} focus={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}
