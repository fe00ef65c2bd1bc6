// Which topics are named, where and how strongly: coarse ones fade into finer ones as one zooms in.

const FADE_IN = [0.45, 0.75]; // of the width of the name: a topic smaller than that is not named yet
const FADE_OUT = [0.9, 1.6]; // of the screen: a topic larger than that has its parts named instead
const FAINTEST_NAME = 0.3;
const FEW = 60; // papers in view that may have their titles beside them
const SHORT = 46;
const TITLE_SIZE = 11.5;
const TRIES = [0, 1, -1, 2, -2];

const measuring = document.createElement("canvas").getContext("2d");
const widths = new Map();

function widthOf(text, font) {
  const key = `${font} ${text}`;
  if (!widths.has(key)) {
    measuring.font = font;
    widths.set(key, measuring.measureText(text).width);
  }
  return widths.get(key);
}

function fontOf(size, weight = 700) {
  return `${weight} ${size}px "Source Sans", "Source Sans Pro", system-ui, sans-serif`;
}

function step([from, to], value) {
  const share = Math.min(Math.max((value - from) / (to - from), 0), 1);
  return share * share * (3 - 2 * share);
}

function sizeOf(name, papers) {
  const share = Math.sqrt(name.papers / Math.max(papers, 1));
  return Math.round(Math.min(12 + 14 * share, 20) - 0.5 * name.level);
}

// Names placed one after the other, the heaviest first, none over another one or over `taken`.
function placedNames(scene, camera, size, taken = []) {
  const screen = screenOf(camera, size);
  const extent = Math.min(size.width, size.height);
  const boxes = [...taken];
  const placed = [];
  for (const name of scene.names) {
    const font = sizeOf(name, scene.papers);
    const width = widthOf(name.label, fontOf(font));
    const across = 2 * name.radius * camera.scale;
    const strength =
      (name.level === scene.level ? 1 : step(FADE_IN, across / width)) *
      (name.finest ? 1 : 1 - step(FADE_OUT, across / extent));
    if (strength < FAINTEST_NAME) continue;
    const [x, y] = [screen.x(name.x), screen.y(name.y)];
    if (x < 0 || x > size.width || y < 0 || y > size.height) continue;
    const inside = Math.min(Math.max(x, width / 2 + 6), size.width - width / 2 - 6);
    const box = freeBox(inside, y, width + 8, font * 1.25, boxes, size);
    if (!box) continue;
    boxes.push(box);
    placed.push({ ...name, font, strength, at: [box.x, box.y], box });
  }
  return placed;
}

// Where few papers are in view, their titles stand beside them, as far as there is room.
function placedTitles(scene, camera, size, boxes) {
  const screen = screenOf(camera, size);
  const near = [];
  for (let i = 0; i < scene.count && near.length <= FEW; i++) {
    const [x, y] = [screen.x(scene.x[i]), screen.y(scene.y[i])];
    if (x > 0 && x < size.width && y > 0 && y < size.height) near.push([i, x, y]);
  }
  if (near.length > FEW) return [];
  const taken = [...boxes, ...near.map(([, x, y]) => ({ x, y, width: 10, height: 10 }))];
  const placed = [];
  for (const [i, x, y] of near) {
    const title = scene.titles[i];
    const label = title.length > SHORT ? `${title.slice(0, SHORT - 1).trimEnd()}…` : title;
    const width = widthOf(label, fontOf(TITLE_SIZE, 400)) + 4;
    for (const side of [1, -1]) {
      const box = { x: x + side * (width / 2 + 8), y, width, height: 15 };
      const within = box.x - width / 2 > 0 && box.x + width / 2 < size.width;
      if (!within || taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      placed.push({ label, at: [box.x, box.y] });
      break;
    }
  }
  return placed;
}

function freeBox(x, y, width, height, boxes, size) {
  for (const tried of TRIES) {
    const box = { x, y: y + tried * height, width, height };
    const within = box.y - height / 2 > 0 && box.y + height / 2 < size.height;
    if (within && !boxes.some((other) => overlap(box, other))) return box;
  }
  return null;
}

function overlap(one, other) {
  return (
    2 * Math.abs(one.x - other.x) < one.width + other.width &&
    2 * Math.abs(one.y - other.y) < one.height + other.height
  );
}
