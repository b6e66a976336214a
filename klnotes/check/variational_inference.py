"""The tasks of the exercises on the evidence lower bound."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

import klnotes
from klnotes.check._engine.answers import Choice, Construction, Number
from klnotes.check._engine.hints import MEAN, NO_LOG, SUM_MISSING, loops
from klnotes.check._engine.inputs import distributions, weights
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["best_factor", "both_at_once", "bound_by_prior", "lower_bound", "monotone", "moved", "price"]

moved = Choice(
    "moved",
    lambda: "c",
    {
        "a": "That would be so if the model had stayed. It became better by 2.0.",
        "b": "The sign: the bound is ln p(x) minus the gap. What has to be subtracted from a rise of 2.0 to leave 1.5?",
        "c": "The rise of the bound, 1.5, is that of ln p(x), 2.0, minus that of the gap: the gap is larger by 0.5.",
        "d": "The bound stays below ln p(x) as long as the gap is not negative. Nothing here contradicts that.",
    },
)


@np.errstate(all="ignore")
def _terms(q: Any, joint: Any) -> Any:
    q, joint = np.asarray(q, dtype=float), np.asarray(joint, dtype=float)
    return np.where(q > 0, q * np.log(joint / q), 0.0)


def _bound(q: Any, joint: Any) -> float:
    return float(np.sum(_terms(q, joint)))


@st.composite
def _guessed(draw: st.DrawFn, least: int, least_joint: int) -> Any:
    n = draw(st.integers(2, 4))
    q, parts = draw(distributions(n, least)), draw(weights(n, least_joint))
    return q.tolist(), (parts / (parts.sum() + draw(st.integers(0, 20)))).tolist()


def _posterior_gap(q: Any, joint: Any) -> float:
    return float(klnotes.kl_divergence(q, joint, normalize=True))


lower_bound = Check(
    name="lower_bound",
    what="the evidence lower bound in nats",
    names=["q", "joint"],
    truth=_bound,
    stages=[
        Stage("guesses without zeros", _guessed(1, 1)),
        Stage("guesses with zeros", _guessed(0, 1), "Where q is 0 there is no term."),
        Stage(
            "causes that the model excludes",
            _guessed(0, 0),
            "If the guess has something where the joint probability is 0, the bound is -inf; where both are 0 there is "
            "no term.",
        ),
    ],
    unit="nats",
    slips={
        "That is the gap, KL(q‖posterior). The bound needs no posterior.": _posterior_gap,
        "That is minus the gap: the joint probabilities have been divided by their sum. Take them as they are.": (
            lambda q, joint: -_posterior_gap(q, joint)
        ),
        "That is ln p(x). The bound is the mean of logarithms, not the logarithm of a mean.": lambda q, joint: np.log(
            np.sum(joint)
        ),
        "The weights are the joint probabilities; the mean is over the guess.": lambda q, joint: (
            -np.sum(_terms(joint, q))
        ),
        "That is the mean of ln p(z, x). The entropy of the guess is missing.": lambda q, joint: (
            _bound(q, joint) - klnotes.entropy(q)
        ),
        "The logarithms are averaged as if the guess gave each cause the same probability; weight them with q.": (
            lambda q, joint: np.mean(np.log(np.divide(joint, q)))
        ),
        "A cause that the model excludes has been dropped. If the guess has any of it, the bound is -inf.": (
            lambda q, joint: np.sum(_terms(q, joint)[np.asarray(joint) > 0])
        ),
        "0 · log 0 is nan for the computer. Where q = 0 there is no term.": lambda q, joint: np.sum(
            np.asarray(q) * np.log(np.divide(joint, q))
        ),
        NO_LOG: lambda q, joint: np.sum(joint),
        MEAN: lambda q, joint: _bound(q, joint) / len(q),
        SUM_MISSING: _terms,
        **loops(_terms, "cause"),
    },
)


def _factor(table: Any, held: Any) -> Any:
    grown = np.exp(np.log(table) @ np.asarray(held))
    return grown / grown.sum()


@st.composite
def _tables(draw: st.DrawFn, least: int) -> Any:
    shape = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    parts = draw(weights(shape))
    return (parts / (parts.sum() + draw(st.integers(0, 20)))).tolist(), draw(distributions(shape[1], least)).tolist()


def _normed(values: Any) -> Any:
    return np.asarray(values) / np.sum(values)


best_factor = Check(
    name="best_factor",
    what="the best factor, the other held",
    names=["table", "held"],
    truth=_factor,
    stages=[
        Stage("held factors without zeros", _tables(1)),
        Stage("held factors with zeros", _tables(0), "A value that the held factor excludes must not count."),
    ],
    slips={
        "The probabilities are averaged. Average their logarithms, and take the exponential after that.": (
            lambda t, h: _normed(np.asarray(t) @ np.asarray(h))
        ),
        "That is not normalized: divide by the sum.": lambda t, h: np.exp(np.log(t) @ np.asarray(h)),
        "Those are the mean logarithms: take the exponential, and divide by the sum.": lambda t, h: (
            np.log(t) @ np.asarray(h)
        ),
        "The held factor is not used: it gives the weights of the mean.": lambda t, h: _normed(
            np.exp(np.mean(np.log(t), axis=1))
        ),
        "That is the posterior's margin, which knows nothing of the held factor.": lambda t, h: _normed(
            np.sum(t, axis=1)
        ),
        "The logarithms are added up without the weights of the held factor.": lambda t, h: _normed(
            np.exp(np.sum(np.log(t), axis=1))
        ),
        "Rows and columns are exchanged: the held factor runs along a row.": lambda t, h: _normed(
            np.exp(np.log(t).T @ np.asarray(h))
        ),
        "The logarithms are divided by their sum, in place of their exponentials.": lambda t, h: _normed(
            np.log(t) @ np.asarray(h)
        ),
        "That is the table's column, or row, with the largest held probability. All of them count, with weights.": (
            lambda t, h: _normed(np.asarray(t)[:, int(np.argmax(h))])
        ),
    },
)


@np.errstate(all="ignore")
def _by_prior(q: Any, prior: Any, likelihood: Any) -> float:
    return float(np.sum(q * np.log(likelihood)) - klnotes.kl_divergence(q, prior))


@st.composite
def _modelled(draw: st.DrawFn, least: int) -> Any:
    n = draw(st.integers(2, 4))
    return draw(distributions(n, least)), draw(distributions(n)), draw(weights(n)) / 10


bound_by_prior = Check(
    name="bound_by_prior",
    what="the evidence lower bound in nats",
    names=["q", "prior", "likelihood"],
    truth=_by_prior,
    stages=[
        Stage("guesses without zeros", _modelled(1)),
        Stage("guesses with zeros", _modelled(0), "Where q is 0 there is no term."),
    ],
    unit="nats",
    slips={
        "The divergence has the prior in front. The mean is over the guess: KL(q‖prior).": lambda q, p, a: (
            np.sum(q * np.log(a)) - klnotes.kl_divergence(p, q)
        ),
        "The divergence is added; it must be subtracted.": lambda q, p, a: (
            np.sum(q * np.log(a)) + klnotes.kl_divergence(q, p)
        ),
        "The divergence KL(q‖prior) is missing.": lambda q, p, a: np.sum(q * np.log(a)),
        "What is subtracted is KL(q‖posterior). That one is not in the bound; it is what the bound leaves out.": (
            lambda q, p, a: np.sum(q * np.log(a)) - klnotes.kl_divergence(q, p * a, normalize=True)
        ),
        "That is ln p(x).": lambda q, p, a: np.log(np.sum(p * a)),
        "The mean of the logarithms is over the prior; take it over the guess.": lambda q, p, a: (
            np.sum(p * np.log(a)) - klnotes.kl_divergence(q, p)
        ),
        "The logarithm of the mean likelihood is taken, in place of the mean of the logarithms.": lambda q, p, a: (
            np.log(np.sum(q * a)) - klnotes.kl_divergence(q, p)
        ),
        "The logarithms of the likelihood are added up without the weights q.": lambda q, p, a: (
            np.sum(np.log(a)) - klnotes.kl_divergence(q, p)
        ),
        "0 · log 0 is nan for the computer. Where q = 0 there is no term.": lambda q, p, a: (
            np.sum(q * np.log(a)) - np.sum(q * np.log(q / p))
        ),
        "The mean of ln(likelihood) is divided by the number of causes. The weights q sum to 1 already.": (
            lambda q, p, a: np.mean(q * np.log(a)) - klnotes.kl_divergence(q, p)
        ),
    },
)

monotone = Proof(
    "monotone",
    {
        "C": {},
        "F": {},
        "A": {
            "C": "The bound must have been taken apart into means first.",
            "F": "It replaces a mean of logarithms by ln q1* + ln c: that this is so must have been said.",
        },
        "E": {"A": "It puts q1 = q1* into a formula that must stand there first."},
        "B": {"A": "One of the two bounds has no formula yet.", "E": "The bound at q1* has no formula yet."},
        "D": {"B": "It speaks of a difference that has not been computed yet."},
    },
    {"G": "The best answers are to the old factors. The proof needs q2 to be the same before and after."},
)

price = Number(
    "price",
    lambda: -0.5 * math.log(1 - 0.8**2),
    "nats",
    {
        "The factor one half is missing.": lambda: -math.log(1 - 0.8**2),
        "The correlation must be squared.": lambda: -0.5 * math.log(1 - 0.8),
        "That is the variance of each variable in the best product, 1 - ρ².": lambda: 1 - 0.8**2,
        "The logarithm is of 1 - ρ², not of ρ².": lambda: -0.5 * math.log(0.8**2),
        "That is the gap of the product that has the variances right. There is a better one.": lambda: float(
            klnotes.multivariate_gaussian_kl([0, 0], np.eye(2), [0, 0], [[1, 0.8], [0.8, 1]])
        ),
        "That is the gap of the product that has the generalized variance right. There is a better one.": lambda: float(
            klnotes.multivariate_gaussian_kl([0, 0], 0.6 * np.eye(2), [0, 0], [[1, 0.8], [0.8, 1]])
        ),
    },
)

_FAIR = np.array([0.5, 0.5])


def _pair_bound(table: Any, one: Any, two: Any) -> float:
    return _bound(np.outer(one, two), table)


def _fall(table: Any) -> float:
    after = _pair_bound(table, _factor(table, _FAIR), _factor(table.T, _FAIR))
    return _pair_bound(table, _FAIR, _FAIR) - after


both_at_once = Construction(
    "both_at_once",
    (2, 2),
    [
        ("All four must be above 0, and their sum must be at most 1.", lambda t: bool(np.all(t > 0) and t.sum() <= 1)),
        (
            "The bound does not fall. Each factor moves toward where the other one, still fair, leaves the most: how "
            "must the table be, so that this is bad if both do it?",
            lambda table: _fall(table) > 0,
        ),
        ("The bound falls, but by less than half a nat.", lambda table: _fall(table) >= 0.5),
    ],
    "Both factors are the best answers to a fair coin, and together they are a bad guess: the bound falls by half a "
    "nat or more",
)

# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "minute": Number(
        "minute",
        lambda: -3.8 - -4.1,
        "nats",
        {
            "The two bounds are subtracted, not added.": lambda: -3.8 - 4.1,
            "The bounds are logarithms already.": lambda: math.log(4.1 / 3.8),
        },
    ),
    "by-hand": [
        Number(
            "the bound of (1, 0)",
            lambda: _bound([1, 0], [1 / 8, 1 / 8]),
            "nats",
            {
                "That is ln p(x).": lambda: math.log(1 / 4),
                "The terms are not weighted with q. Where q is 0 there is no term.": lambda: 2 * math.log(1 / 8),
                "That is minus the gap.": lambda: -math.log(2),
            },
        ),
        Number(
            "its gap",
            lambda: _posterior_gap([1, 0], [1 / 8, 1 / 8]),
            "nats",
            {
                "That is minus the bound, or the joint is taken for the posterior. The gap is what is missing to "
                "ln p(x).": lambda: math.log(8),
                "That is minus ln p(x). The gap is what the bound lacks to it.": lambda: math.log(4),
            },
        ),
        Number(
            "the bound of (1/2, 1/2)",
            lambda: _bound([1 / 2, 1 / 2], [1 / 8, 1 / 8]),
            "nats",
            {
                "That is the mean of ln p(z, x). The entropy of the guess is missing.": lambda: math.log(1 / 8),
                "The entropy of the guess is added, not subtracted.": lambda: math.log(1 / 16),
            },
        ),
    ],
    "flowers": Number(
        "the size of ρ",
        lambda: math.sqrt(0.99),
        digits=3,
        slips={
            "That is its square.": lambda: 0.99,
            "Ten times as exact is a hundredth of the variance.": lambda: math.sqrt(0.9),
            "That is 1 minus the square. Which correlation has it?": lambda: 0.01,
        },
    ),
    "program": lower_bound,
}
