// @ts-check
// Keys of the page: "/" goes to the search box, j and k or the arrows through the hits, s stars the
// focused hit or the open paper, n marks it as not for me, Escape goes back. Enter opens by itself:
// these keys move the focus. In a literature review i includes the paper, e excludes it, l puts it
// off, u undoes.

/** @import { ComponentArguments } from "../map/browser/streamlit.d.ts" */

const SEARCH_BOX = ".st-key-q input";
const TITLES = '.st-key-list [class*="st-key-open-"] button';
const BACK_BUTTONS = [".st-key-back", ".st-key-release", ".st-key-back-to-topic"];
const PAPERS = '[class*="st-key-headline-"]';
const WITH_OWN_KEYS =
  'input, textarea, select, [contenteditable="true"], [role="radiogroup"], [role="listbox"],' +
  '[role="combobox"], [role="dialog"], [role="menu"]';
/** @type {Record<string, number>} */
const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
/** @type {Record<string, string>} */
const DECISIONS = { i: "include", e: "exclude", l: "later", u: "undo" };

let lastTitle = ""; // Opening a paper and coming back takes the focus away.
let calls = 0;

/** @param {string} selector */
function find(selector) {
  return /** @type {HTMLElement | null} */ (document.querySelector(selector));
}

function titles() {
  return /** @type {HTMLElement[]} */ ([...document.querySelectorAll(TITLES)]);
}

/** Return the key that Streamlit gives to a title in the list. @param {Element} title */
function keyOf(title) {
  const keyed = title.closest('[class*="st-key-open-"]');
  return [...(keyed?.classList ?? [])].find((name) => name.startsWith("st-key-open-")) ?? "";
}

/** @param {number} step */
function moveThroughList(step) {
  const listed = titles();
  const focused = listed.findIndex((title) => title === document.activeElement);
  const before = focused >= 0 ? focused : listed.findIndex((title) => keyOf(title) === lastTitle);
  const next = listed[Math.min(Math.max(before + step, 0), listed.length - 1)];
  if (!next) return false;
  lastTitle = keyOf(next);
  next.focus({ preventScroll: true });
  (next.closest('[class*="st-key-hit-"]') ?? next).scrollIntoView({ block: "nearest" });
  return true;
}

/** Press the button of a mark on a paper. @param {string} mark "star" or "dismiss" */
function mark(mark) {
  const focused = document.activeElement?.closest(PAPERS);
  const last = titles().find((title) => keyOf(title) === lastTitle)?.closest(PAPERS);
  const paper = focused ?? find(".st-key-paper-actions") ?? find(".st-key-question") ?? last;
  return click(paper?.querySelector(`[class*="st-key-${mark}-"] button`));
}

function goBack() {
  if (find('[data-testid="stPopoverBody"], [role="dialog"]')) return false;
  return click(BACK_BUTTONS.map((name) => find(`${name} button`)).find(Boolean));
}

/** Click a button if there is one; return whether there is. @param {Element | null} [button] */
function click(button) {
  if (button instanceof HTMLElement) button.click();
  return Boolean(button);
}

function goToSearch() {
  const box = /** @type {HTMLInputElement | null} */ (find(SEARCH_BOX));
  box?.focus();
  box?.select();
  return true;
}

/** @param {string} key @returns {boolean} whether the key means something */
function act(key) {
  const focused = document.activeElement;
  if (focused?.matches(SEARCH_BOX) && key === "ArrowDown") return moveThroughList(1);
  if (focused?.closest(WITH_OWN_KEYS)) return false;
  if (key === "/") return goToSearch();
  if (key === "Escape") return goBack();
  if (key === "s") return mark("star");
  if (key === "n") return mark("dismiss");
  if (key === "j" && find(".st-key-question")) return click(find(".st-key-skip button"));
  if (key in DECISIONS) return click(find(`.st-key-screen-${DECISIONS[key]} button:enabled`));
  return key in STEPS && moveThroughList(STEPS[key]);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (act(event.key)) event.preventDefault();
}

/** @param {ComponentArguments<{calls: number}>} component */
export default function ({ data }) {
  // At the window, before any listener of the document: what Escape closes is still open.
  globalThis.addEventListener("keydown", onKey, true);
  if (data.calls > calls) find(SEARCH_BOX)?.focus();
  calls = data.calls;
  return () => globalThis.removeEventListener("keydown", onKey, true);
}
