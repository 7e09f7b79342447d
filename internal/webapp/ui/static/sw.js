// SPDX-License-Identifier: Apache-2.0
// The service worker: it shows a page of its own when there is no connection, and takes what other programs share. It
// keeps nothing else: no answer of the API, no picture, no page with anybody's name.
"use strict";

const name = "tillgang-VERSION";
const kept = ["/offline", "/static/app.css?v=VERSION", "/static/icon.svg?v=VERSION", "/static/app.js?v=VERSION"];
let shared = [];

self.addEventListener("install", (e) => {
  // Without cookies: the page must know nobody.
  const get = (url) => fetch(url, { credentials: "omit", cache: "reload" });
  e.waitUntil(
    caches.open(name).then((c) => Promise.all(kept.map(async (url) => {
      const answer = await get(url);
      if (answer.ok) await c.put(url, answer);
    }))).then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (e) => {
  e.waitUntil(caches.keys().then((all) => Promise.all(all.filter((n) => n.startsWith("tillgang-") && n !== name).map((n) => caches.delete(n)))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (e) => {
  const url = new URL(e.request.url);
  if (url.origin !== self.location.origin) return;
  if (e.request.method === "POST" && url.pathname === "/share") {
    e.respondWith(take(e.request));
    return;
  }
  if (e.request.method !== "GET") return;
  if (e.request.mode === "navigate") {
    e.respondWith(fetch(e.request).catch(async () => (await caches.match("/offline")) ?? Response.error()));
  } else if (kept.includes(url.pathname + url.search)) {
    e.respondWith(fetch(e.request).catch(async () => (await caches.match(url.pathname + url.search)) ?? Response.error()));
  }
});

/** take holds shared files in memory until the app asks for them, a moment later. */
async function take(request) {
  const form = await request.formData();
  shared = form.getAll("files").filter((f) => f instanceof File);
  return Response.redirect("/?shared=1", 303);
}

self.addEventListener("message", (e) => {
  if (e.data !== "shared") return;
  e.source.postMessage({ shared });
  shared = [];
});
