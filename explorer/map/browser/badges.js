// @ts-check
// Marks over the map: numbered badges of search results, and the ring around the open paper.

import { projection } from "./camera.js";
import { element } from "./dom.js";
import { hitMarks } from "./hit_marks.js";
/** @import { Camera, Hit, HitMark, Overlay, Point, Size } from "./types.d.ts" */

const LAYER = 1_000; // the first result lies on top
const MOST_TITLES = 10; // in the tooltip of a badge that counts results

/**
 * Actions of the badges.
 * @typedef {object} BadgeActions
 * @property {(row: number) => void} open
 * @property {(point: Point) => void} zoom to a badge that counts results
 */

/** Return the element with the badges, and functions to change them. */
export function createBadges(/** @type {BadgeActions} */ actions) {
  const layer = element("div", "badges");
  const ring = element("div", "open-ring");
  /** @type {Overlay} */
  let overlay;
  /** By row. @type {Map<number, HTMLButtonElement>} */
  let buttons = new Map();
  /** @type {HitMark[]} */
  let marks = [];

  return {
    element: layer,

    /** @param {Overlay} next */
    show(next) {
      overlay = next;
      buttons = new Map(next.hits.map((hit) => [hit.row, badgeOf(hit)]));
      layer.replaceChildren(...buttons.values(), ring);
      ring.hidden = !next.opened;
      ring.style.setProperty("--own", next.opened?.colour ?? "");
    },

    /** @param {Camera} camera @param {Size} size */
    place(camera, size) {
      if (!overlay) return;
      marks = hitMarks(overlay, camera, size);
      for (const mark of marks) placeBadge(mark);
      if (!overlay.opened) return;
      const screen = projection(camera, size);
      ring.style.translate = `${screen.x(overlay.opened.x)}px ${screen.y(overlay.opened.y)}px`;
    },

    /** @param {number} number of the hit that stands out; none if it has no badge */
    highlight(number) {
      for (const { hits } of marks) {
        const stands = hits.some((hit) => hit.number === number);
        buttons.get(hits[0].row)?.classList.toggle("highlighted", stands);
      }
    },

    /** @param {boolean} passThrough whether the pointer acts on the map below */
    setPassThrough(passThrough) {
      layer.classList.toggle("pass-through", passThrough);
    },
  };

  /** @param {HitMark} mark */
  function placeBadge({ hits, x, y }) {
    const [first, ...others] = hits.map((hit) => buttons.get(hit.row));
    if (!first) return;
    for (const other of others) if (other) other.hidden = true;
    const isGroup = hits.length > 1;
    first.hidden = false;
    first.style.translate = `${x}px ${y}px`;
    if (first.classList.toggle("group", isGroup) || first.dataset.count) describe(first, hits);
    first.onclick = () => (isGroup ? actions.zoom([x, y]) : actions.open(hits[0].row));
  }
}

/** @param {Hit} hit */
function badgeOf(hit) {
  const button = element("button", "badge", String(hit.number));
  button.tabIndex = -1; // The list has the same hits, and keys move through it.
  button.title = hit.title;
  button.style.background = hit.background;
  button.style.color = hit.text;
  button.style.zIndex = String(LAYER - hit.number);
  return button;
}

/** Label the badge of one hit, or of several by their count. @param {HTMLButtonElement} button @param {Hit[]} hits */
function describe(button, hits) {
  const count = hits.length > 1 ? String(hits.length) : "";
  if (button.dataset.count === count) return;
  button.dataset.count = count;
  button.textContent = count || String(hits[0].number);
  const titles = hits.slice(0, MOST_TITLES).map(({ number, title }) => `${number}. ${title}`);
  button.title = count ? `${count} results here\n${titles.join("\n")}` : hits[0].title;
}
