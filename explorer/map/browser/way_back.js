// @ts-check
// Way back to the papers: a button that points to the nearest one where none is in view.

import { element, icon } from "./dom.js";
/** @import { Camera } from "./types.d.ts" */

/** @typedef {{x: number, y: number}} Place on the map's axes */

/** Return the button. @param {(paper: Place) => void} lead */
export function createWayBack(lead) {
  const button = element("button", "way-back");
  button.type = "button";
  button.hidden = true;
  const arrow = icon("arrow");
  button.append(arrow, "Nearest papers");

  return {
    element: button,

    /** @param {Place | null} paper the nearest one; null hides the button @param {Camera} camera */
    show(paper, camera) {
      button.hidden = paper === null;
      if (!paper) return;
      arrow.style.rotate = `${angleTo(paper, camera)}rad`;
      button.onclick = () => lead(paper);
    },
  };
}

/** Return the angle from the middle of the map, clockwise from the right, as CSS rotates. */
export function angleTo(/** @type {Place} */ { x, y }, /** @type {Camera} */ camera) {
  return Math.atan2(camera.y - y, x - camera.x);
}
