from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from klnotes import _validate as check
from klnotes import chi2_divergence, f_divergence, figures
from klnotes._typing import Array
from klnotes.explorables._base import Checked, Explorable, distribution, joined, module, names

EDGES = np.array([0, 0.5, 0.8, 1.25, 2, 4])
_MOST = 4


def _bends(_: Any, name: str, value: ArrayLike) -> list[float]:
    array = check.finite(value, name)
    if array.shape != (len(EDGES) - 1,):
        raise ValueError(f"{name} must be {len(EDGES) - 1} numbers, but its shape is {array.shape}")
    check.refuse((array < 0) | (array > _MOST), array, name, f"must hold numbers from 0 to {_MOST}")
    return [float(x) for x in array]


def price(bends: ArrayLike, ratios: ArrayLike) -> Array:
    """The f with f(1) = f'(1) = 0 whose second derivative is given between EDGES, and 0 beyond: convex."""
    r = np.asarray(ratios, dtype=np.float64)[..., None]
    low, high = (np.clip(side, np.minimum(r, 1), np.maximum(r, 1)) for side in (EDGES[:-1], EDGES[1:]))
    return np.asarray(np.sum(np.asarray(bends) * (high - low) * np.abs(2 * r - low - high) / 2, axis=-1))


def slope_at_infinity(bends: ArrayLike) -> float:
    """Where no bend is left: the sum of all bends from 1 on."""
    return float(np.sum(np.asarray(bends) * (EDGES[1:] - np.clip(EDGES[:-1], 1, EDGES[1:]))))


class FGenerator(Explorable):
    """A convex price list to be bent by hand, the f-divergence that it makes, and its second-order twin.

    Parameters
    ----------
    p : array_like, shape (n,)
        A distribution, which stays.
    q : array_like, shape (n,)
        A distribution, which the reader then changes.
    bends : array_like, shape (5,)
        From 0 to 4: the second derivative of the list for ratios from 0 to 0.5, to 0.8, to 1.25, to 2 and to 4.
    outcomes : sequence of n names
        From 2 to 6.

    Raises
    ------
    TypeError, ValueError
        If p or q is not a distribution over the outcomes, or bends are no such numbers, here or when set later.
    """

    _name = "f-generator"
    _esm = module(_name)
    outcomes = Checked(names)
    p = Checked(distribution("outcomes"))
    q = Checked(distribution("outcomes"))
    bends = Checked(_bends)

    def __init__(
        self, p: ArrayLike, q: ArrayLike, bends: ArrayLike = (1, 1, 1, 1, 1), /, *, outcomes: Sequence[str] = "ABC"
    ) -> None:
        super().__init__(outcomes=outcomes, p=p, q=q, bends=bends)

    def divergence(self) -> float:
        """The f-divergence of the list."""
        slope = slope_at_infinity(self.bends)
        return float(f_divergence(lambda r: price(self.bends, r), self.p, self.q, slope_at_infinity=slope))

    def twin(self) -> float:
        """Half the bend at 1 times chi-squared."""
        return self.bends[2] / 2 * float(chi2_divergence(self.p, self.q)) if self.bends[2] else 0.0

    def _picture(self) -> figures.Picture:
        r = np.linspace(0, 4, 161)
        curves = {"price list": price(self.bends, r), "parabola of the twin": self.bends[2] / 2 * (r - 1) ** 2}
        marks = [
            (a / b, float(price(self.bends, a / b)), name)
            for a, b, name in zip(self.p, self.q, self.outcomes, strict=True)
            if 4 * b >= a > 0
        ]
        drawn = figures.lines(r, curves, xlabel="r = p/q", ylabel="price", marks=marks)
        return joined(drawn, said=f"The divergence is {self.divergence():.4f}, its twin {self.twin():.4f}.")
