"""Give a page the code of the explorables on it, and other pages nothing.

The scripts are written into the page itself, because browsers load no module from file://. They are the modules that a
notebook runs, without indents and lines of comment.
"""

import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from klnotes import explorables

STYLE = "_static/explorables.css"


class Explorable(SphinxDirective):
    """The explorable that a chapter has stored, on a page that is no notebook."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir) / f"chapters/{self.arguments[0]}.ipynb"
        self.env.note_dependency(str(path))
        for cell in json.loads(path.read_text("utf-8"))["cells"] if path.is_file() else []:
            for output in cell.get("outputs", []):
                shown = "".join(output.get("data", {}).get("text/html", []))
                if "data-explorable" in shown:
                    return [nodes.raw("", shown, format="html")]
        raise self.error(f"chapters/{self.arguments[0]}.ipynb stores no explorable")


def bare(script: str) -> str:
    lines = map(str.strip, re.sub(r"/\*\*.*?\*/", "", script, flags=re.DOTALL).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def add(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    body = context.get("body", "")
    if names := sorted(set(re.findall(r'data-explorable="([\w-]+)"', body))):
        host = (Path(explorables.__file__).parent / "page.js").read_text("utf-8")
        context["body"] = f'{body}<link rel="stylesheet" href="{context["pathto"](STYLE, 1)}">' + "".join(
            f'<script type="module">{bare(explorables.module(name) + host)}\nhydrate("{name}", render);</script>'
            for name in names
        )


def style(app: Sphinx, failed: Exception | None) -> None:
    if not failed:
        (Path(app.outdir) / STYLE).write_text(explorables.STYLE, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("explorable", Explorable)
    app.connect("html-page-context", add)
    app.connect("build-finished", style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
