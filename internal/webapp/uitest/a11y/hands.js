// SPDX-License-Identifier: Apache-2.0

// Hands on a keyboard: everything here presses keys and looks where the focus is. Nothing is clicked, filled or focused.

import { settled } from "./house.js";

/** hands gives what one can do with a keyboard on a page. */
export function hands(page) {
  const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  const type = (text) => page.keyboard.type(text);
  const place = (role, name, within = page) => within.getByRole(role, typeof name === "string" ? { name, exact: true } : { name });
  const focused = (one) => one.evaluateAll((all) => all.some((e) => e === document.activeElement)).catch(() => false);

  /** to goes with Tab (or another key) until the focus is on a control of that role and name. */
  const to = async (role, name, { within = page, key = "Tab", most = 150 } = {}) => {
    const one = place(role, name, within);
    await one.first().waitFor({ state: "attached" });
    for (let i = 0; i <= most; i++) {
      if (await focused(one)) return;
      await press(key);
    }
    throw new Error(`${key} does not lead to the ${role} “${name}” on ${page.url()}; the focus is on ${await page.evaluate(() => document.activeElement.outerHTML.slice(0, 160))}`);
  };
  return {
    press, type, to,
    /** push goes to a button and presses Enter. */
    push: async (name, options = {}) => {
      await to(options.role ?? "button", name, options);
      await press("Enter");
    },
    /** write goes to a field, replaces what it holds. */
    write: async (name, text, options = {}) => {
      await to(options.role ?? "textbox", name, options);
      await press("Control+a");
      await type(text);
    },
    /** choose opens a list below a field and goes down to what is wanted. */
    choose: async (name, option, options = {}) => {
      await to("button", name, options);
      await press("Enter");
      await place("option", option).first().waitFor();
      await to("option", option, { key: "ArrowDown", most: 40 });
      await press("Enter");
    },
    /** pick chooses from a menu by its entry's name. */
    pick: async (role, name) => {
      await place(role, name).first().waitFor();
      await to(role, name, { key: "ArrowDown", most: 40 });
      await press("Enter");
    },
    /** follow goes to a link and follows it. */
    follow: async (name, options = {}) => {
      await to("link", name, options);
      await press("Enter");
      await settled(page);
    },
    /** card goes to the list of files and, in it, to the one of a name. */
    card: async (name) => {
      await page.getByRole("row", { name }).first().waitFor();
      for (let i = 0; i < 120 && !(await page.evaluate(() => !!document.activeElement.closest('[role="grid"]'))); i++) await press("Tab");
      const one = page.getByRole("row", { name });
      await press("Home");
      for (let i = 0; i < 60 && !(await focused(one)); i++) await press("ArrowRight");
      if (!(await focused(one))) throw new Error(`the card ${name} is not reached`);
    },
    dialog: (name) => page.getByRole("dialog", { name }),
    heading: (name, level = 1) => page.getByRole("heading", { level, name, exact: typeof name === "string" }).waitFor(),
    told: (text) => page.getByRole("region", { name: /Meddelanden/ }).getByText(text).first().waitFor(),
    rest: () => settled(page),
  };
}
