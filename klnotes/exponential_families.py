"""Closed forms for exponential families beside the normal distributions.

The divergence of an exponential family is the gap between its log-partition function A and a tangent of it, a Bregman
divergence (thm-gaussians-family). Computed as it is written, the gap loses its digits where the parameters are close,
and for large parameters everywhere. Here each A is taken apart into x log x, -log x and a rest whose gaps are sums
without cancellation; with t(a, b) = a log(a/b) - a + b, the term of the discrete divergence, the gap of x log x from
its tangent at b is t(a, b), and that of -log x from its tangent at a is t(a, b)/a.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bernoulli

from klnotes import _validate as check
from klnotes._series import log1pmx, two_product
from klnotes._sums import KL, Pair, divergence, t_terms
from klnotes._typing import Array

# From here on the rest of log Gamma is summed as Stirling's series, and what is left out after these terms is below
# 2**-53 of the divergence.
_FAR = 10.0
_STIRLING = [float(bernoulli(20)[2 * j]) / (2 * j * (2 * j - 1)) for j in range(1, 11)]


@np.errstate(all="ignore")
def poisson_kl(rate0: ArrayLike, rate1: ArrayLike, /, *, unit: str = "nats") -> Any:
    """KL divergence between two Poisson distributions: rate0 log(rate0/rate1) - rate0 + rate1.

    Parameters
    ----------
    rate0, rate1 : array_like
        Mean numbers of events, at least 0; their shapes broadcast.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    float or ndarray, shape of the broadcast
        Never negative; inf where rate1 is 0 and rate0 is not.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or unit is not a string.
    ValueError
        If a rate is negative or not finite, the shapes do not broadcast, or the unit is unknown.

    References
    ----------
    Loader (2000), where it is half of the deviance. It is the term t of `kl_terms` without a sum to 1.

    Examples
    --------
    >>> round(poisson_kl(3.0, 2.0), 4), round(poisson_kl(2.0, 3.0), 4)
    (0.2164, 0.1891)
    """
    base = check.log_of_base(unit)
    a, b = check.finite(rate0, "rate0"), check.finite(rate1, "rate1")
    check.refuse(a < 0, a, "rate0", "must not be negative")
    check.refuse(b < 0, b, "rate1", "must not be negative")
    check.broadcast(a.shape, b.shape, ("rate0", "rate1"))
    a, b = np.broadcast_arrays(a, b)
    return check.scalar_or_array(t_terms(a, b, a - b) / base)


@np.errstate(all="ignore")
def exponential_kl(rate0: ArrayLike, rate1: ArrayLike, /, *, unit: str = "nats") -> Any:
    """KL divergence between two exponential distributions: rate1/rate0 - 1 - log(rate1/rate0).

    Parameters
    ----------
    rate0, rate1 : array_like
        Rates, the reciprocals of the means; positive, and their shapes broadcast.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    float or ndarray, shape of the broadcast
        Never negative, with all its digits for rates that almost agree.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or unit is not a string.
    ValueError
        If a rate is not positive and finite, the shapes do not broadcast, or the unit is unknown.

    References
    ----------
    `gamma_kl` with both shapes 1.

    Examples
    --------
    >>> round(exponential_kl(1.0, 2.0), 4), round(exponential_kl(2.0, 1.0), 4)
    (0.3069, 0.1931)
    """
    base = check.log_of_base(unit)
    (a, b) = _positive(rate0=rate0, rate1=rate1)
    one = np.ones_like(a)
    return check.scalar_or_array(_gap_of_products(a, one, b, one) / base)


@np.errstate(all="ignore")
def gamma_kl(shape0: ArrayLike, rate0: ArrayLike, shape1: ArrayLike, rate1: ArrayLike, /, *, unit: str = "nats") -> Any:
    """KL divergence between two gamma distributions.

    Parameters
    ----------
    shape0, shape1 : array_like
        Shapes, positive; all four arguments broadcast.
    rate0, rate1 : array_like
        Rates (not scales, which are their reciprocals), positive. The mean is shape/rate.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    float or ndarray, shape of the broadcast
        Never negative, with all its digits for distributions that almost agree.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or unit is not a string.
    ValueError
        If a parameter is not positive and finite, the shapes do not broadcast, or the unit is unknown.

    References
    ----------
    Derived in the chapter on bell curves as a gap of log Gamma. In means m = shape/rate it is
    shape1 (m0/m1 - 1 - log(m0/m1)) + G, where G is the gap of log Gamma(x) - x log x.

    Examples
    --------
    >>> round(gamma_kl(2.0, 1.0, 3.0, 1.0), 4)
    0.2704
    >>> gamma_kl(1.0, 1.0, 1.0, 2.0) == exponential_kl(1.0, 2.0)
    True
    """
    base = check.log_of_base(unit)
    k0, r0, k1, r1 = _positive(shape0=shape0, rate0=rate0, shape1=shape1, rate1=rate1)
    of_means = k1 * _gap_of_products(k1, r0, k0, r1)
    return check.scalar_or_array((of_means + _gap_of_rest(k1, k0, k1 - k0)) / base)


def beta_kl(a0: ArrayLike, b0: ArrayLike, a1: ArrayLike, b1: ArrayLike, /, *, unit: str = "nats") -> Any:
    """KL divergence between two beta distributions.

    Parameters
    ----------
    a0, b0, a1, b1 : array_like
        Parameters, positive: the density is proportional to x**(a - 1) (1 - x)**(b - 1). They broadcast.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    float or ndarray, shape of the broadcast
        Never negative, with all its digits for distributions that almost agree.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or unit is not a string.
    ValueError
        If a parameter is not positive and finite, the shapes do not broadcast, or the unit is unknown.

    References
    ----------
    `dirichlet_kl` for two outcomes.

    Examples
    --------
    >>> round(beta_kl(8.0, 4.0, 1.0, 1.0), 4)  # after 7 heads and 3 tails, from a uniform prior
    0.6366
    """
    a0, b0, a1, b1 = _positive(a0=a0, b0=b0, a1=a1, b1=b1)
    return dirichlet_kl(np.stack([a0, b0], axis=-1), np.stack([a1, b1], axis=-1), unit=unit)


@np.errstate(all="ignore")
def dirichlet_kl(alpha0: ArrayLike, alpha1: ArrayLike, /, *, axis: int = -1, unit: str = "nats") -> Any:
    """KL divergence between two Dirichlet distributions.

    Parameters
    ----------
    alpha0, alpha1 : array_like, shape (..., n)
        Concentrations along `axis`, positive; the other axes broadcast.
    axis : int
        The axis that holds the outcomes.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    float or ndarray, shape (...)
        Never negative, with all its digits for distributions that almost agree. Only where a concentration far below
        1 is common to both and others differ does rounding cost more, a relative error of some 1e-15/concentration.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or another argument has the wrong type.
    ValueError
        If a concentration is not positive and finite, the shapes do not fit, or axis or unit is unknown.

    References
    ----------
    With s = sum(alpha) it is s1 KL(alpha1/s1 || alpha0/s0), a discrete divergence, plus the gaps of
    log Gamma(x) - x log x, those of all alphas less that of s.

    Examples
    --------
    >>> round(dirichlet_kl([8.0, 4.0, 1.0], [1.0, 1.0, 1.0]), 4)
    1.595
    """
    base = check.log_of_base(unit)
    given = []
    for alpha, name in ((alpha0, "alpha0"), (alpha1, "alpha1")):
        given.append(check.outcomes_last(check.positive(alpha, name), name, axis))
    x0, x1 = given
    check.same_outcomes(x0, x1, ("alpha0", "alpha1"))
    x0, x1 = np.broadcast_arrays(x0, x1)
    for x, name in ((x0, "alpha0"), (x1, "alpha1")):
        total = np.asarray(x.sum(axis=-1))
        check.refuse(total == np.inf, total, name, "must have a finite sum")
    d = x1 - x0
    s0, s1 = np.asarray(x0.sum(axis=-1)), np.asarray(x1.sum(axis=-1))
    of_means = s1 * divergence(KL.of(Pair.of(x1, x0, -1, True), True))
    rest = _gap_of_rest(x1, x0, d).sum(axis=-1) - _gap_of_rest(s1, s0, d.sum(axis=-1))
    return check.scalar_or_array(np.maximum(of_means + rest, 0.0) / base)


def _positive(**arguments: ArrayLike) -> list[Array]:
    """The arguments as positive numbers, broadcast."""
    arrays = {name: check.positive(value, name) for name, value in arguments.items()}
    first, *others = arrays
    shape = arrays[first].shape
    for name in others:
        shape = check.broadcast(shape, arrays[name].shape, (first, name))
    return [np.broadcast_to(array, shape) for array in arrays.values()]


def _gap_of_products(a: Array, a2: Array, b: Array, b2: Array) -> Array:
    """r - 1 - log(r) for r = (b b2)/(a a2): the gap of -log from its tangent at 1."""
    (a, ea), (a2, ea2), (b, eb), (b2, eb2) = (np.frexp(x) for x in (a, a2, b, b2))
    shift = (eb + eb2) - (ea + ea2)
    x, x_rest = two_product(a, a2)
    y, y_rest = two_product(b, b2)
    near = abs(shift) <= 8
    power = np.where(near, shift, 0)
    y_near, y_rest = np.ldexp(y, power), np.ldexp(y_rest, power)
    gap = _gap_of_log(x, y_near, (y_near - x) + (y_rest - x_rest))
    far: Array = np.ldexp(y / x, shift) - 1 - (np.log(y / x) + shift * np.log(2))
    return np.where(near, gap, far)


def _gap_of_rest(x1: Array, x0: Array, d: Array) -> Array:
    """The gap at x1 of log Gamma(x) - x log x + x from its tangent at x0, given d = x1 - x0.

    It is half the gap of -log x and that of s, where log Gamma(x) = (x - 1/2) log x - x + log(2 pi)/2 + s(x).
    """
    half = _gap_of_log(x0, x1, d) / 2
    far = (x1 > 3 * x0) | (x0 > 3 * x1)
    (s1, _), (s0, slope) = _stirling(x1), _stirling(x0)
    apart = s1 - s0 - d * slope
    close, gap = np.zeros_like(half), 2 * half
    while np.any(low := ~far & (np.minimum(x1, x0) < _FAR)):
        y1, y0 = x1 + low, x0 + low
        # Of s(x) - s(x + 1) the gap without its largest part, that of x log x - (x + 1) log(x + 1): what the two leave.
        left = -x1 * log1pmx(d / (x0 * y1)) - d * d / (x0 * y0 * y1)
        after = _gap_of_log(y0, y1, d)
        close += np.where(low, (gap - after) / 2 + left, 0.0)
        x1, x0, gap = y1, y0, after
    return half + np.where(far, apart, close + _gap_of_stirling(x1, x0, d))


def _gap_of_log(a: Array, b: Array, d: Array) -> Array:
    """b/a - 1 - log(b/a), given d = b - a: the gap at b of -log from its tangent at a."""
    gap: Array = t_terms(a, b, -d) / a
    return gap


def _stirling(x: Array) -> tuple[Array, Array]:
    """s(x) and its derivative, by s(x) = (x + 1/2) log(1 + 1/x) - 1 + s(x + 1) from 10 or more down."""
    x, s, slope = x.copy(), np.zeros_like(x), np.zeros_like(x)
    while np.any(low := x < _FAR):
        s += np.where(low, (x + 0.5) * np.log1p(1 / x) - 1, 0.0)
        slope += np.where(low, np.log1p(1 / x) - (1 / x + 1 / (1 + x)) / 2, 0.0)
        x += low
    for k, c in enumerate(_STIRLING):
        s += c * x ** -(2 * k + 1)
        slope -= (2 * k + 1) * c * x ** -(2 * k + 2)
    return s, slope


def _gap_of_stirling(x1: Array, x0: Array, d: Array) -> Array:
    """The gap of the sum of c x**-m, with m odd, from its tangent at x0.

    That of x**-m is d**2 a b (m b**m + (m - 1) b**(m-1) a + ... + b a**(m-1)), where a = 1/x1 and b = 1/x0.
    """
    a, b = 1 / x1, 1 / x0
    total, power, complete, inner = np.zeros_like(a), np.ones_like(a), np.ones_like(a), np.zeros_like(a)
    for m in range(1, 2 * len(_STIRLING)):
        inner = b * (inner + complete)
        power *= b
        complete = a * complete + power
        if m % 2:
            total += _STIRLING[m // 2] * inner
    return (d * a) * (d * b) * total
