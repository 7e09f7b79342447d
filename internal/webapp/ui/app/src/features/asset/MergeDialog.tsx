// SPDX-License-Identifier: Apache-2.0
// Two people have changed the same thing: whoever came second chooses.

import { useState } from "react";
import { t } from "../../i18n";
import { Button, Dialog, RadioGroup } from "../../ui";

type Value = string | string[];
/** Clash is one thing that both have changed. */
export type Clash = { name: string; label: string; was: Value; mine: Value; theirs: Value };

const written = (v: Value) => (Array.isArray(v) ? v.join(", ") : v) || t("asset.nothing");

/** MergeDialog shows what both wrote, and saves what is chosen of each. Lists can be joined. */
export function MergeDialog({ clashes, busy, onClose, onChoose }: { clashes: Clash[]; busy: boolean; onClose(): void; onChoose(now: Record<string, Value>): void }) {
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const take = (c: Clash): Value => {
    const how = chosen[c.name] ?? "mine";
    if (how === "both" && Array.isArray(c.mine) && Array.isArray(c.theirs)) return [...new Set([...c.theirs, ...c.mine])];
    return how === "theirs" ? c.theirs : c.mine;
  };
  return (
    <Dialog title={t("asset.merge_title")} open keep onClose={onClose} size="large" footer={
      <>
        <Button onPress={onClose}>{t("asset.merge_later")}</Button>
        <Button kind="main" isPending={busy} onPress={() => onChoose(Object.fromEntries(clashes.map((c) => [c.name, take(c)])))}>{t("asset.merge_save")}</Button>
      </>
    }>
      <p>{t("asset.merge_text")}</p>
      {clashes.map((c) => (
        <RadioGroup key={c.name} label={c.label} help={t("asset.merge_was", { value: written(c.was) })} value={chosen[c.name] ?? "mine"} onChange={(v) => setChosen((all) => ({ ...all, [c.name]: v }))} choices={[
          { id: "mine", label: t("asset.merge_mine"), help: written(c.mine) },
          { id: "theirs", label: t("asset.merge_theirs"), help: written(c.theirs) },
          ...(Array.isArray(c.mine) && Array.isArray(c.theirs) ? [{ id: "both", label: t("asset.merge_both"), help: written([...new Set([...c.theirs, ...c.mine])]) }] : []),
        ]} />
      ))}
    </Dialog>
  );
}
