"""The chapter `variational-inference`: its theorems, answers that readers give, and its explorable."""

from itertools import product
from math import comb, exp, inf, log
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import klnotes
from klnotes.explorables.variational_inference import VariationalInference
from tests.chapters.answers import SUM
from tests.explored import Explored
from tests.strategies import distributions

ROUNDING = 1e-12


def elbo(q: Any, joint: Any) -> float:
    """By the definition, with its conventions."""
    total = 0.0
    for a, b in zip(np.ravel(q), np.ravel(joint), strict=True):
        if a > 0 and b == 0:
            return -inf
        if a > 0:
            total += a * (log(b) - log(a))
    return total


def gap(q: Any, joint: Any) -> float:
    return float(klnotes.kl_divergence(np.ravel(q), np.ravel(joint), normalize=True))


@st.composite
def models(draw: st.DrawFn, *, zeros: bool = True) -> Any:
    """A guess and the joint probabilities of as many causes with what was observed."""
    q = draw(distributions(zeros=zeros))
    parts = draw(distributions(len(q), zeros=zeros))
    # What is below 1e-290 may be lost in a quotient.
    return np.where(q < 1e-290, 0, q), np.where(parts < 1e-290, 0, parts) * draw(st.floats(1e-3, 1))


@pytest.mark.theorem("thm-variational-inference-split")
@settings(max_examples=60)
@given(models(), st.floats(0.05, 0.95))
def test_evidence_is_bound_plus_gap(model: Any, kept: float) -> None:
    q, joint = model
    evidence = log(joint.sum())
    if np.any((q > 0) & (joint == 0)):
        assert elbo(q, joint) == -inf
        assert gap(q, joint) == inf
        return
    assert elbo(q, joint) + gap(q, joint) == pytest.approx(evidence, rel=1e-13, abs=ROUNDING)
    assert elbo(q, joint) <= evidence + ROUNDING
    assert elbo(joint / joint.sum(), joint) == pytest.approx(evidence, rel=1e-13, abs=ROUNDING)
    # Equality for the posterior only, by Pinsker's inequality.
    distance = klnotes.total_variation(q, joint / joint.sum())
    assert evidence - elbo(q, joint) >= 2 * distance**2 - ROUNDING
    if np.all(joint > 0):
        assert -klnotes.variational_free_energy(q, -np.log(joint), 1) == pytest.approx(elbo(q, joint), rel=1e-12)
    # A guess that has lost probability is no distribution, and what it gives may lie above.
    posterior = joint / joint.sum()
    leaky = elbo(kept * posterior, joint)
    assert leaky == pytest.approx(kept * (evidence - log(kept)), rel=1e-12, abs=ROUNDING)


@pytest.mark.theorem("prop-variational-inference-prior")
@settings(max_examples=60)
@given(models(zeros=False), st.data())
def test_fit_minus_a_divergence(model: Any, data: st.DataObject) -> None:
    q, prior = model
    prior = prior / prior.sum()
    likelihood = np.array(data.draw(st.lists(st.floats(1e-3, 1), min_size=len(q), max_size=len(q))))
    fit = float(np.sum(q * np.log(likelihood)))
    assert elbo(q, prior * likelihood) == pytest.approx(fit - klnotes.kl_divergence(q, prior), rel=1e-12, abs=ROUNDING)


@pytest.mark.theorem("cor-variational-inference-rise")
@settings(max_examples=60)
@given(models(zeros=False), models(zeros=False))
def test_what_a_rise_says(old: Any, new: Any) -> None:
    rise = elbo(*new) - elbo(*old)
    evidence = log(new[1].sum()) - log(old[1].sum())
    fall = gap(*old) - gap(*new)
    assert rise == pytest.approx(evidence + fall, rel=1e-11, abs=1e-11)
    assert rise <= 1e-11 or evidence > 0 or fall > 0


def test_each_of_the_wrong_answers_has_its_morning() -> None:
    prior, q = np.array([0.5, 0.3, 0.2]), np.ones(3) / 3
    evening = prior * [0.1, 0.4, 0.8]
    better, fewer = prior * [0.1, 0.9, 0.9], prior * [0.1, 0.4, 0.7]
    assert elbo(q, better) > elbo(q, evening)
    assert gap(q, better) > gap(q, evening)
    assert elbo(fewer / fewer.sum(), fewer) > elbo(q, evening)
    assert fewer.sum() < evening.sum()


@st.composite
def tables(draw: st.DrawFn) -> Any:
    """A positive table p(z1, z2, x), or with three hidden things, and one distribution for each axis."""
    shape = tuple(draw(st.lists(st.integers(2, 3), min_size=2, max_size=3)))
    joint = draw(distributions(int(np.prod(shape)), zeros=False)).reshape(shape) * draw(st.floats(1e-3, 1))
    return joint, [draw(distributions(n)) for n in shape]


def product_of(factors: Any) -> Any:
    whole = np.ones(())
    for factor in factors:
        whole = np.multiply.outer(whole, factor)
    return whole


def best(joint: Any, factors: Any, axis: int) -> Any:
    others = product_of([f for k, f in enumerate(factors) if k != axis])
    mean = np.tensordot(np.moveaxis(np.log(joint), axis, 0), others, others.ndim)
    grown = np.exp(mean - mean.max())
    return grown / grown.sum()


@pytest.mark.theorem("thm-variational-inference-coordinate")
@settings(max_examples=60)
@given(tables())
def test_one_factor_the_other_held(given: Any) -> None:
    joint, factors = given
    before = elbo(product_of(factors), joint)
    for axis in range(joint.ndim):
        new = best(joint, factors, axis)
        replaced = [*factors[:axis], new, *factors[axis + 1 :]]
        rise = elbo(product_of(replaced), joint) - before
        assert rise == pytest.approx(klnotes.kl_divergence(factors[axis], new, normalize=True), rel=1e-9, abs=1e-10)
        assert rise >= -1e-10


@settings(max_examples=25)
@given(tables())
def test_round_after_round_the_bound_does_not_fall(given: Any) -> None:
    joint, factors = given
    values = [elbo(product_of(factors), joint)]
    for turn in range(12):
        axis = turn % joint.ndim
        factors[axis] = best(joint, factors, axis)
        values.append(elbo(product_of(factors), joint))
    assert np.all(np.diff(values) >= -1e-10)


def test_both_factors_at_once_may_lower_the_bound() -> None:
    when = np.array([[0.001, 0.9], [0.9, 0.99]])
    joint = np.outer([0.95, 0.05], [0.96, 0.04]) * when
    factors = [np.array([0.5, 0.5])] * 2
    values = []
    for _ in range(5):
        values.append(elbo(product_of(factors), joint))
        factors = [best(joint, factors, axis) for axis in (0, 1)]
    assert np.all(np.diff(values) < 0)


def test_a_third_pair_is_at_rest_and_a_start_beside_it_leaves_it() -> None:
    when = np.array([[0.001, 0.9], [0.9, 0.99]])
    joint = np.outer([0.95, 0.05], [0.96, 0.04]) * when

    def turn(yes: float) -> float:
        one = best(joint, [np.array([0.5, 0.5]), np.array([1 - yes, yes])], 0)
        return float(best(joint, [one, np.array([0.5, 0.5])], 1)[1])

    low, high = 0.5, 0.65  # of the strike
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if turn(middle) < middle else (low, middle)
    assert low == pytest.approx(0.5797, abs=5e-5)
    snow = best(joint, [np.array([0.5, 0.5]), np.array([1 - low, low])], 0)
    assert elbo(product_of([snow, [1 - low, low]]), joint) == pytest.approx(-3.5403, abs=5e-5)
    ends = []
    for start in (low - 1e-6, low + 1e-6):
        for _ in range(100):
            start = turn(start)
        ends.append(start)
    assert ends == pytest.approx([0.0528, 0.9589], abs=5e-5)


def test_better_in_one_direction_and_worse_in_the_other() -> None:
    joint = np.array([0.05, 0.12, 0.16])
    posterior = joint / joint.sum()
    one, eight = np.array([0.245, 0.245, 0.51]), np.array([0.265, 0.265, 0.47])
    assert klnotes.kl_divergence(one, posterior) < klnotes.kl_divergence(eight, posterior)
    assert klnotes.kl_divergence(posterior, one) > klnotes.kl_divergence(posterior, eight)


@pytest.mark.theorem("thm-variational-inference-three")
@given(st.floats(1e-3, 0.999), st.sampled_from([-1, 1]))
def test_at_most_one_of_three(size: float, sign: int) -> None:
    rho = sign * size
    cov = np.array([[1, rho], [rho, 1]])
    precision = np.linalg.inv(cov)
    claims = {
        "variances": lambda s: np.allclose(s, np.diag(cov), rtol=1e-10),
        "precisions": lambda s: np.allclose(1 / s, np.diag(precision), rtol=1e-10),
        "generalized": lambda s: np.isclose(np.prod(s), np.linalg.det(cov), rtol=1e-10, atol=0),
    }
    guesses = [np.ones(2), np.full(2, 1 - rho**2), np.full(2, np.sqrt(1 - rho**2)), np.array([1.0, 1 - rho**2])]
    found = [[name for name, holds in claims.items() if holds(s)] for s in guesses]
    assert found == [["variances"], ["precisions"], ["generalized"], ["generalized"]]
    # What the best product leaves is the mutual information of the two.
    least = klnotes.multivariate_gaussian_kl([0, 0], (1 - rho**2) * np.eye(2), [0, 0], cov)
    assert least == pytest.approx(-np.log1p(-(rho**2)) / 2, rel=1e-9, abs=1e-14)
    for other in guesses:
        assert klnotes.multivariate_gaussian_kl([0, 0], np.diag(other), [0, 0], cov) >= least - 1e-14


@pytest.mark.theorem("prop-variational-inference-three")
@given(st.integers(2, 4), st.data())
def test_at_most_one_of_three_in_d_dimensions(d: int, data: st.DataObject) -> None:
    root = np.array(data.draw(st.lists(st.floats(-1, 1), min_size=d * d, max_size=d * d))).reshape(d, d)
    cov = root @ root.T + 0.2 * np.eye(d)
    assume(np.abs(cov - np.diag(np.diag(cov))).max() > 1e-2)
    low, middle = np.prod(1 / np.diag(np.linalg.inv(cov))), np.linalg.det(cov)
    assert low < middle < np.prod(np.diag(cov))
    zero = np.zeros(d)
    kl = klnotes.multivariate_gaussian_kl(zero, cov, zero, np.diag(np.diag(cov)))
    assert np.log(np.prod(np.diag(cov)) / middle) / 2 == pytest.approx(kl, rel=1e-8, abs=1e-12)


def of_draws(q: Any, joint: Any, draws: int) -> float:
    """By going through all that may be drawn, in order."""
    w = joint / q
    return sum(np.prod(q[list(z)]) * log(w[list(z)].sum() / draws) for z in product(range(len(q)), repeat=draws))


@pytest.mark.theorem("thm-variational-inference-draws")
@settings(max_examples=40)
@given(st.integers(1, 3), st.data())
def test_more_draws_a_tighter_bound(n: int, data: st.DataObject) -> None:
    q, parts = (data.draw(distributions(n, zeros=False)) for _ in range(2))
    joint = parts * data.draw(st.floats(1e-3, 1))
    values = [of_draws(q, joint, draws) for draws in (1, 2, 3, 4)]
    assert values[0] == pytest.approx(elbo(q, joint), rel=1e-12, abs=ROUNDING)
    assert np.all(np.diff(values) >= -ROUNDING)
    assert values[-1] <= log(joint.sum()) + ROUNDING


@settings(max_examples=25)
@given(st.floats(0.1, 0.9), st.floats(0.05, 0.5), st.floats(0.05, 0.5))
def test_many_draws_leave_next_to_nothing(first: float, one: float, two: float) -> None:
    draws, w = 1000, (one / first, two / (1 - first))
    # Without factorials: the chances of k among so many draws, one from the other.
    chance = np.array([comb(draws, k) for k in range(draws + 1)], dtype=object)
    logs = np.array([log(c) for c in chance]) + np.arange(draws + 1) * log(first)
    logs += (draws - np.arange(draws + 1)) * log(1 - first)
    k = np.arange(draws + 1)
    value = np.sum(np.exp(logs) * np.log((k * w[0] + (draws - k) * w[1]) / draws))
    spread = first * (w[0] / (one + two) - 1) ** 2 + (1 - first) * (w[1] / (one + two) - 1) ** 2
    assert value == pytest.approx(log(one + two), abs=spread / draws + 1e-9)


def test_a_single_draw_may_lie_above_and_what_is_never_drawn_stays_out() -> None:
    joint = np.array([0.05, 0.12, 0.16])
    assert sum(np.log(3 * joint) > log(joint.sum())) == 2
    q = np.array([0.5, 0.5])  # the third is excluded
    assert of_draws(q, joint[:2], 8) < log(joint[:2].sum()) < log(joint.sum())


# What learners answer: right, and wrong with what the check must say.


def meaned(q: Any, logs: Any) -> float:
    return sum(a * b for a, b in zip(q, logs, strict=True))


def factor(table: Any, held: Any) -> Any:
    grown = [exp(meaned(held, [log(p) for p in row])) for row in table]
    return [g / sum(grown) for g in grown]


def normed(values: Any) -> Any:
    return [value / sum(values) for value in values]


def bound_by_loop(q: Any, joint: Any) -> float:
    total = 0.0
    for a, b in zip(q, joint, strict=True):
        if a > 0 and b == 0:
            return -inf
        if a > 0:
            total += a * log(b / a)
    return total


def fitted(q: Any, prior: Any, likelihood: Any) -> float:
    return sum(a * log(c * b / a) for a, b, c in zip(q, prior, likelihood, strict=True) if a > 0)


RIGHT: dict[str, list[Any]] = {
    "lower_bound": [
        elbo,
        bound_by_loop,
        lambda q, joint: np.log(sum(joint)) - gap(q, joint),
    ],
    "best_factor": [
        factor,
        lambda table, held: np.array(factor(table, held)),
    ],
    "bound_by_prior": [fitted, lambda q, p, a: elbo(q, p * a)],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "lower_bound": [
        (gap, "That is the gap"),
        (lambda q, joint: -gap(q, joint), "That is minus the gap"),
        (lambda q, joint: log(sum(joint)), "That is ln p(x)"),
        (lambda q, joint: -elbo(q, joint), "The sign is wrong"),
        (lambda q, joint: elbo(q, joint) / log(2), "That is in bits"),
        (lambda q, joint: sum(b * log(b / a) for a, b in zip(q, joint, strict=True)), "The weights are the joint"),
        (lambda q, joint: meaned(q, np.log(joint)), "The entropy of the guess is missing"),
        (lambda q, joint: np.mean(np.log(np.divide(joint, q))), "weight them with q"),
        (lambda q, joint: np.sum(q * np.log(np.divide(joint, q))), "Where q = 0 there is no term"),
        (
            lambda q, joint: sum(a * log(b / a) for a, b in zip(q, joint, strict=True) if a > 0 and b > 0),
            "the bound is -inf",
        ),
        (lambda q, joint: [a * log(b / a) if a > 0 < b else 0 for a, b in zip(q, joint, strict=True)], SUM),
    ],
    "best_factor": [
        (lambda table, held: normed([meaned(held, row) for row in table]), "The probabilities are averaged"),
        (lambda table, held: [exp(meaned(held, np.log(row))) for row in table], "That is not normalized"),
        (lambda table, held: [meaned(held, np.log(row)) for row in table], "Those are the mean logarithms"),
        (lambda table, held: normed([np.prod(row) ** (1 / len(row)) for row in table]), "The held factor is not used"),
        (lambda table, held: normed([sum(row) for row in table]), "That is the posterior's margin"),
        (lambda table, held: normed([np.prod(row) for row in table]), "without the weights"),
        (lambda table, held: normed([meaned(held, np.log(row)) for row in table]), "divided by their sum"),
    ],
    "bound_by_prior": [
        (
            lambda q, p, a: np.sum(q * np.log(a)) - klnotes.kl_divergence(p, q),
            "The divergence has the prior in front",
        ),
        (lambda q, p, a: np.sum(q * np.log(a)) + klnotes.kl_divergence(q, p), "The divergence is added"),
        (lambda q, p, a: np.sum(q * np.log(a)), "The divergence KL(q‖prior) is missing"),
        (lambda q, p, a: np.sum(q * np.log(a)) - gap(q, p * a), "it is what the bound leaves out"),
        (lambda q, p, a: np.log(np.sum(p * a)), "That is ln p(x)"),
        (lambda q, p, a: np.sum(p * np.log(a)) - klnotes.kl_divergence(q, p), "take it over the guess"),
        (lambda q, p, a: np.log(np.sum(q * a)) - klnotes.kl_divergence(q, p), "The logarithm of the mean likelihood"),
        (lambda q, p, a: np.sum(q * (np.log(a) + np.log(p) - np.log(q))), "Where q = 0 there is no term"),
    ],
    "both_at_once": [
        ([[0.5, 0.5], [0.5, 0.5]], "their sum must be at most 1"),
        ([[0.0, 0.4], [0.4, 0.1]], "must be above 0"),
        ([[0.25, 0.25], [0.25, 0.25]], "The bound does not fall"),
        ([[0.001, 0.4], [0.4, 0.1]], "by less than half a nat"),
        ([0.25, 0.25], "its shape is (2,)"),
    ],
}

# In how many orders the steps are a proof.
ORDERS: dict[str, int] = {"monotone": 2}


# The explorable.

PRIOR, LATE = [0.5, 0.3, 0.2], [10, 40, 80]  # percent
JOINT = [0.05, 0.12, 0.16]
GUESSES: list[tuple[list[float], list[float]]] = [
    ([1 / 3, 1 / 3, 1 / 3], JOINT),
    ([0.15, 0.36, 0.49], JOINT),
    ([1.0, 0.0, 0.0], JOINT),
    ([0.0, 0.001, 0.999], [0.005, 0.003, 0.2]),
    ([0.5, 0.3, 0.2], [0.5, 0.3, 0.2]),
]

EXPLORED = {
    "variational-inference": Explored(
        make=lambda: VariationalInference(["clear", "snow", "works"], PRIOR, LATE, [1 / 3] * 3),
        opens=["−1.2176 nats", "0.1089 nats", "−1.1087 nats"],
        wins=[("late, given snow", ["End"])],
        golden=[
            *(
                ("lowerBound", [q, joint], -klnotes.variational_free_energy(q, -np.log(joint), 1))
                for q, joint in GUESSES
            ),
            *(
                ("gap", [q, joint], klnotes.kl_divergence(q, np.array(joint) / sum(joint), normalize=True))
                for q, joint in GUESSES
            ),
        ],
    ),
}
