// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { dotRadius } from "../../../explorer/map/browser/painting.js";
import { sceneWith } from "./scenes.js";

test("dots grow as the map zooms in, and are no larger than a finger's tip", () => {
  const scene = sceneWith(Array.from({ length: 900 }, (_, i) => [i % 30, i / 30]));
  const size = { width: 800, height: 800 };
  const radii = [1, 2, 4, 8, 16, 64].map((factor) =>
    dotRadius(scene, { x: 50, y: 50, scale: 8 * factor }, size)
  );
  assert.deepEqual(radii, radii.toSorted((a, b) => a - b));
  assert.ok(radii[0] < 4 && radii[3] >= 2 * radii[0] && radii[5] < 10);
});
