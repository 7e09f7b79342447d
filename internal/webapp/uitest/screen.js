// SPDX-License-Identifier: Apache-2.0

// What the tests of screens share: a page that notes every complaint, the way in, the search for barriers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { password } from "./world.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** watch notes what the page complains of: failed scripts, and what the content security policy kept out. */
export function watch(page, complaints) {
  page.on("pageerror", (e) => complaints.push(`${page.url()}: ${e.message}`));
  page.on("console", (m) => {
    if (/Content.Security.Policy|Trusted|Refused to|Minified React error|Warning:/i.test(m.text())) complaints.push(`${page.url()}: ${m.text()}`);
  });
}

/** open opens a window in a language; sizes tells what its visits fetched over the wire. */
export async function open(browser, locale, { cookies, ...options } = {}) {
  const context = await browser.newContext({ locale, viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", timezoneId: "Europe/Stockholm", bypassCSP: false, ...options });
  if (cookies) await context.addCookies(cookies);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints = [];
  watch(page, complaints);
  const fetched = [];
  page.on("requestfinished", (r) => fetched.push(r));
  const sizes = async () => {
    let js = 0;
    const hosts = new Set();
    for (const r of fetched) {
      const url = new URL(r.url());
      if (!url.protocol.startsWith("http")) continue;
      hosts.add(url.host);
      if (r.resourceType() === "script") js += (await r.sizes()).responseBodySize;
    }
    return { js, hosts: [...hosts] };
  };
  return { page, complaints, sizes };
}

/** enter signs the administrator in by the printed link and chooses the password. */
export async function enter(page, program) {
  await page.goto(program.link);
  await page.locator("input[name=password]").fill(password);
  await page.locator("input[name=twice]").fill(password);
  await page.locator("main form button").first().click();
  await page.waitForURL((u) => u.pathname === "/");
  await page.locator("#main h1").first().waitFor();
}

/** barriers fails for everything that axe finds, with where it is. It is injected through the debugger, so the policy stays on. Tooltips describe what they belong to and stand outside all landmarks. */
export async function barriers(page, what) {
  await page.evaluate(() => document.fonts.ready);
  const client = await page.context().newCDPSession(page);
  try {
    await client.send("Runtime.evaluate", { expression: axe });
    const { result, exceptionDetails } = await client.send("Runtime.evaluate", {
      expression: `axe.run({ exclude: [["[role=tooltip]"]] }, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then((r) => JSON.stringify(r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? "")).join(" | "))))`,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    assert.deepEqual(JSON.parse(result.value), [], what);
  } finally {
    await client.detach();
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${what}: the page is ${wide} px wider than the window`);
}

/** settled waits until colours that change have changed. */
const settled = (page) => page.evaluate(async () => {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  await Promise.all(document.getAnimations().filter((a) => a instanceof CSSTransition).map((a) => a.finished.catch(() => undefined)));
});

/** everywhere looks for barriers light and dark, wide and narrow, and leaves the window as it was. */
export async function everywhere(page, what) {
  const was = page.viewportSize();
  for (const viewport of [{ width: 1440, height: 900 }, { width: 320, height: 640 }]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.evaluate((theme) => (document.documentElement.dataset.theme = theme), colorScheme);
      await settled(page);
      await barriers(page, `${what}, ${colorScheme}, ${viewport.width} px`);
    }
  }
  await page.evaluate(() => delete document.documentElement.dataset.theme);
  await page.setViewportSize(was);
}
