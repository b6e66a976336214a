// A model and a guess at a hidden cause are pulled; the logarithm of the evidence is split into a bound and a gap.

import { demand, distribution, klDivergence, names, total } from "./kit.js";
import { attributes, bars, explorable, label, short, show, slider, svg, write } from "./kit.js";

/** @type {(q: number[], joint: number[]) => number} */
const lowerBound = (q, joint) => total(q.map((a, i) => (a > 0 ? a * Math.log(joint[i] / a) : 0)));
const gap = (q, joint) => {
  const evidence = total(joint);
  return klDivergence(q, joint.map((b) => b / evidence));
};

const STOPS = Array.from({ length: 100 }, (_, i) => i + 1); // percent
const [TOP, HIGH, FOOT] = [34, 100, 134];
const LOWEST = -2.5;

const render = explorable((model) => {
  const causes = names(model.get("causes"), "causes");
  const prior = distribution(model.get("prior"), "prior", causes.length);
  const sound = (list) => list?.length === causes.length && list.every((x) => STOPS.includes(x));
  demand(
    causes.length < 5 && prior.every((a) => a > 0) && sound(model.get("likelihood")),
    "causes, prior or likelihood are spoiled",
  );
  const jointly = () => prior.map((a, i) => (a * model.get("likelihood")[i]) / 100);
  distribution(model.get("q"), "q", causes.length);
  return {
    traits: ["likelihood", "q"],
    task: "Raise the bound above −1 while the gap is more than 0.2 nats.",
    praise: "The bound is higher than it was, and the guess is further from the posterior. Now close the gap: once " +
      "with the guess, once with the model.",
    hint: "Pull the bars. Left, the model: how probable a late train is, given the cause. Right, the guess; what one " +
      "bar gains the next one pays, and the lines are the posterior.",
    height: 262,
    build(ui) {
      const step = 170 / causes.length;
      const width = Math.min(34, step - 14);
      const left = (i, side) => side * 190 + (i + 0.5) * step - width / 2;
      label(ui.svg, 85, 12, "late, given the cause", { class: "klx-p" });
      label(ui.svg, 275, 12, "guess", { class: "klx-q" });
      const parts = causes.map((cause, i) => {
        [0, 1].forEach((side) => label(ui.svg, left(i, side) + width / 2, 168, cause));
        const x = left(i, 0);
        const reach = Math.max(width, 26);
        const pulled = slider(ui.svg, {
          name: `late, given ${cause}`,
          x: x + (width - reach) / 2,
          y: TOP,
          width: reach,
          height: HIGH,
          below: 18,
          stops: STOPS,
          places: STOPS.map((percent) => percent / 100),
          get: () => model.get("likelihood")[i],
          set(value) {
            const next = [...model.get("likelihood")];
            next[i] = value;
            ui.set("likelihood", next);
          },
        });
        svg(pulled.group, "rect", { x, y: TOP, width, height: HIGH, class: "klx-track" });
        const bar = svg(pulled.group, "rect", { x, width, class: "klx-p" });
        const grip = svg(pulled.group, "rect", { x: x - 2, width: width + 4, height: 5, rx: 2.5, class: "klx-grip" });
        const value = label(pulled.group, x + width / 2, FOOT + 14, "", { class: "klx-p klx-number" });
        return { pulled, bar, grip, value };
      });
      const paintQ = bars(ui, {
        trait: "q",
        outcomes: causes,
        x: left(0, 1),
        step,
        width,
        top: TOP,
        height: HIGH,
      });
      const marks = causes.map(() => svg(ui.svg, "path", { class: "klx-line-p klx-mark" }));
      const X = (nats) => 12 + ((Math.max(nats, LOWEST) - LOWEST) / -LOWEST) * 336;
      svg(ui.svg, "path", { d: "M12 222h336", class: "klx-axis" });
      [-2, -1, 0].forEach((nats) => {
        svg(ui.svg, "path", { d: `M${X(nats)} 218v8`, class: "klx-axis" });
        label(ui.svg, X(nats), 244, show(nats, 0), { class: "klx-muted" });
      });
      const between = svg(ui.svg, "rect", { y: 216, height: 12, class: "klx-r", "fill-opacity": 0.6 });
      const dots = ["klx-q", "klx-p"].map((color) => svg(ui.svg, "circle", { cy: 222, r: 6, class: color }));
      const tags = ["end", "start"].map((anchor, k) =>
        label(ui.svg, 0, 206, k ? "ln p(x)" : "bound", { "text-anchor": anchor, class: k ? "klx-p" : "klx-q" })
      );
      const read = ["bound", "gap", "ln p(x)"].map(ui.reading);
      ui.button("Guess the posterior", () => {
        const joint = jointly();
        ui.set("q", joint.map((b) => b / total(joint)));
      });
      return () => {
        const [joint, q] = [jointly(), model.get("q")];
        const evidence = total(joint);
        const numbers = [lowerBound(q, joint), gap(q, joint), Math.log(evidence)];
        const said = numbers.map((x) => `${show(x)} nats`);
        said.forEach((text, k) => read[k](text));
        const told = `bound ${said[0]}, gap ${said[1]}`;
        paintQ(told);
        parts.forEach((part, i) => {
          const value = model.get("likelihood")[i] / 100;
          attributes(part.bar, { y: FOOT - value * HIGH, height: value * HIGH });
          attributes(part.grip, { y: FOOT - value * HIGH - 2.5 });
          write(part.value, short(value));
          part.pulled.tell(short(value), told);
          attributes(marks[i], { d: `M${left(i, 1) - 5} ${FOOT - (joint[i] / evidence) * HIGH}h${width + 10}` });
        });
        const [low, high] = [X(numbers[0]), X(numbers[2])];
        attributes(between, { x: low, width: Math.max(high - low, 0) });
        [low, high].forEach((x, k) => attributes(dots[k], { cx: x }));
        attributes(tags[0], { x: Math.max(low - 1, 44) });
        attributes(tags[1], { x: Math.min(Math.max(high + 1, 49), 305) });
        return numbers[0] > -1 && numbers[1] > 0.2;
      };
    },
  };
});

export { gap, lowerBound };
export default { render };
