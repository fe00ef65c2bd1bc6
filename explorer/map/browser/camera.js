// Where one looks: the middle on the map's axes and pixels per unit, the same for both axes.

const DEEPEST = 400; // times closer than the whole map

function cameraOn([left, bottom, right, top], { width, height }) {
  const scale = Math.min(width / (right - left), height / (top - bottom));
  return { x: (left + right) / 2, y: (bottom + top) / 2, scale };
}

function viewOf({ x, y, scale }, { width, height }) {
  const [w, h] = [width / scale / 2, height / scale / 2];
  return [x - w, y - h, x + w, y + h];
}

function screenOf(camera, { width, height }) {
  return {
    x: (x) => (x - camera.x) * camera.scale + width / 2,
    y: (y) => height / 2 - (y - camera.y) * camera.scale,
  };
}

function worldAt(camera, { width, height }, [x, y]) {
  return [camera.x + (x - width / 2) / camera.scale, camera.y + (height / 2 - y) / camera.scale];
}

function zoomed(camera, size, factor, at, least) {
  const scale = Math.min(Math.max(camera.scale * factor, least * 0.5), least * DEEPEST);
  const [x, y] = worldAt(camera, size, at);
  const share = camera.scale / scale;
  return { x: x + (camera.x - x) * share, y: y + (camera.y - y) * share, scale };
}

function between(from, to, share) {
  const scale = Math.exp(Math.log(from.scale) + share * Math.log(to.scale / from.scale));
  // The middle moves as the scale does, so that the goal stays in sight on the way.
  const part =
    Math.abs(to.scale / from.scale - 1) < 1e-6
      ? share
      : (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / to.scale);
  return { x: from.x + part * (to.x - from.x), y: from.y + part * (to.y - from.y), scale };
}

function covers(outer, inner) {
  return (
    outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3]
  );
}
