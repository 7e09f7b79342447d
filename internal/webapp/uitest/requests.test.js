// SPDX-License-Identifier: Apache-2.0

// Files come in from outside: the request is made, answered without and with
// scripts, and decided about by keyboard; then metadata goes out and in.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { barriers, enter, open } from "./screen.js";
import { browse, start } from "./world.js";

let program, browser, page, complaints;
const at = (where) => program.base + where;

before(async () => {
  [program, browser] = await Promise.all([start(), browse()]);
  ({ page, complaints } = await open(browser, "sv-SE"));
  await enter(page, program);
});
after(async () => {
  await browser?.close();
  await program?.stop();
  assert.deepEqual(complaints, []);
});

/** press goes to a button and presses it, by keyboard. */
async function press(where, name) {
  const b = where.getByRole("button", { name, disabled: false }).first();
  await b.focus();
  await page.keyboard.press("Enter");
}

test("an upload request is made, answered and decided about", async () => {
  await page.goto(at("/requests"));
  await page.getByRole("heading", { name: "Inga öppna förfrågningar" }).waitFor();
  await barriers(page, "no requests");
  await press(page, "Ny uppladdningsförfrågan");
  const form = page.getByRole("dialog");
  await form.getByLabel(/Rubrik/).first().fill("Bilder <b>från</b> festen");
  await barriers(page, "the form");
  await press(form, "Välj mapp");
  await press(page.getByRole("dialog"), "Välj den här mappen");
  await form.getByLabel("Meddelande").fill("Skicka gärna era bästa bilder.");
  await press(page.getByRole("dialog"), "Skapa länken");
  const link = page.getByRole("dialog").getByLabel("Länk att skicka ut");
  await link.waitFor();
  const address = await link.inputValue();
  assert.match(address, /\/u\/[\w-]{43}$/);
  await barriers(page, "the link");
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Bilder <b>från</b> festen" }).waitFor();

  // Without scripts, at 320 px, in the dark.
  const plain = await open(browser, "sv-SE", { javaScriptEnabled: false, viewport: { width: 320, height: 640 }, colorScheme: "dark" });
  await plain.page.goto(address);
  await plain.page.getByRole("button", { name: "Gå vidare till filerna" }).click();
  await plain.page.getByRole("link", { name: "Namn behövs." }).waitFor();
  await plain.page.getByLabel("Namn", { exact: true }).fill("Anna Ek");
  await plain.page.getByLabel("E-postadress").fill("anna@example.se");
  await plain.page.getByLabel(/Fotograf/).fill("Anna Ek");
  await plain.page.getByRole("button", { name: "Gå vidare till filerna" }).click();
  await plain.page.getByLabel("Välj filer").setInputFiles([{ name: "ett.txt", mimeType: "text/plain", buffer: Buffer.from("ett") }, { name: "två.txt", mimeType: "text/plain", buffer: Buffer.from("två") }]);
  await plain.page.getByRole("button", { name: "Skicka filerna" }).click();
  await plain.page.getByText("två.txt").waitFor();
  await plain.page.getByRole("button", { name: "Jag är klar" }).click();
  await plain.page.getByRole("heading", { name: "Tack, filerna har kommit fram" }).waitFor();
  const receipt = plain.page.url();

  // With scripts: in pieces, told as they come.
  const other = await open(browser, "sv-SE");
  await other.page.goto(address);
  await barriers(other.page, "the public page");
  await other.page.getByLabel("Namn", { exact: true }).fill("Bo Ek");
  await other.page.getByLabel("E-postadress").fill("bo@example.se");
  await other.page.getByLabel(/Fotograf/).fill("Bo");
  await other.page.getByRole("button", { name: "Gå vidare till filerna" }).click();
  await other.page.getByLabel("Välj filer").setInputFiles([{ name: "tre.txt", mimeType: "text/plain", buffer: Buffer.from("tre") }]);
  await other.page.getByRole("status").filter({ hasText: "Alla filer har kommit fram" }).waitFor();
  await barriers(other.page, "files sent");
  await other.page.getByRole("button", { name: "Jag är klar" }).click();
  await other.page.getByRole("heading", { name: "Tack, filerna har kommit fram" }).waitFor();
  assert.deepEqual(other.complaints, []);

  // Decided about, by keyboard; the focus goes on to what is next.
  await page.goto(at("/inbox"));
  await page.getByRole("heading", { name: "tre.txt", exact: true }).waitFor();
  await barriers(page, "the inbox");
  const one = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "ett.txt", exact: true }) }).last();
  await press(one, "Godta");
  await page.getByRole("heading", { name: "ett.txt", exact: true }).waitFor({ state: "detached" });
  await page.waitForFunction(() => document.activeElement?.id.startsWith("sent-"));
  const two = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "två.txt", exact: true }) }).last();
  await press(two, "Avvisa");
  await page.getByRole("dialog").getByLabel(/Skäl/).fill("Suddig.");
  await barriers(page, "rejecting");
  await press(page.getByRole("dialog"), "Avvisa");
  await page.getByRole("heading", { name: "två.txt", exact: true }).waitFor({ state: "detached" });
  await press(page, "Godta");
  await page.getByRole("heading", { name: "Inget väntar" }).waitFor();
  await plain.page.goto(receipt);
  await plain.page.getByText("Suddig.").waitFor();
  await plain.page.getByText("Godtagen", { exact: true }).waitFor();
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto(at("/requests"));
  await page.getByText("1 avvisade").waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page scrolls sideways");
  await barriers(page, "requests at 320 px");
  await page.setViewportSize({ width: 1440, height: 900 });
});

test("metadata goes out as a table and in again", async () => {
  await page.goto(at("/exchange"));
  await barriers(page, "the exchange");
  const [download] = await Promise.all([page.waitForEvent("download"), press(page, "Ladda ner tabellen")]);
  const table = path.join(tmpdir(), `tillgang-${process.pid}.csv`);
  const rows = (await readFile(await download.path(), "utf8")).replace(/^\ufeff/, "").split(/\r?\n/);
  const head = rows[0].split(",");
  const id = rows[1].split(",")[head.indexOf("id")];
  await writeFile(table, `id,credit\n${id},Byrån\nast_00000000000000000000000000,Ingen\n`);
  await page.getByLabel("CSV-fil").setInputFiles(table);
  await press(page, "Provkör");
  await page.getByRole("heading", { name: "2 rader genomgångna" }).waitFor();
  await page.getByText("1 skulle ändra något").waitFor();
  await barriers(page, "a dry run");
  await press(page, "Genomför 1 ändring");
  await page.getByText("Det genomförs nu.").waitFor();
});
