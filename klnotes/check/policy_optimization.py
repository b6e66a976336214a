"""The tasks of the exercises on policy optimization."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.special import softmax

import klnotes
from klnotes.check._engine.answers import DISTRIBUTION, Choice, Construction, Number
from klnotes.check._engine.inputs import distributions
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage
from klnotes.explorables.policy_optimization import forward_optimum

__all__ = ["better_of_three", "chord", "gap", "outside", "right_place", "slope", "tilt"]

gap = Number(
    "gap",
    lambda: 0.2 * math.log(9),
    "",
    {
        "That is the logarithm of the odds; the reward is divided by β in the exponent.": lambda: math.log(9),
        "It is divided by β; multiply.": lambda: math.log(9) / 0.2,
        "The logarithm has base 10. Here it is the natural one.": lambda: 0.2 * math.log10(9),
        "The logarithm has base 2. Here it is the natural one.": lambda: 0.2 * math.log2(9),
        "The odds enter without a logarithm.": lambda: 0.2 * 9,
        "The odds are 9, not 10: 0.9 over 0.1.": lambda: 0.2 * math.log(10),
    },
)

_BETAS = st.sampled_from([1.0, 2.0, 0.5, 0.25])


@st.composite
def _bandits(draw: st.DrawFn, scale: int = 1) -> Any:
    n = draw(st.integers(2, 4))
    rewards = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n).filter(lambda r: len(set(r)) > 1))
    return draw(distributions(n)).tolist(), [float(scale * r) for r in rewards], draw(_BETAS)


def _weights(ref: Any, rewards: Any, beta: float) -> Any:
    return np.array(ref) * np.exp(np.array(rewards) / beta)


def _shared(weights: Any) -> Any:
    return weights / np.sum(weights)


def _tilt(ref: Any, rewards: Any, beta: float) -> Any:
    return softmax(np.log(ref) + np.array(rewards) / beta)


def _all_on_the_best(ref: Any, rewards: Any, beta: float) -> Any:
    return _shared((np.array(rewards) == np.max(rewards)).astype(float))


tilt = Check(
    name="tilt",
    what="the policy with the best score",
    names=["ref", "rewards", "beta"],
    truth=_tilt,
    stages=[
        Stage("small rewards", _bandits()),
        Stage(
            "rewards in thousands",
            _bandits(1000),
            "The exponential of a large number is inf. Which number may you subtract from all rewards?",
        ),
    ],
    slips={
        "The rewards are multiplied by β; divide by it.": lambda p, r, b: _tilt(p, r, 1 / b),
        "β does not enter: it must divide the rewards in the exponent.": lambda p, r, b: _tilt(p, r, 1.0),
        "The sign in the exponent is wrong: a larger reward must make an action more probable.": lambda p, r, b: _tilt(
            p, np.negative(r), b
        ),
        "Where is the reference? Multiply each weight by its probability.": lambda p, r, b: softmax(np.divide(r, b)),
        "The weights are not divided by their sum.": _weights,
        "The reference goes to the power 1/β, too. Only the rewards are divided by β.": lambda p, r, b: softmax(
            (np.log(p) + np.array(r)) / b
        ),
        "The weights are powers of 2; they must be powers of e.": lambda p, r, b: _tilt(p, r, b / math.log(2)),
        "The reference is added to the exponential; multiply.": lambda p, r, b: _shared(
            np.array(p) + np.exp(np.divide(r, b))
        ),
        "The reference is weighted with the rewards themselves, without an exponential.": lambda p, r, b: _shared(
            np.multiply(p, r)
        ),
        "That is the optimum under the other divergence, KL(ref‖π).": forward_optimum,
        "It puts everything on the best action, as if there were no penalty.": _all_on_the_best,
        "That is the sum Z.": lambda p, r, b: np.sum(_weights(p, r, b)),
        "exp(R/β) is inf for a large reward, and inf/inf is nan. Subtract the largest reward from all of them first: "
        "no probability changes.": lambda p, r, b: _shared(_weights(p, r, b)),
        "exp is inf for what lies thousands above what is subtracted. Subtract the largest reward.": lambda p, r, b: (
            _shared(np.array(p) * np.exp((np.array(r) - np.min(r)) / b))
        ),
    },
)


@st.composite
def _policies(draw: st.DrawFn) -> Any:
    ref, rewards, beta = draw(_bandits())
    return draw(distributions(len(ref)).filter(lambda p: not np.allclose(p, ref))).tolist(), ref, rewards, beta


def _log(policy: Any, ref: Any) -> Any:
    return np.log(np.divide(policy, ref))


def _centered(policy: Any, push: Any) -> Any:
    return np.array(policy) * (push - np.dot(policy, push))


def _slope(policy: Any, ref: Any, rewards: Any, beta: float) -> Any:
    return _centered(policy, np.array(rewards) - beta * _log(policy, ref))


def _with(penalty: Any) -> Any:
    def wrong(policy: Any, ref: Any, rewards: Any, beta: float) -> Any:
        return _centered(policy, np.array(rewards) - beta * penalty(_log(policy, ref)))

    return wrong


slope = Check(
    name="slope",
    what="the slope of the score",
    names=["policy", "ref", "rewards", "beta"],
    truth=_slope,
    stages=[Stage("policies without zeros", _policies())],
    slips={
        "The penalty pulls on KL(ref‖π): that is k3, differentiated in the loss.": _with(lambda log: -np.expm1(-log)),
        "Only the rewards act. That is k1, differentiated in the loss: the same push everywhere pushes nothing.": _with(
            np.zeros_like
        ),
        "The number k3 stands in the reward; its slope is that of a difference of two divergences.": _with(
            lambda log: np.expm1(-log) + log
        ),
        "The number k2 stands in the reward. Differentiate it, or take k1.": _with(lambda log: log**2 / 2),
        "The penalty is added; subtract it. Or is the ratio upside down?": _with(lambda log: -log),
        "The logarithm of the ratio has base 2.": _with(lambda log: log / math.log(2)),
        "The ratio stands there without its logarithm.": _with(np.exp),
        "β does not enter.": lambda p, q, r, b: _slope(p, q, r, 1.0),
        "The penalty is divided by β; multiply.": lambda p, q, r, b: _slope(p, q, r, 1 / b),
        "The mean push is not subtracted: the slopes must add up to 0.": lambda p, q, r, b: (
            np.array(p) * (np.array(r) - b * _log(p, q))
        ),
        "The plain mean of the pushes is subtracted; the draws come from the policy, so take its mean.": (
            lambda p, q, r, b: np.array(p) * (np.array(r) - b * _log(p, q) - np.mean(np.array(r) - b * _log(p, q)))
        ),
        "The differences are not weighted with the policy.": lambda p, q, r, b: (
            np.array(r) - b * _log(p, q) - np.dot(p, np.array(r) - b * _log(p, q))
        ),
        "The mean is taken under the reference; the draws come from the policy.": lambda p, q, r, b: (
            np.array(p) * (np.array(r) - b * _log(p, q) - np.dot(q, np.array(r) - b * _log(p, q)))
        ),
        "Only the penalty acts: where are the rewards?": lambda p, q, r, b: _centered(p, -b * _log(p, q)),
    },
)

right_place = Choice(
    "right_place",
    lambda: "d",
    {
        "a": "k1 in the loss has the mean slope 0.",
        "b": "k3 in the loss pulls on KL(ref‖π).",
        "c": "k3 in the reward has the slope of KL(π‖ref) less that of KL(ref‖π).",
        "d": "At each draw it is the logarithm times the slope of ln π, as for k2 in the loss.",
    },
)

chord = Proof(
    "chord",
    {
        "A": {},
        "B": {},
        "C": {"A": "Why should a chord above -ln bound the divergence?", "B": "Which chord, and why is it above?"},
        "D": {},
        "E": {"C": "There is no mean of the chord yet.", "D": "It needs to know the mean ratio."},
        "F": {"E": "It reads off the chord at 1. Why there?"},
    },
    {"G": "The clip cuts what is counted, not the ratio: a policy far out has the same objective as one at the end."},
)

_OLD, _ADVANTAGES = np.array([0.5, 0.3, 0.2]), np.array([1.0, 0.0, -2.5])


def _objective(policy: Any) -> float:
    ratio = policy / _OLD
    return float(_OLD @ np.minimum(ratio * _ADVANTAGES, np.clip(ratio, 0.8, 1.2) * _ADVANTAGES))


outside = Construction(
    "outside",
    (3,),
    [
        DISTRIBUTION,
        ("All three actions must stay possible.", lambda policy: bool(np.all(policy > 0))),
        (
            "The clipped objective must be 0.2, the most that there is. Which ratios does it ask of the first and of "
            "the last action?",
            lambda policy: _objective(policy) > 0.2 - 1e-9,
        ),
        (
            "KL(old‖new) must be at least 1 nat. Which ratio may go as far as you like at no cost?",
            lambda policy: klnotes.kl_divergence(_OLD, policy, normalize=True) >= 1,
        ),
    ],
    "The clipped objective is at its maximum, and the policy a nat away",
)


def _best_of(n: int) -> Any:
    upper = np.array([0.2, 0.5, 1.0]) ** n
    return np.diff(upper, prepend=0.0)


_REF = np.array([0.2, 0.3, 0.5])

better_of_three = Number(
    "better_of_three",
    lambda: klnotes.kl_divergence(_best_of(3), _REF),
    "nats",
    {
        "That is the bound, ln 3 - 2/3. The divergence itself is smaller.": lambda: math.log(3) - 2 / 3,
        "That is the divergence the other way round.": lambda: klnotes.kl_divergence(_REF, _best_of(3)),
        "That is the better of two draws.": lambda: klnotes.kl_divergence(_best_of(2), _REF),
        "The shares are cubed and divided by their sum. The best is at most cherry, at most berry, at most apple with "
        "the cubes of 1, 0.5 and 0.2.": lambda: klnotes.kl_divergence(_REF**3 / np.sum(_REF**3), _REF),
        "That is the entropy of the best of three.": lambda: klnotes.entropy(_best_of(3)),
        "That is the surprise at a sure cherry, ln 2.": lambda: math.log(2),
    },
)

# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "minute": [
        Number(
            "with equal rewards",
            lambda: 4.0,
            slips={
                "The reference's odds stay; they become even under no β.": lambda: 1.0,
                "That is b to a.": lambda: 0.25,
            },
        ),
        Number(
            "with the gap",
            lambda: 4 * math.exp(-0.1 / 0.1),
            slips={
                "The gap works against a: b earns more.": lambda: 4 * math.e,
                "The gap is divided by β before it stands in the exponent.": lambda: 4 * math.exp(-0.1),
                "That is b to a.": lambda: math.e / 4,
                "The reference's odds are missing.": lambda: math.exp(-1),
            },
        ),
    ],
    "whose": Number(
        "what the step adds",
        lambda: math.sqrt(2 * 0.02 / 0.25),
        slips={
            "Either the 2 is missing, or the standard deviation stands in the place of the variance.": lambda: (
                math.sqrt(0.02 / 0.25)
            ),
            "The root goes over the variance, too.": lambda: math.sqrt(2 * 0.02) / 0.25,
            "The root is missing.": lambda: 2 * 0.02 / 0.25,
            "That is the factor of the odds.": lambda: math.exp(0.4),
        },
    ),
    "range": [
        Number(
            "old‖new, from 0.9 to 1.1",
            lambda: math.log(1 / 0.99) / 2,
            "nats",
            {
                "The half is missing.": lambda: math.log(1 / 0.99),
                "That is for a policy that has the ratio 0.9 only; its mean must be 1.": lambda: -math.log(0.9),
                "That is for the range from 0.8 to 1.2.": lambda: math.log(1 / 0.96) / 2,
            },
        ),
        Number(
            "new‖old, from 0.8 to 1.2",
            lambda: (0.8 * math.log(0.8) + 1.2 * math.log(1.2)) / 2,
            "nats",
            {
                "That is the other direction.": lambda: math.log(1 / 0.96) / 2,
                "The half is missing.": lambda: 0.8 * math.log(0.8) + 1.2 * math.log(1.2),
            },
        ),
    ],
    "votes": Number(
        "votes",
        lambda: 9.0**2,
        slips={
            "These are the votes. β = 1/2 squares the odds.": lambda: 9.0,
            "That is l to w.": lambda: 1 / 81,
            "β divides the logarithm; it does not multiply it.": lambda: 3.0,
            "Nine of ten are nine to one.": lambda: 100.0,
        },
    ),
    "two-tosses": [
        Number(
            "the divergence",
            lambda: float(klnotes.kl_divergence([3 / 4, 1 / 4], [1 / 2, 1 / 2])),
            "nats",
            {
                "That is the other direction. The better of two comes first.": lambda: float(
                    klnotes.kl_divergence([1 / 2, 1 / 2], [3 / 4, 1 / 4])
                ),
                "That is the bound.": lambda: math.log(2) - 1 / 2,
                "The worse side is missing.": lambda: 3 / 4 * math.log(3 / 2),
            },
        ),
        Number(
            "the bound",
            lambda: math.log(2) - 1 / 2,
            "nats",
            {
                "That is ln 2 alone; the ½ must be subtracted.": lambda: math.log(2),
                "That is the divergence itself.": lambda: float(klnotes.kl_divergence([3 / 4, 1 / 4], [1 / 2, 1 / 2])),
            },
        ),
    ],
    "program": tilt,
}
