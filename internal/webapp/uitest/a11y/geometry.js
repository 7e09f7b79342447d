// SPDX-License-Identifier: Apache-2.0

// What is measured of a screen without touching it: nothing is wider than the window, nothing is cut off, and what is
// pressed is large enough.

import { space } from "./looks.js";

/** measure says what is wrong; narrow screens also with the text spread (WCAG 1.4.12). */
export async function measure(page, client, look) {
  const wrong = await page.evaluate(inspect, { targets: true, contrast: look.theme === "forced" });
  if (look.size === "narrow" && look.theme === "light") {
    const spread = await space(page, client);
    wrong.push(...(await page.evaluate(inspect, {})).map((w) => `text spread: ${w}`));
    await spread.close();
  }
  return wrong;
}

// inspect runs in the browser and sees nothing of this file.
function inspect({ targets, contrast }) {
  const wrong = [];
  const top = [...document.querySelectorAll(".overlay")].at(-1) ?? document.body;
  const named = (e) => `${e.tagName.toLowerCase()}${e.className && typeof e.className === "string" ? "." + e.className.trim().replace(/\s+/g, ".") : ""} “${(e.getAttribute("aria-label") ?? e.textContent ?? "").trim().slice(0, 60)}”`;
  const hidden = (e) => {
    const s = getComputedStyle(e), r = e.getBoundingClientRect();
    return s.visibility !== "visible" || r.width <= 1 || r.height <= 1 || s.clipPath === "inset(50%)" || s.opacity === "0" || !!e.closest("[inert], .hidden, [aria-hidden=true]") || e.closest('[style*="clip-path"]') !== null;
  };
  // A name that ends in an ellipsis may go on behind it.
  const shortened = (e) => {
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) if (getComputedStyle(p).textOverflow === "ellipsis" && getComputedStyle(p).overflowX !== "visible") return true;
    return false;
  };
  const scrolls = (e, axis) => {
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
      const s = getComputedStyle(p);
      if (/auto|scroll/.test(axis === "x" ? s.overflowX : s.overflowY)) return true;
    }
    return false;
  };

  // Text on its ground, in the colours that a contrast theme has put there (axe reads those that it has taken away).
  const rgb = (c) => c.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const weak = (e) => {
    if (e.closest("[disabled], [data-disabled], [aria-disabled=true], img, svg")) return [];
    let ground;
    for (let p = e; p && !ground; p = p.parentElement) {
      const c = rgb(getComputedStyle(p).backgroundColor);
      if (c[3] === undefined || c[3] > 0.5) ground = c;
    }
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground ?? [0, 0, 0])];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return ratio < 4.5 ? [`contrast ${ratio.toFixed(2)} in a contrast theme: ${named(e)}`] : [];
  };

  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) wrong.push(`the page is ${wide} px wider than the window`);

  // Nothing that has text of its own is cut off, but what ends in an ellipsis on purpose; nothing stands outside.
  for (const e of top.querySelectorAll("*")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const control = e.matches("a[href], button, input, select, textarea, [role=button], [role=tab], summary");
    if ((!own && !control) || e.closest(".skip") || hidden(e)) continue;
    const r = e.getBoundingClientRect(), s = getComputedStyle(e);
    if ((r.right > innerWidth + 1 || r.left < -1) && !scrolls(e, "x") && !shortened(e)) wrong.push(`outside the window: ${named(e)} (${Math.round(r.left)}–${Math.round(r.right)})`);
    if (own && /hidden|clip/.test(s.overflowY) && s.textOverflow !== "ellipsis" && s.webkitLineClamp === "none" && e.scrollHeight > e.clientHeight + 3) wrong.push(`cut off below: ${named(e)}`);
    if (own && /hidden|clip/.test(s.overflowX) && s.textOverflow !== "ellipsis" && e.scrollWidth > e.clientWidth + 1) wrong.push(`cut off at the side: ${named(e)}`);
  }
  if (contrast) for (const e of top.querySelectorAll("*")) if ([...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && !hidden(e)) wrong.push(...weak(e));
  if (!targets) return wrong;

  // Targets of 24 by 24 CSS pixels, or so far from the next that a circle of 24 around each touches no other (WCAG 2.5.8).
  const boxes = [];
  for (const e of top.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=tab], [role=option], [role=menuitem], [role=menuitemradio], [role=slider]")) {
    let box = e;
    if (e.matches("input") && (hidden(e) || e.getBoundingClientRect().width < 24)) box = e.closest("label, .slider-thumb") ?? e.labels?.[0] ?? e;
    if (hidden(box) || e.disabled || e.closest(".skip") || getComputedStyle(e).pointerEvents === "none") continue;
    const s = getComputedStyle(e);
    const sentence = e.matches("a") && s.display === "inline" && [...e.parentElement.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const r = box.getBoundingClientRect();
    if (sentence || r.bottom < 0 || r.top > innerHeight * 3) continue;
    boxes.push({ e: box, r, small: r.width < 23.9 || r.height < 23.9 });
  }
  for (const a of boxes) {
    if (!a.small) continue;
    const x = a.r.left + a.r.width / 2, y = a.r.top + a.r.height / 2;
    const near = boxes.find((b) => {
      if (b === a || b.e.contains(a.e) || a.e.contains(b.e)) return false;
      if (b.small) return Math.hypot(x - (b.r.left + b.r.width / 2), y - (b.r.top + b.r.height / 2)) < 24;
      return Math.hypot(Math.max(b.r.left - x, 0, x - b.r.right), Math.max(b.r.top - y, 0, y - b.r.bottom)) < 12;
    });
    if (near) wrong.push(`a target of ${Math.round(a.r.width)} × ${Math.round(a.r.height)} px: ${named(a.e)}, beside ${named(near.e)}`);
  }
  return wrong;
}
