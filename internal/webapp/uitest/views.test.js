// SPDX-License-Identifier: Apache-2.0

// Timeline, rail and table in a real browser, and all views over real files in the real program.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { at, count, focused, row, said, show } from "./gridview.js";
import { serve } from "./madeup.js";
import { barriers, enter, open } from "./screen.js";
import { browse, start } from "./world.js";

describe("timeline, rail and table", () => {
  let server, browser, page;
  before(async () => {
    [server, browser] = await Promise.all([serve({ total: 3000 }), browse()]);
    ({ page } = await show(browser, server, "/?view=timeline&sort=captured"));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  test("the timeline has a heading for each month, and arrows cross it", async () => {
    await page.getByRole("heading", { level: 2, name: /^november 2026/ }).waitFor();
    await row(page, 1).click();
    for (let i = 0; i < 60 && (await focused(page)) <= 66; i++) await page.keyboard.press("ArrowDown");
    await page.getByRole("heading", { level: 2, name: /^oktober 2026/ }).waitFor();
    assert.ok((await focused(page)) > 66);
    await at(page, await focused(page));
  });

  test("the rail is one stop for Tab, arrows walk in it, Enter jumps and says where to", async () => {
    const rail = page.getByRole("navigation", { name: "Hoppa till en månad" });
    await rail.getByRole("button", { name: /^2026 \(/ }).focus();
    await page.keyboard.press("End");
    assert.match(await page.evaluate(() => document.activeElement.textContent), /^2024 \(/);
    await page.keyboard.press("Enter");
    await said(page, /^2024: nu vid /);
    await page.getByRole("heading", { level: 2, name: /^december 2024/ }).waitFor();
    await rail.locator("[aria-current][tabindex='0']").filter({ hasText: "2024" }).waitFor();
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    await said(page, "2026: nu vid 1 av 3 000");
    assert.equal(await page.locator(".asset-rail [tabindex='0']").count(), 1);
  });

  test("the grid by name jumps by letter", async () => {
    await page.goto(server.base + "/?sort=name");
    await page.getByRole("navigation", { name: "Hoppa till en bokstav" }).getByRole("button", { name: /^Ö \(/ }).click();
    await said(page, /^Ö: nu vid /);
  });

  test("the table has ordinary pages: forth, back, and Back", async () => {
    await page.goto(server.base + "/?view=table");
    await page.getByRole("link", { name: "Hamnen 1", exact: true }).waitFor();
    await page.getByRole("button", { name: "Nästa" }).click();
    await page.getByRole("link", { name: "Hamnen 51", exact: true }).waitFor();
    await said(page, "Sida 2");
    await page.getByRole("link", { name: "Hamnen 51", exact: true }).click();
    await page.waitForURL(/\/assets\//);
    await page.goBack();
    await page.getByRole("link", { name: "Hamnen 51", exact: true }).waitFor();
    await page.getByRole("button", { name: "Föregående" }).click();
    await page.getByRole("link", { name: "Hamnen 1", exact: true }).waitFor();
  });

  test("rows are selected one by one, by page, and all that is found", async () => {
    await page.getByRole("checkbox", { name: "Markera Torget 2", exact: true }).check({ force: true });
    await count(page, "1 markerad");
    const header = page.getByRole("checkbox", { name: "Markera alla på sidan" });
    assert.ok(await header.evaluate((e) => e.indeterminate));
    await header.check({ force: true });
    await count(page, "50 markerade");
    await page.getByRole("button", { name: "Markera alla 3 000" }).click();
    await count(page, "3 000 markerade");
    await page.getByRole("button", { name: "Nästa" }).click();
    await page.getByRole("link", { name: "Hamnen 51", exact: true }).waitFor();
    await page.getByRole("checkbox", { name: "Markera Hamnen 51", exact: true }).uncheck({ force: true });
    await count(page, "2 999 markerade");
    await page.getByRole("button", { name: "Avmarkera", exact: true }).first().click();
    await page.locator(".selection-bar").waitFor({ state: "detached" });
  });

  test("columns are chosen and sorted by", async () => {
    await page.getByRole("button", { name: "Kolumner" }).click();
    await page.getByRole("checkbox", { name: "Nyckelord" }).check({ force: true });
    await page.keyboard.press("Escape");
    await page.getByRole("columnheader", { name: "Nyckelord" }).waitFor();
    await page.getByRole("columnheader", { name: "Namn" }).getByRole("button").click();
    await page.waitForURL(/sort=name/);
    assert.equal(await page.getByRole("columnheader", { name: "Namn" }).getAttribute("aria-sort"), "ascending");
  });

  test("grid, timeline and table have no known barrier: light and dark, wide and at 320 px, selected and not, small and large", async () => {
    for (const [view, theme, width, prefs] of [
      ["grid", "light", 1440, {}], ["grid", "dark", 320, {}], ["timeline", "dark", 1440, { density: "compact", thumb: 140 }], ["timeline", "light", 320, { thumb: 320 }],
      ["table", "light", 1440, {}], ["table", "dark", 320, {}],
    ]) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: theme });
      await page.evaluate((p) => localStorage.setItem("tillgang.preferences", JSON.stringify({ panel: false, ...p })), prefs);
      await page.goto(`${server.base}/?view=${view}&sort=captured`);
      if (view === "table") await page.getByRole("checkbox", { name: "Markera Torget 2", exact: true }).check({ force: true });
      else await row(page, 2).click();
      await page.locator(".selection-bar").waitFor();
      await barriers(page, `${view}, ${theme}, ${width}`);
    }
  });
});

describe("real files in the real program", () => {
  let program, browser, page, complaints;
  const files = 60;
  before(async () => {
    [program, browser] = await Promise.all([start(), browse()]);
    const key = await program.key();
    ({ page, complaints } = await open(browser, "sv-SE"));
    await enter(page, program);
    const put = async (i) => {
      const form = new FormData();
      form.append("title", `Blad ${String(i).padStart(2, "0")}`);
      form.append("file", new Blob([`Sida nummer ${i}\n`], { type: "text/plain" }), `${"abcdef"[i % 6]}-${i}.txt`);
      const answer = await fetch(program.base + "/api/v1/assets", { method: "POST", headers: { Authorization: `Bearer ${key}` }, body: form });
      assert.equal(answer.status, 201, await answer.text());
    };
    for (let i = 0; i < files; i += 6) await Promise.all([0, 1, 2, 3, 4, 5].map((k) => put(i + k)));
  });
  after(async () => {
    await browser?.close();
    await program?.stop();
  });

  test("all of them are listed, selected by the query, and shown alone when a few are", async () => {
    await page.goto(program.base + "/?sort=name");
    await row(page, 1).click();
    await page.keyboard.press("End");
    await at(page, files);
    await page.keyboard.press("Control+a");
    await said(page, `Alla ${files} markerade`);
    await row(page, files).click();
    await page.keyboard.press("Shift+ArrowLeft");
    await count(page, "2 markerade");
    await page.getByRole("button", { name: "Visa bara dem" }).click();
    await page.getByRole("row", { name: /, 2 av 2$/ }).waitFor();
    await page.getByRole("button", { name: "Visa alla" }).click();
    await page.getByRole("row", { name: /, 60 av 60$/ }).waitFor();
  });

  test("the timeline groups them by the month of their upload", async () => {
    await page.goto(program.base + "/?view=timeline&sort=newest");
    const heading = page.getByRole("grid").getByRole("heading", { level: 2 }).first();
    await heading.waitFor();
    assert.match(await heading.innerText(), new RegExp(`^${new Intl.DateTimeFormat("sv-SE", { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date())}`));
  });

  test("the table lists them by pages of the server's cursors", async () => {
    await page.goto(program.base + "/?view=table&sort=name");
    await page.locator(".asset-table tbody tr").nth(49).waitFor();
    await page.getByRole("button", { name: "Nästa" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".asset-table tbody tr").length === 10);
    await page.getByRole("button", { name: "Föregående" }).click();
    await page.locator(".asset-table tbody tr").nth(49).waitFor();
  });

  test("no script failed and the content security policy held", () => assert.deepEqual(complaints, []));
});
