// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "vite";
import react from "@vitejs/plugin-react";
import locales from "@react-aria/optimize-locales-plugin";

// The server serves what stands in ../dist under /app/; pages are made from index.html by the door (language, theme).
export default defineConfig({
  base: "/app/",
  plugins: [react(), { ...locales.vite({ locales: ["en-US", "sv-SE", "nb-NO", "da-DK", "fi-FI"] }), enforce: "pre" as const }],
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What every first visit needs is one file (it packs better, and costs the browser less than fifty small ones), and
            // so are its words in a language. Everything else comes with the screen or the dialog that shows it.
            { debugName: "words", name: (id) => /\/i18n\/gen\/(\w+)\/(ui|shell|problems|library|terms|grid|folders|collections|upload|notices)\.js$/.exec(id)?.[1]?.replace(/^/, "words-") ?? null },
            { name: "first", test: /\/src\/(shell\/Shell\.tsx|features\/(library\/(Screen|Search|Column)|collections\/Section|notices\/Bell|upload\/index)\.tsx)$/, includeDependenciesRecursively: true },
          ],
        },
      },
    },
  },
});
