from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from klnotes import bernoulli_kl, cross_entropy, entropy, figures
from klnotes.explorables._base import Checked, Explorable, joined, module, names, number, whole_numbers


def _two_counts(_: Any, name: str, value: ArrayLike) -> list[int]:
    counts = whole_numbers(name, value, 1, 1e15)
    if counts.shape != (2,):
        raise ValueError(f"{name} must be two counts, but its shape is {counts.shape}")
    return list(counts.tolist())


class MaximumLikelihood(Explorable):
    """The parameter of a coin to be pulled: negative log-likelihood and divergence fall together.

    Parameters
    ----------
    counts : array_like of int, shape (2,)
        How often each outcome came, at least once.
    theta : float
        The model's probability of the first outcome, which the reader then changes.
    outcomes : pair of names

    Raises
    ------
    TypeError, ValueError
        If counts are not two positive whole numbers, or theta is not between 0 and 1, here or when it is set later.
    """

    _name = "maximum-likelihood"
    _esm = module(_name)
    outcomes = Checked(names)
    counts = Checked(_two_counts)
    theta = Checked(number(0, 1))

    def __init__(
        self, counts: ArrayLike, theta: float = 0.5, /, *, outcomes: Sequence[str] = ("heads", "tails")
    ) -> None:
        super().__init__(outcomes=outcomes, counts=counts, theta=theta)

    def _picture(self) -> figures.Picture:
        shares = np.array(self.counts) / sum(self.counts)
        at = np.linspace(0.05, 0.95, 91)
        h, kl = entropy(shares), bernoulli_kl(shares[0], at)
        nll = cross_entropy(shares, [self.theta, 1 - self.theta])
        marks = [(self.theta, y, "") for y in (nll, nll - h) if np.isfinite(y)]
        drawn = figures.lines(
            at,
            {"NLL": h + kl, "KL(data‖model)": kl},
            xlabel=f"θ, probability of {self.outcomes[0]}",
            ylabel="nats",
            marks=marks,
        )
        said = (
            f"At θ = {self.theta:g}: NLL {nll:.4f} nats, KL {nll - h:.4f} nats, and always {h:.4f} nats between them."
        )
        return joined(drawn, said=said)
