// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import { RotateCw, X } from "lucide-react";
import { del, post } from "../../api/client";
import type { AcceptUploadData, TerminateUploadData, Upload } from "../../api/gen";
import { bytes, t } from "../../i18n";
import { Button, ErrorNote, FileTrigger, IconButton } from "../../ui";
import { uploads } from "./queue";

/** Left is an upload that an earlier page began: it goes on when the same file is chosen again. */
export function Left({ upload, onGone }: { upload: Upload; onGone(): void }) {
  const [problem, setProblem] = useState<unknown>();
  const [other, setOther] = useState(false);
  const run = (what: Promise<unknown>) => {
    setProblem(undefined);
    what.then(onGone, setProblem);
  };
  const again = (files: FileList | null) => {
    const file = files?.[0];
    if (!file) return;
    if (file.size !== upload.length || file.name !== upload.name) return setOther(true);
    setOther(false);
    uploads.add([{ file, path: [] }], undefined, { url: `/api/v1/uploads/${upload.id}`, file });
  };
  return (
    <li className="upload" data-state="asked">
      <RotateCw size={16} aria-hidden />
      <div className="upload-what">
        <p className="cut" title={upload.name}><bdi>{upload.name}</bdi></p>
        <p className="small soft">{upload.state === "duplicate" ? t("upload.question_same") : t("upload.left_at", { sent: bytes(upload.offset), all: bytes(upload.length ?? upload.offset) })}</p>
        {other && <p className="small error" role="alert">{t("upload.other_file", { name: upload.name })}</p>}
        {problem !== undefined && <ErrorNote problem={problem} />}
        <div className="row">
          {upload.state === "duplicate" ? (
            <Button onPress={() => run(post<AcceptUploadData>("/api/v1/uploads/{id}/acceptance", { path: { id: upload.id } }))}>{t("upload.answer_keep")}</Button>
          ) : (
            <FileTrigger onSelect={again}><Button>{t("upload.choose_again")}</Button></FileTrigger>
          )}
        </div>
      </div>
      <div className="upload-do"><IconButton label={t("upload.stop", { name: upload.name })} onPress={() => run(del<TerminateUploadData>("/api/v1/uploads/{id}", { path: { id: upload.id }, headers: { "Tus-Resumable": "1.0.0" } }))}><X size={16} aria-hidden /></IconButton></div>
    </li>
  );
}
