"""Codes and the Boltzmann distribution, against brute force and against what defines them."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import klnotes
from tests.reference import exact_cross_entropy, mp
from tests.strategies import distributions, pairs

weights = st.lists(st.integers(1, 40), min_size=1, max_size=5)
levels = st.lists(st.floats(-5, 5), min_size=1, max_size=6).map(np.array)


@given(weights)
def test_huffman_is_the_best_of_all_prefix_codes(counts: list[int]) -> None:
    symbols = "ABCDE"[: len(counts)]
    code = klnotes.huffman_code(counts, symbols, normalize=True)
    cost = sum(count * len(code[symbol]) for count, symbol in zip(counts, symbols, strict=True))
    # Every prefix code's lengths satisfy Kraft's inequality, and five symbols need no word longer than five.
    lengths = itertools.product(range(1, 6), repeat=len(counts))
    best = min(
        sum(c * n for c, n in zip(counts, ns, strict=True)) for ns in lengths if sum(Fraction(1, 2**n) for n in ns) <= 1
    )
    assert cost == best


@given(weights, st.data())
def test_codes_decode(counts: list[int], data: st.DataObject) -> None:
    symbols = "ABCDE"[: len(counts)]
    code = klnotes.huffman_code(counts, symbols, normalize=True)
    message = data.draw(st.lists(st.sampled_from(symbols), max_size=20))
    bits = klnotes.encode(message, code)
    assert klnotes.decode(bits, code) == message
    assert len(bits) == sum(len(code[symbol]) for symbol in message)


def test_the_words_of_the_telegraph_office() -> None:
    assert klnotes.huffman_code([1 / 8, 1 / 8, 1 / 2, 1 / 4], "ABCD") == {"A": "110", "B": "111", "C": "0", "D": "10"}
    assert klnotes.huffman_code([1 / 4] * 4, "ABCD") == {"A": "00", "B": "01", "C": "10", "D": "11"}
    assert klnotes.huffman_code([1.0], ["only"]) == {"only": "0"}


@given(st.floats(5e-324, 1.0))
def test_shannon_length_is_the_surprisal_rounded_up(p: float) -> None:
    with mp.workdps(400):
        assert klnotes.shannon_lengths(p) == int(mp.ceil(-mp.log(mp.mpf(p), 2)))


@given(levels, st.floats(0.05, 50))
def test_free_energy_is_energy_minus_temperature_times_entropy(energies: np.ndarray, temperature: float) -> None:
    p = klnotes.boltzmann_distribution(energies, temperature)
    assert p.sum() == pytest.approx(1, abs=1e-15 * len(p))
    energy = klnotes.mean_energy(energies, temperature)
    free = klnotes.free_energy(energies, temperature)
    # Rounding happens at the size of the parts, not of their difference.
    size = 5 + temperature * 2
    assert free == pytest.approx(energy - temperature * klnotes.entropy(p, normalize=True), abs=1e-14 * size)
    assert klnotes.variational_free_energy(p / p.sum(), energies, temperature) == pytest.approx(free, abs=1e-14 * size)


@given(levels, st.floats(0.2, 20))
def test_heat_capacity_is_the_slope_of_the_mean_energy(energies: np.ndarray, temperature: float) -> None:
    step = 1e-4 * temperature
    slope = (klnotes.mean_energy(energies, temperature + step) - klnotes.mean_energy(energies, temperature - step)) / (
        2 * step
    )
    # The central difference is off by step**2/6 times the third derivative, here below 1e5/temperature**3 * 1e-8 T**2.
    assert klnotes.heat_capacity(energies, temperature) == pytest.approx(slope, rel=1e-5, abs=1e-5)


def test_cold_and_hot() -> None:
    assert klnotes.boltzmann_distribution([0.0, 1.0], 1e-6).tolist() == [1.0, 0.0]
    assert klnotes.boltzmann_distribution([3.0, 1.0], np.inf).tolist() == [0.5, 0.5]
    assert klnotes.boltzmann_distribution([0.0, 1.0], [1e-6, np.inf]).tolist() == [[1.0, 0.0], [0.5, 0.5]]


@given(distributions(zeros=True))
def test_entropy_against_many_digits(p: np.ndarray) -> None:
    with mp.workdps(400):
        true = exact_cross_entropy(p, p)
        assert float(abs(klnotes.entropy(p) - true)) <= 4e-16 * max(float(true), 1e-300) + 1e-300


def test_entropies_of_normal_distributions() -> None:
    assert klnotes.gaussian_entropy(1 / np.sqrt(2 * np.pi * np.e)) == pytest.approx(0, abs=1e-15)
    assert klnotes.gaussian_mutual_information(0.0) == 0.0
    assert klnotes.gaussian_mutual_information([-1.0, 1.0]).tolist() == [np.inf, np.inf]
    assert klnotes.gaussian_mutual_information(1e-9) == pytest.approx(5e-19, rel=1e-12)


orders = st.one_of(st.floats(0, 50), st.sampled_from([0, 5e-324, 1e-307, 0.5, 1, 2, np.inf]))


@given(pairs(), st.lists(orders, min_size=2, max_size=2))
def test_renyi_divergence_grows_with_its_order(pair: tuple[np.ndarray, np.ndarray], orders: list[float]) -> None:
    low, high = (klnotes.renyi_divergence(*pair, order) for order in sorted(orders))
    assert 0 <= low <= high * (1 + 1e-13) + 1e-300


@given(pairs())
def test_the_divergences_bound_each_other(pair: tuple[np.ndarray, np.ndarray]) -> None:
    hellinger, distance = klnotes.hellinger_distance(*pair), klnotes.total_variation(*pair)
    kl, chi2 = klnotes.kl_divergence(*pair), klnotes.chi2_divergence(*pair)
    assert hellinger**2 <= distance * (1 + 1e-14)
    assert distance <= hellinger * np.sqrt(2 - hellinger**2) * (1 + 1e-14) + 1e-16
    # The Renyi divergences of the orders 1/2 and 2 are these two, seen through a logarithm.
    half, two = klnotes.renyi_divergence(*pair, 0.5), klnotes.renyi_divergence(*pair, 2)
    if hellinger < 0.9:
        assert half == pytest.approx(-2 * np.log1p(-(hellinger**2)), rel=1e-13)
    if two < 700:
        assert two == pytest.approx(np.log1p(chi2), rel=1e-13)
    assert half * (1 - 1e-13) <= kl <= two * (1 + 1e-13)
    assert klnotes.hellinger_distance(*pair[::-1]) == pytest.approx(hellinger, rel=1e-14)


@given(pairs())
def test_equal_distributions_do_not_diverge(pair: tuple[np.ndarray, np.ndarray]) -> None:
    for p in pair:
        assert klnotes.hellinger_distance(p, p) == klnotes.chi2_divergence(p, p) == klnotes.total_variation(p, p) == 0
        assert [klnotes.renyi_divergence(p, p, order) for order in (0, 0.3, 1, 2, np.inf)] == [0] * 5
