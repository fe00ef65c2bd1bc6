// @ts-check
// A click on a sector opens its topic at once. Plotly would also zoom into the sector, an animation
// that can go on failing, frame after frame, when the page has taken the sunburst away.

/**
 * A Plotly chart.
 * @typedef {HTMLElement & {
 *   on?(name: string, listener: (event: unknown) => boolean): void,
 *   emit(name: string, event: unknown): void,
 * }} Chart
 */

const SUNBURST = ".st-key-sunburst .js-plotly-plot";
/** @type {WeakSet<Chart>} */
const withListener = new WeakSet();

/** @param {Event} event */
function replaceZoom({ target }) {
  const chart = target instanceof Element
    ? /** @type {Chart | null} */ (target.closest(SUNBURST))
    : null;
  if (!chart?.on || withListener.has(chart)) return;
  withListener.add(chart);
  chart.on("plotly_sunburstclick", (click) => {
    chart.emit("plotly_click", click);
    return false; // no zoom
  });
}

export default function () {
  // While capturing: Plotly has not seen the click yet.
  document.addEventListener("click", replaceZoom, true);
  return () => document.removeEventListener("click", replaceZoom, true);
}
