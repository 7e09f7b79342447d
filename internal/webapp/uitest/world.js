// SPDX-License-Identifier: Apache-2.0

// The real program on a free port with its data in a folder of its own, and a
// browser to use it with.

import { execFile, spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");

/** password is what the tests choose. */
export const password = "kaffekopp-vinterdäck-lupiner-tub";

function freePort() {
  return new Promise((resolve, reject) => {
    const s = createServer();
    s.on("error", reject);
    s.listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });
}

/** start runs `tillgang serve`, with more in its environment, until it prints the one-time link; stop ends it and removes its data. */
export async function start(more = {}) {
  const data = await mkdtemp(path.join(tmpdir(), "tillgang-ui-"));
  await chmod(data, 0o755); // the private database runs as another user when we are root
  const port = await freePort();
  const base = `http://localhost:${port}`;
  const binary = process.env.TILLGANG_BIN ?? path.join(root, "bin/tillgang");
  const env = { PATH: process.env.PATH, HOME: data, TILLGANG_DATA: path.join(data, "data"), TILLGANG_LISTEN: `127.0.0.1:${port}`, TILLGANG_BASE_URL: base, TILLGANG_METRICS_LISTEN: "127.0.0.1:0", ...more };
  const program = spawn(binary, ["serve"], { env, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  program.stderr.on("data", (b) => (log += b));
  const ended = new Promise((resolve) => program.on("exit", resolve));
  const link = await new Promise((resolve, reject) => {
    let out = "";
    program.stdout.on("data", (b) => {
      const found = /http\S+\/sign-in\/link#\S+/.exec((out += b));
      if (found) resolve(found[0]);
    });
    program.on("error", reject);
    ended.then((code) => reject(new Error(`tillgang ended with ${code} before it printed its link:\n${out}${log}`)));
  });
  for (let i = 0; ; i++) {
    const ready = await fetch(`${base}/readyz`).then((r) => r.ok, () => false);
    if (ready) break;
    if (i === 300) throw new Error(`tillgang is not ready:\n${log}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    base,
    link,
    log: () => log,
    /** key makes an administrator's API key beside the running server. */
    async key() {
      const { stdout } = await promisify(execFile)(binary, ["key", "create", "--name", "test", "--role", "admin"], { env });
      return stdout.trim();
    },
    async stop() {
      program.kill("SIGTERM");
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** browse opens the browser of the machine. */
export function browse() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}
