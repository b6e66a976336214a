"""The truth: each divergence in 60-digit arithmetic, of the very floats that are given; and pairs to ask it for."""

from typing import Any

import mpmath
import numpy as np

mp = mpmath.mp.clone()
mp.dps = 60


def exact(values: Any) -> list[Any]:
    """The floats, scaled to sum to one exactly."""
    numbers = [mp.mpf(float(v)) for v in np.ravel(values)]
    total = mp.fsum(numbers)
    return [v / total for v in numbers]


def exact_cross_entropy(p: Any, q: Any) -> Any:
    return -mp.fsum(a * mp.log(b) for a, b in zip(exact(p), exact(q), strict=True) if a > 0)


def exact_kl(p: Any, q: Any) -> Any:
    return mp.fsum(a * mp.log(a / b) for a, b in zip(exact(p), exact(q), strict=True) if a > 0)


def exact_js(p: Any, q: Any) -> Any:
    middle = [(a + b) / 2 for a, b in zip(exact(p), exact(q), strict=True)]
    return (exact_kl_of(exact(p), middle) + exact_kl_of(exact(q), middle)) / 2


def exact_kl_of(p: list[Any], q: list[Any]) -> Any:
    return mp.fsum(a * mp.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def exact_mi(table: Any) -> Any:
    joint = exact(table)
    columns = np.shape(table)[1]
    grid = [joint[i : i + columns] for i in range(0, len(joint), columns)]
    rows = [mp.fsum(row) for row in grid]
    margins = [mp.fsum(row[j] for row in grid) for j in range(columns)]
    return exact_kl_of(joint, [r * c for r in rows for c in margins])


def exact_hellinger(p: Any, q: Any) -> Any:
    return mp.sqrt(mp.fsum((mp.sqrt(a) - mp.sqrt(b)) ** 2 for a, b in zip(exact(p), exact(q), strict=True)) / 2)


def exact_chi2(p: Any, q: Any) -> Any:
    return mp.fsum((a - b) ** 2 / b for a, b in zip(exact(p), exact(q), strict=True))


def exact_total_variation(p: Any, q: Any) -> Any:
    return mp.fsum(abs(a - b) for a, b in zip(exact(p), exact(q), strict=True)) / 2


def exact_renyi(p: Any, q: Any, order: float) -> Any:
    both = [(a, b) for a, b in zip(exact(p), exact(q), strict=True) if a > 0]
    if order == np.inf:
        return mp.log(max(a / b for a, b in both))
    return mp.log(mp.fsum(a**order * b ** (1 - mp.mpf(order)) for a, b in both)) / (mp.mpf(order) - 1)


def exact_gaussian_kl(mean0: Any, cov0: Any, mean1: Any, cov1: Any) -> Any:
    """From the matrices, by the textbook's formula (Kullback 1959, chapter 9)."""
    a, b = (mp.matrix(np.atleast_2d(cov).tolist()) for cov in (cov0, cov1))
    shift = mp.matrix([mp.mpf(float(x)) - mp.mpf(float(y)) for x, y in zip(mean0, mean1, strict=True)])
    inverse = b**-1
    ratio = inverse * a
    trace = mp.fsum(ratio[i, i] for i in range(a.rows))
    return (trace - a.rows - mp.log(mp.det(ratio)) + (shift.T * inverse * shift)[0]) / 2


def exact_poisson_kl(rate0: float, rate1: float) -> Any:
    a, b = mp.mpf(float(rate0)), mp.mpf(float(rate1))
    return a * mp.log(a / b) - a + b


def exact_exponential_kl(rate0: float, rate1: float) -> Any:
    a, b = mp.mpf(float(rate0)), mp.mpf(float(rate1))
    return b / a - 1 - mp.log(b / a)


def exact_gamma_kl(shape0: float, rate0: float, shape1: float, rate1: float) -> Any:
    """By the definition: means of the logarithm of the ratio of the densities."""
    k0, r0, k1, r1 = (mp.mpf(float(x)) for x in (shape0, rate0, shape1, rate1))
    mean_log = mp.psi(0, k0) - mp.log(r0)
    constant = k0 * mp.log(r0) - mp.loggamma(k0) - k1 * mp.log(r1) + mp.loggamma(k1)
    return constant + (k0 - k1) * mean_log - (r0 - r1) * k0 / r0


def exact_dirichlet_kl(alpha0: Any, alpha1: Any) -> Any:
    a, b = ([mp.mpf(float(x)) for x in alpha] for alpha in (alpha0, alpha1))
    s, t = mp.fsum(a), mp.fsum(b)
    constant = mp.loggamma(s) - mp.loggamma(t)
    pairs = list(zip(a, b, strict=True))
    return constant + mp.fsum(
        mp.loggamma(y) - mp.loggamma(x) + (x - y) * (mp.psi(0, x) - mp.psi(0, s)) for x, y in pairs
    )


def exact_kl_from_logits(a: Any, b: Any) -> Any:
    # As many digits as the probability of the rarest outcome needs beside 1.
    with mp.workdps(1000):
        a, b = ([mp.mpf(float(v)) for v in x] for x in (a, b))
        log_a, log_b = (mp.log(mp.fsum(mp.exp(v) for v in x)) for x in (a, b))
        return mp.fsum(mp.exp(x - log_a) * (x - log_a - y + log_b) for x, y in zip(a, b, strict=True))


def exact_boltzmann(energies: Any, temperature: float) -> tuple[Any, Any]:
    """Heat capacity and free energy, from the sums that define them."""
    with mp.workdps(1000):
        e, t = [mp.mpf(float(x)) for x in energies], mp.mpf(temperature)
        weights = [mp.exp(-(x - min(e)) / t) for x in e]
        z = mp.fsum(weights)
        mean = mp.fsum(w * x for w, x in zip(weights, e, strict=True)) / z
        variance = mp.fsum(w * (x - mean) ** 2 for w, x in zip(weights, e, strict=True)) / z
        return variance / t**2, min(e) - t * mp.log(z)


def error(got: float, true: Any) -> float:
    return float(abs(mp.mpf(got) - true) / abs(true))


def pair(n: int, distance: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    q = rng.dirichlet(np.ones(n))
    p = q * np.exp(distance * rng.standard_normal(n)) if distance > 0.5 else q * (1 + distance * rng.uniform(-1, 1, n))
    return p / p.sum(), q
