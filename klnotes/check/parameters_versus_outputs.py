"""The tasks of the exercises on networks, by their weights and by their outputs."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.special import softmax

import klnotes
from klnotes.check._engine.answers import Choice, Construction, Number
from klnotes.check._engine.inputs import distributions
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = [
    "cumulant",
    "far_twin",
    "half_variance",
    "output_divergence",
    "penalty",
    "stopped",
    "target_slopes",
    "untouched",
]

untouched = Choice(
    "untouched",
    lambda: "c",
    {
        "a": "The units have changed places in front and not behind: each output weight now gets another unit's "
        "output.",
        "b": "The sums before the rectifiers are 3 times the pixels' part and once the bias, which is not 3 times what "
        "they were, unless the biases are 0.",
        "c": "Each unit's output is 3 times what it was, and its weights behind are a third.",
        "d": "max(−t, 0) is not −max(t, 0): units that were at 0 are on, and the others are at 0.",
    },
)


@st.composite
def _networks(draw: st.DrawFn, least: int) -> Any:
    inputs, labels = draw(st.integers(1, 3)), draw(st.integers(2, 3))
    one, other = ([draw(distributions(labels, least)).tolist() for _ in range(inputs)] for _ in range(2))
    return one, other


def _each(p: Any, q: Any) -> Any:
    return np.atleast_1d(klnotes.kl_divergence(np.array(p), np.array(q)))


def _kept(p: Any, q: Any) -> Any:
    p, q = np.array(p), np.array(q)
    return np.where((p > 0) & (q > 0), p * np.log(p / q), 0).sum(axis=1).mean()


output_divergence = Check(
    name="output_divergence",
    what="the output divergence of the copy from the reference, in nats",
    names=["reference", "copy"],
    truth=lambda p, q: _each(p, q).mean(),
    stages=[
        Stage("readings without zeros", _networks(1)),
        Stage(
            "readings with zeros",
            _networks(0),
            "A label that the reference excludes adds nothing; one that only the copy excludes makes the mean inf.",
        ),
    ],
    unit="nats",
    slips={
        "The copy is taken as the reference: its probabilities are the weights. Swap the two.": lambda p, q: _each(
            q, p
        ).mean(),
        "The divergences of the inputs are added; what is asked for is their mean.": lambda p, q: _each(p, q).sum(),
        "That is divided by the number of labels, too; divide by the number of inputs.": lambda p, q: (
            _each(p, q).sum() / np.size(p)
        ),
        "That is divided by the number of labels; divide by the number of inputs.": lambda p, q: (
            _each(p, q).sum() / len(p[0])
        ),
        "The readings are averaged before they are compared. Differences on single inputs cancel so.": lambda p, q: (
            klnotes.kl_divergence(np.mean(p, axis=0), np.mean(q, axis=0), normalize=True)
        ),
        "That is the largest divergence of an input; the mean is asked for.": lambda p, q: _each(p, q).max(),
        "These are the divergences of the inputs; what is asked for is their mean.": _each,
        "It looks at the first input only. Is the return inside the loop?": lambda p, q: _each(p, q)[0],
        "It leaves out the last input.": lambda p, q: _each(p, q)[:-1].sum() / len(p),
        "It leaves out the labels that the copy excludes. If the reference has one of them, the value is inf.": _kept,
        "That is the cross-entropy; subtract the entropy of the reference, for each input.": lambda p, q: np.mean(
            klnotes.cross_entropy(np.array(p), np.array(q))
        ),
        "That is the mean squared difference of the probabilities. Ask what the copy costs in nats.": lambda p, q: (
            np.mean((np.array(p) - q) ** 2)
        ),
        "Both directions are added; the reference goes first, once.": lambda p, q: (_each(p, q) + _each(q, p)).mean(),
    },
)

far_twin = Construction(
    "far_twin",
    (2,),
    [
        ("Both knobs must be positive.", lambda w: bool(np.all(w > 0))),
        (
            "The distance from (2, 0.5) must be at least 5.",
            lambda w: math.hypot(w[0] - 2, w[1] - 0.5) >= 5,
        ),
        (
            "The divergence must be below a millionth of a nat. What must the product be?",
            lambda w: klnotes.kl_from_logits([1.0, 0.0], [w[0] * w[1], 0.0]) < 1e-6,
        ),
    ],
    "Far away in the file, and the same coin",
)


@st.composite
def _changes(draw: st.DrawFn) -> Any:
    n = draw(st.integers(2, 4))
    change = draw(st.lists(st.integers(-4, 4), min_size=n, max_size=n).filter(lambda v: len(set(v)) > 1))
    return draw(distributions(n)), np.array(change) / 4


def _variance(p: Any, v: Any) -> Any:
    return np.sum(p * (v - np.sum(p * v)) ** 2)


half_variance = Check(
    name="half_variance",
    what="half of the variance of the logits' change under P",
    names=["p", "v"],
    truth=lambda p, v: _variance(p, v) / 2,
    stages=[Stage("changes of some logits", _changes())],
    unit="nats",
    slips={
        "The mean is not subtracted. A change by the same number everywhere would cost something, and it moves no "
        "probability.": lambda p, v: np.sum(p * v**2) / 2,
        "The mean that is subtracted is the plain one; take the mean under P.": lambda p, v: (
            np.sum(p * (v - np.mean(v)) ** 2) / 2
        ),
        "That is the variance with equal weights, as np.var takes it. Weight with p.": lambda p, v: np.var(v) / 2,
        "The mean is the one under P, but the squares are averaged with equal weights.": lambda p, v: (
            np.mean((v - np.sum(p * v)) ** 2) / 2
        ),
        "That is the whole variance; asked is half of it.": _variance,
        "That is half of the standard deviation. Do not take the root.": lambda p, v: np.sqrt(_variance(p, v)) / 2,
        "That is the exact divergence. Asked is the forecast.": lambda p, v: klnotes.kl_from_logits(
            np.log(p), np.log(p) + v
        ),
        "The probabilities are squared.": lambda p, v: np.sum(p**2 * (v - np.sum(p * v)) ** 2) / 2,
        "The distances from the mean are not squared.": lambda p, v: np.sum(p * np.abs(v - np.sum(p * v))) / 2,
    },
)

cumulant = Proof(
    "cumulant",
    {
        "C": {},
        "A": {"C": "It takes the mean of a logarithm that has not been written down yet."},
        "E": {},
        "B": {
            "A": "It rewrites the divergence, which has no formula yet.",
        },
        "F": {
            "B": "It puts something into a logarithm that is not there yet.",
            "E": "It needs the mean of each part of the exponential.",
        },
        "D": {"F": "It speaks of what stands in the logarithm at last."},
    },
    {"G": "A mean of exponentials is not the exponential of the mean; if it were, the divergence would be 0."},
)


@st.composite
def _logit_pairs(draw: st.DrawFn) -> Any:
    n = draw(st.integers(2, 4))
    logits = st.lists(st.integers(-4, 4).map(lambda k: k / 2), min_size=n, max_size=n)
    pair = draw(logits), draw(logits)
    differences = {round(x - y, 9) for x, y in zip(*pair, strict=True)}
    return pair if len(differences) > 1 else (pair[0], [pair[0][0] + 1, *pair[0][1:]])


def _parts(a: Any, b: Any) -> tuple[Any, Any, Any, float]:
    p, q = softmax(a), softmax(b)
    return p, q, np.log(p / q), float(klnotes.kl_from_logits(a, b))


def _target(a: Any, b: Any) -> Any:
    p, _, ratio, kl = _parts(a, b)
    return p * (ratio - kl)


target_slopes = Check(
    name="target_slopes",
    what="the slope of KL(P‖Q) in each logit of P",
    names=["a", "b"],
    truth=_target,
    stages=[Stage("two lists of logits", _logit_pairs())],
    slips={
        "That is the gradient in the logits of Q, q − p.": lambda a, b: _parts(a, b)[1] - _parts(a, b)[0],
        "That is p − q, which is the gradient of neither.": lambda a, b: _parts(a, b)[0] - _parts(a, b)[1],
        "The sign is wrong: a label with more than the mean log-ratio has a positive slope.": lambda a, b: (
            -_target(a, b)
        ),
        "These are the terms p ln(p/q). Raising one logit lowers all other probabilities: subtract p·D.": lambda a, b: (
            _parts(a, b)[0] * _parts(a, b)[2]
        ),
        "D is subtracted from each term; subtract it from the log-ratio, before p multiplies it.": lambda a, b: (
            _parts(a, b)[0] * _parts(a, b)[2] - _parts(a, b)[3]
        ),
        "These are the log-ratios less D; multiply each by its p.": lambda a, b: _parts(a, b)[2] - _parts(a, b)[3],
        "The weights are q. These are logits of P: the weights are p.": lambda a, b: (
            _parts(a, b)[1] * (_parts(a, b)[2] - _parts(a, b)[3])
        ),
        "These are the slopes in the probabilities, as if each could be raised alone.": lambda a, b: (
            _parts(a, b)[2] + 1
        ),
        "The differences a − b are not centered: subtract their mean under P.": lambda a, b: (
            _parts(a, b)[0] * np.subtract(a, b)
        ),
        "The mean that is subtracted is the plain one; D is a mean under P.": lambda a, b: (
            _parts(a, b)[0] * (_parts(a, b)[2] - np.mean(_parts(a, b)[2]))
        ),
        "That is the slope of the cross-entropy; the entropy of P moves, too.": lambda a, b: (
            _parts(a, b)[0] * (-np.log(_parts(a, b)[1]) - klnotes.cross_entropy(_parts(a, b)[0], _parts(a, b)[1]))
        ),
        "That is the slope of the divergence the other way round, KL(Q‖P), in the logits of Q.": lambda a, b: _target(
            b, a
        ),
    },
)

stopped = Number(
    "stopped",
    lambda: 1.5,
    "",
    {
        "That is the whole slope over the stopped one; the stopped one goes on top.": lambda: 2 / 3,
        "That is c(c − 1), without the whole slope below it.": lambda: 6.0,
        "That is (c − 1)², the whole slope without its factor. Divide the stopped one by it.": lambda: 4.0,
        "That is c. What is the stopped slope divided by the whole one?": lambda: 3.0,
        "They are not equally large: the stopped slope has the factor c(c − 1), the whole one (c − 1)².": lambda: 1.0,
        "That is the ratio for c = ⅓.": lambda: -0.5,
    },
)

penalty = Choice(
    "penalty",
    lambda: "b",
    {
        "a": "L2 is 0 at the old weights and large for the permuted file, though that one reads as before.",
        "b": "It compares readings, and there is nothing to compare them with but pictures.",
        "c": "EWC needs old pictures once, for the diagonal of F. Then it looks at weights: the permuted file pays.",
        "d": "L1 adds up the sizes of the differences between two files. It, too, looks at the file.",
    },
)

# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "by-hand": Number(
        "by_hand",
        lambda: 0.5 * 0.5 * 0.5 * 0.2**2,
        "nats",
        {
            "Either the half is missing, or the mean change, 0.1, is not subtracted.": lambda: 0.01,
            "That is half of the square of 0.2. Take the variance of the changes 0.2 and 0, each with probability one "
            "half.": lambda: 0.2**2 / 2,
        },
    ),
    "penalties": Choice(
        "penalties",
        lambda: "c",
        {
            "a": "The permuted copy has other numbers in the same places.",
            "b": "It weighs the same differences of weights.",
            "c": "It looks at the readings alone.",
        },
    ),
    "stop": [
        Number(
            "stopped, in units of u",
            lambda: 0.5 * (0.5 - 1) / 4,
            slips={
                "That is the whole gradient.": lambda: (0.5 - 1) ** 2 / 4,
                "The quarter is missing.": lambda: 0.5 * (0.5 - 1),
            },
        ),
        Number(
            "whole, in units of u",
            lambda: (0.5 - 1) ** 2 / 4,
            slips={
                "That is the stopped gradient.": lambda: 0.5 * (0.5 - 1) / 4,
                "The quarter is missing.": lambda: (0.5 - 1) ** 2,
            },
        ),
    ],
    "program": output_divergence,
}
