import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

import klnotes
from tests.strategies import pairs


@pytest.mark.theorem("thm-cross-entropy-split")
@given(pairs())
def test_cross_entropy_is_entropy_plus_divergence(pair: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pair
    total = klnotes.cross_entropy(p, q)
    if np.any((q == 0) & (p > 0)):
        assert total == np.inf == klnotes.kl_divergence(p, q)
        return
    # Each of the sums is rounded at the size of its largest term, p log q, at most 745 for the smallest float.
    assert total == pytest.approx(klnotes.entropy(p) + klnotes.kl_divergence(p, q), rel=1e-14, abs=1e-14)
    with mpmath.workdps(50):
        exact = mpmath.fsum(-mpmath.mpf(float(a)) * mpmath.log(float(b)) for a, b in zip(p, q, strict=True) if a > 0)
    assert total == pytest.approx(float(exact), rel=1e-15)


@pytest.mark.theorem("prop-softmax-gradient")
@given(st.lists(st.floats(-4, 4), min_size=2, max_size=5), st.data())
def test_gradient_is_stated_minus_true(logits: list[float], data: st.DataObject) -> None:
    z = np.array(logits)
    w = np.array(data.draw(st.lists(st.floats(0.01, 1), min_size=len(z), max_size=len(z))))
    p = w / w.sum()
    k = data.draw(st.integers(0, len(z) - 1))
    step = 1e-4 * np.eye(len(z))[k]
    slope = (klnotes.cross_entropy(p, softmax(z + step)) - klnotes.cross_entropy(p, softmax(z - step))) / 2e-4
    # The third derivative of log-sum-exp is at most 1, so the central difference is off by at most 1e-8 / 6;
    # rounding of values up to 10, divided by the step, adds 1e-11.
    assert slope == pytest.approx(softmax(z)[k] - p[k], abs=2e-9)


@pytest.mark.theorem("thm-proper-scoring")
@given(pairs())
def test_honesty_is_the_best_forecast(pair: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pair
    one_hot = np.eye(len(p))
    distance = np.sum((p - q) ** 2)
    # The logarithmic score loses at least 2 TV**2 >= distance / 2 nats (Pinsker), the quadratic one the distance.
    # An entropy near log 6 is rounded at 1e-15.
    assert klnotes.cross_entropy(p, q) >= klnotes.cross_entropy(p, p) + distance / 2 - 4e-15
    quadratic = p @ np.sum((q - one_hot) ** 2, axis=1)
    honest = p @ np.sum((p - one_hot) ** 2, axis=1)
    assert quadratic - honest == pytest.approx(distance, abs=4e-15)
