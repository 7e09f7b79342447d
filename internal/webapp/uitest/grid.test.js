// SPDX-License-Identifier: Apache-2.0

// The library's grid in a real browser: lists of a hundred thousand and a million made-up assets.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { at, count, focused, row, said, show } from "./gridview.js";
import { madeUp, serve } from "./madeup.js";
import { browse } from "./world.js";

describe("a hundred thousand in the library", () => {
  let server, browser, page, complaints;
  before(async () => {
    [server, browser] = await Promise.all([serve({ total: 100_000 }), browse()]);
    ({ page, complaints } = await show(browser, server));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  test("a row is named once: name, kind, what to know of it, which of how many", async () => {
    await page.getByRole("row", { name: "Hamnen 1, Bild, Alt-text saknas, 1 av 100 000", exact: true }).waitFor();
    const grid = page.getByRole("grid", { name: "Alla filer" });
    assert.equal(await grid.getAttribute("aria-rowcount"), "100000");
    assert.ok((await page.locator(".asset-card").count()) < 80);
    const size = await row(page, 1).locator("label").boundingBox();
    assert.ok(size.width >= 24 && size.height >= 24, JSON.stringify(size));
  });

  test("arrows walk in two directions, Shift extends, Ctrl only moves, Space turns on and off", async () => {
    await row(page, 1).click();
    await count(page, "1 markerad");
    const columns = await page.evaluate(() => new Set([...document.querySelectorAll(".asset-card")].map((c) => c.style.insetInlineStart)).size);
    await page.keyboard.press("ArrowRight");
    await at(page, 2);
    await page.keyboard.press("ArrowDown");
    await at(page, 2 + columns);
    assert.equal(await row(page, 2 + columns).getAttribute("aria-selected"), "true");
    assert.equal(await row(page, 2).getAttribute("aria-selected"), "false");
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("Shift+ArrowRight");
    await count(page, "3 markerade");
    await page.keyboard.press("Shift+ArrowLeft");
    await count(page, "2 markerade");
    await page.keyboard.press("Control+ArrowDown");
    await count(page, "2 markerade");
    await page.keyboard.press("Space");
    await count(page, "3 markerade");
    await page.keyboard.press("Space");
    await count(page, "2 markerade");
  });

  test("PageDown, PageUp, End, Home and Shift+End go where they say, in sight, and the number of elements stays", async () => {
    await row(page, 1).click();
    const nodes = () => page.evaluate(() => document.querySelectorAll(".asset-card *").length);
    const few = await nodes();
    await page.keyboard.press("PageDown");
    const down = await focused(page);
    assert.ok(down > 3, String(down));
    await at(page, down);
    await page.keyboard.press("PageUp");
    await at(page, 1);
    await page.keyboard.press("End");
    await at(page, 100_000);
    await page.getByRole("row", { name: /^Marknaden 100000, .* 100 000 av 100 000$/ }).waitFor();
    assert.ok((await nodes()) < few * 2);
    await page.keyboard.press("Home");
    await at(page, 1);
    await page.keyboard.press("Shift+End");
    await count(page, "100 000 markerade");
    await at(page, 100_000);
    await page.keyboard.press("Home");
    await at(page, 1);
    await count(page, "1 markerad");
    assert.ok(server.asked.filter((u) => u.includes("/window?")).length < 20, "pages are not asked for all along the way");
  });

  test("Ctrl+A selects by the query and says how many, Escape clears", async () => {
    await row(page, 3).click();
    const before = server.asked.length;
    await page.keyboard.press("Control+a");
    await said(page, "Alla 100 000 markerade");
    await count(page, "100 000 markerade");
    assert.deepEqual(server.asked.slice(before).filter((u) => u.includes("/ids")), [], "nothing was spelt out");
    await row(page, 4).getByRole("checkbox").uncheck();
    await count(page, "99 999 markerade");
    await row(page, 3).focus();
    await page.keyboard.press("Escape");
    await page.locator(".selection-bar").waitFor({ state: "detached" });
  });

  test("a click selects one, Ctrl and Shift more, and a range that is not here is named by the server", async () => {
    await row(page, 2).click();
    await row(page, 4).click({ modifiers: ["Control"] });
    await count(page, "2 markerade");
    await row(page, 6).click({ modifiers: ["Shift"] });
    await count(page, "4 markerade");
    await row(page, 2).click();
    await page.evaluate(() => scrollTo(0, 60_000));
    const n = await page.waitForFunction(() => [...document.querySelectorAll(".asset-card:has(.asset-tick)")].map((c) => Number(c.getAttribute("aria-rowindex"))).find((i) => i > 300 && document.querySelector(`[aria-rowindex="${i}"]`).getBoundingClientRect().top > 200)).then((h) => h.jsonValue());
    await row(page, n).click({ modifiers: ["Shift"] });
    await count(page, `${new Intl.NumberFormat("sv-SE").format(n - 1)} markerade`);
    await page.keyboard.press("Escape");
  });

  test("Tab goes through the card's controls and out of the grid; one stop for the list", async () => {
    await page.keyboard.press("Home");
    await row(page, 1).click();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Markera Hamnen 1");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Dra Hamnen 1");
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate(() => !document.querySelector(".asset-grid").contains(document.activeElement)));
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Shift+Tab");
    await at(page, 1);
  });

  test("what is selected can be shown alone, and all again at the same place", async () => {
    await row(page, 2).click();
    await row(page, 5).click({ modifiers: ["Control"] });
    await page.getByRole("button", { name: "Visa bara dem" }).click();
    await page.getByRole("row", { name: /^Älvstranden 5, .* 2 av 2$/ }).waitFor();
    assert.equal(await page.locator(".asset-card").count(), 2);
    await page.getByRole("button", { name: "Visa alla" }).click();
    await page.getByRole("row", { name: /^Hamnen 1, .* 1 av 100 000$/ }).waitFor();
    await row(page, 3).focus();
    await page.keyboard.press("Escape");
  });

  test("Enter opens; Back returns to the card, the place and the selection", async () => {
    await row(page, 1).click();
    for (let i = 0; i < 12; i++) await page.keyboard.press("PageDown");
    const n = await focused(page);
    assert.ok(n > 30);
    await at(page, n);
    const top = await page.evaluate(() => scrollY);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/assets\/ast_/);
    await page.goBack();
    await at(page, n);
    assert.ok(Math.abs((await page.evaluate(() => scrollY)) - top) < 3, "as far as before");
    await count(page, "1 markerad");
    await page.keyboard.press("ArrowRight");
    await at(page, n + 1);
  });

  test("an asset that was changed looks new where it stands; focus and selection stay", async () => {
    await page.keyboard.press("Home");
    await at(page, 1);
    server.change(0, { ...madeUp(0), version: 2, fields: { title: { lang: { sv: "Nytt namn" }, source: "person", at: "2026-11-22T08:00:00Z" } } });
    await page.keyboard.press("]"); // the details ask for the asset
    await page.getByRole("row", { name: /^Nytt namn, / }).waitFor();
    assert.equal(await focused(page), 1);
    assert.equal(await row(page, 1).getAttribute("aria-selected"), "true");
    await page.keyboard.press("]");
  });

  test("what is being prepared is looked at again until it is ready", async () => {
    await page.getByRole("row", { name: /^Rådhuset 6, Dokument, Förbereds, / }).waitFor();
    server.change(5, { state: "ready", updated_at: "2026-11-22T08:00:01Z" });
    await page.getByRole("row", { name: /^Rådhuset 6, Dokument, 6 av/ }).waitFor();
    assert.equal(await focused(page), 1);
  });

  test("a card is dragged to a folder by keyboard; what is dropped is the selection", async () => {
    await row(page, 1).click();
    await row(page, 3).click({ modifiers: ["Control"] });
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    assert.match(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), /^Dra /);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /^Släpp på/.test(document.activeElement.getAttribute("aria-label") ?? ""));
    for (let i = 0; i < 8 && !/Vinter 2026/.test(await page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent)); i++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => !document.querySelector("[data-dragging]"));
    for (let i = 0; i < 100 && !server.orders.length; i++) await page.evaluate(() => new Promise((r) => setTimeout(r, 20)));
    assert.deepEqual(server.orders[0]?.selection, { ids: [madeUp(0).id, madeUp(2).id] });
    assert.deepEqual(server.orders[0]?.change, { folder: "fld_00000000000000000000000002" });
  });

  test("no script failed and the content security policy held", () => assert.deepEqual(complaints, []));
});

describe("a million in the library", () => {
  let server, browser, page;
  before(async () => {
    [server, browser] = await Promise.all([serve({ total: 1_000_000 }), browse()]);
    ({ page } = await show(browser, server, "/?sort=captured"));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  test("a list of a hundred thousand goes on behind its end, and back", async () => {
    await row(page, 1).click();
    await page.keyboard.press("End");
    await at(page, 100_000);
    assert.ok((await page.evaluate(() => document.documentElement.scrollHeight)) < 8_001_000);
    await page.getByRole("button", { name: "Visa det som kommer efter" }).click();
    await page.getByRole("row", { name: /^Hamnen 100001, / }).waitFor();
    await page.getByRole("button", { name: "Visa det som kommer före" }).click();
    await page.getByRole("row", { name: /^Marknaden 100000, / }).waitFor();
  });

  test("Ctrl+A says that it is more than a hundred thousand", async () => {
    await page.locator(".asset-card").first().click();
    await page.keyboard.press("Control+a");
    await said(page, "Allt markerat: fler än 100 000");
    await page.keyboard.press("Escape");
  });

  test("the list begins at another month when one asks for it", async () => {
    await page.getByRole("button", { name: "Gå till en annan månad" }).click();
    await page.getByRole("textbox", { name: "År" }).fill("1990");
    await page.getByRole("button", { name: "Gå dit" }).click();
    await page.waitForFunction(() => !document.querySelector(".overlay"));
    const expected = Math.ceil((Date.UTC(2026, 10, 20) - Date.UTC(1991, 0, 1)) / (3_600_000 * 7));
    await page.getByRole("row", { name: new RegExp(` ${expected + 1}, .* 1 av 100 000$`) }).waitFor();
  });

  test("on a narrow screen, one stretch is no taller than browsers bear, and the next is a button away", async () => {
    await page.evaluate(() => localStorage.setItem("tillgang.preferences", JSON.stringify({ thumb: 320, panel: false })));
    await page.setViewportSize({ width: 320, height: 700 });
    await page.goto(server.base + "/?sort=captured");
    await row(page, 1).click();
    await page.keyboard.press("End");
    const n = await page.waitForFunction(() => Number(document.activeElement.getAttribute("aria-rowindex")) > 1000 && Number(document.activeElement.getAttribute("aria-rowindex"))).then((h) => h.jsonValue());
    assert.ok(n < 40_000, String(n));
    const tall = await page.evaluate(() => document.querySelector(".asset-grid").offsetHeight);
    assert.ok(tall > 7_500_000 && tall <= 8_000_000, String(tall));
    await page.getByRole("button", { name: "Visa det som kommer efter" }).click();
    await row(page, n + 1).waitFor();
  });
});
