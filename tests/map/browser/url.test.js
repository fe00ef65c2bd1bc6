// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { showSamePage, viewText, withView } from "../../../explorer/map/browser/url.js";

const PARAMETERS = ["at", "by", "safe"];
const PAGE = new URL("http://localhost/?q=graphs&at=1,2,3,4");

test("the view is written into the URL, and taken out for the whole map", () => {
  const view = viewText([-1.23456789, 2, 3e-7, 100_000.5]);
  assert.equal(view, "-1.2346,2,3e-7,100000");
  assert.equal(withView(PAGE, "at", view).searchParams.get("at"), view);
  assert.equal(withView(PAGE, "at", viewText(null)).search, "?q=graphs");
  assert.equal(PAGE.search, "?q=graphs&at=1,2,3,4");
});

test("another view or colour is the same page; another query is not", () => {
  const moved = new URL("http://localhost/?by=year&q=graphs");
  assert.ok(showSamePage(PAGE, moved, PARAMETERS));
  assert.ok(!showSamePage(PAGE, new URL("http://localhost/?q=images&at=1,2,3,4"), PARAMETERS));
});
