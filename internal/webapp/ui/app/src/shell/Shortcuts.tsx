// SPDX-License-Identifier: Apache-2.0
import { t } from "../i18n";
import { Dialog, Keys, Switch } from "../ui";
import { useCommands } from "./commands";
import { setPreferences, usePreferences } from "./preferences";

/** ShortcutSheet lists the keys that do something here, and turns single keys off. */
export function ShortcutSheet({ open, onClose }: { open: boolean; onClose(): void }) {
  const prefs = usePreferences();
  const commands = useCommands().filter((c) => c.keys);
  const everywhere = [
    { label: t("shell.palette"), keys: "Ctrl+K" },
    { label: t("shell.search"), keys: "/" },
    { label: t("shell.shortcuts"), keys: "?" },
    { label: t("shell.to_messages"), keys: "F6" },
    { label: t("ui.close"), keys: "Esc" },
  ];
  const list = (rows: { label: string; keys?: string }[]) => (
    <dl className="keys">{rows.map((c) => <div key={c.label}><dt>{c.label}</dt><dd><Keys keys={c.keys!} /></dd></div>)}</dl>
  );
  return (
    <Dialog title={t("shell.shortcuts")} open={open} onClose={onClose}>
      <Switch isSelected={prefs.keys} onChange={(keys) => setPreferences({ keys })}>{t("shell.single_keys")}</Switch>
      <h3>{t("shell.everywhere")}</h3>
      {list(everywhere)}
      {commands.length > 0 && <><h3>{t("shell.here")}</h3>{list(commands)}</>}
    </Dialog>
  );
}
