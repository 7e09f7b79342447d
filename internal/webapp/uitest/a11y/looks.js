// SPDX-License-Identifier: Apache-2.0

// How people may look at a screen: three themes, three sizes. A page is turned from one to the next without loading it again.

/** themes are what the system asks for; forced are the colours of a contrast theme. */
export const themes = {
  light: { colorScheme: "light", forcedColors: "none" },
  dark: { colorScheme: "dark", forcedColors: "none" },
  forced: { colorScheme: "dark", forcedColors: "active" },
};

/** sizes: a desk, a window of 320 CSS pixels (a desk at 400 %), and text twice as large. */
export const sizes = {
  wide: { width: 1440, height: 900, text: 16 },
  narrow: { width: 320, height: 800, text: 16 },
  large: { width: 1440, height: 900, text: 32 },
};

/** all are the nine looks, in an order in which few of them in a row are much alike. */
export const all = [
  ["light", "wide"], ["dark", "narrow"], ["forced", "large"],
  ["dark", "wide"], ["forced", "narrow"], ["light", "large"],
  ["forced", "wide"], ["light", "narrow"], ["dark", "large"],
].map(([theme, size]) => ({ theme, size, name: `${theme}, ${size}` }));

/** put gives a page a look. */
export async function put(page, client, look) {
  const { width, height, text } = sizes[look.size];
  await page.emulateMedia(themes[look.theme]);
  if (page.viewportSize().width !== width || page.viewportSize().height !== height) await page.setViewportSize({ width, height });
  await client.send("Page.setFontSizes", { fontSizes: { standard: text, fixed: text * 0.8125 } });
  await drawn(page);
}

/** drawn resolves when what was changed is on the screen. */
export const drawn = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));

const spaced = `(() => {
  const s = new CSSStyleSheet();
  s.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, s];
})()`;

/** space spreads the text as WCAG 1.4.12 says; close takes it back. */
export async function space(page, client) {
  await client.send("Runtime.evaluate", { expression: spaced });
  await drawn(page);
  return { close: () => page.evaluate(() => void (document.adoptedStyleSheets = document.adoptedStyleSheets.slice(0, -1))) };
}
