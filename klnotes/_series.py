"""The only polynomials of klnotes: small differences that would cancel if computed as written."""

import math

import numpy as np
from scipy.special import factorial

from klnotes._typing import Array

# Up to this, atanh(s) - s is summed as a series. By prop-computing-kl-term-series, what is left out after these nine
# terms is smaller than 2**-54 of the sum.
NEAR = 1 / 8
_ATANH = 1 / np.arange(3, 21, 2)
_EXPM1 = 1 / factorial(np.arange(2, 17))


def _horner(x: Array, coefficients: Array) -> Array:
    total = np.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        total *= x
        total += c
    return total


def atanhmx(s: Array) -> Array:
    """atanh(s) - s = s**3 (1/3 + s**2/5 + s**4/7 + ...), for abs(s) <= NEAR.

    As many terms are taken as the largest s needs: the sum of those left out is below 2**-54 of the first.
    """
    square = s * s
    largest = float(np.max(square, initial=0.0))
    terms = 1 if largest < 2.0**-54 else min(len(_ATANH), 2 + int(54 / -math.log2(largest)))
    square *= s * _horner(square, _ATANH[:terms])
    return square


def log1pmx(u: Array) -> Array:
    """log(1 + u) - u, for u > -1, with all its digits near u = 0.

    log(1 + u) = 2 atanh(s) with s = u / (2 + u), and 2 s - u = -u s. Neither of the two terms that are left
    is larger than the result by more than a few per cent, so nothing cancels.
    """
    u = np.asarray(u, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        s = u / (2 + u)
        near = np.abs(s) <= NEAR
        return np.where(near, 2 * atanhmx(np.where(near, s, 0.0)) - u * s, np.log1p(u) - u)


def expm1mx(x: Array) -> Array:
    """exp(x) - 1 - x, with all its digits near x = 0."""
    x = np.asarray(x, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(np.abs(x) <= 0.5, x * x * _horner(x, _EXPM1), np.expm1(x) - x)


def renyi_series(x: Array, alpha: float) -> Array:
    """(exp(alpha x) - 1 - alpha (exp(x) - 1))/(alpha - 1), for abs(x) and alpha abs(x) <= 1/2.

    It is alpha times the sum of x**k/k! (1 + alpha + ... + alpha**(k - 2)) over k >= 2.
    """
    sums = np.add.accumulate(alpha ** np.arange(len(_EXPM1)))
    return alpha * x * x * _horner(x, _EXPM1 * sums)


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
