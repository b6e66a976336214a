"""The tasks of the exercises on f-divergences."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

import klnotes
from klnotes.check._engine.answers import Construction, Number
from klnotes.check._engine.hints import loops
from klnotes.check._engine.inputs import TWO
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["by_hand", "chi2", "coins", "far_apart", "hellinger_squared", "processing", "tv_bound"]

_WHEEL, _FRIEND = np.array([1 / 2, 1 / 4, 1 / 4]), np.array([1 / 8, 1 / 8, 3 / 4])

by_hand = Number(
    "by_hand",
    lambda: klnotes.chi2_divergence(_WHEEL, _FRIEND),
    "",
    {
        "That is the other way round: divide by q, the model.": lambda: klnotes.chi2_divergence(_FRIEND, _WHEEL),
        "That is the KL divergence, in nats.": lambda: klnotes.kl_divergence(_WHEEL, _FRIEND),
        "The squares are not divided by q.": lambda: float(np.sum((_WHEEL - _FRIEND) ** 2)),
        "That is the sum of p²/q; subtract 1.": lambda: float(np.sum(_WHEEL**2 / _FRIEND)),
        "The squares are not weighted with q.": lambda: float(np.sum((_WHEEL / _FRIEND - 1) ** 2)),
        "The squares are weighted with p; the weights are q.": lambda: float(
            np.sum(_WHEEL * (_WHEEL / _FRIEND - 1) ** 2)
        ),
        "The differences are not squared.": lambda: float(np.sum(np.abs(_WHEEL - _FRIEND) / _FRIEND)),
        "It stops after two of the three colors.": lambda: float(np.sum((_WHEEL - _FRIEND)[:2] ** 2 / _FRIEND[:2])),
        "That is half of it.": lambda: klnotes.chi2_divergence(_WHEEL, _FRIEND) / 2,
    },
)


def _chi2_terms(p: Any, q: Any) -> Any:
    return np.where(p == q, 0, (p - q) ** 2 / q)


chi2 = Check(
    name="chi2",
    what="chi-squared of P from Q",
    names=["p", "q"],
    truth=klnotes.chi2_divergence,
    stages=TWO,
    slips={
        "That is the other way round: divide by q, the model.": lambda p, q: klnotes.chi2_divergence(q, p),
        "The differences are not squared.": lambda p, q: np.sum(np.where(p == q, 0, np.abs(p - q) / q)),
        "The squares are not divided by q.": lambda p, q: np.sum((p - q) ** 2),
        "The sum of p²/q is 1 for p = q; subtract that 1.": lambda p, q: klnotes.chi2_divergence(p, q) + 1,
        "The squares are not weighted with q.": lambda p, q: np.sum((p / q - 1) ** 2),
        "The ratio p/q minus 1 is squared, but weighted with p; the weights are q.": lambda p, q: np.sum(
            p * (p / q - 1) ** 2
        ),
        "The square is missing around the bracket, so the terms cancel to 0.": lambda p, q: np.sum(q * (p / q - 1)),
        "It divides by p + q. That is another divergence, symmetric, and never infinite.": lambda p, q: np.sum(
            np.where(p + q > 0, (p - q) ** 2 / (p + q), 0)
        ),
        "That is half of it.": lambda p, q: klnotes.chi2_divergence(p, q) / 2,
        "That is its square root.": lambda p, q: np.sqrt(klnotes.chi2_divergence(p, q)),
        "That is the KL divergence.": klnotes.kl_divergence,
        "That is ln(1 + χ²), Rényi's divergence of order 2.": lambda p, q: np.log1p(klnotes.chi2_divergence(p, q)),
        "That is the mean of the terms; add them up.": lambda p, q: klnotes.chi2_divergence(p, q) / len(p),
        "These are the single terms; what is asked for is their sum.": _chi2_terms,
        "Both directions are added.": lambda p, q: klnotes.chi2_divergence(p, q) + klnotes.chi2_divergence(q, p),
        "0/0 is nan for the computer. An outcome that neither can have adds nothing.": lambda p, q: np.sum(
            (p - q) ** 2 / q
        ),
        "It leaves out the outcomes with q = 0. If P allows one of them, the value is inf.": lambda p, q: np.sum(
            _chi2_terms(p, q)[q > 0]
        ),
        "It leaves out the outcomes with p = 0. There the term is q.": lambda p, q: np.sum(_chi2_terms(p, q)[p > 0]),
        **loops(_chi2_terms),
    },
)


def _masked(p: Any, q: Any) -> Any:
    return np.sum((np.sqrt(p) - np.sqrt(q))[q > 0] ** 2) / 2


def _squared(p: Any, q: Any) -> Any:
    return klnotes.hellinger_distance(p, q) ** 2


hellinger_squared = Check(
    name="hellinger_squared",
    what="the square of the Hellinger distance",
    names=["p", "q"],
    truth=_squared,
    stages=TWO,
    slips={
        "It leaves out the outcomes that Q excludes. Each of them costs p times the slope at infinity, and that is one "
        "half.": _masked,
        "It leaves out the outcomes that P excludes. There the ratio is 0 and the price one half.": lambda p, q: (
            np.sum((np.sqrt(p) - np.sqrt(q))[p > 0] ** 2) / 2
        ),
        "It leaves out the outcomes that only one of them can have. Each costs half of its probability.": (
            lambda p, q: np.sum((np.sqrt(p) - np.sqrt(q))[(p > 0) & (q > 0)] ** 2) / 2
        ),
        "What Q excludes costs p times the slope at infinity. The slope is one half, not 1.": lambda p, q: (
            _squared(p, q) + p[q == 0].sum() / 2
        ),
        "What Q excludes makes KL infinite, but not this: the slope at infinity is one half.": lambda p, q: (
            np.inf if np.any(p[q == 0] > 0) else _squared(p, q)
        ),
        "The half is missing.": lambda p, q: 2 * _squared(p, q),
        "That is the distance itself; its square is asked for.": klnotes.hellinger_distance,
        "That is the sum of the roots of p q; subtract it from 1.": lambda p, q: np.sum(np.sqrt(p * q)),
        "The prices are averaged with the weights p; the weights are q.": lambda p, q: np.sum(
            p * (1 - np.sqrt(p / q)) ** 2 / 2
        ),
        "The prices are added without weights; weight them with q.": lambda p, q: np.sum((1 - np.sqrt(p / q)) ** 2 / 2),
        "The roots are missing.": lambda p, q: np.sum((p - q) ** 2) / 2,
        "The differences of the roots are not squared.": lambda p, q: np.sum(np.abs(np.sqrt(p) - np.sqrt(q))) / 2,
        "That is the total variation distance.": klnotes.total_variation,
        "0/0 is nan for the computer. An outcome that neither can have adds nothing.": lambda p, q: np.sum(
            q * (1 - np.sqrt(p / q)) ** 2 / 2
        ),
        **loops(lambda p, q: (np.sqrt(p) - np.sqrt(q)) ** 2 / 2),
    },
)

processing = Proof(
    "processing",
    {
        "A": {},
        "E": {"A": "Say first what the pairs of x and y have for probabilities."},
        "C": {"E": "There are no terms of pairs yet that could be added."},
        "F": {"A": "There are no pairs yet of which x could be forgotten."},
        "B": {
            "C": "What the groups are compared with, the divergence of the pairs, is not known yet.",
            "F": "There are no groups before x is forgotten.",
        },
    },
    {"D": "W(y|x) sums to 1 over y, for each x. Over x it may sum to anything."},
)


def _pinsker(nats: Any) -> Any:
    return np.sqrt(nats / 2)


def _bretagnolle(nats: Any) -> Any:
    return np.sqrt(-np.expm1(-nats))


_HINT = "There are two bounds. Which says more at this divergence?"

tv_bound = Check(
    name="tv_bound",
    what="the smaller of the two bounds on the total variation distance",
    names=["nats"],
    truth=lambda nats: np.minimum(_pinsker(nats), _bretagnolle(nats)),
    stages=[Stage("divergences from 0 to 8 nats", st.tuples(st.integers(0, 64).map(lambda k: k / 8)), _HINT)],
    slips={
        "That is Pinsker's bound, also where the other one is smaller.": _pinsker,
        "That is Bretagnolle and Huber's bound, also where Pinsker's is smaller.": _bretagnolle,
        "That is Pinsker's bound, cut at 1. The other one is smaller from 1.5936 nats on.": lambda nats: np.minimum(
            _pinsker(nats), 1
        ),
        "It changes to the other bound at 2 nats. The other one is smaller from 1.5936 nats on.": lambda nats: (
            _pinsker(nats) if nats < 2 else _bretagnolle(nats)
        ),
        "That is the larger of the two bounds; the smaller one says more.": lambda nats: np.maximum(
            _pinsker(nats), _bretagnolle(nats)
        ),
        "The roots are missing.": lambda nats: np.minimum(nats / 2, -np.expm1(-nats)),
        "The root stands over the divergence only. It is the root of nats/2.": lambda nats: np.minimum(
            np.sqrt(nats) / 2, _bretagnolle(nats)
        ),
        "That is twice the bound, for the sum of all |p - q|.": lambda nats: (
            2 * np.minimum(_pinsker(nats), _bretagnolle(nats))
        ),
        "The divergence is taken for bits.": lambda nats: np.minimum(
            _pinsker(nats * math.log(2)), _bretagnolle(nats * math.log(2))
        ),
        "The divergence is turned into bits, but both bounds are in nats.": lambda nats: np.minimum(
            _pinsker(nats / math.log(2)), _bretagnolle(nats / math.log(2))
        ),
        "It is used the other way round: that is how much divergence a distance needs.": lambda nats: np.maximum(
            2 * nats**2, -np.log1p(-(np.minimum(nats, 1.0) ** 2))
        ),
    },
)

coins = Construction(
    "coins",
    (2,),
    [
        ("Both must be probabilities of heads, between 0 and 1.", lambda h: bool(np.all((h >= 0) & (h <= 1)))),
        ("The total variation distance |p - q| must be at least 0.5.", lambda h: abs(h[0] - h[1]) >= 0.5 - 1e-12),
        (
            "The divergence must be at most 0.5325 nats. Slide both coins together, and compare.",
            lambda h: klnotes.bernoulli_kl(h[0], h[1]) <= 0.5325,
        ),
    ],
    "Nothing below 0.5322 nats is possible at this distance; Pinsker's inequality promises 0.5 nats.",
)


def _rows(pair: Any) -> bool:
    return bool(np.all(pair >= 0) and np.all(np.abs(pair.sum(axis=1) - 1) < 1e-8))


far_apart = Construction(
    "far_apart",
    (2, 3),
    [
        ("Each row must be a distribution: no entry negative, and a sum of 1.", _rows),
        (
            "The KL divergence of the second row from the first must be at most 0.01 nats.",
            lambda pair: klnotes.kl_divergence(*pair, normalize=True) <= 0.01,
        ),
        (
            "Chi-squared must be at least 100. Where would one outcome alone bring (p - q)²/q to 100?",
            lambda pair: klnotes.chi2_divergence(*pair, normalize=True) >= 100,
        ),
    ],
    "A rare outcome that Q has all but excluded: χ² squares the ratio, and KL takes its logarithm.",
)

_FAIR, _BIASED = [0.5, 0.5], [0.51, 0.49]

# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "minute": [
        Number("TV", lambda: 1.0, slips={"That is the sum of the differences, without the half.": lambda: 2.0}),
        Number(
            "H²",
            lambda: float(klnotes.hellinger_distance([1, 0], [0, 1]) ** 2),
            slips={
                "The half in front is missing.": lambda: 2.0,
                "That is the overlap, the sum of √(pq). H² is 1 minus it.": lambda: 0.0,
            },
        ),
        Number(
            "JS",
            lambda: float(klnotes.js_divergence([1, 0], [0, 1])),
            "nats",
            {
                "That is KL. JS compares with the middle.": lambda: math.inf,
                "That is the sum of the two parts, not their mean.": lambda: 2 * math.log(2),
            },
        ),
        Number("KL", lambda: math.inf, "nats", {"That is JS.": lambda: math.log(2)}),
    ],
    "nearby": [
        Number(
            "χ²",
            lambda: float(klnotes.chi2_divergence(_BIASED, _FAIR)),
            slips={
                "A factor of two is missing: one of the two sides, or the division by q, which is one half.": lambda: (
                    2 * 0.01**2
                ),
                "The differences are not squared.": lambda: 2 * 0.01 / 0.5,
                "That is the difference itself. It must be squared, and divided by q, for both sides.": lambda: 0.01,
            },
        ),
        Number(
            "KL, about",
            lambda: float(klnotes.chi2_divergence(_BIASED, _FAIR) / 2),
            "nats",
            {
                "That is χ². KL is about half of it.": lambda: float(klnotes.chi2_divergence(_BIASED, _FAIR)),
                "That is an eighth; the bend of KL is 1.": lambda: float(klnotes.chi2_divergence(_BIASED, _FAIR)) / 8,
            },
        ),
        Number(
            "H² and JS, about",
            lambda: float(klnotes.chi2_divergence(_BIASED, _FAIR)) / 8,
            slips={
                "The bend is a quarter, and half of it counts.": lambda: (
                    float(klnotes.chi2_divergence(_BIASED, _FAIR)) / 4
                ),
                "That is KL.": lambda: float(klnotes.chi2_divergence(_BIASED, _FAIR)) / 2,
            },
        ),
    ],
    "bound": [
        Number(
            "at most, at 3 nats",
            lambda: float(_bretagnolle(3)),
            slips={
                "Pinsker says no more here than that TV is at most 1.": lambda: math.sqrt(3 / 2),
                "The root is missing.": lambda: 1 - math.exp(-3),
            },
        ),
        Number(
            "at most, at 0.5 nats",
            lambda: float(_pinsker(0.5)),
            slips={
                "That is Bretagnolle and Huber's. Here Pinsker says more.": lambda: float(_bretagnolle(0.5)),
                "The 2 is missing.": lambda: math.sqrt(0.5),
                "The root is missing.": lambda: 0.25,
            },
        ),
    ],
    "program": chi2,
}
