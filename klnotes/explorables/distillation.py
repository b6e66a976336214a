from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from klnotes import _validate as check
from klnotes import boltzmann_distribution, figures, kl_from_logits
from klnotes.explorables._base import Checked, Explorable, joined, module, names, number

_MOST = 8.0


def _outcomes(widget: Any, name: str, value: Sequence[str]) -> list[str]:
    outcomes = names(widget, name, value)
    if len(outcomes) > 4:
        raise ValueError(f"{name} must be 2 to 4 strings, but got {len(outcomes)}")
    return outcomes


def _logits(widget: Any, name: str, value: ArrayLike) -> list[float]:
    array, size = check.finite(value, name), len(widget.outcomes)
    if array.shape != (size,):
        raise ValueError(f"{name} must be {size} logits, one for each outcome, but its shape is {array.shape}")
    check.refuse(abs(array) > _MOST, array, name, f"must hold numbers from {-_MOST:g} to {_MOST:g}")
    return [float(x) for x in array]


def _temperature(widget: Any, name: str, value: Any) -> float:
    temperature = number(0.25, 1024)(widget, name, value)
    quarters = 4 * np.log2(temperature)
    if abs(quarters - np.round(quarters)) > 1e-9:
        raise ValueError(
            f"{name} must be 2 to the power of a multiple of 1/4, as 1, 4 and 5.657 are, but got {value!r}"
        )
    return temperature


class Distillation(Explorable):
    """A temperature and a student's logits to be pulled: soft targets, distillation loss, and T² times its slopes.

    Parameters
    ----------
    outcomes : sequence of str
        From 2 to 4 classes.
    teacher, student : array_like, shape (n,)
        Logits from -8 to 8; the reader then changes the student's.
    temperature : float
        From 0.25 to 1024, in steps of a quarter of an octave: 1, 1.19, 1.41, 1.68, 2. The reader then changes it.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, here or when it is set later.
    """

    _name = "distillation"
    _esm = module(_name)
    outcomes = Checked(_outcomes)
    teacher = Checked(_logits)
    student = Checked(_logits)
    temperature = Checked(_temperature)

    def __init__(
        self, outcomes: Sequence[str], teacher: ArrayLike, student: ArrayLike, temperature: float = 1.0, /
    ) -> None:
        super().__init__(outcomes=outcomes, teacher=teacher, student=student, temperature=temperature)

    def _picture(self) -> figures.Picture:
        v, z, t = np.array(self.teacher), np.array(self.student), self.temperature
        bars = figures.bars(
            {f"{who} at T = {t:g}": boltzmann_distribution(-a, t) for who, a in (("teacher", v), ("student", z))},
            self.outcomes,
        )

        def slopes(s: Any) -> Any:
            return s * (boltzmann_distribution(-z, s) - boltzmann_distribution(-v, s))

        at = 2.0 ** np.linspace(-2, 10, 97)
        paths = np.array([slopes(s) for s in at]).T
        marks = [(t, float(slope), "") for slope in slopes(t)]
        drawn = figures.lines(
            at,
            dict(zip(self.outcomes, paths, strict=True)),
            xlabel="temperature T",
            ylabel="T² times the slope",
            marks=marks,
            log_x=True,
        )
        said = f"At T = {t:g} the loss KL(teacher‖student) is {kl_from_logits(v / t, z / t):.4f} nats."
        return joined(bars, drawn, said=said)
