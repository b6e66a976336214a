"""The tasks of the exercises on drift."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

import klnotes
from klnotes.check._engine.answers import Choice, Construction, Number
from klnotes.check._engine.hints import MEAN, NO_LOG, POSITIVE
from klnotes.check._engine.inputs import weights
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["beyond", "counts", "enough", "p_value", "psi", "same_bins", "squares", "two_bins"]

two_bins = Number(
    "two_bins",
    lambda: 0.3 * math.log(4),
    "nats",
    {
        "That is KL(P‖Q) alone; the index has both directions.": lambda: math.log(1 / 0.64) / 2,
        "That is KL(Q‖P) alone; the index has both directions.": lambda: 0.2 * math.log(0.4) + 0.8 * math.log(1.6),
        "That is half of it: the index is the sum of both directions, not their mean.": lambda: 0.15 * math.log(4),
        "That is the term of the first bin; the second adds something, too.": lambda: 0.3 * math.log(2.5),
        "That is the term of the second bin; the first adds something, too.": lambda: 0.3 * math.log(1.6),
        "The logarithms are not weighted with the differences of the shares.": lambda: math.log(4),
        "The second term has the wrong sign: there difference and logarithm are both negative.": lambda: (
            0.3 * (math.log(2.5) - math.log(1.6))
        ),
    },
)


@st.composite
def _tables(draw: st.DrawFn, least: int) -> Any:
    n = draw(st.integers(2, 4))
    return draw(weights(n, least)).tolist(), draw(weights(n, least)).tolist()


def _shares(a: Any, c: Any) -> tuple[Any, Any]:
    return np.divide(a, np.sum(a)), np.divide(c, np.sum(c))


def _terms(a: Any, c: Any) -> Any:
    p, q = _shares(a, c)
    return (p - q) * np.log(p / q)


def _kl(a: Any, c: Any) -> Any:
    return klnotes.kl_divergence(a, c, normalize=True)


def _without_empty(a: Any, c: Any) -> Any:
    both = np.minimum(a, c) > 0
    p, q = (share[both] for share in _shares(a, c))
    return np.sum((p - q) * np.log(p / q))


psi = Check(
    name="psi",
    what="the population stability index in nats",
    names=["reference", "current"],
    truth=lambda a, c: klnotes.jeffreys_divergence(a, c, normalize=True),
    stages=[
        Stage("bins with rows", _tables(1)),
        Stage(
            "empty bins",
            _tables(0),
            "Think of the bins that are empty in one table, and of those that are empty in both.",
            zeros=True,
        ),
    ],
    unit="nats",
    slips={
        "That is KL(P‖Q) alone; the index has both directions.": _kl,
        "That is KL(Q‖P) alone; the index has both directions.": lambda a, c: _kl(c, a),
        "That is half of it: the index is the sum of both directions, not their mean.": lambda a, c: (
            klnotes.jeffreys_divergence(a, c, normalize=True) / 2
        ),
        "The counts are not divided by the rows of their table.": lambda a, c: np.sum(
            np.subtract(a, c) * np.log(np.divide(a, c))
        ),
        "In the logarithm stand counts; the tables may have different numbers of rows.": lambda a, c: np.sum(
            np.subtract(*_shares(a, c)) * np.log(np.divide(a, c))
        ),
        "Both tables are divided by the rows of the first.": lambda a, c: np.sum(
            (np.subtract(a, c) / np.sum(a)) * np.log(np.divide(a, c))
        ),
        "The sign is wrong: difference and logarithm must be taken in the same order.": lambda a, c: (
            -_terms(a, c).sum()
        ),
        POSITIVE: lambda a, c: np.sum(np.abs(_shares(a, c)[0] * np.log(np.divide(*_shares(a, c))))),
        NO_LOG: lambda a, c: np.sum(np.subtract(*_shares(a, c)) * np.divide(*_shares(a, c))),
        MEAN: lambda a, c: _terms(a, c).mean(),
        "These are the terms of the single bins; what is asked for is their sum.": _terms,
        "Bins that are empty in one table only are left out. They make the index infinite.": _without_empty,
        "It stops after the first bin. Is the return inside the loop?": lambda a, c: _terms(a, c)[0],
        "The last bin is left out.": lambda a, c: _terms(a, c)[:-1].sum(),
    },
    guards=[
        lambda put_in, a, c: np.sum(
            (put_in(_shares(a, c)[0]) - put_in(_shares(a, c)[1]))
            * np.log(put_in(_shares(a, c)[0]) / put_in(_shares(a, c)[1]))
        ),
        lambda put_in, a, c: np.sum(
            (_shares(a, c)[0] - _shares(a, c)[1]) * np.log(put_in(_shares(a, c)[0]) / put_in(_shares(a, c)[1]))
        ),
    ],
)

enough = Number(
    "enough",
    lambda: 900,
    slips={
        "There are nine independent differences among ten bins, as the shares add up to 1.": lambda: 1000,
        "Both tables scatter, and their variances add up.": lambda: 450,
        "That is the number for both tables together.": lambda: 1800,
        "Both tables scatter, and of the bins one is not free.": lambda: 500,
    },
)


@st.composite
def _shuffled(draw: st.DrawFn) -> Any:
    value = draw(st.integers(0, 6))
    others = draw(st.lists(st.integers(0, 6), min_size=1, max_size=6))
    return value / 8, [other / 8 for other in others]


def _so_much(value: Any, shuffled: Any) -> int:
    return int(np.sum(np.array(shuffled) >= value))


p_value = Check(
    name="p_value",
    what="the p-value of a shuffle",
    names=["value", "shuffled"],
    truth=lambda v, s: (1 + _so_much(v, s)) / (1 + len(s)),
    stages=[Stage("values of PSI", _shuffled())],
    slips={
        "The real table is missing: it is one of the possible orders, above the line and below.": lambda v, s: (
            _so_much(v, s) / len(s)
        ),
        "The real table is counted above the line, and not below.": lambda v, s: (1 + _so_much(v, s)) / len(s),
        "The real table is counted below the line, and not above.": lambda v, s: _so_much(v, s) / (1 + len(s)),
        "Shuffles that give exactly the same value are not counted. They are as extreme, too.": lambda v, s: (
            (1 + int(np.sum(np.array(s) > v))) / (1 + len(s))
        ),
        "The real table is missing, and so are shuffles that give exactly the same value.": lambda v, s: (
            int(np.sum(np.array(s) > v)) / len(s)
        ),
        "It counts the shuffles that stay below the value; the p-value counts those that reach it.": lambda v, s: (
            (1 + int(np.sum(np.array(s) < v))) / (1 + len(s))
        ),
        "It counts the shuffles up to the value; the p-value counts those that reach it.": lambda v, s: (
            (1 + int(np.sum(np.array(s) <= v))) / (1 + len(s))
        ),
        "That is 1 minus the p-value.": lambda v, s: 1 - (1 + _so_much(v, s)) / (1 + len(s)),
        "That is the number of shuffles, with the real table; divide by how many there are.": lambda v, s: (
            1 + _so_much(v, s)
        ),
    },
)

squares = Proof(
    "squares",
    {
        "A": {},
        "B": {"A": "Which mean does the difference have, and which variances are added?"},
        "C": {"B": "What is divided here?"},
        "D": {"C": "There is nothing to add up yet."},
    },
    {
        "E": "The shares of one table are not independent of each other (they add up to 1), and the mean of a sum does "
        "not need that."
    },
)

beyond = Choice(
    "beyond",
    lambda: "b",
    {
        "a": "With 100 rows in each table and ten bins, the quantile is 0.338; chance exceeds 0.2 often.",
        "b": "Its quantile is 2 · 16.92/2000, that is 0.0169, and 0.04 is beyond.",
        "c": "With 200 rows in each table the quantile is 2 · 16.92/200, that is 0.169.",
        "d": "The smaller table decides: 16.92 · (1/10000 + 1/100) is 0.171.",
    },
)


@st.composite
def _values(draw: st.DrawFn) -> Any:
    cuts = sorted(draw(st.sets(st.integers(0, 6), min_size=1, max_size=3)))
    return [float(x) for x in draw(st.lists(st.integers(-1, 8), min_size=1, max_size=6))], [float(c) for c in cuts]


def _counted(values: Any, cuts: Any, side: Any = "left") -> Any:
    return np.bincount(np.searchsorted(cuts, values, side=side), minlength=len(cuts) + 1)


counts = Check(
    name="counts",
    what="the rows in each bin",
    names=["values", "cuts"],
    truth=_counted,
    stages=[Stage("values and cuts", _values())],
    slips={
        "A value that lies on a cut belongs to the bin below the cut.": lambda x, c: _counted(x, c, "right"),
        "The values above the last cut are lost: they are a bin of their own.": lambda x, c: _counted(x, c)[:-1],
        "The values up to the first cut are lost: they are a bin of their own.": lambda x, c: _counted(x, c)[1:],
        "The values beyond the first and the last cut are lost.": lambda x, c: _counted(x, c)[1:-1],
        "These are shares; what is asked for is counts, which can be added.": lambda x, c: _counted(x, c) / len(x),
        "These are the values up to each cut, all bins below included.": lambda x, c: np.cumsum(_counted(x, c)),
        "These are the bins from the top to the bottom.": lambda x, c: _counted(x, c)[::-1],
        "The values above the last cut are put into the bin below it.": lambda x, c: np.append(
            _counted(x, c)[:-2], _counted(x, c)[-2:].sum()
        ),
    },
)


def _merged(pair: Any) -> Any:
    return pair.reshape(2, 2, 2).sum(axis=2)


same_bins = Construction(
    "same_bins",
    (2, 4),
    [
        (
            "Both rows must be distributions of four outcomes, with all probabilities positive.",
            lambda pair: bool(np.all(pair > 0) and np.all(np.abs(pair.sum(axis=1) - 1) < 1e-8)),
        ),
        (
            "The first two outcomes are one bin, the last two another: each bin must have the same share in both rows.",
            lambda pair: bool(np.all(np.abs(np.diff(_merged(pair), axis=0)) < 1e-8)),
        ),
        (
            "The PSI of the four outcomes must be at least a nat. What can change within a bin?",
            lambda pair: bool(klnotes.jeffreys_divergence(pair[0] / pair[0].sum(), pair[1] / pair[1].sum()) >= 1),
        ),
    ],
    "More than a nat apart, and the bins see nothing",
)

# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "by-hand": Number(
        "by_hand",
        lambda: float(klnotes.jeffreys_divergence([0.5, 0.5], [0.75, 0.25])),
        "nats",
        {
            "That is one direction alone.": lambda: float(klnotes.kl_divergence([0.5, 0.5], [0.75, 0.25])),
            "That is the other direction alone.": lambda: float(klnotes.kl_divergence([0.75, 0.25], [0.5, 0.5])),
            "That is half of it.": lambda: float(klnotes.jeffreys_divergence([0.5, 0.5], [0.75, 0.25])) / 2,
            "The second bin is missing.": lambda: 0.25 * math.log(3 / 2),
        },
    ),
    "threshold": Number(
        "threshold",
        lambda: 19 * (1 / 400 + 1 / 400),
        slips={
            "One table alone has that.": lambda: 19 / 400,
            "The shares sum to 1, so one bin of the twenty is not free.": lambda: 20 * 2 / 400,
        },
    ),
    "empty": [
        Number(
            "with 0.0001",
            lambda: (0.02 - 0.0001) * math.log(0.02 / 0.0001),
            "nats",
            {
                "The difference of the shares is missing.": lambda: math.log(0.02 / 0.0001),
                "That is with 0.000001.": lambda: (0.02 - 0.000001) * math.log(0.02 / 0.000001),
                "That is the truth, which the small number hides.": lambda: math.inf,
            },
        ),
        Number(
            "with 0.000001",
            lambda: (0.02 - 0.000001) * math.log(0.02 / 0.000001),
            "nats",
            {
                "The difference of the shares is missing.": lambda: math.log(0.02 / 0.000001),
                "That is with 0.0001.": lambda: (0.02 - 0.0001) * math.log(0.02 / 0.0001),
                "That is the truth, which the small number hides.": lambda: math.inf,
            },
        ),
    ],
    "twenty": [
        Number(
            "at least one",
            lambda: 1 - 0.95**20,
            slips={
                "That is the probability that all are silent.": lambda: 0.95**20,
                "The chances do not add up: two may come together.": lambda: 20 * 0.05,
                "That is the probability that all twenty raise it.": lambda: 0.05**20,
            },
        ),
        Number(
            "Bonferroni",
            lambda: 0.05 / 20,
            slips={
                "That is for all together.": lambda: 0.05,
                "The other way round: the more columns, the less for each.": lambda: 0.05 * 20,
            },
        ),
    ],
    "parts": Choice(
        "parts",
        lambda: "d",
        {
            "a": "Counts add up.",
            "b": "The largest of the largest values is the largest value.",
            "c": "With the numbers of rows it can.",
            "d": "Half of the rows lie below it, and a part does not know which half.",
        },
    ),
    "program": psi,
}
