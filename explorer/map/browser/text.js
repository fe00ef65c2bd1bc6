// @ts-check
// Fonts of the map, and the width of text in them.

/** @type {CanvasRenderingContext2D | null} */
let measuring = null;
/** @type {Map<string, number>} */
const widths = new Map();

/** Return the font of a size in pixels and a weight, as a canvas and CSS take it. */
export function fontOf(/** @type {number} */ size, weight = 700) {
  return `${weight} ${size}px "Source Sans", "Source Sans Pro", system-ui, sans-serif`;
}

/**
 * Return the width of text in pixels.
 * @param {string} text
 * @param {string} font
 */
export function textWidth(text, font) {
  const key = `${font} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    measuring ??= document.createElement("canvas").getContext("2d");
    if (!measuring) throw new Error("no 2D canvas");
    measuring.font = font;
    width = measuring.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}
