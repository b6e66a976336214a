from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from klnotes import entropy, figures
from klnotes.explorables._base import Checked, Explorable, distribution, joined, module, names


class Entropy(Explorable):
    """Bars of P to be pulled, and the entropy held against log n.

    Parameters
    ----------
    p : array_like, shape (n,)
        A distribution, which the reader then changes.
    outcomes : sequence of n names
        From 2 to 6.

    Raises
    ------
    TypeError, ValueError
        If p is not a distribution over the outcomes, here or when it is set later.
    """

    _name = "entropy"
    _esm = module(_name)
    outcomes = Checked(names)
    p = Checked(distribution("outcomes"))

    def __init__(self, p: ArrayLike, /, *, outcomes: Sequence[str] = "ABCD") -> None:
        super().__init__(outcomes=outcomes, p=p)

    def _picture(self) -> figures.Picture:
        h, most = entropy(self.p, unit="bits"), np.log2(len(self.outcomes))
        said = f"The entropy is H = {h:.4f} bits; the largest possible is log n = {most:.4f} bits."
        return joined(figures.bars({"P": self.p}, self.outcomes), said=said)
