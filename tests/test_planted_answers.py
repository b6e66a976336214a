"""Every task of every chapter: right answers pass, wrong ones are told their mistake, by a small counterexample."""

from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
import pytest

from klnotes._validate import LOG_OF_BASE
from klnotes.check._engine import search
from klnotes.check._engine.answers import Choice, Construction, Number
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check
from klnotes.check._engine.verdict import Task
from tests.planted import MODULES, NOTED, ORDERS, RIGHT, TASKS, WRONG, Key, solved


def of(kind: type[Task]) -> set[Key]:
    return {key for key, task in TASKS.items() if isinstance(task, kind)}


def each(kind: type[Task]) -> Any:
    return pytest.mark.parametrize(
        ("chapter", "task"), [pytest.param(*key, id="-".join(key)) for key in sorted(of(kind))]
    )


def rows(planted: dict[Key, list[Any]], kind: type[Task]) -> list[Any]:
    return [
        pytest.param(TASKS[key], *row, id="-".join([*key, *(row[1:] or [str(number)])]))
        for key in sorted(of(kind) & set(planted))
        for number, row in enumerate(planted[key], 1)
    ]


def told(task: Task, value: Any, *data: Any) -> str:
    verdict = task(value, *data)
    assert verdict.ok is False, verdict
    return repr(verdict)


@pytest.mark.parametrize("chapter", MODULES)
def test_a_module_holds_the_tasks_of_its_chapter_and_lists_them(chapter: str) -> None:
    names = {name: value for name, value in vars(MODULES[chapter]).items() if isinstance(value, Task)}
    assert MODULES[chapter].__all__ == sorted(names)
    assert [task.name for task in names.values()] == list(names)


def test_every_task_has_planted_answers_and_every_planted_answer_a_task() -> None:
    assert set(RIGHT) == of(Check)
    assert set(WRONG) == of(Check) | of(Construction)
    assert set(ORDERS) == of(Proof)
    assert min(map(len, RIGHT.values())) >= 1
    assert min(map(len, WRONG.values())) >= 4


# Functions.


@pytest.mark.parametrize(
    ("task", "answer"), rows({key: [(f,) for f in answers] for key, answers in RIGHT.items()}, Check)
)
def test_a_right_function_passes(task: Check, answer: Any) -> None:
    verdict = task(answer)
    assert verdict.ok, verdict
    assert len(verdict.notes) == 1, "rounding is no small number, and nothing is overwritten"


@pytest.mark.parametrize(("task", "answer", "says"), rows(NOTED, Check))
def test_a_right_function_with_a_flaw_passes_with_a_note(task: Check, answer: Any, says: str) -> None:
    verdict = task(answer)
    assert verdict.ok, verdict
    assert says in str(verdict)


@each(Check)
def test_every_known_mistake_of_a_function_is_named_as_what_it_is(
    chapter: str, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = TASKS[chapter, task]
    assert isinstance(check, Check)
    assert all(stage.sample for stage in check.stages)
    monkeypatch.setattr(search, "_explore", lambda *_: None)  # what is looked for is the sentence, not a small input
    for hint, slip in check.mistakes:
        assert told(check, slip).endswith(hint)


@pytest.mark.parametrize(("task", "answer", "says"), rows(WRONG, Check))
def test_a_wrong_function_is_told_its_mistake_and_where_it_shows(task: Check, answer: Any, says: str) -> None:
    verdict = task(answer)
    assert verdict.ok is False
    assert says in str(verdict)
    names: dict[str, Any] = {"np": np}
    with np.errstate(divide="ignore"):  # np.log of an array with zeros
        exec("\n".join(line for line in verdict.code.splitlines() if " = " in line), names)  # it is meant to be pasted
    wanted = task.truth(*(names[argument] for argument in task.names))
    assert "expected a ValueError" in verdict.code or np.size(wanted) >= 1
    assert len(verdict.code) < 400


# Numbers, choices and constructions.


@each(Number)
def test_a_number_knows_its_slips_and_units_and_keeps_the_answer(chapter: str, task: str) -> None:
    number = TASKS[chapter, task]
    assert isinstance(number, Number)
    value, *data = solved(chapter)[task]
    truth = number.truth(*data)
    assert number(value, *data).ok
    assert number(float(f"{truth:.3g}"), *data).ok, "three digits are enough"
    assert np.isinf(value) or number(Fraction(value), *data).ok
    assert "so nothing is said about it" in str(number(value, *data, guess="about 2"))
    for hint, slip in number.slips.items():
        assert hint in told(number, slip(*data), *data)
    for unit, base in LOG_OF_BASE.items():
        if number.unit and unit != number.unit and np.isfinite(truth):
            in_unit = truth * LOG_OF_BASE[number.unit] / base
            assert f"That is in {unit}; the question asked for {number.unit}." in told(number, in_unit, *data)
    if np.isfinite(truth):
        wrong = told(number, truth * 1.055, *data) + told(number, truth * 0.945, *data)
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
        assert says in told(number, value, *data)


@each(Choice)
def test_a_choice_has_one_right_option(chapter: str, task: str) -> None:
    choice = TASKS[chapter, task]
    assert isinstance(choice, Choice)
    value, *data = solved(chapter)[task]
    assert [option for option in choice.options if choice(option, *data).ok] == [value]
    for option in choice.options:
        if option != value:
            assert choice.options[option] in told(choice, option, *data)
    for form in [f"{value}.", f"{value})", f" ({value})"] if isinstance(value, str) else [float(value), str(value)]:
        assert choice(form, *data).ok
    assert choice(np.array(value)[()], *data).ok
    odds: list[Any] = ["z", -1, 2.5, 1j, [value], {}]
    for odd in odds:
        assert "must be one of" in told(choice, odd, *data)


@each(Construction)
def test_a_construction_is_solved(chapter: str, task: str) -> None:
    value, *data = solved(chapter)[task]
    assert TASKS[chapter, task](value, *data).ok
    fractions = [Fraction(entry).limit_denominator(10**9) for entry in np.ravel(value)]
    assert TASKS[chapter, task](np.array(fractions).reshape(np.shape(value)).tolist(), *data).ok


@pytest.mark.parametrize(("task", "answer", "says"), rows(WRONG, Construction))
def test_a_construction_is_told_what_it_lacks(task: Construction, answer: Any, says: str) -> None:
    assert says in told(task, answer)


# Proofs.


@each(Proof)
def test_a_proof_accepts_what_follows_and_says_why_a_step_does_not(chapter: str, task: str) -> None:
    proof = TASKS[chapter, task]
    assert isinstance(proof, Proof)
    (steps,) = solved(chapter)[task]
    assert proof(steps).ok
    assert proof(list(steps.lower())).ok
    for between in (", ", " → ", ">", " -> ", ". ", ") "):
        assert proof(between.join(steps) + between.strip()).ok
    right = [order for order in permutations(steps) if proof(order).ok]
    assert all(order.index(a) < order.index(b) for order in right for b in steps for a in proof.needs[b])
    assert len(right) == ORDERS[chapter, task]
    for wrong, reason in proof.wrong.items():
        assert reason in str(proof(wrong + steps))
        assert "order of the other steps" not in str(proof(wrong + steps))
        assert str(proof(wrong)).endswith("Asked is the order of the other steps.")
        assert proof(steps + wrong).ok is False
    for step, needs in proof.needs.items():
        if needs:
            assert next(iter(needs.values())) in str(proof(step))
    assert "missing" in str(proof(steps[:-1]))
    assert "comes twice" in str(proof(steps[0] + steps))
    for odd in ("XYZ", 7, [1, 2], {"A": 1}, print):
        assert "must be letters" in str(proof(odd)) or proof(odd).ok is False
    assert "but Z is no step" in str(proof(f"{steps} → Z"))
    assert proof("").ok is None
