// @ts-check
// SVG file that the map is painted on.

import { quadraticPieces } from "./polygon.js";
import { FAMILY } from "./text.js";
/** @import { Point, Size, Surface, TextStyle } from "./types.d.ts" */

/** @implements {Surface} */
export class SvgSurface {
  #start;
  /** @type {string[]} */
  #parts = [];

  /** @param {Size} size */
  constructor({ width, height }) {
    this.#start = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${width} ${height}" font-family="${FAMILY}">`;
  }

  /** @param {string} colour */
  fill(colour) {
    this.#parts.push(`<rect width="100%" height="100%" fill="${colour}"/>`);
  }

  /** @param {number} radius @param {string} edge @returns {ReturnType<Surface["dots"]>} */
  dots(radius, edge) {
    return (x, y, colour, opacity) => {
      this.#parts.push(
        `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius}" fill="${colour}" ` +
          `stroke="${edge}" stroke-width="0.6" opacity="${opacity}"/>`,
      );
    };
  }

  /** @param {number} radius @param {string} colour @returns {ReturnType<Surface["glow"]>} */
  glow(radius, colour) {
    const id = `glow${this.#parts.length}`;
    this.#parts.push(
      `<radialGradient id="${id}"><stop offset="0" stop-color="${colour}"/>` +
        `<stop offset="1" stop-color="${colour}" stop-opacity="0"/></radialGradient>`,
    );
    return (x, y, opacity) => {
      this.#parts.push(
        `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius}" fill="url(#${id})" ` +
          `opacity="${opacity}"/>`,
      );
    };
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} radius
   * @param {string} colour
   * @param {string} edge
   * @param {number} thickness
   */
  circle(x, y, radius, colour, edge, thickness) {
    this.#parts.push(
      `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius}" fill="${colour}" ` +
        `stroke="${edge}" stroke-width="${thickness}"/>`,
    );
  }

  /**
   * @param {Point[]} points
   * @param {string} colour
   * @param {number} thickness
   * @param {number} opacity
   */
  line(points, colour, thickness, opacity, closed = false) {
    const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
    this.#parts.push(
      `<${closed ? "polygon" : "polyline"} points="${path}" fill="none" stroke="${colour}" ` +
        `stroke-width="${thickness}" opacity="${opacity}"/>`,
    );
  }

  /**
   * @param {Point[]} points
   * @param {string} colour
   * @param {number} thickness
   * @param {number} opacity
   */
  curve(points, colour, thickness, opacity) {
    /** @param {number[]} numbers */
    const written = (numbers) => numbers.map((each) => each.toFixed(1)).join(" ");
    const pieces = quadraticPieces(points).map((piece) => `Q${written(piece)}`);
    this.#parts.push(
      `<path d="M${written(points[0])}${pieces.join("")}" fill="none" stroke="${colour}" ` +
        `stroke-width="${thickness}" opacity="${opacity}"/>`,
    );
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Point} corner
   * @param {Size} size
   * @param {number} opacity
   */
  image(canvas, [x, y], { width, height }, opacity) {
    this.#parts.push(
      `<image href="${canvas.toDataURL()}" x="${x}" y="${y}" width="${width}" height="${height}" ` +
        `opacity="${opacity}" preserveAspectRatio="none"/>`,
    );
  }

  /** @param {string} words @param {number} x @param {number} y @param {TextStyle} style */
  text(words, x, y, { size, colour, halo, opacity = 1, weight = 700 }) {
    const outline = halo ? `stroke="${halo}" stroke-width="4" stroke-linejoin="round" ` : "";
    this.#parts.push(
      `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" font-weight="${weight}" ` +
        `text-anchor="middle" dominant-baseline="central" fill="${colour}" opacity="${opacity}" ` +
        `${outline}paint-order="stroke">${escapeXml(words)}</text>`,
    );
  }

  /** The file's content. */
  get source() {
    return `${this.#start}${this.#parts.join("\n")}</svg>`;
  }
}

/** @param {string} words */
function escapeXml(words) {
  return words.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
