// SPDX-License-Identifier: Apache-2.0

// What the library's grid costs the browser: main-thread CPU (thread time, so a busy machine counts for nothing),
// JavaScript heap and DOM elements, with 100,000 and 1,000,000 made-up assets. `make bench-ui` prints the table and
// fails when a figure is beyond its bound; `make bench` writes it into deploy/benchmarks.md.

import { serve } from "./madeup.js";
import { browse } from "./world.js";

const bounds = { start: 400, heap: 15, select: 150 };
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

async function measure(total, path) {
  const server = await serve({ total }), browser = await browse();
  const starts = [], heaps = [], selects = [], moves = [], nodes = [];
  try {
    for (let round = 0; round < 3; round++) {
      const context = await browser.newContext({ locale: "sv-SE", viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      const cdp = await context.newCDPSession(page);
      await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
      const cpu = async () => {
        const { metrics } = await cdp.send("Performance.getMetrics");
        const of = (name) => metrics.find((m) => m.name === name)?.value ?? 0;
        return 1000 * of("TaskDuration");
      };
      const settled = () => page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => requestIdleCallback(r, { timeout: 500 })))));
      await page.goto(server.base + path);
      await page.locator('[aria-rowindex="9"] img, [aria-rowindex="9"] svg').first().waitFor();
      await settled();
      starts.push(await cpu());

      const cards = page.locator(".asset-card");
      const box = await cards.nth(1).boundingBox();
      await page.mouse.click(box.x + 60, box.y + 60); // the first one draws the bar and the details
      await page.locator(".asset-card[data-selected]").first().waitFor();
      await settled();
      const other = await cards.nth(4).boundingBox();
      let was = await cpu();
      await page.mouse.click(other.x + 60, other.y + 60);
      await page.locator('[aria-rowindex="5"][data-selected]').waitFor();
      await settled();
      selects.push((await cpu()) - was);
      was = await cpu();
      for (let i = 0; i < 10; i++) await page.keyboard.press("ArrowRight");
      await settled();
      moves.push(((await cpu()) - was) / 10);

      const first = await page.evaluate(() => document.querySelectorAll(".asset-grid *").length);
      for (const at of [0.25, 0.5, 0.75, 1]) {
        await page.evaluate((share) => scrollTo(0, document.documentElement.scrollHeight * share), at);
        await page.waitForFunction(() => [...document.querySelectorAll(".asset-card")].some((c) => c.querySelector(".asset-tick") && c.getBoundingClientRect().top > 60));
        await settled();
        nodes.push((await page.evaluate(() => document.querySelectorAll(".asset-grid *").length)) / first);
      }
      await cdp.send("HeapProfiler.enable");
      await cdp.send("HeapProfiler.collectGarbage");
      const { usedSize } = await cdp.send("Runtime.getHeapUsage");
      heaps.push(usedSize / 1e6);
      await context.close();
    }
  } finally {
    await browser.close();
    await server.stop();
  }
  return { start: median(starts), heap: median(heaps), select: median(selects), move: median(moves), nodes: Math.max(...nodes) };
}

/** frame is what the app costs on a screen without a list. */
async function frame() {
  const server = await serve({ total: 10 }), browser = await browse(), starts = [];
  try {
    for (let round = 0; round < 3; round++) {
      const context = await browser.newContext({ locale: "sv-SE", viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      const cdp = await context.newCDPSession(page);
      await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
      await page.goto(server.base + "/preferences");
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.evaluate(() => new Promise((r) => requestIdleCallback(r, { timeout: 500 })));
      starts.push(1000 * (await cdp.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value);
      await context.close();
    }
  } finally {
    await browser.close();
    await server.stop();
  }
  return median(starts);
}

const rows = [];
console.log("| view | start CPU ms | heap MB | select CPU ms | arrow key CPU ms | elements |\n|---|--:|--:|--:|--:|--:|");
console.log(`| preferences, no list | ${(await frame()).toFixed(0)} | | | | |`);
for (const [what, total, path] of [["grid, 1,000", 1000, "/"], ["grid, 100,000", 100_000, "/"], ["grid, 1,000,000", 1_000_000, "/"], ["timeline, 100,000", 100_000, "/?view=timeline&sort=captured"]]) {
  const f = await measure(total, path);
  rows.push([what, f]);
  console.log(`| ${what} | ${f.start.toFixed(0)} | ${f.heap.toFixed(1)} | ${f.select.toFixed(0)} | ${f.move.toFixed(0)} | ${f.nodes.toFixed(2)} |`);
}
const over = rows.flatMap(([what, f]) => Object.keys(bounds).filter((b) => f[b] > bounds[b]).map((b) => `${what}: ${b} is ${f[b].toFixed(1)}, at most ${bounds[b]}`));
if (process.argv.includes("--bounds") && over.length) {
  console.error(over.join("\n"));
  process.exit(1);
}
