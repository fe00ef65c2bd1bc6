// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cameraFor,
  covers,
  interpolate,
  projection,
  unproject,
  viewAround,
  viewOf,
  widen,
  zoom,
} from "../../../explorer/map/browser/camera.js";
/** @import { Camera, Point, View } from "../../../explorer/map/browser/types.d.ts" */

const SIZE = { width: 800, height: 400 };
/** @type {View} */
const HOME = [-10, -5, 30, 5];

/** @param {number[]} actual @param {number[]} expected */
function assertClose(actual, expected) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-9, `${actual}`));
}

test("the camera for a view sees all of it, with equal scales", () => {
  const camera = cameraFor(HOME, SIZE);
  assert.deepEqual(camera, { x: 10, y: 0, scale: 20 });
  assert.ok(covers(viewOf(camera, SIZE), HOME));
  assert.deepEqual(viewOf(camera, SIZE), [-10, -10, 30, 10]);
});

test("a pixel's point is projected back onto the pixel", () => {
  const camera = { x: 3, y: -1, scale: 17 };
  const screen = projection(camera, SIZE);
  for (const pixel of /** @type {Point[]} */ ([[0, 0], [800, 400], [123, 321]])) {
    const [x, y] = unproject(camera, SIZE, pixel);
    assertClose([screen.x(x), screen.y(y)], pixel);
  }
  const [left, bottom, right, top] = viewOf(camera, SIZE);
  assertClose([screen.x(left), screen.y(bottom)], [0, 400]);
  assertClose([screen.x(right), screen.y(top)], [800, 0]);
});

test("the point under the pointer stays there while zooming", () => {
  const camera = cameraFor(HOME, SIZE);
  /** @type {Point} */
  const pixel = [600, 90];
  const before = unproject(camera, SIZE, pixel);
  for (const factor of [0.7, 1.6, 25]) {
    const zoomed = zoom(camera, SIZE, factor, pixel, camera.scale);
    assert.ok(Math.abs(zoomed.scale - factor * camera.scale) < 1e-9);
    assertClose(unproject(zoomed, SIZE, pixel), before);
  }
});

test("zoom ends at half and at 400 times the scale of the whole map", () => {
  const camera = cameraFor(HOME, SIZE);
  assert.equal(zoom(camera, SIZE, 1e-9, [0, 0], camera.scale).scale, 0.5 * camera.scale);
  assert.equal(zoom(camera, SIZE, 1e9, [0, 0], camera.scale).scale, 400 * camera.scale);
});

test("a flight begins and ends at its cameras and keeps its goal in sight", () => {
  /** @type {Camera} */
  const from = { x: 0, y: 0, scale: 10 };
  const to = { x: 35, y: 15, scale: 200 };
  assertClose(Object.values(interpolate(from, to, 0)), Object.values(from));
  assertClose(Object.values(interpolate(from, to, 1)), Object.values(to));
  for (let share = 0; share <= 1; share += 0.05) {
    const [left, bottom, right, top] = viewOf(interpolate(from, to, share), SIZE);
    assert.ok(left < to.x && to.x < right && bottom < to.y && to.y < top, `at ${share}`);
  }
});

test("a flight without zoom is straight and even", () => {
  const camera = interpolate({ x: 0, y: 0, scale: 5 }, { x: 8, y: 4, scale: 5 }, 0.25);
  assertClose(Object.values(camera), [2, 1, 5]);
});

test("a view around points has them all inside a margin", () => {
  const view = viewAround([{ x: 0, y: 0 }, { x: 20, y: 4 }], HOME);
  assertClose(view, [-2, -0.4, 22, 4.4]);
});

test("a view around one point is a tenth of the whole map", () => {
  const [left, bottom, right, top] = viewAround([{ x: 7, y: 1 }], HOME);
  assertClose([right - left, top - bottom], [4, 1]);
  assertClose([(left + right) / 2, (bottom + top) / 2], [7, 1]);
});

test("a widened view covers the view, not the other way round", () => {
  const wider = widen(HOME, 0.15);
  assertClose(wider, [-16, -6.5, 36, 6.5]);
  assert.ok(covers(wider, HOME));
  assert.ok(!covers(HOME, wider));
});
