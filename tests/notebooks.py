"""What the tests read out of the stored notebooks."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from _ext.contents import chapters

ROOT = Path(__file__).parents[1]
CHAPTERS = [ROOT / f"chapters/{chapter.slug}.ipynb" for chapter in chapters(ROOT)]
SOLUTIONS = sorted(ROOT.glob("exercises/solutions/*.ipynb"))
NOTEBOOKS = [*CHAPTERS, *sorted(ROOT.glob("exercises/**/*.ipynb"))]
DECKS = sorted(ROOT.glob("slides/*.ipynb"))
BOOK = [
    path.relative_to(ROOT).with_suffix(".html").as_posix()
    for path in (ROOT / "index.md", *NOTEBOOKS, *ROOT.glob("reference/*.md"), *ROOT.glob("teaching/*.md"))
]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("reference/*.md")), *sorted(ROOT.glob("teaching/*.md"))]

_NUMBER = re.compile(r"(?<![\w.])([-+]?\d+(?:\.\d+)?(?:e-?\d+)?)[\s-]?(nat|bit|hartley)s?\b")


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code(notebook: NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def prose(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Cell number and text of what a reader reads: Markdown cells and figure captions."""
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "markdown":
            yield number, cell.source
        elif "mystnb" in cell.metadata:
            yield number, cell.metadata.mystnb.get("figure", {}).get("caption", "")


def printed(notebook: NotebookNode) -> str:
    """All text that the cells print or return, pictures' alt texts included."""
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            texts.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
    return "\n".join(texts)


def quantities(text: str) -> set[tuple[str, str]]:
    """(number, unit) for every number in the text that has a unit of information."""
    plain = re.sub(r"\\(?:ln|log(?:_\{?\w+\}?)?)\s*\d+", " ", text)  # "ln 2 nats" quotes no result
    plain = re.sub(r"\\(?:text|mathrm|textbf)\s*\{\s*", " ", plain)
    plain = re.sub(r"\\[,;: ]|[~$*{}\u00a0\u202f]", " ", plain).replace("−", "-")
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", plain)
    return {(number.lstrip("+"), unit) for number, unit in _NUMBER.findall(re.sub(r"[ \t]+", " ", plain))}


def marked(notebook: NotebookNode, mark: str) -> list[NotebookNode]:
    """Cells that nbgrader's metadata mark as a solution, as a grade or as locked."""
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get(mark)]


def secrets(path: Path) -> Iterator[str]:
    """Lines of solutions that the student's notebook has no reason to hold."""
    shown = "\n".join(cell.source for cell in read(path.parents[1] / path.name).cells)
    for cell in marked(read(path), "solution"):
        for region in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, flags=re.S):
            yield from (
                line.strip() for line in region.splitlines() if len(line.strip()) > 7 and line.strip() not in shown
            )
