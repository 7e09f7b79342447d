// SPDX-License-Identifier: Apache-2.0

// Parts of the browser app that need no browser, straight from their TypeScript.

import path from "node:path";
import { fileURLToPath } from "node:url";

const app = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../ui/app");

/** load reads modules below ui/app/src; close ends what reads them. */
export async function load(...names) {
  const { createServer } = await import(path.join(app, "node_modules/vite/dist/node/index.js"));
  const server = await createServer({ root: app, configFile: false, logLevel: "error", appType: "custom", server: { middlewareMode: true, watch: null, hmr: false, ws: false }, optimizeDeps: { noDiscovery: true, include: [] } });
  const modules = await Promise.all(names.map((n) => server.ssrLoadModule(`/src/${n}`)));
  return { modules, close: () => server.close() };
}
