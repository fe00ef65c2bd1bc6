// @ts-check
// Records in the browser when the page was opened, and tells the server of the visit before.

/** @import { ComponentArguments } from "../map/browser/streamlit.d.ts" */

const KEY = "literature-explorer-visits";
/** A cookie, so that the first page that the server draws knows it. */
const READ_COOKIE = "literature-explorer-read";
const MOST_READ = 8;
const YEAR = 365 * 24 * 60 * 60; // Seconds.
const MIN_PAUSE = 30 * 60 * 1000; // Openings within half an hour belong to one visit.

/**
 * Milliseconds since 1970: when the page was last opened, and the last time of the visit before; when
 * the newest paper of the library was added that was there last, and at the end of the visit before.
 * @typedef {{opened?: number, before?: number, newest?: number, seen?: number}} Visits
 */

/** @returns {Visits} */
function storedVisits() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "null") ?? {};
  } catch {
    return {};
  }
}

/**
 * Add an update to those whose news were read, the last first; they are known by their time.
 * @param {number} newest
 */
function keepAsRead(newest) {
  const cookies = document.cookie.split("; ").map((cookie) => cookie.split("="));
  const read = cookies.find(([name]) => name === READ_COOKIE)?.[1]?.split(".") ?? [];
  const kept = [...new Set([String(newest), ...read])].slice(0, MOST_READ).join(".");
  document.cookie = `${READ_COOKIE}=${kept}; path=/; max-age=${YEAR}; samesite=strict`;
}

/** @param {ComponentArguments<{wanted: boolean, newest: number}>} component */
export default function ({ data, setStateValue }) {
  const visits = storedVisits();
  const opened = Math.round(performance.timeOrigin);
  // This runs whenever the page is drawn, and in every tab: only a later opening is news.
  const last = Number(visits.opened); // NaN on a first visit
  const isLater = !(last >= opened);
  if (isLater || visits.newest !== data.newest) {
    if (isLater && opened - last > MIN_PAUSE) {
      visits.before = last;
      visits.seen = visits.newest ?? 0;
    }
    if (isLater) visits.opened = opened;
    visits.newest = data.newest;
    try {
      localStorage.setItem(KEY, JSON.stringify(visits));
    } catch {
      // Storage may be full or refused; then the next visit is the first once more.
    }
  }
  if (data.wanted) {
    keepAsRead(data.newest);
    setStateValue("seen", visits.seen ?? 0);
    setStateValue("previous", visits.before ?? 0);
  }
}
