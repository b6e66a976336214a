"""Mixtures: against 30-digit integrals of the definition, and every optimum against a search by brute force."""

from typing import Any

import mpmath
import numpy as np
import pytest
from scipy.optimize import minimize

import klnotes
from klnotes import mixtures

mp = mpmath.mp.clone()
mp.dps = 30

# weights, means, stds, and a normal distribution to compare with
Target = tuple[list[float], list[float], list[float]]
CASES: list[tuple[list[float], list[float], list[float], float, float]] = [
    ([0.5, 0.5], [-2.8, 2.8], [1.0, 1.0], 0.0, 2.6),
    ([0.5, 0.5], [-2.8, 2.8], [1.0, 1.0], 2.77, 1.04),
    ([0.5, 0.5], [-4.0, 4.0], [1.0, 1.0], 0.0, 3.5),
    ([0.9, 0.1], [-4.0, 4.0], [1.0, 1.0], -4.0, 1.0),
    ([0.3, 0.7], [-4.0, 4.0], [0.2, 1.5], 4.0, 1.5),
    ([0.3, 0.7], [-4.0, 4.0], [0.2, 1.5], -4.0, 0.2),
    ([0.3, 0.7], [-4.0, 4.0], [0.2, 1.5], 1.0, 4.0),
    ([0.5, 0.5], [0.0, 0.0], [0.1, 1.0], 0.0, 0.77),
    ([0.2] * 5, [-4.0, -2.0, 0.0, 2.0, 4.0], [0.5] * 5, 0.0, 2.1),
    ([0.5, 0.5], [-30.0, 30.0], [1.0, 1.0], 0.0, 24.0),
    ([0.999, 0.001], [0.0, 5.0], [1.0, 0.01], 0.0, 1.0),
]


def log_mixture(x: Any, w: Any, m: Any, s: Any) -> Any:
    parts = [mp.mpf(a) / mp.mpf(c) * mp.npdf((x - b) / mp.mpf(c)) for a, b, c in zip(w, m, s, strict=True)]
    return mp.log(mp.fsum(parts))


def integral(f: Any, centers: Any, widths: Any) -> Any:
    """Over the line, cut where something happens: at steps of each bump, and where two bumps cross."""
    steps = [-18, -12, -8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8, 12, 18]
    low = min(c - 18 * s for c, s in zip(centers, widths, strict=True))
    high = max(c + 18 * s for c, s in zip(centers, widths, strict=True))
    cuts = {c + k * s for c, s in zip(centers, widths, strict=True) for k in steps} | {0.0, 1e-2, -1e-2, 0.1, -0.1}
    cuts |= {low, high}
    return mp.quad(f, sorted(cuts))


@pytest.mark.parametrize(("w", "m", "s", "mean", "std"), CASES)
def test_both_directions_have_their_digits(w: Any, m: Any, s: Any, mean: float, std: float) -> None:
    def log_q(x: Any) -> Any:
        return mp.log(mp.npdf(x, mean, mp.mpf(std)))

    def log_p(x: Any) -> Any:
        return log_mixture(x, w, m, s)

    everything = ([*m, mean], [*s, std])
    reverse = integral(lambda x: mp.exp(log_q(x)) * (log_q(x) - log_p(x)), *everything)
    forward = integral(lambda x: mp.exp(log_p(x)) * (log_p(x) - log_q(x)), *everything)
    got = klnotes.kl_to_mixture(mean, std, w, m, s), klnotes.kl_from_mixture(w, m, s, mean, std)
    assert abs(got[0] - reverse) <= 5e-16 * (1 + reverse)
    assert abs(got[1] - forward) <= 5e-16 * (1 + forward)
    for x in (mean, mean + 3 * std, mean - 40 * std):
        want = log_p(mp.mpf(x))
        assert abs(klnotes.mixture_log_density(x, w, m, s) - want) <= 1e-14 * (1 + abs(want))


def test_what_the_bumps_have_in_common_with_the_fit_leaves_nothing() -> None:
    assert klnotes.kl_to_mixture(3.0, 2.0, [1.0], [3.0], [2.0]) == 0
    assert klnotes.kl_from_mixture([0.4, 0.6], [3.0, 3.0], [2.0, 2.0], 3.0, 2.0) == 0
    assert klnotes.forward_normal_fit([1.0], [3.0], [2.0]) == (3.0, 2.0, 0.0)
    assert klnotes.reverse_normal_fits([1.0], [3.0], [2.0])[0] == pytest.approx((3.0, 2.0, 0.0), abs=1e-15)


def test_shapes_and_units() -> None:
    target: Target = ([0.5, 0.5], [-2.0, 2.0], [1.0, 1.0])
    table = klnotes.kl_to_mixture(np.zeros((4, 1)), [1.0, 2.0, 3.0], *target)
    assert table.shape == klnotes.kl_from_mixture(*target, np.zeros((4, 1)), [1.0, 2.0, 3.0]).shape == (4, 3)
    assert table[2, 1] == pytest.approx(klnotes.kl_to_mixture(0.0, 2.0, *target), abs=1e-15)
    assert klnotes.kl_to_mixture([], 1.0, *target).shape == (0,)
    assert klnotes.mixture_log_density(np.zeros((2, 3)), *target).shape == (2, 3)
    many = klnotes.kl_to_mixture(np.linspace(-3, 3, 600), 1.0, *target)  # more than one block
    assert many[451] == pytest.approx(klnotes.kl_to_mixture(np.linspace(-3, 3, 600)[451], 1.0, *target), abs=1e-15)
    bits = klnotes.reverse_normal_fits(*target, unit="bits")[0].kl
    assert bits == pytest.approx(klnotes.reverse_normal_fits(*target)[0].kl / np.log(2), rel=1e-15)
    assert klnotes.forward_normal_fit(*target, unit="bits").kl == pytest.approx(
        klnotes.forward_normal_fit(*target).kl / np.log(2), rel=1e-15
    )


BAD: list[tuple[Any, str]] = [
    (([0.5, 0.6], [0, 1], [1, 1]), "weights must sum to 1"),
    (([[0.5, 0.5]], [0, 1], [1, 1]), r"weights must be one list of weights, but its shape is \(1, 2\)"),
    (([0.5, 0.5], [0, 1, 2], [1, 1]), r"means must have the shape \(2,\) of weights, but its shape is \(3,\)"),
    (([0.5, 0.5], [0, 1], 1.0), r"stds must have the shape \(2,\) of weights, but its shape is \(\)"),
    (([0.5, 0.5], [0, np.inf], [1, 1]), r"means must hold finite numbers, but means\[1\] is inf"),
    (([0.5, 0.5], [0, 1], [1, -1]), r"stds must be positive and finite, but stds\[1\] is -1.0"),
]


@pytest.mark.parametrize(("mixture", "says"), BAD)
def test_what_is_no_mixture_is_refused(mixture: Any, says: str) -> None:
    for call in (
        lambda: klnotes.mixture_log_density(0.0, *mixture),
        lambda: klnotes.kl_to_mixture(0.0, 1.0, *mixture),
        lambda: klnotes.kl_from_mixture(mixture[0], mixture[1], mixture[2], 0.0, 1.0),
        lambda: klnotes.forward_normal_fit(*mixture),
        lambda: klnotes.reverse_normal_fits(*mixture),
    ):
        with pytest.raises(ValueError, match=says):
            call()


def test_what_is_no_normal_distribution_is_refused() -> None:
    target: Target = ([0.5, 0.5], [-2.0, 2.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="std must be positive and finite, but std is 0.0"):
        klnotes.kl_to_mixture(0.0, 0.0, *target)
    with pytest.raises(
        ValueError, match=r"mean and std must broadcast together, but their shapes are \(2,\) and \(3,\)"
    ):
        klnotes.kl_from_mixture(*target, [0, 1], [1, 2, 3])
    with pytest.raises(ValueError, match="far must be a number from 3 to 5, but got 9"):
        mixtures.two_bump_phases(9)


def by_brute_force(w: Any, m: Any, s: Any) -> list[Any]:
    """Local minima among the points of a fine lattice, each then followed down by somebody else's optimizer."""
    spread = np.sqrt(np.dot(w, np.square(s) + np.square(m - np.dot(w, m))))
    means = np.linspace(min(m) - 0.5, max(m) + 0.5, 61)
    stds = np.geomspace(min(s) / 1.5, 1.5 * spread, 41)
    kl = klnotes.kl_to_mixture(means[:, None], stds, w, m, s)
    middle = kl[1:-1, 1:-1]
    beside = [kl[1 + i : 60 + i, 1 + j : 40 + j] for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    lowest = np.argwhere(np.all([middle < other for other in beside], axis=0)) + 1
    found: list[Any] = []
    for i, j in lowest:
        end = minimize(
            lambda v: klnotes.kl_to_mixture(v[0], np.exp(v[1]), w, m, s),
            [means[i], np.log(stds[j])],
            method="Nelder-Mead",
            options={"xatol": 1e-6, "fatol": 1e-12},
        )
        fit = (end.x[0], np.exp(end.x[1]), end.fun)
        if not any(abs(fit[0] - other[0]) + abs(fit[1] - other[1]) < 1e-3 for other in found):
            found.append(fit)
    return sorted(found, key=lambda fit: float(fit[2]))


SEEDS = np.random.default_rng(1)
MIXTURES = [case[:3] for case in CASES[2:8:2]] + [
    (SEEDS.dirichlet(np.ones(k)), SEEDS.uniform(-4, 4, k), np.exp(SEEDS.uniform(-1, 0.7, k))) for k in (2, 2, 3)
]


@pytest.mark.parametrize(("w", "m", "s"), MIXTURES)
def test_the_optima_are_those_of_a_search_by_brute_force(w: Any, m: Any, s: Any) -> None:
    found, wanted = klnotes.reverse_normal_fits(w, m, s), by_brute_force(w, np.asarray(m), s)
    assert len(found) == len(wanted)
    for fit in found:
        nearest = min(wanted, key=lambda other: abs(other[0] - fit.mean) + abs(other[1] - fit.std))
        assert fit == pytest.approx(nearest, abs=2e-5)
        assert fit.kl <= nearest[2] + 1e-14


def test_the_phases_count_the_optima() -> None:
    """One optimum, one more inside the horn, and one more inside its mirror image."""
    horn = mixtures.two_bump_phases(4.2).horn
    tip = int(np.argmin(horn[:, 0]))
    upper, lower = horn[tip::-1].T, horn[tip:].T
    rng, seen = np.random.default_rng(0), set()
    for m, w in zip(rng.uniform(1.8, 4, 60), rng.uniform(0.02, 0.98, 60), strict=True):
        edges = [abs(v - np.interp(m, *edge)) for v in (w, 1 - w) for edge in (upper, lower)]
        if min(edges) < 0.01:
            continue
        inside = [m > horn[tip, 0] and np.interp(m, *lower) < v < np.interp(m, *upper) for v in (w, 1 - w)]
        assert len(klnotes.reverse_normal_fits([1 - w, w], [-m, m], [1, 1])) == 1 + sum(inside), (m, w)
        seen.add(sum(inside))
    assert seen == {0, 1, 2}


def test_the_triple_point_and_the_tip_of_the_horn() -> None:
    horn, tie, _ = mixtures.two_bump_phases()
    # 2.80008221758323925 by 40-digit arithmetic, with nodes 1/24 and 1/32 apart.
    assert tie[-1] == pytest.approx([2.800082217583239, 0.5], abs=1e-12)
    assert tie[0] == pytest.approx(horn[np.argmin(horn[:, 0])])
    for m, w in tie[2:-1]:
        best, second, *_ = klnotes.reverse_normal_fits([1 - w, w], [-m, m], [1, 1])
        assert best.kl == pytest.approx(second.kl, abs=1e-11)
        assert best.std != pytest.approx(second.std, abs=0.05)


def test_the_peaks_of_the_mixture_are_counted() -> None:
    peaks, x = mixtures.two_bump_phases().peaks, np.linspace(-5, 5, 10_001)
    rng = np.random.default_rng(0)
    for m, w in zip(rng.uniform(0.5, 3, 40), rng.uniform(0.5, 0.999, 40), strict=True):
        edge = np.interp(m, *peaks.T) if m > 1 else 0.0
        if abs(w - edge) > 0.01:
            density = klnotes.mixture_log_density(x, [1 - w, w], [-m, m], [1, 1])
            assert np.sum(np.diff(np.sign(np.diff(density))) < 0) == 1 + (w < edge), (m, w)
