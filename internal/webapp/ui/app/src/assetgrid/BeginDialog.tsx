// SPDX-License-Identifier: Apache-2.0

import { useState } from "react";
import { language, t } from "../i18n";
import { announce, Button, Dialog, NumberField, Select } from "../ui";
import type { By } from "./bars";
import type { Jump } from "./Cards";
import { nameOfBar } from "./Rail";
import type { AssetWindow } from "./window";

/** BeginDialog asks for the month or the letter that a list shall begin with. */
export function BeginDialog({ window: w, by, jump, onClose }: { window: AssetWindow; by: By; jump: Jump; onClose(): void }) {
  const [year, setYear] = useState(new Date().getFullYear());
  const [which, setWhich] = useState(by === "letter" ? "A" : "12");
  const choices = by === "letter" ? ["#", ..."ABCDEFGHIJKLMNOPQRSTUVWXYZÅÄÖ"].map((l) => ({ id: l, label: l })) : Array.from({ length: 12 }, (_, i) => ({ id: String(i + 1).padStart(2, "0"), label: new Intl.DateTimeFormat(language, { month: "long", timeZone: "UTC" }).format(new Date(Date.UTC(2020, i, 1))) }));
  const go = async () => {
    const start = by === "letter" ? which : `${String(year).padStart(4, "0")}-${which}`;
    onClose();
    await w.begin(start);
    jump(0);
    announce(t("grid.jumped", { to: nameOfBar(start), n: 1, total: w.total }));
  };
  return (
      <Dialog title={t(by === "letter" ? "grid.go_letter" : "grid.go_time")} open onClose={onClose} size="small" footer={<Button kind="main" onPress={() => void go()}>{t("grid.go")}</Button>}>
        {by !== "letter" && <NumberField label={t("grid.year")} value={year} onChange={setYear} minValue={1} maxValue={9999} formatOptions={{ useGrouping: false }} />}
        <Select label={t(by === "letter" ? "grid.letter" : "grid.month")} choices={choices} selectedKey={which} onSelectionChange={(k) => k !== null && setWhich(String(k))} />
      </Dialog>
  );
}
