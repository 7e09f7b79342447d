// SPDX-License-Identifier: Apache-2.0

// The upload dock in the real program: choosing, dropping, pasting, folders, duplicates, faults.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { barriers, enter, open } from "./screen.js";
import { browse, start } from "./world.js";

describe("the upload dock", () => {
  let program, browser, page, complaints, key, dir;
  const file = async (name, text) => {
    const at = path.join(dir, name);
    await mkdir(path.dirname(at), { recursive: true });
    await writeFile(at, text);
    return at;
  };
  const api = async (way, options = {}) => {
    const answer = await fetch(program.base + "/api/v1" + way, { ...options, headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json", ...options.headers } });
    assert.ok(answer.ok, `${way}: ${answer.status}`);
    return answer.status === 204 ? undefined : answer.json();
  };
  const dock = () => page.getByRole("region", { name: "Uppladdningar", exact: true });
  const row = (name) => dock().getByRole("listitem").filter({ hasText: name });
  /** choose opens the dialog by keyboard and gives files to its first button. */
  const choose = async (files, button = "Välj filer") => {
    await page.getByRole("button", { name: "Ladda upp", exact: true }).press("Enter");
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("dialog").getByRole("button", { name: button }).press("Enter");
    await (await chooser).setFiles(files);
  };
  /** drop lets files fall on the window, as from the desktop. */
  const drop = (files) =>
    page.evaluate((list) => {
      const data = new DataTransfer();
      for (const [name, text] of list) data.items.add(new File([text], name, { type: "text/plain" }));
      for (const type of ["dragenter", "dragover", "drop"]) window.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    }, files);
  const stored = (n, of = n) => dock().getByRole("heading", { name: `${n} av ${of} filer sparade` }).waitFor();
  const close = async () => {
    await dock().getByRole("button", { name: "Stäng" }).click();
    await dock().waitFor({ state: "detached" });
  };

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "tillgang-uploads-"));
    [program, browser] = await Promise.all([start(), browse()]);
    key = await program.key();
    ({ page, complaints } = await open(browser, "sv-SE"));
    await enter(page, program);
  });
  after(async () => {
    await browser?.close();
    await program?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test("files are chosen with the keyboard, told of politely, and stored", async () => {
    await page.evaluate(() => {
      window.said = [];
      new MutationObserver((all) => all.forEach((m) => m.addedNodes.forEach((n) => window.said.push(n.textContent)))).observe(document.querySelector(".hidden[role=status]"), { childList: true });
    });
    await choose([await file("en.txt", "ett"), await file("två räksmörgåsar.txt", "två")]);
    await stored(2);
    for (const text of ["2 filer lades till i uppladdningen", "2 av 2 filer sparade"]) await page.waitForFunction((want) => window.said.some((x) => x.includes(want)), text);
    await barriers(page, "the dock with two files");
    assert.equal((await api("/assets?q=räksmörgåsar")).total, 1);
    await close();
  });

  test("what is in the archive already is asked about: used, or kept twice", async () => {
    await choose([await file("annat namn.txt", "ett"), await file("tredje.txt", "två")]);
    await row("annat namn.txt").getByText("filen finns redan i arkivet").waitFor();
    await barriers(page, "a question in the dock");
    await row("annat namn.txt").getByRole("button", { name: "Använd den som finns", exact: true }).click();
    await row("tredje.txt").getByRole("button", { name: "Behåll båda", exact: true }).click();
    await stored(2);
    const all = await api("/assets?q=name:txt&limit=50").catch(() => api("/assets?limit=50"));
    assert.deepEqual(all.items.map((a) => a.name).sort(), ["en.txt", "tredje.txt", "två räksmörgåsar.txt"]);
    await close();
  });

  test("another file of the same name becomes a new revision when asked", async () => {
    const before = (await api("/assets?limit=50")).items.find((a) => a.name === "en.txt");
    await page.goto(`${program.base}/?folder=${before.folder}`);
    await choose([await file("en.txt", "ett, men nyare")]);
    await row("en.txt").getByText("mappen har en annan fil med det här namnet").waitFor();
    await row("en.txt").getByRole("button", { name: "Ny version av den", exact: true }).click();
    await stored(1);
    assert.equal((await api(`/assets/${before.id}/revisions`)).items.length, 2);
    await close();
  });

  test("a folder brings its tree along", async () => {
    await file("Sommar/Stranden/a.txt", "a");
    await file("Sommar/Stranden/b.txt", "b");
    await file("Sommar/c.txt", "c");
    await choose([path.join(dir, "Sommar")], "Välj en mapp");
    await stored(3);
    const a = (await api("/assets?q=name:a.txt")).items.find((x) => x.name === "a.txt");
    const folder = await api(`/folders/${a.folder}`);
    assert.deepEqual(folder.path.slice(-2).map((f) => f.name), ["Sommar", "Stranden"]);
    await close();
  });

  test("files are dropped and pasted anywhere", async () => {
    await drop([["släppt.txt", "släppt"], ["<img src=x onerror=alert(1)>.txt", "sentinel"]]);
    await stored(2);
    assert.equal(await dock().locator("img").count(), 0);
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(["klistrad"], "klistrad.txt", { type: "text/plain" }));
      window.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
    });
    await stored(3);
    await close();
  });

  test("one description is set on all, also on what comes later", async () => {
    await drop([["x1.txt", "x1"]]);
    await stored(1);
    await dock().getByRole("button", { name: "Beskriv alla de här filerna" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Nyckelord").fill("regatta, vår");
    await dialog.getByLabel("Upphovsperson").fill("Eva Ek");
    await barriers(page, "describing all");
    await dialog.getByRole("button", { name: "Sätt på alla" }).click();
    await dialog.waitFor({ state: "detached" });
    await drop([["x2.txt", "x2"]]);
    await stored(2);
    for (let i = 0; ; i++) {
      const found = await api("/assets?tag=regatta");
      if (found.total === 2) break;
      assert.ok(i < 100, `only ${found.total} are described`);
      await page.waitForTimeout(100);
    }
    await close();
  });

  test("a lost connection keeps everything, and the upload goes on by itself", async () => {
    await page.context().setOffline(true);
    await drop([["nätlös.txt", "nätlös"]]);
    await row("nätlös.txt").getByText("misslyckades").waitFor();
    await page.getByText("Ingen anslutning.").first().waitFor();
    await barriers(page, "offline");
    await page.context().setOffline(false);
    await stored(1);
    await close();
  });

  test("after a reload an unfinished upload goes on with the same file", async () => {
    const big = path.join(dir, "stor.bin");
    await writeFile(big, Buffer.alloc(40 << 20, "åäö"));
    let cut = 0;
    await page.route("**/api/v1/uploads/*", (route) => (route.request().method() === "PATCH" && cut++ >= 1 ? route.abort() : route.continue()));
    await choose([big]);
    await page.waitForFunction(() => /stor\.bin/.test(document.querySelector(".dock")?.textContent ?? ""));
    for (let i = 0; cut < 2; i++) {
      assert.ok(i < 300, "the second piece was never sent");
      await page.waitForTimeout(50);
    }
    page.once("dialog", (d) => void d.accept());
    await page.reload();
    await page.unroute("**/api/v1/uploads/*");
    await row("stor.bin").getByText(/kom fram/).waitFor();
    await barriers(page, "an unfinished upload");
    const chooser = page.waitForEvent("filechooser");
    await row("stor.bin").getByRole("button", { name: "Välj filen igen" }).click();
    await (await chooser).setFiles([big]);
    await stored(1);
    await close();
  });

  test("ten thousand files at once are taken without a standstill, and can be cancelled", async () => {
    await drop(Array.from({ length: 10_000 }, (_, i) => [`många ${i}.txt`, `många ${i}`]));
    await dock().getByRole("heading", { name: /av 10\s000 klara/ }).waitFor({ timeout: 60_000 });
    assert.ok((await dock().getByRole("listitem").count()) <= 60);
    await page.getByRole("combobox", { name: "Sök i biblioteket" }).fill("går att skriva");
    await dock().getByRole("button", { name: "Avbryt uppladdningarna" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Avbryt uppladdningarna" }).click();
    await dock().waitFor({ state: "detached" });
  });

  test("the dock and its dialog have no known barrier, in light and dark, wide and at 320 px", async () => {
    await drop([["bild.txt", "till bilden"]]);
    await stored(1);
    for (const colorScheme of ["light", "dark"])
      for (const width of [1440, 320]) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        await page.getByRole("button", { name: "Ladda upp", exact: true }).press("Enter");
        await page.getByRole("dialog").waitFor();
        await barriers(page, `${colorScheme} ${width}`);
        if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/upload-${colorScheme}-${width}.png` });
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
      }
  });

  test("no script failed and the content security policy held", () => assert.deepEqual(complaints, []));
});
