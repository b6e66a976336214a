from collections.abc import Callable
from typing import Any

import numpy as np
import traitlets

from klnotes import _validate as check
from klnotes import bernoulli_kl, figures, kl_divergence, total_variation
from klnotes._typing import Array
from klnotes.explorables._base import Checked, Explorable, joined, module, number

_MOST = 600


def _shown(_: Any, name: str, value: Any) -> int:
    count = check.finite(value, name)
    if count.ndim or count != np.round(count) or not 0 <= count <= _MOST:
        raise ValueError(f"{name} must be a whole number from 0 to {_MOST}, but got {value!r}")
    return int(count)


def _uniform(seed: int) -> Callable[[], float]:
    """mulberry32, as in the page: 32 bits at a time."""
    state, mask = seed, 0xFFFFFFFF

    def draw() -> float:
        nonlocal state
        state = (state + 0x6D2B79F5) & mask
        t = ((state ^ (state >> 15)) * (1 | state)) & mask
        t = ((t + (((t ^ (t >> 7)) * (61 | t)) & mask)) & mask) ^ t
        return (t ^ (t >> 14)) / 2**32

    return draw


def random_pairs(size: int, count: int) -> tuple[Array, Array]:
    """Pairs of distributions, shape (count, size) each: weights x**2/(1 - x)**2 with uniform x, over their sums."""
    draw = _uniform(size)
    x = (np.array([draw() for _ in range(2 * size * count)]) + 1e-6) / (1 + 2e-6)
    weights = ((x / (1 - x)) ** 2).reshape(count, 2, size)
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights[:, 0], weights[:, 1]


def least_kl(distance: float) -> float:
    """The least divergence of two coins at this total variation distance."""
    low, high = 0.0, 1.0 - distance
    for _ in range(90):  # convex in the one coin, so a third that cannot hold the minimum is cut off
        a, b = (2 * low + high) / 3, (low + 2 * high) / 3
        if bernoulli_kl(a, min(a + distance, 1)) < bernoulli_kl(b, min(b + distance, 1)):
            high = b
        else:
            low = a
    middle = (low + high) / 2
    return float(bernoulli_kl(middle, min(middle + distance, 1)))


class JointRange(Explorable):
    """Random pairs of distributions by total variation distance and KL divergence, and two coins to be pulled.

    Parameters
    ----------
    a, b : float
        Probabilities of heads of the coins P and Q, which the reader then changes.
    size : {2, 3, 10}
        On how many outcomes the random pairs are.
    shown : int
        How many there are, from 0 to 600.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, here or when it is set later.
    """

    _name = "joint-range"
    _esm = module(_name)
    a = Checked(number(0, 1))
    b = Checked(number(0, 1))
    size = traitlets.Enum([2, 3, 10], 2).tag(sync=True)
    shown = Checked(_shown)

    def __init__(self, a: float, b: float, /, *, size: int = 2, shown: int = 150) -> None:
        super().__init__(a=a, b=b, size=size, shown=shown)

    def _picture(self) -> figures.Picture:
        p, q = random_pairs(self.size, self.shown)
        here = abs(self.a - self.b), float(bernoulli_kl(self.a, self.b))
        distances = np.arange(100) / 100
        least = [least_kl(t) for t in distances]
        drawn = figures.joint_range(total_variation(p, q), kl_divergence(p, q), distances, least, here)
        said = f"The coins {self.a:g} and {self.b:g} are at the distance {here[0]:.2f}, with {here[1]:.4f} nats."
        return joined(drawn, said=said)
