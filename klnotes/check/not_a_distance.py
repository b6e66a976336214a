"""The tasks of the exercises on what the divergence is instead of a distance."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import brentq

import klnotes
from klnotes.check._engine.answers import DISTRIBUTION, Choice, Construction, Number
from klnotes.check._engine.hints import MEAN, SUM_MISSING, ZERO_TIMES_LOG, loops
from klnotes.check._engine.inputs import TWO, TWO_RARE, distributions
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["closest", "jeffreys", "same_both_ways", "saving", "steps", "straight_road", "which_grows"]

_P, _R, _Q = [1 / 2, 1 / 2], [1 / 4, 3 / 4], [1 / 8, 7 / 8]


def _bits(p: Any, q: Any) -> float:
    return float(klnotes.kl_divergence(p, q, unit="bits"))


saving = Number(
    "saving",
    lambda: _bits(_P, _Q) - _bits(_P, _R) - _bits(_R, _Q),
    "bits",
    {
        "That is the direct way. Asked is what the stop saves.": lambda: _bits(_P, _Q),
        "That is what both legs cost. Asked is how much less that is than the direct way.": lambda: (
            _bits(_P, _R) + _bits(_R, _Q)
        ),
        "That is the first leg, from the fair coin to the stop.": lambda: _bits(_P, _R),
        "That is the second leg, from the stop on.": lambda: _bits(_R, _Q),
        "That is what is saved on the way back. Start at the fair coin.": lambda: (
            _bits(_Q, _P) - _bits(_Q, _R) - _bits(_R, _P)
        ),
        "That is J(M, Q). Is the stop halfway? Find t, and the factor t/(1 - t).": lambda: (
            _bits(_R, _Q) + _bits(_Q, _R)
        ),
        "That is the direct way without the first leg. The second one must be paid, too.": lambda: (
            _bits(_P, _Q) - _bits(_P, _R)
        ),
        "That is the share that is saved. Asked is how many bits.": lambda: (
            1 - (_bits(_P, _R) + _bits(_R, _Q)) / _bits(_P, _Q)
        ),
    },
)


def _both(p: Any, q: Any) -> Any:
    return klnotes.kl_divergence(p, q) + klnotes.kl_divergence(q, p)


def _jeffreys_terms(p: Any, q: Any) -> Any:
    return klnotes.kl_terms(p, q) + klnotes.kl_terms(q, p)


jeffreys = Check(
    name="jeffreys",
    what="the Jeffreys divergence in nats",
    names=["p", "q"],
    truth=_both,
    stages=[*TWO, TWO_RARE],
    unit="nats",
    slips={
        "That is the divergence in one direction, KL(P‖Q). Add the other one.": klnotes.kl_divergence,
        "That is the divergence in one direction, KL(Q‖P). Add the other one.": lambda p, q: klnotes.kl_divergence(
            q, p
        ),
        "That is the mean of both directions; asked is their sum.": lambda p, q: _both(p, q) / 2,
        "That is twice one direction. The other one has another value in general.": lambda p, q: (
            2 * klnotes.kl_divergence(p, q)
        ),
        "That is the difference of the two directions, the sum of (p + q) log(p/q). Take p - q.": lambda p, q: (
            klnotes.kl_divergence(p, q) - klnotes.kl_divergence(q, p)
        ),
        "That is how much the two directions differ; asked is their sum.": lambda p, q: np.abs(
            klnotes.kl_divergence(p, q) - klnotes.kl_divergence(q, p)
        ),
        "That is the larger of the two directions; asked is their sum.": lambda p, q: np.maximum(
            klnotes.kl_divergence(p, q), klnotes.kl_divergence(q, p)
        ),
        "That is the smaller of the two directions; asked is their sum.": lambda p, q: np.minimum(
            klnotes.kl_divergence(p, q), klnotes.kl_divergence(q, p)
        ),
        "The logarithm is weighted with |p - q|, so that its sign stays. Weight it with p - q.": lambda p, q: np.sum(
            np.abs(p - q) * np.log(p / q)
        ),
        "That is the Jensen-Shannon divergence.": klnotes.js_divergence,
        "That is the root of it.": lambda p, q: np.sqrt(_both(p, q)),
        "The logarithms are squared; the weight is p - q.": lambda p, q: np.sum((p - q) * np.log(p / q) ** 2),
        MEAN: lambda p, q: _both(p, q) / len(p),
        SUM_MISSING: _jeffreys_terms,
        ZERO_TIMES_LOG + " That also holds where both probabilities are 0.": lambda p, q: np.sum(
            (p - q) * np.log(p / q)
        ),
        "It leaves out the outcomes that one of the two excludes. If the other allows one of them, the value is inf.": (
            lambda p, q: np.sum(_jeffreys_terms(p, q)[(p > 0) & (q > 0)])
        ),
        "It is inf only where Q excludes what P allows; the other way round it is, too.": lambda p, q: np.sum(
            _jeffreys_terms(p, q)[p > 0]
        ),
        **loops(_jeffreys_terms),
    },
    guards=[
        lambda put_in, p, q: np.sum((p - q) * np.log(put_in(p) / put_in(q))),
        lambda put_in, p, q: np.sum((put_in(p) - put_in(q)) * np.log(put_in(p) / put_in(q))),
    ],
)

_GIVEN = np.array([0.5, 0.3, 0.2])

same_both_ways = Construction(
    "same_both_ways",
    (3,),
    [
        DISTRIBUTION,
        ("No entry may be 0: one of the two directions would be infinite.", lambda q: bool(np.all(q > 0))),
        (
            "That is P, or nearly so. Some entry must differ by 0.01 or more.",
            lambda q: np.abs(q - _GIVEN).max() > 0.0099,
        ),
        (
            "The two directions differ.",
            lambda q: bool(
                np.isclose(
                    klnotes.kl_divergence(_GIVEN, q, normalize=True),
                    klnotes.kl_divergence(q, _GIVEN, normalize=True),
                    rtol=1e-6,
                    atol=0,
                )
            ),
        ),
    ],
    "Both directions agree. (If Q is P with two entries exchanged, the same exchange turns Q into P.)",
)

straight_road = Proof(
    "straight_road",
    {
        "E": {},
        "B": {"E": "The lemma has its conditions: which outcomes do M and Q have?"},
        "D": {},
        "A": {
            "B": "It puts something into the sum of the lemma.",
            "D": "It needs p - m as a multiple of m - q.",
        },
        "F": {"A": "It speaks of the terms of a sum that is not there yet."},
        "G": {"F": "That the sum is positive must be shown first."},
    },
    {"C": "That is the triangle inequality, and the divergence does not satisfy it. What is shown here is why."},
)


def _legs(p: Any, q: Any, n: int) -> Any:
    road = p + np.linspace(0, 1, n + 1)[:, None] * (q - p)
    road[-1] = q
    return klnotes.kl_divergence(road[:-1], road[1:], normalize=True)


def _steps(p: Any, q: Any, n: int) -> Any:
    return _legs(p, q, n).sum()


def _road(p: Any, q: Any, n: int) -> Any:
    return [p + k / n * (q - p) for k in range(n)] + [q]


def _roads(least: int) -> st.SearchStrategy[Any]:
    """Two distributions and a number of legs."""
    sizes = st.integers(2, 3)
    return sizes.flatmap(lambda k: st.tuples(distributions(k, least), distributions(k, least), st.integers(1, 5)))


def _along_logs(p: Any, q: Any, n: int) -> Any:
    road = np.array([p ** (1 - k / n) * q ** (k / n) for k in range(n + 1)])
    return klnotes.kl_divergence(road[:-1], road[1:], normalize=True).sum()


steps = Check(
    name="steps",
    what="the sum of the n legs in nats",
    names=["p", "q", "n"],
    truth=_steps,
    stages=[
        Stage("distributions without zeros", _roads(1)),
        Stage(
            "distributions with zeros",
            _roads(0),
            "Think of the outcomes that P or Q excludes: only the first leg or the last one meets a 0.",
            zeros=True,
        ),
    ],
    unit="nats",
    slips={
        "That is the direct way, without a stop.": lambda p, q, n: klnotes.kl_divergence(p, q),
        "That is the direct way divided by n. The legs must be computed.": lambda p, q, n: (
            klnotes.kl_divergence(p, q) / n
        ),
        "That is both directions of each leg, J(P,Q)/n. Asked is one direction.": lambda p, q, n: _both(p, q) / n,
        "The legs are measured backward, or the way leads from Q to P. Each leg is KL(here‖next).": lambda p, q, n: (
            _steps(q, p, n)
        ),
        "These are n + 1 legs: n legs have n - 1 stops between them.": lambda p, q, n: _steps(p, q, n + 1),
        "These are n - 1 legs: n legs need n + 1 points, P and Q among them.": lambda p, q, n: (
            _steps(p, q, n - 1) if n > 1 else 0.0
        ),
        "The last leg is missing.": lambda p, q, n: _legs(p, q, n)[:-1].sum(),
        "The first leg is missing.": lambda p, q, n: _legs(p, q, n)[1:].sum(),
        "That is the first leg only. Is the return inside the loop?": lambda p, q, n: _legs(p, q, n)[0],
        "That is the last leg only; add them up.": lambda p, q, n: _legs(p, q, n)[-1],
        "That is the mean of the legs; asked is their sum.": lambda p, q, n: _legs(p, q, n).mean(),
        "That is the longest leg; asked is the sum of all.": lambda p, q, n: _legs(p, q, n).max(),
        "Each leg starts at P. It must start where the one before has ended.": lambda p, q, n: sum(
            klnotes.kl_divergence(p, m, normalize=True) for m in _road(p, q, n)[1:]
        ),
        "Each leg ends at Q. It must end at the next stop.": lambda p, q, n: sum(
            klnotes.kl_divergence(m, q, normalize=True) for m in _road(p, q, n)[:-1]
        ),
        "The stops are not mixtures: they are equally spaced in the logarithms.": _along_logs,
        "These are the legs; asked is their sum.": _legs,
        "The roots of the legs are added.": lambda p, q, n: np.sqrt(_legs(p, q, n)).sum(),
        ZERO_TIMES_LOG: lambda p, q, n: sum(
            np.sum(a * np.log(a / b)) for a, b in zip(_road(p, q, n), _road(p, q, n)[1:], strict=False)
        ),
        "It leaves out the outcomes that Q excludes. If P allows one of them, the last leg is inf.": lambda p, q, n: (
            sum(
                klnotes.kl_terms(a, b, normalize=True)[b > 0].sum()
                for a, b in zip(_road(p, q, n), _road(p, q, n)[1:], strict=False)
            )
        ),
    },
    guards=[
        lambda put_in, p, q, n: sum(
            np.sum(a * np.log(put_in(a) / put_in(b))) for a, b in zip(_road(p, q, n), _road(p, q, n)[1:], strict=False)
        ),
    ],
)

which_grows = Choice(
    "which_grows",
    lambda: "c",
    {
        "a": "Towns are put into groups; that is a map, with no chance in it.",
        "b": "Every customer is passed on, by the same random map for both years. That cannot raise the divergence.",
        "c": "A customer who is left out is passed on as nothing: that is no map.",
        "d": "Each customer is passed on twice; that is a map, and here it can even be undone. The divergence stays.",
    },
)


def _power(q: Any, f: Any, c: float) -> float:
    def mean(power: float) -> float:
        return float(_tilted(q, f, power) @ f)

    return float(brentq(lambda power: mean(power) - c, -40, 40, xtol=1e-14, rtol=1e-14))


def _tilted(q: Any, f: Any, power: float) -> Any:
    weights = q * np.exp(power * f)
    return weights / weights.sum()


def _closest(q: Any, f: Any, c: float) -> Any:
    return _tilted(q, f, _power(q, f, c))


@st.composite
def _beliefs(draw: st.DrawFn, up: bool) -> Any:
    """A belief, values of the outcomes, and a mean above or below that of the belief."""
    n = draw(st.integers(2, 4))
    q, f = draw(distributions(n)), np.array(draw(st.permutations(range(n))))
    end, share = (f.max() if up else f.min()), draw(st.sampled_from([1 / 2, 1 / 4, 3 / 4]))
    return q, f, round(float(q @ f + share * (end - q @ f)), 3)


def _moved(q: Any, f: Any, c: float) -> Any:
    end = np.eye(len(q))[np.argmax(f) if c > q @ f else np.argmin(f)]
    return q + (c - q @ f) / (end @ f - q @ f) * (end - q)


def _plain(q: Any, f: Any, c: float) -> Any:
    d = f - f.mean()
    return q + (c - q @ f) * d / (d @ d)


def _other_argument(q: Any, f: Any, c: float) -> Any:
    """The distribution with this mean that is closest in the second argument: q over a line in f."""
    d = f - c
    low, high = -1 / d.max(), -1 / d.min()
    room = 1e-13 * (high - low)
    return q / (1 + brentq(lambda v: np.sum(q * d / (1 + v * d)), low + room, high - room, xtol=1e-15) * d)


closest = Check(
    name="closest",
    what="the distribution with this mean that is closest to the belief",
    names=["q", "f", "c"],
    truth=_closest,
    stages=[
        Stage("means above that of the belief", _beliefs(True)),
        Stage("means below that of the belief", _beliefs(False)),
    ],
    accepts=lambda p, q, f, c: np.allclose(p, _closest(q, f, c), rtol=0, atol=1e-6),
    slips={
        "It never tries a negative power. A mean below that of the belief needs one.": lambda q, f, c: (
            _closest(q, f, c) if c >= q @ f else q
        ),
        "It gives the belief back if the mean is to rise. There the power must be positive.": lambda q, f, c: (
            _closest(q, f, c) if c <= q @ f else q
        ),
        "It tilts the uniform distribution. Where does the belief q enter?": lambda q, f, c: _closest(
            np.ones(len(q)) / len(q), f, c
        ),
        "The weights q · exp(power · f) are not divided by their sum.": lambda q, f, c: q * np.exp(_power(q, f, c) * f),
        "These are the factors exp(power · f); multiply q by them, and divide by the sum.": lambda q, f, c: np.exp(
            _power(q, f, c) * f
        ),
        "That is the power. What is asked for is the tilted distribution.": _power,
        "It is closest in the other argument, KL(Q‖R). Here the first one varies.": _other_argument,
        "It moves probability to one outcome only. That has the right mean, but something else is closer.": _moved,
        "It is closest in squared differences. In a divergence, a difference weighs more where q is small.": _plain,
        "Its sum is 1 and its mean is not c: the powers go the wrong way.": lambda q, f, c: _tilted(
            q, f, -_power(q, f, c)
        ),
    },
)


def _coin(p: float, q: float) -> float:
    return float(klnotes.bernoulli_kl(p, q))


def _root_of_both(p: float, q: float) -> float:
    return math.sqrt(_coin(p, q) + _coin(q, p))


_FAIR, _RARE, _NEVER = 0.5, 0.01, math.exp(-100)
_BELIEF, _CAKES, _TRUTH = np.array([0.6, 0.3, 0.1]), np.arange(3.0), [0.4, 0, 0.6]


def _baker(p: Any, q: Any) -> float:
    return float(klnotes.kl_divergence(p, q))


def _baked() -> Any:
    return _closest(_BELIEF, _CAKES, 1.2)


# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "axioms": Choice(
        "axioms",
        lambda: "a",
        {
            "a": "Different distributions may have the same entropy.",
            "b": "It is symmetric: |a - b| is |b - a|.",
            "c": "For three numbers, |a - b| is at most |a - c| + |c - b|.",
        },
    ),
    "squared": [
        Number(
            "by way of 0.5",
            lambda: 0.3**2 + 0.3**2,
            "",
            {
                "The two steps are not squared.": lambda: 0.3 + 0.3,
                "That is one of the two steps.": lambda: 0.3**2,
                "That is the direct way, or the steps are added before they are squared. Square first.": lambda: (
                    (0.3 + 0.3) ** 2
                ),
            },
        ),
        Number(
            "directly",
            lambda: 0.6**2,
            "",
            {
                "That is the total variation. Its square is asked for.": lambda: 0.6,
                "That is the way over 0.5.": lambda: 0.3**2 + 0.3**2,
            },
        ),
    ],
    "root-of-both": [
        Number(
            "directly",
            lambda: _root_of_both(_FAIR, _NEVER),
            "",
            {
                "The root is missing.": lambda: _root_of_both(_FAIR, _NEVER) ** 2,
                "That is the root of one direction. J has both.": lambda: math.sqrt(_coin(_FAIR, _NEVER)),
            },
        ),
        Number(
            "by way of 0.01",
            lambda: _root_of_both(_FAIR, _RARE) + _root_of_both(_RARE, _NEVER),
            "",
            {
                "The roots are missing.": lambda: _root_of_both(_FAIR, _RARE) ** 2 + _root_of_both(_RARE, _NEVER) ** 2,
                "The root is taken of the sum. Take the root of each leg, then add.": lambda: math.hypot(
                    _root_of_both(_FAIR, _RARE), _root_of_both(_RARE, _NEVER)
                ),
                "These are the roots of one direction. J has both.": lambda: (
                    math.sqrt(_coin(_FAIR, _RARE)) + math.sqrt(_coin(_RARE, _NEVER))
                ),
                "That is the first leg.": lambda: _root_of_both(_FAIR, _RARE),
                "That is the second leg.": lambda: _root_of_both(_RARE, _NEVER),
            },
        ),
    ],
    "half": Number(
        "half",
        lambda: _coin(0.1, 0.9) - _coin(0.1, 0.5) - _coin(0.5, 0.9),
        "nats",
        {
            "That is the direct way. What does the stop save?": lambda: _coin(0.1, 0.9),
            "That is the first leg, to the fair coin.": lambda: _coin(0.1, 0.5),
            "That is the second leg, from the fair coin on.": lambda: _coin(0.5, 0.9),
            "These are the coins 0.4 and 0.6. With h = 0.4 they are 0.1 and 0.9.": lambda: 0.1 * math.log(0.6 / 0.4),
            "The factor h in front of the logarithm is missing.": lambda: math.log(0.9 / 0.1),
        },
    ),
    "nearby": Number(
        "nearby",
        lambda: 0.0008 / 2**2,
        "nats",
        {
            "The differences are halved. Nearby, the divergence is like their square.": lambda: 0.0008 / 2,
            "That is four times as far. The mixture is nearer to P than Q is.": lambda: 4 * 0.0008,
            "The mixture is nearer to P than Q is.": lambda: 0.0008,
        },
    ),
    "bakery": [
        Number(
            "from Q, with the mean 1.2",
            lambda: _baker(_TRUTH, _BELIEF),
            "nats",
            {
                "One leg is subtracted from the other.": lambda: _baker(_TRUTH, _baked()) - _baker(_baked(), _BELIEF),
                "The legs are squared, added, and the root is taken. A divergence is like a square already.": lambda: (
                    math.hypot(_baker(_TRUTH, _baked()), _baker(_baked(), _BELIEF))
                ),
                "There is a root too many: Pythagoras' theorem is about the divergences themselves.": lambda: math.sqrt(
                    _baker(_TRUTH, _BELIEF)
                ),
            },
        ),
        Choice(
            "with a mean above 1.2",
            lambda: "c",
            {
                "a": "That is so below the mean 1.2: there the last sum is negative.",
                "b": "That is so for the mean 1.2, where the last sum is 0.",
                "c": "λ is positive, and so is the last sum.",
            },
        ),
    ],
    "program": jeffreys,
}
