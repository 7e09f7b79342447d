// SPDX-License-Identifier: Apache-2.0

// PNG files as the browser makes them of a screen: eight bits, RGB or RGBA, not interlaced.

import { inflateSync } from "node:zlib";

/** decode gives width, height and the pixels, three bytes each. */
export function decode(file) {
  const width = file.readUInt32BE(16), height = file.readUInt32BE(20), depth = file[24], type = file[25];
  if (depth !== 8 || (type !== 2 && type !== 6) || file[28] !== 0) throw new Error(`a PNG of depth ${depth}, type ${type}`);
  const parts = [];
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at)) if (file.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)));
  const raw = inflateSync(Buffer.concat(parts)), n = type === 6 ? 4 : 3, row = width * n;
  const pixels = new Uint8Array(width * height * 3);
  let above = new Uint8Array(row), line = new Uint8Array(row);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (row + 1)], from = y * (row + 1) + 1;
    for (let x = 0; x < row; x++) {
      const a = x >= n ? line[x - n] : 0, b = above[x], c = x >= n ? above[x - n] : 0;
      let add = 0;
      if (filter === 1) add = a;
      else if (filter === 2) add = b;
      else if (filter === 3) add = (a + b) >> 1;
      else if (filter === 4) {
        const p = a + b - c, pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c);
        add = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      }
      line[x] = raw[from + x] + add;
    }
    for (let x = 0; x < width; x++) for (let k = 0; k < 3; k++) pixels[(y * width + x) * 3 + k] = line[x * n + k];
    [above, line] = [line, above];
  }
  return { width, height, pixels };
}

const linear = Float64Array.from({ length: 256 }, (_, v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
const light = (p, i) => 0.2126 * linear[p[i]] + 0.7152 * linear[p[i + 1]] + 0.0722 * linear[p[i + 2]];

/** changed counts the pixels of two pictures whose colours have a contrast of at least 3:1 to each other. */
export function changed(a, b) {
  if (a.width !== b.width || a.height !== b.height) return NaN;
  let n = 0;
  for (let i = 0; i < a.pixels.length; i += 3) {
    const x = light(a.pixels, i), y = light(b.pixels, i);
    if ((Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05) >= 3) n++;
  }
  return n;
}
