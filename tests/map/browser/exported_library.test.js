// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { TextSearch } from "../../../explorer/map/browser/exported_library.js";

const TITLES = ["Schrödinger Bridges", "Bridging Ledgers", "ﬁne-tuning Graphs"];
const titles = new TextSearch(TITLES, null);
const texts = new TextSearch(TITLES, {
  authors: ["Ada Bridges", "Łukasz Müller", "Erika Graph"],
  venues: ["", "", ""],
  abstracts: ["On graphs.", "About money.", "Müller bridges."],
});

test("titles are searched without case, accents and ligatures", () => {
  assert.deepEqual(titles.rows("SCHRODINGER"), [0]);
  assert.deepEqual(titles.rows("Schrödinger"), [0]);
  assert.deepEqual(titles.rows("fine"), [2]);
});

test("all words have to be there, in any order", () => {
  assert.deepEqual(titles.rows("bridg"), [0, 1]);
  assert.deepEqual(titles.rows(" ledger  bridg "), [1]);
  assert.deepEqual(titles.rows("ledger graphs"), []);
});

test("no words match nothing", () => {
  assert.deepEqual(titles.rows("  "), []);
});

test("titles come before authors and authors before abstracts", () => {
  assert.deepEqual(texts.rows("graph"), [2, 0]);
  assert.deepEqual(texts.rows("muller"), [1, 2]);
  assert.deepEqual(texts.rows("bridging money"), [1]);
  assert.deepEqual(texts.rows("bridging graphs"), []);
});
