// SPDX-License-Identifier: Apache-2.0

// A state is looked at: turned to each look, judged by both engines, measured, and walked through by keyboard.

import assert from "node:assert/strict";
import { byAxe, byIBM } from "./engines.js";
import { measure } from "./geometry.js";
import { all, drawn, put } from "./looks.js";
import { walk } from "./walk.js";

/** whole is whether every state is looked at in all nine ways (make a11y); otherwise each in a few, by turns. */
export const whole = process.env.A11Y === "whole";

let turn = 0;
/** looks are those in which a state is seen: all, or n by turns, so that states next to each other are seen differently. */
export function looks(n, only) {
  const mine = only ? all.filter((l) => l.size === only) : all;
  if (whole) return mine;
  return Array.from({ length: n }, () => mine[turn++ % mine.length]);
}

/** judge collects all that is wrong with what a page shows, in each look. walked: also walk through it by keyboard. */
export async function judge({ page, client }, what, { n = 1, only, walked = false, within, ibm = true } = {}) {
  const wrong = [];
  const chosen = looks(n, only);
  for (const look of chosen) {
    await put(page, client, look);
    const add = (list) => wrong.push(...list.map((w) => `[${look.name}] ${w}`));
    add(await byAxe(client, { contrast: look.theme !== "forced" }));
    if (ibm && (whole ? look.theme === "light" : look === chosen[0])) add(await byIBM(client));
    add(await measure(page, client, look));
    if (walked && look.size !== "large" && (whole ? look.theme !== "dark" : true)) add(await walk(page, { within, rings: true }));
  }
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${what.replace(/[^a-z0-9]+/gi, "-")}.png` });
  await put(page, client, all[0]);
  await drawn(page);
  assert.deepEqual([...new Set(wrong)], [], what);
}
