"""The tasks of the exercises on distillation."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax

import klnotes
from klnotes.check._engine.answers import Choice, Construction, Number
from klnotes.check._engine.hints import MEAN, SUM_MISSING, loops
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["call", "hot_proof", "scaled_slopes", "soft_loss", "soft_targets", "tenth", "tied", "turn"]

_OVERFLOW = (
    "exp is inf for large numbers, and 0 for very negative ones. Which logit makes all exponents at most 0 if it is "
    "subtracted from all?"
)
_TEMPERATURES = st.sampled_from([0.5, 2.0, 4.0, 10.0])

tenth = Number(
    "tenth",
    lambda: 4 / math.log(9),
    "",
    {
        "That makes it one tenth of the other. Asked is a tenth of the whole: 1 to 9.": lambda: 4 / math.log(10),
        "That is the inverse: the difference of the logits, divided by T, is ln 9.": lambda: math.log(9) / 4,
        "The logits are divided by T, not multiplied.": lambda: 4 * math.log(9),
        "That is with the logarithm to base 2; softmax has the base e.": lambda: 4 / math.log2(9),
        "That is the ratio itself; take its logarithm.": lambda: 4 / 9,
    },
)


@st.composite
def _one(draw: st.DrawFn, scale: float) -> Any:
    n = draw(st.integers(2, 4))
    return draw(st.lists(st.integers(-3, 3).map(lambda a: a * scale), min_size=n, max_size=n)), draw(_TEMPERATURES)


soft_targets = Check(
    name="soft_targets",
    what="the soft targets",
    names=["v", "T"],
    truth=lambda v, t: klnotes.boltzmann_distribution(-np.array(v), t),
    stages=[
        Stage("logits of common size", _one(1.0)),
        Stage("logits in the thousands", _one(1000.0), _OVERFLOW),
    ],
    slips={
        "The logits are multiplied by T. A hot teacher must become softer: divide.": lambda v, t: softmax(
            np.array(v) * t
        ),
        "The temperature is not used.": lambda v, t: softmax(v),
        "The probabilities are divided by T. Divide the logits, then take the softmax.": lambda v, t: softmax(v) / t,
        "The softmax is taken twice. Divide the logits themselves by T.": lambda v, t: softmax(softmax(v) / t),
        "These are the exponentials; divide them by their sum.": lambda v, t: np.exp(np.array(v) / t),
        "These are the logarithms of the soft targets.": lambda v, t: log_softmax(np.array(v) / t),
        "The logits are divided by T; the softmax is missing.": lambda v, t: np.array(v) / t,
        "exp overflows for large logits. Subtract the largest one from all of them first: the softmax does not "
        "change.": lambda v, t: np.exp(np.array(v) / t) / np.exp(np.array(v) / t).sum(),
        "They are divided by the largest exponential, not by the sum.": lambda v, t: np.exp((np.array(v) - max(v)) / t),
        "The sum is that of the exponentials without T.": lambda v, t: (
            np.exp(np.array(v) / t) / np.exp(np.array(v)).sum()
        ),
    },
)


@st.composite
def _pair(draw: st.DrawFn, scale: float, *, plain: bool) -> Any:
    n = draw(st.integers(2, 4))
    lists = st.lists(st.integers(-3, 3).map(lambda a: a * scale), min_size=n, max_size=n)
    v, z, t = draw(lists), draw(lists), draw(_TEMPERATURES)
    return (v, z, t) if plain else (np.array(v), np.array(z), t)


def _soft(logits: Any, t: float) -> Any:
    return softmax(np.array(logits) / t)


def _centered(logits: Any) -> Any:
    return np.array(logits) - np.mean(logits)


def _reverse_slopes(v: Any, z: Any, t: float) -> Any:
    q, ratio = _soft(z, t), log_softmax(np.array(z) / t) - log_softmax(np.array(v) / t)
    return t * q * (ratio - q @ ratio)


scaled_slopes = Check(
    name="scaled_slopes",
    what="T² times the slopes of KL(teacher‖student) in the student's logits",
    names=["v", "z", "T"],
    truth=lambda v, z, t: t * (_soft(z, t) - _soft(v, t)),
    stages=[Stage("logits of common size", _pair(1.0, plain=True))],
    slips={
        "The sign is wrong: that is teacher minus student, the way in which the logits should go.": lambda v, z, t: (
            t * (_soft(v, t) - _soft(z, t))
        ),
        "These are the slopes themselves; T² is missing.": lambda v, z, t: (_soft(z, t) - _soft(v, t)) / t,
        "That is T² (q - p). The slope is (q - p)/T, as a logit is divided by T.": lambda v, z, t: (
            t**2 * (_soft(z, t) - _soft(v, t))
        ),
        "That is q - p. The slope is (q - p)/T, and T² is to come before it.": lambda v, z, t: (
            _soft(z, t) - _soft(v, t)
        ),
        "The logits are not divided by T.": lambda v, z, t: t * (_soft(z, 1) - _soft(v, 1)),
        "The teacher's logits are divided by T, and the student's are not.": lambda v, z, t: (
            t * (_soft(z, 1) - _soft(v, t))
        ),
        "The student's logits are divided by T, and the teacher's are not.": lambda v, z, t: (
            t * (_soft(z, t) - _soft(v, 1))
        ),
        "That is the limit for a hot teacher. At this T it is not reached.": lambda v, z, t: (
            (_centered(z) - _centered(v)) / len(v)
        ),
        "That is the difference of the logits; the softmax is missing.": lambda v, z, t: np.array(z) - np.array(v),
        "These are the slopes of the reverse divergence, KL(student‖teacher).": _reverse_slopes,
    },
)


def _loss(v: Any, z: Any, t: float) -> float:
    return float(t**2 * klnotes.kl_from_logits(v / t, z / t))


def _unguarded(v: Any, z: Any, t: float) -> Any:
    p, q = _soft(v, t), _soft(z, t)
    return t**2 * np.sum(p * np.log(p / q))


def _terms(v: Any, z: Any, t: float) -> Any:
    return t**2 * _soft(v, t) * (log_softmax(v / t) - log_softmax(z / t))


soft_loss = Check(
    name="soft_loss",
    what="T² KL(teacher‖student) in nats",
    names=["v", "z", "T"],
    truth=_loss,
    stages=[
        Stage("logits of common size", _pair(1.0, plain=False)),
        Stage(
            "logits in the thousands",
            _pair(1000.0, plain=False),
            "A probability may be 0 for the computer. Take the logarithms with log_softmax, not from probabilities.",
        ),
    ],
    unit="nats",
    slips={
        "The student's logits are not divided by T: it is asked to state at T = 1 what the teacher states at T.": (
            lambda v, z, t: t**2 * klnotes.kl_from_logits(v / t, z)
        ),
        "The teacher's logits are not divided by T.": lambda v, z, t: t**2 * klnotes.kl_from_logits(v, z / t),
        "The logits are not divided by T.": lambda v, z, t: t**2 * klnotes.kl_from_logits(v, z),
        "That is the reverse direction, KL(student‖teacher).": lambda v, z, t: (
            t**2 * klnotes.kl_from_logits(z / t, v / t)
        ),
        "T² is missing.": lambda v, z, t: klnotes.kl_from_logits(v / t, z / t),
        "The factor is T; it should be T².": lambda v, z, t: t * klnotes.kl_from_logits(v / t, z / t),
        "That is the cross-entropy. It has the same slopes, but it is larger by the entropy of the teacher.": (
            lambda v, z, t: t**2 * klnotes.cross_entropy(_soft(v, t), _soft(z, t))
        ),
        "That is the limit for a hot teacher, half the variance of the differences.": lambda v, z, t: np.var(z - v) / 2,
        "0 · log 0 is nan for the computer, where the teacher's probability is too small for it. Subtract logarithms "
        "from log_softmax instead.": _unguarded,
        MEAN: lambda v, z, t: _loss(v, z, t) / len(v),
        SUM_MISSING: _terms,
        **loops(_terms),
    },
)

hot_proof = Proof(
    "hot_proof",
    {
        "D": {},
        "A": {"D": "The bound M is one for logits that sum to 0: subtract the means first."},
        "F": {
            "D": "The terms with z drop out only if the logits sum to 0.",
            "A": "It adds up what must have been written down for each exponential.",
        },
        "C": {"F": "It divides by a sum that has not been computed yet."},
        "E": {"C": "The same as what? The student must have come first."},
        "B": {
            "C": "One of the two parts is missing, the student's.",
            "E": "One of the two parts is missing, the teacher's.",
        },
    },
    {"G": "The series of the exponential does not end: the rest is small, not 0."},
)

_TEACHER = np.array([5.0, 1.0, 0.0, -6.0])


def _slopes_at(z: Any, t: float) -> Any:
    return t * (_soft(z, t) - _soft(_TEACHER, t))


def _turned(z: Any, least: float) -> bool:
    warm, hot = _slopes_at(z, 1.0), _slopes_at(z, 100.0)
    return bool(np.any((warm * hot < 0) & (np.minimum(abs(warm), abs(hot)) >= least)))


turn = Construction(
    "turn",
    (4,),
    [
        ("The logits must be numbers from -10 to 10.", lambda z: bool(np.all(abs(z) <= 10))),
        ("No slope has another sign at T = 100 than at T = 1.", lambda z: _turned(z, 0.0)),
        (
            "A slope turns round, but times T² it is smaller than 0.05 at one of the two temperatures. At T = 1 the "
            "student must be off in its probability, at T = 100 in its logit, seen from the mean.",
            lambda z: _turned(z, 0.05),
        ),
    ],
    "A logit that falls at T = 1 and rises at T = 100, or the other way round",
)

tied = Number(
    "tied",
    lambda: 3.5,
    "",
    {
        "That takes the first of the tied logits, as argmax does. The limit splits evenly between the two.": (
            lambda: 4.0
        ),
        "That takes the second of the tied logits. The limit splits evenly between the two.": lambda: 3.0,
        "That subtracts the mean of all of the student's logits; only those count on which the teacher has its "
        "largest.": lambda: 5 - 8 / 3,
        "That is the mean on the tied two. How far above it is the student's best logit?": lambda: 1.5,
        "That compares the largest logits of the two. The teacher's logits only say which ones are on top.": (
            lambda: 2.0
        ),
    },
)

call = Choice(
    "call",
    lambda: "b",
    {
        "a": "That is KL(student‖teacher): the second argument is the target, and it goes first in the divergence.",
        "b": "The target is the teacher, and both come as logarithms, as the flag says.",
        "c": "Without the flag the second argument is taken for probabilities; these are logarithms, and negative.",
        "d": "The first argument must be logarithms. With probabilities the result may even be negative.",
    },
)

_NINE, _EVEN = np.array([math.log(9), 0.0]), np.zeros(2)


def _at(temperature: float) -> float:
    return float(klnotes.kl_from_logits(_NINE / temperature, _EVEN / temperature))


# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "by-hand": [
        Number(
            "the loss for T = 1",
            lambda: _at(1),
            "nats",
            {
                "That is the other direction. The teacher comes first.": lambda: float(
                    klnotes.kl_divergence([0.5, 0.5], [0.9, 0.1])
                ),
                "That is the cross-entropy. Subtract the entropy of the targets.": lambda: math.log(2),
                "That is the entropy of the targets.": lambda: float(klnotes.entropy([0.9, 0.1])),
            },
        ),
        Number(
            "the loss for T = 2",
            lambda: _at(2),
            "nats",
            {
                "That is for T = 1.": lambda: _at(1),
                "That is T² times the loss.": lambda: 4 * _at(2),
                "That is the other direction. The teacher comes first.": lambda: float(
                    klnotes.kl_divergence([0.5, 0.5], [0.75, 0.25])
                ),
                "That is the cross-entropy. Subtract the entropy of the targets.": lambda: math.log(2),
            },
        ),
        Number(
            "T² times the first slope, T = 1",
            lambda: 0.5 - 0.9,
            slips={
                "That is the second slope.": lambda: 0.4,
                "The student's probability comes first.": lambda: 0.9 - 0.5,
            },
        ),
        Number(
            "T² times the first slope, T = 2",
            lambda: 2 * (0.5 - 0.75),
            slips={
                "That is the slope times T; it has one factor T more.": lambda: 0.5 - 0.75,
                "That is the slope itself; T² times it is asked for.": lambda: (0.5 - 0.75) / 2,
                "The slope itself has a 1/T already.": lambda: 4 * (0.5 - 0.75),
            },
        ),
        Number(
            "its limit",
            lambda: -math.log(9) / 4,
            slips={
                "Either the mean of the logits is not subtracted, or the number of classes is missing.": lambda: (
                    -math.log(3)
                ),
            },
        ),
    ],
    "factor": Number(
        "how many times smaller",
        lambda: 20.0**2,
        slips={
            "One factor T is missing.": lambda: 20.0,
            "That is the part that is left. How many times smaller is asked for.": lambda: 1 / 400,
        },
    ),
    "cold": Number(
        "the limit",
        lambda: 3 - (1 + 3) / 2,
        slips={
            "Both tied classes count, half each.": lambda: 0.0,
            "The second tied class counts, too.": lambda: 2.0,
            "That is the student's best logit.": lambda: 3.0,
        },
    ),
    "one-answer": [
        Number(
            "forward",
            lambda: (0.5 + 0.9) / 2,
            slips={
                "That is the reverse direction.": lambda: 0.75,
                "That is the second probability.": lambda: 0.3,
            },
        ),
        Number(
            "reverse",
            lambda: math.sqrt(0.45) / (math.sqrt(0.45) + math.sqrt(0.05)),
            slips={
                "That is the forward direction.": lambda: 0.7,
                "That is the second probability.": lambda: 0.25,
                "Divide the roots by their sum.": lambda: math.sqrt(0.45),
                "Take the roots of the products.": lambda: 0.9,
            },
        ),
    ],
    "order": Choice(
        "order",
        lambda: "b",
        {
            "a": "Forward, half of the teacher's probability meets a student that excludes it.",
            "b": "The student never names the second class.",
        },
    ),
    "program": soft_targets,
}
