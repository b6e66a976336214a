"""What a task is and what it says, and how that looks in Jupyter and in a terminal."""

import html
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Each reads on a white page and on a dark one.
_LOOKS = {True: ("✓", "#22884d"), False: ("✗", "#cc4b40"), None: ("○", "#808080")}


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check found.

    Attributes
    ----------
    ok : bool or None
        Whether the answer is right; None if there is none yet.
    headline : str
        One sentence.
    code : str
        A counterexample as small as was found, as Python that can be pasted into a cell.
    notes : list of str
        What came of it, and hints.
    """

    ok: bool | None
    headline: str
    code: str = ""
    notes: Sequence[str] = ()

    def __repr__(self) -> str:
        lines = [f"{_LOOKS[self.ok][0]} {self.headline}"]
        lines += [f"    {line}" for line in self.code.splitlines()]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        sign, color = _LOOKS[self.ok]
        parts = [f"<strong>{sign} {html.escape(self.headline, quote=False)}</strong>"]
        if self.code:
            parts.append(f'<pre style="margin: 0.5em 0">{html.escape(self.code, quote=False)}</pre>')
        parts += [f'<div style="margin-top: 0.3em">{html.escape(note, quote=False)}</div>' for note in self.notes]
        style = f"border-left: 4px solid {color}; padding: 0.2em 0.8em; margin: 0.5em 0"
        return f'<div class="klnotes-verdict" style="{style}">{"".join(parts)}</div>'


@dataclass(frozen=True, eq=False)
class Task(ABC):
    """What the exercises ask for: call it with an answer, and it gives a verdict.

    Attributes
    ----------
    name : str
        The name that it has in its chapter's module.
    """

    name: str

    def __call__(self, answer: Any, /, *args: Any, **kwargs: Any) -> Verdict:
        blank = answer is None or answer is ...
        verdict = self.unattempted() if blank else self.judged(answer, *args, **kwargs)
        if os.environ.get("NBGRADER_EXECUTION") and not verdict.ok:
            raise AssertionError(str(verdict))  # what raises nothing earns the points
        return verdict

    def unattempted(self, name: str = "") -> Verdict:
        """The verdict where there is no answer yet."""
        return Verdict(None, f"{name or self.name}: not attempted yet")

    @abstractmethod
    def judged(self, answer: Any, /, *args: Any, **kwargs: Any) -> Verdict:
        """The verdict on an answer."""


def written(value: Any) -> str:
    """A value as Python that gives the same value when pasted: 1/3 rather than 0.3333333333333333."""
    if isinstance(value, np.ndarray):
        logs = _as_logarithms(value)
        return f"np.array({written(value.tolist())})" if logs is None else f"np.log({written(logs)})"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(written, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if isinstance(value, float) and np.isfinite(value):
        fraction = Fraction(value).limit_denominator(1000)
        if fraction.denominator > 1 and float(fraction) == value:
            return f"{fraction.numerator}/{fraction.denominator}"
    return repr(value)


def _as_logarithms(array: NDArray[Any]) -> NDArray[Any] | None:
    """The fractions of which these are the logarithms, digit for digit, if they are."""
    with np.errstate(divide="ignore", over="ignore"):
        rounded = [float(Fraction(x).limit_denominator(1000)) for x in np.exp(np.minimum(array, 0)).ravel()]
        fractions = np.array(rounded).reshape(array.shape)
        return fractions if array.min() < 0 and np.array_equal(np.log(fractions), array) else None


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    if value is None:
        return "nothing (None)"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    if isinstance(value, (bool, np.bool_, complex)):
        return f"{type(value).__name__} {value}"
    if isinstance(value, (int, float, np.number)):
        return f"the number {value}"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}"
    article = "an" if type(value).__name__[0].lower() in "aeiou" else "a"
    return f"{article} {type(value).__name__}"


def compared(got: Any, wanted: Any) -> tuple[str, str]:
    """Two results in so few digits that they can be read, and in so many that they differ."""
    for digits in (4, 8, 17):
        texts = _rounded(got, digits), _rounded(wanted, digits)
        if texts[0] != texts[1]:
            break
    return texts


def _rounded(value: Any, digits: int) -> str:
    array = np.asarray(value)
    if array.ndim:
        return "[" + ", ".join(_rounded(entry, digits) for entry in array) + "]"
    return f"{array.item():.{digits}g}" if array.dtype.kind in "fiu" else repr(value)
