// SPDX-License-Identifier: Apache-2.0

// The pictures of the README: the real program with drawn landscapes in it, in
// light and dark, on a desk and on a telephone. `make screenshots`; the files go
// to the folder that is named, deploy/screenshots unless told.

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { draw, scenes } from "./pictures.js";
import { enter, open } from "./screen.js";
import { browse, start } from "./world.js";

const to = process.argv[2] ?? path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../deploy/screenshots");
await mkdir(to, { recursive: true });
const [program, browser] = await Promise.all([start(), browse()]);
try {
  const { page } = await open(browser, "sv-SE");
  await enter(page, program);
  const key = await program.key();
  const api = async (method, at, body) => {
    const form = body instanceof FormData;
    const r = await fetch(`${program.base}/api/v1${at}`, { method, headers: { Authorization: `Bearer ${key}`, ...(body && !form ? { "Content-Type": "application/json" } : {}) }, body: form ? body : body && JSON.stringify(body) });
    if (!r.ok) throw new Error(`${method} ${at}: ${r.status} ${await r.text()}`);
    return r.status === 204 ? undefined : r.json();
  };

  const top = (await api("GET", "/folders")).items[0];
  const folders = {};
  for (const name of ["Kommunikation", "Natur", "Stad", "Evenemang"]) folders[name] = await api("POST", "/folders", { name, parent: top.id });
  for (const name of ["Hav", "Skog"]) folders[name] = await api("POST", "/folders", { name, parent: folders.Natur.id });
  const ids = [];
  for (const [i, scene] of scenes.entries()) {
    const form = new FormData();
    form.set("folder", (scene.kind === "sea" ? folders.Hav : scene.kind === "forest" ? folders.Skog : ["city", "houses"].includes(scene.kind) ? folders.Stad : folders.Natur).id);
    form.set("file", new Blob([i % 5 === 4 ? await draw(page, scene, 1000, 1400) : await draw(page, scene)], { type: "image/jpeg" }), scene.file);
    const a = await api("POST", "/assets", form);
    ids.push(a.id);
    await api("PATCH", `/assets/${a.id}`, {
      fields: { title: { lang: { sv: scene.title } }, keywords: { values: scene.keywords }, credit: { value: "Exempelkommunen" } },
      ...(i % 4 === 3 ? {} : { alt: { sv: { decision: "text", text: scene.alt } } }),
    });
  }
  while ((await api("GET", "/assets?limit=50")).items.some((a) => a.state !== "ready")) await new Promise((resolve) => setTimeout(resolve, 200));
  await api("POST", `/assets/${ids[0]}/comments`, { text: "Fin bild! Den tar vi till vinterns kampanj." });
  // Collections belong to people, so the person who is signed in makes this one.
  const own = (at, body) => page.evaluate(async ([at, body]) => (await fetch(`/api/v1${at}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).json(), [at, body]);
  const collection = await own("/collections", { name: "Vinterkampanjen", description: "Bilder till höstens och vinterns kampanj." });
  await own(`/collections/${collection.id}/assets`, { ids: ids.slice(0, 6) });

  const shoot = async (name, { width = 1440, height = 900, dark = false, full = false } = {}) => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: dark ? "dark" : "light", reducedMotion: "reduce" });
    await page.waitForLoadState("networkidle");
    await page.evaluate(() => Promise.all([document.fonts.ready, ...[...document.images].map((i) => i.decode().catch(() => {}))]));
    await page.screenshot({ path: path.join(to, `${name}.png`), fullPage: full });
  };
  const go = async (at) => {
    await page.goto(program.base + at);
    await page.locator("#main h1").first().waitFor();
  };
  const screens = { library: "/", asset: `/assets/${ids[0]}`, collection: `/collections/${collection.id}`, statistics: "/admin/statistics", rights: `/admin/rights/${folders.Natur.id}` };
  for (const [name, at] of Object.entries(screens)) {
    await page.setViewportSize({ width: 1440, height: 900 });
    await go(at);
    if (name === "library") {
      await page.getByRole("grid").getByRole("row").nth(1).waitFor();
      await shoot("library");
      await shoot("library-dark", { dark: true });
      await shoot("library-phone", { width: 320, height: 690 });
      continue;
    }
    await shoot(name);
    if (process.env.ALL) {
      await shoot(`${name}-dark`, { dark: true });
      await shoot(`${name}-phone`, { width: 320, height: 690 });
    } else if (name === "asset") await shoot("asset-phone", { width: 320, height: 690, dark: true });
  }
  if (process.env.ALL)
    for (const at of ["/collections", "/bin", "/duplicates", "/requests", "/inbox", "/exchange", "/jobs", "/links", "/admin", "/admin/people", "/admin/groups", "/admin/roles", "/admin/keys", "/admin/storage", "/admin/jobs", "/admin/audit", "/admin/settings", "/admin/contacts", "/admin/fields", "/admin/presets", "/notices", "/help", "/preferences", "/accessibility"]) {
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.goto(program.base + at);
      await page.locator("h1").first().waitFor();
      const name = "x" + at.replaceAll("/", "-");
      await shoot(name);
      await shoot(`${name}-phone`, { width: 320, height: 690, dark: true });
    }
} finally {
  await browser.close();
  await program.stop();
}
