// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Camera, FileUp, FolderUp } from "lucide-react";
import { get } from "../../api/client";
import type { GetFolderData, GetFolderResponse } from "../../api/gen";
import { t } from "../../i18n";
import { Button, Dialog, FileTrigger, Note } from "../../ui";
import { FolderPicker } from "../library/FolderPicker";
import { fromInput, type Chosen } from "./files";

/** ChooseDialog is the way to upload that needs neither dragging nor dropping. */
export function ChooseDialog({ folder, onClose, onFiles }: { folder: string | undefined; onClose(): void; onFiles(files: Chosen[], folder: string | undefined): void }) {
  const [chosen, setChosen] = useState<string | undefined>();
  const [picking, setPicking] = useState(false);
  const to = chosen ?? folder;
  const place = useQuery({
    queryKey: ["folder", to ?? ""],
    enabled: !!to,
    queryFn: ({ signal }) => get<GetFolderData, GetFolderResponse>("/api/v1/folders/{id}", { path: { id: to! }, signal }),
  });
  const take = (files: FileList | File[] | null) => {
    const list = fromInput(files);
    if (!list.length) return;
    onFiles(list, to);
    setChosen(undefined);
    onClose();
  };
  const closed = place.data && !place.data.permissions.includes("asset.upload");
  return (
    <>
      <Dialog title={t("upload.title")} open={!picking} onClose={onClose}>
        <div className="spread">
          <p>{t("upload.to")} <strong><bdi>{to ? place.data?.name ?? "…" : t("upload.inbox")}</bdi></strong></p>
          <Button onPress={() => setPicking(true)}>{t("upload.change_folder")}</Button>
        </div>
        {closed && <Note kind="warn"><p>{t("upload.closed")}</p></Note>}
        <div className="upload-ways">
          <FileTrigger allowsMultiple onSelect={take}><Button kind="main" isDisabled={!!closed} autoFocus><FileUp size={18} aria-hidden />{t("upload.choose_files")}</Button></FileTrigger>
          <FileTrigger acceptDirectory onSelect={take}><Button isDisabled={!!closed}><FolderUp size={18} aria-hidden />{t("upload.choose_folder")}</Button></FileTrigger>
          <FileTrigger defaultCamera="environment" acceptedFileTypes={["image/*", "video/*"]} onSelect={take}><Button isDisabled={!!closed}><Camera size={18} aria-hidden />{t("upload.take_photo")}</Button></FileTrigger>
        </div>
        <p className="soft">{t("upload.hint")}</p>
      </Dialog>
      <FolderPicker title={t("upload.to_which")} open={picking} permission="asset.upload" action={t("upload.choose_this")} onClose={() => setPicking(false)} onPick={(id: string) => { setChosen(id); setPicking(false); }} />
    </>
  );
}
