"""All pairs at once: the digits of kl_divergence, most of them at the price of a matrix product."""

import tracemalloc
from functools import partial
from typing import Any

import numpy as np
import pytest

import klnotes
from tests.reference import error, exact_kl, mp

TABLES = ["apart", "1e-1", "1e-4", "1e-8", "1e-12", "clusters 1e-1", "clusters 1e-4", "rare", "zeros"]


def tables(kind: str, k: int, rows: tuple[int, int] = (12, 9)) -> tuple[np.ndarray, np.ndarray]:
    """Two tables of distributions, near to each other by what the kind says."""
    rng = np.random.default_rng(k)
    centers = rng.dirichlet(np.ones(k), 3 if "clusters" in kind else 1)
    found = []
    for n in rows:
        x = rng.standard_exponential((n, k))
        if kind == "rare":
            x = 10.0 ** rng.uniform(-300, 0, (n, k))
        elif kind == "zeros":
            x[rng.random((n, k)) < 0.2 / k + 0.05] = 0.0
            x[:, 0] += 0.1
            x[:, -1] = 0.0
        elif kind != "apart":
            distance = float(kind.split()[-1])
            x = centers[rng.integers(len(centers), size=n)] * (1 + distance * rng.uniform(-1, 1, (n, k)))
        found.append(x / x.sum(axis=1, keepdims=True))
    found[1][0] = found[0][0]
    return found[0], found[1]


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("k", [2, 10, 300])
def test_all_pairs_keep_their_digits(kind: str, k: int) -> None:
    p, q = tables(kind, k)
    got = klnotes.pairwise_kl(p, q)
    assert got.shape == (12, 9)
    assert got[0, 0] == 0.0
    digits = 700 if kind == "rare" and k < 300 else 60  # enough to tell 1 + 1e-300 from 1
    for i in range(12) if k < 300 else (0, 5):
        for j in range(9):
            if got[i, j] == np.inf:
                assert np.any((p[i] > 0) & (q[j] == 0))
                continue
            with mp.workdps(digits):
                true = exact_kl(p[i], q[j])
                assert got[i, j] == true or error(got[i, j], true) <= 4e-15


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("k", [2, 30, 40_000])
def test_all_pairs_are_those_of_kl_divergence(kind: str, k: int) -> None:
    p, q = tables(kind, k, (40, 30) if k < 1000 else (4, 3))
    one_by_one = klnotes.kl_divergence(p[:, None], q[None])
    np.testing.assert_allclose(klnotes.pairwise_kl(p, q), one_by_one, rtol=4e-15)
    np.testing.assert_allclose(klnotes.pairwise_kl(p, q, unit="bits"), one_by_one / np.log(2), rtol=4e-15)
    scales = np.random.default_rng(0).uniform(1, 1e4, len(p) + len(q))[:, None]
    p, q = p * scales[: len(p)], q * scales[len(p) :]
    one_by_one = klnotes.kl_divergence(p[:, None], q[None], normalize=True)
    np.testing.assert_allclose(klnotes.pairwise_kl(p, q, normalize=True), one_by_one, rtol=4e-15)


def test_the_plain_product_loses_what_is_kept_here() -> None:
    p, q = tables("1e-8", 300)
    plain = (p * np.log(p)).sum(axis=1)[:, None] - p @ np.log(q).T
    kept = klnotes.pairwise_kl(p, q)
    assert np.median(abs(plain - kept)[kept > 0] / kept[kept > 0]) > 0.1
    assert (plain < 0).any()
    assert (kept >= 0).all()


def test_sums_that_miss_one_are_accounted_for() -> None:
    p, q = tables("1e-4", 30)
    p = p * (1 + 1e-8 * np.random.default_rng(0).uniform(-1, 1, (len(p), 1)))
    np.testing.assert_allclose(klnotes.pairwise_kl(p, q), klnotes.kl_divergence(p[:, None], q[None]), rtol=4e-15)
    single = p.astype(np.float32), q.astype(np.float32)
    one_by_one = klnotes.kl_divergence(single[0][:, None], single[1][None])
    np.testing.assert_allclose(klnotes.pairwise_kl(*single), one_by_one, rtol=4e-15)


def test_tables_without_rows() -> None:
    assert klnotes.pairwise_kl(np.empty((0, 3)), [[0.5, 0.5, 0]]).shape == (0, 1)
    assert klnotes.pairwise_kl([[0.5, 0.5, 0]], np.empty((0, 3))).shape == (1, 0)


@pytest.mark.parametrize(
    ("p", "q", "options", "kind", "says"),
    [
        ([0.5, 0.5], [[0.5, 0.5]], {}, ValueError, r"p must be a table with one distribution in each row.*\(2,\)"),
        ([[0.5, 0.5]], [[[0.5, 0.5]]], {}, ValueError, r"q must be a table.*\(1, 1, 2\)"),
        ([[0.5, 0.5]], [[0.2, 0.3, 0.5]], {}, ValueError, "p and q must have the same number of outcomes.*2 and 3"),
        ([[0.5, 0.5], [0.5, 0.6]], [[0.5, 0.5]], {}, ValueError, r"p must sum to 1.*batch index \(1,\)"),
        ([[0.5, 0.5]], [[1.5, -0.5]], {}, ValueError, r"q must not be negative.*q\[0, 1\]"),
        ([[0.5, np.nan]], [[0.5, 0.5]], {}, ValueError, r"p\[0, 1\] is nan"),
        ([[True, False]], [[0.5, 0.5]], {}, TypeError, "p must hold real numbers.*booleans"),
        (np.empty((2, 0)), np.empty((2, 0)), {}, ValueError, "p must hold at least one probability"),
        ([[0.5, 0.5]], [[0.5, 0.5]], {"unit": "bit"}, ValueError, "unit must be"),
        ([[1, 1]], [[0, 0]], {"normalize": True}, ValueError, "q must have a positive finite sum"),
        ([[0.5, 0.5]], [[0.5, 0.5]], {"normalize": 1}, TypeError, "normalize must be True or False"),
    ],
)
def test_what_is_no_pair_of_tables(p: Any, q: Any, options: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        klnotes.pairwise_kl(p, q, **options)


def peak(call: Any) -> int:
    call()
    tracemalloc.start()
    call()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


@pytest.mark.parametrize("kind", ["apart", "clusters 1e-4", "zeros"])
def test_nothing_of_the_size_of_all_pairs_is_made(kind: str) -> None:
    """P[:, None] and Q[None], broadcast, would hold 8 million numbers each."""
    p, q = tables(kind, 200, (200, 200))
    assert peak(lambda: klnotes.pairwise_kl(p, q)) < 12e6
    assert peak(lambda: klnotes.kl_divergence(p[:, None], q[None])) < 12e6
    assert peak(lambda: klnotes.renyi_divergence(p[:, None], q[None], 1.5, normalize=True)) < 16e6


@pytest.mark.parametrize("distance", [3, 1e-6])
def test_long_rows_need_little_memory(distance: float) -> None:
    """8 MB for each of two rows; for what is worked on, a fifth of one."""
    rng = np.random.default_rng(0)
    logits = rng.standard_normal(10**6)
    other = logits + distance * rng.standard_normal(10**6)
    p, q = (np.exp(x) / np.exp(x).sum() for x in (logits, other))
    calls = [partial(klnotes.kl_divergence, p, q), partial(klnotes.kl_from_logits, logits, other)]
    calls += [partial(klnotes.renyi_divergence, p, q, order) for order in (0, 0.3, 0.5, 1.5, 2, np.inf)]
    assert [peak(call) < 0.2 * p.nbytes for call in calls] == [True] * len(calls)
