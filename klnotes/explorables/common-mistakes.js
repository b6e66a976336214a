// The bars of P and Q are pulled; what ten wrong functions make of them moves along a line, beside the right number.

import { crossEntropy, distribution, entropy, klDivergence, klTerms, names, total } from "./kit.js";
import { attributes, bars, explorable, label, show, svg, write } from "./kit.js";

const SLIPS = [
  "swapped",
  "in bits",
  "mean",
  "absolute values",
  "square root",
  "two entropies",
  "cross-entropy",
  "no weights",
  "not log-space",
  "softmax again",
];
function softmax(p) {
  const raised = p.map(Math.exp);
  return raised.map((x) => x / total(raised));
}
function slips(p, q) {
  const right = klDivergence(p, q);
  return [
    klDivergence(q, p),
    right / Math.LN2,
    right / p.length,
    total(klTerms(p, q).map(Math.abs)),
    Math.sqrt(right),
    entropy(q) - entropy(p),
    crossEntropy(p, q),
    total(p.map((a, i) => Math.log(a) - Math.log(q[i]))),
    -entropy(p) - total(p.map((a, i) => a * q[i])),
    klDivergence(softmax(p), softmax(q)),
  ];
}

const [TOP, STEP] = [182, 19]; // where the rows begin, and how far they are apart
const [LEFT, RIGHT, LOW, HIGH] = [96, 284, -1.5, 1.5]; // the line, in pixels and in nats
const X = (value) => LEFT + (Math.min(Math.max(value, LOW), HIGH) - LOW) / (HIGH - LOW) * (RIGHT - LEFT);

const render = explorable((model) => {
  const outcomes = names(model.get("outcomes"), "outcomes");
  distribution(model.get("p"), "p", outcomes.length);
  distribution(model.get("q"), "q", outcomes.length);
  return {
    traits: ["p", "q"],
    task: "Hide the swap: the same four digits in both orders, with P and Q at least 0.10 nats apart.",
    praise: "If exchanging two bars turns P into Q, the same exchange turns Q into P, and nobody sees a swap.",
    hint: "Pull the bars. What a bar gains, the next one pays. Rows with a mark would pass for the right number.",
    height: TOP + STEP * SLIPS.length + 22,
    build(ui) {
      const step = 360 / outcomes.length;
      const width = Math.min(36, step / 2 - 12);
      const common = { outcomes, step, width, top: 20, height: 96 };
      const paintP = bars(ui, { ...common, trait: "p", letter: "P", x: step / 2 - width - 5 });
      const paintQ = bars(ui, { ...common, trait: "q", letter: "Q", x: step / 2 + 5 });
      outcomes.forEach((outcome, i) => label(ui.svg, (i + 0.5) * step, 150, outcome));
      const readings = ["KL(P‖Q)", "rows that pass"].map(ui.reading);
      const foot = TOP + STEP * SLIPS.length;
      const truth = svg(ui.svg, "path", { class: "klx-line-p" });
      svg(ui.svg, "path", { d: `M${X(0)} ${TOP - 6}V${foot}`, class: "klx-axis" });
      [[LOW, "−1.5"], [0, "0"], [HIGH, "1.5 nats"]].forEach(([value, text]) =>
        label(ui.svg, X(value), foot + 14, text, { class: "klx-muted" })
      );
      const rows = SLIPS.map((name, i) => {
        const y = TOP + STEP * (i + 0.5);
        label(ui.svg, 0, y + 4, name, { "text-anchor": "start" });
        return {
          dot: svg(ui.svg, "circle", { cy: y, r: 5, class: "klx-q" }),
          text: label(ui.svg, 342, y + 4, "", { "text-anchor": "end", class: "klx-number" }),
          mark: label(ui.svg, 352, y + 4, ""),
        };
      });
      return () => {
        const [p, q] = ["p", "q"].map((trait) => model.get(trait));
        const right = klDivergence(p, q);
        const values = slips(p, q);
        const alike = values.map((value) => show(value) === show(right));
        const passing = alike.filter(Boolean).length;
        const said = `KL(P‖Q) ${show(right)} nats, swapped ${show(values[0])}`;
        readings[0](`${show(right)} nats`);
        readings[1](String(passing));
        paintP(said);
        paintQ(said);
        attributes(truth, { d: `M${X(right).toFixed(1)} ${TOP - 6}V${foot}` });
        rows.forEach(({ dot, text, mark }, i) => {
          attributes(dot, { cx: X(Number.isNaN(values[i]) ? LOW : values[i]).toFixed(1) });
          write(text, show(values[i]));
          write(mark, alike[i] ? "✓" : "");
        });
        return alike[0] && Number.isFinite(right) && right >= 0.1;
      };
    },
  };
});

export { slips };
export default { render };
