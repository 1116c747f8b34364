// Where the figures of a cell stand: in its middle, on its floor, hips on hips or as they were in the room; and how much
// room they all need.

import { times } from "./data.js";

const FAR = 1.2; // metres from its middle: who walks farther is followed

const share = (list, of) => list.sort((a, b) => a - b)[Math.floor((list.length - 1) * of)];

// The middle of a track's way, its floor, the mean height of its hips, and how far it walks; known once.
export function homeOf(track) {
  if (track.home) return track.home;
  const xs = [], ys = [], zs = [], lows = [];
  for (const time of times(track, 48)) {
    const pose = track.at(time);
    const root = track.rootIn(pose);
    if (root < 0) continue;
    xs.push(pose[root]), ys.push(pose[root + 1]), zs.push(pose[root + 2]);
    let low = Infinity;
    for (let k = 1; k < track.size; k += 3) if (pose[k] < low) low = pose[k];
    lows.push(low);
  }
  if (!xs.length) return (track.home = { x: 0, y: 0, z: 0, hips: 0.9, walks: 0, empty: true });
  const middle = (list) => (Math.min(...list) + Math.max(...list)) / 2;
  const home = { x: middle(xs), z: middle(zs), y: share([...lows], 0.1) };
  home.hips = share([...ys], 0.5) - home.y;
  home.walks = Math.max(...xs.map((x, i) => Math.hypot(x - home.x, zs[i] - home.z)));
  return (track.home = home);
}

export const walksFar = (clip) => clip.tracks.some((track) => homeOf(track).walks > FAR);

// Poses of a cell's tracks at a time, and by how much each has to be shifted: [{track, pose, x, y, z}].
export function stand(cell, seconds, { hips, follow }) {
  const [lead] = cell.tracks;
  const first = lead.at(seconds);
  const root = lead.rootIn(first);
  const base = ownPlace(lead, first, follow);
  return cell.tracks.map((track) => {
    if (track === lead) return { track, pose: first, ...base };
    const pose = track.at(seconds);
    const own = track.rootIn(pose);
    if (hips && root >= 0 && own >= 0) {
      const [x, y, z] = [0, 1, 2].map((axis) => first[root + axis] - pose[own + axis]);
      return { track, pose, x: base.x + x, y: base.y + y, z: base.z + z };
    }
    return { track, pose, ...(cell.together ? ownPlace(track, pose, follow) : base) };
  });
}

function ownPlace(track, pose, follow) {
  const home = homeOf(track);
  const root = follow ? track.rootIn(pose) : -1;
  return root < 0 ? { x: -home.x, y: -home.y, z: -home.z } : { x: -pose[root], y: -home.y, z: -pose[root + 2] };
}

// The room that the figures of a cell need: half its width from the middle, its lowest and highest point. Of many cells
// the same room is given to all, so that sizes can be compared, and a few that need much more do not make all small.
export function room(cells, how) {
  const found = cells.map((cell) => roomOf(cell, how)).filter((one) => one.high > one.low);
  if (!found.length) return { wide: 0.6, low: 0, high: 1.8 };
  const most = cells.length > 4 ? 0.8 : 1;
  return {
    wide: share(found.map((one) => one.wide), most), low: share(found.map((one) => one.low), 1 - most),
    high: share(found.map((one) => one.high), most),
  };
}

function roomOf(cell, how) {
  const wide = [], low = [], high = [];
  const longest = cell.tracks.reduce((a, b) => (b.seconds > a.seconds ? b : a));
  for (const time of times(longest, 32)) {
    let [w, l, h] = [0, Infinity, -Infinity];
    for (const { track, pose, x, y, z } of stand(cell, time, how)) {
      const head = Math.max(...track.motion.heads, 0.02);
      for (let k = 0; k < track.size; k += 3) {
        if (Number.isNaN(pose[k])) continue;
        w = Math.max(w, Math.hypot(pose[k] + x, pose[k + 2] + z));
        l = Math.min(l, pose[k + 1] + y);
        h = Math.max(h, pose[k + 1] + y + head);
      }
    }
    if (h > l) wide.push(w), low.push(l), high.push(h);
  }
  return { wide: share(wide, 0.97), low: share(low, 0.03), high: share(high, 0.97) };
}
