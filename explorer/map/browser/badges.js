// @ts-check
// Numbered badges of search results over the map.

import { projection } from "./camera.js";
import { element } from "./dom.js";
/** @import { Camera, Hit, Size } from "./types.d.ts" */

const LAYER = 1_000; // the first result lies on top

/**
 * Return the element with the badges, and functions to change them.
 * @param {(row: number) => void} open
 */
export function createBadges(open) {
  const layer = element("div", "badges");
  /** @type {{hit: Hit, button: HTMLButtonElement}[]} */
  let badges = [];

  return {
    element: layer,

    /** @param {Hit[]} hits */
    show(hits) {
      badges = hits.map((hit) => ({ hit, button: badgeOf(hit, open) }));
      layer.replaceChildren(...badges.map(({ button }) => button));
    },

    /** @param {Camera} camera @param {Size} size */
    place(camera, size) {
      const screen = projection(camera, size);
      for (const { hit, button } of badges) {
        button.style.translate = `${screen.x(hit.x)}px ${screen.y(hit.y)}px`;
      }
    },

    /** @param {number} number of the hit that stands out; none if it has no badge */
    highlight(number) {
      for (const { hit, button } of badges) {
        button.classList.toggle("highlighted", hit.number === number);
      }
    },

    /** @param {boolean} passThrough whether the pointer acts on the map below */
    setPassThrough(passThrough) {
      layer.classList.toggle("pass-through", passThrough);
    },
  };
}

/** @param {Hit} hit @param {(row: number) => void} open */
function badgeOf(hit, open) {
  const button = element("button", "badge", String(hit.number));
  button.tabIndex = -1; // The list has the same hits, and keys move through it.
  button.title = hit.title;
  button.style.background = hit.background;
  button.style.color = hit.text;
  button.style.zIndex = String(LAYER - hit.number);
  button.onclick = () => open(hit.row);
  return button;
}
