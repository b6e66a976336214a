"""The package as an engineer meets it: its names, its docstrings, what importing it costs."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement

import klnotes
from klnotes import explorables, figures
from tests.notebooks import ROOT

PUBLIC = [getattr(klnotes, name) for name in klnotes.__all__]
PICTURES = [
    f
    for name, f in vars(figures).items()
    if inspect.isfunction(f) and not name.startswith("_") and f.__module__ == figures.__name__
]
ROOMS = [name for _, name, _ in pkgutil.iter_modules(explorables.__path__, "klnotes.explorables.") if "._" not in name]
WIDGETS = [c for room in ROOMS for c in vars(importlib.import_module(room)).values() if inspect.isclass(c)]
WIDGETS = [c for c in WIDGETS if c.__module__ in ROOMS]


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


@pytest.mark.parametrize("function", [*PUBLIC, *PICTURES, *WIDGETS], ids=lambda f: f.__name__)
def test_the_reference_page_lists_every_function(function: object) -> None:
    page = (ROOT / "reference/api.md").read_text("utf-8").split()
    room = "klnotes." if function in PUBLIC else f"{function.__module__}."  # type: ignore[attr-defined]
    assert room + function.__name__ in page  # type: ignore[attr-defined]


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
    pinned = dict(re.match(r"([\w.-]+)==([^\s;]+)", line).groups() for line in lines if re.match(r"[\w.-]+==", line))  # type: ignore[union-attr]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    del project["optional-dependencies"]["bench"]  # the peers, which are not locked
    wanted = [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]
    ranges = [r for r in map(Requirement, wanted) if r.name != "klnotes"]
    assert [str(r) for r in ranges if not r.specifier.contains(pinned.get(r.name, "0"))] == []
