// SPDX-License-Identifier: Apache-2.0
import { Autocomplete, Header, Input, ListBox, ListBoxItem, ListBoxSection, SearchField, Text, useFilter } from "react-aria-components";
import { Search } from "lucide-react";
import { t } from "../i18n";

type Entry = { id: string; label: string; keys?: string; run(): void };

/** CommandList narrows a list of things to do while one types; arrows choose, Enter does. */
export function CommandList({ label, text, onText, commands, onRun, onSearch }: { label: string; text: string; onText(t: string): void; commands: Entry[]; onRun(c: Entry): void; onSearch(q: string): void }) {
  const { contains } = useFilter({ sensitivity: "base" });
  const found = commands.filter((c) => contains(c.label, text));
  return (
    <Autocomplete inputValue={text} onInputChange={onText}>
      <SearchField aria-label={label} className="search wide" autoFocus><Search size={16} aria-hidden /><Input className="input" placeholder={label} /></SearchField>
      <ListBox aria-label={label} className="listbox commands" selectionMode="none" onAction={(id) => { const c = commands.find((x) => x.id === id); if (c) onRun(c); else onSearch(text); }}>
        <ListBoxSection>
          <Header>{t("ui.commands")}</Header>
          {found.map((c) => <ListBoxItem key={c.id} id={c.id} textValue={c.label} className="option"><Text slot="label">{c.label}</Text>{c.keys && <Keys keys={c.keys} />}</ListBoxItem>)}
          {text.trim() && <ListBoxItem id="search" textValue={t("ui.search_for", { text })} className="option"><Text slot="label">{t("ui.search_for", { text })}</Text></ListBoxItem>}
        </ListBoxSection>
      </ListBox>
    </Autocomplete>
  );
}

/** Keys shows a combination of keys. */
export const Keys = ({ keys }: { keys: string }) => <kbd className="keycap">{keys}</kbd>;
