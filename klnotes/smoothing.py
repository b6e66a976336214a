"""From counts to a distribution in which nothing has to be impossible."""

import numpy as np
from numpy.typing import ArrayLike

from klnotes import _validate as check
from klnotes._typing import Array


def additive_smoothing(counts: ArrayLike, alpha: ArrayLike, /, *, axis: int = -1) -> Array:
    """Additive smoothing: the shares (c + alpha) / sum (c + alpha) after alpha is added to each count c.

    Parameters
    ----------
    counts : array_like
        How often each outcome came, along `axis`; the other axes are a batch. Weights that are no whole numbers may
        stand for counts.
    alpha : array_like
        What is added, at least 0: 1 is Laplace's rule, 1/2 that of Krichevsky and Trofimov. It broadcasts against
        counts: one number for all, one for each outcome (the parameters of a Dirichlet prior), or, as a column, a
        batch of them.
    axis : int
        The axis that holds the outcomes.

    Returns
    -------
    ndarray, of the shape to which counts and alpha broadcast
        Distributions along `axis`: for alpha > 0 the mean of a Dirichlet(alpha) prior once the counts are known.

    Raises
    ------
    TypeError
        If counts or alpha does not hold real numbers, or axis is no integer.
    ValueError
        If an entry is negative, NaN or infinite, the shapes do not broadcast, alpha would repeat a count, the axis
        is unknown, or there is nothing to divide by: no count, and nothing added.

    References
    ----------
    Chen & Goodman (1996), section 2, and the sources there; Krichevsky & Trofimov (1981) for 1/2.

    Examples
    --------
    >>> additive_smoothing([2, 1, 0], 1)
    array([0.5       , 0.33333333, 0.16666667])
    >>> additive_smoothing([2, 1, 0], [[0], [1 / 2]])
    array([[0.66666667, 0.33333333, 0.        ],
           [0.55555556, 0.33333333, 0.11111111]])
    """
    given, added = check.finite(counts, "counts"), check.finite(alpha, "alpha")
    for array, name in ((given, "counts"), (added, "alpha")):
        check.refuse(array < 0, array, name, "must not be negative")
    if given.ndim == 0:
        raise ValueError(f"counts must be a list of counts, but got the single number {given.item()!r}")
    shape = check.broadcast(given.shape, added.shape, ("counts", "alpha"))
    place = check.one_axis(axis, len(shape), "counts + alpha") % len(shape) - len(shape)
    size = given.shape[place] if given.ndim >= -place else 1
    if size != shape[place]:
        raise ValueError(
            f"counts and alpha must have the same number of outcomes, or alpha one for all, but got {size} and "
            f"{shape[place]}"
        )
    with np.errstate(over="ignore"):
        raised = given + added
        total = raised.sum(axis=place, keepdims=True)
    check.refuse(~((total > 0) & (total < np.inf)), total, "the sum of counts + alpha", "must be positive and finite")
    return np.asarray(raised / total)
