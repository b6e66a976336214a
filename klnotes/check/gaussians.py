"""The tasks of the exercises on bell curves."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.special import xlogy

import klnotes
from klnotes.check._engine.answers import Choice, Number
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["by_hand", "corridor", "family", "poisson_kl", "standard_kl", "unit", "variances_kl"]

_OTHER_WAY = "That is the divergence the other way round: distribution 0 is the reference."

by_hand = Number(
    "by_hand",
    lambda: klnotes.gaussian_kl(2, 2, 0, 1),
    "nats",
    {
        "That is the other direction. What the scale does now is the reference, and the yardstick is the width of what "
        "the shop believes.": lambda: klnotes.gaussian_kl(0, 1, 2, 2),
        "That is the shift alone. The width has changed too.": lambda: klnotes.gaussian_kl(2, 1, 0, 1),
        "That is the stretch alone. The mean has changed too.": lambda: klnotes.gaussian_kl(0, 2, 0, 1),
        "A half is missing before each of the two parts.": lambda: 2 * klnotes.gaussian_kl(2, 2, 0, 1),
        "The ratio is that of the standard deviations. Square it.": lambda: klnotes.gaussian_kl(2, np.sqrt(2), 0, 1),
        "The logarithm is added. It is subtracted: r - 1 - ln r.": lambda: (
            klnotes.gaussian_kl(2, 2, 0, 1) + float(np.log(4))
        ),
        "The 1 is missing: the gap is r - 1 - ln r.": lambda: klnotes.gaussian_kl(2, 2, 0, 1) + 1 / 2,
        "The half before the squared shift is missing.": lambda: klnotes.gaussian_kl(2, 2, 0, 1) + 2,
        "The half before the gap is missing.": lambda: (
            klnotes.gaussian_kl(2, 2, 0, 1) + klnotes.gaussian_kl(0, 2, 0, 1)
        ),
        "The shift is not squared.": lambda: 1 + klnotes.gaussian_kl(0, 2, 0, 1),
    },
)

_MEANS = st.integers(-4, 4).map(lambda k: k / 2)
_VARIANCES = st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0, 4.0])
_SIZES = st.integers(1, 4)
_BELLS = _SIZES.flatmap(
    lambda n: st.tuples(st.lists(_MEANS, min_size=n, max_size=n), st.lists(_VARIANCES, min_size=n, max_size=n))
)


def _each(means: Any, variances: Any) -> Any:
    return klnotes.gaussian_kl(means, np.sqrt(variances), 0, 1)


standard_kl = Check(
    name="standard_kl",
    what="the divergence of the standard bell curves in nats",
    names=["means", "variances"],
    truth=lambda m, v: _each(m, v).sum(),
    stages=[Stage("lists of means and variances", _BELLS)],
    unit="nats",
    slips={
        "That is the mean over the coordinates. Independent coordinates add up.": lambda m, v: _each(m, v).mean(),
        "These are the coordinates; what is asked for is their sum.": _each,
        "That is the other way round: the standard bell is Q, the model.": lambda m, v: klnotes.gaussian_kl(
            0, 1, m, np.sqrt(v)
        ).sum(),
        "The half in front is missing.": lambda m, v: 2 * _each(m, v).sum(),
        "The variances are taken for standard deviations; do not square them.": lambda m, v: klnotes.gaussian_kl(
            m, v, 0, 1
        ).sum(),
        "The logarithm is added; it must be subtracted.": lambda m, v: (_each(m, v) + np.log(v)).sum(),
        "The variances are squared outside of the logarithm only. They are variances already.": lambda m, v: (
            (np.square(m) + np.square(v) - np.log(v) - 1).sum() / 2
        ),
        "The logarithm is that of the standard deviation, and so it is half of what it should be.": lambda m, v: (
            _each(m, v) + np.log(v) / 4
        ).sum(),
        "1 is subtracted once; it must be subtracted for each coordinate.": lambda m, v: (
            _each(m, v).sum() + (len(m) - 1) / 2
        ),
        "The 1 is not subtracted: a standard bell must give 0.": lambda m, v: (_each(m, v) + 1 / 2).sum(),
        "1 is added; it must be subtracted.": lambda m, v: (_each(m, v) + 1).sum(),
        "The means are not squared.": lambda m, v: (_each(0, v) + np.divide(m, 2)).sum(),
        "The means do not enter.": lambda m, v: _each(0, v).sum() + 0 * np.sum(m),
        "The variances do not enter: that is the shift alone.": lambda m, v: np.square(m).sum() / 2,
        "The logarithms are missing.": lambda m, v: (np.square(m) + v - 1).sum() / 2,
        "It stops after the first coordinate. Is the return inside the loop?": lambda m, v: _each(m, v)[0],
        "The first coordinate is left out: range(1, n) begins with the second.": lambda m, v: _each(m, v)[1:].sum(),
        "The last coordinate is left out: range(n - 1) ends before it.": lambda m, v: _each(m, v)[:-1].sum(),
        "The logarithm has base 2. Nats need the natural logarithm.": lambda m, v: (
            (np.square(m) + v - np.log2(v) - 1).sum() / 2
        ),
    },
)

unit = Choice(
    "unit",
    lambda: "c",
    {
        "a": "The divergence has no unit of length: shift and stretch are both measured in widths of Q.",
        "b": "It is the differential entropy of each distribution that goes up by ln 100. In a ratio of two densities "
        "the factor cancels.",
        "c": "Incomes in cents tell the two towns apart as well, and as badly, as incomes in euros.",
        "d": "That is so for the divergence. But W₂ is an amount of money, and a density is a share per euro, or per "
        "cent.",
    },
)

_RATES = st.integers(1, 16).map(lambda k: k / 4)

poisson_kl = Check(
    name="poisson_kl",
    what="the divergence of two Poisson distributions in nats",
    names=["rate0", "rate1"],
    truth=klnotes.poisson_kl,
    stages=[
        Stage("positive means", st.tuples(_RATES, _RATES)),
        Stage(
            "a counter that never clicks, rate0 = 0",
            st.tuples(st.just(0.0), _RATES),
            "With rate0 = 0 there is one outcome, no click. What probability does the model give it? By the "
            "convention, 0 · log 0 is 0.",
        ),
    ],
    unit="nats",
    slips={
        _OTHER_WAY: lambda a, b: klnotes.poisson_kl(b, a),
        "The difference of the two means is missing: A(η) - A(θ) = rate1 - rate0.": lambda a, b: (
            xlogy(a, a) - a * np.log(b)
        ),
        "For rate0 = 0 it gives 0. But a counter that never clicks is not like one that does.": lambda a, b: (
            klnotes.poisson_kl(a, b) * (a > 0)
        ),
        "The difference of the two means has the wrong sign.": lambda a, b: klnotes.poisson_kl(a, b) + 2 * (a - b),
        "The logarithm is weighted with rate1. The mean is taken under the reference, so it is rate0.": lambda a, b: (
            b * np.log(a / b) - a + b
        ),
        "The ratio in the logarithm is upside down: it is log(rate0/rate1).": lambda a, b: (
            xlogy(a, b) - xlogy(a, a) - a + b
        ),
        "The logarithm has no weight: multiply it by rate0.": lambda a, b: np.log(a / b) - a + b,
        "That is the divergence of two exponential distributions, of waiting times. Count the clicks.": lambda a, b: (
            b / a - 1 - np.log(b / a)
        ),
        "That is the divergence of two coins.": lambda a, b: a * np.log(a / b) + (1 - a) * np.log((1 - a) / (1 - b)),
        "The second part has a half too much: that is a bell curve's.": lambda a, b: xlogy(a, a / b) - (a - b) / 2,
        "That is half of it. The half in front belongs to bell curves.": lambda a, b: klnotes.poisson_kl(a, b) / 2,
        "That is the squared difference over twice rate1, a good approximation if the means are close.": lambda a, b: (
            (a - b) ** 2 / (2 * b)
        ),
        "That is the difference of two curves: the line that touches at θ is not subtracted.": lambda a, b: b - a,
        "That is -(η - θ) times the mean: A(η) - A(θ) is missing, and so is the weight.": lambda a, b: np.log(a / b),
    },
)

family = Proof(
    "family",
    {
        "C": {},
        "F": {},
        "A": {"F": "There must be a ratio of two probabilities before something cancels in it."},
        "E": {"A": "The logarithm is a straight line in T(x) only once h(x) has cancelled."},
        "B": {
            "C": "Why a mean, and why under this distribution?",
            "E": "The mean of the logarithm can be taken when it is written out.",
        },
    },
    {
        "D": "The mean is taken under the reference, so what comes in is m(θ). With m(η) you have the tangent at the "
        "other end."
    },
)

_WEIGHTS = _SIZES.flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(1, 8), min_size=n, max_size=n).map(lambda w: [x / sum(w) for x in w]),
        st.lists(_MEANS, min_size=n, max_size=n),
    )
)


def _upper(weights: Any, means: Any) -> Any:
    return np.dot(weights, np.square(means)) / 2


def _entropy(weights: Any) -> Any:
    return klnotes.entropy(weights, normalize=True)


corridor = Check(
    name="corridor",
    what="the lower and the upper bound in nats",
    names=["weights", "means"],
    truth=lambda w, m: np.array([_upper(w, m) - _entropy(w), _upper(w, m)]),
    stages=[Stage("mixtures of one to four bells", _WEIGHTS)],
    unit="nats",
    slips={
        "The two bounds are in the wrong order: the lower one comes first.": lambda w, m: np.array(
            [_upper(w, m), _upper(w, m) - _entropy(w)]
        ),
        "The entropy of the weights is in bits; take the natural logarithm.": lambda w, m: np.array(
            [_upper(w, m) - _entropy(w) / np.log(2), _upper(w, m)]
        ),
        "The corridor is the entropy of the weights wide, the logarithm of their number only if they are equal.": (
            lambda w, m: np.array([_upper(w, m) - np.log(len(w)), _upper(w, m)])
        ),
        "The entropy is added above; it is subtracted below.": lambda w, m: np.array(
            [_upper(w, m), _upper(w, m) + _entropy(w)]
        ),
        "The entropy is subtracted below and added above. Above, the mean divergence is enough.": lambda w, m: np.array(
            [_upper(w, m) - _entropy(w), _upper(w, m) + _entropy(w)]
        ),
        "A half is missing: a bell that is shifted by m has the divergence m²/2.": lambda w, m: np.array(
            [2 * _upper(w, m) - _entropy(w), 2 * _upper(w, m)]
        ),
        "The pieces have no weights: that is the plain mean of their divergences.": lambda w, m: (
            np.mean(np.square(m)) / 2 - np.array([_entropy(w), 0])
        ),
        "The divergences are added without weights.": lambda w, m: (
            np.sum(np.square(m)) / 2 - np.array([_entropy(w), 0])
        ),
        "That is the shift of the mixture's mean. Square the mean of each piece first, then weigh.": lambda w, m: (
            np.dot(w, m) ** 2 / 2 - np.array([_entropy(w), 0])
        ),
        "The means are not squared.": lambda w, m: np.dot(w, m) / 2 - np.array([_entropy(w), 0]),
        "The lower bound is cut off at 0. That is true of the divergence, but asked is what the formula gives.": (
            lambda w, m: np.array([max(_upper(w, m) - _entropy(w), 0), _upper(w, m)])
        ),
        "The sign of the entropy is wrong in the lower bound: entropy is not negative, and it is subtracted.": (
            lambda w, m: np.array([_upper(w, m) + _entropy(w), _upper(w, m)])
        ),
    },
)

_QUARTERS = st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0])


def _kl(m: Any, v: Any, n: Any, w: Any) -> Any:
    return klnotes.gaussian_kl(m, np.sqrt(v), n, np.sqrt(w))


variances_kl = Check(
    name="variances_kl",
    what="KL(N(mean0, var0)‖N(mean1, var1)) in nats",
    names=["mean0", "var0", "mean1", "var1"],
    truth=_kl,
    stages=[Stage("pairs of bell curves", st.tuples(_MEANS, _QUARTERS, _MEANS, _QUARTERS))],
    unit="nats",
    slips={
        "The logarithm is upside down, and so the result may be negative, which no divergence is.": lambda m, v, n, w: (
            _kl(m, v, n, w) - np.log(w / v)
        ),
        _OTHER_WAY: lambda m, v, n, w: _kl(n, w, m, v),
        "The variances are taken for standard deviations. They are squared already.": lambda m, v, n, w: (
            klnotes.gaussian_kl(m, v, n, w)
        ),
        "The half in front is missing.": lambda m, v, n, w: 2 * _kl(m, v, n, w),
        "1 is not subtracted: two equal bells must give 0.": lambda m, v, n, w: _kl(m, v, n, w) + 1 / 2,
        "Half is subtracted inside the bracket; it is 1 there.": lambda m, v, n, w: _kl(m, v, n, w) + 1 / 4,
        "The logarithm of the variances is twice too large: it has a half in front.": lambda m, v, n, w: (
            _kl(m, v, n, w) + np.log(w / v) / 2
        ),
        "The logarithm of the variances is halved once too often.": lambda m, v, n, w: (
            _kl(m, v, n, w) - np.log(w / v) / 4
        ),
        "The logarithm is missing.": lambda m, v, n, w: _kl(m, v, n, w) - np.log(w / v) / 2,
        "The distance of the means is not squared.": lambda m, v, n, w: _kl(0, v, 0, w) + abs(m - n) / (2 * w),
        "The means do not enter.": lambda m, v, n, w: _kl(0, v, 0, w) + 0 * (m + n),
        "The squared distance of the means is divided by the first variance; it is the second.": lambda m, v, n, w: (
            _kl(0, v, 0, w) + (m - n) ** 2 / (2 * v)
        ),
        "The absolute value makes a wrong number positive. Which sign is wrong inside?": lambda m, v, n, w: abs(
            _kl(m, v, n, w) - np.log(w / v)
        ),
        "What is negative is replaced by 0, and so the wrong sign is hidden. Put it right.": lambda m, v, n, w: max(
            _kl(m, v, n, w) - np.log(w / v), 0.0
        ),
        "Both directions are added.": lambda m, v, n, w: _kl(m, v, n, w) + _kl(n, w, m, v),
    },
)


def _nats(m: float, v: float, n: float, w: float) -> float:
    return float(klnotes.gaussian_kl(m, v, n, w))


def _geometric(s: float, t: float) -> float:
    return math.log((1 - s) / (1 - t)) + s / (1 - s) * math.log(s / t)


# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "shift": Number(
        "shift",
        lambda: _nats(2, 1, 0, 1),
        "nats",
        {
            "The half in front is missing.": lambda: 2 * _nats(2, 1, 0, 1),
            "The shift is not squared. It must be.": lambda: 2 / 2,
            "That is for centers that are one width apart.": lambda: _nats(1, 1, 0, 1),
        },
    ),
    "stretch": [
        Number(
            "the narrow one as P",
            lambda: _nats(0, 1, 0, 3),
            "nats",
            {
                "That is the other direction.": lambda: _nats(0, 3, 0, 1),
                "The half in front is missing.": lambda: 2 * _nats(0, 1, 0, 3),
                "The ratio is that of the widths. Square it.": lambda: _nats(0, 1, 0, math.sqrt(3)),
                "The logarithm has the wrong sign: it is subtracted, and that of 1/9 is negative.": lambda: (
                    (1 / 9 - 1 - math.log(9)) / 2
                ),
                "The 1 is not subtracted.": lambda: _nats(0, 1, 0, 3) + 1 / 2,
            },
        ),
        Number(
            "the wide one as P",
            lambda: _nats(0, 3, 0, 1),
            "nats",
            {
                "That is the other direction.": lambda: _nats(0, 1, 0, 3),
                "The half in front is missing.": lambda: 2 * _nats(0, 3, 0, 1),
                "The ratio is that of the widths. Square it.": lambda: _nats(0, math.sqrt(3), 0, 1),
                "The logarithm is added. It is subtracted: r - 1 - ln r.": lambda: (9 - 1 + math.log(9)) / 2,
                "The 1 is not subtracted.": lambda: _nats(0, 3, 0, 1) + 1 / 2,
            },
        ),
        Choice(
            "the more expensive mistake",
            lambda: "b" if _nats(0, 3, 0, 1) > _nats(0, 1, 0, 3) else "a",
            {
                "a": "A model that is too wide is Q, and the truth P is the narrow one. Compare your two numbers.",
                "b": "It hardly expects what lies far out, and there P brings something.",
            },
        ),
    ],
    "fahrenheit": [
        Number(
            "the divergence is multiplied by",
            lambda: _nats(1.8, 2 * 1.8, 0, 1.8) / _nats(1, 2, 0, 1),
            "",
            {
                "It has no unit of temperature. Shift and stretch are measured in widths of Q.": lambda: 1.8,
                "It is no mean squared error: shift and stretch are measured in widths of Q.": lambda: 1.8**2,
            },
        ),
        Number(
            "to each entropy is added",
            lambda: math.log(1.8),
            "nats",
            {
                "That is the factor. The entropy grows by its logarithm.": lambda: 1.8,
                "That is the logarithm of the squared factor.": lambda: 2 * math.log(1.8),
                "There is a half too much: the width is multiplied by 1.8, and not the variance.": lambda: (
                    math.log(1.8) / 2
                ),
                "The 32 moves the curve, and stretches nothing.": lambda: math.log(1.8 + 32),
            },
        ),
        Number(
            "W₂ is multiplied by",
            lambda: 1.8,
            "",
            {
                "That is what its square is multiplied by.": lambda: 1.8**2,
                "It is a temperature, and those become larger.": lambda: 1.0,
                "The 32 is added to both, and does not change how far apart they are.": lambda: 1.8 + 32,
            },
        ),
    ],
    "geometric": Number(
        "geometric",
        lambda: _geometric(1 / 2, 1 / 3),
        "nats",
        {
            "That is the other direction: the success rate of P is 1/2.": lambda: _geometric(1 / 3, 1 / 2),
            "That is A(η) - A(θ). The line that touches at θ must be subtracted.": lambda: math.log(3 / 4),
            "That is (η - θ) m(θ) with a minus. A(η) - A(θ) is missing.": lambda: -math.log(2 / 3),
            "The mean is that of η. The mean under P is m(θ).": lambda: math.log(3 / 4) - math.log(2 / 3) / 2,
            "That is the divergence of two coins. Here a game is repeated until it fails.": lambda: float(
                klnotes.bernoulli_kl(1 / 2, 1 / 3)
            ),
        },
    ),
    "bumps": [
        Number(
            "at least",
            lambda: _nats(3, 1, 0, 1) - math.log(2),
            "nats",
            {
                "That is the upper bound.": lambda: _nats(3, 1, 0, 1),
                "A half is missing: that before the squared shift, or the weight of each piece.": lambda: (
                    2 * _nats(3, 1, 0, 1) - math.log(2)
                ),
                "The entropy of the weights is added. It must be subtracted.": lambda: _nats(3, 1, 0, 1) + math.log(2),
                "The entropy of the weights is in bits.": lambda: _nats(3, 1, 0, 1) - 1,
            },
        ),
        Number(
            "at most",
            lambda: _nats(3, 1, 0, 1),
            "nats",
            {
                "That is the lower bound.": lambda: _nats(3, 1, 0, 1) - math.log(2),
                "A half is missing: that before the squared shift, or the weight of each piece.": lambda: (
                    2 * _nats(3, 1, 0, 1)
                ),
                "That is for one bell curve with the mean and the variance of P.": lambda: _nats(
                    0, math.sqrt(10), 0, 1
                ),
            },
        ),
        Choice(
            "near",
            lambda: "a",
            {
                "a": "The bumps hardly overlap.",
                "b": "That is so if the bumps overlap nearly everywhere. These lie six widths apart.",
            },
        ),
    ],
    "program": standard_kl,
}
