// SPDX-License-Identifier: Apache-2.0

// Collections, the bin and duplicates in the real program.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { barriers, enter, open } from "./screen.js";
import { browse, start } from "./world.js";

const sentinel = "<img src=x onerror=alert(1)>";

describe("collections, the bin and duplicates", () => {
  let program, browser, page, complaints, key;
  const api = async (way, body, method = "POST") => {
    const answer = await fetch(program.base + "/api/v1" + way, { method, headers: { Authorization: `Bearer ${key}`, ...(body instanceof FormData ? {} : { "Content-Type": "application/json" }) }, body: body instanceof FormData ? body : JSON.stringify(body) });
    assert.ok(answer.ok, `${way}: ${answer.status}`);
    return answer.status === 204 ? undefined : answer.json();
  };
  const put = async (name, text) => {
    const form = new FormData();
    form.set("on_duplicate", "keep");
    form.set("file", new Blob([text], { type: "text/plain" }), name);
    return api("/assets", form);
  };
  const heading = (name) => page.getByRole("heading", { level: 1, name, exact: true });

  before(async () => {
    [program, browser] = await Promise.all([start(), browse()]);
    key = await program.key();
    ({ page, complaints } = await open(browser, "sv-SE"));
    await enter(page, program);
  });
  after(async () => {
    await browser?.close();
    await program?.stop();
    assert.deepEqual(complaints, []);
  });

  test("a collection is made, shown, put into the bin and had back", async () => {
    await page.goto(program.base + "/collections");
    await heading("Samlingar").waitFor();
    await barriers(page, "no collections");
    await page.getByRole("button", { name: "Ny samling" }).first().press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: /^Namn/ }).fill(sentinel);
    await barriers(page, "the dialog");
    await dialog.getByRole("button", { name: "Spara" }).press("Enter");
    await heading(sentinel).waitFor();
    await barriers(page, "an empty collection");
    await page.getByRole("button", { name: "Samling", exact: true }).press("Enter");
    await page.getByRole("menuitem", { name: "Lägg i papperskorgen" }).press("Enter");
    await page.getByRole("alertdialog").getByRole("button", { name: "Lägg i papperskorgen" }).press("Enter");
    await heading("Samlingar").waitFor();
    await page.goto(program.base + "/bin?part=collections");
    await page.getByRole("button", { name: `Ta tillbaka ${sentinel}` }).waitFor();
    await barriers(page, "the bin");
    await page.getByRole("button", { name: `Ta tillbaka ${sentinel}` }).press("Enter");
    await page.getByText("Inget här").waitFor();
    await page.goto(program.base + "/collections");
    await page.getByRole("main").getByRole("link", { name: sentinel }).waitFor();
    await barriers(page, "one collection");
  });

  test("two files that are the same become one", async () => {
    await put("ett.txt", "samma innehåll");
    await put("två.txt", "samma innehåll");
    await page.goto(program.base + "/duplicates");
    await page.getByRole("heading", { name: "Grupp 1: 2 filer" }).waitFor();
    await barriers(page, "a group");
    await page.getByRole("button", { name: "Sammanfoga med den som behålls" }).press("Enter");
    await page.getByText("Inga dubbletter").waitFor();
    await page.getByRole("button", { name: "Ångra" }).press("Enter");
    await page.getByRole("heading", { name: "Grupp 1: 2 filer" }).waitFor();
  });
});
