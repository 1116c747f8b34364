// A figure as bones and balls with colours, for whoever draws them.

import { scaled } from "./colours.js";

export const THICK = 0.026; // metres
const THIN = 0.012;
const TRAIL = 1, TRACE = 0.009; // seconds, metres

// Calls bone(a, b, radius, colour) and ball(point, radius, colour) for everything that is there; points are [x, y, z].
export function parts({ track, pose, x, y, z, slim }, look, bone, ball) {
  const { plan, motion } = track;
  const fine = (plan.fineSet ??= new Set(plan.fine));
  const a = [0, 0, 0], b = [0, 0, 0];
  const hidden = plan.head ? [plan.head[1], plan.head[2]] : [];
  for (let body = 0; body < motion.bodies; body++) {
    const start = body * motion.joints;
    const point = (joint, out) => {
      const k = (start + joint) * 3;
      out[0] = pose[k] + x, out[1] = pose[k + 1] + y, out[2] = pose[k + 2] + z;
      return !Number.isNaN(out[0]);
    };
    const head = motion.heads[body] > 0 ? hidden : [];
    for (const [parent, child] of plan.bones) {
      if ((head.includes(parent) && head.includes(child)) || !point(parent, a) || !point(child, b)) continue;
      const thick = (fine.has(child) ? THIN : THICK) * slim;
      const colour = look(body, start, parent, child);
      bone(a, b, thick, colour);
      ball(b, thick, colour);
      if (plan.bones[0][0] === parent || parent === plan.root) ball(a, thick, colour);
    }
    if (head.length && point(head[0], a) && point(head[1], b)) {
      for (let axis = 0; axis < 3; axis++) a[axis] = (a[axis] + b[axis]) / 2;
      ball(a, motion.heads[body], look(body, start, plan.head[0], plan.head[2]));
    }
  }
}

// What colours a bone: how far both its ends moved, the side it is on, or whose it is.
export function lookOf(track, theme, { colour, far, full, ghost, person }) {
  const mixed = [0, 0, 0];
  if (ghost) return () => theme.rgb.ghost;
  if (colour === "sides") {
    return (body, _, __, child) => theme.rgb.inks[Math.min(body, 1)][track.plan.sides[child]];
  }
  if (colour === "people") return () => theme.rgb.people[person % theme.rgb.people.length];
  if (!far) return () => theme.rgb.plain;
  return (_, start, parent, child) => {
    const moved = (far[start + parent] + far[start + child]) / 2;
    return Number.isNaN(moved) ? theme.rgb.plain : scaled(theme, moved / full, mixed);
  };
}

// The last second of the wrists' and ankles' ways: calls bone(a, b, radius, colour); what is older is
// thinner and nearer to the ground's colour.
export function trails({ track, x, y, z, look }, seconds, ground, bone) {
  const step = Math.max(1 / 30, track.frame);
  const now = Math.min(seconds, track.seconds);
  const a = [0, 0, 0], b = [0, 0, 0];
  const point = (time, k, out) => {
    const [px, py, pz] = track.pointAt(time, k);
    out[0] = px + x, out[1] = py + y, out[2] = pz + z;
    return !Number.isNaN(out[0]);
  };
  for (let body = 0; body < track.motion.bodies; body++) {
    for (const joint of track.plan.trailed) {
      const k = (body * track.motion.joints + joint) * 3;
      const start = body * track.motion.joints;
      const colour = [...look(body, start, Math.max(parents(track.plan)[joint], 0), joint)];
      for (let back = 0; back < TRAIL; back += step) {
        const then = now - back - step;
        if (then < 0 || !point(now - back, k, a) || !point(then, k, b)) break;
        const fresh = 1 - back / TRAIL;
        bone(a, b, TRACE * fresh, colour.map((value, axis) => ground[axis] + (value - ground[axis]) * fresh * 0.8));
      }
    }
  }
}

function parents(plan) {
  if (!plan.parents) {
    plan.parents = new Array(plan.joints).fill(-1);
    for (const [parent, child] of plan.bones) plan.parents[child] = parent;
  }
  return plan.parents;
}
