"""The only polynomials of klnotes: small differences that would cancel if computed as written."""

import math
from typing import Any

import numpy as np
from scipy.special import factorial

from klnotes._typing import Array

# Up to this, atanh(s) - s is summed as a series. By prop-computing-kl-term-series, what is left out after these nine
# terms is smaller than 2**-54 of the sum.
NEAR = 1 / 8
_ATANH = 1 / np.arange(3, 21, 2)
_EXPM1 = 1 / factorial(np.arange(2, 17))


def _horner(x: Array, coefficients: Array, ratio: float) -> Any:
    """The sum of coefficients[k] x**k, if each term is smaller than the one before by this ratio or less.

    Only so many are taken that the rest is below 2**-54 of the first.
    """
    terms = 2 if ratio < 2.0**-54 else 2 + int(54 / -math.log2(min(ratio, 0.99)))
    *most, last = coefficients[:terms].tolist()
    total = x * last
    for c in reversed(most[1:]):
        total += c
        total *= x
    total += most[0]
    return total


def largest_size(x: Array) -> float:
    """The largest of abs(x), without a copy of it; NaN if there is one."""
    if x.ndim == 0:
        return abs(float(x))
    low, high = np.minimum.reduce(x, axis=None, initial=0.0), np.maximum.reduce(x, axis=None, initial=0.0)
    return float(high if high >= -low else -low)


def atanhmx(s: Array, largest: float = NEAR) -> Array:
    """atanh(s) - s = s**3 (1/3 + s**2/5 + s**4/7 + ...), for abs(s) <= largest <= NEAR."""
    square = s * s
    square *= s * _horner(square, _ATANH, largest * largest)
    return square


def log1pmx(u: Array) -> Array:
    """log(1 + u) - u, for u > -1, with all its digits near u = 0.

    log(1 + u) = 2 atanh(s) with s = u / (2 + u), and 2 s - u = -u s. Neither of the two terms that are left
    is larger than the result by more than a few per cent, so nothing cancels.
    """
    largest = largest_size(u)
    if largest < 2.0**-46:  # the first term is all of it
        first: Array = -u * u / 2
        return first
    with np.errstate(divide="ignore", invalid="ignore"):
        s = u / (2 + u)
        if largest <= NEAR:
            return np.asarray(2 * atanhmx(s) - u * s)
        near = np.abs(s) <= NEAR
        return np.where(near, 2 * atanhmx(np.where(near, s, 0.0)) - u * s, np.log1p(u) - u)


def expm1mx(x: Array) -> Array:
    """exp(x) - 1 - x = x**2 (1/2 + x/6 + x**2/24 + ...), for abs(x) <= 1/2."""
    square = x * x
    square *= _horner(x, _EXPM1, largest_size(x))
    return square


def renyi_series(x: Array, e: float) -> Array:
    """(exp(alpha x) - 1 - alpha (exp(x) - 1))/e with alpha = 1 + e, for abs(x) and alpha abs(x) <= 1/2.

    It is alpha times the sum of x**k/k! (1 + alpha + ... + alpha**(k - 2)) over k >= 2.
    """
    sums = np.add.accumulate((1 + e) ** np.arange(len(_EXPM1)))
    series: Array = _horner(x, _EXPM1 * sums, largest_size(x) * max(1 + e, 1.0))
    return (1 + e) * x * x * series


def binomial_series(w: Array, e: float, largest: float) -> Array:
    """((1 + w)**alpha - 1 - alpha w)/(e w**2) with alpha = 1 + e, for abs(w) <= largest <= NEAR/max(alpha, 1).

    It is alpha/2 (1 + (e - 1) w/3 + (e - 1)(e - 2) w**2/(3 4) + ...), the binomial series without its first terms.
    """
    k = np.arange(1, 20)
    coefficients = (1 + e) / 2 * np.concatenate([[1.0], np.multiply.accumulate((e - k) / (k + 2))])
    series: Array = _horner(w, coefficients, largest * max(1 + e, 1.0))
    return series


def two_sum(x: Array, y: Array) -> tuple[Array, Array]:
    """The sum x + y as an unevaluated sum of two floats, exactly (Knuth 1969, section 4.2.2, theorem B)."""
    total = x + y
    moved = total - x
    return total, (x - (total - moved)) + (y - moved)


def two_product(x: Array, y: Array) -> tuple[Array, Array]:
    """The product x y as an unevaluated sum of two floats, exact for factors of moderate size (Dekker 1971)."""

    def halves(z: Array) -> tuple[Array, Array]:
        wide = 134217729.0 * z  # 2**27 + 1 splits the 53 bits into 26 and 27
        high = wide - (wide - z)
        return high, z - high

    product = x * y
    (xh, xl), (yh, yl) = halves(x), halves(y)
    return product, ((xh * yh - product) + xh * yl + xl * yh) + xl * yl
