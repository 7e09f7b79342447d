// SPDX-License-Identifier: Apache-2.0
// Makes src/api/gen from the contract: types only, no client. Does nothing when the contract has not changed.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync, existsSync } from "node:fs";
import { createClient } from "@hey-api/openapi-ts";

const contract = new URL("../../../../../api/openapi.yaml", import.meta.url).pathname;
const out = new URL("../src/api/gen/", import.meta.url).pathname;
const hash = createHash("sha256").update(readFileSync(contract)).update(readFileSync(new URL(import.meta.url))).digest("hex");
const stamp = out + "contract.sha256";
if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) process.exit(0);
await createClient({ input: contract, output: out, plugins: ["@hey-api/typescript"], logs: { level: "error" } });
writeFileSync(stamp, hash);
