// SPDX-License-Identifier: Apache-2.0
// The page takes no markup from scripts (Trusted Types). React Aria empties its live regions by assigning the empty
// text as markup, which is let through, and so is the address of our own service worker; everything else is refused, as
// it is without this.

type Policies = { createPolicy(name: string, rules: { createHTML(text: string): string; createScriptURL(url: string): string }): unknown };
(globalThis as { trustedTypes?: Policies }).trustedTypes?.createPolicy("default", {
  createHTML(text) {
    if (text !== "") throw new TypeError("markup from scripts is refused");
    return text;
  },
  createScriptURL(url) {
    if (url !== "/sw.js") throw new TypeError("scripts from other addresses are refused");
    return url;
  },
});

export {};
