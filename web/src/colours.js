// Colours, for a light and for a dark ground: of sides as in the strips, and of how far something moved. The scale
// changes its lightness all the way, so that it can be read with any kind of colour vision, and in grey.

const hex = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16) / 255);

export const THEMES = {
  light: {
    inks: [{ l: "#0072b2", r: "#d55e00", m: "#39414d" }, { l: "#56b4e9", r: "#e69f00", m: "#8d95a1" }],
    scale: ["#86b3c9", "#3f86c2", "#8d4f9b", "#6d1433"],
    people: ["#0072b2", "#d55e00", "#00795a", "#b0478b", "#56b4e9", "#c98a00", "#39414d", "#7a5bd0"],
    plain: "#6d7886", ghost: "#c3c8ce", floor: "#cfd6dd", ground: "#f6f8fa", line: "#cfd6dd",
  },
  dark: {
    inks: [{ l: "#56b4e9", r: "#e69f00", m: "#c9d1db" }, { l: "#a9d8f5", r: "#f5cf80", m: "#8d95a1" }],
    scale: ["#44718a", "#3f97cf", "#e8a33d", "#fff3a0"],
    people: ["#56b4e9", "#ff8a3d", "#2fc796", "#e58cc0", "#f0e442", "#e69f00", "#e6eaef", "#a995f0"],
    plain: "#a9b4c0", ghost: "#5d636b", floor: "#333c47", ground: "#161b22", line: "#3a444f",
  },
};

for (const theme of Object.values(THEMES)) {
  theme.rgb = Object.fromEntries(["plain", "ghost", "floor", "ground"].map((name) => [name, hex(theme[name])]));
  theme.rgb.inks = theme.inks.map((ink) => ({ l: hex(ink.l), r: hex(ink.r), m: hex(ink.m) }));
  theme.rgb.people = theme.people.map(hex);
  theme.rgb.scale = theme.scale.map(hex);
}

export const gradient = (theme) => `linear-gradient(to right, ${theme.scale.join(", ")})`;

// The colour of a share of the scale, 0 … 1.
export function scaled(theme, share, out) {
  const stops = theme.rgb.scale;
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const before = Math.min(Math.floor(place), stops.length - 2);
  for (let k = 0; k < 3; k++) out[k] = stops[before][k] + (stops[before + 1][k] - stops[before][k]) * (place - before);
  return out;
}

// Whether the page behind an element is dark: a page that has no dark look stays light whatever the system asks for.
export function themeBehind(element) {
  for (let behind = element.parentElement; behind; behind = behind.parentElement) {
    const { light, alpha } = lightness(getComputedStyle(behind).backgroundColor);
    if (alpha > 0.5) return light < 128 ? "dark" : "light";
  }
  const bare = document.documentElement.appendChild(document.createElement("i")); // nobody has painted: what the browser does
  bare.style.backgroundColor = "Canvas";
  const dark = lightness(getComputedStyle(bare).backgroundColor).light < 128;
  bare.remove();
  return dark ? "dark" : "light";
}

function lightness(colour) {
  const [r, g, b, alpha = 1] = (colour.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
  return { light: 0.3 * r + 0.59 * g + 0.11 * b, alpha };
}
