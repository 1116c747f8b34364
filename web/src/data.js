// What a page carries, unpacked: clips of tracks, each with a motion that can be asked where its joints are at any time.

const ABSENT = -32768;

export function unpacked(text) {
  const data = JSON.parse(text);
  const motions = data.motions.map((motion) => new Motion(motion));
  return data.clips.map((clip) => {
    const tracks = clip.tracks.map((track) => new Track(track, motions[track.motion], data.plans[track.plan]));
    for (const track of tracks) track.first = tracks.find((other) => other.who === track.who);
    return { ...clip, tracks, seconds: Math.max(0, ...tracks.map((track) => track.seconds)) };
  });
}

class Motion {
  constructor({ frames, bodies, joints, unit, middle, heads, steps }) {
    Object.assign(this, { frames, bodies, joints, unit, middle, heads });
    const bytes = Uint8Array.from(atob(steps), (sign) => sign.charCodeAt(0));
    this.steps = new Int16Array(bytes.buffer);
  }

  // Coordinate k of a frame, NaN where it is absent.
  value(frame, k) {
    const step = this.steps[frame * this.bodies * this.joints * 3 + k];
    return step === ABSENT ? NaN : step * this.unit + this.middle[k % 3];
  }
}

export class Track {
  constructor({ name, who, fps, left_out }, motion, plan) {
    Object.assign(this, { name, who, fps, leftOut: left_out, motion, plan });
    this.seconds = Math.max(motion.frames - 1, 0) / fps;
    this.size = motion.bodies * motion.joints * 3;
    this.pose = new Float32Array(this.size);
  }

  // The frames before and after a time, and how far it is from the one to the other.
  between(seconds) {
    const last = this.motion.frames - 1;
    const place = Math.min(Math.max(seconds * this.fps, 0), last);
    const before = Math.floor(place + 1e-6);
    return [before, Math.min(before + 1, last), Math.max(place - before, 0)];
  }

  // Where everything is at a time, on the straight line between two frames; NaN where there is nothing.
  at(seconds, pose = this.pose) {
    if (!this.motion.frames) return pose.fill(NaN);
    const [before, after, share] = this.between(seconds);
    for (let k = 0; k < this.size; k++) pose[k] = this.mixed(before, after, share, k);
    return pose;
  }

  // The same of one joint, whose first coordinate is number k.
  pointAt(seconds, k) {
    const [before, after, share] = this.between(seconds);
    return [0, 1, 2].map((axis) => this.mixed(before, after, share, k + axis));
  }

  mixed(before, after, share, k) {
    const a = this.motion.value(before, k);
    const b = this.motion.value(after, k);
    const mixed = a + (b - a) * share;
    return Number.isNaN(mixed) ? (share < 0.5 ? a : b) : mixed;
  }

  // The number of the root's first coordinate for the first body that is there, or −1.
  rootIn(pose) {
    for (let body = 0; body < this.motion.bodies; body++) {
      const k = (body * this.motion.joints + this.plan.root) * 3;
      if (!Number.isNaN(pose[k])) return k;
    }
    return -1;
  }

  get frame() {
    return 1 / this.fps;
  }
}

// Up to `most` times spread over a track.
export function times(track, most) {
  const count = Math.max(Math.min(most, track.motion.frames), 1);
  return Array.from({ length: count }, (_, i) => (count > 1 ? (track.seconds * i) / (count - 1) : 0));
}
