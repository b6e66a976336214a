"""Closed forms for normal distributions."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from klnotes import _validate as check
from klnotes._series import log1pmx
from klnotes._sums import TINY, t_terms
from klnotes._typing import Array


def gaussian_entropy(std: ArrayLike, /, *, unit: str = "nats") -> Any:
    """Differential entropy of a normal distribution: log(2 pi e std**2)/2.

    Parameters
    ----------
    std : array_like
        Standard deviations, positive.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    float or ndarray, shape of std
        Negative when std is below 1/sqrt(2 pi e), about 0.242: a density can exceed 1.

    Raises
    ------
    TypeError
        If std does not hold real numbers, or unit is not a string.
    ValueError
        If an entry is not positive and finite, or the unit is unknown.

    References
    ----------
    Shannon (1948), section 20, item 4. Cover & Thomas (2006), example 8.1.2.

    Examples
    --------
    >>> round(gaussian_entropy(1.0), 4), round(gaussian_entropy(0.1), 4)
    (1.4189, -0.8836)
    """
    base = check.log_of_base(unit)
    return check.scalar_or_array((np.log(check.positive(std, "std")) + np.log(2 * np.pi * np.e) / 2) / base)


def gaussian_kl(mean0: ArrayLike, std0: ArrayLike, mean1: ArrayLike, std1: ArrayLike, /, *, unit: str = "nats") -> Any:
    """KL(N(mean0, std0**2) || N(mean1, std1**2)), in one dimension.

    Of vectors with independent coordinates (a diagonal covariance matrix) it is the sum over the coordinates.

    Parameters
    ----------
    mean0, mean1 : array_like
        Means; all four arguments broadcast.
    std0, std1 : array_like
        Standard deviations (not variances), positive.
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
        If a mean is not finite, a standard deviation not positive and finite, the shapes do not
        broadcast, or the unit is unknown.

    References
    ----------
    Kullback (1959), chapter 9. With z = std0**2/std1**2 - 1 and a = (mean0 - mean1)/std1 the
    divergence is (a**2 + z - log(1 + z))/2.

    Examples
    --------
    >>> gaussian_kl(1.0, 1.0, 0.0, 1.0)
    0.5
    >>> gaussian_kl([1.0, 2.0], [1.0, 1.0], 0.0, 1.0).sum()  # diagonal, in two dimensions
    np.float64(2.5)
    """
    base = check.log_of_base(unit)
    m0, m1 = check.finite(mean0, "mean0"), check.finite(mean1, "mean1")
    s0, s1 = check.positive(std0, "std0"), check.positive(std1, "std1")
    shape = m0.shape
    for other, name in ((s0, "std0"), (m1, "mean1"), (s1, "std1")):
        shape = check.broadcast(shape, other.shape, ("mean0", name))
    with np.errstate(all="ignore"):
        # Where the difference of the means overflows, half of it does not.
        shift = np.where(np.isfinite(m0 - m1), (m0 - m1) / s1, (m0 / 2 - m1 / 2) / s1 * 2)
        # prop-kl-divergence-gaussian, written with z.
        # (s0 - s1)(s0 + s1) and not s0**2 - s1**2, which cancels.
        ratio = s0 / s1
        z = (s0 - s1) / s1 * (ratio + 1)
        # Where the ratio leaves the floats, its logarithm does not.
        log = np.where((ratio > TINY) & (ratio < np.inf), np.log(ratio), np.log(s0) - np.log(s1))
        # z - log(1 + z), where 1 + z is the square of the ratio.
        excess = np.where(np.abs(z) <= 0.5, -log1pmx(np.clip(z, -0.5, 0.5)), z - 2 * log)
        return check.scalar_or_array((shift * shift + excess) / 2 / base)


@np.errstate(all="ignore")
def multivariate_gaussian_kl(
    mean0: ArrayLike,
    cov0: ArrayLike,
    mean1: ArrayLike,
    cov1: ArrayLike,
    /,
    *,
    form: str = "covariance",
    unit: str = "nats",
) -> Any:
    """KL(N(mean0, cov0) || N(mean1, cov1)), in d dimensions.

    Parameters
    ----------
    mean0, mean1 : array_like, shape (..., d)
        Means; the axes before the last are a batch, and all four arguments broadcast.
    cov0, cov1 : array_like, shape (..., d, d)
        Covariance matrices, positive definite, and symmetric but for rounding: as correlations, the two halves may
        differ by 1.5e-8 (float32: 3.5e-4), and their mean is taken. By `form` they are given otherwise.
    form : {'covariance', 'cholesky', 'variances'}
        What cov0 and cov1 are: the matrices; their Cholesky factors, lower triangular with a positive diagonal; or, of
        diagonal matrices, the diagonals alone, with the shape (..., d).
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    float or ndarray, shape (...)
        Never negative. What rounding costs grows with the condition numbers of cov0 and cov1; of variances, it costs
        a few units in the last place.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or form or unit is not a string.
    ValueError
        If the shapes do not fit, an entry is not finite, a covariance matrix is not symmetric or not
        positive definite, a factor is not triangular, or form or unit is unknown.

    References
    ----------
    Kullback (1959), chapter 9. With the eigenvalues w of L**-1 (cov0 - cov1) L**-T, where
    cov1 = L L**T, the divergence is the sum of (w - log(1 + w))/2 plus half the squared
    Mahalanobis distance of the means. With factors cov0 = K K**T and E = L**-1 (K - L) the first part is half the sum
    of the squares of E, plus the sum of e - log(1 + e) over its diagonal.

    Examples
    --------
    >>> multivariate_gaussian_kl([1, 0], [[1, 0], [0, 1]], [0, 0], [[1, 0], [0, 1]])
    0.5
    >>> multivariate_gaussian_kl([1, 0], [1, 1], [0, 0], [1, 1], form="variances")
    0.5
    """
    base = check.log_of_base(unit)
    if not isinstance(form, str):
        raise TypeError(f"form must be a string, 'covariance', 'cholesky' or 'variances', but got {form!r}")
    if form not in ("covariance", "cholesky", "variances"):
        raise ValueError(f"form must be 'covariance', 'cholesky' or 'variances', but got {form!r}")
    m0, m1, *given = _normals(mean0, cov0, mean1, cov1, form)
    forms = {"covariance": _of_covariances, "cholesky": _of_factors, "variances": _of_variances}
    shift, excess = forms[form](m0 - m1, *given)
    return check.scalar_or_array(((shift * shift).sum(axis=-1) + excess) / 2 / base)


@np.errstate(all="ignore")
def gaussian_wasserstein(mean0: ArrayLike, std0: ArrayLike, mean1: ArrayLike, std1: ArrayLike, /) -> Any:
    """Wasserstein distance W2 of N(mean0, std0**2) and N(mean1, std1**2), in one dimension.

    It has the unit of the means, and so no argument `unit`. Of vectors with independent coordinates it is the root of
    the sum of the squares over the coordinates.

    Parameters
    ----------
    mean0, mean1 : array_like
        Means; all four arguments broadcast.
    std0, std1 : array_like
        Standard deviations (not variances), not negative; with 0 it is a point mass.

    Returns
    -------
    float or ndarray, shape of the broadcast

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If a mean is not finite, a standard deviation is negative or not finite, or the shapes do not broadcast.

    References
    ----------
    Gelbrich (1990); Peyre & Cuturi (2019). It is the root of (mean0 - mean1)**2 + (std0 - std1)**2.

    Examples
    --------
    >>> gaussian_wasserstein(0.0, 1.0, 3.0, 5.0)
    5.0
    """
    m0, m1 = check.finite(mean0, "mean0"), check.finite(mean1, "mean1")
    s0, s1 = check.finite(std0, "std0"), check.finite(std1, "std1")
    shape = m0.shape
    for std, name in ((s0, "std0"), (s1, "std1")):
        check.refuse(std < 0, std, name, "must not be negative")
    for other, name in ((s0, "std0"), (m1, "mean1"), (s1, "std1")):
        shape = check.broadcast(shape, other.shape, ("mean0", name))
    return check.scalar_or_array(np.hypot(m0 - m1, s0 - s1))  # prop-wasserstein-normal


@np.errstate(all="ignore")
def multivariate_gaussian_wasserstein(mean0: ArrayLike, cov0: ArrayLike, mean1: ArrayLike, cov1: ArrayLike, /) -> Any:
    """Wasserstein distance W2 of N(mean0, cov0) and N(mean1, cov1), in d dimensions.

    It has the unit of the means, and so no argument `unit`.

    Parameters
    ----------
    mean0, mean1 : array_like, shape (..., d)
        Means; the axes before the last are a batch, and all four arguments broadcast.
    cov0, cov1 : array_like, shape (..., d, d)
        Covariance matrices, positive definite, and symmetric but for rounding: as correlations, the two halves may
        differ by 1.5e-8 (float32: 3.5e-4), and their mean is taken.

    Returns
    -------
    float or ndarray, shape (...)
        With equal means it is the Bures distance of the matrices, with its digits when these almost agree. What
        rounding costs grows with the condition numbers of cov0 and cov1.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If the shapes do not fit, an entry is not finite, or a covariance matrix is not symmetric or not positive
        definite.

    References
    ----------
    Gelbrich (1990); Peyre & Cuturi (2019). With cov0 = L L**T, cov1 = M M**T and the singular value
    decomposition L**T M = U S V**T it is the Frobenius norm of L U - M V, which does not cancel as the difference of
    the traces does.

    Examples
    --------
    >>> multivariate_gaussian_wasserstein([0, 0], [[1, 0], [0, 4]], [3, 0], [[1, 0], [0, 36]])
    5.0
    """
    m0, m1, given0, given1 = _normals(mean0, cov0, mean1, cov1, "covariance")
    (sigma0, root0), (sigma1, root1) = _factored(*given0), _factored(*given1)
    size = np.abs(np.diagonal(root0, axis1=-2, axis2=-1)).max(axis=-1, initial=0.0)[..., None, None]
    # In units of the largest standard deviation, so that no square leaves the floats.
    size = np.maximum(size, np.abs(np.diagonal(root1, axis1=-2, axis2=-1)).max(axis=-1, initial=0.0)[..., None, None])
    left, right = root0 / size, root1 / size
    u, _, vt = np.linalg.svd(left.mT @ right)
    apart = left @ u - right @ vt.mT
    # Where the matrices almost agree, that norm is a difference of nearly equal numbers. There K, which moves x by K x,
    # comes from the difference of the matrices: K A + A K + K A K = B - A, by iteration in the axes of A.
    change = (sigma1 - sigma0) / size / size
    whitened = np.linalg.solve(left, np.linalg.solve(left, change).mT)
    near = np.abs(np.linalg.eigvalsh((whitened + whitened.mT) / 2)).max(axis=-1)[..., None, None] <= 0.0625
    values, axes = np.linalg.eigh(sigma0 / size / size)
    turned, sums = axes.mT @ change @ axes, values[..., :, None] + values[..., None, :]
    moved = turned / sums
    for _ in range(16):
        moved = (turned - moved * values[..., None, :] @ moved) / sums
    close = np.where(near, moved * np.sqrt(values)[..., None, :], 0.0)
    bures = size[..., 0, 0] * np.linalg.norm(np.where(near, close, apart), axis=(-2, -1))
    shift = np.abs(m0 - m1)
    most = shift.max(axis=-1, keepdims=True)
    shift = most[..., 0] * np.linalg.norm(shift / np.where(most > 0, most, 1.0), axis=-1)
    return check.scalar_or_array(np.hypot(shift, bures))


Given = tuple[Array, str, float]  # what came for a covariance matrix, its name, and how asymmetric it may be


def _normals(
    mean0: ArrayLike, cov0: ArrayLike, mean1: ArrayLike, cov1: ArrayLike, form: str
) -> tuple[Array, Array, Given, Given]:
    """The means of two normal distributions in d dimensions, and what came for their covariance matrices."""
    m0, m1 = check.finite(mean0, "mean0"), check.finite(mean1, "mean1")
    if 0 in (m0.ndim, m1.ndim) or m0.shape[-1] == 0 or m0.shape[-1] != m1.shape[-1]:
        raise ValueError(
            f"mean0 and mean1 must be vectors of one length, but their shapes are {m0.shape} and {m1.shape}"
        )
    batch = check.broadcast(m0.shape[:-1], m1.shape[:-1], ("mean0", "mean1"))
    d, given = m0.shape[-1], []
    core = (d,) if form == "variances" else (d, d)
    for cov, name in ((cov0, "cov0"), (cov1, "cov1")):
        array = check.real_array(cov, name)
        matrix = check.finite(array, name)
        if matrix.shape[-len(core) :] != core:
            wanted = ", ".join(map(str, ("...", *core)))
            raise ValueError(f"{name} must have the shape ({wanted}), to fit mean0, but got {matrix.shape}")
        batch = check.broadcast(batch, matrix.shape[: -len(core)], ("the means", name))
        given.append((matrix, name, check.tolerance(array)))
    return m0, m1, given[0], given[1]


def _of_covariances(shift: Array, given0: Given, given1: Given) -> tuple[Array, Array]:
    """The whitened difference of the means, and twice the divergence without it."""
    (sigma0, root0), (sigma1, root1) = _factored(*given0), _factored(*given1)
    shift = np.asarray(np.linalg.solve(root1, shift[..., None])[..., 0], dtype=np.float64)
    whitened = np.linalg.solve(root1, np.linalg.solve(root1, sigma0 - sigma1).mT)
    w = np.asarray(np.linalg.eigvalsh((whitened + whitened.mT) / 2), dtype=np.float64)
    # Far from each other: log det from the Cholesky factors, as 1 + w would lose the small eigenvalues.
    logs = 2 * (_log_diagonal(root0) - _log_diagonal(root1))
    return shift, np.where(w[..., 0] > -0.5, -log1pmx(np.maximum(w, -0.5)).sum(axis=-1), w.sum(axis=-1) - logs)


def _of_factors(shift: Array, given0: Given, given1: Given) -> tuple[Array, Array]:
    """The same from Cholesky factors: no term is negative, so no two of them cancel."""
    (root0, *_), (root1, *_) = given0, given1
    for root, name in ((root0, given0[1]), (root1, given1[1])):
        above = np.triu(np.ones(root.shape[-2:], dtype=bool), 1) & (root != 0)
        check.refuse(above, root, name, "must be lower triangular, as a Cholesky factor is")
        check.refuse(np.eye(root.shape[-1], dtype=bool) & ~(root > 0), root, name, "must have a positive diagonal")
    shift = np.asarray(np.linalg.solve(root1, shift[..., None])[..., 0], dtype=np.float64)
    moved = np.linalg.solve(root1, root0 - root1)
    a, b = (np.diagonal(root, axis1=-2, axis2=-1) for root in (root1, root0))
    a, b = np.broadcast_arrays(a, b)
    return shift, (moved * moved).sum(axis=(-2, -1)) + 2 * (t_terms(a, b, a - b) / a).sum(axis=-1)


def _of_variances(shift: Array, given0: Given, given1: Given) -> tuple[Array, Array]:
    """The same from the diagonals: a sum over the coordinates."""
    for variances, name, _ in (given0, given1):
        check.refuse(~(variances > 0), variances, name, "must hold positive variances")
    a, b = np.broadcast_arrays(given1[0], given0[0])
    return shift / np.sqrt(given1[0]), (t_terms(a, b, a - b) / a).sum(axis=-1)


def _factored(cov: Array, name: str, tolerance: float) -> tuple[Array, Array]:
    """The mean of a covariance matrix and its transpose, and the Cholesky factor of this mean."""
    check.refuse(np.eye(cov.shape[-1], dtype=bool) & ~(cov > 0), cov, name, "must have positive variances")
    std = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    # As correlations, since a product of matrices rounds each entry at the scale of its two variables.
    gap = np.abs(cov / std[..., None] - cov.mT / std[..., None]) / std[..., None, :]
    if np.any(gap > tolerance):
        place = tuple(int(i) for i in np.unravel_index(np.argmax(gap), gap.shape))
        mirror = (*place[:-2], place[-1], place[-2])
        raise ValueError(
            f"{name} must be symmetric (to {tolerance:.1e}, as correlations), but {name}{list(place)} is "
            f"{float(cov[place])!r} and {name}{list(mirror)} is {float(cov[mirror])!r}; "
            f"if only rounding made them differ, pass ({name} + {name}.mT)/2"
        )
    matrix = cov / 2 + cov.mT / 2
    try:
        return matrix, np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        least = np.linalg.eigvalsh(matrix)[..., 0]
        place = tuple(int(i) for i in np.unravel_index(np.argmin(least), least.shape))
        row = f" at batch index {place}" if place else ""
        raise ValueError(
            f"{name} must be positive definite, but its smallest eigenvalue{row} is {float(least[place]):.2g}; "
            "in a direction without variance there is no density: drop a variable that the others determine"
        ) from None


def _log_diagonal(root: np.ndarray) -> np.ndarray:
    """log det of the Cholesky factor."""
    return np.asarray(np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1))


@np.errstate(all="ignore")
def gaussian_mutual_information(correlation: ArrayLike, /, *, unit: str = "nats") -> Any:
    """Mutual information of two jointly normal variables: -log(1 - correlation**2)/2.

    Parameters
    ----------
    correlation : array_like
        Pearson correlations, between -1 and 1.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    float or ndarray, shape of correlation
        0 for 0, inf for -1 and 1.

    Raises
    ------
    TypeError
        If correlation does not hold real numbers, or unit is not a string.
    ValueError
        If an entry is not between -1 and 1, or the unit is unknown.

    References
    ----------
    Cover & Thomas (2006), example 8.5.1.

    Examples
    --------
    >>> round(gaussian_mutual_information(0.8), 4)
    0.5108
    """
    base = check.log_of_base(unit)
    rho = check.finite(correlation, "correlation")
    check.refuse(np.abs(rho) > 1, rho, "correlation", "must lie between -1 and 1")
    # prop-mutual-information-gaussian. Its 1 - rho**2 loses digits near abs(rho) = 1, and the sum of the two logarithms
    # loses them near rho = 0.
    log = np.where(np.abs(rho) < 0.5, np.log1p(-rho * rho), np.log1p(-rho) + np.log1p(rho))
    return check.scalar_or_array((0.0 - log) / 2 / base)
