"""The tasks of the exercises on variational autoencoders."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

import klnotes
from klnotes.check._engine.answers import Construction, Number
from klnotes.check._engine.inputs import distributions
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["by_hand", "kl_term", "loss", "no_mismatch", "reduction", "silence", "silence_proof", "split"]


def _each(mean: Any, logvar: Any) -> Any:
    return klnotes.gaussian_kl(mean, np.exp(np.divide(logvar, 2)), 0, 1)


_MEAN, _LOGVAR = [2, 0], np.log([1, 0.25])

by_hand = Number(
    "by_hand",
    lambda: _each(_MEAN, _LOGVAR).sum(),
    "nats",
    {
        "That is the mean over the two codes. Independent coordinates add up.": lambda: _each(_MEAN, _LOGVAR).mean(),
        "The half in front is missing.": lambda: 2 * _each(_MEAN, _LOGVAR).sum(),
        "That is the first coordinate alone.": lambda: 2.0,
        "That is the second coordinate alone.": lambda: _each(0, np.log(0.25)),
        "The logarithm is added; it must be subtracted.": lambda: _each(_MEAN, _LOGVAR).sum() + np.log(0.25),
        "The variances are squared. They are variances already.": lambda: klnotes.gaussian_kl(
            _MEAN, [1, 0.25], 0, 1
        ).sum(),
        "1 is subtracted once; it must be subtracted for each coordinate.": lambda: _each(_MEAN, _LOGVAR).sum() + 0.5,
        "That is the other way round: the prior is Q, the second distribution.": lambda: klnotes.gaussian_kl(
            0, 1, _MEAN, [1, 0.5]
        ).sum(),
        "The means are not squared.": lambda: _each(_MEAN, _LOGVAR).sum() - 1,
    },
)

_MEANS = st.integers(-4, 4).map(lambda k: k / 2)
_LOGVARS = st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0])


def _lists(n: int) -> st.SearchStrategy[Any]:
    return st.tuples(st.lists(_MEANS, min_size=n, max_size=n), st.lists(_LOGVARS, min_size=n, max_size=n))


kl_term = Check(
    name="kl_term",
    what="the KL term in nats",
    names=["mean", "logvar"],
    truth=lambda m, v: _each(m, v).sum(),
    stages=[Stage("lists of means and log-variances", st.integers(1, 4).flatmap(_lists))],
    unit="nats",
    slips={
        "That is the mean over the codes. Independent coordinates add up.": lambda m, v: _each(m, v).mean(),
        "These are the coordinates; what is asked for is their sum.": _each,
        "The half in front is missing.": lambda m, v: 2 * _each(m, v).sum(),
        "The second list holds logarithms of variances, and it is used as if it held those of standard deviations.": (
            lambda m, v: klnotes.gaussian_kl(m, np.exp(v), 0, 1).sum()
        ),
        "exp(v/2) is the standard deviation; the sum has the variance, exp(v).": lambda m, v: (
            (np.square(m) + np.exp(np.divide(v, 2)) - v - 1).sum() / 2
        ),
        "The log-variance is taken for the variance: exp is missing.": lambda m, v: -np.sum(1 - np.square(m)) / 2,
        "The log-variance is added; it must be subtracted.": lambda m, v: (_each(m, v) + v).sum(),
        "The log-variance is missing.": lambda m, v: (_each(m, v) + np.divide(v, 2)).sum(),
        "The means are not squared.": lambda m, v: (_each(0, v) + np.divide(m, 2)).sum(),
        "The means do not enter.": lambda m, v: _each(0, v).sum() + 0 * np.sum(m),
        "The log-variances do not enter.": lambda m, v: np.square(m).sum() / 2,
        "1 is subtracted once; it must be subtracted for each coordinate.": lambda m, v: (
            _each(m, v).sum() + (len(m) - 1) / 2
        ),
        "The 1 is not subtracted: the prior itself must give 0.": lambda m, v: (_each(m, v) + 1 / 2).sum(),
        "That is the other way round: the prior is Q, the second distribution.": lambda m, v: klnotes.gaussian_kl(
            0, 1, m, np.exp(np.divide(v, 2))
        ).sum(),
        "It stops after the first code. Is the return inside the loop?": lambda m, v: _each(m, v)[0],
    },
)

silence = Number(
    "silence",
    lambda: 4.5,
    "",
    {
        "That is the noise with which it falls silent. How much of it does β have to make?": lambda: 2.25,
        "The ratio is upside down.": lambda: 0.5 / 2.25,
        "That uses the standard deviation of the data. What is compared with the noise is the variance.": lambda: 3.0,
        "The variance is squared; it is the square of something already.": lambda: 2.25**2 / 0.5,
        "That is the product. It is βs² that must reach the variance of the data.": lambda: 2.25 * 0.5,
        "That is the KL term for β = 1.": lambda: np.log(4.5) / 2,
    },
)

silence_proof = Proof(
    "silence_proof",
    {
        "E": {},
        "F": {"E": "It speaks of a divergence that has not appeared yet."},
        "A": {},
        "B": {"A": "Whose variance is τ? It must have been said what x is in the model."},
        "C": {
            "B": "What is made small here has not been computed yet.",
            "F": "That only w is left to choose must have been said.",
        },
        "D": {"C": "Why the smallest τ? The reason must come before."},
        "G": {
            "D": "That w = 0 is best must come first.",
            "F": "Why should the encoder be the posterior? That must have been said.",
        },
    },
    {"H": "It is true of the KL term alone. But with the prior for a code the reconstruction term may be larger."},
)

reduction = Number(
    "reduction",
    lambda: 39.2,
    "",
    {
        "That is so if the KL term is summed over the codes. Here it has a mean as well.": lambda: 784.0,
        "The ratio is upside down. Dividing the error makes the KL term heavier.": lambda: 20 / 784,
        "That forgets the pixels: only the codes are counted.": lambda: 1 / 20,
        "The product would be right if one of the two were multiplied.": lambda: 784.0 * 20,
        "The two means do not cancel: there are more pixels than codes.": lambda: 1.0,
        "With s² = 1/2 the factor 1/(2s²) is 1.": lambda: 78.4,
        "That is the noise that goes with it, βs². Asked is β.": lambda: 19.6,
    },
)


@st.composite
def _pictures(draw: st.DrawFn) -> Any:
    n, k = draw(st.integers(2, 4)), draw(st.integers(1, 3))
    grays = st.integers(0, 4).map(lambda level: level / 4)
    x, y = (draw(st.lists(grays, min_size=n, max_size=n)) for _ in range(2))
    mean, logvar = draw(_lists(k))
    return np.array(x), np.array(y), np.array(mean), np.array(logvar), draw(st.sampled_from([0.1, 0.25, 0.5, 1.0]))


def _bills(x: Any, y: Any, mean: Any, logvar: Any, s2: Any) -> tuple[Any, Any]:
    return np.square(x - y) / (2 * s2), _each(mean, logvar)


loss = Check(
    name="loss",
    what="the loss of a picture in nats",
    names=["x", "y", "mean", "logvar", "s2"],
    truth=lambda *given: sum(part.sum() for part in _bills(*given)),
    stages=[Stage("small pictures and their codes", _pictures())],
    unit="nats",
    slips={
        "The squared error is a mean over the pixels, and so the KL term weighs as many times more as there are "
        "pixels.": lambda *given: _bills(*given)[0].mean() + _bills(*given)[1].sum(),
        "Both are means. There are as a rule more pixels than codes, so the balance is not that of the sums.": (
            lambda *given: _bills(*given)[0].mean() + _bills(*given)[1].mean()
        ),
        "The KL term is a mean over the codes. Independent coordinates add up.": lambda *given: (
            _bills(*given)[0].sum() + _bills(*given)[1].mean()
        ),
        "The KL term has the wrong sign: it is a cost.": lambda *given: (
            _bills(*given)[0].sum() - _bills(*given)[1].sum()
        ),
        "The noise is missing: divide the squared error by 2 s².": lambda *given: (
            (_bills(*given)[0] * 2 * given[4]).sum() + _bills(*given)[1].sum()
        ),
        "The squared error is divided by s². There is a 2 in the exponent of a bell.": lambda *given: (
            2 * _bills(*given)[0].sum() + _bills(*given)[1].sum()
        ),
        "The noise is squared; it is a variance already.": lambda *given: (
            _bills(*given)[0].sum() / given[4] + _bills(*given)[1].sum()
        ),
        "The half before the KL term is missing.": lambda *given: _bills(*given)[0].sum() + 2 * _bills(*given)[1].sum(),
        "That is the reconstruction term alone.": lambda *given: _bills(*given)[0].sum(),
        "That is the KL term alone.": lambda *given: _bills(*given)[1].sum(),
        "The whole is divided by the number of pixels. As a loss that is the same up to a factor, but it is no longer "
        "the loss of a picture.": lambda *given: sum(part.sum() for part in _bills(*given)) / len(given[0]),
    },
)


@st.composite
def _coded(draw: st.DrawFn, least: int) -> Any:
    n, k = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    rows = [draw(distributions(k, least)).tolist() for _ in range(n)]
    return rows, draw(distributions(k)).tolist()


def _parts(rows: Any, prior: Any) -> tuple[float, float]:
    average = np.mean(rows, axis=0)
    return float(np.mean(klnotes.kl_divergence(rows, average))), float(klnotes.kl_divergence(average, prior))


def _term(rows: Any, prior: Any) -> float:
    return float(np.mean(klnotes.kl_divergence(rows, prior)))


def _naive_parts(rows: Any, prior: Any) -> Any:
    average = np.mean(rows, axis=0)
    with np.errstate(all="ignore"):
        return (
            np.mean(np.sum(rows * np.log(rows / average), axis=1)),
            np.sum(average * np.log(average / prior)),
        )


split = Check(
    name="split",
    what="the information and the mismatch",
    names=["rows", "prior"],
    truth=_parts,
    stages=[
        Stage("rows without zeros", _coded(1)),
        Stage(
            "rows with zeros",
            _coded(0),
            "A code that an x does not use adds nothing: leave the term out.",
        ),
    ],
    slips={
        "The two are in the wrong order: the information comes first.": lambda r, p: _parts(r, p)[::-1],
        "The first number is the whole KL term. The information compares with the average of the rows, not with the "
        "prior.": lambda r, p: (_term(r, p), _parts(r, p)[1]),
        "The second number is the whole KL term. The mismatch is that of the average.": lambda r, p: (
            _parts(r, p)[0],
            _term(r, p),
        ),
        "The mean of the rows' divergences is taken for the sum of both: return the two parts.": _term,
        "The information is summed over the x; it is a mean.": lambda r, p: (
            len(r) * _parts(r, p)[0],
            _parts(r, p)[1],
        ),
        "The mismatch is the other way round: the average of the rows comes first.": lambda r, p: (
            _parts(r, p)[0],
            klnotes.kl_divergence(p, np.mean(r, axis=0)),
        ),
        "The information is the other way round: the row comes first, the average second.": lambda r, p: (
            np.mean([klnotes.kl_divergence(np.mean(r, axis=0), row) for row in r]),
            _parts(r, p)[1],
        ),
        "The average is that of two rows only.": lambda r, p: _parts(r[:2], p),
        "0 · log 0 is nan for the computer. By the convention, a code that is not used adds nothing.": _naive_parts,
        "Both numbers are in bits; nats need the natural logarithm.": lambda r, p: tuple(
            part / np.log(2) for part in _parts(r, p)
        ),
    },
)

_PRIOR = np.array([0.25, 0.5, 0.25])

no_mismatch = Construction(
    "no_mismatch",
    (2, 3),
    [
        ("Probabilities are not negative.", lambda rows: bool(np.all(rows >= 0))),
        ("Each row must sum to 1.", lambda rows: bool(np.all(np.abs(rows.sum(axis=1) - 1) < 1e-9))),
        (
            "The average of the two rows must be the prior, (0.25, 0.5, 0.25).",
            lambda rows: bool(np.all(np.abs(rows.mean(axis=0) - _PRIOR) < 1e-9)),
        ),
        (
            "The KL term is the mean of D(row‖prior) over the two rows, and must be at least 0.6 nats. How can B "
            "differ most from A?",
            lambda rows: _term(rows, _PRIOR) >= 0.6,
        ),
    ],
    "Each row is far from the prior, and together they fill it: all of the KL term is information",
)


def _carried(variance: float, noise: float) -> float:
    return max(float(np.log(variance / noise)) / 2, 0.0)


# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "slopes": [
        Number(
            "the slope of the mean",
            lambda: 3.0,
            slips={
                "That is the term itself; its slope is asked for.": lambda: 4.5,
                "The 2 cancels the half.": lambda: 1.5,
            },
        ),
        Number(
            "the slope of the log-variance",
            lambda: (0.01 - 1) / 2,
            slips={
                "The half is missing.": lambda: 0.01 - 1,
                "That is the slope in the variance itself.": lambda: (1 - 1 / 0.01) / 2,
            },
        ),
    ],
    "silent": [
        Number(
            "s² = 1",
            lambda: _carried(4, 1),
            "nats",
            {
                "The half is missing.": lambda: float(np.log(4)),
                "The variance is 4, not the spread.": lambda: float(np.log(16)) / 2,
            },
        ),
        Number(
            "β = 3",
            lambda: _carried(4, 3),
            "nats",
            {
                "The noise is βs².": lambda: _carried(4, 1),
                "The half is missing.": lambda: float(np.log(4 / 3)),
                "The noise is βs², and not s²/β.": lambda: _carried(12, 1),
            },
        ),
        Number(
            "β = 5",
            lambda: _carried(4, 5),
            "nats",
            {
                "From βs² = 4 on the code is silent.": lambda: float(np.log(5 / 4)) / 2,
                "The formula holds up to βs² = 4 only; from there on the code is silent.": lambda: (
                    float(np.log(4 / 5)) / 2
                ),
            },
        ),
    ],
    "pixels": [
        Number(
            "β",
            lambda: 784.0,
            slips={
                "It is the other way round: the reconstruction is divided.": lambda: 1 / 784,
                "That goes with s² = 392, the same minima; here the sum of squares has the factor 1.": lambda: 1.0,
                "That is the side of the picture. All its pixels are averaged.": lambda: 28.0,
                "That is the noise βs². The factor in front of the KL term is asked for.": lambda: 784 / 2,
            },
        ),
        Number(
            "s²",
            lambda: 1 / 2,
            slips={
                "The loss divides the squares by 2s², and here by 1.": lambda: 1.0,
                "That is the noise βs², and goes with β = 1; here the sum of squares has the factor 1.": lambda: (
                    784 / 2
                ),
            },
        ),
    ],
    "copies": Number(
        "the mismatch, at least",
        lambda: 20 - float(np.log(1000)),
        "nats",
        {
            "That is the ceiling of the information. The rest of the 20 nats is asked for.": lambda: float(
                np.log(1000)
            ),
            "The ceiling is ln 1000, in nats.": lambda: 20 - float(np.log2(1000)),
        },
    ),
    "gray": [
        Number(
            "the first model",
            lambda: 12 + 32 * float(np.log(2 * np.pi * 0.1)),
            "nats",
            {
                "That is only what is added.": lambda: 32 * float(np.log(2 * np.pi * 0.1)),
                "That adds the constant of one pixel. There are 64.": lambda: 12 + float(np.log(2 * np.pi * 0.1)) / 2,
                "The half is missing.": lambda: 12 + 64 * float(np.log(2 * np.pi * 0.1)),
                "The 2π is missing.": lambda: 12 + 32 * float(np.log(0.1)),
            },
        ),
        Number(
            "the second model",
            lambda: 25 - 64 * float(np.log(2)),
            "nats",
            {
                "That puts in the area of one pixel only. There are 64.": lambda: 25 - float(np.log(2)),
                "The logarithm of the area is added, and it is negative.": lambda: 25 + 64 * float(np.log(2)),
                "The factor is missing: with it −ln p is smaller.": lambda: 25.0,
                "That adds the constant of the squared error, which is not the coin's.": lambda: (
                    25 + 32 * float(np.log(2 * np.pi * 0.1))
                ),
            },
        ),
    ],
    "program": kl_term,
}
