// SPDX-License-Identifier: Apache-2.0

// Administration in the real program: people, groups, roles, rights in folders, keys, storage, jobs and the log.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { mailbox } from "./mailbox.js";
import { barriers, enter, everywhere, open } from "./screen.js";
import { browse, start } from "./world.js";

describe("administration", { timeout: 280_000 }, () => {
  let box, program, browser, page, complaints, key, campaign;
  const api = async (method, way, body, headers = {}) => {
    const answer = await fetch(program.base + "/api/v1" + way, { method, headers: { Authorization: `Bearer ${key}`, ...(body instanceof FormData ? {} : { "Content-Type": "application/json" }), ...headers }, body: body instanceof FormData ? body : body && JSON.stringify(body) });
    assert.ok(answer.ok, `${method} ${way}: ${answer.status} ${answer.ok ? "" : await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  };
  const go = async (path, title) => {
    await page.goto(program.base + path);
    await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
    await page.locator("#main [aria-busy=true]").waitFor({ state: "detached" });
  };
  const press = (name) => page.getByRole("main").getByRole("button", { name, exact: true }).press("Enter");
  const dialog = (name) => page.getByRole("dialog", { name });
  const pick = async (scope, label, name) => {
    await scope.getByRole("combobox", { name: label }).fill(name);
    await page.getByRole("option", { name }).click();
  };
  const choose = async (scope, label, option) => {
    await scope.getByRole("button", { name: label }).press("Enter");
    await page.getByRole("option", { name: option, exact: true }).press("Enter");
  };

  before(async () => {
    box = await mailbox();
    [program, browser] = await Promise.all([start({ TILLGANG_MAIL_URL: box.url, TILLGANG_MAIL_FROM: "arkivet@example.se" }), browse()]);
    key = await program.key();
    const root = (await api("GET", "/folders")).items[0].id;
    campaign = (await api("POST", "/folders", { parent: root, name: "Kampanj" })).id;
    for (const text of ["ett", "två"]) {
      const form = new FormData();
      form.set("folder", campaign);
      form.set("file", new Blob([text], { type: "text/plain" }), text + ".txt");
      await api("POST", "/assets", form);
    }
    ({ page, complaints } = await open(browser, "sv-SE", { acceptDownloads: true }));
    await enter(page, program);
  });
  after(async () => {
    await browser?.close();
    await program?.stop();
    box?.stop();
    assert.deepEqual(complaints, []);
  });

  test("several are invited from a list that is looked through first; a mail that is refused is a job with a reason, tried again by hand", async () => {
    box.busy = true;
    await go("/admin/people", "Personer");
    await press("Bjud in personer");
    await dialog("Bjud in personer").waitFor();
    const list = dialog("Bjud in personer").getByRole("textbox", { name: /^Personer att bjuda in/ });
    await list.fill("Anna Ek <anna@example.se>\nbo@example.se; Bo Berg\nanna@example.se\nfel adress");
    assert.ok(await dialog("Bjud in personer").getByRole("checkbox", { name: /^Skicka länkarna med e-post/ }).isChecked());
    await everywhere(page, "inviting");
    await dialog("Bjud in personer").getByRole("button", { name: "Gå igenom listan" }).press("Enter");
    await dialog("Bjud in personer").getByRole("row", { name: /anna@example\.se Anna Ek Kan bjudas in/ }).waitFor();
    for (const state of ["Står redan längre upp", "Ingen användbar adress"]) await dialog("Bjud in personer").getByText(state).waitFor();
    await everywhere(page, "the list, looked through");
    await dialog("Bjud in personer").getByRole("button", { name: "Ändra listan" }).press("Enter");
    assert.match(await list.inputValue(), /fel adress/);
    await dialog("Bjud in personer").getByRole("button", { name: "Gå igenom listan" }).press("Enter");
    await dialog("Bjud in personer").getByRole("button", { name: "Bjud in 2 personer" }).press("Enter");
    await dialog("Bjud in personer").getByText("2 länkar skickades med e-post.").waitFor();
    await barriers(page, "invited");
    await dialog("Bjud in personer").getByRole("button", { name: "Klart" }).press("Enter");
    await page.getByRole("row", { name: /Anna Ek anna@example\.se Inbjuden/ }).waitFor();

    const retrying = page.getByRole("row").filter({ hasText: "notice.mail" }).filter({ hasText: "mail server" });
    for (let n = 0; ; n++) {
      await go("/admin/jobs?state=retrying", "Jobb");
      if ((await retrying.count()) === 2) break;
      assert.ok(n < 60, "both mails are to be tried again");
    }
    await everywhere(page, "jobs, retrying");
    for (let n = 0; ; n++) { // a job that has just begun by itself is not hastened, and not in the list
      assert.ok(n < 100, "a job is tried again by hand");
      await go("/admin/jobs?state=retrying", "Jobb");
      await page.waitForLoadState("networkidle");
      if (!(await retrying.count())) continue;
      const [answer] = await Promise.all([page.waitForResponse(/\/attempt$/), retrying.first().getByRole("button", { name: /^Försök nu/ }).press("Enter")]);
      if (answer.ok()) break;
    }
    await page.getByText("Det körs så snart det går").first().waitFor();
    box.busy = false;
    const [anna] = await Promise.all([box.wait("anna@example.se"), box.wait("bo@example.se")]);
    assert.match(anna.text, /sign-in\/link/);
    for (let n = 0; await retrying.count(); n++) {
      await press("Titta igen");
      await page.waitForLoadState("networkidle");
      assert.ok(n < 60, "the jobs are done");
    }
  });

  test("a group is made, filled and renamed, and each change is foreseen", async () => {
    await go("/admin/groups", "Grupper");
    await everywhere(page, "no groups");
    await press("Ny grupp");
    await dialog("Ny grupp").getByRole("textbox", { name: /^Namn/ }).press("Enter");
    await dialog("Ny grupp").getByRole("alert").first().waitFor();
    await barriers(page, "a group without a name");
    await page.keyboard.press("Escape");
    await press("Ny grupp");
    await dialog("Ny grupp").getByRole("textbox", { name: /^Namn/ }).fill("Marknadd");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 2, name: "Marknadd" }).waitFor();
    await pick(page.getByRole("main"), "Lägg till en person eller en grupp", "Anna Ek");
    await dialog("Lägg till Anna Ek").getByText("Det här ändrar ingenting för någon.").waitFor();
    await everywhere(page, "adding to a group");
    await dialog("Lägg till Anna Ek").getByRole("button", { name: "Lägg till" }).press("Enter");
    await page.getByRole("row", { name: /Anna Ek Person/ }).waitFor();
    await press("Byt namn");
    await dialog("Byt namn").getByRole("textbox", { name: /^Namn/ }).fill("Marknad");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 2, name: "Marknad", exact: true }).waitFor();
    await everywhere(page, "a group");
    await page.getByRole("link", { name: "Alla grupper" }).press("Enter");
    await page.getByRole("row", { name: /Marknad 1/ }).waitFor();
    await everywhere(page, "groups");
  });

  test("a role is made, given at the organisation after a look ahead, taken back and deleted", async () => {
    await go("/admin/roles", "Roller");
    await everywhere(page, "roles");
    await press("Ny roll");
    const role = dialog("Ny roll");
    await role.getByRole("textbox", { name: /^Namn/ }).fill("Bild Byrå");
    await role.getByRole("checkbox", { name: "Se filer och förhandsbilder" }).press("Space");
    await role.getByRole("button", { name: "Spara" }).press("Enter");
    await role.getByRole("alert").first().waitFor();
    await everywhere(page, "a role with a wrong name");
    await role.getByRole("textbox", { name: /^Namn/ }).fill("bildbyra");
    await role.getByRole("button", { name: "Spara" }).press("Enter");
    await role.waitFor({ state: "detached" });
    await page.getByRole("row", { name: /^bildbyra Se filer och förhandsbilder/ }).waitFor();
    await pick(page.getByRole("main"), "Till vem", "Bo Berg");
    await choose(page.getByRole("main"), /Roll/, "bildbyra");
    await press("Ge");
    const look = dialog(/bildbyra/);
    await look.getByText(/Det här öppnar 2 filer i 3 mappar för 1 person\./).waitFor();
    await everywhere(page, "giving a role");
    await look.getByRole("button", { name: "Ge", exact: true }).press("Enter");
    const take = page.getByRole("button", { name: "Ta ifrån: Bo Berg, bildbyra" });
    await take.press("Enter");
    await look.getByText(/Det här stänger 2 filer i 3 mappar för 1 person\./).waitFor();
    await look.getByRole("button", { name: "Ta ifrån" }).press("Enter");
    await take.waitFor({ state: "detached" });
    await press("Ta bort bildbyra");
    await page.getByRole("alertdialog", { name: "Ta bort bildbyra" }).getByRole("button", { name: "Ta bort", exact: true }).press("Enter");
    await page.getByRole("row", { name: /^bildbyra/ }).waitFor({ state: "detached" });
  });

  test("rights in a folder: what saving opens is said in one sentence before, and somebody else's change is not lost", async () => {
    await go("/admin/rights", "Mapprättigheter");
    await everywhere(page, "the rights of the library");
    await page.getByRole("main").getByRole("link", { name: "Kampanj" }).press("Enter");
    await page.getByRole("heading", { level: 2, name: "Givet i Kampanj" }).waitFor();
    const main = page.getByRole("main");
    const give = async (who, role) => {
      await pick(main, /^Till /, who);
      await choose(main, /Roll/, role);
      await press("Lägg till");
    };
    await give("Marknad", "Läsare");
    await page.getByText("Inte sparat än").waitFor();
    await page.reload();
    await page.getByText("Inte sparat än").waitFor(); // nothing that was chosen is lost
    await press("Se vad det innebär");
    const look = dialog("Spara rättigheterna för Kampanj");
    await look.getByText("Det här öppnar 2 filer i 1 mapp för 1 person.").waitFor();
    await look.getByRole("row", { name: /Marknad 1 person Se filer och förhandsbilder/ }).waitFor();
    await everywhere(page, "a look ahead");
    await look.getByRole("button", { name: "Spara" }).press("Enter");
    await page.getByText("Sparat", { exact: true }).first().waitFor();
    await main.getByRole("row", { name: /^Marknad .*Läsare – Kampanj/ }).waitFor();
    await everywhere(page, "the rights of a folder");

    await give("Bo Berg", "Redaktör");
    const now = await api("GET", `/folders/${campaign}/grants`);
    await api("PUT", `/folders/${campaign}/grants`, { inherit: false, grants: now.named.map(({ principal, role }) => ({ principal, role })) }, { "If-Match": `"${now.version}"` });
    await press("Se vad det innebär");
    await look.getByRole("alert").waitFor();
    await everywhere(page, "rights that somebody else changed");
    await look.getByRole("button", { name: "Avbryt" }).press("Enter");
    await page.getByText("Någon har ändrat de här rättigheterna under tiden.").waitFor();
    await press("Behåll mina");
    await press("Se vad det innebär");
    await look.getByText(/Det här öppnar 2 filer i 1 mapp för 1 person\./).waitFor();
    await look.getByRole("button", { name: "Spara" }).press("Enter");
    await main.getByRole("row", { name: /^Bo Berg .*Redaktör – Kampanj/ }).waitFor();

    await go("/admin/people", "Personer");
    await everywhere(page, "people");
    await page.getByRole("link", { name: "Bo Berg" }).press("Enter");
    await page.getByRole("link", { name: /Kampanj/ }).waitFor();
    await everywhere(page, "a person");
  });

  test("a key is made and shown once, renamed and revoked", async () => {
    await go("/admin/keys", "API-nycklar");
    await press("Ny nyckel");
    const form = dialog("Ny nyckel");
    await form.getByRole("button", { name: "Skapa nyckeln" }).press("Enter");
    await form.getByRole("alert").first().waitFor();
    await everywhere(page, "a key without a name");
    await form.getByRole("textbox", { name: /^Namn/ }).fill("Webbplatsen");
    await form.getByRole("button", { name: "Skapa nyckeln" }).press("Enter");
    const secret = await dialog("Nyckeln är skapad").locator("code").innerText();
    const session = await fetch(program.base + "/api/v1/session", { headers: { Authorization: `Bearer ${secret}` } });
    assert.equal((await session.json()).name, "Webbplatsen");
    await everywhere(page, "a new key");
    await dialog("Nyckeln är skapad").getByRole("button", { name: "Klart" }).press("Enter");
    assert.equal(await page.getByText(secret).count(), 0);
    await press("Byt namn på Webbplatsen");
    await dialog("Byt namn").getByRole("textbox", { name: /^Namn/ }).fill("Webben");
    await page.keyboard.press("Enter");
    await press("Återkalla Webben");
    await page.getByRole("alertdialog", { name: "Återkalla Webben" }).getByRole("button", { name: "Återkalla", exact: true }).press("Enter");
    await page.getByRole("row", { name: /^Webben/ }).waitFor({ state: "detached" });
    assert.equal((await fetch(program.base + "/api/v1/session", { headers: { Authorization: `Bearer ${secret}` } })).status, 401);
    await page.getByRole("switch", { name: "Visa återkallade" }).press("Space");
    await page.getByRole("row", { name: /^Webben Återkallad/ }).waitFor();
    await everywhere(page, "keys");
  });

  test("the log is narrowed, taken out as a table and checked", async () => {
    await go("/admin/audit", "Logg");
    const main = page.getByRole("main");
    await main.getByRole("textbox", { name: /^Händelse/ }).fill("key.");
    await page.keyboard.press("Enter");
    await page.waitForURL(/verb=key/);
    await main.getByRole("row", { name: /key\.revoke/ }).waitFor();
    assert.deepEqual((await main.locator("tbody th").allInnerTexts()).filter((v) => !v.startsWith("key.")), []);
    await everywhere(page, "the log");
    const [taken] = await Promise.all([page.waitForEvent("download"), press("Ta ut som tabell (CSV)")]);
    const table = await readFile(await taken.path(), "utf8");
    assert.match(table, /key\.revoke/);
    assert.doesNotMatch(table, /group\./);
    await press("Kontrollera loggen");
    await page.getByText(/^Loggen är hel: \d+ händelser kontrollerade\.$/).waitFor();
    await press("Visa alla");
    await main.getByRole("row", { name: /audit\.export/ }).waitFor();
    await press("Välj mapp");
    await dialog("Välj mapp").getByRole("button", { name: "Kampanj" }).press("Enter");
    await dialog("Välj mapp").getByRole("button", { name: "Använd den" }).press("Enter");
    await press("Visa");
    await page.waitForURL(/folder=fld_/);
    await main.getByRole("row", { name: /folder\.grant/ }).first().waitFor();
    await main.getByRole("button", { name: "Ta bort ur urvalet: Kampanj" }).press("Enter");
    await press("Visa");
    await main.getByRole("link", { name: "Visa bara: Administrator" }).first().press("Enter");
    await page.waitForURL(/actor=acc_/);
    await main.getByRole("button", { name: "Ta bort ur urvalet: Administrator" }).waitFor();
    await everywhere(page, "the log of one person");
  });

  test("the storage says where files rest and how many; all parts have their place in the menu", async () => {
    await go("/admin/storage", "Lagring");
    await page.getByRole("row", { name: /^Original 2 / }).waitFor();
    await press("Titta igen");
    await everywhere(page, "the storage");
    await go("/admin", "Administration");
    await everywhere(page, "administration");
    await page.getByRole("navigation", { name: "Administration" }).getByRole("link", { name: "Inställningar" }).press("Enter");
    await page.getByRole("heading", { level: 1, name: "Inställningar", exact: true }).waitFor();
    for (const name of ["Kontakter", "Statistik", "Jobb"]) {
      await page.getByRole("navigation", { name: "Administration" }).getByRole("link", { name }).press("Enter");
      await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
    }
    await everywhere(page, "jobs");
  });

  test("who has no rights at the organisation finds only what concerns everybody", async () => {
    const anna = (await api("GET", "/accounts?q=anna")).items[0].id;
    const { link } = await page.evaluate(async (id) => (await fetch(`/api/v1/accounts/${id}/sign-in-links`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" })).json(), anna); // no key may
    const own = await open(browser, "en-GB");
    await enter(own.page, { link });
    await own.page.goto(program.base + "/admin");
    const menu = own.page.getByRole("navigation", { name: "Administration" }).getByRole("link");
    await menu.first().waitFor();
    assert.deepEqual(await menu.allInnerTexts(), ["Folder rights", "API keys", "Contacts"]);
    await own.page.goto(program.base + "/admin/people");
    await own.page.getByRole("heading", { name: "There is nothing here" }).waitFor();
    await everywhere(own.page, "a part that one may not open");
    assert.deepEqual(own.complaints, []);
    await own.page.context().close();
  });
});
