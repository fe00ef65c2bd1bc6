// The map, painted from a scene and what is laid over it, with any ink.

const GREYED = 0.4;
const STARRED = "#d18f13";

// Names and titles keep clear of the boxes in `taken`.
function paint(ink, { scenes, over, camera, size, theme, when, lit, taken: covered = [] }) {
  const scene = scenes.at(-1);
  const screen = screenOf(camera, size);
  const grey = (over.grey && scene.by !== "score") || scene.focused;
  const bounds = ([left, bottom, right, top]) => [
    screen.x(left),
    screen.y(top),
    (right - left) * camera.scale,
    (top - bottom) * camera.scale,
  ];
  for (const each of scenes)
    if (each.density && (each === scene || !covers(scene.around, viewOf(camera, size)))) {
      each.picture ??= densityPicture(each);
      ink.picture(each.picture, bounds(each.density.view), grey ? 0.35 : 0.8);
    }
  for (const [level, line] of scene.contours) {
    const points = [];
    for (let i = 0; i < line.length; i += 2)
      points.push([
        screen.x(along(scene.around, 0, line[i])),
        screen.y(along(scene.around, 1, line[i + 1])),
      ]);
    ink.line(points, theme.text, 1, 0.07 + 0.03 * level);
  }
  const behind = scenes.slice(0, -1).filter(() => !covers(scene.around, viewOf(camera, size)));
  for (const each of [...behind, scene]) dots(ink, each, { screen, size, theme, when, grey });
  if (over.region) {
    const corners = over.region.map(([x, y]) => [screen.x(x), screen.y(y)]);
    ink.line(corners, theme.text, 1.5, 0.8, true);
  }
  for (const [x, y] of over.stars ?? [])
    ink.text("★", screen.x(x), screen.y(y), 17, STARRED, theme.background, 1, 400);
  if (over.opened) star(ink, screen.x(over.opened.x), screen.y(over.opened.y), over.opened, theme);
  if (lit !== undefined && scene.count > lit)
    ink.disc(screen.x(scene.x[lit]), screen.y(scene.y[lit]), 8, "none", theme.text, 2);
  const discs = over.hits.map((hit) => ({
    x: screen.x(hit.x),
    y: screen.y(hit.y),
    width: 24,
    height: 24,
  }));
  const stars = (over.stars ?? []).map(([x, y]) => ({
    x: screen.x(x),
    y: screen.y(y),
    width: 14,
    height: 14,
  }));
  const taken = [...covered, ...discs, ...stars];
  const names = placedNames(scene, camera, size, taken);
  for (const name of names) {
    const colour = grey ? theme.text : scene.palette[name.colour] ?? theme.text;
    const alpha = name.strength * (grey ? 0.65 : 1);
    ink.text(name.label, ...name.at, name.font, colour, theme.background, alpha);
  }
  const boxes = [...taken, ...names.map((name) => name.box)];
  for (const { label, at } of placedTitles(scene, camera, size, boxes))
    ink.text(label, ...at, TITLE_SIZE, theme.text, theme.background, 0.85, 400);
  return names;
}

function along([left, bottom, right, top], axis, share) {
  return axis ? bottom + ((top - bottom) * share) / 4095 : left + ((right - left) * share) / 4095;
}

function dotRadius(scene) {
  return Math.min(Math.max(30 / Math.sqrt(Math.max(scene.count, 1)) + 2, 2.4), 6);
}

function isOut(scene, i, when) {
  return when && (scene.when[i] < when[0] || scene.when[i] > when[1]);
}

function dots(ink, scene, { screen, size, theme, when, grey }) {
  const radius = dotRadius(scene);
  const dot = ink.dots(radius, theme.background);
  const bright = scene.focused ? ink.dots(radius + 1, theme.background) : dot;
  // From the last to the first: what tells most lies on top; what is grey lies under it all.
  for (const onTop of grey || when ? [false, true] : [true])
    for (let i = scene.count - 1; i >= 0; i--) {
      const x = screen.x(scene.x[i]);
      const y = screen.y(scene.y[i]);
      if (x < -radius || y < -radius || x > size.width + radius || y > size.height + radius)
        continue;
      const coloured = scene.focused ? scene.focus[i] === 1 : !grey;
      const shown = coloured && !isOut(scene, i, when);
      if (shown !== onTop && (grey || when)) continue;
      if (shown) bright(x, y, scene.palette[scene.colour[i]], 0.9);
      else dot(x, y, theme.faint, isOut(scene, i, when) ? 0.25 : GREYED + 0.35);
    }
}

function star(ink, x, y, opened, theme) {
  const points = [];
  for (let i = 0; i < 10; i++) {
    const [angle, radius] = [(i * Math.PI) / 5 - Math.PI / 2, i % 2 ? 6 : 14];
    points.push([x + radius * Math.cos(angle), y + radius * Math.sin(angle)]);
  }
  ink.disc(x, y, 17, theme.background, theme.text, 1.5);
  for (const width of [9, 5, 2]) ink.line(points, opened.colour, width, 1, true);
  ink.disc(x, y, 5, opened.colour, opened.colour, 1);
}

// Hits are buttons on the page; on a picture they are painted.
function paintHits(ink, { over, camera, size }) {
  const screen = screenOf(camera, size);
  for (const hit of [...over.hits].reverse()) {
    const [x, y] = [screen.x(hit.x), screen.y(hit.y)];
    ink.disc(x, y, 11, hit.background, "#ffffff", 1.5);
    ink.text(String(hit.number), x, y + 0.5, 11.5, hit.text, "", 1);
  }
}
