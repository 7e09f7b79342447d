// SPDX-License-Identifier: Apache-2.0

// Writes the pictures of the README to deploy/screenshots, from a demo that
// this script fills with pictures of its own. Each stays under 300 KB.

import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { draw, scenes } from "./pictures.js";
import { browse, password, start } from "./world.js";

const target = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../deploy/screenshots");
const most = 300 * 1000; // bytes

/** library fills an empty archive and tells where its assets are. */
async function fill(page, painter) {
  for (const name of ["Natur", "Staden", "Årsredovisning 2026"]) {
    await page.goto("/");
    await page.click(".make summary");
    await page.fill("#newfolder", name);
    await page.click(".make button");
    await page.waitForURL("**/?*folder=*");
  }
  const made = [];
  for (const s of scenes) {
    const answer = await page.request.post("/api/v1/assets", {
      multipart: { title: s.title, file: { name: s.file, mimeType: "image/jpeg", buffer: await draw(painter, s, 2400, 1600) } },
    });
    const { id } = await answer.json();
    const changed = await page.request.patch(`/api/v1/assets/${id}`, {
      data: { fields: { keywords: { values: s.keywords } }, alt: { sv: { decision: "text", text: s.alt } } },
    });
    if (!answer.ok() || !changed.ok()) throw new Error(`the demo could not be made: ${answer.status()} ${changed.status()} ${await changed.text()}`);
    made.push(`/assets/${id}`);
  }
  await page.goto("/");
  await page.waitForFunction(() => !document.querySelector('[data-state="preparing"]'), null, { timeout: 120000 });
  return made;
}

async function shoot(page, name) {
  await page.waitForLoadState("networkidle");
  const file = path.join(target, name);
  await page.screenshot({ path: file, animations: "disabled" });
  const { size } = await stat(file);
  if (size > most) throw new Error(`${name} has ${size} bytes, more than ${most}`);
  console.log(name, size);
}

const [world, browser] = await Promise.all([start(), browse()]);
try {
  await mkdir(target, { recursive: true });
  const context = await browser.newContext({ baseURL: world.base, locale: "sv-SE", viewport: { width: 1024, height: 700 } });
  const page = await context.newPage();
  const painter = await browser.newPage();
  await page.goto(world.link);
  await page.waitForURL("**/password");
  await page.fill("#password", password);
  await page.fill("#twice", password);
  await page.click("main button");
  await page.waitForURL("**/?done=password");
  const made = await fill(page, painter);

  await page.goto("/");
  await shoot(page, "library.png");
  await page.goto(made[2]);
  await shoot(page, "asset.png");

  // An upload, slowed down so that it can be seen.
  await page.goto("/");
  const slow = await context.newCDPSession(page);
  await slow.send("Network.enable");
  await slow.send("Network.emulateNetworkConditions", { offline: false, latency: 20, downloadThroughput: -1, uploadThroughput: 150 * 1024 });
  const files = [];
  for (const [i, s] of scenes.slice(4, 9).entries()) files.push({ name: `vernissage-${i + 1}.jpg`, mimeType: "image/jpeg", buffer: await draw(painter, { ...s, seed: s.seed + 100 }, 1200, 800) });
  await page.setInputFiles("#files", [{ name: scenes[0].file, mimeType: "image/jpeg", buffer: await draw(painter, scenes[0], 2400, 1600) }, ...files]);
  await page.waitForFunction(() => document.querySelector(".queue .trouble") && [...document.querySelectorAll("progress")].some((p) => p.value > 0.4 && p.value < 0.9), null, { timeout: 120000 });
  const file = path.join(target, "upload.png");
  await page.screenshot({ path: file, animations: "disabled" });
  console.log("upload.png", (await stat(file)).size);

  const dark = await browser.newContext({ baseURL: world.base, locale: "sv-SE", viewport: { width: 1024, height: 700 }, colorScheme: "dark", storageState: await context.storageState() });
  const night = await dark.newPage();
  await night.goto("/?q=kv%C3%A4ll");
  await shoot(night, "search-dark.png");
  const phone = await browser.newContext({ baseURL: world.base, locale: "sv-SE", viewport: { width: 320, height: 640 }, deviceScaleFactor: 1.5, storageState: await context.storageState() });
  const small = await phone.newPage();
  await small.goto(made[1]);
  await shoot(small, "asset-phone.png");
} finally {
  await browser.close();
  await world.stop();
}
