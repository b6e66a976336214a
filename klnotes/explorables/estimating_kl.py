from math import expm1, inf, log1p, sqrt
from typing import Any, NamedTuple

import numpy as np

from klnotes import figures, gaussian_kl
from klnotes.explorables._base import Checked, Explorable, joined, module, number, whole_numbers


class Noise(NamedTuple):
    """Of a single draw: the bias of k2, and the standard deviations of k1, k2 and k3, in nats."""

    bias2: float
    sd1: float
    sd2: float
    sd3: float


def bell_noise(mean: float, std: float) -> Noise:
    """How k1, k2 and k3 scatter where P = N(0, 1) and Q = N(mean, std**2).

    The log-ratio is a + b x + c x**2; its variance and its third and fourth cumulant follow, and with them those of its
    square. For k3: thm-estimating-kl-control.
    """
    kl, b, c = gaussian_kl(0, 1, mean, std), mean / std**2, (1 - std) * (1 + std) / std**2 / 2
    v = b * b + 2 * c * c
    third, fourth = 6 * b * b * c + 8 * c**3, 48 * c * c * (b * b + c * c)
    both = ((1 + 1 / std**2) * mean**2 + (std - 1 / std) ** 2) / 2
    chi2 = expm1(mean**2 / (2 - std**2) - log1p(-((1 - std**2) ** 2)) / 2) if std**2 < 2 else inf
    sd2 = sqrt(4 * kl * kl * v + 4 * kl * third + 2 * v * v + fourth) / 2
    return Noise((kl * kl + v) / 2 - kl, sqrt(v), sd2, sqrt(max(v + chi2 - 2 * both, 0)))


def _seed(_: Any, name: str, value: Any) -> int:
    seed = whole_numbers(name, value, 0, 1e9)
    if seed.ndim:
        raise ValueError(f"{name} must be a single whole number, but got {value!r}")
    return int(seed)


class EstimatingKL(Explorable):
    """A bell to be pulled away from N(0, 1), and what forty samples of 100 draws say of the divergence.

    Parameters
    ----------
    mean : float
        Mean of Q, from 0 to 3, which the reader then changes.
    std : float
        Standard deviation of Q, from 0.5 to 2, likewise.
    seed : int
        Where the random numbers begin.

    Raises
    ------
    TypeError, ValueError
        If a number is out of its range, here or when it is set later.
    """

    _name = "estimating-kl"
    _esm = module(_name)
    mean = Checked(number(0, 3))
    std = Checked(number(0.5, 2))
    seed = Checked(_seed)

    def __init__(self, mean: float = 0.5, std: float = 1.0, /, *, seed: int = 0) -> None:
        super().__init__(mean=mean, std=std, seed=seed)

    def _picture(self) -> figures.Picture:
        x = np.linspace(-5, 7, 121)
        curves = {
            name: np.exp(-(((x - m) / s) ** 2) / 2) / s / np.sqrt(2 * np.pi)
            for name, m, s in [("P", 0.0, 1.0), ("Q", self.mean, self.std)]
        }
        drawn = figures.lines(x, curves, xlabel="x", ylabel="density")
        noise = bell_noise(self.mean, self.std)
        said = (
            f"KL(P‖Q) = {gaussian_kl(0, 1, self.mean, self.std):.4f} nats. A single draw of k1 has the standard "
            f"deviation {noise.sd1:.3f}, of k3 {noise.sd3:.3f}; the bias of k2 is {noise.bias2:.4f} nats."
        )
        return joined(drawn, said=said)
