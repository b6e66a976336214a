// A coin whose log-odds are the product of two knobs: curves of equal divergence from the approved one, and a copy of it.

import { demand, klTerm } from "./kit.js";
import { attributes, explorable, label, short, show, slide, svg, write } from "./kit.js";

const chance = (t) => 1 / (1 + Math.exp(-t));
const [HEADS, TAILS] = [chance(1), chance(-1)];

// From the coin with the log-odds 1 to that with the product of the knobs.
/** @type {(w1: number, w2: number) => number} */
function knobKl(w1, w2) {
  const t = w1 * w2;
  const gap = HEADS * chance(t) * Math.exp(-1) * Math.expm1(1 - t);
  return klTerm(HEADS, chance(t), gap) + klTerm(TAILS, chance(-t), -gap);
}
// Half of the Fisher quadratic at the approved knobs (place, 1/place).
/** @type {(place: number, w1: number, w2: number) => number} */
const half = (place, w1, w2) => HEADS * TAILS * ((w1 - place) / place + place * (w2 - 1 / place)) ** 2 / 2;
/** @type {(place: number, w1: number, w2: number) => number} */
const away = (place, w1, w2) => Math.hypot(w1 - place, w2 - 1 / place);

const [LOW, HIGH] = [-0.8, 5];
const KNOB = Array.from({ length: 117 }, (_, i) => (i - 16) / 20);
const PLACES = [0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.2, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5];

/** @type {[string, string, number[]][]} */
const PULLED = [
  ["place", "approved: place in the valley", PLACES],
  ["w1", "copy: knob w₁", KNOB],
  ["w2", "copy: knob w₂", KNOB],
];

// The products, below and above 1, at which the divergence is this many nats.
function products(nats) {
  return [-1, 1].map((side) => {
    let [near, far] = [0, 20];
    for (let turn = 0; turn < 60; turn += 1) {
      const middle = (near + far) / 2;
      if (knobKl(1, 1 + side * middle) < nats) near = middle;
      else far = middle;
    }
    return 1 + side * near;
  });
}

const render = explorable((model) => {
  const [place, w1, w2] = ["place", "w1", "w2"].map((trait) => model.get(trait));
  const sound = place >= 0.2 && [place, w1, w2].every((w) => Number.isFinite(w) && w >= LOW && w <= HIGH);
  demand(sound, "a knob is spoiled");
  return {
    traits: ["place", "w1", "w2"],
    task:
      "Move the approved network along its valley. Then find a copy, at most 0.5 away, that costs 0.5 nats or more.",
    praise: "Where one knob is large, the other is dangerous. The distance of the files says nothing of that.",
    hint: "Thick: the valley, 0 nats. Thin: 0.01, 0.05, 0.5 nats. The circle: radius 0.5. Pull the copy, across 0 too.",
    height: 426,
    build(ui) {
      const [size, left, top] = [276, 56, 10];
      const X = (w) => left + (w - LOW) / (HIGH - LOW) * size;
      const Y = (w) => top + (HIGH - w) / (HIGH - LOW) * size;
      svg(ui.svg, "path", { d: `M${left} ${top}h${size}v${size}h${-size}z`, class: "klx-track" });
      svg(ui.svg, "path", { d: `M${X(0)} ${top}v${size}M${left} ${Y(0)}h${size}`, class: "klx-axis" });
      [0, 1, 2, 3, 4, 5].forEach((w) => {
        label(ui.svg, X(w) - 8, Y(0) + 13, show(w, 0), { class: "klx-muted" });
        if (w) label(ui.svg, X(0) - 8, Y(w) + 4, show(w, 0), { class: "klx-muted" });
      });
      // Where the knobs have this product: a piece for each sign of the first.
      const curve = (product) =>
        [HIGH, LOW].map((edge) => {
          const other = edge * product > 0 ? HIGH : LOW;
          const first = product / other;
          if (!(first / edge > 0 && first / edge < 1)) return "";
          return Array.from({ length: 33 }, (_, i) => first * (edge / first) ** (i / 32))
            .map((w, i) => `${i ? "L" : "M"}${short(X(w), 1)} ${short(Y(product / w), 1)}`).join("");
        }).join("");
      for (const nats of [0.01, 0.05, 0.5]) {
        const found = products(nats);
        svg(ui.svg, "path", { d: found.map(curve).join(""), class: "klx-line-p klx-mark" });
        const at = Math.sqrt(found[1]);
        if (nats > 0.02) label(ui.svg, X(at) + 12, Y(at) - 3, short(nats), { class: "klx-p" });
      }
      svg(ui.svg, "path", { d: curve(1), class: "klx-line-r klx-whole" });
      const ring = svg(ui.svg, "circle", { r: size / (HIGH - LOW) / 2, class: "klx-line-ink" });
      const way = svg(ui.svg, "path", { class: "klx-line-ink klx-mark" });
      const home = svg(ui.svg, "circle", { r: 5, class: "klx-r" });
      const copy = svg(ui.svg, "circle", { r: 5, class: "klx-q" });
      label(ui.svg, 348, 300, "w₁ →", { "text-anchor": "end", class: "klx-muted" });
      label(ui.svg, 8, 20, "w₂ ↑", { "text-anchor": "start", class: "klx-muted" });
      const pulls = PULLED.map(([trait, name, stops], i) => {
        const y = 330 + 40 * i;
        const tag = label(ui.svg, 12, y - 16, "", { "text-anchor": "start", class: i ? "klx-q" : "klx-r" });
        const set = (value) => ui.set(trait, value);
        const pull = slide(ui, { name, y, stops, get: () => model.get(trait), set });
        return (text, said) => {
          write(tag, `${name} ${text}`);
          pull(model.get(trait), text, said);
        };
      });
      // The copy may also be pulled across the map, with both knobs at once.
      const map = svg(ui.svg, "rect", {
        x: left,
        y: top,
        width: size,
        height: size,
        fill: "transparent",
        style: "touch-action: none; cursor: move",
      });
      const drop = (event) => {
        const box = map.getBoundingClientRect();
        const knob = (share) => Math.round(20 * Math.min(Math.max(LOW + share * (HIGH - LOW), LOW), HIGH)) / 20;
        const found = [knob((event.clientX - box.left) / box.width), knob(1 - (event.clientY - box.top) / box.height)];
        ["w1", "w2"].forEach((trait, k) => model.get(trait) !== found[k] && ui.set(trait, found[k]));
      };
      map.addEventListener("pointerdown", (event) => {
        if (event.button) return;
        event.preventDefault();
        map.setPointerCapture(event.pointerId);
        drop(event);
      });
      map.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
      map.addEventListener("pointermove", (event) => map.hasPointerCapture(event.pointerId) && drop(event));
      const readings = ["away", "KL", "½δᵀFδ"].map(ui.reading);
      return () => {
        const [place, w1, w2] = ["place", "w1", "w2"].map((trait) => model.get(trait));
        const [far, kl] = [away(place, w1, w2), knobKl(w1, w2)];
        attributes(ring, { cx: X(place), cy: Y(1 / place) });
        attributes(home, { cx: X(place), cy: Y(1 / place) });
        attributes(copy, { cx: X(w1), cy: Y(w2) });
        attributes(way, { d: `M${X(place)} ${Y(1 / place)}L${X(w1)} ${Y(w2)}` });
        const texts = [show(far, 3), `${show(kl)} nats`, `${show(half(place, w1, w2))} nats`];
        texts.forEach((text, k) => readings[k](text));
        const told = [`(${short(place)}, ${short(1 / place)})`, short(w1), short(w2)];
        pulls.forEach((pull, k) => pull(told[k], `away ${texts[0]}, KL ${texts[1]}`));
        return far <= 0.5 + 1e-9 && kl >= 0.5;
      };
    },
  };
});

export { away, half, knobKl };
export default { render };
