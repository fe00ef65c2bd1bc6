// @ts-check
// Density of all papers as a small picture, to be drawn larger and smoothed.

/** @import { Density, Scene } from "./types.d.ts" */

const GREY = [128, 128, 128];

/** @type {WeakMap<Scene, HTMLCanvasElement>} */
const pictures = new WeakMap();

/**
 * Return the picture of a scene's density, made once.
 * @param {Scene} scene
 * @param {Density} density
 */
export function densityPicture(scene, density) {
  let picture = pictures.get(scene);
  if (!picture) {
    picture = paintDensity(scene, density);
    pictures.set(scene, picture);
  }
  return picture;
}

/** @param {Scene} scene @param {Density} density */
function paintDensity({ palette, cellOpacity = [], cellColour = [] }, { columns, rows }) {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no 2D canvas");
  const image = context.createImageData(columns, rows);
  const colours = palette.map(channelsOf);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const cell = row * columns + column;
      if (!cellOpacity[cell]) continue;
      const pixel = 4 * ((rows - 1 - row) * columns + column);
      image.data.set(colours[cellColour[cell]] ?? GREY, pixel);
      image.data[pixel + 3] = cellOpacity[cell];
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** @param {string} colour */
function channelsOf(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}
