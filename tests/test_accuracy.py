"""klnotes against 60-digit arithmetic on the very floats it was given, near equality and in the tails."""

import functools
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy.linalg import solve_discrete_lyapunov

import klnotes
from tests.reference import (
    error,
    exact,
    exact_boltzmann,
    exact_chi2,
    exact_cross_entropy,
    exact_gaussian_kl,
    exact_hellinger,
    exact_js,
    exact_kl,
    exact_kl_from_logits,
    exact_mi,
    exact_renyi,
    exact_total_variation,
    mp,
    pair,
)

DISTANCES = [3, 1, 0.3, 0.1, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12]
PAIRS = [pytest.param(n, d, id=f"n={n} d={d:g}") for n in (2, 10, 1000) for d in DISTANCES]


@pytest.mark.parametrize(("n", "distance"), PAIRS)
@pytest.mark.parametrize(
    ("function", "reference", "bound"),
    [
        pytest.param(klnotes.kl_divergence, exact_kl, 4e-15, id="KL"),
        pytest.param(klnotes.js_divergence, exact_js, 4e-15, id="JS"),
        pytest.param(klnotes.hellinger_distance, exact_hellinger, 1e-15, id="Hellinger"),
        pytest.param(klnotes.chi2_divergence, exact_chi2, 1e-15, id="chi2"),
        pytest.param(klnotes.total_variation, exact_total_variation, 1e-15, id="TV"),
    ],
)
def test_divergences_keep_their_digits(
    function: Callable[..., float], reference: Callable[..., Any], bound: float, n: int, distance: float
) -> None:
    for seed in range(20 if n < 1000 else 1):
        p, q = pair(n, distance, seed)
        assert error(function(p, q), reference(p, q)) <= bound
        a, b = 7.3 * p, 911.7 * q
        assert error(function(a, b, normalize=True), reference(a, b)) <= bound


@pytest.mark.parametrize("distance", [3, 0.1, 1e-4, 1e-8, 1e-12])
@pytest.mark.parametrize("order", [1e-9, 0.01, 0.3, 0.5, 0.7, 0.9999999, 1.0000001, 1.5, 2, 20, 100, np.inf])
def test_renyi_divergence_keeps_its_digits(order: float, distance: float) -> None:
    for n in (2, 10, 100):
        p, q = pair(n, distance, seed=n)
        assert error(klnotes.renyi_divergence(p, q, order), exact_renyi(p, q, order)) <= 4e-15
        p, q = 7.3 * p, 911.7 * q
        assert error(klnotes.renyi_divergence(p, q, order, normalize=True), exact_renyi(p, q, order)) <= 4e-15


@pytest.mark.parametrize("order", [0.2, 0.5, 0.9, 1.5, 2, 30])
def test_renyi_divergence_keeps_its_digits_in_long_rows(order: float) -> None:
    """Rows of several chunks, some near and some far; impossible outcomes; and divergences of many nats."""
    rng = np.random.default_rng(12)
    for distance in (3, 1e-3):
        p, q = pair(40_000, distance, seed=1)
        p[:3000] *= rng.random() < 0.5
        p /= p.sum()
        assert error(klnotes.renyi_divergence(p, q, order), exact_renyi(p, q, order)) <= 4e-15
    for n, spread in ((5, 20), (5, 200), (2000, 20)):
        p, q = (np.exp(spread * rng.uniform(-1, 1, n)) for _ in "pq")
        p[0] = 0.0
        assert error(klnotes.renyi_divergence(p, q, order, normalize=True), exact_renyi(p, q, order)) <= 4e-15


@pytest.mark.parametrize("inside", [1e-300, 1e-20, 0.3, 0.7, 1 - 1e-13])
def test_renyi_divergence_of_order_zero(inside: float) -> None:
    p, q = [1.0, 0.0], [inside, 1 - inside]
    assert error(klnotes.renyi_divergence(p, q, 0), -mp.log(exact(q)[0])) <= 4e-15


@pytest.mark.parametrize("scale", [1, 1000, 10**6, 10**9])
def test_mutual_information_of_counts_near_independence(scale: int) -> None:
    table = np.outer([1, 2, 3], [4, 3, 2, 1]) * scale
    table[0, 0] += 1
    assert error(klnotes.mutual_information(table, normalize=True), exact_mi(table)) <= 1e-15


@pytest.mark.parametrize("tiny", [1e-100, 1e-200, 1e-220, 1e-300, 5e-324])
def test_mutual_information_of_rare_cells(tiny: float) -> None:
    with mp.workdps(700):  # enough to tell 1 + tiny from 1
        table = [[1.0, 0.0], [0.0, tiny]]
        # At 5e-324 the result is a multiple of the smallest float, and cannot be nearer than half of that.
        assert error(klnotes.mutual_information(table), exact_mi(table)) <= (4e-15 if tiny > 1e-300 else 1e-3)


@pytest.mark.parametrize("rho", [1e-12, 1e-9, 1e-3, 0.3, 0.5, 0.9, 1 - 1e-12])
def test_mutual_information_of_normal_variables(rho: float) -> None:
    exact_value = -mp.log(1 - mp.mpf(rho) ** 2) / 2
    assert error(klnotes.gaussian_mutual_information(rho), exact_value) <= 4e-15


def test_mutual_information_of_probabilities_near_independence() -> None:
    rng = np.random.default_rng(0)
    for size in (1e-2, 1e-5, 1e-8):
        joint = np.outer(rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(4)))
        joint *= 1 + size * rng.uniform(-1, 1, joint.shape)
        joint /= joint.sum()
        assert error(klnotes.mutual_information(joint), exact_mi(joint)) <= 4e-15


def test_tails_down_to_the_smallest_float() -> None:
    p = np.array([5e-324, 1e-310, 1e-10, 1 - 1e-10])
    q = np.array([1e-300, 1e-320, 0.5, 0.5])
    assert error(klnotes.kl_divergence(p, q), exact_kl(p, q)) <= 4e-15
    for tiny in (5e-324, 1e-310, 2.3e-308, 1e-307, 1e-305, 1e-200):
        assert klnotes.kl_divergence([1.0, 0.0], [tiny, 1.0]) == pytest.approx(-np.log(tiny), rel=4e-15)
        assert klnotes.bernoulli_kl(1.0, tiny) == pytest.approx(-np.log(tiny), rel=4e-15)


def test_equality_zeros_and_disjoint_supports() -> None:
    p, _ = pair(1000, 1e-9, seed=3)
    assert klnotes.kl_divergence(p, p) == 0.0
    assert klnotes.js_divergence(p, p) == 0.0
    assert klnotes.kl_divergence([0.0, 1.0], [0.5, 0.5]) == pytest.approx(np.log(2), rel=1e-15)
    assert klnotes.kl_divergence([0.5, 0.5], [0.0, 1.0]) == np.inf
    assert klnotes.kl_divergence([0.0, 0.5, 0.5], [0.0, 0.5, 0.5]) == 0.0
    assert klnotes.js_divergence([1.0, 0.0], [0.0, 1.0]) == pytest.approx(np.log(2), rel=1e-15)


def test_never_negative_where_the_plain_sum_is() -> None:
    negative = 0
    for seed in range(1000):
        p, q = pair(5, 1e-9, seed)
        negative += np.sum(p * np.log(p / q)) < 0
        assert klnotes.kl_divergence(p, q) >= 0
        assert klnotes.js_divergence(p, q) >= 0
    assert negative > 100, "the draws are meant to be the ones on which the plain sum fails"


def test_float32_is_read_exactly() -> None:
    for distance in (1, 0.1, 1e-3):
        p, q = (x.astype(np.float32) for x in pair(1000, distance, seed=1))
        assert error(klnotes.kl_divergence(p, q), exact_kl(p, q)) <= 4e-15
        assert error(klnotes.js_divergence(p, q), exact_js(p, q)) <= 4e-15
        assert error(klnotes.hellinger_distance(p, q), exact_hellinger(p, q)) <= 4e-15
        assert error(klnotes.chi2_divergence(p, q), exact_chi2(p, q)) <= 4e-15
        assert error(klnotes.renyi_divergence(p, q, 2), exact_renyi(p, q, 2)) <= 4e-15


def test_integers_are_read_exactly() -> None:
    p, q = np.array([3, 0, 2**53 - 1]), np.array([2, 1, 2**53 - 5])
    assert error(klnotes.kl_divergence(p, q, normalize=True), exact_kl(p, q)) <= 4e-15
    assert error(klnotes.kl_divergence(p[::-1], q[::-1].astype(np.uint64), normalize=True), exact_kl(p, q)) <= 4e-15


@pytest.mark.parametrize("tiny", [1e-4, 1e-8, 1e-12, 1e-16, 1e-20, 1e-300])
def test_rare_outcomes_keep_their_digits(tiny: float) -> None:
    p, q, fair = [tiny, 1 - tiny], [tiny / 3, 1 - tiny / 3], [0.5, 0.5]
    assert error(klnotes.kl_terms(p, fair)[0], mp.mpf(tiny) * mp.log(mp.mpf(tiny) * 2)) <= 4e-16
    with mp.workdps(700):  # enough to tell 1 + tiny from 1
        assert error(klnotes.entropy(p), exact_cross_entropy(p, p)) <= 4e-16
        assert error(klnotes.cross_entropy(p, q), exact_cross_entropy(p, q)) <= 4e-16
        assert error(klnotes.cross_entropy(fair, p), exact_cross_entropy(fair, p)) <= 4e-16


@pytest.mark.parametrize("distance", [3, 1e-2, 1e-6])
def test_terms_keep_their_digits(distance: float) -> None:
    p, q = pair(10, distance, seed=3)
    for terms in (klnotes.kl_terms(p, q), klnotes.kl_terms(7.3 * p, 911.7 * q, normalize=True)):
        for term, a, b in zip(terms, exact(p), exact(q), strict=True):
            # The sums are rounded, and a factor 1 + 1e-16 of p moves each logarithm by 1e-16.
            assert abs(term - a * mp.log(a / b)) <= 4e-16 * (abs(a * mp.log(a / b)) + a)


@pytest.mark.parametrize(("dtype", "miss"), [(np.float64, 1.4e-8), (np.float32, 3e-4), (np.float16, 3e-2)])
def test_what_is_accepted_is_divided_by_its_sum_in_every_function(dtype: type, miss: float) -> None:
    p: np.ndarray = (np.array([0.5, 0.3, 0.2]) * (1 - miss)).astype(dtype)
    q, whole = np.array([0.2, 0.7, 0.1]), [float(x) for x in exact(p)]
    assert abs(float(p.sum(dtype=np.float64)) - 1) > miss / 2
    assert klnotes.entropy(np.full(4, 0.25, dtype) * dtype(1 + miss), unit="bits") == 2.0
    for function in (*TWO, klnotes.cross_entropy):
        assert function(p, q) == pytest.approx(function(whole, q), rel=1e-14)
        assert function(q, p) == pytest.approx(function(q, whole), rel=1e-14)
    np.testing.assert_allclose(klnotes.kl_terms(p, q), klnotes.kl_terms(whole, q), rtol=1e-13)
    for alone in (klnotes.entropy, lambda x: klnotes.mean_code_length(x, [1, 2, 2])):
        assert alone(p) == pytest.approx(alone(whole), rel=1e-14)
    assert klnotes.variational_free_energy(p, q, 2.0) == pytest.approx(klnotes.variational_free_energy(whole, q, 2.0))
    assert klnotes.mutual_information([p / 2, p / 2]) <= 1e-15


@pytest.mark.parametrize("miss", [0.0, 1e-15, 1e-13, 1e-11, 1e-8])
def test_sums_that_miss_one_do_no_harm(miss: float) -> None:
    for distance in (1e-3, 1e-6, 1e-9):
        p, q = pair(100, distance, seed=1)
        p = p * (1 + miss)
        # The excess u of the sum enters as u**2/2 and is taken out again; what is left is rounded at that size.
        true = exact_kl(p, q)
        lost = 4e-15 * (1 + miss**2 / 2 / float(true))
        assert error(klnotes.kl_divergence(p, q), true) <= lost


@pytest.mark.parametrize("distance", [3, 0.5, 1e-4, 1e-12])
def test_long_rows_are_summed_in_blocks(distance: float) -> None:
    p, q = pair(100_000, distance, seed=2)
    assert error(klnotes.kl_divergence(p, q), exact_kl(p, q)) <= 4e-15


@pytest.mark.parametrize("distance", [3, 0.3, 1e-3, 1e-6, 1e-9, 1e-12])
def test_normal_distributions_keep_their_digits(distance: float) -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        m0, m1, s0 = rng.normal(), 0.0, rng.uniform(0.5, 2)
        m1, s1 = m0 + distance * rng.normal(), s0 * np.exp(distance * rng.normal())
        a, b, c, d = (mp.mpf(float(x)) for x in (m0, s0, m1, s1))
        true = mp.log(d / b) + (b * b + (a - c) ** 2) / (2 * d * d) - mp.mpf(1) / 2
        assert error(klnotes.gaussian_kl(m0, s0, m1, s1), true) <= 1e-14


@pytest.mark.parametrize(
    "arguments",
    [
        (0, 1.5e308, 0, 1e308),
        (1.7e308, 1e300, -1.7e308, 1e300),
        (0, 1e-300, 0, 1e300),
        (0, 5e-324, 0, 1e-323),
        (5e-324, 5e-324, 0, 5e-324),
    ],
)
def test_normal_distributions_at_the_ends_of_the_floats(arguments: tuple[float, ...]) -> None:
    a, b, c, d = (mp.mpf(x) for x in arguments)
    true = mp.log(d / b) + (b * b + (a - c) ** 2) / (2 * d * d) - mp.mpf(1) / 2
    assert error(klnotes.gaussian_kl(*arguments), true) <= 1e-15


def test_a_divergence_beyond_the_floats_is_infinite() -> None:
    assert klnotes.gaussian_kl(0, 1e160, 0, 1e-10) == np.inf
    assert klnotes.gaussian_kl(1e160, 1, 0, 1) == np.inf


@pytest.mark.parametrize(
    ("energies", "temperature"),
    [
        ([0, 1], 5e-324),
        ([0, 1], 0.02),
        ([0, 1], 1e300),
        ([-1e308, 1e308], 1),
        ([-1e308, 1e308], 1e308),
        ([1e3, 2e3], 1e-308),
        ([-88422.63, -88422.63, -88422.62999], 1.8e-6),
        ([1e8, 1e8 + 1e-6], 4e-8),
        ([0, 1, 5], 1.7),
    ],
)
def test_energies_at_the_ends_of_the_floats(energies: list[float], temperature: float) -> None:
    capacity, energy = exact_boltzmann(energies, temperature)
    smallest = 5e-324
    assert abs(klnotes.heat_capacity(energies, temperature) - capacity) <= 4e-15 * capacity + smallest
    assert abs(klnotes.free_energy(energies, temperature) - energy) <= 4e-15 * abs(energy) + smallest


@pytest.mark.parametrize("n", [2, 4, 8, 16, 1024])
def test_a_copy_of_a_uniform_choice_tells_whole_bits(n: int) -> None:
    assert klnotes.mutual_information(np.eye(n) / n, unit="bits") == np.log2(n)
    assert klnotes.mutual_information(7 * np.eye(n), unit="bits", normalize=True) == np.log2(n)


def test_a_table_tells_no_more_than_there_is_to_know() -> None:
    rng = np.random.default_rng(11)
    for _ in range(200):
        p = rng.dirichlet(np.ones(5))
        copy = np.diag(p)
        assert klnotes.mutual_information(copy) <= klnotes.entropy(p) * (1 + 1e-15)
        assert error(klnotes.mutual_information(copy), exact_mi(copy)) <= 1e-15


def test_covariances_may_be_asymmetric_by_rounding() -> None:
    rng = np.random.default_rng(9)
    for _ in range(20):
        a = rng.standard_normal((6, 6))
        narrow = a.astype(np.float32) @ np.diag(np.arange(1, 7, dtype=np.float32)) @ a.astype(np.float32).T
        assert not np.array_equal(narrow, narrow.T)
        lyapunov = solve_discrete_lyapunov(a / (1.2 * np.abs(np.linalg.eigvals(a)).max()), np.eye(6))
        x, new = rng.uniform(0, 5, (2, 8))
        near = np.exp(-((new[:, None] - x) ** 2))
        inverse = np.linalg.inv(np.exp(-((x[:, None] - x) ** 2)) + 0.01 * np.eye(8))
        posterior = np.exp(-((new[:, None] - new) ** 2)) + 0.01 * np.eye(8) - near @ inverse @ near.T
        for cov in (narrow, lyapunov, posterior):
            mean, unit = np.zeros(len(cov)), np.eye(len(cov))
            exactly = (cov.astype(np.float64) + cov.T) / 2
            got = klnotes.multivariate_gaussian_kl(mean, cov, mean, unit)
            assert got == pytest.approx(klnotes.multivariate_gaussian_kl(mean, exactly, mean, unit), rel=1e-12)


@pytest.mark.parametrize("distance", [1, 0.3, 1e-3, 1e-6, 1e-9, 1e-12])
@pytest.mark.parametrize("d", [1, 2, 6])
def test_normal_distributions_in_many_dimensions(d: int, distance: float) -> None:
    rng = np.random.default_rng(d)
    for _ in range(5):
        shape, tilt = rng.standard_normal((d, 4 * d)), rng.uniform(-0.5, 0.5, (d, d)) / d
        cov1 = shape @ shape.T
        cov0 = (np.eye(d) + distance * tilt) @ cov1 @ (np.eye(d) + distance * tilt).T
        cov0, cov1 = (cov0 + cov0.T) / 2, (cov1 + cov1.T) / 2
        mean1 = rng.standard_normal(d)
        mean0 = mean1 + distance * rng.standard_normal(d)
        true = exact_gaussian_kl(mean0, cov0, mean1, cov1)
        assert error(klnotes.multivariate_gaussian_kl(mean0, cov0, mean1, cov1), true) <= 1e-14


def test_many_dimensions_agree_with_one() -> None:
    mean, std = np.array([[1.0, -0.5, 2.0], [0.0, 0.0, 1e-8]]), np.array([1.0, 0.5, 1e-3])
    one_by_one = klnotes.gaussian_kl(mean, std, 0.0, 1.0).sum(axis=-1)
    full = klnotes.multivariate_gaussian_kl(mean, np.diag(std**2), np.zeros(3), np.eye(3))
    np.testing.assert_allclose(full, one_by_one, rtol=1e-14)
    many = klnotes.multivariate_gaussian_kl(mean[:, None], np.stack([np.eye(3)] * 4), np.zeros(3), np.eye(3))
    assert many.shape == (2, 4)
    np.testing.assert_array_equal(many[:, 0], klnotes.multivariate_gaussian_kl(mean, np.eye(3), np.zeros(3), np.eye(3)))


@pytest.mark.parametrize("spread", [1, 30, 1000])
@pytest.mark.parametrize("distance", [1000, 30, 1, 0.1, 1e-4, 1e-8, 1e-12])
@pytest.mark.parametrize("shift", [0.0, 1e3, -1e5])
def test_logits_keep_their_digits(spread: float, distance: float, shift: float) -> None:
    rng = np.random.default_rng(5)
    for n in (2, 3, 10):
        a = spread * rng.standard_normal(n)
        b = a + distance * rng.standard_normal(n) + shift
        true = exact_kl_from_logits(a, b)
        # Below the smallest normal float there are fewer digits to keep.
        assert float(true) < 1e-290 or error(klnotes.kl_from_logits(a, b), true) <= 4e-15


def test_logits_of_minus_infinity_are_outcomes_without_probability() -> None:
    inf = np.inf
    assert klnotes.kl_from_logits([0, 1, -inf], [0, 1, -inf]) == 0.0
    assert klnotes.kl_from_logits([0, 0, -inf], [0, 0, np.log(2)]) == pytest.approx(np.log(2), rel=1e-15)
    assert klnotes.kl_from_logits([-inf, 0], [800, 0]) == pytest.approx(800, rel=1e-15)
    assert klnotes.kl_from_logits([0, 0], [0, -inf]) == inf
    assert klnotes.kl_from_logits([0, 0], [-inf, 0]) == inf


ENDS = float(np.finfo(np.float64).min)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([0.1, 0.2, ENDS], [0.3, 0.1, ENDS]),
        ([0.1, 0.2, ENDS], [0.3, 0.1, -5.0]),
        ([0.1, 0.2, -5.0], [0.3, 0.1, ENDS]),
        ([0.1, 0.2, -3.0], [0.3, 0.1, float(np.finfo(np.float32).min)]),
        ([0.0, -600.0], [0.0, -1e300]),
        ([0.0, -300.3], [0.0, -1e140]),
        ([0.0, -700.0], [0.0, -1e308]),
        ([1e308, 1e308], [0.0, 1.0]),
        ([1e308, 0.0], [0.0, 0.0]),
        ([0.0, 0.0], [1.7e308, -1.7e308]),
        ([1e5, 1e5 + 1], [0.0, 1.0000001]),
        ([-1e4, -1e4 - 3], [-1e4, -1e4 - 3.0000001]),
        ([800.0, 0.0], [0.0, 800.0]),
        ([-740.5, -18.0], [-700.3, -18.5]),
        ([-800.0, 250.0, 0.1], [700.0, -800.0, 5.0]),
    ],
)
def test_logits_near_the_ends_of_the_floats(a: list[float], b: list[float]) -> None:
    assert error(klnotes.kl_from_logits(a, b), exact_kl_from_logits(a, b)) <= 4e-15


def test_logits_whose_differences_overflow() -> None:
    for row in ([1.7e308, -1.7e308], [1e300, 1.0, ENDS], [ENDS, ENDS], [1.7e308, 1.7e308, ENDS]):
        assert klnotes.kl_from_logits(row, row) == 0.0
    assert klnotes.kl_from_logits([1e300, 1.0, ENDS], [1e300, 2.0, ENDS]) == 0.0
    assert klnotes.kl_from_logits([1.7e308, -1.7e308], [-1.7e308, 1.7e308]) == np.inf  # 3.4e308
    assert klnotes.kl_from_logits([0.0, -800.0], [0.0, -np.inf]) == np.inf  # exp(-800) is no float, but is not 0


def test_logits_of_many_rows_are_those_of_each_row() -> None:
    rng = np.random.default_rng(9)
    a = rng.standard_normal((6, 4000)) * [[1], [1], [5], [300], [1], [1]]
    b = a + rng.standard_normal(a.shape) * [[1], [1e-6], [1e-12], [1], [0.1], [0]] + [[0], [0], [1e5], [0], [300], [0]]
    a[:, 7] = b[[0, 1, 2, 3, 5], 7] = -np.inf
    by_row = [klnotes.kl_from_logits(x, y) for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(klnotes.kl_from_logits(a, b), by_row, rtol=4e-15)
    np.testing.assert_allclose(klnotes.kl_from_logits(a.T, b.T, axis=0), by_row, rtol=4e-15)
    np.testing.assert_allclose(klnotes.kl_from_logits(a[:, None], b[None])[range(6), range(6)], by_row, rtol=4e-15)
    assert by_row[5] == 0.0


@pytest.mark.parametrize("distance", [1, 1e-3, 1e-9])
def test_long_rows_of_logits_are_summed_in_chunks(distance: float) -> None:
    a = np.random.default_rng(10).standard_normal(20_000)
    b = a + distance * np.random.default_rng(11).standard_normal(len(a))
    p, q = ([mp.exp(mp.mpf(float(v))) for v in x] for x in (a, b))
    log_a, log_b = mp.log(mp.fsum(p)), mp.log(mp.fsum(q))
    differences = (mp.mpf(float(x)) - log_a - mp.mpf(float(y)) + log_b for x, y in zip(a, b, strict=True))
    true = mp.fsum(w * d for w, d in zip(p, differences, strict=True)) / mp.fsum(p)
    assert error(klnotes.kl_from_logits(a, b), true) <= 4e-15


TWO: list[Any] = [
    klnotes.kl_divergence,
    klnotes.js_divergence,
    klnotes.total_variation,
    klnotes.hellinger_distance,
    klnotes.chi2_divergence,
    functools.partial(klnotes.renyi_divergence, order=2),
]


@pytest.mark.parametrize("function", TWO, ids=lambda f: getattr(f, "__name__", "renyi_divergence"))
def test_axes_and_batches(function: Callable[..., Any]) -> None:
    rng = np.random.default_rng(6)
    p, q = rng.dirichlet(np.ones(4), (2, 3)), rng.dirichlet(np.ones(4), 3)
    by_row = [[function(p[i, j], q[j]) for j in range(3)] for i in range(2)]
    np.testing.assert_array_equal(function(p, q), by_row)
    np.testing.assert_array_equal(function(np.moveaxis(p, -1, 0), np.moveaxis(q, -1, 0)[:, None], axis=0), by_row)
    assert function(np.empty((0, 4)), np.empty((0, 4))).shape == (0,)


def test_a_batch_may_be_empty() -> None:
    none, zero, one = np.empty((0, 3)), np.zeros(3), np.eye(3)
    for shape, result in [
        ((0,), klnotes.entropy(none)),
        ((0,), klnotes.cross_entropy(none, none)),
        ((0, 3), klnotes.kl_terms(none, none)),
        ((0, 3), klnotes.surprisal(none)),
        ((0,), klnotes.bernoulli_kl([], [])),
        ((0,), klnotes.mutual_information(np.empty((0, 2, 2)))),
        ((0,), klnotes.gaussian_kl([], 1, 0, 1)),
        ((0,), klnotes.multivariate_gaussian_kl(none, one, zero, one)),
        ((0, 3), klnotes.boltzmann_distribution(none, 1)),
        ((0,), klnotes.mean_energy(none, 1)),
        ((0,), klnotes.heat_capacity(none, 1)),
        ((0,), klnotes.free_energy(none, 1)),
        ((0,), klnotes.variational_free_energy(none, zero, 1)),
    ]:
        assert np.shape(result) == shape


def test_numbers_of_python_are_numbers() -> None:
    thirds: Any = [Fraction(1, 3), Fraction(2, 3)]
    halves: Any = [Decimal("0.5"), 0.5]
    one: Any = Fraction(1)
    assert klnotes.entropy(thirds) == klnotes.entropy([1 / 3, 2 / 3])
    assert klnotes.kl_divergence(halves, thirds) == klnotes.kl_divergence([0.5, 0.5], [1 / 3, 2 / 3])
    assert klnotes.entropy([10**30, 10**30], unit="bits", normalize=True) == 1.0
    assert klnotes.gaussian_kl(one, one, 0, 1) == 0.5


def test_the_callers_error_state_is_not_met() -> None:
    p, q, energies = [1e-200, 1 - 1e-200], [1e-300, 1.0], [0.0, 1.0]
    ours: list[Any] = [klnotes.mean_energy, klnotes.heat_capacity, klnotes.free_energy]
    with np.errstate(all="raise"):
        for function in (*TWO, klnotes.cross_entropy, klnotes.kl_terms, klnotes.bernoulli_kl):
            function(p, q)
        klnotes.entropy(p)
        klnotes.mutual_information([p, [0.0, 0.0]])
        klnotes.gaussian_kl(0, 1e-160, 0, 1)
        klnotes.gaussian_mutual_information([1e-200, 1])
        klnotes.multivariate_gaussian_kl([0, 1e-200], np.diag([1, 1e-200]), [0, 0], np.eye(2))
        for function in ours:
            function(energies, 1e-3)
        klnotes.variational_free_energy(p, energies, 1e-3)


def test_input_is_left_alone() -> None:
    p, q = pair(50, 1.0, seed=7)
    kept = p.copy(), q.copy()
    p.flags.writeable = q.flags.writeable = False
    for function in (*TWO, klnotes.cross_entropy, klnotes.kl_terms):
        backwards = np.asarray(function(p[::-1], q[::-1]))
        expected = np.asarray(function(p, q))
        np.testing.assert_allclose(backwards[::-1] if backwards.ndim else backwards, expected, rtol=4e-15)
        function(p * 2, q * 3, normalize=True)
    np.testing.assert_array_equal((p, q), kept)


@pytest.mark.parametrize("unit", ["nats", "bits", "hartleys"])
def test_units(unit: str) -> None:
    base = {"nats": np.e, "bits": 2, "hartleys": 10}[unit]
    p, q = pair(5, 1.0, seed=8)
    for function in (klnotes.kl_divergence, klnotes.js_divergence, klnotes.cross_entropy):
        assert function(p, q, unit=unit) == pytest.approx(function(p, q) / np.log(base), rel=1e-14)
    assert klnotes.entropy(p, unit=unit) == pytest.approx(klnotes.entropy(p) / np.log(base), rel=1e-14)
    assert klnotes.surprisal(p, unit=unit) == pytest.approx(-np.log(p) / np.log(base), rel=1e-14)
    np.testing.assert_allclose(klnotes.kl_terms(p, q, unit=unit), p * np.log(p / q) / np.log(base), rtol=1e-12)
