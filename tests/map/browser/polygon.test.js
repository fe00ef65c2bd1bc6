// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  polygonContains,
  quadraticPieces,
  simplifyPolygon,
} from "../../../explorer/map/browser/polygon.js";
/** @import { Point } from "../../../explorer/map/browser/types.d.ts" */

/** @type {Point[]} */
const SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10]];

/** @param {Point[]} corners */
function areaOf(corners) {
  let doubled = 0;
  corners.forEach(([x0, y0], i) => {
    const [x1, y1] = corners[(i + 1) % corners.length];
    doubled += x0 * y1 - x1 * y0;
  });
  return Math.abs(doubled) / 2;
}

test("a polygon with few corners stays as it is", () => {
  assert.deepEqual(simplifyPolygon(SQUARE), SQUARE);
});

test("corners on straight edges go first", () => {
  /** @type {Point[]} */
  const dense = SQUARE.flatMap(([x, y], i) => {
    const [x1, y1] = SQUARE[(i + 1) % 4];
    return [0, 0.25, 0.5, 0.75].map((
      t,
    ) => /** @type {Point} */ ([x + t * (x1 - x), y + t * (y1 - y)]));
  });
  assert.deepEqual(simplifyPolygon(dense, 4), SQUARE);
});

test("a drawn circle keeps its area with 24 corners", () => {
  /** @type {Point[]} */
  const circle = Array.from({ length: 500 }, (_, i) => {
    const angle = (2 * Math.PI * i) / 500;
    return [100 * Math.cos(angle), 100 * Math.sin(angle)];
  });
  const simple = simplifyPolygon(circle);
  assert.equal(simple.length, 24);
  assert.ok(areaOf(simple) > 0.97 * areaOf(circle));
  assert.ok(simple.every((corner) => circle.includes(corner)));
});

test("the polygon given is not changed", () => {
  const corners = [...SQUARE];
  simplifyPolygon(corners, 3);
  assert.deepEqual(corners, SQUARE);
});

test("points are inside or outside, in a notch too", () => {
  /** @type {Point[]} */
  const notched = [[0, 0], [10, 0], [10, 10], [5, 4], [0, 10]];
  assert.ok(polygonContains(notched, 5, 3));
  assert.ok(polygonContains(notched, 1, 8));
  assert.ok(!polygonContains(notched, 5, 6));
  assert.ok(!polygonContains(notched, 11, 5));
  assert.ok(!polygonContains([], 0, 0));
});

test("a curve ends where its points do and turns between them", () => {
  assert.deepEqual(quadraticPieces([[0, 0], [2, 0], [2, 2], [4, 2]]), [
    [2, 0, 2, 1],
    [2, 2, 3, 2],
    [4, 2, 4, 2],
  ]);
});
