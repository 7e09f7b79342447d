// SPDX-License-Identifier: Apache-2.0

// Many files at once in the real program: a thousand chosen by query with exceptions, their fields edited in one dialog
// that shows what they have, who is responsible changed, each taken back.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { barriers, enter, open } from "./screen.js";
import { browse, start } from "./world.js";

const sentinel = "<img src=x onerror=alert(1)>";
const many = 1000, tagged = 400;

describe("many files at once", () => {
  let program, browser, page, complaints, api, folder, ids;

  before(async () => {
    [program, browser] = await Promise.all([start(), browse()]);
    ({ page, complaints } = await open(browser, "sv-SE"));
    page.on("dialog", (d) => {
      complaints.push(`a script ran: ${d.message()}`);
      void d.dismiss();
    });
    await enter(page, program);
    const key = await program.key();
    api = async (method, path, body) => {
      const form = body instanceof FormData;
      const r = await fetch(`${program.base}/api/v1${path}`, { method, headers: { Authorization: `Bearer ${key}`, ...(body && !form ? { "Content-Type": "application/json" } : {}) }, body: form ? body : body && JSON.stringify(body) });
      if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${await r.text()}`);
      return r.status === 204 ? undefined : r.json();
    };
    const root = (await api("GET", "/folders")).items[0];
    folder = await api("POST", "/folders", { name: "Arkivet", parent: root.id });
    ids = [];
    let n = 0;
    const send = async () => {
      while (n < many) {
        const at = n++;
        const form = new FormData();
        form.set("folder", folder.id);
        form.set("file", new Blob([`protokoll ${at}`], { type: "text/plain" }), `protokoll-${String(at).padStart(4, "0")}.txt`);
        ids[at] = (await api("POST", "/assets", form)).id;
      }
    };
    await Promise.all(Array.from({ length: 6 }, send));
    await api("PATCH", `/assets/${ids[0]}`, { fields: { creator: { values: [sentinel] } } });
    let job = await api("POST", "/bulk", { selection: { ids: ids.slice(0, tagged) }, change: { fields: { keywords: { do: "add", values: ["gammalt"] } } } });
    while (job.state === "waiting" || job.state === "running") job = await api("GET", `/bulk/${job.id}`);
    assert.equal(job.changed, tagged);
  });
  after(async () => {
    await browser?.close();
    await program?.stop();
  });

  const card = (name) => page.getByRole("grid").getByRole("row", { name: new RegExp(name) });
  const bar = () => page.getByRole("region", { name: "Markerade filer" });
  const dialog = () => page.getByRole("dialog", { name: /^Ändra uppgifter för/ });
  const field = (name) => dialog().getByRole("group", { name, exact: true });
  const choose = async (name, what) => {
    await field(name).getByRole("button", { name: /gör så här/ }).click();
    await page.getByRole("option", { name: what, exact: true }).click();
  };
  const told = (text) => page.getByRole("alertdialog").filter({ hasText: text });
  const total = async (q) => (await api("GET", `/assets?folder=${folder.id}&q=${encodeURIComponent(q)}`)).total;
  const there = async () => {
    await page.goto(`${program.base}/?folder=${folder.id}&sort=name`);
    await card("protokoll-0000").waitFor();
  };

  test("a thousand chosen by query but two are edited in several fields as one job, and undone", async () => {
    await there();
    await card("protokoll-0001").click();
    await page.keyboard.press("Control+a");
    await bar().getByText("1 000 markerade").waitFor();
    for (const name of ["protokoll-0000", "protokoll-0002"]) await card(name).getByRole("checkbox").uncheck();
    await bar().getByText("998 markerade").waitFor();
    await bar().getByRole("button", { name: "Ändra", exact: true }).click();
    await dialog().getByText("Ändra uppgifter för 998 filer").waitFor();
    await field("Nyckelord").getByText(`Olika: gammalt (${tagged - 2}), ${many - tagged} utan`).waitFor();
    await field("Upphovsperson").getByText("Inget ifyllt").waitFor();
    await choose("Nyckelord", "Ta bort");
    await field("Nyckelord").getByRole("checkbox", { name: /gammalt/ }).check({ force: true });
    await choose("Upphovsperson", "Lägg till");
    await field("Upphovsperson").getByRole("textbox").fill("Eva Ek");
    await page.keyboard.press("Enter");
    await choose("Titel (Svenska)", "Skriv nytt");
    await field("Titel (Svenska)").getByRole("textbox").fill("Ur arkivet");
    await dialog().getByText("3 fält ändras").waitFor();
    await dialog().getByRole("button", { name: "Ändra", exact: true }).click();
    await dialog().waitFor({ state: "hidden" });
    await told("Uppgifterna ändrades på 998 filer.").waitFor({ timeout: 60_000 });
    assert.equal(await total("tag:gammalt"), 2, "the two exceptions keep theirs");
    assert.equal(await total('creator:"Eva Ek"'), 998);
    const one = await api("GET", `/assets/${ids[0]}`);
    assert.deepEqual(one.fields.creator.values, [sentinel]);
    assert.equal(one.fields.title, undefined);
    await card("Ur arkivet").first().waitFor();
    await told("Uppgifterna ändrades på 998 filer.").getByRole("button", { name: "Ångra" }).click();
    await told("998 filer är som de var.").waitFor({ timeout: 60_000 });
    assert.equal(await total("tag:gammalt"), tagged);
    assert.equal(await total('creator:"Eva Ek"'), 0);
    await bar().getByText("998 markerade").waitFor();
  });

  test("what is the same is told, texts are found and replaced, and what people wrote is text", async () => {
    await there();
    await card("protokoll-0000").click();
    await card("protokoll-0001").click({ modifiers: ["Control"] });
    await page.keyboard.press("e");
    await field("Nyckelord").getByText("Alla: gammalt").waitFor();
    await field("Upphovsperson").getByText(`Olika: ${sentinel} (1), 1 utan`).waitFor();
    await choose("Upphovsperson", "Byt ut");
    await field("Upphovsperson").getByRole("textbox", { name: "Upphovsperson: byt ut" }).fill(sentinel);
    await field("Upphovsperson").getByRole("textbox", { name: "Mot" }).fill("Bo Berg");
    await choose("Nyckelord", "Ersätt alla");
    await field("Nyckelord").getByRole("textbox").fill("nytt, ännu nyare");
    await page.keyboard.press("Enter");
    await dialog().getByRole("button", { name: "Ändra", exact: true }).click();
    await told("Uppgifterna ändrades på 2 filer.").waitFor();
    assert.deepEqual((await api("GET", `/assets/${ids[0]}`)).fields.creator.values, ["Bo Berg"]);
    assert.deepEqual((await api("GET", `/assets/${ids[1]}`)).fields.keywords.values, ["nytt", "ännu nyare"]);
    assert.equal((await api("GET", `/assets/${ids[1]}`)).fields.creator, undefined);
    assert.equal(await page.locator("img[src='x']").count(), 0);
  });

  test("what cannot be kept is said at its field, changes nothing, and nothing typed is lost", async () => {
    await there();
    await card("protokoll-0003").click();
    await page.keyboard.press("e");
    await choose("Fotodatum", "Skriv nytt");
    await field("Fotodatum").getByRole("textbox").fill("i våras");
    await choose("Titel (Svenska)", "Skriv nytt");
    await field("Titel (Svenska)").getByRole("textbox").fill("Skriven förut");
    await dialog().getByRole("button", { name: "Ändra", exact: true }).click();
    await dialog().getByRole("alert").first().waitFor();
    assert.equal(await field("Fotodatum").getByRole("textbox").getAttribute("aria-invalid"), "true");
    assert.equal(await field("Titel (Svenska)").getByRole("textbox").inputValue(), "Skriven förut");
    assert.equal((await api("GET", `/assets/${ids[3]}`)).fields.title, undefined);
    await field("Fotodatum").getByRole("textbox").fill("2019-05-31");
    await dialog().getByRole("button", { name: "Ändra", exact: true }).click();
    await told("Uppgifterna ändrades på 1 fil.").waitFor();
    assert.equal((await api("GET", `/assets/${ids[3]}`)).fields.title.lang.sv, "Skriven förut");
  });

  test("who is responsible is changed for several, and had back", async () => {
    await there();
    await card("protokoll-0004").click();
    await card("protokoll-0005").click({ modifiers: ["Control"] });
    const was = (await api("GET", `/assets/${ids[4]}`)).owner;
    await bar().getByRole("button", { name: "Gör mer med de markerade" }).click();
    await page.getByRole("menuitem", { name: "Byt ansvarig" }).click();
    const owner = page.getByRole("dialog", { name: "Ansvarig för 2 filer" });
    assert.ok(await owner.getByRole("button", { name: "Spara" }).isDisabled());
    await owner.getByRole("combobox", { name: "Sök en person" }).fill("admin");
    await page.getByRole("option", { name: "Administrator" }).click();
    await owner.getByRole("button", { name: "Spara" }).click();
    await told("Ansvarig byttes på 2 filer.").waitFor();
    const now = (await api("GET", `/assets/${ids[4]}`)).owner;
    assert.match(JSON.stringify(now), /acc_/);
    await told("Ansvarig byttes på 2 filer.").getByRole("button", { name: "Ångra" }).click();
    await told("2 filer är som de var.").waitFor();
    assert.deepEqual((await api("GET", `/assets/${ids[4]}`)).owner, was);
  });

  test("no state of the dialogs has a known barrier, in light and dark, wide and at 320 px", async () => {
    for (const theme of ["light", "dark"])
      for (const width of [1440, 320]) {
        await page.setViewportSize({ width: 1440, height: 900 });
        await page.emulateMedia({ colorScheme: theme });
        await there();
        await card("protokoll-0000").click();
        await card("protokoll-0006").click({ modifiers: ["Control"] });
        await page.keyboard.press("e");
        await choose("Nyckelord", "Ta bort");
        await choose("Titel (Svenska)", "Byt ut");
        await choose("Upphovsperson", "Lägg till");
        await page.setViewportSize({ width, height: 900 });
        await barriers(page, `editing many, ${theme}, ${width}`);
      }
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  test("no script failed, none of other people's ran, and the content security policy held", () => assert.deepEqual(complaints, []));
});
