// SPDX-License-Identifier: Apache-2.0

// The way in, and the frame of the browser app, in the real program and a real browser.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { barriers, enter, open } from "./screen.js";
import { browse, password, start } from "./world.js";

describe("the way in and the frame", () => {
  let program, browser, page, complaints;
  before(async () => {
    [program, browser] = await Promise.all([start(), browse()]);
    ({ page, complaints } = await open(browser, "sv-SE"));
  });
  after(async () => {
    await browser?.close();
    await program?.stop();
  });

  test("the printed link signs in once, asks for a password, and leads into the library", async () => {
    await enter(page, program);
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "sv");
    await page.getByRole("combobox", { name: "Sök i biblioteket" }).waitFor();
  });

  test("nothing comes from another host, and what comes first is small", async () => {
    const { page: fresh, sizes } = await open(browser, "sv-SE", { cookies: await page.context().cookies() });
    await fresh.goto(program.base + "/");
    await fresh.getByRole("heading", { level: 1 }).waitFor();
    const seen = await sizes();
    assert.deepEqual(seen.hosts, [new URL(program.base).host]);
    assert.ok(seen.js <= 230_000, `the first visit fetches ${seen.js} bytes of scripts`);
    assert.ok(seen.js > 50_000, `the scripts were not counted: ${seen.js}`);
    await fresh.context().close();
  });

  test("theme and language are chosen from the account's menu, and stay", async () => {
    await page.getByRole("button", { name: /^Konto/ }).click();
    await page.getByRole("menuitemradio", { name: "Mörkt" }).click();
    await page.reload();
    assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
    await page.getByRole("button", { name: /^Konto/ }).click();
    await page.getByRole("menuitemradio", { name: "Suomi" }).click();
    await page.getByRole("combobox", { name: "Hae kirjastosta" }).waitFor();
    await page.getByRole("button", { name: /^Tili/ }).click();
    await page.getByRole("menuitemradio", { name: "Svenska" }).click();
    await page.getByRole("combobox", { name: "Sök i biblioteket" }).waitFor();
  });

  test("Ctrl+K opens what one can do, and Enter does it; focus comes back", async () => {
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog", { name: "Gör något" }).waitFor();
    await page.keyboard.type("inställningar för");
    await page.getByRole("option", { name: "Inställningar för mig" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Inställningar för mig" }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  });

  test("whoever is signed out is led to the way in, and back to where they were", async () => {
    await page.context().clearCookies();
    await page.goto(program.base + "/preferences");
    await page.waitForURL(/\/sign-in\?to=%2Fpreferences/);
    await page.getByLabel("E-postadress").fill("admin@localhost");
    await page.getByLabel("Lösenord").fill(password);
    await page.getByRole("button", { name: "Logga in" }).click();
    await page.getByRole("heading", { level: 1, name: "Inställningar för mig" }).waitFor();
  });

  test("an address that leads nowhere says so, with a way on", async () => {
    await page.goto(program.base + "/no/such/page");
    await page.getByRole("link", { name: /bibliotek/i }).first().waitFor();
  });

  test("the frame has no known barrier, in light and dark, wide and at 320 px", async () => {
    for (const theme of ["light", "dark"])
      for (const width of [1440, 320]) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme: theme });
        await page.evaluate(() => localStorage.removeItem("tillgang.preferences"));
        await page.goto(program.base + "/preferences");
        await page.getByRole("heading", { level: 1 }).waitFor();
        await barriers(page, `preferences, ${theme}, ${width}`);
      }
  });

  test("no script failed and the content security policy held", () => assert.deepEqual(complaints, []));
});
