// SPDX-License-Identifier: Apache-2.0
import { useLayoutEffect, useRef, type ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs as RACTabs, type Key } from "react-aria-components";

/** Tabs shows one of several parts; tabs are scrolled sideways where they do not fit. */
export function Tabs({ label, tabs, selected, onSelect }: { label: string; tabs: { id: string; label: ReactNode; content: ReactNode }[]; selected?: string; onSelect?(id: string): void }) {
  // The chosen tab is in sight where they do not fit beside each other; the page itself stays where it is.
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const box = list.current, tab = box?.querySelector<HTMLElement>("[aria-selected=true]");
    if (!box || !tab) return;
    const b = box.getBoundingClientRect(), r = tab.getBoundingClientRect();
    if (r.left < b.left || r.right > b.right) box.scrollLeft += r.left - b.left - (b.width - r.width) / 2;
  }, [selected]);
  return (
    <RACTabs className="tabs" {...(selected ? { selectedKey: selected } : {})} {...(onSelect ? { onSelectionChange: (k: Key) => onSelect(String(k)) } : {})}>
      <TabList ref={list} aria-label={label} className="tablist">{tabs.map((x) => <Tab key={x.id} id={x.id} className="tab">{x.label}</Tab>)}</TabList>
      {tabs.map((x) => <TabPanel key={x.id} id={x.id} className="tabpanel">{x.content}</TabPanel>)}
    </RACTabs>
  );
}
