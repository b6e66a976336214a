"""Give a page the code of the explorables on it, and other pages nothing.

The scripts are written into the page itself, because browsers load no module from file://. They are the modules that a
notebook runs, without indents and lines of comment.
"""

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from klnotes import explorables
from klnotes.explorables import _base

STYLE = "_static/explorables.css"
NAME = re.compile(r'data-explorable="([\w-]+)"')


class Explorable(SphinxDirective):
    """An explorable that a chapter has stored, the first one of this name, on a page that is no notebook."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        known: dict[str, str] = {}
        for path in sorted((Path(self.env.srcdir) / "chapters").glob("*.ipynb")):
            self.env.note_dependency(str(path))
            for shown in stored(path):
                known.setdefault(NAME.findall(shown)[0], shown)
        if (name := self.arguments[0]) not in known:
            raise self.error(f"no chapter stores the explorable {name}; they store {', '.join(known) or 'none'}")
        return [nodes.raw("", known[name], format="html")]


class ExplorableClasses(SphinxDirective):
    """What the reference says of the class of each explorable."""

    def run(self) -> list[nodes.Node]:
        lines = [f".. autoclass:: {one.__module__}.{one.__qualname__}" for one in classes()]
        node = nodes.Element()
        self.state.nested_parse(StringList(lines, self.env.docname), 0, node)
        return list(node.children)


def classes() -> list[type]:
    """The classes of the explorables, by the names of their modules."""
    rooms = sorted(m.name for m in pkgutil.iter_modules(explorables.__path__) if not m.name.startswith("_"))
    modules = [importlib.import_module(f"klnotes.explorables.{room}") for room in rooms]
    return [one for m in modules for one in vars(m).values() if inspect.isclass(one) and one.__module__ == m.__name__]


def stored(notebook: Path) -> Iterator[str]:
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            shown = "".join(output.get("data", {}).get("text/html", []))
            if NAME.search(shown):
                yield shown


def bare(script: str) -> str:
    lines = map(str.strip, re.sub(r"/\*\*.*?\*/", "", script, flags=re.DOTALL).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def add(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    body = context.get("body", "")
    if names := sorted(set(NAME.findall(body))):
        host = Path(_base.__file__).with_name("page.js").read_text("utf-8")
        context["body"] = f'{body}<link rel="stylesheet" href="{context["pathto"](STYLE, 1)}">' + "".join(
            f'<script type="module">{bare(_base.module(name) + host)}\nhydrate("{name}", render);</script>'
            for name in names
        )


def style(app: Sphinx, failed: Exception | None) -> None:
    if not failed:
        (Path(app.outdir) / STYLE).write_text(_base.STYLE, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("explorable", Explorable)
    app.add_directive("explorable-classes", ExplorableClasses)
    app.connect("html-page-context", add)
    app.connect("build-finished", style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
