"""The exercise notebooks: cut from their solutions, graded by nbgrader as it is, and silent about their answers."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from nbformat import NotebookNode

from klnotes.check._engine.search import Check
from tests.notebooks import ROOT, SOLUTIONS, code, marked, name, read, secrets
from tests.planted import MODULES, TASKS

STUDENTS = [path.parents[1] / path.name for path in SOLUTIONS]
BIN = Path(sys.executable).parent


def run(*command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def verdict(cell: NotebookNode) -> str:
    (output,) = (output for output in cell.outputs if output.output_type == "execute_result")
    return str(output.data["text/plain"])


# The sources.


@pytest.mark.parametrize("path", SOLUTIONS, ids=name)
def test_a_solution_passes_every_check(path: Path) -> None:
    for cell in marked(read(path), "grade"):
        assert verdict(cell).startswith("✓"), cell.source


@pytest.mark.parametrize("path", STUDENTS, ids=name)
def test_an_untouched_task_is_not_attempted_yet(path: Path) -> None:
    for cell in marked(read(path), "grade"):
        assert verdict(cell).startswith("○"), cell.source


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


@pytest.mark.slow
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
    student = (path.parents[1] / path.name).read_text("utf-8")
    assert "SOLUTION" not in student
    assert [line for line in hidden if json.dumps(line)[1:-1] in student] == []
