// @ts-check
// Controls around the map: toolbar, legend, timeline, table and count of papers.

import { element } from "./dom.js";
import { createLegend } from "./legend.js";
import { createPaperTable } from "./paper_table.js";
import { createTimeline } from "./timeline.js";
import { createToolbar } from "./toolbar.js";
/** @import { LegendActions } from "./legend.js" */
/** @import { ToolbarActions } from "./toolbar.js" */
/** @import { Box, ListedPaper, Scene, SceneRequest, Span } from "./types.d.ts" */

/**
 * Actions of the controls.
 * @typedef {Omit<ToolbarActions, "toggleTable"> & LegendActions & {
 *   selectSpan(span: Span | null, settled: boolean): void,
 *   papersInView(): {papers: ListedPaper[], total: number},
 *   open(row: number): void,
 * }} ControlActions
 */

/**
 * Add the controls to the map's frame.
 * @param {HTMLElement} frame
 * @param {ControlActions} actions
 */
export function createControls(frame, actions) {
  const toolbar = createToolbar({ ...actions, toggleTable });
  const legend = createLegend(actions);
  const timeline = createTimeline(actions.selectSpan);
  const table = createPaperTable(actions.papersInView, actions.open);
  const count = element("div", "paper-count");
  const overMap = [legend.element, timeline.element, count, toolbar.element];
  frame.append(table.element, ...overMap);
  /** @type {Scene | null} */
  let shown = null;

  function toggleTable() {
    toolbar.showTableOpen(table.toggle());
  }

  /** @param {number} papers in view */
  function showCount(papers) {
    table.refresh();
    const inView = `${papers.toLocaleString()} ${papers === 1 ? "paper" : "papers"} in view`;
    if (!papers) count.textContent = "No papers in view. Zoom out to see some.";
    else if (!shown || shown.complete) count.textContent = inView;
    else count.textContent = `Showing ${shown.count.toLocaleString()} of ${inView}`;
  }

  return {
    /** @param {Scene} scene @param {SceneRequest} request @param {number} papers in view */
    showScene(scene, request, papers) {
      shown = scene;
      legend.show(scene, request.safe);
      timeline.show(scene, request.span);
      showCount(papers);
    },

    showCount,
    toggleTable,
    showTool: toolbar.showTool,
    offerResults: toolbar.offerResults,
    stop: timeline.stop,

    /** Return the areas of the map that the controls cover. @returns {Box[]} */
    boxes() {
      const { left, top } = frame.getBoundingClientRect();
      return overMap.map((panel) => {
        const { x, y, width, height } = panel.getBoundingClientRect();
        return { x: x - left + width / 2, y: y - top + height / 2, width, height };
      });
    },
  };
}
