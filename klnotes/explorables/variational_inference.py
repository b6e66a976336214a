from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from klnotes import _validate as check
from klnotes import figures, kl_divergence
from klnotes.explorables._base import Checked, Explorable, distribution, joined, module, names, whole_numbers


def _causes(widget: Any, name: str, value: Sequence[str]) -> list[str]:
    causes = names(widget, name, value)
    if len(causes) > 4:
        raise ValueError(f"{name} must be 2 to 4 strings, but got {len(causes)}")
    return causes


def _prior(widget: Any, name: str, value: ArrayLike) -> list[float]:
    prior = distribution("causes")(widget, name, value)
    check.refuse(np.equal(prior, 0), np.asarray(prior), name, "must be positive")
    return prior


def _likelihood(widget: Any, name: str, value: ArrayLike) -> list[int]:
    array, size = whole_numbers(name, value, 1, 100), len(widget.causes)
    if array.shape != (size,):
        raise ValueError(f"{name} must have {size} entries, as causes has, but its shape is {array.shape}")
    return list(array.tolist())


class VariationalInference(Explorable):
    """A model and a guess at a hidden cause, both to be pulled; the bound on the evidence, and the gap that is left.

    Parameters
    ----------
    causes : sequence of n names
        From 2 to 4.
    prior : array_like, shape (n,)
        Probabilities of the causes, positive, which stay.
    likelihood : array_like of int, shape (n,)
        Probability of what was observed given each cause, in percent from 1 to 100; the reader then changes it.
    q : array_like, shape (n,)
        The guess, a distribution, which the reader then changes.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, here or when it is set later.
    """

    _name = "variational-inference"
    _esm = module(_name)
    causes = Checked(_causes)
    prior = Checked(_prior)
    likelihood = Checked(_likelihood)
    q = Checked(distribution("causes"))

    def __init__(self, causes: Sequence[str], prior: ArrayLike, likelihood: ArrayLike, q: ArrayLike, /) -> None:
        super().__init__(causes=causes, prior=prior, likelihood=likelihood, q=q)

    def _picture(self) -> figures.Picture:
        joint = np.multiply(self.prior, self.likelihood) / 100
        evidence = joint.sum()
        drawn = figures.bars({"posterior": joint / evidence, "guess": self.q}, self.causes)
        gap = kl_divergence(self.q, joint / evidence, normalize=True)
        said = f"ln p(x) = {np.log(evidence):.4f} nats: the bound {np.log(evidence) - gap:.4f} and the gap {gap:.4f}."
        return joined(drawn, said=said)
