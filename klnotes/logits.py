"""Divergence between distributions given by their logits, without ever forming the probabilities' ratio."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from klnotes import _validate as check
from klnotes._series import expm1mx, two_sum
from klnotes._typing import Array


def kl_from_logits(a: ArrayLike, b: ArrayLike, /, *, axis: int = -1, unit: str = "nats") -> Any:
    """KL(P || Q) for P = softmax(a) and Q = softmax(b).

    Parameters
    ----------
    a, b : array_like, shape (..., n)
        Logits along `axis`: log-probabilities up to a constant each. The other axes broadcast.
        -inf masks an outcome: it has probability 0.
    axis : int
        The axis that holds the outcomes.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    float or ndarray, shape (...)
        Never negative; inf where b masks what a does not.

    Raises
    ------
    TypeError
        If a or b does not hold real numbers, or another argument has the wrong type.
    ValueError
        If an entry is NaN or +inf, all of a row is masked, a or b is empty, their shapes do not fit,
        or axis or unit is unknown.

    References
    ----------
    The free-energy identity (Zwanzig 1954): with t = a - b, KL = E_P[t] + log E_P[exp(-t)].

    Examples
    --------
    >>> kl_from_logits([0.0, 1.0], [5.0, 6.0])
    0.0
    >>> round(kl_from_logits([1000.0, 0.0], [0.0, 0.0], unit="bits"), 4)
    1.0
    """
    base = check.log_of_base(unit)
    logits_a, logits_b = _logits(a, "a", axis), _logits(b, "b", axis)
    check.same_outcomes(logits_a, logits_b, ("a", "b"))
    logits_a, logits_b = np.broadcast_arrays(logits_a, logits_b)
    masked, excluded = np.isneginf(logits_a), np.isneginf(logits_b)
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        # Everything is measured from P's likeliest outcome, exactly: each difference is kept as a sum of two floats.
        top = np.argmax(logits_a, axis=-1, keepdims=True)
        a_high, a_low = _from_top(logits_a, top)
        b_high, b_low = _from_top(logits_b, top)
        p = np.exp(a_high) * (1 + a_low)
        mass = p.sum(axis=-1, keepdims=True)
        p /= mass
        t, t_low = two_sum(a_high, -b_high)
        t, t_low = two_sum(t, t_low + (a_low - b_low))
        mean = np.sum(np.where(masked, 0.0, p * t), axis=-1, keepdims=True)
        u, u_low = two_sum(t, -mean)
        u_low += t_low
        rest = np.sum(np.where(masked, 0.0, p * u + p * u_low), axis=-1)  # what rounding left of a mean that is 0
        # prop-computing-kl-logits: the terms p (u + exp(-u) - 1) are never negative. p exp(-u) is Q but for a factor,
        # and needs no P: it may be there where p has underflown.
        v, v_low = two_sum(b_high, mean)
        v_low += b_low
        q = np.where(excluded, 0.0, np.exp(v) * (1 + v_low) / mass)
        near = np.abs(u) <= 0.5
        terms = np.where(near, p * (expm1mx(-u) - u_low * np.expm1(-u)), p * (u - 1) + p * u_low + q)
        spread = np.sum(np.where(masked, q, terms), axis=-1)
        result = rest + np.log1p(spread - rest)
        # Where exp overflows, the logarithm of the sum is all of the result.
        far = logsumexp(np.where(excluded, -np.inf, v), axis=-1) - np.log(mass[..., 0])
        result = np.where(np.isfinite(spread), result, far)
        result = np.where(np.any(excluded & ~masked, axis=-1), np.inf, np.maximum(result, 0.0))
        return check.scalar_or_array(result / base)


def _from_top(logits: Array, top: NDArray[np.intp]) -> tuple[Array, Array]:
    """The logits minus the one at index top, as an exact sum of two floats; -inf stays -inf."""
    high, low = two_sum(logits, -np.take_along_axis(logits, top, axis=-1))
    return high, np.where(np.isfinite(logits), low, 0.0)


def _logits(x: ArrayLike, name: str, axis: int) -> Array:
    array = check.real_array(x, name).astype(np.float64)
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} must hold at least one logit, but its shape is {array.shape}")
    check.refuse(~(array < np.inf), array, name, "must hold finite numbers, or -inf for a masked outcome")
    array = np.moveaxis(array, check.one_axis(axis, array.ndim, name), -1)
    if np.any(np.all(np.isneginf(array), axis=-1)):
        raise ValueError(f"{name} must hold a finite logit in every row, but a row is -inf throughout")
    return array
