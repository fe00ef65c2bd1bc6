// @ts-check
// Toolbar of the map: zoom, selection tools, table, pictures.

import { element, icon, iconButton } from "./dom.js";
/** @import { PictureFormat, Tool } from "./types.d.ts" */

export const ZOOM_STEP = 1.6;

/**
 * Actions of the toolbar.
 * @typedef {object} ToolbarActions
 * @property {(factor: number) => void} zoom
 * @property {() => void} showWholeMap
 * @property {() => void} showResults
 * @property {(tool: Tool) => void} toggleTool
 * @property {() => void} toggleTable
 * @property {(format: PictureFormat) => void} save
 */

/** Return the toolbar. */
export function createToolbar(/** @type {ToolbarActions} */ actions) {
  const toolbar = element("div", "toolbar");
  toolbar.setAttribute("role", "toolbar");
  toolbar.setAttribute("aria-label", "Map");
  const results = iconButton("results", "Zoom to results", actions.showResults);
  results.hidden = true;
  const lasso = iconButton(
    "lasso",
    "Select papers with a lasso (l)",
    () => actions.toggleTool("lasso"),
  );
  const box = iconButton(
    "box",
    "Select papers with a box (Shift + drag)",
    () => actions.toggleTool("box"),
  );
  const table = iconButton("table", "List the papers in view (t)", actions.toggleTable);
  toolbar.append(
    iconButton("zoom-in", "Zoom in (+)", () => actions.zoom(ZOOM_STEP)),
    iconButton("zoom-out", "Zoom out (-)", () => actions.zoom(1 / ZOOM_STEP)),
    iconButton("whole-map", "Whole map (0)", actions.showWholeMap),
    results,
    lasso,
    box,
    table,
    saveMenu(actions.save),
  );

  return {
    element: toolbar,

    /** @param {Tool} tool */
    showTool(tool) {
      lasso.setAttribute("aria-pressed", String(tool === "lasso"));
      box.setAttribute("aria-pressed", String(tool === "box"));
    },

    /** @param {boolean} open */
    showTableOpen(open) {
      table.setAttribute("aria-pressed", String(open));
    },

    /** @param {boolean} available */
    offerResults(available) {
      results.hidden = !available;
    },
  };
}

/** @param {(format: PictureFormat) => void} save */
function saveMenu(save) {
  const menu = element("details", "save-menu");
  const opener = element("summary", "tool");
  opener.title = "Save a picture of this view";
  opener.setAttribute("aria-label", opener.title);
  opener.append(icon("save"));
  const choices = element("div", "choices");
  /** @param {PictureFormat} format @param {string} label */
  const choice = (format, label) => {
    const button = element("button", "", label);
    button.type = "button";
    button.onclick = () => {
      menu.open = false;
      save(format);
    };
    return button;
  };
  choices.append(choice("png", "PNG for print"), choice("svg", "SVG"));
  menu.append(opener, choices);
  return menu;
}
