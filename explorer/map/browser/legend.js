// @ts-check
// Legend: what papers are coloured by, and what each colour stands for.

import { element } from "./dom.js";
/** @import { LegendEntry, Ramp, Scene } from "./types.d.ts" */

/** @type {Record<string, string>} */
const COLOURINGS = {
  topic: "Topic",
  year: "Year",
  source: "Digest",
  collection: "Collection",
  score: "Score",
  novelty: "Novelty",
  "for-you": "For you",
};

/**
 * Actions of the legend.
 * @typedef {object} LegendActions
 * @property {(colouring: string) => void} colourBy
 * @property {(safe: boolean) => void} useSafeColours
 * @property {(clause: string) => void} filter
 * @property {() => void} resized
 */

/** Return the legend: a line that opens to choose and to read colours. */
export function createLegend(/** @type {LegendActions} */ actions) {
  const legend = element("details", "legend");
  const heading = element("summary");
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
    show({ colourBy, colourings: offered, palette, ramp, legend: listed }, useSafeColours) {
      colourings.replaceChildren(
        ...offered.map((name) => new Option(COLOURINGS[name], name, false, name === colourBy)),
      );
      safe.checked = useSafeColours;
      heading.replaceChildren(`Colours: ${COLOURINGS[colourBy].toLowerCase()}`);
      if (ramp) heading.append(rampOf(ramp, palette));
      // The names on the map have the colours of topics.
      const shown = colourBy === "topic" ? [] : listed.filter(({ papers }) => papers !== 0);
      entries.replaceChildren(...shown.map((entry) => entryOf(entry, palette)));
    },
  };
}

/** Return ordered colours side by side between the words for their ends. */
function rampOf(/** @type {Ramp} */ { low, high, steps }, /** @type {string[]} */ palette) {
  const ramp = element("span", "ramp");
  const bar = element("span", "bar");
  bar.append(
    ...palette.slice(0, steps).map((colour) => {
      const step = element("span");
      step.style.background = colour;
      return step;
    }),
  );
  ramp.append(element("small", "", low), bar, element("small", "", high));
  return ramp;
}
