// @ts-check
// Highlights on the map of the page, a Streamlit component without an element of its own.

import { page } from "./page_state.js";
/** @import { ComponentArguments } from "./streamlit.d.ts" */
/** @import { Overlay, Theme, View } from "./types.d.ts" */

/**
 * @typedef {object} Highlights
 * @property {Overlay} overlay
 * @property {Theme} theme
 * @property {string} flight identifies the goal; empty for none
 * @property {View | null} goal null for the whole map
 */

/** @param {ComponentArguments<Highlights>} component */
export default function ({ data }) {
  page.showOverlay = (map) => {
    map.showOverlay(data.overlay, data.theme);
    // A new map shows the view of the URL; later it flies wherever the server leads it.
    const isLed = map.flight === undefined ? data.flight && !page.view : data.flight !== map.flight;
    if (isLed) map.flyTo(data.goal, data.overlay.opened);
    map.flight = data.flight;
  };
  if (page.map) page.showOverlay(page.map);
  document.addEventListener("pointerover", highlightHit);
  document.addEventListener("focusin", highlightHit);
  return () => {
    document.removeEventListener("pointerover", highlightHit);
    document.removeEventListener("focusin", highlightHit);
  };
}

/** Highlight the badge of the hit in the list that is hovered or has the focus. */
function highlightHit(/** @type {Event} */ { target }) {
  const hit = target instanceof Element ? target.closest('[class*="st-key-hit-"]') : null;
  const number = hit?.className.match(/st-key-hit-(\d+)/)?.[1];
  page.map?.highlightHit(Number(number));
}
