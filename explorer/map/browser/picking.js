// @ts-check
// Papers and topic names at the pointer, and papers in view.

import { contains, projection } from "./camera.js";
import { isOutside } from "./scene.js";
/** @import { Camera, Hit, ListedPaper, PlacedTopicName, Point, Scene } from "./types.d.ts" */
/** @import { Size, Span, View } from "./types.d.ts" */

const REACH = 9; // pixels from a paper that count as on it

/**
 * Return the index of the paper nearest to a pixel, if one is near.
 * @param {Scene} scene
 * @param {Camera} camera
 * @param {Size} size
 * @param {Point} pixel
 * @param {Span | null} span
 * @returns {number | undefined}
 */
export function paperAt(scene, camera, size, [px, py], span) {
  const screen = projection(camera, size);
  let nearest = REACH * REACH;
  let index;
  for (let i = 0; i < scene.count; i++) {
    const [dx, dy] = [screen.x(scene.x[i]) - px, screen.y(scene.y[i]) - py];
    if (dx * dx + dy * dy < nearest && !isOutside(scene, i, span)) {
      nearest = dx * dx + dy * dy;
      index = i;
    }
  }
  return index;
}

/**
 * Return the topic name at a pixel, if there is one.
 * @param {PlacedTopicName[]} names
 * @param {Point} pixel
 */
export function topicNameAt(names, [x, y]) {
  return names.find(({ box }) =>
    2 * Math.abs(box.x - x) < box.width && 2 * Math.abs(box.y - y) < box.height
  );
}

/**
 * Return what is at a pixel: the topic whose name is written there, else the paper near it.
 * @param {Scene} scene
 * @param {PlacedTopicName[]} names
 * @param {Camera} camera
 * @param {Size} size
 * @param {Point} pixel
 * @param {Span | null} span
 * @returns {{topic?: PlacedTopicName, paper?: number}}
 */
export function targetAt(scene, names, camera, size, pixel, span) {
  const topic = topicNameAt(names, pixel);
  return topic ? { topic } : { paper: paperAt(scene, camera, size, pixel, span) };
}

/**
 * Return the drawn paper nearest to the middle of the view if none is in view.
 * @param {Scene[]} scenes
 * @param {View} view
 * @returns {{x: number, y: number} | null}
 */
export function nearestOutside(scenes, view) {
  const [x, y] = [(view[0] + view[2]) / 2, (view[1] + view[3]) / 2];
  let nearest = null;
  let least = Infinity;
  for (const scene of scenes) {
    for (let i = 0; i < scene.count; i++) {
      if (contains(view, scene.x[i], scene.y[i])) return null;
      const distance = Math.hypot(scene.x[i] - x, scene.y[i] - y);
      if (distance >= least) continue;
      least = distance;
      nearest = { x: scene.x[i], y: scene.y[i] };
    }
  }
  return nearest;
}

/**
 * Return how many papers are in view. If the scene is a sample and the view has changed since, the
 * server's count for the scene is the best there is.
 * @param {Scene} scene
 * @param {View} view
 * @param {Span | null} span
 */
export function countInView(scene, view, span) {
  const isKnown = !scene.complete && sameSpan(span, scene.span);
  return isKnown ? scene.papersInView : drawnInView(scene, view, span);
}

/**
 * Return how many papers of a span are drawn in view.
 * @param {Scene} scene
 * @param {View} view
 * @param {Span | null} span
 */
export function drawnInView(scene, view, span) {
  let count = 0;
  for (let i = 0; i < scene.count; i++) {
    if (contains(view, scene.x[i], scene.y[i]) && !isOutside(scene, i, span)) count++;
  }
  return count;
}

/** @param {Span | null} one @param {Span | null} other */
function sameSpan(one, other) {
  return one?.[0] === other?.[0] && one?.[1] === other?.[1];
}

/**
 * Return the papers in view, hits first, then in the order in which they come into view; and how
 * many there are in all.
 * @param {Scene} scene
 * @param {Hit[]} hits
 * @param {View} view
 * @param {Span | null} span
 * @returns {{papers: ListedPaper[], total: number}}
 */
export function listInView(scene, hits, view, span) {
  /** @type {ListedPaper[]} */
  const papers = hits.filter((hit) => contains(view, hit.x, hit.y));
  const listed = new Set(papers.map((hit) => hit.row));
  for (let i = 0; i < scene.count; i++) {
    if (!contains(view, scene.x[i], scene.y[i]) || isOutside(scene, i, span)) continue;
    if (listed.has(scene.row[i]) || (scene.focused && !scene.focus?.[i])) continue;
    papers.push({
      row: scene.row[i],
      title: scene.titles[i],
      year: scene.year[i],
      topic: scene.topics[scene.topic[i]],
    });
  }
  return { papers, total: scene.complete ? papers.length : scene.papersInView };
}
