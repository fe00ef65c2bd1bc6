// @ts-check
// Tooltip with title, year and topic of the hovered paper, or name and size of the hovered topic.

import { element } from "./dom.js";
/** @import { PlacedTopicName, Point, Scene, Size } from "./types.d.ts" */

/** Return the tooltip's element and functions to show and hide it. */
export function createTooltip() {
  const tooltip = element("div", "tooltip");
  tooltip.setAttribute("role", "status");

  /**
   * @param {string} first
   * @param {string} second
   * @param {Point} pixel
   * @param {number} distance in pixels
   * @param {Size} size of the map
   */
  function show(first, second, [x, y], distance, size) {
    tooltip.replaceChildren(element("strong", "", first), element("span", "", second));
    tooltip.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = tooltip;
    const left = Math.min(Math.max(x - width / 2, 4), size.width - width - 4);
    const top = y > height + distance + 6 ? y - height - distance : y + distance + 2;
    tooltip.style.translate = `${left}px ${top}px`;
  }

  return {
    element: tooltip,

    /**
     * @param {Scene} scene
     * @param {number} i index of the paper
     * @param {Point} pixel
     * @param {Size} size of the map
     */
    showPaper(scene, i, pixel, size) {
      const year = scene.year[i] > 0 ? `${scene.year[i]} · ` : "";
      show(scene.titles[i], `${year}${scene.topics[scene.topic[i]]}`, pixel, 12, size);
    },

    /** @param {PlacedTopicName} topic @param {Size} size of the map */
    showTopic({ label, papers, box }, size) {
      const count = `${papers.toLocaleString("en")} ${papers === 1 ? "paper" : "papers"}`;
      show(label, count, [box.x, box.y], box.height / 2 + 6, size);
    },

    hide() {
      tooltip.hidden = true;
    },
  };
}
