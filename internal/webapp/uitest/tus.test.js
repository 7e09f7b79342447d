// SPDX-License-Identifier: Apache-2.0

// Resumable uploads by the client that browsers use, against the real program.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import * as tus from "tus-js-client";
import { start } from "./world.js";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

let world, headers;

before(async () => {
  world = await start();
  headers = { Authorization: `Bearer ${await world.key()}` };
});
after(() => world?.stop());

/** send uploads bytes to their end and returns the upload and the asset that its last answer names. */
function send(bytes, options = {}, drive = (upload) => upload.start()) {
  return new Promise((resolve, reject) => {
    let asset;
    const upload = new tus.Upload(bytes, {
      endpoint: `${world.base}/api/v1/uploads`,
      headers,
      retryDelays: [100, 200, 500, 1000],
      metadata: { filename: "åäö.bin", filetype: "application/octet-stream" },
      onAfterResponse: (_, response) => {
        asset = response.getHeader("Tillgang-Asset") ?? asset;
      },
      onError: reject,
      onSuccess: () => resolve({ upload, asset }),
      ...options,
    });
    drive(upload);
  });
}

async function holds(asset, bytes) {
  assert.match(asset ?? "", /^ast_/);
  const a = await (await fetch(`${world.base}/api/v1/assets/${asset}`, { headers })).json();
  assert.equal(a.sha256, sha256(bytes));
  assert.equal(a.name, "åäö.bin");
  const d = await fetch(`${world.base}/api/v1/assets/${asset}/downloads`, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify({ variant: "original" }),
  });
  const { url } = await d.json();
  const got = Buffer.from(await (await fetch(new URL(url, world.base))).arrayBuffer());
  assert.equal(sha256(got), sha256(bytes));
}

test("a file in one request", async () => {
  const bytes = randomBytes(20_000_000);
  await holds((await send(bytes)).asset, bytes);
});

test("a file in chunks", async () => {
  const bytes = randomBytes(10_000_000);
  await holds((await send(bytes, { chunkSize: 3_000_000 })).asset, bytes);
});

test("a file with its creation", async () => {
  const bytes = randomBytes(100_000);
  await holds((await send(bytes, { uploadDataDuringCreation: true })).asset, bytes);
});

test("a file in parallel parts, which are joined", async () => {
  const bytes = randomBytes(9_000_001);
  await holds((await send(bytes, { parallelUploads: 4 })).asset, bytes);
});

test("a file whose length is said at the end", async () => {
  const bytes = randomBytes(7_000_000);
  const { Readable } = await import("node:stream");
  const parts = [];
  for (let at = 0; at < bytes.length; at += 1_000_000) parts.push(bytes.subarray(at, at + 1_000_000));
  const { asset } = await send(Readable.from(parts, { objectMode: false }), { uploadLengthDeferred: true, chunkSize: 2_000_000 });
  await holds(asset, bytes);
});

test("an upload that is paused again and again", async () => {
  const bytes = randomBytes(30_000_000);
  let pauses = 0;
  let paused = false;
  const { asset } = await send(bytes, {
    chunkSize: 4_000_000,
    onProgress(sent) {
      if (paused || pauses >= 5 || sent < (pauses + 1) * 4_500_000) return;
      paused = true;
      pauses++;
      this.upload.abort().then(() => {
        paused = false;
        this.upload.start();
      });
    },
  }, function (upload) {
    upload.options.upload = upload;
    upload.start();
  });
  assert.ok(pauses > 1, `${pauses} pauses`);
  await holds(asset, bytes);
});

test("an upload that another client goes on with", async () => {
  const bytes = randomBytes(12_000_000);
  const url = await new Promise((resolve, reject) => {
    const first = new tus.Upload(bytes, {
      endpoint: `${world.base}/api/v1/uploads`, headers, chunkSize: 4_000_000, metadata: { filename: "åäö.bin" }, onError: reject,
      onChunkComplete: () => first.abort().then(() => resolve(first.url)),
    });
    first.start();
  });
  const { asset } = await send(bytes, { uploadUrl: url });
  await holds(asset, bytes);
});

test("an upload that is cancelled", async () => {
  const url = await new Promise((resolve, reject) => {
    const one = new tus.Upload(randomBytes(8_000_000), {
      endpoint: `${world.base}/api/v1/uploads`, headers, chunkSize: 2_000_000, onError: reject,
      onChunkComplete: () => one.abort(true).then(() => resolve(one.url), reject),
    });
    one.start();
  });
  const r = await fetch(url, { method: "HEAD", headers: { ...headers, "Tus-Resumable": "1.0.0" } });
  assert.equal(r.status, 404);
});

test("a duplicate is told, and then counts as the one that is there", async () => {
  const bytes = randomBytes(50_000);
  const { asset } = await send(bytes);
  let said;
  const again = await send(bytes, {
    onShouldRetry: (error) => {
      said = JSON.parse(error.originalResponse.getBody());
      return true;
    },
  });
  assert.equal(said.code, "asset.duplicate");
  assert.equal(said.id, asset);
  assert.equal(again.asset, asset);
});
