"""Entropy, cross-entropy and the divergences between distributions on finitely many outcomes.

What compares two distributions here is a sum of terms t = a log(a/b) - a + b, none of which is negative. With S
the sum of t, and A and B the sums of a and b, it holds for any positive scale of a and of b that

    KL(a/A || b/B) = S/A + log(1 + u) - u,    u = (B - A)/A.                                      (1)

So nothing is divided by its sum first, and a sum that misses 1 by rounding does no harm.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp, xlog1py

from klnotes import _validate as check
from klnotes._series import NEAR, atanhmx, log1pmx, renyi_series, two_product

Array = NDArray[np.float64]
Triple = tuple[Array, Array, Array]
Pair = tuple[NDArray[Any], NDArray[Any], Array, Array]  # a and b, outcomes on the last axis, and their sums
Scales = tuple[Array, ...] | None  # what brings a and b to one sum; None if they have it already
Sums = tuple[Array, Array, Array, float]  # along the last axis: of the terms, of a, of b - a; and the smallest entry

Terms = Callable[[Array, Array, Array], Array]
Block = Callable[[NDArray[Any], NDArray[Any], Scales, Sums | None], Sums]

_BLOCK = 32_768  # numbers worked on at a time: they stay in cache, and no full-size temporary is made
_CERTIFIED = 2.0**-7
_QUIET: dict[str, Any] = {"divide": "ignore", "invalid": "ignore", "over": "ignore", "under": "ignore"}
_TINY = float(np.finfo(np.float64).tiny)
_ADD = np.add.reduce
_TINY_PRODUCT = 2.0**-960  # below this a product of two floats has lost digits, or itself, to underflow
_LOG: dict[str, Callable[..., Any]] = {"nats": np.log, "bits": np.log2, "hartleys": np.log10}


def surprisal(p: ArrayLike, /, *, unit: str = "nats") -> Any:
    """Surprisal -log p of outcomes that have probability p.

    Parameters
    ----------
    p : array_like, any shape
        Probabilities, each between 0 and 1. They need not sum to one.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    float or ndarray, shape of p
        The surprisal of each outcome; inf where p is 0.

    Raises
    ------
    TypeError
        If p does not hold real numbers, or unit is not a string.
    ValueError
        If an entry is not between 0 and 1, or the unit is unknown.

    References
    ----------
    Shannon (1948), section 6.

    Examples
    --------
    >>> surprisal(0.125, unit="bits")
    3.0
    """
    check.log_of_base(unit)
    with np.errstate(divide="ignore"):
        return check.scalar_or_array(0.0 - _LOG[unit](check.probability(p, "p")))


def entropy(p: ArrayLike, /, *, axis: int = -1, unit: str = "nats", normalize: bool = False) -> Any:
    """Entropy H(P) = -sum p log p, the mean surprisal.

    Parameters
    ----------
    p : array_like, shape (..., n)
        Distributions along `axis`; the other axes are a batch.
    axis : int
        The axis that holds the outcomes.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.
    normalize : bool
        Divide by the sum first (counts, weights). Otherwise a sum other than 1 is refused.

    Returns
    -------
    float or ndarray, shape (...)
        Between 0 and log n. Impossible outcomes add nothing, as 0 log 0 = 0.

    Raises
    ------
    TypeError
        If p does not hold real numbers, or another argument has the wrong type.
    ValueError
        If p is empty, negative, NaN, infinite or does not sum to one; if axis or unit is unknown.

    References
    ----------
    Shannon (1948), section 6, theorem 2.

    Examples
    --------
    >>> entropy([1/2, 1/4, 1/8, 1/8], unit="bits")
    1.75
    >>> entropy([4096, 2048, 1024, 1024], unit="bits", normalize=True)
    1.75
    """
    check.log_of_base(unit)
    a, total = check.distribution(p, "p", axis, normalize)
    a = a / total[..., None] if normalize else a.astype(np.float64, copy=False)
    return check.scalar_or_array(_weighted_surprisal(a, a, unit).sum(axis=-1))


def cross_entropy(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, unit: str = "nats", normalize: bool = False) -> Any:
    """Cross-entropy H(P, Q) = -sum p log q: the mean surprisal of Q's forecast when outcomes come from P.

    Parameters
    ----------
    p, q : array_like, shape (..., n)
        Distributions along `axis`. P is the reference, Q the model; the other axes broadcast.
    axis : int
        The axis that holds the outcomes.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.
    normalize : bool
        Divide p and q by their sums first. Otherwise a sum other than 1 is refused.

    Returns
    -------
    float or ndarray, shape (...)
        At least entropy(p); inf where q = 0 < p. Outcomes with p = 0 add nothing.

    Raises
    ------
    TypeError
        If p or q does not hold real numbers, or another argument has the wrong type.
    ValueError
        If p or q is not a distribution, their shapes do not fit, or axis or unit is unknown.

    References
    ----------
    Cover & Thomas (2006), theorem 5.4.3.

    Examples
    --------
    >>> cross_entropy([1/2, 1/4, 1/8, 1/8], [1/8, 1/8, 1/2, 1/4], unit="bits")
    2.625
    """
    check.log_of_base(unit)
    a, b, total_a, total_b = _pair(p, q, axis, normalize)
    if normalize:
        a, b = a / total_a[..., None], b / total_b[..., None]
    weighted = _weighted_surprisal(a.astype(np.float64, copy=False), b.astype(np.float64, copy=False), unit)
    return check.scalar_or_array(weighted.sum(axis=-1))


def kl_terms(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, unit: str = "nats", normalize: bool = False) -> Array:
    """Terms p log(p/q) of the Kullback-Leibler divergence, outcome by outcome.

    Parameters
    ----------
    p, q : array_like, shape (..., n)
        Distributions along `axis`. P is the reference, Q the model; the other axes broadcast.
    axis : int
        The axis that holds the outcomes.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.
    normalize : bool
        Divide p and q by their sums first. Otherwise a sum other than 1 is refused.

    Returns
    -------
    ndarray, shape (..., n)
        The terms, in the place of their outcomes. A term is negative where p < q; the sum of all is not.

    Raises
    ------
    TypeError
        If p or q does not hold real numbers, or another argument has the wrong type.
    ValueError
        If p or q is not a distribution, their shapes do not fit, or axis or unit is unknown.

    References
    ----------
    Kullback & Leibler (1951), equation 2.4.

    Examples
    --------
    >>> kl_terms([0.5, 0.3, 0.2], [0.4, 0.4, 0.2]).round(4)
    array([ 0.1116, -0.0863,  0.    ])
    """
    base = check.log_of_base(unit)
    a, b, total_a, total_b = _pair(p, q, axis, normalize)
    a, b, d = _scaled(a, b, _scales(total_a[..., None], total_b[..., None], normalize))
    # a log(a/b) = t + (a - b), by the definition of t; where a = 0 it is t that is left over.
    terms = np.where(a == 0, 0.0, _terms(a, b, d) + d)
    mass = a.sum(axis=-1, keepdims=True) if normalize else 1.0
    return np.moveaxis(terms / mass / base, -1, axis)


def kl_divergence(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, unit: str = "nats", normalize: bool = False) -> Any:
    """Kullback-Leibler divergence KL(P || Q) = sum p log(p/q), the relative entropy of P with respect to Q.

    Parameters
    ----------
    p, q : array_like, shape (..., n)
        Distributions along `axis`. P is the reference, Q the model; the other axes broadcast.
    axis : int
        The axis that holds the outcomes.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.
    normalize : bool
        Divide p and q by their sums first (counts, weights). Otherwise a sum other than 1 is refused.

    Returns
    -------
    float or ndarray, shape (...)
        Never negative, and 0 for p equal to q. Outcomes with p = 0 add nothing; q = 0 < p gives inf.
        Sums that miss 1 by rounding are accounted for exactly, not ignored.

    Raises
    ------
    TypeError
        If p or q does not hold real numbers, or another argument has the wrong type.
    ValueError
        If p or q is not a distribution, their shapes do not fit, or axis or unit is unknown.

    References
    ----------
    Kullback & Leibler (1951), equation 2.4. The form of the terms is that of Loader (2000).

    Examples
    --------
    >>> round(kl_divergence([0.5, 0.3, 0.2], [0.4, 0.4, 0.2]), 4)
    0.0253
    >>> kl_divergence([1.0, 0.0], [0.5, 0.5], unit="bits")
    1.0
    >>> kl_divergence([0.5, 0.5], [1.0, 0.0])
    inf
    """
    base = check.log_of_base(unit)
    with np.errstate(**_QUIET):
        if normalize is False:
            a, b = check.outcomes_last(p, "p", axis), check.outcomes_last(q, "q", axis)
            check.same_outcomes(a, b)
            if a.shape != b.shape:
                a, b = np.broadcast_arrays(a, b)
            total, mass, excess, lowest = _sums(a, b, None, _KL)
            near_one = (np.abs(mass - 1) <= check.tolerance(a)) & (np.abs(mass + excess - 1) <= check.tolerance(b))
            if not (lowest >= 0 and _all(near_one)):
                _pair(p, q, axis, normalize)  # says which of the two is no distribution, and why
        else:
            a, b, total_a, total_b = _pair(p, q, axis, normalize)
            scales = _scales(total_a[..., None], total_b[..., None], normalize)
            total, mass, excess, _ = _sums(a, b, scales, _KL)
        return check.scalar_or_array(_divergence(total, mass, excess) / base)


def js_divergence(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, unit: str = "nats", normalize: bool = False) -> Any:
    """Jensen-Shannon divergence: the mean of KL(P || M) and KL(Q || M), with M = (P + Q)/2.

    Parameters
    ----------
    p, q : array_like, shape (..., n)
        Distributions along `axis`; the other axes broadcast.
    axis : int
        The axis that holds the outcomes.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.
    normalize : bool
        Divide p and q by their sums first. Otherwise a sum other than 1 is refused.

    Returns
    -------
    float or ndarray, shape (...)
        Between 0 and log 2, symmetric in p and q, finite for any supports.

    Raises
    ------
    TypeError
        If p or q does not hold real numbers, or another argument has the wrong type.
    ValueError
        If p or q is not a distribution, their shapes do not fit, or axis or unit is unknown.

    References
    ----------
    Lin (1991), equation 4.1 with equal weights.

    Examples
    --------
    >>> js_divergence([1.0, 0.0], [0.0, 1.0], unit="bits")
    1.0
    """
    base = check.log_of_base(unit)
    pair = _pair(p, q, axis, normalize)
    # Equation (1) has no counterpart here: sums that differ by more than their rounding are brought together.
    differ = not _all(np.abs(pair[2] - pair[3]) <= 2.0**-49)
    total, mass, excess = _sums_of(_JS, pair, normalize or differ)
    # What is left of a difference u spreads u**2/8 over all terms although the shapes agree.
    u = excess / mass
    return check.scalar_or_array(np.maximum(total / (mass + excess / 2) - u * u / 8, 0.0) / base)


def total_variation(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, normalize: bool = False) -> Any:
    """Total variation distance: half the sum of abs(p - q), the most that any event's probability can differ.

    Parameters
    ----------
    p, q : array_like, shape (..., n)
        Distributions along `axis`; the other axes broadcast.
    axis : int
        The axis that holds the outcomes.
    normalize : bool
        Divide p and q by their sums first. Otherwise a sum other than 1 is refused.

    Returns
    -------
    float or ndarray, shape (...)
        Between 0 and 1. It is a probability and has no unit.

    Raises
    ------
    TypeError
        If p or q does not hold real numbers, or another argument has the wrong type.
    ValueError
        If p or q is not a distribution, their shapes do not fit, or axis is unknown.

    References
    ----------
    Cover & Thomas (2006), equations 11.128 to 11.133 (there without the half).

    Examples
    --------
    >>> round(total_variation([0.5, 0.3, 0.2], [0.4, 0.4, 0.2]), 4)
    0.1
    """
    pair = _pair(p, q, axis, normalize)
    a, b, d = _scaled(pair[0], pair[1], _scales(pair[2][..., None], pair[3][..., None], normalize))
    excess = d.sum(axis=-1, keepdims=True) / b.sum(axis=-1, keepdims=True)
    distance = np.abs(d - b * excess).sum(axis=-1) / a.sum(axis=-1) / 2
    return check.scalar_or_array(distance)


def hellinger_distance(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, normalize: bool = False) -> Any:
    """Hellinger distance: the square root of half the sum of (sqrt(p) - sqrt(q))**2.

    Parameters
    ----------
    p, q : array_like, shape (..., n)
        Distributions along `axis`; the other axes broadcast.
    axis : int
        The axis that holds the outcomes.
    normalize : bool
        Divide p and q by their sums first. Otherwise a sum other than 1 is refused.

    Returns
    -------
    float or ndarray, shape (...)
        Between 0 and 1, symmetric in p and q, a metric. It has no unit.

    Raises
    ------
    TypeError
        If p or q does not hold real numbers, or another argument has the wrong type.
    ValueError
        If p or q is not a distribution, their shapes do not fit, or axis is unknown.

    References
    ----------
    Tsybakov (2009), section 2.4 (there without the half). With the sum S of (sqrt(p) - sqrt(q))**2 and the sums A of
    p and B of q, its square is (S - (sqrt(A) - sqrt(B))**2)/(2 sqrt(A B)).

    Examples
    --------
    >>> hellinger_distance([1.0, 0.0], [0.0, 1.0])
    1.0
    >>> round(hellinger_distance([0.5, 0.3, 0.2], [0.4, 0.4, 0.2]), 4)
    0.0799
    """
    total, mass, excess = _sums_of(_HELLINGER, _pair(p, q, axis, normalize), normalize)
    other = mass + excess
    excess = excess / (np.sqrt(mass) + np.sqrt(other))
    square = (total - excess * excess) / (2 * np.sqrt(mass * other))
    return check.scalar_or_array(np.sqrt(np.clip(square, 0.0, 1.0)))


def chi2_divergence(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, normalize: bool = False) -> Any:
    """Chi-squared divergence: the sum of (p - q)**2/q.

    Parameters
    ----------
    p, q : array_like, shape (..., n)
        Distributions along `axis`. P is the reference, Q the model; the other axes broadcast.
    axis : int
        The axis that holds the outcomes.
    normalize : bool
        Divide p and q by their sums first. Otherwise a sum other than 1 is refused.

    Returns
    -------
    float or ndarray, shape (...)
        At least exp(kl_divergence(p, q)) - 1; inf where q = 0 < p. It has no unit.

    Raises
    ------
    TypeError
        If p or q does not hold real numbers, or another argument has the wrong type.
    ValueError
        If p or q is not a distribution, their shapes do not fit, or axis is unknown.

    References
    ----------
    Tsybakov (2009), section 2.4. With the sum S of (p - q)**2/q and the sums A of p and B of q, it is
    (B S - (B - A)**2)/A**2.

    Examples
    --------
    >>> round(chi2_divergence([0.5, 0.3, 0.2], [0.4, 0.4, 0.2]), 4)
    0.05
    """
    total, mass, excess = _sums_of(_CHI2, _pair(p, q, axis, normalize), normalize)
    return check.scalar_or_array(np.maximum((mass + excess) * total - excess * excess, 0.0) / (mass * mass))


def renyi_divergence(
    p: ArrayLike, q: ArrayLike, /, order: float, *, axis: int = -1, unit: str = "nats", normalize: bool = False
) -> Any:
    """Renyi divergence of the given order: log(sum of p**order q**(1 - order))/(order - 1).

    Parameters
    ----------
    p, q : array_like, shape (..., n)
        Distributions along `axis`. P is the reference, Q the model; the other axes broadcast.
    order : float
        At least 0. At 1 it is the Kullback-Leibler divergence, at 0 and inf the limits: -log Q(p > 0) and the
        logarithm of the largest p/q.
    axis : int
        The axis that holds the outcomes.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.
    normalize : bool
        Divide p and q by their sums first. Otherwise a sum other than 1 is refused.

    Returns
    -------
    float or ndarray, shape (...)
        Never negative, and it does not fall as the order grows.

    Raises
    ------
    TypeError
        If p or q does not hold real numbers, or another argument has the wrong type.
    ValueError
        If p or q is not a distribution, their shapes do not fit, order is negative or NaN, or axis or unit is unknown.

    References
    ----------
    Renyi (1961); van Erven & Harremoes (2014). With e = order - 1, y = S/A - u and the sums of equation (1), where
    S is that of the terms (a**order b**-e - order a + e b)/e, it is S/A + log(1 + u) - u + (log(1 + e y) - e y)/e.

    Examples
    --------
    >>> round(renyi_divergence([0.5, 0.3, 0.2], [0.4, 0.4, 0.2], 2), 4)
    0.0488
    >>> renyi_divergence([0.5, 0.5], [0.25, 0.75], float("inf"), unit="bits")
    1.0
    """
    base = check.log_of_base(unit)
    number = check.real_array(order, "order")
    if number.ndim != 0 or not number >= 0:
        raise ValueError(f"order must be a single number of at least 0, but got {order!r}")
    alpha = float(number)
    if alpha == 1:
        return kl_divergence(p, q, axis=axis, unit=unit, normalize=normalize)
    pair = _pair(p, q, axis, normalize)
    a, b, d = _scaled(pair[0], pair[1], _scales(pair[2][..., None], pair[3][..., None], normalize))
    with np.errstate(**_QUIET):
        if alpha < _TINY:  # 0, or so near it that 1/alpha overflows
            whole = b.sum(axis=-1)
            inside, outside = np.where(a > 0, b, 0.0).sum(axis=-1) / whole, np.where(a > 0, 0.0, b).sum(axis=-1) / whole
            result = 0.0 - np.where(outside < 0.5, np.log1p(-outside), np.log(inside))
        elif alpha == np.inf:
            largest = np.where(a > 0, _log_ratio(a, b, d), -np.inf).max(axis=-1)
            result = largest + np.log1p(-d.sum(axis=-1) / a.sum(axis=-1))
        elif alpha < 0.5:  # as e -> -1 the terms vanish; those of (1 - order) D(P || Q) = order D'(Q || P) do not
            result = alpha / (1 - alpha) * _renyi(b, a, -d, 1 - alpha, -alpha)
        else:
            result = _renyi(a, b, d, alpha, alpha - 1)
        return check.scalar_or_array(np.maximum(result, 0.0) / base)


def bernoulli_kl(p: ArrayLike, q: ArrayLike, /, *, unit: str = "nats") -> Any:
    """KL divergence between two coins: p log(p/q) + (1 - p) log((1 - p)/(1 - q)).

    Parameters
    ----------
    p, q : array_like
        Probabilities of heads, each between 0 and 1; their shapes broadcast.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    float or ndarray, shape of the broadcast
        Never negative; inf where Q excludes a side that P can show.

    Raises
    ------
    TypeError
        If p or q does not hold real numbers, or unit is not a string.
    ValueError
        If an entry is not between 0 and 1, the shapes do not broadcast, or the unit is unknown.

    References
    ----------
    Kullback & Leibler (1951), equation 2.4, for two outcomes.

    Examples
    --------
    >>> round(bernoulli_kl(0.2, 0.7), 4), round(bernoulli_kl(0.7, 0.2), 4)
    (0.5341, 0.5827)
    """
    base = check.log_of_base(unit)
    a, b = check.probability(p, "p"), check.probability(q, "q")
    check.broadcast(a.shape, b.shape, ("p", "q"))
    a, b = np.broadcast_arrays(a, b)
    return check.scalar_or_array((_terms(a, b, a - b) + _terms(1 - a, 1 - b, b - a)) / base)


def mutual_information(joint: ArrayLike, /, *, unit: str = "nats", normalize: bool = False) -> Any:
    """Mutual information I(X; Y) = KL(joint || product of the margins).

    Parameters
    ----------
    joint : array_like, shape (..., r, c)
        Joint probabilities, X along the rows and Y along the columns; other axes are a batch.
        A table of counts is read with normalize=True, and its products are then formed exactly.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.
    normalize : bool
        Divide the table by its sum. Otherwise a sum other than 1 is refused.

    Returns
    -------
    float or ndarray, shape (...)
        Never negative; 0 when, and only when, the table is the product of its margins.

    Raises
    ------
    TypeError
        If joint does not hold real numbers, or another argument has the wrong type.
    ValueError
        If joint has fewer than two axes, is empty, negative, NaN, infinite or does not sum to one;
        if the unit is unknown.

    References
    ----------
    Cover & Thomas (2006), equation 2.28.

    Examples
    --------
    >>> mutual_information([[1/4, 1/4], [1/4, 1/4]])
    0.0
    >>> round(mutual_information([[28, 23], [72, 2680]], unit="bits", normalize=True), 4)
    0.0324
    """
    base = check.log_of_base(unit)
    table, total = check.distribution(joint, "joint", -1, normalize, last=2)
    table = table.astype(np.float64, copy=False)
    mass = total[..., None, None]
    if normalize:  # an exact change of scale, so that the products below cannot overflow
        exponent = np.frexp(mass)[1]
        table, mass = np.ldexp(table, -exponent), np.ldexp(mass, -exponent)
    a, a_rest = two_product(table, mass)
    rows, columns = table.sum(axis=-1, keepdims=True), table.sum(axis=-2, keepdims=True)
    b, b_rest = two_product(rows, columns)
    d = (a - b) + (a_rest - b_rest)
    # The margins are rounded sums. That costs KL(margin || rounded margin), of the order of 1e-32, and no more.
    t = _terms(a, b, d)
    # A cell that is not empty has margins that are not 0, though their product may underflow.
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = a * (np.log(table) + np.log(mass) - np.log(rows) - np.log(columns)) - d
    t = np.where((a > 0) & (b < _TINY_PRODUCT), logs, t)
    both = (-2, -1)
    return check.scalar_or_array(_divergence(t.sum(axis=both), a.sum(axis=both), -d.sum(axis=both)) / base)


def _pair(p: ArrayLike, q: ArrayLike, axis: int, normalize: bool) -> Pair:
    """p and q, checked and broadcast, their outcomes on the last axis; and their sums."""
    a, total_a = check.distribution(p, "p", axis, normalize)
    b, total_b = check.distribution(q, "q", axis, normalize)
    check.same_outcomes(a, b)
    if a.shape != b.shape:
        a, b = np.broadcast_arrays(a, b)
        total_a, total_b = np.broadcast_arrays(total_a, total_b)
    return a, b, total_a, total_b


def _scales(total_a: Array, total_b: Array, normalize: bool) -> Scales:
    """What _scaled needs to bring a and b to one sum: the mantissa and the exponent of each sum."""
    return (*np.frexp(total_a), *np.frexp(total_b)) if normalize else None


def _scaled(a: NDArray[Any], b: NDArray[Any], scales: Scales) -> Triple:
    """a B, b A and a B - b A, which is rounded once; as they are if scales is None."""
    a, b = a.astype(np.float64, copy=False), b.astype(np.float64, copy=False)
    if scales is None:
        return a, b, a - b
    mantissa_a, exponent_a, mantissa_b, exponent_b = scales
    a, a_rest = two_product(np.ldexp(a, -exponent_a), mantissa_b)
    b, b_rest = two_product(np.ldexp(b, -exponent_b), mantissa_a)
    return a, b, (a - b) + (a_rest - b_rest)


def _roughly_scaled(x: NDArray[Any], y: NDArray[Any], scales: Scales) -> tuple[NDArray[Any], NDArray[Any]]:
    """The first two of _scaled, each rounded."""
    if scales is None:
        return x, y
    mantissa_a, exponent_a, mantissa_b, exponent_b = scales
    return x * np.ldexp(mantissa_b, -exponent_a), y * np.ldexp(mantissa_a, -exponent_b)


def _block(terms: Terms, fast: Callable[[NDArray[Any], NDArray[Any]], Sums] | None = None) -> Block:
    """How one block is summed: by the fast form, if there is one and it certifies itself, or by terms(a, b, a - b)."""

    def block(x: NDArray[Any], y: NDArray[Any], scale: Scales, before: Sums | None) -> Sums:
        # Neighbors are alike: where the block before was close, this one is not tried the fast way first.
        if fast and (before is None or _all(before[0] > _CERTIFIED * before[1])):
            sums = fast(*_roughly_scaled(x, y, scale))
            # Rounding costs a few times 2**-53 sum |p - q|, and by Pinsker's inequality sum |p - q| <= sqrt(2 KL), for
            # distributions; for parts of them with the masses A and B the bound is sqrt(2 S max(A, B)). To a sum S of
            # 2**-7 max(A, B) or more that is at most 16 S: a few times 16 roundings. NaN and inf, which zeros leave
            # behind, fail the comparison as small sums do.
            least = _CERTIFIED * np.maximum(sums[1], sums[1] + sums[2])
            if _all((sums[0] >= least) & (sums[0] < np.inf)):
                return sums
        lowest = _lowest(x, y)
        a, b, d = _scaled(x, y, scale)
        return _ADD(terms(a, b, d), axis=-1), _ADD(a, axis=-1), -_ADD(d, axis=-1), lowest

    return block


def _sums_of(block: Block, pair: Pair, normalize: bool) -> Triple:
    """The sums of a whole pair that has been checked: of the terms, of a, and of b - a."""
    with np.errstate(**_QUIET):
        return _sums(pair[0], pair[1], _scales(pair[2][..., None], pair[3][..., None], normalize), block)[:3]


def _sums(a: NDArray[Any], b: NDArray[Any], scales: Scales, block: Block) -> Sums:
    """Sums along the last axis, taken block by block: of the terms, of a, of b - a; and the smallest entry."""
    shape, n = a.shape[:-1], a.shape[-1]
    if a.size == 0:
        return np.zeros(shape), np.ones(shape), np.zeros(shape), 0.0
    if a.size <= _BLOCK:
        return block(a, b, scales, None)
    a, b = a.reshape(-1, n), b.reshape(-1, n)
    if scales is not None:
        scales = tuple(np.broadcast_to(x, (*shape, 1)).reshape(-1, 1) for x in scales)
    rows, height, lefts = len(a), max(1, _BLOCK // n), range(0, n, _BLOCK)
    parts: Array = np.empty((3, rows, len(lefts)))
    lowest, sums = np.inf, None
    for top in range(0, rows, height):
        here = slice(top, top + height)
        scale = None if scales is None else tuple(x[here] for x in scales)
        for k, left in enumerate(lefts):
            columns = slice(left, left + _BLOCK)
            sums = block(a[here, columns], b[here, columns], scale, sums)
            parts[:, here, k] = sums[:3]
            lowest = float(np.minimum(lowest, sums[3]))  # keeps NaN
    total, mass, excess = parts.sum(axis=-1).reshape(3, *shape)
    return total, mass, excess, lowest


def _divergence(total: Array, mass: Array, excess: Array) -> Array:
    """Equation (1), from the sums of t, of a and of b - a. NaN stays NaN: np.maximum keeps it."""
    u = excess / mass
    # For sums that agree but for rounding, the first term of the series is all of it.
    gap = -u * u / 2 if _all(np.abs(u) < 2.0**-46) else log1pmx(u)
    return np.maximum(total / mass + gap, 0.0)


def _fast_block(x: NDArray[Any], y: NDArray[Any]) -> Sums:
    """The sums of one block, with t = b (r log r - (r - 1)), r = a/b.

    The same rounded r stands in both places, where dt/dr = b log r is small: the error of the division is of
    second order.
    """
    r = np.divide(x, y, dtype=np.float64)
    lowest = _lowest(x, y)
    if not lowest > 0:
        np.maximum(r, _TINY, out=r)  # stands in for r = 0: t is b all the same, and the logarithm has no pole there
    t = np.log(r)
    t *= r
    r -= 1
    t -= r
    t *= y
    mass = _ADD(x, axis=-1, dtype=np.float64)
    return _ADD(t, axis=-1), mass, _ADD(y, axis=-1, dtype=np.float64) - mass, lowest


def _fast_js(x: NDArray[Any], y: NDArray[Any]) -> Sums:
    """The sums of one block for the Jensen-Shannon divergence: half those against the midpoint m.

    Its certificate is the same, as sum |p - m| + sum |q - m| = sum |p - q|. The rounding of m is of second order.
    """
    m = np.add(x, y, dtype=np.float64)
    m /= 2
    first, second = _fast_block(x, m), _fast_block(y, m)
    return (first[0] + second[0]) / 2, first[1], second[1] - first[1], 0.0


def _all(condition: Any) -> bool:
    """np.all without its detours, which cost as much as the logarithms of a short row."""
    return bool(condition if condition.ndim == 0 else np.logical_and.reduce(condition, axis=None))


def _lowest(x: NDArray[Any], y: NDArray[Any]) -> float:
    """The smallest entry of both; NaN if there is one."""
    a, b = float(np.minimum.reduce(x, axis=None)), float(np.minimum.reduce(y, axis=None))
    return a if a < b or a != a else b


def _terms(a: Array, b: Array, d: Array) -> Array:
    """t = a log(a/b) - a + b, given d = a - b, with all its digits."""
    with np.errstate(**_QUIET):
        # Near a = b: log(a/b) = 2 atanh(s) with s = d/(a + b), so t = d s + 2 a (atanh(s) - s).
        s = np.asarray(d / (a + b))
        if np.minimum.reduce(s, axis=None) >= -NEAR and np.maximum.reduce(s, axis=None) <= NEAR:
            t = atanhmx(s)
            t *= a
            t *= 2
            s *= d
            t += s
            return t
        near = np.abs(s) <= NEAR
        t = d * s + 2 * a * atanhmx(np.where(near, s, 0.0))
        # Elsewhere as in _fast_block; where that overflows, from the logarithms.
        r = np.maximum(a / b, _TINY)
        t = np.where(near, t, b * (r * np.log(r) - (r - 1)))
        t = np.where(~np.isfinite(t) & (b > 0), a * (np.log(a) - np.log(b)) - d, t)
        # 0 log 0 = 0, and what the model excludes but the reference does not costs inf.
        return np.where(b == 0, np.where(a > 0, np.inf, 0.0), t)


def _js_terms(a: Array, b: Array, d: Array) -> Array:
    """m g(s)/2 with m = (a + b)/2, s = d/(a + b) and g(s) = (1 + s) log(1 + s) + (1 - s) log(1 - s)."""
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        s = np.where(a + b > 0, d / (a + b), 0.0)
        # Near 0, g(s) = s**2 + 2 s (atanh(s) - s) + log1pmx(-s**2): even, and led by its first term.
        near = np.abs(s) <= NEAR
        small = np.where(near, s, 0.0)
        g = small * small + 2 * small * atanhmx(small) + log1pmx(-small * small)
        return (a + b) / 4 * np.where(near, g, xlog1py(1 + s, s) + xlog1py(1 - s, -s))


def _hellinger_terms(a: Array, b: Array, d: Array) -> Array:
    """(sqrt(a) - sqrt(b))**2, without subtracting the roots."""
    roots = np.sqrt(a) + np.sqrt(b)
    ratio = d / np.where(roots > 0, roots, 1.0)
    return ratio * ratio


def _chi2_terms(a: Array, b: Array, d: Array) -> Array:
    """(a - b)**2/b."""
    return np.where(a == b, 0.0, d / b * d)


def _log_ratio(a: Array, b: Array, d: Array) -> Array:
    """log(a/b), given d = a - b."""
    s, r = d / (a + b), a / b
    far = np.where((r > _TINY) & (r < np.inf), np.log(r), np.log(a) - np.log(b))
    return np.where(np.abs(s) <= 0.5, 2 * np.arctanh(s), far)


def _renyi(a: Array, b: Array, d: Array, alpha: float, e: float) -> Array:
    """The Renyi divergence of order alpha = 1 + e, by the sum that renyi_divergence names."""
    x = _log_ratio(a, b, d)
    # b (exp(alpha x) - 1 - alpha (exp(x) - 1))/e as a series in x, or else with exp(x) = a/b.
    near = np.abs(x) * max(alpha, 1.0) <= 0.5
    t = np.where(near, b * renyi_series(np.where(near, x, 0.0), alpha), a * np.expm1(e * x) / e - d)
    t = np.where(a == 0, b, t)
    mass = a.sum(axis=-1)
    u = -d.sum(axis=-1) / mass
    total = t.sum(axis=-1) / mass
    y = total - u
    ey = e * y
    close = total + log1pmx(u) + log1pmx(ey) / e
    apart = np.log1p(ey) / e + np.log1p(u)
    # Where little of the sum of p**alpha q**-e is left, or too much, it is taken from its logarithms.
    logs = logsumexp(np.where(a > 0, alpha * np.log(a) - e * np.log(b), -np.inf), axis=-1)
    extreme = (logs - alpha * np.log(mass) + e * np.log(b.sum(axis=-1))) / e
    return np.asarray(np.where(np.abs(ey) <= 0.5, close, np.where((ey > 0) & (ey < np.inf), apart, extreme)))


def _weighted_surprisal(weight: Array, p: Array, unit: str) -> Array:
    """-weight log p, where 0 log 0 = 0."""
    log = np.zeros_like(p)
    with np.errstate(divide="ignore"):
        _LOG[unit](p, out=log, where=weight > 0)
    return 0.0 - weight * log


_KL = _block(_terms, _fast_block)
_JS = _block(_js_terms, _fast_js)
_HELLINGER = _block(_hellinger_terms)
_CHI2 = _block(_chi2_terms)
