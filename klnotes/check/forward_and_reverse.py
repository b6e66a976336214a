"""The tasks of the exercises on the forward and the reverse direction."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

import klnotes
from klnotes.check._engine.answers import DISTRIBUTION, Choice, Construction, Number
from klnotes.check._engine.hints import MEAN, NO_LOG, SUM_MISSING, ZERO_TIMES_LOG, loops
from klnotes.check._engine.inputs import TWO, TWO_RARE, distributions, weights
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["averages", "direction", "forward_fit", "gap", "precision", "reverse_kl", "small_crowd", "winners"]

direction = Choice(
    "direction",
    lambda: "a",
    {
        "a": "The mean is over the photographs, and the logarithm of q is what you have. It is their log-loss, up to a "
        "constant.",
        "b": "Its mean you could take, over draws from Q. But in the logarithm it asks for p at each of them.",
        "c": "One of them has log p inside, at places that you did not photograph.",
        "d": "The entropy of P, which you do not know, is a constant: it does not move the minimum.",
    },
)


@st.composite
def _weighted(draw: st.DrawFn, least: int) -> Any:
    n = draw(st.integers(2, 4))
    values = draw(st.lists(st.integers(-5, 5), min_size=n, max_size=n, unique=True))
    shares = draw(weights(n, least).filter(lambda w: np.count_nonzero(w) > 1))
    return [float(value) for value in values], (shares / shares.sum()).tolist()


def _fit(values: Any, p: Any) -> tuple[float, float]:
    mean = np.dot(p, values)
    return float(mean), float(np.sqrt(np.dot(p, (np.array(values) - mean) ** 2)))


forward_fit = Check(
    name="forward_fit",
    what="the mean and the standard deviation of the closest normal distribution",
    names=["values", "p"],
    truth=_fit,
    stages=[
        Stage("values with positive probabilities", _weighted(1)),
        Stage("values of which some have probability 0", _weighted(0), "A value with probability 0 must not count."),
    ],
    slips={
        "The probabilities are not used: weight each value with its own.": lambda v, p: (np.mean(v), np.std(v)),
        "The second number is the variance; take its square root.": lambda v, p: (_fit(v, p)[0], _fit(v, p)[1] ** 2),
        "The two numbers are in the wrong order: the mean comes first.": lambda v, p: _fit(v, p)[::-1],
        "The mean uses the probabilities, and the width does not.": lambda v, p: (_fit(v, p)[0], np.std(v)),
        "The width uses the probabilities, and the mean does not.": lambda v, p: (np.mean(v), _fit(v, p)[1]),
        "The width is the mean distance from the mean; square before you average, and take the root.": lambda v, p: (
            _fit(v, p)[0],
            np.dot(p, np.abs(np.array(v) - _fit(v, p)[0])),
        ),
        "The mean is not subtracted before the squares are taken.": lambda v, p: (
            _fit(v, p)[0],
            np.sqrt(np.dot(p, np.square(v))),
        ),
        "The center is the likeliest value, as if a fit took the highest peak; match the mean.": lambda v, p: (
            v[int(np.argmax(p))],
            _fit(v, p)[1],
        ),
        "The variance is divided once more by the number of values; the probabilities sum to 1 already.": lambda v, p: (
            _fit(v, p)[0],
            _fit(v, p)[1] / np.sqrt(len(v)),
        ),
        "The variance is corrected with n/(n - 1). These are probabilities, not a sample.": lambda v, p: (
            _fit(v, p)[0],
            _fit(v, p)[1] * np.sqrt(len(v) / (len(v) - 1)),
        ),
        "Both are sums over the values, without probabilities.": lambda v, p: (
            np.sum(v),
            np.sqrt(np.sum((np.array(v) - np.sum(v)) ** 2)),
        ),
        "The second number is half of the range.": lambda v, p: (_fit(v, p)[0], np.ptp(v) / 2),
    },
)


def _costs(p: Any, plans: Any, *, reverse: bool) -> Any:
    return np.array([klnotes.kl_divergence(*((q, p) if reverse else (p, q))) for q in plans])


def _winners(p: Any, plans: Any) -> tuple[int, int]:
    return int(np.argmin(_costs(p, plans, reverse=False))), int(np.argmin(_costs(p, plans, reverse=True)))


def _clear(given: Any) -> bool:
    """No two plans are equally good, or nearly."""
    costs = [np.sort(_costs(*given, reverse=reverse)) for reverse in (False, True)]
    return all(np.isfinite(c[0]) and c[1] - c[0] > 1e-6 for c in costs)


@st.composite
def _planned(draw: st.DrawFn, least: int) -> Any:
    n, plans = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    p = draw(distributions(n))
    # One plan without zeros, or no plan is finite in the forward direction.
    drawn = [draw(distributions(n)).tolist(), *(draw(distributions(n, least)).tolist() for _ in range(plans - 1))]
    return p.tolist(), draw(st.permutations(drawn))


def _naive(p: Any, plans: Any, *, reverse: bool) -> Any:
    p, q = np.array(p), np.array(plans)
    terms = q * np.log(q / p) if reverse else p * np.log(p / q)
    return np.where(np.isfinite(terms), terms, 0).sum(axis=1)


winners = Check(
    name="winners",
    what="the positions of the two winners",
    names=["p", "plans"],
    truth=_winners,
    stages=[
        Stage("plans without zeros", _planned(1).filter(_clear)),
        Stage(
            "plans with zeros",
            _planned(0).filter(_clear),
            "A plan with a zero where P has none is infinitely bad forward. In reverse, its zero adds nothing.",
        ),
    ],
    slips={
        "The two winners are exchanged: the forward one comes first, with p in front of the logarithm.": lambda p, q: (
            _winners(p, q)[::-1]
        ),
        "Both are winners of the forward direction.": lambda p, q: (_winners(p, q)[0],) * 2,
        "Both are winners of the reverse direction.": lambda p, q: (_winners(p, q)[1],) * 2,
        "They are counted from 1; positions in a list begin with 0.": lambda p, q: (
            _winners(p, q)[0] + 1,
            _winners(p, q)[1] + 1,
        ),
        "These are the smallest divergences. Where in the list do they stand?": lambda p, q: (
            _costs(p, q, reverse=False).min(),
            _costs(p, q, reverse=True).min(),
        ),
        "These are the plans with the largest divergences: look for the smallest.": lambda p, q: (
            int(np.argmax(_costs(p, q, reverse=False))),
            int(np.argmax(_costs(p, q, reverse=True))),
        ),
        "It leaves out the outcomes that a plan excludes. If P has them, the plan is infinitely bad forward.": (
            lambda p, q: (int(np.argmin(_naive(p, q, reverse=False))), _winners(p, q)[1])
        ),
        "It always takes the first plan.": lambda p, q: (0, 0),
    },
)

reverse_kl = Check(
    name="reverse_kl",
    what="the reverse divergence KL(Q‖P) in nats",
    names=["p", "q"],
    truth=lambda p, q: klnotes.kl_divergence(q, p),
    stages=[*TWO, TWO_RARE],
    unit="nats",
    slips={
        "That is the forward direction, KL(P‖Q). In reverse the weights are q, and q is on top of the ratio.": (
            klnotes.kl_divergence
        ),
        "The weights are p. In reverse the mean is over draws from Q.": lambda p, q: -klnotes.kl_divergence(p, q),
        "That is the cross-entropy; subtract the entropy of Q.": lambda p, q: klnotes.cross_entropy(q, p),
        "It leaves out what P excludes. If Q has any of it, the value is inf: a zero of P forces a zero of Q.": (
            lambda p, q: np.sum(klnotes.kl_terms(q, p)[p > 0])
        ),
        "Where p = 0 it drops the outcome, and where q = 0 it computes 0 · log 0. Of the two zeros, only the second "
        "may be dropped.": lambda p, q: np.sum(q[p > 0] * np.log(q[p > 0] / p[p > 0])),
        ZERO_TIMES_LOG.replace("p = 0", "q = 0"): lambda p, q: np.sum(q * np.log(q / p)),
        "Every term is made positive. The terms may be negative, and they must stay in the sum with their signs.": (
            lambda p, q: np.abs(klnotes.kl_terms(q, p)).sum()
        ),
        "Both directions are added. That is Jeffreys' divergence.": lambda p, q: (
            klnotes.kl_divergence(p, q) + klnotes.kl_divergence(q, p)
        ),
        NO_LOG: lambda p, q: np.sum(q * q / p),
        MEAN: lambda p, q: klnotes.kl_divergence(q, p) / len(p),
        SUM_MISSING: lambda p, q: klnotes.kl_terms(q, p),
        **loops(lambda p, q: klnotes.kl_terms(q, p)),
    },
    guards=[
        lambda put_in, p, q: np.sum(q * np.log(put_in(q) / put_in(p))),
        lambda put_in, p, q: np.sum(q * np.log(put_in(q / p))),
    ],
)

averages = Proof(
    "averages",
    {
        "D": {},
        "A": {"D": "Which mean is it? The logarithm of the ratio must have been taken apart first."},
        "F": {"D": "It gives a name to a mean that has not appeared yet."},
        "C": {"D": "It gives a name to a mean that has not appeared yet."},
        "E": {
            "A": "It sets two means equal: that they are must have been said.",
            "F": "One of its two sides, the mean under Q*, has no name yet.",
            "C": "One of its two sides, the mean under P, has no name yet.",
        },
        "B": {"E": "It compares two divergences from P, and needs the equation between them."},
    },
    {"G": "The mean is under Q* or under P. Under Q, the averages of the T_i are others."},
)

small_crowd = Number(
    "small_crowd",
    lambda: math.log(9),
    "nats",
    {
        "That is what the optimum on the small crowd leaves. How much more is it than the other one leaves?": lambda: (
            math.log(10)
        ),
        "That is what the optimum on the large crowd leaves.": lambda: -math.log(0.9),
        "That is the difference of the weights. What does a crowd cost?": lambda: 0.8,
        "That is the ratio of the weights; take its logarithm.": lambda: 9.0,
        "The two prices are added; asked is by how much they differ.": lambda: math.log(10) - math.log(0.9),
    },
)

_SPREAD, _EARLY = [0.25, 0.50, 0.25], [0.90, 0.08, 0.02]


def _prefers_spread(guests: Any, *, reverse: bool) -> bool:
    spread, early = _costs(guests, [_SPREAD, _EARLY], reverse=reverse)
    return bool(spread < early)


gap = Construction(
    "gap",
    (3,),
    [
        DISTRIBUTION,
        ("A tenth of the guests, or more, must come at ten.", lambda guests: guests[1] >= 0.1),
        (
            "Fewer guests must come at ten than early, and than at noon: else it is no gap.",
            lambda guests: guests[1] < min(guests[0], guests[2]),
        ),
        (
            "The first partner, who takes the mean over guests, must prefer the spread plan.",
            lambda guests: _prefers_spread(guests / guests.sum(), reverse=False),
        ),
        (
            "The second partner, who takes the mean over hours, must prefer the early plan. Where would he like more "
            "guests?",
            lambda guests: not _prefers_spread(guests / guests.sum(), reverse=True),
        ),
    ],
    "They disagree, with a tenth of the guests or more at ten: the early crowd is the larger, and the second partner "
    "takes it",
)

precision = Number(
    "precision",
    lambda: 0.8,
    "",
    {
        "That is the forward fit, which has each variable's own variance.": lambda: 1.0,
        "That is the variance; asked is the standard deviation.": lambda: 0.64,
        "That is the correlation.": lambda: 0.6,
        "The correlation must be squared before it is taken from 1.": lambda: math.sqrt(0.4),
        "That is the square of the correlation, the share of the variance that the other variable explains.": (
            lambda: 0.36
        ),
        "That is the precision. Its inverse is the variance of the fit.": lambda: 1 / 0.64,
    },
)

_HALVES, _MIDDLE, _FIRST = [0.5, 0, 0.5], [0.25, 0.5, 0.25], [1, 0, 0]
_OTHER_DIRECTION = "That is the other direction."


def _between(p: Any, q: Any) -> float:
    return float(klnotes.kl_divergence(p, q))


_MEAN_LIFE, _SPREAD_OF_LIFE = 900.0, 300.0

# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "which": Choice(
        "which",
        lambda: "b",
        {
            "a": "Its mean is over draws from P, and you have none; draws from Q would need weights.",
            "b": "Its mean is over draws from Q, and the unknown factor only adds a constant.",
        },
    ),
    "by-hand": [
        Number(
            "D(P‖Q₁)",
            lambda: _between(_HALVES, _MIDDLE),
            "nats",
            {
                _OTHER_DIRECTION: lambda: _between(_MIDDLE, _HALVES),
                "That is one term. The first and the third outcome add as much each.": lambda: math.log(2) / 2,
                "The terms are not weighted with p.": lambda: 2 * math.log(2),
                NO_LOG: lambda: 2.0,
            },
        ),
        Number(
            "D(P‖Q₂)",
            lambda: _between(_HALVES, _FIRST),
            "nats",
            {
                _OTHER_DIRECTION: lambda: _between(_FIRST, _HALVES),
                "It leaves out the third outcome. P has it, and Q₂ excludes it.": lambda: math.log(1 / 2) / 2,
            },
        ),
        Number(
            "D(Q₁‖P)",
            lambda: _between(_MIDDLE, _HALVES),
            "nats",
            {
                _OTHER_DIRECTION: lambda: _between(_HALVES, _MIDDLE),
                "It leaves out the second outcome. Q₁ has it, and P excludes it.": lambda: math.log(1 / 2) / 2,
            },
        ),
        Number(
            "D(Q₂‖P)",
            lambda: _between(_FIRST, _HALVES),
            "nats",
            {
                _OTHER_DIRECTION: lambda: _between(_HALVES, _FIRST),
                "It is weighted with p. In this direction the weight is that of Q₂.": lambda: math.log(2) / 2,
                NO_LOG: lambda: 2.0,
            },
        ),
    ],
    "averages": [
        Number(
            "t, in hours",
            lambda: _MEAN_LIFE,
            "",
            {
                "That is the lamp's standard deviation. Which average does the family know of?": lambda: (
                    _SPREAD_OF_LIFE
                ),
                "That is 1/t.": lambda: 1 / _MEAN_LIFE,
                "That matches the mean of the squares. The family knows of the mean of x only.": lambda: math.sqrt(
                    (_MEAN_LIFE**2 + _SPREAD_OF_LIFE**2) / 2
                ),
            },
        ),
        Number(
            "its standard deviation, in hours",
            lambda: _MEAN_LIFE,
            "",
            {
                "That is the lamp's own. The fit has only t, and its standard deviation follows from it.": lambda: (
                    _SPREAD_OF_LIFE
                ),
                "That is the variance.": lambda: _MEAN_LIFE**2,
            },
        ),
    ],
    "start": Number(
        "the best fit leaves",
        lambda: -math.log(0.8),
        "nats",
        {
            "That is what her fit leaves, on the small crowd.": lambda: -math.log(0.2),
            "That is the difference of the two prices.": lambda: math.log(0.8 / 0.2),
            "That is the weight itself; take its logarithm.": lambda: 0.8,
            "That is the entropy of the weights.": lambda: float(klnotes.entropy([0.8, 0.2])),
        },
    ),
    "height": Choice(
        "height",
        lambda: "b",
        {
            "a": "A narrow bump has a high peak, and may have little weight.",
            "b": "A fit on one bump costs -ln w, in the limit.",
            "c": "The width plays no part in -ln w.",
        },
    ),
    "program": winners,
}
