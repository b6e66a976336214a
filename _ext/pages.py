"""What the pages leave out, and what they say of themselves to those who look for them."""

import posixpath
import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from docutils import nodes
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from klnotes import _palette

# Jupyter Book loads these for what this book does not have: cells run in a cloud, cards and tabs.
UNUSED = ("sphinx-thebe", "sphinx-design", "design-tabs")
CARD, MARK = "_static/card.png", "_static/mark.svg"
# What the theme's own template, which layout.html replaces, asks for first.
THEME = ("basic.css", "styles/pydata-sphinx-theme.css")
RULE = re.compile(r"[^{}]+\{[^{}]*\}")
ADDRESS = re.compile(r"""url\((?!["']?(?:data:|#|/))["']?([^"')]+)["']?\)""")
ICON = re.compile(r"\.fa[brs]?\b|Font.{0,2} Awesome")


def describe(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document) -> None:
    """Scripts in their order, but after the text; a description from the page's first paragraph."""
    # The style sheets of every page, each once and the book's own last; unite() makes one of them.
    sheets = dict.fromkeys(str(sheet.filename).removeprefix("_static/") for sheet in context["css_files"])
    needed = [name for name in sheets if not any(part in name for part in UNUSED)]
    vars(app.env)["sheets"] = [*THEME, *sorted(needed, key="klnotes.css".__eq__)]
    context["css_files"] = []
    kept = []
    for script in context["script_files"]:
        if any(name in str(script.filename) for name in UNUSED) or "THEBE" in script.attributes.get("body", ""):
            continue
        # Inline scripts use the options, and on the search page more. The pages share these objects.
        script.attributes.pop("defer", None)
        if script.filename and "documentation_options" not in script.filename and pagename != "search":
            script.attributes["defer"] = "defer"
        kept.append(script)
    context["script_files"] = kept
    if "body" in context:
        # sphinxcontrib-bibtex writes a role that ARIA has deprecated, in the place of the one that its list asks for.
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')
    context["card"] = f"{app.config.html_baseurl.rstrip('/')}/{CARD}"
    context["description"] = summary(doctree) or app.config.html_title or app.config.project


def summary(doctree: nodes.document | None) -> str:
    """The first paragraph of the page, up to the sentence that passes 120 characters."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        if isinstance(paragraph.parent, nodes.section):
            text = " ".join(paragraph.astext().split())
            end = text.find(". ", 120)
            return text if end < 0 else text[: end + 1]
    return ""


def keep_together(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """A comma after a formula becomes part of it: a browser would begin a line with it."""
    for formula in doctree.findall(nodes.math):
        after = formula.next_node(descend=False, siblings=True)
        if isinstance(after, nodes.Text) and (marks := re.match(r"[.,;:!?)]+", after)):
            tex = formula.astext() + "".join(f"{{{mark}}}" for mark in marks[0])
            formula.children = [nodes.Text(tex)]
            # By identity: Element.replace would take the first text that reads the same, such as a dot after some code.
            siblings = after.parent.children
            place = next(i for i, sibling in enumerate(siblings) if sibling is after)
            after.parent[place] = nodes.Text(after[marks.end() :])


def moved(folder: str, address: re.Match[str]) -> str:
    return f"url({posixpath.normpath(posixpath.join(folder, address[1]))})"


def unite(app: Sphinx, exception: Exception | None) -> None:
    """One style sheet instead of a dozen, without rules for classes and icons that no page has: phones ask in turns."""
    sheets = getattr(app.env, "sheets", None)  # where no page was written, what stands stands
    if exception is not None or sheets is None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    texts = [path.read_text("utf-8") for path in (*Path(app.outdir).rglob("*.html"), *static.rglob("*.js"))]
    known = {word for text in texts for word in re.findall(r"[\w-]+", text)}

    def used(selector: str) -> bool:
        names = re.findall(r"[.#](-?[A-Za-z_][\w-]*)", re.sub(r":not\([^)]*\)", "", selector))
        return ":is(" in selector or ":where(" in selector or known.issuperset(names)

    def kept(rule: re.Match[str]) -> str:
        selectors = rule[0].partition("{")[0]
        return "" if ICON.search(rule[0]) or not any(map(used, selectors.split(","))) else rule[0]

    united = ""
    for name in sheets:
        text = re.sub(r"/\*.*?\*/", "", (static / name).read_text("utf-8"), flags=re.DOTALL)
        folder = posixpath.dirname(name)
        united += ADDRESS.sub(partial(moved, folder), RULE.sub(kept, text) if name in THEME else text)
    united += _palette.css()
    (static / "book.css").write_text(united, "utf-8")
    # The theme measures all that may scroll before it lets go of a page; layout.html does so in idle moments.
    script = static / "scripts/pydata-sphinx-theme.js"
    text, found = re.subn(r'\["pre",[^\]]*\]', '["#nothing"]', script.read_text("utf-8"))
    if found != 1:
        raise ExtensionError("the theme's script is not the one that _ext/pages.py knows")
    script.write_text(text, "utf-8")
    shutil.rmtree(static / "vendor/fontawesome", ignore_errors=True)
    (static / "scripts/fontawesome.js").unlink(missing_ok=True)


def color_mark(app: Sphinx, exception: Exception | None) -> None:
    """The mark is shown as a picture, in which no style sheet of the page counts."""
    if exception is None and app.builder.format == "html":
        drawn = (Path(app.srcdir) / MARK).read_text("utf-8")
        colored = re.sub(r'class="(\w)"', lambda found: f'fill="{_palette.LIGHT[found[1]]}"', drawn)
        (Path(app.outdir) / MARK).write_text(colored, "utf-8")


def draw_card(app: Sphinx, exception: Exception | None) -> None:
    """The picture with which a page is shared: the mark, and the title of the book."""
    if exception is None and app.config.html_baseurl and app.builder.format == "html":
        figure = Figure(figsize=(12, 6.3), dpi=100)
        axes = figure.add_axes((0.25, 0.4, 0.5, 0.5))
        x = np.linspace(-3, 5, 200)
        for middle, height, letter in ((0, 1, "p"), (1.6, 0.7, "q")):
            axes.fill_between(x, height * np.exp(-((x - middle) ** 2)), color=_palette.LIGHT[letter], alpha=0.75)
        axes.axis("off")
        figure.text(0.5, 0.2, app.config.project, size=44, ha="center", family="serif")
        figure.savefig(Path(app.outdir) / CARD)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", keep_together)
    app.connect("build-finished", unite, priority=900)
    app.connect("build-finished", color_mark)
    app.connect("build-finished", draw_card)
    app.connect("html-page-context", describe, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
