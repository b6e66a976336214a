// Bikes along a road: where they stand, where they are wanted, and the plan from left to right between the two.

import { demand, distribution, klDivergence, total } from "./kit.js";
import { attributes, bars, explorable, label, short, show, svg } from "./kit.js";

// What is carried from each station to each: [from, to, share], from left to right.
function plan(p, q) {
  const trips = [];
  let [i, j, left, wanted] = [0, 0, p[0], q[0]];
  while (i < p.length && j < q.length) {
    const share = Math.min(left, wanted);
    if (share > 1e-12) trips.push([i, j, share]);
    [left, wanted] = [left - share, wanted - share];
    // What rounding leaves over is not carried.
    if (left <= 1e-12) left = p[++i];
    if (wanted <= 1e-12) wanted = q[++j];
  }
  return trips;
}
function wasserstein(p, q) {
  let passing = 0;
  return total(p.map((a, k) => k + 1 < p.length ? Math.abs(passing += a - q[k]) : 0));
}
const squares = (p, q) => Math.sqrt(total(plan(p, q).map(([i, j, share]) => share * (i - j) ** 2)));
const mean = (p) => total(p.map((a, k) => a * k));

const STATIONS = ["0 km", "1 km", "2 km", "3 km", "4 km"];
const [FIRST, STEP, WIDTH] = [14, 70, 52];

const render = explorable((model) => {
  const [p, q] = ["p", "q"].map((trait) => distribution(model.get(trait), trait, 5));
  demand(p && q, "p or q is spoiled");
  return {
    traits: ["p", "q"],
    task: "Give both sides the same mean, while W₁ is 1 km or more.",
    praise: "A linear critic sees the two means only, and would ask for nothing. The road sees more.",
    hint: "Pull the bars. What one gains its neighbors to the right pay. Below, where the bikes are wanted.",
    height: 330,
    build(ui) {
      const ribbons = STATIONS.flatMap(() => [0, 1]).map(() =>
        svg(ui.svg, "path", { class: "klx-r", "fill-opacity": 0.45 })
      );
      const side = (trait, top) =>
        bars(ui, {
          trait,
          letter: trait.toUpperCase(),
          outcomes: STATIONS,
          x: FIRST,
          step: STEP,
          width: WIDTH,
          top,
          height: 76,
        });
      const paintSides = [side("p", 20), side("q", 216)];
      STATIONS.forEach((text, k) => label(ui.svg, FIRST + k * STEP + WIDTH / 2, 324, text));
      const readings = ["W₁", "W₂", "means apart", "KL(P‖Q)"].map(ui.reading);
      return () => {
        const [p, q] = [model.get("p"), model.get("q")];
        const [gone, come] = [p.map(() => 0), q.map(() => 0)];
        const trips = plan(p, q);
        ribbons.forEach((ribbon, k) => {
          if (k >= trips.length) return attributes(ribbon, { d: "" });
          const [i, j, share] = trips[k];
          const [from, to] = [FIRST + i * STEP + gone[i], FIRST + j * STEP + come[j]];
          const wide = share * WIDTH;
          gone[i] += wide;
          come[j] += wide;
          const [x, y, z, w] = [from, from + wide, to + wide, to].map((place) => short(place, 1));
          attributes(ribbon, {
            d: `M${x} 118H${y}C${y} 160 ${z} 160 ${z} 198H${w}C${w} 160 ${x} 160 ${x} 118`,
          });
        });
        const [w1, gap] = [wasserstein(p, q), Math.abs(mean(p) - mean(q))];
        const numbers = [w1, squares(p, q), gap].map((x) => `${show(x)} km`);
        numbers.push(`${show(klDivergence(p, q))} nats`);
        numbers.forEach((text, k) => readings[k](text));
        paintSides.forEach((paint) => paint(`W₁ ${numbers[0]}, means ${numbers[2]} apart, KL ${numbers[3]}`));
        return gap < 1e-9 && w1 > 1 - 1e-9;
      };
    },
  };
});

export { squares, wasserstein };
export default { render };
