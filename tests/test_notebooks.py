"""What is published is what a fresh run prints: nbval compares every cell, and nothing gets round it."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from tests.notebooks import CHAPTERS, DECKS, NOTEBOOKS, ROOT, name, read
from tools import notebooks

LENIENT = {"raises-exception", "nbval-raises-exception", "nbval-skip", "skip-execution", "remove-output"}
IGNORED = {"nbval-ignore-output", "nbval-test-listed"}


def escapes(notebook: NotebookNode) -> list[str]:
    """Cells that a comparison would pass over."""
    found = []
    for number, cell in enumerate(notebook.cells, 1):
        tags = set(cell.metadata.get("tags", []))
        marks = {
            mark.lower().replace("_", "-")
            for mark in ("NBVAL_IGNORE_OUTPUT", "NBVAL_SKIP", "NBVAL_RAISES_EXCEPTION")
            if mark in cell.source
        }
        found += [f"cell {number}: {tag}" for tag in sorted((tags | marks) & LENIENT)]
        if (tags | marks) & IGNORED and not str(cell.metadata.get("reason", "")).strip():
            found.append(f"cell {number}: ignored without a reason in its metadata")
        for output in cell.get("outputs", []):
            if output.output_type == "error" or output.get("name") == "stderr":
                found.append(f"cell {number}: stores an error or a warning")
            if "image/png" in output.get("data", {}):
                found.append(f"cell {number}: stores a PNG, which nbval does not compare")
    if "widgets" in notebook.metadata:
        found.append("widget state in the metadata")
    return found


def validate(path: Path) -> subprocess.CompletedProcess[str]:
    """What `make test` does with one notebook."""
    options = ["-p", "conftest", "--nbval", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command = [sys.executable, "-m", "pytest", *options, str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A chapter up to the first number that it prints, somewhere it may be spoiled."""
    notebook = read(CHAPTERS[0])
    prints = next(i for i, cell in enumerate(notebook.cells) if re.search(r"\d", str(cell.get("outputs", ""))))
    notebook.cells = notebook.cells[: prints + 1]
    path = tmp_path / CHAPTERS[0].name
    path.write_text(notebooks.normal(notebook), "utf-8")
    return path


def with_changed_digit(notebook: NotebookNode) -> int:
    """Change the last digit of the first printed number; the cell's index."""
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            for place in reversed(range(len(output.get("text", "")))):
                digit = output["text"][place]
                if digit.isdigit():
                    changed = str((int(digit) + 1) % 10)
                    output["text"] = output["text"][:place] + changed + output["text"][place + 1 :]
                    return index
    raise AssertionError("no cell prints a number")


@pytest.mark.parametrize("path", [*NOTEBOOKS, *DECKS], ids=name)
def test_nothing_escapes_the_comparison(path: Path) -> None:
    assert escapes(read(path)) == []


@pytest.mark.parametrize("spoil", ["raises-exception", "nbval-skip", "nbval-ignore-output"])
def test_an_escape_is_seen(spoil: str) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0", metadata={"tags": [spoil]})])
    assert escapes(notebook) != []


def test_an_ignored_cell_with_its_reason_is_let_through() -> None:
    metadata = {"tags": ["nbval-ignore-output"], "reason": "prints the versions of the reader's machine"}
    assert escapes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", metadata=metadata)])) == []


def test_an_untouched_copy_passes(copy: Path) -> None:
    result = validate(copy)
    assert result.returncode == 0, result.stdout


def test_one_changed_digit_turns_the_gate_red(copy: Path) -> None:
    notebook = read(copy)
    with_changed_digit(notebook)
    nbformat.write(notebook, copy)
    result = validate(copy)
    assert result.returncode == 1
    assert copy.name in result.stdout
    assert "Cell " in result.stdout


def test_a_half_edited_cell_is_named(copy: Path) -> None:
    notebook = read(copy)
    index = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells[index].source = "total = klnotes.entropy(["
    nbformat.write(notebook, copy)
    result = validate(copy)
    assert result.returncode == 1
    assert f"{copy.name}::Cell 0" in result.stdout


def test_a_notebook_cut_off_in_the_middle_is_named(copy: Path) -> None:
    copy.write_text(copy.read_text("utf-8")[:500], "utf-8")
    result = validate(copy)
    assert result.returncode != 0
    assert copy.name in result.stdout + result.stderr


@pytest.mark.parametrize("path", [*NOTEBOOKS, *DECKS], ids=name)
def test_what_the_comparison_does_not_look_at_is_in_normal_form(path: Path) -> None:
    assert notebooks.normal(read(path)) == path.read_text("utf-8"), "run `make notebooks`"


def test_make_notebooks_names_the_cell_that_fails_and_keeps_the_file(copy: Path) -> None:
    notebook = read(copy)
    notebook.cells.append(nbformat.v4.new_code_cell("1 / 0"))
    nbformat.write(notebook, copy)
    before = copy.read_bytes()
    command = [sys.executable, str(ROOT / "tools/notebooks.py"), str(copy)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert f"cell {len(notebook.cells)} fails" in result.stderr
    assert "ZeroDivisionError" in result.stderr
    assert copy.read_bytes() == before


def test_no_function_is_defined_in_two_notebooks() -> None:
    owners: dict[str, set[str]] = {}
    for path in NOTEBOOKS:
        if path.parent.name == "exercises":  # cut from solutions
            continue
        for cell in read(path).cells:
            if cell.cell_type == "code":
                for line in cell.source.splitlines():
                    if line.startswith("def "):
                        owners.setdefault(line[4 : line.index("(")], set()).add(name(path))
    assert {function: where for function, where in owners.items() if len(where) > 1} == {}


def test_the_normal_form_is_one() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1  \n")])
    assert notebooks.normal(notebook) == notebooks.normal(nbformat.reads(notebooks.normal(notebook), as_version=4))
