// The map one moves on: pans, zooms, points, chooses; asks for the scene of where one looks.

const SETTLED = 120; // milliseconds without movement after which a finer scene is asked for
const MARGIN = 1.35; // a scene this much coarser or finer than the view is worth another one
const NEAR = 9; // pixels from a paper that count as on it
const PAN_KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const FLIGHT = 450;
const SVG = "http://www.w3.org/2000/svg";

// What a host does for the map: `look` asks for the scene of {view, by, safe, when}; `act` opens a
// paper or a topic, or takes a region or a clause; `seen`, if there, is told the view at rest,
// nothing for the whole map.
function createAtlas(root, host) {
  const frame = element("div", "atlas");
  const canvas = element("canvas", "atlas-canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  const discs = element("div", "discs");
  const tip = element("div", "tip");
  tip.setAttribute("role", "status");
  frame.append(canvas, discs, tip);
  root.replaceChildren(frame);

  let size = { width: 0, height: 0 };
  let camera = null;
  let home = null;
  let scenes = [];
  let over = { hits: [], opened: null, region: null, grey: false };
  let theme = host.theme;
  let look = { by: "topic", safe: false, when: null, ...host.asked };
  let tool = "pan";
  let lasso = null;
  let lit;
  let names = [];
  let waiting = 0;
  let painting = 0;
  let flight = 0;
  let asked = "";
  const pointers = new Map();
  const panels = createPanels(frame, {
    zoom: (factor) => glide(zoomed(camera, size, factor, middle(), least())),
    whole: () => glide(cameraOn(home, size)),
    take: (name) => take(name),
    by: (by) => relook({ by }),
    safe: (safe) => relook({ safe }),
    during: (when, settled) => {
      look = { ...look, when };
      repaint();
      panels.countShown(papersSeen());
      if (settled) ask(true);
    },
    clause: (clause) => host.act({ kind: "clause", clause }),
    open: (row) => host.act({ kind: "open", row }),
    hits: () => glide(cameraOn(around(over.hits), size)),
    picture: (kind) => save(kind),
    papers: () => inView(),
    unfolded: () => repaint(),
  });

  const middle = () => [size.width / 2, size.height / 2];
  const least = () => cameraOn(home, size).scale;

  function relook(change) {
    look = { ...look, ...change };
    ask(true);
  }

  // Ask for a scene once the view is at rest, if the one at hand is not good enough.
  function ask(anyway = false) {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const view = viewOf(camera, size).map((value) => Number(value.toPrecision(7)));
      panels.countShown(papersSeen());
      const resting = cameraOn(home, size);
      host.seen?.(Object.keys(resting).every((key) => resting[key] === camera[key]) ? null : view);
      const scene = scenes.at(-1);
      const ratio = scene ? (scene.view[2] - scene.view[0]) / (view[2] - view[0]) : 0;
      const good = covers(scene?.around ?? [0, 0, 0, 0], view) &&
        (scene.whole ? ratio > 1 / MARGIN : ratio > 1 / MARGIN && ratio < MARGIN);
      const wanted = JSON.stringify({ ...look, view });
      if (wanted === asked || (good && !anyway)) return;
      asked = wanted;
      host.look({ ...look, view });
    }, anyway ? 0 : SETTLED);
  }

  function repaint() {
    if (painting || !scenes.length || !camera) return;
    painting = requestAnimationFrame(() => {
      painting = 0;
      const ink = new CanvasInk(canvas, size, devicePixelRatio || 1);
      const taken = panels.boxes();
      names = paint(ink, { scenes, over, camera, size, theme, when: look.when, lit, taken });
      if (lasso) ink.line(lasso, theme.text, 1.5, 0.9, true);
      placeDiscs();
    });
  }

  function move(next) {
    camera = next;
    hide();
    repaint();
    ask();
  }

  function glide(goal) {
    cancelAnimationFrame(flight);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return move(goal);
    const [from, begin] = [camera, performance.now()];
    const fly = (now) => {
      const share = Math.min((now - begin) / FLIGHT, 1);
      move(share === 1 ? goal : between(from, goal, share * share * (3 - 2 * share)));
      if (share < 1) flight = requestAnimationFrame(fly);
    };
    flight = requestAnimationFrame(fly);
  }

  function placeDiscs() {
    const screen = screenOf(camera, size);
    over.hits.forEach((hit, i) => {
      discs.children[i].style.translate = `${screen.x(hit.x)}px ${screen.y(hit.y)}px`;
    });
  }

  function paperAt([px, py]) {
    const scene = scenes.at(-1);
    const screen = screenOf(camera, size);
    let best = NEAR * NEAR;
    let found;
    for (let i = 0; i < scene.count; i++) {
      const [dx, dy] = [screen.x(scene.x[i]) - px, screen.y(scene.y[i]) - py];
      if (dx * dx + dy * dy < best && !isOut(scene, i, look.when)) {
        best = dx * dx + dy * dy;
        found = i;
      }
    }
    return found;
  }

  function nameAt([x, y]) {
    return names.find(
      ({ box }) => 2 * Math.abs(box.x - x) < box.width && 2 * Math.abs(box.y - y) < box.height,
    );
  }

  function hide() {
    lit = undefined;
    tip.hidden = true;
  }

  function point(at) {
    const scene = scenes.at(-1);
    const found = paperAt(at);
    const name = found === undefined ? nameAt(at) : undefined;
    canvas.style.cursor = found !== undefined || name ? "pointer" : tool === "pan" ? "grab" : "crosshair";
    if (found === undefined) {
      if (lit !== undefined) repaint();
      return hide();
    }
    const year = scene.year[found] > 0 ? `${scene.year[found]} · ` : "";
    tip.replaceChildren(
      element("strong", "", scene.titles[found]),
      element("span", "", `${year}${scene.topics[scene.topic[found]]}`),
    );
    tip.hidden = false;
    const screen = screenOf(camera, size);
    const [x, y] = [screen.x(scene.x[found]), screen.y(scene.y[found])];
    const { offsetWidth: width, offsetHeight: height } = tip;
    const left = Math.min(Math.max(x - width / 2, 4), size.width - width - 4);
    tip.style.translate = `${left}px ${y > height + 18 ? y - height - 12 : y + 14}px`;
    if (lit !== found) {
      lit = found;
      repaint();
    }
  }

  function press(at) {
    const found = paperAt(at);
    const name = found === undefined ? nameAt(at) : undefined;
    if (found !== undefined) host.act({ kind: "open", row: scenes.at(-1).row[found] });
    else if (name) host.act({ kind: "topic", topic: name.id });
    else if (over.region || over.opened) host.act({ kind: "release" });
  }

  function take(name) {
    tool = tool === name ? "pan" : name;
    panels.showTool(tool);
    canvas.style.cursor = tool === "pan" ? "grab" : "crosshair";
    discs.classList.toggle("passing", tool !== "pan");
  }

  function choose() {
    const corners = thinned(lasso).map((at) => worldAt(camera, size, at));
    lasso = null;
    take("pan");
    repaint();
    if (corners.length > 2)
      host.act({ kind: "region", region: corners.map((at) => at.map((v) => Number(v.toPrecision(5)))) });
  }

  const placeOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    cancelAnimationFrame(flight);
    const at = placeOf(event);
    pointers.set(event.pointerId, { at, from: at });
    if ((tool !== "pan" || event.shiftKey) && pointers.size === 1) {
      if (tool === "pan") tool = "box";
      lasso = [at];
    }
  });

  canvas.addEventListener("pointermove", (event) => {
    const at = placeOf(event);
    const held = pointers.get(event.pointerId);
    if (!scenes.length) return;
    if (!held) return point(at);
    if (lasso) {
      const [x, y] = held.from;
      lasso = tool === "box" ? [[x, y], [at[0], y], at, [x, at[1]]] : [...lasso, at];
      held.at = at;
      return repaint();
    }
    const others = [...pointers].filter(([id]) => id !== event.pointerId);
    if (others.length) {
      const other = others[0][1].at;
      const apart = Math.hypot(at[0] - other[0], at[1] - other[1]);
      const before = Math.hypot(held.at[0] - other[0], held.at[1] - other[1]);
      move(zoomed(camera, size, apart / Math.max(before, 1), other, least()));
    } else {
      const [dx, dy] = [at[0] - held.at[0], at[1] - held.at[1]];
      move({ ...camera, x: camera.x - dx / camera.scale, y: camera.y + dy / camera.scale });
    }
    held.at = at;
  });

  const lift = (event) => {
    const held = pointers.get(event.pointerId);
    pointers.delete(event.pointerId);
    if (!held) return;
    const moved = Math.hypot(held.at[0] - held.from[0], held.at[1] - held.from[1]);
    if (lasso) choose();
    else if (moved < 4 && event.type === "pointerup") press(placeOf(event));
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("pointerleave", () => {
    hide();
    repaint();
  });
  canvas.addEventListener("dblclick", (event) =>
    glide(zoomed(camera, size, event.shiftKey ? 0.5 : 2, placeOf(event), least())),
  );
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      cancelAnimationFrame(flight);
      const lines = event.deltaMode === 1 ? 30 : 1;
      const factor = Math.exp(-Math.min(Math.max(event.deltaY * lines, -300), 300) * 0.0018);
      move(zoomed(camera, size, factor, placeOf(event), least()));
    },
    { passive: false },
  );
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [dx, dy] = PAN_KEYS[event.key] ?? [0, 0];
    if (dx || dy) {
      const span = 0.2 / camera.scale;
      glide({ ...camera, x: camera.x + dx * size.width * span, y: camera.y + dy * size.height * span });
    } else if (event.key === "+" || event.key === "=") glide(zoomed(camera, size, 1.6, middle(), least()));
    else if (event.key === "-") glide(zoomed(camera, size, 1 / 1.6, middle(), least()));
    else if (event.key === "0" || event.key === "Home") glide(cameraOn(home, size));
    else if (event.key === "t") panels.toggleTable();
    else if (event.key === "l") take("lasso");
    else if (event.key === "Escape" && tool !== "pan") take("pan");
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const resized = new ResizeObserver(() => {
    const { clientWidth: width, clientHeight: height } = frame;
    if (!width || !height) return;
    const view = camera && viewOf(camera, size);
    size = { width, height };
    if (view) camera = cameraOn(view, size);
    else if (home) camera = cameraOn(host.at ?? home, size);
    repaint();
    if (camera) ask();
  });
  resized.observe(frame);

  // A view of all `spots`, not closer than a tenth of the whole map.
  function around(spots) {
    const [xs, ys] = [spots.map((spot) => spot.x), spots.map((spot) => spot.y)];
    const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const room = (least, span) => Math.max(least - span, 0.2 * span) / 2;
    const w = room((home[2] - home[0]) / 10, right - left);
    const h = room((home[3] - home[1]) / 10, top - bottom);
    return [left - w, bottom - h, right + w, top + h];
  }

  // A scene that is not whole holds a sample; then what the server counted is as near as we know.
  function papersSeen() {
    const scene = scenes.at(-1);
    if (!scene.whole && !look.when) return scene.inside;
    const view = camera ? viewOf(camera, size) : scene.view;
    let count = 0;
    for (let i = 0; i < scene.count; i++) count += isIn(view, scene, i) && !isOut(scene, i, look.when);
    return count;
  }

  // The papers that lie in view: hits first, then as they come into view; and how many there are.
  function inView() {
    const scene = scenes.at(-1);
    const view = viewOf(camera, size);
    const hits = over.hits.filter((hit) => isIn(view, { x: [hit.x], y: [hit.y] }, 0));
    const listed = new Set(hits.map((hit) => hit.row));
    const papers = [...hits];
    for (let i = 0; i < scene.count; i++) {
      const row = scene.row[i];
      if (!isIn(view, scene, i) || isOut(scene, i, look.when) || listed.has(row)) continue;
      if (scene.focused && !scene.focus[i]) continue;
      const [title, topic] = [scene.titles[i], scene.topics[scene.topic[i]]];
      papers.push({ row, title, year: scene.year[i], topic });
    }
    return { papers, all: scene.whole ? papers.length : scene.inside };
  }

  function save(kind) {
    const shown = { scenes, over, camera, size, theme, when: look.when };
    if (kind === "svg") {
      const ink = new SvgInk(size);
      ink.fill(theme.background);
      paint(ink, shown);
      paintHits(ink, shown);
      return download(new Blob([ink.source], { type: "image/svg+xml" }), "literature-map.svg");
    }
    const large = document.createElement("canvas");
    const ink = new CanvasInk(large, size, Math.max(4, 4000 / size.width));
    ink.fill(theme.background, size);
    paint(ink, shown);
    paintHits(ink, shown);
    large.toBlob((blob) => download(blob, "literature-map.png"));
  }

  return {
    // Show a scene; those before stay under it until it covers what is seen.
    scene(scene) {
      home = scene.home;
      const whole = scenes.find((each) => each.isHome && each.generation === scene.generation);
      scenes = scene.isHome || !whole ? [scene] : [whole, scene];
      if (scenes.length > 1) scenes[0].palette = scene.palette;
      hide();
      canvas.setAttribute(
        "aria-label",
        `Map of ${scene.papers.toLocaleString()} papers. Arrow keys move, plus and minus zoom, ` +
          "0 shows the whole map, t lists the papers in view.",
      );
      if (size.width && !camera) camera = cameraOn(host.at ?? home, size);
      panels.showScene(scene, look, papersSeen());
      frame.dataset.scene = `${scene.view.join()} ${scene.count} ${scene.inside}`;
      repaint();
      if (camera) ask();
    },
    // Lay hits, the open paper, a region over it, and fly to where `goal` says.
    over(next) {
      over = next.over;
      theme = next.theme;
      frame.style.setProperty("--background", theme.background);
      frame.style.setProperty("--text", theme.text);
      frame.style.setProperty("--faint", theme.faint);
      discs.replaceChildren(...over.hits.map((hit) => disc(hit, host)));
      panels.showHits(over.hits.length);
      repaint();
    },
    // Without a goal to the whole map; not at all where `spot` is in sight already.
    fly(goal, spot = null) {
      if (!camera) {
        host.at = goal;
        return;
      }
      const [left, bottom, right, top] = viewOf(camera, size);
      if (spot && spot.x > left && spot.x < right && spot.y > bottom && spot.y < top) return;
      glide(cameraOn(goal ?? home, size));
    },
    // What part of the map is in sight: left, bottom, right, top.
    view() {
      return viewOf(camera, size);
    },
    light(number) {
      [...discs.children].forEach((each, i) =>
        each.classList.toggle("lit", over.hits[i].number === number),
      );
    },
    stop() {
      resized.disconnect();
      panels.stop();
      clearTimeout(waiting);
      cancelAnimationFrame(painting);
      cancelAnimationFrame(flight);
    },
  };
}

function isIn([left, bottom, right, top], { x, y }, i) {
  return x[i] >= left && x[i] <= right && y[i] >= bottom && y[i] <= top;
}

function disc(hit, host) {
  const made = element("button", "badge", String(hit.number));
  made.tabIndex = -1; // The list has the same hits, and keys move through it.
  made.title = hit.title;
  made.style.background = hit.background;
  made.style.color = hit.text;
  made.style.zIndex = 1000 - hit.number;
  made.onclick = () => host.act({ kind: "open", row: hit.row });
  return made;
}

function element(tag, kind = "", words = "") {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  if (words) made.textContent = words;
  return made;
}

function download(blob, name) {
  const link = element("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// A line drawn by hand, with fewer corners: those that matter least are left out.
function thinned(corners, most = 24) {
  const kept = [...corners];
  const area = (i) => {
    const [a, b, c] = [kept[(i + kept.length - 1) % kept.length], kept[i], kept[(i + 1) % kept.length]];
    return Math.abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]));
  };
  while (kept.length > most) {
    let least = 0;
    for (let i = 1; i < kept.length; i++) if (area(i) < area(least)) least = i;
    kept.splice(least, 1);
  }
  return kept;
}
