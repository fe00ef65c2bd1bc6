// @ts-check
// Elements and icons.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  "zoom-in": "M12 5v14M5 12h14",
  "zoom-out": "M5 12h14",
  "whole-map": "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  results: "M12 3v4M12 17v4M3 12h4M17 12h4M12 8a4 4 0 1 0 .1 0",
  lasso: "M7 16c-3-1-4-3-4-5 0-4 4-6 9-6s9 2 9 6-4 6-9 6c-2 0-3 0-4-.6M7 16c1 0 2 1 2 2s-1 3-3 3",
  box: "M4 4h3M10 4h4M17 4h3v3M20 10v4M20 17v3h-3M14 20h-4M7 20H4v-3M4 14v-4M4 7V4",
  table: "M4 5h16v14H4zM4 10h16M4 15h16M10 5v14",
  arrow: "M4 12h15M13 6l6 6-6 6",
  save: "M12 4v11M7 11l5 5 5-5M5 20h14",
  play: "M8 5l11 7-11 7z",
  pause: "M8 5v14M16 5v14",
};

/** @typedef {keyof typeof ICONS} IconName */

/**
 * Return a new element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 */
export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/**
 * Return a new SVG element.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} attributes
 */
export function svgElement(tag, attributes = {}) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/** @param {IconName} name */
export function icon(name) {
  const made = svgElement("svg", { viewBox: "0 0 24 24" });
  made.append(svgElement("path", { d: ICONS[name] }));
  return made;
}

/**
 * Return a button with an icon.
 * @param {IconName} name
 * @param {string} label
 * @param {() => void} onClick
 */
export function iconButton(name, label, onClick) {
  const made = element("button", "tool");
  made.type = "button";
  made.dataset.tool = name;
  setIcon(made, name, label);
  made.onclick = onClick;
  return made;
}

/**
 * Give a button an icon and a label, which shows when the pointer rests on it.
 * @param {HTMLElement} button
 * @param {IconName} name
 * @param {string} label
 */
export function setIcon(button, name, label) {
  button.title = label;
  button.setAttribute("aria-label", label);
  button.replaceChildren(icon(name));
}

/**
 * Return an event's point in pixels from the top left corner of an element.
 * @param {MouseEvent} event
 * @param {Element} target
 * @returns {import("./types.d.ts").Point}
 */
export function pointOf(event, target) {
  const { left, top } = target.getBoundingClientRect();
  return [event.clientX - left, event.clientY - top];
}

/** Let the browser save a file. */
export function download(/** @type {Blob} */ content, /** @type {string} */ name) {
  const link = element("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
