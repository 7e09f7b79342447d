// SPDX-License-Identifier: Apache-2.0

// The main job, done in a real browser against the real program.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { draw, scenes } from "./pictures.js";
import { browse, password, start } from "./world.js";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

let world, browser, state, page;
const files = [];
const complaints = [];

/** open makes a page in a context of its own that fails its test on script errors. */
async function open(options = {}) {
  const context = await browser.newContext({ locale: "sv-SE", viewport: { width: 1280, height: 800 }, acceptDownloads: true, baseURL: world.base, ...options });
  context.setDefaultTimeout(15000);
  const p = await context.newPage();
  p.on("pageerror", (e) => complaints.push(`${p.url()}: ${e.message}`));
  p.on("console", (m) => {
    if (/Content.Security.Policy|Trusted|Refused to/i.test(m.text())) complaints.push(`${p.url()}: ${m.text()}`);
  });
  return p;
}

async function signIn(p) {
  await p.goto("/sign-in");
  await p.fill("#email", "admin@localhost");
  await p.fill("#password", password);
  await p.click("main button");
  await p.waitForURL((u) => u.pathname === "/");
}

const asset = (p, title) => p.locator(".card", { hasText: title });

async function ready(p) {
  await p.waitForFunction(() => document.querySelector("[data-id]") && !document.querySelector('[data-state="preparing"]'), null, { timeout: 60000 });
}

async function fetched(p, click) {
  const [download] = await Promise.all([p.waitForEvent("download"), click()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

before(async () => {
  [world, browser] = await Promise.all([start(), browse()]);
  const painter = await browser.newPage();
  for (const s of scenes.slice(0, 4)) files.push({ name: s.file, mimeType: "image/jpeg", buffer: await draw(painter, s, 900, 600) });
  await painter.close();
});

after(async () => {
  await browser?.close();
  await world?.stop();
});

describe("the main job", { concurrency: false }, () => {
  test("the printed link signs in once and asks for a password", async () => {
    page = await open();
    await page.goto("/?q=skog");
    assert.match(page.url(), /\/sign-in\?to=%2F%3Fq%3Dskog$/, "who is not signed in is sent to the sign-in page, and back afterwards");
    await page.goto(world.link);
    await page.waitForURL("**/password");
    assert.equal(new URL(page.url()).hash, "", "the secret does not stay in the address");
    await page.fill("#password", "kort");
    await page.fill("#twice", "kort");
    await page.click("button.main");
    assert.match(await page.textContent("[role=alert]"), /minst 16 tecken/);
    await page.fill("#password", password);
    await page.fill("#twice", password);
    await page.click("button.main");
    await page.waitForURL("**/?done=password");
    assert.match(await page.textContent(".empty"), /Här är tomt/);
    state = await page.context().storageState();

    const stranger = await open();
    await stranger.goto(world.link);
    await stranger.waitForSelector("[role=alert]");
    assert.match(await stranger.textContent("[role=alert]"), /Länken har använts/);
    await stranger.context().close();
  });

  test("files are uploaded with their own states and appear in the grid by themselves", async () => {
    await page.setInputFiles("#files", [...files, { name: "tom.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) }, { name: "ljug.jpg", mimeType: "image/jpeg", buffer: Buffer.from("ren text") }]);
    await page.waitForFunction(() => /5 av 6 filer sparade/.test(document.querySelector("[data-status]").textContent));
    assert.match(await page.textContent(".queue .trouble"), /tom\.txt.*Filen är tom/s);
    await ready(page);
    assert.equal(await page.locator(".grid img").count(), 4);
    await page.waitForFunction(() => [...document.querySelectorAll(".grid img")].every((i) => i.loading !== "lazy" || !i.complete || i.naturalWidth > 0));
    assert.match(await asset(page, "ljug.jpg").textContent(), /Hålls tillbaka/);
  });

  test("a file that is there already is pointed out, and kept twice when asked", async () => {
    await page.goto("/");
    await page.setInputFiles("#files", files[0]);
    await page.waitForSelector(".queue .trouble");
    assert.match(await page.textContent(".queue .trouble"), /Filen finns redan här/);
    await page.getByRole("button", { name: /Behåll båda/ }).click();
    await page.waitForSelector(".queue .stored");
    await page.waitForFunction(() => document.querySelector("#total").textContent.startsWith("6 "));
  });

  test("an asset is described, found by a word of it, and its original comes back bit by bit", async () => {
    await page.goto("/");
    await asset(page, files[2].name).click();
    await page.waitForURL("**/assets/*");
    await page.fill("#f-title", 'Norrsken <b>över</b> "Torneträsk"');
    await page.fill("#f-keywords", "norrsken\nsoluppgång");
    await page.check('input[name="alt.sv"][value=text]');
    await page.fill("#a-sv", "Grönt norrsken över en mörk skogskant.");
    await page.getByRole("button", { name: "Spara" }).click();
    await page.waitForSelector(".done");
    assert.equal(await page.textContent("h1"), 'Norrsken <b>över</b> "Torneträsk"', "a title is text, whatever it holds");
    assert.equal(await page.getAttribute("figure img", "alt"), "Grönt norrsken över en mörk skogskant.");

    await page.goto("/");
    await page.fill("#q", "soluppgångarna");
    await page.click(".search button");
    await page.waitForURL("**/?*q=soluppg*");
    assert.equal(await page.locator(".card").count(), 1, "another form of a keyword finds it");
    await asset(page, "Norrsken").click();
    await page.waitForURL("**/assets/*");
    const original = await fetched(page, () => page.click('button[value="original"]'));
    assert.equal(original.name, files[2].name);
    assert.equal(sha256(original.bytes), sha256(files[2].buffer));
    assert.match(await page.locator(".facts code").textContent(), new RegExp(sha256(files[2].buffer)));
    await page.reload();
    assert.match(await page.textContent(".seen"), /laddade ner originalet/);
  });

  test("two people who write at once lose nothing", async () => {
    const address = page.url();
    const other = await open({ storageState: state });
    await other.goto(address);
    await page.fill("#f-description", "Min beskrivning");
    await page.fill("#f-keywords", "mitt ord");
    await other.fill("#f-title", "Deras titel");
    await other.fill("#f-keywords", "deras ord");
    await other.getByRole("button", { name: "Spara" }).click();
    await other.waitForSelector(".done");
    await page.getByRole("button", { name: "Spara" }).click();
    await page.waitForSelector("[role=alert]");
    assert.equal(await page.inputValue("#f-description"), "Min beskrivning", "what was typed stays");
    assert.equal(await page.inputValue("#f-title"), "Deras titel", "what only the other changed is shown");
    assert.equal(await page.inputValue("#f-keywords"), "mitt ord");
    assert.match(await page.textContent("#t-keywords"), /deras ord/, "what both changed is shown side by side");
    await page.getByRole("button", { name: "Spara" }).click();
    await page.waitForSelector(".done");
    assert.equal(await page.textContent("h1"), "Deras titel");
    assert.equal(await page.inputValue("#f-description"), "Min beskrivning");
    await other.context().close();
  });

  test("what is deleted lies in the bin and comes back", async () => {
    await page.goto("/");
    await asset(page, "ljug.jpg").click();
    await page.getByRole("link", { name: "Lägg i papperskorgen" }).click();
    await page.getByRole("button", { name: "Lägg i papperskorgen" }).click();
    await page.waitForURL("**/bin?done=deleted");
    await page.getByRole("button", { name: "Återställ: ljug.jpg" }).click();
    await page.waitForURL("**/assets/*");
    assert.match(await page.textContent(".done"), /Återställd/);
  });

  test("a folder is made, and an asset moved into it", async () => {
    await page.goto("/");
    await page.click(".make summary");
    await page.fill("#newfolder", "Årsmöten 2026");
    await page.getByRole("button", { name: "Skapa mappen" }).click();
    await page.waitForURL("**/?*folder=*");
    assert.equal(await page.textContent("h1"), "Årsmöten 2026");
    await page.goto("/");
    await asset(page, "Deras titel").click();
    await page.locator("summary", { hasText: "Flytta" }).click();
    await page.selectOption("#to", { label: "Tillgång / Årsmöten 2026" });
    await page.getByRole("button", { name: "Flytta", exact: true }).click();
    await page.waitForSelector(".done");
    assert.match(await page.textContent(".crumbs"), /Årsmöten 2026/);
  });
});

describe("for everybody", { concurrency: false }, () => {
  test("everything is done with the keyboard alone, and the focus is always seen", async () => {
    const p = await open();
    const k = p.keyboard;
    /** to presses Tab until the wanted thing has the focus; each stop must show it. */
    const to = async (selector) => {
      for (let i = 0; i < 90; i++) {
        const at = await p.evaluate((s) => {
          const e = document.activeElement;
          if (!e || e === document.body) return { found: false, seen: true };
          const shows = (x) => x && getComputedStyle(x).outlineStyle !== "none" && parseFloat(getComputedStyle(x).outlineWidth) >= 2;
          const box = e.getBoundingClientRect();
          const visible = shows(e) || (e.type === "file" && shows(document.querySelector(".pick")));
          const covered = box.width > 4 && !e.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)) && !document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)?.contains(e);
          return { found: e.matches(s), seen: visible && !covered, what: e.outerHTML.slice(0, 120) };
        }, selector);
        assert.ok(at.seen, `the focus cannot be seen on ${at.what}`);
        if (at.found) return;
        await k.press("Tab");
      }
      assert.fail(`the keyboard does not reach ${selector}`);
    };
    await p.goto("/sign-in");
    await to("#email");
    await k.type("admin@localhost");
    await to("#password");
    await k.type(password);
    await k.press("Enter");
    await p.waitForURL((u) => u.pathname === "/");
    await k.press("Tab");
    assert.equal(await p.evaluate(() => document.activeElement.className), "skip", "the first stop leads past the menus");
    await to(".twist");
    await k.press("Enter");
    await to("#files");
    await p.setInputFiles("#files", { name: "tangent.txt", mimeType: "text/plain", buffer: Buffer.from("skrivet med tangenter") });
    await p.waitForSelector(".queue .stored");
    await to("#q");
    await k.type("tangent");
    await k.press("Enter");
    await p.waitForURL("**/?*q=tangent*");
    await to(".card");
    await k.press("Enter");
    await p.waitForURL("**/assets/*");
    await to("#f-title");
    await k.type("Utan mus");
    await to(".save button");
    await k.press("Enter");
    await p.waitForSelector(".done");
    assert.equal(await p.textContent("h1"), "Utan mus");
    await to('button[value="original"]');
    const got = await fetched(p, () => k.press("Enter"));
    assert.equal(got.bytes.toString(), "skrivet med tangenter");
    await p.context().close();
  });

  test("without scripts: sign in, upload, search, download", async () => {
    const p = await open({ javaScriptEnabled: false });
    await signIn(p);
    await p.setInputFiles("#files", [{ name: "utan-skript.txt", mimeType: "text/plain", buffer: Buffer.from("ren html") }, { name: "tom.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) }]);
    await p.getByRole("button", { name: "Ladda upp", exact: true }).click();
    await p.waitForURL("**/upload");
    const list = await p.textContent(".list");
    assert.match(list, /utan-skript\.txt\s*Sparad/);
    assert.match(list, /tom\.txt\s*Filen är tom/);
    await p.goto("/");
    await p.fill("#q", "utan-skript");
    await p.getByRole("button", { name: "Sök" }).click();
    await p.locator(".card").first().click();
    await p.waitForURL("**/assets/*");
    const got = await fetched(p, () => p.click('button[value="original"]'));
    assert.equal(got.bytes.toString(), "ren html");
    await p.context().close();
  });

  test("the pages speak five languages", async () => {
    const p = await open({ storageState: state });
    for (const [lang, name, word] of [["nb", "Norsk", "Papirkurv"], ["da", "Dansk", "Papirkurv"], ["fi", "Suomi", "Roskakori"], ["en", "English", "Bin"], ["sv", "Svenska", "Papperskorg"]]) {
      await p.goto("/bin");
      await p.getByRole("button", { name }).click();
      await p.waitForFunction((l) => document.documentElement.lang === l, lang);
      assert.equal(new URL(p.url()).pathname, "/bin");
      assert.equal(await p.textContent("h1"), word);
    }
    await p.context().close();
  });

  test("every page is without known barriers, in light and dark, wide and at 320 px", async () => {
    const out = await open({ bypassCSP: true });
    const p = await open({ storageState: state, bypassCSP: true });
    await p.goto("/?q=Deras");
    const one = await p.locator(".card").first().getAttribute("href");
    const check = async (on, address) => {
      await on.goto(address);
      await on.evaluate(axe);
      await on.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
      for (const [colorScheme, width] of [["light", 1280], ["dark", 1280], ["light", 320], ["dark", 320]]) {
        const where = `${address} ${colorScheme} ${width} px`;
        await on.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await on.setViewportSize({ width, height: 800 });
        // What does not depend on colours is looked at once per width.
        const rules = colorScheme === "light" ? ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] : { type: "rule", values: ["color-contrast", "link-in-text-block"] };
        const found = await on.evaluate((runOnly) => globalThis.axe.run(document, { runOnly, resultTypes: ["violations"] }).then((r) => r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" | ")}`)), rules);
        assert.deepEqual(found, [], where);
        const wide = await on.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `${where} scrolls sideways by ${wide} px`);
        const small = await on.evaluate(() =>
          [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
            .filter((e) => e.checkVisibility() && !e.closest("p, .skip") && e.type !== "file")
            .map((e) => [e.closest("label") ?? e, e])
            .filter(([e]) => e.getBoundingClientRect().height < 24 || e.getBoundingClientRect().width < 24)
            .map(([, e]) => e.outerHTML.slice(0, 100)));
        assert.deepEqual(small, [], `${where} has targets under 24 px`);
      }
    };
    for (const address of ["/sign-in", "/sign-in/link", "/nowhere"]) await check(out, address);
    for (const address of ["/", "/?q=inget", one, `${one}/deletion`, "/bin", "/password", "/nowhere"]) await check(p, address);
    await out.context().close();
    await p.context().close();
  });

  test("no script failed and the content security policy held", () => assert.deepEqual(complaints, []));

  test("signing out ends the session", async () => {
    await page.goto("/");
    await page.getByRole("button", { name: "Logga ut" }).click();
    await page.waitForURL("**/sign-in");
    const old = await open({ storageState: state });
    await old.goto("/bin");
    assert.match(old.url(), /\/sign-in/);
  });
});
