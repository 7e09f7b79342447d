// SPDX-License-Identifier: Apache-2.0

// Share links: the pages for people outside, without scripts, and the screens of whoever shares.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { barriers, enter, open } from "./screen.js";
import { draw, scenes } from "./pictures.js";
import { browse, start } from "./world.js";

let program, browser, key, signedIn;
const made = [];
const evil = `<img src=x onerror=alert(1)>"`;

/** api asks the server as the administrator's key. */
async function api(method, path, body) {
  const answer = await fetch(`${program.base}/api/v1${path}`, { method, headers: { Authorization: `Bearer ${key}`, ...(body ? { "Content-Type": "application/json" } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

async function upload(name, picture, title) {
  const form = new FormData();
  form.append("title", title);
  form.append("file", new Blob([picture], { type: "image/jpeg" }), name);
  const a = await (await fetch(`${program.base}/api/v1/assets`, { method: "POST", headers: { Authorization: `Bearer ${key}` }, body: form })).json();
  for (;;) {
    const now = await api("GET", `/assets/${a.id}`);
    if (now.state !== "preparing") return now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

before(async () => {
  [program, browser] = await Promise.all([start(), browse()]);
  key = await program.key();
  const painter = await browser.newPage();
  for (const [i, s] of scenes.slice(0, 3).entries()) made.push(await upload(`bild-${i}.jpg`, await draw(painter, s, 600, 400), i ? `Bild ${i}` : `Bild ${evil}`));
  await painter.close();
  await api("PATCH", `/assets/${made[0].id}`, { fields: { usage_terms: { lang: { sv: "Ange fotografen." } } }, alt: { sv: { decision: "text", text: "En vy" } } });
});

after(async () => {
  await browser?.close();
  await program?.stop();
});

const link = (more) => api("POST", "/links", { title: `Hösten ${evil}`, message: "Hej!", language: "sv", target: { assets: made.map((a) => a.id) }, ...more });

/** everyLook calls fn with a page for each look of the share pages. They have no scripts; the search for barriers does. */
async function everyLook(fn) {
  for (const colorScheme of ["light", "dark"])
    for (const width of [1440, 320]) {
      const { page } = await open(browser, "sv-SE", { colorScheme, viewport: { width, height: 800 } });
      await fn(page, `${colorScheme} ${width}`);
      await page.context().close();
    }
}

test("the share pages have no barriers, in light and dark, wide and narrow", async () => {
  const review = await link({ mode: "review", formats: ["original", "small"] });
  const choose = await link({ mode: "selection" });
  const locked = await link({ view_password: "hemligt nog" });
  await everyLook(async (page, look) => {
    await page.goto(review.url);
    assert.equal(await page.locator("h1").textContent(), `Hösten ${evil}`, "a title is text");
    assert.equal(await page.locator("html").getAttribute("lang"), "sv");
    await barriers(page, `list ${look}`);
    await page.goto(`${review.url}/assets/${made[0].id}`);
    await barriers(page, `asset ${look}`);
    await page.goto(`${review.url}/assets/${made[1].id}`);
    assert.match(await page.locator("figure img").getAttribute("alt"), /Ingen har beskrivit/);
    await page.goto(`${review.url}/download?all=1`);
    await barriers(page, `download ${look}`);
    await page.goto(choose.url);
    await barriers(page, `choice ${look}`);
    await page.goto(locked.url);
    await barriers(page, `password ${look}`);
    await page.goto(`${program.base}/s/${"x".repeat(43)}`);
    await barriers(page, `error ${look}`);
  });
});

test("a guest without scripts opens, reviews and downloads", async () => {
  const l = await link({ mode: "review", formats: ["original"], view_password: "hemligt nog" });
  const { page } = await open(browser, "sv-SE", { javaScriptEnabled: false, acceptDownloads: true });
  await page.goto(l.url);
  await page.getByLabel("Lösenord").fill("fel fel fel");
  await page.getByRole("button", { name: "Öppna" }).click();
  assert.match(await page.getByRole("alert").textContent(), /fel/);
  await page.getByLabel("Lösenord").fill("hemligt nog");
  await page.getByRole("button", { name: "Öppna" }).click();
  await page.getByRole("link", { name: /Bild </ }).click();
  await page.getByLabel("Ditt namn").fill("Bo");
  await page.getByLabel("Avvisa").check();
  await page.getByLabel(/Dina ord/).fill("För mörk");
  await page.getByRole("button", { name: "Skicka svaret" }).click();
  assert.match(await page.getByRole("status").textContent(), /Tack/);
  await page.getByRole("link", { name: "Ladda ner" }).click();
  await page.getByLabel(/Jag godtar/).check();
  const [got] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Ladda ner" }).click()]);
  assert.match(got.suggestedFilename(), /\.jpg$/);
  assert.equal(await got.failure(), null);
  const now = await api("GET", `/links/${l.id}`);
  assert.deepEqual([now.views, now.downloads, now.answers], [1, 1, 1]);
  await page.context().close();
});

test("a guest without scripts chooses and sends", async () => {
  const l = await link({ mode: "selection" });
  const { page } = await open(browser, "en-GB", { javaScriptEnabled: false });
  await page.goto(l.url);
  await page.getByRole("button", { name: "English" }).click();
  await page.getByLabel(/I want this Bild 1/).check();
  await page.getByRole("button", { name: "Go on to send" }).click();
  await page.getByLabel("Your name").fill("Ada");
  await page.getByRole("button", { name: "Send the choice" }).click();
  await page.getByRole("heading", { name: "Your choice has been sent" }).waitFor();
  const back = await api("GET", `/links/${l.id}/choices`);
  assert.deepEqual(back.items.map((c) => [c.name, c.assets]), [["Ada", [made[1].id]]]);
  await page.context().close();
});

test("files are shared from the library, and the link is looked after", async () => {
  const { page, complaints } = await open(browser, "sv-SE");
  await enter(page, program);
  signedIn = await page.context().storageState();
  await page.goto(`${program.base}/links`);
  await page.getByRole("heading", { name: "Webblänkar", level: 1 }).waitFor();
  await page.getByRole("heading", { name: "Inga länkar här" }).waitFor();
  await barriers(page, "no links");
  await page.goto(`${program.base}/?view=table`);
  await page.getByRole("checkbox", { name: /Bild 1/ }).first().check({ force: true });
  await page.getByRole("button", { name: "Dela", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await barriers(page, "share dialog");
  await dialog.getByLabel("Titel").fill("Till tryckeriet");
  await dialog.getByLabel("Lösenord för att öppna").fill("kort");
  await dialog.getByRole("button", { name: "Skapa länken" }).click();
  await dialog.getByText("8 till 200 tecken").waitFor();
  await dialog.getByLabel("Lösenord för att öppna").fill("");
  await dialog.getByRole("button", { name: "Skapa länken" }).click();
  const url = await page.getByRole("dialog").getByLabel("Adress").inputValue();
  assert.match(url, /\/s\/[\w-]{43}$/);
  await barriers(page, "link made");
  await page.getByRole("dialog").getByRole("button", { name: "Stäng" }).last().click();
  await page.goto(`${program.base}/links`);
  await page.getByRole("row", { name: /Till tryckeriet/ }).waitFor();
  for (const width of [1440, 320]) {
    await page.setViewportSize({ width, height: 800 });
    await barriers(page, `links ${width}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole("button", { name: "Gör något med länken Till tryckeriet" }).click();
  await page.getByRole("menuitem", { name: "Användning och svar" }).click();
  await page.getByRole("dialog").getByText("Ingen har öppnat länken än.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Gör något med länken Till tryckeriet" }).click();
  await page.getByRole("menuitem", { name: "Lägg i papperskorgen" }).click();
  await page.getByText("Länken Till tryckeriet ligger i papperskorgen.").first().waitFor();
  assert.equal((await fetch(url)).status, 410);
  await page.getByRole("button", { name: "Ångra" }).click();
  await page.getByRole("row", { name: /Till tryckeriet/ }).waitFor();
  assert.equal((await fetch(url)).status, 200);
  await page.getByRole("button", { name: "Gör något med länken Till tryckeriet" }).click();
  await page.getByRole("menuitem", { name: "Återkalla" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Återkalla" }).click();
  await page.getByRole("row", { name: /Till tryckeriet.*Återkallad/ }).waitFor();
  assert.equal((await fetch(url)).status, 410);
  assert.deepEqual(complaints, []);
});

test("view only with a watermark: pictures are shown, nothing is downloaded, and what follows links by itself uses nothing up", async () => {
  const l = await link({ watermark: "Utkast" });
  const one = `${l.url}/assets/${made[0].id}`;
  for (const at of [l.url, one, `${one}/pictures/small`, `${l.url}/download?all=1`])
    for (const method of ["HEAD", "GET"]) {
      const answer = await fetch(at, { method, redirect: "manual" });
      assert.match(answer.headers.get("x-robots-tag"), /noindex/, at);
      assert.equal(answer.headers.get("cache-control"), "no-store");
    }
  let now = await api("GET", `/links/${l.id}`);
  assert.deepEqual([now.views, now.downloads], [0, 0], "scanners are not counted");

  const { page } = await open(browser, "sv-SE", { javaScriptEnabled: false });
  await page.goto(l.url, { waitUntil: "networkidle" });
  assert.equal(await page.locator('meta[name="robots"]').getAttribute("content"), "noindex, nofollow, noarchive");
  assert.equal(await page.getByRole("link", { name: "Ladda ner" }).or(page.getByRole("button", { name: /Ladda ner/ })).count(), 0);
  await page.getByText(/vattenstämpel/).waitFor();
  await page.getByRole("link", { name: /Bild 1/ }).click();
  const shown = page.locator("figure img");
  await shown.waitFor();
  await page.waitForLoadState("networkidle");
  const marked = await fetch(new URL(await shown.getAttribute("src"), l.url));
  const plain = await link({});
  const clean = await fetch(`${plain.url}/assets/${made[1].id}/pictures/medium`);
  assert.ok(marked.ok && clean.ok && /^image\/(jpeg|webp|png)/.test(marked.headers.get("content-type")));
  assert.ok(!Buffer.from(await marked.arrayBuffer()).equals(Buffer.from(await clean.arrayBuffer())), "the watermark is in the picture");
  assert.equal((await page.goto(`${l.url}/download?all=1`)).status(), 403);
  now = await api("GET", `/links/${l.id}`);
  assert.deepEqual([now.views, now.downloads], [1, 0]);
  await page.context().close();
});

test("what people write is shown as text, in the page and in what it says of itself", async () => {
  const bidi = "faktura\u202Egpj.exe\u2066";
  await api("PATCH", `/assets/${made[0].id}`, { fields: { description: { lang: { sv: `Text ${evil}` } }, credit: { value: bidi } }, alt: { sv: { decision: "text", text: `En vy ${evil}` } } });
  const l = await link({ mode: "review", message: `Hej ${evil}`, watermark: "<b>x</b>" });
  const { page } = await open(browser, "sv-SE");
  const fired = [];
  page.on("dialog", (d) => (fired.push(d.message()), d.dismiss()));
  for (const at of [l.url, `${l.url}/assets/${made[0].id}`]) {
    await page.goto(at, { waitUntil: "networkidle" });
    assert.equal(await page.locator('img[src="x"], img[onerror], main b').count(), 0, "no element comes of a text");
    assert.ok((await page.locator('meta[property="og:title"]').getAttribute("content")).includes(evil));
    assert.ok((await page.title()).includes(evil));
    assert.doesNotMatch(await page.content(), /[\u202A-\u202E\u2066-\u2069]/, "no marks of direction");
  }
  await page.getByText("fakturagpj.exe").waitFor();
  await page.getByLabel("Ditt namn").fill(`Bo ${evil}`);
  await page.getByLabel("Bara en kommentar").check();
  await page.getByLabel(/Dina ord/).fill(evil);
  await page.getByRole("button", { name: "Skicka svaret" }).click();
  await page.getByRole("status").waitFor();
  await page.getByText(evil, { exact: true }).waitFor();
  assert.equal(await page.locator('img[src="x"], img[onerror]').count(), 0);
  assert.deepEqual(fired, []);
  await page.context().close();
});

test("what a guest says of a download without scripts is listed, narrowed and taken out as a table", async () => {
  await api("PUT", `/folders/${made[2].folder}/rule`, { required: [], report: true });
  const l = await link({ title: "Till museet", formats: ["original"], target: { assets: [made[2].id] } });
  const guest = await open(browser, "sv-SE", { javaScriptEnabled: false, acceptDownloads: true });
  await guest.page.goto(`${l.url}/download?all=1`);
  await guest.page.getByLabel("Ditt namn").fill("Bo Ek");
  await guest.page.locator('[name="purpose"]').fill(`Utställning ${evil}`);
  await guest.page.getByLabel("Tryck").check();
  await guest.page.locator('[name="place"]').fill("Entrén");
  const [got] = await Promise.all([guest.page.waitForEvent("download"), guest.page.getByRole("button", { name: "Ladda ner" }).click()]);
  assert.equal(await got.failure(), null);
  await guest.page.context().close();

  const { page, complaints } = await open(browser, "sv-SE", { storageState: signedIn });
  await page.goto(`${program.base}/admin/usage`);
  const row = page.getByRole("row", { name: /Entrén/ });
  await row.waitFor();
  await row.getByText(`Utställning ${evil}`).waitFor();
  await row.getByText("via länken Till museet").waitFor();
  for (const colorScheme of ["light", "dark"])
    for (const width of [1440, 320]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await barriers(page, `reported use ${colorScheme} ${width}`);
    }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByLabel("Sök", { exact: true }).fill("ENTRÉN");
  await page.getByRole("button", { name: "Visa", exact: true }).click();
  await page.waitForURL(/q=ENTR/);
  await row.waitFor();
  const table = await page.request.get(new URL(await page.getByRole("link", { name: "Ta ut som tabell (CSV)" }).getAttribute("href"), program.base).href);
  assert.match(await table.text(), /Entrén/);
  await page.getByLabel("Sök", { exact: true }).fill("något annat");
  await page.getByRole("button", { name: "Visa", exact: true }).click();
  await page.getByRole("heading", { name: "Inget hittades" }).waitFor();
  await barriers(page, "no reported use found");
  await page.goto(`${program.base}/assets/${made[2].id}?part=usage`);
  await page.getByRole("row", { name: /Entrén/ }).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
});
