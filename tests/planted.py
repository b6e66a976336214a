"""The tasks of all chapters, and the answers to them that the files of tests/chapters plant."""

import contextlib
import functools
import importlib
import io
import pkgutil
from typing import Any

import pytest

from klnotes import check
from klnotes.check._engine.verdict import Task
from tests.notebooks import ROOT, code, read

Key = tuple[str, str]  # chapter and task

MODULES = {
    module.name: importlib.import_module(f"klnotes.check.{module.name}")
    for module in pkgutil.iter_modules(check.__path__)
    if not module.name.startswith("_")
}
TASKS: dict[Key, Task] = {
    (s, task): getattr(module, task) for s, module in MODULES.items() for task in getattr(module, "__all__", ())
}


FILES = {
    path.stem.removeprefix("test_"): importlib.import_module(f"tests.chapters.{path.stem}")
    for path in sorted((ROOT / "tests/chapters").glob("test_*.py"))
}


def _planted(table: str) -> dict[Key, Any]:
    return {(s, task): planted for s, file in FILES.items() for task, planted in getattr(file, table, {}).items()}


RIGHT, NOTED, WRONG, ORDERS = map(_planted, ("RIGHT", "NOTED", "WRONG", "ORDERS"))


@functools.cache
def solved(chapter: str) -> dict[str, tuple[Any, ...]]:
    """What the notebook with the solutions hands to each task: the answer, and what it is about."""
    found: dict[str, tuple[Any, ...]] = {}

    def record(task: Task, *values: Any, guess: object = None) -> None:
        found[task.name] = values

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        patch.setattr(Task, "__call__", record)
        exec(code(read(ROOT / f"exercises/solutions/{chapter.replace('_', '-')}.ipynb")), {})
    return found
