// @ts-check
// Highlights on the map of the page, a Streamlit component without an element of its own.

import { page } from "./page_state.js";
/** @import { ComponentArguments } from "./streamlit.d.ts" */
/** @import { LiteratureMap } from "./map.js" */
/** @import { Overlay, Span, Theme, View } from "./types.d.ts" */

/**
 * @typedef {object} Highlights
 * @property {Overlay} overlay
 * @property {Theme} theme
 * @property {Span | null} span
 * @property {number} requests the number of the last request that the server had when it made this
 * @property {string} search identifies it; empty if nothing is searched
 * @property {string} flight identifies the goal; empty for none
 * @property {View | null} goal null for the whole map
 * @property {View | null} around the open paper
 * @property {number} wholeMap how often the whole map was requested
 */

/** @param {ComponentArguments<Highlights>} component */
export default function ({ data }) {
  page.showOverlay = (map) => {
    map.showOverlay(data.overlay, data.theme);
    if (data.requests >= (page.requests ?? 0)) map.followSpan(data.span);
    lead(map, data);
  };
  if (page.map) page.showOverlay(page.map);
  document.addEventListener("pointerover", highlightHit);
  document.addEventListener("focusin", highlightHit);
  return () => {
    document.removeEventListener("pointerover", highlightHit);
    document.removeEventListener("focusin", highlightHit);
  };
}

/**
 * Lead the map where the server wants it: to a paper or topic that was opened, or to the hits of a
 * search. A new map shows the view of the URL.
 * @param {LiteratureMap} map
 * @param {Highlights} highlights
 */
function lead(map, { flight, goal, around, search, wholeMap, overlay: { opened } }) {
  const isNew = map.flight === undefined;
  const hasFlight = isNew ? flight !== "" : flight !== map.flight;
  const opens = opened !== null && opened.row !== map.opened;
  const hasRequest = !isNew && wholeMap !== map.wholeMapRequests;
  map.wholeMapRequests = wholeMap;
  map.flight = flight;
  map.opened = opened?.row;
  if (isNew && page.view) map.keepViewFor(search);
  else if (hasRequest) map.flyTo(null);
  else if (opens) map.flyTo(around, opened);
  else if (hasFlight) {
    map.keepViewFor(search);
    map.flyTo(goal);
  } else if (!opened) map.frameHits(search);
}

/** Highlight the badge of the hit in the list that is hovered or has the focus. */
function highlightHit(/** @type {Event} */ { target }) {
  const hit = target instanceof Element ? target.closest('[class*="st-key-hit-"]') : null;
  const number = hit?.className.match(/st-key-hit-(\d+)/)?.[1];
  page.map?.highlightHit(Number(number));
}
