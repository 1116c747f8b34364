// The same figures on a plain canvas, where there is no WebGL: lines with round ends, the far ones first.

import { seen } from "./camera.js";
import { parts, trails } from "./figure.js";
import { floorLines } from "./floor.js";

const css = ([r, g, b]) => `rgb(${r * 255}, ${g * 255}, ${b * 255})`;

export class Flat {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
  }

  resize(width, height) {
    this.scale = Math.min(window.devicePixelRatio || 1, 2);
    [this.canvas.width, this.canvas.height] = [width * this.scale, height * this.scale];
  }

  draw(cells, frame) {
    const { pen } = this;
    pen.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    pen.fillStyle = frame.theme.line;
    pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
    pen.lineCap = "round";
    for (const cell of [...frame.blanks, ...cells]) {
      pen.save();
      pen.beginPath();
      pen.rect(cell.x, cell.y, cell.w - (cell.rightmost ? 0 : 1), cell.h - (cell.last ? 0 : 1));
      pen.clip();
      pen.fillStyle = frame.theme.ground;
      pen.fill();
      if (cell.tracks) this.cell(cell, frame);
      pen.restore();
    }
  }

  cell(cell, frame) {
    const view = frame.viewOf(cell);
    const at = ([x, y, z]) => {
      const [across, up, depth] = seen(view, x, y, z);
      return { x: cell.x + ((across + 1) * cell.w) / 2, y: cell.y + ((1 - up) * cell.h) / 2, depth };
    };
    const pixels = (metres, depth) => (metres * cell.h) / (2 * view.open * depth);
    const marks = [];
    const line = (a, b, colour, thick = 0) => {
      const [from, to] = [at(a), at(b)];
      const depth = (from.depth + to.depth) / 2;
      marks.push({ from, to, depth, colour, wide: thick ? 2 * pixels(thick, depth) : 1 });
    };
    const { theme } = frame;
    if (frame.floor) floorLines(cell, frame, (a, b) => line(a, b, css(theme.rgb.floor)));
    const ground = marks.splice(0);
    for (const figure of frame.figuresOf(cell)) {
      const bone = (a, b, radius, colour) => line(a, b, css(colour), radius);
      parts(figure, figure.look, bone, (point, radius, colour) => bone(point, point, radius, colour));
      if (frame.trails) trails(figure, frame.seconds, theme.rgb.ground, bone);
    }
    marks.sort((a, b) => b.depth - a.depth);
    for (const { from, to, colour, wide } of [...ground, ...marks]) {
      this.pen.strokeStyle = colour;
      this.pen.lineWidth = wide;
      this.pen.beginPath();
      this.pen.moveTo(from.x, from.y);
      this.pen.lineTo(to.x + 0.01, to.y);
      this.pen.stroke();
    }
  }

  finish() {}
}
