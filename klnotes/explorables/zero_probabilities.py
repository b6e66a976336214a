from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from klnotes import additive_smoothing, figures, kl_divergence
from klnotes.explorables._base import Checked, Explorable, distribution, joined, module, names, number, whole_numbers


def _counts(widget: Any, name: str, value: ArrayLike) -> list[int]:
    counts, size = whole_numbers(name, value, 0, 120), len(widget.outcomes)
    if counts.shape != (size,) or not counts.any():
        raise ValueError(f"{name} must be {size} counts, not all 0, but got {counts.tolist()}")
    return list(counts.tolist())


def _power(widget: Any, name: str, value: Any) -> float:
    alpha = number(0, 100)(widget, name, value)
    tenths = round(10 * np.log10(alpha)) if alpha > 0 else 0
    if alpha > 0 and (tenths < -120 or abs(alpha / 10 ** (tenths / 10) - 1) > 1e-9):
        raise ValueError(f"{name} must be 0, or 10 to a power from -12 to 2 in tenths, but got {value!r}")
    return alpha


class ZeroProbabilities(Explorable):
    """Old counts, new shares and the number that is added to each count: the divergence that is reported.

    Parameters
    ----------
    counts : array_like of int, shape (n,)
        How often each outcome came before, from 0 to 120, not all 0.
    p : array_like, shape (n,)
        Its share now.
    alpha : float
        0, or 10 to a power from -12 to 2 in tenths, as the slider has them; the reader then changes all three.
    outcomes : sequence of n names

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, here or when it is set later.
    """

    _name = "zero-probabilities"
    _esm = module(_name)
    outcomes = Checked(names)
    counts = Checked(_counts)
    p = Checked(distribution("outcomes"))
    alpha = Checked(_power)

    def __init__(self, counts: ArrayLike, p: ArrayLike, alpha: float = 1.0, /, *, outcomes: Sequence[str]) -> None:
        super().__init__(outcomes=outcomes, counts=counts, p=p, alpha=alpha)

    def _picture(self) -> figures.Picture:
        model = additive_smoothing(self.counts, self.alpha)
        bars = figures.bars({"now P": self.p, "forecast Q": model}, self.outcomes)
        at = np.logspace(-12, 2, 141)
        curve = kl_divergence(self.p, additive_smoothing(self.counts, at[:, None]))
        here = kl_divergence(self.p, model)
        marks = [(self.alpha, here, "")] if self.alpha > 0 and np.isfinite(here) else []
        drawn = figures.lines(at, {"KL": curve}, xlabel="α", ylabel="KL(P‖Q) in nats", marks=marks, log_x=True)
        counted = ", ".join(f"{name} {count}" for name, count in zip(self.outcomes, self.counts, strict=True))
        return joined(bars, drawn, said=f"Counts: {counted}. With α = {self.alpha:g}: KL(P‖Q) = {here:.4f} nats.")
