// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { nextSpan } from "../../../explorer/map/browser/timeline.js";

test("a span moves on by one period and begins again at the end", () => {
  assert.deepEqual(nextSpan([1, 3], 6), [2, 4]);
  assert.deepEqual(nextSpan([2, 4], 6), [3, 5]);
  assert.deepEqual(nextSpan([3, 5], 6), [0, 2]);
});

test("all periods are followed by one after the other", () => {
  assert.deepEqual(nextSpan([0, 5], 6), [0, 0]);
  assert.deepEqual(nextSpan([0, 0], 6), [1, 1]);
  assert.deepEqual(nextSpan([5, 5], 6), [0, 0]);
});
