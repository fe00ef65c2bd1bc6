// @ts-check
// Presence of topics in a span of time: their names fade with their papers.

/** @import { PlacedTopicName, Span, TopicName } from "./types.d.ts" */

const MIN_OPACITY = 0.35; // of a name with few of its papers in the span

/**
 * Return the share of a topic's papers in a span.
 * @param {TopicName} name
 * @param {Span | null} span
 */
export function shareInSpan({ papers, papersPerPeriod }, span) {
  if (!span) return 1;
  const within = papersPerPeriod.slice(span[0], span[1] + 1);
  return within.reduce((sum, count) => sum + count, 0) / Math.max(papers, 1);
}

/**
 * Return the names of topics with papers in a span.
 * @param {TopicName[]} names
 * @param {Span | null} span
 */
export function namesInSpan(names, span) {
  return span ? names.filter((name) => shareInSpan(name, span) > 0) : names;
}

/**
 * Return placed names, faint where few of their papers are in a span.
 * @param {PlacedTopicName[]} names
 * @param {Span | null} span
 * @returns {PlacedTopicName[]}
 */
export function fadedNames(names, span) {
  if (!span) return names;
  return names.map((name) => {
    // The eye needs the root: a tenth of the ink is hardly seen.
    const share = Math.sqrt(shareInSpan(name, span));
    return { ...name, opacity: name.opacity * (MIN_OPACITY + (1 - MIN_OPACITY) * share) };
  });
}
