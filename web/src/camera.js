// The camera walks round the middle of every cell alike. At the beginning it stands where the recording camera stood.

const START = { turn: 0, rise: 0.16, zoom: 1 };
const OPEN = Math.tan((15 * Math.PI) / 180); // half the height seen from one metre

export class Camera {
  constructor() {
    this.reset();
  }

  reset() {
    Object.assign(this, START);
  }

  orbit(right, up) {
    this.turn -= right;
    this.rise = Math.min(Math.max(this.rise + up, -0.35), 1.5);
  }

  zoomBy(factor) {
    this.zoom = Math.min(Math.max(this.zoom * factor, 0.4), 6);
  }

  // Eye, axes and focal length for a cell, so that the room fits below its name.
  view({ wide, low, high }, { w, h, band }) {
    const aspect = w / h;
    const sink = Math.min(band / h, 0.5); // how far the middle is below that of the cell, 1 at its edge
    const { turn, rise } = this;
    const [s, c, u, v] = [Math.sin(turn), Math.cos(turn), Math.sin(rise), Math.cos(rise)];
    const half = ((high - low) / 2) * v + wide * Math.abs(u);
    const far = (Math.max(half / (OPEN * (1 - sink)), wide / (OPEN * aspect)) * 1.08) / this.zoom + wide * 0.5;
    const middle = (low + high) / 2;
    const forward = [-s * v, -u, c * v];
    return {
      eye: [-far * forward[0], middle - far * forward[1], -far * forward[2]],
      forward, right: [-c, 0, -s], up: [-s * u, v, c * u], open: OPEN, aspect, sink, middle, far,
    };
  }
}

// A point as the camera sees it: [across, up, depth] with −1 … 1 at the edges.
export function seen(view, x, y, z) {
  const d = [x - view.eye[0], y - view.eye[1], z - view.eye[2]];
  const along = (axis) => d[0] * axis[0] + d[1] * axis[1] + d[2] * axis[2];
  const depth = Math.max(along(view.forward), 1e-3);
  return [along(view.right) / (depth * view.open * view.aspect), along(view.up) / (depth * view.open) - view.sink, depth];
}

// Mouse, pen and fingers: one turns, two bring nearer. A wheel does so only where the stage has the focus or Ctrl is
// held, and a finger that moves up or down scrolls the page: neither is taken from the page.
export function steered(stage, camera, changed) {
  const down = new Map();
  const spread = () => {
    const [a, b] = [...down.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    const was = down.get(event.pointerId);
    if (!was) return;
    const apart = down.size === 2 ? spread() : 0;
    const [dx, dy] = [event.clientX - was.x, event.clientY - was.y];
    Object.assign(was, { x: event.clientX, y: event.clientY });
    if (down.size === 2) camera.zoomBy(spread() / Math.max(apart, 1));
    else camera.orbit(dx * 0.01, event.pointerType === "touch" ? 0 : dy * 0.01);
    changed();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    stage.addEventListener(end, (event) => down.delete(event.pointerId));
  }
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== stage) return;
    event.preventDefault();
    camera.zoomBy(Math.exp(-event.deltaY * 0.0012));
    changed();
  }, { passive: false });
}
