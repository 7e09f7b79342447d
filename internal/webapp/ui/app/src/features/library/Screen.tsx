// SPDX-License-Identifier: Apache-2.0
// The library's own screen: everything, a folder, a search.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, Folder as FolderIcon, FolderCog } from "lucide-react";
import type { Folder } from "../../api/gen";
import { t } from "../../i18n";
import { Button, Failed, Loading, Menu, useTitle } from "../../ui";
import { useFolderActs } from "./FolderActs";
import { folderName } from "./folderName";
import { usePlace, type Place } from "./place";
import { below, folder } from "./queries";
import { LibraryView } from "./View";
import "./library.css";

/** LibraryScreen shows what the address says. */
export function LibraryScreen() {
  const place = usePlace();
  const here = useQuery({ ...folder(place.folder ?? ""), enabled: !!place.folder });
  const searched = !!place.q || place.filters.length > 0;
  const name = place.folder ? (here.data ? folderName(here.data) : "") : searched ? t("library.found") : t("library.everything");
  useTitle(place.q ? t("library.title_search", { q: place.q, where: name || t("library.title") }) : name || t("library.title"));
  if (here.isError) return <div className="library"><header className="library-head"><h1>{t("library.title")}</h1></header><Failed problem={here.error} retry={() => void here.refetch()} /></div>;
  if (place.folder && !here.data) return <div className="library"><header className="library-head"><h1>{t("library.title")}</h1></header><Loading what={t("ui.loading")} lines={6} /></div>;
  return <LibraryView place={place} label={name} folder={here.data} head={<Head folder={here.data} place={place} name={name} />} />;
}

function Head({ folder: f, place, name }: { folder: Folder | undefined; place: Place; name: string }) {
  const acts = useFolderActs();
  const entries = f ? acts.entries(f) : [];
  const within = useQuery({ ...below(f?.id ?? ""), enabled: !!f });
  return (
    <>
      {f && f.path.length > 1 && (
        <nav aria-label={t("library.way")} className="way">
          <ol>
            {f.path.slice(0, -1).map((p, i) => (
              <li key={p.id}><Link to="/" search={{ folder: p.id }}><bdi>{i === 0 ? t("library.root") : p.name}</bdi></Link><ChevronRight size={14} aria-hidden /></li>
            ))}
          </ol>
        </nav>
      )}
      <header className="library-head">
        <h1><bdi>{name}</bdi></h1>
        {entries.length > 0 && <Menu label={t("library.folder_menu", { name })} button={<Button kind="quiet"><FolderCog size={18} aria-hidden />{t("library.folder_word")}</Button>} entries={entries} />}
      </header>
      {f && !place.q && place.filters.length === 0 && within.data && within.data.length > 0 && (
        <nav aria-label={t("library.folders_in", { name })} className="subfolders">
          <ul>
            {within.data.slice(0, 60).map((x) => <li key={x.id}><Link to="/" search={{ folder: x.id }} className="chip-link"><FolderIcon size={16} aria-hidden /><bdi className="cut">{folderName(x)}</bdi></Link></li>)}
          </ul>
        </nav>
      )}
      {acts.dialogs}
    </>
  );
}
