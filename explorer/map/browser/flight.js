// @ts-check
// Animation of the camera from one view to another.

import { interpolate } from "./camera.js";
/** @import { Camera } from "./types.d.ts" */

const DURATION = 450; // milliseconds

/**
 * Return functions that fly the camera to a goal and stop on the way.
 * @param {(camera: Camera) => void} move
 */
export function createFlight(move) {
  let frame = 0;

  const stop = () => cancelAnimationFrame(frame);

  /** @param {Camera} from @param {Camera} goal */
  function fly(from, goal) {
    stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return move(goal);
    const begin = performance.now();
    /** @param {number} now */
    const step = (now) => {
      const share = Math.min((now - begin) / DURATION, 1);
      move(share === 1 ? goal : interpolate(from, goal, share * share * (3 - 2 * share)));
      if (share < 1) frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
  }

  return { fly, stop };
}
