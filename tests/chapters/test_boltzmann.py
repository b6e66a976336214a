import functools
from math import exp, log
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax, xlogy

import klnotes
from klnotes.explorables.boltzmann import Boltzmann
from tests.chapters.answers import bisected, bits_of
from tests.explored import Explored
from tests.strategies import distributions

temperatures = st.floats(0.2, 50)
# Whole numbers: differences of energies over T are then as exact as the energies over T themselves.
spectra = st.lists(st.integers(-4, 4).map(float), min_size=2, max_size=6).map(np.array)
unequal = spectra.filter(lambda e: e.min() < e.max())


def exact(energies: np.ndarray, temperature: float) -> tuple[list[mpmath.mpf], list[mpmath.mpf], mpmath.mpf]:
    """Energies, Boltzmann probabilities and log Z, with as many digits as mpmath is set to."""
    levels = [mpmath.mpf(float(e)) for e in energies]
    weights = [mpmath.exp(-e / mpmath.mpf(temperature)) for e in levels]
    z = mpmath.fsum(weights)
    return levels, [w / z for w in weights], mpmath.log(z)


def both_ways(energies: np.ndarray, temperature: float) -> tuple[float, float]:
    """KL(uniform || Boltzmann) and KL(Boltzmann || uniform)."""
    logits, zeros = -energies / temperature, np.zeros(len(energies))
    return klnotes.kl_from_logits(zeros, logits), klnotes.kl_from_logits(logits, zeros)


@pytest.mark.theorem("thm-boltzmann-max-entropy")
@given(unequal.filter(lambda e: len(e) > 2), temperatures, st.floats(-1, 1), st.data())
def test_largest_entropy_at_its_mean_energy(e: np.ndarray, t: float, way: float, data: st.DataObject) -> None:
    p = klnotes.boltzmann_distribution(e, t)
    # Three states can exchange probability without changing its sum or the mean energy; go part of the way to 0.
    i, j, k = data.draw(st.permutations(range(len(e))))[:3]
    move = np.zeros(len(e))
    move[[i, j, k]] = e[j] - e[k], e[k] - e[i], e[i] - e[j]
    move *= np.sign(way)
    down = move < 0
    q = np.maximum(p + abs(way) * np.min(p[down] / -move[down], initial=1) * move, 0)
    # At most 6 entries of q, each off by 2**-53, times |log p| <= 8/0.2 + log 6: at most 3e-14.
    kl = klnotes.kl_divergence(q, p)
    assert klnotes.entropy(p) - klnotes.entropy(q) == pytest.approx(kl, abs=1e-13)
    # No other distribution has as much entropy: the loss is at least that of Pinsker's inequality.
    assert klnotes.entropy(q) <= klnotes.entropy(p) - 2 * klnotes.total_variation(p, q) ** 2 + 1e-13


def close_to_closed_forms(energies: np.ndarray, t: float, one: mpmath.mpf, other: mpmath.mpf) -> None:
    """KL(uniform || Boltzmann) is one, KL(Boltzmann || uniform) the other: from logits, and from probabilities."""
    got = both_ways(energies, t)
    # A divergence is a second difference of logits, which are rounded at 2**-53 of at most 11 of their steps:
    # 4e-15 of the result. It is never below 1/(50 T)**2 of a step unless it is 0.
    assert got[0] == pytest.approx(float(one), rel=1e-13, abs=1e-30)
    assert got[1] == pytest.approx(float(other), rel=1e-13, abs=1e-30)
    # From the probabilities, whose rounding weighs as much as the logits are large, at most 55.
    u, b = np.full(len(energies), 1 / len(energies)), klnotes.boltzmann_distribution(energies, t)
    assert klnotes.kl_divergence(u, b) == pytest.approx(got[0], abs=2e-14)
    assert klnotes.kl_divergence(b, u) == pytest.approx(got[1], abs=2e-14)


@pytest.mark.theorem("prop-boltzmann-uniform")
@given(spectra, temperatures)
def test_closed_forms_with_uniform(e: np.ndarray, t: float) -> None:
    with mpmath.workdps(50):
        levels, p, log_z = exact(e, t)
        to_p = mpmath.fsum(levels) / len(e) / t + log_z - mpmath.log(len(e))
        from_p = mpmath.log(len(e)) - log_z - mpmath.fdot(p, levels) / t
    close_to_closed_forms(e, t, to_p, from_p)


@pytest.mark.theorem("prop-boltzmann-ladder")
@given(st.integers(2, 12), st.integers(1, 5), temperatures)
def test_closed_forms_of_a_ladder(n: int, times: int, t: float) -> None:
    t *= times  # the logits stay as small as for rungs that are 1 apart
    rungs = times * np.arange(float(n))
    with mpmath.workdps(50):
        x = times / (2 * mpmath.mpf(t))
        to_p = mpmath.log(mpmath.sinh(n * x) / (n * mpmath.sinh(x)))
        from_p = x * (n * mpmath.coth(n * x) - mpmath.coth(x)) - to_p
        to_two = mpmath.log(mpmath.cosh(x))
        from_two = x * mpmath.tanh(x) - to_two
    close_to_closed_forms(rungs, t, to_p, from_p)
    close_to_closed_forms(rungs - rungs[-1], t, to_p, from_p)
    close_to_closed_forms(rungs[:2], t, to_two, from_two)


@pytest.mark.theorem("prop-boltzmann-limits")
@given(unequal, st.floats(0.05, 1e4), st.floats(1.001, 100))
def test_hot_and_cold(e: np.ndarray, t: float, factor: float) -> None:
    n, width = len(e), e.max() - e.min()
    ground, gap = np.sum(e == e.min()), np.min(e[e > e.min()]) - e.min()
    # Both fall as T rises, until the cold one has reached log(n/g) in all its digits.
    cold, hot = both_ways(e, t), both_ways(e, t * factor)
    assert cold[0] > hot[0]
    assert cold[1] >= hot[1] * (1 - 1e-14)
    # Hot: the variance at any temperature above T lies between exp(-width/T) and exp(width/T) of the uniform one,
    # because its logarithm changes with 1/T no faster than the width.
    t = 100 * width * factor
    limit = np.var(e) / (2 * t * t)
    for kl in both_ways(e, t):
        assert abs(kl / limit - 1) <= np.expm1(width / t) + 1e-12
    # Cold: what is not in the ground level is at most n exp(-gap/T) = 6 exp(-50).
    t = gap / 50
    to_p, from_p = both_ways(e, t)
    assert from_p == pytest.approx(np.log(n / ground), rel=1e-13)
    assert to_p == pytest.approx((e.mean() - e.min()) / t - np.log(n / ground), rel=1e-13)


@pytest.mark.theorem("thm-boltzmann-free-energy-gap")
@given(distributions(5), st.lists(st.floats(-5, 5), min_size=5, max_size=5).map(np.array), st.floats(0.05, 50))
def test_free_energy_gap(q: np.ndarray, e: np.ndarray, t: float) -> None:
    p = klnotes.boltzmann_distribution(e, t)
    with mpmath.workdps(50):
        least = float(-mpmath.mpf(t) * exact(e, t)[2])
    # Energies up to 5 and T times entropies up to log 5 are rounded, each a few times.
    rounding = 1e-14 * (5 + 2 * t)
    assert klnotes.free_energy(e, t) == pytest.approx(least, abs=rounding)
    assert klnotes.variational_free_energy(p, e, t) == pytest.approx(least, abs=rounding)
    excess = klnotes.variational_free_energy(q, e, t) - least
    assert excess == pytest.approx(t * klnotes.kl_divergence(q, p), abs=rounding)
    assert excess >= t * 2 * klnotes.total_variation(q, p) ** 2 - rounding


@st.composite
def steps_that_keep(draw: st.DrawFn, p: np.ndarray) -> np.ndarray:
    """Transition probabilities that keep p: round trips, which need no balance in each pair, and a new draw from p."""
    step = np.eye(len(p))
    for _ in range(draw(st.integers(0, 4))):
        states = draw(st.permutations(range(len(p))))[: draw(st.integers(2, len(p)))]
        # The same flow goes into each state of the round trip and out of it.
        flow = draw(st.floats(0, 1)) * p[states].min()
        trip = np.eye(len(p))
        trip[states, states] -= flow / p[states]
        trip[states, np.roll(states, -1)] += flow / p[states]
        step = step @ trip
    fresh = draw(st.sampled_from([0.0, 0.0, 0.1, 1.0]))
    return (1 - fresh) * step + fresh * p


@pytest.mark.theorem("thm-boltzmann-second-law")
@given(spectra, temperatures, st.data())
def test_the_divergence_from_equilibrium_does_not_grow(e: np.ndarray, t: float, data: st.DataObject) -> None:
    p = klnotes.boltzmann_distribution(e, t)
    w = data.draw(steps_that_keep(p))
    q = data.draw(distributions(len(e)))
    later = q @ w
    # Six products, each rounded by 2**-53, times |log p| <= 8/0.2 + log 6: at most 3e-14. Energies are at most 4.
    assert p @ w == pytest.approx(p, rel=1e-13, abs=1e-15)
    assert klnotes.kl_divergence(later, p, normalize=True) <= klnotes.kl_divergence(q, p) + 1e-13
    before = klnotes.variational_free_energy(q, e, t)
    assert klnotes.variational_free_energy(later / later.sum(), e, t) <= before + 1e-13 * (4 + t)


@pytest.mark.theorem("prop-boltzmann-heat-capacity")
@given(spectra, temperatures)
def test_heat_capacity_is_a_variance(e: np.ndarray, t: float) -> None:
    with mpmath.workdps(50):

        def mean(temperature: mpmath.mpf) -> mpmath.mpf:
            levels, p, _ = exact(e, temperature)
            return mpmath.fdot(p, levels)

        slope = float(mpmath.diff(mean, mpmath.mpf(t)))
    # The probabilities are rounded by 2**-53 of 1 + 8/T <= 41. The mean is off by at most 2e-15, which counts squared:
    # (2e-15/0.2)**2 = 1e-28.
    assert klnotes.heat_capacity(e, t) == pytest.approx(slope, rel=1e-13, abs=1e-28)
    assert (slope > 1e-25) == (e.min() < e.max())


@pytest.mark.theorem("cor-boltzmann-divergence-from-heat")
@given(spectra, st.floats(0.5, 50))
def test_divergence_is_heat_over_temperature(e: np.ndarray, t: float) -> None:
    # With b = 1/T the integral runs from 0 to 1/t. The integrand is analytic there, and its poles, at least pi/8
    # from the axis on an interval of half-length 1 or less, leave 60 Gauss nodes an error below 1e-15.
    nodes, weights = np.polynomial.legendre.leggauss(60)
    b = (nodes + 1) / (2 * t)
    integral = np.sum(weights * klnotes.heat_capacity(e, 1 / b) / b) / (2 * t)
    assert both_ways(e, t)[1] == pytest.approx(integral, rel=1e-11, abs=1e-30)


# What learners answer: right, and wrong with what the check must say.


def boltzmann(e: Any, t: float) -> Any:
    w = np.exp(-(e - np.min(e)) / t)
    return w / w.sum()


def boltzmann_by_loop(e: Any, t: float) -> list[float]:
    least = min(e)
    w = [exp(-(x - least) / t) for x in e]
    return [x / sum(w) for x in w]


def thermometer(steps: int, e: Any, mean: float) -> Any:
    low, high = 1e-2, 1e4
    for _ in range(steps):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if klnotes.mean_energy(e, middle) < mean else (low, middle)
    return middle


def overwriting(e: Any, t: float) -> Any:
    e -= e.min()
    e /= -t
    return np.exp(e) / np.exp(e).sum()


RIGHT: dict[str, list[Any]] = {
    "boltzmann_distribution": [boltzmann, boltzmann_by_loop, lambda e, t: softmax(-e / t)],
    "variational_free_energy": [lambda q, e, t: q @ e + t * np.sum(xlogy(q, q))],
    "temperature": [
        lambda e, mean: bisected(lambda t: boltzmann(e, t) @ e, mean),
        *(functools.partial(thermometer, steps) for steps in (50, 100, 150, 200, 300)),
    ],
}

NOTED: dict[str, list[tuple[Any, str]]] = {
    "variational_free_energy": [
        (lambda q, e, t: q @ e + t * np.sum(q * np.log(q + 1e-12)), "but: a small number, 1e-12,"),
        (lambda q, e, t: q @ e + t * np.sum(xlogy(np.clip(q, 1e-14, 1), np.clip(q, 1e-14, 1))), "1e-14,"),
    ],
    "boltzmann_distribution": [(overwriting, "It also overwrites its argument energies")],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "boltzmann_distribution": [
        (lambda e, t: softmax(e / t), "The sign in the exponent"),
        (lambda e, t: boltzmann_by_loop([-x for x in e], t), "The sign in the exponent"),
        (lambda e, t: boltzmann_by_loop(e, 1 / t), "divide by it"),
        (lambda e, t: boltzmann_by_loop(e, 1), "divide the energies in the exponent"),
        (lambda e, t: boltzmann_by_loop(sorted(e), t), "The energies are sorted first"),
        (lambda e, t: [exp(-x / t) for x in e], "not divided by their sum"),
        (lambda e, t: np.exp(-e / t), "not divided by their sum"),
        (lambda e, t: softmax(-e * t), "divide by it"),
        (lambda e, t: np.exp(e.min() - e) / t / sum(np.exp(e.min() - e) / t), "divide the energies in the exponent"),
        (lambda e, t: np.exp(-e / t) / np.exp(-e / t).sum(), "Subtract the lowest energy"),
        (
            lambda e, t: np.exp((e.max() - e) / t) / np.exp((e.max() - e) / t).sum(),
            "the lowest energy, not the highest",
        ),
        (lambda e, t: np.exp((e[0] - e) / t) / np.exp((e[0] - e) / t).sum(), "The first energy is subtracted"),
        (lambda e, t: boltzmann(np.sort(e), t), "expected"),
        (
            lambda e, t: np.exp(-e / t) / (np.exp(-e / t).sum() + 1e-12),
            "passes on small energies, as far as they were tried.\n  The weights exp(-E/T) are so small",
        ),
        (lambda e, t: np.exp(-e / t) / np.maximum(np.exp(-e / t).sum(), 1e-300), "All weights exp(-E/T) are 0 here"),
        (lambda e, t: np.exp(-np.clip(e / t, -700, 700)) / np.exp(-np.clip(e / t, -700, 700)).sum(), "Which constant"),
        (lambda e, t: softmax(-np.sort(e) / t), "The energies are sorted first"),
        (lambda e, t: softmax(-((e - e.min()) / t).astype(int)), "cut down to whole numbers, as // and int do"),
    ],
    "variational_free_energy": [
        (lambda q, e, t: q @ e - t * bits_of(q), "The entropy is in bits"),
        (lambda q, e, t: q @ e - t * np.sum(xlogy(q, q)), "must be subtracted"),
        (lambda q, e, t: q @ e + np.sum(xlogy(q, q)), "not multiplied by the temperature"),
        (lambda q, e, t: q @ e, "That is the mean energy"),
        (lambda q, e, t: q @ e + t * q @ np.log(q), "0 · log 0 is nan"),
        (lambda q, e, t: (q @ e - t * bits_of(q)) * log(2), "The energy is multiplied by ln 2"),
        (lambda q, e, t: q @ e - t * bits_of(q) / log(2), "it must be multiplied"),
        (lambda q, e, t: q @ e + t * np.sum(xlogy(q, q)) / log(10), "has base 10"),
    ],
    "temperature": [
        (lambda e, mean: 1 / bisected(lambda t: boltzmann(e, t) @ e, mean), "That is 1/T"),
        (lambda e, mean: log(bisected(lambda t: boltzmann(e, t) @ e, mean)), "logarithm of the temperature"),
        (lambda e, mean: mean, "That is the mean energy."),
        (lambda e, mean: boltzmann(e, mean) @ e, "find the temperature"),
        (lambda e, mean: bisected(lambda t: -boltzmann(e, t) @ e, mean), "It gives 1e+04 for every input"),
        (lambda e, mean: bisected(lambda t: boltzmann(e, t) @ e, mean, 0.05, 100), "the given mean must come back"),
        (lambda e, mean: bisected(lambda t: boltzmann(e, t) @ e, mean, 0.3, 1e4), "the given mean must come back"),
        (lambda e, mean: bisected(lambda t: boltzmann(e, t) @ e, mean, 0.1, 2), "the given mean must come back"),
        (functools.partial(thermometer, 15), "needs more steps"),
        (lambda e, mean: np.ptp(e) / np.log(np.ptp(e) / mean - 1), "formula for two levels"),
        (lambda e, mean: 1 / np.log(1 + 1 / mean), "a ladder without end"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"gap": 15}


# The explorable.

LADDERS: list[tuple[Any, float]] = [([0, 1, 2, 3, 4, 5], t) for t in (0.1, 1.0, 2.55, 6.0)] + [
    ([-700.0, 0.0, 700.0], 1.0),
    ([5, 5], 0.3),
]
GUESS = [0.3, 0.25, 0.2, 0.15, 0.1, 0.0]

EXPLORED = {
    "boltzmann": Explored(
        make=lambda: Boltzmann([0, 1], [0.6, 0.4]),
        opens=["1", "1.0233", "1.5953", "−0.4562", "−0.0953", "0.3609"],
        wins=[("temperature", ["PageUp"] * 3 + ["ArrowUp"])],
        golden=[
            *(("boltzmann", [e, t], klnotes.boltzmann_distribution(e, t).tolist()) for e, t in LADDERS),
            *(("freeEnergy", [e, t], klnotes.free_energy(e, t)) for e, t in LADDERS),
            *(
                ("variationalFreeEnergy", [GUESS, e, t], klnotes.variational_free_energy(GUESS, e, t))
                for e, t in LADDERS[:4]
            ),
        ],
    ),
}
