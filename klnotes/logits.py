"""Divergence between distributions given by their logits, without ever forming the probabilities' ratio."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax, logsumexp

from klnotes import _validate as check
from klnotes._series import expm1mx


def kl_from_logits(a: ArrayLike, b: ArrayLike, /, *, axis: int = -1, unit: str = "nats") -> Any:
    """KL(P || Q) for P = softmax(a) and Q = softmax(b).

    Parameters
    ----------
    a, b : array_like, shape (..., n)
        Logits along `axis`: log-probabilities up to a constant each. The other axes broadcast.
    axis : int
        The axis that holds the outcomes.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    float or ndarray, shape (...)
        Never negative. Logits that differ by a constant and a little more keep their digits, unless one outcome
        has almost all of the probability.

    Raises
    ------
    TypeError
        If a or b does not hold real numbers, or another argument has the wrong type.
    ValueError
        If an entry is not finite, a or b is empty, their shapes do not fit, or axis or unit is unknown.

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
    # The raw logits are differenced, before either is shifted: shifting first rounds what the difference needs.
    t = logits_a - logits_b
    log_p = log_softmax(logits_a, axis=-1)
    p = np.exp(log_p)
    mean = np.sum(p * t, axis=-1, keepdims=True)
    u = t - mean
    rest = np.sum(p * u, axis=-1)  # what rounding left of a mean that is 0
    # E[exp(-u)] = 1 + E[exp(-u) - 1 + u] - E[u], of which the middle part is never negative.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        near = rest + np.log1p(np.sum(p * expm1mx(-u), axis=-1) - rest)
    far = rest + logsumexp(log_p - u, axis=-1)
    return check.scalar_or_array(np.maximum(np.where(near <= 1, near, far), 0.0) / base)


def _logits(x: ArrayLike, name: str, axis: int) -> NDArray[np.float64]:
    array = check.finite(x, name)
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} must hold at least one logit, but its shape is {array.shape}")
    return np.moveaxis(array, check.one_axis(axis, array.ndim, name), -1)
