// @ts-check
// Fonts of the map, the width of text in them, and colours that text is legible in.

/** @type {CanvasRenderingContext2D | null} */
let measuring = null;
/** @type {Map<string, number>} */
const widths = new Map();

/** The page's own font (.streamlit/config.toml), for canvas and files. */
export const FAMILY = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";

/** Return the font of a size in pixels and a weight, as a canvas and CSS take it. */
export function fontOf(/** @type {number} */ size, weight = 700) {
  return `${weight} ${size}px ${FAMILY}`;
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

const MIN_CONTRAST = 4.5; // of text, by WCAG 2
const STEPS = 20;
/** Legible colours by colour, background and text: the same for every frame. @type {Map<string, string>} */
const legibles = new Map();

/**
 * Return the colour, mixed with as much of the text's own as it takes to be read on the background.
 * @param {string} colour such as "#4878d0", like the others
 * @param {string} background
 * @param {string} text
 */
export function legible(colour, background, text) {
  const key = `${colour} ${background} ${text}`;
  let result = legibles.get(key);
  if (result === undefined) legibles.set(key, result = mixedToContrast(colour, background, text));
  return result;
}

/** @param {string} colour @param {string} background @param {string} text */
function mixedToContrast(colour, background, text) {
  const colours = [colour, background, text].map(channels);
  if (colours.some((each) => each === null)) return colour;
  const [own, behind, goal] = /** @type {number[][]} */ (colours);
  for (let step = 0; step <= STEPS; step++) {
    const mixed = own.map((value, i) => Math.round(value + ((goal[i] - value) * step) / STEPS));
    if (contrast(mixed, behind) >= MIN_CONTRAST) return hex(mixed);
  }
  return text;
}

/** Return red, green and blue. @param {string} colour @returns {number[] | null} */
function channels(colour) {
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return null;
  return [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
}

/** @param {number[]} colour */
function hex(colour) {
  return `#${colour.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** @param {number[]} one @param {number[]} other */
export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Return the relative luminance of WCAG 2. @param {number[]} colour */
function luminance(colour) {
  const [red, green, blue] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
