"""Lay the files of a new chapter, and enter it in the table of contents.

    python tools/chapter.py NAME

NAME is the chapter's slug, such as kl-divergence: small letters and digits, with hyphens between. Then
`make check CHAPTER=NAME` says what is still missing.
"""

import re
import sys
from pathlib import Path

import nbformat
from notebooks import normal

ROOT = Path(__file__).parents[1]
CHAPTER = """# {title}: which question does it answer?

:::{{admonition}} A riddle
:class: riddle
% What could a reader bet on, and lose? A list of two to four answers.
:::

:::{{admonition}} What you will be able to do
:class: goals
% - a line for each thing that a question or a task can test;
:::

You need probabilities, averages and logarithms.

## A worked number first

## The definition

## The riddle's answer

## In code

## What goes wrong

## Check yourself

The [exercises](../exercises/{slug}.ipynb) ask more of you, and check it.
For a lecture there are <a href="../slides/{slug}.html">slides with speaker notes</a>
and <a href="../slides/{slug}.pdf">the handout</a>.

:::{{admonition}} In one box
:class: summary
% What should be left in a year?
:::

## Further reading
"""
EXERCISES = """# Exercises: {title}

Tasks for [the chapter](../chapters/{slug}.ipynb).

Run this cell first."""
DECK = """# {title}

Which question does it answer?

:::{{revealjs-notes}}
**1 min.** What the hour is about.
:::"""
CHECKS = '''"""The tasks of the chapter `{slug}`."""

from typing import Any

__all__: list[str] = []

# Under "Check yourself", by the labels of the questions.
QUESTIONS: dict[str, Any] = {{}}
'''
TESTS = '''"""The chapter `{slug}`: its theorems, and answers that readers give."""

from typing import Any

RIGHT: dict[str, list[Any]] = {{}}
WRONG: dict[str, list[tuple[Any, str]]] = {{}}
ORDERS: dict[str, int] = {{}}
'''


def main(slug: str) -> int:
    if not re.fullmatch("[a-z][a-z0-9]*(-[a-z0-9]+)*", slug):
        print(f"NAME must be small letters and digits with hyphens between, but got {slug!r}", file=sys.stderr)
        return 1
    module = slug.replace("-", "_")
    names = {"slug": slug, "title": slug.replace("-", " ").capitalize()}
    setup = f"import numpy as np\n\nimport klnotes\nfrom klnotes.check import {module} as check"
    files = {
        f"chapters/{slug}.ipynb": notebook(slug, CHAPTER.format(**names)),
        f"exercises/solutions/{slug}.ipynb": notebook(slug, EXERCISES.format(**names), setup),
        f"slides/{slug}.ipynb": notebook(f"{slug}-slides", DECK.format(**names)),
        f"klnotes/check/{module}.py": CHECKS.format(**names),
        f"tests/chapters/test_{module}.py": TESTS.format(**names),
    }
    if taken := [name for name in files if (ROOT / name).exists()]:
        print(f"There is already {', '.join(taken)}", file=sys.stderr)
        return 1
    for name, text in files.items():
        (ROOT / name).write_text(text, "utf-8", newline="\n")
    toc = ROOT / "_toc.yml"
    lines = toc.read_text("utf-8").splitlines(keepends=True)
    last = max(number for number, line in enumerate(lines) if "file: chapters/" in line)
    lines.insert(last + 1, re.sub("chapters/.*", f"chapters/{slug}", lines[last]))
    toc.write_text("".join(lines), "utf-8", newline="\n")
    print("\n".join(files))
    print(f"_toc.yml, line {last + 2}: move it to the chapter's place")
    return 0


def notebook(stem: str, text: str, *code: str) -> str:
    """A notebook of one cell of text, and cells of code that print nothing."""
    cells = [nbformat.v4.new_markdown_cell(text, id=f"{stem}-00")]
    for number, source in enumerate(code, 1):
        locked = {
            "grade": False,
            "grade_id": "setup",
            "locked": True,
            "schema_version": 3,
            "solution": False,
            "task": False,
        }
        cell = nbformat.v4.new_code_cell(source, id=f"{stem}-{number:02}", metadata={"nbgrader": locked})
        cells.append(cell)
    return normal(nbformat.v4.new_notebook(cells=cells))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/chapter.py NAME, or make chapter NAME=...")
    sys.exit(main(sys.argv[1]))
