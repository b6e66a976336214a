"""Entropy, cross-entropy and the divergences between distributions on finitely many outcomes.

What compares two distributions here is a sum of terms t = a log(a/b) - a + b, none of which is negative. With S
the sum of t, and A and B the sums of a and b, it holds for any positive scale of a and of b that

    KL(a/A || b/B) = S/A + log(1 + u) - u,    u = (B - A)/A.                                      (1)

So nothing is divided by its sum before it is compared.

A sum may miss 1 by rounding, and how much that can be depends on the numbers: 1.5e-8 is allowed in float64, 3.5e-4 in
float32 and 0.031 in float16. What is allowed is corrected, in every function: the result is that of the distributions
a/A and b/B. A sum further from 1 is refused, unless normalize=True asks for the division.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp, xlog1py

from klnotes import _validate as check
from klnotes._series import NEAR, atanhmx, binomial_series, largest_size, log1pmx, renyi_series, two_product
from klnotes._sums import (
    KL,
    TINY,
    Factors,
    Pair,
    Summation,
    Sums,
    all_true,
    along_rows,
    by_rows,
    divergence,
    fast_sums,
    log_ratio,
    smallest,
    t_terms,
    total,
    with_difference,
)
from klnotes._typing import Array

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


def _mean_surprisal(a: Array, total_a: Array, b: Array, total_b: Array, unit: str) -> Array:
    """Mean of -log(b/B) under the weights a/A, along the last axis, where 0 log 0 = 0. No term is negative."""
    log, base = _LOG[unit], check.LOG_OF_BASE[unit]
    a, b, whole = a.astype(np.float64, copy=False), b.astype(np.float64, copy=False), total_b[..., None]
    share = b / whole
    logs = log(share)
    rare = float(np.minimum.reduce(share, axis=None, initial=1.0)) < TINY
    if rare:
        logs = np.where(share < TINY, log(b) - log(whole), logs)
    likely = b > whole / 2
    if np.logical_or.reduce(likely, axis=None):
        # There B - b is the sum of the others, which 1 - b/B would round away: log(b/B) = -log(1 + (B - b)/b).
        others = np.add.reduce(np.where(likely, 0.0, b), axis=-1, keepdims=True)
        logs = np.where(likely, -np.log1p(others / b) / base, logs)
    logs *= a
    if rare:  # of 0 log 0
        logs = np.where(a > 0, logs, 0.0)
    return np.asarray(0.0 - np.add.reduce(logs, axis=-1) / total_a)


@np.errstate(all="ignore")
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
        Divide by the sum first (counts, weights). Otherwise a sum that misses 1 by more than rounding is refused.

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
    return check.scalar_or_array(_mean_surprisal(a, total, a, total, unit))


@np.errstate(all="ignore")
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
        Divide p and q by their sums first. Otherwise a sum that misses 1 by more than rounding is refused.

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
    a, b, total_a, total_b = Pair.of(p, q, axis, normalize)
    return check.scalar_or_array(_mean_surprisal(a, total_a, b, total_b, unit))


@np.errstate(all="ignore")
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
        Divide p and q by their sums first. Otherwise a sum that misses 1 by more than rounding is refused.

    Returns
    -------
    ndarray, shape (..., n)
        The terms, in the place of their outcomes. A term is negative where p < q; the sum of all is not, but for
        rounding. They cancel in it, so kl_divergence, which sums them in another way, has more digits.

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
    pair = Pair.of(p, q, axis, normalize)
    a, b, d = with_difference(pair.a, pair.b, pair.factors(normalize or pair.unequal()))
    # Not t + d, which cancels where p is much smaller than q.
    terms = np.where(a == 0, 0.0, pair.a / pair.total_a[..., None] * log_ratio(a, b, d))
    return np.moveaxis(terms / base, -1, axis)


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
        Divide p and q by their sums first (counts, weights). Otherwise a sum that misses 1 by more than rounding is
        refused.

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
    with np.errstate(all="ignore"):
        if normalize is False:
            a, b = check.outcomes_last(p, "p", axis), check.outcomes_last(q, "q", axis)
            check.same_outcomes(a, b)
            if a.shape != b.shape:
                a, b = np.broadcast_arrays(a, b)
            # To check the input first would be to read it once more. What is no distribution shows in its sums.
            sums = KL(a, b, None)
            other = sums.mass + sums.excess
            near_one = (abs(sums.mass - 1) <= check.tolerance(a)) & (abs(other - 1) <= check.tolerance(b))
            if not all_true(near_one & (sums.terms >= 0)):
                Pair.of(p, q, axis, normalize)  # says which of the two is no distribution, and why
        else:
            pair = Pair.of(p, q, axis, normalize)
            sums = KL(pair.a, pair.b, pair.factors(normalize))
        return check.scalar_or_array(divergence(sums) / base)


def _js_terms(a: Array, b: Array, d: Array) -> Array:
    """m g(s)/2 with m = (a + b)/2, s = d/(a + b) and g(s) = (1 + s) log(1 + s) + (1 - s) log(1 - s)."""
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        s = np.where(a + b > 0, d / (a + b), 0.0)
        # Near 0, g(s) = s**2 + 2 s (atanh(s) - s) + log1pmx(-s**2): even, and led by its first term.
        near = np.abs(s) <= NEAR
        small = np.where(near, s, 0.0)
        g = small * small + 2 * small * atanhmx(small) + log1pmx(-small * small)
        return (a + b) / 4 * np.where(near, g, xlog1py(1 + s, s) + xlog1py(1 - s, -s))


def _fast_js(x: NDArray[Any], y: NDArray[Any]) -> Sums:
    """The fast form: half the sums of KL against the midpoint m.

    Its certificate is the same, as sum |p - m| + sum |q - m| = sum |p - q|. The rounding of m is of second order.
    """
    m = np.add(x, y, dtype=np.float64)
    m /= 2
    first, second = fast_sums(x, m), fast_sums(y, m)
    return Sums((first.terms + second.terms) / 2, first.mass, second.mass - first.mass)


_JS = Summation(_js_terms, _fast_js)


@np.errstate(all="ignore")
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
        Divide p and q by their sums first. Otherwise a sum that misses 1 by more than rounding is refused.

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
    pair = Pair.of(p, q, axis, normalize)
    # Equation (1) has no counterpart here: sums that differ by more than their rounding are brought together.
    sums = _JS.of(pair, normalize or pair.unequal())
    # What is left of a difference u spreads u**2/8 over all terms although the shapes agree.
    u = sums.excess / sums.mass
    return check.scalar_or_array(np.maximum(sums.terms / (sums.mass + sums.excess / 2) - u * u / 8, 0.0) / base)


def _mixture_sums(*arrays: NDArray[Any], weights: Sequence[float]) -> Array:
    """For rows a_k, the heaviest first, with m the sum of w_k a_k: the sum over k and the outcomes of
    w_k (a_k log(a_k/m) - a_k + m); the sum of a_0; and for each k that of a_k - a_0.

    Behind the rows may stand, for each of them, the two parts of the factor that brings it to the sum of the first.
    """
    size = len(weights)
    heaviest = arrays[0].astype(np.float64, copy=False)
    rows, steps = [heaviest], [np.zeros_like(heaviest)]
    for k in range(1, size):
        row = arrays[k].astype(np.float64, copy=False)
        if len(arrays) == size:
            step = row - heaviest  # lem-computing-kl-sterbenz: of close numbers this is exact
        else:
            product, rest = two_product(row, arrays[size + 2 * k])
            rest = rest + row * arrays[size + 2 * k + 1]
            row, step = product + rest, (product - heaviest) + rest
        rows.append(row)
        steps.append(step)
    # a_k - m from the steps, which keep their digits where all rows are close.
    middle, shift, terms = np.zeros_like(heaviest), np.zeros_like(heaviest), np.zeros(heaviest.shape[:-1])
    for w, row, step in zip(weights, rows, steps, strict=True):
        middle += w * row
        shift += w * step
    for w, row, step in zip(weights, rows, steps, strict=True):
        terms = terms + w * total(t_terms(row, middle, step - shift))
    return np.stack([terms, total(heaviest), *map(total, steps)])


@np.errstate(all="ignore")
def generalized_js_divergence(
    ps: Sequence[ArrayLike] | NDArray[Any],
    /,
    weights: ArrayLike | None = None,
    *,
    axis: int = -1,
    unit: str = "nats",
    normalize: bool = False,
) -> Any:
    """Jensen-Shannon divergence of any number of distributions: the mean of KL(P_k || M) with weights w_k.

    M is the mixture, the sum of w_k P_k. What an outcome of M tells about the k from which it came: I(X; K).

    Parameters
    ----------
    ps : sequence of array_like, each of shape (..., n)
        Distributions along `axis`; the other axes broadcast. Of an array, the first axis says which distribution.
    weights : array_like, shape (k,), optional
        One weight for each of the k distributions, in a sum of 1. By default they are equal.
    axis : int
        The axis of each distribution that holds the outcomes.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.
    normalize : bool
        Divide each of ps by its sum first. Otherwise a sum that misses 1 by more than rounding is refused.

    Returns
    -------
    float or ndarray, shape (...)
        Between 0 and entropy(weights), finite for any supports. With two distributions and equal weights it is
        js_divergence.

    Raises
    ------
    TypeError
        If ps or weights do not hold real numbers, or another argument has the wrong type.
    ValueError
        If ps is empty, one of ps is not a distribution, their shapes do not fit, weights are not a distribution over
        ps, or axis or unit is unknown.

    References
    ----------
    Lin (1991), section 5. With the sums A_k of a_k, which differ by rounding, W of w_k A_k and S of the terms
    w_k (a_k log(a_k/m) - a_k + m), it is S/W minus the divergence of the weights w_k from w_k A_k/W.

    Examples
    --------
    >>> generalized_js_divergence([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0.5, 0.25, 0.25], unit="bits")
    1.5
    >>> round(generalized_js_divergence([[0.5, 0.5, 0.0], [0.5, 0.0, 0.5]], unit="bits"), 4)
    0.5
    """
    base = check.log_of_base(unit)
    if isinstance(ps, (str, bytes)) or not hasattr(ps, "__len__") or np.ndim(ps[0] if len(ps) else 0.0) == 0:
        raise ValueError(f"ps must be a list of distributions, but got {ps!r}")
    found = [check.distribution(p, f"ps[{k}]", axis, normalize) for k, p in enumerate(ps)]
    for k, (row, _) in enumerate(found):
        check.same_outcomes(found[0][0], row, ("ps[0]", f"ps[{k}]"))
    given = np.full(len(found), 1 / len(found)) if weights is None else weights
    share, whole = check.distribution(given, "weights", -1, False)
    if share.shape != (len(found),):
        raise ValueError(f"weights must have {len(found)} entries, as ps has, but its shape is {share.shape}")
    share = share.astype(np.float64) / whole
    order = [int(k) for k in np.argsort(-share, kind="stable") if share[k] > 0]
    rows = np.broadcast_arrays(*(found[k][0] for k in order))
    shape = rows[0].shape[:-1]
    sums = [np.broadcast_to(found[k][1], shape) for k in order]
    factors: list[Array] = []
    if normalize or not all(all_true(abs(one - sums[0]) <= 2.0**-49) for one in sums):
        (first, _), parts = np.frexp(sums[0]), [np.frexp(one) for one in sums]
        rows = tuple(
            np.ldexp(row.astype(np.float64, copy=False), -exponent[..., None])
            for row, (_, exponent) in zip(rows, parts, strict=True)
        )
        for mantissa, _ in parts:
            ratio = first / mantissa
            product, rest = two_product(ratio, mantissa)
            factors += [ratio[..., None], (((first - product) - rest) / mantissa)[..., None]]
    weight = [float(share[k]) for k in order]
    terms, mass, *steps = by_rows(
        functools.partial(along_rows, functools.partial(_mixture_sums, weights=weight)), *rows, *factors
    )
    excess = [step / mass for step in steps]
    mean = sum((w * u for w, u in zip(weight, excess, strict=True)), np.zeros(shape))
    spread = sum((w * (u - mean) ** 2 for w, u in zip(weight, excess, strict=True)), np.zeros(shape))
    result = terms / (mass * (1 + mean)) - spread / 2
    # thm-jensen-shannon-bounds: what is outside of these is rounding.
    return check.scalar_or_array(np.clip(result / base, 0.0, entropy(given, unit=unit)))


def jeffreys_divergence(
    p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, unit: str = "nats", normalize: bool = False
) -> Any:
    """Jeffreys divergence KL(P || Q) + KL(Q || P), the sum of (p - q) log(p/q).

    Parameters
    ----------
    p, q : array_like, shape (..., n)
        Distributions along `axis`; the other axes broadcast.
    axis : int
        The axis that holds the outcomes.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.
    normalize : bool
        Divide p and q by their sums first. Otherwise a sum that misses 1 by more than rounding is refused.

    Returns
    -------
    float or ndarray, shape (...)
        Never negative, symmetric in p and q; inf where only one of the two excludes an outcome.

    Raises
    ------
    TypeError
        If p or q does not hold real numbers, or another argument has the wrong type.
    ValueError
        If p or q is not a distribution, their shapes do not fit, or axis or unit is unknown.

    References
    ----------
    Kullback & Leibler (1951), who call it J(1, 2): the sum, not half of it.

    Examples
    --------
    >>> round(jeffreys_divergence([0.5, 0.3, 0.2], [0.4, 0.4, 0.2]), 4)
    0.0511
    """
    forward = kl_divergence(p, q, axis=axis, unit=unit, normalize=normalize)
    return forward + kl_divergence(q, p, axis=axis, unit=unit, normalize=normalize)


@np.errstate(all="ignore")
def total_variation(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, normalize: bool = False) -> Any:
    """Total variation distance: half the sum of abs(p - q), the most that any event's probability can differ.

    Parameters
    ----------
    p, q : array_like, shape (..., n)
        Distributions along `axis`; the other axes broadcast.
    axis : int
        The axis that holds the outcomes.
    normalize : bool
        Divide p and q by their sums first. Otherwise a sum that misses 1 by more than rounding is refused.

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
    pair = Pair.of(p, q, axis, normalize)
    a, b, d = with_difference(pair.a, pair.b, pair.factors(normalize))
    excess = d.sum(axis=-1, keepdims=True) / b.sum(axis=-1, keepdims=True)
    distance = np.abs(d - b * excess).sum(axis=-1) / a.sum(axis=-1) / 2
    return check.scalar_or_array(distance)


def _hellinger_terms(a: Array, b: Array, d: Array) -> Array:
    """(sqrt(a) - sqrt(b))**2, without subtracting the roots."""
    roots = np.sqrt(a)
    roots += np.sqrt(b)
    if not smallest(a, b) > 0:
        roots[roots == 0] = 1.0
    np.divide(d, roots, out=roots)
    roots *= roots
    return roots


_HELLINGER = Summation(_hellinger_terms)


@np.errstate(all="ignore")
def hellinger_distance(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, normalize: bool = False) -> Any:
    """Hellinger distance: the square root of half the sum of (sqrt(p) - sqrt(q))**2.

    Parameters
    ----------
    p, q : array_like, shape (..., n)
        Distributions along `axis`; the other axes broadcast.
    axis : int
        The axis that holds the outcomes.
    normalize : bool
        Divide p and q by their sums first. Otherwise a sum that misses 1 by more than rounding is refused.

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
    terms, mass, excess = _HELLINGER.of(Pair.of(p, q, axis, normalize), normalize)
    other = mass + excess
    excess = excess / (np.sqrt(mass) + np.sqrt(other))
    square = (terms - excess * excess) / (2 * np.sqrt(mass * other))
    return check.scalar_or_array(np.sqrt(np.clip(square, 0.0, 1.0)))


def _chi2_terms(a: Array, b: Array, d: Array) -> Array:
    """(a - b)**2/b."""
    t = d / b
    t *= d
    if not smallest(b, b) > 0:
        t[a == b] = 0.0
    return t


_CHI2 = Summation(_chi2_terms)


@np.errstate(all="ignore")
def chi2_divergence(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, normalize: bool = False) -> Any:
    """Chi-squared divergence: the sum of (p - q)**2/q.

    Parameters
    ----------
    p, q : array_like, shape (..., n)
        Distributions along `axis`. P is the reference, Q the model; the other axes broadcast.
    axis : int
        The axis that holds the outcomes.
    normalize : bool
        Divide p and q by their sums first. Otherwise a sum that misses 1 by more than rounding is refused.

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
    terms, mass, excess = _CHI2.of(Pair.of(p, q, axis, normalize), normalize)
    return check.scalar_or_array(np.maximum((mass + excess) * terms - excess * excess, 0.0) / (mass * mass))


# The terms grow with the order, so from the order 1 on thm-computing-kl-certificate holds for them as for KL's. For the
# orders from 1/2 to 1 they are no smaller than (sqrt(a) - sqrt(b))**2, and so sum |a - b| <= 2 sqrt(S max(A, B)) by
# the Cauchy-Schwarz inequality. To a sum S of 2**-4 max(A, B) or more that is at most 8 S.
_RENYI_CERTIFIED = 2.0**-4


def _renyi_terms(a: Array, b: Array, d: Array, e: float) -> Array:
    """(a**alpha b**-e - alpha a + e b)/e with alpha = 1 + e, with all their digits."""
    if e == 1:
        return _chi2_terms(a, b, d)
    if e == -0.5:
        return _hellinger_terms(a, b, d)
    w, scale = d / b, max(1 + e, 1.0)
    largest = largest_size(w)
    if largest * scale <= NEAR:
        t = binomial_series(w, e, largest)
        w *= d
        t *= w
        return t
    x = log_ratio(a, b, d)
    near = np.abs(x) * scale <= 0.5
    t = np.where(near, b * renyi_series(np.where(near, x, 0.0), e), a * np.expm1(e * x) / e - d)
    return np.where(a == 0, b, t)


def _renyi_by_logs(pair: Pair, e: float) -> Array:
    """The Renyi divergence of order 1 + e where little of the sum of p**order q**-e is left, or too much."""

    def log_sum(a: NDArray[Any], b: NDArray[Any]) -> Any:
        logs = (1 + e) * np.log(a, dtype=np.float64) - e * np.log(b, dtype=np.float64)
        return logsumexp(np.where(a > 0, logs, -np.inf), axis=-1)

    logs = by_rows(
        functools.partial(along_rows, log_sum, join=np.logaddexp.reduce, chunk=2**13), pair.a, pair.b, chunk=2**13
    )
    return np.asarray((logs - (1 + e) * np.log(pair.total_a) + e * np.log(pair.total_b)) / e)


def _renyi(pair: Pair, normalize: bool, e: float) -> Array:
    """The Renyi divergence of order 1 + e >= 1/2, by the sum that renyi_divergence names."""
    # For the orders 2 and 1/2 the terms have no logarithm in them, and need no faster form.
    fast = None if e in (1, -0.5) else functools.partial(fast_sums, e=e)
    sums = Summation(functools.partial(_renyi_terms, e=e), fast, _RENYI_CERTIFIED).of(pair, normalize)
    mean, u = sums.terms / sums.mass, sums.excess / sums.mass
    y = mean - u
    ey = e * y
    close = mean + log1pmx(u) + log1pmx(ey) / e
    result = np.where(np.abs(ey) <= 0.5, close, np.log1p(ey) / e + np.log1p(u))
    kept = (ey > -15 / 16) & (ey < np.inf)
    return result if all_true(kept) else np.where(kept, result, _renyi_by_logs(pair, e))


def _renyi_of_order_0(pair: Pair) -> Array:
    """-log Q(p > 0)."""

    def parts(a: NDArray[Any], b: NDArray[Any]) -> tuple[Any, Any]:
        return total(np.where(a > 0, b, 0.0)), total(np.where(a > 0, 0.0, b))

    inside, outside = by_rows(functools.partial(along_rows, parts), pair.a, pair.b)
    return np.asarray(
        0.0 - np.where(outside < inside, np.log1p(-outside / pair.total_b), np.log(inside / pair.total_b))
    )


def _renyi_of_order_inf(pair: Pair, normalize: bool) -> Array:
    """The logarithm of the largest p/q: that of the largest a/b, and log(B/A)."""

    def parts(x: NDArray[Any], y: NDArray[Any], *factors: NDArray[Any]) -> tuple[Any, Any, Any]:
        a, b, d = with_difference(x, y, Factors(*factors) if factors else None)
        largest = np.where(a > 0, log_ratio(a, b, d), -np.inf).max(axis=-1)
        return largest, a.sum(axis=-1), -d.sum(axis=-1)

    def join(parts: Array, axis: int) -> tuple[Any, Any, Any]:
        return parts[0].max(axis), parts[1].sum(axis), parts[2].sum(axis)

    factors = pair.factors(normalize) or ()
    rows = functools.partial(along_rows, parts, join=join, chunk=2**13)  # log_ratio has many arrays of that size
    largest, mass, excess = by_rows(rows, pair.a, pair.b, *factors, chunk=2**13)
    return np.asarray(largest + np.log1p(excess / mass))


@np.errstate(all="ignore")
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
        Divide p and q by their sums first. Otherwise a sum that misses 1 by more than rounding is refused.

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
    pair = Pair.of(p, q, axis, normalize)
    if alpha < TINY:  # 0, or so near it that 1/alpha overflows
        result = _renyi_of_order_0(pair)
    elif alpha == np.inf:
        result = _renyi_of_order_inf(pair, normalize)
    elif alpha < 0.5:  # as e -> -1 the terms vanish; those of (1 - order) D(P || Q) = order D'(Q || P) do not
        result = alpha / (1 - alpha) * _renyi(Pair(pair.b, pair.a, pair.total_b, pair.total_a), normalize, -alpha)
    else:
        result = _renyi(pair, normalize, alpha - 1)
    return check.scalar_or_array(np.maximum(result, 0.0) / base)


@np.errstate(all="ignore")
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
    # prop-kl-divergence-bernoulli: what t adds on one side, it takes off on the other.
    return check.scalar_or_array((t_terms(a, b, a - b) + t_terms(1 - a, 1 - b, b - a)) / base)


_TINY_PRODUCT = 2.0**-960  # below this a product of two floats has lost digits, or itself, to underflow


@np.errstate(all="ignore")
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
        Divide the table by its sum. Otherwise a sum that misses 1 by more than rounding is refused.

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
    # The margins are rounded sums. By prop-maximum-likelihood-closest-product that costs KL(margin || rounded margin)
    # of both, of the order of 1e-32, and no more.
    t = t_terms(a, b, d)
    # A cell that is not empty has margins that are not 0, though their product may underflow.
    logs = a * (np.log(table) + np.log(mass) - np.log(rows) - np.log(columns)) - d
    t = np.where((a > 0) & (b < _TINY_PRODUCT), logs, t)
    both = (-2, -1)
    result = divergence(Sums(t.sum(axis=both), a.sum(axis=both), -d.sum(axis=both))) / base
    # thm-mutual-information-bounds: what is above the entropy of a margin is rounding, as what is below 0.
    for margin in (rows[..., 0], columns[..., 0, :]):
        result = np.minimum(result, entropy(margin, unit=unit, normalize=True))
    return check.scalar_or_array(result)
