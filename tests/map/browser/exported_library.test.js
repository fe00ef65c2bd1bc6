// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { searchable, searchTitles } from "../../../explorer/map/browser/exported_library.js";
/** @import { ExportedLibrary } from "../../../explorer/map/browser/types.d.ts" */

const TITLES = ["Schrödinger Bridges", "Bridging Ledgers", "ﬁne-tuning Graphs"];
const library = /** @type {ExportedLibrary} */ ({
  count: TITLES.length,
  titles: TITLES,
  searchable: TITLES.map(searchable),
});

test("titles are searched without case, accents and ligatures", () => {
  assert.deepEqual(searchTitles(library, "SCHRODINGER"), [0]);
  assert.deepEqual(searchTitles(library, "Schrödinger"), [0]);
  assert.deepEqual(searchTitles(library, "fine"), [2]);
});

test("all words have to be in a title, in any order", () => {
  assert.deepEqual(searchTitles(library, "bridg"), [0, 1]);
  assert.deepEqual(searchTitles(library, " ledger  bridg "), [1]);
  assert.deepEqual(searchTitles(library, "ledger graphs"), []);
});

test("no words match no titles", () => {
  assert.deepEqual(searchTitles(library, "  "), []);
});
