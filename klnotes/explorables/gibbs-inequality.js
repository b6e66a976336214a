// The curve -ln x, its tangent, and the gaps between them at the ratios q/p. Weighted with p, they add up to KL(P‖Q).

import { demand, distribution, klDivergence, klTerm, names } from "./kit.js";
import { attributes, bars, explorable, label, show, svg, write } from "./kit.js";

const TOP = 8; // of the plot, whose y goes from 2.4 down to -2.2
const HIGH = 172;

const render = explorable((model) => {
  const outcomes = names(model.get("outcomes"), "outcomes");
  const p = distribution(model.get("p"), "p", outcomes.length);
  distribution(model.get("q"), "q", outcomes.length);
  demand(p.every((a) => a > 0), "p has a zero");
  return {
    traits: ["q"],
    task: "Bring the slack down to 0. Then try to get below.",
    praise: "Only Q = P closes every gap, and no gap can be less than closed.",
    hint: "Pull the bars of Q; the lines across them are P. What a bar gains, the next one pays. " +
      "Each stroke in the plot is a gap.",
    height: 384,
    build(ui) {
      const right = 3.2;
      const X = (x) => (x / right) * 360;
      const Y = (y) => TOP + ((2.4 - Math.min(Math.max(y, -2.2), 2.4)) / 4.6) * HIGH;
      const path = (f) =>
        Array.from({ length: 81 }, (_, i) => {
          const x = 0.09 + (i / 80) * (right - 0.09);
          return `${i ? "L" : "M"}${X(x).toFixed(1)} ${Y(f(x)).toFixed(1)}`;
        }).join("");
      svg(ui.svg, "path", { d: path((x) => -Math.log(x)), class: "klx-line-p" });
      svg(ui.svg, "path", { d: `M0 ${Y(1)}L360 ${Y(1 - right)}`, class: "klx-line-q" });
      label(ui.svg, X(0.3), Y(1.9), "−ln x", { class: "klx-p", "text-anchor": "start" });
      label(ui.svg, X(2.3), Y(-1.9), "1 − x", { class: "klx-q" });
      svg(ui.svg, "path", { d: `M0 ${Y(-2.2)}H360`, class: "klx-axis" });
      [1, 2, 3].forEach((x) => label(ui.svg, X(x), 194, x, { class: "klx-muted" }));
      label(ui.svg, 0, 194, "x = q/p", { "text-anchor": "start", class: "klx-muted" });
      const marks = outcomes.map(() => ({
        gap: svg(ui.svg, "path", { class: "klx-line-ink" }),
        dot: svg(ui.svg, "circle", { r: 4, class: "klx-grip" }),
        text: label(ui.svg, 0, 0, ""),
      }));
      const title = label(ui.svg, 0, 218, "", { "text-anchor": "start" });
      svg(ui.svg, "rect", { x: 0, y: 224, width: 360, height: 16, class: "klx-track" });
      const parts = outcomes.map((_, i) =>
        svg(ui.svg, "rect", { y: 224, height: 16, class: "klx-r", "fill-opacity": 1 - 0.22 * (i % 3) })
      );
      const step = 360 / outcomes.length;
      const width = Math.min(52, step - 16);
      const paintQ = bars(ui, { trait: "q", outcomes, x: (step - width) / 2, step, width, top: 254, height: 90 });
      outcomes.forEach((outcome, i) => {
        const y = 344 - p[i] * 90;
        svg(ui.svg, "path", {
          d: `M${(i + 0.5) * step - width / 2 - 7} ${y}h${width + 14}`,
          class: "klx-line-p klx-mark",
        });
        label(ui.svg, (i + 0.5) * step, 376, outcome);
      });
      const read = ui.reading("slack = KL(P‖Q)");
      return () => {
        const q = model.get("q");
        const slacks = p.map((a, i) => klTerm(a, q[i]));
        const kl = klDivergence(p, q);
        read(`${show(kl)} nats`);
        paintQ(`slack ${show(kl)} nats`);
        // Steps, as a scale that follows every pull would hide that the slack grows.
        const scale = [0.05, 0.2, 1, 5].find((most) => kl <= most) ?? Infinity;
        write(
          title,
          Number.isFinite(scale)
            ? `p times gap, outcome by outcome (full width: ${scale} nats)`
            : "One gap is infinite: q = 0 where p > 0",
        );
        let x = 0;
        slacks.forEach((slack, i) => {
          const long = Number.isFinite(scale) ? (slack / scale) * 360 : slack === Infinity ? 360 : 0;
          attributes(parts[i], { x, width: long });
          x += long;
          const ratio = q[i] / p[i];
          const at = X(Math.min(ratio, right - 0.05));
          const { gap, dot, text } = marks[i];
          attributes(gap, { d: `M${at} ${Y(1 - ratio)}V${Y(-Math.log(ratio))}` });
          attributes(dot, { cx: at, cy: Y(-Math.log(ratio)) });
          // Names in turn above the curve, to the right, and below the tangent, to the left: there is room.
          const rank = q.filter((b, k) => b / p[k] < ratio || (b / p[k] === ratio && k < i)).length;
          const above = rank % 2 === 0;
          attributes(text, {
            x: above ? at + 5 : at - 5,
            y: Y(-Math.log(ratio)) + (above ? -7 - 13 * Math.floor(rank / 2) : 16 + 13 * Math.floor(rank / 2)),
            "text-anchor": (above && at < 320) || at < 60 ? "start" : "end",
          });
          write(text, outcomes[i]);
        });
        return kl < 1e-15;
      };
    },
  };
});

export { klDivergence, klTerm };
export default { render };
