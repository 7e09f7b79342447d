// SPDX-License-Identifier: Apache-2.0

// The asset page, in the real program and a real browser: whole tasks by keyboard, and no known barrier in any part.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { draw, scenes } from "./pictures.js";
import { barriers, enter, open } from "./screen.js";
import { browse, start } from "./world.js";

const sentinel = `<img src=x onerror="document.title='XSS'"> & "å"`;

describe("the asset page", () => {
  let program, browser, page, complaints, key, first, second;

  const api = async (method, path, body) => {
    const form = body instanceof FormData;
    const answer = await fetch(program.base + "/api/v1" + path, { method, headers: { Authorization: `Bearer ${key}`, ...(form || !body ? {} : { "Content-Type": "application/json" }) }, body: form ? body : body && JSON.stringify(body) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${answer.ok ? "" : await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  };
  const upload = async (scene) => {
    const form = new FormData();
    form.append("title", scene.title);
    form.append("file", new Blob([await draw(page, scene, 900, 600)], { type: "image/jpeg" }), scene.file);
    let a = await api("POST", "/assets", form);
    while (a.state === "preparing") {
      await page.waitForTimeout(150);
      a = await api("GET", "/assets/" + a.id);
    }
    assert.equal(a.state, "ready");
    return a;
  };
  const visit = async (part, a = first) => {
    await page.goto(`${program.base}/assets/${a.id}${part ? "?part=" + part : ""}`);
    await page.getByRole("tab", { selected: true }).waitFor();
  };
  const told = (text) => page.getByRole("alertdialog").or(page.getByRole("region", { name: "Meddelanden" })).getByText(text).first().waitFor();

  before(async () => {
    [program, browser] = await Promise.all([start(), browse()]);
    ({ page, complaints } = await open(browser, "sv-SE"));
    await enter(page, program);
    key = await program.key();
    first = await upload({ ...scenes[0], title: sentinel });
    second = await upload(scenes[3]);
  });
  after(async () => {
    await browser?.close();
    await program?.stop();
  });

  test("the picture is zoomed and moved by keys, and what people wrote is text", async () => {
    await visit();
    await page.getByRole("heading", { level: 1, name: sentinel }).waitFor();
    const box = page.getByRole("group", { name: "Bilden, går att zooma" });
    await box.focus();
    await page.keyboard.press("+");
    await page.keyboard.press("+");
    await page.keyboard.press("ArrowRight");
    await page.getByText("225 %").waitFor();
    assert.match(await box.locator("img").getAttribute("style"), /translate\(-10%, 0%\) scale\(2.25\)/);
    await page.keyboard.press("0");
    await page.getByText("100 %").waitFor();
  });

  test("what is typed outlives a reload, and two who edit the same field both see what the other wrote", async () => {
    await visit();
    const title = page.getByRole("textbox", { name: "Titel (Okänt språk)", exact: true });
    const description = page.getByRole("textbox", { name: "Beskrivning (Svenska)", exact: true });
    await description.fill("Min beskrivning");
    await page.getByText("1 ändring är inte sparade än.").waitFor();
    page.once("dialog", (d) => d.accept());
    await page.reload();
    assert.equal(await description.inputValue(), "Min beskrivning");
    await api("PATCH", "/assets/" + first.id, { fields: { description: { lang: { sv: "Deras beskrivning" } }, credit: { value: "Byrån" } } });
    await page.getByRole("textbox", { name: "Ort" }).fill("Kiruna");
    await page.keyboard.press("Enter");
    const merge = page.getByRole("dialog", { name: "Ni har ändrat samma sak" });
    await merge.getByText("Deras beskrivning").waitFor();
    await barriers(page, "merging");
    await merge.getByRole("radio", { name: /Din version/ }).check({ force: true });
    await merge.getByRole("button", { name: "Spara det valda" }).click();
    await told("Sparat");
    const now = await api("GET", "/assets/" + first.id);
    assert.equal(now.fields.description.lang.sv, "Min beskrivning");
    assert.equal(now.fields.credit.value, "Byrån");
    assert.equal(now.fields.city.value, "Kiruna");
    await title.waitFor();
  });

  test("the alt decision is never filled in by itself, and is made by keyboard", async () => {
    await visit("alt");
    const undecided = page.getByRole("radio", { name: /Inte beslutat än/ });
    assert.ok(await undecided.isChecked());
    await undecided.focus();
    for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowUp");
    assert.ok(await page.getByRole("radio", { name: /En kort text/ }).isChecked());
    const text = page.getByRole("textbox", { name: "Alternativtext (Svenska)" });
    assert.equal(await text.inputValue(), "");
    await text.focus();
    await page.keyboard.type("DSC_0412");
    await page.getByText("Det här är filens namn.").waitFor();
    await page.keyboard.press("Control+a");
    await page.keyboard.type("x".repeat(251));
    await page.getByText("251 tecken och får ha högst 250").waitFor();
    await page.keyboard.press("Control+a");
    await page.keyboard.type("Solen går upp bakom blå fjäll.");
    await page.getByRole("button", { name: "Spara beslutet" }).focus();
    await page.keyboard.press("Enter");
    await told("Beslutet på Svenska är sparat");
    assert.deepEqual((await api("GET", "/assets/" + first.id)).alt.sv.text, "Solen går upp bakom blå fjäll.");
  });

  test("a picture is focused and cropped with the keyboard alone", async () => {
    await visit("framing");
    const x = page.getByRole("textbox", { name: "Från vänster" });
    await x.focus();
    await page.keyboard.press("Control+a");
    await page.keyboard.type("20 %");
    await page.keyboard.press("Tab");
    await page.getByRole("button", { name: "Spara" }).focus();
    await page.keyboard.press("Enter");
    await told("Beskärningen är sparad");
    assert.equal((await api("GET", `/assets/${first.id}/framing`)).focal_point.x, 0.2);
    await page.getByRole("button", { name: /Vad vill du ställa in/ }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("option", { name: "Beskärning för 1:1" }).focus();
    await page.keyboard.press("Enter");
    const wide = page.getByRole("textbox", { name: "Bredd" });
    await wide.focus();
    await page.keyboard.press("ArrowDown"); // a nudge
    await page.getByRole("button", { name: "Spara" }).focus();
    await Promise.all([page.waitForResponse((r) => r.url().includes("/crops/") && r.ok()), page.keyboard.press("Enter")]);
    const crop = (await api("GET", `/assets/${first.id}/framing`)).crops["1:1"];
    assert.ok(Math.abs((crop.width * 900) / (crop.height * 600) - 1) < 0.02, JSON.stringify(crop));
  });

  test("people talk: a comment with a mention, an answer, resolved, deleted", async () => {
    await visit("comments");
    await page.getByRole("heading", { name: "Inga kommentarer än" }).waitFor();
    const text = page.getByRole("textbox", { name: "Ny kommentar" });
    await text.fill(`Beskär till vänster? ${sentinel}`);
    await page.getByRole("combobox", { name: "Nämn någon" }).pressSequentially("adm");
    await page.getByRole("option", { name: "Administrator" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.match(await text.inputValue(), /@\S/);
    await page.getByRole("button", { name: "Kommentera", exact: true }).click();
    await page.getByRole("heading", { name: "1 tråd" }).waitFor();
    await page.getByText(sentinel, { exact: false }).first().waitFor();
    await page.getByRole("button", { name: "Svara" }).click();
    await page.getByRole("textbox", { name: "Svara" }).fill("Ja tack");
    await page.keyboard.press("Control+Enter");
    await page.getByText("Ja tack").waitFor();
    await page.getByRole("button", { name: "Klart" }).click();
    await page.getByText("Klar", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Ta bort kommentaren" }).first().click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Ta bort", exact: true }).click();
    await page.getByText("Kommentaren är borttagen").waitFor();
    assert.equal((await api("GET", `/assets/${first.id}/comments`)).items[0].answers.length, 1);
  });

  test("approval is stepped, with who may and what has happened", async () => {
    await visit("approval");
    await page.getByRole("button", { name: "Gör till utkast" }).click();
    await page.getByRole("dialog").getByRole("textbox", { name: "Kommentar till steget" }).fill("Börjar om");
    await page.getByRole("dialog").getByRole("button", { name: "Gör till utkast" }).click();
    await page.getByRole("button", { name: "Skicka till granskning" }).waitFor();
    await page.getByText("Börjar om").waitFor();
    assert.equal((await api("GET", "/assets/" + first.id)).approval, "draft");
    await page.getByRole("table", { name: "Vem får göra vad" }).getByText("inte den som skickade in").waitFor();
  });

  test("assets are related, and the other end says so too", async () => {
    await visit("relations");
    await page.getByRole("button", { name: "Lägg till samband" }).click();
    const dialog = page.getByRole("dialog", { name: "Lägg till samband" });
    await dialog.getByRole("radio", { name: new RegExp(scenes[3].title) }).check({ force: true });
    await dialog.getByRole("button", { name: "Lägg till" }).click();
    await page.getByRole("link", { name: scenes[3].title }).click();
    await page.getByRole("heading", { level: 1, name: scenes[3].title }).waitFor();
    await page.getByRole("tab", { name: "Samband" }).click();
    await page.getByText("är underlag för").waitFor();
  });

  test("a new revision counts, the two are compared, and the first comes back", async () => {
    await visit("revisions", second);
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "Lägg till ny version" }).click()]);
    await chooser.setFiles({ name: "ny.jpg", mimeType: "image/jpeg", buffer: await draw(page, scenes[5], 900, 600) });
    await page.getByRole("checkbox", { name: "Jämför version 2" }).check({ force: true });
    await page.getByRole("checkbox", { name: "Jämför version 1" }).check({ force: true });
    await page.getByRole("button", { name: "Jämför", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Version 1 och 2" });
    await dialog.getByText("Olika filer").first().waitFor();
    await barriers(page, "comparing");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Återställ version 1" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Återställ" }).click();
    await told("Version 1 gäller nu");
  });

  test("who sees it is explained per person", async () => {
    await visit("access");
    await page.getByRole("button", { name: /Varför ser/ }).first().click();
    await page.getByRole("dialog").getByText("Ser tillgången nu.").waitFor();
    await page.getByRole("dialog").getByText(/rollen admin i hela arkivet/).first().waitFor();
    await page.keyboard.press("Escape");
    await page.locator("button:focus", { hasText: "Varför" }).waitFor();
    // And why somebody does not: somebody who was invited and has not come yet.
    const invited = await page.evaluate(async () => (await fetch("/api/v1/accounts", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email: "gast@example.org", name: "Gun Gäst" }) })).status);
    assert.equal(invited, 201);
    const other = page.getByRole("combobox", { name: "Person" });
    await other.focus();
    await page.keyboard.type("gun");
    await page.getByRole("option", { name: "Gun Gäst" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const why = page.getByRole("dialog", { name: "Varför ser Gun Gäst den inte?" });
    await why.getByText("Kontot eller nyckeln är inte i bruk: inget gäller.").waitFor();
    await barriers(page, "explaining why not");
    await page.keyboard.press("Escape");
    await why.waitFor({ state: "detached" });
  });

  test("no part has a known barrier, in light and dark, wide and at 320 px", async () => {
    for (const part of ["fields", "alt", "framing", "comments", "approval", "revisions", "relations", "access", "history", "seen", "downloads"])
      for (const [theme, width] of [["light", 1440], ["dark", 320]]) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme: theme });
        await visit(part);
        await page.locator(".tabpanel .loading").waitFor({ state: "detached" });
        await barriers(page, `${part}, ${theme}, ${width}`);
      }
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(program.base + "/assets/ast_00000000000000000000000000");
    await page.getByText("Här finns inget").waitFor();
    await barriers(page, "not found");
  });

  test("no script failed, nothing that people wrote ran, and the content security policy held", async () => {
    assert.notEqual(await page.title(), "XSS");
    assert.deepEqual(complaints, []);
  });
});
