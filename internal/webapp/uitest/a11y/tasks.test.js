// SPDX-License-Identifier: Apache-2.0

// Whole tasks with the keyboard alone: no pointer, and no help from the test in moving the focus.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { draw, scenes } from "../pictures.js";
import { hands } from "./hands.js";
import { open } from "./house.js";
import { text } from "./seed.js";

describe("whole tasks with the keyboard alone", () => {
  let house, page, api, dir, root, picture;
  let press, type, to, push, write, choose, pick, follow, card, dialog, heading, told, rest;
  const start = async (at) => {
    await page.goto(house.program.base + at);
    await rest();
  };

  /** until waits for what the program does after the keys: jobs and answers. */
  const until = async (true_) => {
    for (let i = 0; !(await true_()); i++) {
      assert.ok(i < 150, `it has not come about; the screen shows ${(await page.locator("body").ariaSnapshot()).slice(0, 3000)}`);
      await new Promise((r) => setTimeout(r, 100));
    }
  };

  before(async () => {
    house = await open();
    ({ page, api } = house);
    dir = await mkdtemp(path.join(tmpdir(), "tillgang-a11y-"));
    ({ press, type, to, push, write, choose, pick, follow, card, dialog, heading, told, rest } = hands(page));
    root = (await api("GET", "/folders")).items[0].id;
    await api("POST", "/accounts", { email: "karin@example.se", name: "Karin Öst", send: false });
    for (const n of ["ett", "två", "tre"]) await text(house, `protokoll ${n}.txt`, `Protokoll nummer ${n}.`);
    picture = path.join(dir, "DSC_0412.jpg");
    await writeFile(picture, await draw(page, scenes[0], 600, 400));
  });
  after(async () => {
    await house?.stop();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  test("signing in", async () => {
    const cookies = await page.context().cookies();
    await page.context().clearCookies();
    await page.goto(house.program.base + "/preferences");
    await write("E-postadress", "admin@localhost");
    await press("Tab");
    await type(house.password);
    await press("Enter");
    await heading("Inställningar för mig");
    assert.ok(cookies.length);
  });

  test("making a folder", async () => {
    await start("/");
    await push("Ny mapp");
    await dialog("Ny mapp i Biblioteket").waitFor();
    await type("Fjällen");
    await press("Enter");
    await told("Mappen Fjällen skapades.");
    assert.ok((await api("GET", `/folders?parent=${root}`)).items.some((f) => f.name === "Fjällen"));
  });

  test("uploading a picture into it, from the message that it was made", async () => {
    await press("F6");
    await push("Öppna");
    await heading("Fjällen");
    await push("Ladda upp");
    const chooser = page.waitForEvent("filechooser");
    await push("Välj filer", { within: page.getByRole("dialog") });
    await (await chooser).setFiles([picture]);
    await page.getByRole("region", { name: "Uppladdningar", exact: true }).getByRole("heading", { name: "1 av 1 filer sparade" }).waitFor();
    await push("Stäng", { within: page.getByRole("region", { name: "Uppladdningar", exact: true }) });
    await page.getByRole("row", { name: /^DSC_0412/ }).waitFor();
  });

  test("finding by search, and opening what was found", async () => {
    await start("/");
    await press("/");
    await type("protokoll två");
    await press("Enter");
    await heading("Sökresultat");
    await card(/^protokoll två/);
    await press("Enter");
    await heading(/^protokoll två/);
  });

  const visit = async (part) => {
    const found = (await api("GET", "/assets?q=DSC_0412")).items[0];
    await start(`/assets/${found.id}`);
    await to("tab", "Fält");
    await to("tab", part, { key: "ArrowRight", most: 14 });
    await page.getByRole("tab", { name: part, selected: true }).waitFor();
    await rest();
    return found.id;
  };

  test("describing a picture in its fields", async () => {
    const id = await visit("Fält");
    await write(/^Beskrivning \(Svenska\)/, "Fjällkammar i morgonljus.");
    await push("Spara");
    await told("Sparat");
    assert.equal((await api("GET", "/assets/" + id)).fields.description.lang.sv, "Fjällkammar i morgonljus.");
  });

  test("deciding on the alternative text", async () => {
    const id = await visit("Alternativtext");
    await to("radio", /Inte beslutat än/);
    await to("radio", /En kort text/, { key: "ArrowUp", most: 5 });
    await write("Alternativtext (Svenska)", "Solen går upp bakom blå fjäll.");
    await push("Spara beslutet");
    await told("Beslutet på Svenska är sparat");
    assert.equal((await api("GET", "/assets/" + id)).alt.sv.text, "Solen går upp bakom blå fjäll.");
  });

  test("putting keywords on several at once", async () => {
    await start("/");
    await card(/^protokoll/);
    await press("Space", "Shift+ArrowRight");
    await page.getByText("2 markerade").first().waitFor();
    await press("t");
    await page.getByRole("dialog").waitFor();
    await type("möte");
    await press("Enter");
    await page.getByRole("dialog").getByText("möte").first().waitFor();
    await to("button", /^(Lägg till|Spara|Klar|Sätt)/, { within: page.getByRole("dialog") });
    await press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await until(async () => (await api("GET", "/assets?tag=möte")).total === 2);
  });

  test("moving a file to another folder", async () => {
    await start("/?q=" + encodeURIComponent("protokoll tre"));
    await card(/^protokoll tre/);
    await press("m");
    await page.getByRole("dialog").waitFor();
    await push(/Fjällen/, { within: page.getByRole("dialog") });
    await push(/^Flytta( hit)?$/, { within: page.getByRole("dialog") });
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const folder = (await api("GET", `/folders?parent=${root}`)).items.find((f) => f.name === "Fjällen").id;
    await until(async () => (await api("GET", "/assets?q=" + encodeURIComponent("protokoll tre"))).items[0].folder === folder);
  });

  test("making a collection and putting files into it", async () => {
    await start("/");
    await card(/^protokoll/);
    await press("c");
    await page.getByRole("dialog").getByRole("combobox").waitFor();
    await type("Årsredovisningen");
    await push("Skapa och lägg till", { within: page.getByRole("dialog") });
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await follow("Samlingar");
    await heading("Samlingar");
    await follow(/^Årsredovisningen/, { within: page.getByRole("main") });
    await heading("Årsredovisningen");
  });

  test("putting a file into the bin and having it back", async () => {
    await start("/?q=" + encodeURIComponent("protokoll ett"));
    await card(/^protokoll ett/);
    await press("Delete");
    await page.getByRole("row", { name: /^protokoll ett/ }).waitFor({ state: "detached" });
    await follow("Papperskorg");
    await push(/^Ta tillbaka protokoll ett/);
    await told(/protokoll ett.* togs tillbaka/);
    assert.equal((await api("GET", "/assets?q=" + encodeURIComponent("protokoll ett"))).total, 1);
  });

  test("asking outsiders for files", async () => {
    await start("/requests");
    await push("Ny uppladdningsförfrågan", { within: page.getByRole("main") });
    await page.getByRole("dialog").waitFor();
    await write(/^Rubrik/, "Bilder från festen");
    await push("Välj mapp", { within: page.getByRole("dialog") });
    await push("Välj den här mappen", { within: page.getByRole("dialog") });
    await push("Skapa länken", { within: page.getByRole("dialog") });
    assert.match(await page.getByRole("dialog").getByLabel("Länk att skicka ut").inputValue(), /\/u\/[\w-]{43}$/);
    await press("Escape");
    await page.getByRole("heading", { name: "Bilder från festen" }).waitFor();
  });

  test("inviting a colleague", async () => {
    await start("/admin/people");
    await push("Bjud in personer");
    await dialog("Bjud in personer").waitFor();
    await type("anna@example.se; Anna Ek");
    await push("Gå igenom listan");
    await push("Bjud in 1 person");
    await page.getByText("1 person bjöds in").first().waitFor();
    await push("Klart");
    await page.getByRole("link", { name: "Anna Ek" }).waitFor();
  });

  test("giving rights to a folder, after seeing what it opens", async () => {
    const folder = (await api("GET", `/folders?parent=${root}`)).items.find((f) => f.name === "Fjällen").id;
    await start(`/admin/rights/${folder}`);
    await to("combobox", "Till vem");
    await type("Karin");
    await page.getByRole("option", { name: /Karin Öst/ }).waitFor();
    await press("ArrowDown", "Enter", "Escape");
    await choose(/Roll/, "Läsare");
    await push("Lägg till", { within: page.getByRole("main") });
    await push("Se vad det innebär");
    await page.getByRole("alertdialog").or(page.getByRole("dialog")).first().waitFor();
    await page.getByText(/Öppnar|öppnar/).first().waitFor();
    await push(/^Spara/, { within: page.locator(".overlay") });
    await told("Sparat");
    assert.equal((await api("GET", `/folders/${folder}/grants`)).grants.length, 1);
  });

  test("doing something by its name", async () => {
    await start("/");
    await press("Control+k");
    await dialog("Gör något").waitFor();
    await type("gå till: papper");
    await page.getByRole("option", { name: "Gå till: Papperskorg" }).waitFor();
    await press("Enter");
    await heading("Papperskorg");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  });

  test("choosing theme and language", async () => {
    await start("/preferences");
    await push(/^Konto/);
    await pick("menuitemradio", "Mörkt");
    await page.locator('html[data-theme="dark"]').waitFor({ state: "attached" });
    await press("Escape");
    await push(/^Konto/);
    await pick("menuitemradio", "English");
    await page.locator('html[lang="en"]').waitFor({ state: "attached" });
    await push(/^Account/);
    await pick("menuitemradio", "Svenska");
    await page.locator('html[lang="sv"]').waitFor({ state: "attached" });
  });

  test("no script failed and the content security policy held", () => assert.deepEqual(house.complaints, []));
});
