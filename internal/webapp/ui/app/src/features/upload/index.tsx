// SPDX-License-Identifier: Apache-2.0
// What the shell shows of uploads: the button in the header, dropping and pasting anywhere, and the dock.

import { lazy, Suspense, useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Upload as UploadIcon } from "lucide-react";
import { get } from "../../api/client";
import type { ListUploadsData, ListUploadsResponse } from "../../api/gen";
import { listsChanged } from "../../assetgrid/changed";
import { queries } from "../../api/queries";
import { loadMessages, t } from "../../i18n";
import { announce, Button } from "../../ui";
import { lazyDialog } from "../../shell/lazyPart";
import { fromDrop, fromInput, type Chosen } from "./files";
import { uploads } from "./queue";
import { fieldsForAll } from "./describe";
import "./upload.css";

await loadMessages("upload", "terms", "folders");

const Dock = lazy(() => import("./Dock").then((m) => ({ default: m.Dock })));
const ChooseDialog = lazyDialog<{ folder: string | undefined; onClose(): void; onFiles(files: Chosen[], folder: string | undefined): void }>([], () => import("./ChooseDialog"), "ChooseDialog");

/** useUploads gives a screen the queue: useUploads().add(files, folder). */
export const useUploads = () => uploads;

let told = 0;
/** refresh shows what was stored, at most every two seconds. */
function refresh() {
  const wait = Math.max(0, told + 2000 - Date.now());
  window.clearTimeout(later);
  later = window.setTimeout(() => {
    told = Date.now();
    void queries.invalidateQueries({ predicate: (q) => q.queryKey[0] !== "session" });
    listsChanged(); // the lists that are shown, and those that are kept for Back
  }, wait);
}
let later = 0;
uploads.onDone = (assets) => {
  fieldsForAll.stored(assets);
  refresh();
};

/** UploadTools is the button in the header with all that belongs to it. */
export default function UploadTools() {
  useSyncExternalStore(uploads.subscribe, uploads.snapshot);
  const search: Record<string, string | undefined> = useSearch({ strict: false });
  const folder = search["folder"];
  const [choosing, setChoosing] = useState(false);
  const [over, setOver] = useState(false);

  const add = useCallback(
    (files: Chosen[]) => {
      if (!files.length) return;
      uploads.add(files, folder);
      announce(t("upload.added", { n: files.length }));
    },
    [folder],
  );

  useEffect(() => {
    const carries = (e: DragEvent) => !!e.dataTransfer?.types.includes("Files");
    let depth = 0;
    const enter = (e: DragEvent) => {
      if (!carries(e)) return;
      e.preventDefault();
      depth++;
      setOver(true);
    };
    const leave = (e: DragEvent) => {
      if (!carries(e)) return;
      depth = Math.max(0, depth - 1);
      if (!depth) setOver(false);
    };
    const move = (e: DragEvent) => {
      if (!carries(e)) return;
      e.preventDefault();
      e.dataTransfer!.dropEffect = "copy";
    };
    const drop = (e: DragEvent) => {
      depth = 0;
      setOver(false);
      if (!carries(e) || !e.dataTransfer) return;
      e.preventDefault();
      void fromDrop(e.dataTransfer, (files) => uploads.add(files, folder)).then(
        (n) => n && announce(t("upload.added", { n })),
        () => announce(t("upload.unreadable"), true),
      );
    };
    const paste = (e: ClipboardEvent) => {
      if (!e.clipboardData?.files.length) return;
      e.preventDefault();
      add(fromInput(e.clipboardData.files));
    };
    const leaving = (e: BeforeUnloadEvent) => {
      if (uploads.active) e.preventDefault();
    };
    const back = () => uploads.retryLost();
    window.addEventListener("dragenter", enter);
    window.addEventListener("dragleave", leave);
    window.addEventListener("dragover", move);
    window.addEventListener("drop", drop);
    window.addEventListener("paste", paste);
    window.addEventListener("beforeunload", leaving);
    window.addEventListener("online", back);
    return () => {
      window.removeEventListener("dragenter", enter);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("dragover", move);
      window.removeEventListener("drop", drop);
      window.removeEventListener("paste", paste);
      window.removeEventListener("beforeunload", leaving);
      window.removeEventListener("online", back);
    };
  }, [add, folder]);

  return (
    <>
      <Button kind="main" className="upload-open" onHoverStart={ChooseDialog.fetch} onPress={() => setChoosing(true)}><UploadIcon size={16} aria-hidden /><span>{t("upload.upload")}</span></Button>
      {over && <div className="drop-anywhere" aria-hidden><p><UploadIcon size={28} /> {t(folder ? "upload.drop_here" : "upload.drop_inbox")}</p></div>}
      {choosing && <ChooseDialog folder={folder} onClose={() => setChoosing(false)} onFiles={(files, to) => { uploads.add(files, to); announce(t("upload.added", { n: files.length })); }} />}
      <DockNow />
    </>
  );
}

/** DockNow is the dock; its code comes when there is something to tell: uploads here, or some that an earlier page began. */
function DockNow() {
  useSyncExternalStore(uploads.subscribe, uploads.snapshot);
  const left = useQuery({
    queryKey: ["session", "uploads"],
    staleTime: Infinity,
    queryFn: ({ signal }) => get<ListUploadsData, ListUploadsResponse>("/api/v1/uploads", { query: { limit: 50 }, signal }),
  });
  const lost = (left.data?.items ?? []).filter((u) => (u.state === "open" || u.state === "duplicate") && !uploads.known.has(u.id));
  if (!uploads.items.length && !lost.length) return null;
  return <Suspense><Dock lost={lost} onLeft={() => void left.refetch()} /></Suspense>;
}
