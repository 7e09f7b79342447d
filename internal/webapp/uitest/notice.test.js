// SPDX-License-Identifier: Apache-2.0

// Notices, settings, contacts, statistics, help, the statement, and the app to install, in the real program.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { barriers, enter, everywhere, open } from "./screen.js";
import { browse, password, start } from "./world.js";

let program, browser, cookies;

before(async () => {
  program = await start();
  browser = await browse();
  const { page } = await open(browser, "sv-SE");
  await enter(page, program);
  cookies = await page.context().cookies();
  await page.context().close();
});
after(async () => {
  await browser?.close();
  await program?.stop();
});

const visit = async (path, options = {}, locale = "sv-SE") => {
  const window = await open(browser, locale, { cookies, ...options });
  await window.page.goto(program.base + path);
  await window.page.locator("#main h1").first().waitFor();
  return window;
};

test("a contact is named with the keyboard alone, and wrong input is said at its field", async () => {
  const { page, complaints } = await visit("/admin/contacts");
  await page.getByRole("heading", { level: 1, name: "Kontakter" }).waitFor();
  await barriers(page, "contacts, none");
  const edit = page.getByRole("button", { name: "Ange kontakt: Incidenter" });
  await edit.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Incidenter" });
  await dialog.waitFor();
  await page.keyboard.type("IT-säkerhet");
  await page.keyboard.press("Enter");
  await dialog.getByText("Ange minst ett sätt att nå dem.").waitFor();
  await barriers(page, "contact, wrong");
  await dialog.getByLabel("Telefon").focus();
  await page.keyboard.type("010-123 45 67");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await page.getByText("010-123 45 67").waitFor();
  assert.ok(await page.evaluate(() => document.activeElement !== document.body), "the focus is somewhere");
  await barriers(page, "contacts, one");
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("what makes the archive less safe asks for a reason and the password", async () => {
  const { page, complaints } = await visit("/admin/settings");
  await barriers(page, "settings");
  const hours = page.getByRole("textbox", { name: "Timmar tills en session avslutas i alla fall" });
  await hours.fill("20");
  await hours.blur();
  await page.getByRole("button", { name: "Spara", exact: true }).click();
  const dialog = page.getByRole("alertdialog", { name: "Det här gör arkivet mindre säkert" }); // messages are alertdialogs, too
  await dialog.waitFor();
  await barriers(page, "settings, weaken");
  await dialog.getByLabel("Skäl").fill("Nattjouren sitter i tolv timmar.");
  await dialog.getByLabel("Lösenord").fill("fel");
  await dialog.getByRole("button", { name: "Spara ändå" }).click();
  await dialog.getByRole("alert").waitFor();
  assert.equal(await dialog.getByLabel("Skäl").inputValue(), "Nattjouren sitter i tolv timmar.", "what was typed stays");
  await dialog.getByLabel("Lösenord").fill(password);
  await dialog.getByRole("button", { name: "Spara ändå" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByText("Inställningarna är sparade.").waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("the bell says what is new, and notices are read", async () => {
  const { page, complaints } = await visit("/notices?unread=1");
  const status = await page.evaluate(async (now) => (await fetch("/api/v1/session/password", { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ present_password: now, password: now + "-igen" }) })).status, password);
  assert.equal(status, 204);
  await page.reload();
  const notice = page.getByRole("listitem").filter({ hasText: "Ditt lösenord har ändrats" });
  await notice.waitFor();
  await page.getByRole("link", { name: /^Notiser, \d+ oläst/ }).waitFor();
  await barriers(page, "notices, one");
  await notice.getByRole("button", { name: "Markera som läst: Ditt lösenord har ändrats" }).focus();
  await page.keyboard.press("Enter");
  await notice.waitFor({ state: "detached" });
  await page.goto(program.base + "/notices/preferences");
  await page.getByRole("heading", { name: "Ditt kontos säkerhet" }).waitFor();
  await barriers(page, "choices");
  await page.getByRole("button", { name: /Du nämndes i en kommentar/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("option", { name: "Inte alls" }).click();
  await page.getByRole("button", { name: /Du nämndes i en kommentar/ }).filter({ hasText: "Inte alls" }).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("statistics, help and preferences have no barriers, light and dark, wide and narrow", async () => {
  const { page, complaints } = await visit("/admin/statistics");
  for (const path of ["/admin/statistics", "/admin/settings", "/admin/contacts", "/notices", "/notices/preferences", "/help", "/help/search", "/preferences"]) {
    await page.goto(program.base + path);
    await page.locator("#main h1").first().waitFor();
    await page.locator("#main [aria-busy=true]").waitFor({ state: "detached" });
    await everywhere(page, path);
  }
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("help in a language that it is not written in is English, and says so", async () => {
  const { page } = await visit("/help", {}, "fi-FI");
  await page.getByText("Ohje on toistaiseksi vain englanniksi ja ruotsiksi.").waitFor();
  assert.equal(await page.getByRole("link", { name: "The library" }).evaluate((e) => e.closest("[lang]").lang), "en");
  await page.context().close();
});

test("the accessibility statement is public and works without scripts", async () => {
  const context = await browser.newContext({ locale: "sv-SE", javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(program.base + "/accessibility");
  await page.getByRole("heading", { level: 1, name: "Tillgänglighetsredogörelse" }).waitFor();
  await page.getByText("2018:1937").first().waitFor();
  await page.getByRole("link", { name: "www.digg.se/tdosanmalan" }).waitFor();
  await context.close();
});

test("the app can be installed, says when there is no connection, and keeps no data", async () => {
  const { page, complaints } = await visit("/");
  const manifest = await (await fetch(program.base + "/app.webmanifest")).json();
  for (const i of manifest.icons) assert.equal((await fetch(new URL(i.src, program.base))).status, 200, i.src);
  await page.evaluate(() => navigator.serviceWorker.ready);
  const kept = await page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (n) => (await (await caches.open(n)).keys()).map((r) => new URL(r.url).pathname)))).flat());
  assert.deepEqual(kept.filter((p) => p !== "/offline" && !p.startsWith("/static/")), []);
  await page.context().setOffline(true);
  await page.goto(program.base + "/collections").catch(() => undefined);
  await page.getByRole("heading", { name: "Ingen anslutning" }).waitFor();
  assert.equal(await page.getByText("Administrator").count(), 0);
  assert.deepEqual(complaints, []);
  await page.context().close();
});
