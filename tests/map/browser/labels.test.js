// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { placeTitles, placeTopicNames } from "../../../explorer/map/browser/labels.js";
import { sceneWith, topicName } from "./scenes.js";
/** @import { Box, Camera } from "../../../explorer/map/browser/types.d.ts" */

const SIZE = { width: 500, height: 500 };
/** @type {Camera} */
const CAMERA = { x: 50, y: 50, scale: 5 };

/** @param {string} text */
const widthOf = (text) => 7 * text.length;

/** @param {Box} one @param {Box} other */
function overlap(one, other) {
  return 2 * Math.abs(one.x - other.x) < one.width + other.width - 1e-9 &&
    2 * Math.abs(one.y - other.y) < one.height + other.height - 1e-9;
}

/** @param {ReturnType<typeof topicName>[]} topicNames @param {Camera} camera @param {Box[]} occupied */
function place(topicNames, camera = CAMERA, occupied = []) {
  const scene = sceneWith([], { topicNames, papers: 100 });
  return placeTopicNames(scene, camera, SIZE, occupied, widthOf);
}

test("a name stands at the middle of its topic", () => {
  const [name] = place([topicName("Graphs", { x: 60, y: 40 })]);
  assert.deepEqual([name.box.x, name.box.y], [300, 300]);
  assert.equal(name.opacity, 1);
});

test("no name lies over another or over an occupied box", () => {
  /** @type {Box} */
  const panel = { x: 100, y: 100, width: 200, height: 60 };
  const names = Array.from(
    { length: 60 },
    (_, i) => topicName(`Topic number ${i}`, { x: (37 * i) % 100, y: (61 * i) % 100 }),
  );
  const boxes = place(names, CAMERA, [panel]).map(({ box }) => box);
  assert.ok(boxes.length > 10 && boxes.length < 60);
  for (const [i, box] of boxes.entries()) {
    assert.ok(box.y - box.height / 2 > 0 && box.y + box.height / 2 < SIZE.height);
    for (const other of [panel, ...boxes.slice(0, i)]) assert.ok(!overlap(box, other));
  }
});

test("a name moves by lines where its place is occupied, and goes where none is free", () => {
  /** @param {number} height @returns {Box} */
  const blocked = (height) => ({ x: 250, y: 250, width: 100, height });
  const [moved] = place([topicName("Graphs")], CAMERA, [blocked(20)]);
  assert.notEqual(moved.box.y, 250);
  assert.deepEqual(place([topicName("Graphs")], CAMERA, [blocked(400)]), []);
});

test("a name near the edge is moved inside", () => {
  const [name] = place([topicName("A rather long name of a topic", { x: 1 })]);
  assert.ok(name.box.x - name.box.width / 2 >= 0);
});

test("a fine topic is named once it is large enough on the screen", () => {
  const fine = topicName("Message passing", { level: 1, radius: 1 });
  assert.deepEqual(place([fine]), []);
  assert.equal(place([fine], { ...CAMERA, scale: 60 }).length, 1);
});

test("a coarse topic gives way to its parts when it fills the screen", () => {
  const coarse = topicName("Learning", { finest: false, radius: 30 });
  const opacities = [5, 10, 40].map((scale) => place([coarse], { ...CAMERA, scale })[0]?.opacity);
  assert.equal(opacities[0], 1);
  assert.ok(opacities[1] > 0.3 && opacities[1] < 1);
  assert.equal(opacities[2], undefined);
});

test("larger topics have larger names", () => {
  const [large, small] = place([
    topicName("Large", { papers: 90, y: 80 }),
    topicName("Small", { papers: 2, y: 20 }),
  ]);
  assert.ok(large.fontSize > small.fontSize);
});

test("titles stand beside their papers, to the left where the right has no room", () => {
  const scene = sceneWith([[50, 50], [95, 20]]);
  const [right, left] = placeTitles(scene, CAMERA, SIZE, [], widthOf);
  assert.ok(right.x > 250 && right.y === 250);
  assert.ok(left.x < 475);
});

test("long titles are cut to the room that there is", () => {
  const title = "word ".repeat(20).trim();
  const scene = sceneWith([[20, 50]], { titles: [title] });
  const shown = [1300, 900, 500].map((width) => {
    const [placed] = placeTitles(scene, { ...CAMERA, x: 40 }, { width, height: 500 }, [], widthOf);
    return placed.title;
  });
  assert.equal(shown[0], title);
  assert.ok(shown[1].endsWith("…") && shown[1].length > 46 && shown[1].length <= 70);
  assert.ok(shown[2].endsWith("…") && shown[2].length <= 46);
});

test("titles are shown only where few papers are in view", () => {
  /** @type {[number, number][]} */
  const many = Array.from({ length: 61 }, (_, i) => [1 + (i * 17) % 97, 1 + (i * 31) % 97]);
  assert.deepEqual(placeTitles(sceneWith(many), CAMERA, SIZE, [], widthOf), []);
  assert.ok(placeTitles(sceneWith(many.slice(1)), CAMERA, SIZE, [], widthOf).length > 0);
});
