// @ts-check
// Tooltip with the title, year and topic of the hovered paper.

import { element } from "./dom.js";
/** @import { Point, Scene, Size } from "./types.d.ts" */

/** Return the tooltip's element and functions to show and hide it. */
export function createTooltip() {
  const tooltip = element("div", "tooltip");
  tooltip.setAttribute("role", "status");

  return {
    element: tooltip,

    /**
     * @param {Scene} scene
     * @param {number} i index of the paper
     * @param {Point} pixel
     * @param {Size} size of the map
     */
    show(scene, i, [x, y], size) {
      const year = scene.year[i] > 0 ? `${scene.year[i]} · ` : "";
      tooltip.replaceChildren(
        element("strong", "", scene.titles[i]),
        element("span", "", `${year}${scene.topics[scene.topic[i]]}`),
      );
      tooltip.hidden = false;
      const { offsetWidth: width, offsetHeight: height } = tooltip;
      const left = Math.min(Math.max(x - width / 2, 4), size.width - width - 4);
      const top = y > height + 18 ? y - height - 12 : y + 14;
      tooltip.style.translate = `${left}px ${top}px`;
    },

    hide() {
      tooltip.hidden = true;
    },
  };
}
