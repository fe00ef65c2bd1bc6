// @ts-check
// Papers of an exported map: all are in the file, so that nothing is fetched.

import { polygonContains } from "./polygon.js";
import { unpack } from "./scene.js";
/** @import { Colouring, Details, ExportedLibrary, Point } from "./types.d.ts" */

/**
 * Return the library from the text of explorer/map/html_export.py: a message in base 64.
 * @param {string} text
 * @returns {Promise<ExportedLibrary>}
 */
export async function decodeLibrary(text) {
  const { header, arrays } = await unpack(bytesOf(text));
  return {
    ...header,
    ...arrays,
    count: arrays.x.length,
    titles: header.titles.split("\n"),
    links: header.links.split("\n"),
    colourings: new Map(
      header.colourings.map((/** @type {Colouring} */ colouring) => [
        colouring.name,
        { ...colouring, colours: arrays[`colours_${colouring.name}`] },
      ]),
    ),
  };
}

/**
 * Return authors, venues and abstracts in the order of the library, whose own texts they follow.
 * @param {string} text
 * @returns {Promise<Details>}
 */
export async function decodeDetails(text) {
  const { header, arrays: { place } } = await unpack(bytesOf(text));
  /** @param {string} lines */
  const inOrder = (lines) => {
    /** @type {string[]} */
    const values = [];
    lines.split("\n").forEach((line, i) => (values[place[i]] = line));
    return values;
  };
  return {
    authors: inOrder(header.authors),
    venues: inOrder(header.venues),
    abstracts: inOrder(header.abstracts),
  };
}

/** @param {string} text in base 64 */
function bytesOf(text) {
  return Uint8Array.from(atob(text.trim()), (sign) => sign.charCodeAt(0));
}

/**
 * Return text without case and accents.
 * @param {string} text
 */
export function searchable(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Search over the titles of an exported library and, once they are there, its other texts. */
export class TextSearch {
  /** Searchable texts, those that count most first: titles, authors, abstracts. */
  #fields;

  /** @param {string[]} titles @param {Details | null} details */
  constructor(titles, details) {
    const texts = details ? [titles, details.authors, details.abstracts] : [titles];
    this.#fields = texts.map((field) => field.map(searchable));
  }

  /**
   * Return the rows of papers with all words of a query: first those that have them in the title,
   * then those that need the authors, then those that need the abstract; none for no words.
   * @param {string} query
   */
  rows(query) {
    const words = searchable(query).split(/\s+/).filter(Boolean);
    /** @type {number[][]} */
    const groups = this.#fields.map(() => []);
    if (!words.length) return [];
    for (let row = 0; row < this.#fields[0].length; row++) {
      const needed = Math.max(...words.map((word) => this.#firstWith(word, row)));
      groups[needed]?.push(row);
    }
    return groups.flat();
  }

  /** @param {string} word @param {number} row */
  #firstWith(word, row) {
    const index = this.#fields.findIndex((field) => field[row].includes(word));
    return index < 0 ? Infinity : index;
  }
}

/**
 * Return the rows of papers in a region.
 * @param {ExportedLibrary} library
 * @param {Point[]} region
 */
export function rowsInRegion(library, region) {
  return rowsOf(library, (row) => polygonContains(region, library.x[row], library.y[row]));
}

/**
 * Return the rows of papers in a topic of any level.
 * @param {ExportedLibrary} library
 * @param {string} id
 */
export function rowsOfTopic(library, id) {
  const { topic, topicPaths, pathTopics } = library;
  const place = pathTopics.findIndex((each) => each.id === id);
  return rowsOf(library, (row) => topicPaths[topic[row]].includes(place));
}

/** @param {ExportedLibrary} library @param {(row: number) => boolean} matches */
function rowsOf(library, matches) {
  const rows = [];
  for (let row = 0; row < library.count; row++) if (matches(row)) rows.push(row);
  return rows;
}
