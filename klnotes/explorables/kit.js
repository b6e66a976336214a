// What the explorables share: mathematics that keeps its digits, sliders drawn in SVG, a task and its reward.
// A module that a notebook loads cannot import its neighbors: Python puts this text in the place of the import line.

/**
 * The widget's state: that of anywidget in a notebook, that of page.js in a page.
 * @typedef {object} Model
 * @property {(trait: string) => any} get
 * @property {(trait: string, value: unknown) => void} set
 * @property {() => void} save_changes
 * @property {(event: string, listener: () => void) => void} on
 * @property {(event: string, listener: () => void) => void} off
 */

// ---- mathematics, formula for formula that of klnotes ----

const atanhmx = (s) => {
  let sum = 0;
  for (let k = 19; k > 1; k -= 2) sum = sum * s * s + 1 / k;
  return s * s * s * sum;
};
const log1pmx = (u) => {
  const s = u / (2 + u);
  return Math.abs(s) <= 1 / 8 ? 2 * atanhmx(s) - u * s : Math.log1p(u) - u;
};
/** @type {(list: number[]) => number} */
const total = (list) => list.reduce((sum, x) => sum + x, 0);

// a log(a/b) - a + b, never negative; d is a - b, if it is known more exactly than it can be computed
function klTerm(a, b, d = a - b) {
  if (b === 0) return a > 0 ? Infinity : 0;
  const s = d / (a + b);
  if (Math.abs(s) <= 1 / 8) return d * s + 2 * a * atanhmx(s);
  const r = Math.max(a / b, 2 ** -1022);
  const t = b * (r * Math.log(r) - (r - 1));
  return Number.isFinite(t) ? t : a * (Math.log(a) - Math.log(b)) - d;
}
function klDivergence(p, q) {
  const mass = total(p);
  const u = total(p.map((a, i) => q[i] - a)) / mass;
  return Math.max(total(p.map((a, i) => klTerm(a, q[i]))) / mass + log1pmx(u), 0);
}
function logRatio(a, b) {
  const s = (a - b) / (a + b);
  if (Math.abs(s) <= 1 / 8) return 2 * (s + atanhmx(s));
  const r = a / b;
  return r > 2 ** -1022 && r < Infinity ? Math.log(r) : Math.log(a) - Math.log(b);
}
const klTerms = (p, q) => p.map((a, i) => (a > 0 ? a * logRatio(a, q[i]) : 0));
// Near certainty 1 - q is the sum of the others, which 1 - q[i] would round away.
function surprisal(q, i) {
  return q[i] > 1 / 2 ? Math.log1p(total(q.filter((_, k) => k !== i)) / q[i]) : 0 - Math.log(q[i]);
}
const crossEntropy = (p, q) => total(p.map((a, i) => (a > 0 ? a * surprisal(q, i) : 0)));
const entropy = (p) => crossEntropy(p, p);

// ---- what may come in: anything else is refused, and the page keeps its still picture ----

function demand(sound, otherwise) {
  if (!sound) throw new Error(otherwise);
}

function distribution(p, name, size) {
  const numbers = Array.isArray(p) && p.length > 1 && p.length === size && p.every((x) => x >= 0 && x <= 1);
  demand(numbers && Math.abs(total(p) - 1) <= 1.5e-8, `${name} is no distribution: ${JSON.stringify(p)}`);
  return p;
}

function names(list, name) {
  const texts = Array.isArray(list) && list.length > 1 && list.every((text) => typeof text === "string");
  demand(texts, `${name} are no names: ${JSON.stringify(list)}`);
  return list;
}

// ---- numbers as they are shown ----

function show(x, digits = 4) {
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "–";
  const text = Math.abs(x).toFixed(digits);
  return x < 0 && +text ? `−${text}` : text;
}
const short = (x, digits = 3) => String(+x.toFixed(digits));

// ---- drawing ----

/**
 * What is as it was is not written again: a browser would lay it out and paint it anew.
 * @template {Element & { written?: Record<string, unknown> }} T
 * @param {T} node
 * @returns {T}
 */
function attributes(node, values) {
  node.written ??= {};
  for (const key in values) {
    if (node.written[key] !== values[key]) node.setAttribute(key, node.written[key] = values[key]);
  }
  return node;
}
const write = (node, text) => {
  if (node.firstChild.data !== text) node.firstChild.data = text;
};
/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @returns {HTMLElementTagNameMap[T]}
 */
function html(parent, tag, values = {}, text = "") {
  const node = attributes(parent.ownerDocument.createElement(tag), values);
  node.append(text);
  return parent.appendChild(node);
}
/**
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @returns {SVGElementTagNameMap[T]}
 */
function svg(parent, tag, values = {}, text = "") {
  const node = attributes(parent.ownerDocument.createElementNS("http://www.w3.org/2000/svg", tag), values);
  node.append(text);
  return parent.appendChild(node);
}
const label = (parent, x, y, text, values = {}) =>
  svg(parent, "text", { x, y, "text-anchor": "middle", ...values }, text);

/**
 * A value that is pulled with the mouse, a finger or the keys. It goes from stop to stop; `places` says where the stops
 * lie on the track, 0 at its one end and 1 at the other (a place below 0 lies beyond the end). `set` is told the new
 * value and what `begin` returned when the gesture began, so that pulling back undoes pulling.
 * @typedef {object} Pulled
 * @property {string} name
 * @property {number[]} stops
 * @property {number[]} [places]
 * @property {number} [page] how many stops PageUp goes
 * @property {() => number} get
 * @property {(value: number, base?: number[]) => void} set
 * @property {() => number[]} [begin]
 *
 * @param {Element} parent
 * @param {Pulled & { x: number, y: number, width: number, height: number, below?: number, upright?: boolean }} options
 */
function slider(
  parent,
  { name, x, y, width, height, below = 0, upright = true, stops, places, page = 10, get, set, begin },
) {
  const [low, high] = [stops[0], stops[stops.length - 1]];
  const group = svg(parent, "g", {
    role: "slider",
    tabindex: 0,
    "aria-label": name,
    "aria-orientation": upright ? "vertical" : "horizontal",
    "aria-valuemin": low,
    "aria-valuemax": high,
    class: "klx-slider",
  });
  const hit = svg(group, "rect", { x, y, width, height: height + below, rx: 3, class: "klx-hit" });
  places ??= stops.map((stop) => (stop - low) / (high - low));
  const nearest = (list, at) => {
    let best = 0;
    list.forEach((place, i) => {
      if (Math.abs(place - at) < Math.abs(list[best] - at)) best = i;
    });
    return best;
  };
  let base = null;
  const pull = (event) => {
    const box = hit.getBoundingClientRect();
    const at = upright
      ? 1 - ((event.clientY - box.top) / box.height) * ((height + below) / height)
      : (event.clientX - box.left) / box.width;
    const value = stops[nearest(places, at)];
    if (value !== get()) set(value, base);
  };
  group.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    group.focus({ preventScroll: true });
    group.setPointerCapture(event.pointerId);
    base = begin?.();
    pull(event);
  });
  // Without this a finger that pulls a part of an SVG scrolls the page, whatever touch-action says.
  group.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  group.addEventListener("pointermove", (event) => group.hasPointerCapture(event.pointerId) && pull(event));
  group.addEventListener("keydown", (event) => {
    const now = nearest(stops, get());
    const step = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: page, PageDown: -page };
    const ends = { Home: 0, End: stops.length - 1 };
    const to = ends[event.key] ?? now + step[event.key];
    if (Number.isNaN(to) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const value = stops[Math.min(Math.max(to, 0), stops.length - 1)];
    if (value !== get()) set(value, begin?.());
  });
  // What follows from the value is told of the slider in hand; the others tell their value.
  let [now, then] = ["", ""];
  const tell = () =>
    attributes(group, { "aria-valuenow": get(), "aria-valuetext": group.matches(":focus") ? `${now}; ${then}` : now });
  group.addEventListener("focus", tell);
  group.addEventListener("blur", tell);
  return {
    group,
    tell(value, consequence) {
      [now, then] = [value, consequence];
      tell();
    },
  };
}

/**
 * A dot on a line: the slider for a single number.
 * @param {Ui} ui
 * @param {Pulled & { y: number, x?: number, width?: number }} options
 */
function slide(ui, { x = 12, y, width = 336, stops, ...options }) {
  const pulled = slider(ui.svg, { x, y: y - 14, width, height: 28, upright: false, stops, ...options });
  svg(pulled.group, "path", { d: `M${x} ${y}h${width}`, class: "klx-rail" });
  const dot = svg(pulled.group, "circle", { cy: y, r: 9, class: "klx-grip" });
  const [low, high] = [stops[0], stops[stops.length - 1]];
  return (value, text, consequence) => {
    attributes(dot, { cx: x + ((value - low) / (high - low)) * width });
    pulled.tell(text, consequence);
  };
}

// What one bar gains its neighbor to the right pays, and if that has not enough, the one after it.
function pour(p, i, value) {
  const next = [...p];
  let need = value - p[i];
  next[i] = value;
  for (let k = 1; need !== 0 && k < p.length; k += 1) {
    const j = (i + k) % p.length;
    const paid = Math.min(next[j], need);
    next[j] = Math.round((next[j] - paid) * 1e9) / 1e9;
    need = Math.abs(need - paid) < 1e-12 ? 0 : need - paid;
  }
  return next;
}

// Hundredths, and below one hundredth a few more: there a small probability makes a large difference.
const FINE = [0, 0.001, 0.002, 0.005];
const HUNDREDTHS = [...FINE, ...Array.from({ length: 100 }, (_, i) => (i + 1) / 100)];
// The finest stops are reached by pulling on below the axis.
const FINE_PLACES = HUNDREDTHS.map((stop, i) => (i < 4 ? (i - 4) * 0.04 : stop));

/**
 * The bars of one distribution, each of them a slider.
 * @param {Ui} ui
 * @param {{
 *   trait: string, letter?: string, outcomes: string[], x: number, step: number, width: number, top: number,
 *   height: number, stops?: number[], places?: number[], page?: number, digits?: number
 * }} options
 * @returns {(consequence: string) => void}
 */
function bars(
  ui,
  { trait, letter = "", outcomes, x, step, width, top, height, stops = HUNDREDTHS, places = FINE_PLACES, page, digits },
) {
  const foot = top + height;
  const reach = Math.max(width, 26);
  const parts = outcomes.map((outcome, i) => {
    const left = x + i * step;
    const pulled = slider(ui.svg, {
      name: `${trait.toUpperCase()}, ${outcome}`,
      x: left + (width - reach) / 2,
      y: top,
      width: reach,
      height,
      below: 18,
      stops,
      places,
      page,
      get: () => ui.model.get(trait)[i],
      begin: () => ui.model.get(trait),
      set: (value, base) => ui.set(trait, pour(base, i, value)),
    });
    const color = `klx-${trait}`;
    svg(pulled.group, "rect", { x: left, y: top, width, height, class: "klx-track" });
    label(pulled.group, left + width / 2, top - 6, letter, { class: color });
    const bar = svg(pulled.group, "rect", { x: left, width, class: color });
    const grip = svg(pulled.group, "rect", { x: left - 2, width: width + 4, height: 5, rx: 2.5, class: "klx-grip" });
    const value = label(pulled.group, left + width / 2, foot + 14, "", { class: `${color} klx-number` });
    return { pulled, bar, grip, value };
  });
  return (said) =>
    ui.model.get(trait).forEach((p, i) => {
      const { pulled, bar, grip, value } = parts[i];
      attributes(bar, { y: foot - p * height, height: p * height });
      attributes(grip, { y: foot - p * height - 2.5 });
      write(value, short(p, digits));
      pulled.tell(short(p, digits), said);
    });
}

/**
 * What an explorable draws with, beside the functions above.
 * @typedef {object} Ui
 * @property {Model} model
 * @property {HTMLFormElement} root
 * @property {SVGSVGElement} svg
 * @property {(trait: string, value: unknown) => void} set
 * @property {(name: string) => (text: string) => void} reading
 * @property {(text: string, action: () => void) => HTMLButtonElement} button
 * @property {(name: string, options: string[], get: () => number, set: (i: number) => void) => () => void} choice
 * @property {() => void} [reset]
 *
 * The frame of every explorable. `describe` refuses a spoiled state. `build` draws the parts once and returns the
 * function that paints a state: it returns true where the task is done.
 * @param {(model: Model) => {
 *   traits: string[], task: string, praise: string, hint: string, height: number, build: (ui: Ui) => () => boolean
 * }} describe
 * @returns {(given: { model: Model, el: Element }) => () => void}
 */
const explorable = (describe) => ({ model, el }) => {
  const { traits, task, praise, hint, height, build } = describe(model);
  const opening = traits.map((trait) => model.get(trait));
  // The attribute makes JupyterLab leave the keys to us.
  const root = html(el, "form", { class: "klx", "data-lm-suppress-shortcuts": "true" });
  root.addEventListener("submit", (event) => event.preventDefault());
  try {
    const goal = html(root, "p", { class: "klx-task" });
    const badge = html(goal, "b", {}, "Task");
    goal.append(` ${task}`);
    const readings = html(root, "p", { class: "klx-readings" });
    const picture = svg(root, "svg", {
      viewBox: `0 0 360 ${height}`,
      style: `aspect-ratio: 360 / ${height}`,
      role: "group",
    });
    // As the largest thing drawn, and opaque, it keeps the extent of the layer: what moves on it is only painted anew.
    svg(picture, "rect", { width: 360, height, class: "klx-paper" });
    const controls = html(root, "div", { class: "klx-controls" });
    /** @type {Ui} */
    const ui = {
      model,
      root,
      svg: picture,
      set(trait, value) {
        model.set(trait, value);
        model.save_changes();
      },
      reading(name) {
        const value = html(html(readings, "span", {}, `${name} `), "strong");
        let longest = 0;
        return (text) => {
          write(value, text);
          // A box that stands still: what changes in it moves nothing else on the page.
          if (text.length > longest) value.style.width = `${(longest = text.length)}ch`;
        };
      },
      button(text, action) {
        const made = html(controls, "button", { type: "button" }, text);
        made.addEventListener("click", action);
        return made;
      },
      choice(name, options, get, set) {
        const list = html(controls, "fieldset");
        html(list, "legend", {}, name);
        const made = options.map((text, i) => {
          const choice = html(list, "label");
          const radio = html(choice, "input", { type: "radio", name });
          choice.append(text);
          radio.addEventListener("change", () => set(i));
          return radio;
        });
        return () => made[get()].checked = true;
      },
    };
    const paint = build(ui);
    const foot = html(root, "div", { class: "klx-foot" });
    html(foot, "p", { class: "klx-hint" }, hint);
    html(foot, "button", { type: "button" }, "Reset").addEventListener("click", () => {
      ui.reset?.();
      traits.forEach((trait, i) => model.set(trait, opening[i]));
      model.save_changes();
      // Only now: halfway back, the task may seem done.
      root.classList.remove("klx-won");
      write(badge, "Task");
      write(done, "");
      refresh();
    });
    const done = html(root, "p", { class: "klx-done", role: "status" });
    const refresh = () => {
      if (!paint() || root.classList.contains("klx-won")) return;
      root.classList.add("klx-won");
      write(badge, "Done ✓");
      write(done, `Done. ${praise}`);
    };
    refresh();
    model.on("change", refresh);
    return () => model.off("change", refresh);
  } catch (error) {
    root.remove();
    throw error;
  }
};

export { crossEntropy, demand, distribution, entropy, klDivergence, klTerm, klTerms, log1pmx, names, total };
export { attributes, bars, explorable, label, short, show, slide, slider, svg, write };
