// SPDX-License-Identifier: Apache-2.0
// What is shown of an asset: its picture, its pages, its sound, or what it is.

import { useState } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { FileArchive, FileQuestion, FileText, Film, Music, Play, Type } from "lucide-react";
import { post } from "../../api/client";
import type { Asset, CreateDownloadData, CreateDownloadResponse } from "../../api/gen";
import { duration, t } from "../../i18n";
import { Button, Disclosure, DisclosurePanel, ErrorNote, Heading, Loading, Note, NumberField } from "../../ui";
import { page } from "./queries";
import { altOf, can, picture, said, titleOf } from "./text";
import { ZoomView } from "./ZoomView";

const icons = { image: FileQuestion, video: Film, audio: Music, document: FileText, archive: FileArchive, font: Type, other: FileQuestion };

/** Preview shows an asset as well as it can be shown. */
export function Preview({ a }: { a: Asset }) {
  const best = picture(a, 4000);
  if (a.kind === "document" && (a.pages ?? 0) > 0) return <Pages a={a} key={a.id + a.revision} />;
  if (a.kind === "audio") return <Sound a={a} key={a.id + a.revision} />;
  if (best && a.kind !== "video") return <ZoomView src={best.url} alt={altOf(a) || titleOf(a)} width={best.width} height={best.height} original={a.width} />;
  const Icon = icons[a.kind];
  return (
    <figure className="no-picture">
      {best ? <img src={best.url} alt={altOf(a) || titleOf(a)} width={best.width} height={best.height} /> : <Icon size={64} strokeWidth={1.25} aria-hidden />}
      <figcaption className="soft">{a.kind === "video" ? t("asset.video_poster", { length: duration(a.duration ?? 0) }) : a.state === "preparing" ? t("asset.preparing") : t("asset.no_preview", { kind: said(`terms.type_${a.kind}`, a.kind) })}</figcaption>
    </figure>
  );
}

function Pages({ a }: { a: Asset }) {
  const [n, setN] = useState(1);
  const q = useQuery(page(a.id, n));
  const best = picture(a, 4000);
  const shown = q.data?.rendition ?? (n === 1 ? best : undefined);
  return (
    <div className="pages">
      {shown ? <ZoomView src={shown.url} alt={t("asset.page_alt", { n, title: titleOf(a) })} width={shown.width} height={shown.height} /> : q.error ? <ErrorNote problem={q.error} retry={() => void q.refetch()} /> : <Loading lines={8} what={t("asset.page_making")} />}
      <div className="row">
        <NumberField label={t("asset.page_of", { pages: a.pages ?? 1 })} value={n} minValue={1} maxValue={a.pages ?? 1} onChange={(v) => v && setN(v)} />
      </div>
      {q.data?.text && (
        <Disclosure className="disclosure">
          <Heading level={2}><Button slot="trigger" kind="quiet">{t("asset.page_text", { n })}</Button></Heading>
          <DisclosurePanel><p className="page-text">{q.data.text}</p></DisclosurePanel>
        </Disclosure>
      )}
    </div>
  );
}

function Sound({ a }: { a: Asset }) {
  const may = can(a, "asset.download_original");
  const play = useMutation({ mutationFn: () => post<CreateDownloadData, CreateDownloadResponse>("/api/v1/assets/{id}/downloads", { path: { id: a.id }, body: { variant: "original" } }) });
  const url = (play.data as { url?: string } | undefined)?.url;
  return (
    <figure className="no-picture">
      <Music size={64} strokeWidth={1.25} aria-hidden />
      <figcaption>{titleOf(a)}{a.duration ? ` · ${duration(a.duration)}` : ""}</figcaption>
      {url ? <audio controls autoPlay preload="auto" src={url} aria-label={titleOf(a)} /> : may ? <Button kind="main" isPending={play.isPending} onPress={() => play.mutate()}><Play size={16} aria-hidden />{t("asset.play")}</Button> : <Note>{t("asset.play_forbidden")}</Note>}
      {play.error && <ErrorNote problem={play.error} />}
    </figure>
  );
}
