// Two bumps are pulled apart; one normal distribution is fitted to them forward, and in reverse from several starts.

import { demand } from "./kit.js";
import { attributes, explorable, label, short, show, slide, svg, write } from "./kit.js";

/** @typedef {[number, number, number]} Bump weight, mean and standard deviation */
/** @typedef {[number, number, number]} Fit mean, standard deviation and divergence */

/** @type {Record<number, Float64Array>} */
const bells = {};
/** @type {(n: number) => Float64Array} */
const bell = (n) =>
  Float64Array.from({ length: 16 * n + 1 }, (_, k) => Math.exp(-((k / n - 8) ** 2) / 2) / n / Math.sqrt(2 * Math.PI));

// Means under N(mean, std²) by the trapezoidal rule with n nodes to a unit: of log(p/q), and of s, zs, z²s, z³s, where
// s is std times the slope of log p.
/** @type {(bumps: Bump[], mean: number, std: number, n: number) => number[]} */
function moments(bumps, mean, std, n) {
  const [[w1, m1, s1], [w2, m2, s2]] = bumps;
  const sums = [0, 0, 0, 0, 0];
  const [r1, r2] = [std / s1, std / s2];
  const [l1, l2] = [Math.log(w1 * r1), Math.log(w2 * r2)];
  const [weights, end] = [bells[n] ??= bell(n), 8 * n];
  for (let k = -end; k <= end; k += 1) {
    const z = k / n;
    const u1 = (mean - m1) / s1 + r1 * z;
    const u2 = (mean - m2) / s2 + r2 * z;
    const one = l1 - (u1 - z) * (u1 + z) / 2;
    const two = l2 - (u2 - z) * (u2 + z) / 2;
    const e = Math.exp(-Math.abs(two - one));
    const share = (two > one ? 1 : e) / (1 + e);
    const weight = weights[k + end];
    let s = -weight * ((1 - share) * u1 * r1 + share * u2 * r2);
    sums[0] += weight * (Math.max(one, two) + Math.log1p(e));
    for (let i = 1; i < 5; i += 1, s *= z) sums[i] += s;
  }
  return sums;
}

/** @type {(bumps: Bump[], mean: number, std: number) => number} */
const reverseKl = (bumps, mean, std) => Math.max(-moments(bumps, mean, std, 48)[0], 0);

// Newton's method, downhill; the second derivatives come from Stein's lemma.
/** @type {(bumps: Bump[], mean: number, std: number, n: number) => Fit} */
function descended(bumps, mean, std, n) {
  let now = moments(bumps, mean, std, n);
  let last = false;
  for (let turn = 0; turn < 60 && !last; turn += 1) {
    const [, s0, s1, s2, s3] = now;
    const [b, far] = [s0 - s2, Math.hypot((2 * s1 - s3) / 2, s0 - s2)];
    const lift = Math.max(0, 1e-3 + s3 / 2 + far);
    const [a, c] = [lift - s1, lift + s1 - s3];
    let [x, y] = [c * s0 - b * (1 + s1), a * (1 + s1) - b * s0].map((part) => part / (a * c - b * b));
    const size = Math.max(Math.abs(x), Math.abs(y));
    last = size < 1e-7;
    if (size > 1) [x, y] = [x / size, y / size];
    for (let half = 0; half < 20; half += 1, x /= 2, y /= 2) {
      const next = moments(bumps, mean + std * x, std * Math.exp(y), n);
      if (last || half > 18 || next[0] >= now[0] - 1e-12) {
        [mean, std, now] = [mean + std * x, std * Math.exp(y), next];
        break;
      }
    }
  }
  return [mean, std, -now[0]];
}

/** @type {(bumps: Bump[]) => number[]} */
const spread = (bumps) => {
  const mean = bumps.reduce((sum, [w, m]) => sum + w * m, 0);
  return [mean, Math.sqrt(bumps.reduce((sum, [w, m, s]) => sum + w * (s * s + (m - mean) ** 2), 0))];
};

/**
 * All local optima, the best first.
 * @type {(bumps: Bump[]) => Fit[]}
 */
function reverseFits(bumps) {
  const [mean, std] = spread(bumps);
  const narrow = Math.min(bumps[0][2], bumps[1][2]);
  const starts = [
    ...bumps.map(([, m, s]) => [m, s]),
    ...[narrow, Math.sqrt(narrow * std), std].map((s) => [mean, s]),
    ...[std, 0.43 * (bumps[1][1] - bumps[0][1]) + narrow / 9].map((s) => [(bumps[0][1] + bumps[1][1]) / 2, s]),
  ];
  // Roughly first, and then what is left of it in full.
  const fits = [12, 48].reduce((places, n) => {
    /** @type {Fit[]} */
    const found = [];
    for (const [m, s] of places) {
      const fit = descended(bumps, m, s, n);
      if (found.every((other) => Math.abs(other[0] - fit[0]) + Math.abs(other[1] - fit[1]) > 0.01)) found.push(fit);
    }
    return found;
  }, starts);
  return /** @type {Fit[]} */ (fits).sort((a, b) => a[2] - b[2]);
}

/** @type {(bumps: Bump[]) => number[]} */
const reverseNumbers = (bumps) => reverseFits(bumps).flat();

/** @type {(bumps: Bump[]) => Fit} */
function forwardFit(bumps) {
  const [mean, std] = spread(bumps);
  const kl = bumps.reduce(
    (sum, [w, m, s]) =>
      sum + w * (Math.log(std / s) + (s * s + (m - mean) ** 2) / (2 * std * std) - 1 / 2 - reverseKl(bumps, m, s)),
    0,
  );
  return [mean, std, kl];
}

const steps = (low, high, by) =>
  Array.from({ length: Math.round((high - low) / by) + 1 }, (_, i) => +(low + i * by).toFixed(2));
/** @type {[string, string, number[]][]} */
const PULLED = [
  ["m", "m, distance of each bump from the middle", steps(0, 4, 0.05)],
  ["weight", "weight of the right bump", steps(0.02, 0.98, 0.02)],
  ["left", "width of the left bump", steps(0.5, 2, 0.05)],
  ["right", "width of the right bump", steps(0.5, 2, 0.05)],
];

const render = explorable((model) => {
  const sound = PULLED.every(([trait, , stops]) => {
    const value = model.get(trait);
    return Number.isFinite(value) && value >= stops[0] && value <= stops[stops.length - 1];
  });
  const line = (rows) => rows?.length > 1 && rows.every?.((row) => row?.length === 2 && row.every?.(Number.isFinite));
  demand(sound && line(model.get("horn")) && line(model.get("tie")), "the target is spoiled");
  return {
    traits: PULLED.map(([trait]) => trait),
    task: "Find a target whose reverse fit has three optima, while the best of them still covers both bumps.",
    praise: "The fits on the bumps are there already, and are not yet worth it.",
    hint:
      "Thick: the global reverse fit; dashed: its rivals. Outside of the map's horns there is one optimum, inside of " +
      "one two, inside of both three; on a thick line the global fit jumps. The map is for equal widths.",
    height: 384,
    build(ui) {
      const X = (x) => 180 + x * 21;
      const AT = steps(-8, 8, 0.125);
      svg(ui.svg, "path", { d: "M12 150h336", class: "klx-axis" });
      [-6, -3, 0, 3, 6].forEach((x) => label(ui.svg, X(x), 165, show(x, 0), { class: "klx-muted" }));
      const curves = ["klx-line-p", "klx-line-r", "klx-line-q klx-whole", "klx-line-q", "klx-line-q", "klx-line-q"].map(
        (style) => svg(ui.svg, "path", { class: style }),
      );
      [["target P", "p", 12], ["forward", "r", 80], ["reverse", "q", 142]].forEach(([text, color, x]) =>
        label(ui.svg, x, 12, text, { "text-anchor": "start", class: `klx-${color}` })
      );
      const pulls = PULLED.map(([trait, name, stops], i) => {
        const [x, y] = [i % 2 ? 196 : 12, i < 2 ? 206 : 254];
        const tag = label(ui.svg, x, y - 20, "", { "text-anchor": "start" });
        const pull = slide(ui, {
          name,
          x,
          y,
          width: 152,
          stops,
          get: () => model.get(trait),
          set: (value) => ui.set(trait, value),
        });
        return (said) => {
          const text = short(model.get(trait));
          write(tag, `${i > 1 ? name : trait} ${text}`);
          pull(model.get(trait), text, said);
        };
      });
      const map = svg(ui.svg, "g");
      const U = (m) => 12 + (m - 1) * 84;
      const V = (w) => 366 - w * 90;
      const path = (rows, flip) =>
        rows.map(([m, w], i) => `${i ? "L" : "M"}${U(Math.min(m, 5))} ${V(flip ? 1 - w : w).toFixed(1)}`).join("");
      const clip = "M12 276h336v90H12z";
      svg(map, "path", { d: clip, class: "klx-track" });
      [false, true].forEach((flip) => {
        svg(map, "path", { d: path(model.get("horn"), flip), class: "klx-line-p klx-mark" });
        svg(map, "path", { d: path(model.get("tie"), flip), class: "klx-line-q klx-whole" });
      });
      svg(map, "path", { d: path([model.get("tie").slice(-1)[0], [5, 0.5]], false), class: "klx-line-q klx-whole" });
      const here = svg(map, "circle", { r: 5, class: "klx-grip" });
      [1, 2, 3, 4, 5].forEach((m) => label(map, Math.min(U(m), 342), 380, show(m, 0), { class: "klx-muted" }));
      /** @type {(fit: Fit) => string} */
      const said = ([mean, std, kl]) => `N(${show(mean, 2)}, ${show(std, 3)}²) ${show(kl)} nats`;
      const readings = ["Forward", "Reverse", "Rival", "Rival"].map((name) => {
        const tell = ui.reading(name);
        tell(said([-1, 1, 1])); // as long as any, so that the box does not grow later
        return tell;
      });
      label(map, 16, 290, "weight ↑  m →", { "text-anchor": "start", class: "klx-muted" });
      [[1.4, 0.5, 1], [3.8, 0.82, 2], [3.8, 0.56, 3], [3.8, 0.18, 2]].forEach(([m, w, n]) =>
        label(map, U(m), V(w) + 4, show(n, 0))
      );
      return () => {
        const [m, weight, left, right] = PULLED.map(([trait]) => model.get(trait));
        /** @type {Bump[]} */
        const bumps = [[1 - weight, -m, left], [weight, m, right]];
        const [forward, fits] = [forwardFit(bumps), reverseFits(bumps)];
        const rows = [bumps, ...[forward, ...fits].map((fit) => [[1, fit[0], fit[1]]])].map((mixture) =>
          AT.map((x) => mixture.reduce((sum, [w, mean, s]) => sum + w / s * Math.exp(-(((x - mean) / s) ** 2) / 2), 0))
        );
        const tall = 126 / Math.max(...rows.map((row) => Math.max(...row)));
        curves.forEach((curve, k) =>
          attributes(curve, {
            d: (rows[k] ?? []).map((y, i) => `${i ? "L" : "M"}${X(AT[i]).toFixed(1)} ${(150 - y * tall).toFixed(1)}`)
              .join(""),
          })
        );
        readings.forEach((tell, k) => tell(!k ? said(forward) : fits[k - 1] ? said(fits[k - 1]) : "–"));
        pulls.forEach((pull) => pull(`${fits.length} reverse optima, the best ${said(fits[0])}`));
        const at = m / left;
        attributes(map, { opacity: left === right ? 1 : 0.2 });
        attributes(here, { cx: U(Math.min(Math.max(at, 1), 5)), cy: V(weight) });
        return fits.length > 2 && fits[0][1] > Math.max(...fits.slice(1).map((fit) => fit[1]));
      };
    },
  };
});

export { forwardFit, reverseKl, reverseNumbers };
export default { render };
