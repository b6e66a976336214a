"""What all checks have in common: a counterexample is small, and nothing that a reader hands in breaks them."""

import functools
import importlib
import itertools
import subprocess
import sys
import time
from decimal import Decimal
from fractions import Fraction
from math import expm1, log, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import klnotes
from klnotes.check import cross_entropy, entropy, kl_divergence
from klnotes.check._engine import run
from klnotes.check._engine.answers import Number
from klnotes.check._engine.search import Check
from tests.chapters.answers import kl_by_loop
from tests.notebooks import ROOT
from tests.planted import TASKS, WRONG


def test_a_counterexample_is_small_and_can_be_pasted() -> None:
    def swapped(p: Any, q: Any) -> float:
        return kl_by_loop(q, p)

    verdict = kl_divergence.kl_divergence(swapped)
    assert verdict.code.splitlines() == [
        "p = np.array([1/2, 1/2])",
        "q = np.array([1/3, 2/3])",
        "swapped(p, q)",
        "# gives    0.05663",
        "# expected 0.05889",
    ]
    names: dict[str, Any] = {"np": np, "swapped": swapped}
    exec(verdict.code, names)  # it is meant to be pasted
    assert round(swapped(names["p"], names["q"]), 5) == 0.05663
    assert round(klnotes.kl_divergence(names["p"], names["q"]), 5) == 0.05889


def test_a_mistake_is_named_only_if_it_explains_everything() -> None:
    def right_in_bits_for_fair_coins(p: Any) -> float:
        return klnotes.entropy(p) if np.allclose(p, p[0]) else 1.0

    verdict = entropy.entropy(right_in_bits_for_fair_coins)
    assert verdict.ok is False
    assert verdict.notes == []


def docstring_only(p: Any, q: Any) -> None:
    """KL divergence."""


def dots_only(p: Any, q: Any) -> None: ...


def not_implemented(p: Any, q: Any) -> float:
    raise NotImplementedError


@pytest.mark.parametrize("stub", [None, ..., docstring_only, dots_only, not_implemented])
def test_a_stub_is_not_attempted_yet(stub: Any) -> None:
    verdict = kl_divergence.kl_divergence(stub)
    assert verdict.ok is None
    assert "not attempted yet" in str(verdict)
    assert verdict.code == ""


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A low limit for what must reach it."""
    monkeypatch.setattr(run, "STEPS", 100_000)


@pytest.fixture
def impatient(few_steps: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a short one for what takes no step. On a busy machine other functions may reach it, too."""
    monkeypatch.setattr(run, "STILL_SECONDS", 1.0)


def endless(p: Any, q: Any) -> float:
    while True:
        pass


def endless_and_loud(p: Any, q: Any) -> float:
    while True:
        print("still here")


def sleepy(p: Any, q: Any) -> float:
    time.sleep(3)  # longer than the limit, and over before it delays the tests that come after
    return 0.0


def rare_loop(p: Any, q: Any) -> float:
    while len(p) == 3:
        pass
    return kl_by_loop(p, q)


def endless_list(p: Any, q: Any) -> float:
    longer = [0.0]
    for x in longer:
        longer.append(x)
    return 0.0


def endless_generator(p: Any, q: Any) -> float:
    return float(sum(1 for _ in itertools.count()))


def caught(p: Any, q: Any) -> float:
    try:
        while True:
            pass
    except BaseException:
        return kl_by_loop(p, q)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "function", [endless, endless_and_loud, endless_list, endless_generator, caught, sleepy, rare_loop]
)
def test_what_does_not_come_back_is_stopped(function: Any) -> None:
    verdict = kl_divergence.kl_divergence(function)
    assert verdict.ok is False
    assert "does not come back" in verdict.code
    assert "Does every loop come to an end?" in str(verdict)
    assert ("It also prints ('still here')" in str(verdict)) == (function is endless_and_loud)
    assert "ignored" not in str(verdict)  # as Python says of an exception that arrives in the garbage collector


def test_what_goes_on_waiting_does_not_hold_up_the_next_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def waits(p: Any, q: Any) -> None:
        time.sleep(600)  # as long as the tests take, and more

    with monkeypatch.context() as patch:
        patch.setattr(run, "STILL_SECONDS", 1.0)
        assert "Restart the kernel." in str(kl_divergence.kl_divergence(waits))
    assert kl_divergence.kl_divergence(kl_by_loop).ok


@pytest.mark.usefixtures("few_steps")
def test_an_endless_loop_is_shown_on_a_simple_input() -> None:
    def skips_without_a_step(p: Any) -> float:
        k, total = 0, 0.0
        while k < len(p):
            if p[k] == 0:
                continue
            total -= p[k] * np.log2(p[k])
            k += 1
        return total

    assert "p = np.array([1.0, 0.0])" in entropy.entropy(skips_without_a_step).code


@pytest.mark.usefixtures("few_steps")
def test_a_right_answer_may_be_slow_on_any_machine() -> None:
    def slow(p: Any, q: Any) -> float:
        time.sleep(0.01)
        return kl_by_loop(p, q)

    def long(p: Any, q: Any) -> float:
        return kl_by_loop(p, q) + sum(0 for _ in range(30_000))

    assert kl_divergence.kl_divergence(slow).ok
    assert kl_divergence.kl_divergence(long).ok


def inverted(p: Any, q: Any) -> float:
    return 1 / int(p[0] - p[0])


def quits(p: Any, q: Any) -> float:
    sys.exit("bye")


def asks(p: Any, q: Any) -> float:
    return float(input("p? "))


def recurses(p: Any, q: Any) -> float:
    return recurses(p, q)


class Model:
    def __init__(self, p: Any, q: Any) -> None:
        pass


class Stubborn:
    def __array__(self, *_: Any, **__: Any) -> Any:
        raise KeyError("no numbers here")

    def __repr__(self) -> str:
        raise KeyError("no words either")


class SilentError(Exception):
    def __str__(self) -> str:
        raise KeyError("no message")


def fails_to_fail(p: Any, q: Any) -> float:
    raise SilentError


async def later(p: Any, q: Any) -> float:
    return kl_by_loop(p, q)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (inverted, "ZeroDivisionError: division by zero, in: return 1 / int(p[0] - p[0])"),
        (quits, "stops with SystemExit: bye"),
        (asks, "cannot ask for input"),
        (recurses, "stops with RecursionError"),
        (lambda p, q: "0.5", "the text '0.5', not one number"),
        (lambda p, q: 1j, "complex 1j, not one number"),
        (lambda p, q: True, "bool True, not one number"),
        (lambda p, q: [1.0, 2.0, 3.0], "an array of shape (3,), not one number"),
        (lambda p, q: [[1.0], [1.0, 2.0]], "a list, not one number"),
        (lambda p, q: {"kl": 1.0}, "a dict, not one number"),
        (lambda p, q: np.array(["x"]), "not one number"),
        (lambda p, q: print, "not one number"),
        (lambda p, q: (x for x in p), "a generator, not one number"),
        (lambda p, q: None if len(p) else 0, "It returns nothing (None). Is a return missing?"),
        (lambda p, q: kl_by_loop(p, q) if len(p) < 4 else None, "Does every branch end with a return"),
        (lambda p, q: ArithmeticError("not yet"), "It returns an exception. Write raise in place of return."),
        (Model, "a Model, not one number"),
        (lambda p, q: Stubborn(), "a Stubborn, not one number"),
        (fails_to_fail, "stops with SilentError, in: raise SilentError"),
        (later, "must be written with def alone, without async"),
        (lambda p, q: np.float32(kl_by_loop(p, q)), "right to five digits"),
        (lambda p: 1.0, "must take 2 arguments, p, q, but takes (p)"),
        (
            kl_by_loop([1.0], [1.0]),
            "needs the function itself, without brackets after its name, but got the number 0.0",
        ),
        ("kl", "but got the text 'kl'"),
        ([kl_by_loop], "but got a list"),
    ],
)
def test_what_is_no_answer_gets_a_sentence(function: Any, says: str) -> None:
    verdict = kl_divergence.kl_divergence(function)
    assert verdict.ok is False
    assert says in str(verdict)
    assert "Traceback" not in str(verdict)


def test_partials_methods_and_functions_that_write_on_their_input_are_run() -> None:
    def in_place(p: Any, q: Any) -> float:
        p /= q
        return 0.0 if np.allclose(p, 1) else float("inf") if np.any((q == 0) & (p > 0)) else kl_by_loop(p * q, q)

    assert kl_divergence.kl_divergence(functools.partial(lambda scale, p, q: scale * kl_by_loop(p, q), 1)).ok
    assert "np.array([" in kl_divergence.kl_divergence(lambda p, q: in_place(p, q) + 1).code
    assert entropy.entropy(Entropies().bits).ok


class Entropies:
    def bits(self, p: Any) -> float:
        return float(klnotes.entropy(p, unit="bits"))


def test_an_import_in_a_function_is_no_endless_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "heavy_module.py").write_text("for _ in range(350_000):\n    pass\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(run, "STEPS", 100_000)

    def importing(p: Any, q: Any) -> float:
        import heavy_module

        return kl_by_loop(p, q) if heavy_module else 0.0

    assert kl_divergence.kl_divergence(importing).ok


def test_what_a_function_prints_is_told_and_kept_short(capsys: pytest.CaptureFixture[str]) -> None:
    def chatty(p: Any, q: Any) -> float:
        print("p is", p, "\n" * 1000)
        return kl_by_loop(p, q)

    verdict = kl_divergence.kl_divergence(chatty)
    assert verdict.ok
    assert "It also prints ('p is [0.5 0.5]')" in str(verdict)
    assert capsys.readouterr() == ("", "")


def test_what_a_function_overwrites_is_told_and_is_a_copy() -> None:
    def overwriting(p: Any, q: Any) -> float:
        q[:] = np.where(p > 0, p / q, 1)
        return float(np.sum(p * np.log(q)))

    verdict = kl_divergence.kl_divergence(overwriting)
    assert verdict.ok
    assert verdict.notes[-1].startswith("It also overwrites its argument q")
    assert kl_divergence.kl_divergence(kl_by_loop).notes == verdict.notes[:1]


def test_a_mistake_is_recognized_although_it_raises_on_some_inputs() -> None:
    def for_two_outcomes(p: Any, q: Any) -> float:
        (p0, p1), (q0, q1) = p, q
        return kl_by_loop([q0, q1], [p0, p1])

    assert "the other way round" in str(kl_divergence.kl_divergence(for_two_outcomes))


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda p, q: 3 * kl_by_loop(p, q), "It is 3 times what is asked for, on every input that was tried."),
        (lambda p, q: kl_by_loop(p, q) + 0.25, "It is 0.25 too high, on every input that was tried."),
        (lambda p, q: kl_by_loop(p, q) - 0.25, "It is 0.25 too low, on every input that was tried."),
        (lambda p, q: min(kl_by_loop(p, q), 10), "q = 0 < p?"),
        (lambda p, q: kl_by_loop(p, q) * len(p), "# expected"),
        (
            lambda p, q: 1.00002 * kl_by_loop(p, q),
            "It is 1.00002 times what is asked for, on every input that was tried.",
        ),
        (lambda p, q: 7.0, "It gives 7 for every input that was tried."),
        (lambda p, q: 0 * kl_by_loop(p, q), "It gives 0 for every input that was tried."),
        (lambda p, q: 7.0 if len(p) < 4 else p["x"], "# expected"),
    ],
)
def test_what_is_always_off_by_the_same_is_told(function: Any, says: str) -> None:
    verdict = kl_divergence.kl_divergence(function)
    assert verdict.ok is False
    assert says in str(verdict)
    assert ("every input that was tried" in str(verdict)) == ("every input that was tried" in says)


@pytest.mark.parametrize(
    ("task", "function", "unsaid"),
    [
        (kl_divergence.kl_divergence, lambda p, q: kl_by_loop(p, q) if min(q) else "infinite", "It leaves out"),
        (entropy.huffman_lengths, lambda p: ["1" * k for k, _ in enumerate(p, 1)], "built from the top"),
        (entropy.huffman_lengths, lambda p: 1.0, "built from the top"),
        (entropy.entropy, lambda p: 1.5 if np.allclose(p, 1 / 2) else {}[p[0]], "for every input"),
        (entropy.entropy, lambda p: p @ p if np.allclose(p, 1 / 2) else {}[p[0]], "The logarithm is missing"),
    ],
)
def test_no_mistake_is_named_for_what_is_no_number_or_came_only_once(task: Check, function: Any, unsaid: str) -> None:
    verdict = task(function)
    assert verdict.ok is False
    assert unsaid not in str(verdict)


def test_a_sum_is_blamed_only_if_the_function_is_right_once_it_is_exact() -> None:
    (nearly_one,) = next(drawn for drawn in entropy.entropy.stages[0].sample if sum(drawn[0]) != 1)

    def wrong_for_one(p: Any) -> float:
        return 7.0 if str(p) == str(nearly_one) else float(klnotes.entropy(p, unit="bits"))

    verdict = entropy.entropy(wrong_for_one)
    assert verdict.ok is False
    assert "exactly 1" not in str(verdict)


def test_a_hint_about_zeros_needs_a_zero() -> None:
    stage = kl_divergence.kl_divergence.stages[1]
    with_zero, without = (np.array([0.0, 1.0]), np.array([0.5, 0.5])), (np.array([0.5, 0.5]), np.array([0.5, 0.5]))
    assert stage.hints(with_zero) == [stage.hint]
    assert stage.hints(without) == []


def test_a_function_that_changes_its_mind_gets_a_verdict() -> None:
    calls: list[int] = []

    def fickle(p: Any, q: Any) -> float:
        calls.append(1)
        return kl_by_loop(p, q) + (len(calls) % 3 == 0)

    assert kl_divergence.kl_divergence(fickle).ok is False


def test_warnings_of_a_function_are_not_shown(recwarn: pytest.WarningsRecorder) -> None:
    kl_divergence.kl_divergence(lambda p, q: np.sum(p * np.log(p / q)))
    assert len(recwarn) == 0


def test_a_verdict_is_plain_in_a_terminal_and_a_card_in_jupyter() -> None:
    verdict = kl_divergence.kl_divergence(lambda p, q: 0.0 if p[0] < q[0] else 1.0)
    assert repr(verdict).startswith("✗ your function does not give")
    page = verdict._repr_html_()
    assert page.startswith("<div")
    assert page.count("<pre") == page.count("</pre>") == 1
    assert "lambda" not in kl_divergence.kl_divergence(lambda p, q: "<b>")._repr_html_()
    assert "&lt;b&gt;" in kl_divergence.kl_divergence(lambda p, q: "<b>")._repr_html_()


def said() -> str:
    """The inputs of all checks, and what one check of each chapter says of a wrong answer."""
    checks = {key: task for key, task in TASKS.items() if isinstance(task, Check)}
    first = {chapter: (chapter, task) for chapter, task in reversed(checks)}
    inputs = [stage.sample for check in checks.values() for stage in check.stages]
    return "\n".join(map(repr, [*inputs, *(checks[key](WRONG[key][0][0]) for key in first.values())]))


@pytest.mark.slow
def test_another_process_says_the_same_and_leaves_behind_what_cannot_be_stopped() -> None:
    code = """
from klnotes.check._engine import run
from klnotes.check.kl_divergence import kl_divergence
from tests.test_check import said

def endless_and_deaf(p, q):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue

print(said())
run.STEPS = 100_000
print(kl_divergence(endless_and_deaf))
"""
    other = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False, timeout=600)
    here, there = said(), other.stdout.decode("utf-8")
    assert here.count("✗") >= 8
    assert there.startswith(here), other.stderr
    assert "Restart the kernel." in there.removeprefix(here)


def test_without_hypothesis_the_import_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [module for module in sys.modules if module.startswith("klnotes.check")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(ModuleNotFoundError, match="pip install hypothesis"):
        importlib.import_module("klnotes.check.entropy")


def test_a_grader_sees_an_exception_where_the_answer_is_not_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert kl_divergence.kl_divergence(kl_by_loop).ok
    for task, answer in (
        (kl_divergence.kl_divergence, docstring_only),
        (kl_divergence.kl_divergence, lambda p, q: 0.0),
        (kl_divergence.by_hand, None),
        (kl_divergence.by_hand, 7),
        (kl_divergence.independent, None),
        (kl_divergence.independent, "D"),
    ):
        with pytest.raises(AssertionError, match=r"[○✗] "):
            task(answer)


def test_a_task_that_is_not_attempted_is_named() -> None:
    for chapter, task in TASKS:
        for blank in (None, ...):
            assert repr(TASKS[chapter, task](blank)) == f"○ {task}: not attempted yet"


def test_a_prediction_gets_an_answer_of_its_own() -> None:
    two = Number("two", lambda: 2.0)
    assert "Your prediction, 5, was too high." in str(two(2, guess=5))
    assert "was close" in str(two(2, guess=2.05))
    assert str(two(2, guess="two")).startswith("✓ Right: 2")
    assert "Your prediction is no number but the text 'two', so nothing is said about it." in str(two(2, guess="two"))
    assert "prediction" not in str(two(2.6, guess=5))


def test_of_the_right_number_and_a_mistake_close_to_it_the_nearest_counts() -> None:
    close = Number("close", lambda: 0.6275, slips={"That is the other direction.": lambda: 0.6301}, digits=4)
    for right in (0.6275, 0.628, 0.627, Fraction(6275, 10000), Decimal("0.6275")):
        assert close(right).ok
    for wrong in (0.6301, 0.63):
        assert "That is the other direction." in str(close(wrong))


def test_a_rounded_number_may_come_from_several_mistakes() -> None:
    pinsker = TASKS["gibbs_inequality", "pinsker"]
    half, other = "Divide by 2 before you take the root.", "That is Bretagnolle and Huber's bound."
    assert half in str(pinsker(0.083))
    assert other in str(pinsker(0.083))
    assert str(pinsker(0.083)).count("Or: ") == 1
    for exact, says, unsaid in [
        (sqrt(0.01 * log(2)), half, other),
        (0.0833, half, other),
        (sqrt(-expm1(-0.01 * log(2))), other, half),
    ]:
        assert says in str(pinsker(exact))
        assert unsaid not in str(pinsker(exact))


def test_a_right_number_stays_right_when_it_is_rounded_to_two_digits() -> None:
    thousand = cross_entropy.untrained
    for right in (6.9, 6.91, 6.908, 6.9078, 3 * log(10)):
        assert thousand(right).ok
    for wrong in (log(999), 6.907):
        assert "That is the logarithm of 999." in str(thousand(wrong))


def test_a_number_that_is_cut_off_may_be_the_right_one() -> None:
    thousand = cross_entropy.untrained
    note = "Or is it cut off? Round the last digit."
    assert note in str(thousand(6.907))
    for other in (log(999), 6.9067, 6.9068):
        assert note not in str(thousand(other))


def test_an_infinite_answer_is_infinite() -> None:
    endless = Number("endless", lambda: np.inf, "nats")
    assert endless(np.inf).ok
    assert "No finite number is." in str(endless(1e300))


def test_a_tiny_number_is_told_its_mistake() -> None:
    tiny = Number("tiny", lambda: 0.6, slips={"All of them at once.": lambda: 1.2345e-27})
    assert "All of them at once." in str(tiny(1.23e-27))
