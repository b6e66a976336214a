"""The chapter `common-mistakes`: its slips, its theorems, and answers that readers give."""

from collections.abc import Callable
from math import log
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import entr, rel_entr, softmax, xlogy

import klnotes
from klnotes.explorables.common_mistakes import CommonMistakes, slips
from tests.explored import Explored
from tests.notebooks import ROOT, read
from tests.strategies import distributions, pairs

Exact = list[Any]
TINY = mpmath.mpf(10) ** -45


def _masked(p: Any, q: Any) -> Any:
    keep = (p > 1e-8) & (q > 1e-8)
    return rel_entr(p[keep], q[keep]).sum()


# Each takes two arrays of probabilities and is meant to be the KL divergence of q from p, in nats. None is.
SLIPS: dict[str, Callable[[Any, Any], Any]] = {
    "swapped": lambda p, q: rel_entr(q, p).sum(),
    "in bits": lambda p, q: rel_entr(p, q).sum() / log(2),
    "mean": lambda p, q: rel_entr(p, q).mean(),
    "absolute values": lambda p, q: abs(rel_entr(p, q)).sum(),
    "masked": _masked,
    "epsilon": lambda p, q: np.sum(p * np.log((p + 1e-10) / (q + 1e-10))),
    "clipped": lambda p, q: rel_entr(np.clip(p, 1e-7, 1), np.clip(q, 1e-7, 1)).sum(),
    "two entropies": lambda p, q: entr(q).sum() - entr(p).sum(),
    "square root": lambda p, q: np.sqrt(rel_entr(p, q).sum()),
    "no logarithm": lambda p, q: np.sum(p * p / q),
    "no weights": lambda p, q: np.sum(np.log(p / q)),
    "wrong weights": lambda p, q: np.sum(q * np.log(p / q)),
    "not log-space": lambda p, q: np.sum(xlogy(p, p) - p * q),
    "cross-entropy": lambda p, q: -xlogy(p, q).sum(),
    "percent": lambda p, q: rel_entr(100 * p, 100 * q).sum(),
    "softmax again": lambda p, q: rel_entr(softmax(p), softmax(q)).sum(),
}

# The pair on which all of them show: each gives another number, none of them the right one, 1.7980.
P, Q = np.array([0.5, 0.3, 0.1, 0.1]), np.array([0.4, 0.4, 0.2, 1e-9])


def test_on_the_pair_of_the_clinic_every_slip_has_a_number_of_its_own() -> None:
    numbers = {"right": rel_entr(P, Q).sum(), **{name: f(P, Q) for name, f in SLIPS.items()}}
    assert len({f"{number:.4f}" for number in numbers.values()}) == len(SLIPS) + 1 == 17


def in_the_chapter() -> dict[str, Any]:
    """What the chapter's cells define, up to the table of the slips."""
    defined: dict[str, Any] = {}
    for cell in read(ROOT / "chapters/common-mistakes.ipynb").cells:
        if cell.id.startswith("common-mistakes-slips"):
            exec(cell.source, defined)
        if cell.id == "common-mistakes-pair":
            exec(cell.source.replace("print", "str"), defined)
    return defined


def test_the_chapter_has_the_same_slips() -> None:
    chapter = in_the_chapter()
    assert set(chapter["slips"]) == set(SLIPS)
    np.testing.assert_array_equal([chapter["P"], chapter["Q"]], [P, Q])
    for p, q in [(P, Q), *np.random.default_rng(0).dirichlet(np.ones(5), size=(20, 2))]:
        for name, f in SLIPS.items():
            assert f(p, q) == pytest.approx(chapter["slips"][name](p, q), rel=1e-12), name


def test_the_numbers_of_the_table_by_fifty_digits() -> None:
    """Nothing of NumPy's in it."""
    with mpmath.workdps(50):
        p, q = ([mpmath.mpf(float(x)) for x in side] for side in (P, Q))
        ln, pair = mpmath.log, list(zip(p, q, strict=True))
        right = mpmath.fsum(a * ln(a / b) for a, b in pair)
        h = [-mpmath.fsum(x * ln(x) for x in side) for side in (p, q)]
        soft = [[mpmath.exp(x) / mpmath.fsum(map(mpmath.exp, side)) for x in side] for side in (p, q)]
        small, least = mpmath.mpf(1e-10), mpmath.mpf(1e-7)
        wanted = {
            "swapped": mpmath.fsum(b * ln(b / a) for a, b in pair),
            "in bits": right / ln(2),
            "mean": right / 4,
            "absolute values": mpmath.fsum(abs(a * ln(a / b)) for a, b in pair),
            "masked": mpmath.fsum(a * ln(a / b) for a, b in pair[:3]),
            "epsilon": mpmath.fsum(a * ln((a + small) / (b + small)) for a, b in pair),
            "clipped": mpmath.fsum(a * ln(a / max(b, least)) for a, b in pair),
            "two entropies": h[1] - h[0],
            "square root": mpmath.sqrt(right),
            "no logarithm": mpmath.fsum(a * a / b for a, b in pair),
            "no weights": mpmath.fsum(ln(a / b) for a, b in pair),
            "wrong weights": mpmath.fsum(b * ln(a / b) for a, b in pair),
            "not log-space": -h[0] - mpmath.fsum(a * b for a, b in pair),
            "cross-entropy": h[0] + right,
            "percent": 100 * right,
            "softmax again": mpmath.fsum(a * ln(a / b) for a, b in zip(*soft, strict=True)),
        }
    assert {name: f"{float(x):.10g}" for name, x in wanted.items()} == {
        name: f"{f(P, Q):.10g}" for name, f in SLIPS.items()
    }


# ---- theorems ----


def exact(x: Any) -> Exact:
    """The distribution in numbers of mpmath, which sum to 1 in its precision."""
    numbers = [mpmath.mpf(float(v)) for v in x]
    return [v / mpmath.fsum(numbers) for v in numbers]


def kl(p: Exact, q: Exact) -> Any:
    if any(a > 0 and b == 0 for a, b in zip(p, q, strict=True)):
        return mpmath.inf
    return mpmath.fsum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def entropy(p: Exact) -> Any:
    return -mpmath.fsum(a * mpmath.log(a) for a in p if a > 0)


def variation(p: Exact, q: Exact) -> Any:
    return mpmath.fsum(abs(a - b) for a, b in zip(p, q, strict=True)) / 2


def product(p: Exact, q: Exact) -> Exact:
    return [a * b for a in p for b in q]


def merged(p: Exact) -> Exact:
    return [p[0] + p[1], *p[2:]]


def alike(x: Any, y: Any) -> bool:
    return bool(x == y or abs(x - y) <= TINY * (1 + abs(x)))


@pytest.mark.theorem("thm-common-mistakes-blind")
@settings(max_examples=60)
@given(pairs(most=4), pairs(most=3), st.sampled_from([0.001, 1 / log(2), 1.0, 100.0]), st.booleans())
def test_the_four_checks_are_blind_to_a_factor_and_to_a_swap(one: Any, two: Any, c: float, swap: bool) -> None:
    with mpmath.workdps(60):
        (p, q), (r, s) = (tuple(map(exact, pair)) for pair in (one, two))

        def f(p: Exact, q: Exact) -> Any:
            return mpmath.mpf(c) * (kl(q, p) if swap else kl(p, q))

        assert f(p, p) == 0
        assert f(p, q) >= -TINY
        assert alike(f(product(p, r), product(q, s)), f(p, q) + f(r, s))
        if len(p) > 1:
            assert f(merged(p), merged(q)) <= f(p, q) + TINY * (1 + c)


@pytest.mark.theorem("prop-common-mistakes-groups")
@settings(max_examples=60)
@given(pairs(zeros=False), st.data())
def test_groups_see_the_swap(pair: Any, data: st.DataObject) -> None:
    of = data.draw(st.lists(st.integers(0, 2), min_size=len(pair[0]), max_size=len(pair[0])))
    with mpmath.workdps(60):
        p, q = map(exact, pair)
        members = [[i for i, g in enumerate(of) if g == group] for group in sorted(set(of))]
        shares_p, shares_q = ([mpmath.fsum(side[i] for i in one) for one in members] for side in (p, q))
        inside = [
            ([p[i] / a for i in one], [q[i] / b for i in one])
            for one, a, b in zip(members, shares_p, shares_q, strict=True)
        ]
        divided = mpmath.fsum(a * kl(*one) for a, one in zip(shares_p, inside, strict=True))
        assert alike(kl(p, q), kl(shares_p, shares_q) + divided)
        turned = [kl(b, a) for a, b in inside]
        excess = mpmath.fsum((b - a) * x for a, b, x in zip(shares_p, shares_q, turned, strict=True))
        right = kl(shares_q, shares_p) + mpmath.fsum(a * x for a, x in zip(shares_p, turned, strict=True))
        assert alike(kl(q, p), right + excess)


@pytest.mark.theorem("prop-common-mistakes-mean")
@settings(max_examples=60)
@given(pairs(zeros=False), pairs(zeros=False), st.floats(0.05, 0.95))
def test_the_mean(one: Any, two: Any, share: float) -> None:
    with mpmath.workdps(60):
        (p, q), (r, s) = (tuple(map(exact, pair)) for pair in (one, two))

        def f(p: Exact, q: Exact) -> Any:
            return kl(p, q) / len(p)

        assert f(p, p) == 0
        assert f(p, q) >= 0 or abs(f(p, q)) <= TINY
        assert alike(f(product(p, r), product(q, s)), f(p, q) / len(r) + f(r, s) / len(p))
        if len(p) == len(r):
            assert (f(p, q) < f(r, s)) == (kl(p, q) < kl(r, s))
        # Cut the first outcome into two with the same ratio; merging them again undoes it.
        cut_p, cut_q = ([share * x[0], (1 - share) * x[0], *x[1:]] for x in (p, q))
        n = len(cut_p)
        assert alike(f(merged(cut_p), merged(cut_q)), f(cut_p, cut_q) * n / (n - 1))


@pytest.mark.theorem("prop-common-mistakes-entropies")
@given(pairs(zeros=False))
def test_the_difference_of_two_entropies(pair: Any) -> None:
    with mpmath.workdps(60):
        p, q = map(exact, pair)
        means = [mpmath.fsum(w * mpmath.log(b) for w, b in zip(side, q, strict=True)) for side in (p, q)]
        assert alike(entropy(q) - entropy(p), kl(p, q) + means[0] - means[1])
        uniform = [1 / mpmath.mpf(len(p))] * len(p)
        assert alike(entropy(uniform) - entropy(p), kl(p, uniform))


@pytest.mark.theorem("prop-common-mistakes-coins")
@given(st.floats(1e-6, 1 - 1e-6), st.floats(1e-6, 1 - 1e-6))
def test_the_swap_for_two_coins(p: float, q: float) -> None:
    with mpmath.workdps(60):
        a, b = mpmath.mpf(p), mpmath.mpf(q)
        more = kl([a, 1 - a], [b, 1 - b]) - kl([b, 1 - b], [a, 1 - a])
        fairer = a * (1 - a) - b * (1 - b)
        assert mpmath.sign(more) == mpmath.sign(fairer) or abs(more) <= TINY
        assert abs(kl([a, 1 - a], [1 - a, a]) - kl([1 - a, a], [a, 1 - a])) <= TINY
        if abs(fairer) > 1e-9:
            assert abs(more) > TINY


def test_for_three_outcomes_the_larger_entropy_decides_nothing() -> None:
    p, q = np.array([0.02, 0.36, 0.62]), np.array([0.86, 0.05, 0.09])
    assert klnotes.entropy(p) > klnotes.entropy(q)
    assert klnotes.kl_divergence(p, q) < klnotes.kl_divergence(q, p)


@pytest.mark.theorem("prop-common-mistakes-halving")
@settings(max_examples=60)
@given(distributions(zeros=False), st.data())
def test_what_halving_shows(p: Any, data: st.DataObject) -> None:
    q = data.draw(distributions(len(p)))
    assume(np.abs(p - q).max() > 1e-3)
    with mpmath.workdps(80):
        p, q = exact(p), exact(q)
        both = list(zip(p, q, strict=True))
        t = mpmath.mpf(10) ** -20
        near = [a + t * (b - a) for a, b in both]
        chi2 = mpmath.fsum((b - a) ** 2 / a for a, b in both)
        absolute = mpmath.fsum(abs(a * mpmath.log(a / b)) for a, b in zip(p, near, strict=True))
        limit = mpmath.fsum((a - b) * mpmath.log(a) for a, b in both)
        for found, wanted in [
            (kl(p, near) / t**2, chi2 / 2),
            (kl(near, p) / t**2, chi2 / 2),
            (absolute / t, 2 * variation(p, q)),
            ((entropy(near) - entropy(p)) / t, limit),
            (entropy(p) + kl(p, near), entropy(p)),
        ]:
            assert abs(found - wanted) <= mpmath.mpf(10) ** -10


@pytest.mark.theorem("prop-common-mistakes-absolute")
@settings(max_examples=60)
@given(pairs())
def test_absolute_values(pair: Any) -> None:
    with mpmath.workdps(60):
        p, q = map(exact, pair)
        d = kl(p, q)
        assume(d < mpmath.inf)
        a = mpmath.fsum(abs(x * mpmath.log(x / y)) for x, y in zip(p, q, strict=True) if x > 0)
        assert d - TINY <= a <= d + 2 * variation(p, q) + TINY
        assert 2 * variation(p, q) <= mpmath.sqrt(2 * max(d, 0)) + mpmath.mpf(10) ** -20
        if any(mpmath.mpf(10) ** -40 < x < y and y - x > TINY for x, y in zip(p, q, strict=True)):
            assert a > d
        if not any(0 < x < y for x, y in zip(p, q, strict=True)):
            assert alike(a, d)


def test_halving_leaves_a_half_where_p_has_a_zero() -> None:
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.3, 0.4, 0.3])
    near, nearer = (rel_entr(p, p + t * (q - p)).sum() for t in (1e-3, 5e-4))
    assert nearer / near == pytest.approx(0.5, abs=1e-3)


def test_absolute_values_can_be_right_where_p_has_a_zero() -> None:
    p, q = np.array([1.0, 0.0]), np.array([0.5, 0.5])
    assert SLIPS["absolute values"](p, q) == rel_entr(p, q).sum() > 0


@pytest.mark.theorem("prop-common-mistakes-scale")
@settings(max_examples=60)
@given(pairs(), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_the_plain_sum_of_what_is_no_distribution(pair: Any, a: float, b: float) -> None:
    with mpmath.workdps(60):
        p, q = map(exact, pair)
        assume(kl(p, q) < mpmath.inf)
        found = kl([a * x for x in p], [b * x for x in q])
        assert alike(found, a * (kl(p, q) + mpmath.log(mpmath.mpf(a) / b)))


# ---- the explorable ----

_PAIRS: list[tuple[Any, Any]] = [
    ([0.5, 0.3, 0.2], [0.4, 0.4, 0.2]),
    ([0.5, 0.3, 0.2], [0.2, 0.3, 0.5]),
    ([0.998, 0.001, 0.001], [0.01, 0.04, 0.95]),
    ([0.5, 0.5, 0.0], [0.25, 0.25, 0.5]),
    ([0.5, 0.25, 0.25], [0.5, 0.5, 0.0]),
]

EXPLORED = {
    "common-mistakes": Explored(
        make=lambda: CommonMistakes([0.5, 0.3, 0.2], [0.4, 0.4, 0.2], outcomes=["plain", "striped", "spotted"]),
        opens=["0.0253 nats", "1"],
        wins=[("Q, plain", ["PageDown"] * 2), ("Q, striped", ["PageDown"] * 3)],
        golden=[("slips", [p, q], slips(p, q)) for p, q in _PAIRS],
    ),
}


# ---- what learners answer: right, and wrong with what the check must say ----


def by_token(values: Any, real: Any) -> float:
    total = count = 0.0
    for row, marks in zip(values, real, strict=True):
        for value, mark in zip(row, marks, strict=True):
            total, count = total + value * mark, count + mark
    return total / count


def inside(p: Any, q: Any) -> Any:
    a, b = (x / x.sum(axis=1, keepdims=True) for x in (p, q))
    return rel_entr(a, b).sum(axis=1)


def between(p: Any, q: Any) -> float:
    return float(rel_entr(p.sum(axis=1), q.sum(axis=1)).sum())


RIGHT: dict[str, list[Any]] = {
    "token_mean": [by_token, lambda v, r: np.average(np.ravel(v), weights=np.ravel(r))],
    "grouped": [
        lambda p, q: rel_entr(p, q).sum(),
        lambda p, q: between(p, q) + p.sum(axis=1) @ inside(p, q),
    ],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "hidden": [
        ([[0.5, 0.3, 0.2], [0.5, 0.3, 0.3]], "Each row must be a distribution"),
        ([[0.5, 0.5, 0.0], [0.5, 0.3, 0.2]], "No entry may be 0"),
        ([[0.5, 0.3, 0.2], [0.4, 0.4, 0.2]], "different from each other"),
        ([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], "P is Q, or nearly so"),
        ([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5]], "the divergence differ"),
    ],
    "token_mean": [
        (lambda v, r: np.mean(np.multiply(v, r)), "The blanks are counted in"),
        (lambda v, r: np.mean(v), "blanks and all"),
        (lambda v, r: sum(sum(row) for row in v) / sum(sum(row) for row in r), "The values of the blanks are added"),
        (lambda v, r: np.sum(v) / np.sum(r), "The values of the blanks are added"),
        (
            lambda v, r: sum(by_token([a], [b]) for a, b in zip(v, r, strict=True)) / len(v),
            "a token in a short row weighs more",
        ),
        (lambda v, r: np.sum(np.multiply(v, r)), "That is the sum over the real tokens"),
        (lambda v, r: np.sum(np.multiply(v, r)) / len(v), "divided by the number of rows"),
        (lambda v, r: by_token(v[:1], r[:1]), "the first row only"),
    ],
    "grouped": [
        (lambda p, q: between(p, q) + q.sum(axis=1) @ inside(p, q), "their shares under Q"),
        (lambda p, q: p.sum(axis=1) @ inside(p, q), "What is between the groups is missing"),
        (between, "only what is between the groups"),
        (lambda p, q: between(p, q) + inside(p, q).mean(), "as if all were equally common"),
        (lambda p, q: between(p, q) + inside(p, q).sum(), "without weights"),
        (lambda p, q: rel_entr(q, p).sum(), "inside of the groups or everywhere"),
        (lambda p, q: rel_entr(p, q).sum() / log(2), "That is in bits"),
        (lambda p, q: between(q, p) + p.sum(axis=1) @ inside(p, q), "Between the groups the direction"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"absolute": 12}
