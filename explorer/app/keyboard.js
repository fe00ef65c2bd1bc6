// The keyboard: "/" to the search box, j and k or the arrows through the hits, s stars the chosen one
// or the open paper, Escape goes back.
// Enter opens by itself: what these keys move is the focus.

const TITLES = '.st-key-list [class*="st-key-open-"] button';
const BACK = [".st-key-back", ".st-key-release", ".st-key-back-to-topic"];
const HIT = '[class*="st-key-hit-"], [class*="st-key-kept-"]';
const OWN_KEYS =
  'input, textarea, select, [contenteditable="true"], [role="radiogroup"], [role="listbox"],' +
  '[role="combobox"], [role="dialog"], [role="menu"]';
const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

let last = ""; // Where the user was; opening a paper and coming back takes the focus away.
let called = 0;

function searchBox() {
  return document.querySelector(".st-key-q input");
}

function keyOf(title) {
  const named = title.closest('[class*="st-key-open-"]');
  return [...named.classList].find((name) => name.startsWith("st-key-open-"));
}

function move(step) {
  const titles = [...document.querySelectorAll(TITLES)];
  const focused = titles.indexOf(document.activeElement);
  const before = focused >= 0 ? focused : titles.findIndex((title) => keyOf(title) === last);
  const there = titles[Math.min(Math.max(before + step, 0), titles.length - 1)];
  if (!there) return false;
  last = keyOf(there);
  there.focus({ preventScroll: true });
  (there.closest('[class*="st-key-hit-"]') ?? there).scrollIntoView({ block: "nearest" });
  return true;
}

function star() {
  const chosen = document.activeElement?.closest(HIT);
  const titles = [...document.querySelectorAll(TITLES)];
  const left = titles.find((title) => keyOf(title) === last)?.closest(HIT);
  const of = chosen ?? document.querySelector(".st-key-paper-head") ?? left;
  const button = of?.querySelector('[class*="st-key-star-"] button');
  button?.click();
  return Boolean(button);
}

function goBack() {
  if (document.querySelector('[data-testid="stPopoverBody"], [role="dialog"]')) return false;
  const button = BACK.map((name) => document.querySelector(`${name} button`)).find(Boolean);
  button?.click();
  return Boolean(button);
}

function act(event) {
  const focused = document.activeElement;
  if (focused === searchBox() && event.key === "ArrowDown") return move(1);
  if (focused?.closest(OWN_KEYS)) return false;
  if (event.key === "/") {
    searchBox()?.focus();
    searchBox()?.select();
    return true;
  }
  if (event.key === "Escape") return goBack();
  if (event.key === "s") return star();
  return event.key in STEPS && move(STEPS[event.key]);
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (act(event)) event.preventDefault();
}

export default function ({ data }) {
  // While capturing: what Escape closes is still open.
  document.addEventListener("keydown", onKey, true);
  if (data.calls > called) searchBox()?.focus();
  called = data.calls;
  return () => document.removeEventListener("keydown", onKey, true);
}
