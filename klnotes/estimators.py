"""Entropy and divergence from samples: each estimate with its standard error.

Which function to take depends on what is known beside the samples:

    the values of p and q at samples from P    kl_from_log_ratios
    how often each of finitely many outcomes came, and q    kl_from_counts, entropy_from_counts
    samples from two densities, and nothing else    kl_from_neighbors

In the formulas, l = log p(x) - log q(x) is the log-ratio of a sample x from P, and r = q(x)/p(x) = exp(-l). Under P the
mean of r is 1 if Q has no mass where P has none, and at most 1 in any case.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from klnotes import _validate as check
from klnotes._series import expm1mx
from klnotes._typing import Array
from klnotes.discrete import entropy, kl_divergence

_LARGEST_MEAN = 1e6  # of the ratios q/p: by Markov's inequality a larger one has a probability below 1e-6 under P
_SHARE = 0.25  # of the scatter: if one sample has more, an interval covers less often than it says
_FEW = 100  # effective samples
_ONCE = 0.1  # of the draws: if more are of outcomes that came once, the first-order correction is too small
_PARTS = 10  # into which samples are divided to see how an estimate scatters


class Estimate(NamedTuple):
    """What a sample says of a number, and how far chance may have moved it. Each part is a float, or an array.

    Attributes
    ----------
    value
        The estimate.
    standard_error
        Estimated standard deviation of `value`; it says nothing of a bias.
    effective_size
        How many equally weighted samples would tell as much.
    """

    value: Any
    standard_error: Any
    effective_size: Any

    def interval(self, level: float = 0.95) -> tuple[Any, Any]:
        """The value minus and plus so many standard errors that a normal variable lies between with this probability.

        >>> low, high = Estimate(0.5, 0.1, 100).interval()
        >>> round(low, 3), round(high, 3)
        (0.304, 0.696)
        """
        share = check.finite(level, "level")
        if share.ndim or not 0 < share < 1:
            raise ValueError(f"level must be a single number between 0 and 1, but got {level!r}")
        half = float(ndtri((1 + float(share)) / 2)) * self.standard_error
        return self.value - half, self.value + half


def kl_from_log_ratios(
    log_ratios: ArrayLike, /, *, estimator: str = "k1", axis: int = -1, unit: str = "nats"
) -> Estimate:
    """KL(P || Q) from the log-ratios of samples that were drawn from P, its first argument.

    Parameters
    ----------
    log_ratios : array_like, shape (..., n)
        log p(x) - log q(x) in nats, at n independent samples x from P.
    estimator : {'k1', 'k2', 'k3', 'control'}
        What is averaged. With r = q/p and l the log-ratio:

        - 'k1': l. Unbiased.
        - 'k2': l**2/2. Biased in general, little where all ratios q/p are close to 1.
        - 'k3': r - 1 + l. Never negative, and unbiased if Q has no mass where P has none. Its variance may be infinite.
        - 'control': l + c (r - 1), with the c for which these numbers scatter least. Its bias is small in large
          samples, if Q has no mass where P has none. Where all log-ratios are the same, none is best, and c is 1.
    axis : int
        Axis of the samples; the others are a batch.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    Estimate
        Each part a float, or an array of the batch's shape. The value is inf, and its standard error nan, where a
        log-ratio is inf: Q excludes what P does. The effective size is (sum r)**2 / sum r**2 for 'k3' and 'control',
        and n for 'k1' and 'k2'.

    Raises
    ------
    TypeError
        If log_ratios does not hold real numbers, or unit or estimator is not a string.
    ValueError
        If there are fewer than two samples (three for 'control'), one is nan or -inf, axis, unit or estimator is
        unknown, or the mean of q/p is above 1e6: under P that has a probability below 1e-6.

    Warns
    -----
    RuntimeWarning
        If one sample carries more than a quarter of the scatter, as happens where the variance is infinite and where
        the sample is small; or if fewer than 100 effective samples are left. The standard error is then too small as a
        rule. That nothing is said does not make it right.

    References
    ----------
    Schulman (2020), where samples come from q, and KL[q, p] is wanted: his q is P here, and his p is Q.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=1000)  # P = N(0, 1), and Q = N(1, 1): the truth is 0.5 nats
    >>> log_ratios = 0.5 - x
    >>> value, error, _ = kl_from_log_ratios(log_ratios)
    >>> print(f"{value:.3f} ± {error:.3f} nats")
    0.548 ± 0.031 nats
    """
    base = check.log_of_base(unit)
    if not isinstance(estimator, str):
        raise TypeError(f"estimator must be a string, but got {estimator!r}")
    if estimator not in ("k1", "k2", "k3", "control"):
        raise ValueError(f"estimator must be 'k1', 'k2', 'k3' or 'control', but got {estimator!r}")
    given = _samples_last(log_ratios, axis)
    check.refuse(np.isnan(given), given, "log_ratios", "must hold numbers")
    check.refuse(
        given == -np.inf,
        given,
        "log_ratios",
        "must be above -inf, since what was drawn from P has p > 0",
    )
    n, least = given.shape[-1], 3 if estimator == "control" else 2
    if n < least:
        raise ValueError(
            f"log_ratios must hold at least {least} samples for {estimator!r}, whose scatter is measured, but got {n}"
        )
    excluded = np.isinf(given)
    log = np.where(excluded, 0.0, given)
    with np.errstate(over="ignore"):
        change = np.where(excluded, -1.0, np.expm1(-log))  # r - 1
        mean = 1 + change.mean(axis=-1)
    _refuse_other_samples(mean)
    spent = 1
    if estimator == "k1":
        terms = log
    elif estimator == "k2":
        terms = log * log / 2
    else:
        terms = _k3(log, change)
    if estimator == "control":
        # thm-estimating-kl-control: c = 1 + b. Written so, nothing cancels where p and q are close.
        terms, spent = terms + _slope(terms, change)[..., None] * change, 2
    value = terms.mean(axis=-1)
    square = (terms - value[..., None]) ** 2
    scatter = square.sum(axis=-1)
    error = np.sqrt(scatter / (n - spent) / n)
    size = np.full(value.shape, float(n))
    if estimator in ("k3", "control"):
        with np.errstate(invalid="ignore"):
            size = np.nan_to_num(n * mean**2 / (1 + 2 * (mean - 1) + (change * change).mean(axis=-1)))
    infinite = excluded.any(axis=-1)
    _warn_of_few(estimator, n, np.where(infinite, 0.0, square.max(axis=-1)), scatter, size)
    return _estimate(np.where(infinite, np.inf, value) / base, np.where(infinite, np.nan, error) / base, size)


def kl_from_counts(
    counts: ArrayLike, q: ArrayLike, /, *, corrected: bool = True, axis: int = -1, unit: str = "nats"
) -> Estimate:
    """KL(P || Q) from how often each outcome came in draws from P, for a known Q.

    Parameters
    ----------
    counts : array_like, shape (..., k)
        How often each outcome came in n independent draws, at least two; whole numbers.
    q : array_like, shape (..., k)
        Distributions, fixed before the draws. Batch axes broadcast.
    corrected : bool
        Whether (seen - 1)/(2 n) is subtracted from the divergence of Q from the shares, which is too large on average;
        seen is the number of outcomes that came. What is left may be negative.
    axis : int
        Axis of the outcomes, in counts and in q.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    Estimate
        Each part a float, or an array of the batch's shape. The value is inf, and its standard error nan, where
        something came that q excludes. The standard error is of first order: where P and Q agree it misses nearly all
        of the scatter, which is then that of a chi-square variable over 2 n.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, corrected is not a bool, or unit is not a string.
    ValueError
        If counts are not whole numbers of at least 0 with a sum of two or more, q is not a distribution over as many
        outcomes, the shapes do not broadcast, or axis or unit is unknown.

    Warns
    -----
    RuntimeWarning
        If more than a tenth of the draws are of outcomes that came once: about so much of P has not been seen at all
        (Good 1953), and the correction is too small.

    References
    ----------
    Miller (1955). The bias of the shares' divergence is that of their entropy, with the other sign
    (prop-estimating-kl-plug-in).

    Examples
    --------
    >>> value, error, n = kl_from_counts([60, 27, 13], [0.4, 0.4, 0.2])
    >>> print(f"{value:.3f} ± {error:.3f} nats from {n:g} draws")
    0.071 ± 0.040 nats from 100 draws
    """
    base = check.log_of_base(unit)
    drawn, n = _whole_counts(counts, axis, corrected)
    model, _ = check.distribution(q, "q", axis, False)
    check.same_outcomes(drawn, model, ("counts", "q"))
    value = np.asarray(kl_divergence(drawn, model, normalize=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(drawn > 0, np.log(drawn / n[..., None] / model), 0.0)
        error = _error_of_mean(drawn, n, logs, value)
    less = _first_order(drawn, n) if corrected else 0.0
    return _estimate((value - less) / base, error / base, np.broadcast_to(n, value.shape))


def entropy_from_counts(
    counts: ArrayLike, /, *, corrected: bool = True, axis: int = -1, unit: str = "nats"
) -> Estimate:
    """Entropy of P, from how often each outcome came in draws from it.

    Parameters
    ----------
    counts : array_like, shape (..., k)
        How often each outcome came in n independent draws, at least two; whole numbers.
    corrected : bool
        Whether (seen - 1)/(2 n) is added to the entropy of the shares, which is too small on average; seen is the
        number of outcomes that came.
    axis : int
        Axis of the outcomes.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    Estimate
        Each part a float, or an array of the batch's shape. The standard error is of first order: for equally probable
        outcomes it misses nearly all of the scatter.

    Raises
    ------
    TypeError
        If counts does not hold real numbers, corrected is not a bool, or unit is not a string.
    ValueError
        If counts are not whole numbers of at least 0 with a sum of two or more, or axis or unit is unknown.

    Warns
    -----
    RuntimeWarning
        If more than a tenth of the draws are of outcomes that came once: about so much of P has not been seen at all
        (Good 1953), and the correction is too small.

    References
    ----------
    Miller (1955).

    Examples
    --------
    >>> value, error, _ = entropy_from_counts([60, 27, 13])
    >>> print(f"{value:.3f} ± {error:.3f} nats")
    0.935 ± 0.055 nats
    """
    base = check.log_of_base(unit)
    drawn, n = _whole_counts(counts, axis, corrected)
    value = np.asarray(entropy(drawn, normalize=True))
    logs = -np.log(np.where(drawn > 0, drawn, n[..., None]) / n[..., None])
    more = _first_order(drawn, n) if corrected else 0.0
    return _estimate((value + more) / base, _error_of_mean(drawn, n, logs, value) / base, n)


def kl_from_neighbors(x: ArrayLike, y: ArrayLike, /, *, neighbors: int = 1, unit: str = "nats") -> Estimate:
    """KL(P || Q) from samples x of P and y of Q, two densities, by the distances to nearest neighbors.

    Parameters
    ----------
    x : array_like, shape (n,) or (n, d)
        Independent samples from P.
    y : array_like, shape (m,) or (m, d)
        Independent samples from Q, independent of x.
    neighbors : int
        Which neighbor is taken: 1 for the nearest. More scatter less, and are further away.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    Estimate
        With distances a from each x to its nearest other x, and b to the nearest y, the value is
        d mean(log(b/a)) + log(m/(n - 1)). It may be negative. In finite samples it is biased, the more the larger d is,
        and nothing in it tells by how much. The standard error comes from ten parts of the samples, taken in turn (nan
        if there are too few). In one dimension it was found 10 to 25 % too small; the effective size is n.

    Raises
    ------
    TypeError
        If x or y does not hold real numbers, neighbors is not an integer, or unit is not a string.
    ValueError
        If a number is not finite, x and y are not lists of points in one space, neighbors is below 1, there are too few
        points, two points are the same, or the unit is unknown.

    References
    ----------
    Wang, Kulkarni & Verdú (2009), the estimator with a fixed k.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(0, 1, size=1000), rng.normal(1, 1, size=3000)  # the truth is 0.5 nats
    >>> value, error, _ = kl_from_neighbors(x, y)
    >>> print(f"{value:.2f} ± {error:.2f} nats")
    0.53 ± 0.09 nats
    """
    base = check.log_of_base(unit)
    if isinstance(neighbors, bool) or not isinstance(neighbors, (int, np.integer)):
        raise TypeError(f"neighbors must be an integer, but got {neighbors!r}")
    if neighbors < 1:
        raise ValueError(f"neighbors must be at least 1, but got {neighbors}")
    points, others = (_points(given, name) for given, name in ((x, "x"), (y, "y")))
    if points.shape[1] != others.shape[1]:
        raise ValueError(
            f"x and y must be points of one space, but have {points.shape[1]} and {others.shape[1]} coordinates"
        )
    for list_, name, least in ((points, "x", neighbors + 1), (others, "y", neighbors)):
        if len(list_) < least:
            raise ValueError(
                f"{name} must hold at least {least} points for neighbors={neighbors}, but has {len(list_)}"
            )
    _refuse_ties(np.concatenate([points, others]))
    value = _by_neighbors(points, others, int(neighbors))
    parts = [(points[i::_PARTS], others[i::_PARTS]) for i in range(_PARTS)]
    error = np.nan
    if min(len(points), len(others)) >= _PARTS * (neighbors + 1):
        error = np.std([_by_neighbors(a, b, int(neighbors)) for a, b in parts], ddof=1) / np.sqrt(_PARTS)
    return _estimate(value / base, np.asarray(error / base), np.asarray(float(len(points))))


# ---- what the samples must be ----


def _samples_last(x: ArrayLike, axis: int) -> Array:
    array = check.real_array(x, "log_ratios").astype(np.float64)
    if array.ndim == 0:
        raise ValueError(f"log_ratios must be a list of numbers, but got the single number {array.item()!r}")
    return np.moveaxis(array, check.one_axis(axis, array.ndim, "log_ratios"), -1)


def _refuse_other_samples(mean: Array) -> None:
    bad = ~(mean <= _LARGEST_MEAN)
    if np.any(bad):
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        row = f" at batch index {where}" if where else ""
        raise ValueError(
            f"log_ratios must be log p - log q at samples from P, but the mean of exp(-log_ratios){row} is "
            f"{float(mean[where]):.2g}. It estimates 1, and exceeds 1e6 with a probability below 1e-6. "
            "Are they log q - log p, or are these samples from Q?"
        )


def _whole_counts(counts: ArrayLike, axis: int, corrected: bool) -> tuple[Array, Array]:
    """Counts with the outcomes on the last axis, and their sums."""
    if not isinstance(corrected, (bool, np.bool_)):
        raise TypeError(f"corrected must be True or False, but got {corrected!r}")
    array = check.outcomes_last(counts, "counts", axis).astype(np.float64)
    bad = ~((array >= 0) & (array == np.round(array)) & np.isfinite(array))
    check.refuse(bad, array, "counts", "must hold whole numbers of at least 0, how often each outcome came")
    n = array.sum(axis=-1)
    check.refuse(n < 2, n, "the sum of counts", "must be at least 2, or there is no scatter to measure")
    once = (array == 1).sum(axis=-1) / n
    if np.any(once > _ONCE):
        warnings.warn(
            f"{float(np.max(once)):.0%} of the draws are of outcomes that came once: about so much of the probability "
            "belongs to outcomes that have not come at all, and the estimate cannot know them. Draw more, or use wider "
            "categories.",
            RuntimeWarning,
            stacklevel=3,
        )
    return array, n


def _points(x: ArrayLike, name: str) -> Array:
    array = check.finite(x, name)
    if array.ndim not in (1, 2) or 0 in array.shape:
        raise ValueError(f"{name} must be a list of numbers or of points, shape (n,) or (n, d), but got {array.shape}")
    return array[:, None] if array.ndim == 1 else array


def _refuse_ties(points: Array) -> None:
    different, times = np.unique(points, axis=0, return_counts=True)
    if len(different) < len(points):
        first = int(np.argmax(times))
        raise ValueError(
            f"x and y must be samples from densities, in which no point comes twice, but {different[first].tolist()} "
            f"comes {times[first]} times. Are the values rounded, discrete, or drawn with replacement? Count discrete "
            "values (kl_from_counts); to rounded ones add noise as wide as the last digit, and say so."
        )


# ---- the estimates ----


def _estimate(value: Any, error: Any, size: Any) -> Estimate:
    return Estimate(*(check.scalar_or_array(part) for part in (value, error, size)))


def _k3(log: Array, change: Array) -> Array:
    """r - 1 + l, where change is r - 1."""
    near = np.abs(log) <= 0.5
    return np.where(near, expm1mx(np.where(near, -log, 0.0)), change + log)


def _slope(terms: Array, change: Array) -> Array:
    """The b for which terms + b change scatter least."""
    shift = change - change.mean(axis=-1, keepdims=True)
    # Where all are equal, what is left of them is rounding.
    square = np.where(np.ptp(change, axis=-1) > 0, (shift * shift).sum(axis=-1), 0.0)
    along = ((terms - terms.mean(axis=-1, keepdims=True)) * shift).sum(axis=-1)
    return np.asarray(np.where(square > 0, -along / np.where(square > 0, square, 1.0), 0.0))


def _warn_of_few(estimator: str, n: int, most: Array, scatter: Array, size: Array) -> None:
    share = np.max(most / np.where(scatter > 0, scatter, 1.0), initial=0.0)
    fewest = np.min(size, initial=np.inf)
    others = "" if estimator == "k1" else " or take estimator='k1'"
    said = []
    if share > _SHARE:
        said.append(f"a single one of {n} samples carries {share:.0%} of the scatter")
    if estimator in ("k3", "control") and fewest < _FEW:
        said.append(f"the weights q/p leave {fewest:.0f} effective samples of {n}")
    if said:
        warnings.warn(
            f"{' and '.join(said)}: the standard error is too small as a rule, and the variance may be infinite. "
            f"Draw more samples{others}.",
            RuntimeWarning,
            stacklevel=3,
        )


def _first_order(counts: Array, n: Array) -> Array:
    return np.asarray(((counts > 0).sum(axis=-1) - 1) / (2 * n))


def _error_of_mean(counts: Array, n: Array, logs: Array, mean: NDArray[Any]) -> Array:
    """The standard error of the mean of these logarithms, each as often as its outcome came."""
    return np.asarray(np.sqrt((counts * (logs - mean[..., None]) ** 2).sum(axis=-1) / (n - 1) / n))


def _by_neighbors(x: Array, y: Array, k: int) -> Any:
    from scipy.spatial import cKDTree  # not for those who only want divergences of lists

    n, d = x.shape
    own = cKDTree(x).query(x, k=[k + 1])[0][:, 0]  # the nearest is the point itself
    other = cKDTree(y).query(x, k=[k])[0][:, 0]
    if not (own.min() > 0 and other.min() > 0):
        raise ValueError(
            "x and y must be points whose distances can be told from 0, but some are too close: scale both"
        )
    return d * np.log(other / own).mean() + np.log(len(y) / (n - 1))
