// @ts-check
// Gestures on the map with mouse, pen or fingers: drag, pinch, wheel, click, lasso and box.

import { pointOf } from "./dom.js";
/** @import { Point, Tool } from "./types.d.ts" */

const CLICK_DISTANCE = 4; // pixels; a pointer that moves farther drags
const DOUBLE_CLICK_ZOOM = 2;
const WHEEL_ZOOM = 0.0018; // natural logarithm of the factor, per pixel
const WHEEL_LINE = 30; // pixels
const MAX_WHEEL = 300;

/**
 * Actions of gestures; points are pixels from the top left corner of the map.
 * @typedef {object} GestureActions
 * @property {() => boolean} isReady
 * @property {() => void} touched a pointer is down, a flight should stop
 * @property {(point: Point) => void} hover
 * @property {() => void} leave
 * @property {(point: Point) => void} click
 * @property {(dx: number, dy: number) => void} pan
 * @property {(factor: number, point: Point) => void} zoom
 * @property {(factor: number, point: Point) => void} zoomSmoothly
 * @property {() => void} outlineChanged
 * @property {(outline: Point[]) => void} select
 * @property {(tool: Tool) => void} toolChanged
 */

/**
 * Listen to gestures on the canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {GestureActions} actions
 */
export function listenToGestures(canvas, actions) {
  /** @type {Map<number, {from: Point, at: Point}>} */
  const pointers = new Map();
  /** @type {Tool} */
  let tool = "pan";
  /** @type {Point[] | null} */
  let outline = null;

  /** @param {Tool} wanted */
  function setTool(wanted) {
    tool = wanted;
    canvas.style.cursor = idleCursor();
    actions.toolChanged(tool);
  }

  const idleCursor = () => (tool === "pan" ? "grab" : "crosshair");

  /** @param {PointerEvent} event */
  function press(event) {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    actions.touched();
    const at = pointOf(event, canvas);
    pointers.set(event.pointerId, { at, from: at });
    if ((tool !== "pan" || event.shiftKey) && pointers.size === 1) {
      if (tool === "pan") tool = "box";
      outline = [at];
    }
  }

  /** @param {PointerEvent} event */
  function move(event) {
    if (!actions.isReady()) return;
    const at = pointOf(event, canvas);
    const pointer = pointers.get(event.pointerId);
    if (!pointer) return actions.hover(at);
    const others = [...pointers].filter(([id]) => id !== event.pointerId);
    if (outline) draw(pointer.from, at);
    else if (others.length) pinch(others[0][1].at, pointer.at, at);
    else actions.pan(at[0] - pointer.at[0], at[1] - pointer.at[1]);
    pointer.at = at;
  }

  /** @param {Point} from @param {Point} at */
  function draw([x, y], at) {
    outline = tool === "box" ? [[x, y], [at[0], y], at, [x, at[1]]] : [...(outline ?? []), at];
    actions.outlineChanged();
  }

  /** @param {Point} fixed @param {Point} before @param {Point} after */
  function pinch(fixed, before, after) {
    const distance = Math.hypot(after[0] - fixed[0], after[1] - fixed[1]);
    const earlier = Math.hypot(before[0] - fixed[0], before[1] - fixed[1]);
    actions.zoom(distance / Math.max(earlier, 1), fixed);
  }

  /** @param {PointerEvent} event */
  function lift(event) {
    const pointer = pointers.get(event.pointerId);
    pointers.delete(event.pointerId);
    if (!pointer) return;
    const [x, y] = pointer.from;
    if (outline) select();
    else if (
      event.type === "pointerup" &&
      Math.hypot(pointer.at[0] - x, pointer.at[1] - y) < CLICK_DISTANCE
    ) actions.click(pointOf(event, canvas));
  }

  function select() {
    const drawn = outline ?? [];
    outline = null;
    setTool("pan");
    actions.select(drawn);
  }

  /** @param {WheelEvent} event */
  function turnWheel(event) {
    event.preventDefault();
    actions.touched();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? WHEEL_LINE : 1);
    const limited = Math.min(Math.max(pixels, -MAX_WHEEL), MAX_WHEEL);
    actions.zoom(Math.exp(-limited * WHEEL_ZOOM), pointOf(event, canvas));
  }

  canvas.addEventListener("pointerdown", press);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("pointerleave", actions.leave);
  canvas.addEventListener("wheel", turnWheel, { passive: false });
  canvas.addEventListener("dblclick", (event) => {
    const factor = event.shiftKey ? 1 / DOUBLE_CLICK_ZOOM : DOUBLE_CLICK_ZOOM;
    actions.zoomSmoothly(factor, pointOf(event, canvas));
  });

  return {
    get tool() {
      return tool;
    },

    /** The outline that is being drawn, in pixels; null if none is. */
    get outline() {
      return outline;
    },

    /** Take a tool, or put it down if it is taken. @param {Tool} wanted */
    toggleTool(wanted) {
      setTool(tool === wanted ? "pan" : wanted);
    },

    /** @param {boolean} onTarget whether a click would open something */
    showCursor(onTarget) {
      canvas.style.cursor = onTarget ? "pointer" : idleCursor();
    },
  };
}
