// @ts-check
// Canvas that the map is painted on, on the screen and for PNG files.

import { quadraticPieces } from "./polygon.js";
import { fontOf } from "./text.js";
/** @import { Point, Size, Surface, TextStyle } from "./types.d.ts" */

const MOST_SPRITES = 500;

/** Small pictures that are drawn once and copied, frame after frame. @type {Map<string, HTMLCanvasElement>} */
const sprites = new Map();

/** @implements {Surface} */
export class CanvasSurface {
  #context;
  #size;
  #ratio;

  /**
   * Clear a canvas, resized if need be, to paint on it.
   * @param {HTMLCanvasElement} canvas
   * @param {Size} size
   * @param {number} ratio pixels of the canvas per pixel of `size`
   */
  constructor(canvas, size, ratio) {
    const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    this.#size = size;
    this.#ratio = ratio;
    this.#context = contextOf(canvas);
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#context.clearRect(0, 0, size.width, size.height);
  }

  /** @param {string} colour */
  fill(colour) {
    this.#context.fillStyle = colour;
    this.#context.fillRect(0, 0, this.#size.width, this.#size.height);
  }

  /** @param {number} radius @param {string} edge @returns {ReturnType<Surface["dots"]>} */
  dots(radius, edge) {
    const side = 2 * radius + 2;
    return (x, y, colour, opacity) => {
      this.#context.globalAlpha = opacity;
      const dot = sprite(`${radius} ${colour} ${edge}`, side, this.#ratio, (context) => {
        context.arc(side / 2, side / 2, radius, 0, 2 * Math.PI);
        context.fillStyle = colour;
        context.fill();
        context.lineWidth = 0.6;
        context.strokeStyle = edge;
        context.stroke();
      });
      this.#context.drawImage(dot, x - side / 2, y - side / 2, side, side);
    };
  }

  /** @param {number} radius @param {string} colour @returns {ReturnType<Surface["glow"]>} */
  glow(radius, colour) {
    const spot = sprite(`glow ${radius} ${colour}`, 2 * radius, this.#ratio, (context) => {
      const gradient = context.createRadialGradient(radius, radius, 0, radius, radius, radius);
      gradient.addColorStop(0, colour);
      gradient.addColorStop(1, `${colour}00`);
      context.fillStyle = gradient;
      context.fillRect(0, 0, 2 * radius, 2 * radius);
    });
    return (x, y, opacity) => {
      this.#context.globalAlpha = opacity;
      this.#context.drawImage(spot, x - radius, y - radius, 2 * radius, 2 * radius);
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
    this.#context.globalAlpha = 1;
    this.#context.beginPath();
    this.#context.arc(x, y, radius, 0, 2 * Math.PI);
    this.#context.fillStyle = colour;
    if (colour !== "none") this.#context.fill();
    this.#context.lineWidth = thickness;
    this.#context.strokeStyle = edge;
    this.#context.stroke();
  }

  /**
   * @param {Point[]} points
   * @param {string} colour
   * @param {number} thickness
   * @param {number} opacity
   */
  line(points, colour, thickness, opacity, closed = false) {
    this.#context.globalAlpha = opacity;
    this.#context.beginPath();
    for (const [x, y] of points) this.#context.lineTo(x, y);
    if (closed) this.#context.closePath();
    this.#context.lineWidth = thickness;
    this.#context.lineJoin = "round";
    this.#context.strokeStyle = colour;
    this.#context.stroke();
  }

  /**
   * @param {Point[]} points
   * @param {string} colour
   * @param {number} thickness
   * @param {number} opacity
   */
  curve(points, colour, thickness, opacity) {
    this.#context.globalAlpha = opacity;
    this.#context.beginPath();
    this.#context.moveTo(...points[0]);
    for (const [x, y, endX, endY] of quadraticPieces(points)) {
      this.#context.quadraticCurveTo(x, y, endX, endY);
    }
    this.#context.lineWidth = thickness;
    this.#context.strokeStyle = colour;
    this.#context.stroke();
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Point} corner
   * @param {Size} size
   * @param {number} opacity
   */
  image(canvas, [x, y], { width, height }, opacity) {
    this.#context.globalAlpha = opacity;
    this.#context.imageSmoothingEnabled = true;
    this.#context.imageSmoothingQuality = "high";
    this.#context.drawImage(canvas, x, y, width, height);
  }

  /** @param {string} words @param {number} x @param {number} y @param {TextStyle} style */
  text(words, x, y, { size, colour, halo, opacity = 1, weight = 700 }) {
    this.#context.globalAlpha = opacity;
    this.#context.font = fontOf(size, weight);
    this.#context.textAlign = "center";
    this.#context.textBaseline = "middle";
    if (halo) {
      this.#context.lineJoin = "round";
      this.#context.lineWidth = 4;
      this.#context.strokeStyle = halo;
      this.#context.strokeText(words, x, y);
    }
    this.#context.fillStyle = colour;
    this.#context.fillText(words, x, y);
  }
}

/** @param {HTMLCanvasElement} canvas */
function contextOf(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no 2D canvas");
  return context;
}

/**
 * Return a square picture; drawing thousands of arcs or gradients would take too long.
 * @param {string} name
 * @param {number} side
 * @param {number} ratio pixels of the picture per pixel of `side`
 * @param {(context: CanvasRenderingContext2D) => void} draw
 */
function sprite(name, side, ratio, draw) {
  const key = `${name} ${ratio}`;
  let picture = sprites.get(key);
  if (!picture) {
    if (sprites.size >= MOST_SPRITES) sprites.clear();
    picture = document.createElement("canvas");
    picture.width = picture.height = Math.ceil(side * ratio);
    const context = contextOf(picture);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    draw(context);
    sprites.set(key, picture);
  }
  return picture;
}
