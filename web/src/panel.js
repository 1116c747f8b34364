// What stands round the stage: which clip, play and time, switches, the scale, the keys.

import { LAYOUTS } from "./cells.js";
import { gradient } from "./colours.js";
import { element } from "./element.js";
import { HELP, HINT } from "./keys.js";
import { SPEEDS } from "./player.js";

const SWITCHES = [
  ["trails", "Trails", "the last second of hands and feet"],
  ["hips", "Hips on hips", "lay bodies on each other before they are compared"],
  ["follow", "Follow", "keep a walker in the middle"],
  ["floor", "Floor", "squares of half a metre"],
];

const COLOURS = { moved: "Colour: how far moved", people: "Colour: who it is", sides: "Colour: left and right" };

export function head(player) {
  const clips = element("select", { "aria-label": "Recording", on: { change: () => player.choose(clips.selectedIndex) } });
  player.clips.forEach((clip, i) => clips.append(element("option", { text: clip.title || `Recording ${i + 1}` })));
  const layouts = element("div", { class: "mk-group", role: "group", "aria-label": "Arrangement" });
  const note = element("p", { class: "mk-note" });
  player.listeners.push(() => {
    clips.selectedIndex = player.number;
    note.textContent = noteOf(player);
    const wanted = player.layouts.length > 1 ? player.layouts : [];
    if (layouts.dataset.of !== wanted.join()) {
      layouts.dataset.of = wanted.join();
      layouts.replaceChildren(...wanted.map((name) => button(LAYOUTS[name], () => player.lay(name), { "data-layout": name })));
    }
    for (const one of layouts.children) pressed(one, one.dataset.layout === player.layout);
  });
  const step = (by, sign, said) => button(sign, () => player.choose(player.number + by), { "aria-label": said, title: said });
  const many = player.clips.length > 1;
  const choice = [step(-1, "‹", "Previous recording (p)"), clips, step(1, "›", "Next recording (n)")];
  return [element("div", { class: "mk-row" }, ...(many ? choice : [title(player)]), layouts), note];
}

function title(player) {
  return element("strong", { class: "mk-title", dir: "auto", text: player.clip.title });
}

function noteOf({ clip, flat }) {
  const cut = Math.max(...clip.tracks.map((track) => track.leftOut), 0);
  const told = [clip.note];
  if (cut > 0) told.push(`The last ${cut.toFixed(1)} s are left out.`);
  if (flat) told.push("Drawn flat: this browser has no WebGL.");
  return told.filter(Boolean).join(" ");
}

export function bar(player) {
  const play = button("", () => player.play(), { class: "mk-play" });
  const scrub = element("input", {
    type: "range", min: 0, step: "any", "aria-label": "Time", on: { input: () => player.seek(Number(scrub.value)) },
  });
  const time = element("output", { class: "mk-time" });
  const speed = element("select", { "aria-label": "Speed", on: {
    change: () => { player.speed = SPEEDS[speed.selectedIndex]; player.change(); },
  } });
  for (const one of SPEEDS) speed.append(element("option", { text: `${one} ×` }));
  player.listeners.push(() => {
    const { seconds, playing } = player;
    play.textContent = playing ? "❚❚" : "▶";
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
    scrub.max = player.clip.seconds;
    if (Math.abs(Number(scrub.value) - seconds) > 1e-6) scrub.value = seconds;
    const told = `${seconds.toFixed(2)} s of ${player.clip.seconds.toFixed(2)} s`;
    scrub.setAttribute("aria-valuetext", told);
    time.textContent = told.replace(" of ", " / ");
    speed.selectedIndex = SPEEDS.indexOf(player.speed);
  });
  return element("div", { class: "mk-row mk-bar" }, play, scrub, time, speed);
}

export function switches(player) {
  const row = element("div", { class: "mk-row mk-switches" });
  for (const [name, label, told] of SWITCHES) {
    const one = button(label, () => player.toggle(name), { title: told });
    player.listeners.push(() => {
      pressed(one, player.show[name]);
      one.hidden = name === "hips" && !player.measurable && player.layout === "apart";
    });
    row.append(one);
  }
  const colour = element("select", { "aria-label": "Colours", on: {
    change: () => player.recolour(player.colours[colour.selectedIndex]),
  } });
  player.listeners.push(() => {
    const { colours } = player;
    if (colour.dataset.of !== colours.join()) {
      colour.dataset.of = colours.join();
      colour.replaceChildren(...colours.map((way) => element("option", { text: COLOURS[way] })));
    }
    colour.selectedIndex = colours.indexOf(player.colour);
    colour.hidden = colours.length < 2;
  });
  row.append(colour, button("Reset view", () => { player.camera.reset(); player.change(); }));
  return row;
}

export function legend(player) {
  const box = element("div", { class: "mk-legend" });
  player.listeners.push(() => {
    const { theme, colour, people, show } = player;
    const full = player.full[show.hips];
    const now = [colour, player.number, player.layout, show.hips, player.root.dataset.theme].join();
    if (box.dataset.of === now) return;
    box.dataset.of = now;
    if (colour === "people") {
      box.replaceChildren(...swatches(people.map((who, i) => [who, theme.people[i % theme.people.length]])));
      return;
    }
    if (colour === "sides") {
      const inks = theme.inks[0];
      box.replaceChildren(...swatches([["left", inks.l], ["right", inks.r], ["middle", inks.m]]));
      return;
    }
    const bar = element("span", { class: "mk-scale" });
    bar.style.background = gradient(theme);
    const how = show.hips ? "hips laid on hips" : "where they stand in the room";
    box.replaceChildren(
      element("span", { text: `How far a bone moved from the original, ${how}:` }),
      element("span", { class: "mk-ramp" }, element("span", { text: "0" }), bar,
        element("span", { text: `${length(full / 2)}` }), element("span", { text: `${length(full)} and more` })),
      ...swatches([["original", player.layout === "over" ? theme.ghost : theme.plain]]));
  });
  return box;
}

const length = (metres) => (metres < 1 ? `${+(metres * 100).toFixed(1)} cm` : `${metres} m`);

const swatches = (inks) => inks.map(([name, ink]) => {
  const dot = element("span", { class: "mk-dot" });
  dot.style.background = ink;
  return element("span", { class: "mk-swatch", dir: "auto", title: name }, dot, name);
});

// Names of the cells, each within its own.
export function labels(player, layer) {
  player.listeners.push((laid) => {
    layer.parentElement.style.height = `${player.tall}px`;
    if (!laid) return;
    layer.replaceChildren(...player.cells.map((cell) => {
      const box = element("div", { class: "mk-label" },
        ...(cell.who ? [element("b", { dir: "auto", text: cell.who, title: cell.who })] : []),
        ...(cell.name ? [element("span", { dir: "auto", text: cell.name, title: cell.name, "data-side": cell.name })] : []));
      if (cell.tracks.every((track) => !track.motion.frames || track.home?.empty)) {
        box.append(element("i", { text: "nobody is there" }));
      }
      Object.assign(box.style, { left: `${cell.x}px`, top: `${cell.y}px`, width: `${cell.w}px`, height: `${cell.h}px` });
      return box;
    }));
  });
}

export function help() {
  return element("details", { class: "mk-help" }, element("summary", { text: HINT }),
    element("dl", {}, ...HELP.map(([keys, told]) => element("div", {},
      element("dt", {}, ...keys.map((key) => element("kbd", { text: key }))), element("dd", { text: told })))));
}

function button(text, click, attributes = {}) {
  return element("button", { type: "button", text, on: { click }, ...attributes });
}

function pressed(one, on) {
  one.setAttribute("aria-pressed", String(Boolean(on)));
}
