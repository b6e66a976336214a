"""The chapter `zero-probabilities`: its theorems, and answers that readers give."""

from fractions import Fraction
from itertools import product
from math import comb, exp, factorial, inf, log, prod
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import rel_entr, roots_jacobi

import klnotes
from klnotes.explorables.zero_probabilities import ZeroProbabilities
from tests.chapters.answers import SUM
from tests.explored import Explored
from tests.strategies import distributions, pairs

inside = st.floats(1e-3, 1 - 1e-3)
alphas = st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(2), Fraction(1, 100), Fraction(7, 3)])


@st.composite
def counted(draw: st.DrawFn, *, least: int = 2, most: int = 4) -> list[int]:
    """Counts of 1 to 32 outcomes, zeros among them."""
    counts = st.lists(st.integers(-2, 8).map(lambda c: max(c, 0)), min_size=least, max_size=most)
    return draw(counts.filter(any))


def exact(x: Any) -> list[Any]:
    """The distribution in numbers of mpmath, which sum to 1 in its precision."""
    numbers = [mpmath.mpf(float(v)) for v in x]
    return [v / mpmath.fsum(numbers) for v in numbers]


def divergence(p: Any, q: Any) -> Any:
    """The definition, in nats."""
    if any(x > 0 and y == 0 for x, y in zip(p, q, strict=True)):
        return mpmath.inf
    return mpmath.fsum(x * mpmath.log(x / y) for x, y in zip(p, q, strict=True) if x > 0)


def raised(counts: list[int], alpha: Fraction) -> list[Fraction]:
    return [(c + alpha) / (sum(counts) + len(counts) * alpha) for c in counts]


@pytest.mark.theorem("prop-zero-probabilities-finite")
@given(pairs(), st.integers(0, 3))
def test_finite_without_missing_mass_only(pair: tuple[Any, Any], draws: int) -> None:
    p, q = pair
    missing = p[q == 0].sum()
    assert np.isfinite(klnotes.kl_divergence(p, q)) == (missing == 0)
    assert (missing == 0) == (set(np.flatnonzero(p)) <= set(np.flatnonzero(q)))
    # All sequences of so many draws, one by one.
    sequences = (list(s) for s in product(range(len(p)), repeat=draws))
    caught = sum(float(np.prod(p[s])) for s in sequences if np.any(q[s] == 0))
    assert caught == pytest.approx(1 - (1 - missing) ** draws, abs=1e-14)


def test_on_a_countable_set_it_may_be_infinite_without_missing_mass() -> None:
    with mpmath.workdps(30):
        z = mpmath.nsum(lambda n: mpmath.mpf(2) ** -(2**n), [1, 12])

        def first(k: int) -> Any:
            return mpmath.fsum(
                mpmath.mpf(2) ** -n * (-n * mpmath.log(2) + 2**n * mpmath.log(2) + mpmath.log(z))
                for n in range(1, k + 1)
            )

        assert [f"{float(first(k)):.2f}" for k in (10, 100, 1000)] == ["4.40", "66.78", "690.61"]


@pytest.mark.theorem("prop-zero-probabilities-epsilon")
@given(pairs(zeros=True), st.integers(2, 6))
def test_the_number_follows_epsilon(pair: tuple[Any, Any], size: int) -> None:
    p, q = pair
    assume(min(q[q > 0]) > 1e-13)
    with mpmath.workdps(60):
        a, b = exact(p), exact(q)
        missing = mpmath.fsum(x for x, y in zip(a, b, strict=True) if y == 0)
        limit = mpmath.fsum(x * mpmath.log(x) for x in a if x > 0)
        limit -= mpmath.fsum(x * mpmath.log(y) for x, y in zip(a, b, strict=True) if y > 0)

        def reported(eps: Any) -> Any:
            return divergence(a, [(y + eps) / (1 + len(a) * eps) for y in b])

        # What is left is ln(1 + k eps) and the sum of p ln(1 + eps/q), both at most of the order eps/1e-13.
        eps = mpmath.mpf(10) ** -(15 + 5 * size)
        assert abs(reported(eps) + missing * mpmath.log(eps) - limit) <= len(a) * eps * mpmath.mpf(10) ** 14
        decade = reported(eps / 10) - reported(eps)
        assert abs(decade - missing * mpmath.log(10)) <= 2 * len(a) * eps * mpmath.mpf(10) ** 14


@pytest.mark.theorem("prop-zero-probabilities-same")
@given(counted(), alphas)
def test_one_repair_three_names(counts: list[int], alpha: Fraction) -> None:
    n, k = sum(counts), len(counts)
    eps, lam = alpha / n, k * alpha / (n + k * alpha)
    smoothed = raised(counts, alpha)
    assert smoothed == [(Fraction(c, n) + eps) / (1 + k * eps) for c in counts]
    assert smoothed == [(1 - lam) * Fraction(c, n) + lam / k for c in counts]
    np.testing.assert_allclose(
        klnotes.additive_smoothing(counts, float(alpha)), [float(x) for x in smoothed], rtol=1e-15
    )


def drawn(sequence: list[int], k: int, alpha: Fraction) -> Fraction:
    """The probability of a sequence, draw by draw."""
    probability = Fraction(1)
    for j, color in enumerate(sequence):
        probability *= (sequence[:j].count(color) + alpha) / (j + k * alpha)
    return probability


def rising(x: Fraction, steps: int) -> Fraction:
    return prod((x + j for j in range(steps)), start=Fraction(1))


@pytest.mark.theorem("thm-zero-probabilities-urn")
@given(st.integers(1, 4), st.data(), alphas)
def test_an_urn_forgets_the_order(k: int, data: st.DataObject, alpha: Fraction) -> None:
    sequence = data.draw(st.lists(st.integers(0, k - 1), max_size=10))
    counts = [sequence.count(color) for color in range(k)]
    formula = prod((rising(alpha, c) for c in counts), start=Fraction(1)) / rising(k * alpha, len(sequence))
    assert drawn(sequence, k, alpha) == formula
    assert drawn(data.draw(st.permutations(sequence)), k, alpha) == formula


def test_laplace_believes_in_each_share_alike() -> None:
    for n in range(8):
        for c in range(n + 1):
            assert comb(n, c) * drawn([0] * c + [1] * (n - c), 2, Fraction(1)) == Fraction(1, n + 1)


@pytest.mark.theorem("prop-zero-probabilities-dirichlet")
@given(counted(least=2, most=3), st.sampled_from([0.5, 1.0, 2.0, 0.25]))
def test_a_posterior_mean(counts: list[int], alpha: float) -> None:
    # The integrals over shares (t, 1 - t), or (t, (1 - t) u, (1 - t)(1 - u)), of powers times a polynomial:
    # Gauss-Jacobi quadrature has the powers alpha - 1 for weights, and 30 nodes are exact for the polynomials.
    k = len(counts)

    def integral(powers: list[int]) -> float:
        x, w = roots_jacobi(30, (k - 1) * alpha - 1, alpha - 1)
        t = (1 + x) / 2
        rest = sum(powers[1:])
        outer = float(np.sum(w * t ** powers[0] * (1 - t) ** rest))
        if k == 2:
            return outer
        y, v = roots_jacobi(30, alpha - 1, alpha - 1)
        u = (1 + y) / 2
        return outer * float(np.sum(v * u ** powers[1] * (1 - u) ** powers[2]))

    whole = integral(counts)
    means = [integral([c + (i == j) for j, c in enumerate(counts)]) / whole for i in range(k)]
    np.testing.assert_allclose(means, klnotes.additive_smoothing(counts, alpha), rtol=1e-10)


@pytest.mark.theorem("thm-zero-probabilities-laplace")
@given(counted(least=1, most=5))
def test_the_bill_of_laplace(counts: list[int]) -> None:
    n, k = sum(counts), len(counts)
    sequence = [color for color, c in enumerate(counts) for _ in range(c)]
    given_probability = drawn(sequence, k, Fraction(1))
    shares = prod((Fraction(c, n) ** c for c in counts if c), start=Fraction(1))
    # exp of the difference of the bills, exactly.
    premium = shares / given_probability
    assert premium <= comb(n + k - 1, k - 1) <= (n + 1) ** (k - 1)
    if max(counts) == n:
        assert premium == comb(n + k - 1, k - 1)
    orders = factorial(n) // prod(factorial(c) for c in counts)
    assert given_probability == Fraction(1, orders * comb(n + k - 1, k - 1))


@pytest.mark.theorem("thm-zero-probabilities-mixing")
@given(pairs(), st.data(), inside)
def test_what_a_mixture_costs(pair: tuple[Any, Any], data: st.DataObject, lam: float) -> None:
    with mpmath.workdps(50):
        p, q, b = exact(pair[0]), exact(pair[1]), exact(data.draw(distributions(len(pair[0]))))
        k, weight = len(p), mpmath.mpf(lam)

        def mixed(other: list[Any]) -> Any:
            return divergence(p, [(1 - weight) * y + weight * z for y, z in zip(q, other, strict=True)])

        rounding = mpmath.mpf(10) ** -40
        assert mixed(b) <= divergence(p, q) - mpmath.log(1 - weight) + rounding
        assert mixed(b) <= divergence(p, b) - mpmath.log(weight) + rounding
        uniform = [mpmath.mpf(1) / k] * k
        entropy = -mpmath.fsum(x * mpmath.log(x) for x in p if x > 0)
        assert mixed(uniform) <= mpmath.log(k / weight) - entropy + rounding
        for i in range(k):
            if q[i] == 0:
                sure = [mpmath.mpf(j == i) for j in range(k)]
                reached = divergence(sure, [(1 - weight) * y + weight / k for y in q])
                assert abs(reached - mpmath.log(k / weight)) < rounding
        assert divergence(p, [(x + y) / 2 for x, y in zip(p, q, strict=True)]) <= mpmath.log(2) + rounding


@pytest.mark.theorem("prop-zero-probabilities-reserve")
@given(st.data(), st.integers(1, 4), st.integers(1, 4), inside, inside)
def test_the_right_reserve(data: st.DataObject, outside: int, within: int, mass: float, lam: float) -> None:
    with mpmath.workdps(50):
        p_s, q_s = (exact(data.draw(distributions(outside))) for _ in "pq")
        p_z, b = (exact(data.draw(distributions(within))) for _ in "pb")
        m, reserve = mpmath.mpf(mass), mpmath.mpf(lam)

        def whole(share: Any) -> Any:
            return divergence(
                [(1 - m) * x for x in p_s] + [m * x for x in p_z],
                [(1 - share) * x for x in q_s] + [share * x for x in b],
            )

        coins = divergence([m, 1 - m], [reserve, 1 - reserve])
        parts = coins + (1 - m) * divergence(p_s, q_s) + m * divergence(p_z, b)
        assert whole(reserve) == parts or abs(whole(reserve) - parts) < mpmath.mpf(10) ** -40
        if whole(m) < mpmath.inf and mass != lam:
            assert whole(m) < whole(reserve)


# What learners answer: right, and wrong with what the check must say.


def shares_of(counts: Any, alpha: float) -> list[float]:
    return [(c + alpha) / (sum(counts) + alpha * len(counts)) for c in counts]


def bill_of(counts: Any, q: Any) -> float:
    return sum(c * (-log(x) if x > 0 else inf) for c, x in zip(counts, q, strict=True) if c > 0) / sum(counts)


def perplexity_of(counts: Any, held_out: Any, alpha: float) -> float:
    mean = bill_of(held_out, shares_of(counts, alpha))
    return exp(mean) if mean < inf else inf


def kl_of(new: Any, q: Any) -> float:
    return bill_of(new, q) - bill_of(new, shares_of(new, 0))


RIGHT: dict[str, list[Any]] = {
    "smoothing": [shares_of, lambda c, a: (np.array(c) + a) / np.sum(np.array(c) + a)],
    "perplexity": [perplexity_of],
    "smoothed_kl": [lambda n, c, a: rel_entr(shares_of(n, 0), shares_of(c, a)).sum()],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "smoothing": [
        (lambda c, a: [(x + a) / (sum(c) + a) for x in c], "it must grow by k times alpha"),
        (lambda c, a: [(x + a) / sum(c) for x in c], "The total does not grow"),
        (lambda c, a: [(x + a) / (sum(c) + len(c)) for x in c], "as if 1 were added"),
        (lambda c, a: [x / sum(c) for x in c], "Nothing is added"),
        (lambda c, a: [x + a for x in c], "These are the raised counts"),
        (lambda c, a: shares_of([x / sum(c) for x in c], a), "added to the shares"),
        (lambda c, a: shares_of(c, 1), "whatever alpha is"),
        (lambda c, a: sum(x + a for x in c), "not 2 numbers"),
        (lambda c, a: [], "not 2 numbers"),
    ],
    "perplexity": [
        (lambda c, h, a: bill_of(h, shares_of(c, a)), "e to its power"),
        (lambda c, h, a: 2 ** bill_of(h, shares_of(c, a)), "the power is one of 2"),
        (lambda c, h, a: exp(bill_of(c, shares_of(c, a))), "that were learned from"),
        (lambda c, h, a: exp(bill_of([1] * len(c), shares_of(c, a))), "weighted alike"),
        (lambda c, h, a: exp(-bill_of(h, shares_of(c, a))), "one over the perplexity"),
        (lambda c, h, a: exp(bill_of(h, [(x + a) / (sum(c) + a) for x in c])), "sums to more than 1"),
        (lambda c, h, a: perplexity_of(h, c, a), "exchanged"),
        (
            lambda c, h, a: exp(sum(-n * log(x) for n, x in zip(h, shares_of(c, a), strict=True) if n) / sum(h)),
            "nothing added",
        ),
        (lambda c, h, a: exp(bill_of(h, shares_of(c, max(a, 1e-10)))), "nothing added"),
    ],
    "smoothed_kl": [
        (lambda n, c, a: kl_of(n, [(x + a) / (sum(c) + a) for x in c]), "sums to more than 1"),
        (lambda n, c, a: bill_of(n, shares_of(c, a)), "That is the cross-entropy"),
        (lambda n, c, a: kl_of(n, shares_of(c, a)) / log(2), "That is in bits"),
        (lambda n, c, a: rel_entr(shares_of(c, a), shares_of(n, 0)).sum(), "the other way round"),
        (lambda n, c, a: rel_entr(shares_of(n, a), shares_of(c, a)).sum(), "The new counts are smoothed, too"),
        (lambda n, c, a: kl_of(c, shares_of(n, a)), "exchanged"),
        (lambda n, c, a: rel_entr(shares_of(n, 0), shares_of(c, a)), SUM),
    ],
    "order": [
        ([[0.5, 0.3, 0.2], [0.5, 0.3, 0.3]], "sum to 1"),
        ([[0.5, 0.3, 0.2], [0.5, 0.5, 0.0]], "the second row"),
        ([[0.5, 0.5, 0.0], [0.5, 0.3, 0.2]], "the first row"),
        ([0.5, 0.3, 0.2], "its shape is (3,)"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"bill": 10}


# The explorable.

COUNTS = [[110, 60, 30, 0], [3, 0], [1, 2, 3]]
WEEKS = [[0.54, 0.31, 0.13, 0.02], [0.25, 0.75], [1 / 6, 1 / 3, 1 / 2]]


EXPLORED = {
    "zero-probabilities": Explored(
        make=lambda: ZeroProbabilities(COUNTS[0], WEEKS[0], 1.0, outcomes=["Windows", "Android", "macOS", "Linux"]),
        opens=["1", "0.005", "0.0196", "0.0149 nats"],
        wins=[("α, added to each count", [*["ArrowUp"] * 6, *["PageDown"] * 8, "ArrowDown"])],
        golden=[
            *(
                ("additiveSmoothing", [c, alpha], klnotes.additive_smoothing(c, alpha).tolist())
                for c in COUNTS
                for alpha in (1, 0.5, 1e-12, 0)
            ),
            *(
                ("reported", [p, c, alpha], klnotes.kl_divergence(p, klnotes.additive_smoothing(c, alpha)))
                for p, c in zip(WEEKS, COUNTS, strict=True)
                for alpha in (0, 1e-12, 1e-3, 1, 100)
            ),
        ],
    ),
}
