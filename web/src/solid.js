// Figures drawn by WebGL; every cell is a part of one canvas.

import {
  BufferAttribute, BufferGeometry, ColorManagement, DynamicDrawUsage, LinearSRGBColorSpace, LineBasicMaterial,
  LineSegments, Mesh, PerspectiveCamera, Scene, ShaderMaterial, WebGLRenderer,
} from "three";
import { parts, THICK, trails } from "./figure.js";
import { floorLines } from "./floor.js";

ColorManagement.enabled = false; // colours are shown as they are named

// A bone is a flat strip that faces the camera and is shaded as a rod; a ball (a bone without length) a disk shaded as a
// ball. Two triangles each: that many skeletons move even where the processor has to draw them.
const VERTEX = `
  attribute vec4 from, to; // the ends of the bone, and its radius
  attribute vec3 colour;
  varying vec3 ink, side, front, along;
  varying vec2 place;
  void main() {
    vec3 a = (viewMatrix * vec4(from.xyz, 1.0)).xyz, b = (viewMatrix * vec4(to.xyz, 1.0)).xyz;
    float round = distance(a, b) < 1e-5 ? 1.0 : 0.0;
    vec3 eye = normalize(-(a + b));
    along = round > 0.5 ? normalize(cross(eye, vec3(1.0, 0.0, 0.0))) : normalize(b - a);
    side = cross(along, eye);
    float across = length(side);
    side = across < 1e-4 ? vec3(1.0, 0.0, 0.0) : side / across;
    front = cross(side, along);
    ink = colour;
    place = vec2(position.x, round * position.y);
    vec3 spot = mix(a, b, position.y * 0.5 + 0.5) + side * position.x * from.w + along * round * position.y * from.w;
    if (round > 0.5) spot += eye * from.w * 0.25;
    gl_Position = projectionMatrix * vec4(spot, 1.0);
  }`;
const FRAGMENT = `
  varying vec3 ink, side, front, along;
  varying vec2 place;
  void main() {
    float out2 = dot(place, place);
    if (out2 > 1.0) discard;
    vec3 normal = side * place.x + along * place.y + front * sqrt(max(1.0 - out2, 0.0));
    gl_FragColor = vec4(ink * (0.83 + 0.17 * dot(normal, vec3(-0.42, 0.66, 0.62))), 1.0);
  }`;
const MATERIAL = new ShaderMaterial({ vertexShader: VERTEX, fragmentShader: FRAGMENT });
const SEEN = 2; // pixels
const CORNERS = [-1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 1, 0];
const TRIANGLES = [0, 1, 2, 0, 2, 3];

export class Solid {
  constructor(canvas, context) {
    this.renderer = new WebGLRenderer({ canvas, context });
    this.renderer.outputColorSpace = LinearSRGBColorSpace;
    this.camera = new PerspectiveCamera();
    this.stages = [];
  }

  resize(width, height) {
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio || 1, 2));
    this.renderer.setSize(width, height, false);
    this.height = height;
  }

  draw(cells, frame) {
    while (this.stages.length < cells.length) this.stages.push(new Stage());
    this.renderer.setClearColor(frame.theme.line);
    this.renderer.setScissorTest(false);
    this.renderer.clear();
    this.renderer.setScissorTest(true);
    this.renderer.setClearColor(frame.theme.ground);
    for (const blank of frame.blanks) {
      this.cut(blank);
      this.renderer.clear();
    }
    cells.forEach((cell, i) => {
      const bottom = this.height - cell.y - cell.h;
      this.renderer.setViewport(cell.x, bottom, cell.w, cell.h);
      this.cut(cell);
      this.stages[i].fill(cell, frame);
      this.renderer.render(this.stages[i].scene, aimed(this.camera, frame.viewOf(cell)));
    });
  }

  // Draws within a cell only, and leaves a line to the next.
  cut({ x, y, w, h, rightmost, last }) {
    const line = last ? 0 : 1;
    this.renderer.setScissor(x, this.height - y - h + line, w - (rightmost ? 0 : 1), h - line);
  }

  // Waits until all that was asked for is drawn.
  finish() {
    const gl = this.renderer.getContext();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }
}

function aimed(camera, view) {
  camera.fov = (Math.atan(view.open) * 360) / Math.PI;
  camera.aspect = view.aspect;
  [camera.near, camera.far] = [Math.max(view.far * 0.02, 0.01), view.far * 6 + 20];
  camera.updateProjectionMatrix();
  camera.projectionMatrix.elements[9] = view.sink;
  camera.projectionMatrixInverse.copy(camera.projectionMatrix).invert();
  camera.position.set(...view.eye);
  camera.up.set(...view.up);
  camera.lookAt(view.eye[0] + view.forward[0], view.eye[1] + view.forward[1], view.eye[2] + view.forward[2]);
  return camera;
}

// What stands in a cell.
class Stage {
  constructor() {
    this.scene = new Scene();
    this.floor = new Lines(this.scene);
    this.bones = new Bones(this.scene);
    this.all = [this.floor, this.bones];
  }

  fill(cell, frame) {
    const { theme } = frame;
    const view = frame.viewOf(cell);
    const smallest = THICK * cell.h < SEEN * 2 * view.open * view.far ? THICK : 0; // joints of thin bones are not seen
    for (const one of this.all) one.begin();
    for (const figure of frame.figuresOf(cell)) {
      const bone = (a, b, radius, colour) => this.bones.add(a, b, radius, colour);
      parts(figure, figure.look, bone, (point, radius, colour) => {
        if (radius > smallest) bone(point, point, radius, colour);
      });
      if (frame.trails) trails(figure, frame.seconds, theme.rgb.ground, bone);
    }
    if (frame.floor) floorLines(cell, frame, (a, b) => this.floor.add(a, b, theme.rgb.floor));
    for (const one of this.all) one.end();
  }
}

// Bones and balls, as many as are added; four corners each, for drawing by instances is slow without a graphics card.
class Bones {
  constructor(scene) {
    this.mesh = new Mesh(new BufferGeometry(), MATERIAL);
    this.mesh.frustumCulled = false;
    this.grow(128);
    scene.add(this.mesh);
  }

  grow(room) {
    const shape = new BufferGeometry();
    const repeated = (list, step) => Array.from({ length: room }, (_, i) => list.map((value) => value + step * i)).flat();
    shape.setAttribute("position", new BufferAttribute(new Float32Array(repeated(CORNERS, 0)), 3));
    shape.setIndex(repeated(TRIANGLES, 4));
    for (const [name, size] of [["from", 4], ["to", 4], ["colour", 3]]) {
      const values = new Float32Array(room * 4 * size);
      if (this[name]) values.set(this[name].array);
      this[name] = new BufferAttribute(values, size).setUsage(DynamicDrawUsage);
      shape.setAttribute(name, this[name]);
    }
    this.mesh.geometry.dispose();
    this.mesh.geometry = shape;
    this.room = room;
  }

  begin() {
    this.count = 0;
  }

  add(a, b, radius, colour) {
    if (this.count === this.room) this.grow(this.room * 2);
    for (let corner = this.count * 4; corner < this.count * 4 + 4; corner++) {
      this.from.setXYZW(corner, a[0], a[1], a[2], radius);
      this.to.setXYZW(corner, b[0], b[1], b[2], radius);
      this.colour.setXYZ(corner, colour[0], colour[1], colour[2]);
    }
    this.count++;
  }

  end() {
    this.mesh.geometry.setDrawRange(0, this.count * 6);
    this.mesh.visible = this.count > 0;
    for (const one of [this.from, this.to, this.colour]) one.needsUpdate = true;
  }
}

class Lines {
  constructor(scene) {
    this.mesh = new LineSegments(new BufferGeometry(), new LineBasicMaterial({ vertexColors: true }));
    this.mesh.frustumCulled = false;
    this.grow(64);
    scene.add(this.mesh);
  }

  grow(room) {
    const [old, oldInk] = [this.points, this.ink];
    this.points = new Float32Array(room * 6);
    this.ink = new Float32Array(room * 6);
    if (old) this.points.set(old), this.ink.set(oldInk);
    this.mesh.geometry.dispose();
    this.mesh.geometry = new BufferGeometry();
    this.mesh.geometry.setAttribute("position", new BufferAttribute(this.points, 3).setUsage(DynamicDrawUsage));
    this.mesh.geometry.setAttribute("color", new BufferAttribute(this.ink, 3).setUsage(DynamicDrawUsage));
    this.room = room;
  }

  begin() {
    this.count = 0;
  }

  add(a, b, colour) {
    if (this.count === this.room) this.grow(this.room * 2);
    this.points.set([a[0], a[1], a[2], b[0], b[1], b[2]], this.count * 6);
    this.ink.set([...colour, ...colour], this.count * 6);
    this.count++;
  }

  end() {
    const { geometry } = this.mesh;
    geometry.setDrawRange(0, this.count * 2);
    geometry.attributes.position.needsUpdate = geometry.attributes.color.needsUpdate = true;
    this.mesh.visible = this.count > 0;
  }
}
