// SPDX-License-Identifier: Apache-2.0
// What can be done with a selection and collections: put into one, take out of this one, another place in it.

import { useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { byQuery } from "../../assetgrid";
import { nameOf } from "../../assetgrid/name";
import { assetsHere } from "../../assetgrid";
import { t } from "../../i18n";
import { Button, ComboBox, Dialog, ErrorNote, Form, RadioGroup, Select, toast } from "../../ui";
import type { Chosen } from "../library/actions";
import { start } from "../library/bulk";
import { collections, create, moveIn } from "./api";

type Props = { chosen: Chosen; onClose(): void };

/** AddTo puts what is selected into a collection, or a new one. */
export function AddTo({ chosen, onClose }: Props) {
  const [text, setText] = useState("");
  const [to, setTo] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const list = useQuery(collections({ kind: "list", level: "contribute", q: text.trim() }));
  const found = list.data ?? [];
  const go = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const target = found.find((c) => c.id === to) ?? found.find((c) => c.name === text.trim()) ?? (await create({ name: text.trim() }));
      await start(chosen.selected, { add_to: target.id }, t("collections.adding", { name: target.name }), (n) => t("collections.added", { n, name: target.name }));
      onClose();
    } catch (e) {
      setProblem(e);
      setBusy(false);
    }
  };
  const isNew = !!text.trim() && !to && !found.some((c) => c.name === text.trim());
  return (
    <Dialog open keep size="small" title={t("collections.add_n", { n: chosen.count.n })} onClose={onClose} footer={
      <>
        <Button onPress={onClose}>{t("ui.cancel")}</Button>
        <Button kind="main" type="submit" form="add-to" isPending={busy} isDisabled={!text.trim()}>{isNew ? t("collections.add_new") : t("collections.add")}</Button>
      </>
    }>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <Form id="add-to" className="stack" onSubmit={(e) => void go(e)}>
        <ComboBox label={t("collections.one")} help={t("collections.add_help")} autoFocus allowsCustomValue menuTrigger="focus" choices={found.map((c) => ({ id: c.id, label: c.name }))} inputValue={text} onInputChange={(v) => { setText(v); setTo(undefined); }} onSelectionChange={(k) => {
          const c = found.find((x) => x.id === k);
          if (c) { setTo(c.id); setText(c.name); }
        }} />
      </Form>
    </Dialog>
  );
}

/** takeOut takes what is selected out of the collection that is shown. */
export async function takeOut(c: Chosen): Promise<void> {
  const id = c.scope.collection;
  if (!id) return;
  try {
    await start(c.selected, { remove_from: id }, t("collections.removing"), (n) => t("collections.removed", { n }));
    c.clear();
  } catch {
    toast(t("collections.not_yours"), { kind: "bad" });
  }
}

/** Reorder gives what is selected another place in the collection, without dragging. */
export function Reorder({ chosen, onClose }: Props) {
  const ids = byQuery(chosen.selected) ? [] : [...chosen.selected.ids];
  const others = [...assetsHere()].filter((a) => !ids.includes(a.id));
  const [where, setWhere] = useState("start");
  const [next, setNext] = useState(others[0]?.id ?? "");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const beside = where === "before" || where === "after";
  const go = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    try {
      await moveIn(chosen.scope.collection!, { ids, ...(where === "start" ? { start: true } : where === "before" ? { before: next } : where === "after" ? { after: next } : {}) });
      toast(t("collections.moved", { n: ids.length }));
      onClose();
    } catch (e) {
      setProblem(e);
      setBusy(false);
    }
  };
  return (
    <Dialog open keep size="small" title={t("collections.reorder")} onClose={onClose} footer={
      <>
        <Button onPress={onClose}>{t("ui.cancel")}</Button>
        <Button kind="main" type="submit" form="reorder" isPending={busy} isDisabled={!ids.length || (beside && !next)}>{t("collections.move")}</Button>
      </>
    }>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <Form id="reorder" className="stack" onSubmit={(e) => void go(e)}>
        <RadioGroup label={t("collections.place")} value={where} onChange={setWhere} choices={[{ id: "start", label: t("collections.at_start") }, { id: "end", label: t("collections.at_end") }, { id: "before", label: t("collections.before") }, { id: "after", label: t("collections.after") }]} />
        {beside && <Select label={t("collections.beside")} choices={others.map((a) => ({ id: a.id, label: nameOf(a) }))} selectedKey={next} onSelectionChange={(k) => setNext(String(k))} />}
      </Form>
    </Dialog>
  );
}
