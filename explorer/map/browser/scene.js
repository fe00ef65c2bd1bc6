// @ts-check
// Decoding of scenes, as `packed` in explorer/map/scene.py encodes them.

/** @import { Scene, Span } from "./types.d.ts" */

const ARRAY_TYPES = {
  u8: Uint8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  f32: Float32Array,
};

/**
 * Return a scene from its bytes.
 * @param {BlobPart} bytes
 * @returns {Promise<Scene>}
 */
export async function decodeScene(bytes) {
  const { header, arrays } = await unpack(bytes);
  const [left, bottom, right, top] = header.extent;
  return {
    ...header,
    ...arrays,
    x: spread(arrays.x, left, right, header.positionSteps),
    y: spread(arrays.y, bottom, top, header.positionSteps),
    count: arrays.x.length,
    titles: header.titles.split("\n"),
  };
}

/**
 * Return the header and the arrays of a message: the inflated bytes are the header's length (four
 * bytes, little-endian), the header in JSON, and arrays at the offsets that the header lists.
 * @param {BlobPart} bytes
 * @returns {Promise<{header: any, arrays: Record<string, ArrayLike<number>>}>}
 */
export async function unpack(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  /** @type {Record<string, ArrayLike<number>>} */
  const arrays = {};
  for (const [name, [type, start, count]] of Object.entries(header.arrays)) {
    const Type = ARRAY_TYPES[/** @type {keyof typeof ARRAY_TYPES} */ (type)];
    arrays[name] = new Type(buffer, start, count);
  }
  return { header, arrays };
}

/**
 * Return the values of whole steps between `low` and `high`.
 * @param {ArrayLike<number>} steps
 * @param {number} low
 * @param {number} high
 * @param {number} last
 */
function spread(steps, low, high, last) {
  return Float32Array.from(steps, (step) => low + ((high - low) * step) / last);
}

/**
 * Return whether a drawn paper is not of the periods shown.
 * @param {Scene} scene
 * @param {number} i
 * @param {Span | null} span
 */
export function isOutside(scene, i, span) {
  return span !== null && (scene.period[i] < span[0] || scene.period[i] > span[1]);
}
