// SPDX-License-Identifier: Apache-2.0

// The arithmetic of the library's views: where cards stand, what is selected, which pages of a list are here.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { load } from "./source.js";

describe("where cards stand, what is selected, what is here", () => {
  let close, layout, selection, win, query;
  before(async () => {
    let modules;
    ({ modules, close } = await load("assetgrid/layout.ts", "assetgrid/selection.ts", "assetgrid/window.ts", "assetgrid/query.ts"));
    [layout, selection, win, query] = modules;
  });
  after(() => close?.());

  const measures = (width, least, more = {}) => ({ width, least, gap: 16, caption: 52, heading: 0, ...more });

  test("no list is taller than 8 million pixels, whatever the number of columns, nor longer than 100,000", () => {
    const seen = new Set();
    for (let width = 120; width <= 5200; width += 20)
      for (const least of [140, 180, 240, 320])
        for (const sections of [1, 240]) {
          const m = measures(width, least, { heading: sections > 1 ? 48 : 0 });
          const n = layout.stretch(m, sections);
          const { columns } = layout.columnsOf(m);
          seen.add(columns);
          const per = Math.ceil(n / sections), parts = [];
          for (let from = 0; from < n; from += per) parts.push({ key: String(from), from, count: Math.min(per, n - from) });
          const l = new layout.Layout(m, parts);
          assert.ok(l.height <= 8_000_000, `${columns} columns of ${n}: ${l.height} px`);
          assert.ok(n <= 100_000 && n >= columns);
        }
    assert.ok(seen.has(1) && seen.has(2) && seen.has(16) && seen.has(33), [...seen].join());
  });

  test("cards lie within the width, in rows, without touching", () => {
    for (const width of [120, 288, 320, 511, 1000, 1720]) {
      const l = new layout.Layout(measures(width, 180), [{ key: "", from: 0, count: 57 }]);
      for (let p = 0; p < 57; p++) {
        const b = l.box(p);
        assert.ok(b.x >= 0 && b.x + b.width <= width + 0.01, `${p} at ${b.x} of ${width}`);
        assert.ok(b.y + b.height <= l.height + 0.01);
        if (p % l.columns) assert.ok(b.x >= l.box(p - 1).x + b.width + 15.9);
      }
    }
  });

  test("what is in sight is what a look at every card finds, with and without headings", () => {
    for (const sections of [[{ key: "", from: 40, count: 500 }], [{ key: "a", from: 0, count: 7 }, { key: "b", from: 7, count: 1 }, { key: "c", from: 8, count: 300 }, { key: "d", from: 308, count: 13 }]]) {
      const l = new layout.Layout(measures(700, 180, { heading: sections.length > 1 ? 48 : 0 }), sections);
      for (let top = 0; top < l.height; top += 97) {
        const [a, b] = l.between(top, top + 600);
        for (let p = l.first; p < l.end; p++) {
          const box = l.box(p);
          if (box.y < top + 600 && box.y + box.height > top) assert.ok(p >= a && p < b, `place ${p} at ${box.y} is not drawn for ${top}: ${a} to ${b}`);
        }
        assert.ok(b - a <= 8 * l.columns, "no more is drawn than is in sight, and a row");
      }
    }
  });

  test("arrows lead to the card that stands there, over headings too, and back", () => {
    const l = new layout.Layout(measures(700, 180, { heading: 48 }), [{ key: "a", from: 0, count: 8 }, { key: "b", from: 8, count: 2 }, { key: "c", from: 10, count: 9 }]);
    assert.equal(l.columns, 3);
    assert.deepEqual([l.below(0), l.below(4), l.below(5), l.below(6), l.below(7), l.below(9), l.below(18)], [3, 7, 7, 8, 9, 11, null]);
    assert.deepEqual([l.above(3), l.above(8), l.above(9), l.above(12), l.above(2)], [0, 6, 7, 9, null]);
    for (let p = 0; p < 19; p++) if (l.below(p) !== null) assert.ok(l.box(l.below(p)).y > l.box(p).y);
    assert.equal(l.page(0, 100), 18);
    assert.equal(l.page(18, -100), 0);
    assert.equal(l.page(0, 2), 6);
  });

  test("a selection names assets or a query with exceptions, and turns into what the server takes", () => {
    const s = new selection.SelectionStore({ q: "sommar", sort: "name", folder: "" });
    s.setTotal({ n: 12_480, exact: true });
    s.put(["a", "b", "c"], true);
    s.toggle("b");
    assert.deepEqual(selection.toSelection(s.selected), { ids: ["a", "c"] });
    s.all();
    assert.deepEqual(s.count, { n: 12_480, exact: true });
    assert.ok(s.has("whatever"));
    s.toggle("a");
    assert.equal(s.count.n, 12_479);
    assert.deepEqual(selection.toSelection(s.selected), { query: { q: "sommar" }, except: ["a"] });
    assert.deepEqual(selection.fromSelection(selection.toSelection(s.selected)).except, new Set(["a"]));
    s.clear();
    assert.ok(s.isEmpty && s.count.n === 0);
    s.setTotal({ n: 2, exact: true });
    s.all();
    s.put(["a", "b"], false);
    assert.ok(s.isEmpty, "all except all is nothing");
    s.setTotal({ n: 100_000, exact: false });
    s.all();
    assert.deepEqual(s.count, { n: 100_000, exact: false });
    assert.equal(s.replace(Array.from({ length: 20_001 }, (_, i) => "x" + i)), false, "more than can be named");
    assert.ok(selection.byQuery(s.selected), "and nothing has changed");
  });

  test("a thousand are selected one after the other in no time, and one query has one selection", () => {
    const s = selection.selectionOf({ q: "hamn", sort: "name" });
    let told = 0;
    s.subscribe(() => told++);
    for (let i = 0; i < 1000; i++) s.toggle("ast_" + i);
    assert.deepEqual([s.count.n, told], [1000, 1000]);
    assert.equal(selection.selectionOf({ sort: "newest", q: "hamn", folder: undefined }), s);
    assert.notEqual(selection.selectionOf({ q: "torg" }), s);
    assert.equal(query.queryKey({ b: "", a: 1, c: undefined }), query.queryKey({ a: 1, b: false }));
    s.setOnlySelected(true);
    assert.ok(s.onlySelected);
    s.clear();
    assert.ok(!s.onlySelected, "with nothing selected there is nothing to show alone");
  });

  /** a list of n made-up assets whose answers wait until they are let go */
  function madeUp(n) {
    const asked = [], waiting = [];
    let frozen = 0;
    const asset = (p, version = 1) => ({ id: "a" + p, version, state: "ready", updated_at: "", renditions: [] });
    const span = (from, count) => ({ anchor: "w" + frozen, from, total: n, total_is_exact: true, items: Array.from({ length: Math.min(count, n - from) }, (_, i) => ({ place: from + i, asset: asset(from + i) })) });
    const source = {
      open: async (count, at) => (frozen++, asked.push(["open", at]), span(0, count)),
      span: (anchor, from, count, signal) => {
        asked.push(["span", from]);
        return new Promise((resolve, reject) => {
          signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
          waiting.push(() => (anchor === "w" + frozen ? resolve(span(from, count)) : reject(new Error("closed"))));
        });
      },
      ids: async (anchor, from, count) => (asked.push(["ids", from, count]), Array.from({ length: count }, (_, i) => "a" + (from + i))),
      closed: (e) => e.message === "closed",
    };
    const w = new win.AssetWindow({}, source);
    const answer = async () => {
      for (const go of waiting.splice(0)) go();
      await new Promise((r) => setImmediate(r));
    };
    return { w, asked, answer, asset };
  }

  test("pages are asked for when they come into sight, once, and given up when they are scrolled past", async () => {
    const { w, asked, answer } = madeUp(100_000);
    await w.open();
    assert.equal(w.get(0).id, "a0");
    assert.equal(w.get(5000), undefined);
    w.want(5000, 5040);
    w.want(5010, 5050);
    assert.deepEqual(asked.slice(1), [["span", 5000]], "once");
    w.want(90_000, 90_010);
    await answer();
    assert.equal(w.get(5000), undefined, "what was scrolled past was given up");
    assert.equal(w.get(90_000).id, "a90000");
    w.want(40_000, 40_010, false);
    w.want(60_000, 60_010, false);
    assert.equal(asked.length, 3, "what is flown over is not asked for");
    w.drop();
    for (let p = 0; p < 40; p++) {
      w.want(p * 200, p * 200 + 10);
      await answer();
    }
    assert.ok([...w.here()].length <= win.pagesKept * 200, "few pages stay in memory");
    assert.equal(w.get(39 * 200).id, "a7800");
    assert.equal(w.placeOf("a7801"), 7801);
    assert.equal(w.placeOf("a0"), undefined);
  });

  test("an asset that changed is replaced where it stands; the others keep their identity", async () => {
    const { w, asked, answer, asset } = madeUp(1000);
    await w.open();
    const [one, two] = [w.get(1), w.get(2)];
    let told = 0;
    w.subscribe(() => told++);
    w.put(asset(1, 2));
    assert.deepEqual([w.get(1).version, w.get(2) === two, told], [2, true, 1]);
    w.put(asset(900, 2));
    assert.equal(told, 1, "what is not here is nobody's business");
    const again = w.refresh(["a2", "a900"]);
    assert.deepEqual(asked.at(-1), ["span", 0]);
    await answer();
    await again;
    assert.ok(w.get(2) === two && w.get(1) !== one);
  });

  test("places between two are named by the server when they are not all here", async () => {
    const { w, asked } = madeUp(1000);
    await w.open();
    assert.deepEqual(await w.idsBetween(3, 1), ["a1", "a2", "a3"]);
    assert.equal(asked.length, 1, "what is here is not asked for");
    assert.equal((await w.idsBetween(10, 900)).length, 891);
    assert.deepEqual(asked.at(-1), ["ids", 10, 891]);
  });

  test("a list that the server has closed is opened again, and what was in sight is asked for", async () => {
    const { w, asked, answer } = madeUp(1000);
    await w.open();
    w.anchor = "old";
    w.want(600, 610);
    await answer();
    await answer();
    assert.deepEqual(asked.map((a) => a[0]), ["open", "span", "open", "span"]);
    assert.equal(w.get(600).id, "a600");
  });
});
