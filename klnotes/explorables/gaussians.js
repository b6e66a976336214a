// Two bell curves with a mean and a width to be pulled, their divergences both ways, and W2, which alone has a unit.

import { demand, klTerm } from "./kit.js";
import { attributes, explorable, label, short, show, slide, svg, write } from "./kit.js";

// 1/2 a^2 + 1/2 (r - 1 - ln r), with r - 1 as a product, which does not cancel
function gaussianKl(m0, s0, m1, s1) {
  const shift = (m0 - m1) / s1;
  const z = ((s0 - s1) / s1) * (s0 / s1 + 1);
  return (shift * shift + klTerm(1, (s0 / s1) ** 2, -z)) / 2;
}
const wasserstein2 = (m0, s0, m1, s1) => Math.hypot(m0 - m1, s0 - s1);

const tenths = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => (from + i) / 10);
const [MEANS, WIDTHS] = [tenths(-30, 30), tenths(1, 30)];
const UNITS = ["mm", "µm"];
const END = 4; // of the axis, in millimeters
const FOOT = 140;

const render = explorable((model) => {
  ["first", "second"].forEach((trait) => {
    const bell = model.get(trait);
    const numbers = Array.isArray(bell) && bell.length === 2 && bell.every((x) => typeof x === "number");
    demand(numbers && Math.abs(bell[0]) <= 3 && bell[1] >= 0.1 && bell[1] <= 3, `${trait} is no bell curve`);
  });
  demand(UNITS.includes(model.get("unit")), "no such unit");
  return {
    traits: ["first", "second", "unit"],
    task: "Make KL(P‖Q) larger than 5 nats while KL(Q‖P) stays below 1 nat.",
    praise: "A model that is much too narrow costs like a square, one that is much too wide like a logarithm. " +
      "In the other unit both numbers are the same.",
    hint: "Pull the four dots: the mean and the width (standard deviation) of P and of Q. Then change the unit.",
    height: 352,
    build(ui) {
      const X = (x) => 180 + (x / END) * 168;
      svg(ui.svg, "path", { d: `M12 ${FOOT}h336`, class: "klx-axis" });
      const ticks = [-4, -2, 0, 2, 4].map((x) => ({
        x,
        text: label(ui.svg, X(x), FOOT + 16, " ", { class: "klx-muted" }),
      }));
      const bells = ["first", "second"].map((trait, k) => {
        const letter = "PQ"[k];
        const color = k ? "klx-q" : "klx-p";
        const sliders = ["mean", "width"].map((name, part) => {
          const y = 194 + (2 * k + part) * 44;
          return {
            text: label(ui.svg, 0, y - 18, " ", { "text-anchor": "start", class: color }),
            pull: slide(ui, {
              name: `${letter}, ${name}`,
              y,
              stops: part ? WIDTHS : MEANS,
              get: () => model.get(trait)[part],
              set: (value) => ui.set(trait, model.get(trait).map((x, i) => (i === part ? value : x))),
            }),
            title: `${letter}: ${name}`,
          };
        });
        return { trait, sliders, curve: svg(ui.svg, "path", { class: k ? "klx-line-q" : "klx-line-p" }) };
      });
      const choose = ui.choice("unit", UNITS, () => UNITS.indexOf(model.get("unit")), (i) => ui.set("unit", UNITS[i]));
      const readings = ["KL(P‖Q)", "KL(Q‖P)", "W₂"].map(ui.reading);
      return () => {
        const [p, q] = bells.map(({ trait }) => model.get(trait));
        const factor = model.get("unit") === "mm" ? 1 : 1000;
        const sized = (x, digits) => `${show(x * factor, factor > 1 ? digits - 3 : digits)}\u00a0${model.get("unit")}`;
        const there = gaussianKl(p[0], p[1], q[0], q[1]);
        const back = gaussianKl(q[0], q[1], p[0], p[1]);
        const said = [`${show(there)} nats`, `${show(back)} nats`, sized(wasserstein2(p[0], p[1], q[0], q[1]), 4)];
        said.forEach((text, k) => readings[k](text));
        const high = 122 * Math.min(p[1], q[1]);
        ticks.forEach(({ x, text }) => write(text, short(x * factor).replace("-", "−")));
        bells.forEach(({ trait, sliders, curve }) => {
          const [mean, width] = model.get(trait);
          // Where a narrow bell is, the points are close.
          const points = Array.from({ length: 121 }, (_, i) => mean + width * Math.sinh((i - 60) / 15) / 3)
            .filter((x) => Math.abs(x) <= END);
          const path = [-END, ...points, END].map((x, i) => {
            const y = FOOT - (high / width) * Math.exp(-(((x - mean) / width) ** 2) / 2);
            return `${i ? "L" : "M"}${X(x).toFixed(1)} ${y.toFixed(1)}`;
          });
          attributes(curve, { d: path.join("") });
          sliders.forEach(({ text, pull, title }, part) => {
            const value = model.get(trait)[part];
            const shown = sized(value, 1);
            write(text, `${title} ${shown}`);
            pull(value, shown, `KL(P‖Q) ${said[0]}, KL(Q‖P) ${said[1]}, W₂ ${said[2]}`);
          });
        });
        choose();
        return there > 5 && back < 1;
      };
    },
  };
});

export { gaussianKl, wasserstein2 };
export default { render };
