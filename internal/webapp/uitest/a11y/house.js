// SPDX-License-Identifier: Apache-2.0

// One real program and one signed-in browser for many states of many screens.

import { password, browse, start } from "../world.js";
import { enter, open as window } from "../screen.js";
import { drawn } from "./looks.js";

/** open starts the program, signs the administrator in and gives what the tests need of both. */
export async function open({ locale = "sv-SE", signIn = true } = {}) {
  const [program, browser] = await Promise.all([start(), browse()]);
  const { page, complaints } = await window(browser, locale);
  if (signIn) await enter(page, program);
  const house = { program, browser, page, complaints, password, client: await page.context().newCDPSession(page) };
  follow(page);

  /** api asks the program as the one who is signed in. */
  house.api = async (method, way, body) => {
    const form = body instanceof FormData;
    const cookie = (await page.context().cookies()).map((c) => `${c.name}=${c.value}`).join("; ");
    const answer = await fetch(program.base + "/api/v1" + way, { method, headers: { Cookie: cookie, Origin: program.base, ...(form || !body ? {} : { "Content-Type": "application/json" }) }, body: form ? body : body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${way}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  };
  /** another opens one more window of the same person. */
  house.another = async (options = {}) => {
    const more = await window(browser, locale, { cookies: await page.context().cookies(), ...options });
    follow(more.page);
    return { ...more, client: await more.page.context().newCDPSession(more.page) };
  };
  house.stop = async () => {
    await browser.close();
    await program.stop();
  };
  return house;
}

const asked = new WeakMap();
/** follow counts what a page asks of the server and has no answer to yet. */
export function follow(page) {
  const open = new Set();
  asked.set(page, open);
  page.on("request", (r) => new URL(r.url()).pathname.startsWith("/api/") && open.add(r));
  page.on("requestfinished", (r) => open.delete(r));
  page.on("requestfailed", (r) => open.delete(r));
}

/** settled resolves when a page has what it asked for and shows it: no requests, nothing busy, twice in a row. held are
 * requests that get no answer on purpose. tick is done between looks. */
export async function settled(page, { held = () => 0, busy = false, tick } = {}) {
  let calm = 0;
  for (let i = 0; calm < 2; i++) {
    if (i === 600) throw new Error(`${page.url()} does not come to rest: ${[...asked.get(page)].map((r) => r.url())}`);
    await tick?.();
    await drawn(page);
    const shown = await page.evaluate((busy) => !!document.querySelector("h1, .loading, .note.bad") && (busy || !document.querySelector('.loading, [aria-busy="true"]')) && document.getAnimations().every((a) => a.playState !== "running" || a.effect.getComputedTiming().iterations === Infinity), busy);
    calm = shown && asked.get(page).size <= held() ? calm + 1 : 0;
  }
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
}

/** go shows an address without loading the page again, as links of the app do. */
export async function go(page, to) {
  await page.evaluate((to) => void window.history.pushState({}, "", to), to);
  await settled(page);
}

/** press goes to a control of a name and presses Enter. */
export async function press(page, role, name, within = page) {
  const one = within.getByRole(role, typeof name === "string" ? { name, exact: true } : { name }).filter({ visible: true }).first();
  await one.focus();
  await page.keyboard.press("Enter");
  return one;
}

/** answer lets the program answer everything but who is signed in otherwise: later ("loading"), or with a problem of a status. */
export async function answer(page, kind) {
  const held = [];
  const route = /\/api\/v1\/(?!session)/;
  const problem = (status, code, title) => (r) => r.fulfill({ status, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title, status, code, ...(status === 500 ? { incident: "0123456789ab" } : {}) }) });
  const handle = { loading: (r) => void held.push(r), error: problem(500, "internal", "Internal error"), forbidden: problem(403, "access.forbidden", "Forbidden") }[kind];
  await page.route(route, handle);
  return {
    held: () => held.length,
    async end() {
      await page.unroute(route, handle);
      await Promise.all(held.map((r) => r.abort().catch(() => {}))); // gone with its page
    },
  };
}
