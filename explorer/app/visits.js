// Keeps in this browser when the page was opened, and tells when that was last before this visit.

const KEY = "literature-explorer-visits";
const APART = 30 * 60 * 1000; // What is opened again within half an hour is the same visit.

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export default function ({ data, setStateValue }) {
  const visits = remembered();
  const opened = Math.round(performance.timeOrigin);
  // This runs whenever the page is drawn, and in every tab: only a later opening is news.
  if (!(visits.opened >= opened)) {
    if (opened - visits.opened > APART) visits.before = visits.opened;
    visits.opened = opened;
    try {
      localStorage.setItem(KEY, JSON.stringify(visits));
    } catch {
      // Storage may be full or refused; then the next visit is the first once more.
    }
  }
  if (data.wanted) setStateValue("previous", visits.before ?? 0);
}
