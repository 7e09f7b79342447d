// SPDX-License-Identifier: Apache-2.0

// What the program holds while its screens are looked at: one of everything, then many.

import { draw, scenes } from "../pictures.js";

/** long is a name that is long, in one word, of both directions, and dangerous if it is not shown as text. */
export const long = `Sommarkampanjensslutredovisningsunderlagsfotografier <img src=x onerror="document.title='XSS'"> \u05e9\u05dc\u05d5\u05dd & "å"`;

async function ready(house, a) {
  for (let i = 0; a.state === "preparing"; i++) {
    if (i === 600) throw new Error(`${a.id} does not get ready`);
    await new Promise((r) => setTimeout(r, 100));
    a = await house.api("GET", "/assets/" + a.id);
  }
  return a;
}

/** text uploads a file of text. */
export async function text(house, name, words, folder) {
  const form = new FormData();
  form.set("on_duplicate", "keep");
  if (folder) form.set("folder", folder);
  form.set("file", new Blob([words], { type: "text/plain" }), name);
  return house.api("POST", "/assets", form);
}

/** picture uploads a picture that is drawn for it. */
export async function picture(house, scene, folder) {
  const form = new FormData();
  form.set("title", scene.title);
  if (folder) form.set("folder", folder);
  form.set("file", new Blob([await draw(house.page, scene, 480, 320)], { type: "image/jpeg" }), scene.file);
  return house.api("POST", "/assets", form);
}

/** send lets an outsider send files to an upload request, without scripts. */
export async function send(house, address, files) {
  const context = await house.browser.newContext({ locale: "sv-SE", javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(address);
  await page.getByLabel("Namn", { exact: true }).fill("Anna Ek");
  await page.getByLabel("E-postadress").fill("anna@example.se");
  for (const box of await page.getByRole("textbox").all()) if (!(await box.inputValue())) await box.fill("Anna Ek");
  await page.getByRole("button", { name: "Gå vidare till filerna" }).click();
  await page.getByLabel("Välj filer").setInputFiles(files.map(([name, words]) => ({ name, mimeType: "text/plain", buffer: Buffer.from(words) })));
  await page.getByRole("button", { name: "Skicka filerna" }).click();
  await page.getByText(files.at(-1)[0]).waitFor();
  await page.getByRole("button", { name: "Jag är klar" }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await context.close();
}

/** one puts one of everything into the program. */
export async function one(house) {
  const { api } = house;
  const has = (house.has = { root: (await api("GET", "/folders")).items[0].id });
  has.folder = (await api("POST", "/folders", { name: "Vinter 2026", parent: has.root })).id;
  has.inner = (await api("POST", "/folders", { name: long.slice(0, 120), parent: has.folder })).id;
  has.asset = (await ready(house, await picture(house, scenes[0], has.folder))).id;
  has.me = (await api("GET", "/accounts")).items[0].id;
  has.collection = (await api("POST", "/collections", { name: "Årsredovisningen", description: "Bilder till trycksaken." })).id;
  await api("POST", `/collections/${has.collection}/assets`, { ids: [has.asset] });
  await api("POST", "/collections", { name: "Fjällbilder", search: { q: "fjäll", sort: "newest" } });
  await api("POST", `/assets/${has.asset}/comments`, { text: "Beskär till vänster? " + long });
  has.person = (await api("POST", "/accounts", { email: "karin@example.se", name: "Karin Öst", send: false })).account?.id ?? (await api("GET", "/accounts")).items.find((a) => a.email === "karin@example.se").id;
  has.group = (await api("POST", "/groups", { name: "Kommunikation" })).id;
  await api("PUT", `/groups/${has.group}/members/${has.person}`).catch(() => api("POST", `/groups/${has.group}/members/${has.person}`));
  await api("POST", "/roles", { name: "bildredaktion", permissions: ["asset.view", "asset.edit"] });
  await api("POST", "/keys", { name: "Webbplatsen", permissions: ["asset.view"] });
  const request = await api("POST", "/upload-requests", { folder: has.folder, title: "Bilder från festen", message: "Skicka gärna era bästa bilder.", sender: "required", language: "sv" });
  has.request = request.url ?? request.link ?? request.address;
  await send(house, has.request, [["ett.txt", "ett"], ["två.txt", "två"]]);
  await text(house, "lika 1.txt", "samma innehåll");
  await text(house, "lika 2.txt", "samma innehåll");
  const binned = await text(house, "bort.txt", "bort med den");
  await ready(house, binned);
  await api("DELETE", "/assets/" + binned.id);
  const f = await api("POST", "/folders", { name: "Gammalt", parent: has.root });
  await api("DELETE", "/folders/" + f.id);
  const c = await api("POST", "/collections", { name: "Bortglömt" });
  await api("DELETE", "/collections/" + c.id);
  const form = new FormData();
  form.set("file", new Blob([await draw(house.page, scenes[1], 480, 320)], { type: "image/jpeg" }), "ny.jpg");
  await ready(house, await api("POST", `/assets/${has.asset}/revisions`, form));
  await api("PATCH", "/assets/" + has.asset, { fields: { description: { lang: { sv: long } }, credit: { value: "Byrån" }, keywords: { values: ["fjäll", "vinter"] } } }).catch(() => api("PATCH", "/assets/" + has.asset, { fields: { description: { lang: { sv: long } }, credit: { value: "Byrån" } } }));
}

/** many puts in so much that lists have more than fits. */
export async function many(house) {
  const { api, has } = house;
  for (let i = 0; i < 8; i++) await api("POST", "/folders", { name: `Mapp ${i + 1}`, parent: has.root });
  has.pictures = [];
  for (const scene of scenes.slice(2, 7)) has.pictures.push((await picture(house, scene, has.folder)).id);
  for (let i = 0; i < 30; i++) await text(house, i === 7 ? long.slice(0, 90) + ".txt" : `protokoll ${i + 1}.txt`, `Protokoll nummer ${i + 1} från mötet.`, i % 2 ? has.folder : undefined);
  for (let i = 0; i < 12; i++) await api("POST", "/collections", { name: i === 3 ? long.slice(0, 100) : `Samling ${i + 1}` });
  for (let i = 0; i < 14; i++) await api("POST", "/accounts", { email: `person${i}@example.se`, name: i === 4 ? long.slice(0, 80) : `Person ${i + 1}`, send: false });
  for (let i = 0; i < 6; i++) await api("POST", "/groups", { name: `Grupp ${i + 1}` });
  for (let i = 0; i < 6; i++) await api("POST", `/assets/${has.asset}/comments`, { text: `Kommentar ${i + 1}` });
  await api("PUT", `/folders/${has.folder}/grants`, { inherit: true, grants: [{ principal: has.group, role: (await api("GET", "/roles")).items.find((r) => r.name === "editor").id }] });
  const bulk = await api("POST", "/bulk", { selection: { ids: has.pictures }, change: { fields: { credit: { do: "set", value: "Byrån" } } } });
  has.bulk = bulk.id;
  for (const id of has.pictures) await ready(house, await api("GET", "/assets/" + id));
}
