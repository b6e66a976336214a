"""Divergence between distributions given by their logits, without ever forming the probabilities' ratio.

With P's weights p_i = exp(a_i - c), the differences u_i of a_i - b_i from any number m, and q_i = p_i exp(-u_i), which
are Q's weights but for a factor, equation (1) of _sums.py reads

    KL = S/A + log(1 + v) - v,    S = sum p_i (exp(-u_i) - 1 + u_i),    A = sum p_i,    v = (sum q_i - A)/A.

No term of S is negative (prop-computing-kl-logits, where m is the mean of the differences, and so v = S/A).
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from klnotes import _validate as check
from klnotes._series import expm1mx, largest_size, log1pmx, two_sum
from klnotes._sums import all_true, along_rows, by_rows, total
from klnotes._typing import Array

_CHUNK = 16_384  # numbers worked on at a time, fewer than in _sums.py, as there are more arrays of them
_PLAIN = -20.0, 250.0  # a row whose largest logit lies between these is exponentiated as it is
_SHIFTED = 4.0
_TALL = 2.0**50  # a difference so large may make an outcome count whose weight has been rounded more than once
_CERTIFIED = 2.0**-3
_NEAR, _MODERATE = 0.5, 4.0  # up to these sizes exp(-u) - 1 + u is a series, and exp(-u) right to a few roundings


@np.errstate(all="ignore")
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
        Never negative; inf where b masks what a does not, or ranks two of a's outcomes further apart than floats reach.

    Raises
    ------
    TypeError
        If a or b does not hold real numbers, or another argument has the wrong type.
    ValueError
        If an entry is NaN or +inf, all of a row is masked, rows are empty, the shapes do not fit, or axis or unit is
        unknown.

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
    (x, top_x), (y, top_y) = _logits(a, "a", axis), _logits(b, "b", axis)
    check.same_outcomes(x, y, ("a", "b"))
    if x.shape != y.shape:
        (x, y), (top_x, top_y) = np.broadcast_arrays(x, y), np.broadcast_arrays(top_x, top_y)
    return check.scalar_or_array(by_rows(_divergence, x, y, top_x, top_y, chunk=_CHUNK) / base)


def _logits(x: ArrayLike, name: str, axis: int) -> tuple[NDArray[Any], Array]:
    """The logits, their outcomes on the last axis, and the largest of each row."""
    array = check.real_array(x, name)
    if array.ndim == 0:
        raise ValueError(f"{name} must hold at least one logit, but its shape is {array.shape}")
    if check.one_axis(axis, array.ndim, name) not in (-1, array.ndim - 1):
        array = np.moveaxis(array, axis, -1)
    if array.shape[-1] == 0:
        raise ValueError(f"{name} must hold at least one logit, but its shape is {np.shape(x)}")
    top = np.maximum.reduce(array, axis=-1, keepdims=True).astype(np.float64)
    if not all_true(np.isfinite(top)):
        original = check.real_array(x, name)
        check.refuse(~(original < np.inf), original, name, "must hold finite numbers, or -inf for a masked outcome")
        raise ValueError(f"{name} must hold a finite logit in every row, but a row is -inf throughout")
    return array, top


def _divergence(a: NDArray[Any], b: NDArray[Any], top_a: Array, top_b: Array) -> Array:
    """Row by row: the plain sums where they certify themselves, and the careful ones elsewhere."""
    # What the exponentials start from: 0 if they can, but logits that are shifted far from each other are shifted back.
    # From a number as large as those that count, subtracting is exact: lem-computing-kl-sterbenz.
    less = np.where(abs(top_a) < abs(top_b), top_a, top_b)
    plain = (less >= _PLAIN[0]) & (less <= _PLAIN[1])
    shifted = (abs(top_a - top_b) > _SHIFTED) | ~plain
    from_a, from_b = ((top - less * plain) * shifted for top in (top_a, top_b))
    mass, other, moment = along_rows(_plain_sums, a, b, from_a, from_b, chunk=_CHUNK)
    mean, gap = moment / mass, np.log(other / mass)
    result = np.asarray(mean + gap)
    # Exponentials and sums round by a few times 2**-53, the differences of the logits in proportion to their size. That
    # is the mean of |t|, at most |gap| + KL + sqrt(2 KL): t is log(p/q) - gap, and for that see
    # thm-computing-kl-certificate. So the error is a few times 2**-53 (1 + |gap| + KL). NaN fails the comparison.
    sure = result >= _CERTIFIED * (1 + abs(gap))
    if all_true(sure):
        return result
    mean = mean[..., None] + (from_a - from_b)  # of a - b; the careful sums begin with it
    if not sure.any():
        return _careful(a, b, from_a, from_b, top_b, mean)
    result[~sure] = _careful(*(x[~sure] for x in (a, b, from_a, from_b, top_b, mean)))
    return result


def _plain_sums(a: NDArray[Any], b: NDArray[Any], from_a: Array, from_b: Array) -> tuple[Array, Array, Array]:
    """The sums of P's weights, of Q's, and of P's times the logits' differences. If one is tall, NaN for the second."""
    t, y = np.subtract(a, from_a, dtype=np.float64), np.subtract(b, from_b, dtype=np.float64)
    p, q = np.exp(t), np.exp(y)
    t -= y
    size = largest_size(t)
    if not size <= _TALL:
        t[np.isneginf(a)] = 0.0
        size = largest_size(t)
    t *= p
    mass, other, moment = (total(z) for z in (p, q, t))
    return mass, other if size <= _TALL else other * np.nan, moment


def _careful(a: NDArray[Any], b: NDArray[Any], from_a: Array, from_b: Array, top_b: Array, mean: Array) -> Array:
    """The divergence by the sums at the head of this file, with differences that are exact or rounded once."""
    mean = np.where(np.isfinite(mean), mean, 0.0)
    more = np.zeros_like(mean)  # m is mean + more
    # Q's weight is P's times exp(-u), or exp(b - from_b + shift).
    gap, gap_low = two_sum(from_a, -from_b)
    start, start_low = two_sum(mean, -gap)
    exactly = False
    for _ in range(4):
        shift, shift_low = two_sum(start, more)
        far = np.maximum(top_b - from_b + shift - 300, 0.0)  # keeps the exponentials of Q's weights finite
        rows = (from_a, from_b, mean, more, shift, shift_low + (start_low - gap_low), far)
        sums = partial(_careful_sums, exactly)
        mass, rest, terms, other = along_rows(sums, a, b, *rows, chunk=_CHUNK)
        rest, terms, far = rest / mass, terms / mass, far[..., 0]
        v = terms - rest
        large = (far > 0) | (v > 1)
        result = np.where(large, rest + far + np.log(other / mass), terms + log1pmx(v))
        # What is left of the mean is in the terms with half of its square, and the differences have been rounded where
        # they are as large as the mean. If either is not a small part of the terms, once more.
        size = np.where(large, result, np.sqrt(terms))
        again = abs(rest) > size / 4
        rounded = not exactly and np.any(abs(mean[..., 0]) > 8 * size)
        if not (rounded or again.any()):
            break
        exactly = True
        more = more + np.where(again & np.isfinite(rest), rest, 0.0)[..., None]
    return np.where((rest == np.inf) | (far == np.inf), np.inf, np.maximum(result, 0.0))


def _careful_sums(
    exactly: bool,
    a: NDArray[Any],
    b: NDArray[Any],
    from_a: Array,
    from_b: Array,
    mean: Array,
    more: Array,
    shift: Array,
    shift_low: Array,
    far: Array,
) -> tuple[Array, Array, Array, Array]:
    """The sums of P's weights p, of p u, of the terms, and of Q's weights times exp(-far)."""
    a, b = a.astype(np.float64, copy=False), b.astype(np.float64, copy=False)
    x, x_low = _sum(a, -from_a)
    p = np.exp(x)
    if x_low is not None:
        p += p * x_low
    u, low = two_sum(a, -b) if exactly else (a - b, None)
    u -= mean  # exact where it cancels
    if low is not None:
        u -= more
        u += low
    largest = largest_size(u)
    if largest <= _MODERATE:
        if largest <= _NEAR:
            terms = expm1mx(-u)
        else:
            near = np.abs(u) <= _NEAR
            terms = np.where(near, expm1mx(np.where(near, -u, 0.0)), np.expm1(-u) + u)
        terms *= p
        u *= p
        mass, rest, spread = (total(z) for z in (p, u, terms))
        return mass, rest, spread, mass
    masked, excluded = np.isneginf(a), np.isneginf(b)
    if low is not None:
        u = np.where(np.isfinite(low), u, a - b)
    y, y_low = _sum(b, -from_b)
    v, v_low = two_sum(y, shift)
    v_low += shift_low + (0.0 if y_low is None else y_low)
    # exp(-u) times P's weight, but not computed so: it may be there where P's weight has underflown.
    q = np.where(np.isneginf(y), 0.0, np.exp(v - far) * (1 + v_low))
    near = np.abs(u) <= _NEAR
    close = p * expm1mx(np.where(near, -u, 0.0))
    infinite = np.isinf(u) & ((p > 0) | (excluded & ~masked))
    u = np.where(infinite, np.inf, np.where(masked | (p == 0), 0.0, p * u))
    terms = np.where(near, close, u - p + q)
    mass, rest, spread, other = (total(z) for z in (p, u, terms, q))
    return mass, rest, spread, other


def _sum(x: Array, y: Array) -> tuple[Array, Array | None]:
    """x + y as an exact sum of two floats, the second None if it is 0; -inf stays -inf."""
    if not y.any():
        return x, None
    high, low = two_sum(x, y)
    return high, np.where(np.isfinite(high), low, 0.0)
