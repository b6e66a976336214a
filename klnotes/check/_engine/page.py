"""A task as plain data: what a page needs to judge an answer where there is no klnotes."""

import importlib
import importlib.util
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from klnotes.check._engine.answers import Choice, Number
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import REFUSAL, Check, Function, Stage, at
from klnotes.check._engine.verdict import Task, written

_EVERY = 2  # of a stage's inputs, which are in order: the simple ones first
_GUARDED_ROWS = 8
_GUARDS = [10.0**-k for k in range(4, 17)]


def asked(slug: str) -> dict[str, Sequence[Task]]:
    """The tasks for each question of a chapter's page, by its label."""
    name = f"klnotes.check.{slug.replace('-', '_')}"
    if importlib.util.find_spec(name) is None:
        return {}
    known = getattr(importlib.import_module(name), "QUESTIONS", {})
    return {f"ex-{slug}-{rest}": [one] if isinstance(one, Task) else one for rest, one in known.items()}


def question(task: Task) -> dict[str, Any]:
    """What is asked, and for all but a program what each answer is told.

    A task on data that the reader must hand over, and a construction, cannot be asked on a page.
    """
    match task:
        case Number():
            known = {hint: plain(value) for hint, value in task.mistakes().items()}
            value = plain(task.truth())
            return {"kind": "number", "value": value, "unit": task.unit, "digits": task.digits, "known": known}
        case Choice():
            options = {str(option): note for option, note in task.options.items()}
            return {"kind": "choice", "right": str(task.truth()), "options": options}
        case Proof():
            needs = {step: dict(earlier) for step, earlier in task.needs.items()}
            return {"kind": "proof", "needs": needs, "wrong": dict(task.wrong)}
        case Check(accepts=None):
            return {"kind": "program", "name": task.name, "names": list(task.names), "what": task.what}
    raise TypeError(
        f"a page can ask for a number, a choice, a proof or a function with one right result, not {task.name}"
    )


def table(check: Check) -> dict[str, Any]:
    """How a page judges a function: for each stage the simplest inputs, the right results, and those of each mistake.

    Its columns are lists of results, one list a stage, in the order of the inputs.
    """
    guarded = check.guarded_by(_GUARDS)
    bare = dict.fromkeys(function for _, _, function in guarded)
    return {
        "stages": [_inputs(stage) for stage in check.stages],
        "right": _columns(check, check.truth),
        "mistakes": [[hint, _columns(check, slip)] for hint, slip in check.mistakes],
        "factors": list(check.factors.items()),
        "guards": [
            [hint, _columns(check, guard, _GUARDED_ROWS), list(bare).index(without)] for hint, guard, without in guarded
        ],
        "bare": [_columns(check, function, _GUARDED_ROWS) for function in bare],
    }


def _inputs(stage: Stage) -> dict[str, Any]:
    rows = stage.sample[::_EVERY]
    return {
        "kind": stage.kind,
        "tiny": stage.tiny,
        "inputs": [[written(x.tolist() if isinstance(x, np.ndarray) else x) for x in row] for row in rows],
        "hints": [stage.hints(row) for row in rows],
    }


def _columns(check: Check, function: Function, most: int | None = None) -> list[list[Any]]:
    places = [range(0, len(stage.sample), _EVERY)[:most] for stage in check.stages]
    return [[_result(at(function, stage, k)) for k in some] for stage, some in zip(check.stages, places, strict=True)]


def _result(value: Any) -> Any:
    """A result for JSON: a number or a list, a text for what JSON has no number for, None where there is none."""
    if value is None or value is REFUSAL:
        return None if value is None else "ValueError"
    return plain(np.asarray(value, float).tolist())


def plain(value: Any) -> Any:
    """Numbers as JSON has them: fourteen digits, and texts where they are not finite."""
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return float(f"{value:.14g}") if math.isfinite(value) else str(float(value))
