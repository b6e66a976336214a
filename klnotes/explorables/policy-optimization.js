// A bandit of three arms: where a program goes with a penalty in its loss or in its reward, and where theory says.

import { demand, distribution, klDivergence, names, total } from "./kit.js";
import { attributes, explorable, label, short, show, slide, svg, write } from "./kit.js";

const PENALTIES = ["k1 in loss", "k2 in loss", "k3 in loss", "k1 in reward", "k3 in reward"];
const STEPS = 1000;

function tilt(ref, rewards, beta) {
  const top = Math.max(...rewards);
  const weights = ref.map((p, i) => p * Math.exp((rewards[i] - top) / beta));
  const sum = total(weights);
  return weights.map((weight) => weight / sum);
}
// What is sought is Λ less the largest reward.
function forwardOptimum(ref, rewards, beta) {
  const top = Math.max(...rewards);
  const at = (x) => ref.map((p, i) => (beta * p) / (top - rewards[i] + x));
  let [low, high] = [0, beta];
  for (let k = 0; k < 60; k += 1) {
    const middle = (low + high) / 2;
    if (total(at(middle)) > 1) low = middle;
    else high = middle;
  }
  const found = at(high);
  const sum = total(found);
  return found.map((p) => p / sum);
}

// How hard a draw pushes on ln π, for each unit of β, where the log-ratio to the reference is `log`.
function push(kind, log) {
  if (kind === 0) return 1;
  if (kind === 2) return -Math.expm1(-log);
  return kind === 4 ? Math.expm1(-log) + log : log;
}

// Up the mean slope, in steps of size 1. Of the policies on the way, `keep` is told.
function walk(penalty, ref, rewards, beta, steps, keep = (_k, _p) => {}) {
  const kind = PENALTIES.indexOf(penalty);
  const [logits, u, p] = [ref.map(Math.log), [0, 0, 0], [...ref]];
  for (let k = 1; k <= steps; k += 1) {
    let mean = 0;
    for (let i = 0; i < 3; i += 1) {
      u[i] = rewards[i] - beta * push(kind, Math.log(p[i] / ref[i]));
      mean += p[i] * u[i];
    }
    for (let i = 0; i < 3; i += 1) logits[i] += p[i] * (u[i] - mean);
    const top = Math.max(logits[0], logits[1], logits[2]);
    let sum = 0;
    for (let i = 0; i < 3; i += 1) sum += p[i] = Math.exp(logits[i] - top);
    for (let i = 0; i < 3; i += 1) p[i] /= sum;
    keep(k, p);
    if (Math.min(p[0], p[1], p[2]) < 1e-12) break;
  }
  return p;
}

const spaced = (low, high, step) =>
  Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => Math.round((low + i * step) * 100) / 100);
const [REWARDS, BETAS] = [spaced(0, 3, 0.25), spaced(0.1, 2, 0.05)];

const render = explorable((model) => {
  const [outcomes, ref] = ["outcomes", "ref"].map((trait) => model.get(trait));
  names(outcomes, "outcomes");
  distribution(ref, "ref", 3);
  const given = model.get("rewards");
  const sound = Array.isArray(given) && given.length === 3 && given.every((r) => REWARDS.includes(r));
  const known = PENALTIES.includes(model.get("penalty")) && Math.min(...ref) > 0;
  demand(sound && known && model.get("beta") >= 0.1 && model.get("beta") <= 2, "rewards, beta or ref are spoiled");
  return {
    traits: ["penalty", "rewards", "beta"],
    task: "Choose k3 in loss. Make its program end at least 0.30 nats from the best policy, the tilt.",
    praise:
      "With a small β the tilt leaves a poor arm a share like e to the −gap/β, the other optimum a share like β. " +
      "The program is right where the second mark says.",
    hint: "Pull the rewards and β. The line is the way of 1000 steps from the reference, the circle.",
    height: 408,
    build(ui) {
      const corners = [[40, 264], [320, 264], [180, 22]];
      const at = (p) => {
        const [x, y] = [0, 1].map((axis) =>
          p[0] * corners[0][axis] + p[1] * corners[1][axis] + p[2] * corners[2][axis]
        );
        return `${x.toFixed(1)} ${y.toFixed(1)}`;
      };
      svg(ui.svg, "path", { d: "M40 264H320L180 22Z", class: "klx-track" });
      outcomes.forEach((name, i) => label(ui.svg, corners[i][0], [280, 280, 14][i], name));
      const [x, y] = at(ref).split(" ");
      svg(ui.svg, "circle", { cx: x, cy: y, r: 5, class: "klx-line-ink" });
      const marks = ["p", "q"].map((color) => svg(ui.svg, "path", { class: `klx-line-${color} klx-whole` }));
      const trail = svg(ui.svg, "path", { class: "klx-line-ink klx-mark" });
      const dot = svg(ui.svg, "circle", { r: 4, class: "klx-grip" });
      const shapes = ["m-6 -6h12v12h-12z", "m0 -8l8 8l-8 8l-8 -8z"];
      shapes.forEach((shape, k) => {
        svg(ui.svg, "path", { d: `M10 ${28 + 22 * k}${shape}`, class: `klx-line-${"pq"[k]} klx-whole` });
        label(ui.svg, 24, 32 + 22 * k, ["tilt", "best for KL(ref‖π)"][k], {
          "text-anchor": "start",
          class: `klx-${"pq"[k]}`,
        });
      });
      const values = [0, 1, 2].map((i) =>
        label(ui.svg, 12 + 122 * i, 308, "", { "text-anchor": "start", class: "klx-number" })
      );
      const pulls = [0, 1, 2].map((i) =>
        slide(ui, {
          name: `reward of ${outcomes[i]}`,
          x: 12 + 122 * i,
          y: 328,
          width: 92,
          stops: REWARDS,
          page: 4,
          get: () => model.get("rewards")[i],
          set: (r) => ui.set("rewards", model.get("rewards").map((old, k) => (k === i ? r : old))),
        })
      );
      const value = label(ui.svg, 12, 364, "", { "text-anchor": "start", class: "klx-number" });
      const pull = slide(ui, {
        name: "β",
        y: 384,
        stops: BETAS,
        page: 5,
        get: () => model.get("beta"),
        set: (beta) => ui.set("beta", beta),
      });
      const readings = ["score", "best", "KL(π‖ref)", "KL(π‖tilt)"].map(ui.reading);
      const paintPenalty = ui.choice(
        "Penalty",
        PENALTIES,
        () => PENALTIES.indexOf(model.get("penalty")),
        (i) => ui.set("penalty", PENALTIES[i]),
      );
      return () => {
        const [rewards, beta, penalty] = ["rewards", "beta", "penalty"].map((trait) => model.get(trait));
        const score = (p) => total(p.map((a, i) => a * rewards[i])) - beta * klDivergence(p, ref);
        const best = tilt(ref, rewards, beta);
        let [d, next] = [`M${at(ref)}`, 1];
        const end = walk(penalty, ref, rewards, beta, STEPS, (k, p) => {
          if (k < next) return;
          d += `L${at(p)}`;
          next = k + Math.max(1, Math.floor(k / 8));
        });
        attributes(trail, { d: `${d}L${at(end)}` });
        const [cx, cy] = at(end).split(" ");
        attributes(dot, { cx, cy });
        [best, forwardOptimum(ref, rewards, beta)].forEach((p, k) =>
          attributes(marks[k], { d: `M${at(p)}${shapes[k]}` })
        );
        const off = klDivergence(end, best);
        const said = [show(score(end)), show(score(best)), `${show(klDivergence(end, ref))} nats`, `${show(off)} nats`];
        said.forEach((text, k) => readings[k](text));
        const after = `${penalty}: score ${said[0]} of ${said[1]}, ${said[3]} from the tilt`;
        rewards.forEach((r, i) => {
          write(values[i], `${outcomes[i]} earns ${short(r)}`);
          pulls[i](r, short(r), after);
        });
        write(value, `β = ${short(beta)}`);
        pull(beta, short(beta), after);
        paintPenalty();
        return penalty === "k3 in loss" && off >= 0.3;
      };
    },
  };
});

export { forwardOptimum, tilt, walk };
export default { render };
