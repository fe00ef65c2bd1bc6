// @ts-check
// Timeline: papers per period as bars, two handles for a span of periods, and an animation.

import { element, iconButton, setIcon, svgElement } from "./dom.js";
/** @import { Scene, Span } from "./types.d.ts" */

const STEP_DURATION = 900; // milliseconds

/**
 * Return the next span of an animation through `count` periods: one period later, and from the
 * beginning after the end. All periods are followed by the first alone.
 * @param {Span} span
 * @param {number} count
 * @returns {Span}
 */
export function nextSpan([first, last], count) {
  const width = last - first;
  if (width === count - 1) return [0, 0];
  return last + 1 >= count ? [0, width] : [first + 1, last + 1];
}

/**
 * Return the timeline.
 * @param {(span: Span | null, settled: boolean) => void} select `settled` after a drag and in an
 * animation; the span is null for all periods
 */
export function createTimeline(select) {
  const timeline = element("div", "timeline");
  /** @type {string[]} */
  let periods = [];
  /** @type {number[]} */
  let papers = [];
  /** @type {Span} */
  let shown = [0, 0];
  /** @type {ReturnType<typeof setInterval> | null} */
  let animation = null;

  const from = slider("from", "First period");
  const to = slider("to", "Last period");
  const bars = svgElement("svg", { preserveAspectRatio: "none" });
  const output = element("output");
  const play = iconButton("play", "Play", () => (animation ? pause() : start()));
  const track = element("div", "track");
  track.append(bars, from, to);
  timeline.append(play, track, output);

  /** @param {string} name @param {string} label */
  function slider(name, label) {
    const made = element("input", name);
    made.type = "range";
    made.min = "0";
    made.step = "1";
    made.setAttribute("aria-label", label);
    made.oninput = () => drag(false);
    made.onchange = () => drag(true);
    return made;
  }

  /** @param {boolean} settled */
  function drag(settled) {
    pause();
    const [first, last] = [Number(from.value), Number(to.value)].sort((a, b) => a - b);
    change([first, last], settled);
  }

  /** @param {Span} span @param {boolean} settled */
  function change(span, settled) {
    draw(span);
    select(span[0] === 0 && span[1] === periods.length - 1 ? null : span, settled);
  }

  /** @param {Span} span */
  function moveHandles([first, last]) {
    from.value = String(first);
    to.value = String(last);
  }

  /** @param {Span} span */
  function draw(span) {
    shown = span;
    const most = Math.max(...papers, 1);
    bars.setAttribute("viewBox", `0 0 ${periods.length} 100`);
    bars.replaceChildren(
      ...papers.map((count, i) => {
        const height = count ? Math.max(100 * Math.sqrt(count / most), 5) : 0;
        const bar = svgElement("rect", { x: i + 0.08, width: 0.84, y: 100 - height, height });
        bar.classList.toggle("outside", i < span[0] || i > span[1]);
        return bar;
      }),
    );
    const [first, last] = [periods[span[0]], periods[span[1]]];
    output.textContent = first === last ? first : `${first} – ${last}`;
    from.setAttribute("aria-valuetext", first);
    to.setAttribute("aria-valuetext", last);
  }

  function start() {
    const next = () => {
      const span = nextSpan(shown, periods.length);
      moveHandles(span);
      change(span, true);
    };
    animation = setInterval(next, STEP_DURATION);
    setIcon(play, "pause", "Pause");
    next();
  }

  function pause() {
    if (animation) clearInterval(animation);
    animation = null;
    setIcon(play, "play", "Play");
  }

  return {
    element: timeline,

    /** @param {Scene} scene @param {Span | null} span */
    show(scene, span) {
      periods = scene.periods;
      papers = scene.papersPerPeriod;
      timeline.hidden = periods.length < 2;
      if (timeline.hidden) return;
      for (const handle of [from, to]) handle.max = String(periods.length - 1);
      /** @type {Span} */
      const wanted = span ?? [0, periods.length - 1];
      if (!animation) moveHandles(wanted);
      draw(animation ? shown : wanted);
    },

    stop: pause,
  };
}
