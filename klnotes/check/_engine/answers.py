"""Tasks whose answer is a number, a choice or a construction. The right ones are computed when they are asked for."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from klnotes.check._engine.hints import SIGN, in_other_units
from klnotes.check._engine.verdict import Task, Verdict, kind_of

_PERCENT = "That is in percent. Give the share, without the hundred."
_DIGITS = 0.005  # relative: three digits are enough


@dataclass(frozen=True, eq=False)
class Number(Task):
    """A number to be found, perhaps with a unit."""

    truth: Callable[..., float]
    unit: str = ""
    slips: Mapping[str, Callable[..., float]] = field(default_factory=dict)

    def judged(self, value: Any, /, *data: Any, guess: Any = None) -> Verdict:
        """The verdict on a value that came after a guess; data is what the task is about, if it says so itself."""
        number = _number(value)
        if isinstance(number, str):
            return Verdict(False, f"The answer must be one number, but got {number}")
        wanted = float(self.truth(*data))
        if _near(number, wanted):
            notes = []
            if guess is not None:
                far = _number(guess)
                if isinstance(far, str):
                    return Verdict(False, f"The prediction must be one number, but got {far}")
                notes = [_about_guess(far, wanted)]
            unit = self.unit.removesuffix("s") if wanted == 1 else self.unit
            return Verdict(True, f"Right: {_shown(wanted)} {unit}".rstrip(), notes=notes)
        for hint, slip in self.mistakes(*data).items():
            if _near(number, slip):
                return Verdict(False, f"{_shown(number)} is not right yet", notes=[hint])
        if math.isinf(wanted):
            return Verdict(False, f"{_shown(number)} is not right yet", notes=["No finite number is."])
        return Verdict(False, f"{_shown(number)} is too {'high' if number > wanted else 'low'}")

    def mistakes(self, *data: Any) -> dict[str, float]:
        """For every known mistake its hint and the value that it gives."""
        wanted = float(self.truth(*data))
        known = {hint: float(slip(*data)) for hint, slip in self.slips.items()}
        known |= {hint: factor * wanted for hint, factor in in_other_units(self.unit).items()}
        return known | {SIGN: -wanted, _PERCENT: 100 * wanted}


@dataclass(frozen=True, eq=False)
class Choice(Task):
    """One of several options, with a reason for each wrong one."""

    truth: Callable[..., Any]
    options: Mapping[Any, str]

    def judged(self, value: Any, /, *data: Any) -> Verdict:
        """The verdict on an option."""
        chosen = value.strip().lower() if isinstance(value, str) else value
        if isinstance(chosen, np.integer):
            chosen = int(chosen)
        if type(chosen) not in {type(option) for option in self.options} or chosen not in self.options:
            wanted = ", ".join(repr(option) for option in self.options)
            return Verdict(False, f"The answer must be one of {wanted}, but got {kind_of(value)}")
        return Verdict(
            chosen == self.truth(*data),
            "Right" if chosen == self.truth(*data) else "No",
            notes=[self.options[chosen]] if self.options[chosen] else [],
        )


@dataclass(frozen=True, eq=False)
class Construction(Task):
    """Numbers to be found that have given properties: many answers are right."""

    shape: tuple[int, ...]
    conditions: Sequence[tuple[str, Callable[..., bool]]]
    done: str

    def judged(self, value: Any, /, *data: Any) -> Verdict:
        """The verdict on what was built: the first condition that it does not meet."""
        size = " by ".join(map(str, self.shape))
        try:
            array = np.asarray(value)
        except ValueError:
            return Verdict(False, f"The answer must hold {size} numbers, but its rows differ in length")
        if array.dtype.kind not in "fiu":
            return Verdict(False, f"The answer must hold {size} numbers, but got {kind_of(value)}")
        if array.shape != self.shape:
            return Verdict(False, f"The answer must hold {size} numbers, but its shape is {array.shape}")
        for sentence, holds in self.conditions:
            if not holds(array, *data):
                return Verdict(False, "Not yet", notes=[sentence])
        return Verdict(True, self.done)


def _number(value: Any) -> float | str:
    """A value as a float, or in words what it is instead."""
    array = np.asarray(value) if not isinstance(value, (str, bytes)) else None
    if array is None or array.ndim or array.dtype.kind not in "fiu":
        return kind_of(value)
    return "nan" if np.isnan(array) else float(array)


def _near(number: float, wanted: float) -> bool:
    if math.isinf(wanted) or math.isinf(number):
        return number == wanted
    return abs(number - wanted) <= max(_DIGITS * abs(wanted), 1e-9)


def _shown(number: float) -> str:
    return f"{number:.4g}"


def _about_guess(guess: float, wanted: float) -> str:
    if abs(guess - wanted) <= 0.05 * abs(wanted):
        return f"Your prediction, {_shown(guess)}, was close."
    side = "high" if guess > wanted else "low"
    return f"Your prediction, {_shown(guess)}, was too {side}. Can you say why?"


def _is_distribution(q: Any, *_: Any) -> bool:
    return bool(np.all(q >= 0) and abs(q.sum() - 1) < 1e-8)


DISTRIBUTION = ("The entries must not be negative, and they must sum to 1.", _is_distribution)


def shares(counts: Any) -> Any:
    """Counts over their sum."""
    return np.asarray(counts) / np.sum(counts)
