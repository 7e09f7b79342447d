// SPDX-License-Identifier: Apache-2.0
// Moving, tagging and dating what is selected. Each starts a job that can be taken back.

import { useState, type FormEvent, type ReactNode } from "react";
import type { BulkChange } from "../../api/gen";
import { t } from "../../i18n";
import { Button, Checkbox, Dialog, ErrorNote, Form, TextField } from "../../ui";
import type { Chosen } from "./actions";
import { start } from "./bulk";
import { moveAssets } from "./acts";
import { FolderPicker } from "./FolderPicker";
import { WordsField } from "./WordsField";

type Props = { chosen: Chosen; onClose(): void };

/** Move asks for a folder. */
export function Move({ chosen, onClose }: Props) {
  return <FolderPicker open title={t("library.move_n", { n: chosen.count.n })} permission="asset.upload" action={t("library.move_here")} onPick={(id, name) => { onClose(); void moveAssets(chosen.selected, { id, name }).then((ok) => ok && chosen.clear()); }} onClose={onClose} />;
}

function Asked({ title, act, ready, onClose, children }: { title: string; act(): Promise<void>; ready: boolean; onClose(): void; children: ReactNode }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const go = async (e: FormEvent) => {
    e.preventDefault();
    if (!ready) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await act();
      onClose();
    } catch (e) {
      setProblem(e);
      setBusy(false);
    }
  };
  return (
    <Dialog open keep size="small" title={title} onClose={onClose} footer={
      <>
        <Button onPress={onClose}>{t("ui.cancel")}</Button>
        <Button kind="main" type="submit" form="many" isPending={busy} isDisabled={!ready}>{t("ui.save")}</Button>
      </>
    }>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <Form id="many" className="stack" onSubmit={(e) => void go(e)}>{children}</Form>
    </Dialog>
  );
}

/** Tag adds and removes keywords. */
export function Tag({ chosen, onClose }: Props) {
  const [add, setAdd] = useState<string[]>([]);
  const [remove, setRemove] = useState<string[]>([]);
  // Adding and removing are two acts on one field: each is a job of its own, and can be taken back by itself.
  const act = async () => {
    if (add.length) await start(chosen.selected, { fields: { keywords: { do: "add", values: add } } }, t("library.tagging"));
    if (remove.length) await start(chosen.selected, { fields: { keywords: { do: "remove", values: remove } } }, t("library.untagging"));
  };
  const counts = new Map<string, number>();
  for (const a of chosen.assets) for (const k of a.fields["keywords"]?.values ?? []) counts.set(k, (counts.get(k) ?? 0) + 1);
  const common = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 12).map(([k]) => k);
  return (
    <Asked title={t("library.tag_n", { n: chosen.count.n })} act={act} ready={add.length > 0 || remove.length > 0} onClose={onClose}>
      <WordsField label={t("library.tags_add")} value={add} onChange={setAdd} autoFocus />
      {common.length > 0 && (
        <fieldset className="field">
          <legend className="label">{t("library.tags_remove")}</legend>
          <ul className="row">
            {common.map((k) => <li key={k}><Checkbox isSelected={remove.includes(k)} onChange={(on) => setRemove(on ? [...remove, k] : remove.filter((x) => x !== k))}><bdi>{k}</bdi></Checkbox></li>)}
          </ul>
        </fieldset>
      )}
    </Asked>
  );
}

type Act = "keep" | "set" | "clear";
const moment = (day: string, end: boolean): string => new Date(`${day}T${end ? "23:59:59" : "00:00:00"}`).toISOString();

/** Dates sets or clears embargo and expiry. */
export function Dates({ chosen, onClose }: Props) {
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [clear, setClear] = useState<Record<"from" | "to", boolean>>({ from: false, to: false });
  const act = (day: string, cleared: boolean): Act => (cleared ? "clear" : day ? "set" : "keep");
  const change = (): BulkChange => {
    const c: BulkChange = {};
    const f = act(from, clear.from);
    const e = act(to, clear.to);
    if (f !== "keep") c.embargo_until = f === "clear" ? null : moment(from, false);
    if (e !== "keep") c.expires_at = e === "clear" ? null : moment(to, true);
    return c;
  };
  return (
    <Asked title={t("library.dates_n", { n: chosen.count.n })} act={() => start(chosen.selected, change(), t("library.dating"))} ready={act(from, clear.from) !== "keep" || act(to, clear.to) !== "keep"} onClose={onClose}>
      <p className="soft">{t("library.dates_text")}</p>
      <TextField label={t("terms.field_embargo_until")} help={t("library.embargo_help")} type="date" value={from} onChange={setFrom} isDisabled={clear.from} />
      <Checkbox isSelected={clear.from} onChange={(on) => setClear({ ...clear, from: on })}>{t("library.embargo_clear")}</Checkbox>
      <TextField label={t("terms.field_expires_at")} help={t("library.expiry_help")} type="date" value={to} onChange={setTo} isDisabled={clear.to} />
      <Checkbox isSelected={clear.to} onChange={(on) => setClear({ ...clear, to: on })}>{t("library.expiry_clear")}</Checkbox>
    </Asked>
  );
}
