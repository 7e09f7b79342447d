// SPDX-License-Identifier: Apache-2.0
// Compiles messages/<language>/<feature>.json (ICU MessageFormat) to functions in src/i18n/gen, so that no parser is
// shipped, and writes the type of every key with the arguments that its text takes. Fails when a language lacks a key,
// has one too many, or takes other arguments.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { compileString } from "@internationalized/string-compiler";
import { parse, TYPE } from "@formatjs/icu-messageformat-parser";

const root = new URL("../", import.meta.url).pathname;
const languages = ["en", "sv", "nb", "da", "fi"];
const features = readdirSync(root + "messages/en").filter((f) => f.endsWith(".json")).map((f) => f.slice(0, -5)).sort();
const problems = [];

function argumentsOf(nodes, found = new Map()) {
  for (const n of nodes) {
    if (n.type === TYPE.argument) found.set(n.value, found.get(n.value) ?? "string | number");
    if (n.type === TYPE.number || n.type === TYPE.plural) found.set(n.value, "number");
    if (n.type === TYPE.select) found.set(n.value, "string");
    if (n.type === TYPE.date || n.type === TYPE.time || n.type === TYPE.tag) throw new Error("dates and tags are not for messages");
    if (n.type === TYPE.plural || n.type === TYPE.select) for (const o of Object.values(n.options)) argumentsOf(o.value, found);
  }
  return found;
}

function read(language, feature) {
  try {
    return JSON.parse(readFileSync(`${root}messages/${language}/${feature}.json`, "utf8"));
  } catch (e) {
    problems.push(`${language}/${feature}: ${e.message}`);
    return {};
  }
}

const gen = root + "src/i18n/gen/";
rmSync(gen, { recursive: true, force: true });
const types = [];
for (const feature of features) {
  const english = read("en", feature);
  for (const language of languages) {
    const words = language === "en" ? english : read(language, feature);
    for (const key of Object.keys(words)) if (!(key in english)) problems.push(`${language}/${feature}: "${key}" is not in English`);
    const lines = [];
    for (const key of Object.keys(english)) {
      if (typeof words[key] !== "string" || words[key] === "") { problems.push(`${language}/${feature}: "${key}" is missing`); continue; }
      try {
        const args = argumentsOf(parse(words[key], { ignoreTag: true }));
        const meant = argumentsOf(parse(english[key], { ignoreTag: true }));
        const names = [...args.keys()].sort().join(), wanted = [...meant.keys()].sort().join();
        if (names !== wanted) problems.push(`${language}/${feature}: "${key}" takes {${names}}, English {${wanted}}`);
        if (language === "en") types.push(`  ${JSON.stringify(`${feature}.${key}`)}: ${args.size ? `{ ${[...args].map(([n, t]) => `${JSON.stringify(n)}: ${t}`).join("; ")} }` : "undefined"};`);
        lines.push(`  ${JSON.stringify(key)}: ${compileString(words[key])},`);
      } catch (e) {
        problems.push(`${language}/${feature}: "${key}": ${e.message}`);
      }
    }
    mkdirSync(gen + language, { recursive: true });
    writeFileSync(`${gen}${language}/${feature}.js`, `export default {\n${lines.join("\n")}\n};\n`);
  }
}
for (const language of languages.slice(1))
  for (const f of readdirSync(root + "messages/" + language)) if (!features.includes(f.slice(0, -5))) problems.push(`${language}/${f} has no English`);
writeFileSync(gen + "keys.ts", `export type Messages = {\n${types.join("\n")}\n};\nexport type Feature = ${features.map((f) => JSON.stringify(f)).join(" | ")};\n`);
if (problems.length) {
  console.error(problems.join("\n"));
  process.exit(1);
}
