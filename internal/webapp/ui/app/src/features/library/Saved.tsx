// SPDX-License-Identifier: Apache-2.0
// Searches that are kept: everybody's own and shared ones, in the column; saved from the row of conditions.

import { useState, type FormEvent } from "react";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { BookmarkPlus, Ellipsis, SearchCheck } from "lucide-react";
import { del, get, patch, post } from "../../api/client";
import type { Collection, CreateCollectionData, CreateCollectionResponse, DeleteCollectionData, ListCollectionsData, ListCollectionsResponse, SavedSearch, UpdateCollectionData } from "../../api/gen";
import { queries } from "../../api/queries";
import { t } from "../../i18n";
import { Button, Checkbox, Confirm, Dialog, ErrorNote, Form, IconButton, Menu, TextField, toast } from "../../ui";
import type { Place } from "./place";

const saved = queryOptions({
  queryKey: ["collections", "search"],
  staleTime: 30_000,
  queryFn: async ({ signal }) => (await get<ListCollectionsData, ListCollectionsResponse>("/api/v1/collections", { query: { limit: 200 }, signal })).items.filter((c) => c.kind === "search"),
});
const changed = () => queries.invalidateQueries({ queryKey: ["collections"] });

/** addressOf is where a saved search is shown. */
export function addressOf(c: Collection): Record<string, string> {
  const s = c.search ?? {};
  return { saved: c.id, ...(s.q ? { q: s.q } : {}), ...(s.folder ? { folder: s.folder } : {}), ...(s.subtree ? { deep: "1" } : {}), ...(s.sort ? { sort: s.sort } : {}), ...(s.kind ? { f: `kind:${s.kind}` } : {}) };
}

const searchOf = ({ query }: Place): SavedSearch => {
  const { collection: _, sort, ...rest } = query;
  return { ...rest, ...(sort && sort !== "collection" ? { sort } : {}) };
};

/** SavedSearches is the section of the column. */
export function SavedSearches() {
  const list = useQuery(saved);
  const search: Record<string, string | undefined> = useSearch({ strict: false });
  const [asked, setAsked] = useState<{ kind: "edit" | "delete"; of: Collection }>();
  if (!list.data?.length) return null;
  return (
    <section className="library-section" aria-labelledby="saved-title">
      <header><h2 id="saved-title">{t("library.saved")}</h2></header>
      <ul className="places-list">
        {list.data.map((c) => (
          <li key={c.id} className="with-menu">
            <Link to="/" search={addressOf(c)} {...(search["saved"] === c.id ? { "aria-current": "page" as const } : {})}><SearchCheck size={16} aria-hidden /><bdi className="cut" title={c.name}>{c.name}</bdi></Link>
            {c.own && (
              <Menu label={t("library.saved_menu", { name: c.name })} button={<IconButton className="small" label={t("library.saved_menu", { name: c.name })}><Ellipsis size={16} aria-hidden /></IconButton>} entries={[
                { id: "edit", label: t("library.saved_edit"), onAction: () => setAsked({ kind: "edit", of: c }) },
                { id: "delete", label: t("ui.delete"), danger: true, onAction: () => setAsked({ kind: "delete", of: c }) },
              ]} />
            )}
          </li>
        ))}
      </ul>
      {asked?.kind === "edit" && <Edit of={asked.of} onClose={() => setAsked(undefined)} />}
      {asked?.kind === "delete" && (
        <Confirm open danger title={t("library.saved_delete", { name: asked.of.name })} action={t("ui.delete")} onClose={() => setAsked(undefined)} onConfirm={async () => {
          await del<DeleteCollectionData>("/api/v1/collections/{id}", { path: { id: asked.of.id } });
          await changed();
          toast(t("library.saved_deleted", { name: asked.of.name }));
        }}>
          <p>{t("library.saved_delete_text")}</p>
        </Confirm>
      )}
    </section>
  );
}

/** SaveSearch keeps what is shown now as a search with a name, or into the saved one it came from. */
export function SaveSearch({ place }: { place: Place }) {
  const [open, setOpen] = useState(false);
  const list = useQuery({ ...saved, enabled: !!place.saved });
  const of = list.data?.find((c) => c.id === place.saved && c.own);
  return (
    <>
      <Button kind="quiet" className="small-text" onPress={() => setOpen(true)}><BookmarkPlus size={14} aria-hidden />{t("library.save_search")}</Button>
      {open && <Edit of={of} place={place} onClose={() => setOpen(false)} />}
    </>
  );
}

function Edit({ of, place, onClose }: { of?: Collection | undefined; place?: Place; onClose(): void }) {
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
