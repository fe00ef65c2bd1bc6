// @ts-check
// Table of the papers in view, for those who cannot use the pointer.

import { element } from "./dom.js";
/** @import { ListedPaper } from "./types.d.ts" */

const MAX_ROWS = 200;

/**
 * Return the table.
 * @param {() => {papers: ListedPaper[], total: number}} papersInView
 * @param {(row: number) => void} open
 */
export function createPaperTable(papersInView, open) {
  const panel = element("div", "paper-table");
  panel.hidden = true;

  function fill() {
    const { papers, total } = papersInView();
    const table = element("table");
    const listed = papers.slice(0, MAX_ROWS);
    const hint = listed.length < total ? "; zoom in to list the others" : "";
    table.createCaption().textContent =
      `${listed.length} of ${total.toLocaleString()} papers in view${hint}`;
    const heading = table.createTHead().insertRow();
    for (const name of ["Paper", "Year", "Topic"]) {
      const cell = element("th", "", name);
      cell.scope = "col";
      heading.append(cell);
    }
    const body = table.createTBody();
    for (const paper of listed) {
      const row = body.insertRow();
      row.insertCell().append(openButton(paper));
      row.insertCell().textContent = paper.year > 0 ? String(paper.year) : "";
      row.insertCell().textContent = paper.topic;
    }
    panel.replaceChildren(table);
  }

  /** @param {ListedPaper} paper */
  function openButton({ row, title, number }) {
    const button = element("button", "", number ? `${number}. ${title}` : title);
    button.type = "button";
    button.onclick = () => open(row);
    return button;
  }

  return {
    element: panel,

    /** Show or hide the table; return whether it is shown. */
    toggle() {
      panel.hidden = !panel.hidden;
      if (!panel.hidden) {
        fill();
        panel.querySelector("button")?.focus();
      }
      return !panel.hidden;
    },

    /** Fill the table anew if it is shown. */
    refresh() {
      if (!panel.hidden) fill();
    },
  };
}
