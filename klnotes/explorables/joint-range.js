// Random pairs of distributions, each a dot at its total variation distance and KL divergence, above what bounds them.

import { demand, klDivergence, total } from "./kit.js";
import { attributes, explorable, label, short, show, slide, svg } from "./kit.js";

const SIZES = [2, 3, 10];
const MOST = 600;

const totalVariation = (p, q) => total(p.map((a, i) => Math.abs(a - q[i]))) / 2;
const coins = (a, b) => [[a, 1 - a], [b, 1 - b]];
// The least divergence of two coins u and u + t: convex in u, so a third that cannot hold the minimum is cut off.
function leastKl(t) {
  const kl = (u) => klDivergence(...coins(u, Math.min(u + t, 1)));
  let [low, high] = [0, 1 - t];
  for (let k = 0; k < 90; k += 1) {
    const [a, b] = [(2 * low + high) / 3, (low + 2 * high) / 3];
    if (kl(a) < kl(b)) high = b;
    else low = a;
  }
  return kl((low + high) / 2);
}

// mulberry32: the same numbers on every machine, and in Python
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
// Weights x**2/(1 - x)**2 with uniform x: often some are much larger than the rest.
function randomPairs(size, count) {
  const next = random(size);
  const draw = () => {
    const weights = Array.from({ length: size }, () => {
      const x = (next() + 1e-6) / (1 + 2e-6);
      return (x / (1 - x)) ** 2;
    });
    return weights.map((weight) => weight / total(weights));
  };
  return Array.from({ length: count }, () => {
    const [p, q] = [draw(), draw()];
    return [totalVariation(p, q), klDivergence(p, q)];
  });
}

const [TOP, HIGH, HIGHEST] = [10, 210, 3];
const X = (tv) => 28 + tv * 324;
const Y = (nats) => TOP + HIGH - (nats / HIGHEST) * HIGH;

const render = explorable((model) => {
  const coin = (x) => x >= 0 && x <= 1;
  const shown = model.get("shown");
  const sound = coin(model.get("a")) && coin(model.get("b")) && SIZES.includes(model.get("size")) &&
    Number.isInteger(shown) && shown >= 0 && shown <= MOST;
  demand(sound, "a, b, size or shown are spoiled");
  return {
    traits: ["a", "b", "size", "shown"],
    task: "Pull the two coins to a distance TV of at least 0.50 with a KL of at most 0.54 nats.",
    praise: "Close, but not on Pinsker's curve: the least divergence at this distance is 0.5323 nats.",
    hint: "Small dots are random pairs. The two dots below are the coins P and Q, by their probability of heads; " +
      "the large one is their place above.",
    height: 322,
    build(ui) {
      [0, 1, 2, 3].forEach((nats) => {
        svg(ui.svg, "path", { d: `M28 ${Y(nats)}H352`, class: "klx-axis" });
        label(ui.svg, 20, Y(nats) + 4, nats, { class: "klx-muted", "text-anchor": "end" });
      });
      [0, 0.5, 1].forEach((tv) => label(ui.svg, X(tv), TOP + HIGH + 16, tv, { class: "klx-muted" }));
      label(ui.svg, X(0.75), TOP + HIGH + 16, "TV", { class: "klx-muted" });
      label(ui.svg, 34, TOP + 14, "KL in nats", { class: "klx-muted", "text-anchor": "start" });
      const cloud = svg(ui.svg, "path", { class: "klx-dots" });
      const grid = Array.from({ length: 100 }, (_, i) => i / 100);
      const path = (f) =>
        grid.filter((t) => f(t) <= HIGHEST).map((t, i) => `${i ? "L" : "M"}${X(t).toFixed(1)} ${Y(f(t)).toFixed(1)}`)
          .join("");
      svg(ui.svg, "path", { d: path(leastKl), class: "klx-line-ink klx-mark" });
      svg(ui.svg, "path", { d: path((t) => 2 * t * t), class: "klx-line-p" });
      svg(ui.svg, "path", { d: path((t) => -Math.log1p(-t * t)), class: "klx-line-q" });
      ["least KL", "Pinsker", "Bretagnolle–Huber"].forEach((text, k) =>
        label(ui.svg, X(1), Y(0.56 - 0.23 * k), text, { class: ["", "klx-p", "klx-q"][k], "text-anchor": "end" })
      );
      const place = svg(ui.svg, "circle", { r: 6, class: "klx-grip" });
      const pulls = ["a", "b"].map((trait, k) => {
        label(ui.svg, 4, 258 + k * 40, k ? "Q" : "P", { "text-anchor": "start", class: k ? "klx-q" : "klx-p" });
        return slide(ui, {
          name: `${k ? "Q" : "P"}, probability of heads`,
          y: 268 + k * 40,
          stops: Array.from({ length: 101 }, (_, i) => i / 100),
          get: () => model.get(trait),
          set: (value) => ui.set(trait, value),
        });
      });
      const readings = ["TV", "KL(P‖Q)", "pairs"].map(ui.reading);
      const paintSize = ui.choice(
        "Outcomes",
        SIZES.map(String),
        () => SIZES.indexOf(model.get("size")),
        (i) => ui.set("size", SIZES[i]),
      );
      ui.button("50 more pairs", () => ui.set("shown", Math.min(model.get("shown") + 50, MOST)));
      let drawn = "";
      return () => {
        const [a, b, size, shown] = ["a", "b", "size", "shown"].map((trait) => model.get(trait));
        const [p, q] = coins(a, b);
        const [tv, kl] = [totalVariation(p, q), klDivergence(p, q)];
        const said = [show(tv, 2), `${show(kl)} nats`, String(shown)];
        said.forEach((text, k) => readings[k](text));
        paintSize();
        pulls[0](a, short(a), `TV ${said[0]}, KL ${said[1]}`);
        pulls[1](b, short(b), `TV ${said[0]}, KL ${said[1]}`);
        attributes(place, { cx: X(tv), cy: Y(Math.min(kl, HIGHEST)) });
        if (drawn !== `${size} ${shown}`) {
          drawn = `${size} ${shown}`;
          const dots = randomPairs(size, shown).filter(([, nats]) => nats <= HIGHEST);
          attributes(cloud, { d: dots.map(([x, y]) => `M${X(x).toFixed(1)} ${Y(y).toFixed(1)}h0`).join("") });
        }
        return tv >= 0.5 - 1e-12 && kl <= 0.54;
      };
    },
  };
});

const flatPairs = (size, count) => randomPairs(size, count).flat();

export { flatPairs, leastKl, totalVariation };
export default { render };
