"""Closed forms of the Wasserstein distance of normal distributions: digits, extremes, what is refused."""

from math import inf, nan
from typing import Any

import mpmath
import numpy as np
import pytest

import klnotes


def exact(mean0: Any, cov0: Any, mean1: Any, cov1: Any) -> Any:
    """The formula with the traces, with 80 digits, on the floats as they are."""
    a, b = (mpmath.matrix(np.asarray(c).tolist()) for c in (cov0, cov1))
    values, axes = mpmath.eigsy(a)
    root = axes * mpmath.diag([mpmath.sqrt(v) for v in values]) * axes.T
    middle = root * b * root
    roots = mpmath.fsum(mpmath.sqrt(v) for v in mpmath.eigsy((middle + middle.T) / 2, eigvals_only=True))
    shift = mpmath.fsum((mpmath.mpf(float(x)) - mpmath.mpf(float(y))) ** 2 for x, y in zip(mean0, mean1, strict=True))
    return mpmath.sqrt(mpmath.fsum(a[i, i] + b[i, i] for i in range(a.rows)) - 2 * roots + shift)


@pytest.mark.parametrize("apart", [1.0, 0.3, 0.1, 0.03, 1e-2, 1e-4, 1e-8, 1e-12])
@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_digits_when_the_matrices_almost_agree(d: int, apart: float) -> None:
    rng = np.random.default_rng(d)
    with mpmath.workdps(80):
        for _ in range(5):
            x, y = rng.normal(size=(2, d, d))
            a = x @ x.T + 0.5 * np.eye(d)
            b = a + apart * (y @ y.T)
            a, b = (a + a.T) / 2, (b + b.T) / 2
            got = klnotes.multivariate_gaussian_wasserstein(np.zeros(d), a, np.zeros(d), b)
            wanted = exact(np.zeros(d), a, np.zeros(d), b)
            assert abs(got - wanted) <= 1e-13 * wanted  # measured: 3e-14 at worst, at condition numbers below 100


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1.0, 1e150, 1e300])
def test_scales(scale: float) -> None:
    a, b = np.array([[1, 0.5], [0.5, 2]]) * scale, np.array([[2, -0.3], [-0.3, 1]]) * scale
    root = float(np.sqrt(scale))
    with mpmath.workdps(80):
        wanted = exact([root, 0], a, [0, root], b)
        assert abs(klnotes.multivariate_gaussian_wasserstein([root, 0], a, [0, root], b) - wanted) <= 1e-14 * wanted


def test_one_dimension() -> None:
    with mpmath.workdps(60):
        for m0, s0, m1, s1 in [
            (0, 1, 1e-9, 1 + 1e-12),
            (1e-200, 1e-200, 0, 3e-200),
            (1e300, 1, -1e300, 5),
            (5, 0, 5, 0),
        ]:
            wanted = mpmath.hypot(mpmath.mpf(m0) - mpmath.mpf(m1), mpmath.mpf(s0) - mpmath.mpf(s1))
            assert abs(klnotes.gaussian_wasserstein(m0, s0, m1, s1) - wanted) <= 4e-16 * wanted
    assert klnotes.gaussian_wasserstein(1e308, 1, -1e308, 1) == inf  # 2e308 is no float


def test_one_and_several_dimensions_agree() -> None:
    means, stds = np.array([[0.0, 1.0], [2.0, -1.0]]), np.array([[1.0, 0.2], [3.0, 0.7]])
    single = np.hypot(*klnotes.gaussian_wasserstein(means[0], stds[0], means[1], stds[1]))
    several = klnotes.multivariate_gaussian_wasserstein(
        means[0], np.diag(stds[0] ** 2), means[1], np.diag(stds[1] ** 2)
    )
    assert several == pytest.approx(single, rel=1e-14)


def test_shapes() -> None:
    w2 = klnotes.multivariate_gaussian_wasserstein
    eye = np.eye(2)
    assert w2(np.zeros((0, 2)), eye, [0, 1], eye).shape == (0,)
    batch = w2(np.zeros((3, 1, 2)), eye, np.ones((4, 2)), np.stack([eye, 4 * eye, 9 * eye, eye]))
    np.testing.assert_allclose(batch, np.sqrt(2 + 2 * np.array([[0, 1, 4, 0]] * 3)), rtol=1e-15)
    assert isinstance(w2([0, 0], eye, [0, 0], eye), float)
    assert w2([0, 0], eye, [0, 0], eye) == 0
    assert klnotes.gaussian_wasserstein([0, 1], 1, [[0], [1], [2]], 1).shape == (3, 2)


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match=r"std0 must not be negative, but std0 is -1\.0"):
        klnotes.gaussian_wasserstein(0, -1, 0, 1)
    with pytest.raises(ValueError, match="mean1 must hold finite numbers"):
        klnotes.gaussian_wasserstein(0, 1, nan, 1)
    with pytest.raises(ValueError, match="std1"):
        klnotes.gaussian_wasserstein(0, 1, 0, inf)
    with pytest.raises(ValueError, match="cov1 must be positive definite"):
        klnotes.multivariate_gaussian_wasserstein([0, 0], np.eye(2), [0, 0], np.ones((2, 2)))
    with pytest.raises(ValueError, match="vectors of one length"):
        klnotes.multivariate_gaussian_wasserstein([0, 0], np.eye(2), [0], np.eye(1))
    with pytest.raises(TypeError, match="mean0 must hold real numbers"):
        klnotes.gaussian_wasserstein("0", 1, 0, 1)
