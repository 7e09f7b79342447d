// SPDX-License-Identifier: Apache-2.0
// Searches that are kept: everybody's own and shared ones, in the column; saved from the row of conditions.

import { useState } from "react";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { BookmarkPlus, Ellipsis, SearchCheck } from "lucide-react";
import { get } from "../../api/client";
import type { Collection, ListCollectionsData, ListCollectionsResponse } from "../../api/gen";
import { t } from "../../i18n";
import { lazyDialog } from "../../shell/lazyPart";
import { Button, IconButton, Menu } from "../../ui";
import type { Place } from "./place";

const saved = queryOptions({
  queryKey: ["collections", "search"],
  staleTime: 30_000,
  queryFn: async ({ signal }) => (await get<ListCollectionsData, ListCollectionsResponse>("/api/v1/collections", { query: { limit: 200 }, signal })).items.filter((c) => c.kind === "search"),
});
const EditSaved = lazyDialog<{ of?: Collection | undefined; place?: Place; onClose(): void }>(["library"], () => import("./SavedDialogs"), "EditSaved");
const DeleteSaved = lazyDialog<{ of: Collection; onClose(): void }>(["library"], () => import("./SavedDialogs"), "DeleteSaved");

/** addressOf is where a saved search is shown. */
export function addressOf(c: Collection): Record<string, string> {
  const s = c.search ?? {};
  return { saved: c.id, ...(s.q ? { q: s.q } : {}), ...(s.folder ? { folder: s.folder } : {}), ...(s.subtree ? { deep: "1" } : {}), ...(s.sort ? { sort: s.sort } : {}), ...(s.kind ? { f: `kind:${s.kind}` } : {}) };
}

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
      {asked?.kind === "edit" && <EditSaved of={asked.of} onClose={() => setAsked(undefined)} />}
      {asked?.kind === "delete" && <DeleteSaved of={asked.of} onClose={() => setAsked(undefined)} />}
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
      {open && <EditSaved of={of} place={place} onClose={() => setOpen(false)} />}
    </>
  );
}
