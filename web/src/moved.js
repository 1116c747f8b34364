// How far every joint of a release is from where it was in the original, at the same share of the time of each.

import { times } from "./data.js";

const ROUND = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5];

export class Moved {
  constructor(track) {
    this.track = track;
    this.original = track.first;
    this.known = track.first !== track && track.first.motion.joints === track.motion.joints;
    this.then = new Float32Array(track.first.size);
    this.far = new Float32Array(track.motion.bodies * track.motion.joints).fill(NaN);
  }

  // In metres; with `hips` both stand on the same hips, body by body.
  at(seconds, pose, hips) {
    if (!this.known) return this.far;
    const { track, original, then, far } = this;
    const share = track.seconds > 0 ? Math.min(seconds / track.seconds, 1) : 0;
    original.at(share * original.seconds, then);
    const { joints } = track.motion;
    for (let body = 0; body < track.motion.bodies; body++) {
      const root = (body * joints + track.plan.root) * 3;
      const shift = [0, 1, 2].map((axis) => (hips ? then[root + axis] - pose[root + axis] : 0));
      for (let joint = body * joints; joint < (body + 1) * joints; joint++) {
        const k = joint * 3;
        far[joint] = body < original.motion.bodies ? Math.hypot(
          ...[0, 1, 2].map((axis) => pose[k + axis] + shift[axis] - then[k + axis])) : NaN;
      }
    }
    return far;
  }
}

// A round length that nine of ten joints stay within, of all clips of a page: so their colours can be compared.
export function reach(clips, hips) {
  const found = [];
  for (const clip of clips) {
    for (const track of clip.tracks) {
      const moved = new Moved(track);
      if (!moved.known) continue;
      for (const time of times(track, 12)) {
        for (const far of moved.at(time, track.at(time), hips)) if (!Number.isNaN(far)) found.push(far);
      }
    }
  }
  found.sort((a, b) => a - b);
  const most = found[Math.floor(found.length * 0.9)] ?? 0;
  return ROUND.find((length) => length >= most) ?? ROUND[ROUND.length - 1];
}
