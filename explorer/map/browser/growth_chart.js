// @ts-check
// Growth of topics against their size, a Streamlit component: a point opens its topic.

import { element, svgElement } from "./dom.js";
import { layoutGrowth, RADIUS } from "./growth_layout.js";
import { legible } from "./text.js";
/** @import { ComponentArguments } from "./streamlit.d.ts" */
/** @import { PlacedPoint } from "./growth_layout.js" */
/** @import { GrowthPoint, Size, Theme } from "./types.d.ts" */

/**
 * @typedef {object} GrowthData
 * @property {GrowthPoint[]} points large before small
 * @property {Theme} theme
 * @property {string} description
 */

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** @param {ComponentArguments<GrowthData>} component */
export default function ({ parentElement, data, setTriggerValue }) {
  const chart = /** @type {HTMLElement} */ (parentElement.querySelector(".chart"));
  const draw = () => {
    const { clientWidth: width, clientHeight: height } = chart;
    if (width && height) drawChart(chart, data, { width, height }, open);
  };
  /** @param {string} topic */
  const open = (topic) => setTriggerValue("topic", topic);
  const resizing = new ResizeObserver(draw);
  resizing.observe(chart);
  return () => resizing.disconnect();
}

/**
 * @param {HTMLElement} chart
 * @param {GrowthData} data
 * @param {Size} size
 * @param {(topic: string) => void} open
 */
function drawChart(chart, { points, theme, description }, size, open) {
  for (const [name, colour] of Object.entries(theme)) chart.style.setProperty(`--${name}`, colour);
  const layout = layoutGrowth(points, size);
  const picture = svgElement("svg", { role: "group", "aria-label": description });
  picture.append(...axes(layout));
  const tooltip = element("div", "tooltip");
  tooltip.hidden = true;
  const topics = layout.placed.map((placed) => topicOf(placed, theme));
  topics.forEach((topic, i) => {
    const { point, x, y } = layout.placed[i];
    const show = () => showTooltip(tooltip, point, x, y, size);
    topic.onclick = () => open(point.id);
    topic.onpointerenter = topic.onfocus = show;
    topic.onpointerleave = topic.onblur = () => (tooltip.hidden = true);
  });
  topics[0]?.setAttribute("tabindex", "0");
  picture.onkeydown = (event) => moveFocus(event, topics);
  picture.append(...topics);
  chart.replaceChildren(picture, tooltip);
}

/** @param {ReturnType<typeof layoutGrowth>} layout */
function axes({ frame, sizes, growths }) {
  const { left, right, top, bottom } = frame;
  const parts = [];
  for (const { value, at } of sizes) {
    parts.push(svgElement("line", { x1: at, x2: at, y1: top, y2: bottom }));
    parts.push(words(value.toLocaleString("en"), at, bottom + 15, "middle"));
  }
  for (const { value, at } of growths) {
    const line = svgElement("line", { x1: left, x2: right, y1: at, y2: at });
    line.classList.toggle("even", value === 1);
    parts.push(line, words(factor(value), left - 6, at + 4, "end"));
  }
  parts.push(words("↑ growing faster than the library", left, top - 10, "start"));
  parts.push(words("↓ growing slower", left, bottom + 32, "start"));
  parts.push(words("papers →", right, bottom + 32, "end"));
  return parts;
}

/** Return a factor of growth as it is written, such as "× 2" or "× ¼". */
function factor(/** @type {number} */ value) {
  /** @type {Record<number, string>} */
  const fractions = { 0.5: "½", 0.25: "¼", 0.125: "⅛" };
  return `× ${value < 1 ? (fractions[value] ?? `1/${1 / value}`) : value}`;
}

/** @param {string} text @param {number} x @param {number} y @param {string} anchor */
function words(text, x, y, anchor) {
  const made = svgElement("text", { x, y, "text-anchor": anchor, class: "axis" });
  made.textContent = text;
  return made;
}

/** @param {PlacedPoint} placed @param {Theme} theme */
function topicOf({ point: { label, note, colour }, x, y, name }, theme) {
  const topic = svgElement("g", {
    class: "topic",
    role: "button",
    tabindex: -1,
    "aria-label": `${label}: ${note}`,
  });
  topic.append(svgElement("circle", { cx: x, cy: y, r: RADIUS, fill: colour }));
  if (name) {
    const text = words(label, name.x, name.y + 4, "middle");
    text.classList.remove("axis");
    text.style.fill = legible(colour, theme.background, theme.text);
    topic.append(text);
  }
  return topic;
}

/**
 * Move the focus from topic to topic with the arrow keys, or open one with Enter or Space.
 * @param {KeyboardEvent} event
 * @param {SVGElement[]} topics
 */
function moveFocus(event, topics) {
  const current = topics.findIndex((topic) => topic === event.target);
  if (current < 0) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    topics[current].dispatchEvent(new MouseEvent("click"));
    return;
  }
  const step = STEPS[/** @type {keyof typeof STEPS} */ (event.key)];
  const next = topics[current + step];
  if (!next) return;
  event.preventDefault();
  topics[current].setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}

/**
 * @param {HTMLElement} tooltip
 * @param {GrowthPoint} point
 * @param {number} x
 * @param {number} y
 * @param {Size} size
 */
function showTooltip(tooltip, { label, note }, x, y, size) {
  tooltip.replaceChildren(element("strong", "", label), element("span", "", note));
  tooltip.hidden = false;
  const { offsetWidth: width, offsetHeight: height } = tooltip;
  const left = Math.min(Math.max(x - width / 2, 4), size.width - width - 4);
  tooltip.style.translate = `${left}px ${y > height + 20 ? y - height - 12 : y + 12}px`;
}
