// A scene: what one screenful shows, as explorer/map/scene.py packs it.

const NUMBERS = {
  u8: Uint8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  f32: Float32Array,
};

async function unpacked(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

async function sceneFrom(bytes) {
  const buffer = await unpacked(bytes);
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const arrays = {};
  for (const [name, [kind, start, count]] of Object.entries(head.arrays))
    arrays[name] = new NUMBERS[kind](buffer, start, count);
  return sceneOf(head, arrays);
}

function sceneOf(head, arrays) {
  const titles = head.titles.split("\n");
  if (arrays.x instanceof Float32Array) return { ...head, ...arrays, count: arrays.x.length, titles };
  const [left, bottom, right, top] = head.around;
  const count = arrays.x.length;
  const x = new Float32Array(count);
  const y = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    x[i] = left + ((right - left) * arrays.x[i]) / 65535;
    y[i] = bottom + ((top - bottom) * arrays.y[i]) / 65535;
  }
  return { ...head, ...arrays, x, y, count, titles };
}

// The density of all papers as a small picture, to be drawn larger and smoothed.
function densityPicture(scene) {
  const { columns, rows } = scene.density;
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const picture = canvas.getContext("2d");
  const image = picture.createImageData(columns, rows);
  const palette = scene.palette.map(channelsOf);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const from = row * columns + column;
      if (!scene.dense[from]) continue;
      const to = 4 * ((rows - 1 - row) * columns + column);
      image.data.set(palette[scene.shade[from]] ?? [128, 128, 128], to);
      image.data[to + 3] = scene.dense[from];
    }
  picture.putImageData(image, 0, 0);
  return canvas;
}

function channelsOf(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}
