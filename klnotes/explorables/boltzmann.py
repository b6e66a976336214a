from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from klnotes import _validate as check
from klnotes import boltzmann_distribution, entropy, figures, free_energy, kl_divergence, variational_free_energy
from klnotes.explorables._base import Checked, Explorable, distribution, joined, module, number


def _energies(_: Any, name: str, value: ArrayLike) -> list[float]:
    array = check.finite(value, name)
    if array.ndim != 1 or not 2 <= array.size <= 8:
        raise ValueError(f"{name} must be 2 to 8 energies, but its shape is {array.shape}")
    return [float(x) for x in array]


class Boltzmann(Explorable):
    """A temperature to be pulled: occupation of a ladder of energies, and the free energy that a guess misses.

    Parameters
    ----------
    energies : array_like, shape (n,)
        From 2 to 8 levels.
    q : array_like, shape (n,)
        A guess at their occupation, which stays.
    temperature : float
        From 0.1 to 6, in units of energy; the reader then changes it.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, here or when it is set later.
    """

    _name = "boltzmann"
    _esm = module(_name)
    energies = Checked(_energies)
    q = Checked(distribution("energies"))
    temperature = Checked(number(0.1, 6))

    def __init__(self, energies: ArrayLike, q: ArrayLike, temperature: float = 1.0, /) -> None:
        super().__init__(energies=energies, q=q, temperature=temperature)

    def _picture(self) -> figures.Picture:
        t = self.temperature
        p = boltzmann_distribution(self.energies, t)
        levels = [f"E = {e:g}" for e in self.energies]
        bars = figures.bars({f"p at T = {t:g}": p, "guess q": self.q}, levels)
        at = np.linspace(0.4, 6, 113)
        gap = [s * kl_divergence(self.q, boltzmann_distribution(self.energies, s)) for s in at]
        here = variational_free_energy(self.q, self.energies, t) - free_energy(self.energies, t)
        drawn = figures.lines(at, {"gap": gap}, xlabel="temperature T", ylabel="T · KL(q‖p)", marks=[(t, here, "")])
        said = f"At T = {t:g}: H(p) = {entropy(p):.4f} nats, H(q) = {entropy(self.q):.4f} nats, gap {here:.4f}."
        return joined(bars, drawn, said=said)
