// Pairs of tables with or without a drift, and what their PSI is held against: a quantile of the null, or a habit.

import { demand, total } from "./kit.js";
import { attributes, explorable, label, show, slide, svg } from "./kit.js";

const psi = (p, q) => total(p.map((a, i) => (a === q[i] ? 0 : (a - q[i]) * Math.log(a / q[i]))));
/** Shares of bins that are equal without a drift, tilted by one. */
const tilted = (bins, drift) => Array.from({ length: bins }, (_, k) => (1 + drift * ((2 * k + 1) / bins - 1)) / bins);

// The probability that chi-square is at most x: the series of the incomplete gamma function, all terms positive.
function chi2Below(freedom, x) {
  const [a, z] = [freedom / 2, x / 2];
  if (z <= 0) return 0;
  let term = freedom % 2 ? 2 / Math.sqrt(Math.PI) : 1;
  for (let j = freedom % 2 ? 1.5 : 1; j <= a; j += 1) term /= j;
  term *= freedom % 2 ? Math.sqrt(z) * Math.exp(-z) * z ** (a - 1 / 2) : Math.exp(-z) * z ** a;
  let sum = 0;
  for (let j = 1; term > 1e-18 * sum; j += 1) {
    sum += term;
    term *= z / (a + j);
  }
  return Math.min(sum, 1);
}
function chi2Quantile(freedom, share) {
  let [low, high] = [0, 200];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (chi2Below(freedom, middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function uniforms(seed, count) {
  return Float64Array.from({ length: count }, () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  });
}

const [PAIRS, MOST] = [24, 2000];
const ROWS = [50, 100, 200, 500, 1000, 2000];

// The PSI of each pair: n rows of equal shares, and n of tilted ones.
function draws(n, shares, chance) {
  const bins = shares.length;
  const ends = shares.map((_, k) => total(shares.slice(0, k + 1)));
  ends[bins - 1] = 1;
  return Array.from({ length: PAIRS }, (_, pair) => {
    const [a, c] = [new Array(bins).fill(0), new Array(bins).fill(0)];
    const from = 2 * pair * MOST;
    for (let i = from; i < from + n; i += 1) {
      a[Math.floor(chance[i] * bins)] += 1;
      let k = Math.floor(chance[i + MOST] * bins);
      while (k > 0 && chance[i + MOST] < ends[k - 1]) k -= 1;
      while (chance[i + MOST] >= ends[k]) k += 1;
      c[k] += 1;
    }
    return psi(a.map((x) => x / n), c.map((x) => x / n));
  });
}

const render = explorable((model) => {
  const [n, bins, drift, seed] = ["n", "bins", "drift", "seed"].map((trait) => model.get(trait));
  const whole = Number.isInteger(bins) && bins >= 2 && bins <= 20 && Number.isInteger(seed) && seed >= 0;
  demand(
    whole && ROWS.includes(n) && Number.isFinite(drift) && drift >= 0 && drift <= 0.9,
    "n, bins, drift or seed are spoiled",
  );
  return {
    traits: ["drift", "bins", "n", "seed"],
    task: "Find a drift that the habit of 0.1 misses: the true PSI is below 0.05, and at least 20 of the 24 pairs " +
      "are above the quantile.",
    praise: "With enough rows a small drift stands out from chance. Whether it matters is another question.",
    hint: "Each stroke is the PSI of one pair of tables. The bar reaches to the 95 % quantile without drift.",
    height: 330,
    build(ui) {
      const X = (value) => 12 + Math.min(Math.max((Math.log10(value) + 3) / 3.3, 0), 1) * 336;
      svg(ui.svg, "path", { d: "M12 96h336", class: "klx-axis" });
      [0.001, 0.01, 0.1, 0.25, 1].forEach((value) => {
        const habit = value === 0.1 || value === 0.25;
        svg(ui.svg, "path", { d: `M${X(value)} ${habit ? 24 : 90}V96`, class: habit ? "klx-line-q" : "klx-axis" });
        label(ui.svg, Math.max(X(value), 18), 112, String(value), { class: habit ? "klx-q" : "klx-muted" });
      });
      label(ui.svg, 12, 14, "PSI of 24 pairs of tables", { "text-anchor": "start", class: "klx-muted" });
      const bar = svg(ui.svg, "rect", { x: 12, y: 76, height: 12, class: "klx-r", "fill-opacity": 0.5 });
      const strokes = svg(ui.svg, "path", { class: "klx-line-ink klx-mark", "stroke-opacity": 0.55 });
      const truth = svg(ui.svg, "circle", { cy: 96, r: 5, class: "klx-p" });
      const pull = (name, text, y, stops, page, get, set) => {
        label(ui.svg, 12, y - 22, text, { "text-anchor": "start", class: "klx-muted" });
        return slide(ui, { name, y, stops, page, get, set });
      };
      const rows = pull(
        "Rows in each table",
        "rows in each table, 50 to 2000",
        164,
        ROWS.map((_, i) => i),
        2,
        () => ROWS.indexOf(ui.model.get("n")),
        (i) => ui.set("n", ROWS[i]),
      );
      const cuts = pull(
        "Bins",
        "bins, 2 to 20",
        228,
        Array.from({ length: 19 }, (_, i) => i + 2),
        4,
        () => ui.model.get("bins"),
        (value) => ui.set("bins", value),
      );
      const tilt = pull(
        "Drift",
        "drift, from none to 0.9",
        292,
        Array.from({ length: 46 }, (_, i) => Math.round(i * 2) / 100),
        5,
        () => ui.model.get("drift"),
        (value) => ui.set("drift", value),
      );
      const readings = ["true PSI", "95 % quantile", "above it", "above 0.1"].map(ui.reading);
      ui.button("Draw again", () => ui.set("seed", ui.model.get("seed") + 1));
      let known = -1;
      let chance = new Float64Array(0);
      return () => {
        const [n, bins, drift, seed] = ["n", "bins", "drift", "seed"].map((trait) => ui.model.get(trait));
        if (seed !== known) [known, chance] = [seed, uniforms(seed, 2 * PAIRS * MOST)];
        const shares = tilted(bins, drift);
        const real = psi(tilted(bins, 0), shares);
        const limit = 2 * chi2Quantile(bins - 1, 0.95) / n;
        const seen = draws(n, shares, chance);
        const above = [limit, 0.1].map((edge) => seen.filter((value) => value > edge).length);
        attributes(strokes, { d: seen.map((value) => `M${X(value || 1e-9).toFixed(1)} 32v36`).join("") });
        attributes(bar, { width: (X(limit) - 12).toFixed(1) });
        attributes(truth, { cx: X(real || 1e-9).toFixed(1) });
        const said = [show(real), show(limit), `${above[0]} of 24`, `${above[1]} of 24`];
        said.forEach((text, i) => readings[i](text));
        const after = `${said[2]} above the quantile ${said[1]}, ${said[3]} above 0.1`;
        rows(ROWS.indexOf(n), `${n} rows`, after);
        cuts(bins, `${bins} bins`, after);
        tilt(drift, `drift ${drift}`, after);
        return real > 0 && real < 0.05 && above[0] >= 20;
      };
    },
  };
});

export { chi2Below, chi2Quantile, psi, tilted };
export default { render };
