"""Answers that are a number, a choice or a construction. The right ones are computed when they are asked for."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import klnotes
from klnotes._validate import LOG_OF_BASE as UNITS
from klnotes.check._models import temperature, truncated_poisson
from klnotes.check._search import kind_of
from klnotes.check._verdict import Verdict, told

_DIGITS = 0.005  # relative: three digits are enough


@dataclass(frozen=True)
class Number:
    """A number to be found, perhaps with a unit."""

    truth: Callable[..., float]
    unit: str = ""
    slips: Mapping[str, Callable[..., float]] = field(default_factory=dict)

    def judged(self, value: Any, guess: Any, data: Sequence[Any]) -> Verdict:
        """The verdict on a value, which came after a guess."""
        number = _number(value)
        if isinstance(number, str):
            return Verdict(False, f"The answer must be one number, but got {number}")
        wanted = float(self.truth(*data))
        if _near(number, wanted):
            notes = []
            if guess is not None:
                far = _number(guess)
                if isinstance(far, str):
                    return Verdict(False, f"The prediction must be one number, but got {far}")
                notes = [_about_guess(far, wanted)]
            return Verdict(True, f"Right: {_shown(wanted)} {self.unit}".rstrip(), notes=notes)
        slips = {hint: slip(*data) for hint, slip in self.slips.items()}
        if self.unit in UNITS:
            asked = UNITS[self.unit]
            slips |= {
                f"That is the value in {unit}; the question asked for {self.unit}.": wanted * asked / base
                for unit, base in UNITS.items()
                if unit != self.unit
            }
        slips["The sign is wrong."] = -wanted
        slips["That is in percent. Give the share, without the hundred."] = 100 * wanted
        for hint, slip in slips.items():
            if _near(number, slip):
                return Verdict(False, f"{_shown(number)} is not right yet", notes=[hint])
        if math.isinf(wanted):
            return Verdict(False, f"{_shown(number)} is not right yet", notes=["No finite number is."])
        return Verdict(False, f"{_shown(number)} is too {'high' if number > wanted else 'low'}")


@dataclass(frozen=True)
class Choice:
    """One of several options, with a reason for each wrong one."""

    truth: Callable[..., Any]
    options: Mapping[Any, str]

    def judged(self, value: Any, guess: Any, data: Sequence[Any]) -> Verdict:
        """The verdict on an option."""
        chosen = value.strip().lower() if isinstance(value, str) else value
        if isinstance(chosen, np.integer):
            chosen = int(chosen)
        if type(chosen) not in {type(option) for option in self.options} or chosen not in self.options:
            wanted = ", ".join(repr(option) for option in self.options)
            return Verdict(False, f"The answer must be one of {wanted}, but got {kind_of(value)}")
        return Verdict(
            chosen == self.truth(*data),
            "Right" if chosen == self.truth(*data) else "No",
            notes=[self.options[chosen]] if self.options[chosen] else [],
        )


@dataclass(frozen=True)
class Construction:
    """Numbers to be found that have given properties: many answers are right."""

    shape: tuple[int, ...]
    conditions: Sequence[tuple[str, Callable[..., bool]]]
    done: str

    def judged(self, value: Any, guess: Any, data: Sequence[Any]) -> Verdict:
        """The verdict on what was built: the first condition that it does not meet."""
        size = " by ".join(map(str, self.shape))
        try:
            array = np.asarray(value)
        except ValueError:
            return Verdict(False, f"The answer must hold {size} numbers, but its rows differ in length")
        if array.dtype.kind not in "fiu":
            return Verdict(False, f"The answer must hold {size} numbers, but got {kind_of(value)}")
        if array.shape != self.shape:
            return Verdict(False, f"The answer must hold {size} numbers, but its shape is {array.shape}")
        for sentence, holds in self.conditions:
            if not holds(array, *data):
                return Verdict(False, "Not yet", notes=[sentence])
        return Verdict(True, self.done)


def answer(task: str, value: Any, /, *data: Any, guess: Any = None) -> Verdict:
    """Check an answer that is not a function.

    Parameters
    ----------
    task : str
        The name of the task.
    value : object
        The answer; None as long as there is none.
    *data : object
        What the task was about, if it is not in its name.
    guess : float
        What was predicted before the answer was computed.

    Returns
    -------
    Verdict
        Shown as a card in Jupyter, as plain text in a terminal.

    Raises
    ------
    ValueError
        If no task has this name.

    Examples
    --------
    >>> answer("kl-forecaster", 0.737)
    ✗ 0.737 is not right yet
      That is the value in bits; the question asked for nats.
    """
    if task not in ANSWERS:
        raise ValueError(f"task must be one of {', '.join(sorted(ANSWERS))}, but got {task!r}")
    if value is None or value is ...:
        return told(Verdict(None, f"{task}: not attempted yet"))
    return told(ANSWERS[task].judged(value, guess, data))


def _number(value: Any) -> float | str:
    """A value as a float, or in words what it is instead."""
    array = np.asarray(value) if not isinstance(value, (str, bytes)) else None
    if array is None or array.ndim or array.dtype.kind not in "fiu":
        return kind_of(value)
    return "nan" if np.isnan(array) else float(array)


def _near(number: float, wanted: float) -> bool:
    if math.isinf(wanted) or math.isinf(number):
        return number == wanted
    return abs(number - wanted) <= max(_DIGITS * abs(wanted), 1e-9)


def _shown(number: float) -> str:
    return f"{number:.4g}"


def _about_guess(guess: float, wanted: float) -> str:
    if abs(guess - wanted) <= 0.05 * abs(wanted):
        return f"Your prediction, {_shown(guess)}, was close."
    side = "high" if guess > wanted else "low"
    return f"Your prediction, {_shown(guess)}, was too {side}. What did it leave out?"


def _is_distribution(q: Any, *_: Any) -> bool:
    return bool(np.all(q >= 0) and abs(q.sum() - 1) < 1e-8)


_DISTRIBUTION = ("The entries must not be negative, and they must sum to 1.", _is_distribution)
_RACE = [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 64, 1 / 64, 1 / 64, 1 / 64]
_FIVE = [0.3, 0.25, 0.2, 0.15, 0.1]
_BELIEF = np.array([0.7, 0.3])
_BALLS = np.array([0.15, 0.13, 0.23, 0.09, 0.20, 0.05, 0.15])
_GRADES = np.array([-3, -1, 1, 3])


def _linear(q: Any) -> float:
    return float(1 - _BELIEF @ q)


def _shares(counts: Any) -> Any:
    return np.asarray(counts) / np.sum(counts)


def _letters(counts: Any, others: Any) -> tuple[Any, Any]:
    return _shares(counts), _shares(others)


def _perrin_temperature(grains: Any) -> float:
    levels = np.arange(len(grains), dtype=float)
    return float(temperature.truth(levels, _shares(grains) @ levels))


def _perrin_fit(grains: Any) -> Any:
    return klnotes.boltzmann_distribution(np.arange(len(grains)), _perrin_temperature(grains))


def _merged(confusion: Any) -> Any:
    table = np.asarray(confusion).astype(float)
    table[:, 1] += table[:, 8]
    return np.delete(table, 8, axis=1)


def _told_bits(table: Any) -> float:
    return float(klnotes.mutual_information(table, unit="bits", normalize=True))


def _unseen(counts: Any) -> float:
    counts = np.asarray(counts)
    mean = counts @ np.arange(1, len(counts) + 1) / counts.sum()
    return float(counts.sum() / np.expm1(truncated_poisson.truth(mean)))


def _covariance(table: Any) -> float:
    x, y = table.sum(axis=1) @ _GRADES, table.sum(axis=0) @ _GRADES
    return float(_GRADES @ table @ _GRADES - x * y)


ANSWERS: Mapping[str, Number | Choice | Construction] = {
    "entropy-race": Number(
        lambda: klnotes.entropy(_RACE, unit="bits"),
        "bits",
        {"That is what eight equal words cost. The favorite deserves a shorter word.": lambda: math.log2(8)},
    ),
    "entropy-questions": Number(
        lambda: klnotes.mean_code_length(_FIVE, [len(word) for word in klnotes.huffman_code(_FIVE, "ABCDE").values()]),
        "",
        {
            "That is the entropy. No prefix code reaches it here, as the probabilities are no powers of 1/2.": lambda: (
                klnotes.entropy(_FIVE, unit="bits")
            ),
            "That is the mean for equal words, without weights: weight each length with its probability.": lambda: (
                12 / 5
            ),
            "Three questions name any of the five, but the common ones need fewer.": lambda: 3.0,
        },
    ),
    "entropy-finnish": Number(
        lambda counts: klnotes.entropy(counts, unit="bits", normalize=True),
        "bits",
        {
            "That is what 26 equal letters would have.": lambda counts: math.log2(26),
            "That is the entropy of as many equal letters as occur.": lambda counts: math.log2(
                np.count_nonzero(counts)
            ),
        },
    ),
    "cross-entropy-1000": Number(
        lambda: klnotes.cross_entropy(np.eye(1000)[0], np.full(1000, 1 / 1000)),
        "nats",
        {
            "That is the probability of the label. Its surprisal is asked for.": lambda: 1 / 1000,
            "That is the share of wrong answers.": lambda: 0.999,
        },
    ),
    "cross-entropy-named-8": Number(
        lambda confusion: klnotes.entropy(np.asarray(confusion)[:, 8], normalize=True),
        "nats",
        {
            "That is the row of the true eights: how the classifier names them. Asked is what is behind the "
            "name, which is the column.": lambda confusion: klnotes.entropy(np.asarray(confusion)[8], normalize=True),
            "That is how surprised you are by an eight, not by whatever comes.": lambda confusion: klnotes.surprisal(
                _shares(np.asarray(confusion)[:, 8])[8]
            ),
        },
    ),
    "cross-entropy-lie": Construction(
        (2,),
        [
            _DISTRIBUTION,
            (
                "Under the linear penalty the lie must cost at least 0.1 less than honesty.",
                lambda q: _linear(q) <= _linear(_BELIEF) - 0.1 + 1e-12,
            ),
            (
                "It must stay finite under the log-loss: give some probability to what you believe possible.",
                lambda q: bool(np.isfinite(klnotes.cross_entropy(_BELIEF, q, normalize=True))),
            ),
        ],
        "A lie that pays under the linear penalty, and costs under the log-loss",
    ),
    "kl-by-hand": Number(
        lambda: klnotes.kl_divergence([1 / 2, 1 / 2], [1 / 8, 7 / 8], unit="bits"),
        "bits",
        {
            "That is the other direction. The weights are those of P.": lambda: klnotes.kl_divergence(
                [1 / 8, 7 / 8], [1 / 2, 1 / 2], unit="bits"
            ),
            "That is the cross-entropy; subtract the entropy of P.": lambda: klnotes.cross_entropy(
                [1 / 2, 1 / 2], [1 / 8, 7 / 8], unit="bits"
            ),
        },
    ),
    "kl-forecaster": Number(
        lambda: klnotes.bernoulli_kl(0.5, 0.1),
        "nats",
        {
            "That is the other direction. What really happens is the reference: half of the days are wet.": lambda: (
                klnotes.bernoulli_kl(0.1, 0.5)
            ),
            "That is the whole bill, the cross-entropy. Nobody can save the entropy of the weather.": lambda: (
                klnotes.cross_entropy([0.5, 0.5], [0.1, 0.9])
            ),
        },
    ),
    "kl-mystery": Choice(
        lambda sample, counts: int(np.argmin(klnotes.kl_divergence(sample, np.add(counts, 1), normalize=True))),
        dict.fromkeys(
            range(4), "Another language is nearer. Is the sentence the reference, and was one added to each count?"
        )
        | {2: "Spanish it is."},
    ),
    "gibbs-negative-terms": Number(
        lambda: float(len(_BALLS) - 1),
        "",
        {"If all seven terms were negative, Q would be larger than P everywhere, and sum to more than 1.": lambda: 7.0},
    ),
    "gibbs-pinsker": Number(
        lambda: math.sqrt(0.01 * math.log(2) / 2),
        "",
        {
            "Pinsker's inequality, as the chapter states it, is in nats. A hundredth of a bit is less.": lambda: (
                math.sqrt(0.01 / 2)
            ),
            "The square root is missing.": lambda: 0.01 * math.log(2) / 2,
            "Divide by 2 before you take the root.": lambda: math.sqrt(0.01 * math.log(2)),
        },
    ),
    "gibbs-letters": Number(
        lambda one, other: klnotes.total_variation(*_letters(one, other)),
        "",
        {
            "That is twice the distance.": lambda one, other: 2 * klnotes.total_variation(*_letters(one, other)),
            "That is Pinsker's bound. The distance itself is smaller.": lambda one, other: math.sqrt(
                klnotes.kl_divergence(*_letters(other, one)) / 2
            ),
            "That is the largest difference of one letter. An event may hold several.": lambda one, other: float(
                np.abs(np.subtract(*_letters(one, other))).max()
            ),
            "That is a KL divergence.": lambda one, other: klnotes.kl_divergence(*_letters(other, one)),
        },
    ),
    "gibbs-six-gains": Construction(
        (7,),
        [
            _DISTRIBUTION,
            ("Six terms must be negative: six entries of Q above those of P.", lambda q: int(np.sum(q > _BALLS)) == 6),
            (
                "The divergence must stay below 0.001 nats. Take less from the seventh.",
                lambda q: klnotes.kl_divergence(_BALLS, q, normalize=True) < 0.001,
            ),
        ],
        "Six terms are negative, and the sum is positive all the same",
    ),
    "likelihood-coin": Number(
        lambda: klnotes.entropy([0.7, 0.3]),
        "nats",
        {
            "That is for all ten tosses; the average over the tosses is asked for.": lambda: (
                10 * klnotes.entropy([0.7, 0.3])
            ),
            "That is the fair coin. The coin that fits best is another one.": lambda: math.log(2),
            "That is the surprisal of heads. Three tosses of the ten show tails.": lambda: klnotes.surprisal(0.7),
        },
    ),
    "likelihood-horses": Number(
        lambda counts: float(_shares(counts) @ np.arange(len(counts))),
        "",
        {
            "That is the mean of the years in which somebody died. The quiet years count as well.": lambda counts: (
                float(_shares(counts[1:]) @ np.arange(1, len(counts)))
            ),
            "That is the number of all deaths; divide by the number of reports.": lambda counts: float(
                np.asarray(counts) @ np.arange(len(counts))
            ),
        },
    ),
    "likelihood-unseen": Number(
        _unseen,
        "",
        {
            "That is the number of all reports, with those that were kept. How many are missing?": lambda counts: (
                _unseen(counts) + float(np.sum(counts))
            )
        },
    ),
    "information-card": Number(
        lambda: klnotes.mutual_information(np.array([[13, 0], [13, 0], [0, 13], [0, 13]]) / 52, unit="bits"),
        "bits",
        {
            "That is the entropy of the suit. When you know the color, one bit of it is still open.": lambda: 2.0,
            "The color follows from the suit, so they are far from independent.": lambda: 0.0,
        },
    ),
    "information-merged": Number(
        lambda confusion: _told_bits(confusion) - _told_bits(_merged(confusion)),
        "bits",
        {
            "That is what is left. Asked is what is lost.": lambda confusion: _told_bits(_merged(confusion)),
            "That is what the answers told before.": _told_bits,
        },
    ),
    "information-uncorrelated": Construction(
        (4, 4),
        [
            _DISTRIBUTION,
            ("The covariance must be 0.", lambda table: abs(_covariance(table)) < 1e-9),
            (
                "The mutual information must be 2 bits: each grade must determine the other.",
                lambda table: klnotes.mutual_information(table, unit="bits", normalize=True) > 2 - 1e-9,
            ),
        ],
        "No correlation at all, and each grade tells everything about the other",
    ),
    "boltzmann-upper": Number(
        lambda: klnotes.boltzmann_distribution([0.0, 1.0], 1 / math.log(3))[1],
        "",
        {
            "That is the ratio of the two probabilities. They must sum to one.": lambda: 1 / 3,
            "That is the lower state.": lambda: 3 / 4,
            "Only infinite heat makes the states equal.": lambda: 1 / 2,
        },
    ),
    "boltzmann-perrin": Number(
        _perrin_temperature,
        "",
        {
            "That is 1/T.": lambda grains: 1 / _perrin_temperature(grains),
            "That is the mean level. Which temperature has it?": lambda grains: float(
                _shares(grains) @ np.arange(len(grains))
            ),
            "That uses the two lowest slices only. The likeliest temperature has the mean level of all four.": (
                lambda grains: 1 / math.log(grains[0] / grains[1])
            ),
        },
    ),
    "boltzmann-perrin-gap": Number(
        lambda grains: klnotes.kl_divergence(_shares(grains), _perrin_fit(grains)),
        "nats",
        {
            "That is the cross-entropy. Subtract the entropy of the shares.": lambda grains: klnotes.cross_entropy(
                _shares(grains), _perrin_fit(grains)
            ),
        },
    ),
    "computing-torch": Choice(
        lambda: "b",
        {
            "a": "The second argument is the reference, and the first one, in log-space, is the model.",
            "b": "The weights come from the second argument, Q. Read it as: the target first.",
            "c": "The function subtracts the first argument from the logarithm of the second, so no entropy is left.",
            "d": 'That is reduction="mean"; here the terms are added.',
        },
    ),
    "computing-finnish": Number(
        lambda one, other: klnotes.kl_divergence(*_letters(one, other)),
        "nats",
        {
            "That is the other direction.": lambda one, other: klnotes.kl_divergence(*_letters(other, one)),
            "That leaves out the letters that Finnish does not have, and they are what the question is about.": (
                lambda one, other: float(np.nansum(_masked(*_letters(one, other))))
            ),
        },
    ),
}


def _masked(p: Any, q: Any) -> Any:
    return np.where(q > 0, klnotes.kl_terms(p, q), 0.0)
