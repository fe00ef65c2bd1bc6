// @ts-check
// Keys of the map while it has the focus.

/** @import { Tool } from "./types.d.ts" */

import { ZOOM_STEP } from "./toolbar.js";

/** @type {Record<string, [right: number, up: number]>} */
const DIRECTIONS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/**
 * Actions of keys.
 * @typedef {object} KeyActions
 * @property {(right: number, up: number) => void} step
 * @property {(factor: number) => void} zoom
 * @property {() => void} showWholeMap
 * @property {() => void} toggleTable
 * @property {(tool: Tool) => void} toggleTool
 * @property {() => boolean} dropTool return whether there was a tool to drop
 */

/**
 * Listen to keys on the canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {KeyActions} actions
 */
export function listenToMapKeys(canvas, actions) {
  /** @param {string} key @returns {boolean} whether the key means something */
  function act(key) {
    if (key in DIRECTIONS) actions.step(...DIRECTIONS[key]);
    else if (key === "+" || key === "=") actions.zoom(ZOOM_STEP);
    else if (key === "-") actions.zoom(1 / ZOOM_STEP);
    else if (key === "0" || key === "Home") actions.showWholeMap();
    else if (key === "t") actions.toggleTable();
    else if (key === "l") actions.toggleTool("lasso");
    else return key === "Escape" && actions.dropTool();
    return true;
  }

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !act(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  });
}
