// @ts-check
// Places of the numbered marks of search results: none hides another, and those that do not fit
// beside each other become one that counts them.

import { projection } from "./camera.js";
/** @import { Camera, Hit, HitMark, Overlay, Point, Size } from "./types.d.ts" */

const DISTANCE = 25; // pixels between the middles of two marks
const MAX_SHIFT = 56; // pixels from a paper to its mark
const PASSES = [40, 250]; // of pushing marks apart, at least and at most
const COMPARISONS = 25_000; // of pairs in all passes; more marks have fewer passes
const GROUP_REACHES = [0, 14, 28, 56, 112]; // pixels within which results share a mark, tried in turn
const TURN = 0.25; // radians, by which marks evade sideways: of a row in line some leave it
const GOLDEN_ANGLE = 2.4; // radians, between the directions of marks at the same spot
export const RING_RADIUS = 16; // of the mark around the open paper, with its halo

/** The marks of a frame are needed by several painters. @type {WeakMap<Camera, {overlay: Overlay, size: Size, marks: HitMark[]}>} */
const placed = new WeakMap();

/**
 * Return the marks of an overlay's hits, in pixels.
 * @param {Overlay} overlay
 * @param {Camera} camera
 * @param {Size} size
 */
export function hitMarks(overlay, camera, size) {
  const known = placed.get(camera);
  if (known?.overlay === overlay && known.size === size) return known.marks;
  const screen = projection(camera, size);
  const { hits, opened } = overlay;
  /** @type {Point | null} */
  const ring = opened && [screen.x(opened.x), screen.y(opened.y)];
  const spots = hits.map(({ x, y }) => /** @type {Point} */ ([screen.x(x), screen.y(y)]));
  const marks = placeMarks(hits, spots, size, ring);
  placed.set(camera, { overlay, size, marks });
  return marks;
}

/**
 * Return marks beside each other, close to their papers.
 * @param {Hit[]} hits the best first
 * @param {Point[]} spots pixels of their papers
 * @param {Size} size
 * @param {Point | null} ring where marks keep clear of the open paper
 * @returns {HitMark[]}
 */
export function placeMarks(hits, spots, size, ring = null) {
  const inSight = spots.map(([x, y]) => x >= 0 && y >= 0 && x <= size.width && y <= size.height);
  const near = hits.map((_, i) => i).filter((i) => inSight[i]);
  /** @type {HitMark[]} */
  const far = hits.flatMap((hit, i) => inSight[i] ? [] : [markOf([hit], [spots[i]])]);
  for (const reach of GROUP_REACHES) {
    const marks = grouped(near, spots, reach).map((group) =>
      markOf(group.map((i) => hits[i]), group.map((i) => spots[i]))
    );
    const fits = pushApart(marks, size, ring);
    if (fits || reach === GROUP_REACHES.at(-1)) return [...marks, ...far];
  }
  return far;
}

/** @param {Hit[]} hits @param {Point[]} spots @returns {HitMark} */
function markOf(hits, spots) {
  const mean = (/** @type {0 | 1} */ axis) =>
    spots.reduce((sum, spot) => sum + spot[axis], 0) / spots.length;
  return { hits, spots, x: mean(0), y: mean(1) };
}

/**
 * Return groups of spots, each within reach of the first of its group.
 * @param {number[]} indices
 * @param {Point[]} spots
 * @param {number} reach
 */
function grouped(indices, spots, reach) {
  /** @type {number[][]} */
  const groups = [];
  for (const i of indices) {
    const group = groups.find(([first]) => distance(spots[first], spots[i]) < reach);
    if (group) group.push(i);
    else groups.push([i]);
  }
  return groups;
}

/**
 * Move marks off each other; return whether none overlaps another or is far from its paper.
 * @param {HitMark[]} marks
 * @param {Size} size
 * @param {Point | null} ring
 */
function pushApart(marks, size, ring) {
  const starts = marks.map(({ x, y }) => /** @type {Point} */ ([x, y]));
  let overlap = 0;
  const passes = Math.max(PASSES[0], Math.min(PASSES[1], COMPARISONS / marks.length ** 2));
  for (let pass = 0; pass < passes; pass++) {
    overlap = 0;
    for (let i = 0; i < marks.length; i++) {
      if (ring) {
        const gap = DISTANCE / 2 + RING_RADIUS + 1 - distance(ring, [marks[i].x, marks[i].y]);
        if (gap > 0) move(marks[i], direction(ring, marks[i], i), gap);
        overlap = Math.max(overlap, gap);
      }
      for (let j = i + 1; j < marks.length; j++) {
        const [one, other] = [marks[i], marks[j]];
        const gap = DISTANCE - distance([one.x, one.y], [other.x, other.y]);
        if (gap <= 0) continue;
        overlap = Math.max(overlap, gap);
        const towards = direction([one.x, one.y], other, j);
        move(one, towards, -gap / 2);
        move(other, towards, gap / 2);
      }
      keepInside(marks[i], size);
    }
    if (overlap < 0.5) break;
  }
  const shift = Math.max(0, ...marks.map(({ x, y }, i) => distance(starts[i], [x, y])));
  return overlap < 1.5 && shift <= MAX_SHIFT;
}

/** @param {HitMark} mark @param {Size} size */
function keepInside(mark, { width, height }) {
  const margin = DISTANCE / 2;
  mark.x = Math.min(Math.max(mark.x, margin), Math.max(width - margin, margin));
  mark.y = Math.min(Math.max(mark.y, margin), Math.max(height - margin, margin));
}

/** @param {HitMark} mark @param {Point} towards @param {number} by */
function move(mark, [dx, dy], by) {
  mark.x += dx * by;
  mark.y += dy * by;
}

/**
 * Return about the direction from a point to a mark; for the same point, one of the mark's own.
 * @param {Point} from
 * @param {HitMark} mark
 * @param {number} number
 * @returns {Point}
 */
function direction([fromX, fromY], { x, y }, number) {
  const isSame = Math.hypot(x - fromX, y - fromY) < 0.01;
  const turn = number % 2 ? TURN : -TURN;
  const angle = isSame ? number * GOLDEN_ANGLE : Math.atan2(y - fromY, x - fromX) + turn;
  return [Math.cos(angle), Math.sin(angle)];
}

/** @param {Point} one @param {Point} other */
function distance(one, other) {
  return Math.hypot(one[0] - other[0], one[1] - other[1]);
}
