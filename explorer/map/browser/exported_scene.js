// @ts-check
// Scenes of an exported map. On the page the server makes them; a file has to make its own, as
// explorer/map/scene.py does (a test compares both), but without contours.

import { contains, widen } from "./camera.js";
/** @import { Colouring, ExportedLibrary, Sampling, Scene, SceneRequest, Span, View } from "./types.d.ts" */

/**
 * Return the scene of a view.
 * @param {ExportedLibrary} library
 * @param {SceneRequest} request
 * @param {Set<number> | null} matches rows that are drawn before others
 * @returns {Scene}
 */
export function sceneOf(library, request, matches) {
  const { sampling } = library;
  const { span } = request;
  const view = request.view ?? library.home;
  const extent = widen(view, sampling.margin);
  const colouring = /** @type {Colouring} */ (library.colourings.get(request.colourBy));
  const { inside, around } = rowsAt(library, view, extent);
  const complete = inside.length <= sampling.maxDrawn;
  const rows = complete
    ? [...inside, ...around.slice(0, sampling.maxAround)]
    : sample(library, request, matches, inside, around);
  /** @template T @param {ArrayLike<T>} values */
  const take = (values) => rows.map((row) => values[row]);
  return {
    generation: 1,
    papers: library.count,
    level: library.level,
    home: library.home,
    isHome: !request.view,
    view,
    extent,
    papersInView: span
      ? inside.filter((row) => isInSpan(library, row, span)).length
      : inside.length,
    complete,
    focused: false,
    colourBy: request.colourBy,
    colourings: [...library.colourings.keys()],
    palette: request.safe ? colouring.safe : colouring.palette,
    legend: colouring.legend,
    ramp: colouring.ramp,
    topicNames: library.topicNames.map((name) =>
      request.colourBy === "topic" ? name : { ...name, colour: sampling.noColour }
    ),
    periods: library.periods,
    earliest: library.earliest,
    latest: library.latest,
    span,
    papersPerPeriod: library.papersPerPeriod,
    contours: [],
    contourSteps: 1,
    topics: library.topics,
    topicPaths: library.topicPaths,
    pathTopics: library.pathTopics,
    titles: take(library.titles),
    count: rows.length,
    x: take(library.x),
    y: take(library.y),
    row: rows,
    colour: take(colouring.colours),
    topic: take(library.topic),
    year: take(library.year),
    period: take(library.period),
    density: null,
    ...(complete ? {} : densityOf(library, [...inside, ...around], extent, colouring)),
  };
}

/**
 * Return the rows of a view and those around it.
 * @param {ExportedLibrary} library
 * @param {View} view
 * @param {View} extent
 */
function rowsAt({ x, y, count }, view, extent) {
  const inside = [];
  const around = [];
  for (let row = 0; row < count; row++) {
    if (contains(view, x[row], y[row])) inside.push(row);
    else if (contains(extent, x[row], y[row])) around.push(row);
  }
  return { inside, around };
}

/**
 * Return a sample of a view with too many papers. Rows are in the order in which they come into
 * view, so that any beginning is spread well.
 * @param {ExportedLibrary} library
 * @param {SceneRequest} request
 * @param {Set<number> | null} matches
 * @param {number[]} inside
 * @param {number[]} around
 */
function sample(library, { span }, matches, inside, around) {
  const { sampleSize, maxAround } = library.sampling;
  if (!span && !matches) return [...inside.slice(0, sampleSize), ...around.slice(0, maxAround)];
  /** @param {number} row */
  const isWanted = (row) =>
    (!span || isInSpan(library, row, span)) && (!matches || matches.has(row));
  const first = inside.filter(isWanted).slice(0, sampleSize);
  const room = Math.max(sampleSize - first.length, maxAround);
  return [...first, ...inside.filter((row) => !isWanted(row)).slice(0, room)];
}

/** @param {ExportedLibrary} library @param {number} row @param {Span} span */
function isInSpan({ period }, row, [first, last]) {
  return period[row] >= first && period[row] <= last;
}

/**
 * Return the density of papers: opacity and most frequent colour of each cell.
 * @param {ExportedLibrary} library
 * @param {number[]} rows
 * @param {View} extent
 * @param {Colouring} colouring
 */
function densityOf({ x, y, sampling }, rows, extent, { colours }) {
  const { columns, rows: lines, noColour, maxColours } = sampling;
  const columnOf = cellIndex(extent[0], extent[2], columns);
  const lineOf = cellIndex(extent[1], extent[3], lines);
  const papers = new Uint32Array(columns * lines);
  const perColour = new Uint32Array(columns * lines * maxColours);
  for (const row of rows) {
    const cell = lineOf(y[row]) * columns + columnOf(x[row]);
    papers[cell]++;
    perColour[cell * maxColours + colours[row]]++;
  }
  const cellColour = papers.map((count, cell) => {
    if (!count) return noColour;
    const counts = perColour.subarray(cell * maxColours, (cell + 1) * maxColours);
    return counts.indexOf(Math.max(...counts));
  });
  const cellOpacity = opacities(papers, sampling);
  return { density: { view: extent, columns, rows: lines }, cellOpacity, cellColour };
}

/**
 * Return the function from a coordinate to its cell, with the rounding of 32-bit numbers, which
 * coordinates are.
 * @param {number} low
 * @param {number} high
 * @param {number} cells
 * @returns {(value: number) => number}
 */
function cellIndex(low, high, cells) {
  const [start, scale] = [Math.fround(low), Math.fround(cells / Math.max(high - low, 1e-12))];
  return (value) => {
    const cell = Math.fround(Math.fround(value - start) * scale);
    return Math.floor(Math.min(Math.max(cell, 0), cells - 1));
  };
}

/** @param {Uint32Array} papers @param {Sampling} sampling */
function opacities(papers, { minOpacity, maxOpacity }) {
  const highest = Math.log1p(papers.reduce((most, count) => Math.max(most, count), 1));
  return papers.map((count) =>
    count ? minOpacity + ((maxOpacity - minOpacity) * Math.log1p(count)) / highest : 0
  );
}
