// A teacher's and a student's logits at a temperature that slides: both softmaxes, and T² times the slopes of their KL.

import { demand, klDivergence, names, total } from "./kit.js";
import { attributes, explorable, label, short, show, slide, svg, write } from "./kit.js";

function soften(logits, t) {
  const top = Math.max(...logits);
  const weights = logits.map((a) => Math.exp((a - top) / t));
  const sum = total(weights);
  return weights.map((weight) => weight / sum);
}
const distillationLoss = (v, z, t) => klDivergence(soften(v, t), soften(z, t));
function scaledSlopes(v, z, t) {
  const [p, q] = [soften(v, t), soften(z, t)];
  return p.map((a, k) => t * (q[k] - a));
}

// Logits, and logarithms of temperatures to base 2.
const MOST = 8;
const LOGITS = Array.from({ length: 65 }, (_, i) => i / 4 - MOST);
const [COLD, HOT] = [-2, 10];
const OCTAVES = Array.from({ length: 49 }, (_, i) => COLD + i / 4);

const render = explorable((model) => {
  const [outcomes, teacher, first] = ["outcomes", "teacher", "student"].map((trait) => model.get(trait));
  names(outcomes, "outcomes");
  const inside = (a) => Math.abs(a) <= MOST;
  const sound = [teacher, first].every((list) => list?.length === outcomes.length && list.every(inside));
  const warm = OCTAVES.some((octave) => Math.abs(Math.log2(model.get("temperature")) - octave) < 1e-9);
  demand(sound && warm, "logits or temperature are spoiled");
  const n = outcomes.length;
  const off = first.map((a, k) => a - teacher[k]);
  const far = off.map((d) => Math.abs(d - total(off) / n));
  const worst = far.indexOf(Math.max(...far));
  return {
    traits: ["temperature", "student"],
    task: `Leave the student as it is. Find a temperature at which the ${outcomes[worst]}, where it is furthest off, ` +
      "gets the strongest push.",
    praise: "Far above the spread of the logits each one is pushed by how far it is off, even where the teacher at " +
      "T = 1 hardly sees a difference.",
    hint: "Blue is the teacher, orange the student. The bar to the right is T² times the slope: a logit with a " +
      "negative slope rises. Pull the dots: the student's logits (the strokes are the teacher's), and T.",
    height: n * 62 + 56,
    build(ui) {
      const X = (a) => 54 + ((a + MOST) / (2 * MOST)) * 180;
      const rows = outcomes.map((outcome, k) => {
        const y = 4 + 62 * k;
        label(ui.svg, 0, y + 16, outcome, { "text-anchor": "start", class: "klx-strong" });
        const made = ["p", "q"].map((letter, j) => {
          svg(ui.svg, "rect", { x: 48, y: y + 12 * j, width: 150, height: 10, class: "klx-track" });
          return [
            svg(ui.svg, "rect", { x: 48, y: y + 12 * j, height: 10, class: `klx-${letter}` }),
            label(ui.svg, 240, y + 9.5 + 12 * j, "", { "text-anchor": "end", class: `klx-${letter} klx-number` }),
          ];
        });
        svg(ui.svg, "path", { d: `M300 ${y - 2}v26`, class: "klx-axis" });
        const bar = svg(ui.svg, "rect", { y: y + 2, height: 18, class: "klx-r" });
        const number = label(ui.svg, 300, y + 38, "", { class: "klx-r klx-number" });
        svg(ui.svg, "path", { d: `M${X(teacher[k])} ${y + 30}v16`, class: "klx-line-p klx-whole" });
        const pull = slide(ui, {
          name: `student's logit, ${outcome}`,
          x: 54,
          width: 180,
          y: y + 38,
          stops: LOGITS,
          page: 4,
          get: () => model.get("student")[k],
          set: (a) => ui.set("student", model.get("student").map((other, j) => (j === k ? a : other))),
        });
        return { made, bar, number, pull };
      });
      const foot = n * 62 + 22;
      const heat = slide(ui, {
        name: "temperature T",
        y: foot,
        stops: OCTAVES,
        page: 4,
        get: () => Math.log2(model.get("temperature")),
        set: (octave) => ui.set("temperature", 2 ** octave),
      });
      [COLD, 0, 3, 6, HOT].forEach((octave) => {
        const x = 12 + ((octave - COLD) / (HOT - COLD)) * 336;
        label(ui.svg, Math.min(Math.max(x, 18), 340), foot + 28, octave ? 2 ** octave : "T = 1", {
          class: "klx-muted",
        });
      });
      const readings = ["T", "KL(teacher‖student)", "times T²"].map(ui.reading);
      return () => {
        const [z, t] = [model.get("student"), model.get("temperature")];
        const [p, q, slopes] = [soften(teacher, t), soften(z, t), scaledSlopes(teacher, z, t)];
        const loss = distillationLoss(teacher, z, t);
        const size = short(t, t < 8 ? 2 : 0);
        [size, `${show(loss)} nats`, `${show(t * t * loss)} nats`].forEach((text, k) => readings[k](text));
        const sizes = slopes.map(Math.abs);
        const strongest = sizes.indexOf(Math.max(...sizes));
        rows.forEach(({ made, bar, number, pull }, k) => {
          [p[k], q[k]].forEach((share, j) => {
            attributes(made[j][0], { width: share * 150 });
            write(made[j][1], show(share, 3));
          });
          const reach = Math.max(Math.min(slopes[k], 1.4), -1.4) * 41;
          attributes(bar, { x: 300 + Math.min(reach, 0), width: Math.abs(reach) });
          write(number, show(slopes[k], 3));
          pull(z[k], short(z[k], 2), `T² times its slope ${show(slopes[k], 3)}`);
        });
        heat(Math.log2(t), size, `strongest push: ${outcomes[strongest]}, ${show(slopes[strongest], 3)}`);
        return strongest === worst && z.every((a, k) => a === first[k]);
      };
    },
  };
});

export { distillationLoss, scaledSlopes, soften };
export default { render };
