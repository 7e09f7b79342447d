// SPDX-License-Identifier: Apache-2.0
// Making a collection, and changing what it is called, where it lies and who sees it.

import { useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Collection } from "../../api/gen";
import { t } from "../../i18n";
import { Button, Dialog, ErrorNote, Form, RadioGroup, Select, TextField, toast } from "../../ui";
import { collections, create, edit } from "./api";

type Props = { of?: Collection; parent?: string; onClose(): void; onMade?(c: Collection): void };

/** EditCollection makes a collection, or changes one. */
export function EditCollection({ of, parent, onClose, onMade }: Props) {
  const go = useNavigate();
  const places = useQuery(collections({ kind: "list", level: "contribute" }));
  const [name, setName] = useState(of?.name ?? "");
  const [text, setText] = useState(of?.description ?? "");
  const [everybody, setEverybody] = useState(of?.everybody ?? "none");
  const [lies, setLies] = useState(of?.parent ?? parent ?? "top");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const save = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      if (of) {
        await edit(of, { name, description: text, everybody, ...(lies !== (of.parent ?? "top") ? { parent: lies } : {}) });
        toast(t("collections.changed", { name }));
      } else {
        const made = await create({ name, description: text, everybody, ...(lies !== "top" ? { parent: lies } : {}) });
        if (onMade) onMade(made);
        else void go({ to: "/collections/$id" as "/", params: { id: made.id } as never });
      }
      onClose();
    } catch (e) {
      setProblem(e);
      setBusy(false);
    }
  };
  const others = (places.data ?? []).filter((c) => c.id !== of?.id).map((c) => ({ id: c.id, label: c.name }));
  return (
    <Dialog open keep title={of ? t("collections.edit") : t("collections.make")} onClose={onClose} footer={
      <>
        <Button onPress={onClose}>{t("ui.cancel")}</Button>
        <Button kind="main" type="submit" form="collection" isPending={busy}>{t("ui.save")}</Button>
      </>
    }>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <Form id="collection" className="stack" onSubmit={(e) => void save(e)}>
        <TextField label={t("collections.name")} value={name} onChange={setName} isRequired autoFocus maxLength={200} />
        <TextField label={t("collections.description")} value={text} onChange={setText} rows={3} maxLength={5000} />
        <Select label={t("collections.lies")} choices={[{ id: "top", label: t("collections.top") }, ...others]} selectedKey={lies} onSelectionChange={(k) => setLies(String(k))} />
        <RadioGroup label={t("collections.everybody")} value={everybody} onChange={(v) => setEverybody(v as typeof everybody)} help={t("collections.no_rights")} choices={[
          { id: "none", label: t("collections.everybody_none") }, { id: "view", label: t("collections.everybody_view") }, { id: "contribute", label: t("collections.everybody_contribute") },
        ]} />
      </Form>
    </Dialog>
  );
}
