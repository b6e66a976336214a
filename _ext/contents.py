"""What is a list of chapters is made from the chapters.

`_toc.yml` says which there are, in their order; each chapter's notebook says the rest. From them come the tables of
chapters, of decks, of outcomes and of courses, and the entries of the exercises and solutions in the table of contents.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx_external_toc.api import Document, FileItem, GlobItem

FOLDER = "chapters/"


@dataclass(frozen=True)
class Chapter:
    """What a chapter's notebook says of itself.

    Attributes
    ----------
    root : Path
        The book's folder.
    slug : str
        The chapter's name: that of its file, of its exercises, of its deck, and of everything else it has.
    """

    root: Path
    slug: str

    @cached_property
    def notebook(self) -> nbformat.NotebookNode:
        """The notebook as it is stored."""
        return nbformat.read(self.root / f"{FOLDER}{self.slug}.ipynb", as_version=4)

    @cached_property
    def prose(self) -> str:
        """Its Markdown."""
        return "\n\n".join(cell.source for cell in self.notebook.cells if cell.cell_type == "markdown")

    @cached_property
    def heading(self) -> tuple[str, str]:
        """Title and question, from the first line."""
        found = re.match(r"# ([^:\n]+): (\S[^\n]*\?)\n", self.prose + "\n")
        if found is None:
            raise ExtensionError(
                f"chapters/{self.slug}.ipynb must begin with '# Title: the question that it answers?', but begins with "
                f"{self.prose.partition(chr(10))[0]!r}"
            )
        return found[1], found[2][0].upper() + found[2][1:]

    @cached_property
    def needs(self) -> list[str]:
        """The chapters to be read first: those to which the paragraph 'You need ...' links."""
        paragraph = re.search(r"^You need.*(?:\n.+)*", self.prose, flags=re.MULTILINE)
        return re.findall(r"\]\(([\w-]+)\.ipynb\)", paragraph[0]) if paragraph else []

    @cached_property
    def goals(self) -> list[str]:
        """What the reader will be able to do: the list in the box of the class `goals`."""
        box = re.search(r":::\{admonition\}[^\n]*\n:class: goals\n(.*?)\n:::", self.prose, flags=re.DOTALL)
        return [goal.rstrip(";.") for goal in re.findall(r"^- (.*)", box[1], flags=re.MULTILINE)] if box else []

    @cached_property
    def tested(self) -> list[dict[str, list[str]]]:
        """For each goal the questions of the chapter and the tasks of the exercises that test it."""
        return list(self.notebook.metadata.get("chapter", {}).get("tested", []))

    @cached_property
    def tasks(self) -> dict[str, int]:
        """Number of each task in the exercise notebook, by the `grade_id` of the cell that is to be filled in."""
        path = self.root / f"exercises/{self.slug}.ipynb"
        cells = nbformat.read(path, as_version=4).cells if path.exists() else []
        solved = [c.metadata.nbgrader for c in cells if c.metadata.get("nbgrader", {}).get("solution")]
        return {mark.grade_id: number for number, mark in enumerate(solved, 1)}


def parts(root: Path) -> dict[str, list[Chapter]]:
    """The chapters in the order of `_toc.yml`, by the caption of their part."""
    toc = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    listed = {part.get("caption", ""): [e.get("file", "") for e in part["chapters"]] for part in toc.get("parts", [])}
    found = {
        caption: [Chapter(root, file.removeprefix(FOLDER)) for file in files if file.startswith(FOLDER)]
        for caption, files in listed.items()
    }
    return {caption: chapters for caption, chapters in found.items() if chapters}


def chapters(root: Path) -> list[Chapter]:
    """All chapters, in the order of `_toc.yml`."""
    return [chapter for part in parts(root).values() for chapter in part]


def link(chapter: Chapter) -> str:
    return f"[{chapter.heading[0]}](/{FOLDER}{chapter.slug}.ipynb)"


def table(head: str, rows: list[list[str]]) -> list[str]:
    return [f"| {head} |", "|---" * len(head.split("|")) + "|", *(f"| {' | '.join(row)} |" for row in rows), ""]


class Chapters(SphinxDirective):
    """The chapters with the question that each one answers, part by part."""

    def run(self) -> list[nodes.Node]:
        lines = list(self.lines(Path(self.env.srcdir)))
        for folder in (FOLDER, "exercises/", "slides/"):
            for path in Path(self.env.srcdir, folder).glob("*.ipynb"):
                self.env.note_dependency(str(path))
        self.env.note_dependency(str(Path(self.env.srcdir, "_toc.yml")))
        node = nodes.Element()
        self.state.nested_parse(StringList(lines, self.env.docname), 0, node)
        return list(node.children)

    def lines(self, root: Path) -> Iterator[str]:
        by_slug = {chapter.slug: chapter for chapter in chapters(root)}
        for caption, part in parts(root).items():
            rows = [
                [link(c), c.heading[1], ", ".join(by_slug[need].heading[0] for need in c.needs) or "–"] for c in part
            ]
            yield from (f"**{caption}**", "", *table("chapter | the question it answers | read first", rows))


class Decks(Chapters):
    """The deck of each chapter, and its handout."""

    def lines(self, root: Path) -> Iterator[str]:
        rows = []
        for chapter in chapters(root):
            if (root / f"slides/{chapter.slug}.ipynb").exists():
                deck = f"../slides/{chapter.slug}"
                rows.append(
                    [link(chapter), f'<a href="{deck}.html">slides</a>', f'<a href="{deck}.pdf">handout</a>'],
                )
        yield from table("chapter | deck | handout", rows)


class Outcomes(Chapters):
    """What a student can do after each chapter, and what tests it."""

    def lines(self, root: Path) -> Iterator[str]:
        for chapter in chapters(root):
            rows = []
            for goal, tests in zip(chapter.goals, chapter.tested, strict=True):
                questions = ", ".join(f"{{ref}}`ex-{chapter.slug}-{name}`" for name in tests.get("questions", []))
                tasks = ", ".join(str(chapter.tasks[name]) for name in tests.get("tasks", []))
                rows.append([goal, questions or "–", tasks or "–"])
            notebook = f"[the notebook](/exercises/{chapter.slug}.ipynb)"
            head = f"the student can | in the chapter | task in {notebook}"
            yield from (f"**{link(chapter)}**", "", *table(head, rows))


class Tracks(Chapters):
    """Courses of a few lectures: a line 'audience: slug, slug, ...' for each, and what is to be read beforehand."""

    has_content = True

    def lines(self, root: Path) -> Iterator[str]:
        by_slug = {chapter.slug: chapter for chapter in chapters(root)}
        rows = []
        for audience, _, slugs in (line.partition(": ") for line in self.content):
            lectures = slugs.split(", ")
            if unknown := [slug for slug in lectures if slug not in by_slug]:
                raise ExtensionError(f"a course must name chapters of _toc.yml, but {unknown} are none")
            read = ", ".join(link(by_slug[slug]) for slug in reading(by_slug, lectures))
            rows.append([audience, ", ".join(by_slug[slug].heading[0] for slug in lectures), read or "–"])
        yield from table("for | lectures | to be read beforehand", rows)


def reading(by_slug: dict[str, Chapter], lectures: list[str]) -> list[str]:
    """The chapters that these lectures need, at whatever remove, and that are not among them."""
    needed, unread = set[str](), list(lectures)
    while unread:
        new = set(by_slug[unread.pop()].needs) - needed
        needed |= new
        unread += new
    for place, slug in enumerate(lectures):
        if late := set(by_slug[slug].needs) & set(lectures[place + 1 :]):
            raise ExtensionError(f"a lecture on {slug} must come after the one on {late.pop()}, which it needs")
    return [slug for slug in by_slug if slug in needed - set(lectures)]


def list_exercises(app: Sphinx, config: Config) -> None:
    """Put the notebooks that a pattern in `_toc.yml` finds into the order of the chapters, with their titles."""
    root = Path(app.srcdir)
    for document in list(config.external_site_map.values()):
        for tree in document.subtrees:
            items: list[Any] = []
            for item in tree.items:
                if not isinstance(item, GlobItem):
                    items.append(item)
                    continue
                for chapter in chapters(root):
                    name = str(item).replace("*", chapter.slug)
                    if (root / f"{name}.ipynb").exists():
                        config.external_site_map[name] = Document(name, title=chapter.heading[0])
                        items.append(FileItem(name))
            tree.items = items


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", list_exercises, priority=950)  # sphinx-external-toc reads _toc.yml at 900
    for name, directive in (("chapters", Chapters), ("decks", Decks), ("outcomes", Outcomes), ("tracks", Tracks)):
        app.add_directive(name, directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
