// @ts-check
// Painting of the map on any surface, from a scene and its highlights.

import { covers, projection, viewOf } from "./camera.js";
import { densityPicture } from "./density.js";
import { placeTitles, placeTopicNames, TITLE_FONT_SIZE } from "./labels.js";
import { isOutside } from "./scene.js";
import { legible } from "./text.js";
/** @import { Box, OpenPaper, Picture, PlacedTopicName, Point, Scene, Surface } from "./types.d.ts" */

const STAR_COLOUR = "#d18f13";
const GREYED_OPACITY = 0.75;
const OUTSIDE_OPACITY = 0.25;
const STAR_SIZE = 14;
const UNDER_NAME_OPACITY = 0.12; // of dots that letters are written over
const MIN_CLEARED_OPACITY = 0.6; // of names that dots give way to; below fainter ones dots stay
const MAX_RADIUS = 9; // of dots, where few are in view
const BADGE_SIZE = 24;

/** @typedef {ReturnType<typeof projection>} Screen */

/**
 * Paint the map, except for the badges of hits, and return the topic names on it.
 * @param {Surface} surface
 * @param {Picture} picture
 * @returns {PlacedTopicName[]}
 */
export function paintMap(surface, picture) {
  const { scenes, overlay, camera, size, theme, hovered } = picture;
  const screen = projection(camera, size);
  const scene = scenes[scenes.length - 1];
  const grey = (overlay.grey && scene.colourBy !== "score") || scene.focused;
  const covered = covers(scene.extent, viewOf(camera, size));
  const visible = covered ? [scene] : scenes;
  const marks = marksOf(picture, screen);
  const names = placeTopicNames(scene, camera, size, marks);
  const written = names.filter(({ opacity }) => opacity > MIN_CLEARED_OPACITY);
  for (const each of visible) paintDensity(surface, each, screen, camera.scale, grey);
  paintContours(surface, scene, screen, theme.text);
  for (const each of visible) paintPapers(surface, each, picture, screen, written, grey);
  if (overlay.region) {
    surface.line(overlay.region.map(toScreen(screen)), theme.text, 1.5, 0.8, true);
  }
  for (const [x, y] of overlay.starred.map(toScreen(screen))) {
    surface.text("★", x, y, { size: 17, colour: STAR_COLOUR, halo: theme.background, weight: 400 });
  }
  if (overlay.opened) paintOpenPaper(surface, overlay.opened, picture, screen);
  if (hovered !== undefined && scene.count > hovered) {
    const [x, y] = [screen.x(scene.x[hovered]), screen.y(scene.y[hovered])];
    surface.circle(x, y, 8, "none", theme.text, 2);
  }
  paintLabels(surface, picture, names, marks, grey);
  return names;
}

/**
 * Paint the badges of hits, which on the screen are buttons.
 * @param {Surface} surface
 * @param {Picture} picture
 */
export function paintBadges(surface, { overlay, camera, size }) {
  const screen = projection(camera, size);
  for (const hit of [...overlay.hits].reverse()) {
    const [x, y] = [screen.x(hit.x), screen.y(hit.y)];
    surface.circle(x, y, 11, hit.background, "#ffffff", 1.5);
    surface.text(String(hit.number), x, y + 0.5, { size: 11.5, colour: hit.text });
  }
}

/**
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {Screen} screen
 * @param {number} scale
 * @param {boolean} grey
 */
function paintDensity(surface, scene, screen, scale, grey) {
  const { density } = scene;
  if (!density) return;
  const [left, bottom, right, top] = density.view;
  const size = { width: (right - left) * scale, height: (top - bottom) * scale };
  const picture = densityPicture(scene, density);
  surface.image(picture, [screen.x(left), screen.y(top)], size, grey ? 0.35 : 0.8);
}

/** @param {Surface} surface @param {Scene} scene @param {Screen} screen @param {string} colour */
function paintContours(surface, { contours, contourSteps, extent }, screen, colour) {
  const [left, bottom, right, top] = extent;
  const [width, height] = [(right - left) / contourSteps, (top - bottom) / contourSteps];
  for (const [level, line] of contours) {
    /** @type {Point[]} */
    const points = [];
    for (let i = 0; i < line.length; i += 2) {
      points.push([screen.x(left + width * line[i]), screen.y(bottom + height * line[i + 1])]);
    }
    surface.line(points, colour, 1, 0.07 + 0.03 * level);
  }
}

/**
 * Paint papers from the last to the first, so that those of most weight lie on top; all that are
 * grey lie below those that are not.
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {Picture} picture
 * @param {Screen} screen
 * @param {PlacedTopicName[]} names
 * @param {boolean} grey
 */
function paintPapers(surface, scene, { size, theme, span }, screen, names, grey) {
  const radius = Math.min(Math.max(30 / Math.sqrt(Math.max(scene.count, 1)) + 2, 2.4), MAX_RADIUS);
  const plainDot = surface.dots(radius, theme.background);
  const brightDot = scene.focused ? surface.dots(radius + 1, theme.background) : plainDot;
  const bright = [];
  for (let i = scene.count - 1; i >= 0; i--) {
    const [x, y] = [screen.x(scene.x[i]), screen.y(scene.y[i])];
    if (x < -radius || y < -radius || x > size.width + radius || y > size.height + radius) continue;
    const outside = isOutside(scene, i, span);
    const isUnderName = names.some((name) => isOver(name, x, y, radius));
    const coloured = scene.focused ? scene.focus?.[i] === 1 : !grey;
    if (coloured && !outside) {
      const opacity = isUnderName ? UNDER_NAME_OPACITY : 0.9;
      bright.push({ x, y, colour: scene.palette[scene.colour[i]], opacity });
    } else {
      const opacity = outside ? OUTSIDE_OPACITY : GREYED_OPACITY;
      plainDot(x, y, theme.faint, isUnderName ? UNDER_NAME_OPACITY : opacity);
    }
  }
  for (const { x, y, colour, opacity } of bright) brightDot(x, y, colour, opacity);
}

/**
 * Return whether a topic name is written over a dot.
 * @param {PlacedTopicName} name
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
function isOver({ box, fontSize }, x, y, radius) {
  return Math.abs(box.y - y) < fontSize / 2 + radius &&
    Math.abs(box.x - x) < box.width / 2 - 4 + radius;
}

/** Return areas that texts keep clear of. @param {Picture} picture @param {Screen} screen */
function marksOf({ overlay, occupied = [] }, screen) {
  const hits = overlay.hits.map(({ x, y }) => squareAt(screen, [x, y], BADGE_SIZE));
  const stars = overlay.starred.map((star) => squareAt(screen, star, STAR_SIZE));
  return [...occupied, ...hits, ...stars];
}

/**
 * @param {Surface} surface
 * @param {OpenPaper} paper
 * @param {Picture} picture
 * @param {Screen} screen
 */
function paintOpenPaper(surface, paper, { theme }, screen) {
  const [x, y] = [screen.x(paper.x), screen.y(paper.y)];
  /** @type {Point[]} */
  const star = [];
  for (let i = 0; i < 10; i++) {
    const [angle, radius] = [(i * Math.PI) / 5 - Math.PI / 2, i % 2 ? 6 : 14];
    star.push([x + radius * Math.cos(angle), y + radius * Math.sin(angle)]);
  }
  surface.circle(x, y, 17, theme.background, theme.text, 1.5);
  for (const thickness of [9, 5, 2]) surface.line(star, paper.colour, thickness, 1, true);
  surface.circle(x, y, 5, paper.colour, paper.colour, 1);
}

/**
 * @param {Surface} surface
 * @param {Picture} picture
 * @param {PlacedTopicName[]} names
 * @param {Box[]} marks
 * @param {boolean} grey
 */
function paintLabels(surface, { scenes, camera, size, theme, hoveredTopic }, names, marks, grey) {
  const scene = scenes[scenes.length - 1];
  const halo = theme.background;
  for (const { id, label, box, fontSize, colour: index, opacity } of names) {
    const own = grey ? theme.text : (scene.palette[index] ?? theme.text);
    const colour = legible(own, theme.background, theme.text);
    const style = { size: fontSize, colour, halo, opacity: opacity * (grey ? 0.65 : 1) };
    surface.text(label, box.x, box.y, style);
    if (id === hoveredTopic) {
      const [reach, y] = [box.width / 2 - 4, box.y + fontSize * 0.55];
      surface.line([[box.x - reach, y], [box.x + reach, y]], colour, 1.5, 1);
    }
  }
  const boxes = [...marks, ...names.map((name) => name.box)];
  const style = { size: TITLE_FONT_SIZE, colour: theme.text, halo, opacity: 0.85, weight: 400 };
  for (const { title, x, y } of placeTitles(scene, camera, size, boxes)) {
    surface.text(title, x, y, style);
  }
}

/** @param {Screen} screen @returns {(point: Point) => Point} */
function toScreen(screen) {
  return ([x, y]) => [screen.x(x), screen.y(y)];
}

/** @param {Screen} screen @param {Point} point @param {number} side @returns {Box} */
function squareAt(screen, [x, y], side) {
  return { x: screen.x(x), y: screen.y(y), width: side, height: side };
}
