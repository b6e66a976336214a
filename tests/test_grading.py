"""The page for instructors on grading: its commands, followed word for word, with nbgrader as it is."""

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.lab import configure
from tests.notebooks import ROOT, marked, read

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which three students have handed in: all, nothing, and the first two tasks."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "exercises", root / "exercises", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "teaching/grading.md").read_text("utf-8"), flags=re.S)
    configure(settings := root / "jupyter")
    first = blocks[0].replace("solutions/*.ipynb", "solutions/kl-divergence.ipynb")  # each notebook takes its time
    follow(first, root, settings)
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
    follow(blocks[1], folder, settings)
    return folder


def follow(commands: str, folder: Path, settings: Path) -> None:
    """Run the commands of the page, with this Python's nbgrader first on the path."""
    if shutil.which("sh") is None:
        pytest.skip("the page's commands are for a POSIX shell")
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONWARNINGS": "ignore"}
    environment["JUPYTER_CONFIG_DIR"] = str(settings)
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
    source = read(course / "source/kl/kl-divergence.ipynb")
    points = [cell.metadata.nbgrader.points for cell in marked(source, "grade")]
    assert scores["ada"] == (sum(points), sum(points))
    assert scores["bob"] == (0, sum(points))
    assert scores["eve"] == (sum(points[:2]), sum(points))


def test_feedback_shows_the_verdicts(course: Path) -> None:
    for student, says in [("ada", "✓ my_kl gives"), ("bob", "○ my_kl: not attempted yet")]:
        page = (course / "feedback" / student / "kl/kl-divergence.html").read_text("utf-8")
        assert says in page
