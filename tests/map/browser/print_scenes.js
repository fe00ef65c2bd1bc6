// @ts-check
// Prints scenes as the browser has them: those of an exported map, and packed ones decoded.
// Reads {library, requests, scenes} in JSON: base 64; scene requests and rows that match; base 64.

import process from "node:process";
import { json } from "node:stream/consumers";

import { decodeLibrary } from "../../../explorer/map/browser/exported_library.js";
import { sceneOf } from "../../../explorer/map/browser/exported_scene.js";
import { decodeScene } from "../../../explorer/map/browser/scene.js";
/** @import { Scene, SceneRequest } from "../../../explorer/map/browser/types.d.ts" */

/** @param {string} text */
function bytesOf(text) {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}

/** Return a scene with plain arrays. @param {Scene} scene */
function plain(scene) {
  return Object.fromEntries(
    Object.entries(scene).map(([name, value]) => [
      name,
      ArrayBuffer.isView(value) ? [.../** @type {Uint8Array} */ (value)] : value,
    ]),
  );
}

/** @typedef {{library: string, requests: [SceneRequest, number[] | null][], scenes: string[]}} Input */

const { library: packed, requests, scenes } = /** @type {Input} */ (await json(process.stdin));
const library = await decodeLibrary(packed);
const made = requests.map(([request, rows]) => sceneOf(library, request, rows && new Set(rows)));
const decoded = await Promise.all(scenes.map((scene) => decodeScene(bytesOf(scene))));
console.log(JSON.stringify({ made: made.map(plain), decoded: decoded.map(plain) }));
