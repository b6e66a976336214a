"""The tasks of the exercises on estimating a divergence."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.special import xlogy

import klnotes
from klnotes.check._engine.answers import Choice, Construction, Number
from klnotes.check._engine.hints import NO_LOG, ZERO_TIMES_LOG
from klnotes.check._engine.inputs import ZEROS, distributions, weights
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["by_neighbors", "corrected", "k3", "one_draw", "plug_in", "widths", "worse"]

one_draw = Number(
    "one_draw",
    lambda: math.log(2) - 1 / 2,
    "nats",
    {
        "That is k1.": lambda: math.log(2),
        "That is k2.": lambda: math.log(2) ** 2 / 2,
        "The ratio is upside down: r is q/p.": lambda: 1 - math.log(2),
        "That is r - 1, what k3 adds to k1.": lambda: -1 / 2,
        "The 1 is not subtracted.": lambda: 1 / 2 + math.log(2),
        "The logarithm has the wrong sign: it is that of p/q.": lambda: -1 / 2 - math.log(2),
        "It is weighted with p. The draw has come; the average over the draws gives each the same weight.": lambda: (
            (math.log(2) - 1 / 2) / 5
        ),
    },
)


def _notes(p: Any, q: Any) -> Any:
    r = np.divide(q, p)
    return r - 1 - np.log(r)


_DRAWS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=4).map(
    lambda pairs: tuple([whole / 10 for whole in column] for column in zip(*pairs, strict=True))
)

k3 = Check(
    name="k3",
    what="the average of k3 in nats",
    names=["p", "q"],
    truth=lambda p, q: np.mean(_notes(p, q)),
    stages=[Stage("draws", _DRAWS)],
    unit="nats",
    slips={
        "The ratio is upside down: r is q/p, since the draws come from P.": lambda p, q: np.mean(_notes(q, p)),
        "That is the sum over the draws; divide by their number.": lambda p, q: np.sum(_notes(p, q)),
        "Each draw is weighted with p(x). The draws come from P already: take the plain average.": lambda p, q: np.dot(
            p, _notes(p, q)
        ),
        "Each draw is weighted with p(x), and then they are averaged. The draws come from P: leave the weights.": (
            lambda p, q: np.mean(p * _notes(p, q))
        ),
        "That is k1: what is added to it, q/p - 1, is missing.": lambda p, q: -np.mean(np.log(np.divide(q, p))),
        "That is k2.": lambda p, q: np.mean(np.log(np.divide(q, p)) ** 2) / 2,
        "The 1 is not subtracted from the ratio.": lambda p, q: np.mean(_notes(p, q)) + 1,
        "The logarithm is added where it must be subtracted: k3 is r - 1 - ln r with r = q/p.": lambda p, q: np.mean(
            np.divide(q, p) - 1 + np.log(np.divide(q, p))
        ),
        NO_LOG: lambda p, q: np.mean(np.divide(q, p) - 1),
        "The average is taken inside the logarithm. Take the logarithm of each ratio first.": lambda p, q: (
            np.mean(np.divide(q, p)) - 1 - np.log(np.mean(np.divide(q, p)))
        ),
        "These are the numbers of the single draws; what is asked for is their average.": _notes,
        "It stops after the first draw. Is the return inside the loop?": lambda p, q: _notes(p, q)[0] / len(p),
        "Only the first draw counts. Is the return inside the loop?": lambda p, q: _notes(p, q)[0],
        "It divides by n - 1; an average is divided by n.": lambda p, q: float(np.sum(_notes(p, q))) / (len(p) - 1),
        "The last draw is left out.": lambda p, q: np.sum(_notes(p, q)[:-1]) / len(p),
    },
)


@st.composite
def _counted(draw: st.DrawFn, least: int) -> Any:
    n = draw(st.integers(2, 4))
    return draw(weights(n, least)).tolist(), draw(distributions(n)).tolist()


def _plain(counts: Any, q: Any) -> Any:
    return klnotes.kl_divergence(counts, q, normalize=True)


def _seen(counts: Any) -> int:
    return int(np.count_nonzero(counts))


def _rolled(counts: Any) -> int:
    return int(np.sum(counts))


def _bare(counts: Any, q: Any) -> Any:
    share = np.divide(counts, _rolled(counts))
    return np.sum(share * np.log(share / q)) - (_seen(counts) - 1) / (2 * _rolled(counts))


corrected = Check(
    name="corrected",
    what="the corrected divergence in nats",
    names=["counts", "q"],
    truth=lambda c, q: _plain(c, q) - (_seen(c) - 1) / (2 * _rolled(c)),
    stages=[Stage("positive counts", _counted(1)), Stage("counts with zeros", _counted(0), ZEROS, zeros=True)],
    unit="nats",
    slips={
        "That is the plug-in estimate: nothing is subtracted yet.": _plain,
        "The correction is added. Shares look too far away, so it must be subtracted.": lambda c, q: (
            _plain(c, q) + (_seen(c) - 1) / (2 * _rolled(c))
        ),
        "All outcomes are counted for the correction; count those that came.": lambda c, q: (
            _plain(c, q) - (len(c) - 1) / (2 * _rolled(c))
        ),
        "The correction has the number of outcomes in it; it must be one less.": lambda c, q: (
            _plain(c, q) - _seen(c) / (2 * _rolled(c))
        ),
        "The correction is twice too large: the 2 below the line is missing.": lambda c, q: (
            _plain(c, q) - (_seen(c) - 1) / _rolled(c)
        ),
        "The correction is divided by the number of outcomes; divide by that of the draws, twice.": lambda c, q: (
            _plain(c, q) - (_seen(c) - 1) / (2 * len(c))
        ),
        "What is below 0 is cut off. The estimate may be negative, or it is too large on average.": lambda c, q: max(
            0.0, _plain(c, q) - (_seen(c) - 1) / (2 * _rolled(c))
        ),
        "The divergence is the other way round: the shares are the reference.": lambda c, q: (
            klnotes.kl_divergence(q, c, normalize=True) - (_seen(c) - 1) / (2 * _rolled(c))
        ),
        "That is the corrected entropy of the shares. Where does q enter?": lambda c, q: (
            klnotes.entropy(c, normalize=True) + (_seen(c) - 1) / (2 * _rolled(c))
        ),
        "The counts are not divided by their sum before they become weights.": lambda c, q: (
            _rolled(c) * _plain(c, q) - (_seen(c) - 1) / (2 * _rolled(c))
        ),
        "The counts stand in the logarithm; divide them by their sum first.": lambda c, q: (
            _plain(c, q) + np.log(_rolled(c)) - (_seen(c) - 1) / (2 * _rolled(c))
        ),
        ZERO_TIMES_LOG: _bare,
    },
    guards=[
        lambda put_in, c, q: (
            np.sum(np.divide(c, _rolled(c)) * np.log(put_in(np.divide(c, _rolled(c))) / np.array(q)))
            - (_seen(c) - 1) / (2 * _rolled(c))
        ),
        lambda put_in, c, q: (
            np.sum(xlogy(np.divide(c, _rolled(c)), put_in(np.divide(c, _rolled(c)) / np.array(q))))
            - (_seen(c) - 1) / (2 * _rolled(c))
        ),
    ],
)


@st.composite
def _points(draw: st.DrawFn) -> Any:
    n, m = draw(st.integers(2, 4)), draw(st.integers(1, 5))
    all_ = draw(st.permutations(range(12)))[: n + m]
    return [float(x) for x in all_[:n]], [float(y) for y in all_[n:]]


def _distances(x: Any, y: Any) -> tuple[Any, Any]:
    own = np.abs(np.subtract.outer(x, x)) + np.where(np.eye(len(x)), np.inf, 0.0)
    return own.min(axis=1), np.abs(np.subtract.outer(x, y)).min(axis=1)


def _mean_log(x: Any, y: Any) -> Any:
    own, other = _distances(x, y)
    return np.mean(np.log(other / own))


by_neighbors = Check(
    name="by_neighbors",
    what="the divergence by nearest neighbors in nats",
    names=["x", "y"],
    truth=lambda x, y: _mean_log(x, y) + np.log(len(y) / (len(x) - 1)),
    stages=[Stage("points on a line", _points())],
    unit="nats",
    slips={
        "The number of draws from Q does not enter: one y in m is nearest, and one x in n - 1. Are there as many x "
        "as y?": lambda x, y: _mean_log(x, y) + np.log(len(x) / (len(x) - 1)),
        "The logarithm of m/(n - 1) is missing.": _mean_log,
        "It divides m by n. The nearest x is one of the n - 1 others.": lambda x, y: (
            _mean_log(x, y) + np.log(len(y) / len(x))
        ),
        "The fraction is upside down: it is m over n - 1.": lambda x, y: (
            _mean_log(x, y) - np.log(len(y) / (len(x) - 1))
        ),
        "It divides m - 1 by n - 1. An x is none of the m draws from Q, so all of them are there to be near.": (
            lambda x, y: _mean_log(x, y) + np.log((len(y) - 1) / (len(x) - 1))
        ),
        "It divides m - 1 by n: it is the other x of which there is one less.": lambda x, y: (
            _mean_log(x, y) + np.log((len(y) - 1) / len(x))
        ),
        "The ratio of the distances is upside down: where P is dense, its own draws are near.": lambda x, y: (
            -_mean_log(x, y) + np.log(len(y) / (len(x) - 1))
        ),
        "The logarithms are added; divide their sum by n.": lambda x, y: (
            len(x) * _mean_log(x, y) + np.log(len(y) / (len(x) - 1))
        ),
        "That is the divergence the other way round: the average runs over the draws from P.": lambda x, y: (
            _mean_log(y, x) + np.log(len(x) / (len(y) - 1))
        ),
    },
)

plug_in = Proof(
    "plug_in",
    {
        "A": {},
        "B": {"A": "It averages two logarithms; split the one first."},
        "C": {"B": "There is no last sum yet."},
        "D": {},
        "E": {
            "C": "It uses the mean of the second part.",
            "D": "It needs the sign of what is added.",
        },
    },
    {
        "F": "The mean of a function is not the function of the mean. The divergence curves upwards, so what scatters "
        "around p gives more on average."
    },
)

widths = Choice(
    "widths",
    lambda: "d",
    {
        "a": "Q is narrower: far out, q/p is small.",
        "b": "The variance is e⁹ - 10, which is large, and finite: the widths are the same.",
        "c": "1.4 is still below the root of 2, which is 1.41421...",
        "d": "1.5 is above the root of 2.",
    },
)


def _sd(p: Any, values: Any) -> float:
    return math.sqrt(max(float(p @ (values - p @ values) ** 2), 0.0))


def _ten_times(pair: Any) -> bool:
    p, q = pair
    log = np.log(p / q)
    return _sd(p, np.expm1(-log) + log) >= 10 * _sd(p, log) > 0


worse = Construction(
    "worse",
    (2, 2),
    [
        (
            "Both rows must be distributions of two outcomes, with all probabilities positive.",
            lambda pair: bool(np.all(pair > 0) and np.all(np.abs(pair.sum(axis=1) - 1) < 1e-8)),
        ),
        (
            "KL(P‖Q) must be below 0.1 nats.",
            lambda pair: klnotes.kl_divergence(pair[0], pair[1]) < 0.1,
        ),
        (
            "One draw of k3 must scatter at least ten times as much as one of k1. Where does q/p become large?",
            _ten_times,
        ),
    ],
    "Close to each other, and k3 scatters ten times as much as k1",
)

_FOUR = np.array([0.5, -0.1, 0.3, 0.1])
_TRUE, _VARIANCE = 0.02, 0.05
_TILTED, _EVEN = np.array([0.9, 0.1]), np.array([0.5, 0.5])
_ROLLED = 0.05


def _jeffreys() -> float:
    return float(klnotes.kl_divergence(_TILTED, _EVEN) + klnotes.kl_divergence(_EVEN, _TILTED))


# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "four-draws": Number(
        "four_draws",
        lambda: float(_FOUR.mean()),
        "nats",
        {
            "That is the sum; k1 is an average.": lambda: float(_FOUR.sum()),
            "The negative one is dropped.": lambda: float(_FOUR[_FOUR > 0].mean()),
            "The negative one counts as 0. It must stay as it is.": lambda: float(np.maximum(_FOUR, 0).mean()),
            "The sign of the negative one is lost.": lambda: float(np.abs(_FOUR).mean()),
            "That is k2: the half of the mean square.": lambda: float(np.mean(_FOUR**2) / 2),
        },
    ),
    "whose": [
        Choice(
            "it estimates",
            lambda: "b",
            {
                "a": "The draws are from Q, so the mean is one under Q.",
                "b": "It is a mean under Q, with q on top of the ratio.",
            },
        ),
        Number(
            "at most",
            lambda: 1 / 40,
            "",
            {
                "That is the probability of less than that, at least.": lambda: 1 - 1 / 40,
                "Markov's inequality has no square.": lambda: 1 / 40**2,
            },
        ),
    ],
    "k2": Number(
        "k2",
        lambda: (_TRUE**2 + _VARIANCE) / 2 - _TRUE,
        "nats",
        {
            "That is the mean of k2. The truth must be subtracted.": lambda: (_TRUE**2 + _VARIANCE) / 2,
            "The half is missing.": lambda: _TRUE**2 + _VARIANCE - _TRUE,
            "The squared divergence is missing: the mean square is more than the variance.": lambda: (
                _VARIANCE / 2 - _TRUE
            ),
            "The divergence is not squared.": lambda: (_TRUE + _VARIANCE) / 2 - _TRUE,
            "That is the bias as a share of the truth.": lambda: (_TRUE**2 + _VARIANCE) / 2 / _TRUE - 1,
        },
    ),
    "coin": [
        Number(
            "χ²",
            lambda: float(klnotes.chi2_divergence(_EVEN, _TILTED)),
            "",
            {
                "The squares are divided by q. The draws are from P, and so it is p.": lambda: float(
                    klnotes.chi2_divergence(_TILTED, _EVEN)
                ),
                "The squares are not divided by p.": lambda: float(np.sum((_TILTED - _EVEN) ** 2)),
                "The differences are not squared.": lambda: float(np.sum(np.abs(_TILTED - _EVEN) / _TILTED)),
                "That is the second outcome only.": lambda: 0.4**2 / 0.1,
            },
        ),
        Number(
            "2J",
            lambda: 2 * _jeffreys(),
            "nats",
            {
                "That is J.": _jeffreys,
                "That is twice one direction, KL(P‖Q). J has both.": lambda: (
                    2 * float(klnotes.kl_divergence(_TILTED, _EVEN))
                ),
                "That is twice one direction, KL(Q‖P). J has both.": lambda: (
                    2 * float(klnotes.kl_divergence(_EVEN, _TILTED))
                ),
            },
        ),
        Choice(
            "k3 scatters",
            lambda: "b" if klnotes.chi2_divergence(_EVEN, _TILTED) > 2 * _jeffreys() else "a",
            {
                "a": "It would if χ² were below 2J.",
                "b": "χ² is a little above 2J.",
            },
        ),
    ],
    "sixty": Number(
        "sixty",
        lambda: _ROLLED - 5 / 120,
        "nats",
        {
            "That is what is subtracted.": lambda: 5 / 120,
            "The correction is added. Shares look too far away, so it must be subtracted.": lambda: _ROLLED + 5 / 120,
            "All six faces are subtracted. It is one less than were seen.": lambda: _ROLLED - 6 / 120,
            "The 2 below the line is missing.": lambda: _ROLLED - 5 / 60,
        },
    ),
    "two-coins": Number(
        "two_coins",
        lambda: 2 * (1 / 4) * (1 - 1 / 4),
        "",
        {
            "That is for heads. With tails it is the same.": lambda: (1 / 4) * (1 - 1 / 4),
            "That is the probability that the second coin lacks a side. Must the first have shown it?": lambda: 1 / 2,
            "That is the probability that the second coin lacks heads.": lambda: 1 / 4,
            "That is the probability that it is finite.": lambda: 1 - 2 * (1 / 4) * (1 - 1 / 4),
            "The first coin needs to show that side once only, and not twice.": lambda: 2 * (1 / 4) * (1 / 4),
        },
    ),
    "widths": Choice(
        "widths",
        lambda: "b",
        {
            "a": "The ratio of the widths, Q's over P's, is above the root of 2.",
            "b": "The ratio of the widths, Q's over P's, must be below the root of 2.",
            "c": "One of the two ratios, Q's width over P's, is above the root of 2.",
        },
    ),
    "program": k3,
}
