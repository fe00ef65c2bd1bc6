// @ts-check
// Timeline: papers per period as bars, two handles for a span of periods, and an animation.

import { element, iconButton, setIcon, svgElement } from "./dom.js";
/** @import { Scene, Span } from "./types.d.ts" */

const STEP_DURATION = 900; // milliseconds

/**
 * Return the next span of an animation through `count` periods: one period longer. All periods are
 * followed by the first alone, and a span that reaches the last one begins again.
 * @param {Span} span
 * @param {number} count
 * @returns {Span}
 */
export function nextSpan([first, last], count) {
  return last + 1 >= count ? [first, first] : [first, last + 1];
}

/**
 * Return the span of two handles, which lie on the edges of the first and last bar, at least one
 * bar apart.
 * @param {number} from
 * @param {number} to
 * @param {boolean} movesFrom whether the first handle gives way
 * @returns {Span}
 */
export function spanBetween(from, to, movesFrom) {
  return movesFrom ? [Math.min(from, to - 1), to - 1] : [from, Math.max(from, to - 1)];
}

/**
 * Return a span in words; the papers of the first and last period may lie farther out.
 * @param {Scene} scene
 * @param {Span} span
 */
export function spanText({ periods, earliest, latest }, [first, last]) {
  const start = first ? periods[first] : earliest;
  const end = last < periods.length - 1 ? periods[last] : latest;
  return start === end ? start : `${start} – ${end}`;
}

/**
 * Return the timeline.
 * @param {(span: Span | null, settled: boolean) => void} select `settled` after a drag and at the end
 * of an animation; the span is null for all periods
 */
export function createTimeline(select) {
  const timeline = element("div", "timeline");
  /** @type {Scene | null} */
  let scene = null;
  let count = 0;
  /** @type {Span} */
  let shown = [0, 0];
  /** @type {ReturnType<typeof setInterval> | null} */
  let animation = null;

  const from = slider("from", "First period");
  const to = slider("to", "Last period");
  const bars = svgElement("svg", { preserveAspectRatio: "none" });
  const output = element("output");
  const play = iconButton("play", "Play", () => (animation ? pause() : start()));
  const all = element("button", "all-periods");
  all.type = "button";
  all.onclick = () => change(showSpan(null), true);
  const track = element("div", "track");
  track.append(bars, from, to);
  timeline.append(play, track, output, all);
  const moment = element("div", "moment");
  moment.setAttribute("aria-hidden", "true");

  /** @param {string} name @param {string} label */
  function slider(name, label) {
    const made = element("input", name);
    made.type = "range";
    made.min = "0";
    made.step = "1";
    made.setAttribute("aria-label", label);
    made.oninput = () => drag(made, false);
    made.onchange = () => drag(made, true);
    return made;
  }

  /** @param {HTMLInputElement} handle @param {boolean} settled */
  function drag(handle, settled) {
    stop();
    const span = spanBetween(Number(from.value), Number(to.value), handle === from);
    moveHandles(span);
    change(span, settled);
  }

  /** @param {Span} span @param {boolean} settled */
  function change(span, settled) {
    draw(span);
    select(span[0] === 0 && span[1] === count - 1 ? null : span, settled);
  }

  /** @param {Span} span */
  function moveHandles([first, last]) {
    from.value = String(first);
    to.value = String(last + 1);
  }

  /** @param {Span} span */
  function draw(span) {
    if (!scene) return;
    shown = span;
    const { periods, papersPerPeriod: papers } = scene;
    const most = Math.max(...papers, 1);
    bars.setAttribute("viewBox", `0 0 ${count} 100`);
    bars.replaceChildren(
      ...papers.map((number, i) => {
        const height = number ? Math.max(100 * Math.sqrt(number / most), 5) : 0;
        const bar = svgElement("rect", { x: i + 0.08, width: 0.84, y: 100 - height, height });
        bar.classList.toggle("outside", i < span[0] || i > span[1]);
        return bar;
      }),
    );
    output.textContent = spanText(scene, span);
    from.setAttribute("aria-valuetext", periods[span[0]]);
    to.setAttribute("aria-valuetext", periods[span[1]]);
    all.hidden = span[0] === 0 && span[1] === count - 1;
    moment.textContent = animation ? periods[span[1]] : "";
  }

  function start() {
    animation = setInterval(step, STEP_DURATION);
    setIcon(play, "pause", "Pause");
    step();
  }

  function step() {
    const span = nextSpan(shown, count);
    moveHandles(span);
    if (span[1] === count - 1) stop();
    change(span, !animation);
  }

  /** Stop the animation and settle on the span that it has reached. */
  function pause() {
    if (!animation) return;
    stop();
    change(shown, true);
  }

  function stop() {
    if (animation) clearInterval(animation);
    animation = null;
    moment.textContent = "";
    setIcon(play, "play", "Play");
  }

  /** Show a span and return it with its ends. @param {Span | null} span @returns {Span} */
  function showSpan(span) {
    stop();
    /** @type {Span} */
    const wanted = span ?? [0, count - 1];
    moveHandles(wanted);
    draw(wanted);
    return wanted;
  }

  return {
    element: timeline,
    /** The period that an animation has reached, in large type. */
    moment,
    showSpan,

    /** @param {Scene} next @param {Span | null} span */
    show(next, span) {
      scene = next;
      count = next.periods.length;
      timeline.hidden = count < 2;
      if (timeline.hidden) return;
      all.textContent = next.periods[0].length === 4 ? "All years" : "All dates";
      for (const handle of [from, to]) handle.max = String(count);
      /** @type {Span} */
      const wanted = span ?? [0, count - 1];
      if (!animation) moveHandles(wanted);
      draw(animation ? shown : wanted);
    },

    stop,
  };
}
