// A reader answers on the page, where there is no kernel: bets, numbers, choices, proofs and programs.
// What is right, and what each mistake gives, stands in data that klnotes.check has written (_ext/answers.py).
(() => {
  const said = document.getElementById("kl-answers");
  if (!said) return;
  const { page, title, bets, questions, folder } = JSON.parse(said.textContent ?? "");
  const home = new URL(folder, document.baseURI);

  /**
   * @template {keyof HTMLElementTagNameMap} T
   * @param {T} tag
   * @returns {HTMLElementTagNameMap[T]}
   */
  function make(parent, tag, values = {}, text = "") {
    const node = document.createElement(tag);
    for (const key in values) node.setAttribute(key, values[key]);
    node.append(text);
    parent?.append(node);
    return node;
  }

  // ---- a verdict, in the words of klnotes.check ----

  const SIGNS = new Map([[true, "✓"], [false, "✗"], [null, "○"]]);

  /** @typedef {{ ok: boolean | null, headline: string, code?: string, notes?: string[] }} Verdict */

  /** @type {(box: HTMLElement, verdict: Verdict) => void} */
  function show(box, { ok, headline, code, notes = [] }) {
    box.replaceChildren();
    box.className = `kl-verdict kl-${ok}`;
    make(box, "strong", {}, `${SIGNS.get(ok)} ${headline}`);
    if (code) make(box, "pre", {}, code);
    notes.forEach((note) => make(box, "p", {}, note));
  }

  // As Python's format does it: "g" with so many digits.
  function rounded(x, digits = 4) {
    if (Number.isNaN(x)) return "nan";
    if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
    if (x === 0) return "0";
    const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
    const bare = (text) => text.includes(".") ? text.replace(/\.?0+$/, "") : text;
    if (+exponent >= -4 && +exponent < digits) return bare(x.toFixed(digits - 1 - +exponent));
    return `${bare(mantissa)}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
  }
  /** @returns {number | number[]} */
  const number = (stored) =>
    Array.isArray(stored) ? stored.map(Number) : Number(String(stored).replace("inf", "Infinity"));

  // ---- a number ----

  const BASES = { nats: 1, bits: Math.LN2, hartleys: Math.LN10 };
  const off = (x, wanted) => x === wanted ? 0 : Math.abs(x - wanted);
  const near = (x, wanted) =>
    Number.isFinite(wanted) ? off(x, wanted) <= Math.max(0.005 * Math.abs(wanted), 1e-9) : x === wanted;
  function roundsTo(x, short, digits = 2) {
    for (let k = digits; k < 18; k += 1) if (short === Number(x.toPrecision(k))) return true;
    return false;
  }
  function cutOff(x, short) {
    const digits = String(short).replace(/e.*|[-.]|^-?0\.0*/g, "");
    if (digits.length < 3 || !Number.isFinite(x)) return false;
    const places = (String(short).split(".")[1] ?? "").length;
    return Math.trunc(x * 10 ** places) / 10 ** places === short;
  }

  /** What a reader typed, in the unit that is asked for: 0.25, 0,25, 1/4, −0.25 bits, ∞. */
  function typed(text, unit) {
    const found = text.trim().replace(/[−–]/g, "-").replace(/(\d),(\d)/g, "$1.$2").match(
      /^([+-]?)\s*(∞|inf(?:inity)?|\d*\.?\d+(?:e[+-]?\d+)?|\d+\.)(?:\s*\/\s*(\d*\.?\d+))?\s*([a-z%]*)\.?$/i,
    );
    if (!found) return null;
    const [, sign, whole, under, word] = found;
    const size = /^[∞i]/i.test(whole) ? Infinity : Number(whole) / Number(under ?? 1);
    const value = sign === "-" ? -size : size;
    if (!word) return { value };
    const named = Object.keys(BASES).find((name) => name === word || name === `${word}s`);
    if (named && unit in BASES) return { value: value * BASES[named] / BASES[unit], named };
    return word === unit || `${word}s` === unit ? { value } : null;
  }

  function judgedNumber({ value, unit, digits, known }, text) {
    const given = typed(text, unit);
    if (!given) {
      const asked = unit
        ? `one number, with its unit if you like, such as 0.25 ${unit}`
        : "one number, such as 0.25 or 1/4";
      return { ok: false, headline: `The answer must be ${asked}` };
    }
    const x = given.value;
    const wanted = /** @type {number} */ (number(value));
    /** @type {[string, number][]} */
    const mistakes = Object.entries(known).map(([hint, gives]) => [hint, /** @type {number} */ (number(gives))]);
    const closest = mistakes.reduce((best, one) => off(x, one[1]) < off(x, best[1]) ? one : best);
    if (near(x, wanted) && (roundsTo(wanted, x, digits) || off(x, wanted) <= off(x, closest[1]))) {
      const one = rounded(wanted) === "1" ? unit.replace(/s$/, "") : unit;
      const notes = given.named && given.named !== unit ? [`You gave it in ${given.named}.`] : [];
      return { ok: true, headline: `Right: ${rounded(wanted)} ${one}`.trimEnd(), notes };
    }
    if (near(x, closest[1])) {
      const fits = mistakes.filter(([, gives]) => near(x, gives) && roundsTo(gives, x));
      const [first, ...more] = fits.length ? fits : [closest];
      const notes = [first[0], ...more.map(([hint]) => `Or: ${hint}`)];
      if (cutOff(wanted, x)) notes.push("Or is it cut off? Round the last digit.");
      return { ok: false, headline: `${rounded(x)} is not right yet`, notes };
    }
    if (!Number.isFinite(wanted)) {
      return { ok: false, headline: `${rounded(x)} is not right yet`, notes: ["No finite number is."] };
    }
    return { ok: false, headline: `${rounded(x)} is too ${x > wanted ? "high" : "low"}` };
  }

  // ---- a proof ----

  function judgedProof({ needs, wrong }, steps) {
    for (const [k, step] of steps.entries()) {
      if (step in wrong) {
        const all = steps.every((one) => one in wrong);
        const notes = [wrong[step], ...(all ? ["Asked is the order of the other steps."] : [])];
        return { ok: false, headline: `${step} does not belong to the proof`, notes };
      }
      for (const earlier in needs[step]) {
        if (!steps.slice(0, k).includes(earlier)) {
          return { ok: false, headline: `${step} comes too early`, notes: [needs[step][earlier]] };
        }
      }
    }
    const missing = Object.keys(needs).length - steps.length;
    if (missing) {
      const noun = missing === 1 ? "step is" : "steps are";
      return { ok: false, headline: `Right so far, but ${missing} ${noun} missing` };
    }
    const left = Object.keys(wrong).join(", ");
    const notes = [`${left} is rightly left out. ${wrong[left]}`];
    return { ok: true, headline: `${steps.join("")} is a proof`, notes };
  }

  // ---- a program: its results against a table ----

  const CLOSE = [1e-9, 1e-11];
  const TIGHT = [1e-13, 1e-14];
  /** Whether two results are the same, as numpy.allclose has it. A result is a number, or a list of numbers. */
  function same(result, stored, factor = 1, [relative, absolute] = CLOSE) {
    if (Array.isArray(result) !== Array.isArray(stored)) return false;
    if (Array.isArray(result)) {
      return result.length === stored.length &&
        result.every((x, i) => same(x, stored[i], factor, [relative, absolute]));
    }
    const wanted = factor * /** @type {number} */ (number(stored));
    if (Number.isNaN(wanted)) return Number.isNaN(result);
    if (!Number.isFinite(wanted) || !Number.isFinite(result)) return result === wanted;
    return Math.abs(result - wanted) <= absolute + relative * Math.abs(wanted);
  }
  const REFUSAL = "ValueError";
  const isNumbers = (value) => typeof value === "number" || (Array.isArray(value) && value.every(isNumbers));
  const right = (came, stored) =>
    stored === REFUSAL ? came.error === REFUSAL : isNumbers(came.value) && same(came.value, stored);

  function inWords(came, stored) {
    const asked = Array.isArray(stored) ? `${stored.length} numbers` : "one number";
    if (came.error) {
      return `# stops with ${came.error}${came.said ? `: ${came.said}` : ""}${
        came.line ? `, in line ${came.line}` : ""
      }`;
    }
    if (came.value === null) return `# gives    nothing (None), not ${asked}`;
    if (!isNumbers(came.value)) return `# gives    ${came.kind}, not ${asked}`;
    if (stored !== REFUSAL && Array.isArray(came.value) !== Array.isArray(stored)) {
      return `# gives    ${Array.isArray(came.value) ? `a list of ${came.value.length}` : "one number"}, not ${asked}`;
    }
    return `# gives    ${digits(came.value, stored)[0]}`;
  }
  const list = (value, k) => Array.isArray(value) ? `[${value.map((x) => list(x, k)).join(", ")}]` : rounded(value, k);
  /** Both in so few digits that they can be read, and in so many that they differ. */
  function digits(value, stored) {
    if (stored === REFUSAL) return [list(value, 4), "a ValueError"];
    const wanted = number(stored);
    for (const k of [4, 8]) if (list(value, k) !== list(wanted, k)) return [list(value, k), list(wanted, k)];
    return [list(value, 17), list(wanted, 14)];
  }

  function judgedProgram({ name, names, what }, table, results) {
    /** @type {[number, number][]} */
    const passed = [];
    for (const [s, stage] of table.stages.entries()) {
      const [came, wanted] = [results[s], table.right[s]];
      const first = wanted.findIndex((stored, k) => !right(came[k], stored));
      if (first < 0) {
        wanted.forEach((_, k) => passed.push([s, k]));
        continue;
      }
      if (came[first].error === "NotImplementedError" && !/slices/.test(came[first].said)) {
        return { ok: null, headline: `${name}: not attempted yet` };
      }
      const stored = wanted[first];
      const lines = stage.inputs[first].map((text, i) => `${names[i]} = ${text}`);
      const expected = stored === REFUSAL
        ? "a ValueError"
        : isNumbers(came[first].value) && !came[first].error
        ? digits(came[first].value, stored)[1]
        : list(number(stored), 4);
      const code = [...lines, `${name}(${names.join(", ")})`, inWords(came[first], stored), `# expected ${expected}`];
      const notes = explained(table, s, came, first, passed);
      if (s) {
        notes.unshift(
          `It passes on ${table.stages.slice(0, s).map((one) => one.kind).join(", ")}, as far as they were tried.`,
        );
      }
      return { ok: false, headline: `${name} does not give ${what} yet`, code: code.join("\n"), notes };
    }
    const kinds = table.stages.map((stage) => stage.kind).join(", ");
    return { ok: true, headline: `${name} gives ${what}`, notes: [`Verified on ${passed.length} inputs: ${kinds}.`] };
  }

  const none =
    "It returns nothing (None) for this input. Does every branch end with a return, and does what is returned get its value on the way?";

  /** The mistake that gives the same as the reader's function on the inputs of a stage. */
  function explained(table, s, came, first, passed) {
    const [stage, wanted] = [table.stages[s], table.right[s]];
    const one = came[first];
    if (one.kind === "exception") return ["It returns an exception. Write raise in place of return."];
    const shown = !one.error && isNumbers(one.value);
    const general = [...lacking(one), ...(s === 0 && !shown ? [] : stage.hints[first])];
    if (!one.error && one.value === null && wanted[first] !== REFUSAL) {
      const all = came.every((each) => each.value === null && !each.error);
      return all ? ["It returns nothing (None). Is a return missing?"] : [none, ...general];
    }
    if (stage.tiny) return general;
    const alike = (columns, factor = 1, close = CLOSE, rows = wanted.length) => {
      let count = 0;
      for (let k = 0; k < rows; k += 1) {
        const [result, other] = [came[k], columns[s][k]];
        if (result.error || !isNumbers(result.value)) {
          const over = other !== null && shown && wanted[k] !== REFUSAL;
          if (!over && other !== null) return false;
          count += over ? 0 : 1;
        } else if (other === null || !same(result.value, other, factor, close)) return false;
        else count += 1;
      }
      return count >= 3;
    };
    const before = (columns, factor) =>
      passed.every(([t, k]) => {
        const [other, truth] = [columns[t][k], table.right[t][k]];
        if (truth === REFUSAL) return other === null || other === REFUSAL;
        return other !== null && other !== REFUSAL && same(scaled(number(other), factor), truth);
      });
    const scaled = (value, factor) => Array.isArray(value) ? value.map((x) => factor * x) : factor * value;
    const suspects = [
      ...table.mistakes.map(([hint, columns]) => [hint, columns, 1]),
      ...table.factors.map(([hint, factor]) => [hint, table.right, factor]),
      ...table.mistakes.flatMap(([hint, columns]) =>
        table.factors.map((
          [more, factor],
        ) => [`${hint} And: ${more[0].toLowerCase()}${more.slice(1)}`, columns, factor])
      ),
    ];
    const found = suspects.find(([, columns, factor]) => alike(columns, factor) && before(columns, factor));
    if (found) return [found[0]];
    for (const [hint, columns, bare] of table.guards) {
      const rows = columns[s].length;
      if (alike(columns, 1, TIGHT, rows) && !alike(table.bare[bare], 1, TIGHT, rows)) return [hint];
    }
    return always(came, wanted) ?? general;
  }

  function always(came, wanted) {
    if (came.some((one) => one.error || !isNumbers(one.value)) || wanted.some((stored) => stored === REFUSAL)) {
      return null;
    }
    if (came.every((one) => same(one.value, came[0].value))) {
      return [`It gives ${list(came[0].value, 4)} for every input that was tried.`];
    }
    if (came.some((one, k) => [one.value].flat().length !== [wanted[k]].flat().length)) return null;
    const [got, want] = [came.flatMap((one) => one.value), wanted.flatMap((stored) => number(stored))];
    const pairs = got.map((x, k) => [x, want[k]]).filter(([, w]) => Number.isFinite(w));
    if (got.some((x, k) => !Number.isFinite(want[k]) && x !== want[k])) return null;
    const ratios = pairs.filter(([, w]) => w !== 0).map(([x, w]) => x / w);
    const zeros = pairs.every(([x, w]) => w !== 0 || Math.abs(x) <= 1e-11);
    if (ratios.length > 2 && zeros && ratios.every((ratio) => same(ratio, ratios[0]))) {
      return [`It is ${rounded(ratios[0])} times what is asked for, on every input that was tried.`];
    }
    const more = pairs.map(([x, w]) => x - w);
    if (more.length > 2 && more.every((x) => same(x, more[0]))) {
      const side = more[0] > 0 ? "high" : "low";
      return [`It is ${rounded(Math.abs(more[0]))} too ${side}, on every input that was tried.`];
    }
    const cut = (change) => got.length > 2 && pairs.every(([x, w]) => same(x, change(w)));
    if (cut(Math.trunc)) return ["It is cut down to a whole number."];
    if (cut(Math.round)) return ["It is rounded to a whole number."];
    for (let k = 1; k < 10; k += 1) {
      if (cut((w) => +w.toFixed(k))) return [`It is rounded to ${k} digit${k > 1 ? "s" : ""} after the point.`];
    }
    if (pairs.every(([x, w]) => same(x, w, 1, [1e-5, 1e-7]))) {
      return ["It is right to five digits. Is something rounded, in single precision, or was something added?"];
    }
    return null;
  }

  /** What the Python of the page lacks, where an error may come from that. */
  function lacking({ error, said }) {
    const small = "The page runs a small Python, with plain lists and math.";
    if (error === "ImportError" && /module/.test(said)) {
      return [`${small} Any other module needs the exercise notebook.`];
    }
    if (error === "ImportError" || (error === "AttributeError" && /module/.test(said))) {
      return [`${small} It has log, exp, sqrt and the like, but neither fsum nor log1p.`];
    }
    if (error === "NotImplementedError") {
      return [`${small} It has no slices with steps; in place of x[::-1] write list(reversed(x)).`];
    }
    if (error === "TypeError" && /keyword/.test(said)) {
      return [`${small} It has no zip(..., strict=True); write zip(p, q).`];
    }
    return [];
  }

  // ---- running a program ----

  const PATIENCE = 5000;
  /** @type {Worker | undefined} */
  let worker;

  /** @returns {Promise<any>} what came of the program, or null if it did not come back */
  function run(source, name, inputs) {
    worker ??= new Worker(new URL("worker.mjs", home), { type: "module" });
    const mine = worker;
    return new Promise((done, failed) => {
      let timer = 0;
      const stop = () => {
        mine.terminate();
        worker = undefined;
      };
      mine.onmessage = ({ data }) => {
        // The clock starts when Python has arrived: a slow line is no endless loop.
        if (data === "ready") {
          timer = setTimeout(() => {
            stop();
            done(null);
          }, PATIENCE);
          return;
        }
        clearTimeout(timer);
        done(data);
      };
      mine.onerror = (event) => {
        stop();
        failed(new Error(event.message || "the worker could not be loaded"));
      };
      mine.postMessage({ source, name, inputs });
    });
  }

  async function judgedByTable(asked, table, source) {
    const inputs = table.stages.map((stage) => stage.inputs);
    const came = await run(source, asked.name, inputs);
    if (came === null) {
      return { ok: false, headline: "It was stopped after five seconds", notes: ["Does every loop come to an end?"] };
    }
    if (came.error) {
      const place = came.line ? ` in line ${came.line}` : "";
      return { ok: false, headline: `${came.error}${place}${came.said ? `: ${came.said}` : ""}`, notes: lacking(came) };
    }
    if (!came.results) return { ok: false, headline: `There is no function ${asked.name}` };
    const verdict = judgedProgram(asked, table, came.results);
    if (came.printed) {
      verdict.notes?.push(
        `It also prints (${JSON.stringify(came.printed)}); a function hands its result over with return.`,
      );
    }
    return verdict;
  }

  // ---- the forms ----

  let count = 0;
  function form(parent, caption) {
    const root = make(parent, "form", { class: "kl-answer" });
    if (caption) make(root, "p", { class: "kl-caption" }, caption);
    const result = document.createElement("div");
    result.setAttribute("role", "status");
    return { root, result };
  }
  const button = (parent, text, type = "button") => make(parent, "button", { type }, text);

  function askNumber(root, asked) {
    const id = `kl-answer-${count += 1}`;
    make(root, "label", { for: id }, "Your number");
    const field = make(root, "input", { id, type: "text", inputmode: "text", autocomplete: "off", size: 12 });
    if (asked.unit) make(root, "span", { class: "kl-unit" }, asked.unit);
    return () => field.value.trim() ? judgedNumber(asked, field.value) : null;
  }

  function askChoice(root, asked) {
    const group = make(root, "fieldset");
    make(group, "legend", {}, "Your choice");
    const name = `kl-answer-${count += 1}`;
    for (const option in asked.options) {
      const label = make(group, "label");
      make(label, "input", { type: "radio", name, value: option });
      label.append(option);
    }
    return () => {
      const chosen = /** @type {HTMLInputElement | null} */ (group.querySelector(":checked"))?.value;
      if (!chosen) return null;
      const ok = chosen === asked.right;
      return { ok, headline: ok ? "Right" : "No", notes: asked.options[chosen] ? [asked.options[chosen]] : [] };
    };
  }

  function askProof(root, asked) {
    /** @type {string[]} */
    const steps = [];
    const group = make(root, "fieldset");
    make(group, "legend", {}, "The steps, in your order");
    const order = make(group, "output", { class: "kl-order" });
    const letters = Object.keys({ ...asked.needs, ...asked.wrong }).sort();
    const paint = () => {
      order.textContent = steps.join(" ") || "none yet";
      buttons.forEach((one, i) => one.disabled = steps.includes(letters[i]));
    };
    const buttons = letters.map((letter) => {
      const one = button(group, letter);
      one.setAttribute("aria-label", `Step ${letter} next`);
      one.addEventListener("click", () => {
        steps.push(letter);
        const next = buttons.find((_, i) => !steps.includes(letters[i]));
        paint();
        next?.focus();
      });
      return one;
    });
    const back = button(group, "Take the last one back");
    back.addEventListener("click", () => {
      steps.pop();
      paint();
    });
    paint();
    return () => steps.length ? judgedProof(asked, steps) : null;
  }

  function askProgram(root, asked, result) {
    const id = `kl-answer-${count += 1}`;
    make(root, "label", { for: id }, "Your function, on plain lists of numbers");
    const stub = `from math import log\n\ndef ${asked.name}(${asked.names.join(", ")}):\n    ...\n`;
    const editor = make(root, "textarea", { id, rows: 8, spellcheck: "false", autocapitalize: "off", wrap: "off" });
    editor.value = stub;
    const help = make(
      root,
      "p",
      { class: "kl-unit", id: `${id}-help` },
      "Enter keeps the indent; Tab leaves the editor.",
    );
    editor.setAttribute("aria-describedby", help.id);
    editor.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
      event.preventDefault();
      const line = editor.value.slice(0, editor.selectionStart).split("\n").pop() ?? "";
      const indent = line.match(/^ */)?.[0] ?? "";
      const more = /:\s*(#.*)?$/.test(line) ? "    " : "";
      editor.setRangeText(`\n${indent}${more}`, editor.selectionStart, editor.selectionEnd, "end");
    });
    return async () => {
      if (editor.value === stub) return { ok: null, headline: `${asked.name}: not attempted yet` };
      if (location.protocol === "file:") {
        const notes = [
          "Here the book was opened from a file, where a browser runs no program in the background. In its folder, type python3 -m http.server and open http://127.0.0.1:8000.",
        ];
        return { ok: null, headline: "It cannot be run from a file", notes };
      }
      show(result, { ok: null, headline: "It runs …" });
      const table = await (await fetch(new URL(asked.table, home))).json();
      return judgedByTable(asked, table, editor.value);
    };
  }

  const ASK = { number: askNumber, choice: askChoice, proof: askProof, program: askProgram };
  for (const [label, tasks] of Object.entries(questions)) {
    const place = document.getElementById(label);
    for (const asked of place ? tasks : []) {
      const { root, result } = form(place, asked.caption);
      const judge = ASK[asked.kind](root, asked, result);
      const check = button(root, "Check", "submit");
      root.append(result);
      root.addEventListener("submit", async (event) => {
        event.preventDefault();
        check.disabled = true;
        try {
          show(result, (await judge()) ?? { ok: null, headline: "There is no answer yet" });
        } catch (error) {
          show(result, { ok: null, headline: "It could not be checked", notes: [String(error)] });
        }
        check.disabled = false;
        check.focus({ preventScroll: true });
      });
    }
  }

  // ---- bets: a hundred chips over the answers to a riddle ----

  const KEPT = "klnotes-bets";
  /** The bets that are kept, by chapter; what is no bet is passed over. */
  function kept() {
    let stored = {};
    try {
      stored = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    } catch { /* a browser that keeps nothing still plays */ }
    const sound = (bet) => Array.isArray(bet?.chips) && bet.chips.every(Number.isInteger) && bet.right in bet.chips;
    return Object.fromEntries(
      Object.entries(stored).filter(([, one]) => Array.isArray(one?.bets)).map((
        [where, one],
      ) => [where, { title: String(one.title), bets: one.bets.map((bet) => sound(bet) ? bet : null) }]),
    );
  }
  function keep(all) {
    try {
      localStorage.setItem(KEPT, JSON.stringify(all));
    } catch { /* a browser that keeps nothing still plays */ }
  }
  const bits = (chips) => chips ? -Math.log2(chips / 100) : Infinity;
  const inBits = (x) => Number.isFinite(x) ? `${x.toFixed(2)} bits` : "infinitely many bits";

  /** The others share what is left, in the proportions that they had. */
  function dealt(chips, i, value) {
    const rest = chips.map((c, j) => j === i ? 0 : c);
    const sum = rest.reduce((a, b) => a + b, 0);
    const next = rest.map((c, j) => j === i ? value : (100 - value) * (sum ? c / sum : 1 / (chips.length - 1)));
    const whole = next.map(Math.floor);
    const order = next.map((x, j) => [x - whole[j], j]).sort((a, b) => b[0] - a[0]);
    const short = 100 - whole.reduce((a, b) => a + b, 0);
    order.slice(0, short).forEach(([, j]) => whole[j] += 1);
    return whole;
  }

  function told({ chips, right }, options, box) {
    const even = Math.log2(chips.length);
    const cost = bits(chips[right]);
    const notes = [
      `It cost you ${inBits(cost)}. The same chips on each answer would have cost ${inBits(even)}.`,
      ...(chips[right]
        ? []
        : ["No chip on the truth is what no later bet can make good. Leave one on whatever you cannot exclude."]),
    ];
    const name = options[right].dataset.answer;
    show(box, {
      ok: chips[right] === Math.max(...chips),
      headline: `Your bet: ${chips[right]} of 100 chips on the right answer, ${name}`,
      notes,
    });
  }

  function betting() {
    const lists = [...document.querySelectorAll(".riddle ul, .riddle ol")];
    const answer = [...document.querySelectorAll("h2")].find((h) => /^The riddle.s answer/.test(h.textContent ?? ""));
    const boxes = bets.map(() => make(null, "div"));
    answer?.after(...boxes);
    bets.forEach((right, b) => {
      const options = /** @type {HTMLElement[]} */ ([...lists[b].children]);
      const placed = kept()[page]?.bets[b];
      let chips = placed?.chips.length === options.length
        ? placed.chips
        : options.map((_, i) => Math.floor((100 + i) / options.length));
      const root = make(null, "form", { class: "kl-answer kl-bet" });
      const fields = options.map((option, i) => {
        const text = option.textContent?.trim() ?? "";
        option.dataset.answer = (text.match(/^[(]?(\w)[.)]/)?.[1] ?? String(i + 1)).toUpperCase();
        const row = make(root, "label", {}, option.dataset.answer);
        const range = make(row, "input", { type: "range", min: 0, max: 100, "aria-label": `Chips on: ${text}` });
        const shown = make(row, "span", { class: "kl-chips" });
        range.addEventListener("input", () => {
          chips = dealt(chips, i, +range.value);
          paint();
        });
        return { range, shown };
      });
      const paint = () =>
        fields.forEach(({ range, shown }, i) => {
          range.value = String(chips[i]);
          range.setAttribute("aria-valuetext", `${chips[i]} of 100 chips`);
          shown.textContent = String(chips[i]);
        });
      const place = button(root, "Place the bet", "submit");
      const result = make(root, "p", { role: "status", class: "kl-unit" });
      const done = () => {
        fields.forEach(({ range }) => range.disabled = true);
        place.hidden = true;
        result.replaceChildren("Placed. What it costs stands at ");
        if (answer) make(result, "a", { href: `#${answer.closest("section")?.id}` }, "the riddle's answer");
        result.append(".");
        told({ chips, right }, options, boxes[b]);
      };
      root.addEventListener("submit", (event) => {
        event.preventDefault();
        const all = kept();
        all[page] ??= { title, bets: [] };
        all[page].bets[b] = { chips, right };
        keep(all);
        done();
      });
      paint();
      lists[b].after(root);
      if (placed) done();
    });
  }

  // ---- the bill, on the first page ----

  function bill(root) {
    root.replaceChildren();
    const all = Object.entries(kept()).flatMap(([where, { title: name, bets: placed }]) =>
      placed.filter(Boolean).map((bet) => ({ where, name, ...bet }))
    );
    if (!all.length) {
      make(root, "p", {}, "You have placed no bet yet. What you bet is kept in this browser, and sent nowhere.");
      return;
    }
    const scroll = make(root, "div", { class: "pst-scrollable-table-container" });
    const table = make(scroll, "table", { class: "table" });
    make(table, "caption", {}, "Your bets");
    const head = make(make(table, "thead"), "tr");
    ["Riddle", "Chips on the right answer", "Cost", "Evenly spread"].forEach((text) =>
      make(head, "th", { scope: "col" }, text)
    );
    const body = make(table, "tbody");
    const row = (name, ...cells) => {
      const line = make(body, "tr");
      make(line, "th", { scope: "row" }).append(name);
      cells.forEach((text) => make(line, "td", {}, text));
    };
    const sum = (list) => list.reduce((a, b) => a + b, 0);
    for (const { where, name, chips, right } of all) {
      row(
        make(null, "a", { href: `chapters/${where}.html` }, name),
        String(chips[right]),
        inBits(bits(chips[right])),
        inBits(Math.log2(chips.length)),
      );
    }
    row(
      "Together",
      "",
      inBits(sum(all.map((one) => bits(one.chips[one.right])))),
      inBits(sum(all.map((one) => Math.log2(one.chips.length)))),
    );
    calibration(root, all);
    make(root, "p", {}, "All this is kept in this browser, and sent nowhere.");
    button(root, "Delete my bets").addEventListener("click", () => {
      localStorage.removeItem(KEPT);
      bill(root);
    });
  }

  const GROUPS = [[0, 50], [50, 70], [70, 90], [90, 101]];
  const log2 = (a, b) => a ? a * Math.log2(a / b) : 0;

  function calibration(root, all) {
    const favorites = all.map(({ chips, right }) => {
      const most = Math.max(...chips);
      return { sure: most / 100, hit: chips[right] === most ? 1 : 0 };
    });
    const groups = GROUPS.map(([from, to]) => favorites.filter(({ sure }) => sure * 100 >= from && sure * 100 < to))
      .filter((group) => group.length)
      .map((group) => ({
        n: group.length,
        sure: group.reduce((a, one) => a + one.sure, 0) / group.length,
        hit: group.reduce((a, one) => a + one.hit, 0) / group.length,
      }));
    const own = groups.reduce(
      (a, { n, sure, hit }) => a + n / favorites.length * (log2(hit, sure) + log2(1 - hit, 1 - sure)),
      0,
    );
    const percent = (x) => `${Math.round(100 * x)} %`;
    const words = groups.map(({ n, sure, hit }) => `${percent(sure)} sure, right in ${percent(hit)} of ${n}`).join(
      "; ",
    );
    const size = 200;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const draw = (tag, values, text = "") => {
      const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const key in values) node.setAttribute(key, values[key]);
      node.textContent = text;
      svg.append(node);
    };
    const attributes = {
      viewBox: "-46 -12 270 250",
      role: "img",
      "aria-label": `How sure you were, and how often right: ${words}.`,
    };
    for (const key in attributes) svg.setAttribute(key, attributes[key]);
    draw("path", { d: `M0 0V${size}H${size}`, class: "kl-axis" });
    draw("path", { d: `M0 ${size}L${size} 0`, class: "kl-diagonal" });
    for (const { n, sure, hit } of groups) {
      draw("circle", { cx: sure * size, cy: size - hit * size, r: 4 + 2 * Math.sqrt(n), class: "kl-dot" });
    }
    for (const at of [0, 0.5, 1]) {
      draw("text", { x: at * size, y: size + 16, "text-anchor": "middle" }, percent(at));
      draw("text", { x: -6, y: size - at * size + 4, "text-anchor": "end" }, percent(at));
    }
    draw("text", { x: size / 2, y: size + 34, "text-anchor": "middle" }, "how sure");
    draw("text", { x: 8, y: 4 }, "how often right");
    const figure = make(root, "figure", { class: "kl-calibration" });
    figure.append(svg);
    const cost = Number.isFinite(own) ? `${own.toFixed(2)} bits a bet` : "infinitely many bits";
    make(
      figure,
      "figcaption",
      {},
      `Your favorite answers: ${words}. On the diagonal you are right as often as you are sure. The divergence of what you said from how often you were right, group by group, is ${cost}; over a few bets it is mostly luck.`,
    );
  }

  betting();
  const account = document.getElementById("kl-bill");
  if (account) bill(account);
})();
