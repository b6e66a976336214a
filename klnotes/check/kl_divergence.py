"""The tasks of the exercises on KL divergence."""

import functools
import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

import klnotes
from klnotes.check._divergence import kl_divergence
from klnotes.check._engine.answers import Choice, Number
from klnotes.check._engine.hints import CROSS_ENTROPY, ZERO_TIMES_LOG
from klnotes.check._engine.inputs import distributions, weights
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["by_hand", "forecaster", "gaussian_kl", "independent", "kl_divergence", "mystery", "nearest_model"]

_SPINNER, _BELIEF = [1 / 2, 1 / 4, 1 / 4], [1 / 8, 1 / 8, 3 / 4]
_DIFFERENCE = (
    "That is a difference of two entropies. The bill under a wrong belief is a cross-entropy, with P's weights."
)

by_hand = Number(
    "by_hand",
    lambda: klnotes.kl_divergence(_SPINNER, _BELIEF, unit="bits"),
    "bits",
    {
        "That is the other direction. The weights are those of P.": lambda: klnotes.kl_divergence(
            _BELIEF, _SPINNER, unit="bits"
        ),
        CROSS_ENTROPY: lambda: klnotes.cross_entropy(_SPINNER, _BELIEF, unit="bits"),
        "A term is made positive. The logarithm of a ratio below 1 is negative, and so it stays in the sum.": lambda: (
            float(np.abs(klnotes.kl_terms(_SPINNER, _BELIEF, unit="bits")).sum())
        ),
        "The negative term is left out. It is a real gain, and must stay in the sum.": lambda: float(
            np.maximum(klnotes.kl_terms(_SPINNER, _BELIEF, unit="bits"), 0).sum()
        ),
        "The weights are those of Q. The mean is taken over what really happens, and that is P.": lambda: (
            -klnotes.kl_divergence(_BELIEF, _SPINNER, unit="bits")
        ),
        _DIFFERENCE: lambda: klnotes.entropy(_SPINNER, unit="bits") - klnotes.entropy(_BELIEF, unit="bits"),
        "The entropy of Q is subtracted from the cross-entropy; subtract that of P.": lambda: (
            klnotes.cross_entropy(_SPINNER, _BELIEF, unit="bits") - klnotes.entropy(_BELIEF, unit="bits")
        ),
    },
)

forecaster = Number(
    "forecaster",
    lambda: klnotes.bernoulli_kl(0.3, 0.1),
    "nats",
    {
        "That is the other direction. What really happens is the reference: three days of ten are wet.": lambda: (
            klnotes.bernoulli_kl(0.1, 0.3)
        ),
        "That is the whole bill, the cross-entropy. Subtract the bill of one who knows how often it rains.": lambda: (
            klnotes.cross_entropy([0.3, 0.7], [0.1, 0.9])
        ),
        _DIFFERENCE: lambda: klnotes.entropy([0.3, 0.7]) - klnotes.entropy([0.1, 0.9]),
        "That is for the wet days alone. On the dry ones she pays less than the other.": lambda: 0.3 * math.log(3),
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
        "std0² is missing: where the means agree, the spread of distribution 0 must enter, too.": lambda m, s, n, t: (
            np.log(t / s) + (m - n) ** 2 / (2 * t**2) - 1 / 2
        ),
        "The logarithm of the two widths is missing.": lambda m, s, n, t: (
            klnotes.gaussian_kl(m, s, n, t) - np.log(t / s)
        ),
        "Two equal widths are taken for granted.": lambda m, s, n, t: (m - n) ** 2 / (2 * t**2),
        "The logarithm of the two widths is halved. Half of it belongs to variances.": lambda m, s, n, t: (
            klnotes.gaussian_kl(m, s, n, t) - np.log(t / s) / 2
        ),
        "The means do not enter.": lambda m, s, n, t: klnotes.gaussian_kl(0, s, 0, t),
        "The distance of the means is divided by the first variance, and it should be the second.": lambda m, s, n, t: (
            klnotes.gaussian_kl(0, s, 0, t) + (m - n) ** 2 / (2 * s**2)
        ),
        "The distance of the means is not squared.": lambda m, s, n, t: (
            klnotes.gaussian_kl(0, s, 0, t) + abs(m - n) / (2 * t**2)
        ),
        "Python goes from left to right: x / 2 * std1**2 multiplies by the variance. Write x / (2 * std1**2).": (
            lambda m, s, n, t: np.log(t / s) + (s**2 + (m - n) ** 2) / 2 * t**2 - 1 / 2
        ),
        "Some brackets are missing: the whole sum std0² + (mean0 - mean1)² is divided.": lambda m, s, n, t: (
            np.log(t / s) + s**2 + (m - n) ** 2 / (2 * t**2) - 1 / 2
        ),
        "The 2 in the denominator is missing.": lambda m, s, n, t: np.log(t / s) + (s**2 + (m - n) ** 2) / t**2 - 1 / 2,
        "std1 is not squared in the denominator.": lambda m, s, n, t: (
            np.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t) - 1 / 2
        ),
        "The standard deviations are not squared.": lambda m, s, n, t: (
            np.log(t / s) + (s + (m - n) ** 2) / (2 * t) - 1 / 2
        ),
        "The logarithm is of the variances, and so it is twice too large.": lambda m, s, n, t: (
            klnotes.gaussian_kl(m, s, n, t) + np.log(t / s)
        ),
        "The squared distance of the means is subtracted; it must be added.": lambda m, s, n, t: (
            klnotes.gaussian_kl(m, s, n, t) - (m - n) ** 2 / t**2
        ),
        "The means are added; take their difference.": lambda m, s, n, t: klnotes.gaussian_kl(m, s, -n, t),
        "std0 and std1 are exchanged in the fraction.": lambda m, s, n, t: (
            np.log(t / s) + (t**2 + (m - n) ** 2) / (2 * s**2) - 1 / 2
        ),
        "The logarithm has base 10. Nats need the natural logarithm, np.log.": lambda m, s, n, t: (
            klnotes.gaussian_kl(m, s, n, t) - np.log(t / s) + np.log10(t / s)
        ),
        "The logarithm has base 2. Nats need the natural logarithm, np.log.": lambda m, s, n, t: (
            klnotes.gaussian_kl(m, s, n, t) - np.log(t / s) + np.log2(t / s)
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


def _distances(counts: Any, models: Any) -> Any:
    return klnotes.kl_divergence(counts, models, normalize=True)


@st.composite
def _rivals(draw: st.DrawFn, least: int) -> Any:
    """Counts, and of eight models two whose distances hardly differ, or one that is infinitely far and another far one.

    Any two models would do, but most ways to be wrong would choose as the right one does.
    """
    n = draw(st.integers(2, 4))
    often = np.array(draw(st.tuples(*[st.sampled_from([1, 1, 9999])] * n)))
    counts = draw(weights(n, least)) * often
    models = np.array([draw(distributions(n, least)), *(draw(distributions(n)) for _ in range(7))])
    far = _distances(counts, models)
    order = np.argsort(far)
    gaps = np.diff(far[order])
    at = len(models) - 2 if np.isinf(far[0]) else np.argmin(np.where(gaps > 1e-6, gaps, np.inf))
    return counts, models[np.sort(order[at : at + 2])]


def _least(far: Any) -> int:
    return int(np.argmin(far))


def _hidden(small: float, add: bool, counts: Any, models: Any) -> int:
    return _least(-np.log(models + small if add else np.maximum(models, small)) @ counts)


nearest_model = Check(
    name="nearest_model",
    what="the index of the model that is nearest in KL divergence",
    names=["counts", "models"],
    truth=lambda counts, models: int(np.argmin(_distances(counts, models))),
    stages=[
        Stage("counts and models without zeros", _rivals(1)),
        Stage(
            "counts or models with zeros",
            _rivals(0),
            "Think of the zeros: what does an outcome add that was not counted, and how far is a model that excludes "
            "what was counted, however rarely?",
            zeros=True,
        ),
    ],
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
        "It compares absolute differences, and so minimizes the total variation distance.": lambda counts, models: int(
            np.argmin(np.abs(counts / counts.sum() - models).sum(axis=1))
        ),
        "It minimizes the Jensen-Shannon divergence, which is finite even where a model excludes what was counted.": (
            lambda counts, models: int(np.argmin(klnotes.js_divergence(counts / counts.sum(), models)))
        ),
        "It minimizes the squared differences divided by the model, chi squared.": lambda counts, models: int(
            np.argmin(((counts / counts.sum() - models) ** 2 / models).sum(axis=1))
        ),
        "One is added to every count first. Take the counts as they are.": lambda counts, models: int(
            np.argmin(_distances(counts + 1, models))
        ),
        "It looks at the commonest outcome only.": lambda counts, models: int(np.argmax(models[:, np.argmax(counts)])),
        "The terms are added over the models; add them over the outcomes, axis=1.": lambda counts, models: int(
            np.argmin(klnotes.kl_terms(counts, models, normalize=True).sum(axis=0))
        ),
        ZERO_TIMES_LOG + " For np.argmin nan is the smallest, and no comparison with nan is true.": (
            lambda counts, models: _least(np.sum(counts * np.log(counts / counts.sum() / models), axis=1))
        ),
        "It leaves out the outcomes that a model excludes. If one of them was counted, the model is infinitely far.": (
            lambda counts, models: _least(
                np.where(models > 0, klnotes.kl_terms(counts, models, normalize=True), 0).sum(axis=1)
            )
        ),
        "A small number in the logarithm hides that a model which excludes what was counted is infinitely far, however "
        "rare that was.": [
            functools.partial(_hidden, small, add)
            for small in (0.01, 0.001, *(10.0**-k for k in range(4, 17)), 1e-20, 1e-30, 1e-300)
            for add in (True, False)
        ],
        "These are the divergences of the models. Which index has the smallest?": _distances,
        "It minimizes the sum of both directions.": lambda counts, models: int(
            np.argmin(_distances(counts, models) + klnotes.kl_divergence(models, counts, normalize=True))
        ),
    },
)

mystery = Choice(
    "mystery",
    lambda sample, counts: int(np.argmin(klnotes.kl_divergence(sample, np.add(counts, 1), normalize=True))),
    dict.fromkeys(
        range(4),
        "That is not the index of the nearest language. Do you count from 0, in the order of the list? Is the sentence "
        "the reference, was one added to each count, and is any divergence nan?",
    )
    | {2: "Spanish it is."},
)

_HALF, _QUARTER = [1 / 2, 1 / 2], [1 / 4, 3 / 4]


def _in_bits(p: list[float], q: list[float]) -> float:
    return float(klnotes.kl_divergence(p, q, unit="bits"))


def _slips(p: list[float], q: list[float]) -> dict[str, Any]:
    return {
        "That is the other direction. The weights are those of the reference.": lambda: _in_bits(q, p),
        "That is the cross-entropy; subtract the entropy of the reference.": lambda: klnotes.cross_entropy(
            p, q, unit="bits"
        ),
        "A term is made positive. It may be negative, and stays in the sum with its sign.": lambda: float(
            np.abs(klnotes.kl_terms(p, q, unit="bits")).sum()
        ),
        "The negative term is left out. It is a real gain, and stays in the sum.": lambda: float(
            np.maximum(klnotes.kl_terms(p, q, unit="bits"), 0).sum()
        ),
        "The terms are averaged; what is asked for is their sum.": lambda: _in_bits(p, q) / 2,
        "That is a difference of two entropies. The surprisals of Q must be weighted with p.": lambda: (
            klnotes.entropy(q, unit="bits") - klnotes.entropy(p, unit="bits")
        ),
    }


# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "one-ball": Number(
        "one_ball",
        lambda: 4 * 0.3 / 0.4,
        "",
        {
            "That is upside down: the ratio is p/q, 0.3 over 0.4.": lambda: 4 * 0.4 / 0.3,
            "That is the ratio alone. The odds before the ball were 4 to 1.": lambda: 0.3 / 0.4,
            "That is for a plain ball.": lambda: 4 * 0.5 / 0.4,
        },
    ),
    "by-hand": [
        Number("D(P‖Q)", lambda: _in_bits(_HALF, _QUARTER), "bits", _slips(_HALF, _QUARTER)),
        # The uniform P makes the difference of the entropies right the other way round.
        Number(
            "D(Q‖P)",
            lambda: _in_bits(_QUARTER, _HALF),
            "bits",
            {hint: slip for hint, slip in _slips(_QUARTER, _HALF).items() if "two entropies" not in hint},
        ),
    ],
    "uniform": Number(
        "uniform",
        lambda: 2 - 1.75,
        "bits",
        {
            "That is the entropy of the alphabet. Subtract it from the entropy of U.": lambda: 1.75,
            "That is the entropy of U. The entropy of the alphabet is subtracted from it.": lambda: 2.0,
        },
    ),
    "shift": Number(
        "shift",
        lambda: 0.5,
        "nats",
        {
            "The 2 in the denominator is missing.": lambda: 1.0,
        },
    ),
    "program": kl_divergence,
}
