// SPDX-License-Identifier: Apache-2.0

// deploy/accessibility.md stays true: every test that it names is there, every clause has its line, every result a reason.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";

const report = readFileSync(new URL("../../../../deploy/accessibility.md", import.meta.url), "utf8");
const rows = report.split("\n").filter((l) => /^\| [0-9B]/.test(l)).map((l) => l.split("|").slice(1, -1).map((c) => c.trim()));

const wcag21 = "1.1.1 1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.3.3 1.3.4 1.3.5 1.4.1 1.4.2 1.4.3 1.4.4 1.4.5 1.4.10 1.4.11 1.4.12 1.4.13 2.1.1 2.1.2 2.1.4 2.2.1 2.2.2 2.3.1 2.4.1 2.4.2 2.4.3 2.4.4 2.4.5 2.4.6 2.4.7 2.5.1 2.5.2 2.5.3 2.5.4 3.1.1 3.1.2 3.2.1 3.2.2 3.2.3 3.2.4 3.3.1 3.3.2 3.3.3 3.3.4 4.1.1 4.1.2 4.1.3".split(" ");
const clauses = [
  ..."5.1 5.2 5.3 5.4 5.5 5.6 5.7 5.8 5.9 7.1 7.2 7.3 9.6 10 11.1–11.7 11.8.1 11.8.2 11.8.3 11.8.4 11.8.5 12.1.1 12.1.2 12.2.2 12.2.3 12.2.4".split(" "),
  ...wcag21.map((c) => "9." + c),
  ..."2.4.11 2.5.7 2.5.8 3.2.6 3.3.7 3.3.8".split(" "),
  ..."B.1.1.1 B.1.1.2 B.1.2.1 B.1.2.2 B.1.2.3 B.1.2.4 B.2.1.1 B.2.2.1 B.2.2.2 B.2.3.1 B.2.3.2 B.2.3.3 B.2.4.1–B.2.4.4 B.2.5.1–B.2.5.2 B.3.1.1 B.3.1.2 B.3.1.3 B.3.2.1 B.4.1.1 B.4.1.2 B.4.1.3 B.4.1.4 B.4.2.1 B.4.2.2".split(" "),
];

describe("the accessibility report", () => {
  test("has a line for every clause, and none twice", () => {
    const there = rows.map((r) => r[0]);
    assert.deepEqual(clauses.filter((c) => !there.includes(c)), []);
    assert.deepEqual(there.filter((c, i) => there.indexOf(c) !== i), []);
  });

  test("says a result of each, and why where it is not whole", () => {
    for (const [clause, , result, remark] of rows) {
      assert.ok(["supports", "partly", "not", "not applicable"].includes(result), `${clause}: ${result}`);
      if (result !== "supports") assert.ok(remark, `${clause} has no remark`);
    }
  });

  test("names only tests that there are, and one for whatever is supported", () => {
    for (const [clause, , result, remark, shown] of rows) {
      const named = [...shown.matchAll(/`([^`]+)`/g)].map((m) => m[1]);
      if (result === "supports") assert.ok(named.length || remark === "They cannot be turned off.", `${clause} is shown by nothing`);
      for (const n of named) {
        const [file, name] = n.split(" › ");
        const at = new URL("../" + file, import.meta.url);
        assert.ok(existsSync(at), `${clause}: there is no ${file}`);
        if (name) assert.ok(readFileSync(at, "utf8").includes(`test("${name}"`), `${clause}: ${file} has no test “${name}”`);
      }
    }
  });
});
