"""Mixtures of normal distributions on the line, and the normal distributions that are fitted to them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logsumexp

from klnotes import _validate as check
from klnotes._typing import Array
from klnotes.gaussian import gaussian_kl

_END = 10.0  # standard deviations: beyond, a normal distribution has 1.5e-23 of its mass
_COARSE, _FINEST = 0.25, 2.0**-16  # spacing of the nodes


class NormalFit(NamedTuple):
    """A normal distribution that was fitted, and the divergence that is left."""

    mean: float
    std: float
    kl: float


def mixture_log_density(x: ArrayLike, weights: ArrayLike, means: ArrayLike, stds: ArrayLike, /) -> Any:
    """Logarithm of the density of a mixture, the sum of weights[k] N(x; means[k], stds[k]**2) over k.

    Parameters
    ----------
    x : array_like
        Where to take it.
    weights, means, stds : array_like, shape (k,)
        Weights of the components, which sum to one, their means and their standard deviations (not variances).

    Returns
    -------
    float or ndarray, shape of x
        Finite wherever its value is a float, even where the density itself underflows.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If weights is not one distribution, means and stds have another shape, an entry of x or means is not finite, or
        one of stds is not positive and finite.

    References
    ----------
    MacKay (2003), section 22.2.

    Examples
    --------
    >>> round(mixture_log_density(0.0, [0.5, 0.5], [-2.0, 2.0], [1.0, 1.0]), 4)
    -2.9189
    """
    mixture = _mixture(weights, means, stds)
    at = check.finite(x, "x")
    u = (at[..., None] - mixture.means) / mixture.stds
    parts = mixture.logs - np.log(mixture.stds) - u * u / 2
    return check.scalar_or_array(logsumexp(parts, axis=-1) - np.log(2 * np.pi) / 2)


def kl_to_mixture(
    mean: ArrayLike,
    std: ArrayLike,
    weights: ArrayLike,
    means: ArrayLike,
    stds: ArrayLike,
    /,
    *,
    unit: str = "nats",
) -> Any:
    """KL(N(mean, std**2) || mixture): with the mixture as target it is the reverse direction.

    Parameters
    ----------
    mean, std : array_like
        Means and standard deviations (not variances) of the normal distributions; they broadcast.
    weights, means, stds : array_like, shape (k,)
        The mixture, as mixture_log_density takes it.
    unit : {'nats', 'bits', 'hartleys'}
        Unit of the result.

    Returns
    -------
    float or ndarray, shape of the broadcast
        Never negative. It is the mean of a logarithm by the trapezoidal rule, whose spacing is halved until nothing
        changes; the error is near 1e-15 of 1 + KL while the components' slopes differ by less than 1e4/std where they
        cross.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or unit is not a string.
    ValueError
        If the mixture is none, mean and std do not broadcast, an entry of mean is not finite, one of std is not
        positive and finite, or the unit is unknown.

    References
    ----------
    Trefethen & Weideman (2014), theorem 5.1: for an integrand that is analytic in a strip about the line, the error of
    the trapezoidal rule falls exponentially in the number of nodes.

    Examples
    --------
    >>> round(kl_to_mixture(0.0, 2.0, [0.5, 0.5], [-2.0, 2.0], [1.0, 1.0]), 4)
    0.2278
    """
    base = check.log_of_base(unit)
    mixture = _mixture(weights, means, stds)
    m, s = check.finite(mean, "mean"), check.positive(std, "std")
    shape = check.broadcast(m.shape, s.shape, ("mean", "std"))
    m, s = (np.broadcast_to(a, shape).ravel() for a in (m, s))
    blocks = [_moments(m[k : k + 256], s[k : k + 256], mixture, slopes=False)[0] for k in range(0, m.size, 256)]
    kl = np.maximum(-np.concatenate([*blocks, np.empty(0)]), 0.0)
    return check.scalar_or_array(kl.reshape(shape) / base)


def kl_from_mixture(
    weights: ArrayLike,
    means: ArrayLike,
    stds: ArrayLike,
    mean: ArrayLike,
    std: ArrayLike,
    /,
    *,
    unit: str = "nats",
) -> Any:
    """KL(mixture || N(mean, std**2)): with the mixture as target it is the forward direction.

    Parameters, errors and shapes are those of kl_to_mixture, and so is the accuracy.

    Returns
    -------
    float or ndarray, shape of the broadcast
        Never negative.

    References
    ----------
    With the components N_k it is the mean of KL(N_k || N) minus that of KL(N_k || mixture), both weighted as the
    mixture is: the logarithm of N_k cancels.

    Examples
    --------
    >>> round(kl_from_mixture([0.5, 0.5], [-2.0, 2.0], [1.0, 1.0], 0.0, 2.0), 4)
    0.1854
    """
    base = check.log_of_base(unit)
    w, mu, sigma = (np.asarray(a) for a in _mixture(weights, means, stds)[1:])
    m, s = check.finite(mean, "mean"), check.positive(std, "std")
    check.broadcast(m.shape, s.shape, ("mean", "std"))
    outside = gaussian_kl(mu, sigma, m[..., None], s[..., None]) @ w
    inside = w @ kl_to_mixture(mu, sigma, w, mu, sigma)
    return check.scalar_or_array(np.maximum(outside - inside, 0.0) / base)


def forward_normal_fit(weights: ArrayLike, means: ArrayLike, stds: ArrayLike, /, *, unit: str = "nats") -> NormalFit:
    """The normal distribution with the smallest KL(mixture || normal): that with the mixture's mean and variance.

    Parameters, errors and shapes are those of kl_from_mixture, but there is no mean and no std.

    Returns
    -------
    NormalFit
        Its mean, its std, and the divergence that is left, kl.

    Examples
    --------
    >>> fit = forward_normal_fit([0.5, 0.5], [-2.0, 2.0], [1.0, 1.0])
    >>> [round(x, 4) for x in fit]
    [0.0, 2.2361, 0.172]
    """
    mean, std = _mean_and_std(_mixture(weights, means, stds))
    return NormalFit(mean, std, kl_from_mixture(weights, means, stds, mean, std, unit=unit))


def reverse_normal_fits(
    weights: ArrayLike, means: ArrayLike, stds: ArrayLike, /, *, unit: str = "nats"
) -> list[NormalFit]:
    """The normal distributions at which KL(normal || mixture) has a local minimum, the smallest first.

    Parameters, errors and shapes are those of kl_to_mixture, but there is no mean and no std.

    Returns
    -------
    list of NormalFit
        For each its mean, its std, and the divergence that is left, kl. They are what Newton's method finds from
        starts all over the mixture: nothing proves that there are no more.

    References
    ----------
    At a minimum the mean slope of the mixture's log density is 0 and its mean curvature is -1/std**2, both under the
    fit (prop-forward-and-reverse-stationary).

    Examples
    --------
    >>> for fit in reverse_normal_fits([0.9, 0.1], [-4.0, 4.0], [1.0, 1.0]):
    ...     print([round(x, 4) for x in fit])
    [-3.9999, 1.0003, 0.1053]
    [3.9988, 1.0022, 2.3023]
    """
    base = check.log_of_base(unit)
    mixture = _mixture(weights, means, stds)
    center, spread = _mean_and_std(mixture)
    least, most = mixture.means.min(), mixture.means.max()
    narrow = mixture.stds.min()
    places = np.concatenate([mixture.means, np.full(4, center), [(least + most) / 2], np.linspace(least, most, 5)])
    widths = np.concatenate([mixture.stds, np.geomspace(narrow, spread, 4), np.full(6, spread)])
    rough = _descended(places, widths, mixture, 1e-4)
    fits = [NormalFit(*fit) for fit in _descended(rough[:, 0], rough[:, 1], mixture, 1e-12).tolist()]
    return [fit._replace(kl=fit.kl / base) for fit in fits]


class Phases(NamedTuple):
    """Where the optima of the reverse fit to two equally wide bumps come, go and tie: rows of m and weight.

    The bumps stand at -m and m, in units of their standard deviation, and the weight is that of the right one. What is
    said of the right one holds of the left one at 1 - weight.

    Inside the horn, where m is larger, the optimum on the right bump and a broad one coexist. On the tie the two are
    equally good: it runs from the tip of the horn to weight 1/2, where the optimum on the left bump is as good as they
    are. Further out the heavier bump wins. To the right of peaks, given from weight 1/2 upward, the mixture has two.
    """

    horn: Array
    tie: Array
    peaks: Array


def two_bump_phases(far: float = 4.0, /) -> Phases:
    """The phase diagram of the reverse fit to (1 - weight) N(-m, 1) + weight N(m, 1), as far as m = far.

    Parameters
    ----------
    far : float
        From 3 to 5.

    Returns
    -------
    Phases

    Raises
    ------
    ValueError
        If far is not a number from 3 to 5.

    References
    ----------
    At the edge of a horn a minimum meets a saddle: the gradient vanishes, and so does the determinant of the Hessian.

    Examples
    --------
    >>> two_bump_phases().tie[[0, -1]].round(3)
    array([[2.002, 0.743],
           [2.8  , 0.5  ]])
    """
    end = check.finite(far, "far")
    if end.ndim or not 3 <= end <= 5:
        raise ValueError(f"far must be a number from 3 to 5, but got {far!r}")
    edge, log_std = [np.array([1.03, 1.02 * end, 0.5])], float(np.log(0.85 * end))  # mean, m and logit of the weight
    while len(edge) < 20 or edge[-1][1] < end:  # it goes to the tip and comes back
        ahead = 2 * edge[-1] - edge[-2] if log_std < 0.4 else edge[-1]  # where the steps are equal
        edge.append(_solved(_edge, ahead, log_std))
        log_std -= 0.03 if log_std > 0.42 else 0.006
    tip = _solved(_tip, np.array([1.42, 0.424, 2.002, 1.06]))
    last = _solved(_tie, np.array([0.0, 0.956, 2.768, 0.043, 2.8]), None)
    ties, m = [np.array([*last[:4], 0.0])], np.linspace(last[4], tip[2], 16)
    for at in m[1:-1]:
        ties.append(_solved(_tie, ties[-1], at))
    horn = [(m, expit(logit)) for _, m, logit in edge[1:]]
    horn.insert(int(np.argmin(horn, axis=0)[0]) + 1, (tip[2], expit(tip[3])))
    tie = np.stack([m, expit([*(v[4] for v in ties), tip[3]])], axis=-1)[::-1]
    # The slope of log p is m tanh(m x + logit/2) - x; its zeros meet where x**2 = m**2 - 1.
    at = np.linspace(1, end, 41)
    x = np.sqrt(at * at - 1)
    return Phases(np.array(horn), tie, np.stack([at, expit(2 * (at * x - np.arctanh(x / at)))], axis=-1))


def _two_bumps(mean: float, log_std: float, m: float, logit: float) -> Array:
    mixture = _Mixture(np.log(expit([-logit, logit])), np.empty(0), np.array([-m, m]), np.ones(2))
    return _moments(np.array([mean]), np.exp([log_std]), mixture, 1e-10)


def _edge(v: Array, log_std: float) -> Array:
    """0 where a minimum meets a saddle; v is mean, m and logit."""
    moments = _two_bumps(v[0], log_std, v[1], v[2])
    return np.append(_gradient(moments), np.linalg.det(_hessian(moments)))


def _tip(v: Array) -> Array:
    """0 where two edges meet: the determinant is 0 to second order; v is mean, log std, m and logit."""
    values, vectors = np.linalg.eigh(_hessian(_two_bumps(*v))[0])
    along = 1e-3 * vectors[:, np.argmin(np.abs(values))] * (np.exp(v[1]), 1.0)
    beside = [_edge(v[[0, 2, 3]] + (sign * along[0], 0, 0), v[1] + sign * along[1])[2] for sign in (-1, 1)]
    return np.append(_edge(v[[0, 2, 3]], v[1]), (beside[1] - beside[0]) * 500)


def _tie(v: Array, m: float | None) -> Array:
    """0 where two minima have one value; v is mean and log std of both, and the logit (or m, for equal weights)."""
    place = (v[4], 0.0) if m is None else (m, v[4])
    one, other = _two_bumps(v[0], v[1], *place), _two_bumps(v[2], v[3], *place)
    return np.concatenate([_gradient(one)[0], _gradient(other)[0], one[0] - other[0]])


def _solved(function: Callable[..., Array], v: Array, *given: Any) -> Array:
    """A zero near v, by Newton's method with differences for derivatives."""
    for _ in range(50):
        steps = 1e-5 * np.eye(v.size)
        slopes = [(function(v + h, *given) - function(v - h, *given)) / 2e-5 for h in steps]
        move = np.linalg.solve(np.transpose(slopes), function(v, *given))
        v = v - move / max(1.0, 5 * np.abs(move).max())
        if np.abs(move).max() < 1e-7:  # the next would be far smaller
            break
    return v


class _Mixture(NamedTuple):
    """A mixture as it is computed with; a component with weight 0 is left out."""

    logs: Array  # of the weights
    weights: Array
    means: Array
    stds: Array


def _mixture(weights: ArrayLike, means: ArrayLike, stds: ArrayLike) -> _Mixture:
    w, total = check.distribution(weights, "weights", -1, False)
    m, s = check.finite(means, "means"), check.positive(stds, "stds")
    if w.ndim != 1:
        raise ValueError(f"weights must be one list of weights, but its shape is {w.shape}")
    for array, name in ((m, "means"), (s, "stds")):
        if array.shape != w.shape:
            raise ValueError(f"{name} must have the shape {w.shape} of weights, but its shape is {array.shape}")
    share = (w / total)[w > 0].astype(np.float64)
    return _Mixture(np.log(share), share, m[w > 0], s[w > 0])


def _mean_and_std(mixture: _Mixture) -> tuple[float, float]:
    mean = mixture.weights @ mixture.means
    return float(mean), float(np.sqrt(mixture.weights @ (mixture.stds**2 + (mixture.means - mean) ** 2)))


def _sums(z: Array, mean: Array, std: Array, mixture: _Mixture, slopes: bool) -> Array:
    """Sums over the nodes z, with the weights exp(-z**2/2): of log(p/q), and of s, z s, z**2 s and z**3 s.

    Here p is the mixture, q the normal distribution, both at mean + std z, and s is std times the slope of log p.
    """
    u = (mean[:, None, None] + std[:, None, None] * z[:, None] - mixture.means) / mixture.stds
    ratio = std[:, None, None] / mixture.stds
    # Each component against q, so that nothing is left where it is q.
    parts = mixture.logs + np.log(ratio) - (u - z[:, None]) * (u + z[:, None]) / 2
    top = parts.max(axis=-1)
    shares = np.exp(parts - top[..., None])
    total = shares.sum(axis=-1)
    weight = np.exp(-z * z / 2)
    sums = [(top + np.log(total)) @ weight]
    if slopes:
        slope = -(shares * u * ratio).sum(axis=-1) / total
        sums += [slope @ (weight * z**k) for k in range(4)]
    return np.array(sums)


def _moments(mean: Array, std: Array, mixture: _Mixture, tolerance: float = 1e-14, slopes: bool = True) -> Array:
    """The sums of _sums as means under q, by the trapezoidal rule, its spacing halved until little changes."""
    h = _COARSE
    nodes = np.arange(-_END, _END + h / 2, h)
    means = _sums(nodes, mean, std, mixture, slopes) * h / np.sqrt(2 * np.pi)
    while h > _FINEST:
        middle = _sums((nodes + h / 2)[:-1], mean, std, mixture, slopes) * h / np.sqrt(2 * np.pi)
        before, means = means, (means + middle) / 2
        h /= 2
        nodes = np.arange(-_END, _END + h / 2, h)
        # The change is the error of the rule before; that of this one is far smaller. No bump may fall between nodes.
        if h * std.max() <= mixture.stds.min() and np.all(np.abs(means - before) <= tolerance * (1 + np.abs(means))):
            break
    return np.asarray(means)


def _descended(mean: Array, std: Array, mixture: _Mixture, tolerance: float) -> Array:
    """Newton's method from many starts at once, downhill: a row of mean, std and divergence for each minimum."""
    now, moving = _moments(mean, std, mixture, tolerance), np.full(mean.shape, True)
    for _ in range(100):
        step = _newton(now)
        if not moving.any():
            break
        step /= np.maximum(1.0, np.abs(step).max(axis=0))
        moving = np.abs(step).max(axis=0) > tolerance  # if not, this step is the last
        for _ in range(30):
            new_mean, new_std = mean + std * step[0], std * np.exp(step[1])
            new = _moments(new_mean, new_std, mixture, tolerance)
            worse = moving & (new[0] < now[0] - tolerance * (1 + np.abs(now[0])))
            if not worse.any():
                break
            step[:, worse] /= 2
        mean, std, now = new_mean, new_std, new
    minimum = ~moving & (np.linalg.eigvalsh(_hessian(now)) > 1e-6).all(axis=-1)
    rows = np.stack([mean, std, np.maximum(-now[0], 0.0)], axis=-1)[minimum]
    apart = [
        k
        for k, row in enumerate(rows)
        if not np.any(np.abs(rows[:k, :2] - row[:2]).max(axis=-1) < 100 * tolerance * row[1])
    ]
    kept: Array = rows[apart]
    return kept[np.lexsort((kept[:, 0], np.round(kept[:, 2], 12)))]  # equally good ones from left to right


def _gradient(moments: Array) -> Array:
    """First derivatives of the divergence, by the mean in units of std and by log std."""
    return np.stack([-moments[1], -1 - moments[2]], axis=-1)


def _hessian(moments: Array) -> Array:
    """Second derivatives in the same units.

    No second derivative of log p is needed: by Stein's lemma the mean of std s' is that of z s, and so on.
    """
    _, s0, s1, s2, s3 = moments
    return np.stack([np.stack([-s1, s0 - s2], axis=-1), np.stack([s0 - s2, s1 - s3], axis=-1)], axis=-1)


def _newton(moments: Array) -> Array:
    """Newton's step in these units, with the directions that lead uphill turned downhill."""
    values, vectors = np.linalg.eigh(_hessian(moments))
    along = np.einsum("ijk,ij->ik", vectors, _gradient(moments)) / np.maximum(np.abs(values), 1e-3)
    return np.asarray(-np.einsum("ijk,ik->ji", vectors, along))
