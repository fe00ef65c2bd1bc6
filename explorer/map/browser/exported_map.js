// @ts-check
// Map in a file of its own, with a list beside it: search, hits, the open paper.

import { element } from "./dom.js";
import { middleView } from "./camera.js";
import {
  decodeDetails,
  decodeLibrary,
  rowsInRegion,
  rowsOfTopic,
  TextSearch,
} from "./exported_library.js";
import { sceneOf } from "./exported_scene.js";
import { LiteratureMap } from "./map.js";
/** @import { Details, ExportedLibrary, MapEvent, Overlay, Point, SceneRequest, View } from "./types.d.ts" */

const MAX_LISTED = 50;
const MAX_BADGES = 20;
const SEARCH_BY_TITLE = "https://scholar.google.com/scholar?q=";
const MAX_NAMES = 3; // of authors in a list
const PAPER_FRAME = 1 / 16; // of the whole map's width and height, to each side

class ExportedMap {
  #library;
  #map;
  #search = byId("search");
  #status = byId("status");
  #results = byId("results");
  #paper = byId("paper");
  #darkScheme = matchMedia("(prefers-color-scheme: dark)");
  /** @type {SceneRequest} */
  #request = { view: null, colourBy: "topic", safe: false, span: null };
  /** Rows of papers that match the search. @type {number[]} */
  #matches = [];
  /** Row of the open paper. @type {number | undefined} */
  #opened;
  /** Null until they are unpacked. @type {Details | null} */
  #details = null;
  #textSearch;
  /** @type {Point[] | null} */
  #region = null;

  /** @param {ExportedLibrary} library */
  constructor(library) {
    this.#library = library;
    this.#textSearch = new TextSearch(library.titles, null);
    this.#map = new LiteratureMap(byId("root"), {
      theme: this.#theme,
      request: this.#request,
      requestScene: (request) => {
        this.#request = request;
        this.#showScene();
      },
      act: (event) => this.#act(event),
    });
    this.#search.addEventListener("input", () => this.#searchTexts());
    this.#darkScheme.addEventListener("change", () => this.#showOverlay());
    this.#showOverlay();
    this.#showScene();
  }

  get #theme() {
    return this.#darkScheme.matches ? this.#library.dark : this.#library.light;
  }

  /** @param {MapEvent} event */
  #act(event) {
    if (event.kind === "open") this.#open(event.row);
    else if (event.kind === "topic") this.#flyToTopic(event.topic);
    else if (event.kind === "region") this.#select(event.region);
    else if (event.kind === "release") this.#searchTexts();
  }

  #showScene() {
    const matches = this.#matches.length ? new Set(this.#matches) : null;
    this.#map.showScene(sceneOf(this.#library, this.#request, matches));
  }

  #showOverlay() {
    const { x, y, titles, badge } = this.#library;
    const hits = this.#matches.slice(0, MAX_BADGES).map((row, i) => ({
      x: x[row],
      y: y[row],
      number: i + 1,
      row,
      title: titles[row],
      year: this.#library.year[row],
      topic: this.#topicOf(row),
      ...badge,
    }));
    const opened = this.#opened === undefined ? null : this.#openPaper(this.#opened);
    const grey = hits.length > 0 || opened !== null;
    /** @type {Overlay} */
    const overlay = { hits, heat: [], opened, starred: [], region: this.#region, grey };
    this.#map.showOverlay(overlay, this.#theme);
  }

  /** @param {number} row */
  #openPaper(row) {
    const { x, y, colourings } = this.#library;
    const topics = colourings.get("topic");
    return { row, x: x[row], y: y[row], colour: topics ? topics.palette[topics.colours[row]] : "" };
  }

  /** Search and show authors, venues and abstracts from now on. @param {Details} details */
  addDetails(details) {
    this.#details = details;
    this.#textSearch = new TextSearch(this.#library.titles, details);
    if (this.#search.value.trim()) this.#searchTexts();
    else if (this.#opened !== undefined) this.#open(this.#opened);
  }

  #searchTexts() {
    this.#opened = undefined;
    this.#region = null;
    this.#matches = this.#textSearch.rows(this.#search.value);
    this.#list(this.#matches, true);
    const more = this.#matches.length > MAX_LISTED ? `, showing the first ${MAX_LISTED}` : "";
    const papers = this.#matches.length === 1 ? "paper matches" : "papers match";
    const count = `${this.#matches.length.toLocaleString()} ${papers}${more}`;
    this.#status.textContent = this.#search.value.trim() ? count : "";
    this.#paper.hidden = true;
    this.#showOverlay();
    this.#showScene();
  }

  /** @param {Point[]} region */
  #select(region) {
    this.#region = region;
    const rows = rowsInRegion(this.#library, region);
    this.#list(rows, false);
    this.#status.textContent = `${rows.length.toLocaleString()} papers selected`;
    this.#showOverlay();
  }

  /** @param {number} row */
  #open(row) {
    this.#opened = row;
    const { titles, links } = this.#library;
    const isLink = /^https?:\/\//.test(links[row]);
    const link = element("a", "", isLink ? "Open paper" : "Find on Google Scholar");
    link.href = isLink ? links[row] : SEARCH_BY_TITLE + encodeURIComponent(titles[row]);
    link.rel = "noreferrer";
    link.target = "_blank";
    const facts = [this.#details?.venues[row], this.#yearAndTopic(row)].filter(Boolean);
    this.#paper.replaceChildren(
      element("strong", "", titles[row]),
      element("small", "authors", this.#details?.authors[row]),
      element("small", "", facts.join(" · ")),
      element("p", "abstract", this.#details?.abstracts[row]),
      link,
    );
    this.#paper.scrollTop = 0;
    this.#paper.hidden = false;
    this.#showOverlay();
  }

  /** @param {number[]} rows @param {boolean} numbered */
  #list(rows, numbered) {
    const items = rows.slice(0, MAX_LISTED).map((row, i) => {
      const number = numbered ? `${i + 1}. ` : "";
      const button = element("button", "", `${number}${this.#library.titles[row]}`);
      button.onclick = () => {
        this.#open(row);
        this.#flyToPaper(row);
      };
      const item = element("li");
      const facts = [shortByline(this.#details?.authors[row]), this.#yearAndTopic(row)];
      item.append(button, element("small", "", facts.filter(Boolean).join(" · ")));
      return item;
    });
    this.#results.replaceChildren(...items);
  }

  /** @param {number} row */
  #yearAndTopic(row) {
    const year = this.#library.year[row];
    return `${year > 0 ? `${year} · ` : ""}${this.#topicOf(row)}`;
  }

  /** @param {number} row */
  #topicOf(row) {
    return this.#library.topics[this.#library.topic[row]];
  }

  /** @param {number} row */
  #flyToPaper(row) {
    const { home: [left, bottom, right, top], x, y } = this.#library;
    this.#map.flyTo(
      frame(x[row], y[row], (right - left) * PAPER_FRAME, (top - bottom) * PAPER_FRAME),
    );
  }

  /** @param {string} id */
  #flyToTopic(id) {
    const { home, x, y } = this.#library;
    const rows = rowsOfTopic(this.#library, id);
    this.#map.flyTo(middleView(rows.map((row) => ({ x: x[row], y: y[row] })), home));
  }
}

/** Return the first authors. */
function shortByline(authors = "") {
  const names = authors.split(", ");
  return names.length > MAX_NAMES ? `${names.slice(0, MAX_NAMES).join(", ")} et al.` : authors;
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} width to each side
 * @param {number} height
 * @returns {View}
 */
function frame(x, y, width, height) {
  return [x - width, y - height, x + width, y + height];
}

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLInputElement} */ (document.getElementById(id));
}

const map = new ExportedMap(await decodeLibrary(byId("library").textContent));
map.addDetails(await decodeDetails(byId("details").textContent));
