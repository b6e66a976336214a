// Two distributions are pulled apart; what KL, JS, total variation, Hellinger and W₁ say of it moves along.

import { demand, klDivergence, klTerms, total } from "./kit.js";
import { attributes, explorable, label, short, show, slide, svg } from "./kit.js";

const WIDTH = 3; // of a box
const STOPS = Array.from({ length: 71 }, (_, i) => i / 10);
const FARTHEST = 7;

// On this grid the sums are the integrals, to the last digits.
function bells(m) {
  const x = Array.from({ length: 288 + Math.ceil(m * 16) }, (_, i) => i / 16 - 9);
  const density = (at) => {
    const weights = x.map((a) => Math.exp(-((a - at) ** 2) / 2));
    const sum = total(weights);
    return weights.map((weight) => weight / sum);
  };
  const [p, q] = [density(0), density(m)];
  return { x, p, q, middle: p.map((a, i) => (a + q[i]) / 2) };
}
function bellJs(m) {
  const { p, q, middle } = bells(m);
  return (klDivergence(p, middle) + klDivergence(q, middle)) / 2;
}
function bellSlope(m) {
  const { x, q, middle } = bells(m);
  return total(klTerms(q, middle).map((term, i) => term * (x[i] - m))) / 2;
}
// The error function at m/√8, by a series whose terms are all positive.
function bellTv(m) {
  const x = m / Math.sqrt(8);
  let [term, sum] = [x, x];
  for (let k = 3; k < 200; k += 2) sum += term *= (2 * x * x) / k;
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
const bellHellinger = (m) => Math.sqrt(-Math.expm1((-m * m) / 8));
const apart = (m) => Math.min(m / WIDTH, 1);

// For bells and for boxes: KL, JS, TV, Hellinger, W₁, and the slope of JS.
const SHAPES = [
  (m) => [m * m / 2, bellJs(m), bellTv(m), bellHellinger(m), m, bellSlope(m)],
  (m) => [m ? Infinity : 0, apart(m) * Math.LN2, apart(m), Math.sqrt(apart(m)), m, m < WIDTH ? Math.LN2 / WIDTH : 0],
];
const NAMES = ["KL", "JS", "TV", "Hellinger", "W₁"];
const CLASSES = ["q", "p", "ink", "ink", "r"];
// Where each name stands beside its curve: distance and height.
const PLACES = [
  [[2.05, 1.42], [5.2, 0.58], [2.75, 0.94], [2.75, 0.6], [1.05, 1.42]],
  [[0.35, 1.2], [5.2, 0.58], [2.1, 0.56], [1.15, 0.82], [1.05, 1.42]],
];

const render = explorable((model) => {
  const sound = () => [0, 1].includes(model.get("shape")) && model.get("distance") >= 0;
  demand(sound() && model.get("distance") <= FARTHEST, "shape or distance are spoiled");
  const tables = SHAPES.map((measured) => STOPS.map(measured));
  return {
    traits: ["distance", "shape"],
    task: "Find the distance of the two bells at which the slope of JS is largest.",
    praise: "Here a step counts most. Nearer, JS is flat as at the bottom of a bowl; farther, it is near its ceiling.",
    hint: "Pull the dot. JS and KL are in nats, W₁ in the unit of x, TV and Hellinger have none. " +
      "The dotted blue line is the ceiling of JS, ln 2.",
    height: 330,
    build(ui) {
      const X = (x) => 12 + ((x + 3) / 13) * 336;
      const shapes = ["p", "q"].map((name) => svg(ui.svg, "path", { class: `klx-line-${name}` }));
      svg(ui.svg, "path", { d: "M12 84h336", class: "klx-axis" });
      const A = (m) => 12 + (m / FARTHEST) * 336;
      const Y = (value) => 266 - value * 108;
      [0, 0.5, 1, 1.5].forEach((value) => {
        svg(ui.svg, "path", { d: `M12 ${Y(value)}h336`, class: "klx-axis" });
        label(ui.svg, 358, Y(value) - 3, short(value), { "text-anchor": "end", class: "klx-muted" });
      });
      svg(ui.svg, "path", { d: `M12 ${Y(Math.LN2)}h336`, class: "klx-line-p klx-mark", "stroke-dasharray": "2 4" });
      const curves = NAMES.map((name, k) => ({
        line: svg(ui.svg, "path", {
          class: `klx-line-${CLASSES[k]}`,
          ...(k === 2 ? { "stroke-dasharray": "1 3" } : {}),
        }),
        text: label(ui.svg, 0, 0, name, { class: k === 2 || k === 3 ? "" : `klx-${CLASSES[k]}` }),
        dot: svg(ui.svg, "circle", { r: 4.5, class: k === 2 || k === 3 ? "klx-grip" : `klx-${CLASSES[k]}` }),
      }));
      const stroke = svg(ui.svg, "path", { class: "klx-axis" });
      const pull = slide(ui, {
        name: "distance",
        y: 294,
        stops: STOPS,
        get: () => model.get("distance"),
        set: (distance) => ui.set("distance", distance),
      });
      [0, 2, 4, 6].forEach((m) =>
        label(ui.svg, A(m), 326, m ? m : "distance 0", {
          class: "klx-muted",
          ...(m ? {} : { "text-anchor": "start", x: 0 }),
        })
      );
      const paintShape = ui.choice("Shape", ["bells", "boxes"], () => model.get("shape"), (i) => ui.set("shape", i));
      const readings = ["distance", ...NAMES, "slope of JS"].map(ui.reading);
      const bell = Array.from({ length: 25 }, (_, i) => {
        const x = i / 4 - 3;
        return `${i ? "L" : "M"}${X(x).toFixed(1)} ${(84 - 70 * Math.exp(-(x ** 2) / 2)).toFixed(1)}`;
      }).join("");
      const outlines = [bell, `M${X(-WIDTH / 2)} 84V38H${X(WIDTH / 2)}V84`];
      let drawn = -1;
      return () => {
        const [shape, m] = [model.get("shape"), model.get("distance")];
        if (drawn !== shape) {
          const table = tables[shape];
          shapes.forEach((path) => attributes(path, { d: outlines[shape] }));
          curves.forEach(({ line, text }, k) => {
            // What is above the frame is cut off where it leaves it.
            const points = STOPS.map((at, i) => [at, table[i][k]]).filter(([, value]) => value <= 1.5);
            const rest = shape && !k ? `M${A(0)} ${Y(0)}V${Y(1.5)}` : "";
            attributes(line, {
              d: rest || points.map(([at, value], i) => `${i ? "L" : "M"}${A(at).toFixed(1)} ${Y(value).toFixed(1)}`)
                .join(""),
            });
            attributes(text, { x: A(PLACES[shape][k][0]), y: Y(PLACES[shape][k][1]) + 4 });
          });
          drawn = shape;
        }
        const values = STOPS.includes(m) ? tables[shape][STOPS.indexOf(m)] : SHAPES[shape](m);
        const [kl, js, tv, hellinger, way, slope] = values;
        const said = [
          short(m),
          `${show(kl)} nats`,
          `${show(js)} nats`,
          show(tv),
          show(hellinger),
          show(way, 1),
          show(slope),
        ];
        said.forEach((text, k) => readings[k](text));
        paintShape();
        pull(m, said[0], `JS ${said[2]}, slope ${said[6]}, KL ${said[1]}`);
        attributes(shapes[1], { transform: `translate(${X(m) - X(0)} 0)` });
        attributes(stroke, { d: `M${A(m)} ${Y(0)}V${Y(1.5)}` });
        curves.forEach(({ dot }, k) =>
          attributes(dot, { cx: A(m), cy: Y(Math.min(values[k], 1.5)), "fill-opacity": values[k] > 1.5 ? 0.3 : 1 })
        );
        return shape === 0 && Math.abs(m - 1.636) < 0.1;
      };
    },
  };
});

export { bellHellinger, bellJs, bellSlope, bellTv };
export default { render };
