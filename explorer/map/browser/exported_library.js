// @ts-check
// Papers of an exported map: all are in the file, so that nothing is fetched.

import { polygonContains } from "./polygon.js";
import { unpack } from "./scene.js";
/** @import { Colouring, ExportedLibrary, Point } from "./types.d.ts" */

/**
 * Return the library from the text of explorer/map/html_export.py: a message in base 64.
 * @param {string} text
 * @returns {Promise<ExportedLibrary>}
 */
export async function decodeLibrary(text) {
  const bytes = Uint8Array.from(atob(text.trim()), (sign) => sign.charCodeAt(0));
  const { header, arrays } = await unpack(bytes);
  const titles = header.titles.split("\n");
  return {
    ...header,
    ...arrays,
    count: arrays.x.length,
    titles,
    searchable: titles.map(searchable),
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
 * Return text without case and accents.
 * @param {string} text
 */
export function searchable(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/**
 * Return the rows of papers with all words of a query in their titles; none for no words.
 * @param {ExportedLibrary} library
 * @param {string} query
 */
export function searchTitles(library, query) {
  const words = searchable(query).split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  return rowsOf(library, (row) => words.every((word) => library.searchable[row].includes(word)));
}

/**
 * Return the rows of papers in a region.
 * @param {ExportedLibrary} library
 * @param {Point[]} region
 */
export function rowsInRegion(library, region) {
  return rowsOf(library, (row) => polygonContains(region, library.x[row], library.y[row]));
}

/** @param {ExportedLibrary} library @param {(row: number) => boolean} matches */
function rowsOf(library, matches) {
  const rows = [];
  for (let row = 0; row < library.count; row++) if (matches(row)) rows.push(row);
  return rows;
}
