// The bars of P and Q are pulled; every outcome's term is seen, in both directions.

import { demand, distribution, klDivergence, klTerms, names } from "./kit.js";
import { attributes, bars, explorable, label, show, svg, write } from "./kit.js";

const UNITS = ["nats", "bits"];
const ZERO = 286; // where the terms' axis lies

const render = explorable((model) => {
  const outcomes = names(model.get("outcomes"), "outcomes");
  distribution(model.get("p"), "p", outcomes.length);
  distribution(model.get("q"), "q", outcomes.length);
  demand(UNITS.includes(model.get("unit")), "unit is neither nats nor bits");
  return {
    traits: ["p", "q", "unit"],
    task: "Make KL(P‖Q) = 0.50 bits while KL(Q‖P) stays below 0.20 bits.",
    praise: "Q all but rules out what P still expects. Seen from P that is dear; seen from Q it hardly ever happens.",
    hint: "Pull the bars. What a bar gains, the next one pays. Pull below the axis for the smallest probabilities.",
    height: 334,
    build(ui) {
      const step = 360 / outcomes.length;
      const width = Math.min(40, step / 2 - 12);
      const common = { outcomes, step, width, top: 20, height: 128 };
      const paintP = bars(ui, { ...common, trait: "p", letter: "P", x: step / 2 - width - 5 });
      const paintQ = bars(ui, { ...common, trait: "q", letter: "Q", x: step / 2 + 5 });
      const readings = ["KL(P‖Q)", "KL(Q‖P)"].map(ui.reading);
      const paintUnit = ui.choice(
        "Unit",
        UNITS,
        () => UNITS.indexOf(model.get("unit")),
        (i) => ui.set("unit", UNITS[i]),
      );
      svg(ui.svg, "line", { x1: 0, x2: 360, y1: 148, y2: 148, class: "klx-axis" });
      const title = label(ui.svg, 0, 206, "", { "text-anchor": "start" });
      svg(ui.svg, "line", { x1: 0, x2: 360, y1: ZERO, y2: ZERO, class: "klx-axis" });
      const terms = outcomes.map((outcome, i) => {
        label(ui.svg, (i + 0.5) * step, 182, outcome);
        return [0, 1].map((k) => {
          const x = (i + 0.5) * step + (k ? 5 : -width - 5);
          const color = k ? "klx-q" : "klx-p";
          return {
            bar: svg(ui.svg, "rect", { x, width, class: color }),
            text: label(ui.svg, x + width / 2, 0, "", { class: `${color} klx-number` }),
          };
        });
      });
      return () => {
        const [p, q, unit] = ["p", "q", "unit"].map((trait) => model.get(trait));
        const base = unit === "bits" ? Math.LN2 : 1;
        const both = [klTerms(p, q), klTerms(q, p)].map((list) => list.map((t) => t / base));
        const kl = [klDivergence(p, q), klDivergence(q, p)];
        const said = kl.map((nats) => `${show(nats / base)} ${unit}`);
        said.forEach((text, k) => readings[k](text));
        paintP(`KL(P‖Q) ${said[0]}`);
        paintQ(`KL(P‖Q) ${said[0]}`);
        paintUnit();
        write(title, `Terms in ${unit}: p log(p/q) below P, q log(q/p) below Q`);
        // The scale changes in steps, so that it stands still under a small pull.
        const finite = both.flat().filter(Number.isFinite);
        const room = Math.min(54 / Math.max(...finite, 0.05), 30 / Math.max(...finite.map((t) => -t), 0.05));
        const scale = 1.5 ** Math.floor(Math.log(room) / Math.log(1.5));
        terms.forEach((pair, i) =>
          pair.forEach(({ bar, text }, k) => {
            const t = both[k][i];
            const size = Number.isFinite(t) ? Math.abs(t) * scale : 58;
            attributes(bar, { y: t < 0 ? ZERO : ZERO - size, height: size });
            attributes(text, { y: t < 0 ? ZERO + size + 12 : ZERO - size - 4 });
            write(text, `${t > 0 ? "+" : ""}${show(t, 3)}`);
          })
        );
        return Math.abs(kl[0] / Math.LN2 - 0.5) <= 0.005 && kl[1] / Math.LN2 < 0.2;
      };
    },
  };
});

export { klDivergence, klTerms };
export default { render };
