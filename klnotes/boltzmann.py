"""The Boltzmann distribution and its free energy. Temperatures are in units of energy: T stands for k_B T."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp, softmax

from klnotes import _validate as check
from klnotes._typing import Array
from klnotes.discrete import entropy


@np.errstate(all="ignore")
def boltzmann_distribution(energies: ArrayLike, temperature: ArrayLike, /) -> Array:
    """Boltzmann distribution p_i = exp(-E_i/T)/Z.

    Parameters
    ----------
    energies : array_like, shape (..., n)
        Energies of the states, finite.
    temperature : array_like, shape (...)
        Temperature in units of energy (k_B T), positive; inf gives the uniform distribution.
        It broadcasts against the batch axes of energies.

    Returns
    -------
    ndarray, shape (..., n)
        Probabilities of the states. They sum to one.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If energies is empty or not finite, the temperature is not positive, or the shapes do not broadcast.

    References
    ----------
    Gibbs (1902), chapter IV. Jaynes (1957), section 3.

    Examples
    --------
    >>> boltzmann_distribution([0.0, 1.0], 1.0).round(4)
    array([0.7311, 0.2689])
    """
    return np.asarray(softmax(-_levels(energies, temperature).gaps, axis=-1))


@np.errstate(all="ignore")
def mean_energy(energies: ArrayLike, temperature: ArrayLike, /) -> Any:
    """Mean energy <E> of the Boltzmann distribution, in the unit of the energies.

    Parameters, errors and shapes are those of boltzmann_distribution; the result has shape (...).

    Examples
    --------
    >>> round(mean_energy([0.0, 1.0], 1.0), 4)
    0.2689
    """
    e = check.finite(energies, "energies")
    return check.scalar_or_array(np.sum(boltzmann_distribution(energies, temperature) * e, axis=-1))


@np.errstate(all="ignore")
def heat_capacity(energies: ArrayLike, temperature: ArrayLike, /) -> Any:
    """Heat capacity d<E>/dT = Var(E)/T**2 of the Boltzmann distribution, in units of k_B.

    Parameters, errors and shapes are those of boltzmann_distribution; the result has shape (...).

    References
    ----------
    Gibbs (1902), chapter VII: the variance of the energy in the canonical ensemble.

    Examples
    --------
    >>> round(heat_capacity([0.0, 1.0], 1.0), 4)
    0.1966
    """
    gaps = _levels(energies, temperature).gaps
    p = np.asarray(softmax(-gaps, axis=-1))
    # prop-boltzmann-heat-capacity: no derivative is taken. A gap may be infinite where p has underflown to 0.
    gaps = np.where(p > 0, gaps, 0.0)
    deviation = gaps - np.sum(p * gaps, axis=-1, keepdims=True)
    return check.scalar_or_array(np.sum(p * deviation * deviation, axis=-1))


@np.errstate(all="ignore")
def free_energy(energies: ArrayLike, temperature: ArrayLike, /) -> Any:
    """Equilibrium free energy F = -T log Z, in the unit of the energies.

    Parameters, errors and shapes are those of boltzmann_distribution, but the temperature must be finite;
    the result has shape (...).

    References
    ----------
    Gibbs (1902), chapter IV.

    Examples
    --------
    >>> round(free_energy([0.0, 1.0], 1.0), 4)
    -0.3133
    """
    lowest, gaps, t = _levels(energies, temperature)
    check.positive(t, "temperature")
    return check.scalar_or_array(lowest - t * logsumexp(-gaps, axis=-1))


@np.errstate(all="ignore")
def variational_free_energy(q: ArrayLike, energies: ArrayLike, temperature: ArrayLike, /) -> Any:
    """Free energy F[q] = <E>_q - T H(q) of any distribution q over the states, in the unit of the energies.

    Parameters
    ----------
    q : array_like, shape (..., n)
        Distributions over the states.
    energies : array_like, shape (..., n)
        Energies of the states, finite.
    temperature : array_like, shape (...)
        Temperature in units of energy (k_B T), positive and finite.

    Returns
    -------
    float or ndarray, shape (...)
        At least free_energy(energies, temperature), by T KL(q || p) with p the Boltzmann distribution.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If q is not a distribution over as many states as there are energies, energies is empty or not
        finite, or the temperature is not positive and finite.

    References
    ----------
    Feynman (1972), section 2.11; Gibbs (1902), chapter XI, theorem III.

    Examples
    --------
    >>> variational_free_energy([0.5, 0.5], [0.0, 1.0], 1.0) > free_energy([0.0, 1.0], 1.0)
    True
    """
    t = _levels(energies, temperature).temperature
    check.positive(t, "temperature")
    e = check.finite(energies, "energies")
    weights, total = check.distribution(q, "q", -1, False)
    check.same_outcomes(weights, e, ("q", "energies"))
    return check.scalar_or_array(np.sum(weights * e, axis=-1) / total - t * entropy(q))


class _Levels(NamedTuple):
    """The lowest energy, the distance (E - lowest)/T of each from it, and the temperature."""

    lowest: Array
    gaps: Array
    temperature: Array


def _levels(energies: ArrayLike, temperature: ArrayLike) -> _Levels:
    e, t = check.finite(energies, "energies"), check.positive(temperature, "temperature", or_infinite=True)
    if e.ndim == 0 or e.shape[-1] == 0:
        raise ValueError(f"energies must hold at least one energy, but its shape is {e.shape}")
    check.broadcast(e.shape[:-1], t.shape, ("the batch axes of energies", "temperature"))
    lowest = e.min(axis=-1, keepdims=True)
    heat = t[..., None]
    # Subtracted before the division, which would round the energies at their own scale; where the difference
    # overflows, a quarter of it does not.
    gaps = np.where(np.isfinite(e - lowest), (e - lowest) / heat, (e / 4 - lowest / 4) / heat * 4)
    return _Levels(lowest[..., 0], gaps, t)
