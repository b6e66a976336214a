// Old counts, new shares, and what is added to each count: the number that is reported follows what is added.

import { demand, distribution, klDivergence, names, total } from "./kit.js";
import { attributes, bars, explorable, label, show, slide, slider, svg, write } from "./kit.js";

function additiveSmoothing(counts, alpha) {
  const raised = counts.map((count) => count + alpha);
  return raised.map((x) => x / total(raised));
}
const reported = (p, counts, alpha) => klDivergence(p, additiveSmoothing(counts, alpha));

const MOST = 120;
// The slider goes over powers of ten; its lowest stop stands for α = 0.
const [NOTHING, LEAST] = [-13, -12];
const EXPONENTS = [NOTHING, ...Array.from({ length: 141 }, (_, i) => LEAST + i / 10)];
const alphaOf = (exponent) => (exponent === NOTHING ? 0 : 10 ** exponent);
const exponentOf = (alpha) => (alpha > 0 ? Math.max(Math.round(Math.log10(alpha) * 10) / 10, LEAST) : NOTHING);
function power(x) {
  if (x === 0 || x >= 0.001) return String(+x.toPrecision(3));
  const [digits, exponent] = x.toExponential(1).split("e");
  return `${digits}·10${exponent.replace("-", "⁻").replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d])}`;
}

const render = explorable((model) => {
  const outcomes = names(model.get("outcomes"), "outcomes");
  const k = outcomes.length;
  const [counts, alpha] = ["counts", "alpha"].map((trait) => model.get(trait));
  const sound = counts?.length === k && counts.every((n) => Number.isInteger(n) && n >= 0 && n <= MOST) &&
    total(counts) > 0 && alpha >= 0 && Math.abs(alphaOf(exponentOf(alpha)) - alpha) <= 1e-9 * alpha && alpha < 101;
  demand(sound, "counts or alpha are spoiled");
  distribution(model.get("p"), "p", k);
  return {
    traits: ["counts", "p", "alpha"],
    task: "Move the dot only. Find the smallest number that these logs can report; then report one that is a " +
      "hundred times as large.",
    praise: "The same two logs, a hundred times as far apart. The number was the choice of α.",
    hint: "Pull the dot: α is added to each count. Pull the counts of last month and the shares of this week, too.",
    height: 336,
    build(ui) {
      const step = 348 / k;
      const [top, high] = [20, 84];
      const columns = outcomes.map((outcome, i) => {
        const left = 6 + i * step + step / 2 - 36;
        label(ui.svg, left + 36, 136, outcome);
        const pulled = slider(ui.svg, {
          name: `count, ${outcome}`,
          x: left,
          y: top,
          width: 32,
          height: high,
          below: 18,
          stops: Array.from({ length: MOST + 1 }, (_, n) => n),
          get: () => model.get("counts")[i],
          set(count) {
            const next = [...model.get("counts")];
            next[i] = count;
            if (total(next) > 0) ui.set("counts", next);
          },
        });
        svg(pulled.group, "rect", { x: left + 2, y: top, width: 28, height: high, class: "klx-track" });
        const bar = svg(pulled.group, "rect", { x: left + 2, width: 28, class: "klx-q" });
        const grip = svg(pulled.group, "rect", { x: left, width: 32, height: 5, rx: 2.5, class: "klx-grip" });
        const text = label(pulled.group, left + 16, top + high + 14, "", { class: "klx-q klx-number" });
        label(ui.svg, left + 16, 12, "count", { class: "klx-q" });
        label(ui.svg, left + 56, 12, "share", { class: "klx-p" });
        return { pulled, bar, grip, text };
      });
      const paintShares = bars(ui, {
        trait: "p",
        outcomes,
        x: 6 + step / 2 + 6,
        step,
        width: 28,
        top,
        height: high,
      });
      // The curve of what is reported, over the powers of ten.
      const X = (exponent) => 12 + ((exponent - NOTHING) / (2 - NOTHING)) * 336;
      const [roof, floor] = [166, 274];
      label(ui.svg, 0, 158, "KL(P‖Q) in nats", { "text-anchor": "start", class: "klx-muted" });
      svg(ui.svg, "path", { d: `M12 ${floor}h336`, class: "klx-axis" });
      const TICKS = [[NOTHING, "0"], [-9, "10⁻⁹"], [-6, "10⁻⁶"], [-3, "10⁻³"], [0, "α = 1"], [2, "100"]];
      TICKS.forEach(([e, text]) => label(ui.svg, X(e), 330, text, { class: "klx-muted" }));
      const line = svg(ui.svg, "path", { class: "klx-line-r" });
      const most = label(ui.svg, 358, 158, "", { "text-anchor": "end", class: "klx-muted klx-number" });
      const dot = svg(ui.svg, "circle", { r: 5, class: "klx-r" });
      const pull = slide(ui, {
        name: "α, added to each count",
        y: 300,
        stops: EXPONENTS,
        page: 10,
        get: () => exponentOf(model.get("alpha")),
        set: (exponent) => ui.set("alpha", alphaOf(exponent)),
      });
      const readings = ["α", "ε = α/n", "λ", "KL(P‖Q)"].map(ui.reading);
      let [drawn, least, ceiling, found] = ["", 0, 1, false];
      ui.reset = () => found = false;
      return () => {
        const [counts, p, alpha] = ["counts", "p", "alpha"].map((trait) => model.get(trait));
        const key = JSON.stringify([counts, p]);
        if (key !== drawn) {
          drawn = key;
          found = false;
          const curve = EXPONENTS.slice(1).map((e) => reported(p, counts, alphaOf(e)));
          least = Math.min(...curve);
          ceiling = Math.max(...curve, 0.01);
          const points = curve.map((nats, i) =>
            `${X(EXPONENTS[i + 1]).toFixed(1)} ${(floor - nats / ceiling * (floor - roof)).toFixed(1)}`
          );
          attributes(line, { d: `M${points.join("L")}` });
          write(most, `up to ${show(ceiling, 3)}`);
        }
        const n = total(counts);
        const nats = reported(p, counts, alpha);
        const said = [power(alpha), power(alpha / n), power(k * alpha / (n + k * alpha)), `${show(nats)} nats`];
        said.forEach((text, i) => readings[i](text));
        pull(exponentOf(alpha), `α ${said[0]}`, `reported ${said[3]}`);
        columns.forEach(({ pulled, bar, grip, text }, i) => {
          const height = counts[i] / MOST * high;
          attributes(bar, { y: top + high - height, height });
          attributes(grip, { y: top + high - height - 2.5 });
          write(text, counts[i]);
          pulled.tell(`${counts[i]} of ${n}`, `reported ${said[3]}`);
        });
        paintShares(`reported ${said[3]}`);
        const infinite = nats === Infinity;
        attributes(dot, {
          cx: X(exponentOf(alpha)),
          cy: infinite ? roof - 4 : floor - Math.min(nats / ceiling, 1) * (floor - roof),
        });
        if (nats <= least * (1 + 1e-9)) found = true;
        return found && !infinite && nats >= 100 * least;
      };
    },
  };
});

export { additiveSmoothing, reported };
export default { render };
