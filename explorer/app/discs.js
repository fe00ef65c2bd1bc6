// Hits as numbered discs over the map. They move with it, and other hits leave the map as it is.

const MAP = ".st-key-map .js-plotly-plot .svg-container";
const TAKING = ["lasso", "select"];

const layer = document.createElement("div");
layer.className = "discs";
let spots = [];
let drawn = "";
let next = 0;

function disc(spot) {
  const made = document.createElement("button");
  made.className = "badge";
  made.tabIndex = -1; // The list has the same hits, and keys move through it.
  made.textContent = spot.number;
  made.title = spot.title;
  made.style.background = spot.disc;
  made.style.color = spot.ink;
  made.style.zIndex = 1000 - spot.number;
  made.onclick = () =>
    document.querySelector(`.st-key-open-hit${spot.number}-${CSS.escape(spot.paper)} button`)?.click();
  return made;
}

function place(x, y) {
  const along = (axis, value) => (value - axis.range[0]) / (axis.range[1] - axis.range[0]);
  Object.assign(layer.style, {
    left: `${x._offset}px`,
    top: `${y._offset}px`,
    width: `${x._length}px`,
    height: `${y._length}px`,
  });
  spots.forEach((spot, i) => {
    layer.children[i].style.left = `${100 * along(x, spot.x)}%`;
    layer.children[i].style.top = `${100 - 100 * along(y, spot.y)}%`;
  });
}

// The map tells of some moves only when they are over, and may be another one at any time: so look.
function follow() {
  next = requestAnimationFrame(follow);
  const map = document.querySelector(MAP);
  const layout = map?.closest(".js-plotly-plot")._fullLayout;
  if (!layout?.xaxis?.range) return;
  if (layer.parentElement !== map) map.append(layer);
  layer.classList.toggle("passing", TAKING.includes(layout.dragmode));
  const { xaxis: x, yaxis: y } = layout;
  const now = [x.range, y.range, x._offset, y._offset, x._length, y._length].join();
  if (now !== drawn) place(x, y);
  drawn = now;
}

export default function ({ data }) {
  if (JSON.stringify(spots) !== JSON.stringify(data.spots)) {
    spots = data.spots;
    layer.replaceChildren(...spots.map(disc));
    drawn = "";
  }
  cancelAnimationFrame(next);
  follow();
  return () => {
    cancelAnimationFrame(next);
    layer.remove();
  };
}
