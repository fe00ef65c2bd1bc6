// A click on a sector opens its topic at once. Plotly would also zoom into the sector, and where the
// page takes the rings away meanwhile, its animation fails with every frame from then on.

const RINGS = ".st-key-sunburst .js-plotly-plot";
const hooked = new WeakSet();

function open(rings) {
  return (clicked) => {
    rings.emit("plotly_click", clicked);
    return false; // no zoom
  };
}

function hook(event) {
  const rings = event.target.closest?.(RINGS);
  if (!rings?.on || hooked.has(rings)) return;
  hooked.add(rings);
  rings.on("plotly_sunburstclick", open(rings));
}

export default function () {
  // While capturing: Plotly has not seen the click yet.
  document.addEventListener("click", hook, true);
  return () => document.removeEventListener("click", hook, true);
}
