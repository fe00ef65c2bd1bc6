// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { nearestOutside } from "../../../explorer/map/browser/picking.js";
import { angleTo } from "../../../explorer/map/browser/way_back.js";
import { sceneWith } from "./scenes.js";

test("the way back leads to the paper nearest to the middle, of all that are drawn", () => {
  const scenes = [sceneWith([[5, 5], [90, 90]]), sceneWith([[60, 40]])];
  assert.deepEqual(nearestOutside(scenes, [40, 60, 50, 70]), { x: 60, y: 40 });
  assert.deepEqual(nearestOutside(scenes, [80, 70, 85, 75]), { x: 90, y: 90 });
});

test("there is none while a paper is in view", () => {
  assert.equal(nearestOutside([sceneWith([[5, 5], [90, 90]])], [0, 0, 10, 10]), null);
  assert.equal(nearestOutside([sceneWith([])], [0, 0, 10, 10]), null);
});

test("its arrow points up for a paper above, and right for one on the right", () => {
  const camera = { x: 10, y: 10, scale: 3 };
  assert.equal(angleTo({ x: 10, y: 20 }, camera), -Math.PI / 2);
  assert.equal(angleTo({ x: 20, y: 10 }, camera), 0);
});
