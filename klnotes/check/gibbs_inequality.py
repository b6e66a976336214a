"""The tasks of the exercises on Gibbs' inequality."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.special import xlogy

import klnotes
from klnotes.check._divergence import kl_divergence
from klnotes.check._engine.answers import DISTRIBUTION, Choice, Construction, Number, shares
from klnotes.check._engine.hints import ZERO_TIMES_LOG, loops
from klnotes.check._engine.inputs import TWO, distributions, two, weights
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = [
    "gibbs_terms",
    "jensen",
    "kl_divergence",
    "letters",
    "negative_terms",
    "pinsker",
    "six_gains",
    "total_variation",
]

_BALLS = np.array([0.15, 0.13, 0.23, 0.09, 0.20, 0.05, 0.15])

negative_terms = Number(
    "negative_terms",
    lambda: float(len(_BALLS) - 1),
    "",
    {
        "If all seven terms were negative, Q would be larger than P everywhere, and sum to more than 1.": lambda: 7.0,
        "The sum of the terms is not negative, but single terms may be.": lambda: 0.0,
        "More than half of the terms can be negative, if the others are large enough.": lambda: float(len(_BALLS) // 2),
        "Half of a term is none, and more than half of them can be negative.": lambda: len(_BALLS) / 2,
    },
)


def _all_terms(p: Any, q: Any) -> Any:
    """p log(p/q) - p + q for any non-negative numbers, through klnotes' terms for p and q over their sums."""
    logs = p.sum() * klnotes.kl_terms(p, q, normalize=True) + p * np.log(p.sum() / q.sum())
    return logs - p + q


gibbs_terms = Check(
    name="gibbs_terms",
    what="p log(p/q) - p + q",
    names=["p", "q"],
    truth=_all_terms,
    stages=[
        *TWO,
        Stage(
            "numbers that do not sum to one",
            two(1).map(lambda pair: (pair[0], 2 * pair[1])),
        ),
        Stage("whole numbers", st.integers(2, 4).flatmap(lambda n: st.tuples(weights(n), weights(n)))),
    ],
    slips={
        "That is p log(p/q); add q - p to each term.": lambda p, q: _all_terms(p, q) + p - q,
        "It is q - p that is added, not p - q.": lambda p, q: _all_terms(p, q) + 2 * p - 2 * q,
        "That is the sum; one number for each outcome is asked for.": lambda p, q: _all_terms(p, q).sum(),
        "Both p and q are subtracted; q is added.": lambda p, q: _all_terms(p, q) - 2 * q,
        "The logarithm has base 2. It must be the natural one, or p ln(p/q) - p + q may be negative.": lambda p, q: (
            (_all_terms(p, q) + p - q) / np.log(2) - p + q
        ),
        "The logarithm has base 10. It must be the natural one.": lambda p, q: (
            (_all_terms(p, q) + p - q) / np.log(10) - p + q
        ),
        "The ratio in the logarithm is upside down.": lambda p, q: 2 * (q - p) - _all_terms(p, q),
        "p and q are swapped.": lambda p, q: _all_terms(q, p),
        "It divides by the sums without being asked. Take p and q as they are.": lambda p, q: _all_terms(
            p / p.sum(), q / q.sum()
        ),
        "The absolute value hides the sign, and with it the reason why no term is negative.": lambda p, q: np.abs(
            _all_terms(p, q) + p - q
        ),
        "Of whole numbers, np.zeros_like(p) and p.copy() make arrays of whole numbers, which cut off what is put into "
        "them. Make an array of floats: np.zeros(len(p)).": lambda p, q: (
            np.trunc(_all_terms(p, q)) if p.dtype.kind == "i" else _all_terms(p, q)
        ),
        "That is the beginning of a series, which is right for neighbors only.": lambda p, q: np.where(
            p == q, 0, (p - q) ** 2 / (2 * q)
        ),
        ZERO_TIMES_LOG + " What is left of the term is q.": lambda p, q: p * np.log(p / q) - p + q,
        "Where p = 0, the logarithm adds nothing, but q - p is still q.": lambda p, q: np.where(
            p > 0, _all_terms(p, q), 0
        ),
    },
    guards=[
        lambda put_in, p, q: xlogy(p, p / put_in(q)) - p + q,
        lambda put_in, p, q: p * np.log(put_in(p) / put_in(q)) - p + q,
        lambda put_in, p, q: put_in(p) * np.log(put_in(p) / put_in(q)) - put_in(p) + put_in(q),
    ],
)

jensen = Proof(
    "jensen",
    {
        "D": {},
        "B": {"D": "Jensen's inequality needs weights, points and a convex function: say which they are first."},
        "E": {"B": "The sum over the points appears only after Jensen's inequality."},
        "A": {"E": "It bounds a sum of q that is not there yet."},
        "F": {},
    },
    {"C": "Where P has zeros, Q may have something left, and the sum is less than 1."},
)

pinsker = Number(
    "pinsker",
    lambda: math.sqrt(0.01 * math.log(2) / 2),
    "",
    {
        "Pinsker's inequality, as the chapter states it, is in nats. A hundredth of a bit is less.": lambda: math.sqrt(
            0.01 / 2
        ),
        "The square root is missing.": lambda: 0.01 * math.log(2) / 2,
        "A hundredth of a bit is taken for nats, and the half is missing.": lambda: math.sqrt(0.01),
        "A bit is ln 2 nats: multiply by ln 2, do not divide.": lambda: math.sqrt(0.01 / math.log(2) / 2),
        "Divide by 2 in the root, not outside.": lambda: math.sqrt(0.01 * math.log(2)) / 2,
        "That bounds the sum of all differences, which is twice as large.": lambda: math.sqrt(2 * 0.01 * math.log(2)),
        "It is used the other way round: that is how much divergence a distance of a hundredth needs.": lambda: (
            2 * 0.01**2
        ),
        "That is Bretagnolle and Huber's bound. Pinsker's is lower where the divergence is small.": lambda: math.sqrt(
            -math.expm1(-0.01 * math.log(2))
        ),
        "Divide by 2 before you take the root.": lambda: math.sqrt(0.01 * math.log(2)),
    },
)

total_variation = Check(
    name="total_variation",
    what="the total variation distance",
    names=["p", "q"],
    truth=klnotes.total_variation,
    stages=[
        Stage("distributions", st.one_of(two(0), st.just((np.array([1.0, 0.0]), np.array([0.0, 1.0]))))),
        Stage(
            "distributions over more outcomes",
            st.integers(5, 8).flatmap(lambda n: st.tuples(distributions(n), distributions(n))),
            "The best event may hold any number of outcomes.",
        ),
    ],
    slips={
        "That is twice the distance: what P has more than Q on some outcomes, it has less on the others, and each "
        "difference is counted twice.": lambda p, q: 2 * klnotes.total_variation(p, q),
        "That is the largest difference of a single outcome; an event may hold several.": lambda p, q: np.abs(
            p - q
        ).max(),
        "That is the Euclidean distance.": lambda p, q: np.sqrt(np.sum((p - q) ** 2)),
        "The differences are squared.": lambda p, q: np.sum((p - q) ** 2),
        "It is cut down to a whole number, as // and int do.": lambda p, q: klnotes.total_variation(p, q) // 1,
        "Without absolute values the differences cancel.": lambda p, q: np.sum(p - q),
        "That is the mean of the differences; half of their sum is asked for.": lambda p, q: np.abs(p - q).mean(),
        "These are the single differences; what is asked for is half of their sum.": lambda p, q: np.abs(p - q),
        "That is Pinsker's bound on it.": lambda p, q: np.sqrt(klnotes.kl_divergence(p, q) / 2),
        "That is half of the Euclidean distance.": lambda p, q: np.sqrt(np.sum((p - q) ** 2)) / 2,
        "That is half of the sum of the squares. The differences are not squared.": lambda p, q: (
            np.sum((p - q) ** 2) / 2
        ),
        "That is half of the mean of the differences; half of their sum is asked for.": lambda p, q: (
            np.abs(p - q).mean() / 2
        ),
        "That is the largest of the single differences p - q; an event may hold several.": lambda p, q: (p - q).max(),
        "That is the Hellinger distance.": lambda p, q: np.sqrt(np.maximum(1 - np.sqrt(p * q).sum(), 0)),
        "That is the largest difference of the cumulative sums; an event need not be of the form 'up to here'.": (
            lambda p, q: np.abs(np.cumsum(p - q)).max()
        ),
        "That is what P and Q share; the distance is what is missing from 1.": lambda p, q: np.minimum(p, q).sum(),
        "Outcomes that only one of them can have are left out; they count as well.": lambda p, q: (
            np.abs((p - q)[(p > 0) & (q > 0)]).sum() / 2
        ),
        "That is the difference in the first outcome alone.": lambda p, q: abs(p[0] - q[0]),
        "That is the largest difference for an event of one or two outcomes; an event may hold more.": lambda p, q: max(
            np.abs(p - q).max(), *(abs(np.sort(p - q)[two].sum()) for two in (slice(2), slice(-2, None)))
        ),
        **loops(lambda p, q: np.abs(p - q) / 2),
    },
)

letters = Number(
    "letters",
    lambda one, other: klnotes.total_variation(one, other, normalize=True),
    "",
    {
        "That is twice the distance.": lambda one, other: 2 * klnotes.total_variation(one, other, normalize=True),
        "That is Pinsker's bound. The distance itself is smaller.": lambda one, other: math.sqrt(
            klnotes.kl_divergence(other, one, normalize=True) / 2
        ),
        "That is the largest difference of one letter. An event may hold several.": lambda one, other: float(
            np.abs(shares(one) - shares(other)).max()
        ),
        "That is half of the distance.": lambda one, other: klnotes.total_variation(one, other, normalize=True) / 2,
        "That is the number of letters in the event.": lambda one, other: float(np.sum(shares(one) > shares(other))),
        "Letters that are a little more frequent count, too: the event holds all of them.": lambda one, other: float(
            np.maximum(shares(one) - shares(other) - 0.01, 0).sum() + 0.01 * np.sum(shares(one) - shares(other) > 0.01)
        ),
        "Those are the letters that one language lacks. The event holds all that are more frequent.": (
            lambda one, other: float(shares(one)[np.asarray(other) == 0].sum())
        ),
        "That is the event's probability in one language. Subtract the other.": lambda one, other: float(
            shares(one)[shares(one) > shares(other)].sum()
        ),
        "The letters are chosen by their counts. The texts differ in length: compare shares.": lambda one, other: float(
            (shares(one) - shares(other))[np.greater(one, other)].sum()
        ),
        "The counts are subtracted. The texts differ in length: compare shares.": lambda one, other: float(
            np.maximum(np.subtract(one, other), 0).sum() / np.sum(one)
        ),
        "That is the mean of the differences in the event; add them up.": lambda one, other: (
            klnotes.total_variation(one, other, normalize=True) / float(np.sum(shares(one) > shares(other)))
        ),
        "That is a KL divergence.": lambda one, other: klnotes.kl_divergence(other, one, normalize=True),
    },
)

six_gains = Construction(
    "six_gains",
    (7,),
    [
        DISTRIBUTION,
        ("Six terms must be negative: six entries of Q above those of P.", lambda q: int(np.sum(q > _BALLS)) == 6),
        (
            "The divergence must stay below 0.001 nats. Take less from the one that is below that of P.",
            lambda q: klnotes.kl_divergence(_BALLS, q, normalize=True) < 0.001,
        ),
    ],
    "Six terms are negative, and the sum is positive all the same. It may be as small as you like, but not 0.",
)

# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "reported": Choice(
        "reported",
        lambda: "c",
        {
            "a": "A single term may be negative.",
            "b": "Another base multiplies all by one positive factor.",
            "c": "Its entries sum to 1.1.",
        },
    ),
    "coins": [
        Number(
            "the distance",
            lambda: abs(0.5 - 0.8),
            slips={
                "That is the sum over both sides; the distance is half of it.": lambda: 0.6,
                "That is the square of the distance.": lambda: 0.3**2,
            },
        ),
        Number(
            "at least",
            lambda: 2 * 0.3**2,
            "nats",
            {
                "The 2 is missing.": lambda: 0.3**2,
                "The distance is not squared. It must be.": lambda: 2 * 0.3,
                "The distance is half of the sum over both sides.": lambda: 2 * 0.6**2,
                "That is the divergence itself. What does Pinsker's inequality promise?": lambda: float(
                    klnotes.bernoulli_kl(0.5, 0.8)
                ),
            },
        ),
    ],
    "am-gm": Proof(
        "am_gm",
        {
            "B": {},
            "A": {"B": "Jensen's inequality asks for a convex function."},
            "C": {},
            "D": {
                "A": "There is no inequality yet to change the signs of.",
                "C": "The right side is not yet the logarithm of the geometric mean.",
            },
        },
        {"E": "The logarithm of a mean is at least the mean of the logarithms, and as a rule more: that is the point."},
    ),
    "unnormalized": Number(
        "the least value for s = 1.3",
        lambda: -math.log(1.3),
        "nats",
        {
            "The logarithm is missing.": lambda: -1.3,
            "That is 1 - s. Take the logarithm of s.": lambda: -0.3,
            "Q is not divided by its sum here. Then 0 is no longer the least value.": lambda: 0.0,
        },
    ),
    "pinsker": Number(
        "pinsker",
        lambda: math.sqrt(0.005 / 2),
        slips={
            "The 2 is missing: the divergence is at least twice the square.": lambda: math.sqrt(0.005),
            "The root is missing.": lambda: 0.005 / 2,
            "The 2 divides; it does not multiply.": lambda: math.sqrt(2 * 0.005),
        },
    ),
    "equality": Number(
        "equality",
        lambda: float(klnotes.kl_divergence([1, 0], [0.9, 0.1])),
        "nats",
        {
            "That is ε itself. The loss is the logarithm of 1/(1 - ε).": lambda: 0.1,
            "That is the logarithm of 1/ε.": lambda: -math.log(0.1),
        },
    ),
    "program": total_variation,
}
