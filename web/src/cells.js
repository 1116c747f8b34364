// Who stands in which part of the stage: side by side, overlaid, or all in one; and how the parts fill the stage.

const NARROWEST = 104; // pixels a part needs
const LOWEST = 190;
const LINE = 20, EDGE = 10; // pixels of a line of a name, and above it
const NAMED = 2 * LINE + EDGE;

export const LAYOUTS = { apart: "Side by side", over: "Overlaid", together: "All in one" };

export function layoutsOf(clip) {
  const people = new Set(clip.tracks.map((track) => track.who)).size;
  const pairs = clip.tracks.some((track) => track.first !== track);
  return ["apart", ...(pairs ? ["over"] : []), ...(people > 1 ? ["together"] : [])];
}

// Columns of cells; a cell is {who, name, tracks, ghost}: with `ghost` the first of its tracks is drawn pale.
export function columnsOf(clip, layout) {
  const people = [...new Set(clip.tracks.map((track) => track.who))];
  const of = (who) => clip.tracks.filter((track) => track.who === who);
  const names = [...new Set(clip.tracks.map((track) => track.name))];
  if (layout === "together") {
    return names.map((name) => [{
      who: "", name, ghost: false, together: true, tracks: clip.tracks.filter((track) => track.name === name),
    }]);
  }
  if (layout === "over") {
    return people.map((who) => [{ who, name: who ? "" : names.join(" + "), tracks: of(who), ghost: of(who).length > 1 }]);
  }
  if (people.length === 1) return clip.tracks.map((track) => [{ who: track.who, name: track.name, tracks: [track] }]);
  return people.map((who) => of(who).map((track) => ({ who, name: track.name, tracks: [track] })));
}

// Pixels of every cell, in the stage's width and at least its height, with as many columns side by side as make the
// figures, which need this room, as large as can be.
export function arranged(columns, { wide, low, high }, width, height) {
  const deep = Math.max(...columns.map((column) => column.length), 1);
  let best = { size: 0 };
  for (let blocks = 1; blocks <= Math.max(columns.length, 1); blocks++) {
    const across = Math.max(Math.ceil(columns.length / blocks), 1);
    const tall = Math.max(height, blocks * deep * LOWEST);
    if (tall > height && best.size) break;
    if (width / across < NARROWEST && across > 1) continue;
    const size = Math.min(width / across / (2 * wide), (tall / (blocks * deep) - NAMED) / (high - low));
    if (size > best.size * 1.05) best = { size, blocks, across, tall };
  }
  const { blocks, across, tall } = best;
  const edge = (share, of) => Math.round(share * of);
  const box = (left, above) => {
    const [x, y] = [edge(left / across, width), edge(above / (blocks * deep), tall)];
    const [right, bottom] = [edge((left + 1) / across, width), edge((above + 1) / (blocks * deep), tall)];
    return { x, y, w: right - x, h: bottom - y, rightmost: right === width, last: bottom === tall };
  };
  const places = Array.from({ length: across * blocks }, (_, place) => [place % across, Math.floor(place / across) * deep]);
  const cells = [], blanks = [];
  places.forEach(([left, above], place) => {
    for (let row = 0; row < deep; row++) {
      const cell = columns[place]?.[row];
      const band = cell ? EDGE + LINE * (Boolean(cell.who) + Boolean(cell.name)) : 0;
      (cell ? cells : blanks).push({ ...cell, band, ...box(left, above + row) });
    }
  });
  return { cells, blanks, tall };
}
