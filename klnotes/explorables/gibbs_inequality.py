from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from klnotes import _validate as check
from klnotes import figures, kl_divergence
from klnotes.explorables._base import Checked, Explorable, distribution, joined, module, names


def _positive(widget: Any, name: str, value: ArrayLike) -> list[float]:
    p = distribution("outcomes")(widget, name, value)
    check.refuse(np.equal(p, 0), np.asarray(p), name, "must be positive, to form the ratios q/p")
    return p


class GibbsInequality(Explorable):
    """The curve -ln x and its tangent; bars of Q to be pulled, and the gaps that add up to the divergence.

    Parameters
    ----------
    p : array_like, shape (n,)
        A distribution without a zero, which stays.
    q : array_like, shape (n,)
        A distribution, which the reader then changes.
    outcomes : sequence of n names
        From 2 to 6.

    Raises
    ------
    TypeError, ValueError
        If p or q is not a distribution over the outcomes, here or when it is set later; if p has a zero.
    """

    _name = "gibbs-inequality"
    _esm = module(_name)
    outcomes = Checked(names)
    p = Checked(_positive)
    q = Checked(distribution("outcomes"))

    def __init__(self, p: ArrayLike, q: ArrayLike, /, *, outcomes: Sequence[str] = "ABC") -> None:
        super().__init__(outcomes=outcomes, p=p, q=q)

    def _picture(self) -> figures.Picture:
        said = f"Averaged with weights P, the gaps are KL(P‖Q) = {kl_divergence(self.p, self.q):.4f} nats."
        return joined(figures.tangent(self.p, self.q), said=said)
