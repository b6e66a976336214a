"""What a reader can answer on a page: bets on its riddle, and the questions that klnotes.check knows.

The notebook's metadata say which answer of each list in the riddle is right, counted from 0, as in
`"chapter": {"bets": [2]}`.
`QUESTIONS` of the chapter's module in klnotes.check has tasks for the questions under "Check yourself", by their labels
without `ex-` and the slug.
"""

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from klnotes.check._engine.page import asked, question, table
from klnotes.check._engine.search import Check
from klnotes.check._engine.verdict import Task

FOLDER = "_static/answers/"
CHAPTERS = "chapters/"


class Bill(SphinxDirective):
    """Where a page shows what the reader's bets have cost."""

    def run(self) -> list[nodes.Node]:
        without = "What you bet on the riddles of the chapters is added up here, if your browser runs JavaScript."
        return [nodes.raw("", f'<div id="kl-bill"><noscript><p>{without}</p></noscript></div>', format="html")]


def tables(slug: str) -> dict[str, Check]:
    """The programs that a page asks for, by the names of the files with their tables."""
    programs = ((label, task) for label, tasks in asked(slug).items() for task in tasks if isinstance(task, Check))
    return {f"{label}-{task.name}.json": task for label, task in programs}


def data(slug: str, label: str, task: Task, alone: bool) -> dict[str, Any]:
    """What the script is told of one task."""
    file = next((file for file, check in tables(slug).items() if check is task and file.startswith(label)), None)
    return (
        question(task)
        | ({} if alone and task.name.isidentifier() else {"caption": task.name})
        | ({"table": file} if file else {})
    )


def add(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    body, slug = context.get("body", ""), pagename.removeprefix(CHAPTERS)
    path = Path(app.srcdir) / f"{pagename}.ipynb"
    given: dict[str, Any] = {"page": slug, "bets": [], "questions": {}}
    if pagename.startswith(CHAPTERS) and path.exists():
        given["bets"] = json.loads(path.read_text("utf-8"))["metadata"].get("chapter", {}).get("bets", [])
        for label, tasks in asked(slug).items():
            if f'id="{label}"' in body:
                given["questions"][label] = [data(slug, label, task, len(tasks) == 1) for task in tasks]
    if given["bets"] or given["questions"] or 'id="kl-bill"' in body:
        given["title"] = Markup(context["title"]).striptags().partition(":")[0]
        given["folder"] = context["pathto"](FOLDER, 1)
        text = json.dumps(given, ensure_ascii=False).replace("</", "<\\/")
        context["body"] = (
            f'{body}<script type="application/json" id="kl-answers">{text}</script>'
            f'<script defer src="{given["folder"]}answers.mjs"></script>'
        )


def write(app: Sphinx, failed: Exception | None) -> None:
    """The tables by which a page judges a program: it loads one when a reader first asks."""
    folder = Path(app.outdir) / FOLDER
    if failed is None and app.builder.format == "html" and folder.exists():
        for path in (Path(app.srcdir) / CHAPTERS).glob("*.ipynb"):
            for file, check in tables(path.stem).items():
                text = json.dumps(table(check), ensure_ascii=False, separators=(",", ":"))
                (folder / file).write_text(text, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("bill", Bill)
    app.connect("html-page-context", add)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
