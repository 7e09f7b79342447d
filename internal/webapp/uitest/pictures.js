// SPDX-License-Identifier: Apache-2.0

// Landscapes drawn by noise, which look a little like photographs: nobody's
// pictures, so that demos and tests need none of other people's.

/** scenes are what there is, with what an editor would have written about them. */
export const scenes = [
  { kind: "mountains", seed: 11, file: "DSC_0412.jpg", title: "Morgonljus över Sarek", keywords: ["fjäll", "soluppgång", "Lappland"], alt: "Blånande fjällkammar i dis medan solen går upp." },
  { kind: "houses", seed: 5, file: "IMG_2201.jpg", title: "Hamngatan en sommardag", keywords: ["hus", "hamn", "sommar"], alt: "En rad färgglada gavelhus speglar sig i vattnet." },
  { kind: "aurora", seed: 3, file: "natt-0007.jpg", title: "Norrsken över Torneträsk", keywords: ["norrsken", "natt", "vinter"], alt: "Grönt norrsken över en mörk skogskant." },
  { kind: "sea", seed: 21, file: "kust_031.jpg", title: "Kvällssol vid Sandhamn", keywords: ["hav", "skärgård", "solnedgång"], alt: "Solen speglar sig i ett lugnt hav med låga öar." },
  { kind: "forest", seed: 8, file: "DSC_0977.jpg", title: "Dimma i granskogen", keywords: ["skog", "dimma", "höst"], alt: "Rader av granar som försvinner i dimman." },
  { kind: "lake", seed: 31, file: "DSC_0518.jpg", title: "Spegelblankt vid Siljan", keywords: ["sjö", "spegling", "Dalarna"], alt: "En stilla sjö där bergen speglas." },
  { kind: "fields", seed: 2, file: "drone_114.jpg", title: "Rapsfält på Söderslätt", keywords: ["raps", "jordbruk", "Skåne"], alt: "Gula rapsfält i böljande rader under blå himmel." },
  { kind: "winter", seed: 14, file: "DSC_1203.jpg", title: "Vinterdag i Åre", keywords: ["snö", "vinter", "fjäll"], alt: "Snötäckta sluttningar under klar himmel." },
  { kind: "mountains", seed: 77, file: "fjord-2.jpg", title: "Fjord i skymning", keywords: ["fjord", "Norge", "kväll"], alt: "Branta bergssidor i violett skymning." },
  { kind: "city", seed: 9, file: "IMG_3307.jpg", title: "Stadens ljus", keywords: ["stad", "kväll", "arkitektur"], alt: "En stadssiluett med tända fönster i skymningen." },
  { kind: "sea", seed: 63, file: "kust_102.jpg", title: "Nordsjön i november", keywords: ["hav", "storm", "november"], alt: "Grått hav med vågor under tunga moln." },
  { kind: "forest", seed: 40, file: "DSC_0981.jpg", title: "Höstskog", keywords: ["skog", "höst"], alt: "Skog i brandgula höstfärger." },
];

/** draw makes one picture as a JPEG file, in a page of the browser. */
export async function draw(page, scene, width = 1500, height = 1000) {
  const base64 = await page.evaluate(paint, { ...scene, width, height });
  return Buffer.from(base64, "base64");
}

// paint runs in the browser and sees nothing of this file.
async function paint({ kind, seed, width: w, height: h }) {
  const canvas = document.createElement("canvas");
  canvas.width = w;
  canvas.height = h;
  const c = canvas.getContext("2d");

  let state = seed * 2654435761;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const hash = (x, y) => {
    const n = Math.sin(x * 127.1 + y * 311.7 + seed * 17.3) * 43758.5453;
    return n - Math.floor(n);
  };
  const smooth = (t) => t * t * (3 - 2 * t);
  const noise = (x, y) => {
    const xi = Math.floor(x), yi = Math.floor(y), u = smooth(x - xi), v = smooth(y - yi);
    const top = hash(xi, yi) * (1 - u) + hash(xi + 1, yi) * u;
    return top * (1 - v) + (hash(xi, yi + 1) * (1 - u) + hash(xi + 1, yi + 1) * u) * v;
  };
  const fbm = (x, y, octaves = 5) => {
    let sum = 0, amp = 0.5;
    for (let i = 0; i < octaves; i++) {
      sum += amp * noise(x, y);
      x = x * 2.03 + 5.1;
      y = y * 2.03 + 1.7;
      amp *= 0.5;
    }
    return sum;
  };
  const mix = (a, b, t) => a.map((v, i) => v + (b[i] - v) * t);
  const rgb = (p, alpha = 1) => `rgba(${p.map(Math.round).join(",")},${alpha})`;

  const sky = (stops) => {
    const g = c.createLinearGradient(0, 0, 0, h);
    stops.forEach(([at, colour]) => g.addColorStop(at, rgb(colour)));
    c.fillStyle = g;
    c.fillRect(0, 0, w, h);
  };
  const sun = (x, y, r, colour, glow) => {
    const g = c.createRadialGradient(x * w, y * h, 0, x * w, y * h, glow * w);
    g.addColorStop(0, rgb(colour, 0.95));
    g.addColorStop(r / glow, rgb(colour, 0.75));
    g.addColorStop(Math.min(1, (r / glow) * 1.25), rgb(colour, 0.32));
    g.addColorStop(1, rgb(colour, 0));
    c.fillStyle = g;
    c.fillRect(0, 0, w, h);
  };
  const clouds = (from, to, colour, amount, stretch = 3) => {
    const image = c.getImageData(0, 0, w, Math.ceil(h * to));
    const d = image.data;
    for (let y = Math.floor(h * from); y < image.height; y++) {
      const fade = Math.sin((Math.PI * (y / h - from)) / (to - from));
      for (let x = 0; x < w; x++) {
        const n = fbm((x / w) * stretch, (y / h) * stretch * 3.2, 6);
        const a = Math.max(0, (n - 0.48) * 4) * fade * amount;
        if (a <= 0) continue;
        const i = (y * w + x) * 4, t = Math.min(1, a);
        for (let k = 0; k < 3; k++) d[i + k] += (colour[k] - d[i + k]) * t;
      }
    }
    c.putImageData(image, 0, 0);
  };
  // ridge fills below a line of noise, lit from one side.
  const ridge = (base, height, scale, offset, colour, { rough = 5, light = 0, haze = null, snow = 0 } = {}) => {
    const image = c.getImageData(0, 0, w, h);
    const d = image.data;
    const line = (x) => base - height * Math.pow(1 - Math.abs(2 * fbm((x / w) * scale + offset, offset * 3.3, rough) - 0.94), 1.6);
    for (let x = 0; x < w; x++) {
      const top = line(x) * h;
      for (let y = Math.max(0, Math.floor(top)); y < h; y++) {
        const depth = (y - top) / h;
        const i = (y * w + x) * 4;
        const grain = fbm((x / w) * scale * 9 + offset + depth * 8, (y / h) * scale * 12, 4) - 0.47;
        let p = colour.map((v) => v * (1 + grain * light));
        if (snow > 0) p = mix(p, [236, 242, 250], Math.max(0, Math.min(1, (snow - depth * 4 + grain * 3) * 1.6)) * 0.92);
        if (haze) p = mix(p, haze, Math.min(0.85, Math.max(0, depth * 2.6)));
        const edge = Math.min(1, y + 1 - top);
        for (let k = 0; k < 3; k++) d[i + k] += (p[k] - d[i + k]) * edge;
      }
    }
    c.putImageData(image, 0, 0);
  };
  const firs = (y, size, colour, count) => {
    c.fillStyle = rgb(colour);
    for (let i = 0; i < count; i++) {
      const x = ((i + random() * 0.9) / count) * w, t = size * h * (0.55 + random() * 0.65), foot = y * h + (fbm(x / w * 4, y * 9, 3) - 0.5) * h * 0.09;
      c.beginPath();
      c.moveTo(x, foot - t);
      for (let k = 1; k <= 9; k++) {
        const at = foot - t + (t * k) / 9;
        c.lineTo(x + t * 0.021 * k * (0.8 + random() * 0.5), at);
        c.lineTo(x + t * 0.012 * k, at - t * 0.012);
      }
      for (let k = 9; k >= 1; k--) {
        const at = foot - t + (t * k) / 9;
        c.lineTo(x - t * 0.012 * k, at - t * 0.012);
        c.lineTo(x - t * 0.021 * k * (0.8 + random() * 0.5), at);
      }
      c.fill();
      c.fillRect(0, foot + t, 0, 0);
    }
    c.fillRect(0, y * h + h * 0.03, w, h);
  };
  // mirror lays the upper part on water below a horizon.
  const mirror = (horizon, tint, amount, ripple) => {
    const from = c.getImageData(0, 0, w, h), to = c.createImageData(w, Math.ceil(h * (1 - horizon)));
    const at = Math.floor(h * horizon);
    for (let y = 0; y < to.height; y++) {
      const far = y / to.height;
      for (let x = 0; x < w; x++) {
        const wave = (fbm((x / w) * 5, (y / h) * 90, 3) - 0.47) * ripple * (0.25 + far);
        const sx = Math.min(w - 1, Math.max(0, Math.round(x + wave * w * 0.05)));
        const sy = Math.min(at - 1, Math.max(0, Math.round(at - 1 - y * 0.92 + wave * h * 0.35)));
        const s = (sy * w + sx) * 4, i = (y * w + x) * 4;
        for (let k = 0; k < 3; k++) to.data[i + k] = from.data[s + k] + (tint[k] - from.data[s + k]) * (amount + far * 0.18);
        to.data[i + 3] = 255;
      }
    }
    c.putImageData(to, 0, at);
  };
  const houses = (y, count, colours, heights, night) => {
    let x = -0.01 * w;
    for (let i = 0; x < w; i++) {
      const bw = (w / count) * (0.75 + random() * 0.5), bh = h * (heights[0] + random() * heights[1]), top = y * h - bh;
      const wall = colours[i % colours.length];
      const g = c.createLinearGradient(x, 0, x + bw, 0);
      g.addColorStop(0, rgb(wall.map((v) => v * 0.94)));
      g.addColorStop(1, rgb(wall.map((v) => Math.min(255, v * 1.06))));
      c.fillStyle = g;
      c.fillRect(x, top, bw + 1, bh);
      if (!night) {
        c.beginPath();
        c.moveTo(x, top);
        c.lineTo(x + bw / 2, top - bw * (0.4 + random() * 0.35));
        c.lineTo(x + bw, top);
        c.fill();
        c.strokeStyle = "rgb(70 50 45)";
        c.lineWidth = w * 0.003;
        c.stroke();
      }
      const columns = night ? Math.max(3, Math.round(bw / (w * 0.014))) : 3, rows = Math.max(3, Math.round(bh / (h * (night ? 0.027 : 0.085))));
      for (let r = 0; r < rows; r++) {
        for (let k = 0; k < columns; k++) {
          const lit = random();
          if (night && lit < 0.55) continue;
          c.fillStyle = night ? rgb(mix([255, 190, 110], [255, 235, 190], random()), 0.35 + lit * 0.6) : rgb(mix([60, 78, 92], [170, 200, 220], random() * 0.6));
          const ww = (bw / columns) * 0.46, hh = (bh / rows) * 0.55;
          const wx = x + (bw / columns) * (k + 0.27), wy = top + (bh / rows) * (r + 0.25);
          if (!night) {
            const pane = c.fillStyle;
            c.fillStyle = "rgb(244 240 232)";
            c.fillRect(wx - ww * 0.12, wy - hh * 0.08, ww * 1.24, hh * 1.16);
            c.fillStyle = pane;
          }
          c.fillRect(wx, wy, ww, hh);
        }
      }
      x += bw;
    }
  };
  const grain = (amount, vignette) => {
    const image = c.getImageData(0, 0, w, h), d = image.data;
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const i = (y * w + x) * 4, n = (random() - 0.5) * amount;
        const dark = 1 - vignette * (Math.pow((x / w - 0.5) * 2, 2) + Math.pow((y / h - 0.5) * 2, 2)) * 0.5;
        for (let k = 0; k < 3; k++) d[i + k] = (d[i + k] + n) * dark;
      }
    }
    c.putImageData(image, 0, 0);
  };

  const dusk = seed > 50;
  if (kind === "mountains") {
    sky(dusk ? [[0, [62, 58, 110]], [0.35, [150, 108, 150]], [0.6, [238, 176, 160]], [1, [250, 214, 180]]] : [[0, [96, 142, 190]], [0.35, [190, 200, 205]], [0.55, [252, 216, 170]], [1, [255, 232, 200]]]);
    sun(dusk ? 0.3 : 0.66, 0.42, 0.02, [255, 240, 205], 0.5);
    clouds(0.02, 0.4, dusk ? [250, 190, 180] : [255, 246, 235], 0.55);
    const far = dusk ? [176, 132, 160] : [176, 182, 196], near = dusk ? [32, 26, 54] : [24, 40, 52];
    for (let i = 0; i < 6; i++) ridge(0.62 + i * 0.075, 0.3 - i * 0.032, 2 + i * 0.5, seed + i * 7.7, mix(far, near, Math.pow(i / 5, 0.85)), { light: 0.45, haze: mix(far, [255, 226, 200], 0.45 - i * 0.08), rough: 6 });
  } else if (kind === "lake") {
    sky([[0, [70, 130, 190]], [0.5, [178, 212, 232]], [1, [235, 240, 238]]]);
    clouds(0.02, 0.45, [255, 255, 255], 0.9);
    ridge(0.56, 0.3, 2.1, seed, [112, 132, 156], { light: 0.5, snow: 0.35, haze: [170, 192, 208] });
    ridge(0.58, 0.16, 3, seed + 9, [64, 92, 96], { light: 0.6, haze: [120, 150, 150] });
    firs(0.555, 0.06, [26, 48, 42], 150);
    mirror(0.58, [40, 74, 92], 0.16, 0.55);
  } else if (kind === "winter") {
    sky([[0, [44, 104, 176]], [0.6, [158, 200, 232]], [1, [226, 238, 246]]]);
    sun(0.82, 0.16, 0.012, [255, 252, 240], 0.4);
    ridge(0.62, 0.42, 1.7, seed, [126, 148, 182], { light: 0.6, snow: 1.1 });
    ridge(0.78, 0.2, 2.3, seed + 5, [170, 190, 216], { light: 0.4, snow: 1.3 });
    firs(0.8, 0.13, [36, 58, 66], 46);
    ridge(0.92, 0.14, 1.4, seed + 12, [208, 222, 240], { light: 0.18, snow: 1.5 });
  } else if (kind === "sea") {
    sky(dusk ? [[0, [84, 98, 112]], [0.5, [142, 154, 162]], [1, [178, 188, 190]]] : [[0, [74, 96, 160]], [0.3, [206, 142, 150]], [0.52, [255, 196, 120]], [1, [255, 226, 170]]]);
    if (!dusk) sun(0.44, 0.46, 0.026, [255, 236, 190], 0.42);
    clouds(0, 0.5, dusk ? [66, 76, 88] : [250, 170, 140], dusk ? 1.2 : 0.7, 2.4);
    if (!dusk) ridge(0.555, 0.03, 3.5, seed, [74, 62, 88], { light: 0.3 });
    mirror(0.55, dusk ? [58, 76, 86] : [92, 66, 104], dusk ? 0.6 : 0.22, dusk ? 2.4 : 1.3);
    if (!dusk) ridge(1.02, 0.16, 1.6, seed + 4, [38, 30, 40], { light: 0.7 });
  } else if (kind === "forest") {
    const autumn = seed > 30;
    sky(autumn ? [[0, [250, 226, 180]], [1, [228, 168, 96]]] : [[0, [196, 208, 208]], [1, [226, 230, 226]]]);
    clouds(0, 0.9, autumn ? [255, 244, 220] : [245, 248, 248], 0.8, 2);
    for (let i = 0; i < 7; i++) {
      firs(0.42 + i * 0.1, 0.3 + i * 0.035, mix(autumn ? [226, 176, 112] : [186, 200, 200], autumn ? [92, 40, 14] : [18, 40, 36], Math.pow((i + 0.6) / 7, 1.1)), 30 - i * 3);
      clouds(0.3 + i * 0.08, Math.min(1, 0.62 + i * 0.1), autumn ? [250, 214, 150] : [222, 230, 230], 0.5, 1.5 + i * 0.3);
    }
  } else if (kind === "fields") {
    sky([[0, [52, 122, 200]], [0.45, [168, 208, 238]], [1, [240, 246, 244]]]);
    clouds(0.03, 0.42, [255, 255, 255], 1.3, 3.4);
    ridge(0.5, 0.05, 2, seed, [88, 128, 110], { light: 0.5, haze: [150, 180, 150] });
    const bands = [[222, 196, 30], [108, 152, 52], [238, 212, 40], [74, 128, 56], [244, 216, 34]];
    bands.forEach((colour, i) => ridge(0.56 + i * 0.1, 0.06, 1.1 + i * 0.2, seed + i * 4.4, colour, { light: 0.34, rough: 3 }));
  } else if (kind === "aurora") {
    sky([[0, [5, 10, 30]], [0.6, [14, 34, 62]], [1, [30, 62, 84]]]);
    for (let i = 0; i < 500; i++) {
      c.fillStyle = `rgba(255,255,255,${random() * 0.8})`;
      const r = random() * w * 0.0011;
      c.fillRect(random() * w, random() * h * 0.75, r, r);
    }
    const image = c.getImageData(0, 0, w, h), d = image.data;
    for (let x = 0; x < w; x++) {
      for (let band = 0; band < 3; band++) {
        const foot = h * (0.46 + band * 0.08 + (fbm((x / w) * 2.2 + band * 3, seed + band, 4) - 0.47) * 0.7);
        const tall = h * (0.3 + 0.2 * noise((x / w) * 30, band)), strong = 0.25 + 0.85 * fbm((x / w) * 14 + band * 9, seed, 3);
        for (let y = Math.max(0, Math.floor(foot - tall)); y < Math.min(h, foot + h * 0.03); y++) {
          const t = (foot - y) / tall, a = (t < 0 ? Math.max(0, 1 + t * 9) : Math.pow(Math.max(0, 1 - t), 1.7)) * strong * 0.75;
          const p = mix([70, 255, 150], [150, 70, 220], Math.max(0, Math.min(1, t * 1.1))), i = (y * w + x) * 4;
          for (let k = 0; k < 3; k++) d[i + k] = Math.min(255, d[i + k] + p[k] * a);
        }
      }
    }
    c.putImageData(image, 0, 0);
    ridge(0.8, 0.12, 2.2, seed, [14, 26, 40], { light: 0.3 });
    firs(0.86, 0.11, [4, 9, 16], 90);
    mirror(0.9, [10, 24, 40], 0.25, 0.8);
  } else if (kind === "houses") {
    sky([[0, [92, 160, 220]], [0.6, [196, 224, 240]], [1, [240, 244, 240]]]);
    clouds(0.02, 0.4, [255, 255, 255], 1, 3);
    houses(0.66, 8, [[186, 66, 52], [236, 190, 92], [226, 222, 206], [206, 120, 70], [128, 152, 140], [240, 206, 140], [160, 54, 48]], [0.28, 0.12], false);
    c.fillStyle = "rgb(112 106 100)";
    c.fillRect(0, h * 0.655, w, h * 0.03);
    mirror(0.68, [52, 92, 116], 0.3, 1.1);
  } else if (kind === "city") {
    sky([[0, [24, 32, 74]], [0.4, [104, 84, 136]], [0.62, [240, 156, 120]], [1, [255, 206, 140]]]);
    clouds(0.05, 0.5, [255, 170, 140], 0.5);
    houses(0.72, 17, [[70, 60, 96], [84, 70, 104], [62, 56, 92]], [0.2, 0.22], true);
    houses(0.72, 11, [[34, 32, 58], [26, 26, 48], [42, 36, 62]], [0.1, 0.2], true);
    mirror(0.72, [20, 24, 48], 0.3, 1.6);
  }
  grain(9, 0.22);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.86));
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}
