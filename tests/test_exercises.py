"""The exercise notebooks: cut from their solutions, graded by nbgrader as it is, and silent about their answers."""

import contextlib
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode

from klnotes import check
from klnotes._validate import LOG_OF_BASE
from klnotes.check._answers import ANSWERS, Choice, Construction, Number
from klnotes.check._proofs import PROOFS
from tests.lab import configure
from tests.notebooks import ROOT, SOLUTIONS, marked, name, printed, read, secrets

STUDENTS = [path.parents[1] / path.name for path in SOLUTIONS]
BIN = Path(sys.executable).parent


def run(*command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def code(notebook: NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


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
    assert "✗" in printed(read(path)), "the bug shows its counterexample before anything is done"


def test_every_answer_and_proof_is_asked_for_once() -> None:
    asked = re.findall(r'check\.(?:answer|order)\("([^"]+)"', "\n".join(code(read(path)) for path in SOLUTIONS))
    assert sorted(asked) == sorted([*ANSWERS, *PROOFS])


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


# Answers, choices, constructions and proofs.


@pytest.fixture(scope="module")
def solved() -> dict[str, tuple[Any, ...]]:
    """What the solution notebooks hand to `check.answer` and `check.order`, task by task."""
    found: dict[str, tuple[Any, ...]] = {}

    def record(task: str, *values: Any, guess: object = None) -> None:
        found[task] = values

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        patch.setattr(check, "answer", record)
        patch.setattr(check, "order", record)
        for path in SOLUTIONS:
            exec(code(read(path)), {})
    return found


def told(task: str, value: Any, data: Sequence[Any]) -> str:
    verdict = check.answer(task, value, *data)
    assert verdict.ok is False, verdict
    return repr(verdict)


NUMBERS = {task: entry for task, entry in ANSWERS.items() if isinstance(entry, Number)}


@pytest.mark.parametrize("task", NUMBERS)
def test_a_number_knows_its_slips_and_units_and_keeps_the_answer(task: str, solved: dict[str, tuple[Any, ...]]) -> None:
    value, *data = solved[task]
    entry = NUMBERS[task]
    truth = entry.truth(*data)
    assert check.answer(task, value, *data).ok
    assert check.answer(task, float(f"{truth:.3g}"), *data).ok, "three digits are enough"
    for hint, slip in entry.slips.items():
        assert hint in told(task, slip(*data), data)
    for unit, base in LOG_OF_BASE.items():
        if entry.unit and unit != entry.unit and np.isfinite(truth):
            in_unit = truth * LOG_OF_BASE[entry.unit] / base
            assert f"That is the value in {unit}; the question asked for {entry.unit}." in told(task, in_unit, data)
    if np.isfinite(truth):
        wrong = told(task, truth * 1.023, data) + told(task, truth * 0.977, data)
        assert "too high" in wrong
        assert "too low" in wrong
        assert f"{truth:.4g}" not in wrong.split()
    for value, says in [
        ("1.75", "the text '1.75'"),
        (1j, "complex"),
        ([1.0], "a list"),
        (float("nan"), "nan"),
        (True, "bool"),
    ]:
        assert says in told(task, value, data)


def test_a_prediction_gets_an_answer_of_its_own() -> None:
    assert "Your prediction, 5, was too high." in str(check.answer("entropy-race", 2, guess=5))
    assert "was close" in str(check.answer("entropy-race", 2, guess=2.05))
    assert "prediction must be one number, but got the text 'two'" in str(check.answer("entropy-race", 2, guess="two"))
    assert "prediction" not in str(check.answer("entropy-race", 2.6, guess=5))


def test_an_infinite_answer_is_infinite(solved: dict[str, tuple[Any, ...]]) -> None:
    _, *data = solved["computing-finnish"]
    assert check.answer("computing-finnish", np.inf, *data).ok
    assert "No finite number is." in told("computing-finnish", 1e300, data)


@pytest.mark.parametrize("task", [task for task, entry in ANSWERS.items() if isinstance(entry, Choice)])
def test_a_choice_has_one_right_option(task: str, solved: dict[str, tuple[Any, ...]]) -> None:
    value, *data = solved[task]
    entry = ANSWERS[task]
    assert isinstance(entry, Choice)
    assert [option for option in entry.options if check.answer(task, option, *data).ok] == [value]
    for option in entry.options:
        if option != value:
            assert entry.options[option] in told(task, option, data)
    for odd in ("z", -1, 2.5, 1j, [value], {}):
        assert "must be one of" in told(task, odd, data)


@pytest.mark.parametrize(
    ("task", "value", "says"),
    [
        ("cross-entropy-lie", [0.7, 0.4], "sum to 1"),
        ("cross-entropy-lie", [1.2, -0.2], "not be negative"),
        ("cross-entropy-lie", [0.7, 0.3], "0.1 less than honesty"),
        ("cross-entropy-lie", [1.0, 0.0], "stay finite"),
        ("cross-entropy-lie", [1.0], "its shape is (1,)"),
        ("cross-entropy-lie", "all", "the text 'all'"),
        ("gibbs-six-gains", [0.15, 0.13, 0.23, 0.09, 0.20, 0.05, 0.15], "Six terms"),
        ("gibbs-six-gains", [0.17, 0.15, 0.25, 0.11, 0.22, 0.07, 0.03], "below 0.001"),
        ("information-uncorrelated", np.eye(4) / 4, "covariance"),
        ("information-uncorrelated", np.ones((4, 4)) / 16, "2 bits"),
        ("information-uncorrelated", [[1.0], [0.0, 0.0]], "rows differ"),
        ("information-uncorrelated", np.eye(4), "sum to 1"),
    ],
)
def test_a_construction_is_told_what_it_lacks(task: str, value: Any, says: str) -> None:
    assert says in told(task, value, ())


def test_constructions_are_solved(solved: dict[str, tuple[Any, ...]]) -> None:
    tasks = [task for task, entry in ANSWERS.items() if isinstance(entry, Construction)]
    assert tasks
    assert all(check.answer(task, *solved[task]).ok for task in tasks)


# In how many orders the steps prove it.
ORDERS = {
    "entropy-maximum": 1,
    "cross-entropy-gradient": 3,
    "kl-independent": 2,
    "gibbs-jensen": 1,
    "likelihood-identity": 1,
    "information-processing": 30,
    "boltzmann-gap": 15,
    "computing-terms": 1,
}


@pytest.mark.parametrize("task", PROOFS)
def test_a_proof_accepts_what_follows_and_says_why_a_step_does_not(
    task: str, solved: dict[str, tuple[Any, ...]]
) -> None:
    proof, (steps,) = PROOFS[task], solved[task]
    assert check.order(task, steps).ok
    assert check.order(task, list(steps.lower())).ok
    assert check.order(task, ", ".join(steps)).ok
    right = [order for order in permutations(steps) if check.order(task, order).ok]
    assert all(order.index(a) < order.index(b) for order in right for b in steps for a in proof.needs[b])
    assert len(right) == ORDERS[task]
    for wrong, reason in proof.wrong.items():
        assert reason in str(check.order(task, wrong + steps))
        assert check.order(task, steps + wrong).ok is False
    for step, needs in proof.needs.items():
        if needs:
            assert next(iter(needs.values())) in str(check.order(task, step))
    assert "missing" in str(check.order(task, steps[:-1]))
    assert "comes twice" in str(check.order(task, steps[0] + steps))
    for odd in ("XYZ", 7, [1, 2], {"A": 1}, print):
        assert "must be letters" in str(check.order(task, odd)) or check.order(task, odd).ok is False
    assert check.order(task, "").ok is None


def test_a_task_without_that_name_is_an_error() -> None:
    for call in (check.answer, check.order):
        with pytest.raises(ValueError, match="must be one of"):
            call("entropy", 1)


# nbgrader, as the page for instructors says.


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
