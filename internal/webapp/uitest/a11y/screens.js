// SPDX-License-Identifier: Apache-2.0

// Every screen of the app and what can be open on it. What is shown here is looked at in every state; a test fails when
// the app has a screen that does not stand here.

import { press } from "./house.js";

/** screens: name, address, and whether its lists can be empty. The address may need what is in the program. */
export const screens = [
  { name: "library", at: () => "/" },
  { name: "library, table", at: () => "/?view=table" },
  { name: "library, timeline", at: () => "/?view=timeline" },
  { name: "folder", at: (h) => `/?folder=${h.has.folder}` },
  { name: "search without finds", at: () => "/?q=finnsinte&f=kind%3Aimage" },
  { name: "collections", at: () => "/collections" },
  { name: "collection", at: (h) => `/collections/${h.has.collection}` },
  { name: "duplicates", at: () => "/duplicates" },
  { name: "duplicates, near", at: () => "/duplicates?part=near" },
  { name: "bin", at: () => "/bin" },
  { name: "bin, folders", at: () => "/bin?part=folders" },
  { name: "bin, collections", at: () => "/bin?part=collections" },
  { name: "requests", at: () => "/requests" },
  { name: "inbox", at: () => "/inbox" },
  { name: "exchange", at: () => "/exchange" },
  { name: "jobs", at: () => "/jobs" },
  { name: "links", at: () => "/links" },
  { name: "notices", at: () => "/notices" },
  { name: "notices, choices", at: () => "/notices/preferences" },
  { name: "help", at: () => "/help" },
  { name: "help, keyboard", at: () => "/help/keyboard" },
  { name: "preferences", at: () => "/preferences" },
  { name: "nowhere", at: () => "/assets/ast_00000000000000000000000000" },
  ...["fields", "alt", "framing", "comments", "approval", "revisions", "relations", "access", "history", "seen", "downloads"].map((part) => ({ name: `asset, ${part}`, at: (h) => `/assets/${h.has.asset}?part=${part}` })),
  { name: "administration", at: () => "/admin" },
  ...["people", "groups", "roles", "rights", "keys", "storage", "jobs", "audit", "settings", "contacts", "statistics"].map((part) => ({ name: `administration, ${part}`, at: () => `/admin/${part}` })),
  { name: "administration, one person", at: (h) => `/admin/people/${h.has.person}` },
  { name: "administration, one group", at: (h) => `/admin/groups/${h.has.group}` },
  { name: "administration, rights of a folder", at: (h) => `/admin/rights/${h.has.folder}` },
];

/** fresh are the screens that exist before there is anything. */
export const fresh = screens.filter((s) => s.at.length === 0);

const button = (name) => (page) => press(page, "button", name);
const inMain = (name) => (page) => press(page, "button", name, page.getByRole("main"));
/** entry opens a menu by its button and chooses one of its entries. */
const entry = (menu, name) => async (page) => {
  const opener = await press(page, "button", menu, page.getByRole("main"));
  await page.getByRole("menu").waitFor();
  await press(page, "menuitem", name);
  return opener;
};
/** chosen selects the first cards of the library and does something with them. */
const chosen = (n, then) => async (page) => {
  const grid = page.getByRole("main").getByRole("row");
  await grid.first().focus();
  for (let i = 0; i < n; i++) await page.keyboard.press(i ? "Shift+ArrowRight" : "Space");
  await page.getByRole("region", { name: "Markerade filer" }).waitFor();
  return then?.(page);
};
const onCard = (key) => chosen(1, async (page) => {
  await page.keyboard.press(key);
});
const ofSelection = (name) => chosen(2, (page) => press(page, "button", name, page.getByRole("region", { name: "Markerade filer" })));

/** overlays: what opens over a screen, and how. open returns what opened it, if focus has to come back there. */
export const overlays = [
  { name: "palette", on: "preferences", open: (page) => page.keyboard.press("Control+k").then(() => undefined) },
  { name: "shortcuts", on: "library", open: button("Kortkommandon"), only: "wide" },
  { name: "places", on: "preferences", open: button("Meny"), only: "narrow" },
  { name: "account's menu", on: "preferences", open: button(/^Konto/), popup: true },
  { name: "upload", on: "library", open: button("Ladda upp") },
  { name: "search builder", on: "library", open: button("Bygg en sökning") },
  { name: "filters", on: "library", open: inMain("Filter"), inPlace: true },
  { name: "order", on: "library", open: inMain(/^Ordning/), popup: true },
  { name: "look of the library", on: "library", open: inMain("Utseende"), popup: true },
  { name: "selection", on: "folder", open: chosen(3), inPlace: true },
  { name: "download", on: "folder", open: ofSelection("Ladda ner") },
  { name: "move", on: "folder", open: ofSelection("Flytta") },
  { name: "keywords", on: "folder", open: ofSelection("Nyckelord") },
  { name: "add to collection", on: "folder", open: ofSelection("Lägg till i samling") },
  { name: "alt text", on: "folder", open: onCard("a") },
  { name: "title", on: "folder", open: onCard("F2") },
  { name: "new folder", on: "folder", open: entry("Mapp", "Ny mapp här") },
  { name: "rename folder", on: "folder", open: entry("Mapp", "Byt namn") },
  { name: "move folder", on: "folder", open: entry("Mapp", "Flytta till …") },
  { name: "folder into the bin", on: "folder", open: entry("Mapp", "Lägg i papperskorgen") },
  { name: "new collection", on: "collections", open: inMain("Ny samling") },
  { name: "change collection", on: "collection", open: entry("Samling", "Ändra samlingen") },
  { name: "share collection", on: "collection", open: entry("Samling", "Dela med personer") },
  { name: "destroy", on: "bin", open: inMain(/^Förstör /) },
  { name: "new request", on: "requests", open: inMain("Ny uppladdningsförfrågan") },
  { name: "reject", on: "inbox", open: inMain("Avvisa") },
  { name: "add revision's comparison", on: "asset, revisions", inPlace: true, open: async (page) => {
    for (const n of [2, 1]) {
      await page.getByRole("checkbox", { name: `Jämför version ${n}` }).focus();
      await page.keyboard.press("Space");
    }
    return press(page, "button", "Jämför");
  } },
  { name: "delete comment", on: "asset, comments", open: inMain("Ta bort kommentaren") },
  { name: "approval step", on: "asset, approval", open: inMain("Gör till utkast") },
  { name: "relate", on: "asset, relations", open: inMain("Lägg till samband") },
  { name: "why somebody sees it", on: "asset, access", open: inMain(/^Varför ser/) },
  { name: "invite", on: "administration, people", open: inMain("Bjud in personer") },
  { name: "sign-in link", on: "administration, one person", open: inMain("Ny inloggningslänk") },
  { name: "deactivate", on: "administration, one person", open: inMain("Inaktivera") },
  { name: "new group", on: "administration, groups", open: inMain("Ny grupp") },
  { name: "new role", on: "administration, roles", open: inMain("Ny roll") },
  { name: "effects of a role", on: "administration, one group", open: inMain("Ta bort gruppen") },
  { name: "new key", on: "administration, keys", open: inMain("Ny nyckel") },
];

/** pages are what the server writes itself, for people who are not signed in or may have no scripts. */
export const pages = [
  { name: "sign-in", at: () => "/sign-in" },
  { name: "sign-in, refused", at: () => "/sign-in", then: async (page) => {
    await page.getByLabel("E-postadress").fill("fel@example.se");
    await page.getByLabel("Lösenord").fill("fel");
    await page.keyboard.press("Enter");
    await page.locator(".error-summary, [role=alert], .error").first().waitFor();
  } },
  { name: "sign-in by link", at: () => "/sign-in/link" },
  { name: "accessibility statement", at: () => "/accessibility" },
  { name: "upload request", at: (h) => new URL(h.has.request).pathname },
  { name: "upload request, gone", at: () => "/u/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
  { name: "nothing here", at: () => "/no/such/page" },
];
