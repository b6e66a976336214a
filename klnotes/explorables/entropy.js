// The bars of P are pulled; the entropy is held against log n, its largest value.

import { distribution, entropy, names } from "./kit.js";
import { attributes, bars, explorable, label, short, show, svg, write } from "./kit.js";

const SIXTEENTHS = Array.from({ length: 17 }, (_, i) => i / 16);

const render = explorable((model) => {
  const outcomes = names(model.get("outcomes"), "outcomes");
  distribution(model.get("p"), "p", outcomes.length);
  return {
    traits: ["p"],
    task: "Find a distribution with exactly 1.5 bits.",
    praise: "The letters that occur have surprisals of whole bits, so a code with words of just these lengths costs " +
      "1.5 bits a letter.",
    hint: "Pull the bars, in steps of 1/16. What a bar gains, the next one pays. Below each bar: its surprisal.",
    height: 250,
    build(ui) {
      const step = 360 / outcomes.length;
      const width = Math.min(52, step - 16);
      const paintP = bars(ui, {
        trait: "p",
        outcomes,
        x: (step - width) / 2,
        step,
        width,
        top: 6,
        height: 128,
        stops: SIXTEENTHS,
        places: SIXTEENTHS,
        page: 4,
        digits: 4,
      });
      const surprisals = outcomes.map((outcome, i) => {
        label(ui.svg, (i + 0.5) * step, 166, outcome);
        return label(ui.svg, (i + 0.5) * step, 184, "", { class: "klx-muted klx-number" });
      });
      const most = Math.log2(outcomes.length);
      svg(ui.svg, "rect", { x: 1, y: 212, width: 358, height: 16, class: "klx-track" });
      const meter = svg(ui.svg, "rect", { x: 1, y: 212, height: 16, class: "klx-p" });
      svg(ui.svg, "path", { d: `M${1 + (1.5 / most) * 358} 208v24`, class: "klx-line-ink" });
      label(ui.svg, 1 + (1.5 / most) * 358, 203, "1.5");
      label(ui.svg, 1, 246, "0", { "text-anchor": "start" });
      label(ui.svg, 359, 246, `log n = ${short(most)} bits`, { "text-anchor": "end" });
      const read = ui.reading("H(P)");
      return () => {
        const p = model.get("p");
        const h = entropy(p) / Math.LN2;
        read(`${show(h)} bits`);
        paintP(`H(P) ${show(h)} bits`);
        attributes(meter, { width: (h / most) * 358 });
        surprisals.forEach((text, i) => {
          write(text, p[i] > 0 ? `${short(0 - Math.log2(p[i]), 2)} ${p[i] === 0.5 ? "bit" : "bits"}` : "∞");
        });
        return Math.abs(h - 1.5) < 1e-12;
      };
    },
  };
});

export { entropy };
export default { render };
