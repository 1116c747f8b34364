// One viewer: its clip, its time, how it is looked at; draws when something has changed.

import { arranged, columnsOf, layoutsOf } from "./cells.js";
import { Camera, steered } from "./camera.js";
import { THEMES, themeBehind } from "./colours.js";
import { lookOf } from "./figure.js";
import { Flat } from "./flat.js";
import { Moved, reach } from "./moved.js";
import { Solid } from "./solid.js";
import { homeOf, room, stand, walksFar } from "./stance.js";

export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4];
const MANY = 16; // figures
const HOLD = 0.6; // seconds that the last frame stays before it begins again

export class Player {
  constructor(root, clips, stage, canvas) {
    Object.assign(this, { root, clips, stage, canvas, seconds: 0, speed: 1, playing: false, drawn: 0, listeners: [] });
    this.height = Number(root.dataset.height) || 480;
    this.camera = new Camera();
    this.show = { trails: false, hips: true, follow: false, floor: true };
    this.painter = painterOn(canvas, Math.max(...clips.map((clip) => clip.tracks.length)));
    this.flat = this.painter instanceof Flat;
    this.full = { true: reach(clips, true), false: reach(clips, false) };
    this.measured = clips.some((clip) => clip.tracks.some((track) => new Moved(track).known));
    this.chosen = {}; // colours, by layout
    this.readTheme();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.readTheme());
    steered(stage, this.camera, () => this.change());
    this.choose(0);
    new ResizeObserver(() => this.lay()).observe(stage);
    new IntersectionObserver((seen) => {
      this.visible = seen[seen.length - 1].isIntersecting;
      this.change();
    }, { rootMargin: "80px" }).observe(root);
  }

  readTheme() {
    const name = themeBehind(this.root);
    this.root.dataset.theme = name;
    this.theme = THEMES[name];
    this.change();
  }

  choose(number) {
    this.number = (number + this.clips.length) % this.clips.length;
    this.clip = this.clips[this.number];
    this.layouts = layoutsOf(this.clip);
    if (!this.layouts.includes(this.layout)) this.layout = "apart";
    this.moved = new Map(this.clip.tracks.map((track) => [track, new Moved(track)]));
    this.measurable = [...this.moved.values()].some((one) => one.known);
    this.people = [...new Set(this.clip.tracks.map((track) => track.who))];
    this.show.follow = walksFar(this.clip);
    this.seconds = 0;
    this.lay();
  }

  lay(layout = this.layout) {
    this.layout = layout;
    const width = Math.max(this.stage.clientWidth, 1);
    const columns = columnsOf(this.clip, layout);
    this.room = room(columns.flat(), this.show);
    const { cells, blanks, tall } = arranged(columns, this.room, width, this.height);
    Object.assign(this, { cells, blanks, tall });
    this.painter.resize(width, tall);
    this.change(true);
  }

  toggle(name) {
    this.show[name] = !this.show[name];
    if (name === "hips" || name === "follow") this.lay();
    this.change();
  }

  get colours() {
    const people = this.people.length > 1 ? ["people"] : [];
    const ways = [...(this.measurable ? ["moved"] : []), ...people, "sides"];
    return this.layout === "together" ? [...people, ...ways.filter((way) => way !== "people")] : ways;
  }

  get colour() {
    return this.colours.includes(this.chosen[this.layout]) ? this.chosen[this.layout] : this.colours[0];
  }

  recolour(way = this.colours[(this.colours.indexOf(this.colour) + 1) % this.colours.length]) {
    this.chosen[this.layout] = way;
    this.change();
  }

  seek(seconds) {
    this.seconds = Math.min(Math.max(seconds, 0), this.clip.seconds);
    this.change();
  }

  // To the frame after (or before) this one, of the track with the most frames a second.
  step(by) {
    this.playing = false;
    const frame = Math.min(...this.clip.tracks.map((track) => track.frame), 1);
    this.seek((Math.round(this.seconds / frame) + by) * frame);
  }

  play(playing = !this.playing) {
    if (playing && this.seconds >= this.clip.seconds) this.seconds = 0;
    this.playing = playing;
    this.last = undefined;
    this.change();
  }

  hasten(by) {
    const place = Math.min(Math.max(SPEEDS.indexOf(this.speed) + by, 0), SPEEDS.length - 1);
    this.speed = SPEEDS[place];
    this.change();
  }

  // Something is different: draw at the next opportunity; with `laid` the labels have to move, too.
  change(laid = false) {
    this.laid ||= laid;
    this.touched = true;
    this.again();
  }

  again() {
    if (this.asked) return;
    this.asked = requestAnimationFrame((now) => this.tick(now));
  }

  tick(now) {
    this.asked = undefined;
    if (!this.visible && this.drawn) return;
    if (this.playing) this.advance(now);
    this.draw();
    this.tell(now);
    if (this.playing) this.again();
  }

  // What stands round the stage follows ten times a second while it plays, at once where something else has changed.
  tell(now) {
    if (this.playing && !this.laid && !this.touched && now - this.told < 100) return;
    this.told = now;
    for (const listener of this.listeners) listener(this.laid);
    this.laid = this.touched = false;
  }

  advance(now) {
    const passed = this.last === undefined ? 0 : Math.min((now - this.last) / 1000, 0.25);
    this.last = now;
    this.held = this.seconds >= this.clip.seconds ? (this.held ?? 0) + passed : 0;
    this.seconds = this.held > HOLD ? 0 : Math.min(this.seconds + passed * this.speed, this.clip.seconds);
  }

  draw() {
    const figures = new Map(this.cells.map((cell) => [cell, this.figuresOf(cell)]));
    const views = new Map();
    this.painter.draw(this.cells, {
      blanks: this.blanks,
      theme: this.theme, seconds: this.seconds, trails: this.show.trails, floor: this.show.floor,
      figuresOf: (cell) => figures.get(cell), roomOf: () => this.room,
      viewOf: (cell) => views.get(cell) ?? views.set(cell, this.camera.view(this.room, cell)).get(cell),
    });
    this.begun ??= performance.now();
    this.drawn++;
  }

  figuresOf(cell) {
    const { theme, colour } = this;
    return stand(cell, this.seconds, this.show).map((place) => {
      const { track, pose, x, z } = place;
      const moved = this.moved.get(track);
      const ghost = Boolean(cell.ghost) && track === cell.tracks[0];
      const far = moved.known && colour === "moved"
        ? moved.at(Math.min(this.seconds, track.seconds), pose, this.show.hips) : null;
      const look = lookOf(track, theme, { colour, far, full: this.full[this.show.hips], ghost, person: this.people.indexOf(track.who) });
      const home = homeOf(track);
      const slim = ghost ? 0.7 : cell.together ? 0.55 : 1;
      return { ...place, slim, look, slideX: x + home.x, slideZ: z + home.z };
    });
  }

  // Milliseconds that drawing takes, a frame; all of the clip is drawn once, in so many.
  measure(frames = 60) {
    const begun = performance.now();
    for (let i = 0; i < frames; i++) {
      this.seconds = (this.clip.seconds * i) / frames;
      this.draw();
      this.painter.finish();
    }
    return (performance.now() - begun) / frames;
  }
}

function painterOn(canvas, figures) {
  const antialias = figures < MANY || !processorDraws();
  const context = canvas.getContext("webgl2", { antialias, alpha: false, powerPreference: "low-power" });
  return context ? new Solid(canvas, context) : new Flat(canvas);
}

// Whether there is no graphics card: then smooth edges cost a quarter of the time, and many figures go without.
function processorDraws() {
  const context = document.createElement("canvas").getContext("webgl2");
  const told = context?.getExtension("WEBGL_debug_renderer_info");
  const name = told ? String(context.getParameter(told.UNMASKED_RENDERER_WEBGL)) : "";
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}
