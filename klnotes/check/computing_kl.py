"""The tasks of the exercises on computing KL."""

import functools
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.special import log_softmax, xlogy

import klnotes
from klnotes.check._engine.answers import Choice, Number
from klnotes.check._engine.hints import CROSS_ENTROPY, DROPPED, MEAN, OTHER_WAY, SUM_MISSING, WEIGHTS, ZERO_TIMES_LOG
from klnotes.check._engine.inputs import TWO, distributions, two
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import REFUSAL, Check, Stage

__all__ = ["batch_kl", "careful_kl", "finnish", "kl_from_logs", "near_kl", "terms", "torch"]

torch = Choice(
    "torch",
    lambda: "b",
    {
        "a": "The second argument is the reference, and the first one, in log-space, is the model.",
        "b": "The weights come from the second argument, Q. Read it as: the target first.",
        "c": "The function subtracts the first argument from the logarithm of the second, so no entropy is left.",
        "d": 'That is reduction="mean"; here the terms are added.',
    },
)


def _logs(pair: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.log(pair[0]), np.log(pair[1])


def _kl_of_logs(a: Any, b: Any) -> Any:
    return klnotes.kl_from_logits(a, b)


def _faint(pair: Any) -> Any:
    """Logarithms, of which the last one of Q is -800."""
    a, b = _logs(pair)
    return a, np.append(log_softmax(b[:-1]), -800.0)


_FAINT = (
    "exp(-800) is 0 for the computer, but its logarithm is known: stay with the logarithms as they are, and subtract "
    "them."
)


kl_from_logs = Check(
    name="kl_from_logs",
    what="the KL divergence in nats, from logarithms",
    names=["log_p", "log_q"],
    truth=_kl_of_logs,
    stages=[
        Stage("logarithms of positive probabilities", two(1).map(_logs)),
        Stage("logarithms of zeros among them", two(0).map(_logs), "Think of log 0, which is -inf.", zeros=True),
        Stage("logarithms near -800", two(1).map(_faint), _FAINT),
    ],
    unit="nats",
    slips={
        "That is the divergence the other way round: p = exp(log_p) must be the weight.": lambda a, b: _kl_of_logs(
            b, a
        ),
        "The weights are q; they must be p = exp(log_p).": lambda a, b: -_kl_of_logs(b, a),
        "The mean is taken inside the logarithm. Take the mean of the differences.": lambda a, b: np.log(
            np.sum(np.exp(2 * a - b))
        ),
        "The weights are missing: multiply each difference by p = exp(log_p).": lambda a, b: np.sum(a - b),
        "The weights are log_p itself; they must be p = exp(log_p).": lambda a, b: np.sum(a * (a - b)),
        "The logarithms are taken for probabilities: another logarithm is taken of them.": lambda a, b: np.sum(
            np.exp(a) * np.log(a / b)
        ),
        MEAN: lambda a, b: _kl_of_logs(a, b) / len(a),
        "That is the cross-entropy: log_p is missing from the difference.": lambda a, b: -np.sum(np.exp(a) * b),
        SUM_MISSING: lambda a, b: np.exp(a) * (a - b),
        "log 0 is -inf, and 0 times -inf is nan. An outcome with p = 0 adds nothing.": lambda a, b: np.sum(
            np.exp(a) * (a - b)
        ),
        DROPPED: lambda a, b: np.sum((np.exp(a) * (a - b))[(a > -np.inf) & (b > -np.inf)]),
        "It goes back to probabilities. " + _FAINT: lambda a, b: klnotes.kl_divergence(
            np.exp(a), np.exp(b), normalize=True
        ),
    },
)


@st.composite
def _batches(draw: st.DrawFn, least: int) -> Any:
    n, rows = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    p, q = (np.array([draw(distributions(n, least)) for _ in range(rows)]) for _ in "pq")
    return p, q


def _rows(put_in: Any, batch: Any) -> Any:
    return np.array([put_in(row) for row in batch])


batch_kl = Check(
    name="batch_kl",
    what="the mean of the rows' KL divergences in nats",
    names=["p", "q"],
    truth=lambda p, q: klnotes.kl_divergence(p, q).mean(),
    stages=[
        Stage("batches without zeros", _batches(1)),
        Stage("batches with zeros", _batches(0), "Think of the zeros.", zeros=True),
    ],
    unit="nats",
    slips={
        "That is the mean over all elements, which is the divergence divided by the number of outcomes as well. Add up "
        "each row, and average over the rows only.": lambda p, q: klnotes.kl_divergence(p, q).mean() / p.shape[1],
        "That is the sum over the rows; their mean is asked for.": lambda p, q: klnotes.kl_divergence(p, q).sum(),
        "That is the mean over all elements, and the other way round: q is the reference.": lambda p, q: (
            klnotes.kl_divergence(q, p).mean() / p.shape[1]
        ),
        "That is the divergence the other way round: p is the reference.": lambda p, q: klnotes.kl_divergence(
            q, p
        ).mean(),
        "The total is divided by the number of outcomes. Divide by the number of rows.": lambda p, q: (
            klnotes.kl_divergence(p, q).sum() / p.shape[1]
        ),
        WEIGHTS: lambda p, q: -klnotes.kl_divergence(q, p).mean(),
        "These are the divergences of the rows; their mean is asked for.": klnotes.kl_divergence,
        "The rows are averaged before they are compared; compare first.": lambda p, q: klnotes.kl_divergence(
            p.mean(axis=0), q.mean(axis=0)
        ),
        "That is the largest of the rows' divergences.": lambda p, q: klnotes.kl_divergence(p, q).max(),
        "That is the first row only.": lambda p, q: klnotes.kl_divergence(p[0], q[0]),
        "Only the last row is left. Does the sum begin anew with each row?": [
            lambda p, q: klnotes.kl_divergence(p[-1], q[-1]),
            lambda p, q: klnotes.kl_divergence(p[-1], q[-1]) / len(p),
        ],
        ZERO_TIMES_LOG: lambda p, q: np.sum(p * np.log(p / q)) / len(p),
    },
    guards=[
        lambda put_in, p, q: np.sum(xlogy(p, p / _rows(put_in, q))) / len(p),
        lambda put_in, p, q: np.sum(p * np.log(_rows(put_in, p) / _rows(put_in, q))) / len(p),
        lambda put_in, p, q: np.sum(_rows(put_in, p) * np.log(_rows(put_in, p) / _rows(put_in, q))) / len(p),
    ],
)


def _or_refusal(p: Any, q: Any) -> Any:
    try:
        return klnotes.kl_divergence(p, q)
    except ValueError:
        return REFUSAL


_SCALES = [2.0, 3.0, 0.4, 1.2, 0.8, 1.02, 0.98, 1.002, 0.998, 1.0002, 0.9998]


def _scaled(drawn: Any) -> Any:
    (p, q), scale, which = drawn
    return p * (scale if "p" in which else 1), q * (scale if which == "q" else 2 - scale if which == "pq" else 1)


def _tilted(drawn: Any) -> Any:
    (p, q), first = drawn
    return (2 * p - p[::-1], q) if first else (p, 2 * q - q[::-1])


def _signed(drawn: Any) -> Any:
    """The first entry with a minus: the sum is not one, but that of the absolute values is."""
    (p, q), first = drawn
    signs = np.where(np.arange(len(p)) == 0, -1, 1)
    return (signs * p, q) if first else (p, signs * q)


def _negative(x: Any) -> bool:
    return bool(x.min() < 0)


def _off(x: Any, most: float = 1e-6) -> bool:
    return bool(abs(x.sum() - 1) > most)


def _unless(refused: bool, p: Any, q: Any) -> Any:
    if refused:
        raise ValueError
    return np.sum(p[p > 0] * np.log(p[p > 0] / q[p > 0]))


def _lax(most: float, p: Any, q: Any) -> Any:
    return _unless(_negative(p) or _negative(q) or _off(p, most) or _off(q, most), p, q)


careful_kl = Check(
    name="careful_kl",
    what="the KL divergence in nats, and a ValueError for what is no distribution",
    names=["p", "q"],
    truth=_or_refusal,
    stages=[
        *TWO,
        Stage(
            "weights that do not sum to one",
            st.tuples(two(1), st.sampled_from(_SCALES), st.sampled_from(["p", "q", "pq"])).map(_scaled),
            "What does not sum to one is no distribution. Raise a ValueError.",
        ),
        Stage(
            "negative entries",
            st.one_of([st.tuples(two(0), st.booleans()).map(change) for change in (_tilted, _signed)]).filter(
                lambda pair: np.min(pair) < 0
            ),
            "A negative entry is no probability, even if the sum is one. Raise a ValueError.",
        ),
    ],
    unit="nats",
    slips={
        OTHER_WAY: lambda p, q: klnotes.kl_divergence(q, p),
        CROSS_ENTROPY: klnotes.cross_entropy,
        WEIGHTS: lambda p, q: -klnotes.kl_divergence(q, p),
        MEAN: lambda p, q: klnotes.kl_divergence(p, q) / len(p),
        "It divides by the sums, silently, and nobody learns that the input was no distribution. Raise a ValueError.": (
            lambda p, q: klnotes.kl_divergence(p, q, normalize=True)
        ),
        "It refuses sums above 1 only. What sums to less is no distribution either.": lambda p, q: _unless(
            _negative(p) or _negative(q) or max(p.sum(), q.sum()) > 1 + 1e-6, p, q
        ),
        "It looks at the sum of P only.": lambda p, q: _unless(_negative(p) or _negative(q) or _off(p), p, q),
        "It looks at the sum of Q only.": lambda p, q: _unless(_negative(p) or _negative(q) or _off(q), p, q),
        **{
            f"It lets a sum pass that misses 1 by {most:g}. Rounding misses by far less.": functools.partial(
                _lax, most + 1e-6
            )
            for most in (0.0002, 0.002, 0.02, 0.2, 0.6, 1.0)
        },
        "It looks for negative entries in P only.": lambda p, q: _unless(_off(p) or _off(q) or _negative(p), p, q),
        "It looks for negative entries in Q only.": lambda p, q: _unless(_off(p) or _off(q) or _negative(q), p, q),
        "The absolute values hide the signs. A negative entry is no probability: raise a ValueError.": lambda p, q: (
            _lax(1e-6, np.abs(p), np.abs(q))
        ),
        "It computes a number from what is no distribution. Check both sums, and raise a ValueError.": lambda p, q: (
            _unless(_negative(p) or _negative(q), p, q)
        ),
        ZERO_TIMES_LOG: lambda p, q: _lax(1e-6, p, q) * 0 + np.sum(p * np.log(p / q)),
    },
)

terms = Proof(
    "terms",
    {
        "C": {},
        "E": {"C": "It rewrites a term to which q - p has been added."},
        "A": {"E": "It takes p out of a sum that must have been rewritten in d."},
        "B": {"A": "It speaks of the sign of d - log(1 + d), which must have appeared."},
    },
    {"D": "The first digits of log(1 + d) and d agree, and what is left is the divergence itself."},
)

finnish = Number(
    "finnish",
    lambda one, other: klnotes.kl_divergence(one, other, normalize=True),
    "nats",
    {
        "That is the other direction.": lambda one, other: klnotes.kl_divergence(other, one, normalize=True),
        "That leaves out the letters that the Finnish text lacks, and they are what the question is about.": (
            lambda one, other: klnotes.kl_terms(one, other, normalize=True)[np.asarray(other) > 0].sum()
        ),
    },
)


@st.composite
def _neighbors(draw: st.DrawFn) -> Any:
    p = draw(distributions(draw(st.integers(2, 4))))
    size = draw(st.sampled_from([1e-7, 1e-8]))
    shift = np.where(np.arange(len(p)) % 2 == 0, size, -size)
    q = p + p.min() * (shift - shift.mean())
    return p, q / q.sum()


near_kl = Check(
    name="near_kl",
    what="the KL divergence in nats, to five digits",
    names=["p", "q"],
    truth=klnotes.kl_divergence,
    stages=[
        Stage("distributions that differ visibly", two(1)),
        Stage(
            "distributions that almost agree",
            _neighbors(),
            "The digits cancel: what is left is as small as the rounding of a single term, of 1 + d, or of the sums of "
            "p and q. Add q - p to each term, form it from the difference q - p, in double precision, and let no "
            "1 + d be rounded on the way: then no term is negative.",
            tiny=True,
        ),
    ],
    accepts=lambda value, p, q: abs(value - klnotes.kl_divergence(p, q)) <= 1e-5 * klnotes.kl_divergence(p, q) + 1e-22,
    unit="nats",
    slips={
        OTHER_WAY: lambda p, q: klnotes.kl_divergence(q, p),
        CROSS_ENTROPY: klnotes.cross_entropy,
        WEIGHTS: lambda p, q: -klnotes.kl_divergence(q, p),
        MEAN: lambda p, q: klnotes.kl_divergence(p, q) / len(p),
        "The factor p is missing: it stands in front of d - log(1 + d).": lambda p, q: np.sum(
            q / p - 1 - np.log(q / p)
        ),
        "The difference q - p is divided by q; d is relative to p.": lambda p, q: np.sum(
            p * (1 - p / q - np.log1p(1 - p / q))
        ),
        "The squares alone are right for neighbors only.": lambda p, q: np.sum((q - p) ** 2 / p) / 2,
        "The squares and cubes alone are right for neighbors only.": lambda p, q: np.sum(
            (q - p) ** 2 / p / 2 - (q - p) ** 3 / p**2 / 3
        ),
    },
)

# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "sums": Number(
        "the plain sum",
        lambda: 1e-9 + (0.9999998 - 1),
        "nats",
        {
            "That is the divergence that real sums would have.": lambda: 1e-9,
            "The sums are apart by 2e-7, and P has the smaller one.": lambda: 1e-9 + 2e-7,
        },
    ),
    "door": [
        Number(
            "the first",
            lambda: float(klnotes.kl_divergence([0, 1], [0.5, 0.5])),
            "nats",
            {
                "An outcome with p = 0 adds nothing, and does no harm.": lambda: np.inf,
                "The second outcome has the ratio 2.": lambda: 0.0,
            },
        ),
        Number(
            "the second",
            lambda: float(klnotes.kl_divergence([0.5, 0.5], [0, 1])),
            "nats",
            {
                "That is the other direction. In this one Q excludes what happens half of the time.": lambda: float(
                    np.log(2)
                ),
                "The outcome with q = 0 must not be skipped: Q excludes what happens half of the time.": lambda: float(
                    np.log(1 / 2) / 2
                ),
            },
        ),
        Number(
            "the third",
            lambda: float(klnotes.kl_divergence([0, 1], [0, 1])),
            "nats",
            {"An outcome that both exclude adds nothing.": lambda: np.inf},
        ),
    ],
    "vocabulary": Number(
        "how many times too small",
        lambda: 50_000.0,
        slips={
            "That is the part that counts. How many times too small is asked for.": lambda: 1 / 50_000,
            "The mean goes over words and rows.": lambda: 1.0,
        },
    ),
    "program": careful_kl,
}
