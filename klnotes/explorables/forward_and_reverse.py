from typing import Any

import numpy as np

from klnotes import figures
from klnotes.explorables._base import Checked, Explorable, joined, module, number
from klnotes.mixtures import forward_normal_fit, mixture_log_density, reverse_normal_fits, two_bump_phases


def _points(_: Any, name: str, value: Any) -> list[list[float]]:
    """Rows of m and weight, to draw."""
    rows = np.asarray(value, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[-1] != 2 or not np.isfinite(rows).all():
        raise ValueError(f"{name} must hold rows of two finite numbers, but its shape is {rows.shape}")
    return [[float(m), float(w)] for m, w in rows]


class ForwardAndReverse(Explorable):
    """Two bumps to be pulled apart: the forward fit of a normal distribution, and all local optima of the reverse fit.

    Parameters
    ----------
    m : float
        The bumps stand at -m and m, from 0 to 4.
    weight : float
        Weight of the right bump, from 0.02 to 0.98.
    left, right : float
        Standard deviations of the bumps, from 0.5 to 2. All four the reader then changes.

    Raises
    ------
    TypeError, ValueError
        If a number does not lie in its range, here or when it is set later.
    """

    _name = "forward-and-reverse"
    _esm = module(_name)
    m = Checked(number(0, 4))
    weight = Checked(number(0.02, 0.98))
    left = Checked(number(0.5, 2))
    right = Checked(number(0.5, 2))
    horn = Checked(_points)
    tie = Checked(_points)

    def __init__(self, m: float = 2.0, weight: float = 0.5, /, *, left: float = 1.0, right: float = 1.0) -> None:
        horn, tie, _ = (np.round(rows, 3) for rows in two_bump_phases(5.0))
        super().__init__(m=m, weight=weight, left=left, right=right, horn=horn, tie=tie)

    def _picture(self) -> figures.Picture:
        target = [1 - self.weight, self.weight], [-self.m, self.m], [self.left, self.right]
        x = np.linspace(-8, 8, 161)
        forward, (best, *others) = forward_normal_fit(*target), reverse_normal_fits(*target)
        curves = {"target P": np.exp(mixture_log_density(x, *target))}
        for name, fit in (("forward", forward), ("reverse", best)):
            curves[name] = np.exp(mixture_log_density(x, [1.0], [fit.mean], [fit.std]))
        drawn = figures.lines(x, curves, xlabel="x", ylabel="density")
        rivals = f"has {len(others) + 1} local optima" if others else "has one optimum"
        said = f"The reverse fit {rivals}; the best leaves {best.kl:.4f} nats."
        return joined(drawn, said=said)
