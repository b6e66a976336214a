"""What the divergence is instead of a distance: its theorems, answers that learners give, and its explorable."""

import itertools
from math import inf, log
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import rel_entr, xlogy

import klnotes
from klnotes.explorables.not_a_distance import MEASURES, NotADistance, far
from tests.chapters.answers import MEAN, SUM, kl_by_loop
from tests.explored import Explored
from tests.strategies import distributions, pairs

Exact = list[Any]
TINY = mpmath.mpf(10) ** -45
share = st.integers(1, 15).map(lambda k: k / 16)


def exact(x: Any) -> Exact:
    """The distribution in numbers of mpmath, which sum to 1 in its precision."""
    numbers = [mpmath.mpf(float(v)) for v in x]
    return [v / mpmath.fsum(numbers) for v in numbers]


def kl(p: Exact, q: Exact) -> Any:
    if any(a > 0 and b == 0 for a, b in zip(p, q, strict=True)):
        return mpmath.inf
    return mpmath.fsum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def turn(p: Exact, r: Exact, q: Exact) -> Any:
    """The last sum of the lemma of three points."""
    return mpmath.fsum((a - b) * mpmath.log(b / c) for a, b, c in zip(p, r, q, strict=True) if b > 0)


def mixed(p: Exact, q: Exact, t: Any) -> Exact:
    return [(1 - t) * a + t * b for a, b in zip(p, q, strict=True)]


def alike(x: Any, y: Any) -> bool:
    return bool(x == y or abs(x - y) <= TINY * (1 + abs(x)))


def within(draw: Any, support: Any) -> Any:
    """A distribution that has only outcomes that are in the support."""
    w = draw(distributions(len(support))) * (np.array(support) > 0)
    assume(w.sum() > 1e-6)
    return w / w.sum()


@pytest.mark.theorem("lem-not-a-distance-three-points")
@given(st.data(), distributions())
def test_three_points(data: st.DataObject, q: Any) -> None:
    with mpmath.workdps(60):
        r = within(data.draw, q)
        p = within(data.draw, r)
        p, r, q = exact(p), exact(r), exact(q)
        assert alike(kl(p, q), kl(p, r) + kl(r, q) + turn(p, r, q))


@pytest.mark.theorem("thm-not-a-distance-straight-road")
@given(st.data(), distributions(), share)
def test_a_stop_on_the_straight_road_saves(data: st.DataObject, q: Any, t: float) -> None:
    with mpmath.workdps(60):
        p, q = exact(within(data.draw, q)), exact(q)
        assume(max(abs(a - b) for a, b in zip(p, q, strict=True)) > 1e-12)
        m = mixed(p, q, mpmath.mpf(t))
        both = kl(m, q) + kl(q, m)
        assert both > 0
        assert alike(kl(p, m) + kl(m, q), kl(p, q) - mpmath.mpf(t) / (1 - mpmath.mpf(t)) * both)


@given(pairs(zeros=False), share)
def test_klnotes_sees_what_a_stop_saves(pair: Any, t: float) -> None:
    p, q = pair
    assume(klnotes.total_variation(p, q) > 1e-6)
    m = (1 - t) * p + t * q
    legs = klnotes.kl_divergence(p, m, normalize=True) + klnotes.kl_divergence(m, q, normalize=True)
    # p, q and m are rounded, each by 1e-16 of a size of 1, and logarithms of ratios stay below 10 here.
    assert legs < klnotes.kl_divergence(p, q) + 1e-14 * klnotes.total_variation(p, q)


@pytest.mark.theorem("prop-not-a-distance-steps")
@given(st.data(), distributions(), st.integers(1, 6))
def test_many_small_steps(data: st.DataObject, p: Any, n: int) -> None:
    with mpmath.workdps(60):
        w = within(data.draw, p)
        assume(np.array_equal(w > 0, p > 0))
        p, q = exact(p), exact(w)
        road = [mixed(p, q, mpmath.mpf(k) / n) for k in range(n + 1)]
        there = [kl(a, b) for a, b in itertools.pairwise(road)]
        back = [kl(b, a) for a, b in itertools.pairwise(road)]
        bound = (kl(p, q) + kl(q, p)) / n
        assert alike(mpmath.fsum(there) + mpmath.fsum(back), bound)
        assert mpmath.fsum(there) <= bound + TINY


@pytest.mark.theorem("prop-not-a-distance-no-power")
@given(st.floats(0.05, 5))
def test_no_power_is_a_distance(a: float) -> None:
    with mpmath.workdps(60):

        def bound(n: Any) -> bool:
            return bool((mpmath.log(n) / 2) ** a + mpmath.mpf(2) ** a < (n / 2 - mpmath.log(2)) ** a)

        least = next(n for n in (mpmath.mpf(10) ** k for k in range(1, 400)) if bound(n))
        for n in (least, 3 * least, 1000 * least):
            half, r, q = mpmath.mpf(1) / 2, 1 / n, mpmath.exp(-n)
            p, stop, goal = [half, half], [r, 1 - r], [q, -mpmath.expm1(-n)]
            assert kl(p, goal) >= n / 2 - mpmath.log(2) - n * TINY
            assert kl(stop, goal) <= 1
            assert kl(stop, goal) + kl(goal, stop) <= 2
            assert kl(p, stop) + kl(stop, p) <= mpmath.log(n) / 2
            for f in (kl, lambda x, y: kl(x, y) + kl(y, x)):
                assert f(p, stop) ** a + f(stop, goal) ** a < f(p, goal) ** a


@pytest.mark.theorem("prop-not-a-distance-local")
@given(st.data(), distributions(zeros=False), st.floats(1e-9, 0.5))
def test_nearby_it_is_a_square_up_to_a_share(data: st.DataObject, p: Any, epsilon: float) -> None:
    with mpmath.workdps(60):
        u = data.draw(st.lists(st.integers(-5, 5), min_size=len(p), max_size=len(p)))
        p = exact(p)
        middle = mpmath.fsum(a * v for a, v in zip(p, u, strict=True))
        assume(max(u) > min(u))
        largest = max(abs(v - middle) for v in u)
        e = [epsilon * (v - middle) / largest for v in u]
        q = [a * (1 + v) for a, v in zip(p, e, strict=True)]
        chi2 = mpmath.fsum((a - b) ** 2 / a for a, b in zip(p, q, strict=True))
        for divergence in (kl(p, q), kl(q, p)):
            assert abs(divergence - chi2 / 2) <= mpmath.mpf(2) / 3 * epsilon * chi2 + TINY


@pytest.mark.theorem("thm-not-a-distance-processing")
@given(st.data(), pairs(most=4))
def test_processing_cannot_raise_it(data: st.DataObject, pair: Any) -> None:
    with mpmath.workdps(60):
        p, q = map(exact, pair)
        m = data.draw(st.integers(1, 4))
        rows = [exact(data.draw(distributions(m))) for _ in p]
        after_p, after_q = (
            [mpmath.fsum(a * row[y] for a, row in zip(x, rows, strict=True)) for y in range(m)] for x in (p, q)
        )
        before, after = kl(p, q), kl(after_p, after_q)
        assert after <= before + TINY
        if before < mpmath.inf:  # what is lost is what y leaves open about x, so it is 0 only if nothing is left open
            left = mpmath.fsum(
                after_p[y]
                * kl(
                    *(
                        [a * row[y] / after[y] for a, row in zip(x, rows, strict=True)]
                        for x, after in ((p, after_p), (q, after_q))
                    )
                )
                for y in range(m)
                if after_p[y] > 0
            )
            assert alike(before, after + left)


def tilted_to(q: Exact, f: list[int], c: Any) -> Exact:
    """The distribution with the mean c that tilts q; c may be the largest or the smallest value."""
    for end in (max(f), min(f)):
        if abs(c - end) < mpmath.mpf(10) ** -50:
            top = [a if v == end else mpmath.mpf(0) for a, v in zip(q, f, strict=True)]
            return [a / mpmath.fsum(top) for a in top]

    def at(power: Any) -> Exact:
        w = [a * mpmath.exp(power * v) for a, v in zip(q, f, strict=True)]
        return [a / mpmath.fsum(w) for a in w]

    low, high = mpmath.mpf(-2000), mpmath.mpf(2000)
    for _ in range(230):
        middle = (low + high) / 2
        mean = mpmath.fsum(a * v for a, v in zip(at(middle), f, strict=True))
        low, high = (middle, high) if mean < c else (low, middle)
    return at(low)


def closest_on_segment(a: Exact, b: Exact, q: Exact) -> Exact:
    """The mixture of a and b that is closest to q: the slope of the convex divergence is bisected.

    The share of b may be as small as exp(-1000), so its logarithm is halved, from the end that is nearer.
    """

    def slope(t: Any) -> Any:
        m = mixed(a, b, t)
        return mpmath.fsum(
            (y - x) * (mpmath.log(z / w) if z > 0 else -mpmath.inf)
            for x, y, z, w in zip(a, b, m, q, strict=True)
            if x != y
        )

    if slope(mpmath.mpf(0)) >= 0:
        return a
    if slope(mpmath.mpf(1)) <= 0:
        return b
    if slope(mpmath.mpf(1) / 2) < 0:
        return closest_on_segment(b, a, q)
    low, high = mpmath.mpf(-1), mpmath.mpf(0)
    while slope(mpmath.exp(low)) >= 0:
        low *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(mpmath.exp(middle)) < 0 else (low, middle)
    return mixed(a, b, mpmath.exp(low))


@pytest.mark.theorem("thm-not-a-distance-pythagoras")
@given(st.data(), distributions(zeros=False, most=4), share)
def test_pythagoras(data: st.DataObject, q: Any, t: float) -> None:
    with mpmath.workdps(60):
        n, q = len(q), exact(q)
        a, b = exact(data.draw(distributions(n))), exact(data.draw(distributions(n)))
        near = closest_on_segment(a, b, q)
        for p in (a, b, mixed(a, b, mpmath.mpf(t))):
            assert kl(p, q) >= kl(p, near) + kl(near, q) - mpmath.mpf(10) ** -40
        # The linear family through a: the values, and a mean that a has.
        f = data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
        a = exact([0 if x < 1e-9 else x for x in a])
        c = mpmath.fsum(x * v for x, v in zip(a, f, strict=True))
        assume(all(abs(c - end) > 1e-9 or abs(c - end) < mpmath.mpf(10) ** -55 for end in (min(f), max(f))))
        near = tilted_to(q, f, c)
        assert alike(mpmath.fsum(x * v for x, v in zip(near, f, strict=True)), c)
        assert kl(a, q) >= kl(near, q) - TINY
        assert abs(kl(a, q) - kl(a, near) - kl(near, q)) <= mpmath.mpf(10) ** -40


def test_without_its_conditions_pythagoras_fails() -> None:
    coin = klnotes.bernoulli_kl
    assert coin(0.3, 0.5) < coin(0.9, 0.5) < coin(0.9, 0.3) + coin(0.3, 0.5)  # two points are not convex
    tilt = np.array([0.6, 0.3, 0.1]) * np.exp(1.2232890355895512 * np.arange(3))
    near, belief = tilt / tilt.sum(), np.array([0.6, 0.3, 0.1])
    outside = np.array([0.3, 0.5, 0.2])  # its mean is 0.9, not 1.2
    legs = klnotes.kl_divergence(outside, near) + klnotes.kl_divergence(near, belief)
    assert klnotes.kl_divergence(outside, belief) < legs


# What learners answer: right, and wrong with what the check must say.


def jeffreys_by_loop(p: Any, q: Any) -> float:
    return kl_by_loop(p, q) + kl_by_loop(q, p)


def legs_by_loop(p: Any, q: Any, n: int) -> list[float]:
    road = [[a + k / n * (b - a) for a, b in zip(p, q, strict=True)] for k in range(n)] + [list(q)]
    return [kl_by_loop(a, b) for a, b in itertools.pairwise(road)]


def tilt(q: Any, f: Any, power: float) -> Any:
    w = q * np.exp(power * f)
    return w / w.sum()


def bisected(q: Any, f: Any, c: float, low: float = -80.0, high: float = 80.0) -> Any:
    for _ in range(100):
        power = (low + high) / 2
        low, high = (power, high) if tilt(q, f, power) @ f < c else (low, power)
    return tilt(q, f, low)


def by_newton(q: Any, f: Any, c: float) -> Any:
    power = 0.0
    for _ in range(200):
        p = tilt(q, f, power)
        mean = p @ f
        power += np.clip((c - mean) / max(p @ (f - mean) ** 2, 1e-3), -1, 1)
    return tilt(q, f, power)


RIGHT: dict[str, list[Any]] = {
    "jeffreys": [
        jeffreys_by_loop,
        lambda p, q: (rel_entr(p, q) + rel_entr(q, p)).sum(),
    ],
    "steps": [
        lambda p, q, n: sum(legs_by_loop(p, q, n)),
        lambda p, q, n: sum(
            rel_entr((1 - k / n) * p + k / n * q, (1 - (k + 1) / n) * p + (k + 1) / n * q).sum() for k in range(n)
        ),
    ],
    "closest": [bisected, by_newton, lambda q, f, c: list(bisected(q, f, c))],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "jeffreys": [
        (kl_by_loop, "in one direction, KL(P‖Q)"),
        (lambda p, q: kl_by_loop(q, p), "in one direction, KL(Q‖P)"),
        (lambda p, q: jeffreys_by_loop(p, q) / 2, "That is the mean of both directions"),
        (lambda p, q: 2 * kl_by_loop(p, q), "twice one direction"),
        (lambda p, q: abs(kl_by_loop(p, q) - kl_by_loop(q, p)), "how much the two directions differ"),
        (lambda p, q: max(kl_by_loop(p, q), kl_by_loop(q, p)), "the larger of the two directions"),
        (lambda p, q: jeffreys_by_loop(p, q) / log(2), "That is in bits"),
        (lambda p, q: np.sum((p - q) * np.log(p / q)), "0 · log 0 is nan"),
        (lambda p, q: np.sum(np.abs(p - q) * np.log(p / q)), "Weight it with p - q"),
        (
            lambda p, q: np.sum(xlogy(p, p / q)[p > 0]) + np.sum(xlogy(q, q / p)[p > 0]),
            "the other way round it is, too",
        ),
        (
            lambda p, q: sum((a - b) * log(a / b) for a, b in zip(p, q, strict=True) if a > 0 and b > 0),
            "If the other allows one of them, the value is inf",
        ),
        (lambda p, q: np.sum((p - q) * np.log((p + 1e-12) / (q + 1e-12))), "A small number, 1e-12,"),
        (lambda p, q: rel_entr(p, q) + rel_entr(q, p), SUM),
        (lambda p, q: (rel_entr(p, q) + rel_entr(q, p)).mean(), MEAN),
        (lambda p, q: klnotes.js_divergence(p, q), "Jensen-Shannon"),
    ],
    "steps": [
        (lambda p, q, n: kl_by_loop(p, q), "the direct way, without a stop"),
        (lambda p, q, n: kl_by_loop(p, q) / n, "divided by n"),
        (lambda p, q, n: jeffreys_by_loop(p, q) / n, "both directions of each leg"),
        (lambda p, q, n: sum(legs_by_loop(q, p, n)), "measured backward"),
        (lambda p, q, n: sum(legs_by_loop(p, q, n + 1)), "These are n + 1 legs"),
        (lambda p, q, n: sum(legs_by_loop(p, q, n)[:-1]), "The last leg is missing"),
        (lambda p, q, n: sum(legs_by_loop(p, q, n)[1:]), "The first leg is missing"),
        (lambda p, q, n: legs_by_loop(p, q, n)[0], "Is the return inside the loop?"),
        (lambda p, q, n: legs_by_loop(p, q, n), "These are the legs"),
        (
            lambda p, q, n: sum(kl_by_loop(p, p + k / n * (q - p)) for k in range(1, n)) + kl_by_loop(p, q),
            "Each leg starts at P",
        ),
        (lambda p, q, n: sum(legs_by_loop(p, q, n)) / log(2), "That is in bits"),
        (
            lambda p, q, n: sum(
                np.sum(a * np.log(a / b))
                for a, b in (((1 - k / n) * p + k / n * q, (1 - (k + 1) / n) * p + (k + 1) / n * q) for k in range(n))
            ),
            "0 · log 0 is nan",
        ),
    ],
    "closest": [
        (lambda q, f, c: bisected(q, f, c, 0.0, 80.0), "never tries a negative power"),
        (lambda q, f, c: bisected(q, f, c, -80.0, 0.0), "There the power must be positive"),
        (lambda q, f, c: bisected(np.ones(len(q)), f, c), "tilts the uniform distribution"),
        (lambda q, f, c: q, "gives the belief back"),
        (lambda q, f, c: q * q / bisected(q, f, c) / np.sum(q * q / bisected(q, f, c)), "the powers go the wrong way"),
        (
            lambda q, f, c: q + (c - q @ f) * (f - f.mean()) / np.sum((f - f.mean()) ** 2),
            "closest in squared differences",
        ),
        (lambda q, f, c: q * np.exp(np.log(bisected(q, f, c) / q) @ np.eye(len(q))) * 1.1, "1.1 times what is asked"),
        (lambda q, f, c: list(bisected(q, f, c))[:-1], "not"),
    ],
    "same_both_ways": [
        ([0.5, 0.3, 0.2], "That is P, or nearly so"),
        ([0.4, 0.4, 0.2], "The two directions differ"),
        ([0.5, 0.5, 0.0], "No entry may be 0"),
        ([0.5, 0.5, 0.5], "sum to 1"),
        ([0.5, 0.5], "its shape is (2,)"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"straight_road": 3}


# The explorable.


COINS = [(0.2, 0.7), (0.7, 0.2), (0.5, 0.5), (0.01, 0.99), (0.3, 0.3000001), (0.45, 0.46)]

EXPLORED = {
    "not-a-distance": Explored(
        make=lambda: NotADistance(0.2, 0.45, 0.7),
        opens=["0.5341 nats", "0.2721 nats", "0.2620 nats"],
        wins=[("√KL", []), ("to coin", ["End"]), ("by way of coin", ["PageUp"] * 4)],
        golden=[("far", [measure, p, q], float(far(measure, p, q))) for measure in MEASURES for p, q in COINS],
    ),
}


def test_what_an_explorable_measures_between_coins() -> None:
    assert far("KL", 0.2, 0.7) == pytest.approx(0.2 * log(2 / 7) + 0.8 * log(8 / 3), rel=1e-14)
    assert far("Jeffreys", 0.2, 0.7) == pytest.approx(far("KL", 0.2, 0.7) + far("KL", 0.7, 0.2), rel=1e-15)
    assert far("√KL", 0.2, 0.7) ** 2 == pytest.approx(far("KL", 0.2, 0.7), rel=1e-14)
    assert far("TV", 0.2, 0.7) == pytest.approx(0.5)
    assert far("KL", 0.5, 1.0) == inf
