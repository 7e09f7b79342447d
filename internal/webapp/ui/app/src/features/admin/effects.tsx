// SPDX-License-Identifier: Apache-2.0
// What saving would open and close, shown before it is saved.

import { useEffect, useState } from "react";
import { useMutation } from "@tanstack/react-query";
import type { EffectAmount, Effects } from "../../api/gen";
import { t } from "../../i18n";
import { announce, Button, Dialog, ErrorNote, Loading, Note, Table, toast } from "../../ui";
import { permissionName } from "./kit";

const none = (a: EffectAmount) => !a.folders && !a.people && !a.programs;
const amount = (a: EffectAmount) => t("admin.effect_amount", { files: a.files, people: a.people, folders: a.folders }) + (a.programs ? ` ${t("admin.effect_programs", { n: a.programs })}` : "");

/** headline is the one sentence that a change comes down to. */
export function headline(e: Effects): string {
  const least = e.at_least ? t("admin.effect_least") + " " : "";
  if (none(e.opens) && none(e.closes)) return e.permissions.length ? t("admin.effect_other") : t("admin.effect_nothing");
  const said = [];
  if (!none(e.opens)) said.push(t("admin.effect_opens", { files: e.opens.files, people: e.opens.people, folders: e.opens.folders }));
  if (!none(e.closes)) said.push(t("admin.effect_closes", { files: e.closes.files, people: e.closes.people, folders: e.closes.folders }));
  return least + said.join(" ");
}

/** EffectsDialog foresees a change, shows what it would do, and saves it when that is what was meant. */
export function EffectsDialog({ title, open, onClose, foresee, save, said, danger, action }: { title: string; open: boolean; onClose(): void; foresee(cursor?: string): Promise<Effects>; save(): Promise<unknown>; said: string; danger?: boolean; action?: string }) {
  const look = useMutation({ mutationFn: () => foresee(), onSuccess: (e) => announce(headline(e)) });
  const saving = useMutation({ mutationFn: save, onSuccess: () => (toast(said), onClose()) });
  const { mutate, reset } = look;
  useEffect(() => {
    if (open) mutate();
    else reset();
  }, [open, mutate, reset]);
  return (
    <Dialog title={title} open={open} onClose={onClose} size="large" footer={<>
      <Button onPress={onClose}>{t("ui.cancel")}</Button>
      <Button kind={danger ? "danger" : "main"} isDisabled={!look.data} isPending={saving.isPending} onPress={() => saving.mutate()}>{action ?? t("ui.save")}</Button>
    </>}>
      {saving.isError && <ErrorNote problem={saving.error} />}
      {look.isError ? <ErrorNote problem={look.error} retry={() => look.mutate()} /> : look.data ? <Shown effects={look.data} more={foresee} /> : <Loading what={t("admin.effect_looking")} />}
    </Dialog>
  );
}

function Shown({ effects: e, more }: { effects: Effects; more(cursor?: string): Promise<Effects> }) {
  const [extra, setExtra] = useState<{ items: Effects["items"]; next: string | undefined }>({ items: [], next: e.next });
  const lines = [...e.items, ...extra.items];
  return (
    <>
      <p className="admin-figure">{headline(e)}</p>
      {e.warnings.map((w) => <Note key={w.code} kind="warn"><p>{t(`admin.warn_${w.code}`, { files: w.files, folders: w.folders })}</p></Note>)}
      {e.permissions.length > 0 && (
        <Table caption={t("admin.effect_by_permission")} rows={e.permissions} rowKey={(p) => p.permission} columns={[
          { id: "p", label: t("admin.permission"), header: true, cell: (p) => permissionName(p.permission) },
          { id: "o", label: t("admin.effect_opens_head"), cell: (p) => none(p.opens) ? "–" : amount(p.opens) },
          { id: "c", label: t("admin.effect_closes_head"), cell: (p) => none(p.closes) ? "–" : amount(p.closes) },
        ]} />
      )}
      {lines.length > 0 && (
        <Table caption={t("admin.effect_by_principal")} rows={lines} rowKey={(l) => l.principal} columns={[
          { id: "n", label: t("admin.name"), header: true, cell: (l) => <>{l.name} <span className="soft">{l.kind === "group" ? t("admin.n_people", { n: l.people }) : t(`admin.kind_${l.kind}`)}</span></> },
          { id: "g", label: t("admin.effect_gains"), cell: (l) => l.gains.map(permissionName).join(", ") || "–" },
          { id: "l", label: t("admin.effect_loses"), cell: (l) => l.loses.map(permissionName).join(", ") || "–" },
        ]} />
      )}
      {extra.next && <Button onPress={() => void more(extra.next).then((x) => setExtra({ items: [...extra.items, ...x.items], next: x.next }))}>{t("admin.show_more")}</Button>}
    </>
  );
}
