// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { topicsInView } from "../../../explorer/map/browser/breadcrumb.js";
import { sceneWith } from "./scenes.js";

/** Three papers of a topic's first part on the left, two of its second part on the right. */
const SCENE = sceneWith([[10, 50], [11, 50], [12, 50], [80, 50], [81, 50], [95, 50]], {
  topics: ["First part", "Second part", "Other"],
  topic: [0, 0, 0, 1, 1, 2],
  topicPaths: [[0, 1], [0, 2], [3]],
  pathTopics: ["Whole", "First part", "Second part", "Other"].map((label) => ({
    id: label,
    label,
  })),
});

/** @param {import("../../../explorer/map/browser/types.d.ts").View} view */
const labels = (view) => topicsInView(SCENE, view).map(({ label }) => label);

test("the topics that most papers in view belong to, coarse to fine", () => {
  assert.deepEqual(labels([0, 0, 20, 100]), ["Whole", "First part"]);
  assert.deepEqual(labels([70, 0, 90, 100]), ["Whole", "Second part"]);
  assert.deepEqual(labels([90, 0, 99, 100]), ["Other"]);
});

test("a path ends where no finer topic has most of the papers", () => {
  assert.deepEqual(labels([11.5, 0, 80.5, 100]), ["Whole"]);
});

test("no topic without papers, or where each has half at most", () => {
  assert.deepEqual(labels([20, 0, 70, 100]), []);
  assert.deepEqual(labels([80.5, 0, 99, 100]), []);
});

test("papers in the middle of the view count, those at its edges only without any there", () => {
  assert.deepEqual(labels([70, 0, 120, 100]), ["Other"]);
  assert.deepEqual(labels([0, 30, 25, 52]), ["Whole", "First part"]);
});
