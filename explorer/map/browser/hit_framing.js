// @ts-check
// Framing of search results: where they cover little of the view, the map flies to them, and back
// when they are gone; never once the view was moved by hand for the same search.

import { viewAround } from "./camera.js";
/** @import { View } from "./types.d.ts" */

const LEAST_COVERED = 0.1; // share of the view
const OUTLIERS = 0.1; // share of the results, the outermost ones, that a frame may leave out

/** @typedef {{x: number, y: number}} Spot */

/**
 * Return a view of the results if they cover little of a view, else null.
 * @param {Spot[]} hits
 * @param {View} view
 * @param {View} home the whole map
 * @returns {View | null}
 */
export function frameOfHits(hits, view, home) {
  const inner = withoutOutliers(hits);
  if (!inner.length || share(inner, view) >= LEAST_COVERED) return null;
  return viewAround(share(hits, view) < LEAST_COVERED ? hits : inner, home);
}

/** @param {Spot[]} hits */
function withoutOutliers(hits) {
  const [x, y] = [middle(hits.map((hit) => hit.x)), middle(hits.map((hit) => hit.y))];
  const kept = hits.length - Math.floor(OUTLIERS * hits.length);
  const far = (/** @type {Spot} */ hit) => Math.hypot(hit.x - x, hit.y - y);
  return [...hits].sort((one, other) => far(one) - far(other)).slice(0, kept);
}

/** @param {number[]} values */
function middle(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Return the share of a view that the rectangle around spots covers. @param {Spot[]} spots @param {View} view */
function share(spots, [left, bottom, right, top]) {
  const [xs, ys] = [spots.map(({ x }) => x), spots.map(({ y }) => y)];
  const width = Math.min(Math.max(...xs), right) - Math.max(Math.min(...xs), left);
  const height = Math.min(Math.max(...ys), top) - Math.max(Math.min(...ys), bottom);
  return (Math.max(width, 0) * Math.max(height, 0)) / ((right - left) * (top - bottom));
}

/** The views of a map that successive searches lead to. */
export class HitFraming {
  #search = "";
  #rows = "";
  #isByHand = false;
  /** The view before the results were framed; undefined if they are not. @type {View | undefined} */
  #before;

  /** Note that the view was moved by hand. */
  moveByHand() {
    this.#isByHand = true;
    this.#before = undefined;
  }

  /**
   * Keep the view for a search: it was chosen for it.
   * @param {string} search
   */
  accept(search) {
    this.#search = search;
    this.moveByHand();
  }

  /**
   * Return the view to fly to for a search and its results; undefined to stay.
   * @param {string} search identifies it; empty if nothing is searched
   * @param {(Spot & {row: number})[]} hits
   * @param {View} view
   * @param {View} home
   */
  follow(search, hits, view, home) {
    const rows = hits.map(({ row }) => row).join();
    const isNew = search !== this.#search;
    if (!isNew && (this.#isByHand || rows === this.#rows)) return undefined;
    this.#search = search;
    this.#rows = rows;
    this.#isByHand = false;
    const base = this.#before ?? view;
    const frame = search ? frameOfHits(hits, base, home) : null;
    const before = this.#before;
    this.#before = frame ? base : undefined;
    return frame ?? before;
  }
}
