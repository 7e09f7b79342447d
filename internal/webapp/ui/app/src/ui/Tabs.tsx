// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs as RACTabs, type Key } from "react-aria-components";

/** Tabs shows one of several parts; tabs are scrolled sideways where they do not fit. */
export function Tabs({ label, tabs, selected, onSelect }: { label: string; tabs: { id: string; label: ReactNode; content: ReactNode }[]; selected?: string; onSelect?(id: string): void }) {
  return (
    <RACTabs className="tabs" {...(selected ? { selectedKey: selected } : {})} {...(onSelect ? { onSelectionChange: (k: Key) => onSelect(String(k)) } : {})}>
      <TabList aria-label={label} className="tablist">{tabs.map((x) => <Tab key={x.id} id={x.id} className="tab">{x.label}</Tab>)}</TabList>
      {tabs.map((x) => <TabPanel key={x.id} id={x.id} className="tabpanel">{x.content}</TabPanel>)}
    </RACTabs>
  );
}
