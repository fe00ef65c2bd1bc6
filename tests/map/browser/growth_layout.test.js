// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { layoutGrowth, RADIUS, sizeTicks } from "../../../explorer/map/browser/growth_layout.js";
import { boxesOverlap } from "../../../explorer/map/browser/labels.js";

const WIDE = { width: 800, height: 700 };
const NARROW = { width: 340, height: 600 };

/** @param {string} text */
const widthOf = (text) => 7 * text.length;

const POINTS = Array.from({ length: 300 }, (_, i) => ({
  id: `t${i}`,
  label: `Topic number ${i}`,
  papers: 5 + ((i * i) % 400),
  growth: 2 ** (((i * 37) % 100) / 40 - 1.2),
  colour: "#4878d0",
  note: "",
}));

test("larger topics are further right, faster growing ones higher, the library's pace between", () => {
  const { placed, growths } = layoutGrowth(POINTS, WIDE, widthOf);
  const [one, other] = [placed[3], placed[10]];
  assert.equal(one.x < other.x, one.point.papers < other.point.papers);
  assert.equal(one.y < other.y, one.point.growth > other.point.growth);
  const even = growths.find(({ value }) => value === 1);
  assert.ok(even && placed.every(({ y, point }) => (y < even.at) === (point.growth > 1)));
});

for (const size of [WIDE, NARROW]) {
  test(`no name lies over another, over a point or outside, ${size.width} pixels wide`, () => {
    const { placed } = layoutGrowth(POINTS, size, widthOf);
    const names = placed.flatMap(({ name }) => name ?? []);
    assert.ok(names.length > 3);
    const points = placed.map(({ x, y }) => ({ x, y, width: 2 * RADIUS, height: 2 * RADIUS }));
    for (const [i, name] of names.entries()) {
      assert.ok(name.x - name.width / 2 > 0 && name.x + name.width / 2 < size.width);
      for (const other of [...points, ...names.slice(0, i)]) assert.ok(!boxesOverlap(name, other));
    }
  });
}

test("ticks of sizes are round numbers within their range", () => {
  assert.deepEqual(sizeTicks(8, 460), [10, 20, 50, 100, 200]);
  assert.deepEqual(sizeTicks(1, 1), [1]);
});
