// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import type { Folder } from "../../api/gen";
import { may, session } from "../../api/queries";
import { t } from "../../i18n";
import { Button, Empty } from "../../ui";
import { filterName } from "./Chips";
import { useGo, type Place } from "./place";
import { fOf } from "./text";

/** NothingHere says why a list is empty, and what can be done about it. */
export function NothingHere({ place, folder }: { place: Place; folder: Folder | undefined }) {
  const who = useQuery(session);
  const change = useGo();
  if (place.q || place.filters.length)
    return (
      <Empty title={t("library.none_found")}>
        <p>{t("library.none_found_text")}</p>
        <ul className="row centre">
          {place.q && <li><Button onPress={() => change({ q: undefined })}>{t("library.without", { what: place.q })}</Button></li>}
          {place.filters.map((f, i) => <li key={f.key + f.value}><Button onPress={() => change({ f: fOf(place.filters.filter((_, j) => j !== i)) })}>{t("library.without", { what: filterName(f) })}</Button></li>)}
          {folder && <li><Button onPress={() => change({ folder: undefined, deep: undefined })}>{t("library.search_everywhere")}</Button></li>}
        </ul>
      </Empty>
    );
  const uploads = folder ? folder.permissions.includes("asset.upload") : may(who.data, "asset.upload");
  if (folder)
    return (
      <Empty title={t("library.empty_folder")} action={uploads ? <Button kind="main" onPress={openUpload}>{t("library.upload")}</Button> : undefined}>
        <p>{t(uploads ? "library.empty_folder_upload" : "library.empty_folder_text")}</p>
      </Empty>
    );
  return <Empty title={t("library.empty")} action={uploads ? <Button kind="main" onPress={openUpload}>{t("library.upload")}</Button> : undefined}><p>{t(uploads ? "library.empty_upload" : "library.empty_text")}</p></Empty>;
}

/** openUpload opens the dialog behind the header's button. */
const openUpload = () => document.querySelector<HTMLButtonElement>(".upload-open")?.click();
