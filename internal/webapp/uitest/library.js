// SPDX-License-Identifier: Apache-2.0

// A library to try the screens in: folders and 36 drawn pictures, some with names that mean harm.

import { draw, scenes } from "./pictures.js";

/** sentinel is a text that would run if it were taken for markup. */
export const sentinel = "<img src=x onerror=alert(1)>";

/** turned is a name that would end in .jpg if it were written from right to left. */
export const turned = "faktura\u202egpj.exe";

/** fill makes the library, and returns its folders and a way to the API with an administrator's key. */
export async function fill(page, program) {
  const key = await program.key();
  const api = async (method, path, body, headers = {}) => {
    const form = body instanceof FormData;
    const r = await fetch(`${program.base}/api/v1${path}`, { method, headers: { Authorization: `Bearer ${key}`, ...(body && !form ? { "Content-Type": "application/json" } : {}), ...headers }, body: form ? body : body && JSON.stringify(body) });
    if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${await r.text()}`);
    return r.status === 204 ? undefined : r.json();
  };
  const root = (await api("GET", "/folders")).items[0];
  const make = (name, parent = root) => api("POST", "/folders", { name, parent: parent.id });
  const nature = await make("Natur");
  const sea = await make("Hav", nature);
  const empty = await make("Tomt");
  await make(sentinel);
  let n = 0;
  for (const size of [160, 168, 176])
    for (const scene of scenes) {
      const form = new FormData();
      form.set("folder", scene.kind === "sea" ? sea.id : nature.id);
      form.set("file", new Blob([await draw(page, scene, size, 120)], { type: "image/jpeg" }), n === 1 ? turned : scene.file.replace(".", `-${size}.`));
      const a = await api("POST", "/assets", form);
      await api("PATCH", `/assets/${a.id}`, { fields: { title: { lang: { sv: n === 0 ? sentinel : `${scene.title} ${size}` } }, keywords: { values: n < 2 ? [...scene.keywords, sentinel] : scene.keywords } } });
      n++;
    }
  return { api, root, nature, sea, empty };
}
