"""The package as an engineer meets it: its names, its docstrings, what importing it costs."""

import inspect
import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement

import klnotes
from klnotes import figures
from tests.notebooks import ROOT

PUBLIC = [getattr(klnotes, name) for name in klnotes.__all__]
PICTURES = [
    f
    for name, f in vars(figures).items()
    if inspect.isfunction(f) and not name.startswith("_") and f.__module__ == figures.__name__
]


def test_all_is_exactly_the_public_functions() -> None:
    functions = {name for name, value in vars(klnotes).items() if inspect.isfunction(value)}
    assert set(klnotes.__all__) == functions
    assert klnotes.__all__ == sorted(klnotes.__all__)


@pytest.mark.parametrize("function", PUBLIC, ids=lambda f: f.__name__)
def test_docstrings_tell_what_a_user_asks(function: object) -> None:
    text = inspect.getdoc(function) or ""
    assert "Examples\n--------\n>>> " in text
    assert ("Returns\n-------" in text) or ("the result has shape" in text)
    assert ("Raises\n------" in text) or ("errors" in text)
    for parameter in inspect.signature(function).parameters:  # type: ignore[arg-type]
        assert parameter in text or "Parameters, errors and shapes are those of" in text


@pytest.mark.parametrize("function", [*PUBLIC, *PICTURES], ids=lambda f: f.__name__)
def test_the_reference_page_lists_every_function(function: Any) -> None:
    page = (ROOT / "reference/api.md").read_text("utf-8").split()
    room = "klnotes." if function in PUBLIC else f"{function.__module__}."
    assert room + function.__name__ in page


def test_the_version_is_one() -> None:
    (cited,) = re.findall(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"), flags=re.MULTILINE)
    assert klnotes.__version__ == cited
    assert f"\n## {cited} (" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_importing_loads_neither_plotting_nor_statistics_nor_checks() -> None:
    heavy = ("matplotlib", "scipy.stats", "anywidget", "hypothesis", "klnotes.check")
    code = f"import sys, klnotes; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_requirements_are_pinned_with_hashes_and_name_no_index() -> None:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and line[0] not in " #"]
    assert pins
    assert all("==" in pin and pin.endswith("\\") for pin in pins)
    assert not any("://" in line or line.startswith("-") for line in lines)


def test_the_lock_satisfies_the_ranges() -> None:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    pinned = dict(found for line in lines for found in re.findall(r"^([\w.-]+)==([^\s;]+)", line))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    del project["optional-dependencies"]["bench"]  # the peers, which are not locked
    wanted = [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]
    ranges = [r for r in map(Requirement, wanted) if r.name != "klnotes"]
    assert [str(r) for r in ranges if not r.specifier.contains(pinned.get(r.name, "0"))] == []
