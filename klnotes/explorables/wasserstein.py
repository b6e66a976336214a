from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from klnotes import figures, kl_divergence
from klnotes.explorables._base import Checked, Explorable, distribution, module

STATIONS = ["0 km", "1 km", "2 km", "3 km", "4 km"]


def plan(p: ArrayLike, q: ArrayLike) -> list[tuple[int, int, float]]:
    """What is carried from each station to each, from left to right: from, to, share."""
    p, q = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    cuts = np.unique(np.round(np.concatenate([[0.0], np.cumsum(p), np.cumsum(q)]), 12))
    middles = (cuts[1:] + cuts[:-1]) / 2
    whence, where = (np.searchsorted(np.cumsum(x), middles).clip(max=len(x) - 1) for x in (p, q))
    return [(int(i), int(j), float(share)) for i, j, share in zip(whence, where, np.diff(cuts), strict=True)]


class Wasserstein(Explorable):
    """Bikes at five stations of a road: where they stand, where they are wanted, and the plan from left to right.

    Parameters
    ----------
    p, q : array_like, shape (5,)
        The shares of the bikes at the stations in the evening and in the morning, which the reader then changes.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, here or when it is set later.
    """

    _name = "wasserstein"
    _esm = module(_name)
    stations = STATIONS
    p = Checked(distribution("stations"))
    q = Checked(distribution("stations"))

    def __init__(self, p: ArrayLike, q: ArrayLike, /) -> None:
        super().__init__(p=p, q=q)

    def _picture(self) -> figures.Picture:
        drawn = figures.bars({"P": self.p, "Q": self.q}, STATIONS)
        trips = plan(self.p, self.q)
        bill = sum(share * abs(i - j) for i, j, share in trips)
        told = ", ".join(f"{share:.4g} from {STATIONS[i]} to {STATIONS[j]}" for i, j, share in trips)
        kl: Any = kl_divergence(self.p, self.q)
        said = f"W₁ is {bill:.4f} km, KL(P‖Q) {kl:.4f} nats. The plan: {told}."
        return figures.Picture(drawn.svg.replace(drawn.alt, f"{drawn.alt} {said}"), f"{drawn.alt} {said}")
