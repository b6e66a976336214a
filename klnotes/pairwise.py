"""Divergences of each of many distributions from each of many others: by matrix products as far as these keep digits.

With t(a, b) = a log(a/b) - a + b as in _sums.py, it holds for any number c > 0 that

    t(a, b) = t(a, c) + t(c, b) - (a - c) log(b/c).                                               (2)

Summed over the outcomes, the first two are one number for each row of P and of Q, and the last is a matrix product. If
c is the mean of all rows, these sums are no larger than the distances of the rows from their mean, squared. So they
cancel only where two rows are much nearer to each other than to the mean, and not, as in sum p log p - sum p log q,
wherever two rows are near.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from klnotes import _validate as check
from klnotes._sums import KL, Factors, Sums, divergence, log_ratio, t_terms
from klnotes._typing import Array

_CERTIFIED = 0.2  # a sum of at least this share of what it was added up from keeps its digits


@np.errstate(all="ignore")
def pairwise_kl(p: ArrayLike, q: ArrayLike, /, *, unit: str = "nats", normalize: bool = False) -> Any:
    """Kullback-Leibler divergences KL(P_i || Q_j) of all rows of p from all rows of q, with all their digits.

    It is kl_divergence(p[:, None], q[None]), but most pairs are found by a matrix product.

    Parameters
    ----------
    p : array_like, shape (n, k)
        Distributions, one in each row: the references.
    q : array_like, shape (m, k)
        Distributions, one in each row: the models.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.
    normalize : bool
        Divide each row by its sum first (counts, weights). Otherwise a sum that misses 1 by more than rounding is
        refused.

    Returns
    -------
    ndarray, shape (n, m)
        KL(P_i || Q_j) in row i and column j. Never negative, and 0 where the rows are equal.

    Raises
    ------
    TypeError
        If p or q does not hold real numbers, or another argument has the wrong type.
    ValueError
        If p or q is no table of distributions, the rows differ in length, or the unit is unknown.

    Notes
    -----
    The plain way, `(p * log(p)).sum(1)[:, None] - p @ log(q).T`, loses the digits of pairs that are near. Here the rows
    are compared with their common mean, which costs one matrix product of that size (two if q has zeros), the
    logarithms of p and q, and a few passes over the result: some times the time of the plain way, which the page of
    benchmarks shows. Pairs much nearer to each other than to the mean, as within a cluster or on the diagonal of
    pairwise_kl(p, p), are computed one by one, at the price of kl_divergence, or k logarithms each. With normalize=True
    all pairs of less than 2**-7 nats are.

    Memory: the result, one array as large as q (two if q has zeros), and for rows of up to half a million numbers about
    50 MB. Nothing of size n m k is made.

    Examples
    --------
    >>> pairwise_kl([[0.5, 0.5], [0.25, 0.75]], [[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]], unit="bits").round(4)
    array([[0.    , 0.2075,    inf],
           [0.1887, 0.    ,    inf]])
    """
    base = check.log_of_base(unit)
    (a, total_a), (b, total_b) = _table(p, "p", normalize), _table(q, "q", normalize)
    check.same_outcomes(a[:, None], b[None])
    n, m, k = len(a), len(b), a.shape[1]
    result: Array = np.empty((n, m))
    if result.size == 0:
        return result
    factors = Factors(*np.frexp(total_a[:, None]), *np.frexp(total_b[:, None])) if normalize else None

    def shares(x: NDArray[Any], total: Array, rows: slice) -> Array:
        return x[rows] / total[rows, None] if normalize else x[rows].astype(np.float64, copy=False)

    c = sum(shares(a, total_a, rows).sum(axis=0) for rows in _blocks(n, k)) / (2 * n)
    c += sum(shares(b, total_b, rows).sum(axis=0) for rows in _blocks(m, k)) / (2 * m)
    logs: Array = np.empty((m, k))
    models = np.empty((4, m))
    for rows in _blocks(m, k, 2**15):
        logs[rows], models[:, rows] = _seen_from(c, shares(b, total_b, rows))
    excluded = (b == 0).astype(np.float64) if np.min(b) == 0 else None
    for rows in _blocks(n, max(k, m)):
        x = shares(a, total_a, rows)
        found, sure = _by_products(c, x, logs, models, normalize)
        if excluded is not None:
            infinite = (x > 0).astype(np.float64) @ excluded.T > 0
            found[infinite], sure[infinite] = np.inf, True
        result[rows] = found
        one_by_one = np.argwhere(~sure) + np.array([rows.start, 0])
        for some in _blocks(len(one_by_one), k, 2**15):
            i, j = one_by_one[some].T
            own = factors and Factors(*(f[i] for f in factors[:2]), *(f[j] for f in factors[2:]))
            result[i, j] = divergence(KL(a[i], b[j], own))
    result /= base
    return result


def _table(x: ArrayLike, name: str, normalize: bool) -> tuple[NDArray[Any], Array]:
    """x as a table of distributions, and the sums of its rows."""
    array = check.real_array(x, name)
    if array.ndim != 2:
        raise ValueError(f"{name} must be a table with one distribution in each row, but its shape is {array.shape}")
    return check.distribution(array, name, -1, normalize)


def _blocks(rows: int, width: int, size: int = 2**19) -> list[slice]:
    """The rows of a table, as many at a time as hold `size` numbers."""
    height = max(1, size // width)
    return [slice(top, min(top + height, rows)) for top in range(0, rows, height)]


def _seen_from(c: Array, b: Array) -> tuple[Array, tuple[Array, Array, Array, Array]]:
    """log(b/c), and for each row the sums of t(c, b), the same without what cancels in it, of b - c and of c log**2."""
    center, d = np.broadcast_to(c, b.shape), b - c
    with_zeros = not np.min(b) > 0
    terms, logs = t_terms(center, b, -d), log_ratio(b, center, d)
    parts = terms.sum(axis=-1)
    size = parts
    if with_zeros:
        # Where b = 0, t(a, b) is 0 or infinite. As 0 it is c from t(a, c), -c from here and 0 from the product.
        zero = b == 0
        logs[zero] = 0.0
        kept, left = np.where(zero, 0.0, terms).sum(axis=-1), np.where(zero, center, 0.0).sum(axis=-1)
        parts, size = kept - left, kept + left
    return logs, (parts, size, d.sum(axis=-1), np.sqrt((center * logs * logs).sum(axis=-1)))


def _seen_by(c: Array, a: Array, d: Array) -> tuple[Array, Array, Array, Array]:
    """For each row the sums of t(a, c), of a, of a - c and of its square over c."""
    terms = t_terms(a, np.broadcast_to(c, a.shape), d).sum(axis=-1)
    return terms, a.sum(axis=-1), d.sum(axis=-1), np.sqrt((d * d / np.where(c > 0, c, 1.0)).sum(axis=-1))


def _by_products(c: Array, a: Array, logs: Array, models: Array, rounded: bool) -> tuple[Array, NDArray[np.bool_]]:
    """The divergences by equation (2), and which of them have kept their digits."""
    d = a - c
    sums = [_seen_by(c, a[rows], d[rows]) for rows in _blocks(len(a), a.shape[1], 2**15)]
    terms, mass, excess, spread = (x[:, None] for x in np.concatenate(sums, axis=-1))
    found = divergence(Sums(terms + models[0] - d @ logs.T, mass, models[2] - excess))
    # What has been added up: two sums of terms, and products whose sizes sum to at most spread times that of the model
    # (Cauchy-Schwarz). Each of their roundings is 2**-53 of that, and those of k products, whose signs are random, do
    # not make it grow as k.
    least = _CERTIFIED * (terms + models[1] + spread * models[3]) + np.finfo(np.float64).tiny
    # Shares that have been rounded cost a few times 2**-53 sum |p - q|: thm-computing-kl-certificate.
    return found, (found >= np.maximum(least, 2.0**-7) if rounded else found >= least)
