"""Tasks whose answer is a number, a choice or a construction. The right ones are computed when they are asked for."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klnotes.check._engine.hints import SIGN, in_other_units
from klnotes.check._engine.verdict import Task, Verdict, kind_of

_PERCENT = "That is a hundred times what is asked for. If it is in percent, leave out the hundred."
_CUT_OFF = "Or is it cut off? Round the last digit."
_DIGITS = 0.005  # relative: three digits are enough


@dataclass(frozen=True, eq=False)
class Number(Task):
    """A number to be found, perhaps with a unit."""

    truth: Callable[..., float]
    unit: str = ""
    slips: Mapping[str, Callable[..., float]] = field(default_factory=dict)
    digits: int = 2  # the right number, rounded to so many or more, is right, even where a mistake comes closer

    def judged(self, value: Any, /, *data: Any, guess: Any = None) -> Verdict:
        """The verdict on a value that came after a guess; data is what the task is about, if it says so itself."""
        number = _number(value)
        if isinstance(number, str):
            return Verdict(False, f"The answer must be one number, but got {number}")
        wanted, mistakes = float(self.truth(*data)), self.mistakes(*data)
        hint = min(mistakes, key=lambda hint: _off(number, mistakes[hint]))
        rounded = _rounds_to(wanted, number, self.digits)
        if _near(number, wanted) and (rounded or _off(number, wanted) <= _off(number, mistakes[hint])):
            notes = [] if guess is None else [_about_guess(guess, wanted)]
            unit = self.unit.removesuffix("s") if _shown(wanted) == "1" else self.unit
            return Verdict(True, f"Right: {_shown(wanted)} {unit}".rstrip(), notes=notes)
        if _near(number, mistakes[hint]):
            # A rounded number may have come from several mistakes.
            hints = [other for other, gives in mistakes.items() if _near(number, gives) and _rounds_to(gives, number)]
            first, *more = hints or [hint]
            notes = [first, *(f"Or: {other}" for other in more), *[_CUT_OFF] * _is_cut_off(wanted, number)]
            return Verdict(False, f"{_shown(number)} is not right yet", notes=notes)
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
        """The verdict on an option, as it is or as a list shows it: b, "b.", "(b)", 2, 2.0."""
        number = _number(value)
        text = value.strip(" .:()").lower() if isinstance(value, str) else str(number).removesuffix(".0")
        named = {str(option): option for option in self.options}
        if text not in named:
            wanted = ", ".join(repr(option) for option in self.options)
            return Verdict(False, f"The answer must be one of {wanted}, but got {kind_of(value)}")
        chosen = named[text]
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
            array = _floats(value)
        except ValueError:
            return Verdict(False, f"The answer must hold {size} numbers, but its rows differ in length")
        if array is None:
            return Verdict(False, f"The answer must hold {size} numbers, but got {kind_of(value)}")
        if array.shape != self.shape:
            return Verdict(False, f"The answer must hold {size} numbers, but its shape is {array.shape}")
        for sentence, holds in self.conditions:
            if not holds(array, *data):
                return Verdict(False, "Not yet", notes=[sentence])
        return Verdict(True, self.done)


def _floats(value: Any) -> NDArray[np.float64] | None:
    """A value as an array of floats, or None if there is anything but real numbers in it."""
    array = np.asarray(value)
    if array.dtype.kind == "O" and all(isinstance(entry, (Real, Decimal)) for entry in array.flat):  # as Fraction is
        array = array.astype(np.float64)
    return array.astype(np.float64) if array.dtype.kind in "fiu" else None


def _number(value: Any) -> float | str:
    """A value as a float, or in words what it is instead."""
    try:
        array = _floats(value)
    except (OverflowError, ValueError):
        array = None
    if array is None or array.ndim:
        return kind_of(value)
    return "nan" if np.isnan(array) else float(array)


def _rounds_to(number: float, rounded: float, digits: int = 2) -> bool:
    """Whether a number becomes the other one if it is rounded to so many digits, or more."""
    return any(rounded == float(f"{number:.{k}g}") for k in range(digits, 18))


def _is_cut_off(number: float, short: float) -> bool:
    """Whether a number becomes the other one if digits are cut off, down to three of them at least."""
    digits = Decimal(repr(short))
    if len(digits.as_tuple().digits) < 3 or not math.isfinite(number):
        return False
    try:
        return Decimal(number).quantize(digits, ROUND_DOWN) == digits
    except InvalidOperation:  # the short number has a digit far behind all of the other's
        return False


def _off(number: float, wanted: float) -> float:
    return 0.0 if number == wanted else abs(number - wanted)


def _near(number: float, wanted: float) -> bool:
    if math.isinf(wanted):
        return number == wanted
    return _off(number, wanted) <= max(_DIGITS * abs(wanted), 1e-9)


def _shown(number: float) -> str:
    return f"{number:.4g}"


def _about_guess(guess: Any, wanted: float) -> str:
    number = _number(guess)
    if isinstance(number, str):
        return f"Your prediction is no number but {number}, so nothing is said about it."
    if abs(number - wanted) <= 0.05 * abs(wanted):
        return f"Your prediction, {_shown(number)}, was close."
    side = "high" if number > wanted else "low"
    return f"Your prediction, {_shown(number)}, was too {side}. Can you say why?"


def _is_distribution(q: Any, *_: Any) -> bool:
    return bool(np.all(q >= 0) and abs(q.sum() - 1) < 1e-8)


DISTRIBUTION = ("The entries must not be negative, and they must sum to 1.", _is_distribution)


def shares(counts: Any) -> Any:
    """Counts over their sum."""
    return np.asarray(counts) / np.sum(counts)
