// @ts-check
// Sends the server the part of the map in view once it is at rest, for the list beside it, and
// the map the number of papers in that list.

/** @import { PageState } from "../map/browser/page_state.js" */
/** @import { ComponentArguments } from "../map/browser/streamlit.d.ts" */

const REST = 280; // Milliseconds after which a view at rest is listed; the map waits before it.

/**
 * @typedef {object} Listed
 * @property {string} view as the URL has it, that the list was made for; empty for the whole map
 * @property {number | null} papers in the list; null if it is not of the view
 */

/** @param {ComponentArguments<Listed>} component */
export default function ({ data, setTriggerValue }) {
  const page = /** @type {{literatureMap?: PageState}} */ (globalThis).literatureMap ??= {
    map: null,
    showOverlay: null,
  };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let sent = data.view;

  function follow() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const view = page.view ?? "";
      if (!page.map || page.map.isMoving || view === sent) return;
      sent = view;
      const from = { search: location.search, steps: page.steps ?? 0 };
      setTriggerValue("view", { view, from }); // as a state it would not be sent twice in a row
    }, REST);
  }

  page.viewChanged = follow;
  follow(); // the list may have been made for a view that the map has left since
  page.listed = data;
  page.map?.showListed(data);
  return () => {
    clearTimeout(timer);
    if (page.viewChanged === follow) page.viewChanged = null;
    page.listed = null;
    page.map?.showListed(null);
  };
}
