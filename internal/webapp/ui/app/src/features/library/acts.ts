// SPDX-License-Identifier: Apache-2.0
// What is done to a selection, in words of the program.

import { post } from "../../api/client";
import type { CreateArchiveData, CreateArchiveResponse, CreateDownloadData, Download as Ticket, DownloadReport, MetadataPolicy } from "../../api/gen";
import { byQuery, toSelection, type Selected } from "../../assetgrid";
import { t } from "../../i18n";
import { problemText, toast } from "../../ui";
import { start } from "./bulk";

/** moveAssets moves what is selected into a folder; false: the server refused, which was told. */
export const moveAssets = (selected: Selected, to: { id: string; name: string }): Promise<boolean> =>
  tried(start(selected, { folder: to.id }, t("library.moving", { name: to.name }), (n) => t("library.moved", { n, name: to.name })));

/** binAssets puts what is selected into the bin; it can be undone. */
export const binAssets = (selected: Selected): Promise<boolean> => tried(start(selected, { bin: "delete" }, t("library.binning"), (n) => t("library.binned", { n })));

const tried = (begun: Promise<void>): Promise<boolean> =>
  begun.then(
    () => true,
    (e: unknown) => {
      toast(problemText(e).text, { kind: "bad" });
      return false;
    },
  );

/** one is the asset that alone is selected. */
export const one = (s: Selected): string | undefined => (!byQuery(s) && s.ids.size === 1 ? [...s.ids][0] : undefined);

/** save lets the browser fetch an address as a file. */
export function save(url: string): void {
  const a = document.createElement("a");
  a.href = url;
  a.download = "";
  document.body.append(a);
  a.click();
  a.remove();
}

const said = ({ until, place, ...r }: DownloadReport): DownloadReport => ({ ...r, ...(until ? { until } : {}), ...(place ? { place } : {}) });

/** download fetches one asset; a rendition that is being made is waited for. */
export async function download(id: string, variant: string, metadata: MetadataPolicy | undefined, purpose: string, wait: AbortSignal, report?: DownloadReport): Promise<void> {
  for (;;) {
    const ticket = await post<CreateDownloadData, Partial<Ticket> | undefined>("/api/v1/assets/{id}/downloads", { path: { id }, body: { variant, ...(metadata ? { metadata } : {}), ...(purpose ? { purpose } : {}), ...(report ? { report: said(report) } : {}) }, signal: wait });
    if (ticket?.url) return save(ticket.url);
    await new Promise((ready) => setTimeout(ready, 1000));
    wait.throwIfAborted();
  }
}

/** archive asks for a ZIP file of a selection. */
export const archive = (selected: Selected, variant: string, folders: boolean, purpose: string, report?: DownloadReport): Promise<CreateArchiveResponse> =>
  post<CreateArchiveData, CreateArchiveResponse>("/api/v1/archives", { body: { selection: toSelection(selected) as CreateArchiveData["body"]["selection"], variant, folders, ...(purpose ? { purpose } : {}), ...(report ? { report: said(report) } : {}) } });

