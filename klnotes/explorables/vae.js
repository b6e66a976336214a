// A linear autoencoder in one dimension at its best: two knobs, the basins of its loss, and the bells of its code.

import { demand, klTerm } from "./kit.js";
import { attributes, explorable, label, show, slide, svg, write } from "./kit.js";

// The data have the variance 1. A factor beta acts as the noise beta * noise (prop-vae-beta).
const klToStandard = (mean, variance) => (mean * mean + klTerm(1, variance)) / 2;
// weight, slope of the mean, variance of the code, mean KL term, mean squared error: thm-vae-collapse
function best(noise, beta) {
  const t = Math.min(noise * beta, 1);
  const w = Math.sqrt(1 - t);
  return [w, w, t, klToStandard(w, t), t];
}
function aboveSilence(w, noise, beta) {
  const t = noise * beta;
  return (beta * (Math.log1p(w * w / t) - w * w / (t * (w * w + t)))) / 2;
}

const NOISES = Array.from({ length: 30 }, (_, i) => (i + 1) / 20);
const BETAS = Array.from({ length: 24 }, (_, i) => (i + 1) / 4);
const [SILENCE, FOOT] = [62, 268]; // heights of the two base lines
const W = (w) => 180 + w * 135;
const Z = (z) => 180 + z * 42;
const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
const grid = (from, to, n) => Array.from({ length: n + 1 }, (_, i) => from + (to - from) * i / n);

const render = explorable((model) => {
  const inside = (value, low, high) => typeof value === "number" && value >= low && value <= high;
  demand(inside(model.get("noise"), 0.05, 1.5) && inside(model.get("beta"), 0.25, 6), "noise or beta is out of range");
  return {
    traits: ["beta", "noise"],
    task: "Silence the code with β alone: s² stays at 0.25, or below.",
    praise: "At βs² = λ = 1 the two basins meet, and the encoder answers with the prior, whatever it is shown.",
    hint: "Pull the two dots. Where are the basins, and how wide are the bells, just before the code falls silent?",
    height: 368,
    build(ui) {
      svg(ui.svg, "path", { d: `M12 ${SILENCE}h336`, class: "klx-axis" });
      svg(ui.svg, "path", { d: `M12 ${FOOT}h336`, class: "klx-axis" });
      label(ui.svg, 12, 14, "mean loss, less that of silence", { "text-anchor": "start", class: "klx-muted" });
      [-1, 0, 1].forEach((w) => label(ui.svg, W(w), 164, `w = ${w}`.replace("-", "−"), { class: "klx-muted" }));
      [-4, -2, 0, 2, 4].forEach((z) => label(ui.svg, Z(z), 282, `${z}`.replace("-", "−"), { class: "klx-muted" }));
      label(ui.svg, 12, 190, "prior", { "text-anchor": "start", class: "klx-p" });
      label(ui.svg, 348, 190, "x = −1.5, 0, 1.5", { "text-anchor": "end", class: "klx-q" });
      const basins = svg(ui.svg, "path", { class: "klx-line-q" });
      const prior = svg(ui.svg, "path", { class: "klx-line-p" });
      const bells = [-1.5, 0, 1.5].map((x) => ({ x, curve: svg(ui.svg, "path", { class: "klx-line-q" }) }));
      const dots = [-1, 1].map((side) => ({ side, dot: svg(ui.svg, "circle", { r: 5, class: "klx-q" }) }));
      const knobs = ["noise", "beta"].map((trait, i) => {
        const x = 12 + i * 176;
        const text = label(ui.svg, x, 320, " ", { "text-anchor": "start" });
        const pull = slide(ui, {
          name: ["s², the noise of the decoder", "β, the factor of the KL term"][i],
          x,
          y: 342,
          width: 160,
          stops: [NOISES, BETAS][i],
          get: () => model.get(trait),
          set: (value) => ui.set(trait, value),
        });
        return { trait, sign: ["s²", "β"][i], text, pull };
      });
      const readings = ["KL term", "squared error", "βs²"].map(ui.reading);
      return () => {
        const [noise, beta] = [model.get("noise"), model.get("beta")];
        const [w, slope, variance, kl, error] = best(noise, beta);
        const said = [`${show(kl)} nats`, show(error), show(noise * beta)];
        said.forEach((text, i) => readings[i](text));
        const scale = 84 / Math.max(-aboveSilence(w, noise, beta), beta / 4);
        const Y = (x) => SILENCE - scale * aboveSilence(x, noise, beta);
        const points = grid(-1.2, 1.2, 96).map((x) => [W(x), Y(x)]);
        attributes(basins, { d: path(points.filter(([, y]) => y >= 20)) });
        dots.forEach(({ side, dot }) => attributes(dot, { cx: W(side * w), cy: Y(w) }));
        const std = Math.sqrt(variance);
        const bell = (mean, width) =>
          path(
            [-4, ...grid(-4, 4, 80).map((u) => mean + u * width).filter((z) => Math.abs(z) < 4), 4]
              .map((z) => [Z(z), FOOT - ((76 * std) / width) * Math.exp(-(((z - mean) / width) ** 2) / 2)]),
          );
        attributes(prior, { d: bell(0, 1) });
        bells.forEach(({ x, curve }) => attributes(curve, { d: bell(slope * x, std) }));
        knobs.forEach(({ trait, sign, text, pull }) => {
          const value = model.get(trait);
          write(text, `${sign} = ${show(value, 2)}`);
          pull(value, show(value, 2), `KL term ${said[0]}, mean squared error ${said[1]}, w ${show(w)}`);
        });
        return noise * beta >= 1 && noise <= 0.25;
      };
    },
  };
});

export { aboveSilence, best, klToStandard };
export default { render };
