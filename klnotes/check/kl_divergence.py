"""The tasks of the exercises on KL divergence."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

import klnotes
from klnotes.check._divergence import kl_divergence
from klnotes.check._engine.answers import Choice, Number
from klnotes.check._engine.hints import CROSS_ENTROPY
from klnotes.check._engine.inputs import distributions, weights
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["by_hand", "forecaster", "gaussian_kl", "independent", "kl_divergence", "mystery", "nearest_model"]

by_hand = Number(
    "by_hand",
    lambda: klnotes.kl_divergence([1 / 2, 1 / 2], [1 / 8, 7 / 8], unit="bits"),
    "bits",
    {
        "That is the other direction. The weights are those of P.": lambda: klnotes.kl_divergence(
            [1 / 8, 7 / 8], [1 / 2, 1 / 2], unit="bits"
        ),
        CROSS_ENTROPY: lambda: klnotes.cross_entropy([1 / 2, 1 / 2], [1 / 8, 7 / 8], unit="bits"),
    },
)

forecaster = Number(
    "forecaster",
    lambda: klnotes.bernoulli_kl(0.5, 0.1),
    "nats",
    {
        "That is the other direction. What really happens is the reference: half of the days are wet.": lambda: (
            klnotes.bernoulli_kl(0.1, 0.5)
        ),
        "That is the whole bill, the cross-entropy. Subtract the bill of one who knows how often it rains.": lambda: (
            klnotes.cross_entropy([0.5, 0.5], [0.1, 0.9])
        ),
    },
)

_HALVES = st.integers(0, 8).map(lambda k: k / 2)

_WIDTHS = st.integers(1, 6).map(lambda k: k / 2)

gaussian_kl = Check(
    name="gaussian_kl",
    what="KL(N(mean0, std0²)‖N(mean1, std1²)) in nats",
    names=["mean0", "std0", "mean1", "std1"],
    truth=klnotes.gaussian_kl,
    stages=[Stage("pairs of normal distributions", st.tuples(_HALVES, _WIDTHS, _HALVES, _WIDTHS))],
    unit="nats",
    slips={
        "That is the divergence the other way round: distribution 0 is the reference.": lambda m, s, n, t: (
            klnotes.gaussian_kl(n, t, m, s)
        ),
        "The standard deviations are taken for variances. Square them.": lambda m, s, n, t: klnotes.gaussian_kl(
            m, np.sqrt(s), n, np.sqrt(t)
        ),
        "Half is not subtracted: two equal distributions must give 0.": lambda m, s, n, t: (
            klnotes.gaussian_kl(m, s, n, t) + 1 / 2
        ),
        "That is twice the divergence: the logarithm of a standard deviation has half the weight of that of a "
        "variance.": lambda m, s, n, t: 2 * klnotes.gaussian_kl(m, s, n, t),
        "The ratio in the logarithm is upside down: it is log(std1/std0).": lambda m, s, n, t: (
            klnotes.gaussian_kl(m, s, n, t) - 2 * np.log(t / s)
        ),
        "The logarithm of the two widths is missing.": lambda m, s, n, t: (
            klnotes.gaussian_kl(m, s, n, t) - np.log(t / s)
        ),
        "The means do not enter.": lambda m, s, n, t: klnotes.gaussian_kl(0, s, 0, t),
        "The distance of the means is divided by the first variance, and it should be the second.": lambda m, s, n, t: (
            klnotes.gaussian_kl(0, s, 0, t) + (m - n) ** 2 / (2 * s**2)
        ),
        "The distance of the means is not squared.": lambda m, s, n, t: (
            klnotes.gaussian_kl(0, s, 0, t) + abs(m - n) / (2 * t**2)
        ),
    },
)

independent = Proof(
    "independent",
    {
        "C": {},
        "A": {"C": "There must be a logarithm of a product before it can be split."},
        "E": {"A": "There are no two parts before the logarithm is split."},
        "B": {"A": "There are no two parts before the logarithm is split."},
        "F": {
            "E": "One of the two parts still has a double sum.",
            "B": "One of the two parts still has a double sum.",
        },
    },
    {"D": "The two coordinates may have different distributions."},
)


@st.composite
def _models(draw: st.DrawFn, least: int) -> Any:
    n = draw(st.integers(2, 3))
    models = [draw(distributions(n, least)), draw(distributions(n))]
    return draw(weights(n, least)), np.array(models)


def _distances(counts: Any, models: Any) -> Any:
    return klnotes.kl_divergence(counts, models, normalize=True)


nearest_model = Check(
    name="nearest_model",
    what="the index of the model that is nearest in KL divergence",
    names=["counts", "models"],
    truth=lambda counts, models: int(np.argmin(_distances(counts, models))),
    stages=[Stage("models without zeros", _models(1)), Stage("models with zeros", _models(0))],
    accepts=lambda k, counts, models: (
        k in range(len(models)) and _distances(counts, models)[int(k)] <= _distances(counts, models).min() + 1e-12
    ),
    slips={
        "It minimizes the divergence the other way round. The counts are what happened: they are the reference.": (
            lambda counts, models: int(np.argmin(klnotes.kl_divergence(models, counts, normalize=True)))
        ),
        "That is the model farthest away.": lambda counts, models: int(np.argmax(_distances(counts, models))),
        "The models are counted from 1; they start at 0.": lambda counts, models: (
            int(np.argmin(_distances(counts, models))) + 1
        ),
        "It compares squared differences. In a divergence, a difference weighs more where the model is small.": (
            lambda counts, models: int(np.argmin(np.sum((counts / counts.sum() - models) ** 2, axis=1)))
        ),
        "It compares the entropies of the models. The counts must enter.": lambda counts, models: int(
            np.argmin(klnotes.entropy(models))
        ),
        "That is the divergence, not the index of the model.": lambda counts, models: _distances(counts, models).min(),
    },
)

mystery = Choice(
    "mystery",
    lambda sample, counts: int(np.argmin(klnotes.kl_divergence(sample, np.add(counts, 1), normalize=True))),
    dict.fromkeys(
        range(4), "Another language is nearer. Is the sentence the reference, and was one added to each count?"
    )
    | {2: "Spanish it is."},
)
