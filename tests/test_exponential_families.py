"""The closed forms beside the normal ones: against many digits, against each other, and what they refuse."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import klnotes
from tests.reference import error, exact_dirichlet_kl, exact_exponential_kl, exact_gamma_kl, exact_poisson_kl, mp

FAMILIES: dict[str, tuple[Callable[..., Any], Callable[..., Any], int]] = {
    "poisson": (klnotes.poisson_kl, exact_poisson_kl, 1),
    "exponential": (klnotes.exponential_kl, exact_exponential_kl, 1),
    "gamma": (klnotes.gamma_kl, exact_gamma_kl, 2),
    "gamma, one rate": (
        lambda k, r, n, _: klnotes.gamma_kl(k, r, n, r),
        lambda k, r, n, _: exact_gamma_kl(k, r, n, r),
        2,
    ),
    "gamma, one mean": (
        lambda k, _, n, __: klnotes.gamma_kl(k, k, n, n),
        lambda k, _, n, __: exact_gamma_kl(k, k, n, n),
        2,
    ),
    "beta": (klnotes.beta_kl, lambda a, b, c, d: exact_dirichlet_kl([a, b], [c, d]), 2),
    "Dirichlet": (lambda *x: klnotes.dirichlet_kl(x[:4], x[4:]), lambda *x: exact_dirichlet_kl(x[:4], x[4:]), 4),
}
WORST = {"beta": 3e-13}


@pytest.mark.parametrize("distance", [None, 1, 0.1, 1e-4, 1e-8, 1e-12])
@pytest.mark.parametrize("name", FAMILIES)
def test_parameters_from_a_thousandth_to_a_million(name: str, distance: float | None) -> None:
    ours, true, count = FAMILIES[name]
    rng = np.random.default_rng(count)
    for _ in range(60):
        x = 10 ** rng.uniform(-3, 6, 2 * count)
        if distance is not None:
            x[count:] = x[:count] * np.exp(distance * rng.uniform(-1, 1, count))
        assert error(ours(*x), true(*x)) <= WORST.get(name, 1e-14)


@pytest.mark.parametrize("distance", [None, 0.1, 1e-8])
@pytest.mark.parametrize("name", ["poisson", "exponential", "gamma", "gamma, one rate", "gamma, one mean"])
def test_parameters_of_all_sizes(name: str, distance: float | None) -> None:
    ours, true, count = FAMILIES[name]
    rng = np.random.default_rng(count)
    for _ in range(60):
        x = 10 ** rng.uniform(-15, 15, 2 * count)
        if distance is not None:
            x[count:] = x[:count] * np.exp(distance * rng.uniform(-1, 1, count))
        assert error(ours(*x), true(*x)) <= 1e-14


def test_a_small_concentration_that_both_have_costs_digits() -> None:
    for small in (1e-1, 1e-3, 1e-6):
        for large in (0.5, 7.0, 1e4):
            for factor in (1 + 1e-6, 1.1, 3):
                true = exact_dirichlet_kl([large, small], [large * factor, small])
                assert error(klnotes.beta_kl(large, small, large * factor, small), true) <= 1e-15 + 2e-15 / small


ENDS = [5e-324, 1e-300, 1e-3, 1.0, 1e300]


@pytest.mark.parametrize("a", ENDS)
@pytest.mark.parametrize("b", ENDS)
def test_rates_at_the_ends_of_the_floats(a: float, b: float) -> None:
    smallest = mp.mpf(5e-324)
    for ours, true in ((klnotes.poisson_kl, exact_poisson_kl), (klnotes.exponential_kl, exact_exponential_kl)):
        with mp.workdps(700):
            value = true(a, b)
            got = ours(a, b)
            assert got == np.inf if value > 1.7e308 else abs(got - value) <= 4e-15 * value + smallest
    with mp.workdps(700):
        value = exact_gamma_kl(2, a, 2, b)
        got = klnotes.gamma_kl(2, a, 2, b)
        assert got == np.inf if value > 1.7e308 else abs(got - value) <= 4e-15 * value


def test_equal_parameters_and_rates_of_zero() -> None:
    for x in (1e-10, 0.3, 1.0, 9.999, 10.0, 12345.678, 1e15):
        assert klnotes.poisson_kl(x, x) == klnotes.exponential_kl(x, x) == klnotes.gamma_kl(x, 0.7, x, 0.7) == 0
        assert klnotes.beta_kl(x, 2.5, x, 2.5) == klnotes.dirichlet_kl([x, 1, 3], [x, 1, 3]) == 0
    assert klnotes.poisson_kl(0, 2.5) == 2.5
    assert klnotes.poisson_kl(0, 0) == 0
    assert klnotes.poisson_kl(2.5, 0) == np.inf


positive = st.floats(0.05, 50)


@given(positive, positive, positive, positive)
def test_one_family_is_a_case_of_another(a: float, b: float, c: float, d: float) -> None:
    assert klnotes.exponential_kl(a, b) == pytest.approx(klnotes.gamma_kl(1, a, 1, b), rel=1e-14)
    assert klnotes.beta_kl(a, b, c, d) == pytest.approx(klnotes.dirichlet_kl([b, a], [d, c]), rel=1e-12)
    # -log of a uniform variable is exponential, and x**(1/a) has the density a x**(a - 1).
    assert klnotes.beta_kl(a, 1, b, 1) == pytest.approx(klnotes.exponential_kl(a, b), rel=1e-11, abs=1e-15)
    # A sum of independent variables with one rate: the chain rule for the parts and what the sum leaves open.
    both = klnotes.gamma_kl(a, 1, c, 1) + klnotes.gamma_kl(b, 1, d, 1)
    whole = klnotes.gamma_kl(a + b, 1, c + d, 1) + klnotes.beta_kl(a, b, c, d)
    assert whole == pytest.approx(both, rel=1e-12, abs=1e-13)


@given(positive, positive, positive, positive)
def test_never_negative(a: float, b: float, c: float, d: float) -> None:
    for nudge in (1e-15, 1e-9):
        near = a * (1 + nudge), b * (1 - nudge)
        assert klnotes.gamma_kl(a, b, *near) >= 0
        assert klnotes.beta_kl(a, b, *near) >= 0
    assert klnotes.gamma_kl(a, b, c, d) >= 0
    assert klnotes.beta_kl(a, b, c, d) >= 0


def test_batches_axes_and_units() -> None:
    a, b = np.array([[1.0], [2.0]]), np.array([3.0, 4.0, 5.0])
    for function in (klnotes.poisson_kl, klnotes.exponential_kl):
        by_one = [[function(x, y) for y in b] for x in (1.0, 2.0)]
        np.testing.assert_array_equal(function(a, b), by_one)
        assert function(1, 3, unit="bits") == function(1, 3) / np.log(2)
    for four in (klnotes.gamma_kl, klnotes.beta_kl):
        by_one = [[four(x, y, 2, 7) for y in b] for x in (1.0, 2.0)]
        np.testing.assert_allclose(four(a, b, 2, 7), by_one, rtol=4e-15)
        assert four([], 1, 2, 3).shape == (0,)
        assert four(1, 2, 3, 4, unit="hartleys") == pytest.approx(four(1, 2, 3, 4) / np.log(10))
    x = np.arange(1.0, 13).reshape(2, 3, 2)
    many = klnotes.dirichlet_kl(x, x[::-1], axis=1)
    np.testing.assert_array_equal(
        many, [[klnotes.dirichlet_kl(x[i, :, j], x[1 - i, :, j]) for j in (0, 1)] for i in (0, 1)]
    )
    assert klnotes.dirichlet_kl(np.ones((0, 3)), [1, 1, 1]).shape == (0,)


@pytest.mark.parametrize(
    ("function", "arguments", "kind", "says"),
    [
        (klnotes.poisson_kl, (-1, 2), ValueError, "rate0 must not be negative, but rate0 is -1.0"),
        (klnotes.poisson_kl, (1, [2, np.inf]), ValueError, r"rate1 must hold finite numbers, but rate1\[1\] is inf"),
        (klnotes.poisson_kl, ([1, 2], [1, 2, 3]), ValueError, "rate0 and rate1 must broadcast"),
        (klnotes.exponential_kl, (0, 1), ValueError, "rate0 must be positive and finite, but rate0 is 0.0"),
        (klnotes.exponential_kl, ("1", 1), TypeError, "rate0 must hold real numbers, but got strings"),
        (klnotes.gamma_kl, (1, 1, 1, 0), ValueError, "rate1 must be positive and finite"),
        (klnotes.gamma_kl, (1, [1, 1], 1, [1, 1, 1]), ValueError, "shape0 and rate1 must broadcast"),
        (klnotes.beta_kl, (1, 1, np.nan, 1), ValueError, "a1 must be positive and finite, but a1 is nan"),
        (
            klnotes.dirichlet_kl,
            ([1, 0], [1, 1]),
            ValueError,
            r"alpha0 must be positive and finite, but alpha0\[1\] is 0",
        ),
        (klnotes.dirichlet_kl, ([1, 2], [1, 1, 1]), ValueError, "alpha0 and alpha1 must have the same number"),
        (klnotes.dirichlet_kl, (1, [1, 1]), ValueError, "alpha0 must be a list"),
        (klnotes.dirichlet_kl, ([1e308, 1e308], [1, 1]), ValueError, "alpha0 must have a finite sum"),
    ],
)
def test_what_is_refused(
    function: Callable[..., Any], arguments: tuple[Any, ...], kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        function(*arguments)


def test_the_callers_error_state_is_not_met() -> None:
    with np.errstate(all="raise"):
        klnotes.poisson_kl([0, 1e-320], [1e300, 0])
        klnotes.exponential_kl(1e-300, 1e300)
        klnotes.gamma_kl(1e-300, 1e300, 1e300, 1e-300)
        klnotes.beta_kl(1e-300, 1e300, 1, 1)


# The three forms of a covariance matrix.


@pytest.mark.parametrize("distance", [1, 1e-3, 1e-6, 1e-9, 1e-12])
@pytest.mark.parametrize("d", [1, 2, 6])
def test_factors_and_variances_keep_their_digits(d: int, distance: float) -> None:
    rng = np.random.default_rng(d)
    for _ in range(5):
        root1 = np.linalg.cholesky(np.cov(rng.standard_normal((d, 4 * d + 4))).reshape(d, d))
        root0 = root1 * np.exp(distance * np.tril(rng.uniform(-1, 1, (d, d))))
        mean = distance * rng.standard_normal(d)
        with mp.workdps(60):
            wide = [mp.matrix(root.tolist()) * mp.matrix(root.tolist()).T for root in (root0, root1)]
            true = exact_of_matrices(mean, *wide)
        got = klnotes.multivariate_gaussian_kl(mean, root0, np.zeros(d), root1, form="cholesky")
        assert error(got, true) <= 1e-14
        var0, var1 = np.diag(root0) ** 2, np.diag(root1) ** 2
        true = exact_of_matrices(mean, *(mp.diag([mp.mpf(float(v)) for v in x]) for x in (var0, var1)))
        got = klnotes.multivariate_gaussian_kl(mean, var0, np.zeros(d), var1, form="variances")
        assert error(got, true) <= 1e-15


def exact_of_matrices(shift: Any, a: Any, b: Any) -> Any:
    x, inverse = mp.matrix([mp.mpf(float(v)) for v in shift]), b**-1
    ratio = inverse * a
    return (mp.fsum(ratio[i, i] for i in range(a.rows)) - a.rows - mp.log(mp.det(ratio)) + (x.T * inverse * x)[0]) / 2


def test_the_three_forms_agree_where_the_determinant_is_no_float() -> None:
    d = 400
    root = np.tril(np.full((d, d), 1e-3)) + 0.1 * np.eye(d)
    mean, zero, unit = np.ones(d), np.zeros(d), np.eye(d)
    assert np.linalg.det(0.01 * unit) == 0
    from_factors = klnotes.multivariate_gaussian_kl(mean, root, zero, unit, form="cholesky")
    assert klnotes.multivariate_gaussian_kl(mean, root @ root.T, zero, unit) == pytest.approx(from_factors, rel=1e-12)
    narrow = klnotes.multivariate_gaussian_kl(mean, 0.01 * np.ones(d), zero, np.ones(d), form="variances")
    assert narrow == pytest.approx(klnotes.gaussian_kl(mean, 0.1, 0, 1).sum(), rel=1e-13)
    assert klnotes.multivariate_gaussian_kl(mean, 0.01 * unit, zero, unit) == pytest.approx(narrow, rel=1e-13)
    two = klnotes.multivariate_gaussian_kl([[0, 0], [1, 1]], [1, 4], [0, 0], [[[1, 2]], [[3, 4]]], form="variances")
    assert two.shape == (2, 2)
    both = klnotes.multivariate_gaussian_kl([[0, 0], [1, 1]], np.eye(2), [0, 0], [[np.eye(2)]] * 3, form="cholesky")
    assert both.shape == (3, 2)


@pytest.mark.parametrize(
    ("form", "cov", "kind", "says"),
    [
        ("std", [1, 1], ValueError, "form must be 'covariance', 'cholesky' or 'variances', but got 'std'"),
        (1, [1, 1], TypeError, "form must be a string"),
        ("variances", np.eye(3), ValueError, r"cov1 must have the shape \(..., 2\), to fit mean0, but got \(3, 3\)"),
        ("variances", [1, 0], ValueError, r"cov1 must hold positive variances, but cov1\[1\] is 0.0"),
        ("cholesky", [1, 1], ValueError, r"cov1 must have the shape \(..., 2, 2\)"),
        ("cholesky", [[1, 0.5], [0.5, 1]], ValueError, r"cov1 must be lower triangular.*cov1\[0, 1\] is 0.5"),
        ("cholesky", [[1, 0], [0.5, -1]], ValueError, r"cov1 must have a positive diagonal, but cov1\[1, 1\] is -1"),
    ],
)
def test_a_form_that_is_not_what_it_is_called(form: Any, cov: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        klnotes.multivariate_gaussian_kl(
            [0, 0], np.ones(2) if form == "variances" else np.eye(2), [0, 0], cov, form=form
        )
