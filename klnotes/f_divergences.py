"""The divergence of any convex generator: what KL, chi-squared, total variation and Hellinger have in common."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from klnotes import _validate as check
from klnotes._sums import Pair
from klnotes._typing import Array

_ROUNDING = 1e-12  # relative: what generators lose by rounding is far less, what is not convex misses by far more
_PROBES = 2.0 ** np.array([-10, -1, 1, 10])  # ratios at which a limit that the caller states is held against f


@np.errstate(all="ignore")
def f_divergence(
    f: Callable[[Array], ArrayLike],
    p: ArrayLike,
    q: ArrayLike,
    /,
    *,
    at_zero: float | None = None,
    slope_at_infinity: float | None = None,
    axis: int = -1,
    normalize: bool = False,
) -> Any:
    """The f-divergence of a convex generator f with f(1) = 0: the sum of q f(p/q).

    Parameters
    ----------
    f : callable
        The generator: takes an array of ratios, shape (m,), and gives as many numbers. Convex, and 0 at 1.
    p, q : array_like, shape (..., n)
        Distributions along `axis`. P is the reference, Q the model; the other axes broadcast.
    at_zero : float, optional
        The limit of f(r) as r falls to 0, perhaps inf: what an outcome with p = 0 costs is q times this. If it is not
        given, f is asked for its value at 0, which must then be that limit.
    slope_at_infinity : float, optional
        The limit of f(r)/r as r grows, perhaps inf: what an outcome with q = 0 costs is p times this. It must be given
        if there is such an outcome, as no value of f tells it.
    axis : int
        The axis that holds the outcomes.
    normalize : bool
        Divide p and q by their sums first. Otherwise a sum that misses 1 by more than rounding is refused.

    Returns
    -------
    float or ndarray, shape (...)
        Between 0 and at_zero + slope_at_infinity. Outcomes with p = q = 0 add nothing. The unit is that of f.

    Raises
    ------
    TypeError
        If f cannot be called or gives no real numbers, or another argument has the wrong type.
    ValueError
        If p or q is not a distribution, their shapes do not fit, or axis is unknown. If f(1) is not 0, f is not finite
        at a positive ratio, or it shows itself not convex. If a limit is needed and missing, or is too small for f.

    Notes
    -----
    Ratios and prices are rounded, which moves the result by about 1e-16: of a result of 1e-10, as close p and q give
    it, six digits are left. There kl_divergence, chi2_divergence, hellinger_distance, total_variation and
    js_divergence keep all of them. That f is convex is seen only as far as its values tell.

    References
    ----------
    Polyanskiy & Wu (2025), chapter 7; Liese & Vajda (2006).

    Examples
    --------
    >>> round(f_divergence(lambda r: (r - 1) ** 2, [0.5, 0.3, 0.2], [0.4, 0.4, 0.2]), 4)
    0.05
    >>> f_divergence(lambda r: abs(r - 1) / 2, [0.5, 0.5, 0], [0.5, 0, 0.5], slope_at_infinity=1 / 2)
    0.5
    """
    if not callable(f):
        raise TypeError(f"f must be a function of an array of ratios, but got {f!r}")
    zero, slope = _limit(at_zero, "at_zero"), _limit(slope_at_infinity, "slope_at_infinity")
    pair = Pair.of(p, q, axis, normalize)
    if abs(one := float(_values(f, np.ones(1))[0])) > _ROUNDING:
        raise ValueError(f"f must be 0 at 1, but f(1) is {one!r}; subtract it from f")
    a, b = pair.a / pair.total_a[..., None], pair.b / pair.total_b[..., None]
    both, no_p, no_q = (a > 0) & (b > 0), (a == 0) & (b > 0), (a > 0) & (b == 0)
    ratios: Array = a[both] / b[both]
    if np.any(np.isinf(ratios)):
        raise ValueError("p/q must not overflow, but q is so small beside p that it does")
    prices = _values(f, ratios)
    _refuse_infinite(ratios, prices)
    terms = np.zeros(a.shape)
    terms[both] = b[both] * prices
    if np.any(no_p):
        if zero is None:
            zero = float(_values(f, np.zeros(1))[0])
            if np.isnan(zero):
                raise ValueError(
                    "f must tell its value at 0, where p is 0, but gives nan; pass at_zero=, its limit there"
                )
        terms[no_p] = b[no_p] * zero
    if np.any(no_q):
        if slope is None:
            where = tuple(int(i) for i in np.argwhere(no_q)[0])
            raise ValueError(
                "slope_at_infinity must be given, the limit of f(r)/r as r grows, because q is 0 where p is not, at "
                f"index {where if len(where) > 1 else where[0]} of the outcomes"
            )
        terms[no_q] = a[no_q] * slope
    _hold_against(f, ratios, prices, {"at_zero": zero, "slope_at_infinity": slope})
    result, size = terms.sum(axis=-1), np.abs(terms).sum(axis=-1)
    # prop-f-divergences-range: what is below 0 is rounding, or f is not convex.
    low = result < -_ROUNDING * (1 + size)
    if np.any(low):
        raise ValueError(f"f must be convex, but its divergence comes out as {float(np.min(result[low]))!r}, below 0")
    return check.scalar_or_array(np.maximum(result, 0.0))


def _limit(x: Any, name: str) -> float | None:
    if x is None:
        return None
    number = check.real_array(x, name)
    if number.ndim or np.isnan(number) or number == -np.inf:
        raise ValueError(f"{name} must be a single number or inf, but got {x!r}")
    return float(number)


def _values(f: Callable[[Array], ArrayLike], ratios: Array) -> NDArray[Any]:
    values = check.real_array(f(ratios.copy()), "f(r)")
    if values.shape != ratios.shape:
        raise ValueError(f"f must give {len(ratios)} numbers for {len(ratios)} ratios, but the shape is {values.shape}")
    return values


def _refuse_infinite(ratios: Array, prices: Array) -> None:
    bad = ~np.isfinite(prices)
    if bad.any():
        r, price = float(ratios[bad][0]), float(prices[bad][0])
        raise ValueError(f"f must be finite at positive ratios, but f({r!r}) is {price!r}")


def _hold_against(
    f: Callable[[Array], ArrayLike], ratios: Array, prices: Array, limits: dict[str, float | None]
) -> None:
    """Refuse a limit that no convex f with these values has: chords from (1, 0) get steeper on the way outward."""
    if all(limit is None for limit in limits.values()):
        return
    ratios, prices = np.append(ratios, _PROBES), np.append(prices, _values(f, _PROBES))
    for name, distance in (("at_zero", 1 - ratios), ("slope_at_infinity", ratios - 1)):
        limit = limits[name]
        if limit is None or limit == np.inf:
            continue
        over = (distance > 0) & (prices > distance * limit + _ROUNDING * (1 + np.abs(prices)))
        if over.any():
            r, price = float(ratios[over][0]), float(prices[over][0])
            least = price / abs(r - 1)
            raise ValueError(
                f"{name} must be at least {least:.6g} if f is convex, as f({r:.6g}) is {price:.6g}, but it is {limit!r}"
            )
