// @ts-check
// Layout of the chart of growth against size: scales, ticks and names that have room.

import { boxesOverlap } from "./labels.js";
import { fontOf, textWidth } from "./text.js";
/** @import { Box, GrowthPoint, Size } from "./types.d.ts" */

export const RADIUS = 5;
export const NAME_SIZE = 11.5;
const MARGIN = { left: 44, right: 14, top: 26, bottom: 40 };
const MAX_NAMES = 40;
const LINE = 15; // pixels

/**
 * @typedef {object} PlacedPoint
 * @property {GrowthPoint} point
 * @property {number} x in pixels
 * @property {number} y
 * @property {Box | null} name where the name is written; null without room
 */

/**
 * Return where topics, their names and the ticks of both axes are drawn. Both axes are logarithmic;
 * that of growth is as high above 1 as below.
 * @param {GrowthPoint[]} points
 * @param {Size} size
 */
export function layoutGrowth(points, size, widthOf = textWidth) {
  const papers = points.map((point) => point.papers);
  const [fewest, most] = [Math.min(...papers), Math.max(...papers)];
  const reach = Math.max(...points.map(({ growth }) => Math.abs(Math.log2(growth))), 1) * 1.08;
  const across = scale(
    Math.log(fewest / 1.2),
    Math.log(most * 1.2),
    MARGIN.left,
    size.width - MARGIN.right,
  );
  const up = scale(-reach, reach, size.height - MARGIN.bottom, MARGIN.top);
  const placed = points.map((point) => ({
    point,
    x: across(Math.log(point.papers)),
    y: up(Math.log2(point.growth)),
    /** @type {Box | null} */
    name: null,
  }));
  placeNames(placed, size, widthOf);
  return {
    placed,
    frame: {
      left: MARGIN.left,
      right: size.width - MARGIN.right,
      top: MARGIN.top,
      bottom: size.height - MARGIN.bottom,
    },
    sizes: sizeTicks(fewest, most).map((value) => ({ value, at: across(Math.log(value)) })),
    growths: growthTicks(reach).map((power) => ({ value: 2 ** power, at: up(power) })),
  };
}

/**
 * Return the function that maps `low` to `from` and `high` to `to`.
 * @param {number} low
 * @param {number} high
 * @param {number} from
 * @param {number} to
 * @returns {(value: number) => number}
 */
function scale(low, high, from, to) {
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

/** Return round numbers of papers. @param {number} fewest @param {number} most */
export function sizeTicks(fewest, most) {
  const ticks = [];
  for (let ten = 1; ten <= most; ten *= 10) ticks.push(ten, 2 * ten, 5 * ten);
  return ticks.filter((tick) => tick >= fewest && tick <= most);
}

/** Return powers of two, none beyond `reach` doublings. @param {number} reach */
function growthTicks(reach) {
  const step = Math.ceil(reach / 4);
  const most = Math.floor(reach / step);
  return Array.from({ length: 2 * most + 1 }, (_, i) => (i - most) * step);
}

/**
 * Give names to the topics that stand out most, where one has room beside its point: no name lies
 * over another or over a point.
 * @param {PlacedPoint[]} placed
 * @param {Size} size
 * @param {typeof textWidth} widthOf
 */
function placeNames(placed, size, widthOf) {
  const side = 2 * RADIUS;
  /** @type {Box[]} */
  const boxes = placed.map(({ x, y }) => ({ x, y, width: side, height: side }));
  let named = 0;
  for (const each of [...placed].sort((one, other) => standsOut(other) - standsOut(one))) {
    if (named === MAX_NAMES) break;
    const width = widthOf(each.point.label, fontOf(NAME_SIZE, 600)) + 2;
    const aside = width / 2 + RADIUS + 4;
    const box = [[aside, 0], [-aside, 0], [0, -LINE], [0, LINE]]
      .map(([dx, dy]) => ({ x: each.x + dx, y: each.y + dy, width, height: LINE - 1 }))
      .find((free) =>
        free.x - width / 2 > 2 && free.x + width / 2 < size.width - 2 &&
        free.y > MARGIN.top && free.y < size.height - MARGIN.bottom &&
        !boxes.some((other) => boxesOverlap(free, other))
      );
    if (!box) continue;
    each.name = box;
    boxes.push(box);
    named++;
  }

  /** Return how far a topic is from the many small ones that grow with the library. */
  function standsOut(/** @type {PlacedPoint} */ { point: { papers, growth } }) {
    return Math.abs(Math.log2(growth)) + Math.log10(papers);
  }
}
