// SPDX-License-Identifier: Apache-2.0
// The service worker: a page for when there is no connection, and files that other programs share. It keeps no data.

import { t } from "../i18n";
import { announce } from "../ui";

/** install registers the service worker, and uploads what was shared just now. */
export function install(): void {
  if (!("serviceWorker" in navigator)) return;
  const worker = navigator.serviceWorker;
  void worker.register("/sw.js", { scope: "/" }).catch(() => undefined); // without it the app works as before
  const here = new URL(location.href);
  if (here.searchParams.get("shared") !== "1") return;
  here.searchParams.delete("shared");
  history.replaceState(history.state, "", here);
  worker.addEventListener("message", (e: MessageEvent<{ shared?: File[] }>) => {
    const files = e.data.shared ?? [];
    if (!files.length) return;
    void Promise.all([import("../features/upload"), import("../features/upload/files")]).then(([upload, { fromInput }]) => {
      upload.useUploads().add(fromInput(files), undefined);
      announce(t("shell.shared", { n: files.length }));
    });
  });
  worker.startMessages();
  void worker.ready.then((r) => (worker.controller ?? r.active)?.postMessage("shared"));
}
