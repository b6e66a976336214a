"""The tasks of the exercises on the Wasserstein distance."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

import klnotes
from klnotes.check._engine.answers import DISTRIBUTION, Choice, Construction, Number
from klnotes.check._engine.hints import loops
from klnotes.check._engine.inputs import distributions
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["batches", "bill", "critic", "dual", "line", "near_and_infinite", "samples", "which_changes"]


def _pieces(x: Any, p: Any, q: Any) -> Any:
    """For each piece of the road what passes it, with a sign, and its length: thm-wasserstein-line."""
    return np.cumsum(p - q)[:-1], np.diff(x)


def _bills(x: Any, p: Any, q: Any) -> Any:
    passing, lengths = _pieces(x, p, q)
    return np.abs(passing) * lengths


def _bill(x: Any, p: Any, q: Any) -> Any:
    return _bills(x, p, q).sum()


def _apart(x: Any, p: Any, q: Any) -> Any:
    return np.abs(x @ (p - q))


def _squares(x: Any, p: Any, q: Any) -> Any:
    cuts = np.unique(np.round(np.concatenate([[0.0], np.cumsum(p), np.cumsum(q)]), 12))
    middles = (cuts[1:] + cuts[:-1]) / 2
    whence, where = (x[np.searchsorted(np.cumsum(r), middles).clip(max=len(r) - 1)] for r in (p, q))
    return np.diff(cuts) @ (whence - where) ** 2


def _sorted_values(p: Any, q: Any) -> Any:
    return np.abs(np.sort(p) - np.sort(q)).mean()


def _independent(x: Any, p: Any, q: Any) -> Any:
    return p @ np.abs(x[:, None] - x) @ q


_ROAD = np.array([0.0, 2, 5, 6]), np.array([0.1, 0.5, 0.2, 0.2]), np.array([0.4, 0.1, 0.1, 0.4])

bill = Number(
    "bill",
    lambda: _bill(*_ROAD),
    "",
    {
        "That is how far the two means are apart. What passes a cut to the left must be paid, too.": lambda: _apart(
            *_ROAD
        ),
        "That is the total variation distance: how much is moved, not how far.": lambda: klnotes.total_variation(
            *_ROAD[1:]
        ),
        "Each piece of the road counts as 1 km. Multiply by its length.": lambda: np.abs(_pieces(*_ROAD)[0]).sum(),
        "That is the bill in squares. Asked is that in kilometers.": lambda: _squares(*_ROAD),
        "That is W₂. Asked is W₁.": lambda: np.sqrt(_squares(*_ROAD)),
        "That is the bill of the plan p(x) q(y), which carries bikes to and fro.": lambda: _independent(*_ROAD),
        "That is the first piece of the road only.": lambda: _bills(*_ROAD)[0],
        "That is in meters. Asked is the bill in kilometers.": lambda: 1000 * _bill(*_ROAD),
    },
)


def _lists(n: int) -> st.SearchStrategy[Any]:
    return st.lists(st.integers(-4, 9), min_size=n, max_size=n).map(lambda drawn: np.array(drawn, dtype=np.float64))


def _paired(x: Any, y: Any) -> Any:
    return np.abs(np.sort(x) - np.sort(y))


samples = Check(
    name="samples",
    what="the Wasserstein distance of the samples",
    names=["x", "y"],
    truth=lambda x, y: _paired(x, y).mean(),
    stages=[Stage("two samples of one size", st.integers(1, 4).flatmap(lambda n: st.tuples(_lists(n), _lists(n))))],
    slips={
        "It pairs the numbers in the order in which they came. Sort both first.": lambda x, y: np.abs(x - y).mean(),
        "It sorts the first sample only.": lambda x, y: np.abs(np.sort(x) - y).mean(),
        "It sorts the second sample only.": lambda x, y: np.abs(x - np.sort(y)).mean(),
        "One of the two is sorted downward: the smallest must go to the smallest.": lambda x, y: np.abs(
            np.sort(x) - np.sort(y)[::-1]
        ).mean(),
        "That is the sum over the pairs. Each number has the share 1/n.": lambda x, y: _paired(x, y).sum(),
        "That is how far the two means are apart: the signs must go before the mean is taken.": lambda x, y: np.abs(
            x.mean() - y.mean()
        ),
        "That is the mean of one sample minus that of the other.": lambda x, y: x.mean() - y.mean(),
        "That is the mean of the other sample minus that of the one.": lambda x, y: y.mean() - x.mean(),
        "That is W₂. Asked is W₁, without squares.": lambda x, y: np.sqrt((_paired(x, y) ** 2).mean()),
        "These are squares of distances. Asked is the mean of the distances.": lambda x, y: (_paired(x, y) ** 2).mean(),
        "Each number goes to the nearest of the other sample. So some goals are used twice.": lambda x, y: (
            np.abs(x[:, None] - y).min(axis=1).mean()
        ),
        "Each number of the second sample comes from the nearest of the first. So some are used twice.": lambda x, y: (
            np.abs(x[:, None] - y).min(axis=0).mean()
        ),
        "That is the mean over all pairs, the bill of a plan that mixes everything.": lambda x, y: np.abs(
            x[:, None] - y
        ).mean(),
        "That is the longest trip. Asked is the mean of the trips.": lambda x, y: _paired(x, y).max(),
        "That is a median. Asked is the mean.": lambda x, y: np.median(_paired(x, y)),
        "These are the trips. Asked is their mean.": _paired,
        "It divides by n - 1. There are n pairs, each with the share 1/n.": lambda x, y: (
            _paired(x, y).sum() / (len(x) - 1)
        ),
        **loops(lambda x, y: _paired(x, y) / len(x), "pair"),
    },
)


@st.composite
def _roads(draw: st.DrawFn, least: int) -> Any:
    """Stations on a road, in order, and two distributions of bikes."""
    n = draw(st.integers(2, 4))
    steps = draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    return np.cumsum(steps, dtype=np.float64) - steps[0], draw(distributions(n, least)), draw(distributions(n, least))


_STAGES = [
    Stage("distributions without zeros", _roads(1)),
    Stage("distributions with zeros", _roads(0), "Think of the stations that have no bikes, or want none.", zeros=True),
]

line = Check(
    name="line",
    what="the Wasserstein distance on a line",
    names=["x", "p", "q"],
    truth=_bill,
    stages=_STAGES,
    slips={
        "It takes the probabilities for places, and compares the sorted lists. Hand over the places, and the "
        "probabilities as weights.": lambda x, p, q: _sorted_values(p, q),
        "It takes the probabilities for places. Where does x enter?": lambda x, p, q: np.abs(p - q).mean(),
        "Each piece of the road counts as 1. Multiply by its length.": lambda x, p, q: np.abs(
            _pieces(x, p, q)[0]
        ).sum(),
        "That is how far the two means are apart. Take |F - G| before you add up.": _apart,
        "That is the mean of one minus the mean of the other.": lambda x, p, q: x @ (p - q),
        "That is the mean of the other minus the mean of the one.": lambda x, p, q: x @ (q - p),
        "That is the total variation distance: how much is moved, not how far.": lambda x, p, q: (
            klnotes.total_variation(p, q)
        ),
        "It takes p - q at each station. What passes a cut is the running sum of it.": lambda x, p, q: np.sum(
            np.abs(p - q)[:-1] * np.diff(x)
        ),
        "It counts each difference with its place. A bike pays for its trip, not for where it is.": lambda x, p, q: (
            np.abs(p - q) @ x
        ),
        "That is W₂. Asked is W₁.": lambda x, p, q: np.sqrt(_squares(x, p, q)),
        "That is the bill in squares. Asked is that in distances.": _squares,
        "That is the bill of the plan p(x) q(y), which carries bikes to and fro.": _independent,
        "It multiplies by the distance from the first station, not by the length of the piece.": lambda x, p, q: (
            np.abs(_pieces(x, p, q)[0]) @ x[1:]
        ),
        "These are the bills of the pieces of road. Asked is their sum.": _bills,
        "It squares what passes. Take |F - G|.": lambda x, p, q: np.sum(_pieces(x, p, q)[0] ** 2 * np.diff(x)),
        **loops(_bills, "piece of road"),
    },
)


def _critic(x: Any, p: Any, q: Any) -> Any:
    passing, lengths = _pieces(x, p, q)
    return np.concatenate([[0.0], np.cumsum(-np.sign(np.round(passing, 12)) * lengths)])


def _is_best(f: Any, x: Any, p: Any, q: Any) -> bool:
    steep = np.abs(np.diff(f)) <= np.diff(x) * (1 + 1e-9) + 1e-9
    return bool(f.shape == x.shape and steep.all() and f @ (p - q) >= _bill(x, p, q) - 1e-9)


critic = Check(
    name="critic",
    what="the prices of a best critic",
    names=["x", "p", "q"],
    truth=_critic,
    stages=_STAGES,
    accepts=_is_best,
    slips={
        "It goes the wrong way: where F is larger than G, bikes go to the right, and a price must fall.": (
            lambda x, p, q: -_critic(x, p, q)
        ),
        "Each step is 1. It may be as long as the piece of road.": lambda x, p, q: np.concatenate(
            [[0.0], np.cumsum(-np.sign(np.round(_pieces(x, p, q)[0], 12)))]
        ),
        "It has one slope everywhere, downward. Where F is smaller than G it must rise.": lambda x, p, q: -x,
        "It has one slope everywhere, upward. Where F is larger than G it must fall.": lambda x, p, q: x,
        "It is 1 where P has more and -1 where Q has more. Between near stations that is too steep, and between far "
        "ones too flat.": lambda x, p, q: np.sign(np.round(p - q, 12)),
        "These are the differences p - q. Asked are prices for which the sum of f (p - q) is as large as it can be.": (
            lambda x, p, q: p - q
        ),
        "It is as steep as F - G is large. It should be as steep as allowed.": lambda x, p, q: np.concatenate(
            [[0.0], np.cumsum(-_pieces(x, p, q)[0] * np.diff(x))]
        ),
        "That is the bill. Asked is a price for each station.": _bill,
        "These are the steps between the stations. Add them up, from 0 on: one price for each station.": (
            lambda x, p, q: np.diff(_critic(x, p, q))
        ),
    },
)

dual = Proof(
    "dual",
    {
        "A": {},
        "B": {},
        "C": {
            "A": "It subtracts two sums over the plan. The one with f(x) is not there yet.",
            "B": "It subtracts two sums over the plan. The one with f(y) is not there yet.",
        },
        "D": {},
        "E": {
            "C": "It bounds a sum over the plan. Which sum is that of f (p - q)?",
            "D": "Why is each term at most as large?",
        },
        "F": {"E": "It takes a special plan in something that must hold for each plan."},
    },
    {
        "G": "There is a best critic, but not each critic is one: f = 0 asks for nothing.",
    },
)

which_changes = Choice(
    "which_changes",
    lambda: "d",
    {
        "a": "The divergence adds up over the colors. The order of the terms makes no difference.",
        "b": "Jensen-Shannon is made of two divergences; the order of the terms makes no difference to them.",
        "c": "Total variation adds up over the colors. The order of the terms makes no difference.",
        "d": "It needs a distance between colors, and the numbering made one up. Another numbering makes another.",
    },
)

_GIVEN = np.array([0.97, 0.01, 0.01, 0.01])

near_and_infinite = Construction(
    "near_and_infinite",
    (4,),
    [
        DISTRIBUTION,
        (
            "The divergence from Q to P is finite: Q must exclude something that P allows.",
            lambda q: bool(np.any(q == 0)),
        ),
        (
            "W₁ is above 0.05 km. Move less, or not so far.",
            lambda q: bool(_bill(np.arange(4.0), _GIVEN, q) <= 0.05 + 1e-12),
        ),
    ],
    "The divergence is infinite, and hardly anything has been carried.",
)

batches = Number(
    "batches",
    lambda: 2 * 0.25 * 0.75,
    "",
    {
        "That is the distance of the two distributions. Asked is the mean over batches.": lambda: 0.0,
        "That is heads against tails only. Tails against heads is as probable.": lambda: 0.25 * 0.75,
        "That is the mean loss of a generator that shows no heads. Asked is that for the right coin.": lambda: 0.25,
        "That is how often the two tosses agree. The loss is 1 where they differ.": lambda: 1 - 2 * 0.25 * 0.75,
        "That is the mean loss of a generator that shows heads only.": lambda: 0.75,
    },
)

# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "minute": Number(
        "minute",
        lambda: (2 + 3) / 2,
        slips={
            "That is the sum of the two trips. Half of the bikes make each.": lambda: 5.0,
            "Here the two trips cancel. Both cost: add their lengths, without signs.": lambda: 0.5,
            "That is W₂.": lambda: float(np.sqrt((4 + 9) / 2)),
        },
    ),
    "sorted": [
        Number(
            "W₁, in kilometers",
            lambda: float(_paired(np.array([4.0, 1, 7]), np.array([2.0, 9, 4])).mean()),
            slips={
                "Sort both samples first.": lambda: (2 + 8 + 3) / 3,
                "That is the sum over the pairs.": lambda: 3.0,
                "That is W₂.": lambda: float(np.sqrt(5 / 3)),
            },
        ),
        Number(
            "W₂, in kilometers",
            lambda: float(np.sqrt((_paired(np.array([4.0, 1, 7]), np.array([2.0, 9, 4])) ** 2).mean())),
            slips={
                "The root is missing.": lambda: 5 / 3,
                "Sort both samples first.": lambda: float(np.sqrt((4 + 64 + 9) / 3)),
                "The squares are averaged, not added.": lambda: float(np.sqrt(5)),
            },
        ),
    ],
    "outlier": [
        Number(
            "total variation",
            lambda: float(klnotes.total_variation([0.99, 0.01], [1, 0])),
            slips={"That is the sum over both places; half of it counts.": lambda: 0.02},
        ),
        Number(
            "W₁, in kilometers",
            lambda: 0.01 * 1000,
            slips={"Only a hundredth of the bikes makes the trip.": lambda: 1000.0, "That is W₂.": lambda: 100.0},
        ),
        Number(
            "W₂, in kilometers",
            lambda: float(np.sqrt(0.01 * 1000**2)),
            slips={"The root is missing.": lambda: 0.01 * 1000**2, "That is W₁.": lambda: 10.0},
        ),
        Number(
            "D(Q‖P)",
            lambda: float(klnotes.kl_divergence([1, 0], [0.99, 0.01])),
            "nats",
            {
                "That is the other direction: Q excludes kilometer 1000.": lambda: np.inf,
                "That is the logarithm of the rare share.": lambda: float(-np.log(0.01)),
            },
        ),
    ],
    "units": Number(
        "W₂, in millimeters",
        lambda: 0.3 * 10,
        slips={
            "The other way: a centimeter has ten millimeters.": lambda: 0.03,
            "That is still in centimeters.": lambda: 0.3,
        },
    ),
    "normal": Number(
        "its standard deviation",
        lambda: 3 + float(np.sqrt(5**2 - 3**2)),
        slips={
            "That is the difference of the two.": lambda: 4.0,
            "That is the variance.": lambda: 49.0,
            "A standard deviation is not negative.": lambda: -1.0,
            "The mean uses up a part of the distance: 25 = 9 + 16.": lambda: 8.0,
        },
    ),
    "program": samples,
}
