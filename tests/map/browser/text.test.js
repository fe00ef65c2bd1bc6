// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { contrast, legible } from "../../../explorer/map/browser/text.js";

const PALETTE = ["#4878d0", "#ee854a", "#6acc64", "#d65f5f", "#5b3d99", "#8c613c", "#1f3a8a"];

/** @param {string} colour */
function channels(colour) {
  return [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
}

test("names are legible on both backgrounds", () => {
  for (const [background, text] of [["#14171f", "#e8eaf0"], ["#fafafa", "#1a1d26"]]) {
    for (const colour of PALETTE) {
      const shown = legible(colour, background, text);
      assert.ok(contrast(channels(shown), channels(background)) >= 4.5, `${shown} for ${colour}`);
    }
  }
});

test("a colour that is legible already stays as it is", () => {
  assert.equal(legible("#ffcc00", "#14171f", "#ffffff"), "#ffcc00");
  assert.equal(legible("color(srgb 1 0 0)", "#14171f", "#ffffff"), "color(srgb 1 0 0)");
});
