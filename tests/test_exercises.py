"""The exercise notebooks: cut from their solutions, graded by nbgrader as it is, and silent about their answers."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode

from klnotes.check._engine.answers import Choice, Construction, Number
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check
from tests.notebooks import CHAPTERS, ROOT, SOLUTIONS, code, marked, name, printed, read, secrets
from tests.planted import MODULES, TASKS

STUDENTS = [path.parents[1] / path.name for path in SOLUTIONS]
BIN = Path(sys.executable).parent


def run(*command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def verdict(cell: NotebookNode) -> str:
    (output,) = (output for output in cell.outputs if output.output_type == "execute_result")
    return str(output.data["text/plain"])


# The sources.


def test_every_chapter_has_exercises_and_links_them() -> None:
    assert {path.stem for path in CHAPTERS} == {path.stem for path in SOLUTIONS}
    for path in CHAPTERS:
        assert f"(../exercises/{path.name})" in path.read_text("utf-8")


@pytest.mark.parametrize("path", SOLUTIONS, ids=name)
def test_a_notebook_has_six_to_eight_tasks_of_different_kinds(path: Path) -> None:
    notebook = read(path)
    tasks = re.findall(r"^## (\d)\. ", "\n".join(cell.source for cell in notebook.cells), flags=re.MULTILINE)
    assert tasks == [str(k) for k in range(1, len(tasks) + 1)]
    assert 6 <= len(tasks) <= 8
    assert len(marked(notebook, "grade")) == len(marked(notebook, "solution")) == len(tasks)
    for kind in ("def my_", "## .. Find the bug"):
        assert re.search(re.escape(kind).replace(r"\.\.", r"\d\."), "\n".join(c.source for c in notebook.cells)), kind
    kinds = {type(value) for (chapter, _), value in TASKS.items() if chapter == path.stem.replace("-", "_")}
    assert kinds >= {Check, Proof}
    assert kinds & {Number, Choice, Construction}


@pytest.mark.parametrize("path", SOLUTIONS, ids=name)
def test_a_solution_passes_every_check(path: Path) -> None:
    for cell in marked(read(path), "grade"):
        assert verdict(cell).startswith("✓"), cell.source


@pytest.mark.parametrize("path", STUDENTS, ids=name)
def test_an_untouched_task_is_not_attempted_yet(path: Path) -> None:
    for cell in marked(read(path), "grade"):
        assert verdict(cell).startswith("○"), cell.source
    assert "✗" in printed(read(path)), "the bug shows its counterexample before anything is done"


@pytest.mark.parametrize("path", SOLUTIONS, ids=name)
def test_a_notebook_asks_for_every_task_of_its_chapter_and_for_no_other(path: Path) -> None:
    chapter, notebook = path.stem.replace("-", "_"), read(path)
    assert re.findall(r"klnotes.*\bcheck\b.*", code(notebook)) == [f"klnotes.check import {chapter} as check"]
    tasks = MODULES[chapter].__all__
    assert set(re.findall(r"\bcheck\.(\w+)", code(notebook))) == set(tasks)
    graded = [task for cell in marked(notebook, "grade") for task in re.findall(r"\bcheck\.(\w+)\(", cell.source)]
    assert len(graded) == len(marked(notebook, "grade"))
    # A function may be asked for twice: once to be written, once to be repaired.
    assert sorted(t for t in graded if not isinstance(TASKS[chapter, t], Check)) == [
        t for t in tasks if not isinstance(TASKS[chapter, t], Check)
    ]
    assert set(graded) == set(tasks)


def test_counts_in_the_notebooks_are_those_of_the_chapters() -> None:
    with (ROOT / "chapters/data/letters.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    confusion = np.loadtxt(ROOT / "chapters/data/confusion-digits.csv", delimiter=",", dtype=int)
    compared = 0
    for path in SOLUTIONS:
        for cell in marked(read(path), "locked"):
            names: dict[str, object] = {"np": np}
            for data in re.findall(r"^(?:letter_counts|confusion) = .*?^[\])}]+$", cell.source, flags=re.S | re.M):
                exec(data, names)
                compared += 1
            for language, counts in names.get("letter_counts", {}).items():  # type: ignore[attr-defined]
                assert counts == [int(row[language]) for row in rows]
            assert np.array_equal(names.get("confusion", confusion), confusion)  # type: ignore[arg-type]
    assert compared >= 5


# The cut.


def test_students_notebooks_are_the_cut_of_their_sources() -> None:
    result = run(sys.executable, "tools/exercises.py", "--check")
    assert result.returncode == 0, result.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The exercises of two chapters and the tools, where they may be spoiled."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / "exercises/solutions").mkdir(parents=True)
    for path in (*SOLUTIONS[:2], *STUDENTS[:2], ROOT / "exercises/nbgrader_config.json"):
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    return tmp_path


def test_a_changed_source_a_changed_student_and_an_orphan_are_named(copy: Path) -> None:
    source, student, orphan = (
        copy / "exercises" / path for path in (f"solutions/{SOLUTIONS[0].name}", STUDENTS[1].name, "o.ipynb")
    )
    for path in (source, student):
        path.write_text(path.read_text("utf-8").replace("Run this cell first.", "Run that cell first."), "utf-8")
    shutil.copy(student, orphan)
    result = run(sys.executable, "tools/exercises.py", "--check", folder=copy)
    assert result.returncode == 1
    assert [line.split()[0] for line in result.stderr.splitlines()] == [
        "exercises/o.ipynb",
        f"exercises/{source.name}",
        f"exercises/{student.name}",
    ]


def test_a_cut_that_is_made_is_the_stored_one(copy: Path) -> None:
    (copy / "exercises" / STUDENTS[0].name).unlink()
    assert run(sys.executable, "tools/exercises.py", folder=copy).returncode == 0
    assert (copy / "exercises" / STUDENTS[0].name).read_bytes() == STUDENTS[0].read_bytes()


# Nothing leaks.


@pytest.mark.parametrize("path", SOLUTIONS, ids=name)
def test_no_line_of_a_solution_is_in_the_students_notebook(path: Path) -> None:
    hidden = list(secrets(path))
    assert len(hidden) >= 8
    student = (path.parents[1] / path.name).read_text("utf-8")
    assert "SOLUTION" not in student
    assert [line for line in hidden if json.dumps(line)[1:-1] in student] == []


# nbgrader, as the page for instructors says.


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which three students have handed in: all, nothing, and the first two tasks of each notebook."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "exercises", root / "exercises", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "teaching/grading.md").read_text("utf-8"), flags=re.S)
    follow(blocks[0].replace("solutions/*.ipynb", "solutions/[bk]*.ipynb"), root)  # two of them: each takes its time
    folder = root / "course"
    for student in ("ada", "bob", "eve"):
        shutil.copytree(folder / "release/kl", folder / "submitted" / student / "kl")
    for source in (folder / "source/kl").glob("*.ipynb"):
        shutil.copy(source, folder / "submitted/ada/kl")
        half = read(folder / "submitted/eve/kl" / source.name)
        answers = {cell.metadata.nbgrader.grade_id: cell.source for cell in marked(read(source), "solution")[:2]}
        for cell in marked(half, "solution"):
            cell.source = answers.get(cell.metadata.nbgrader.grade_id, cell.source)
        nbformat.write(half, folder / "submitted/eve/kl" / source.name)
    follow(blocks[1], folder)
    return folder


def follow(commands: str, folder: Path) -> None:
    """Run the commands of the page, with this Python's nbgrader first on the path."""
    if shutil.which("sh") is None:
        pytest.skip("the page's commands are for a POSIX shell")
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONWARNINGS": "ignore"}
    result = subprocess.run(
        ["sh", "-ec", commands], cwd=folder, capture_output=True, text=True, check=False, env=environment, timeout=550
    )
    assert result.returncode == 0, result.stderr[-3000:]


def test_the_release_is_what_the_students_have(course: Path) -> None:
    for path in sorted((course / "release/kl").glob("*.ipynb")):
        released, stored = read(path), read(ROOT / "exercises" / path.name)
        assert [cell.source for cell in released.cells] == [cell.source for cell in stored.cells]


def test_nbgrader_reads_all_nothing_and_the_right_fraction(course: Path) -> None:
    with (course / "grades.csv").open(encoding="utf-8") as file:
        scores = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    points = [
        [cell.metadata.nbgrader.points for cell in marked(read(path), "grade")]
        for path in course.glob("source/kl/*.ipynb")
    ]
    assert len(points) == 2
    total = sum(map(sum, points))
    assert scores["ada"] == (total, total)
    assert scores["bob"] == (0, total)
    assert scores["eve"] == (sum(sum(of_one[:2]) for of_one in points), total)


def test_feedback_shows_the_verdicts(course: Path) -> None:
    for student, says in [("ada", "✓ my_kl gives"), ("bob", "○ my_kl: not attempted yet")]:
        page = (course / "feedback" / student / "kl/kl-divergence.html").read_text("utf-8")
        assert says in page
