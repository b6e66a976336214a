// One message, coded letter by letter with the clerk's own book and with another one: two piles of bits.

import { crossEntropy, demand, names, total } from "./kit.js";
import { attributes, explorable, label, show, slide, svg, write } from "./kit.js";

const codeLength = (p, words) => total(p.map((share, i) => share * words[i].length));

const render = explorable((model) => {
  const [letters, words, books, message] = ["letters", "words", "books", "message"].map((trait) => model.get(trait));
  names(letters, "letters");
  const codes = [words, ...books];
  const isCode = (code) => code?.length === letters.length && code.every((word) => /^[01]{1,6}$/.test(word));
  const places = [[model.get("book"), books.length - 1], [model.get("sent"), message?.length]];
  const sound = codes.every(isCode) && typeof message === "string" && message &&
    [...message].every((letter) => letters.includes(letter));
  const inside = places.every(([n, most]) => Number.isInteger(n) && n >= 0 && n <= most);
  demand(sound && inside, "books or message are spoiled");
  const spelled = words.map((word, i) => `${letters[i]} ${word}`).join(", ");
  return {
    traits: ["book", "sent"],
    task: "Pick the book that costs 0.875 bits a letter more than the clerk's own, and send the message.",
    praise: "This book gives the longest words to the letters that come most often.",
    hint: `Above the letters, the bits of the clerk's book (${spelled}); below, those of the book you pick. ` +
      "Pull the dot to send letter by letter.",
    height: 240,
    build(ui) {
      const COLUMNS = 16;
      const wide = 360 / COLUMNS;
      const columns = Array.from({ length: COLUMNS }, (_, k) => {
        const x = (k + 0.5) * wide;
        const stack = (side) =>
          Array.from({ length: 6 }, (_, j) => {
            const y = side ? 78 + 14 * j : 44 - 14 * j;
            const box = svg(ui.svg, "rect", { x: x - 9, y, width: 18, height: 13, class: side ? "klx-q" : "klx-p" });
            return [box, label(ui.svg, x, y + 10, "", { class: "klx-inverse klx-number" })];
          });
        return { letter: label(ui.svg, x, 72, "", { class: "klx-strong" }), stacks: [stack(0), stack(1)] };
      });
      const longest = message.length * Math.max(...codes.flat().map((word) => word.length));
      const piles = [0, 1].map((k) => ({
        bar: svg(ui.svg, "rect", { x: 0, y: 134 + 24 * k, height: 18, class: k ? "klx-q" : "klx-p" }),
        text: label(ui.svg, 0, 147 + 24 * k, "", { "text-anchor": "start", class: "klx-number" }),
      }));
      const readings = ["own book", "this book", "extra"].map(ui.reading);
      const pull = slide(ui, {
        name: "letters sent",
        y: 208,
        stops: Array.from({ length: message.length + 1 }, (_, i) => i),
        page: 8,
        get: () => model.get("sent"),
        set(sent) {
          clearInterval(timer);
          ui.set("sent", sent);
        },
      });
      [0, message.length].forEach((n) => label(ui.svg, n ? 348 : 12, 234, n, { class: "klx-muted" }));
      let timer;
      const paintBook = ui.choice("Book", books.map((code) => code.join(" ")), () => model.get("book"), (i) => {
        clearInterval(timer);
        model.set("sent", 0);
        ui.set("book", i);
      });
      ui.button("Send", () => {
        clearInterval(timer);
        if (matchMedia("(prefers-reduced-motion: reduce)").matches) return ui.set("sent", message.length);
        model.set("sent", 0);
        timer = setInterval(() => {
          if (!ui.root.isConnected || model.get("sent") >= message.length) return clearInterval(timer);
          const sent = model.get("sent") + 1;
          model.set("sent", sent);
          if (sent === message.length) model.save_changes();
        }, 40);
      });
      ui.reset = () => clearInterval(timer);
      return () => {
        const sent = model.get("sent");
        const pair = [words, books[model.get("book")]];
        const part = [...message.slice(0, sent)];
        const shares = letters.map((letter) => part.filter((other) => other === letter).length / (sent || 1));
        const means = pair.map((code) => codeLength(shares, code));
        const extra = means[1] - means[0];
        const said = [...means, extra].map((bits) => (sent ? `${show(bits, 3)} bits/letter` : "–"));
        said.forEach((text, k) => readings[k](text));
        paintBook();
        pull(sent, `${sent} of ${message.length}`, `extra ${said[2]}`);
        const first = Math.floor(Math.max(sent - 1, 0) / COLUMNS) * COLUMNS; // a full row makes way for the next
        columns.forEach(({ letter, stacks }, k) => {
          const shown = part[first + k] ?? "";
          write(letter, shown);
          stacks.forEach((stack, side) =>
            stack.forEach(([box, text], j) => {
              const bit = pair[side][letters.indexOf(shown)]?.[j] ?? "";
              attributes(box, { visibility: bit ? "visible" : "hidden" });
              write(text, bit);
            })
          );
        });
        piles.forEach(({ bar, text }, k) => {
          const bits = Math.round(means[k] * sent);
          const width = (bits / longest) * 290;
          attributes(bar, { width });
          attributes(text, { x: width + 6 });
          write(text, `${bits} bits`);
        });
        return sent === message.length && Math.abs(extra - 0.875) < 1e-12;
      };
    },
  };
});

export { codeLength, crossEntropy };
export default { render };
