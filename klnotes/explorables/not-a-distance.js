// From one coin to another by way of a third: what the detour costs, for every stop, and what the direct way.

import { demand, klTerm } from "./kit.js";
import { attributes, explorable, label, short, show, slide, svg, write } from "./kit.js";

const MEASURES = ["KL", "Jeffreys", "√KL", "TV"];
const NATS = [" nats", " nats", "", ""];
const STOPS = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
const COINS = ["start", "stop", "goal"];

const kl = (p, q) => klTerm(p, q) + klTerm(1 - p, 1 - q, q - p);
function far(measure, p, q) {
  if (measure === "TV") return Math.abs(p - q);
  if (measure === "Jeffreys") return kl(p, q) + kl(q, p);
  return measure === "KL" ? kl(p, q) : Math.sqrt(kl(p, q));
}

const render = explorable((model) => {
  const sound = COINS.every((coin) => model.get(coin) >= 0.01 && model.get(coin) <= 0.99);
  demand(sound && MEASURES.includes(model.get("measure")), "a coin or the measure is spoiled");
  return {
    traits: ["measure", ...COINS],
    task: "With the root √KL the detour costs more, at first. Find coins for which it saves 0.10 or more.",
    praise:
      "So the root is no distance either. Near the edge a small step changes one ratio a lot: go there in two steps.",
    hint: "Choose √KL, then pull the three dots. With TV, a distance, the curve never runs below the line.",
    height: 336,
    build(ui) {
      const [foot, high] = [186, 160];
      const X = (p) => 12 + ((p - 0.01) / 0.98) * 336;
      label(ui.svg, 12, 14, "cost of the detour, for each stop", { "text-anchor": "start", class: "klx-p" });
      svg(ui.svg, "path", { d: `M12 ${foot}h336`, class: "klx-axis" });
      const level = svg(ui.svg, "path", { class: "klx-line-q" });
      const curve = svg(ui.svg, "path", { class: "klx-line-p" });
      const stroke = svg(ui.svg, "path", { class: "klx-line-r" });
      const dot = svg(ui.svg, "circle", { r: 5, class: "klx-r" });
      const direct = label(ui.svg, 348, 14, "direct", { "text-anchor": "end", class: "klx-q" });
      const pulls = COINS.map((coin, k) => {
        label(ui.svg, 12, 210 + 46 * k, ["from", "by way of", "to"][k], { "text-anchor": "start" });
        return {
          number: label(ui.svg, 348, 210 + 46 * k, "", { "text-anchor": "end", class: "klx-number" }),
          pull: slide(ui, {
            name: ["from coin", "by way of coin", "to coin"][k],
            y: 228 + 46 * k,
            stops: STOPS,
            get: () => model.get(coin),
            set: (p) => ui.set(coin, p),
          }),
        };
      });
      const readings = ["direct", "detour", "saved"].map(ui.reading);
      const paintMeasure = ui.choice(
        "Measure",
        MEASURES,
        () => MEASURES.indexOf(model.get("measure")),
        (i) => ui.set("measure", MEASURES[i]),
      );
      return () => {
        const [start, stop, goal, measure] = [...COINS, "measure"].map((trait) => model.get(trait));
        const by = (r) => far(measure, start, r) + far(measure, r, goal);
        const straight = far(measure, start, goal);
        const [detour, unit] = [by(stop), NATS[MEASURES.indexOf(measure)]];
        // The scale changes in steps, so that it stands still under a small pull.
        const most = 1.5 ** Math.ceil(Math.log(Math.max(straight, detour, 0.05) * 1.2) / Math.log(1.5));
        const Y = (cost) => foot - Math.min(cost / most, 1) * high;
        // What would leave the picture at the top is not drawn.
        let [d, last] = ["", -1];
        for (const r of STOPS) {
          const cost = by(r);
          if (cost > most) continue;
          d += `${r - last < 0.015 ? "L" : "M"}${short(X(r), 1)} ${short(Y(cost), 1)}`;
          last = r;
        }
        attributes(curve, { d });
        attributes(level, { d: `M12 ${Y(straight)}h336` });
        attributes(direct, { y: Math.max(Y(straight) - 5, 30) });
        attributes(stroke, { d: `M${X(stop)} ${Y(straight)}V${Y(detour)}` });
        attributes(dot, { cx: X(stop), cy: Y(detour) });
        const numbers = [straight, detour, straight - detour].map((x) => show(x) + unit);
        numbers.forEach((text, k) => readings[k](text));
        paintMeasure();
        COINS.forEach((coin, k) => {
          write(pulls[k].number, short(model.get(coin)));
          pulls[k].pull(model.get(coin), short(model.get(coin)), `direct ${numbers[0]}, detour ${numbers[1]}`);
        });
        return measure === "√KL" && straight - detour >= 0.1;
      };
    },
  };
});

export { far };
export default { render };
