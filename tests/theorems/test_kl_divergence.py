import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import klnotes

inside = st.floats(1e-6, 1 - 1e-6)


@pytest.mark.theorem("prop-kl-divergence-bernoulli")
@given(inside, inside, inside)
def test_coins(p: float, q: float, further: float) -> None:
    assert klnotes.bernoulli_kl(p, p) == 0
    with mpmath.workdps(50):
        a, b = mpmath.mpf(p), mpmath.mpf(q)
        exact = a * mpmath.log(a / b) + (1 - a) * mpmath.log((1 - a) / (1 - b))
        # 1 - p is rounded once, which moves the value by at most 2**-53 (1 + |d log|); the logs here are below 14.
        assert abs(klnotes.bernoulli_kl(p, q) - exact) <= 2e-15 * exact + 1e-15 * abs(a - b)
    # Strictly larger for what is further off on the same side, by more than rounding can hide.
    assume((q - p) * (further - p) > 0 and abs(further - p) > abs(q - p) + 1e-6)
    assert klnotes.bernoulli_kl(p, further) > klnotes.bernoulli_kl(p, q)


@given(inside)
def test_coins_at_the_ends(p: float) -> None:
    for q in (0.0, 1.0):
        assert klnotes.bernoulli_kl(p, q) == np.inf
    assert klnotes.bernoulli_kl(p, 1e-300) > 100 * p


@pytest.mark.theorem("prop-kl-divergence-gaussian")
@given(st.floats(-3, 3), st.floats(0.3, 3), st.floats(-3, 3), st.floats(0.3, 3))
def test_normal_distributions(m0: float, s0: float, m1: float, s1: float) -> None:
    # Gauss-Hermite quadrature of the definition: the integrand is a quadratic under the weight, so 20 nodes are exact.
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    x = m0 + s0 * nodes
    log_ratio = np.log(s1 / s0) - ((x - m0) / s0) ** 2 / 2 + ((x - m1) / s1) ** 2 / 2
    integral = weights @ log_ratio / np.sqrt(2 * np.pi)
    # Each of the three parts is rounded at its own size, at most about (6 / 0.3)**2 / 2 = 200.
    assert klnotes.gaussian_kl(m0, s0, m1, s1) == pytest.approx(integral, rel=1e-12, abs=1e-12)
