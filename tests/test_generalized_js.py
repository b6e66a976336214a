"""The Jensen-Shannon divergence of many distributions and Jeffreys' divergence, against 60-digit arithmetic."""

from typing import Any

import numpy as np
import pytest

import klnotes
from tests.reference import error, exact, exact_kl, exact_kl_of, mp, pair

GOOD = [0.5, 0.5]


def exact_js(ps: Any, weights: Any) -> Any:
    shares, rows = exact(weights), [exact(p) for p in ps]
    middle = [mp.fsum(w * row[i] for w, row in zip(shares, rows, strict=True)) for i in range(len(rows[0]))]
    return mp.fsum(w * exact_kl_of(row, middle) for w, row in zip(shares, rows, strict=True) if w > 0)


def drawn(n: int, k: int, distance: float, rng: np.random.Generator) -> list[np.ndarray]:
    q = rng.dirichlet(np.ones(n))
    if distance > 0.5:
        rows = [q * np.exp(distance * rng.standard_normal(n)) for _ in range(k)]
    else:
        rows = [q * (1 + distance * rng.uniform(-1, 1, n)) for _ in range(k)]
    return [row / row.sum() for row in rows]


@pytest.mark.parametrize("distance", [3, 1, 0.3, 0.1, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12])
@pytest.mark.parametrize("n", [2, 10, 300])
def test_digits_are_kept_for_all_weights(n: int, distance: float) -> None:
    rng = np.random.default_rng(n)
    for k in (2, 3, 6):
        for _ in range(4 if n < 300 else 1):
            ps = drawn(n, k, distance, rng)
            uneven = 10.0 ** -rng.uniform(0, 12, k)
            for weights in (np.full(k, 1 / k), rng.dirichlet(np.ones(k)), uneven / uneven.sum()):
                true = exact_js(ps, weights)
                assert error(klnotes.generalized_js_divergence(ps, weights), true) <= 4e-15
                scaled = [10 ** rng.uniform(-3, 3) * p for p in ps]
                got = klnotes.generalized_js_divergence(scaled, weights, normalize=True)
                assert error(got, exact_js(scaled, weights)) <= 4e-15


def test_tails_integers_float32_and_long_rows() -> None:
    tails = [[5e-324, 1e-310, 1e-10, 1 - 1e-10], [1e-300, 0.0, 0.5, 0.5], [0.0, 1.0, 0.0, 0.0]]
    assert error(klnotes.generalized_js_divergence(tails), exact_js(tails, [1, 1, 1])) <= 4e-15
    counts = np.array([[3, 0, 2**53 - 1], [2, 1, 2**53 - 5], [0, 0, 7]])
    got = klnotes.generalized_js_divergence(counts, [0.25, 0.25, 0.5], normalize=True)
    assert error(got, exact_js(counts, [1, 1, 2])) <= 4e-15
    for distance in (1, 1e-3):
        narrow = [p.astype(np.float32) for p in pair(1000, distance, seed=1)]
        assert error(klnotes.generalized_js_divergence(narrow), exact_js(narrow, [1, 1])) <= 4e-15
        long = drawn(70_000, 3, distance, np.random.default_rng(5))
        weights = [0.5, 0.375, 0.125]
        assert error(klnotes.generalized_js_divergence(long, weights), exact_js(long, weights)) <= 4e-15


def test_it_agrees_with_the_two_way_one() -> None:
    for distance in (3, 0.1, 1e-5, 1e-11):
        p, q = pair(20, distance, seed=4)
        assert klnotes.generalized_js_divergence([p, q]) == pytest.approx(klnotes.js_divergence(p, q), rel=4e-15)
        for order in ([p, q, p], [q, p, p]):
            weights = [0.25 if one is p else 0.5 for one in order]
            both = klnotes.generalized_js_divergence(order, weights)
            assert both == pytest.approx(klnotes.js_divergence(p, q), rel=4e-15)


def test_ceiling_floor_and_weights_of_zero() -> None:
    disjoint, weights = np.eye(5), np.array([0.299, 0.15, 0.252, 0.2, 0.099])
    assert klnotes.generalized_js_divergence(disjoint, weights) == klnotes.entropy(weights)
    assert klnotes.generalized_js_divergence(np.eye(4), unit="bits") == 2.0
    assert klnotes.generalized_js_divergence([GOOD] * 3, [0.2, 0.3, 0.5]) == 0.0
    assert klnotes.generalized_js_divergence([GOOD]) == 0.0
    assert klnotes.generalized_js_divergence([[1.0, 0.0], [0.0, 1.0]], [1.0, 0.0]) == 0.0
    left = klnotes.generalized_js_divergence([[1.0, 0.0], [0.0, 1.0], GOOD], [0.5, 0.0, 0.5])
    assert left == pytest.approx(klnotes.js_divergence([1.0, 0.0], GOOD), rel=4e-15)


def test_axes_and_batches() -> None:
    rng = np.random.default_rng(6)
    p, q, r = rng.dirichlet(np.ones(4), (2, 3)), rng.dirichlet(np.ones(4), 3), rng.dirichlet(np.ones(4))
    weights = [0.2, 0.3, 0.5]
    by_row = [[klnotes.generalized_js_divergence([p[i, j], q[j], r], weights) for j in range(3)] for i in range(2)]
    np.testing.assert_array_equal(klnotes.generalized_js_divergence([p, q, r], weights), by_row)
    turned = [np.moveaxis(p, -1, 0), np.moveaxis(q, -1, 0)[:, None], r[:, None, None]]
    np.testing.assert_array_equal(klnotes.generalized_js_divergence(turned, weights, axis=0), by_row)
    counts = [100 * p, 7 * q, r]
    np.testing.assert_allclose(klnotes.generalized_js_divergence(counts, weights, normalize=True), by_row, rtol=4e-15)
    many = rng.dirichlet(np.ones(4), (3, 40_000))
    np.testing.assert_array_equal(
        klnotes.generalized_js_divergence(many)[:5], klnotes.generalized_js_divergence(many[:, :5])
    )
    assert klnotes.generalized_js_divergence(np.empty((2, 0, 4))).shape == (0,)
    assert type(klnotes.generalized_js_divergence([p[0, 0], r])) is float


def test_input_and_error_state_are_left_alone() -> None:
    ps, weights = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]), np.array([1.0, 0.0])
    ps.flags.writeable = weights.flags.writeable = False
    with np.errstate(all="raise"):
        klnotes.generalized_js_divergence(ps, weights)
        klnotes.generalized_js_divergence(3 * ps, normalize=True)
        klnotes.jeffreys_divergence(*ps)


@pytest.mark.parametrize("distance", [3, 0.1, 1e-4, 1e-8, 1e-12])
def test_jeffreys_keeps_its_digits(distance: float) -> None:
    for n in (2, 10, 300):
        p, q = pair(n, distance, seed=n)
        assert error(klnotes.jeffreys_divergence(p, q), exact_kl(p, q) + exact_kl(q, p)) <= 4e-15
        p, q = 7.3 * p, 911.7 * q
        got = klnotes.jeffreys_divergence(p, q, normalize=True, unit="bits")
        assert error(got, (exact_kl(p, q) + exact_kl(q, p)) / mp.log(2)) <= 4e-15
    assert klnotes.jeffreys_divergence([1.0, 0.0], GOOD) == np.inf
    assert klnotes.jeffreys_divergence([GOOD, GOOD], [GOOD, [0.25, 0.75]]).shape == (2,)


@pytest.mark.parametrize(
    ("ps", "options", "kind", "says"),
    [
        ([], {}, ValueError, r"ps must be a list of distributions, but got \[\]"),
        (0.5, {}, ValueError, "ps must be a list of distributions, but got 0.5"),
        ([0.5, 0.5], {}, ValueError, "ps must be a list of distributions"),
        ("AB", {}, ValueError, "ps must be a list of distributions, but got 'AB'"),
        ([GOOD, [0.5, 0.4]], {}, ValueError, r"ps\[1\] must sum to 1.*0.9"),
        ([GOOD, [1.5, -0.5]], {}, ValueError, r"ps\[1\] must not be negative, but ps\[1\]\[1\] is -0.5"),
        ([GOOD, [1.0]], {}, ValueError, r"ps\[0\] and ps\[1\] must have the same number of outcomes.*2 and 1"),
        ([GOOD, ["a", "b"]], {}, TypeError, r"ps\[1\] must hold real numbers"),
        ([np.full((3, 2), 0.5), np.full((2, 2), 0.5)], {}, ValueError, r"ps\[0\] and ps\[1\] must broadcast"),
        ([GOOD, GOOD], {"weights": [0.5, 0.4]}, ValueError, "weights must sum to 1"),
        ([GOOD, GOOD], {"weights": [0.2, 0.3, 0.5]}, ValueError, r"weights must have 2 entries, as ps has.*\(3,\)"),
        ([GOOD, GOOD], {"weights": [[0.5, 0.5]]}, ValueError, "weights must have 2 entries"),
        ([GOOD, GOOD], {"weights": [1.5, -0.5]}, ValueError, "weights must not be negative"),
        ([GOOD, GOOD], {"axis": 1}, ValueError, r"axis must be between -1 and 0 for ps\[0\]"),
        ([GOOD, GOOD], {"unit": "bit"}, ValueError, "unit must be 'nats'"),
        ([GOOD, GOOD], {"normalize": 1}, TypeError, "normalize must be True or False"),
    ],
)
def test_bad_input_is_refused(ps: Any, options: dict[str, Any], kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        klnotes.generalized_js_divergence(ps, **options)


def test_jeffreys_refuses_what_is_no_pair() -> None:
    with pytest.raises(ValueError, match="q must sum to 1"):
        klnotes.jeffreys_divergence(GOOD, [0.5, 0.6])
    with pytest.raises(ValueError, match="same number of outcomes"):
        klnotes.jeffreys_divergence(GOOD, [1.0])
