// SPDX-License-Identifier: Apache-2.0

// The catalogue of states: every screen empty, loading, with one, with many, broken, forbidden, with what opens over it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { judge, whole } from "./catalogue.js";
import { unused } from "./engines.js";
import { answer, go, open, settled } from "./house.js";
import { all, put } from "./looks.js";
import { fresh, overlays, pages, screens } from "./screens.js";
import { long, many, one } from "./seed.js";

describe("the catalogue of states", { concurrency: false }, () => {
  let house, broken;
  before(async () => {
    house = await open();
    broken = await house.another();
    await broken.page.clock.install();
  });
  after(() => house?.stop());

  const [few, most] = whole ? [9, 9] : [1, 2];

  for (const s of fresh)
    test(`${s.name}: empty`, async () => {
      await go(house.page, s.at());
      await judge(house, `${s.name}: empty`, { n: few });
    });

  test("one of everything is put in", () => one(house));
  for (const s of whole ? screens : screens.filter((s) => s.at.length))
    test(`${s.name}: one`, async () => {
      await go(house.page, s.at(house));
      await judge(house, `${s.name}: one`, { n: few });
    });

  test("many of everything are put in", () => many(house));
  for (const s of screens)
    test(`${s.name}: many`, async () => {
      await go(house.page, s.at(house));
      await judge(house, `${s.name}: many`, { n: most, walked: true });
    });

  // What fails is told the same way everywhere, so here one of the three by turns is enough for every day.
  screens.forEach((s, i) => {
    for (const kind of whole ? ["loading", "error", "forbidden"] : [["loading", "error", "forbidden"][i % 3]])
      test(`${s.name}: ${kind}`, async () => {
        const { page, client } = broken;
        await put(page, client, all[0]);
        const routed = await answer(page, kind);
        try {
          await page.goto(house.program.base + s.at(house));
          // What is tried again after a pause is tried at once.
          await settled(page, { held: routed.held, busy: kind === "loading", tick: kind === "loading" ? undefined : () => page.clock.fastForward(10_000) });
          await judge(broken, `${s.name}: ${kind}`, { n: few });
        } finally {
          await routed.end();
        }
      });
  });

  for (const o of overlays)
    test(`${o.name}, on ${o.on}`, async () => {
      const { page } = house;
      const s = screens.find((s) => s.name === o.on);
      await put(page, house.client, all.find((l) => l.size === (o.only ?? "wide")));
      await page.goto(house.program.base + s.at(house));
      await settled(page);
      const opener = await o.open(page);
      if (!o.inPlace) await page.locator(".overlay, .popover").last().waitFor();
      await settled(page);
      if (o.popup || o.inPlace) return judge(house, o.name, { n: few, only: o.only });
      await judge(house, o.name, { n: most, only: o.only, walked: true, within: ".overlay, .popover" });
      await put(page, house.client, all.find((l) => l.size === (o.only ?? "wide")));
      await page.keyboard.press("Escape");
      await page.locator(".overlay").waitFor({ state: "detached" });
      const at = await page.evaluate(() => document.activeElement.tagName);
      assert.notEqual(at, "BODY", "the focus is lost when it closes");
      if (opener && (await opener.isVisible())) assert.ok(await opener.evaluate((e) => e === document.activeElement), "the focus comes back to what opened it");
    });

  for (const p of pages)
    test(`page of the server: ${p.name}`, async () => {
      const outside = await house.another({ cookies: [] });
      await outside.page.goto(house.program.base + p.at(house));
      await p.then?.(outside.page);
      await outside.page.locator("h1").first().waitFor();
      await judge(outside, p.name, { n: most, walked: true });
      assert.deepEqual(outside.complaints, []);
      await outside.page.context().close();
    });

  test("what people wrote was shown as text, and the content security policy held", async () => {
    assert.ok(long.includes("onerror"));
    assert.notEqual(await house.page.title(), "XSS");
    assert.deepEqual(house.complaints, []);
    assert.deepEqual(broken.complaints, []);
  });

  if (whole) test("nothing stands in the baseline that is not found any more", () => assert.deepEqual(unused(), []));
});
