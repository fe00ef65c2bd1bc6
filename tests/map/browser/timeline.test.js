// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { fadedNames, namesInSpan, shareInSpan } from "../../../explorer/map/browser/presence.js";
import { nextSpan, spanBetween, spanText } from "../../../explorer/map/browser/timeline.js";
import { sceneWith, topicName } from "./scenes.js";

test("an animation adds a period at a time, up to the last", () => {
  assert.deepEqual(nextSpan([1, 3], 6), [1, 4]);
  assert.deepEqual(nextSpan([1, 4], 6), [1, 5]);
});

test("all periods are followed by the first alone, and an end by its beginning", () => {
  assert.deepEqual(nextSpan([0, 5], 6), [0, 0]);
  assert.deepEqual(nextSpan([2, 5], 6), [2, 2]);
});

test("the handles of a span stay a bar apart, and the one that is dragged gives way", () => {
  assert.deepEqual(spanBetween(1, 4, true), [1, 3]);
  assert.deepEqual(spanBetween(5, 4, true), [3, 3]);
  assert.deepEqual(spanBetween(4, 4, true), [3, 3]);
  assert.deepEqual(spanBetween(2, 0, false), [2, 2]);
  assert.deepEqual(spanBetween(0, 0, false), [0, 0]);
});

test("a span names the years of all its papers, of those before the axis too", () => {
  const scene = sceneWith([], { earliest: "1989", latest: "2025" });
  assert.equal(spanText(scene, [0, 2]), "1989 – 2025");
  assert.equal(spanText(scene, [0, 0]), "1989 – 2023");
  assert.equal(spanText(scene, [1, 1]), "2024");
  assert.equal(spanText(scene, [1, 2]), "2024 – 2025");
});

test("a topic is present with the share of its papers in a span", () => {
  const name = topicName("Graphs", { papers: 50, papersPerPeriod: [0, 10, 30] });
  assert.equal(shareInSpan(name, null), 1);
  assert.equal(shareInSpan(name, [0, 1]), 0.2);
  assert.deepEqual(namesInSpan([name], [0, 0]), []);
  assert.deepEqual(namesInSpan([name], [0, 1]), [name]);
});

test("names fade with their papers", () => {
  const box = { x: 0, y: 0, width: 1, height: 1 };
  const [few, many] = [[1, 9], [9, 1]].map((papersPerPeriod) => ({
    ...topicName("Graphs", { papers: 10, papersPerPeriod }),
    fontSize: 12,
    opacity: 0.8,
    box,
  }));
  const [faint, strong] = fadedNames([few, many], [0, 0]);
  assert.ok(faint.opacity < strong.opacity && strong.opacity < 0.8 && faint.opacity > 0.2);
  assert.equal(fadedNames([few], null)[0].opacity, 0.8);
});
