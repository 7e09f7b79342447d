// SPDX-License-Identifier: Apache-2.0
// The dialogs behind a folder's menu.

import { useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { del, patch, post, Problem } from "../../api/client";
import type { CreateFolderData, CreateFolderResponse, DeleteFolderData, Folder, RestoreFolderData, UpdateFolderData, UpdateFolderResponse } from "../../api/gen";
import { queries } from "../../api/queries";
import { listsChanged } from "../../assetgrid";
import { t } from "../../i18n";
import { Button, Confirm, Dialog, ErrorNote, Form, TextField, fieldText, problemText, toast } from "../../ui";
import type { AskedOfFolder } from "./FolderActs";
import { FolderPicker } from "./FolderPicker";
import { facets } from "./queries";
import { folderName } from "./folderName";

/** foldersChanged asks anew for all that is known of folders. */
export async function foldersChanged(): Promise<void> {
  await Promise.all([queries.invalidateQueries({ queryKey: ["folders"] }), queries.invalidateQueries({ queryKey: ["folder"] })]);
  listsChanged();
}

/** FolderDialogs is the one that was asked for. */
export function FolderDialogs({ kind, folder, onto, onClose }: AskedOfFolder & { onClose(): void }) {
  if (kind === "delete") return <Delete folder={folder} onClose={onClose} />;
  if (kind === "move")
    return <FolderPicker open title={t("library.move_folder", { name: folder.name })} permission="folder.manage" action={t("library.move_here")} onPick={(id, name) => { onClose(); void move(folder, id, name); }} onClose={onClose} />;
  if (kind === "move-to" && onto)
    return (
      <Confirm open title={t("library.move_folder", { name: folder.name })} action={t("library.move")} onClose={onClose} onConfirm={() => move(folder, onto.id, folderName(onto), true)}>
        <p>{t("library.move_folder_text", { name: folder.name, to: folderName(onto) })}</p>
      </Confirm>
    );
  return <Name folder={folder} isNew={kind === "new"} onClose={onClose} />;
}

async function move(folder: Folder, parent: string, to: string, throws = false): Promise<void> {
  const from = folder.parent;
  try {
    await patch<UpdateFolderData>("/api/v1/folders/{id}", { path: { id: folder.id }, body: { parent } });
  } catch (e) {
    if (throws) throw e;
    toast(problemText(e).text, { kind: "bad" });
    return;
  }
  await foldersChanged();
  const back = async () => {
    await patch<UpdateFolderData>("/api/v1/folders/{id}", { path: { id: folder.id }, body: { parent: from! } }).catch((e) => toast(problemText(e).text, { kind: "bad" }));
    await foldersChanged();
  };
  toast(t("library.folder_moved", { name: folder.name, to }), from ? { action: { label: t("ui.undo"), run: () => void back() } } : {});
}

function Name({ folder, isNew, onClose }: { folder: Folder; isNew: boolean; onClose(): void }) {
  const go = useNavigate();
  const [name, setName] = useState(isNew ? "" : folder.name);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const wrong = problem instanceof Problem ? problem.fields["name"] : undefined;
  const taken = problem instanceof Problem && problem.code === "folder.name_taken";
  const save = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      if (isNew) {
        const made = await post<CreateFolderData, CreateFolderResponse>("/api/v1/folders", { body: { name, parent: folder.id } });
        await foldersChanged();
        toast(t("library.folder_made", { name: made.name }), { action: { label: t("library.open_it"), run: () => void go({ to: "/", search: { folder: made.id } }) } });
      } else {
        await patch<UpdateFolderData, UpdateFolderResponse>("/api/v1/folders/{id}", { path: { id: folder.id }, body: { name }, ifMatch: folder.version });
        await foldersChanged();
        toast(t("library.folder_renamed", { name }));
      }
      onClose();
    } catch (e) {
      setProblem(e);
      setBusy(false);
    }
  };
  return (
    <Dialog open keep size="small" title={isNew ? t("library.new_folder_in", { name: folderName(folder) }) : t("library.rename_folder", { name: folder.name })} onClose={onClose} footer={
      <>
        <Button onPress={onClose}>{t("ui.cancel")}</Button>
        <Button kind="main" type="submit" form="folder-name" isPending={busy}>{isNew ? t("library.make_folder") : t("ui.save")}</Button>
      </>
    }>
      {problem !== undefined && !wrong && !taken && <ErrorNote problem={problem} />}
      <Form id="folder-name" onSubmit={(e) => void save(e)} className="stack">
        <TextField label={t("library.name")} value={name} onChange={(v) => { setName(v); setProblem(undefined); }} isRequired autoFocus maxLength={200} error={taken ? problemText(problem).text : wrong ? fieldText(wrong) : undefined} />
      </Form>
    </Dialog>
  );
}

function Delete({ folder, onClose }: { folder: Folder; onClose(): void }) {
  const go = useNavigate();
  const search: Record<string, string | undefined> = useSearch({ strict: false });
  const count = useQuery(facets({ folder: folder.id, subtree: true }));
  const away = async () => {
    await del<DeleteFolderData>("/api/v1/folders/{id}", { path: { id: folder.id } });
    if (search["folder"] && search["folder"] !== folder.parent) void go({ to: "/", search: folder.parent ? { folder: folder.parent } : {} });
    await foldersChanged();
    const back = () => post<RestoreFolderData>("/api/v1/folders/{id}/restoration", { path: { id: folder.id } }).then(foldersChanged, (e) => toast(problemText(e).text, { kind: "bad" }));
    toast(t("library.folder_binned", { name: folder.name }), { action: { label: t("ui.undo"), run: () => void back() } });
  };
  return (
    <Confirm open danger title={t("library.bin_folder", { name: folder.name })} action={t("library.to_bin")} onClose={onClose} onConfirm={away}>
      <p>{count.data ? t("library.bin_folder_text", { n: count.data.total }) : t("ui.loading")}</p>
      <p className="soft">{t("library.bin_text")}</p>
    </Confirm>
  );
}
