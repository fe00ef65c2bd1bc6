// @ts-check
// Camera over the map: conversions between the map's axes and pixels, zoom, flights, framing.

/** @import { Camera, Point, Size, View } from "./types.d.ts" */

const MAX_ZOOM = 400; // times the scale of the whole map
const MIN_ZOOM = 0.5;
const CLOSEST_FRAME = 0.1; // of the whole map's width and height
const FRAME_MARGIN = 0.2;

/**
 * Return the camera that frames a view.
 * @param {View} view
 * @param {Size} size
 * @returns {Camera}
 */
export function cameraFor([left, bottom, right, top], { width, height }) {
  const scale = Math.min(width / (right - left), height / (top - bottom));
  return { x: (left + right) / 2, y: (bottom + top) / 2, scale };
}

/**
 * Return the part of the map that a camera sees.
 * @param {Camera} camera
 * @param {Size} size
 * @returns {View}
 */
export function viewOf({ x, y, scale }, { width, height }) {
  const [w, h] = [width / scale / 2, height / scale / 2];
  return [x - w, y - h, x + w, y + h];
}

/**
 * Return the functions from the map's axes to pixels.
 * @param {Camera} camera
 * @param {Size} size
 */
export function projection(camera, { width, height }) {
  return {
    /** @param {number} x */
    x: (x) => (x - camera.x) * camera.scale + width / 2,
    /** @param {number} y */
    y: (y) => height / 2 - (y - camera.y) * camera.scale,
  };
}

/**
 * Return the point on the map's axes at a pixel.
 * @param {Camera} camera
 * @param {Size} size
 * @param {Point} pixel
 * @returns {Point}
 */
export function unproject(camera, { width, height }, [x, y]) {
  return [camera.x + (x - width / 2) / camera.scale, camera.y + (height / 2 - y) / camera.scale];
}

/**
 * Return the camera zoomed by `factor`; the map stays where it is at `pixel`.
 * @param {Camera} camera
 * @param {Size} size
 * @param {number} factor
 * @param {Point} pixel
 * @param {number} homeScale the scale of the whole map
 * @returns {Camera}
 */
export function zoom(camera, size, factor, pixel, homeScale) {
  const [lowest, highest] = [homeScale * MIN_ZOOM, homeScale * MAX_ZOOM];
  const scale = Math.min(Math.max(camera.scale * factor, lowest), highest);
  const [x, y] = unproject(camera, size, pixel);
  const ratio = camera.scale / scale;
  return { x: x + (camera.x - x) * ratio, y: y + (camera.y - y) * ratio, scale };
}

/**
 * Return the camera after a share of a flight, from 0 to 1.
 * @param {Camera} from
 * @param {Camera} to
 * @param {number} share
 * @returns {Camera}
 */
export function interpolate(from, to, share) {
  const scale = Math.exp(Math.log(from.scale) + share * Math.log(to.scale / from.scale));
  // The centre moves as the scale does, so that the goal stays in sight on the way.
  const part = Math.abs(to.scale / from.scale - 1) < 1e-6
    ? share
    : (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / to.scale);
  return { x: from.x + part * (to.x - from.x), y: from.y + part * (to.y - from.y), scale };
}

/**
 * Return whether a point lies in a view.
 * @param {View} view
 * @param {number} x
 * @param {number} y
 */
export function contains([left, bottom, right, top], x, y) {
  return x >= left && x <= right && y >= bottom && y <= top;
}

/**
 * Return whether a view lies in another.
 * @param {View} outer
 * @param {View} inner
 */
export function covers(outer, inner) {
  return (
    outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3]
  );
}

/**
 * Return a view that is larger on each side by a share of its width or height.
 * @param {View} view
 * @param {number} share
 * @returns {View}
 */
export function widen([left, bottom, right, top], share) {
  const [w, h] = [(right - left) * share, (top - bottom) * share];
  return [left - w, bottom - h, right + w, top + h];
}

/**
 * Return a view of points except for the outermost tenth.
 * @param {{x: number, y: number}[]} points
 * @param {View} home the whole map
 * @returns {View}
 */
export function middleView(points, home) {
  /** @param {number[]} values */
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const [x, y] = [median(points.map((point) => point.x)), median(points.map((point) => point.y))];
  /** @param {{x: number, y: number}} point */
  const distance = (point) => Math.hypot(point.x - x, point.y - y);
  const nearest = [...points].sort((one, other) => distance(one) - distance(other));
  return viewAround(nearest.slice(0, Math.ceil(0.9 * points.length)), home);
}

/**
 * Return a view of all points, not closer than a tenth of the whole map.
 * @param {{x: number, y: number}[]} points
 * @param {View} home the whole map
 * @returns {View}
 */
export function viewAround(points, home) {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [bottom, top] = [Math.min(...ys), Math.max(...ys)];
  /** @param {number} least @param {number} span */
  const margin = (least, span) => Math.max(least - span, FRAME_MARGIN * span) / 2;
  const w = margin((home[2] - home[0]) * CLOSEST_FRAME, right - left);
  const h = margin((home[3] - home[1]) * CLOSEST_FRAME, top - bottom);
  return [left - w, bottom - h, right + w, top + h];
}
