"""The chapter `drift`: its theorems, and answers that readers give."""

import itertools
import math
from math import inf, log
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import chdtr, chdtri

import klnotes
from klnotes.check import drift as check
from klnotes.explorables.drift import Drift, tilted
from tests.explored import Explored
from tests.strategies import distributions

sizes = st.integers(2, 4)
positive = sizes.flatmap(lambda n: distributions(n, zeros=False))


def samples(p: np.ndarray, n: int) -> Any:
    """All samples of n draws, as counts, with their probabilities."""
    for counts in itertools.product(range(n + 1), repeat=len(p)):
        if sum(counts) == n:
            ways = math.factorial(n) // math.prod(map(math.factorial, counts))
            yield np.array(counts), ways * math.prod(a**c for a, c in zip(p, counts, strict=True))


@pytest.mark.theorem("prop-drift-mean")
@settings(max_examples=60)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(2, 3).flatmap(lambda n: distributions(n, zeros=False)))
def test_what_chance_adds_by_all_samples(n: int, m: int, p: np.ndarray) -> None:
    mean = sum(
        chance_a * chance_c * np.sum((a / n - c / m) ** 2 / p)
        for (a, chance_a), (c, chance_c) in itertools.product(samples(p, n), samples(p, m))
    )
    assert mean == pytest.approx((len(p) - 1) * (1 / n + 1 / m), rel=1e-11)


@pytest.mark.theorem("lem-drift-bracket")
@given(sizes.flatmap(lambda n: st.tuples(*[distributions(n, zeros=False)] * 2)))
def test_the_index_lies_between_two_sums_of_squares(pair: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pair
    psi, squares = klnotes.jeffreys_divergence(p, q), (p - q) ** 2
    assert 2 * np.sum(squares / (p + q)) <= psi * (1 + 1e-12) + 1e-16
    assert psi <= np.sum(squares / np.sqrt(p * q)) * (1 + 1e-12) + 1e-16
    # What the chapter says of Pearson's chi-square, for tables of equal size.
    a, c = np.round(1000 * p) + 1, np.round(1000 * q) + 1
    a[-1] += max(c.sum() - a.sum(), 0)
    c[-1] += max(a.sum() - c.sum(), 0)
    pearson = np.sum((a - c) ** 2 / (a + c))
    assert pearson <= a.sum() / 2 * klnotes.jeffreys_divergence(a, c, normalize=True) * (1 + 1e-12) + 1e-12


RULES = {1: klnotes.jeffreys_divergence, 2: klnotes.kl_divergence, 8: klnotes.js_divergence}


@pytest.mark.theorem("thm-drift-null")
@settings(max_examples=40)
@given(
    st.lists(st.floats(0.1, 1), min_size=2, max_size=5),
    st.integers(2000, 20_000),
    st.integers(2000, 20_000),
    st.integers(0, 2**32),
)
def test_the_null_is_nearly_chi_square(weights: list[float], n: int, m: int, seed: int) -> None:
    p = np.array(weights) / sum(weights)
    rng = np.random.default_rng(seed)
    a, c = rng.multinomial(n, p, 4000), rng.multinomial(m, p, 4000)
    for factor, rule in RULES.items():
        values = np.sort(factor * n * m / (n + m) * rule(a, c, normalize=True))
        below = chdtr(len(p) - 1, values)
        # The largest distance between the two distribution functions; 0.04 is passed by chance once in 10 000 times.
        assert np.max(np.abs(below - np.arange(1, 4001) / 4000)) < 0.04


@pytest.mark.theorem("thm-drift-permutation")
@given(
    st.lists(st.integers(0, 5), min_size=2, max_size=6),
    st.integers(1, 5),
    st.integers(1, 12),
    st.floats(0.01, 0.99),
    st.randoms(use_true_random=False),
)
def test_a_shuffle_is_exact(rows: list[int], n: int, shuffles: int, alpha: float, random: Any) -> None:
    # A statistic of no meaning: a number for each multiset of the reference, many of them equal.
    n = min(n, len(rows) - 1)
    known: dict[tuple[int, ...], int] = {}
    values = [
        known.setdefault(tuple(sorted(order[:n])), random.randint(0, 4)) for order in itertools.permutations(rows)
    ]
    most = math.floor(alpha * (1 + shuffles) + 1e-9) - 1  # shuffles that may reach the value
    probability = 0.0
    for value in set(values):
        so_much = sum(other >= value for other in values) / len(values)
        at_most = sum(math.comb(shuffles, k) * so_much**k * (1 - so_much) ** (shuffles - k) for k in range(most + 1))
        probability += values.count(value) / len(values) * at_most
    assert probability <= alpha + 1e-9


def test_without_the_real_table_a_shuffle_is_not_exact() -> None:
    # All rows differ, one shuffle: half of the time the shuffle stays below, and the p-value would be 0.
    values = list(range(6))
    zero = sum(other < value for value in values for other in values) / 36
    assert zero > 0.4


@pytest.mark.theorem("prop-drift-bonferroni")
@given(st.integers(1, 3).flatmap(lambda k: distributions(2**k)), st.floats(0.01, 0.99))
def test_bonferroni(joint: np.ndarray, scale: float) -> None:
    """A joint distribution of k alarms, of any dependence."""
    k = len(joint).bit_length() - 1
    cases = np.array(list(itertools.product([0, 1], repeat=k)))
    alone = joint @ cases
    alpha = k * alone.max()  # the least for which the condition holds
    assert joint[cases.any(axis=1)].sum() <= alpha + 1e-12
    quiet = np.append(scale * joint[1:], 0)  # and with less of it
    assert quiet.sum() <= k * (scale * alone).max() + 1e-12


@pytest.mark.theorem("prop-drift-merging")
@given(
    st.integers(2, 6).flatmap(
        lambda n: st.tuples(distributions(n), distributions(n), st.lists(st.integers(0, 2), min_size=n, max_size=n))
    )
)
def test_merging_raises_no_divergence(drawn: tuple[np.ndarray, np.ndarray, list[int]]) -> None:
    p, q, places = drawn
    bins = np.eye(3)[places]
    for rule in RULES.values():
        fine, coarse = rule(p, q), rule(p @ bins, q @ bins, normalize=True)
        assert coarse <= fine * (1 + 1e-12) + 1e-15


def test_dropping_a_bin_is_no_merging() -> None:
    """The false neighbor: rows that are left out instead of put together."""
    p, q = np.array([0.1, 0.1, 0.8]), np.array([0.02, 0.18, 0.8])
    fine, kept = (klnotes.jeffreys_divergence(p[:k], q[:k], normalize=True) for k in (3, 2))
    assert kept > 2 * fine


@pytest.mark.theorem("prop-drift-sums")
@given(
    st.lists(st.tuples(st.floats(-3, 3) | st.just(math.nan), st.sampled_from("abc")), min_size=1, max_size=12),
    st.data(),
)
@settings(max_examples=40)
def test_counts_are_sums(rows: list[tuple[float, str]], data: st.DataObject) -> None:
    import pandas as pd

    table = pd.DataFrame(rows, columns=["x", "c"])
    bins = {"x": [-1.0, 0.5], "c": None}
    parts = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    order = data.draw(st.permutations(range(4)))
    counted = [klnotes.bin_counts(table[np.array(parts) == part], bins) for part in order]
    whole = klnotes.bin_counts(table, bins)
    assert sum(part.reindex(whole.index, fill_value=0) for part in counted).equals(whole)


def test_sums_of_floats_depend_on_their_order() -> None:
    assert (0.1 + 0.2) + 0.3 != 0.1 + (0.2 + 0.3)


def test_the_numbers_of_the_riddle() -> None:
    """By the exact distribution of a binomial and by the limit, with 50 digits."""
    with mpmath.workdps(50):
        # A share of tables with an empty bin, at least: ten bins, two tables, and both in one bin is rare.
        empty = 20 * mpmath.mpf("0.9") ** 100
        assert float(empty) == pytest.approx(0.00053, abs=5e-6)
        for freedom in (4, 9, 19):
            x = mpmath.findroot(
                lambda x, f=freedom: mpmath.gammainc(mpmath.mpf(f) / 2, x / 2, regularized=True) - 0.05, 2 * freedom
            )
            assert chdtri(freedom, 0.05) == pytest.approx(float(x), rel=1e-12)
    rng = np.random.default_rng(7)
    a, c = rng.multinomial(100, np.full(10, 0.1), (2, 100_000)) / 100
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(a == c, 0, (a - c) * np.log(a / c))
    assert np.mean(terms.sum(axis=1) > 0.1) == pytest.approx(0.85, abs=0.01)
    assert np.mean(terms.sum(axis=1) > 0.25) == pytest.approx(0.227, abs=0.01)


# What learners answer: right, and wrong with what the check must say.


def index(reference: Any, current: Any) -> float:
    n, m, total = sum(reference), sum(current), 0.0
    for a, c in zip(reference, current, strict=True):
        if (a == 0) != (c == 0):
            return inf
        if a > 0:
            total += (a / n - c / m) * log(a * m / (c * n))
    return total


def shares(a: Any, c: Any) -> tuple[Any, Any]:
    return np.array(a) / np.sum(a), np.array(c) / np.sum(c)


def raised(a: Any, c: Any, small: float) -> float:
    p, q = (share + small for share in shares(a, c))
    return float(np.sum((p - q) * np.log(p / q)))


def plain(a: Any, c: Any) -> Any:
    p, q = shares(a, c)
    return (p - q) * np.log(p / q)


def place(value: float, cuts: Any) -> int:
    return sum(value > cut for cut in cuts)


def counted(values: Any, cuts: Any) -> list[int]:
    rows = [0] * (len(cuts) + 1)
    for value in values:
        rows[place(value, cuts)] += 1
    return rows


RIGHT: dict[str, list[Any]] = {
    "psi": [
        index,
        lambda a, c: klnotes.kl_divergence(a, c, normalize=True) + klnotes.kl_divergence(c, a, normalize=True),
    ],
    "p_value": [
        lambda v, s: (1 + sum(x >= v for x in s)) / (1 + len(s)),
        lambda v, s: np.mean(np.array([v, *s]) >= v),
    ],
    "counts": [
        counted,
        lambda x, c: [sum(place(v, c) == k for v in x) for k in range(len(c) + 1)],
        lambda x, c: np.histogram(-np.array(x), np.array([-inf, *(-v for v in reversed(c)), inf]))[0][::-1],
    ],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "psi": [
        (lambda a, c: klnotes.kl_divergence(a, c, normalize=True), "KL(P‖Q) alone"),
        (lambda a, c: klnotes.kl_divergence(c, a, normalize=True), "KL(Q‖P) alone"),
        (lambda a, c: index(a, c) / 2, "half of it"),
        (lambda a, c: index(a, c) / log(2), "That is in bits"),
        (lambda a, c: -index(a, c), "sign is wrong"),
        (lambda a, c: sum((x - y) * log(x / y) for x, y in zip(a, c, strict=True)), "not divided by the rows"),
        (lambda a, c: plain(a, c).mean(), "number of outcomes"),
        (plain, "terms of the single bins"),
        (lambda a, c: raised(a, c, 1e-4), "small number, 0.0001"),
        (
            lambda a, c: sum(
                (x / sum(a) - y / sum(c)) * log(x / sum(a) / (y / sum(c)))
                for x, y in zip(a, c, strict=True)
                if x > 0 and y > 0
            ),
            "left out. They make the index infinite",
        ),
    ],
    "p_value": [
        (lambda v, s: sum(x >= v for x in s) / len(s), "above the line and below"),
        (lambda v, s: (1 + sum(x >= v for x in s)) / len(s), "above the line, and not below"),
        (lambda v, s: sum(x >= v for x in s) / (1 + len(s)), "below the line, and not above"),
        (lambda v, s: (1 + sum(x > v for x in s)) / (1 + len(s)), "exactly the same value"),
        (lambda v, s: (1 + sum(x <= v for x in s)) / (1 + len(s)), "up to the value"),
        (lambda v, s: 1 + sum(x >= v for x in s), "divide by how many"),
    ],
    "counts": [
        (
            lambda x, c: [sum(sum(v >= cut for cut in c) == k for v in x) for k in range(len(c) + 1)],
            "bin below the cut",
        ),
        (lambda x, c: counted(x, c)[:-1], "above the last cut are lost"),
        (lambda x, c: counted(x, c)[1:], "up to the first cut are lost"),
        (lambda x, c: [k / len(x) for k in counted(x, c)], "These are shares"),
        (lambda x, c: np.cumsum(counted(x, c)), "up to each cut"),
        (lambda x, c: counted(x, c)[::-1], "from the top"),
    ],
    "same_bins": [
        ([[0.25, 0.25, 0.25, 0.25], [0.2, 0.2, 0.3, 0.3]], "the same share in both rows"),
        ([[0.25, 0.25, 0.25, 0.25], [0.2, 0.3, 0.25, 0.25]], "at least a nat"),
        ([[0.5, 0, 0.25, 0.25], [0, 0.5, 0.25, 0.25]], "all probabilities positive"),
        ([[0.45, 0.05, 0.3, 0.3], [0.05, 0.45, 0.3, 0.3]], "distributions"),
        ([0.5, 0.5], "its shape is"),
    ],
}


def test_other_answers_that_are_right() -> None:
    assert check.same_bins([[0.1, 0.4, 0.4, 0.1], [0.4, 0.1, 0.1, 0.4]]).ok
    assert check.beyond("(b)").ok
    assert check.enough(900).ok


# In how many orders the steps are a proof.
ORDERS = {"squares": 1}


# The explorable.

SHARES = [(2, 0.5), (5, 0.9), (10, 0.3), (10, 0.0), (20, 0.88)]

EXPLORED = {
    "drift": Explored(
        make=lambda: Drift(100, 10, 0.0),
        opens=["0.0000", "0.3384", "1 of 24", "19 of 24"],
        wins=[("Rows in each table", ["End"]), ("Drift", ["PageUp", "PageUp", "PageUp"])],
        golden=[
            *(("tilted", [bins, drift], tilted(bins, drift).tolist()) for bins, drift in SHARES),
            *(
                (
                    "psi",
                    [tilted(bins, 0).tolist(), tilted(bins, drift).tolist()],
                    klnotes.jeffreys_divergence(tilted(bins, 0), tilted(bins, drift)),
                )
                for bins, drift in SHARES
            ),
            *(
                ("chi2Below", [freedom, x], float(chdtr(freedom, x)))
                for freedom in (1, 2, 9, 12, 19)
                for x in (0.1, 3.0, 16.9, 40.0)
            ),
            *(("chi2Quantile", [freedom, 0.95], float(chdtri(freedom, 0.05))) for freedom in (1, 2, 9, 12, 19)),
        ],
    ),
}
