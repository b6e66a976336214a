"""SciPy's own tests of `stats.entropy` and of `jensenshannon`, with klnotes behind the two names."""

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.tests import test_distance
from scipy.stats.tests.test_entropy import TestEntropy as Theirs

import klnotes

# What klnotes does otherwise, on purpose: it says in its own words that shapes do not fit, and it takes one number that
# SciPy spreads over all outcomes for a mistake.
OTHERWISE = {
    "test_entropy_raises_value_error": "p and q must have the same number of outcomes, but got 3 and 2",
    "test_entropy_shape_mismatch": "p and q must have the same number of outcomes, but got 10 and 11",
    "test_entropy_broadcasting": "p and q must have the same number of outcomes, but got 3 and 1",
}


def of_base(value: Any, base: float | None, axis: int, keepdims: bool) -> Any:
    if base is not None and base <= 0:
        raise ValueError("`base` must be a positive number or `None`.")
    value = np.expand_dims(value, axis) if keepdims else value
    return value if base is None else value / np.log(base)


def entropy(pk: Any, qk: Any = None, base: float | None = None, axis: int = 0, *, keepdims: bool = False) -> Any:
    if qk is None:
        value = klnotes.entropy(pk, axis=axis, normalize=True)
    else:
        value = klnotes.kl_divergence(pk, qk, axis=axis, normalize=True)
    return of_base(value, base, axis, keepdims)


def jensenshannon(p: Any, q: Any, base: float | None = None, *, axis: int = 0, keepdims: bool = False) -> Any:
    return np.sqrt(of_base(klnotes.js_divergence(p, q, axis=axis, normalize=True), base, axis, keepdims))


@pytest.mark.parametrize("name", [name for name in dir(Theirs) if name.startswith("test_")])
def test_of_entropy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "entropy", entropy)
    if name in OTHERWISE:
        with pytest.raises((AssertionError, ValueError), match=OTHERWISE[name]):
            getattr(Theirs(), name)(np)
    else:
        getattr(Theirs(), name)(np)


def test_of_jensenshannon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_distance, "jensenshannon", jensenshannon)
    test_distance.test_jensenshannon()
