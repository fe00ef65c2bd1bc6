// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  countInView,
  listInView,
  paperAt,
  targetAt,
  topicNameAt,
} from "../../../explorer/map/browser/picking.js";
import { sceneWith, topicName } from "./scenes.js";
/** @import { Hit, View } from "../../../explorer/map/browser/types.d.ts" */

const SIZE = { width: 500, height: 500 };
const CAMERA = { x: 50, y: 50, scale: 5 };
/** @type {View} */
const VIEW = [0, 0, 50, 100];

/** @param {number} row @param {number} x @returns {Hit} */
function hitAt(row, x) {
  const hit = {
    x,
    y: 50,
    number: row - 9,
    row,
    title: `Hit ${row}`,
    year: 2024,
    topic: "Only topic",
  };
  return { ...hit, background: "#000000", text: "#ffffff" };
}

test("the nearest paper within reach is picked", () => {
  const scene = sceneWith([[50, 50], [51, 50], [80, 80]]);
  assert.equal(paperAt(scene, CAMERA, SIZE, [251, 250], null), 0);
  assert.equal(paperAt(scene, CAMERA, SIZE, [254, 251], null), 1);
  assert.equal(paperAt(scene, CAMERA, SIZE, [300, 300], null), undefined);
});

test("papers of other periods are not picked", () => {
  const scene = sceneWith([[50, 50]], { period: [0] });
  assert.equal(paperAt(scene, CAMERA, SIZE, [250, 250], [1, 2]), undefined);
  assert.equal(paperAt(scene, CAMERA, SIZE, [250, 250], [0, 0]), 0);
});

test("a topic name is picked within its box", () => {
  const box = { x: 100, y: 50, width: 80, height: 20 };
  const names = [{ ...topicName("Graphs"), fontSize: 14, opacity: 1, box }];
  assert.equal(topicNameAt(names, [130, 55])?.label, "Graphs");
  assert.equal(topicNameAt(names, [130, 65]), undefined);
});

test("a topic name wins over the papers below its letters", () => {
  const scene = sceneWith([[50, 50], [80, 80]]);
  const box = { x: 250, y: 250, width: 80, height: 20 };
  const names = [{ ...topicName("Graphs"), fontSize: 14, opacity: 1, box }];
  assert.equal(targetAt(scene, names, CAMERA, SIZE, [250, 250], null).topic?.label, "Graphs");
  assert.equal(targetAt(scene, names, CAMERA, SIZE, [400, 100], null).paper, 1);
  assert.equal(targetAt(scene, [], CAMERA, SIZE, [250, 250], null).paper, 0);
});

test("papers in view are counted, those of other periods left out", () => {
  const scene = sceneWith([[10, 10], [40, 90], [60, 50]], { period: [0, 1, 1] });
  assert.equal(countInView(scene, VIEW, null), 2);
  assert.equal(countInView(scene, VIEW, [1, 2]), 1);
});

test("of a sample the server's count is shown", () => {
  const scene = sceneWith([[10, 10]], { complete: false, papersInView: 9_000 });
  assert.equal(countInView(scene, VIEW, null), 9_000);
  assert.equal(countInView(scene, VIEW, [1, 1]), 1);
  assert.equal(countInView({ ...scene, span: [1, 1] }, VIEW, [1, 1]), 9_000);
});

test("the papers in view are listed once, hits first", () => {
  const scene = sceneWith([[10, 10], [40, 90], [60, 50]]);
  const { papers, total } = listInView(scene, [hitAt(11, 40), hitAt(12, 60)], VIEW, null);
  assert.deepEqual(papers.map(({ row }) => row), [11, 10]);
  assert.equal(papers[1].title, "Title 0");
  assert.equal(papers[1].topic, "Only topic");
  assert.equal(total, 2);
});

test("where some papers are focused, the others are not listed", () => {
  const scene = sceneWith([[10, 10], [40, 90]], { focused: true, focus: [0, 1] });
  assert.deepEqual(listInView(scene, [], VIEW, null).papers.map(({ row }) => row), [11]);
});
