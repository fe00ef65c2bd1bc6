// @ts-check
// Polygons drawn by hand around papers.

/** @import { Point } from "./types.d.ts" */

/**
 * Return a polygon with at most `maxCorners` corners: those that matter least are left out.
 *
 * Visvalingam and Whyatt 1993: the corner that makes the smallest triangle with its neighbours goes
 * first.
 * @param {Point[]} corners
 * @returns {Point[]}
 */
export function simplifyPolygon(corners, maxCorners = 24) {
  const kept = [...corners];
  /** @param {number} i */
  const area = (i) => {
    const before = kept[(i + kept.length - 1) % kept.length];
    const [corner, after] = [kept[i], kept[(i + 1) % kept.length]];
    return Math.abs(
      (corner[0] - before[0]) * (after[1] - before[1]) -
        (after[0] - before[0]) * (corner[1] - before[1]),
    );
  };
  while (kept.length > maxCorners) {
    let smallest = 0;
    for (let i = 1; i < kept.length; i++) if (area(i) < area(smallest)) smallest = i;
    kept.splice(smallest, 1);
  }
  return kept;
}

/**
 * Return whether a point lies in a polygon (even-odd rule).
 * @param {Point[]} corners
 * @param {number} x
 * @param {number} y
 */
export function polygonContains(corners, x, y) {
  let inside = false;
  corners.forEach(([x0, y0], i) => {
    const [x1, y1] = corners[(i + 1) % corners.length];
    if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) inside = !inside;
  });
  return inside;
}

/**
 * Return a smooth curve along points as quadratic Bézier pieces, each by its control point and its
 * end: the quadratic B-spline of the points, which corner cutting (Chaikin 1974) comes to.
 * @param {Point[]} points
 * @returns {[x: number, y: number, endX: number, endY: number][]}
 */
export function quadraticPieces(points) {
  const last = points.length - 1;
  return points.slice(1).map(([x, y], i) => {
    const [nextX, nextY] = points[Math.min(i + 2, last)];
    return [x, y, (x + nextX) / 2, (y + nextY) / 2];
  });
}
