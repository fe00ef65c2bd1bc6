// The map in a file of its own: all papers are here, nothing is fetched, and titles can be searched.

const WIDENED = 0.15;
const BESIDE = 600;
const MOST_FOUND = 50;
const MOST_DISCS = 20;
const EMPTY = 255;

function plainOf(words) {
  return words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function widened([left, bottom, right, top]) {
  const [w, h] = [(right - left) * WIDENED, (top - bottom) * WIDENED];
  return [left - w, bottom - h, right + w, top + h];
}

function holds([left, bottom, right, top], x, y) {
  return x >= left && x <= right && y >= bottom && y <= top;
}

// What explorer/map/scene.py does for the page: papers come in the order in which they come into view.
function localScene(library, asked, found) {
  const view = asked.view ?? library.home;
  const around = widened(view);
  const { x, y, count } = library;
  const kind = library.kinds[asked.by] ?? library.kinds.topic;
  const inside = [];
  const beside = [];
  const { columns, rows } = library.cells;
  const cells = new Uint32Array(columns * rows);
  const shades = new Uint16Array(columns * rows * 64);
  for (let i = 0; i < count; i++) {
    if (!holds(around, x[i], y[i])) continue;
    (holds(view, x[i], y[i]) ? inside : beside).push(i);
    const column = Math.min(Math.floor(((x[i] - around[0]) / (around[2] - around[0])) * columns), columns - 1);
    const row = Math.min(Math.floor(((y[i] - around[1]) / (around[3] - around[1])) * rows), rows - 1);
    cells[row * columns + column]++;
    shades[(row * columns + column) * 64 + kind.of[i]]++;
  }
  const whole = inside.length <= library.mostDrawn;
  const wanted = (i) => inWindow(library, i, asked.when) && (!found || found.has(i));
  const sample = whole
    ? inside
    : [...inside.filter(wanted), ...inside.filter((i) => !wanted(i))].slice(0, library.sampled);
  const shown = [...sample, ...beside.slice(0, BESIDE)];
  const pick = (array) => shown.map((i) => array[i]);
  return {
    generation: 1,
    papers: count,
    level: library.level,
    home: library.home,
    isHome: !asked.view,
    view,
    around,
    inside: inside.length,
    whole,
    focused: false,
    by: asked.by,
    kinds: Object.keys(library.kinds),
    palette: asked.safe ? kind.safe : kind.palette,
    legend: kind.legend,
    names: library.names.map((name) => ({ ...name, colour: asked.by === "topic" ? name.colour : EMPTY })),
    periods: library.periods,
    papers_in: library.papers_in,
    titles: pick(library.titles),
    topics: library.topics,
    contours: [],
    density: whole ? null : { view: around, columns, rows },
    ...(whole ? {} : dense(cells, shades, library)),
    count: shown.length,
    x: pick(x),
    y: pick(y),
    row: shown,
    colour: pick(kind.of),
    topic: pick(library.topic),
    year: pick(library.year),
    when: pick(library.when),
  };
}

function inWindow(library, i, when) {
  return !when || (library.when[i] >= when[0] && library.when[i] <= when[1]);
}

function dense(cells, shades, { faintest, strongest }) {
  const highest = Math.log1p(cells.reduce((most, papers) => Math.max(most, papers), 1));
  const dense = cells.map((papers) =>
    papers ? faintest + ((strongest - faintest) * Math.log1p(papers)) / highest : 0,
  );
  const shade = cells.map((papers, cell) => {
    const own = shades.subarray(cell * 64, cell * 64 + 64);
    return papers ? own.indexOf(Math.max(...own)) : EMPTY;
  });
  return { dense, shade };
}

async function libraryFrom(packed) {
  const bytes = Uint8Array.from(atob(packed.trim()), (sign) => sign.charCodeAt(0));
  const library = await sceneFrom(bytes);
  const kinds = {};
  for (const kind of library.kinds) kinds[kind.name] = { ...kind, of: library[`by_${kind.name}`] };
  const links = library.links.split("\n");
  return { ...library, kinds, links, plain: library.titles.map(plainOf) };
}

function openFile(library) {
  const [root, box, list, note, about] = ["root", "search", "found", "note", "about"].map((id) =>
    document.getElementById(id),
  );
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => (dark.matches ? library.dark : library.light);
  let asked = { view: null, by: "topic", safe: false, when: null };
  let found = [];
  let opened;
  let chosen = null;

  const show = () => atlas.scene(localScene(library, asked, found.length ? new Set(found) : null));
  const host = {
    theme: theme(),
    asked,
    at: null,
    look(next) {
      asked = next;
      show();
    },
    act(deed) {
      if (deed.kind === "open") open(deed.row);
      else if (deed.kind === "topic") flyTo(deed.topic);
      else if (deed.kind === "region") choose(deed.region);
      else if (deed.kind === "release") release();
    },
  };
  const atlas = createAtlas(root, host);

  function lay() {
    const hits = found.slice(0, MOST_DISCS).map((row, i) => ({
      x: library.x[row],
      y: library.y[row],
      number: i + 1,
      row,
      title: library.titles[row],
      background: "#31688e",
      text: "#ffffff",
    }));
    const colour = opened === undefined ? "" : library.kinds.topic.palette[library.kinds.topic.of[opened]];
    const star = opened === undefined ? null : { x: library.x[opened], y: library.y[opened], colour };
    atlas.over({
      over: { hits, opened: star, region: chosen, grey: hits.length > 0 || Boolean(star) },
      theme: theme(),
    });
  }

  function item(row, number) {
    const made = element("li");
    const button = element("button", "", `${number ? `${number}. ` : ""}${library.titles[row]}`);
    button.onclick = () => open(row, true);
    made.append(button, element("small", "", facts(row)));
    return made;
  }

  function facts(row) {
    const year = library.year[row] > 0 ? `${library.year[row]} · ` : "";
    return `${year}${library.topics[library.topic[row]]}`;
  }

  function search() {
    const words = plainOf(box.value).split(/\s+/).filter(Boolean);
    opened = undefined;
    chosen = null;
    found = [];
    if (words.length)
      for (let row = 0; row < library.count; row++)
        if (words.every((word) => library.plain[row].includes(word))) found.push(row);
    list.replaceChildren(...found.slice(0, MOST_FOUND).map((row, i) => item(row, i + 1)));
    const many = found.length > MOST_FOUND ? `, showing the first ${MOST_FOUND}` : "";
    note.textContent = words.length ? `${found.length.toLocaleString()} titles match${many}` : "";
    about.hidden = true;
    lay();
    show();
  }

  function open(row, far = false) {
    opened = row;
    const title = element("strong", "", library.titles[row]);
    about.replaceChildren(title, element("small", "", facts(row)));
    if (/^https?:\/\//.test(library.links[row])) {
      const link = element("a", "", "Open paper");
      link.href = library.links[row];
      link.rel = "noreferrer";
      link.target = "_blank";
      about.append(link);
    }
    about.hidden = false;
    lay();
    const [width, height] = [0, 1].map((axis) => (library.home[axis + 2] - library.home[axis]) / 16);
    const [x, y] = [library.x[row], library.y[row]];
    if (far) atlas.fly([x - width, y - height, x + width, y + height]);
  }

  function flyTo(topic) {
    const { x, y, radius } = library.names.find((name) => name.id === topic);
    const reach = Math.max(radius * 1.6, 1e-3);
    atlas.fly([x - reach, y - reach, x + reach, y + reach]);
  }

  function choose(region) {
    chosen = region;
    const rows = [];
    for (let row = 0; row < library.count; row++)
      if (isInside(region, library.x[row], library.y[row])) rows.push(row);
    list.replaceChildren(...rows.slice(0, MOST_FOUND).map((row) => item(row)));
    note.textContent = `${rows.length.toLocaleString()} papers selected`;
    lay();
  }

  function release() {
    opened = undefined;
    chosen = null;
    about.hidden = true;
    search();
  }

  box.addEventListener("input", search);
  dark.addEventListener("change", lay);
  lay();
  show();
}

function isInside(corners, x, y) {
  let within = false;
  corners.forEach(([x0, y0], i) => {
    const [x1, y1] = corners[(i + 1) % corners.length];
    if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) within = !within;
  });
  return within;
}

libraryFrom(document.getElementById("library").textContent).then(openFile);
