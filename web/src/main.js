// Brings every viewer of a page to life once it is near the window.

import css from "./style.css";
import { unpacked } from "./data.js";
import { element } from "./element.js";
import { keyed } from "./keys.js";
import { bar, head, help, labels, legend, switches } from "./panel.js";
import { Player } from "./player.js";

document.head.append(element("style", { text: css }));

function build(root) {
  root.querySelector("p").remove();
  const clips = unpacked(root.querySelector("script").textContent);
  if (!clips.some((clip) => clip.tracks.length)) {
    root.append(element("p", { text: "There is no motion to show." }));
    return;
  }
  const canvas = element("canvas", { "aria-hidden": "true" });
  const layer = element("div", { class: "mk-labels" });
  const stage = element("div", {
    class: "mk-stage", tabindex: 0, role: "application",
    "aria-label": "Moving skeletons. Space plays, arrows walk round the people, more keys are listed below.",
  }, canvas, layer);
  const top = element("div");
  root.append(top, stage);
  const player = new Player(root, clips.filter((clip) => clip.tracks.length), stage, canvas);
  top.append(...head(player));
  root.append(bar(player), legend(player), switches(player), help());
  labels(player, layer);
  keyed(root, player);
  root.viewer = player;
  player.lay();
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) player.play(true);
}

const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    requestAnimationFrame(() => setTimeout(() => build(target))); // the page is painted first
  }
}, { rootMargin: "200px" });

for (const root of document.querySelectorAll(".mk-viewer")) {
  root.style.minHeight = `${root.dataset.height}px`;
  near.observe(root);
}
