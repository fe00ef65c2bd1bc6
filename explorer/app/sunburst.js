// A click on a sector opens its topic at once. Plotly would also zoom into the sector, an animation
// that can go on failing, frame after frame, when the page has taken the rings away.

const RINGS = ".st-key-sunburst .js-plotly-plot";
const hooked = new WeakSet();

function hook(event) {
  const rings = event.target.closest?.(RINGS);
  if (!rings?.on || hooked.has(rings)) return;
  hooked.add(rings);
  rings.on("plotly_sunburstclick", (clicked) => {
    rings.emit("plotly_click", clicked);
    return false; // no zoom
  });
}

export default function () {
  // While capturing: Plotly has not seen the click yet.
  document.addEventListener("click", hook, true);
  return () => document.removeEventListener("click", hook, true);
}
