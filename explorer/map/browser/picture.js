// @ts-check
// Pictures of the current view as files.

import { CanvasSurface } from "./canvas_surface.js";
import { download } from "./dom.js";
import { paintBadges, paintMap } from "./painting.js";
import { SvgSurface } from "./svg_surface.js";
/** @import { Picture, PictureFormat, Surface } from "./types.d.ts" */

const NAME = "literature-map";
const MIN_WIDTH = 4_000; // pixels of a PNG file
const MIN_RATIO = 4; // to the pixels of the screen

/** @param {Picture} picture @param {PictureFormat} format */
export function savePicture(picture, format) {
  if (format === "svg") {
    const surface = new SvgSurface(picture.size);
    paintAll(surface, picture);
    return download(new Blob([surface.source], { type: "image/svg+xml" }), `${NAME}.svg`);
  }
  const canvas = document.createElement("canvas");
  const ratio = Math.max(MIN_RATIO, MIN_WIDTH / picture.size.width);
  paintAll(new CanvasSurface(canvas, picture.size, ratio), picture);
  canvas.toBlob((content) => content && download(content, `${NAME}.png`));
}

/** @param {Surface} surface @param {Picture} picture */
function paintAll(surface, picture) {
  surface.fill(picture.theme.background);
  paintMap(surface, picture);
  paintBadges(surface, picture);
}
