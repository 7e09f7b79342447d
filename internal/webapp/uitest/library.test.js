// SPDX-License-Identifier: Apache-2.0

// The library's screen in the real program: folders, search, filters, details, work with many, by mouse and by keyboard alone.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { fill, sentinel, turned } from "./library.js";
import { barriers, enter, open } from "./screen.js";
import { browse, start } from "./world.js";

describe("the library", () => {
  let program, browser, page, complaints, api, root, nature, sea, empty;

  before(async () => {
    [program, browser] = await Promise.all([start(), browse()]);
    ({ page, complaints } = await open(browser, "sv-SE"));
    page.on("dialog", (d) => {
      complaints.push(`a script ran: ${d.message()}`);
      void d.dismiss();
    });
    await enter(page, program);
    ({ api, root, nature, sea, empty } = await fill(page, program));
  });
  after(async () => {
    await browser?.close();
    await program?.stop();
  });

  const go = async (path) => {
    await page.goto(program.base + path);
    await page.locator("#main h1").waitFor();
  };
  const card = (name) => page.getByRole("grid").getByRole("row", { name: new RegExp(name) });
  const tree = () => page.getByRole("treegrid", { name: "Mappar" });
  const branch = (name) => tree().getByRole("row", { name, exact: true });
  const count = (text) => page.locator(".count-line", { hasText: text });
  const search = () => page.getByRole("combobox", { name: "Sök i biblioteket" });
  const said = (text) => page.getByRole("region", { name: /Meddelanden/ }).getByText(text);
  const menuOf = async (name, entry) => {
    await branch(name).hover();
    await branch(name).getByRole("button", { name: `Gör något med mappen ${name}` }).click();
    await page.getByRole("menuitem", { name: entry }).click();
  };

  test("folders are made, renamed, moved and put into the bin from the tree, and undo brings them back", async () => {
    await go("/");
    await page.getByRole("button", { name: "Ny mapp" }).click();
    await page.getByRole("dialog").getByLabel("Namn").fill("Kampanjer");
    await page.getByRole("button", { name: "Skapa mappen" }).click();
    await branch("Kampanjer").waitFor();
    await menuOf("Kampanjer", "Ny mapp här");
    await page.getByRole("dialog", { name: "Ny mapp i Kampanjer" }).getByLabel("Namn").fill("Höst");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await menuOf("Kampanjer", "Byt namn");
    await page.getByRole("dialog").getByLabel("Namn").fill("natur");
    await page.keyboard.press("Enter");
    await page.getByText("Här finns redan en mapp med det namnet").waitFor();
    await page.getByRole("dialog").getByLabel("Namn").fill("Kampanjer 2026");
    await page.keyboard.press("Enter");
    await branch("Kampanjer 2026").waitFor();
    await menuOf("Kampanjer 2026", "Flytta till …");
    const pick = page.getByRole("dialog", { name: /Flytta mappen Kampanjer 2026/ });
    await pick.getByRole("button", { name: "Tomt" }).click();
    await pick.getByRole("button", { name: "Flytta hit" }).click();
    await said("Mappen Kampanjer 2026 flyttades till Tomt.").waitFor();
    await branch("Kampanjer 2026").waitFor({ state: "hidden" });
    await branch("Tomt").focus();
    await page.keyboard.press("ArrowRight");
    await menuOf("Kampanjer 2026", "Lägg i papperskorgen");
    await page.getByRole("alertdialog").getByRole("button", { name: "Lägg i papperskorgen" }).click();
    await branch("Kampanjer 2026").waitFor({ state: "hidden" });
    await said("Mappen Kampanjer 2026 ligger i papperskorgen.").locator("xpath=ancestor::*[@role='alertdialog'][1]").getByRole("button", { name: "Ångra" }).click();
    await branch("Kampanjer 2026").waitFor();
    assert.equal((await api("GET", `/folders?parent=${empty.id}`)).items[0].name, "Kampanjer 2026");
  });

  test("a folder shows its own files, with subfolders when asked; Back and the document's title follow", async () => {
    await go("/");
    await count("36 filer").waitFor();
    await branch("Natur").click();
    await page.getByRole("heading", { level: 1, name: "Natur" }).waitFor();
    await count("30 filer").waitFor();
    await page.getByText("Med undermappar").click();
    await count("36 filer").waitFor();
    await page.getByRole("navigation", { name: "Mappar i Natur" }).getByRole("link", { name: "Hav" }).click();
    await count("6 filer").waitFor();
    assert.match(await page.title(), /^Hav – /);
    await page.goBack();
    await count("36 filer").waitFor();
    await page.goBack();
    await count("30 filer").waitFor();
    assert.match(await page.title(), /^Natur – /);
  });

  test("what one writes is completed, searched, told, and taken away again", async () => {
    await go("/");
    await search().fill("tag:so");
    await page.getByRole("option", { name: /soluppgång/ }).waitFor();
    await page.keyboard.press("ArrowDown");
    const active = await search().getAttribute("aria-activedescendant");
    assert.match(await page.locator(`[id="${active}"]`).textContent(), /^so/);
    while (!/soluppgång/.test(await page.locator(`[id="${await search().getAttribute("aria-activedescendant")}"]`).textContent())) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.equal(await search().inputValue(), "tag:soluppgång ");
    await page.keyboard.press("Enter");
    await count("3 filer").waitFor();
    assert.match(await page.title(), /soluppgång/);
    await page.getByRole("button", { name: "Ta bort Sökt: tag:soluppgång" }).click();
    await count("36 filer").waitFor();
    await search().fill("nyckelrod:hav");
    await search().press("Enter");
    await page.getByText("Det finns inget fält som heter ”nyckelrod”, så det söktes som text.").waitFor();
    await page.getByRole("heading", { name: "Inga filer hittades" }).waitFor();
    await page.getByRole("button", { name: "Ta bort nyckelrod:hav" }).click();
    await count("36 filer").waitFor();
    await search().fill("taken:förr");
    await search().press("Enter");
    await page.getByText("Sökningen går inte att förstå").waitFor();
  });

  test("the builder makes the same text without writing it", async () => {
    await go("/");
    await page.getByRole("button", { name: "Bygg en sökning" }).click();
    const dialog = page.getByRole("dialog", { name: "Bygg en sökning" });
    await dialog.getByRole("button", { name: "Lägg till villkor" }).click();
    const row = dialog.getByRole("group", { name: "Villkor 2" });
    await row.getByRole("combobox", { name: "Värde" }).fill("snö");
    await page.getByRole("option", { name: "snö" }).click();
    await dialog.getByText("tag:snö").waitFor();
    await dialog.getByRole("button", { name: "Sök", exact: true }).click();
    await count("3 filer").waitFor();
    assert.equal(new URL(page.url()).searchParams.get("q"), "tag:snö");
  });

  test("facets narrow with counts, stand as chips, and Back widens again", async () => {
    await go("/");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    const facet = page.getByRole("button", { name: /^höst\s*6$/ });
    await facet.click();
    await count("6 filer").waitFor();
    assert.equal(await page.getByRole("group", { name: "Nyckelord" }).getByRole("button").first().getAttribute("aria-pressed"), "true");
    await page.getByRole("button", { name: "Ta bort Nyckelord: höst" }).waitFor();
    await page.getByRole("button", { name: /^dimma/ }).click();
    await count("3 filer").waitFor();
    await page.goBack();
    await count("6 filer").waitFor();
    await page.getByRole("button", { name: "Ta bort Nyckelord: höst" }).click();
    await count("36 filer").waitFor();
    await page.getByRole("button", { name: "Filter", exact: true }).click();
  });

  test("a search is saved, opened from the column, shared, and deleted", async () => {
    await go("/?q=tag:skog");
    await page.getByRole("button", { name: "Spara sökningen" }).click();
    await page.getByRole("dialog").getByLabel("Namn").fill("Skogar");
    await page.getByRole("dialog").getByRole("button", { name: "Spara" }).click();
    await go("/");
    await page.getByRole("link", { name: "Skogar" }).click();
    await count("6 filer").waitFor();
    await page.getByRole("link", { name: "Skogar" }).hover();
    await page.getByRole("button", { name: "Gör något med sökningen Skogar" }).click();
    await page.getByRole("menuitem", { name: "Byt namn eller dela" }).click();
    await page.getByRole("dialog").getByText("Dela med alla").click();
    await page.getByRole("dialog").getByRole("button", { name: "Spara" }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Gör något med sökningen Skogar" }).click();
    await page.getByRole("menuitem", { name: "Ta bort" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Ta bort" }).click();
    await page.getByRole("link", { name: "Skogar" }).waitFor({ state: "hidden" });
  });

  test("the table lists the same and the choice is remembered", async () => {
    await go("/");
    await page.getByRole("button", { name: "Tabell" }).click();
    assert.equal(await page.getByRole("button", { name: "Tabell" }).getAttribute("aria-pressed"), "true");
    await page.getByRole("table").getByText("Spegelblankt vid Siljan 176").waitFor();
    await go("/");
    await page.getByRole("table").waitFor();
    await page.getByRole("button", { name: "Rutnät" }).click();
    await page.getByRole("grid", { name: "Alla filer" }).waitFor();
  });

  test("fields are edited beside the picture, and two editors choose what shall hold", async () => {
    await go("/?q=tag:raps");
    await card("Rapsfält på Söderslätt 160").click();
    const panel = page.getByRole("complementary", { name: "Detaljer" });
    await panel.getByLabel("Titel").fill("Rapsfält i maj");
    const id = (await api("GET", "/assets?q=tag:raps")).items.find((a) => a.fields.title.lang.sv === "Rapsfält på Söderslätt 160").id;
    await api("PATCH", `/assets/${id}`, { fields: { title: { lang: { sv: "Raps utanför Ystad" } }, creator: { values: ["Eva Ek"] } } });
    await panel.getByRole("button", { name: "Spara" }).click();
    const merge = page.getByRole("alertdialog", { name: "Någon annan hann före" });
    await merge.getByText("Raps utanför Ystad").waitFor();
    await merge.getByText("Rapsfält i maj").waitFor();
    await merge.getByRole("button", { name: "Spara valet" }).click();
    await said("Uppgifterna sparades.").waitFor();
    const now = await api("GET", `/assets/${id}`);
    assert.equal(now.fields.title.lang.sv, "Rapsfält i maj");
    assert.deepEqual(now.fields.creator.values, ["Eva Ek"]);
    await card("Rapsfält i maj").waitFor();
    assert.equal(await card("Rapsfält i maj").getAttribute("aria-selected"), "true", "the selection stays");
    for (const part of ["Versioner", "Användning", "Åtkomst", "Historik", "Sedd av"]) await panel.locator("summary", { hasText: part }).click();
    await panel.getByText("Version 1").waitFor();
    await panel.getByRole("link", { name: /Biblioteket \/ Natur/ }).waitFor();
    await panel.getByText("Rapsfält i maj").first().waitFor();
  });

  test("what was typed outlives another selection and a reload", async () => {
    await go("/?q=tag:raps");
    await card("Rapsfält på Söderslätt 168").click();
    const panel = page.getByRole("complementary", { name: "Detaljer" });
    await panel.getByRole("textbox", { name: "Beskrivning" }).fill("Halvt skriven");
    await page.reload();
    await card("Rapsfält på Söderslätt 176").click();
    await panel.getByRole("heading", { name: "Rapsfält på Söderslätt 176" }).waitFor();
    await card("Rapsfält på Söderslätt 168").click();
    await panel.getByText("Ändringarna är inte sparade än.").waitFor();
    assert.equal(await panel.getByRole("textbox", { name: "Beskrivning" }).inputValue(), "Halvt skriven");
    await panel.getByRole("button", { name: "Ta bort ändringarna" }).click();
  });

  const undoToast = (text) => said(text).locator("xpath=ancestor::*[@role='alertdialog'][1]").getByRole("button", { name: "Ångra" });
  const bar = () => page.getByRole("region", { name: "Markerade filer" });

  test("many are tagged, moved and put into the bin as jobs, each with its undo", async () => {
    await go(`/?folder=${sea.id}`);
    await card("Kvällssol vid Sandhamn 160").click();
    await page.keyboard.press("Control+a");
    await bar().getByText("6 markerade").waitFor();
    await bar().getByRole("button", { name: "Nyckelord" }).click();
    await page.getByRole("dialog").getByRole("combobox", { name: "Lägg till nyckelord" }).fill("kust");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Spara" }).click();
    await said(/6 filer ändrades/).waitFor();
    assert.equal((await api("GET", "/assets?tag=kust")).total, 6);
    await bar().getByText("6 markerade").waitFor();
    await bar().getByRole("button", { name: "Flytta" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Tomt" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Flytta hit" }).click();
    await undoToast(/6 filer flyttades till Tomt/).waitFor();
    await page.getByRole("heading", { name: "Mappen är tom" }).waitFor();
    await undoToast(/6 filer flyttades till Tomt/).click();
    await count("6 filer").waitFor();
    await card("Kvällssol vid Sandhamn 160").click();
    await page.keyboard.press("Delete");
    await undoToast("1 fil ligger i papperskorgen.").waitFor();
    await count("5 filer").waitFor();
    await undoToast("1 fil ligger i papperskorgen.").click();
    await count("6 filer").waitFor();
  });

  test("a job that leaves something out says what and why, and stays until it is read", async () => {
    await go(`/?folder=${sea.id}`);
    await card("Kvällssol vid Sandhamn 160").click();
    await page.keyboard.press("Control+a");
    await bar().getByRole("button", { name: "Gör mer med de markerade" }).click();
    await page.getByRole("menuitem", { name: "Embargo och slutdatum" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Embargo till").fill("2031-01-01");
    await dialog.getByLabel("Upphör").fill("2030-01-01");
    await dialog.getByRole("button", { name: "Spara" }).click();
    const dock = page.getByRole("region", { name: "Pågående jobb" });
    await dock.getByText(/6 lämnades som de var/).waitFor();
    await dock.getByRole("button", { name: "Visa vilka" }).click();
    await page.getByRole("dialog", { name: "Filer som lämnades som de var" }).getByText(/kust_031/).first().waitFor();
    await page.keyboard.press("Escape");
    await dock.getByRole("link", { name: "Alla mina jobb" }).click();
    await page.getByRole("heading", { level: 1, name: "Mina jobb" }).waitFor();
    await page.getByText(/6 lämnades som de var/).first().waitFor();
  });

  test("many are downloaded as one ZIP file, one as it is", async () => {
    await go(`/?folder=${sea.id}`);
    await card("Kvällssol vid Sandhamn 160").click();
    await page.keyboard.press("Control+a");
    await bar().getByRole("button", { name: "Ladda ner" }).click();
    const [zip] = await Promise.all([page.waitForEvent("download"), page.getByRole("dialog").getByRole("button", { name: "Ladda ner som ZIP" }).click()]);
    const bytes = await readFile(await zip.path());
    assert.equal(bytes.subarray(0, 2).toString(), "PK");
    for (const name of ["kust_031-160.jpg", "manifest.csv"]) assert.ok(bytes.includes(name), `${name} is in the ZIP file`);
    await card("Kvällssol vid Sandhamn 168").click();
    await page.keyboard.press("d");
    const [one] = await Promise.all([page.waitForEvent("download"), page.getByRole("dialog").getByRole("button", { name: "Ladda ner", exact: true }).click()]);
    assert.equal(one.suggestedFilename(), "kust_031-168.jpg");
  });

  test("names of files, folders and keywords are text, and cannot turn the writing around", async () => {
    await go(`/?folder=${nature.id}&q=tag:Lappland`);
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByRole("button", { name: new RegExp(`^${sentinel.replace(/[()]/g, "\\$&")}`) }).click();
    await count("1 fil").waitFor();
    await branch(sentinel).waitFor();
    await card(sentinel.replace(/[()]/g, "\\$&")).first().click();
    await page.getByRole("complementary").getByRole("heading", { name: sentinel }).waitFor();
    assert.equal(await page.locator("img[src='x']").count(), 0);
    assert.equal(await page.getByText("\u202e").count(), 0, "marks of direction are not shown");
    await page.getByRole("button", { name: "Filter", exact: true }).click();
  });

  test("by keyboard alone: a folder, a search, a selection, an edit, a move and its undo", async () => {
    await go("/");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("/");
    await page.keyboard.type("tag:fjor");
    await page.getByRole("option", { name: /fjord/ }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await count("3 filer").waitFor();
    const until = async (want, key = "Tab") => {
      for (let i = 0; i < 80; i++) {
        if (await page.evaluate(want)) return;
        await page.keyboard.press(key);
      }
      assert.fail(`never reached: ${want}`);
    };
    await until(() => document.activeElement.getAttribute("role") === "row" && !!document.activeElement.closest("[role=grid]"));
    await page.keyboard.press("Space");
    await bar().getByText("1 markerad", { exact: true }).waitFor();
    await page.keyboard.press("F2");
    await page.getByRole("dialog", { name: "Ändra titeln" }).getByLabel("Titel").waitFor();
    await until(() => document.activeElement.tagName === "INPUT");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("Fjorden");
    await page.keyboard.press("Enter");
    await card("Fjorden").waitFor();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("role")), "row", "the focus is back in the list");
    await page.keyboard.press("m");
    const dialog = page.getByRole("dialog", { name: "Flytta 1 fil" });
    await dialog.getByRole("button", { name: "Tomt" }).waitFor();
    await until(() => document.activeElement.textContent.startsWith("Tomt"));
    await page.keyboard.press("Enter");
    await until(() => document.activeElement.textContent === "Flytta hit");
    await page.keyboard.press("Enter");
    await undoToast("1 fil flyttades till Tomt.").waitFor();
    await page.keyboard.press("F6");
    await until(() => document.activeElement.textContent === "Ångra");
    await page.keyboard.press("Enter");
    await said("1 fil är som den var.").waitFor();
    await until(() => !!document.activeElement.closest("[role=treegrid]"), "Shift+Tab");
    await page.keyboard.press("Home");
    await page.keyboard.type("Natur");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Natur" }).waitFor();
  });

  test("every state is without known barriers, in light and dark, wide and at 320 px", async () => {
    const states = [
      ["many", `/?folder=${nature.id}`, () => card("Höstskog").first().waitFor()],
      ["empty folder", `/?folder=${(await api("POST", "/folders", { name: "Ny och tom", parent: root.id })).id}`, () => page.getByRole("heading", { name: "Mappen är tom" }).waitFor()],
      ["nothing found", "/?q=ingenting", () => page.getByRole("heading", { name: "Inga filer hittades" }).waitFor()],
      ["not to be understood", "/?q=taken:x", () => page.locator("#main").getByRole("alert").waitFor()],
      ["forbidden or gone", "/?folder=fld_00000000000000000000000000", () => page.getByRole("heading", { name: "Här finns inget" }).waitFor()],
      ["jobs", "/jobs", () => page.getByRole("heading", { level: 1, name: "Mina jobb" }).waitFor()],
    ];
    for (const theme of ["light", "dark"])
      for (const width of [1440, 320]) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme: theme });
        for (const [name, path, ready] of states) {
          await go(path);
          await ready();
          await barriers(page, `${name}, ${theme}, ${width}`);
        }
      }
    await page.setViewportSize({ width: 1440, height: 900 });
    for (const theme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: theme });
      await go(`/?folder=${nature.id}`);
      await card("Höstskog").first().click();
      await page.getByRole("button", { name: "Filter", exact: true }).click();
      await page.getByRole("complementary").getByLabel("Titel").waitFor();
      await barriers(page, `one selected, filters open, ${theme}`);
      await page.getByRole("button", { name: "Filter", exact: true }).click();
      await bar().getByRole("button", { name: "Ladda ner" }).click();
      await page.getByRole("dialog").getByRole("radio", { name: /^Original/ }).waitFor();
      await barriers(page, `download, ${theme}`);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Bygg en sökning" }).click();
      await page.getByRole("dialog").waitFor();
      await barriers(page, `builder, ${theme}`);
      await page.keyboard.press("Escape");
    }
  });

  test("no script failed, none of other people's ran, and the content security policy held", () => assert.deepEqual(complaints, []));
});
