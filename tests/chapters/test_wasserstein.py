"""The Wasserstein distance: its theorems, answers that learners give, and its explorable."""

import itertools
from fractions import Fraction
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from scipy.optimize import linprog
from scipy.stats import energy_distance, norm, wasserstein_distance

import klnotes
from klnotes.explorables.wasserstein import Wasserstein, plan
from tests.chapters.answers import kl_by_loop
from tests.explored import PAIRS, Explored
from tests.strategies import distributions

# Exact numbers: five bikes, each at some place and wanted at some place. A plan may divide bikes, but the smallest bill
# is that of one that does not (Birkhoff), so that the smallest over all orders is exact.

BIKES = 5
Places = list[int]
places = st.lists(st.integers(-4, 6), min_size=BIKES, max_size=BIKES)


def smallest(cost: Any, x: Places, y: Places) -> Fraction:
    orders = itertools.permutations(y)
    return min(Fraction(sum(cost(a, b) for a, b in zip(x, order, strict=True)), len(x)) for order in orders)


def on_a_line(x: Places, y: Places) -> Fraction:
    """The sum of the theorem, over all places that either has."""
    stations = sorted({*x, *y})
    return sum(
        (
            (there - here) * Fraction(abs(sum(a <= here for a in x) - sum(b <= here for b in y)), len(x))
            for here, there in itertools.pairwise(stations)
        ),
        Fraction(0),
    )


@pytest.mark.theorem("thm-wasserstein-line")
@given(places, places)
def test_from_left_to_right(x: Places, y: Places) -> None:
    in_order = list(zip(sorted(x), sorted(y), strict=True))
    bill = Fraction(sum(abs(a - b) for a, b in in_order), BIKES)
    assert smallest(lambda a, b: abs(a - b), x, y) == on_a_line(x, y) == bill
    assert smallest(lambda a, b: (a - b) ** 2, x, y) == Fraction(sum((a - b) ** 2 for a, b in in_order), BIKES)


def test_with_another_fare_sorting_is_not_the_cheapest() -> None:
    x, y = [0, 1, 2, 3], [1, 2, 3, 4]
    in_order = sum(sqrt(abs(a - b)) for a, b in zip(x, y, strict=True))
    assert min(sum(sqrt(abs(a - b)) for a, b in zip(x, order, strict=True)) for order in itertools.permutations(y)) == 2
    assert in_order == 4


def cheapest(p: Any, q: Any, cost: Any) -> Any:
    rows, columns = np.kron(np.eye(len(p)), np.ones(len(q))), np.kron(np.ones(len(p)), np.eye(len(q)))
    return linprog(np.ravel(cost), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([p, q])).fun


def along(x: Any, p: Any, q: Any) -> Any:
    return np.sum(np.diff(x) * np.abs(np.cumsum(p - q))[:-1])


@given(st.integers(0, 2**32 - 1), st.integers(2, 8))
def test_program_sorting_and_library_agree(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0, 10, n))
    p, q = rng.dirichlet(np.ones(n), 2)
    values = [cheapest(p, q, np.abs(x[:, None] - x)), along(x, p, q), wasserstein_distance(x, x, p, q)]
    assert np.ptp(values) < 1e-12


@pytest.mark.theorem("prop-wasserstein-shift")
@given(places, st.integers(-9, 9))
def test_a_shift_costs_its_length(x: Places, theta: int) -> None:
    moved = [a + theta for a in x]
    assert smallest(lambda a, b: abs(a - b), x, moved) == abs(theta)
    assert smallest(lambda a, b: (a - b) ** 2, x, moved) == theta**2


@pytest.mark.theorem("prop-wasserstein-tv")
@given(places, places)
def test_one_coin_for_any_trip(x: Places, y: Places) -> None:
    tv = Fraction(sum(abs(x.count(a) - y.count(a)) for a in {*x, *y}), 2 * BIKES)
    assert smallest(lambda a, b: int(a != b), x, y) == tv


@st.composite
def grounds(draw: st.DrawFn, n: int) -> list[list[int]]:
    """A distance on n points: the shortest ways in a network of roads."""
    d = [[0] * n for _ in range(n)]
    for i, j in itertools.combinations(range(n), 2):
        d[i][j] = d[j][i] = draw(st.integers(1, 5))
    for k, i, j in itertools.product(range(n), repeat=3):
        d[i][j] = min(d[i][j], d[i][k] + d[k][j])
    return d


@pytest.mark.theorem("thm-wasserstein-metric")
@given(st.data(), grounds(4))
def test_the_triangle_inequality_for_bills(data: st.DataObject, d: list[list[int]]) -> None:
    x, y, z = (data.draw(st.lists(st.integers(0, 3), min_size=4, max_size=4)) for _ in range(3))

    def w1(a: Places, b: Places) -> Fraction:
        return smallest(lambda i, j: d[i][j], a, b)

    assert w1(x, z) <= w1(x, y) + w1(y, z)
    assert w1(x, y) == w1(y, x)
    assert (w1(x, y) == 0) == (sorted(x) == sorted(y))


def test_the_square_of_w2_is_no_distance() -> None:
    def squares(a: int, b: int) -> Fraction:
        return smallest(lambda i, j: (i - j) ** 2, [a], [b])

    assert squares(0, 1) + squares(1, 2) < squares(0, 2)


@pytest.mark.theorem("thm-wasserstein-dual")
@given(st.data(), grounds(4))
def test_kantorovich_and_rubinstein(data: st.DataObject, d: list[list[int]]) -> None:
    x, y = (data.draw(st.lists(st.integers(0, 3), min_size=4, max_size=4)) for _ in range(2))
    # Distances are whole, so there is a best critic with whole prices; f(0) = 0 is no loss.
    offers = [
        Fraction(sum(f[a] for a in x) - sum(f[b] for b in y), 4)
        for rest in itertools.product(*(range(-d[0][k], d[0][k] + 1) for k in (1, 2, 3)))
        for f in [(0, *rest)]
        if all(abs(f[i] - f[j]) <= d[i][j] for i in range(4) for j in range(4))
    ]
    assert max(offers) == smallest(lambda i, j: d[i][j], x, y)


@pytest.mark.theorem("prop-wasserstein-samples")
@given(st.data(), st.lists(st.integers(-4, 6), min_size=3, max_size=3), st.integers(1, 2))
def test_samples_look_at_least_as_far_apart(data: st.DataObject, sites: Places, n: int) -> None:
    weights = st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(any)
    p, q = ([Fraction(w, sum(drawn)) for w in drawn] for drawn in (data.draw(weights), data.draw(weights)))
    mean = Fraction(0)
    for first in itertools.product(range(3), repeat=n):
        for second in itertools.product(range(3), repeat=n):
            chance = Fraction(1)
            for i, j in zip(first, second, strict=True):
                chance *= p[i] * q[j]
            mean += chance * on_a_line([sites[i] for i in first], [sites[j] for j in second])
    stations = sorted(set(sites))
    below = [sum((a - b for s, a, b in zip(sites, p, q, strict=True) if s <= here), Fraction(0)) for here in stations]
    truth = sum((abs(f) * (t - h) for f, (h, t) in zip(below, itertools.pairwise(stations), strict=False)), Fraction(0))
    assert mean >= truth


@given(st.data(), st.integers(1, 2))
def test_samples_parted_on_a_line_are_on_average_as_far_apart(data: st.DataObject, n: int) -> None:
    x, y = ([data.draw(st.integers(low, low + 3)) for _ in range(3)] for low in (-3, 1))
    pairs = itertools.product(itertools.product(x, repeat=n), itertools.product(y, repeat=n))
    bills = [on_a_line(list(one), list(two)) for one, two in pairs]
    assert sum(bills, Fraction(0)) / len(bills) == on_a_line(x, y)


def test_w2_of_samples_may_be_too_small_on_average() -> None:
    p = 0.3  # one toss of this coin against the coin that never shows heads: W2 is 0 or 1
    assert p < np.sqrt(cheapest([1 - p, p], [1, 0], [[0, 1], [1, 0]]))


@given(st.integers(0, 2**32 - 1))
def test_the_critic_of_the_program_is_a_best_one_with_zeros_too(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, q = rng.integers(0, 3, (2, 5)) + np.eye(5)[rng.integers(5, size=2)]
    p, q, d = p / p.sum(), q / q.sum(), np.abs(np.subtract.outer(np.arange(5.0), np.arange(5.0)))
    rows, columns = np.kron(np.eye(5), np.ones(5)), np.kron(np.ones(5), np.eye(5))
    found = linprog(np.ravel(d), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([p, q]))
    f = (d - found.eqlin.marginals[5:]).min(axis=1)
    assert np.all(np.abs(np.diff(f)) <= 1 + 1e-9)
    assert f @ (p - q) == pytest.approx(found.fun, abs=1e-9)


normals = st.tuples(st.floats(-3, 3), st.floats(0.1, 3), st.floats(-3, 3), st.floats(0.1, 3))


@pytest.mark.theorem("prop-wasserstein-normal")
@given(normals, st.floats(-1, 1))
def test_w2_of_two_normal_distributions(pair: tuple[float, float, float, float], correlation: float) -> None:
    m0, s0, m1, s1 = pair
    w2 = klnotes.gaussian_wasserstein(m0, s0, m1, s1)
    # A joint normal distribution with this correlation is a plan, and from left to right the quantiles are paired.
    assert w2**2 <= (m0 - m1) ** 2 + s0**2 + s1**2 - 2 * correlation * s0 * s1 + 1e-12
    z = norm.ppf((np.arange(20000) + 0.5) / 20000)
    paired = np.sqrt(np.mean((np.sort(m0 + s0 * z) - np.sort(m1 + s1 * z)) ** 2))
    assert w2 == pytest.approx(paired, rel=1e-3, abs=1e-12)


@pytest.mark.theorem("prop-wasserstein-bures")
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_w2_in_d_dimensions(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    first, second, k = rng.normal(size=(3, d, d))
    a, b = first @ first.T + 0.1 * np.eye(d), second @ second.T + 0.1 * np.eye(d)
    m0, m1 = rng.normal(size=(2, d))
    root = np.real(sqrtm(a))
    traces = np.trace(a + b - 2 * np.real(sqrtm(root @ b @ root)))
    w2 = klnotes.multivariate_gaussian_wasserstein(m0, a, m1, b)
    assert w2**2 == pytest.approx(np.sum((m0 - m1) ** 2) + traces, rel=1e-8, abs=1e-8)
    # No joint covariance does better: it is L K M^T with a K that has no singular value above 1.
    k /= np.linalg.norm(k, 2)
    joint = np.linalg.cholesky(a) @ k @ np.linalg.cholesky(b).T
    assert w2**2 <= np.sum((m0 - m1) ** 2) + np.trace(a + b - 2 * joint) + 1e-9


# What learners answer: right, and wrong with what the check must say.


def walk(x: Any, p: Any, q: Any) -> float:
    total = passing = 0.0
    for k in range(len(x) - 1):
        passing += p[k] - q[k]
        total += abs(passing) * (x[k + 1] - x[k])
    return total


def prices(x: Any, p: Any, q: Any, tie: int = 1) -> list[float]:
    f, passing = [5.0], 0.0
    for k in range(len(x) - 1):
        passing += p[k] - q[k]
        step = x[k + 1] - x[k]
        f.append(f[-1] - step if passing > 1e-12 else f[-1] + step if passing < -1e-12 else f[-1] + tie * step)
    return f


RIGHT: dict[str, list[Any]] = {
    "samples": [
        lambda x, y: sum(abs(a - b) for a, b in zip(sorted(x), sorted(y), strict=True)) / len(x),
        lambda x, y: wasserstein_distance(x, y),
        lambda x, y: np.abs(np.sort(x)[::-1] - np.sort(y)[::-1]).mean(),
    ],
    "line": [walk, lambda x, p, q: wasserstein_distance(x, x, p, q), along],
    "critic": [prices, lambda x, p, q: prices(x, p, q, 0), lambda x, p, q: np.array(prices(x, p, q, -1))],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "samples": [
        (lambda x, y: sum(abs(a - b) for a, b in zip(x, y, strict=True)) / len(x), "in the order in which they came"),
        (lambda x, y: sum(abs(a - b) for a, b in zip(sorted(x), sorted(y), strict=True)), "the sum over the pairs"),
        (lambda x, y: abs(sum(x) - sum(y)) / len(x), "the two means are apart"),
        (lambda x, y: np.mean([min(abs(a - b) for b in y) for a in x]), "some goals are used twice"),
        (lambda x, y: np.sqrt(np.mean((np.sort(x) - np.sort(y)) ** 2)), "That is W₂"),
        (lambda x, y: np.mean((np.sort(x) - np.sort(y)) ** 2), "squares of distances"),
        (lambda x, y: np.mean([abs(a - b) for a in x for b in y]), "all pairs"),
        (lambda x, y: max(abs(a - b) for a, b in zip(sorted(x), sorted(y), strict=True)), "the longest trip"),
        (lambda x, y: np.abs(np.sort(x) - np.sort(y)[::-1]).mean(), "sorted downward"),
        (lambda x, y: [abs(a - b) for a, b in zip(sorted(x), sorted(y), strict=True)], "Asked is their mean"),
        (lambda x, y: abs(sorted(x)[0] - sorted(y)[0]) / len(x), "Is the return inside the loop?"),
    ],
    "line": [
        (lambda x, p, q: wasserstein_distance(p, q), "takes the probabilities for places"),
        (lambda x, p, q: sum(abs(np.cumsum(p - q))), "counts as 1"),
        (lambda x, p, q: abs(sum(x * p) - sum(x * q)), "the two means are apart"),
        (lambda x, p, q: sum(abs(p - q)) / 2, "total variation"),
        (lambda x, p, q: sum(abs(p - q)[:-1] * np.diff(x)), "the running sum"),
        (lambda x, p, q: sum(abs(np.cumsum(p - q))[:-1] * x[1:]), "from the first station"),
        (lambda x, p, q: sum(a * b * abs(s - t) for s, a in zip(x, p) for t, b in zip(x, q)), "to and fro"),  # noqa: B905
        (lambda x, p, q: abs(p[0] - q[0]) * (x[1] - x[0]), "Is the return inside the loop?"),
        (lambda x, p, q: sum(np.cumsum(p - q)[:-1] ** 2 * np.diff(x)), "It squares what passes"),
        (lambda x, p, q: walk(x, p, q) * 1000, ""),
        (lambda x, p, q: energy_distance(x, x, p, q), ""),
    ],
    "critic": [
        (lambda x, p, q: [5.0 - f for f in prices(x, p, q, 0)], "the wrong way"),
        (lambda x, p, q: -x, "one slope everywhere, downward"),
        (lambda x, p, q: np.sign(np.round(p - q, 12)), "too steep"),
        (lambda x, p, q: p - q, "These are the differences"),
        (walk, "a price for each station"),
        (lambda x, p, q: np.append(0, np.cumsum(-np.sign(np.round(np.cumsum(p - q)[:-1], 12)))), "Each step is 1"),
    ],
    "near_and_infinite": [
        ([0.97, 0.01, 0.01, 0.01], "must exclude something"),
        ([0.0, 0.98, 0.01, 0.01], "Move less"),
        ([0.97, 0.01, 0.01, 0.0], "sum to 1"),
        ([0.97, 0.02, 0.01], "its shape is (3,)"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"dual": 8}


# The explorable.

EVENING, MORNING = [0.25, 0.25, 0.25, 0.25, 0.0], [0.0, 0.25, 0.25, 0.25, 0.25]
HEAPS: list[tuple[list[float], list[float]]] = [
    (EVENING, MORNING),
    (MORNING, EVENING),
    ([0.5, 0, 0, 0, 0.5], [0, 0, 1, 0, 0]),
    ([0.1, 0.2, 0.3, 0.2, 0.2], [0.3, 0.3, 0.1, 0.2, 0.1]),
    ([1, 0, 0, 0, 0], [0, 0, 0, 0, 1]),
    ([0.001, 0.997, 0.001, 0.001, 0], [0.2, 0.2, 0.2, 0.2, 0.2]),
]
ROAD = np.arange(5.0)


def squares(p: Any, q: Any) -> float:
    return sqrt(cheapest(p, q, (ROAD[:, None] - ROAD) ** 2))


EXPLORED = {
    "wasserstein": Explored(
        make=lambda: Wasserstein(EVENING, MORNING),
        opens=["1.0000 km", "1.0000 km", "1.0000 km", "∞ nats"],
        wins=[("Q, 2 km", ["End"]), ("P, 3 km", ["Home"]), ("P, 1 km", ["Home"])],
        golden=[
            *(("wasserstein", [p, q], float(wasserstein_distance(ROAD, ROAD, p, q))) for p, q in HEAPS),
            *(("squares", [p, q], squares(p, q)) for p, q in HEAPS),
            *(("wasserstein", [p, q], float(along(np.arange(len(p)), np.subtract(p, q), 0))) for p, q in PAIRS),
        ],
    ),
}


@given(distributions(5), distributions(5))
def test_the_drawn_plan_is_a_cheapest_plan(p: Any, q: Any) -> None:
    trips = plan(p, q)
    table = np.zeros((5, 5))
    for i, j, share in trips:
        table[i, j] += share
    np.testing.assert_allclose(table.sum(axis=1), p, atol=1e-11)
    np.testing.assert_allclose(table.sum(axis=0), q, atol=1e-11)
    assert np.sum(table * np.abs(ROAD[:, None] - ROAD)) == pytest.approx(along(ROAD, p, q), abs=1e-10)


def test_the_numbers_of_the_chapter_by_hand() -> None:
    assert kl_by_loop([0.5, 0.3, 0.2], [0.2, 0.3, 0.5]) == pytest.approx(0.2748872)
    assert klnotes.gaussian_wasserstein(0, 1, 1, 2) == pytest.approx(sqrt(2))
    assert klnotes.gaussian_wasserstein(0, 1, 0, 0.01) == pytest.approx(0.99)
    assert klnotes.gaussian_kl(0, 1, 0, 0.01) == pytest.approx((1e4 - 1 - np.log(1e4)) / 2)
