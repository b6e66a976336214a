from collections.abc import Sequence

import traitlets
from numpy.typing import ArrayLike

from klnotes import figures, kl_divergence
from klnotes.explorables._base import Checked, Explorable, distribution, joined, module, names


class KLDivergence(Explorable):
    """Bars of P and Q to be pulled, with the divergence in both directions, term by term.

    Parameters
    ----------
    p, q : array_like, shape (n,)
        Distributions, which the reader then changes.
    outcomes : sequence of n names
        From 2 to 6.
    unit : {'nats', 'bits'}

    Raises
    ------
    TypeError, ValueError
        If p or q is not a distribution over the outcomes, here or when it is set later.
    """

    _name = "kl-divergence"
    _esm = module(_name)
    outcomes = Checked(names)
    p = Checked(distribution("outcomes"))
    q = Checked(distribution("outcomes"))
    unit = traitlets.Enum(["nats", "bits"], "nats").tag(sync=True)

    def __init__(self, p: ArrayLike, q: ArrayLike, /, *, outcomes: Sequence[str] = "ABC", unit: str = "nats") -> None:
        super().__init__(outcomes=outcomes, p=p, q=q, unit=unit)

    def _picture(self) -> figures.Picture:
        drawn = figures.bars({"P": self.p, "Q": self.q}, self.outcomes)
        there, back = (kl_divergence(*pair, unit=self.unit) for pair in ((self.p, self.q), (self.q, self.p)))
        terms = figures.term_contributions(self.p, self.q, self.outcomes, unit=self.unit)
        return joined(drawn, terms, said=f"KL(P‖Q) = {there:.4f} {self.unit}, KL(Q‖P) = {back:.4f} {self.unit}.")
