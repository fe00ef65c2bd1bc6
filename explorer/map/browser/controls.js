// @ts-check
// Controls around the map: toolbar, legend, timeline, table and count of papers.

import { createBreadcrumb } from "./breadcrumb.js";
import { element } from "./dom.js";
import { createLegend } from "./legend.js";
import { createPaperTable } from "./paper_table.js";
import { createTimeline } from "./timeline.js";
import { createToolbar } from "./toolbar.js";
/** @import { LegendActions } from "./legend.js" */
/** @import { ToolbarActions } from "./toolbar.js" */
/** @import { Box, ListedPaper, Scene, Span } from "./types.d.ts" */

/**
 * Actions of the controls.
 * @typedef {Omit<ToolbarActions, "toggleTable"> & LegendActions & {
 *   selectSpan(span: Span | null, settled: boolean): void,
 *   papersInView(): {papers: ListedPaper[], total: number},
 *   open(row: number): void,
 *   openTopic(id: string): void,
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
  const breadcrumb = createBreadcrumb(actions);
  const panels = [legend.element, timeline.element, count, toolbar.element, timeline.moment];
  const overMap = [breadcrumb.element, ...panels];
  frame.append(table.element, ...overMap);
  function toggleTable() {
    toolbar.showTableOpen(table.toggle());
  }

  /**
   * @param {number} papers in view
   * @param {number} drawn of these
   * @param {boolean} isWhole whether all of them are drawn
   */
  function showCount(papers, drawn, isWhole) {
    table.refresh();
    const inView = `${papers.toLocaleString()} ${papers === 1 ? "paper" : "papers"} in view`;
    if (!papers) count.textContent = "No papers in view";
    else if (isWhole || drawn >= papers) count.textContent = inView;
    else count.textContent = `Showing ${drawn.toLocaleString()} of ${inView}`;
  }

  return {
    /**
     * @param {Scene} scene
     * @param {boolean} safe whether colours are those that colour-blind people can distinguish
     * @param {Span | null} span
     */
    showScene(scene, safe, span) {
      legend.show(scene, safe);
      timeline.show(scene, span);
    },

    showCount,
    showTopics: breadcrumb.show,
    toggleTable,
    showTool: toolbar.showTool,
    offerResults: toolbar.offerResults,
    showSpan: timeline.showSpan,
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
