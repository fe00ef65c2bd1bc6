// @ts-check
// View of the map in the URL: it can be shared, but moves of the map are no steps of the history.

import { page } from "./page_state.js";
/** @import { View } from "./types.d.ts" */

const DIGITS = 5;

/**
 * Return the URL with a view of the map in it, or without one.
 * @param {URL} url
 * @param {string} parameter
 * @param {string | undefined} view
 */
export function withView(url, parameter, view) {
  const changed = new URL(url);
  if (view) changed.searchParams.set(parameter, view);
  else changed.searchParams.delete(parameter);
  return changed;
}

/**
 * Return whether two URLs differ at most in how the map is viewed.
 * @param {URL} one
 * @param {URL} other
 * @param {string[]} parameters names of those that say how the map is viewed
 */
export function showSamePage(one, other, parameters) {
  const [first, second] = [one, other].map((url) => {
    const query = new URLSearchParams(url.search);
    for (const name of parameters) query.delete(name);
    return query.toString();
  });
  return first === second;
}

/**
 * Write the view into every new URL of the page.
 *
 * Streamlit adds a step to the browser's history whenever the server changes the URL, and offers no
 * way to replace the last step instead (only a URL that is unchanged adds none). Besides, the server
 * knows only the view of the last scene, which may be older than the one on the screen. So this
 * changes `history.pushState`, once for the page.
 * @param {string[]} parameters names of those that say how the map is viewed, the view itself first
 */
export function keepViewInUrl(parameters) {
  if (page.keepsUrl) return;
  page.keepsUrl = true;
  addEventListener("popstate", () => page.steps = (page.steps ?? 0) + 1);
  const pushState = history.pushState.bind(history);
  history.pushState = (state, title, url) => {
    const wanted = new URL(url ?? location.href, location.href);
    const next = page.map ? withView(wanted, parameters[0], page.view) : wanted;
    if (showSamePage(next, new URL(location.href), parameters)) {
      history.replaceState(state, title, next);
    } else pushState(state, title, next);
  };
}

/**
 * Write the view at rest into the URL.
 * @param {View | null} view null for the whole map
 * @param {string[]} parameters
 */
export function writeView(view, parameters) {
  page.view = viewText(view);
  const url = new URL(location.href);
  history.replaceState(history.state, "", page.map ? withView(url, parameters[0], page.view) : url);
}

/** Return where a message is sent from: the server's URL may be older or newer. */
export function place() {
  return { search: location.search, steps: page.steps ?? 0 };
}

/** Return the view as the URL has it. @param {View | null} view */
export function viewText(view) {
  return view?.map((value) => Number(value.toPrecision(DIGITS))).join(",");
}
