// @ts-check
// Painting of the map on any surface, from a scene and its highlights.

import { covers, projection, viewOf } from "./camera.js";
import { densityPicture } from "./density.js";
import { placeTitles, placeTopicNames, TITLE_FONT_SIZE } from "./labels.js";
import { fadedNames, namesInSpan } from "./presence.js";
import { hitMarks, RING_RADIUS } from "./hit_marks.js";
import { isOutside } from "./scene.js";
import { legible } from "./text.js";
/** @import { Box, Camera, Picture, PlacedTopicName, Point, Scene, Size, Surface } from "./types.d.ts" */

const STAR_COLOUR = "#d18f13";
const GREYED_OPACITY = 0.75;
const OUTSIDE_OPACITY = 0.25;
const STAR_SIZE = 14;
const HEAT_COLOUR = "#e0943a";
const UNDER_NAME_OPACITY = 0.12; // of dots that letters are written over
const MIN_CLEARED_OPACITY = 0.6; // of names that dots give way to; below fainter ones dots stay
const MAX_RADIUS = 7; // of dots, where few are in view
const BADGE_SIZE = 24;
const HEAT_RADIUS = 34; // at most
const HEAT_SHARE = 0.045; // of the map's width that the radius is
const HEAT_OPACITY = 0.14; // of the shade in the middle of one paper
const MIN_LEADER = 4; // pixels between a paper and its badge from which on a line joins them

/** @typedef {ReturnType<typeof projection>} Screen */

/**
 * Paint the map, except for what is over it on the screen (badges, the ring), and return the topic names on it.
 * @param {Surface} surface
 * @param {Picture} picture
 * @returns {PlacedTopicName[]}
 */
export function paintMap(surface, picture) {
  const { scenes, overlay, camera, size, theme, hovered, span } = picture;
  const screen = projection(camera, size);
  const scene = scenes[scenes.length - 1];
  const grey = (overlay.grey && scene.colourBy !== "score") || scene.focused;
  const covered = covers(scene.extent, viewOf(camera, size));
  const visible = covered ? [scene] : scenes;
  const marks = marksOf(picture, screen);
  const present = { ...scene, topicNames: namesInSpan(scene.topicNames, span) };
  const names = fadedNames(placeTopicNames(present, camera, size, marks), span);
  const written = names.filter(({ opacity }) => opacity > MIN_CLEARED_OPACITY);
  const densityOpacity = span ? 0.2 : grey ? 0.35 : 0.8;
  for (const each of visible) paintDensity(surface, each, screen, camera.scale, densityOpacity);
  paintHeat(surface, picture, screen);
  paintContours(surface, scene, screen, theme.text);
  for (const each of visible) paintPapers(surface, each, picture, screen, written, grey);
  if (overlay.region) {
    surface.line(overlay.region.map(toScreen(screen)), theme.text, 1.5, 0.8, true);
  }
  for (const [x, y] of overlay.starred.map(toScreen(screen))) {
    surface.text("★", x, y, { size: 17, colour: STAR_COLOUR, halo: theme.background, weight: 400 });
  }
  if (hovered !== undefined && scene.count > hovered) {
    const [x, y] = [screen.x(scene.x[hovered]), screen.y(scene.y[hovered])];
    surface.circle(x, y, 8, "none", theme.text, 2);
  }
  paintLabels(surface, picture, names, marks, grey);
  paintLeaders(surface, picture);
  return names;
}

/**
 * Paint the badges of hits and the ring around the open paper, which on the screen are elements.
 * @param {Surface} surface
 * @param {Picture} picture
 */
export function paintBadges(surface, { overlay, camera, size, theme }) {
  for (const { hits, x, y } of [...hitMarks(overlay, camera, size)].reverse()) {
    const isGroup = hits.length > 1;
    const { background, text } = isGroup
      ? { background: theme.text, text: theme.background }
      : hits[0];
    surface.circle(x, y, isGroup ? 13 : 11, background, theme.background, 1.5);
    const label = String(isGroup ? hits.length : hits[0].number);
    surface.text(label, x, y + 0.5, { size: 11.5, colour: text });
  }
  if (!overlay.opened) return;
  const screen = projection(camera, size);
  const [x, y] = [screen.x(overlay.opened.x), screen.y(overlay.opened.y)];
  surface.circle(x, y, RING_RADIUS - 1, theme.background, theme.background, 2);
  surface.circle(x, y, RING_RADIUS - 4, "none", theme.text, 3);
  surface.circle(x, y, 5, overlay.opened.colour, theme.background, 1);
}

/**
 * Shade the papers that match best beyond those with a badge.
 * @param {Surface} surface
 * @param {Picture} picture
 * @param {Screen} screen
 */
function paintHeat(surface, { overlay, size }, screen) {
  if (!overlay.heat.length) return;
  const radius = Math.min(HEAT_RADIUS, HEAT_SHARE * size.width);
  const shade = surface.glow(radius, HEAT_COLOUR);
  const [right, bottom] = [size.width + radius, size.height + radius];
  for (const [x, y] of overlay.heat.map(toScreen(screen))) {
    const isNear = x > -radius && y > -radius && x < right && y < bottom;
    if (isNear) shade(x, y, HEAT_OPACITY);
  }
}

/** Join papers with badges that stand beside them. @param {Surface} surface @param {Picture} picture */
function paintLeaders(surface, { overlay, camera, size, theme }) {
  for (const { spots, x, y } of hitMarks(overlay, camera, size)) {
    for (const spot of spots) {
      if (Math.hypot(spot[0] - x, spot[1] - y) < MIN_LEADER) continue;
      surface.line([spot, [x, y]], theme.background, 3, 0.8);
      surface.line([spot, [x, y]], theme.text, 1, 0.9);
      surface.circle(spot[0], spot[1], 2.5, theme.text, theme.background, 1);
    }
  }
}

/**
 * @param {Surface} surface
 * @param {Scene} scene
 * @param {Screen} screen
 * @param {number} scale
 * @param {number} opacity
 */
function paintDensity(surface, scene, screen, scale, opacity) {
  const { density } = scene;
  if (!density) return;
  const [left, bottom, right, top] = density.view;
  const size = { width: (right - left) * scale, height: (top - bottom) * scale };
  const picture = densityPicture(scene, density);
  surface.image(picture, [screen.x(left), screen.y(top)], size, opacity);
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
    surface.curve(points, colour, 1, 0.07 + 0.03 * level);
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
function paintPapers(surface, scene, { camera, size, theme, span }, screen, names, grey) {
  const radius = dotRadius(scene, camera, size);
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
 * Return the radius of dots, larger the fewer are in view if they are spread evenly; in steps,
 * since each radius is drawn once and copied.
 * @param {Scene} scene
 * @param {Camera} camera
 * @param {Size} size
 */
export function dotRadius({ count, extent }, camera, size) {
  const area = (extent[2] - extent[0]) * (extent[3] - extent[1]);
  const share = (size.width * size.height) / camera.scale ** 2 / area;
  const radius = 30 / Math.sqrt(Math.max(count * Math.min(share, 1), 1)) + 2;
  return Math.round(4 * Math.min(Math.max(radius, 2.4), MAX_RADIUS)) / 4;
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
function marksOf({ overlay, camera, size, occupied = [] }, screen) {
  const hits = hitMarks(overlay, camera, size).map(({ x, y }) => squareOf([x, y], BADGE_SIZE));
  const stars = overlay.starred.map((star) => squareOf(toScreen(screen)(star), STAR_SIZE));
  const opened = overlay.opened ? [toScreen(screen)([overlay.opened.x, overlay.opened.y])] : [];
  return [...occupied, ...hits, ...stars, ...opened.map((spot) => squareOf(spot, 2 * RING_RADIUS))];
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

/** @param {Point} point in pixels @param {number} side @returns {Box} */
function squareOf([x, y], side) {
  return { x, y, width: side, height: side };
}
