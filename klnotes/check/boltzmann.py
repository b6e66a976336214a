"""The tasks of the exercises on the Boltzmann distribution."""

import functools
import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import brentq

import klnotes
from klnotes.check._engine.answers import Choice, Number, shares
from klnotes.check._engine.hints import MEAN, ZERO_TIMES_LOG
from klnotes.check._engine.inputs import ZEROS, distributions
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["boltzmann_distribution", "gap", "perrin", "perrin_gap", "temperature", "upper", "variational_free_energy"]

upper = Number(
    "upper",
    lambda: klnotes.boltzmann_distribution([0.0, 1.0], 1 / math.log(3))[1],
    "",
    {
        "That is the ratio of the two probabilities. They must sum to one.": lambda: 1 / 3,
        "That is the lower state.": lambda: 3 / 4,
        "Only infinite heat makes the states equal.": lambda: 1 / 2,
        "The logarithm has base 10. Here log is the natural one, np.log.": lambda: 1 / (1 + math.exp(math.log10(3))),
        "The energy is multiplied by the temperature; divide by it.": lambda: 1 / (1 + math.exp(1 / math.log(3))),
    },
)


@st.composite
def _levels(draw: st.DrawFn, shift: int, scale: int = 1) -> Any:
    steps = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3).filter(any))
    return np.cumsum([shift, *steps]) * float(scale)


def _in_any_order(levels: Any) -> Any:
    return st.tuples(levels.flatmap(lambda e: st.permutations(list(e))).map(np.array), _TEMPERATURES)


_TINY = float(np.finfo(float).tiny)
_TEMPERATURES = st.sampled_from([1.0, 2.0, 0.5, 3.0, 4.0])


def _from_the_one_at(number: int, e: Any, t: Any) -> Any:
    weights = np.exp((e[number] - e) / t)
    return weights / weights.sum()


boltzmann_distribution = Check(
    name="boltzmann_distribution",
    what="the Boltzmann distribution",
    names=["energies", "temperature"],
    truth=klnotes.boltzmann_distribution,
    stages=[
        Stage("small energies", _in_any_order(_levels(0))),
        Stage(
            "large energies close together",
            _in_any_order(_levels(1000)),
            "Only differences of energies count. Which constant may you subtract from all of them?",
        ),
        Stage(
            "energies thousands apart",
            _in_any_order(_levels(0, 1000)),
            "exp is inf for large exponents, and 0 for very negative ones. Which energy makes all exponents at most 0?",
        ),
    ],
    slips={
        "The sign in the exponent is wrong: a higher level must be less probable.": lambda e, t: (
            klnotes.boltzmann_distribution(-e, t)
        ),
        "The weights are not divided by their sum Z.": lambda e, t: np.exp(-e / t),
        "The energies are multiplied by the temperature; divide by it.": lambda e, t: klnotes.boltzmann_distribution(
            e, 1 / t
        ),
        "The temperature does not enter: it must divide the energies in the exponent.": lambda e, t: (
            klnotes.boltzmann_distribution(e, 1.0)
        ),
        "The weights are powers of 2; they must be powers of e.": lambda e, t: klnotes.boltzmann_distribution(
            e, t / np.log(2)
        ),
        "The temperature is missing in the sum Z.": lambda e, t: np.exp(-e / t) / np.exp(-e).sum(),
        "The temperature is missing above the sum Z.": lambda e, t: np.exp(-e) / np.exp(-e / t).sum(),
        "The energies are sorted first. The probabilities must stand in the order of the energies.": lambda e, t: (
            klnotes.boltzmann_distribution(np.sort(e), t)
        ),
        "The probabilities stand in the wrong order.": lambda e, t: klnotes.boltzmann_distribution(e, t)[::-1],
        "That is the partition function Z.": lambda e, t: np.exp(-e / t).sum(),
        "The quotients of energy and temperature are cut down to whole numbers, as // and int do.": lambda e, t: (
            klnotes.boltzmann_distribution(e // t, 1.0)
        ),
        "The energies are shared out, without an exponential.": lambda e, t: e / e.sum(),
        "exp(-E/T) is 0 for all levels, and 0/0 is nan. Subtract the lowest energy first: no probability changes.": (
            lambda e, t: np.exp(-e / t) / np.exp(-e / t).sum()
        ),
        "The weights exp(-E/T) are so small that what is added to their sum decides. Subtract the lowest energy first: "
        "no probability changes.": lambda e, t: np.exp(-e / t) / (np.exp(-e / t).sum() + 1e-12),
        "All weights exp(-E/T) are 0 here, whatever they are divided by. Subtract the lowest energy first: no "
        "probability changes.": lambda e, t: np.exp(-e / t) / np.maximum(np.exp(-e / t).sum(), _TINY),
        "exp((max - E)/T) is inf for low levels, and inf/inf is nan. Subtract the lowest energy, not the highest.": (
            lambda e, t: np.exp((e.max() - e) / t) / np.exp((e.max() - e) / t).sum()
        ),
        **{
            f"The {place} energy is subtracted, and exp is inf for one that is thousands lower. Subtract the lowest, "
            "wherever it stands.": functools.partial(_from_the_one_at, number)
            for place, number in (("first", 0), ("last", -1))
        },
    },
)


@st.composite
def _trial(draw: st.DrawFn, least: int) -> Any:
    energies = draw(_levels(0))
    return draw(distributions(len(energies), least)), energies, draw(_TEMPERATURES)


variational_free_energy = Check(
    name="variational_free_energy",
    what="the free energy F[q]",
    names=["q", "energies", "temperature"],
    truth=klnotes.variational_free_energy,
    stages=[
        Stage("distributions without zeros", _trial(1)),
        Stage("distributions with zeros", _trial(0), ZEROS, zeros=True),
    ],
    slips={
        "The entropy is in bits. Energies and temperatures go with nats.": lambda q, e, t: (
            q @ e - t * klnotes.entropy(q, unit="bits")
        ),
        "The energy is multiplied by ln 2, too. Only the entropy is to be converted to nats.": lambda q, e, t: (
            (q @ e - t * klnotes.entropy(q, unit="bits")) * np.log(2)
        ),
        "An entropy in bits is divided by ln 2. To be in nats, it must be multiplied.": lambda q, e, t: (
            q @ e - t * klnotes.entropy(q, unit="bits") / np.log(2)
        ),
        "The logarithm has base 10. Energies and temperatures go with the natural one.": lambda q, e, t: (
            q @ e - t * klnotes.entropy(q) / np.log(10)
        ),
        "T times the entropy is added; it must be subtracted.": lambda q, e, t: q @ e + t * klnotes.entropy(q),
        "The entropy is not multiplied by the temperature.": lambda q, e, t: q @ e - klnotes.entropy(q),
        "The entropy is divided by the temperature; multiply.": lambda q, e, t: q @ e - klnotes.entropy(q) / t,
        "That is the mean energy; T times the entropy must be subtracted.": lambda q, e, t: q @ e,
        "That is the free energy of the Boltzmann distribution. Where does q enter?": lambda q, e, t: (
            klnotes.free_energy(e, t)
        ),
        "The energies are averaged as if all states were equally probable; weight them with q.": lambda q, e, t: (
            e.mean() - t * klnotes.entropy(q)
        ),
        "The terms are averaged once more; the weights q already do that.": lambda q, e, t: (
            klnotes.variational_free_energy(q, e, t) / len(q)
        ),
        "The energies are averaged once more; the weights q already do that.": lambda q, e, t: (
            (q * e).mean() - t * klnotes.entropy(q)
        ),
        "The entropy is divided by the number of states.": lambda q, e, t: q @ e - t * klnotes.entropy(q) / len(q),
        "The energies are added without weights; weight them with q.": lambda q, e, t: e.sum() - t * klnotes.entropy(q),
        "The whole is divided by the temperature. Only the entropy is multiplied by it.": lambda q, e, t: (
            q @ e / t - klnotes.entropy(q)
        ),
        "The mean energy is multiplied by the temperature, too.": lambda q, e, t: t * (q @ e - klnotes.entropy(q)),
        "These are the parts of the single states; what is asked for is their sum.": lambda q, e, t: (
            q * e - t * q * klnotes.surprisal(q)
        ),
        ZERO_TIMES_LOG: lambda q, e, t: q @ e + t * np.sum(q * np.log(q)),
    },
    guards=[
        lambda put_in, q, e, t: q @ e + t * np.sum(q * np.log(put_in(q))),
        lambda put_in, q, e, t: q @ e + t * np.sum(put_in(q) * np.log(put_in(q))),
        lambda put_in, q, e, t: put_in(q) @ e + t * np.sum(put_in(q) * np.log(put_in(q))),
    ],
)

gap = Proof(
    "gap",
    {
        "D": {},
        "B": {"D": "It takes the mean of a surprisal that must have been written down before."},
        "F": {"B": "It multiplies an equation that is not there yet."},
        "A": {},
        "G": {"D": "The Boltzmann distribution's own free energy uses its surprisal."},
        "C": {
            "F": "It needs F[q] + T log Z.",
            "A": "It needs the divergence to appear.",
            "G": "It needs F[p].",
        },
    },
    {"E": "It is false: the mean of -log p under p is H(p), not H(p, q)."},
)


@st.composite
def _mean_energies(draw: st.DrawFn) -> Any:
    energies = draw(_levels(0))
    moderate = st.integers(2, 9).map(lambda tenths: energies.mean() * tenths / 10)
    extreme = st.sampled_from([900.0, 300.0, 50.0, 0.15]).map(lambda t: klnotes.mean_energy(energies, t))
    return energies, draw(st.one_of(moderate, extreme))


def _temperature(energies: Any, mean: Any) -> Any:
    return np.exp(brentq(lambda log_t: klnotes.mean_energy(energies, np.exp(log_t)) - mean, -6, 12, xtol=1e-13))


temperature = Check(
    name="temperature",
    what="the temperature at which the mean energy has the given value",
    names=["energies", "mean"],
    truth=_temperature,
    stages=[
        Stage(
            "levels and mean energies",
            _mean_energies(),
            "Put your result into klnotes.mean_energy: the given mean must come back, to six digits. A search that "
            "only comes near it needs more steps, or a wider interval.",
        )
    ],
    accepts=lambda t, energies, mean: t > 0 and abs(klnotes.mean_energy(energies, t) - mean) <= 1e-6 * energies.max(),
    slips={
        "That is 1/T.": lambda energies, mean: 1 / _temperature(energies, mean),
        "That is the formula for two levels. Here there may be more.": lambda energies, mean: (
            energies.max() / np.log(energies.max() / mean - 1)
        ),
        "That is the formula for a ladder without end. Here the levels are given.": lambda energies, mean: (
            1 / np.log1p(1 / mean)
        ),
        "That is the logarithm of the temperature.": lambda energies, mean: np.log(_temperature(energies, mean)),
        "That is the mean energy. It has the unit of the temperature, but is something else.": lambda energies, mean: (
            mean
        ),
        "That is the mean energy that belongs to a temperature; find the temperature that belongs to a mean energy.": (
            klnotes.mean_energy
        ),
    },
)


def _perrin_temperature(grains: Any) -> float:
    levels = np.arange(len(grains), dtype=float)
    return float(_temperature(levels, shares(grains) @ levels))


def _endless(grains: Any) -> float:
    """The temperature of a ladder without end that has the mean level of the grains."""
    return 1 / math.log1p(1 / float(shares(grains) @ np.arange(len(grains))))


def _perrin_fit(grains: Any) -> Any:
    return klnotes.boltzmann_distribution(np.arange(len(grains)), _perrin_temperature(grains))


def _perrin_gap_at(temperature: float, grains: Any) -> float:
    model = klnotes.boltzmann_distribution(np.arange(len(grains)), temperature)
    return float(klnotes.kl_divergence(grains, model, normalize=True))


perrin = Number(
    "perrin",
    _perrin_temperature,
    "",
    {
        "That is 1/T.": lambda grains: 1 / _perrin_temperature(grains),
        "That is the mean level. Which temperature has it?": lambda grains: float(
            shares(grains) @ np.arange(len(grains))
        ),
        "That uses the two lowest slices only. The likeliest temperature has the mean level of all four.": (
            lambda grains: 1 / math.log(grains[0] / grains[1])
        ),
        "That uses the lowest and the highest slice only, and so does the mean of the three steps. The likeliest "
        "temperature has the mean level of all four.": lambda grains: (
            (len(grains) - 1) / math.log(grains[0] / grains[-1])
        ),
        "That is a straight line through the logarithms, in which few grains count as much as many. The likeliest "
        "temperature has the mean level of all.": lambda grains: (
            -1 / float(np.polyfit(np.arange(len(grains)), np.log(grains), 1)[0])
        ),
        "That is the formula for a ladder without end. Here there are four levels.": _endless,
        "That is in microns. The unit is a step of the ladder, 6 microns.": lambda grains: (
            6 * _perrin_temperature(grains)
        ),
    },
)

perrin_gap = Number(
    "perrin_gap",
    lambda grains: klnotes.kl_divergence(shares(grains), _perrin_fit(grains)),
    "nats",
    {
        "That is the other direction. The shares are what happened: they are the reference.": lambda grains: (
            klnotes.kl_divergence(_perrin_fit(grains), shares(grains))
        ),
        "That is the cross-entropy. Subtract the entropy of the shares.": lambda grains: klnotes.cross_entropy(
            shares(grains), _perrin_fit(grains)
        ),
        "That is the mean of both directions. One of them is asked for: the shares are what happened.": lambda grains: (
            (
                klnotes.kl_divergence(shares(grains), _perrin_fit(grains))
                + klnotes.kl_divergence(_perrin_fit(grains), shares(grains))
            )
            / 2
        ),
        "That is at the temperature of a ladder without end. Here there are four levels.": lambda grains: (
            _perrin_gap_at(_endless(grains), grains)
        ),
        "That is at the temperature of the two lowest slices.": lambda grains: _perrin_gap_at(
            1 / math.log(grains[0] / grains[1]), grains
        ),
        "That is the total variation distance.": lambda grains: klnotes.total_variation(
            shares(grains), _perrin_fit(grains)
        ),
        "The counts are not divided by their sum.": lambda grains: (
            np.sum(grains) * _perrin_gap_at(_perrin_temperature(grains), grains)
        ),
        MEAN: lambda grains: _perrin_gap_at(_perrin_temperature(grains), grains) / len(grains),
    },
    digits=4,
)

_FACES = np.arange(1.0, 7.0)
_EVEN, _SURE = [0.5, 0.5], [1.0, 0.0]


def _third() -> Any:
    return klnotes.boltzmann_distribution([0.0, 1.0], 1 / math.log(2))


def _low_die() -> Any:
    return klnotes.boltzmann_distribution(_FACES, _temperature(_FACES, 2.5))


def _capacity() -> float:
    return float(klnotes.heat_capacity([0.0, 1.0], 1 / math.log(2)))


# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "minute": [
        Number(
            "at T = 1",
            lambda: math.exp(1),
            "",
            {
                "That is how many times as probable the upper one is.": lambda: math.exp(-1),
                "That is the probability of the lower state. Asked is the ratio of the two.": lambda: float(
                    klnotes.boltzmann_distribution([0.0, 1.0], 1)[0]
                ),
                "The weights are powers of 2; they must be powers of e.": lambda: 2.0,
            },
        ),
        Number(
            "at T = 1/2",
            lambda: math.exp(2),
            "",
            {
                "That is how many times as probable the upper one is.": lambda: math.exp(-2),
                "The energy is multiplied by the temperature; divide by it.": lambda: math.exp(1 / 2),
                "That is at T = 1.": lambda: math.exp(1),
                "That is twice the ratio at T = 1. The exponent is doubled.": lambda: 2 * math.exp(1),
                "The weights are powers of 2; they must be powers of e.": lambda: 4.0,
            },
        ),
    ],
    "third": [
        Number(
            "T",
            lambda: 1 / math.log(2),
            "",
            {
                "That is 1/T.": lambda: math.log(2),
                "The logarithm has base 10; it must be the natural one.": lambda: 1 / math.log10(2),
                "There the upper one is a third as probable as the lower one.": lambda: 1 / math.log(3),
            },
        ),
        Number(
            "the heat capacity",
            _capacity,
            "",
            {
                "That is the variance of the energy. Divide it by the square of T.": lambda: 2 / 9,
                "The variance is divided by T once. Divide it by the square of T.": lambda: 2 / 9 * math.log(2),
                "The variance is multiplied by the square of T.": lambda: 2 / 9 / math.log(2) ** 2,
                "That is the mean energy.": lambda: 1 / 3,
                "That is the standard deviation in place of the variance.": lambda: math.sqrt(2 / 9) * math.log(2) ** 2,
            },
        ),
        Number(
            "D(u‖p)",
            lambda: float(klnotes.kl_divergence(_EVEN, _third())),
            "nats",
            {
                "That is the other direction, D(p‖u).": lambda: float(klnotes.kl_divergence(_third(), _EVEN)),
                "That is the cross-entropy. Subtract the entropy of u, ln 2.": lambda: float(
                    klnotes.cross_entropy(_EVEN, _third())
                ),
            },
        ),
        Number(
            "D(p‖u)",
            lambda: float(klnotes.kl_divergence(_third(), _EVEN)),
            "nats",
            {
                "That is the other direction, D(u‖p).": lambda: float(klnotes.kl_divergence(_EVEN, _third())),
                "That is the entropy of p. Subtract it from ln 2.": lambda: float(klnotes.entropy(_third())),
                "That is x tanh x. Subtract the logarithm of cosh x.": lambda: math.log(2) / 6,
            },
        ),
        Choice(
            "bounded, and the heat over temperature",
            lambda: "b",
            {
                "a": "For T → 0 the upper state becomes impossible, and u has it.",
                "b": "It is ln 2 less the entropy of p, and the entropy grows by the heat over temperature.",
            },
        ),
    ],
    "low-die": [
        Number(
            "a six",
            lambda: float(_low_die()[5]),
            "",
            {
                "That is the probability of a one now.": lambda: float(_low_die()[0]),
                "That is a fair die, with the average 3.5.": lambda: 1 / 6,
                "That is the die whose probabilities fall in equal steps. It claims more than its average.": lambda: (
                    1 / 6 - 2.5 / 17.5
                ),
            },
        ),
        Number(
            "T for 4.5, with pips as energy",
            lambda: -float(_temperature(_FACES, 2.5)),
            "",
            {
                "That is 1/T.": lambda: -1 / float(_temperature(_FACES, 2.5)),
                "That is 1/T, for the average 2.5.": lambda: 1 / float(_temperature(_FACES, 2.5)),
            },
        ),
    ],
    "minimum": [
        Number(
            "the state of lowest energy",
            lambda: float(klnotes.variational_free_energy(_SURE, [0.0, 1.0], 1)),
            "",
            {
                "What is certain has the entropy 0.": lambda: -math.log(2),
                "That is the energy of the other state.": lambda: 1.0,
            },
        ),
        Number(
            "the Boltzmann distribution",
            lambda: float(klnotes.free_energy([0.0, 1.0], 1)),
            "",
            {
                "That is its mean energy. Subtract T times the entropy.": lambda: float(
                    klnotes.mean_energy([0.0, 1.0], 1)
                ),
                "T times the entropy is added. It must be subtracted.": lambda: (
                    float(klnotes.mean_energy([0.0, 1.0], 1))
                    + float(klnotes.entropy(klnotes.boltzmann_distribution([0.0, 1.0], 1)))
                ),
                "The exponent has the wrong sign: Z is 1 + exp(-1/T).": lambda: -math.log(1 + math.e),
                "That is -T times the entropy. The mean energy is missing.": lambda: (
                    -float(klnotes.entropy(klnotes.boltzmann_distribution([0.0, 1.0], 1)))
                ),
                "The entropy is in bits. Energies and temperatures go with nats.": lambda: (
                    float(klnotes.mean_energy([0.0, 1.0], 1))
                    - float(klnotes.entropy(klnotes.boltzmann_distribution([0.0, 1.0], 1), unit="bits"))
                ),
                "That is Z.": lambda: 1 + math.exp(-1),
            },
        ),
    ],
    "program": boltzmann_distribution,
}
