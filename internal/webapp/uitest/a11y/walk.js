// SPDX-License-Identifier: Apache-2.0

// A walk through a screen by keyboard: Tab to the end, Shift+Tab back. At every stop the focus is in sight, shown by a
// ring that is large and strong enough, and covered by nothing; and there is always a way on.

import { drawn } from "./looks.js";
import { changed, decode } from "./png.js";

const margin = 10;
const seen = new Set(); // kinds of stops whose ring has been measured, by look

/** walk says what is wrong. within: the focus has to stay inside (dialogs). */
export async function walk(page, { within, rings = true } = {}) {
  const wrong = [];
  const client = await page.context().newCDPSession(page);
  await page.evaluate(begin, within);
  const order = [];
  let open = []; // whose ring is to be compared once the focus has left what it is drawn around
  for (let i = 0; ; i++) {
    if (i === 400) return [...wrong, "Tab does not come to an end"];
    await page.keyboard.press("Tab");
    await frame(page);
    const stop = await page.evaluate(look, within);
    const still = await page.evaluate(around, open.map((o) => o.stop.shown));
    for (const [i, o] of open.entries()) if (!still[i]) await judgeRing(page, client, o, wrong);
    open = open.filter((_, i) => still[i]);
    if (stop.out) {
      if (within) wrong.push("the focus leaves the dialog");
      break;
    }
    if (order.some((s) => s.id === stop.id)) {
      if (stop.id !== order[0].id) wrong.push(`Tab goes in a circle at ${stop.name}`);
      break;
    }
    order.push(stop);
    wrong.push(...stop.wrong);
    const ring = rings && (await beforeRing(page, client, stop));
    if (ring) open.push(ring);
  }
  if (!order.length) return [...wrong, "nothing can be reached with Tab"];

  const back = new Set();
  for (let i = 0; ; i++) {
    if (i === order.length * 2 + 60) {
      wrong.push("Shift+Tab does not come back");
      break;
    }
    await page.keyboard.press("Shift+Tab");
    await frame(page);
    const stop = await page.evaluate(look, within);
    if (stop.out || back.has(stop.id)) break;
    back.add(stop.id);
    wrong.push(...stop.wrong.map((w) => `backwards: ${w}`));
  }
  for (const s of order) if (!back.has(s.id) && !s.composite) wrong.push(`Shift+Tab does not reach ${s.name}`);
  await client.detach();
  if (!within) await page.evaluate(begin);
  return [...new Set(wrong)];
}

const frame = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => done())));

async function shot(client, { x, y, width, height }) {
  const { data } = await client.send("Page.captureScreenshot", { format: "png", clip: { x, y, width, height, scale: 1 }, captureBeyondViewport: false });
  return decode(Buffer.from(data, "base64"));
}

async function beforeRing(page, client, stop) {
  const look = await page.evaluate(() => [document.documentElement.dataset.theme, matchMedia("(prefers-color-scheme: dark)").matches, matchMedia("(forced-colors: active)").matches, innerWidth].join());
  const kind = `${look} ${stop.kind}`;
  if (seen.has(kind)) return undefined;
  seen.add(kind);
  return { stop, clip: stop.clip, picture: await shot(client, stop.clip) };
}

async function judgeRing(page, client, { stop, clip, picture }, wrong) {
  const now = await page.evaluate(where, stop.shown);
  if (!now || now.x !== clip.x || now.y !== clip.y || now.width !== clip.width || now.height !== clip.height) {
    // It has scrolled away: what the style says has to do.
    if (!stop.styled) wrong.push(`no ring: ${stop.name}`);
    return;
  }
  await drawn(page);
  const later = await shot(client, clip);
  const n = changed(picture, later);
  const enough = 2 * 2 * (stop.size.width + stop.size.height) * 0.85;
  if (!(n >= enough)) wrong.push(`the ring has ${n} pixels with 3:1 of ${Math.round(enough)}: ${stop.name}`);
}

// What follows runs in the browser.

function begin(within) {
  globalThis.tillgangWalk ??= { ids: new WeakMap(), all: [], margin: 10 };
  scrollTo(0, 0);
  if (within) return;
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
}

function around(ids) {
  return ids.map((id) => !!globalThis.tillgangWalk.all[id]?.deref()?.contains(document.activeElement) && document.activeElement !== document.body);
}

function where(id) {
  const e = globalThis.tillgangWalk.all[id]?.deref();
  return e?.isConnected ? globalThis.tillgangWalk.clip(e) : undefined;
}

function look(within) {
  const w = globalThis.tillgangWalk;
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement || (within && !e.closest(within))) return { out: true, wrong: [] };
  if (!w.ids.has(e)) w.ids.set(e, w.all.push(new WeakRef(e)) - 1);
  const name = `${e.tagName.toLowerCase()}${e.getAttribute("role") ? `[${e.getAttribute("role")}]` : ""} “${(e.getAttribute("aria-label") ?? e.labels?.[0]?.textContent ?? e.textContent ?? "").trim().slice(0, 50)}”`;

  // The ring may be drawn around what stands for a control that is not seen itself.
  const drawnBy = (x) => {
    const s = getComputedStyle(x);
    return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2;
  };
  const own = e.getBoundingClientRect(), style = getComputedStyle(e);
  const unseen = own.width <= 2 || own.height <= 2 || style.opacity === "0" || style.clipPath !== "none" || (e.matches("input") && e.parentElement.matches('[style*="clip"]'));
  let ring = drawnBy(e) && !unseen ? e : undefined;
  for (let p = e.parentElement, i = 0; !ring && p && p !== document.body && i < 5; p = p.parentElement, i++) if (drawnBy(p)) ring = p;
  const shown = ring ?? e;
  w.clip = (x) => {
    const r = x.getBoundingClientRect(), m = w.margin;
    const left = Math.max(0, Math.floor(r.left - m)), top = Math.max(0, Math.floor(r.top - m));
    return { x: left + scrollX, y: top + scrollY, width: Math.max(1, Math.min(innerWidth, Math.ceil(r.right + m)) - left), height: Math.max(1, Math.min(innerHeight, Math.ceil(r.bottom + m)) - top) };
  };
  if (!w.ids.has(shown)) w.ids.set(shown, w.all.push(new WeakRef(shown)) - 1);

  const wrong = [];
  const r = shown.getBoundingClientRect();
  const left = Math.max(r.left, 0), right = Math.min(r.right, innerWidth), top = Math.max(r.top, 0), bottom = Math.min(r.bottom, innerHeight);
  if (right - left < 1 || bottom - top < 1) wrong.push(`focus out of sight: ${name}`);
  else {
    if (bottom - top < Math.min(r.height, innerHeight * 0.5) * 0.6) wrong.push(`most of the focus is out of sight: ${name}`);
    const points = [[0.5, 0.5], [0.15, 0.2], [0.85, 0.2], [0.15, 0.8], [0.85, 0.8]].map(([a, b]) => document.elementFromPoint(left + (right - left) * a, top + (bottom - top) * b));
    const free = points.filter((h) => h && (shown.contains(h) || e.contains(h) || h.contains(e)));
    if (free.length < 3) wrong.push(`focus covered by ${points.find((h) => h && !shown.contains(h) && !h.contains(e))?.className}: ${name}`);
  }
  return {
    id: w.ids.get(e), shown: w.ids.get(shown), name, wrong, clip: w.clip(shown), styled: !!ring,
    size: { width: right - left, height: bottom - top },
    kind: [e.tagName, e.type, e.className, shown.className, shown.parentElement?.className].join("|"),
    composite: !!e.closest("[role=grid], [role=treegrid], [role=radiogroup], [role=tablist], [role=toolbar], [role=listbox], [role=menu], [role=group]"),
  };
}
