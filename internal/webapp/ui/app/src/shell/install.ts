// SPDX-License-Identifier: Apache-2.0
// The service worker: a page for when there is no connection, and files that other programs share. It keeps no data.

import { t } from "../i18n";
import { announce } from "../ui";

type Policies = { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown } };

/** install registers the service worker, and uploads what was shared just now. */
export function install(): void {
  if (!("serviceWorker" in navigator)) return;
  const worker = navigator.serviceWorker;
  const policies = (window as unknown as { trustedTypes?: Policies }).trustedTypes;
  // The only script address that is ever made here.
  const url = policies ? policies.createPolicy("tillgang", { createScriptURL: () => "/sw.js" }).createScriptURL("/sw.js") : "/sw.js";
  void worker.register(url as string, { scope: "/" }).catch(() => undefined); // without it the app works as before
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
