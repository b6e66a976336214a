from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr, rel_entr, softmax, xlogy

from klnotes import figures, kl_divergence
from klnotes.explorables._base import Checked, Explorable, distribution, joined, module, names

SLIPS = (
    "swapped",
    "in bits",
    "mean",
    "absolute values",
    "square root",
    "two entropies",
    "cross-entropy",
    "no weights",
    "not log-space",
    "softmax again",
)


def slips(p: ArrayLike, q: ArrayLike, /) -> list[float]:
    """What ten wrong functions make of P and Q, in the order of SLIPS; NaN or infinite where they divide by 0."""
    a, b = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    right = kl_divergence(a, b)
    with np.errstate(divide="ignore", invalid="ignore"):
        unweighted = np.sum(np.log(a) - np.log(b))
    values: list[Any] = [
        kl_divergence(b, a),
        right / np.log(2),
        right / len(a),
        np.abs(rel_entr(a, b)).sum(),
        np.sqrt(right),
        entr(b).sum() - entr(a).sum(),
        -xlogy(a, b).sum(),
        unweighted,
        np.sum(xlogy(a, a) - a * b),
        kl_divergence(softmax(a), softmax(b)),
    ]
    return [float(value) for value in values]


class CommonMistakes(Explorable):
    """Two distributions as bars to be pulled, and the numbers that ten wrong functions make of them.

    Parameters
    ----------
    p, q : array_like, shape (n,)
        Distributions, which the reader then changes.
    outcomes : sequence of n names
        From 2 to 6.

    Raises
    ------
    TypeError, ValueError
        If p or q is not a distribution over the outcomes, here or when it is set later.
    """

    _name = "common-mistakes"
    _esm = module(_name)
    outcomes = Checked(names)
    p = Checked(distribution("outcomes"))
    q = Checked(distribution("outcomes"))

    def __init__(self, p: ArrayLike, q: ArrayLike, /, *, outcomes: Sequence[str] = "ABC") -> None:
        super().__init__(outcomes=outcomes, p=p, q=q)

    def _picture(self) -> figures.Picture:
        drawn = figures.bars({"P": self.p, "Q": self.q}, self.outcomes)
        right = kl_divergence(self.p, self.q)
        said = ", ".join(f"{name} {value:.4f}" for name, value in zip(SLIPS, slips(self.p, self.q), strict=True))
        return joined(drawn, said=f"KL(P‖Q) = {right:.4f} nats. Wrong functions give: {said}.")
