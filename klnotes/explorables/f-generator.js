// A convex price list that is bent by hand, the f-divergence that it makes, and its twin, which knows the bend at 1 only.

import { demand, distribution, names, total } from "./kit.js";
import { attributes, bars, explorable, label, short, show, slider, svg, write } from "./kit.js";

const EDGES = [0, 0.5, 0.8, 1.25, 2, 4]; // between two of them the second derivative of f is constant
const MOST = 4;

// f(1) = f'(1) = 0, and f'' is given: f(r) is the integral of f''(s) |r - s| over s from 1 to r
function price(bends, r) {
  return total(bends.map((bend, k) => {
    const [low, high] = [EDGES[k], EDGES[k + 1]].map((s) => Math.min(Math.max(s, Math.min(r, 1)), Math.max(r, 1)));
    return (bend * (high - low) * Math.abs(2 * r - low - high)) / 2;
  }));
}
const slopeAtInfinity = (bends) =>
  total(bends.map((bend, k) => bend * (EDGES[k + 1] - Math.min(Math.max(EDGES[k], 1), EDGES[k + 1]))));
const divergence = (bends, p, q) =>
  total(p.map((a, i) => (q[i] > 0 ? q[i] * price(bends, a / q[i]) : a > 0 ? a * slopeAtInfinity(bends) : 0)));
const chi2 = (p, q) => total(p.map((a, i) => (a === q[i] ? 0 : (a - q[i]) ** 2 / q[i])));
const twin = (bends, p, q) => (bends[2] === 0 ? 0 : (bends[2] / 2) * chi2(p, q));

const HIGH = 150; // of the plot, whose prices go from 0 up to 2.5
const X = (r) => 8 + (Math.min(r, 4) / 4) * 344;
const Y = (f) => 8 + HIGH - (Math.min(f, 2.5) / 2.5) * HIGH;
const curve = (f) => {
  const points = Array.from({ length: 81 }, (_, i) => i / 20).filter((r) => f(r) <= 2.5);
  return points.map((r, i) => `${i ? "L" : "M"}${X(r).toFixed(1)} ${Y(f(r)).toFixed(1)}`).join("");
};

const render = explorable((model) => {
  const outcomes = names(model.get("outcomes"), "outcomes");
  const p = distribution(model.get("p"), "p", outcomes.length);
  distribution(model.get("q"), "q", outcomes.length);
  const bends = model.get("bends");
  demand(bends?.length === 5 && bends.every((b) => b >= 0 && b <= MOST), "bends are spoiled");
  return {
    traits: ["bends", "q"],
    task: "Make the twin exactly 0 and the divergence at least 0.05.",
    praise: "The twin knows only how the list bends at 1. What ratios far from 1 cost, the rest of the list decides.",
    hint:
      "On the left, pull Q (the lines are P); on the right, how strongly the price list bends in five ranges of the " +
      "ratio. Solid: the list. Dashed: the parabola of the twin.",
    height: 330,
    build(ui) {
      svg(ui.svg, "path", { d: `M8 ${Y(0)}H352`, class: "klx-axis" });
      [0, 1, 2, 3, 4].forEach((r) => label(ui.svg, X(r), Y(0) + 16, r, { class: "klx-muted" }));
      label(ui.svg, X(3.5), Y(0) + 16, "r = p/q", { class: "klx-muted" });
      const parabola = svg(ui.svg, "path", { class: "klx-line-q" });
      const list = svg(ui.svg, "path", { class: "klx-line-p" });
      const marks = outcomes.map(() => ({
        stroke: svg(ui.svg, "path", { class: "klx-line-ink" }),
        dot: svg(ui.svg, "circle", { r: 4.5, class: "klx-grip" }),
        text: label(ui.svg, 0, 0, ""),
      }));
      const [top, height, foot] = [216, 80, 296];
      const step = 144 / outcomes.length;
      const width = Math.min(30, step - 8);
      const paintQ = bars(ui, { trait: "q", outcomes, x: (step - width) / 2, step, width, top, height });
      outcomes.forEach((outcome, i) => {
        const middle = (i + 0.5) * step;
        const y = foot - p[i] * height;
        svg(ui.svg, "path", { d: `M${middle - width / 2 - 3} ${y}h${width + 6}`, class: "klx-line-p klx-mark" });
        label(ui.svg, middle, foot + 30, outcome);
      });
      label(ui.svg, 0, top - 14, "Q", { "text-anchor": "start", class: "klx-q" });
      label(ui.svg, 160, top - 14, "bend, for ratios from ... to", { "text-anchor": "start" });
      const parts = bends.map((_, k) => {
        const [x, width] = [160 + k * 40, 32];
        const range = `${EDGES[k]} to ${EDGES[k + 1]}`;
        const pulled = slider(ui.svg, {
          name: `bend from ${range}`,
          x,
          y: top,
          width,
          height,
          stops: Array.from({ length: 17 }, (_, i) => i / 4),
          page: 4,
          get: () => model.get("bends")[k],
          set: (value) => ui.set("bends", model.get("bends").map((old, j) => (j === k ? value : old))),
        });
        svg(pulled.group, "rect", { x, y: top, width, height, class: "klx-track" });
        const bar = svg(pulled.group, "rect", { x, width, class: "klx-r" });
        const grip = svg(pulled.group, "rect", { x: x - 1, width: width + 2, height: 5, rx: 2.5, class: "klx-grip" });
        const text = label(pulled.group, x + width / 2, foot + 14, "", { class: "klx-number" });
        return { pulled, bar, grip, text };
      });
      EDGES.forEach((edge, k) => label(ui.svg, 156 + k * 40, foot + 30, edge, { class: "klx-muted" }));
      const readings = ["D(P‖Q)", "twin"].map(ui.reading);
      return () => {
        const [bends, q] = [model.get("bends"), model.get("q")];
        const values = [divergence(bends, p, q), twin(bends, p, q)];
        const said = values.map((value) => show(value));
        said.forEach((text, k) => readings[k](text));
        paintQ(`divergence ${said[0]}, twin ${said[1]}`);
        attributes(list, { d: curve((r) => price(bends, r)) });
        attributes(parabola, { d: curve((r) => (bends[2] / 2) * (r - 1) ** 2) });
        parts.forEach(({ pulled, bar, grip, text }, k) => {
          const high = (bends[k] / MOST) * height;
          attributes(bar, { y: foot - high, height: high });
          attributes(grip, { y: foot - high - 2.5 });
          write(text, short(bends[k]));
          pulled.tell(`bend ${short(bends[k])}`, `divergence ${said[0]}, twin ${said[1]}`);
        });
        marks.forEach(({ stroke, dot, text }, i) => {
          const r = q[i] > 0 ? p[i] / q[i] : p[i] > 0 ? Infinity : 1;
          const [x, y] = [X(r), Y(r < Infinity ? price(bends, r) : Infinity)];
          attributes(stroke, { d: `M${x} ${Y(0)}V${y}` });
          attributes(dot, { cx: x, cy: y });
          // Names in turn higher and higher, so that those of close ratios do not meet.
          attributes(text, { x, y: Math.max(y - 10 - 13 * i, 14), "text-anchor": x > 320 ? "end" : "middle" });
          write(text, r > 4 ? `${outcomes[i]} →` : outcomes[i]);
        });
        return values[1] === 0 && values[0] >= 0.05;
      };
    },
  };
});

export { divergence, price, twin };
export default { render };
