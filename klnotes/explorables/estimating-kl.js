// A bell is pulled away from another one; forty samples say, by three rules, how far it is.

import { demand, log1pmx } from "./kit.js";
import { attributes, explorable, label, short, show, slide, svg } from "./kit.js";

const excess = (s) => ((1 - s) * (1 + s)) / (s * s);
/** KL(N(0, 1) || N(m, s²)) */
const bellKl = (m, s) => ((m / s) ** 2 - log1pmx(excess(s))) / 2;

// Of one draw: the bias of k2, and the standard deviations of k1, k2 and k3. The log-ratio is a + b x + c x².
function bellNoise(m, s) {
  const [kl, b, c] = [bellKl(m, s), m / (s * s), excess(s) / 2];
  const v = b * b + 2 * c * c;
  const third = 6 * b * b * c + 8 * c ** 3;
  const fourth = 48 * c * c * (b * b + c * c);
  const k2 = Math.sqrt(4 * kl * kl * v + 4 * kl * third + 2 * v * v + fourth) / 2;
  const both = ((1 + 1 / (s * s)) * m * m + (s - 1 / s) ** 2) / 2; // KL there and back
  const chi2 = s * s < 2 ? Math.expm1((m * m) / (2 - s * s) - Math.log1p(-((1 - s * s) ** 2)) / 2) : Infinity;
  return [(kl * kl + v) / 2 - kl, Math.sqrt(v), k2, Math.sqrt(Math.max(v + chi2 - 2 * both, 0))];
}

// Draws from N(0, 1), the same ones for the same seed.
function normals(seed, count) {
  const uniform = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  return Float64Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(6.283185307179586 * uniform()),
  );
}

const [SAMPLES, SIZE] = [40, 100];

// What each sample says, by each of the three rules.
function estimates(m, s, draws) {
  /** @type {number[][]} */
  const means = [[], [], []];
  for (let i = 0; i < draws.length; i += SIZE) {
    let [k1, k2, k3] = [0, 0, 0];
    for (let j = i; j < i + SIZE; j += 1) {
      const x = draws[j];
      const log = Math.log(s) - (x * x) / 2 + ((x - m) / s) ** 2 / 2;
      k1 += log;
      k2 += (log * log) / 2;
      k3 += Math.expm1(-log) + log;
    }
    [k1, k2, k3].forEach((sum, k) => means[k].push(sum / SIZE));
  }
  return means;
}

const render = explorable((model) => {
  const whole = Number.isInteger(model.get("seed")) && model.get("seed") >= 0;
  const sound = model.get("mean") >= 0 && model.get("mean") <= 3 && model.get("std") >= 0.5 && model.get("std") <= 2;
  demand(whole && sound, "mean, std or seed are spoiled");
  return {
    traits: ["std", "mean", "seed"], // in this order, Reset passes through no state that wins
    task: "Make one draw of k3 scatter at least ten times as much as one of k1, while the KL stays below 0.5 nats.",
    praise:
      "A wider Q does it, not a farther one. From √2 times the width on, the variance of k3 is infinite, and most " +
      "samples say too little.",
    hint: "P has mean 0 and width 1. Pull Q by its mean and its width. Each stroke is one sample of 100 draws from P.",
    height: 322,
    build(ui) {
      const X = (x) => 12 + (x + 5) * 28;
      const bell = (m, s) => {
        let d = "";
        for (let i = 0; i <= 96; i += 1) {
          const x = -5 + i / 8;
          const y = 88 - (40 / s) * 2.4 * Math.exp(-(((x - m) / s) ** 2) / 2) * 0.4;
          d += `${i ? "L" : "M"}${X(x).toFixed(1)} ${y.toFixed(1)}`;
        }
        return d;
      };
      svg(ui.svg, "path", { d: "M12 88h336", class: "klx-axis" });
      svg(ui.svg, "path", { d: bell(0, 1), class: "klx-line-p" });
      label(ui.svg, X(-1.6), 60, "P", { class: "klx-p klx-strong" });
      const curve = svg(ui.svg, "path", { class: "klx-line-q" });
      const tag = label(ui.svg, 0, 60, "Q", { class: "klx-q klx-strong" });
      label(ui.svg, 12, 108, "mean of Q", { "text-anchor": "start", class: "klx-muted" });
      label(ui.svg, 12, 154, "width of Q", { "text-anchor": "start", class: "klx-muted" });
      const pull = (/** @type {string} */ trait, name, low, step, y) =>
        slide(ui, {
          name,
          y,
          stops: Array.from({ length: 31 }, (_, i) => Math.round((low + i * step) * 100) / 100),
          page: 5,
          get: () => ui.model.get(trait),
          set: (value) => ui.set(trait, value),
        });
      const pulls = [pull("mean", "Mean of Q", 0, 0.1, 124), pull("std", "Width of Q", 0.5, 0.05, 170)];
      const E = (share) => 44 + (Math.min(Math.max(share, -1), 3) + 1) * 75;
      [-1, 0, 1, 2, 3].forEach((share) => {
        svg(ui.svg, "path", { d: `M${E(share)} 198V300`, class: share === 1 ? "klx-line-r" : "klx-axis" });
        const name = share === 1 ? "the truth" : share === 0 ? "0" : share === 2 ? "twice" : "";
        label(ui.svg, E(share), 316, name, { class: share === 1 ? "klx-r" : "klx-muted" });
      });
      const rows = ["k1", "k2", "k3"].map((name, k) => {
        label(ui.svg, 22, 218 + 36 * k, name);
        return svg(ui.svg, "path", { class: "klx-line-ink klx-mark", "stroke-opacity": 0.55 });
      });
      const readings = ["KL(P‖Q)", "bias of k2", "sd of k1", "sd of k3"].map(ui.reading);
      ui.button("Draw again", () => ui.set("seed", ui.model.get("seed") + 1));
      let seed = -1;
      let draws = new Float64Array(0);
      return () => {
        const [m, s] = [ui.model.get("mean"), ui.model.get("std")];
        if (seed !== ui.model.get("seed")) {
          seed = ui.model.get("seed");
          draws = normals(seed, SAMPLES * SIZE);
        }
        const kl = bellKl(m, s);
        const [bias, k1, , k3] = bellNoise(m, s);
        attributes(curve, { d: bell(m, s) });
        attributes(tag, { x: X(m + 1.6 * s) });
        estimates(m, s, draws).forEach((means, k) => {
          const strokes = means.map((mean) => `M${(kl ? E(mean / kl) : E(1)).toFixed(1)} ${202 + 36 * k}v24`);
          attributes(rows[k], { d: strokes.join("") });
        });
        const said = [`${show(kl)} nats`, `${show(bias)} nats`, show(k1, 3), show(k3, 3)];
        said.forEach((text, i) => readings[i](text));
        const after = `KL ${said[0]}, sd of k1 ${said[2]}, of k3 ${k3 < Infinity ? said[3] : "infinite"}`;
        pulls[0](m, short(m), after);
        pulls[1](s, short(s), after);
        return kl < 0.5 && kl > 0 && k3 >= 10 * k1;
      };
    },
  };
});

export { bellKl, bellNoise };
export default { render };
