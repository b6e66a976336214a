"""The tasks of the exercises on zero probabilities."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

import klnotes
from klnotes.check._engine.answers import Construction, Number
from klnotes.check._engine.hints import CROSS_ENTROPY, OTHER_WAY, SUM_MISSING
from klnotes.check._engine.inputs import weights
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["bill", "decades", "missing", "order", "perplexity", "smoothed_kl", "smoothing"]

_SHARE, _REPORT = 0.3, 3.6

decades = Number(
    "decades",
    lambda: _REPORT + _SHARE * math.log(1000),
    "nats",
    {
        "The whole ln 10 is added for each decade; it counts with the probability of what is excluded only.": lambda: (
            _REPORT + math.log(1000)
        ),
        "That is one decade. From 1e-6 to 1e-9 there are three.": lambda: _REPORT + _SHARE * math.log(10),
        "The decades are counted in hartleys; a decade is ln 10 nats.": lambda: _REPORT + 3 * _SHARE,
        "That is what the report says already. It follows ε.": lambda: _REPORT,
        "The report does not grow in proportion to the number of zeros: each decade adds the same.": lambda: (
            _REPORT * 9 / 6
        ),
        "It grows when ε gets smaller.": lambda: _REPORT - _SHARE * math.log(1000),
        "That is what the three decades add. The report begins at 3.6.": lambda: _SHARE * math.log(1000),
        "That is the truth, but the question is what the program says.": lambda: math.inf,
    },
)


def _arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """A formula for arrays, given lists."""
    return lambda *given: function(*(np.asarray(x, dtype=float) for x in given))


def _lists(number: int, least: int, alphas: list[float]) -> Any:
    """So many lists of two to four counts, and what is to be added to them."""
    return st.integers(2, 4).flatmap(
        lambda k: st.tuples(*[weights(k, least).map(lambda w: w.tolist())] * number, st.sampled_from(alphas))
    )


_ADDED = [1, 1 / 2, 2, 1 / 10, 3]

# What may be done instead of additive smoothing: the forecast that comes out, from counts and alpha.
_OTHER: dict[str, Callable[[Any, Any], Any]] = {
    "The total grows by alpha, but alpha was added to each of k counts: it must grow by k times alpha. As it is, the "
    "forecast sums to more than 1.": lambda c, a: (c + a) / (c.sum() + a),
    "The total does not grow, so the forecast sums to more than 1: with alpha added to each of k counts, it grows by k "
    "times alpha.": lambda c, a: (c + a) / c.sum(),
    "The total grows by k, as if 1 were added to each count; it must grow by k times alpha.": lambda c, a: (
        (c + a) / (c.sum() + len(c))
    ),
    "The total grows for the kinds that were seen only; alpha was added to the others, too.": lambda c, a: (
        (c + a) / (c.sum() + a * np.count_nonzero(c))
    ),
    "Nothing is added: what was not seen still has probability 0.": lambda c, a: c / c.sum(),
    "1 is added, whatever alpha is.": lambda c, a: (c + 1) / (c.sum() + len(c)),
    "Only the empty counts are raised. Add alpha to each count.": lambda c, a: (
        np.where(c == 0, a, c) / np.where(c == 0, a, c).sum()
    ),
    "alpha is added to the shares; add it to the counts.": lambda c, a: (c / c.sum() + a) / (1 + len(c) * a),
    "alpha is shared out among the counts; add it to each of them.": lambda c, a: (c + a / len(c)) / (c.sum() + a),
    "That is mixing, with alpha for λ; here alpha is a number of imaginary observations.": lambda c, a: (
        (1 - a) * c / c.sum() + a / len(c)
    ),
}

smoothing = Check(
    name="smoothing",
    what="the shares after alpha is added to each count",
    names=["counts", "alpha"],
    truth=_arrays(klnotes.additive_smoothing),
    stages=[Stage("counts and what is added to them", _lists(1, 0, _ADDED))],
    slips={
        **{hint: _arrays(other) for hint, other in _OTHER.items()},
        "These are the raised counts; divide them by their total.": _arrays(lambda c, a: c + a),
        "That is a uniform distribution: the counts do not enter.": _arrays(lambda c, a: np.full(len(c), 1 / len(c))),
        "That is the total of the raised counts.": _arrays(lambda c, a: (c + a).sum()),
        "Everything is divided by the largest count, not by the total.": _arrays(lambda c, a: (c + a) / (c + a).max()),
    },
)


def _bill(held_out: Any, q: Any) -> Any:
    """Mean surprisal of the held-out counts, for anything that is called a forecast."""
    seen = held_out > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.sum(held_out[seen] * np.log(q[seen])) / held_out.sum()


def _smoothed_bill(held_out: Any, counts: Any, alpha: Any) -> Any:
    return _bill(held_out, klnotes.additive_smoothing(counts, alpha))


_NOTHING_ADDED = (
    "With nothing added, a kind that was not seen has probability 0. If it comes, the value is inf; if it does not "
    "come, it costs nothing."
)

perplexity = Check(
    name="perplexity",
    what="the perplexity of the held-out counts",
    names=["counts", "held_out", "alpha"],
    truth=_arrays(lambda c, h, a: np.exp(_smoothed_bill(h, c, a))),
    stages=[
        Stage("counts and something to add", _lists(2, 0, _ADDED)),
        Stage("nothing to add", _lists(2, 0, [0]), _NOTHING_ADDED),
    ],
    slips={
        "That is the mean surprisal in nats; the perplexity is e to its power.": _arrays(
            lambda c, h, a: _smoothed_bill(h, c, a)
        ),
        "The surprisals are in nats and the power is one of 2. Take both to the same base.": _arrays(
            lambda c, h, a: 2 ** _smoothed_bill(h, c, a)
        ),
        "The surprisals are in bits and the power is one of e. Take both to the same base.": _arrays(
            lambda c, h, a: np.exp(_smoothed_bill(h, c, a) / np.log(2))
        ),
        "That is one over the perplexity: the sign of the mean surprisal is wrong.": _arrays(
            lambda c, h, a: np.exp(-_smoothed_bill(h, c, a))
        ),
        "The weights are the counts that were learned from. The held-out ones have to be paid for.": _arrays(
            lambda c, h, a: np.exp(_smoothed_bill(c, c, a))
        ),
        "The two lists are exchanged: learn from the counts, and pay for held_out.": _arrays(
            lambda c, h, a: np.exp(_smoothed_bill(c, h, a))
        ),
        "The kinds are weighted alike; weight each with its held-out count.": _arrays(
            lambda c, h, a: np.exp(_smoothed_bill(np.ones(len(c)), c, a))
        ),
        "The weights are the forecast's own probabilities. Real outcomes have to be paid for: the held-out ones.": (
            _arrays(lambda c, h, a: np.exp(klnotes.entropy(klnotes.additive_smoothing(c, a))))
        ),
        "The surprisals are added up; divide by the number of held-out outcomes.": _arrays(
            lambda c, h, a: np.exp(h.sum() * _smoothed_bill(h, c, a))
        ),
        "It is divided by the number of kinds; divide by the number of held-out outcomes.": _arrays(
            lambda c, h, a: np.exp(h.sum() * _smoothed_bill(h, c, a) / len(c))
        ),
        "That is e to the divergence. A perplexity takes the whole mean surprisal, with the entropy.": _arrays(
            lambda c, h, a: np.exp(klnotes.kl_divergence(h, klnotes.additive_smoothing(c, a), normalize=True))
        ),
        "alpha is added to the held-out counts, too. They are what happened: leave them alone.": _arrays(
            lambda c, h, a: np.exp(_smoothed_bill(h + a, c, a))
        ),
        "The probabilities are averaged before the logarithm is taken. Average the logarithms.": _arrays(
            lambda c, h, a: h.sum() / np.sum(h * klnotes.additive_smoothing(c, a))
        ),
        "The held-out kinds that were not seen are skipped. They are what smoothing is for.": _arrays(
            lambda c, h, a: np.exp(_smoothed_bill(np.where(c > 0, h, 0), c, a))
        ),
        **{hint: _arrays(lambda c, h, a, q=other: np.exp(_bill(h, q(c, a)))) for hint, other in _OTHER.items()},
    },
)


def _divergence(new: Any, q: Any) -> Any:
    """The sum of the terms, for anything that is called a forecast."""
    return _bill(new, q) - klnotes.entropy(new, normalize=True)


def _smoothed_kl(new: Any, counts: Any, alpha: Any) -> Any:
    return klnotes.kl_divergence(new, klnotes.additive_smoothing(counts, alpha), normalize=True)


smoothed_kl = Check(
    name="smoothed_kl",
    what="the divergence of the smoothed counts from the new ones, in nats",
    names=["new", "counts", "alpha"],
    truth=_arrays(_smoothed_kl),
    stages=[
        Stage("counts and something to add", _lists(2, 0, _ADDED)),
        Stage("nothing to add", _lists(2, 0, [0]), _NOTHING_ADDED),
    ],
    unit="nats",
    slips={
        **{hint: _arrays(lambda n, c, a, q=other: _divergence(n, q(c, a))) for hint, other in _OTHER.items()},
        OTHER_WAY: _arrays(lambda n, c, a: klnotes.kl_divergence(klnotes.additive_smoothing(c, a), n, normalize=True)),
        CROSS_ENTROPY: _arrays(lambda n, c, a: _smoothed_bill(n, c, a)),
        "The new counts are smoothed, too. They are what happened: leave them alone.": _arrays(
            lambda n, c, a: klnotes.kl_divergence(*(klnotes.additive_smoothing(x, a) for x in (n, c)))
        ),
        "The two lists are exchanged: the new counts are the reference, and the others are smoothed.": _arrays(
            lambda n, c, a: _smoothed_kl(c, n, a)
        ),
        "The kinds that were not seen are skipped. They are what smoothing is for.": _arrays(
            lambda n, c, a: np.sum(klnotes.kl_terms(n, klnotes.additive_smoothing(c, a), normalize=True)[c > 0])
        ),
        "The weights are the new counts; divide them by their sum.": _arrays(
            lambda n, c, a: n.sum() * _smoothed_kl(n, c, a)
        ),
        SUM_MISSING: _arrays(lambda n, c, a: klnotes.kl_terms(n, klnotes.additive_smoothing(c, a), normalize=True)),
    },
)

bill = Proof(
    "bill",
    {
        "A": {},
        "B": {"A": "It names a bill; first say which probability the sequence is given."},
        "C": {},
        "D": {"C": "It adds up probabilities; first say how large each of them is."},
        "E": {"D": "It takes the logarithm of an inequality that is not there yet."},
        "F": {
            "B": "It compares two bills, and that of Laplace's rule is not known yet.",
            "E": "It needs a bound on the logarithm of M.",
        },
    },
    {
        "G": "Sequences with the same counts have the same probability, others need not: three heads have 1/4, two "
        "heads and then a tail 1/12."
    },
)

_REFERENCE = np.array([0.5, 0.3, 0.2])


def _reported(q: Any, eps: float) -> Any:
    return klnotes.kl_divergence(_REFERENCE, (q + eps) / (1 + 3 * eps), normalize=True)


order = Construction(
    "order",
    (2, 3),
    [
        (
            "In each row the entries must not be negative, and they must sum to 1.",
            lambda rows: bool(np.all(rows >= 0) and np.all(np.abs(rows.sum(axis=1) - 1) < 1e-8)),
        ),
        (
            "With ε = 1e-4 the model in the first row must have the smaller number.",
            lambda rows: bool(_reported(rows[0], 1e-4) < _reported(rows[1], 1e-4)),
        ),
        (
            "With ε = 1e-12 the model in the second row must have the smaller number. Which of the two should have the "
            "larger missing mass?",
            lambda rows: bool(_reported(rows[1], 1e-12) < _reported(rows[0], 1e-12)),
        ),
    ],
    "The order of the two models is a choice of ε",
)


def _total(often: Any) -> float:
    return float(np.dot(often, np.arange(1, len(often) + 1)))


missing = Number(
    "missing",
    lambda often: often[0] / _total(often),
    "",
    {
        "That is the share of singles among the *different* words. Take one of all the words out, not one of the "
        "kinds.": lambda often: often[0] / sum(often),
        "That is the number of singles; divide by the number of words.": lambda often: float(often[0]),
        "That is the number of different words over that of all words.": lambda often: sum(often) / _total(often),
        "Words that occur twice are still there when you take one of them out.": lambda often: (
            (often[0] + 2 * often[1]) / _total(often)
        ),
        "That is the mass of the words that have been seen.": lambda often: 1 - often[0] / _total(often),
        "Laplace's rule for one more kind is no estimate from singles.": lambda often: 1 / (_total(often) + 1),
        "The words that occur twice are counted in place of the singles.": lambda often: 2 * often[1] / _total(often),
    },
)


def _coins(p: float, q: float) -> float:
    return float(klnotes.bernoulli_kl(p, q))


# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "decade": Number(
        "decade",
        lambda: 3 + 0.25 * math.log(100),
        "nats",
        {
            "Each decade adds p ln 10, and not the whole ln 10.": lambda: 3 + math.log(100),
            "That is one decade; from 1e-6 to 1e-8 there are two.": lambda: 3 + 0.25 * math.log(10),
            "It grows when ε gets smaller.": lambda: 3 - 0.25 * math.log(100),
            "That is what is added. The report began at 3.0.": lambda: 0.25 * math.log(100),
            "It does not grow with the number of zeros in ε: each decade adds the same.": lambda: 4.0,
            "That is the truth. The question is what the report says.": lambda: math.inf,
        },
    ),
    "one-toss": [
        Number(
            "Laplace",
            lambda: 2 / 3,
            slips={
                "That is the share that was seen, or the total has grown by one only. One is added to each of the two "
                "counts, so the total grows by two.": lambda: 1.0,
                "That is the probability of tails.": lambda: 1 / 3,
                "The total grows, too: by one for each of the two sides.": lambda: 2.0,
                "That is the rule of Krichevsky and Trofimov.": lambda: 3 / 4,
            },
        ),
        Number(
            "Krichevsky and Trofimov",
            lambda: 3 / 4,
            slips={
                "That is Laplace's rule; here one half is added to each count.": lambda: 2 / 3,
                "That is the probability of tails.": lambda: 1 / 4,
                "The total grows by one half for each of the two sides.": lambda: 1.5 / 1.5,
            },
        ),
    ],
    "ceiling": [
        Number(
            "the cost",
            lambda: -math.log(0.95),
            "nats",
            {
                "That is the share itself. The cost is the logarithm of 1/(1 - λ).": lambda: 0.05,
                "That is the logarithm of 1/λ.": lambda: -math.log(0.05),
            },
        ),
        Number(
            "the ceiling",
            lambda: math.log(200),
            "nats",
            {
                "That is for two outcomes that share P: there, the entropy of P is subtracted.": lambda: math.log(100),
                "That is ln k alone. Each outcome has λ/k, and not 1/k.": lambda: math.log(10),
                "That is ln(1/λ). Each outcome has λ/k.": lambda: math.log(20),
            },
        ),
        Number(
            "the two outcomes",
            lambda: math.log(100),
            "nats",
            {
                "That is the ceiling. Here each of the two has p = 0.5, and not 1.": lambda: math.log(200),
                "The entropy of P is subtracted once, and not twice.": lambda: math.log(50),
            },
        ),
    ],
    "reserve": [
        Number(
            "half of it",
            lambda: _coins(0.02, 0.01),
            "nats",
            {
                "That is the other direction: what really comes is 0.02.": lambda: _coins(0.01, 0.02),
                "The other visitors count, too: they have 0.98 against 0.99.": lambda: 0.02 * math.log(2),
            },
        ),
        Number(
            "twice as much",
            lambda: _coins(0.02, 0.04),
            "nats",
            {
                "That is the other direction: what really comes is 0.02.": lambda: _coins(0.04, 0.02),
                "The other visitors count, too: they have 0.98 against 0.96.": lambda: 0.02 * math.log(1 / 2),
            },
        ),
    ],
    "program": smoothing,
}
