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
  },
});
