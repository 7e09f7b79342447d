// SPDX-License-Identifier: Apache-2.0
// Somebody else saved first: for each thing that both changed one chooses.

import { useState } from "react";
import { has, languages, t } from "../../i18n";
import { Button, Dialog, RadioGroup } from "../../ui";
import type { Draft } from "./AssetForm";

/** Clash is one thing that two people changed. */
export type Clash = { key: string; mine: Draft[string]; theirs: Draft[string] };

const words = (v: Draft[string]): string => {
  const text = typeof v === "string" ? v : Array.isArray(v) ? v.join(", ") : v.decision ? `${t(`terms.alt_${v.decision}`)}${v.text ? ": " + v.text : ""}` : "";
  return text || t("library.nothing");
};

/** Merge asks which to keep. Closing it keeps what was typed, unsaved. */
export function Merge({ clashes, onResolve, onClose }: { clashes: Clash[]; onResolve(mine: Set<string>): void; onClose(): void }) {
  const [mine, setMine] = useState(() => new Set(clashes.map((c) => c.key)));
  return (
    <Dialog open keep alert title={t("library.merge")} onClose={onClose} footer={
      <>
        <Button onPress={onClose}>{t("library.merge_later")}</Button>
        <Button kind="main" onPress={() => onResolve(mine)}>{t("library.merge_save")}</Button>
      </>
    }>
      <p>{t("library.merge_text")}</p>
      {clashes.map((c) => {
        const [name, lang] = c.key.split(".") as [string, string | undefined];
        const label = has(`terms.field_${name}`) ? t(`terms.field_${name}` as "terms.field_title") : name;
        return (
          <RadioGroup
            key={c.key} label={lang ? `${label} (${languages[lang as "sv"] ?? lang})` : label} value={mine.has(c.key) ? "mine" : "theirs"}
            onChange={(v) => setMine((was) => { const next = new Set(was); if (v === "mine") next.add(c.key); else next.delete(c.key); return next; })}
            choices={[{ id: "mine", label: t("library.merge_mine"), help: words(c.mine) }, { id: "theirs", label: t("library.merge_theirs"), help: words(c.theirs) }]}
          />
        );
      })}
    </Dialog>
  );
}
