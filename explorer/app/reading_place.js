// @ts-check
// The reader's place: new results begin at their top, what opens has the focus on its heading, and
// going back leads to the row that one came from.

/** @import { ComponentArguments } from "../map/browser/streamlit.d.ts" */

/**
 * What the list showed, how far it was scrolled, and the Streamlit key of what was used last in it.
 * @typedef {{opened: string, scrolled: number, used: string}} Place
 */

const LIST = ".st-key-list";
const HEADINGS = `.st-key-paper h2, .st-key-about h2`;
const PATIENCE = 3000; // Milliseconds in which the list is drawn; more would surprise the reader.

let list = "";
/** @type {Place[]} from the list itself to what is open in it */
let places = [];
/** @type {MutationObserver | undefined} */
let waiting;

/** @param {string} selector */
function find(selector) {
  return /** @type {HTMLElement | null} */ (document.querySelector(selector));
}

/** Return what scrolls the list: itself, or on a narrow screen the page. */
function scroller() {
  const element = find(LIST);
  const own = element && getComputedStyle(element).overflowY === "auto";
  return own ? element : find(".stMain");
}

/** Remember what is used, before that changes the list. @param {Event} event */
function remember(event) {
  const place = places.at(-1);
  if (!place) return;
  stopWaiting();
  place.scrolled = scroller()?.scrollTop ?? 0;
  const keyed = event.target instanceof Element &&
    event.target.closest(`${LIST} [class*="st-key-"]`);
  const classes = keyed ? [...keyed.classList] : [];
  place.used = classes.find((name) => name.startsWith("st-key-")) ?? "";
}

function stopWaiting() {
  waiting?.disconnect();
  waiting = undefined;
}

/** Act now or, while the list is still being drawn, later. @param {() => boolean} isDone */
function whenDrawn(isDone) {
  stopWaiting();
  if (isDone()) return;
  const observer = new MutationObserver(() => isDone() && stopWaiting());
  waiting = observer;
  observer.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => {
    if (waiting !== observer) return;
    stopWaiting();
    keepFocus();
  }, PATIENCE);
}

/** Focus the list if what had the focus is gone. @returns {boolean} */
function keepFocus() {
  if (document.activeElement !== document.body) return true;
  return focus(find(LIST));
}

/** Focus the list once what had the focus is gone. @returns {boolean} whether it was */
function hasMovedFocus() {
  return document.activeElement === document.body && keepFocus();
}

/** @param {HTMLElement | null | undefined} element @returns {boolean} whether there is one */
function focus(element) {
  if (!element) return false;
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus({ preventScroll: true });
  return true;
}

/** @param {number} top */
function scrollTo(top) {
  const element = scroller();
  if (element) element.scrollTop = top;
  return !element || Math.abs(element.scrollTop - top) < 2;
}

/** Show what has just been opened from its top. */
function showOpened() {
  const before = document.activeElement;
  whenDrawn(() => {
    scrollTo(0);
    const heading = find(HEADINGS);
    if (!heading) return false;
    return before instanceof HTMLInputElement ? true : focus(heading);
  });
}

/** Return to a place; its row is the one used there, or else that of what was open. @param {Place} place @param {string} closed */
function returnTo(place, closed) {
  whenDrawn(() => {
    const row = place.used ? `.${CSS.escape(place.used)} button` : "";
    const button = (row && find(row)) ||
      find(`${LIST} [class*="st-key-open-"][class*="-${closed} "] button`);
    return scrollTo(place.scrolled) && focus(button);
  });
}

/** @param {ComponentArguments<{list: string, opened: string}>} component */
export default function ({ data }) {
  const isFirst = places.length === 0;
  const last = places.at(-1);
  const known = places.findIndex((place) => place.opened === data.opened);
  if (isFirst || data.list !== list) {
    places = [{ opened: data.opened, scrolled: 0, used: "" }];
    if (!isFirst) {
      scrollTo(0);
      whenDrawn(hasMovedFocus);
    }
  } else if (known < 0) {
    places.push({ opened: data.opened, scrolled: 0, used: "" });
    showOpened();
  } else if (known < places.length - 1) {
    places.length = known + 1;
    returnTo(places[known], last?.opened ?? "");
  }
  list = data.list;
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, remember, true);
  return () => {
    for (const kind of ["pointerdown", "keydown"]) {
      document.removeEventListener(kind, remember, true);
    }
  };
}
