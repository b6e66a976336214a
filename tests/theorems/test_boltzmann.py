import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import klnotes
from tests.strategies import distributions

temperatures = st.floats(0.1, 50)


def ladders(n: int) -> st.SearchStrategy[np.ndarray]:
    return st.lists(st.floats(-4, 4), min_size=n, max_size=n).map(np.array)


@pytest.mark.theorem("thm-max-entropy")
@given(st.integers(3, 6).flatmap(ladders), temperatures, st.data())
def test_largest_entropy_at_its_mean_energy(energies: np.ndarray, temperature: float, data: st.DataObject) -> None:
    p = klnotes.boltzmann_distribution(energies, temperature)
    # Go from P in a direction that changes neither the sum nor the mean energy, as far as probabilities allow.
    push = np.array(data.draw(st.lists(st.floats(-1, 1), min_size=len(p), max_size=len(p))))
    kept = np.linalg.qr(np.stack([np.ones_like(energies), energies], axis=1))[0]
    push = push - kept @ (kept.T @ push)
    if np.abs(push).max() < 1e-3:
        return
    room = np.min(p[push < 0] / -push[push < 0]) if np.any(push < 0) else 0.0
    q = np.clip(p + data.draw(st.floats(0, 0.999)) * room * push, 0, 1)
    # Entropies of size 2 and the mean energy over T, at most 40, are rounded at 1e-14.
    lost = klnotes.entropy(p) - klnotes.entropy(q)
    assert lost == pytest.approx(klnotes.kl_divergence(q, p), abs=1e-13)
    assert lost >= -1e-13


@pytest.mark.theorem("thm-free-energy-gap")
@given(distributions(5), ladders(5), temperatures)
def test_free_energy_gap(q: np.ndarray, energies: np.ndarray, temperature: float) -> None:
    p = klnotes.boltzmann_distribution(energies, temperature)
    gap = klnotes.variational_free_energy(q, energies, temperature) - klnotes.free_energy(energies, temperature)
    # Free energies have the size of the energies (4) plus T log 5.
    assert gap == pytest.approx(temperature * klnotes.kl_divergence(q, p), abs=1e-14 * (4 + 2 * temperature))
    assert gap >= -1e-14 * (4 + 2 * temperature)


@pytest.mark.theorem("prop-kl-boltzmann-uniform")
@given(st.integers(1, 6).flatmap(ladders), temperatures)
def test_closed_forms_with_uniform(energies: np.ndarray, temperature: float) -> None:
    n = len(energies)
    uniform = np.full(n, 1 / n)
    p = klnotes.boltzmann_distribution(energies, temperature)
    log_z = -klnotes.free_energy(energies, temperature) / temperature
    # Both sides hold energies over T, at most 40.
    to_p = energies.mean() / temperature + log_z - np.log(n)
    assert klnotes.kl_divergence(uniform, p) == pytest.approx(to_p, abs=1e-13)
    assert klnotes.kl_from_logits(np.zeros(n), -energies / temperature) == pytest.approx(to_p, abs=1e-13)
    assert klnotes.kl_divergence(p, uniform) == pytest.approx(np.log(n) - klnotes.entropy(p), abs=1e-13)


@pytest.mark.theorem("prop-kl-ladder")
@given(st.integers(2, 12), st.floats(0.05, 1e4))
def test_ladder(n: int, temperature: float) -> None:
    with mpmath.workdps(60):
        x = 1 / mpmath.mpf(temperature)
        to_p = mpmath.log(mpmath.sinh(n * x / 2) / (n * mpmath.sinh(x / 2)))
        from_p = (
            mpmath.log(n * mpmath.expm1(-x) / mpmath.expm1(-n * x)) - x / mpmath.expm1(x) + n * x / mpmath.expm1(n * x)
        )
        if n == 2:
            assert abs(to_p - mpmath.log(mpmath.cosh(x / 2))) < mpmath.mpf(10) ** -50
        # Cold: one grows like (n - 1) x / 2 - log n, the other stops at log n. Hot: both like (n**2 - 1) / (24 T**2).
        assert to_p <= (n - 1) * x / 2
        assert to_p >= (n - 1) * x / 2 - mpmath.log(n)
        assert 0 <= from_p <= mpmath.log(n)
        if temperature > 100:
            limit = (n * n - 1) * x**2 / 24
            assert abs(to_p / limit - 1) < 5 * n * n * x**2
            assert abs(from_p / limit - 1) < 5 * n * n * x**2
    uniform = np.full(n, 1 / n)
    p = klnotes.boltzmann_distribution(np.arange(n), temperature)
    # p is rounded, at 1e-16 times its exponent, and that moves a small divergence by its square root.
    size = 1 + n / temperature
    assert klnotes.kl_divergence(uniform, p) == pytest.approx(
        float(to_p), rel=1e-14 * size, abs=1e-15 * float(to_p) ** 0.5
    )
    assert klnotes.kl_divergence(p, uniform) == pytest.approx(
        float(from_p), rel=1e-14 * size, abs=1e-15 * float(from_p) ** 0.5
    )


@pytest.mark.theorem("prop-heat-capacity")
@given(st.integers(1, 5).flatmap(ladders), st.floats(0.2, 20))
def test_heat_capacity_is_a_variance(energies: np.ndarray, temperature: float) -> None:
    with mpmath.workdps(40):
        levels = [mpmath.mpf(float(e)) for e in energies]

        def mean_energy(t: mpmath.mpf) -> mpmath.mpf:
            weights = [mpmath.exp(-e / t) for e in levels]
            return mpmath.fsum(w * e for w, e in zip(weights, levels, strict=True)) / mpmath.fsum(weights)

        slope = float(mpmath.diff(mean_energy, mpmath.mpf(temperature)))
    assert klnotes.heat_capacity(energies, temperature) == pytest.approx(slope, rel=1e-12, abs=1e-13)
    assert slope >= -1e-13
