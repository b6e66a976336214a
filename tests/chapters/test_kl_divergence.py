from math import inf, log, sqrt
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import rel_entr, xlogy

import klnotes
from klnotes.explorables.kl_divergence import KLDivergence
from tests.chapters.answers import MEAN, SUM, kl_by_loop
from tests.explored import PAIRS, Explored
from tests.strategies import pairs

inside = st.floats(1e-6, 1 - 1e-6)


def exact(x: Any) -> list[Any]:
    """The distribution in numbers of mpmath, which sum to 1 in its precision."""
    numbers = [mpmath.mpf(float(v)) for v in x]
    return [v / mpmath.fsum(numbers) for v in numbers]


def definition(p: list[Any], q: list[Any]) -> Any:
    """The divergence in nats, term by term; by the way, the negative terms add up to no less than -1."""
    if any(x > 0 and y == 0 for x, y in zip(p, q, strict=True)):
        return mpmath.inf
    terms = [x * mpmath.log(x / y) for x, y in zip(p, q, strict=True) if x > 0]
    assert mpmath.fsum(t for t in terms if t < 0) >= -1
    return mpmath.fsum(terms)


@pytest.mark.theorem("prop-kl-divergence-independent")
@given(pairs(most=4), pairs(most=4))
def test_independent_observations_add(first: tuple[Any, Any], second: tuple[Any, Any]) -> None:
    with mpmath.workdps(60):
        (p1, q1), (p2, q2) = ([exact(x) for x in pair] for pair in (first, second))
        both = definition([x * y for x in p1 for y in p2], [x * y for x in q1 for y in q2])
        three = definition(
            [x * y * z for x in p1 for y in p1 for z in p1], [x * y * z for x in q1 for y in q1 for z in q1]
        )
        apart, once = definition(p1, q1) + definition(p2, q2), definition(p1, q1)
        # Terms are at most a few thousand in size (the least weight is 1e-300), and rounded at 1e-60 of it.
        assert both == apart or abs(both - apart) < mpmath.mpf(10) ** -50
        assert three == 3 * once or abs(three - 3 * once) < mpmath.mpf(10) ** -50
    # What klnotes gives for the table of pairs: its entries are rounded, and logarithms here stay below 1500.
    table = klnotes.kl_divergence(np.outer(first[0], second[0]).ravel(), np.outer(first[1], second[1]).ravel())
    if np.isfinite(float(apart)) and min(min(q[q > 0]) for q in (first[1], second[1])) > 1e-100:
        assert table == pytest.approx(float(apart), rel=1e-9, abs=1e-12)


@pytest.mark.theorem("prop-kl-divergence-bernoulli")
@given(inside, inside, inside)
def test_coins(p: float, q: float, further: float) -> None:
    assert klnotes.bernoulli_kl(p, p) == 0
    with mpmath.workdps(50):
        a, b = mpmath.mpf(p), mpmath.mpf(q)
        exact = a * mpmath.log(a / b) + (1 - a) * mpmath.log((1 - a) / (1 - b))
        # 1 - p is rounded once, which moves the value by at most 2**-53 (1 + |d log|); the logs here are below 14.
        assert abs(klnotes.bernoulli_kl(p, q) - exact) <= 2e-15 * exact + 1e-15 * abs(a - b)
    # Strictly larger for what is further off on the same side, by more than rounding can hide.
    assume((q - p) * (further - p) > 0 and abs(further - p) > abs(q - p) + 1e-6)
    assert klnotes.bernoulli_kl(p, further) > klnotes.bernoulli_kl(p, q)


@given(inside)
def test_coins_at_the_ends(p: float) -> None:
    for q in (0.0, 1.0):
        assert klnotes.bernoulli_kl(p, q) == np.inf
    assert klnotes.bernoulli_kl(p, 1e-300) > 100 * p


@pytest.mark.theorem("prop-kl-divergence-gaussian")
@given(st.floats(-3, 3), st.floats(0.3, 3), st.floats(-3, 3), st.floats(0.3, 3))
def test_normal_distributions(m0: float, s0: float, m1: float, s1: float) -> None:
    # Gauss-Hermite quadrature of the definition: the integrand is a quadratic under the weight, so 20 nodes are exact.
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    x = m0 + s0 * nodes
    log_ratio = np.log(s1 / s0) - ((x - m0) / s0) ** 2 / 2 + ((x - m1) / s1) ** 2 / 2
    integral = weights @ log_ratio / np.sqrt(2 * np.pi)
    # Each of the three parts is rounded at its own size, at most about (6 / 0.3)**2 / 2 = 200.
    assert klnotes.gaussian_kl(m0, s0, m1, s1) == pytest.approx(integral, rel=1e-12, abs=1e-12)


# What learners answer: right, and wrong with what the check must say.


def nearest_by_comparison(counts: Any, models: Any) -> int | None:
    least, nearest = inf, None
    for k, model in enumerate(models):
        far = np.sum(counts * np.log(counts / model))
        if far < least:  # never, for nan
            least, nearest = far, k
    return nearest


RIGHT: dict[str, list[Any]] = {
    "kl_divergence": [kl_by_loop, lambda p, q: rel_entr(p, q).sum()],
    "gaussian_kl": [lambda m, s, n, t: log(t / s) + (s * s + (m - n) ** 2) / (2 * t * t) - 0.5],
    "nearest_model": [
        lambda counts, models: min(
            range(len(models)),
            key=lambda k: -sum(c * log(m) if m else -inf for c, m in zip(counts, models[k], strict=True) if c),
        )
    ],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "kl_divergence": [
        (lambda p, q: kl_by_loop(q, p), "the other way round"),
        (lambda p, q: kl_by_loop(p, q) / log(2), "That is in bits"),
        (lambda p, q: -kl_by_loop(p, q), "a minus missing, or one too many?"),
        (lambda p, q: np.log(p / q).mean(), "as if all outcomes were equally common"),
        (lambda p, q: -np.sum(xlogy(p, q)), "That is the cross-entropy"),
        (lambda p, q: np.sum(xlogy(q, q)) * -1 + np.sum(xlogy(p, p)), "entropy of Q minus the entropy of P"),
        (lambda p, q: np.sum(p * np.log(p / q)), "0 · log 0 is nan"),
        (lambda p, q: np.sum(p * np.log((p + 1e-10) / (q + 1e-10))), "A small number, 1e-10,"),
        (lambda p, q: np.sum(xlogy(p, p / (q + 1e-12))), "A small number, 1e-12,"),
        (lambda p, q: np.sum(xlogy(p, np.maximum(p, 1e-12) / np.maximum(q, 1e-12))), "A small number, 1e-12,"),
        (lambda p, q: rel_entr(p, q).mean(), MEAN),
        (lambda p, q: np.abs(rel_entr(p, q)).sum(), "Every term is made positive"),
        (lambda p, q: np.sum((p - q) ** 2 / q), "That is chi squared"),
        (lambda p, q: sqrt(kl_by_loop(p, q) / 2), "Pinsker's bound"),
        (lambda p, q: np.sum(p * p / q), "The logarithm is missing"),
        (lambda p, q: rel_entr(p, q)[q > 0].sum(), "leaves out the outcomes that Q excludes"),
        (lambda p, q: kl_by_loop(q, p) / log(2), "And: that is in bits"),
        (rel_entr, SUM),
        (lambda p, q: kl_by_loop(p[1:], q[1:]), "range(1, n)"),
        (lambda p, q: kl_by_loop(p[:1], q[:1]), "Is the return inside the loop?"),
        (lambda p, q: kl_by_loop(p, q) if sum(p) == 1 == sum(q) else np.nan, "ask whether the sum is exactly 1"),
        (lambda p, q: kl_by_loop((p + 1e-9) / sum(p + 1e-9), (q + 1e-9) / sum(q + 1e-9)), "A small number, 1e-09,"),
        (lambda p, q: kl_by_loop(np.clip(p, 1e-12, 1), np.clip(q, 1e-12, 1)), "A small number, 1e-12,"),
        (lambda p, q: np.sum(p * np.log(p / q + 1e-10)), "A small number, 1e-10,"),
        (lambda p, q: round(kl_by_loop(p, q), 3), "It is rounded to 3 digits"),
        (lambda p, q: sum(a * log(a / b) for a, b in zip(p, q, strict=True)), "0 · log 0 is nan"),
        (lambda p, q: sum(a * (log(a) - log(b)) for a, b in zip(p, q, strict=True)), "q = 0 < p?"),
    ],
    "gaussian_kl": [
        (lambda m, s, n, t: RIGHT["gaussian_kl"][0](n, t, m, s), "the other way round"),
        (lambda m, s, n, t: RIGHT["gaussian_kl"][0](m, sqrt(s), n, sqrt(t)), "taken for variances"),
        (lambda m, s, n, t: log(t / s) + (s * s + (m - n) ** 2) / (2 * t * t), "Half is not subtracted"),
        (lambda m, s, n, t: log(t / s) + (m - n) ** 2 / (2 * t * t) - 0.5, "std0² is missing"),
        (lambda m, s, n, t: log(s / t) + (s * s + (m - n) ** 2) / (2 * t * t) - 0.5, "upside down"),
        (lambda m, s, n, t: (s * s + (m - n) ** 2) / (2 * t * t) - 0.5, "logarithm of the two widths is missing"),
        (lambda m, s, n, t: RIGHT["gaussian_kl"][0](m, s, n, t) / log(2), "That is in bits"),
        (lambda m, s, n, t: log(t / s) + (s**2 + (m - n) ** 2) / 2 * t**2 - 0.5, "from left to right"),
        (lambda m, s, n, t: log(t / s, 10) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5, "has base 10"),
        (lambda m, s, n, t: log(t / s, 2) + (s**2 + (m - n) ** 2) / (2 * t**2) - 0.5, "has base 2"),
        (
            lambda m, s, n, t: log(t / s) + (s ^ 2 + (m - n) ^ 2) / (2 * t**2) - 0.5,
            "in: lambda m, s, n, t: log(t / s) + (s ^ 2",
        ),
        (lambda m, s, n, t: ((m - n) / t) ** 2 / 2, "equal widths are taken for granted"),
        (lambda m, s, n, t: (log(t / s) + (s**2 + (m - n) ** 2) / t**2 - 1) / 2, "halved"),
    ],
    "nearest_model": [
        (lambda c, m: int(np.argmin(rel_entr(m, c / c.sum()).sum(axis=1))), "the other way round"),
        (lambda c, m: int(np.argmax(rel_entr(c / c.sum(), m).sum(axis=1))), "farthest"),
        (lambda c, m: int(np.argmin(((c / c.sum() - m) ** 2).sum(axis=1))), "squared differences"),
        (lambda c, m: int(np.argmin(rel_entr(c / c.sum(), m).sum(axis=1))) + 1, "counted from 1"),
        (lambda c, m: rel_entr(c / c.sum(), m).sum(axis=1).min(), "not the index"),
        (lambda c, m: int(np.argmin(np.abs(c / c.sum() - m).sum(axis=1))), "absolute differences"),
        (lambda c, m: int(np.argmin(klnotes.js_divergence(c, m, normalize=True))), "Jensen-Shannon"),
        (lambda c, m: int(np.argmin(-np.log(m + 1e-10) @ c)), "A small number in the logarithm hides"),
        (lambda c, m: int(np.argmin(-np.log(np.maximum(m, 1e-12)) @ c)), "A small number in the logarithm hides"),
        (lambda c, m: int(np.argmin(-np.log(m + 1e-300) @ c)), "A small number in the logarithm hides"),
        (lambda c, m: 0, "It gives 0 for every input"),
        (lambda c, m: int(np.argmin(np.sum(c * np.log(c / m), axis=1))), "0 · log 0 is nan"),
        (lambda c, m: min(range(len(m)), key=lambda k: np.sum(c * np.log(c / m[k]))), "0 · log 0 is nan"),
        (nearest_by_comparison, "Does every branch end with a return"),
        (nearest_by_comparison, "what does an outcome add that was not counted"),
        (lambda c, m: int(np.argmin([np.sum(xlogy(c, c / row)[row > 0]) for row in m])), "leaves out"),
        (lambda c, m: int(np.argmin(-np.log(m + 0.01) @ c)), "A small number in the logarithm hides"),
        (lambda c, m: int(np.argmin(rel_entr((c + 1) / (c + 1).sum(), m).sum(axis=1))), "One is added to every count"),
        (lambda c, m: int(np.argmax([row[np.argmax(c)] for row in m])), "commonest outcome only"),
        (lambda c, m: int(np.argmin(rel_entr(c / c.sum(), m).sum(axis=0))), "axis=1"),
        (lambda c, m: rel_entr(c / c.sum(), m).sum(axis=1), "Which index has the smallest?"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"independent": 2}


# The explorable.


EXPLORED = {
    "kl-divergence": Explored(
        make=lambda: KLDivergence([0.5, 0.3, 0.2], [0.4, 0.4, 0.2], unit="bits"),
        opens=["0.0365 bits", "0.0372 bits"],
        wins=[("Q, spotted", ["Home", "ArrowUp", "ArrowUp"]), ("P, spotted", ["ArrowDown"] * 9)],
        golden=[
            *(("klDivergence", [p, q], klnotes.kl_divergence(p, q)) for p, q in PAIRS),
            *(("klTerms", [p, q], klnotes.kl_terms(p, q).tolist()) for p, q in PAIRS),
        ],
    ),
}
