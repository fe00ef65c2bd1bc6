// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { frameOfHits, HitFraming } from "../../../explorer/map/browser/hit_framing.js";
import { placeMarks } from "../../../explorer/map/browser/hit_marks.js";
/** @import { Hit, Point, View } from "../../../explorer/map/browser/types.d.ts" */

const SIZE = { width: 700, height: 700 };
/** @type {View} */
const HOME = [0, 0, 100, 100];

/** @param {number} number @param {Partial<Hit>} [changes] @returns {Hit} */
function hit(number, changes = {}) {
  const hit = { x: 0, y: 0, number, row: number, title: `Hit ${number}`, year: 2024, topic: "" };
  return { ...hit, background: "#000000", text: "#ffffff", ...changes };
}

/** @param {number} count */
function hits(count) {
  return Array.from({ length: count }, (_, i) => hit(i + 1));
}

/** @param {{x: number, y: number}[]} marks */
function smallestDistance(marks) {
  const distances = marks.flatMap((one, i) =>
    marks.slice(i + 1).map((other) => Math.hypot(one.x - other.x, one.y - other.y))
  );
  return Math.min(...distances);
}

test("marks with room stand on their papers", () => {
  const marks = placeMarks(hits(2), [[100, 100], [300, 300]], SIZE);
  assert.deepEqual(marks.map(({ x, y }) => [x, y]), [[100, 100], [300, 300]]);
});

test("ten marks in a heap stand beside each other, close by", () => {
  const spots = hits(10).map((_, i) => /** @type {Point} */ ([350 + (i % 3), 350 + (i % 4)]));
  const marks = placeMarks(hits(10), spots, SIZE);
  assert.equal(marks.length, 10);
  assert.ok(smallestDistance(marks) > 23);
  for (const { x, y } of marks) assert.ok(Math.hypot(x - 351, y - 351) < 70);
});

test("marks in a corner stay in sight", () => {
  const marks = placeMarks(hits(8), hits(8).map(() => [2, 2]), SIZE);
  assert.ok(smallestDistance(marks) > 23);
  for (const { x, y } of marks) assert.ok(x >= 12 && y >= 12);
});

test("too many marks in one place become one that counts them", () => {
  const marks = placeMarks(hits(60), hits(60).map(() => [350, 350]), SIZE);
  assert.equal(marks.length, 1);
  assert.equal(marks[0].hits.length, 60);
  const apart = placeMarks([...hits(60), hit(61)], [
    ...hits(60).map(() => /** @type {Point} */ ([350, 350])),
    [100, 100],
  ], SIZE);
  assert.deepEqual(apart.map((mark) => mark.hits.length), [60, 1]);
});

test("marks keep clear of the open paper", () => {
  const marks = placeMarks(hits(8), hits(8).map((_, i) => [348 + i, 350]), SIZE, [350, 350]);
  assert.equal(marks.length, 8);
  assert.ok(smallestDistance(marks) > 23);
  for (const { x, y } of marks) assert.ok(Math.hypot(x - 350, y - 350) > 27);
});

test("marks out of sight stay where their papers are", () => {
  const [mark] = placeMarks(hits(1), [[-500, 20]], SIZE);
  assert.deepEqual([mark.x, mark.y], [-500, 20]);
});

const HEAP = hits(10).map((one, i) => ({ ...one, x: 70 + i, y: 80 + (i % 3) }));
const SPREAD = hits(10).map((one, i) => ({ ...one, x: 10 * i, y: 5 + 9 * ((7 * i) % 10) }));

test("hits that cover little of the view are framed, an outlier left out", () => {
  const frame = /** @type {View} */ (frameOfHits(HEAP, HOME, HOME));
  assert.ok(frame[0] < 70 && frame[2] > 79 && frame[2] - frame[0] < 20);
  const strayed = [...HEAP.slice(0, 9), { ...HEAP[9], x: 2, y: 3 }];
  assert.ok(/** @type {View} */ (frameOfHits(strayed, HOME, HOME))[0] > 60);
  assert.equal(frameOfHits(SPREAD, HOME, HOME), null);
  assert.equal(frameOfHits([], HOME, HOME), null);
  assert.ok(frameOfHits(HEAP, [0, 0, 20, 20], HOME));
});

test("a search flies to its hits once, and back when it ends", () => {
  const framing = new HitFraming();
  const frame = framing.follow("hate speech", HEAP, HOME, HOME);
  assert.ok(frame);
  assert.equal(framing.follow("hate speech", HEAP, frame, HOME), undefined);
  assert.deepEqual(framing.follow("", [], frame, HOME), HOME);
  assert.equal(framing.follow("", [], HOME, HOME), undefined);
});

test("hits all over the map lead back to the view from before", () => {
  const framing = new HitFraming();
  const frame = /** @type {View} */ (framing.follow("hate speech", HEAP, HOME, HOME));
  assert.deepEqual(framing.follow("language", SPREAD, frame, HOME), HOME);
});

test("better hits of the same search are framed, but not after a move by hand", () => {
  const moved = HEAP.map((one) => ({ ...one, x: one.x - 60, row: one.row + 50 }));
  const framing = new HitFraming();
  const frame = /** @type {View} */ (framing.follow("hate speech", HEAP, HOME, HOME));
  assert.ok(framing.follow("hate speech", moved, frame, HOME));
  framing.moveByHand();
  assert.equal(framing.follow("hate speech", HEAP, frame, HOME), undefined);
  assert.equal(framing.follow("", [], frame, HOME), undefined);
  assert.ok(framing.follow("slurs", HEAP, HOME, HOME));
});

test("a view that was chosen for a search stays", () => {
  const framing = new HitFraming();
  framing.accept("hate speech");
  assert.equal(framing.follow("hate speech", HEAP, HOME, HOME), undefined);
});
