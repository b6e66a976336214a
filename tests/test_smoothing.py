"""Additive smoothing: all digits, for every way that counts and alpha go together; and what it refuses."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import klnotes
from tests.reference import error, mp


def exact(counts: Any, alpha: Any) -> list[Any]:
    """The shares in 60-digit arithmetic, of the very floats that are given."""
    added = np.broadcast_to(alpha, len(counts))
    raised = [mp.mpf(float(c)) + mp.mpf(float(a)) for c, a in zip(counts, added, strict=True)]
    total = mp.fsum(raised)
    return [x / total for x in raised]


@pytest.mark.parametrize("k", [1, 2, 30, 4000])
@pytest.mark.parametrize("alpha", [0.0, 1e-300, 1e-12, 0.1, 0.5, 1.0, 1e9])
def test_all_digits(k: int, alpha: float) -> None:
    rng = np.random.default_rng(k)
    for counts in (rng.poisson(0.7, k), rng.integers(0, 10**9, k), 10.0 ** rng.uniform(-300, 300, k)):
        counts = np.append(counts, 1)
        got = klnotes.additive_smoothing(counts, alpha)
        worst = max(error(q, true) for q, true in zip(got, exact(counts, alpha), strict=True) if q >= 1e-307)
        assert worst <= 1e-15
        assert got.sum() == pytest.approx(1, abs=1e-14)


def test_an_alpha_for_each_outcome_and_a_batch_of_alphas() -> None:
    table = np.array([[3, 0, 1], [0, 0, 0]])
    prior = [0.2, 0.5, 1.3]
    rows = klnotes.additive_smoothing(table, prior)
    for got, counts in zip(rows, table, strict=True):
        np.testing.assert_allclose(got, [float(x) for x in exact(counts, prior)], rtol=1e-15)
    alphas = [0.1, 1, 10]
    batch = klnotes.additive_smoothing(table[0], np.reshape(alphas, (3, 1)))
    for got, alpha in zip(batch, alphas, strict=True):
        np.testing.assert_array_equal(got, klnotes.additive_smoothing(table[0], alpha))
    np.testing.assert_array_equal(
        klnotes.additive_smoothing(table.T, 1, axis=0).T, klnotes.additive_smoothing(table, 1)
    )
    assert klnotes.additive_smoothing([[0.0]], [[[1.0]], [[2.0]]], axis=1).shape == (2, 1, 1)
    assert klnotes.additive_smoothing(np.empty((0, 3)), 1).shape == (0, 3)
    halves: Any = [Fraction(1, 2), Fraction(1, 2)]
    assert klnotes.additive_smoothing(halves, 0).tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("given", "kind", "says"),
    [
        (([1, -1], 1), ValueError, r"counts must not be negative, but counts\[1\] is -1.0"),
        (([1, 2], -0.5), ValueError, "alpha must not be negative, but alpha is -0.5"),
        (([1, np.nan], 1), ValueError, r"counts must hold finite numbers, but counts\[1\] is nan"),
        (([1, 2], np.inf), ValueError, "alpha must hold finite numbers"),
        ((3, 1), ValueError, "counts must be a list of counts, but got the single number 3.0"),
        (([], 1), ValueError, "must be positive and finite"),
        (([0, 0], 0), ValueError, "sum of counts.*must be positive and finite"),
        (([1e308, 1e308], 0), ValueError, "must be positive and finite.* is inf"),
        (([1], [1, 2]), ValueError, "same number of outcomes, or alpha one for all, but got 1 and 2"),
        (([1, 2, 3], [1, 2]), ValueError, r"counts and alpha must broadcast.*\(3,\).*\(2,\)"),
        (("AB", 1), TypeError, "counts must hold real numbers, but got strings"),
        (([1, 2], None), TypeError, "alpha must hold real numbers"),
    ],
)
def test_what_it_refuses(given: tuple[Any, Any], kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        klnotes.additive_smoothing(*given)


def test_an_axis_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="axis must be between -1 and 0"):
        klnotes.additive_smoothing([1, 2], 1, axis=1)
    with pytest.raises(TypeError, match="axis must be an integer"):
        klnotes.additive_smoothing([1, 2], 1, axis=0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="same number of outcomes.*1 and 3"):  # that axis is alpha's alone
        klnotes.additive_smoothing([1, 2], [[1], [2], [3]], axis=0)
