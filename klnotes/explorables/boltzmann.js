// A ladder of energies at a temperature that slides; a guess q lies above it by T times the divergence.

import { demand, distribution, entropy, klDivergence, total } from "./kit.js";
import { attributes, explorable, label, short, show, slide, svg, write } from "./kit.js";

function logZ(energies, t) {
  const least = Math.min(...energies);
  return Math.log(total(energies.map((e) => Math.exp(-(e - least) / t)))) - least / t;
}
function boltzmann(energies, t) {
  const least = Math.min(...energies);
  const weights = energies.map((e) => Math.exp(-(e - least) / t));
  const sum = total(weights);
  return weights.map((weight) => weight / sum);
}
const freeEnergy = (energies, t) => -t * logZ(energies, t);
const variationalFreeEnergy = (q, energies, t) => total(q.map((a, i) => a * energies[i])) - t * entropy(q);

// Temperatures.
const [LEAST, MOST] = [0.1, 6];
const STOPS = Array.from({ length: 119 }, (_, i) => (i + 2) / 20);

const render = explorable((model) => {
  const [energies, q] = ["energies", "q"].map((trait) => model.get(trait));
  const inside = (t) => t >= LEAST && t <= MOST;
  const sound = energies?.every((e) => Number.isFinite(e)) && inside(model.get("temperature"));
  demand(sound, "energies or temperature are spoiled");
  distribution(q, "q", energies.length);
  const gapAt = (t) => t * klDivergence(q, boltzmann(energies, t));
  const best = STOPS.reduce((least, t) => (gapAt(t) < gapAt(least) ? t : least));
  return {
    traits: ["temperature"],
    task: "Find the temperature at which the guess q is least wrong: the smallest gap F[q] − F.",
    praise:
      "Here the two entropies agree. The gap grows with T at the rate H(p) − H(q), so at its lowest point they must.",
    hint: "Pull the dot. The bars are the Boltzmann distribution p at T, the strokes across them the guess q. " +
      "The gap leaves a trail.",
    height: 330,
    build(ui) {
      const order = energies.map((_, i) => i).sort((a, b) => energies[b] - energies[a]);
      const high = 132 / energies.length;
      const rungs = [];
      order.forEach((i, k) => {
        const y = 6 + k * high;
        label(ui.svg, 0, y + high / 2 + 4, `E = ${short(energies[i])}`, { "text-anchor": "start" });
        svg(ui.svg, "rect", { x: 52, y: y + 2, width: 250, height: high - 4, class: "klx-track" });
        const bar = svg(ui.svg, "rect", { x: 52, y: y + 2, height: high - 4, class: "klx-p" });
        svg(ui.svg, "path", { d: `M${52 + q[i] * 250} ${y}v${high}`, class: "klx-line-q klx-whole" });
        rungs[i] = {
          bar,
          text: label(ui.svg, 358, y + high / 2 + 4, "", { "text-anchor": "end", class: "klx-p klx-number" }),
        };
      });
      const X = (t) => 12 + ((t - LEAST) / (MOST - LEAST)) * 336;
      const most = Math.max(gapAt(0.5), gapAt(6)) * 1.1;
      const Y = (gap) => 272 - Math.min(gap / most, 1) * 94;
      label(ui.svg, 0, 168, "gap F[q] − F = T · KL(q‖p)", { "text-anchor": "start", class: "klx-r" });
      svg(ui.svg, "path", { d: "M12 272h336", class: "klx-axis" });
      [1, 2, 3, 4, 5, 6].forEach((t) => label(ui.svg, X(t), 324, t === 1 ? "T = 1" : t, { class: "klx-muted" }));
      const trail = svg(ui.svg, "g");
      const stroke = svg(ui.svg, "path", { class: "klx-line-r" });
      const dot = svg(ui.svg, "circle", { r: 5, class: "klx-r" });
      const pull = slide(ui, {
        name: "temperature",
        y: 298,
        stops: STOPS,
        get: () => model.get("temperature"),
        set: (t) => ui.set("temperature", t),
      });
      const readings = ["T", "H(p)", "H(q)", "F", "F[q]", "gap"].map(ui.reading);
      const tried = new Set();
      ui.reset = () => {
        tried.clear();
        trail.replaceChildren();
      };
      return () => {
        const t = model.get("temperature");
        const p = boltzmann(energies, t);
        const gap = gapAt(t);
        const numbers = [entropy(p), entropy(q), freeEnergy(energies, t), variationalFreeEnergy(q, energies, t), gap];
        [short(t), ...numbers.map((x) => show(x))].forEach((text, k) => readings[k](text));
        pull(t, short(t), `gap ${show(gap)}, entropies ${show(numbers[0])} and ${show(numbers[1])}`);
        p.forEach((a, i) => {
          attributes(rungs[i].bar, { width: a * 250 });
          write(rungs[i].text, show(a, 3));
        });
        attributes(stroke, { d: `M${X(t)} 272V${Y(gap)}` });
        attributes(dot, { cx: X(t), cy: Y(gap) });
        if (!tried.has(t)) svg(trail, "circle", { cx: X(t), cy: Y(gap), r: 1.8, class: "klx-r" });
        tried.add(t);
        return Math.abs(t - best) < 1e-9;
      };
    },
  };
});

export { boltzmann, freeEnergy, variationalFreeEnergy };
export default { render };
