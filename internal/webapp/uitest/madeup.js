// SPDX-License-Identifier: Apache-2.0

// A made-up server for lists that are too long to be uploaded in a test: the built browser app, and answers in the
// shape of api/openapi.yaml for as many assets as one likes. What it is asked for is kept.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

const dist = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../ui/dist");
const kinds = ["image", "image", "image", "image", "video", "document"];
const words = ["Hamnen", "Torget", "Biblioteket", "Skolgården", "Älvstranden", "Rådhuset", "Simhallen", "Åsbergsparken", "Östra bron", "Marknaden"];
const types = { ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml" };

/** policyOf is the content security policy that the door sends, out of its source: the made-up server is as strict. */
function policyOf() {
  const go = readFileSync(path.resolve(dist, "../../shell.go"), "utf8");
  const style = /styleOfReactAria = "(.*)"/.exec(go)[1];
  const body = /func appPolicy\(media string\) string \{([^}]*)\}/.exec(go)[1];
  return body.replace(/^\s*return\s+/, "").split("+").map((part) => (part.trim() === "styleOfReactAria" ? style : /"(.*)"/.exec(part)?.[1] ?? "")).join("");
}
const policy = policyOf();

/** idOf is the identifier of the n-th made-up asset. */
export const idOf = (n) => "ast_" + String(n).padStart(26, "0");
const day = (n) => new Date(Date.UTC(2026, 10, 20) - n * 3_600_000 * 7).toISOString();

/** madeUp is the n-th of many assets. */
export function madeUp(n, change = {}) {
  const kind = kinds[n % kinds.length];
  const title = `${words[n % words.length]} ${n + 1}`;
  return {
    id: idOf(n), folder: "fld_00000000000000000000000001", kind, state: n % 97 === 5 ? "preparing" : n % 89 === 7 ? "failed" : "ready", name: `IMG_${String(n).padStart(6, "0")}.jpg`, media_type: kind === "image" ? "image/jpeg" : "video/mp4",
    size: 1_000_000 + n * 37, sha256: n.toString(16).padStart(64, "0"), width: 4000, height: 3000, ...(kind === "video" ? { duration: 30 + (n % 300) } : {}),
    fields: { title: { lang: { sv: title }, source: "person", at: day(n) }, creator: { value: "Eva Ek", source: "file", at: day(n) }, keywords: { values: ["sommar", "hamn"], source: "person", at: day(n) } },
    alt: n % 5 ? { sv: { decision: "text", text: title, source: "person", at: day(n) } } : {}, captured_on: day(n).slice(0, 10),
    renditions: kind === "document" ? [] : [320, 1024, 2048].map((w, i) => ({ preset: ["small", "medium", "large"][i], url: `/thumb/${n % 24}-${w}.svg`, width: w, height: Math.round(w * [0.75, 0.667, 1.333, 0.5625][n % 4]), media_type: "image/jpeg", size: 20_000 })),
    version: 1, created_at: day(n), updated_at: day(n), permissions: ["asset.view", "asset.edit", "asset.download_rendition"], ...change,
  };
}

function thumb(name) {
  const [n, w] = name.split(/[-.]/).map(Number);
  const hue = n * 15, h = Math.round(w * [0.75, 0.667, 1.333, 0.5625][n % 4]);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}"><rect width="100%" height="100%" fill="hsl(${hue} 45% 72%)"/><path d="M0 ${h * 0.7}L${w * 0.3} ${h * 0.4}L${w * 0.5} ${h * 0.62}L${w * 0.72} ${h * 0.3}L${w} ${h * 0.66}V${h}H0z" fill="hsl(${hue} 35% 40%)"/><circle cx="${w * 0.75}" cy="${h * 0.2}" r="${w * 0.06}" fill="hsl(${hue + 180} 70% 85%)"/></svg>`;
}

/** serve starts it. total is how many assets there are, most how many a list holds. */
export async function serve({ total, most = 100_000 }) {
  const orders = [];
  const folder = (n, name, more = {}) => ({ id: "fld_" + String(n).padStart(26, "0"), name, version: 1, path: [], has_folders: false, permissions: ["folder.view", "folder.manage", "asset.upload", "asset.view", "asset.edit"], ...more });
  const asked = [], changed = new Map(), gone = new Set();
  const one = (n) => (gone.has(n) ? undefined : madeUp(n, changed.get(n)));
  const item = (place, n) => ({ place, ...(one(n) ? { asset: one(n) } : {}) });
  const lists = new Map([["all", { begin: 0, n: Math.min(most, total), pick: undefined }]]);
  const answer = (url, method, body) => {
    const q = url.searchParams, num = (name, or) => Number(q.get(name) ?? or);
    switch (url.pathname) {
      case "/api/v1/session":
        return { id: "acc_1", email: "eva@example.org", name: "Eva Ek", permissions: ["asset.view", "asset.edit", "asset.download_rendition"], language: "sv" };
      case "/api/v1/assets/window": {
        let anchor = q.get("anchor") ?? "all";
        if (method === "POST") lists.set((anchor = "chosen"), { begin: 0, n: body.selection.ids.length, pick: body.selection.ids.map((id) => Number(id.slice(4))) });
        else if (!q.get("anchor") && q.get("after")) lists.set((anchor = "after" + q.get("after")), { begin: Number(q.get("after")), n: Math.min(most, total - Number(q.get("after"))) });
        else if (!q.get("anchor") && q.get("start")) {
          let begin = 0;
          while (begin < total && day(begin).slice(0, 7) > q.get("start")) begin++;
          lists.set((anchor = "start" + begin), { begin, n: Math.min(most, total - begin) });
        }
        const list = lists.get(anchor);
        if (!list) return [404, { type: "about:blank", title: "gone", status: 404, code: "window.not_found" }];
        const from = num("from", 0), end = Math.min(list.n, from + num("n", 200));
        const items = [];
        for (let p = from; p < end; p++) items.push(item(p, list.pick ? list.pick[p] : list.begin + p));
        const whole = list.pick || list.begin + list.n >= total;
        return { anchor, from, total: list.n, total_is_exact: !!whole, ...(whole ? {} : { next: String(list.begin + list.n) }), items };
      }
      case "/api/v1/assets/window/ids": {
        const list = lists.get(q.get("anchor")), out = [];
        for (let p = num("from", 0); p < Math.min(list.n, num("from", 0) + num("n", 20_000)); p++) out.push(idOf(list.pick ? list.pick[p] : list.begin + p));
        return { ids: out };
      }
      case "/api/v1/assets/histogram": {
        const list = lists.get(q.get("anchor") ?? "all"), by = q.get("by"), bars = [];
        for (let p = 0; p < list.n; p++) {
          const n = list.pick ? list.pick[p] : list.begin + p;
          const key = by === "letter" ? words[Math.floor((p * words.length) / list.n)][0] : day(n).slice(0, by === "year" || by === "added_year" ? 4 : 7);
          if (bars.at(-1)?.key === key) bars.at(-1).count++;
          else bars.push({ key, count: 1, place: p });
        }
        return { bars, is_exact: list.begin + list.n >= total };
      }
      case "/api/v1/assets": {
        const from = num("cursor", 0), n = num("limit", 50), items = [];
        for (let i = from; i < Math.min(total, from + n); i++) items.push(madeUp(i, changed.get(i)));
        return { items, ...(from + n < total ? { next: String(from + n) } : {}), total: Math.min(total, 10_000), total_is_exact: total <= 10_000 };
      }
      case "/api/v1/folders":
        return { items: q.get("parent") ? [folder(2, "Vinter 2026"), folder(3, "Östersund")] : [folder(1, "Root", { purpose: "root", has_folders: true })] };
      case "/api/v1/bulk":
        orders.push(body);
        return [202, { id: "blk_1", state: "waiting", total: 1, done: 0, changed: 0, skipped: 0, failed: 0, change: body.change, created_at: day(0) }];
      case "/api/v1/assets/facets":
        return { total: Math.min(total, 10_000), total_is_exact: total <= 10_000, of: Math.min(total, 10_000), tags_of: Math.min(total, 1000), kinds: [], tags: [], years: [], folders: [] };
    }
    const of = /^\/api\/v1\/assets\/ast_(\d+)$/.exec(url.pathname);
    if (of) return one(Number(of[1])) ?? [404, { code: "asset.not_found", status: 404, title: "gone", type: "about:blank" }];
    return { items: [] };
  };
  const server = createServer((req, res) => {
    const url = new URL(req.url, "http://madeup");
    let body = "";
    req.on("data", (b) => (body += b));
    req.on("end", () => {
      if (url.pathname.startsWith("/thumb/")) {
        res.writeHead(200, { "Content-Type": "image/svg+xml", "Cache-Control": "max-age=3600" }).end(thumb(url.pathname.slice(7)));
      } else if (url.pathname.startsWith("/api/")) {
        asked.push(url.pathname + url.search);
        const out = answer(url, req.method, body ? JSON.parse(body) : undefined);
        const [status, value] = Array.isArray(out) ? out : [200, out];
        res.writeHead(status, { "Content-Type": status === 200 ? "application/json" : "application/problem+json" }).end(JSON.stringify(value));
      } else if (url.pathname.startsWith("/app/")) {
        const file = path.join(dist, path.normalize(url.pathname.slice(4)));
        if (!existsSync(file)) return void res.writeHead(404).end();
        res.writeHead(200, { "Content-Type": types[path.extname(file)] ?? "application/octet-stream", "Cache-Control": "max-age=3600" }).end(readFileSync(file));
      } else {
        const page = readFileSync(path.join(dist, "index.html"), "utf8").replace('<html lang="en"', '<html lang="sv"');
        res.writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy }).end(page);
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    base: `http://localhost:${server.address().port}`,
    asked,
    orders,
    /** change what an asset is; remove takes it away. */
    change: (n, to) => changed.set(n, { ...changed.get(n), ...to }),
    remove: (n) => gone.add(n),
    stop: () => new Promise((resolve) => server.close(resolve) && server.closeAllConnections()),
  };
}
