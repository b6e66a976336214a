from collections.abc import Callable
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from klnotes import _validate as check
from klnotes import boltzmann_distribution, figures, kl_divergence
from klnotes._typing import Array
from klnotes.explorables._base import Checked, Explorable, distribution, joined, module, names, number

PUSHES: dict[str, Callable[[Any], Any]] = {
    "k1 in loss": np.ones_like,
    "k2 in loss": lambda log: log,
    "k3 in loss": lambda log: -np.expm1(-log),
    "k1 in reward": lambda log: log,
    "k3 in reward": lambda log: np.expm1(-log) + log,
}
STEPS = 1000


def tilt(ref: ArrayLike, rewards: ArrayLike, beta: float) -> Array:
    """The best policy under KL(new||ref): thm-policy-optimization-tilt."""
    return boltzmann_distribution(-np.add(rewards, beta * np.log(ref)), beta)


def forward_optimum(ref: ArrayLike, rewards: ArrayLike, beta: float) -> Array:
    """The best policy under KL(ref||new): prop-policy-optimization-forward. What is sought is Λ - max R."""
    p = np.asarray(ref, dtype=np.float64)
    gaps = np.max(rewards) - np.asarray(rewards)
    low, high = 0.0, beta
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.sum(beta * p / (gaps + middle)) > 1 else (low, middle)
    found = beta * p / (gaps + high)
    return np.asarray(found / found.sum())


def walk(penalty: str, ref: ArrayLike, rewards: ArrayLike, beta: float, steps: int = STEPS) -> Array:
    """The policies on the way up the mean slope in the logits, steps of size 1, from the reference on.

    It stops where a probability falls below 1e-12.
    """
    p = start = np.asarray(ref, dtype=np.float64)
    logits, way = np.log(start), [start]
    for _ in range(steps):
        push = np.asarray(rewards) - beta * PUSHES[penalty](np.log(p / start))
        logits = logits + p * (push - p @ push)
        p = np.exp(logits - logits.max())
        p = p / p.sum()
        way.append(p)
        if p.min() < 1e-12:
            break
    return np.array(way)


def _rewards(_: Any, name: str, value: ArrayLike) -> list[float]:
    array = check.finite(value, name)
    if array.shape != (3,) or np.any((array < 0) | (array > 3) | (4 * array != np.round(4 * array))):
        raise ValueError(f"{name} must be 3 numbers from 0 to 3, in quarters, but got {value!r}")
    return [float(x) for x in array]


class PolicyOptimization(Explorable):
    """A bandit of three arms, and where a program goes that has a penalty in its loss or in its reward.

    Parameters
    ----------
    outcomes : sequence of 3 names
        The actions.
    ref : array_like, shape (3,)
        The reference, all entries positive.
    rewards : array_like, shape (3,)
        From 0 to 3 in quarters; the reader changes them.
    beta : float
        From 0.1 to 2, likewise.
    penalty : {'k1 in loss', 'k2 in loss', 'k3 in loss', 'k1 in reward', 'k3 in reward'}

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, here or when it is set later.
    """

    _name = "policy-optimization"
    _esm = module(_name)
    outcomes = Checked(names)
    ref = Checked(distribution("outcomes"))
    rewards = Checked(_rewards)
    beta = Checked(number(0.1, 2))
    penalty = traitlets.Enum(list(PUSHES), "k2 in loss").tag(sync=True)

    def __init__(
        self, outcomes: Any, ref: ArrayLike, rewards: ArrayLike, /, *, beta: float, penalty: str = "k2 in loss"
    ) -> None:
        if len(list(outcomes)) != 3 or not np.all(check.probability(ref, "ref") > 0):
            raise ValueError(f"there must be 3 outcomes, and ref positive, but got {outcomes!r} and {ref!r}")
        super().__init__(outcomes=outcomes, ref=ref, rewards=rewards, beta=beta, penalty=penalty)

    def _picture(self) -> figures.Picture:
        ref, rewards, beta = self.ref, self.rewards, self.beta
        way, best = walk(self.penalty, ref, rewards, beta), tilt(ref, rewards, beta)
        some = np.unique(np.geomspace(1, len(way), 50).astype(int)) - 1
        drawn = figures.simplex(
            self.outcomes,
            {"reference": ref, "tilt": best, "forward": forward_optimum(ref, rewards, beta)},
            paths={self.penalty: way[some]},
        )
        earned = way[-1] @ rewards - beta * kl_divergence(way[-1], ref)
        said = (
            f"Rewards {', '.join(f'{x:g}' for x in rewards)}, β = {beta:g}. With {self.penalty} the score is "
            f"{earned:.4f}; the end lies {kl_divergence(way[-1], best):.4f} nats from the tilt."
        )
        return joined(drawn, said=said)
