// SPDX-License-Identifier: Apache-2.0

// The two engines that look for barriers: axe-core and IBM's accessibility-checker-engine. Both are put into the page
// through the debugger, so that the content security policy stays on.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const ibm = readFileSync(require.resolve("accessibility-checker-engine/ace.js"), "utf8");

/** baseline are findings of IBM's engine that are known and meant to stay: rule, where (a pattern of the element), why. */
export const baseline = JSON.parse(readFileSync(new URL("baseline.json", import.meta.url), "utf8")).map((b) => ({ ...b, element: new RegExp(b.element) }));

const used = new Set();
/** unused are the entries of the baseline that nothing was found for. */
export const unused = () => baseline.filter((b) => !used.has(b)).map((b) => `${b.rule} ${b.element}`);

async function run(client, expression) {
  const { result, exceptionDetails } = await client.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
}

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** findings of axe: each with its rule, the element and what is wrong with it. */
export async function byAxe(client, { contrast = true } = {}) {
  if (!(await run(client, "typeof globalThis.axe === 'object'"))) await run(client, `${axe};0`);
  const options = JSON.stringify({ resultTypes: ["violations"], runOnly: tags, rules: { "label-content-name-mismatch": { enabled: true }, "color-contrast": { enabled: contrast } } });
  return JSON.parse(await run(client, `axe.run(document, ${options}).then((r) => JSON.stringify(r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.html.slice(0, 200) + " – " + [...n.any, ...n.all, ...n.none].map((c) => c.message).join("; ")))))`));
}

/** findings of IBM's engine that are not in the baseline. What it only asks people to look at is no finding. */
export async function byIBM(client) {
  if (!(await run(client, "typeof globalThis.tillgangIBM === 'object'"))) await run(client, `${ibm};globalThis.tillgangIBM = ace;0`);
  const found = JSON.parse(await run(client, `new tillgangIBM.Checker().check(document, ["IBM_Accessibility", "WCAG_2_2"]).then((r) => JSON.stringify(r.results.filter((x) => x.value[1] === "FAIL").map((x) => ({ rule: x.ruleId, element: x.snippet, text: x.message, at: x.path.dom }))))`));
  const left = [];
  for (const f of found) {
    const known = baseline.find((b) => b.rule === f.rule && b.element.test(f.element));
    if (known) used.add(known);
    else left.push(`${f.rule}: ${f.element.slice(0, 200)} – ${f.text} (${f.at.slice(-90)})`);
  }
  return left;
}
