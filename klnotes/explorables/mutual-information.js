// A table of counts is pulled cell by cell, beside the product of its margins.

import { demand, klTerm, total } from "./kit.js";
import { attributes, explorable, label, short, show, slider, svg, write } from "./kit.js";

const sums = (table) => [table.map(total), table[0].map((_, j) => total(table.map((row) => row[j])))];
function mutualInformation(table) {
  const [rows, columns] = sums(table);
  const n = total(rows);
  // Whole numbers, so products and differences are exact.
  return total(table.flatMap((row, i) => row.map((count, j) => klTerm(count * n, rows[i] * columns[j])))) / n / n;
}
// The values of X and of Y are 0, 1, ...; where they begin makes no difference.
function correlation(table) {
  const [rows, columns] = sums(table);
  const n = total(rows);
  const mean = (weights, f) => total(weights.map((weight, i) => weight * f(i)));
  const spread = (weights) => n * mean(weights, (i) => i * i) - mean(weights, (i) => i) ** 2;
  const together = n * mean(table.map((row, i) => i * mean(row, (j) => j)), () => 1) -
    mean(rows, (i) => i) * mean(columns, (j) => j);
  return together / Math.sqrt(spread(rows) * spread(columns));
}

const MOST = 9;
const TABLES = { 2: [[4, 1], [1, 4]], 3: [[3, 1, 0], [1, 3, 1], [0, 1, 3]] };

const render = explorable((model) => {
  const sound = (table) =>
    (table?.length === 2 || table?.length === 3) &&
    table.every((row) =>
      row?.length === table.length && row.every((n) => Number.isInteger(n) && n >= 0 && n <= MOST)
    ) && total(table.flat()) > 0;
  demand(sound(model.get("counts")), "counts are spoiled");
  return {
    traits: ["counts"],
    task: "Bring the correlation to 0 while I(X;Y) stays above 0.2 bits.",
    praise: "Correlation sees straight lines only. I(X;Y) sees anything that Y tells about X.",
    hint: "Pull the cells of the left table, counts from 0 to 9. On the right, what the same margins would give " +
      "if X and Y were independent.",
    height: 206,
    build(ui) {
      let size, cells, products;
      const sheet = svg(ui.svg, "g");
      function lay() {
        sheet.replaceChildren();
        size = model.get("counts").length;
        const side = 144 / size;
        const values = size === 2 ? ["0", "1"] : ["−1", "0", "1"];
        const place = [0, 1].map((k) => {
          const left = 34 + k * 182;
          label(sheet, left + 72, 12, k ? "product of the margins" : "joint");
          label(sheet, left + 72, 202, "Y");
          label(sheet, left - 26, 100, "X");
          values.forEach((text, i) => {
            label(sheet, left + (i + 0.5) * side, 184, text);
            label(sheet, left - 10, 28 + (i + 0.5) * side, text);
          });
          return left;
        });
        const box = (parent, left, i, j, color) => {
          const [x, y] = [left + j * side, 24 + i * side];
          svg(parent, "rect", { x: x + 1, y: y + 1, width: side - 2, height: side - 2, class: "klx-track" });
          const fill = svg(parent, "rect", { x: x + 1, width: side - 2, class: color, "fill-opacity": 0.55 });
          const grip = color === "klx-p" &&
            svg(parent, "rect", { x: x + 1, width: side - 2, height: 4, rx: 2, class: "klx-grip" });
          const text = label(parent, x + side / 2, y + 15, "", { class: "klx-number" });
          return {
            text,
            fill(part) {
              const high = Math.min(part, 1) * (side - 2);
              attributes(fill, { y: y + side - 1 - high, height: high });
              if (grip) attributes(grip, { y: y + side - 3 - Math.min(high, side - 5) });
            },
          };
        };
        const each = (make) => Array.from({ length: size * size }, (_, k) => make(Math.floor(k / size), k % size));
        cells = each((i, j) => {
          const pulled = slider(ui.svg, {
            name: `X ${values[i]}, Y ${values[j]}`,
            x: place[0] + j * side + 1,
            y: 25 + i * side,
            width: side - 2,
            height: side - 2,
            stops: Array.from({ length: MOST + 1 }, (_, n) => n),
            page: 3,
            get: () => model.get("counts")[i][j],
            set(count) {
              const next = model.get("counts").map((row) => [...row]);
              next[i][j] = count;
              if (total(next.flat()) > 0) ui.set("counts", next);
            },
          });
          sheet.append(pulled.group);
          return { pulled, ...box(pulled.group, place[0], i, j, "klx-p") };
        });
        products = each((i, j) => box(sheet, place[1], i, j, "klx-q"));
      }
      lay();
      const readings = ["correlation", "I(X;Y)"].map(ui.reading);
      const paintSize = ui.choice(
        "Table",
        ["2 × 2", "3 × 3"],
        () => model.get("counts").length - 2,
        (i) => ui.set("counts", TABLES[i + 2]),
      );
      return () => {
        const counts = model.get("counts");
        if (counts.length !== size) lay();
        const [rows, columns] = sums(counts);
        const n = total(rows);
        const rho = correlation(counts);
        const bits = mutualInformation(counts) / Math.LN2;
        const said = [show(rho), `${show(bits)} bits`];
        said.forEach((text, k) => readings[k](text));
        paintSize();
        counts.flat().forEach((count, k) => {
          const [i, j] = [Math.floor(k / size), k % size];
          cells[k].fill(count / MOST);
          write(cells[k].text, short(count / n));
          cells[k].pulled.tell(
            `count ${count}, probability ${short(count / n)}`,
            `correlation ${said[0]}, information ${said[1]}`,
          );
          const expected = (rows[i] * columns[j]) / n;
          products[k].fill(expected / MOST);
          write(products[k].text, short(expected / n));
        });
        return rho === 0 && bits > 0.2;
      };
    },
  };
});

export { correlation, mutualInformation };
export default { render };
