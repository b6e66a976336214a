import functools
from fractions import Fraction
from itertools import combinations
from math import comb, sqrt
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import entr, kl_div, rel_entr, xlogy

import klnotes
from klnotes.explorables.gibbs_inequality import GibbsInequality
from tests.chapters.answers import kl_by_loop
from tests.explored import PAIRS, Explored
from tests.notebooks import ROOT, printed, read
from tests.strategies import distributions, joints, pairs

# Sums of a few terms of size 1 are rounded at 1e-16; what is claimed of them below allows ten times that.
ROUNDING = 2e-15
positive = st.floats(1e-3, 1e3)


@pytest.mark.theorem("lem-gibbs-inequality-log-tangent")
@given(st.floats(1e-300, 1e300), st.floats(-1e-3, 1e-3))
def test_the_logarithm_lies_below_its_tangent(x: float, near: float) -> None:
    with mpmath.workdps(50):
        for point in (mpmath.mpf(x), 1 + mpmath.mpf(near)):
            gap = point - 1 - mpmath.log(point)
            assert gap > 0 if point != 1 else gap == 0


@pytest.mark.theorem("thm-gibbs-inequality")
@given(pairs(most=8))
def test_divergence_is_never_negative(pair: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pair
    assert klnotes.kl_divergence(p, p) == 0
    assert klnotes.kl_divergence(p, q) >= 0
    with mpmath.workdps(60):
        a, b = ([mpmath.mpf(float(v)) for v in x] for x in (p, q))
        a, b = ([v / mpmath.fsum(x) for v in x] for x in (a, b))
        if all(y > 0 for x, y in zip(a, b, strict=True) if x > 0):
            exact = mpmath.fsum(x * mpmath.log(x / y) for x, y in zip(a, b, strict=True) if x > 0)
            same = max(abs(x - y) for x, y in zip(a, b, strict=True)) < mpmath.mpf(10) ** -25
            assert same or exact > 0
            # The first proof: what is added to each term makes it non-negative, and adds up to nothing.
            # 60 digits leave 1e-58 of rounding in numbers whose logarithms stay below 1000.
            shifted = [x * mpmath.log(x / y) - x + y if x > 0 else y for x, y in zip(a, b, strict=True)]
            assert min(shifted) >= -(mpmath.mpf(10) ** -55)
            assert abs(mpmath.fsum(shifted) - exact) < mpmath.mpf(10) ** -55
        else:
            assert klnotes.kl_divergence(p, q) == np.inf


@pytest.mark.theorem("thm-gibbs-inequality-jensen")
@given(distributions(5), st.lists(st.one_of(st.just(0.0), positive), min_size=5, max_size=5))
def test_jensen(w: np.ndarray, points: list[float]) -> None:
    strict = [lambda t: t * t, mpmath.exp, lambda t: t * mpmath.log(t) if t > 0 else mpmath.mpf(0)]
    with mpmath.workdps(60):
        total = mpmath.fsum(map(mpmath.mpf, w))
        weighted = [(mpmath.mpf(v) / total, mpmath.mpf(x)) for v, x in zip(w, points, strict=True) if v > 0]
        mean = mpmath.fsum(v * x for v, x in weighted)
        spread = mpmath.fsum(v * (x - mean) ** 2 for v, x in weighted)
        inside = all(x > 0 for _, x in weighted)
        for f in [*strict, abs, *([lambda t: -mpmath.log(t)] if inside else [])]:
            average = mpmath.fsum(v * f(x) for v, x in weighted)
            # Sixty digits lose at most 1e-57 of the numbers that are added and subtracted.
            tiny = mpmath.mpf(10) ** -55 * (1 + abs(average))
            assert f(mean) <= average + tiny
            if len({x for _, x in weighted}) == 1:
                assert abs(f(mean) - average) <= tiny
            elif f is not abs and spread > mpmath.mpf(10) ** -20 and f is not mpmath.exp:
                # Second derivatives of at least 1e-6 on (0, 1000] make the gap at least 5e-7 of the variance.
                assert average - f(mean) >= spread * mpmath.mpf("4.9e-7")


@pytest.mark.theorem("thm-gibbs-inequality-log-sum")
@given(st.lists(st.tuples(st.floats(0, 1e3), positive), min_size=1, max_size=6))
def test_log_sum(numbers: list[tuple[float, float]]) -> None:
    with mpmath.workdps(60):
        a, b = ([mpmath.mpf(v) for v in column] for column in zip(*numbers, strict=True))
        total_a, total_b = mpmath.fsum(a), mpmath.fsum(b)
        left = mpmath.fsum(x * mpmath.log(x / y) for x, y in zip(a, b, strict=True) if x > 0)
        right = total_a * mpmath.log(total_a / total_b) if total_a > 0 else mpmath.mpf(0)
        ratios = [x / y for x, y in zip(a, b, strict=True)]
        tiny = mpmath.mpf(10) ** -50 * (1 + abs(left) + abs(right))
        assert left >= right - tiny
        # Equality only for equal ratios. (Ratios that agree to 20 digits leave a difference below 1e-36.)
        if max(ratios) - min(ratios) > mpmath.mpf(10) ** -12 * max(ratios):
            assert left > right


@pytest.mark.theorem("cor-gibbs-inequality-grouping")
@given(pairs(most=8), st.lists(st.integers(0, 2), min_size=8, max_size=8))
def test_grouping(pair: tuple[np.ndarray, np.ndarray], groups: list[int]) -> None:
    p, q = pair
    member = np.eye(3)[groups[: len(p)]]
    fine, coarse = klnotes.kl_divergence(p, q), klnotes.kl_divergence(p @ member, q @ member, normalize=True)
    # The groups' sums are rounded, which moves their divergence by about 1e-16 times the log of their ratio.
    assert coarse <= fine * (1 + 1e-13) + 1e-15 * np.sqrt(fine if np.isfinite(fine) else 1.0) + 1e-30


@pytest.mark.theorem("cor-gibbs-inequality-joint-convexity")
@given(pairs(most=5), st.data(), st.floats(1e-6, 1 - 1e-6))
def test_joint_convexity(first: tuple[np.ndarray, np.ndarray], data: st.DataObject, weight: float) -> None:
    n = len(first[0])
    with mpmath.workdps(60):

        def exact(x: np.ndarray) -> list[mpmath.mpf]:
            entries = [mpmath.mpf(float(v)) for v in x]
            return [v / mpmath.fsum(entries) for v in entries]

        def divergence(p: list[mpmath.mpf], q: list[mpmath.mpf]) -> mpmath.mpf:
            if any(x > 0 and y == 0 for x, y in zip(p, q, strict=True)):
                return mpmath.inf
            return mpmath.fsum(x * mpmath.log(x / y) for x, y in zip(p, q, strict=True) if x > 0)

        p, q = map(exact, first)
        r, s = exact(data.draw(distributions(n))), exact(data.draw(distributions(n)))
        share = mpmath.mpf(weight)
        mixed = [[share * x + (1 - share) * y for x, y in zip(*both, strict=True)] for both in ((p, r), (q, s))]
        average = share * divergence(p, q) + (1 - share) * divergence(r, s)
        assert divergence(*mixed) <= average + mpmath.mpf(10) ** -55


@pytest.mark.theorem("cor-gibbs-inequality-consequences")
@given(pairs(most=8), joints())
def test_three_inequalities(pair: tuple[np.ndarray, np.ndarray], joint: np.ndarray) -> None:
    p, q = pair
    n = len(p)
    uniform = np.full(n, 1 / n)
    assert np.log(n) - klnotes.entropy(p) == pytest.approx(klnotes.kl_divergence(p, uniform), abs=ROUNDING)
    assert klnotes.cross_entropy(p, q) >= klnotes.entropy(p) - ROUNDING
    assert klnotes.mutual_information(joint) >= 0
    product = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    assert klnotes.mutual_information(product, normalize=True) <= 1e-15
    off = np.abs(joint - product).sum()
    if off > 1e-6:
        assert klnotes.mutual_information(joint) >= off**2 / 2 - ROUNDING


@pytest.mark.theorem("thm-gibbs-inequality-pinsker")
@given(pairs(most=8), st.floats(1e-6, 1e-3))
def test_pinsker(pair: tuple[np.ndarray, np.ndarray], step: float) -> None:
    p, q = pair
    kl, tv = klnotes.kl_divergence(p, q), klnotes.total_variation(p, q)
    assert kl >= 2 * tv**2 * (1 - 1e-13)
    # With an end of the interval for p, which the proof treats apart, and for q.
    for end in (0.0, 1.0):
        assert klnotes.bernoulli_kl(end, p[0]) >= 2 * (end - p[0]) ** 2 * (1 - 1e-13)
        assert klnotes.bernoulli_kl(p[0], end) >= 2 * (end - p[0]) ** 2 * (1 - 1e-13)
    # The most that any event's probability can differ, over all events.
    events = np.array([[bool(k >> i & 1) for i in range(len(p))] for k in range(2 ** len(p))])
    assert np.abs(events @ (p - q)).max() == pytest.approx(tv, abs=ROUNDING)
    # The factor 2 cannot be improved: d(1/2 || 1/2 + h) = 2 h**2 + O(h**4).
    assert klnotes.bernoulli_kl(0.5, 0.5 + step) == pytest.approx(2 * step**2, rel=5 * step**2 + 1e-9)


@given(st.floats(1e-3, 1 - 1e-3), st.sampled_from([-1e-6, 1e-6]))
def test_near_another_coin_pinskers_bound_is_loose(p: float, step: float) -> None:
    # d(p || p + h) = h**2 / (2 p (1 - p)) (1 + O(h / (p (1 - p)))).
    quotient = klnotes.bernoulli_kl(p, p + step) / (2 * step**2)
    assert quotient == pytest.approx(1 / (4 * p * (1 - p)), rel=2e-6 / (p * (1 - p)))


@given(pairs(most=6))
def test_the_bound_of_bretagnolle_and_huber(pair: tuple[np.ndarray, np.ndarray]) -> None:
    assert klnotes.total_variation(*pair) <= np.sqrt(-np.expm1(-klnotes.kl_divergence(*pair))) + ROUNDING


def test_how_often_an_estimate_is_negative() -> None:
    shown = printed(read(ROOT / "chapters/gibbs-inequality.ipynb"))
    for n, said in ((10, "35.5%"), (100, "12.8%"), (500, "0.6%")):
        # Exactly: (5/4)**i (3/4)**j < 1 in whole numbers, and counts weighted by 5, 3 and 2 tenths.
        ways = sum(
            comb(n, i) * comb(n - i, j) * 5**i * 3**j * 2 ** (n - i - j)
            for i in range(n + 1)
            for j in range(n + 1 - i)
            if 5**i * 3**j < 4 ** (i + j)
        )
        assert f"{float(Fraction(ways, 10**n)):.1%}" == said
        assert f"{n} draws: negative with probability {said}" in shown


# What learners answer: right, and wrong with what the check must say.


def of_their_kind(p: Any, q: Any) -> Any:
    terms = np.zeros_like(p)
    for k in range(len(p)):
        terms[k] = kl_by_loop([p[k]], [q[k]]) - p[k] + q[k]
    return terms


def small_events(most: int, p: Any, q: Any) -> float:
    events = (e for k in range(1, most + 1) for e in combinations(range(len(p)), k))
    return max(abs(sum(p[i] - q[i] for i in event)) for event in events)


def overwriting_distance(p: Any, q: Any) -> float:
    p -= q
    return float(np.abs(p).sum()) / 2


RIGHT: dict[str, list[Any]] = {
    "gibbs_terms": [lambda p, q: [kl_by_loop([a], [b]) - a + b for a, b in zip(p, q, strict=True)]],
    "kl_divergence": [kl_by_loop],
    "total_variation": [
        lambda p, q: sum(abs(a - b) for a, b in zip(p, q, strict=True)) / 2,
        lambda p, q: np.abs(p - q).sum() / 2,
        lambda p, q: np.maximum(p - q, 0).sum(),
    ],
}

NOTED: dict[str, list[tuple[Any, str]]] = {
    "total_variation": [(overwriting_distance, "It also overwrites its argument p, so the caller's array changes.")]
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "gibbs_terms": [
        (lambda p, q: xlogy(p, p / q), "add q - p to each term"),
        (lambda p, q: rel_entr(p, q) + p - q, "not p - q"),
        (lambda p, q: (rel_entr(p, q) - p + q).sum(), "That is the sum"),
        (lambda p, q: p * np.log(p / q) - p + q, "0 · log 0 is nan"),
        (lambda p, q: p * np.log((p + 1e-12) / (q + 1e-12)) - p + q, "A small number, 1e-12,"),
        (lambda p, q: np.where(p > 0, rel_entr(p, q) - p + q, 0), "is still q"),
        (of_their_kind, "Make an array of floats"),
        (lambda p, q: rel_entr(p / sum(p), q / sum(q)) - p / sum(p) + q / sum(q), "divides by the sums"),
        (lambda p, q: [0 if a == b else (a - b) ** 2 / b / 2 for a, b in zip(p, q, strict=True)], "for neighbors only"),
    ],
    "kl_divergence": [
        (lambda p, q: np.abs(rel_entr(p, q)).sum(), "Every term is made positive"),
        (lambda p, q: np.maximum(rel_entr(p, q), 0).sum(), "The negative terms are dropped"),
        (lambda p, q: abs(np.sum(p * np.log(p / q))), "0 · log 0 is nan"),
        (lambda p, q: -kl_by_loop(p, q), "a minus missing, or one too many?"),
        (lambda p, q: rel_entr(p, q)[p > 1e-3].sum(), "A small probability adds"),
        (lambda p, q: rel_entr(p, q)[q > 0].sum(), "leaves out the outcomes that Q excludes"),
        (lambda p, q: np.sum(rel_entr(p, q) ** 2), "The terms are squared"),
        (lambda p, q: sqrt(np.sum(rel_entr(p, q) ** 2)), "root of the sum"),
        (kl_div, "terms p log(p/q) - p + q"),
        (lambda p, q: entr(p).sum(), "That is the entropy of P"),
    ],
    "total_variation": [
        (lambda p, q: np.abs(p - q).sum(), "twice the distance"),
        (lambda p, q: sum(abs(a - b) for a, b in zip(p, q, strict=True)), "twice the distance"),
        (lambda p, q: max(abs(a - b) for a, b in zip(p, q, strict=True)), "largest difference"),
        (lambda p, q: np.abs(p - q).max(), "largest difference"),
        (lambda p, q: np.linalg.norm(p - q), "Euclidean"),
        (lambda p, q: np.sum(p - q) / 2, "the differences cancel"),
        (lambda p, q: np.abs(p - q).mean(), "mean of the differences"),
        (lambda p, q: int(np.abs(p - q).sum() / 2), "cut down to a whole number, as // and int do"),
        (lambda p, q: np.linalg.norm(p - q) / 2, "half of the Euclidean distance"),
        (lambda p, q: abs(p[0] - q[0]) / 2, "Is the return inside the loop?"),
        (lambda p, q: np.sqrt(np.abs(p - q)).sum() / 2, "gives    0.7071"),
        (functools.partial(small_events, 2), "an event may hold more"),
        (functools.partial(small_events, 3), "any number of outcomes"),
        (lambda p, q: sqrt(max(1 - np.sum(np.sqrt(p * q)), 0)), "Hellinger"),
        (lambda p, q: max(abs(np.cumsum(p - q))), "cumulative sums"),
        (lambda p, q: sum(map(min, p, q)), "what P and Q share"),
        (lambda p, q: sum(abs(a - b) for a, b in zip(p, q, strict=True) if a * b > 0) / 2, "only one of them can have"),
    ],
    "six_gains": [
        ([0.15, 0.13, 0.23, 0.09, 0.20, 0.05, 0.15], "Six terms"),
        ([0.17, 0.15, 0.25, 0.11, 0.22, 0.07, 0.03], "below 0.001"),
        ([0.152, 0.132, 0.232, 0.092, 0.202, 0.038, 0.152], "Take less from the one that is below that of P"),
        ([0.16, 0.14, 0.24, 0.10, 0.21, 0.06, 0.15], "sum to 1"),
        ([1 / 7] * 6, "its shape is (6,)"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"jensen": 5}


# The explorable.


EXPLORED = {
    "gibbs-inequality": Explored(
        make=lambda: GibbsInequality([0.5, 0.3, 0.2], [0.4, 0.4, 0.2]),
        opens=["0.0253 nats"],
        wins=[("Q, plain", ["PageUp"])],
        golden=[
            *(("klDivergence", [p, q], klnotes.kl_divergence(p, q)) for p, q in PAIRS),
            *(
                ("klTerm", [a, b], klnotes.bernoulli_kl(a, b) - klnotes.kl_terms([a, 1 - a], [b, 1 - b])[1] + (b - a))
                for a, b in ((0.5, 0.4), (0.01, 0.9), (0.5, 0.0))
            ),
        ],
    ),
}
