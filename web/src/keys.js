// Keys, wherever in a viewer the focus is; lists and the time's own slider keep those they use themselves.

export const HELP = [
  [["space"], "play or pause"], [[",", "."], "frame by frame"], [["Home", "End"], "first frame, last frame"],
  [["[", "]"], "slower, faster"], [["← → ↑ ↓"], "walk round the people"], [["+", "-"], "nearer, farther"],
  [["0"], "the camera as it was"], [["o"], "side by side, overlaid, all in one"], [["c"], "colours: how far bones moved, who it is, left and right"],
  [["h"], "hips on hips, or as they stand in the room"], [["t"], "trails"], [["f"], "follow who walks"], [["g"], "the floor"],
  [["n", "p"], "next recording, the one before"],
];

export const HINT = "Keys: space plays, arrows walk round, + and - zoom, o arranges, t trails, and more";

const TURN = 0.12;

const ACTIONS = {
  " ": (player) => player.play(), ",": (player) => player.step(-1), ".": (player) => player.step(1),
  Home: (player) => player.seek(0), End: (player) => player.seek(player.clip.seconds),
  "[": (player) => player.hasten(-1), "]": (player) => player.hasten(1),
  ArrowLeft: turned(-TURN, 0), ArrowRight: turned(TURN, 0), ArrowUp: turned(0, TURN), ArrowDown: turned(0, -TURN),
  "+": zoomed(1.15), "=": zoomed(1.15), "-": zoomed(1 / 1.15),
  0: (player) => { player.camera.reset(); player.change(); },
  o: (player) => player.lay(player.layouts[(player.layouts.indexOf(player.layout) + 1) % player.layouts.length]),
  c: (player) => player.recolour(), h: (player) => player.toggle("hips"),
  t: (player) => player.toggle("trails"), f: (player) => player.toggle("follow"), g: (player) => player.toggle("floor"),
  n: (player) => player.choose(player.number + 1), p: (player) => player.choose(player.number - 1),
};

function turned(right, up) {
  return (player) => { player.camera.orbit(right, up); player.change(); };
}

function zoomed(factor) {
  return (player) => { player.camera.zoomBy(factor); player.change(); };
}

export function keyed(root, player) {
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || ownKey(event)) return;
    const action = ACTIONS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action(player);
  });
}

// What the focused control does itself with this key.
function ownKey({ target, key }) {
  const long = key.length > 1;
  if (target.matches("select")) return true;
  if (target.matches("input")) return long;
  return target.matches("button, summary") && key === " ";
}
