// SPDX-License-Identifier: Apache-2.0
// Begins every style sheet with the order of the layers, whichever of them comes first, and
// puts a brotli and a gzip copy beside every built file that shrinks by it.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const order = /@layer [a-z, ]+;/.exec(readFileSync(new URL("../src/styles/index.css", import.meta.url), "utf8"))[0];
const dist = new URL("../../dist/", import.meta.url).pathname;
let first = 0;
for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(js|css|svg|json|webmanifest)$/.test(name) || !statSync(dist + name).isFile()) continue;
  if (name.endsWith(".css")) writeFileSync(dist + name, order + readFileSync(dist + name, "utf8"));
  const whole = readFileSync(dist + name);
  const br = brotliCompressSync(whole, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: whole.length } });
  if (br.length < whole.length * 0.95) writeFileSync(dist + name + ".br", br);
  const gz = gzipSync(whole, { level: 9 });
  if (gz.length < whole.length * 0.95) writeFileSync(dist + name + ".gz", gz);
  first += br.length;
}
writeFileSync(dist + ".keep", ""); // the repository keeps the folder by it
console.log(`everything together, brotli: ${Math.round(first / 1024)} kB`);
