"""What axe finds wrong with a page, by the rules of WCAG 2.2 AA."""

import json
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# A formula is one thing here, as its parts have the color of its sentence, and so is a picture that has its text.
# Contrast is the slow rule, and the same for all texts that look alike: one of each look is enough, and one of the
# words that a program's colors mark alike.
RUN = """async ([root, rules]) => {
  const part = document.querySelector(root);
  // A color on its way from one theme to the other is not the page's choice.
  document.head.append(document.createElement("style"));
  document.head.lastChild.textContent = "* { transition: none !important; }";
  for (const e of part.querySelectorAll(".katex")) e.replaceChildren("x");
  for (const e of part.querySelectorAll("svg[role=img]")) e.replaceChildren();
  const words = new Set();
  for (const e of part.querySelectorAll("pre span[class]")) {
    if (words.has(e.className)) e.replaceWith(...e.childNodes);
    words.add(e.className);
  }
  const grounds = new Map([[null, ""]]);
  const ground = (e) => {
    if (!grounds.has(e)) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(e);
      const paints = backgroundColor !== "rgba(0, 0, 0, 0)" || backgroundImage !== "none" || opacity !== "1";
      grounds.set(e, ground(e.parentElement) + (paints ? [backgroundColor, backgroundImage, opacity].join() : ""));
    }
    return grounds.get(e);
  };
  const looks = new Set();
  for (const e of part.querySelectorAll("*")) {
    if (![...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) || !e.checkVisibility()) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(e);
    const look = [color, fontSize, fontWeight, ground(e)].join();
    e.toggleAttribute("data-look", !looks.has(look));
    looks.add(look);
  }
  axe.configure({ rules: [{ id: "color-contrast", selector: "[data-look]" }] });
  const { violations } = await axe.run(root, { runOnly: rules, resultTypes: ["violations"] });
  return violations.map((fault) => `${fault.id} at ${fault.nodes[0].html.slice(0, 100)}`);
}"""


def violations(page: Page, root: str = "html") -> list[str]:
    """Each rule that something in the page breaks, and where. Formulas and pictures are empty afterwards."""
    page.evaluate(AXE)
    found = page.evaluate(RUN, [root, RULES])
    assert isinstance(found, list), json.dumps(found)
    return found
