// @ts-check
// Legend: what papers are coloured by, and what each colour stands for.

import { element } from "./dom.js";
/** @import { LegendEntry, Scene } from "./types.d.ts" */

/** @type {Record<string, string>} */
const COLOURINGS = {
  topic: "Topic",
  year: "Year",
  source: "Digest",
  score: "Score",
  novelty: "Novelty",
};

/**
 * Actions of the legend.
 * @typedef {object} LegendActions
 * @property {(colouring: string) => void} colourBy
 * @property {(safe: boolean) => void} useSafeColours
 * @property {(clause: string) => void} filter
 * @property {() => void} resized
 */

/** Return the legend. */
export function createLegend(/** @type {LegendActions} */ actions) {
  const legend = element("details", "legend");
  const heading = element("summary", "", "Colours");
  const colourings = element("select");
  colourings.setAttribute("aria-label", "Colour papers by");
  colourings.onchange = () => actions.colourBy(colourings.value);
  const safe = element("input");
  safe.type = "checkbox";
  safe.onchange = () => actions.useSafeColours(safe.checked);
  const safeLabel = element("label", "safe");
  safeLabel.append(safe, "Colour-blind safe");
  const entries = element("ul");
  legend.append(heading, colourings, entries, safeLabel);
  legend.ontoggle = actions.resized;

  /** @param {LegendEntry} entry @param {string[]} palette */
  function entryOf({ label, colour, papers, clause }, palette) {
    const button = element("button");
    button.type = "button";
    button.disabled = !clause;
    button.title = clause ? `Show only ${label}` : "";
    const dot = element("span", "dot");
    dot.style.background = palette[colour];
    const count = element("small", "", papers?.toLocaleString());
    button.append(dot, element("span", "label", label), count);
    button.onclick = () => actions.filter(clause);
    const item = element("li");
    item.append(button);
    return item;
  }

  return {
    element: legend,

    /** @param {Scene} scene @param {boolean} useSafeColours */
    show(scene, useSafeColours) {
      colourings.replaceChildren(
        ...scene.colourings.map((name) =>
          new Option(COLOURINGS[name], name, false, name === scene.colourBy)
        ),
      );
      safe.checked = useSafeColours;
      heading.textContent = `Colours: ${COLOURINGS[scene.colourBy].toLowerCase()}`;
      entries.replaceChildren(...scene.legend.map((entry) => entryOf(entry, scene.palette)));
    },
  };
}
