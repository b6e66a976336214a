"""A chapter is one name: what each one must have, and that a new one asks for nothing else."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sphinx.errors import ExtensionError

from _ext.contents import Chapter, chapters, reading
from klnotes.check._engine.answers import Choice, Construction, Number
from klnotes.check._engine.page import asked
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check
from tests.build import build, settings
from tests.notebooks import ROOT, marked, printed, prose, quantities, read, secrets
from tests.planted import TASKS
from tests.test_slides import minutes, slides
from tests.test_theorem_labels import labels

SECTIONS = (
    "A worked number first",
    "The riddle's answer",
    "In code",
    "What goes wrong",
    "Check yourself",
    "Further reading",
)
KINDS = {
    "a proof to put in order": r"^(- )?\*\*[A-Z]\.\*\*",
    "a function to write": r"^def my_",
    "a bug": r"^## \d\. Find the bug",
}


def missing(chapter: Chapter, before: list[str]) -> Iterator[str]:
    """What a chapter lacks, when those before it have been read."""
    yield from missing_in_text(chapter, before)
    yield from missing_in_exercises(chapter)
    path = ROOT / f"slides/{chapter.slug}.ipynb"
    if not path.exists():
        yield f"slides/{chapter.slug}.ipynb: not there"
        return
    deck, (title, question) = slides(path), chapter.heading
    if not re.match(rf"# {re.escape(title)}\n+{re.escape(question)}\n", deck[0]):
        yield f"the deck: the title and the question of the chapter, {title!r} and {question!r}, on its first slide"
    if not 12 <= len(deck) <= 18 or sum(map(minutes, deck)) != 50:
        yield f"the deck: 12 to 18 slides for 50 minutes; it has {len(deck)} for {sum(map(minutes, deck))}"
    if not quantities(printed(read(path))):
        yield "the deck: a number that it prints"


def missing_in_text(chapter: Chapter, before: list[str]) -> Iterator[str]:
    for box in ("riddle", "goals", "summary"):
        if not re.search(rf":class: {box}\n[^:%]", chapter.prose):
            yield f"the chapter: text in the box of the class {box}"
    for title in SECTIONS:
        if not re.search(rf"^## {title}.*\n+(?!## |:::\{{admonition)\S", chapter.prose, flags=re.MULTILINE):
            yield f"the chapter: text under '{title}'"
    if not chapter.notebook.metadata.get("chapter", {}).get("bets"):
        yield "the chapter: a list of answers to its riddle, and in its metadata under bets which one is right"
    tasks = [task for several in asked(chapter.slug).values() for task in several]
    if len(tasks) < 3 or not any(isinstance(task, Check) for task in tasks):
        yield f"the checks: in QUESTIONS three answers in the page or more, with a program; there are {len(tasks)}"
    if "You need" not in chapter.prose:
        yield "the chapter: a paragraph that says what 'You need'"
    if late := [need for need in chapter.needs if need not in before]:
        yield f"the chapter: what it needs should come before it in _toc.yml, and {late} does not"
    code = "\n".join(cell.source for cell in chapter.notebook.cells if cell.cell_type == "code")
    if "import klnotes" not in code:
        yield "the chapter: code that imports klnotes"
    if "<svg" not in str(chapter.notebook):
        yield "the chapter: a picture"
    if not any(quantities(text) for _, text in prose(chapter.notebook)):
        yield "the chapter: a number with its unit"
    if not labels(chapter.prose):
        yield "the chapter: a theorem"
    for other in (
        f"../exercises/{chapter.slug}.ipynb",
        f"../slides/{chapter.slug}.html",
        f"../slides/{chapter.slug}.pdf",
    ):
        if other not in chapter.prose:
            yield f"the chapter: a link to {other}"
    if not 3 <= len(chapter.goals) == len(chapter.tested):
        yield f"the chapter: 3 goals or more, and in its metadata what tests each; there are {len(chapter.goals)}"
    for tests in chapter.tested:
        for name in tests.get("questions", []):
            if f":label: ex-{chapter.slug}-{name}\n" not in chapter.prose:
                yield f"the chapter: the question ex-{chapter.slug}-{name}, which its metadata name"
        for name in tests.get("tasks", []):
            if name not in chapter.tasks:
                yield f"the exercises: the task {name}, which the metadata of the chapter name"


def missing_in_exercises(chapter: Chapter) -> Iterator[str]:
    module = chapter.slug.replace("-", "_")
    files = [f"exercises/solutions/{chapter.slug}.ipynb", f"exercises/{chapter.slug}.ipynb"]
    files += [f"klnotes/check/{module}.py", f"tests/chapters/test_{module}.py"]
    yield from (f"{file}: not there" for file in files if not (ROOT / file).exists())
    path = ROOT / f"exercises/solutions/{chapter.slug}.ipynb"
    if path.exists():
        notebook = read(path)
        text = "\n".join(cell.source for cell in notebook.cells)
        numbers = [int(number) for number in re.findall(r"^## (\d+)\. ", text, flags=re.MULTILINE)]
        if not 6 <= len(chapter.tasks) <= 8 or len(marked(notebook, "grade")) != len(chapter.tasks):
            yield f"the exercises: 6 to 8 tasks, each with its check; there are {len(chapter.tasks)}"
        if numbers != list(chapter.tasks.values()):
            yield f"the exercises: a heading '## 1. ...' for each task; their numbers are {numbers}"
        if len(list(secrets(path))) < 8:
            yield "the exercises: solutions of 8 lines or more, or nothing shows that the students' notebook hides them"
        kinds = {type(task) for (s, _), task in TASKS.items() if s == module}
        if not kinds >= {Check, Proof} or not kinds & {Number, Choice, Construction}:
            yield "the checks: of a function, of a proof, and of a number, a choice or a construction"
        if "✗" not in printed(read(ROOT / f"exercises/{chapter.slug}.ipynb")):
            yield "the exercises: a bug that shows its counterexample before anything is done"
        for kind, pattern in KINDS.items():
            if not re.search(pattern, text, flags=re.MULTILINE):
                yield f"the exercises: {kind}"


@pytest.mark.parametrize("slug", [chapter.slug for chapter in chapters(ROOT)])
def test_every_chapter_is_whole(slug: str) -> None:
    slugs = [chapter.slug for chapter in chapters(ROOT)]
    if lacks := list(missing(Chapter(ROOT, slug), slugs[: slugs.index(slug)])):
        pytest.fail(f"{slug} lacks\n" + "\n".join(lacks), pytrace=False)


# The tests that look at all chapters, or notebooks, or labels.
LISTING = ["book", "chapters", "colors", "exercises", "explorables", "notebooks", "package", "prose_numbers"]
LISTING += ["slides", "theorem_labels"]
FOLDERS = ("chapters", "exercises", "exercises/solutions", "slides")


def test_no_notebook_is_without_its_line_in_the_table_of_contents() -> None:
    listed = {chapter.slug for chapter in chapters(ROOT)}
    assert listed
    assert [p for folder in FOLDERS for p in (ROOT / folder).glob("*.ipynb") if p.stem not in listed] == []


@pytest.mark.parametrize("chapter", chapters(ROOT), ids=lambda chapter: chapter.slug)
def test_the_labels_of_a_chapter_begin_with_its_name(chapter: Chapter) -> None:
    found = re.findall(r"^:label: (\S+)|^\$\$ \((\S+)\)$", chapter.prose, flags=re.MULTILINE)
    figures = [cell.metadata.get("mystnb", {}).get("figure", {}).get("name", "") for cell in chapter.notebook.cells]
    names = [*filter(None, figures), *(label or equation for label, equation in found)]
    assert [name for name in names if not re.match(rf"[a-z]+-{chapter.slug}(-|$)", name)] == []


def test_what_a_course_of_lectures_needs_is_held_before_or_read() -> None:
    by_slug = {chapter.slug: chapter for chapter in chapters(ROOT)}
    for slug, chapter in by_slug.items():
        read = reading(by_slug, [slug])
        assert all(set(by_slug[other].needs) <= set(read) for other in read)
        assert set(chapter.needs) <= set(read)
        if chapter.needs:
            assert set(reading(by_slug, [chapter.needs[0], slug])) == set(read) - {chapter.needs[0]}
            with pytest.raises(ExtensionError, match=f"{slug} must come after the one on {chapter.needs[0]}"):
                reading(by_slug, [slug, chapter.needs[0]])


def test_the_plan_for_half_a_semester_follows_what_the_chapters_need() -> None:
    page = (ROOT / "teaching/instructor.md").read_text("utf-8")
    weeks = re.findall(r"^\| \d \| ([^|]+) \|", page, flags=re.MULTILINE)
    by_title = {chapter.heading[0]: chapter for chapter in chapters(ROOT)}
    held: set[str] = set()
    assert weeks
    for week in weeks:
        lectures = [by_title[re.sub("^the ", "The ", title)] for title in week.split(", or ")]
        assert all(set(lecture.needs) <= held for lecture in lectures), week
        held |= {lecture.slug for lecture in lectures}


def test_the_sections_that_instructors_are_sent_to_are_there() -> None:
    page = (ROOT / "teaching/instructor.md").read_text("utf-8")
    named = re.findall(r'\(\.\./chapters/([\w-]+)\.ipynb\), "([^"]+)"', page)
    assert named
    for slug, section in named:
        assert re.search(rf"^##+ {re.escape(section)}", Chapter(ROOT, slug).prose, flags=re.MULTILINE), (slug, section)


@pytest.mark.slow
def test_a_new_chapter_is_new_files_and_one_line(tmp_path: Path) -> None:
    """In a copy with a stub, the stub is not whole, and nothing else is wrong."""
    copy = tmp_path / "course"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "_build", "dist", "__pycache__"))
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}

    def run(*command: str) -> str:
        here = {**os.environ, "PYTHONPATH": str(copy)}  # its own klnotes
        done = subprocess.run(
            [sys.executable, *command], cwd=copy, env=here, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    assert "stub.ipynb" in run("tools/chapter.py", "a-stub")
    assert "exercises/a-stub.ipynb" in run("tools/exercises.py")
    changed = [path for path, content in before.items() if path.read_bytes() != content]
    assert changed == [copy / "_toc.yml"]
    assert len(changed[0].read_text("utf-8").splitlines()) == len(before[changed[0]].splitlines()) + 1
    new = [
        path for path in copy.rglob("*") if path.is_file() and path not in before and "__pycache__" not in path.parts
    ]
    assert len(new) == 6
    assert "All checks passed!" in run("-m", "ruff", "check", "--no-cache", *map(str, new))
    files = [f"tests/test_{name}.py" for name in LISTING]
    files.append("tests/chapters/test_a_stub.py")
    options = ["--quick", "-q", "-p", "no:cacheprovider", "-k", "not a_new_chapter_is"]
    result = run("-m", "pytest", *options, *files)
    assert re.findall(r"^FAILED (\S+)|^ERROR (\S+)", result, flags=re.MULTILINE) == [
        ("tests/test_chapters.py::test_every_chapter_is_whole[a-stub]", "")
    ], result
    assert "the chapter: a picture" in result
    book = tmp_path / "book"
    book.mkdir()
    settings(book)
    for folder in ("chapters", "exercises"):
        (book / folder).mkdir()
        shutil.copy(copy / folder / "a-stub.ipynb", book / folder)
    part = "{caption: A part, chapters: [{file: chapters/a-stub}, {glob: exercises/*}]}"
    (book / "_toc.yml").write_text(f"format: jb-book\nroot: index\nparts: [{part}]\n", "utf-8")
    (book / "index.md").write_text("# A book\n\n```{chapters}\n```\n", "utf-8")
    built = build(book)
    assert built.returncode == 0, built.stdout + built.stderr
    assert "Which question does it answer?" in (book / "_build/html/index.html").read_text("utf-8")
