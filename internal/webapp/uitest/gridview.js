// SPDX-License-Identifier: Apache-2.0

// What the tests of the library's views share.

import assert from "node:assert/strict";
import { open } from "./screen.js";

/** row is the n-th card. */
export const row = (page, n) => page.locator(`.asset-grid [aria-rowindex="${n}"]`);
/** focused is the number of the card that has the focus, or in which it is. */
export const focused = (page) => page.evaluate(() => Number(document.activeElement?.closest("[aria-rowindex]")?.getAttribute("aria-rowindex") ?? 0));
/** said waits until something was announced. */
export const said = (page, text) => page.locator(".hidden[role=status]").getByText(text).last().waitFor({ state: "attached" });
/** count waits until the bar of the selection says so. */
export const count = (page, text) => page.locator(".selected-count").getByText(text, { exact: true }).waitFor();

/** at waits until a row has the focus, in sight and clear of what floats over the list. */
export async function at(page, n) {
  await page.waitForFunction((want) => document.activeElement?.getAttribute("aria-rowindex") === String(want), n, { timeout: 15_000 }).catch(async () => assert.equal(await focused(page), n));
  await page.waitForFunction(() => {
    const el = document.activeElement, box = el.getBoundingClientRect();
    const top = document.querySelector("header.top").getBoundingClientRect().bottom, bar = document.querySelector(".selection-bar")?.getBoundingClientRect().top ?? innerHeight;
    return box.top >= top - 1 && box.bottom <= Math.min(innerHeight, bar) + 1;
  }, undefined, { timeout: 15_000 }).catch(() => assert.fail(`row ${n} has the focus but is covered or out of sight`));
}

/** show opens a made-up library, without the panel of details. */
export const show = async (browser, server, path = "/", options = {}) => {
  const opened = await open(browser, "sv-SE", options);
  await opened.page.addInitScript(() => localStorage.getItem("tillgang.preferences") ?? localStorage.setItem("tillgang.preferences", JSON.stringify({ panel: false })));
  await opened.page.goto(server.base + path);
  await opened.page.locator(".asset-grid [aria-rowindex], .asset-table tbody tr").first().waitFor();
  return opened;
};
