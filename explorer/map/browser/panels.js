// What stands around the map: its tools, the legend, the years, and a table of what is in view.

const ICONS = {
  closer: "M12 5v14M5 12h14",
  farther: "M5 12h14",
  whole: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  hits: "M12 3v4M12 17v4M3 12h4M17 12h4M12 8a4 4 0 1 0 .1 0",
  lasso: "M7 16c-3-1-4-3-4-5 0-4 4-6 9-6s9 2 9 6-4 6-9 6c-2 0-3 0-4-.6M7 16c1 0 2 1 2 2s-1 3-3 3",
  box: "M4 4h3M10 4h4M17 4h3v3M20 10v4M20 17v3h-3M14 20h-4M7 20H4v-3M4 14v-4M4 7V4",
  table: "M4 5h16v14H4zM4 10h16M4 15h16M10 5v14",
  save: "M12 4v11M7 11l5 5 5-5M5 20h14",
  play: "M8 5l11 7-11 7z",
  pause: "M8 5v14M16 5v14",
};
const KINDS = { topic: "Topic", year: "Year", source: "Digest", score: "Score", novelty: "Novelty" };
const STEP = 900; // milliseconds that a period stays while playing
const MOST_ROWS = 200;

function iconButton(name, label, act) {
  const made = element("button", "tool");
  made.type = "button";
  made.title = label;
  made.setAttribute("aria-label", label);
  made.dataset.tool = name;
  made.append(icon(name));
  made.onclick = act;
  return made;
}

function icon(name) {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("viewBox", "0 0 24 24");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  made.append(path);
  return made;
}

function createPanels(frame, acts) {
  const tools = element("div", "tools");
  tools.setAttribute("role", "toolbar");
  tools.setAttribute("aria-label", "Map");
  const hits = iconButton("hits", "Zoom to results", acts.hits);
  hits.hidden = true;
  const lasso = iconButton("lasso", "Select papers with a lasso (l)", () => acts.take("lasso"));
  const box = iconButton("box", "Select papers with a box (Shift + drag)", () => acts.take("box"));
  const tabled = iconButton("table", "List the papers in view (t)", () => toggleTable());
  const saving = element("details", "saving");
  const opener = element("summary", "tool");
  opener.title = "Save a picture of this view";
  opener.setAttribute("aria-label", opener.title);
  opener.append(icon("save"));
  const choices = element("div", "choices");
  for (const [kind, label] of [["png", "PNG for print"], ["svg", "SVG"]]) {
    const choice = element("button", "", label);
    choice.type = "button";
    choice.onclick = () => {
      saving.open = false;
      acts.picture(kind);
    };
    choices.append(choice);
  }
  saving.append(opener, choices);
  tools.append(
    iconButton("closer", "Zoom in (+)", () => acts.zoom(1.6)),
    iconButton("farther", "Zoom out (-)", () => acts.zoom(1 / 1.6)),
    iconButton("whole", "Whole map (0)", acts.whole),
    hits,
    lasso,
    box,
    tabled,
    saving,
  );

  const legend = element("details", "legend");
  const years = element("div", "years");
  const table = element("div", "table");
  table.hidden = true;
  const count = element("div", "count");
  frame.append(table, legend, years, count, tools);

  const head = element("summary", "", "Colours");
  const by = element("select");
  by.setAttribute("aria-label", "Colour papers by");
  by.onchange = () => acts.by(by.value);
  const safe = element("input");
  safe.type = "checkbox";
  safe.onchange = () => acts.safe(safe.checked);
  const safely = element("label", "safe");
  safely.append(safe, "Colour-blind safe");
  const keys = element("ul");
  legend.append(head, by, keys, safely);
  legend.ontoggle = acts.unfolded;

  let shown = null;
  let playing = 0;
  let last = [0, 0];

  function showLegend(scene, look) {
    by.replaceChildren(
      ...scene.kinds.map((kind) => {
        const option = element("option", "", KINDS[kind]);
        option.value = kind;
        option.selected = kind === scene.by;
        return option;
      }),
    );
    safe.checked = look.safe;
    head.textContent = `Colours: ${KINDS[scene.by].toLowerCase()}`;
    keys.replaceChildren(
      ...scene.legend.map((key) => {
        const row = element("button");
        row.type = "button";
        row.disabled = !key.clause;
        row.title = key.clause ? `Show only ${key.label}` : "";
        const dot = element("span", "dot");
        dot.style.background = scene.palette[key.colour];
        row.append(dot, element("span", "label", key.label), element("small", "", key.papers?.toLocaleString()));
        row.onclick = () => acts.clause(key.clause);
        const item = element("li");
        item.append(row);
        return item;
      }),
    );
  }

  const from = slider("from");
  const to = slider("to");
  const bars = document.createElementNS(SVG, "svg");
  bars.setAttribute("preserveAspectRatio", "none");
  const spoken = element("output");
  const play = iconButton("play", "Play", () => (playing ? pause() : start()));
  const track = element("div", "track");
  track.append(bars, from, to);
  years.append(play, track, spoken);

  function slider(name) {
    const made = element("input", name);
    made.type = "range";
    made.min = 0;
    made.step = 1;
    made.setAttribute("aria-label", name === "from" ? "First period" : "Last period");
    made.oninput = () => brush(false);
    made.onchange = () => brush(true);
    return made;
  }

  function brush(settled) {
    pause();
    const ends = [Number(from.value), Number(to.value)].sort((a, b) => a - b);
    set(ends, settled);
  }

  function set(ends, settled) {
    const all = ends[0] === 0 && ends[1] === shown.periods.length - 1;
    drawYears(ends);
    acts.during(all ? null : ends, settled);
  }

  function showYears(scene, when) {
    years.hidden = scene.periods.length < 2;
    if (years.hidden) return;
    const ends = when ?? [0, scene.periods.length - 1];
    for (const each of [from, to]) each.max = scene.periods.length - 1;
    if (!playing) [from.value, to.value] = ends;
    drawYears(playing ? last : ends);
  }

  function drawYears(ends) {
    last = ends;
    const { periods, papers_in: heights } = shown;
    const most = Math.max(...heights, 1);
    bars.setAttribute("viewBox", `0 0 ${periods.length} 100`);
    bars.replaceChildren(
      ...heights.map((papers, i) => {
        const bar = document.createElementNS(SVG, "rect");
        const height = papers ? Math.max(100 * Math.sqrt(papers / most), 5) : 0;
        const facts = { x: i + 0.08, width: 0.84, y: 100 - height, height };
        for (const [name, value] of Object.entries(facts)) bar.setAttribute(name, value);
        bar.classList.toggle("out", i < ends[0] || i > ends[1]);
        return bar;
      }),
    );
    const [first, final] = [periods[ends[0]], periods[ends[1]]];
    spoken.textContent = first === final ? first : `${first} – ${final}`;
    from.setAttribute("aria-valuetext", first);
    to.setAttribute("aria-valuetext", final);
  }

  function start() {
    const wide = last[1] - last[0];
    const all = wide === shown.periods.length - 1;
    const width = all ? 0 : wide;
    let at = all ? -1 : last[0];
    const next = () => {
      at = at + width + 1 >= shown.periods.length ? 0 : at + 1;
      const ends = [at, at + width];
      [from.value, to.value] = ends;
      set(ends, true);
    };
    playing = setInterval(next, STEP);
    play.replaceChildren(icon("pause"));
    play.title = "Pause";
    play.setAttribute("aria-label", "Pause");
    next();
  }

  function pause() {
    clearInterval(playing);
    playing = 0;
    play.replaceChildren(icon("play"));
    play.title = "Play";
    play.setAttribute("aria-label", play.title);
  }

  function toggleTable() {
    table.hidden = !table.hidden;
    tabled.setAttribute("aria-pressed", String(!table.hidden));
    if (!table.hidden) {
      fillTable();
      table.querySelector("button")?.focus();
    }
  }

  function fillTable() {
    const { papers, all } = acts.papers();
    const made = element("table");
    const listed = papers.slice(0, MOST_ROWS);
    const rest = listed.length < all ? "; zoom in to list the others" : "";
    made.createCaption().textContent = `${listed.length} of ${all.toLocaleString()} papers in view${rest}`;
    const names = made.createTHead().insertRow();
    for (const name of ["Paper", "Year", "Topic"]) {
      const cell = element("th", "", name);
      cell.scope = "col";
      names.append(cell);
    }
    const body = made.createTBody();
    for (const paper of listed) {
      const row = body.insertRow();
      const open = element("button", "", `${paper.number ? `${paper.number}. ` : ""}${paper.title}`);
      open.type = "button";
      open.onclick = () => acts.open(paper.row);
      row.insertCell().append(open);
      row.insertCell().textContent = paper.year > 0 ? paper.year : "";
      row.insertCell().textContent = paper.topic;
    }
    table.replaceChildren(made);
  }

  function countShown(inside) {
    if (!table.hidden) fillTable();
    const papers = `${inside.toLocaleString()} ${inside === 1 ? "paper" : "papers"} in view`;
    if (!inside) count.textContent = "No papers in view. Zoom out to see some.";
    else count.textContent = shown.whole ? papers : `Showing ${shown.count.toLocaleString()} of ${papers}`;
  }

  return {
    showScene(scene, look, inside) {
      shown = scene;
      showLegend(scene, look);
      showYears(scene, look.when);
      countShown(inside);
    },
    countShown,
    showTool(tool) {
      lasso.setAttribute("aria-pressed", String(tool === "lasso"));
      box.setAttribute("aria-pressed", String(tool === "box"));
    },
    showHits(number) {
      hits.hidden = !number;
    },
    toggleTable,
    // Where the panels stand on the map: middle and size of each, in pixels.
    boxes() {
      const { left, top } = frame.getBoundingClientRect();
      return [tools, legend, years, count]
        .map((panel) => panel.getBoundingClientRect())
        .map(({ x, y, width, height }) => ({ x: x - left + width / 2, y: y - top + height / 2, width, height }));
    },
    stop: pause,
  };
}
