// @ts-check
// Records in the browser when the page was opened, and tells the server of the visit before.

/** @import { ComponentArguments } from "../map/browser/streamlit.d.ts" */

const KEY = "literature-explorer-visits";
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
    setStateValue("seen", visits.seen ?? 0);
    setStateValue("previous", visits.before ?? 0);
  }
}
