// A coin's parameter slides; the likelihood and the divergence leave a trail, one a constant above the other.

import { crossEntropy, demand, klTerm, names, total } from "./kit.js";
import { attributes, explorable, label, short, show, slide, svg, write } from "./kit.js";

const shareOf = (counts) => counts[0] / total(counts);
function coinKl(counts, theta) {
  const share = shareOf(counts);
  return klTerm(share, theta) + klTerm(1 - share, 1 - theta, theta - share);
}
const coinNll = (counts, theta) => crossEntropy(counts.map((n) => n / total(counts)), [theta, 1 - theta]);

const render = explorable((model) => {
  const [outcomes, counts] = ["outcomes", "counts"].map((trait) => model.get(trait));
  names(outcomes, "outcomes");
  const whole = (n) => Number.isInteger(n) && n > 0;
  const sound = counts?.length === 2 && counts.every(whole) && model.get("theta") >= 0 && model.get("theta") <= 1;
  demand(sound, "counts or theta are spoiled");
  const share = shareOf(counts);
  const [n, first] = [counts[0], outcomes[0]];
  return {
    traits: ["theta"],
    task: "Find the most likely θ before you press the button.",
    praise: `The NLL is lowest where the KL is 0: at the share ${n}/${total(counts)} = ${share.toFixed(4)} itself, ` +
      "to the nearest step.",
    hint: `${n} ${first}, ${counts[1]} ${outcomes[1]}. Pull the dot: θ is the model's probability of ${first}. ` +
      "Every place you try leaves a trail.",
    height: 250,
    build(ui) {
      const STEPS = Array.from({ length: 201 }, (_, i) => i / 200);
      const X = (theta) => 12 + theta * 336;
      const Y = (nats) => 190 - Math.min(nats, 1.8) * 100;
      const curves = [(theta) => coinNll(counts, theta), (theta) => coinKl(counts, theta)];
      [0, 0.5, 1, 1.5].forEach((nats) => {
        svg(ui.svg, "path", { d: `M12 ${Y(nats)}h336`, class: "klx-axis" });
        label(ui.svg, 12, Y(nats) - 4, nats ? short(nats) : "0 nats", { "text-anchor": "start", class: "klx-muted" });
      });
      [0, 0.5, 1].forEach((theta) =>
        label(ui.svg, X(theta), 244, `${theta ? "" : "θ = "}${theta}`, {
          class: "klx-muted",
          ...(theta ? {} : { "text-anchor": "start", x: 0 }),
        })
      );
      const answer = svg(ui.svg, "g", { visibility: "hidden" });
      curves.forEach((f, k) =>
        svg(answer, "path", {
          d: STEPS.filter((t) => f(t) < 1.8).map((t, i) => `${i ? "L" : "M"}${X(t).toFixed(1)} ${Y(f(t)).toFixed(1)}`)
            .join(""),
          class: k ? "klx-line-q" : "klx-line-p",
        })
      );
      svg(answer, "path", { d: `M${X(share)} 12V190`, class: "klx-line-ink klx-mark" });
      const trail = svg(ui.svg, "g");
      const stroke = svg(ui.svg, "path", { class: "klx-line-ink klx-mark" });
      const dots = [0, 1].map((k) => svg(ui.svg, "circle", { r: 5, class: k ? "klx-q" : "klx-p" }));
      const tags = ["NLL", "KL"].map((text, k) => label(ui.svg, 0, 0, text, { class: k ? "klx-q" : "klx-p" }));
      const between = label(ui.svg, 0, 0, "", { class: "klx-number" });
      const pull = slide(ui, {
        name: `θ, probability of ${first}`,
        y: 218,
        stops: STEPS,
        page: 20,
        get: () => model.get("theta"),
        set: (theta) => ui.set("theta", theta),
      });
      const readings = ["θ", "NLL", "KL(data‖model)", "NLL − KL"].map(ui.reading);
      const tried = new Set();
      let told = false;
      const button = ui.button("Show the answer", () => {
        told = true;
        attributes(answer, { visibility: "visible" });
        attributes(button, { "aria-pressed": true });
        ui.set("theta", STEPS[Math.round(share * 200)]);
      });
      attributes(button, { "aria-pressed": false });
      ui.reset = () => {
        told = false;
        tried.clear();
        trail.replaceChildren();
        attributes(answer, { visibility: "hidden" });
        attributes(button, { "aria-pressed": false });
      };
      return () => {
        const theta = model.get("theta");
        const [nll, kl] = curves.map((f) => f(theta));
        const h = coinNll(counts, share);
        const said = [
          short(theta),
          `${show(nll, 6)} nats`,
          `${show(kl, 6)} nats`,
          nll < Infinity ? `${show(nll - kl, 6)} nats` : "–",
        ];
        said.forEach((text, k) => readings[k](text));
        pull(theta, said[0], `NLL ${said[1]}`);
        const x = X(theta);
        const side = theta > 0.8 ? -1 : 1;
        [nll, kl].forEach((nats, k) => {
          attributes(dots[k], { cx: x, cy: Y(nats) });
          attributes(tags[k], { x: x + side * 20, y: Y(nats) + 4 });
          if (!tried.has(theta)) svg(trail, "circle", { cx: x, cy: Y(nats), r: 1.8, class: k ? "klx-q" : "klx-p" });
        });
        tried.add(theta);
        attributes(stroke, { d: `M${x} ${Y(nll)}V${Y(kl)}` });
        attributes(between, { x: x + side * 44, y: (Y(nll) + Y(kl)) / 2 + 4 });
        write(between, nll < Infinity ? `H = ${show(h)}` : "");
        return !told && Math.abs(theta - share) <= 0.0025;
      };
    },
  };
});

export { coinKl, coinNll };
export default { render };
