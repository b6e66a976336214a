"""The sums behind the divergences of discrete.py: fast, and with all their digits.

Each divergence is a sum of terms none of which is negative. For KL they are t = a log(a/b) - a + b, and for any
positive scale of a and of b (thm-computing-kl-residual)

    KL(a/A || b/B) = S/A + log(1 + u) - u,    u = (B - A)/A.                                      (1)

    a, b    p and q, unnormalized: the numbers that came in, or each times a factor that brings both to one sum
    A, B    the sums of a and of b; in the code, mass is A and excess is B - A
    d       a - b, rounded once
    t       a term: KL's as above, or the one that another divergence has in its place
    S       the sum of t
    u       (B - A)/A: 0 but for rounding if p and q are distributions, or are brought to one sum
    r       a/b, from which t is computed fast, with all its digits where a and b differ
    s       d/(a + b), from which t is computed with all its digits where a and b are close
    x, y    a and b of one chunk, before they are made float64
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from klnotes import _validate as check
from klnotes._series import NEAR, atanhmx, largest_size, log1pmx, two_product
from klnotes._typing import Array

TINY = float(np.finfo(np.float64).tiny)
_CHUNK = 32_768  # numbers worked on at a time: they stay in cache, and no full-size temporary is made
_CERTIFIED = 2.0**-7  # a fast sum of at least this share of its mass keeps its digits: thm-computing-kl-certificate
_FEW = 16  # numbers that Python's own sum and minimum take faster than NumPy's


class Factors(NamedTuple):
    """A = mantissa_a 2**exponent_a and B likewise, each with an axis of length 1 for the outcomes."""

    mantissa_a: Array
    exponent_a: NDArray[Any]
    mantissa_b: Array
    exponent_b: NDArray[Any]


class Pair(NamedTuple):
    """p and q, checked and broadcast, their outcomes on the last axis; and their sums."""

    a: NDArray[Any]
    b: NDArray[Any]
    total_a: Array
    total_b: Array

    @classmethod
    def of(cls, p: ArrayLike, q: ArrayLike, axis: int, normalize: bool) -> "Pair":
        """Refuse what is no pair of distributions, with an error that names the argument."""
        a, total_a = check.distribution(p, "p", axis, normalize)
        b, total_b = check.distribution(q, "q", axis, normalize)
        check.same_outcomes(a, b)
        if a.shape != b.shape:
            a, b = np.broadcast_arrays(a, b)
            total_a, total_b = np.broadcast_arrays(total_a, total_b)
        return cls(a, b, total_a, total_b)

    def unequal(self) -> bool:
        """Whether the sums of p and q differ by more than their own rounding."""
        return not all_true(abs(self.total_a - self.total_b) <= 2.0**-49)

    def factors(self, normalize: bool) -> Factors | None:
        """What brings a and b to one sum; None if they have it already."""
        if not normalize:
            return None
        return Factors(*np.frexp(self.total_a[..., None]), *np.frexp(self.total_b[..., None]))


class Sums(NamedTuple):
    """Along the last axis, the sums of t, of a and of b - a."""

    terms: Array
    mass: Array
    excess: Array


def divergence(sums: Sums) -> Array:
    """Equation (1). NaN stays NaN: np.maximum keeps it."""
    u = sums.excess / sums.mass
    return np.maximum(sums.terms / sums.mass + log1pmx(u), 0.0)  # thm-gibbs-inequality: what is below 0 is rounding


def with_difference(a: NDArray[Any], b: NDArray[Any], factors: Factors | None) -> tuple[Array, Array, Array]:
    """a, b and d, of the numbers as they are or, but for powers of two, of a B and b A, whose sums agree."""
    a, b = a.astype(np.float64, copy=False), b.astype(np.float64, copy=False)
    if factors is None:
        return a, b, a - b  # lem-computing-kl-sterbenz: of close numbers this is exact
    a, a_rest = two_product(np.ldexp(a, -factors.exponent_a), factors.mantissa_b)
    b, b_rest = two_product(np.ldexp(b, -factors.exponent_b), factors.mantissa_a)
    return a, b, (a - b) + (a_rest - b_rest)  # so for close numbers the last sum is all that rounds


def rounded_products(x: NDArray[Any], y: NDArray[Any], factors: Factors | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """The same a and b, each rounded: a fast form has no use for d."""
    if factors is None:
        return x, y
    return x * np.ldexp(factors.mantissa_b, -factors.exponent_a), y * np.ldexp(factors.mantissa_a, -factors.exponent_b)


def by_rows(function: Callable[..., Any], *arrays: NDArray[Any], chunk: int = _CHUNK) -> Any:
    """What function(*arrays) gives for each row, asked for as many rows at a time as make a chunk.

    All arrays have one batch, and their rows on the last axis, or one number for each row. The function gives one array
    of the batch's shape, or several.
    """
    first = arrays[0]
    if first.ndim == 1 or first.size <= chunk:
        return function(*arrays)
    shape, n = first.shape[:-1], first.shape[-1]
    count, height = first.size // n, max(1, chunk // n)
    # The batch on one axis is a view, as a rule. What has been broadcast would be copied in full: of that, each chunk
    # takes its own rows.
    flat = [x.reshape(-1, x.shape[-1]) if x.ndim == 2 or x.flags.c_contiguous else x for x in arrays]
    found = []
    for top in range(0, count, height):
        rows = np.arange(top, min(top + height, count))
        place = np.unravel_index(rows, shape)
        found.append(function(*(x[top : top + height] if x.ndim == 2 else x[place] for x in flat)))
    joined = np.concatenate(found, axis=-1)
    return joined.reshape(*joined.shape[:-1], *shape)


def along_rows(
    function: Callable[..., Any],
    *arrays: NDArray[Any],
    chunk: int = _CHUNK,
    join: Callable[..., Any] = np.add.reduce,
) -> Any:
    """What function(*arrays) sums along the last axis, asked for a chunk of each row at a time, and joined."""
    n = arrays[0].shape[-1]
    if n <= chunk:
        return function(*arrays)
    pieces = [slice(left, left + chunk) for left in range(0, n, chunk)]
    parts = [function(*(x if x.shape[-1] == 1 else x[..., piece] for x in arrays)) for piece in pieces]
    return join(np.stack(parts, axis=-1), axis=-1)


class Summation:
    """Sums one divergence's terms over the last axis.

    A chunk is summed by the fast form, if there is one and it certifies itself, or else by terms(a, b, d).
    """

    def __init__(
        self,
        terms: Callable[[Array, Array, Array], Array],
        fast: Callable[[NDArray[Any], NDArray[Any]], Sums] | None = None,
        share: float = _CERTIFIED,
    ) -> None:
        self.terms, self.fast, self.share = terms, fast, share

    def of(self, pair: Pair, normalize: bool) -> Sums:
        """The sums of a pair that has been checked, brought to one sum first if it is to be normalized."""
        with np.errstate(all="ignore"):
            return self(pair.a, pair.b, pair.factors(normalize))

    def __call__(self, a: NDArray[Any], b: NDArray[Any], factors: Factors | None) -> Sums:
        """The sums of two arrays of one shape, whatever they hold. The caller silences NumPy's warnings."""
        chunk = partial(self._chunk, [True])
        if a.size <= _CHUNK:
            return chunk(a, b, *(factors or ()))
        return Sums(*by_rows(partial(along_rows, chunk), a, b, *(factors or ())))

    def _chunk(self, try_fast: list[bool], x: NDArray[Any], y: NDArray[Any], *rest: NDArray[Any]) -> Sums:
        factors = Factors(*rest) if rest else None
        if self.fast and try_fast[0]:
            sums = self.fast(*rounded_products(x, y, factors))
            if certified(sums, self.share):
                return sums
        a, b, d = with_difference(x, y, factors)
        sums = Sums(total(self.terms(a, b, d)), total(a), -total(d))
        # Neighbors are alike: after a chunk that is close, the next is not tried the fast way first.
        try_fast[0] = all_true(sums.terms > self.share * sums.mass)
        return sums


def certified(sums: Sums, share: float) -> bool:
    """Whether sums that a fast form has found for a chunk have kept their digits.

    thm-computing-kl-certificate: rounding costs a few times 2**-53 sum |a - b|, and by thm-gibbs-inequality-pinsker
    sum |a - b| <= sqrt(2 KL), for distributions; for parts of them with the masses A and B the bound is
    sqrt(2 S max(A, B)). To a sum S of 2**-7 max(A, B) or more that is at most 16 S, or a few times 16 roundings.
    NaN and inf, which zeros leave, fail the comparison as small sums do.
    """
    most = sums.terms / share
    return all_true((most >= sums.mass) & (most >= sums.mass + sums.excess) & (sums.terms < np.inf))


def fast_sums(x: NDArray[Any], y: NDArray[Any], e: float = 0.0) -> Sums:
    """The fast form of KL, t = b (r log r - (r - 1)), and of Renyi's order 1 + e, t = b (r (r**e - 1)/e - (r - 1)).

    The sum of t is NaN if there is an entry that is negative or NaN.
    prop-computing-kl-same-ratio: the same rounded r stands in both places, where dt/dr, b log r or
    (1 + e) b (r**e - 1)/e, is small, so the error of the division is of second order.
    """
    r = np.divide(x, y, dtype=np.float64)
    lowest = smallest(x, y)
    if lowest == 0:
        # TINY stands in for r = 0 and for 0/0: t is b all the same, and the logarithm has no pole there.
        np.fmax(r, TINY, out=r)
    elif not lowest > 0:
        r.fill(np.nan)
    t = np.log(r)
    if e:
        t *= e
        np.expm1(t, out=t)
        t /= e
    t *= r
    r -= 1
    t -= r
    t *= y
    mass = total(x)
    # KL has the square of the excess in it, Renyi's divergence the excess itself, so it must keep its digits.
    return Sums(total(t), mass, total(np.subtract(y, x, dtype=np.float64)) if e else total(y) - mass)


def t_terms(a: Array, b: Array, d: Array) -> Array:
    """KL's terms t, with all their digits; NaN if there is an entry that is negative or NaN."""
    if not smallest(a, b) >= 0:
        return np.full_like(d, np.nan)
    # prop-computing-kl-term-series: log(a/b) = 2 atanh(s), so t = d s + 2 a (atanh(s) - s).
    s = np.asarray(d / (a + b))
    largest = largest_size(s)
    if largest <= NEAR:
        t = atanhmx(s, largest)
        t *= a
        t *= 2
        s *= d
        t += s
        return t
    near = np.abs(s) <= NEAR
    t = d * s + 2 * a * atanhmx(np.where(near, s, 0.0))
    # Elsewhere as in fast_sums; where that overflows, from the logarithms.
    r = np.maximum(a / b, TINY)
    t = np.where(near, t, b * (r * np.log(r) - (r - 1)))
    t = np.where(~np.isfinite(t) & (b > 0), a * (np.log(a) - np.log(b)) - d, t)
    # 0 log 0 = 0, and what the model excludes but the reference does not costs inf.
    return np.where(b == 0, np.where(a > 0, np.inf, 0.0), t)


KL = Summation(t_terms, fast_sums)


def log_ratio(a: Array, b: Array, d: Array) -> Array:
    """log(a/b), given d = a - b."""
    s, r = d / (a + b), a / b
    logs: Array = np.log(r)
    if not all_true((r > TINY) & (r < np.inf)):
        logs = np.where((r > TINY) & (r < np.inf), logs, np.log(a) - np.log(b))
    near = np.abs(s) <= 0.5
    logs[near] = 2 * np.arctanh(s[near])
    return logs


def all_true(condition: Any) -> bool:
    """np.all without its detours, which cost as much as the logarithms of a short row."""
    return bool(condition if condition.size == 1 else np.logical_and.reduce(condition, axis=None))


def total(x: NDArray[Any]) -> Any:
    """The sum along the last axis."""
    if x.ndim == 1 and x.size <= _FEW:
        return np.float64(sum(x.tolist()))
    return np.add.reduce(x, axis=-1, dtype=np.float64)


def smallest(x: NDArray[Any], y: NDArray[Any]) -> float:
    """The smallest entry of both; NaN if there is one."""
    if x.ndim == 1 and 0 < x.size <= _FEW:
        low = np.minimum(x, y).tolist()
        return float(min(low)) if sum(low) == sum(low) else np.nan
    a, b = np.minimum.reduce(x, axis=None, initial=np.inf), np.minimum.reduce(y, axis=None, initial=np.inf)
    return float(a if a < b or a != a else b)
