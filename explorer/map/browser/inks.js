// What pictures are made of, on a canvas and as SVG: the map is drawn by the same strokes on both.

class CanvasInk {
  constructor(canvas, { width, height }, times) {
    if (canvas.width !== Math.round(width * times) || canvas.height !== Math.round(height * times)) {
      canvas.width = Math.round(width * times);
      canvas.height = Math.round(height * times);
    }
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.pen.setTransform(times, 0, 0, times, 0, 0);
    this.pen.clearRect(0, 0, width, height);
    this.times = times;
    this.sprites = new Map();
  }

  fill(colour, { width, height }) {
    this.pen.fillStyle = colour;
    this.pen.fillRect(0, 0, width, height);
  }

  // Discs of one size and colour are drawn once and copied: thousands of arcs would take too long.
  dots(radius, edge) {
    return (x, y, colour, alpha) => {
      const key = `${radius} ${colour} ${edge}`;
      let sprite = this.sprites.get(key);
      if (!sprite) {
        sprite = document.createElement("canvas");
        sprite.width = sprite.height = Math.ceil((2 * radius + 2) * this.times);
        const pen = sprite.getContext("2d");
        pen.setTransform(this.times, 0, 0, this.times, 0, 0);
        pen.arc(radius + 1, radius + 1, radius, 0, 2 * Math.PI);
        pen.fillStyle = colour;
        pen.fill();
        pen.lineWidth = 0.6;
        pen.strokeStyle = edge;
        pen.stroke();
        this.sprites.set(key, sprite);
      }
      this.pen.globalAlpha = alpha;
      this.pen.drawImage(sprite, x - radius - 1, y - radius - 1, 2 * radius + 2, 2 * radius + 2);
    };
  }

  disc(x, y, radius, colour, edge, thickness) {
    this.pen.globalAlpha = 1;
    this.pen.beginPath();
    this.pen.arc(x, y, radius, 0, 2 * Math.PI);
    this.pen.fillStyle = colour;
    if (colour !== "none") this.pen.fill();
    this.pen.lineWidth = thickness;
    this.pen.strokeStyle = edge;
    this.pen.stroke();
  }

  line(points, colour, thickness, alpha, closed = false) {
    this.pen.globalAlpha = alpha;
    this.pen.beginPath();
    points.forEach(([x, y], i) => (i ? this.pen.lineTo(x, y) : this.pen.moveTo(x, y)));
    if (closed) this.pen.closePath();
    this.pen.lineWidth = thickness;
    this.pen.lineJoin = "round";
    this.pen.strokeStyle = colour;
    this.pen.stroke();
  }

  picture(canvas, [x, y, width, height], alpha) {
    this.pen.globalAlpha = alpha;
    this.pen.imageSmoothingEnabled = true;
    this.pen.imageSmoothingQuality = "high";
    this.pen.drawImage(canvas, x, y, width, height);
  }

  text(words, x, y, size, colour, halo, alpha, weight = 700) {
    this.pen.globalAlpha = alpha;
    this.pen.font = fontOf(size, weight);
    this.pen.textAlign = "center";
    this.pen.textBaseline = "middle";
    if (halo) {
      this.pen.lineJoin = "round";
      this.pen.lineWidth = 4;
      this.pen.strokeStyle = halo;
      this.pen.strokeText(words, x, y);
    }
    this.pen.fillStyle = colour;
    this.pen.fillText(words, x, y);
  }
}

class SvgInk {
  constructor({ width, height }) {
    this.head =
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${width} ${height}" font-family="Source Sans, system-ui, sans-serif">`;
    this.parts = [];
  }

  fill(colour) {
    this.parts.push(`<rect width="100%" height="100%" fill="${colour}"/>`);
  }

  dots(radius, edge) {
    return (x, y, colour, alpha) =>
      this.parts.push(
        `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius}" fill="${colour}" ` +
          `stroke="${edge}" stroke-width="0.6" opacity="${alpha}"/>`,
      );
  }

  disc(x, y, radius, colour, edge, thickness) {
    this.parts.push(
      `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius}" fill="${colour}" ` +
        `stroke="${edge}" stroke-width="${thickness}"/>`,
    );
  }

  line(points, colour, thickness, alpha, closed = false) {
    const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
    this.parts.push(
      `<${closed ? "polygon" : "polyline"} points="${path}" fill="none" stroke="${colour}" ` +
        `stroke-width="${thickness}" opacity="${alpha}"/>`,
    );
  }

  picture(canvas, [x, y, width, height], alpha) {
    this.parts.push(
      `<image href="${canvas.toDataURL()}" x="${x}" y="${y}" width="${width}" height="${height}" ` +
        `opacity="${alpha}" preserveAspectRatio="none"/>`,
    );
  }

  text(words, x, y, size, colour, halo, alpha, weight = 700) {
    const edge = halo ? `stroke="${halo}" stroke-width="4" stroke-linejoin="round" ` : "";
    this.parts.push(
      `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" font-weight="${weight}" ` +
        `text-anchor="middle" dominant-baseline="central" fill="${colour}" opacity="${alpha}" ` +
        `${edge}paint-order="stroke">${escaped(words)}</text>`,
    );
  }

  get source() {
    return `${this.head}${this.parts.join("\n")}</svg>`;
  }
}

function escaped(words) {
  return words.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
