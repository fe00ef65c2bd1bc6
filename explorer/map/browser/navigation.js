// @ts-check
// Navigation of the map: pan, zoom, flights, and the size of the map on the screen.

import { cameraFor, viewAround, viewOf, zoom } from "./camera.js";
import { createFlight } from "./flight.js";
/** @import { Camera, Point, Size, View } from "./types.d.ts" */

const KEY_STEP = 0.2; // of the width or height, per arrow key

export class Navigation {
  /** Null before the first scene is shown. @type {Camera | null} */
  camera = null;
  /** @type {Size} */
  size = { width: 0, height: 0 };

  #moved;
  #flight;
  /** Seen as soon as the size is known; null for the whole map. */
  #startView;
  /** The whole map. @type {View} */
  #home = [0, 0, 1, 1];

  /** @param {View | null} startView @param {() => void} moved */
  constructor(startView, moved) {
    this.#startView = startView;
    this.#moved = moved;
    this.#flight = createFlight((camera) => this.#move(camera));
  }

  /** Begin, or go on with another library. @param {View} home */
  begin(home) {
    this.#home = home;
    if (this.size.width) this.camera ??= cameraFor(this.#startView ?? home, this.size);
  }

  /** Keep the view in a map of another size. @param {Size} size @param {boolean} hasScene */
  resize(size, hasScene) {
    const isWhole = this.camera && this.showsWholeMap;
    const view = this.camera ? this.view : hasScene ? (this.#startView ?? this.#home) : null;
    this.size = size;
    if (view) this.camera = cameraFor(isWhole ? this.#home : view, size);
  }

  /** The part of the map in sight. @returns {View} */
  get view() {
    return this.camera ? viewOf(this.camera, this.size) : this.#home;
  }

  get showsWholeMap() {
    const { x, y, scale } = this.#wholeMap;
    return this.camera?.x === x && this.camera.y === y && this.camera.scale === scale;
  }

  showWholeMap() {
    this.#fly(this.#wholeMap);
  }

  /** @param {{x: number, y: number}[]} points */
  showAll(points) {
    this.#fly(cameraFor(viewAround(points, this.#home), this.size));
  }

  /**
   * Fly to a view, unless `point` is in sight already.
   * @param {View | null} view null for the whole map
   * @param {{x: number, y: number} | null} point
   */
  flyTo(view, point) {
    if (!this.camera) {
      this.#startView = view;
      return;
    }
    const [left, bottom, right, top] = this.view;
    if (point && point.x > left && point.x < right && point.y > bottom && point.y < top) return;
    this.#fly(cameraFor(view ?? this.#home, this.size));
  }

  /** Fly to a point without zooming. @param {{x: number, y: number}} point */
  centre({ x, y }) {
    if (this.camera) this.#fly({ ...this.camera, x, y });
  }

  /** @param {number} factor @param {Point} point stays where it is */
  zoom(factor, point) {
    if (this.camera) this.#move(this.#zoomed(this.camera, factor, point));
  }

  /** @param {number} factor @param {Point} point stays where it is; the centre by default */
  zoomSmoothly(factor, point = [this.size.width / 2, this.size.height / 2]) {
    if (this.camera) this.#fly(this.#zoomed(this.camera, factor, point));
  }

  /** @param {number} dx @param {number} dy in pixels */
  pan(dx, dy) {
    if (!this.camera) return;
    const { x, y, scale } = this.camera;
    this.#move({ x: x - dx / scale, y: y + dy / scale, scale });
  }

  /** @param {number} right @param {number} up in steps of an arrow key */
  step(right, up) {
    if (!this.camera) return;
    const { x, y, scale } = this.camera;
    const { width, height } = this.size;
    const step = KEY_STEP / scale;
    this.#fly({ x: x + right * width * step, y: y + up * height * step, scale });
  }

  /** Stop a flight. */
  stop() {
    this.#flight.stop();
  }

  get #wholeMap() {
    return cameraFor(this.#home, this.size);
  }

  /** @param {Camera} camera @param {number} factor @param {Point} point */
  #zoomed(camera, factor, point) {
    return zoom(camera, this.size, factor, point, this.#wholeMap.scale);
  }

  /** @param {Camera} camera */
  #move(camera) {
    this.camera = camera;
    this.#moved();
  }

  /** @param {Camera} goal */
  #fly(goal) {
    if (this.camera) this.#flight.fly(this.camera, goal);
  }
}
