// @ts-check
// Placement of topic names and paper titles: coarse topics fade into finer ones as the map zooms in.

import { projection } from "./camera.js";
import { fontOf, textWidth } from "./text.js";
/** @import { Box, Camera, PlacedTitle, PlacedTopicName, Scene, Size, TopicName } from "./types.d.ts" */

// Widths of a topic on the screen between which its name appears, as shares of the name's width,
// and between which it gives way to the names of its parts, as shares of the screen.
const FADE_IN = [0.45, 0.75];
const FADE_OUT = [0.9, 1.6];
const MIN_OPACITY = 0.3;
const MAX_TITLED_PAPERS = 60; // with more papers in view, titles would not fit
const TITLE_LENGTHS = [110, 70, 46]; // the longest that has room is shown
const PAPER_SIZE = 10; // pixels around a paper that titles keep clear of
const LINE_STEPS = [0, 1, -1, 2, -2]; // lines up or down that are tried in turn

export const TITLE_FONT_SIZE = 11.5;

/**
 * Return the topic names that have room: large topics first, no name over another or an occupied
 * box.
 * @param {Scene} scene
 * @param {Camera} camera
 * @param {Size} size
 * @param {Box[]} occupied
 * @returns {PlacedTopicName[]}
 */
export function placeTopicNames(scene, camera, size, occupied = [], widthOf = textWidth) {
  const screen = projection(camera, size);
  const boxes = [...occupied];
  /** @type {PlacedTopicName[]} */
  const placed = [];
  for (const name of scene.topicNames) {
    const fontSize = fontSizeOf(name, scene.papers);
    const width = widthOf(name.label, fontOf(fontSize));
    const opacity = opacityOf(name, scene.level, 2 * name.radius * camera.scale, width, size);
    if (opacity < MIN_OPACITY) continue;
    const [x, y] = [screen.x(name.x), screen.y(name.y)];
    if (x < 0 || x > size.width || y < 0 || y > size.height) continue;
    const inside = Math.min(Math.max(x, width / 2 + 6), size.width - width / 2 - 6);
    const box = freeBox({ x: inside, y, width: width + 8, height: fontSize * 1.25 }, boxes, size);
    if (!box) continue;
    boxes.push(box);
    placed.push({ ...name, fontSize, opacity, box });
  }
  return placed;
}

/**
 * Return titles beside their papers where few papers are in view, as far as there is room.
 * @param {Scene} scene
 * @param {Camera} camera
 * @param {Size} size
 * @param {Box[]} occupied
 * @returns {PlacedTitle[]}
 */
export function placeTitles(scene, camera, size, occupied, widthOf = textWidth) {
  const papers = papersInView(scene, camera, size);
  if (papers.length > MAX_TITLED_PAPERS) return [];
  const dots = papers.map(({ x, y }) => ({ x, y, width: PAPER_SIZE, height: PAPER_SIZE }));
  const boxes = [...occupied, ...dots];
  /** @type {PlacedTitle[]} */
  const placed = [];
  for (const { index, x, y } of papers) {
    const titles = new Set(TITLE_LENGTHS.map((length) => shorten(scene.titles[index], length)));
    for (const title of titles) {
      const width = widthOf(title, fontOf(TITLE_FONT_SIZE, 400)) + 4;
      const sides = [1, -1].map((side) => ({
        x: x + side * (width / 2 + 8),
        y,
        width,
        height: 15,
      }));
      const box = sides.find((side) =>
        side.x - width / 2 > 0 && side.x + width / 2 < size.width &&
        !boxes.some((other) => boxesOverlap(side, other))
      );
      if (!box) continue;
      boxes.push(box);
      placed.push({ title, x: box.x, y: box.y });
      break;
    }
  }
  return placed;
}

/**
 * Return the papers in view, but no more than show that they are too many.
 * @param {Scene} scene
 * @param {Camera} camera
 * @param {Size} size
 */
function papersInView(scene, camera, size) {
  const screen = projection(camera, size);
  const papers = [];
  for (let index = 0; index < scene.count && papers.length <= MAX_TITLED_PAPERS; index++) {
    const [x, y] = [screen.x(scene.x[index]), screen.y(scene.y[index])];
    if (x > 0 && x < size.width && y > 0 && y < size.height) papers.push({ index, x, y });
  }
  return papers;
}

/** @param {TopicName} name @param {number} papers */
function fontSizeOf(name, papers) {
  const share = Math.sqrt(name.papers / Math.max(papers, 1));
  return Math.round(Math.min(12 + 14 * share, 20) - 0.5 * name.level);
}

/**
 * @param {TopicName} name
 * @param {number} level the level that is named on the whole map
 * @param {number} diameter of the topic, in pixels
 * @param {number} width of the name, in pixels
 * @param {Size} size
 */
function opacityOf(name, level, diameter, width, size) {
  const extent = Math.min(size.width, size.height);
  const appeared = name.level === level ? 1 : smoothStep(FADE_IN, diameter / width);
  return appeared * (name.finest ? 1 : 1 - smoothStep(FADE_OUT, diameter / extent));
}

/** @param {number[]} range @param {number} value */
function smoothStep([from, to], value) {
  const share = Math.min(Math.max((value - from) / (to - from), 0), 1);
  return share * share * (3 - 2 * share);
}

/** @param {string} title @param {number} length */
function shorten(title, length) {
  return title.length <= length ? title : `${title.slice(0, length - 1).trimEnd()}…`;
}

/**
 * Return the box, moved up or down by lines if it is not free; nothing if no place is.
 * @param {Box} wanted
 * @param {Box[]} boxes
 * @param {Size} size
 */
function freeBox(wanted, boxes, size) {
  const { y, height } = wanted;
  return LINE_STEPS.map((step) => ({ ...wanted, y: y + step * height })).find((box) =>
    box.y - height / 2 > 0 && box.y + height / 2 < size.height &&
    !boxes.some((other) => boxesOverlap(box, other))
  );
}

/** Return whether two boxes overlap. @param {Box} one @param {Box} other */
export function boxesOverlap(one, other) {
  return (
    2 * Math.abs(one.x - other.x) < one.width + other.width &&
    2 * Math.abs(one.y - other.y) < one.height + other.height
  );
}
