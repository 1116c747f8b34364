// Figures drawn by WebGL: bones and balls are instances of one shape each, and every cell is a part of one canvas.

import {
  AmbientLight, BufferAttribute, BufferGeometry, ColorManagement, CylinderGeometry, DirectionalLight, DynamicDrawUsage,
  IcosahedronGeometry, InstancedBufferAttribute, InstancedMesh, LinearSRGBColorSpace, LineBasicMaterial, LineSegments, MeshLambertMaterial,
  PerspectiveCamera, Scene, WebGLRenderer,
} from "three";
import { parts, trails } from "./figure.js";
import { floorLines } from "./floor.js";

ColorManagement.enabled = false; // colours are shown as they are named

const ROD = new CylinderGeometry(1, 1, 1, 8, 1, true);
const BALL = new IcosahedronGeometry(1, 2);

export class Solid {
  constructor(canvas, context) {
    this.renderer = new WebGLRenderer({ canvas, context });
    this.renderer.outputColorSpace = LinearSRGBColorSpace;
    this.renderer.setScissorTest(true);
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
    cells.forEach((cell, i) => {
      const bottom = this.height - cell.y - cell.h;
      this.renderer.setViewport(cell.x, bottom, cell.w, cell.h);
      this.renderer.setScissor(cell.x, bottom, cell.w, cell.h);
      this.stages[i].fill(cell, frame);
      this.renderer.render(this.stages[i].scene, aimed(this.camera, frame.viewOf(cell)));
    });
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
  camera.position.set(...view.eye);
  camera.up.set(...view.up);
  camera.lookAt(view.eye[0] + view.forward[0], view.eye[1] + view.forward[1], view.eye[2] + view.forward[2]);
  return camera;
}

// What stands in a cell.
class Stage {
  constructor() {
    this.scene = new Scene();
    this.scene.add(new AmbientLight(0xffffff, 2.2));
    for (const [light, ...place] of [[1.1, -1, 2, -2], [0.5, 2, 1, 1]]) {
      const sun = new DirectionalLight(0xffffff, light);
      sun.position.set(...place);
      this.scene.add(sun);
    }
    const full = new MeshLambertMaterial();
    const pale = new MeshLambertMaterial({ transparent: true, opacity: 0.38, depthWrite: false });
    this.kinds = [new Kind(this.scene, full), new Kind(this.scene, pale)];
    this.lines = new Lines(this.scene);
    this.floor = new Lines(this.scene);
  }

  fill(cell, frame) {
    const { theme } = frame;
    for (const kind of this.kinds) kind.begin();
    this.lines.begin();
    this.floor.begin();
    for (const figure of frame.figuresOf(cell)) {
      const kind = this.kinds[figure.ghost ? 1 : 0];
      parts(figure, figure.look, (a, b, r, c) => kind.rod(a, b, r, c), (p, r, c) => kind.ball(p, r, c));
      if (frame.trails) {
        trails(figure, frame.seconds, frame.colour, theme, (a, b, c, fresh) => this.lines.line(a, b, c, fresh));
      }
    }
    if (frame.floor) floorLines(cell, frame, (a, b) => this.floor.line(a, b, theme.rgb.floor, 1));
    for (const kind of this.kinds) kind.end();
    this.lines.end();
    this.floor.end();
  }
}

// Rods and balls of one material.
class Kind {
  constructor(scene, material) {
    this.rods = new Instances(scene, ROD, material);
    this.balls = new Instances(scene, BALL, material);
  }

  begin() {
    this.rods.count = this.balls.count = 0;
  }

  rod(a, b, radius, colour) {
    let [x, y, z] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
    const length = Math.hypot(x, y, z);
    if (length < 1e-6) return;
    [x, y, z] = [x / length, y / length, z / length];
    // two directions across the bone
    let [ux, uy, uz] = Math.abs(y) < 0.9 ? [z, 0, -x] : [0, -z, y];
    const across = Math.hypot(ux, uy, uz);
    [ux, uy, uz] = [ux / across, uy / across, uz / across];
    const [vx, vy, vz] = [uy * z - uz * y, uz * x - ux * z, ux * y - uy * x];
    this.rods.add(colour,
      ux * radius, uy * radius, uz * radius, 0, x * length, y * length, z * length, 0,
      -vx * radius, -vy * radius, -vz * radius, 0, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2, 1);
  }

  ball(p, r, colour) {
    this.balls.add(colour, r, 0, 0, 0, 0, r, 0, 0, 0, 0, r, 0, p[0], p[1], p[2], 1);
  }

  end() {
    this.rods.end();
    this.balls.end();
  }
}

class Instances {
  constructor(scene, shape, material) {
    Object.assign(this, { scene, shape, material, count: 0 });
    this.grow(64);
  }

  grow(room) {
    const mesh = new InstancedMesh(this.shape, this.material, room);
    mesh.instanceMatrix.setUsage(DynamicDrawUsage);
    mesh.instanceColor = new InstancedBufferAttribute(new Float32Array(room * 3), 3).setUsage(DynamicDrawUsage);
    mesh.frustumCulled = false;
    if (this.mesh) {
      mesh.instanceMatrix.array.set(this.mesh.instanceMatrix.array);
      mesh.instanceColor.array.set(this.mesh.instanceColor.array);
      this.scene.remove(this.mesh);
      this.mesh.dispose();
    }
    this.scene.add((this.mesh = mesh));
    this.room = room;
  }

  add(colour, ...matrix) {
    if (this.count === this.room) this.grow(this.room * 2);
    this.mesh.instanceMatrix.array.set(matrix, this.count * 16);
    this.mesh.instanceColor.array.set(colour, this.count * 3);
    this.count++;
  }

  end() {
    this.mesh.count = this.count;
    this.mesh.visible = this.count > 0;
    this.mesh.instanceMatrix.needsUpdate = this.mesh.instanceColor.needsUpdate = true;
  }
}

class Lines {
  constructor(scene) {
    this.mesh = new LineSegments(new BufferGeometry(), new LineBasicMaterial({ vertexColors: true, transparent: true }));
    this.mesh.frustumCulled = false;
    this.grow(512);
    scene.add(this.mesh);
  }

  grow(room) {
    const [old, oldInk] = [this.points, this.ink];
    this.points = new Float32Array(room * 6);
    this.ink = new Float32Array(room * 8);
    if (old) this.points.set(old), this.ink.set(oldInk);
    this.mesh.geometry.dispose();
    this.mesh.geometry = new BufferGeometry();
    this.mesh.geometry.setAttribute("position", new BufferAttribute(this.points, 3).setUsage(DynamicDrawUsage));
    this.mesh.geometry.setAttribute("color", new BufferAttribute(this.ink, 4).setUsage(DynamicDrawUsage));
    this.room = room;
  }

  begin() {
    this.count = 0;
  }

  line(a, b, colour, fresh) {
    if (this.count === this.room) this.grow(this.room * 2);
    this.points.set([a[0], a[1], a[2], b[0], b[1], b[2]], this.count * 6);
    this.ink.set([...colour, fresh, ...colour, fresh], this.count * 8);
    this.count++;
  }

  end() {
    const { geometry } = this.mesh;
    geometry.setDrawRange(0, this.count * 2);
    geometry.attributes.position.needsUpdate = geometry.attributes.color.needsUpdate = true;
    this.mesh.visible = this.count > 0;
  }
}
