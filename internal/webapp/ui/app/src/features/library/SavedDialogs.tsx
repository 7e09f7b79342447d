// SPDX-License-Identifier: Apache-2.0
// Saving a search under a name, changing it, deleting it.

import { useState, type FormEvent } from "react";
import { useNavigate } from "@tanstack/react-router";
import { del, patch, post } from "../../api/client";
import type { Collection, CreateCollectionData, CreateCollectionResponse, DeleteCollectionData, SavedSearch, UpdateCollectionData } from "../../api/gen";
import { queries } from "../../api/queries";
import { t } from "../../i18n";
import { Button, Checkbox, Confirm, Dialog, ErrorNote, Form, TextField, toast } from "../../ui";
import type { Place } from "./place";

const changed = () => queries.invalidateQueries({ queryKey: ["collections"] });

const searchOf = ({ query }: Place): SavedSearch => {
  const { collection: _, sort, ...rest } = query;
  return { ...rest, ...(sort && sort !== "collection" ? { sort } : {}) };
};

/** DeleteSaved asks before a saved search is deleted. */
export function DeleteSaved({ of, onClose }: { of: Collection; onClose(): void }) {
  return (
    <Confirm open danger title={t("library.saved_delete", { name: of.name })} action={t("ui.delete")} onClose={onClose} onConfirm={async () => {
      await del<DeleteCollectionData>("/api/v1/collections/{id}", { path: { id: of.id } });
      await changed();
      toast(t("library.saved_deleted", { name: of.name }));
    }}>
      <p>{t("library.saved_delete_text")}</p>
    </Confirm>
  );
}

/** EditSaved names and shares a search; with a place it saves what is shown now. */
export function EditSaved({ of, place, onClose }: { of?: Collection | undefined; place?: Place; onClose(): void }) {
  const go = useNavigate();
  const [name, setName] = useState(of?.name ?? place?.q ?? "");
  const [shared, setShared] = useState(of ? isShared(of) : false);
  const [again, setAgain] = useState(!!of && !!place);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const save = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      if (of && (again || !place)) {
        await patch<UpdateCollectionData>("/api/v1/collections/{id}", { path: { id: of.id }, body: { name, ...sharing(shared), ...(place ? { search: searchOf(place) } : {}) }, ifMatch: of.version });
      } else if (place) {
        const made = await post<CreateCollectionData, CreateCollectionResponse>("/api/v1/collections", { body: { name, ...sharing(shared), search: searchOf(place) } });
        void go({ to: ".", search: (s: Record<string, string | undefined>) => ({ ...s, saved: made.id }), replace: true });
      }
      await changed();
      toast(t("library.saved_done", { name }));
      onClose();
    } catch (e) {
      setProblem(e);
      setBusy(false);
    }
  };
  return (
    <Dialog open keep size="small" title={place ? t("library.save_search") : t("library.saved_edit")} onClose={onClose} footer={
      <>
        <Button onPress={onClose}>{t("ui.cancel")}</Button>
        <Button kind="main" type="submit" form="saved-search" isPending={busy}>{t("ui.save")}</Button>
      </>
    }>
      {problem !== undefined && <ErrorNote problem={problem} />}
      <Form id="saved-search" className="stack" onSubmit={(e) => void save(e)}>
        <TextField label={t("library.name")} value={name} onChange={setName} isRequired autoFocus maxLength={200} />
        <Checkbox isSelected={shared} onChange={setShared} help={t("library.saved_share_text")}>{t("library.saved_share")}</Checkbox>
        {of && place && <Checkbox isSelected={again} onChange={setAgain}>{t("library.saved_replace", { name: of.name })}</Checkbox>}
      </Form>
    </Dialog>
  );
}

const isShared = (c: Collection): boolean => c.everybody !== "none";
const sharing = (shared: boolean) => ({ everybody: shared ? ("view" as const) : ("none" as const) });
