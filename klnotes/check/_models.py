"""The checks of the chapters on likelihood, mutual information, the Boltzmann distribution and computing."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import lambertw

import klnotes
from klnotes.check._information import MEAN, NO_LOG, SUM_MISSING, ZERO_TIMES_LOG
from klnotes.check._inputs import TABLE, TWO, distributions, two, weights
from klnotes.check._search import REFUSAL, Check, Stage


@st.composite
def _counted(draw: st.DrawFn, least: int) -> Any:
    n = draw(st.integers(2, 4))
    return draw(weights(n, least)), draw(distributions(n))


def _nll(counts: Any, q: Any) -> Any:
    return klnotes.cross_entropy(counts, q, normalize=True)


average_nll = Check(
    what="the average negative log-likelihood in nats",
    names=["counts", "q"],
    truth=_nll,
    stages=[Stage("positive counts", _counted(1)), Stage("counts with zeros", _counted(0))],
    unit="nats",
    slips={
        "That is the sum over all observations; divide by their number.": lambda c, q: c.sum() * _nll(c, q),
        "That is divided by the number of categories. The average is over the observations.": lambda c, q: (
            c.sum() * _nll(c, q) / len(c)
        ),
        "Each category counts once. Weight its surprisal with the number of observations in it.": lambda c, q: (
            -np.log(q).mean()
        ),
        "That is the KL divergence; the average negative log-likelihood is larger by the entropy of the shares.": (
            lambda c, q: klnotes.kl_divergence(c, q, normalize=True)
        ),
        "That is the entropy of the shares: the logarithm must be of q.": lambda c, q: klnotes.entropy(
            c, normalize=True
        ),
        "The roles are swapped: the data give the weights, the model is in the logarithm.": lambda c, q: (
            klnotes.cross_entropy(q, c, normalize=True)
        ),
        "That is the likelihood itself, without a logarithm.": lambda c, q: np.prod(q**c),
        NO_LOG: lambda c, q: c @ q / c.sum(),
    },
)

gaussian_fit = Check(
    what="the mean and the standard deviation of the likeliest normal distribution",
    names=["x"],
    truth=lambda x: (np.mean(x), np.std(x)),
    stages=[
        Stage(
            "samples",
            st.lists(st.integers(-4, 4), min_size=2, max_size=5, unique=True).map(lambda x: (np.array(x, float),)),
        )
    ],
    slips={
        "It divides by n - 1. That makes the variance right on average, but it is not the likeliest: divide by n.": (
            lambda x: (np.mean(x), np.std(x, ddof=1))
        ),
        "The second number is the variance; take its square root.": lambda x: (np.mean(x), np.var(x)),
        "The two numbers are in the wrong order: the mean comes first.": lambda x: (np.std(x), np.mean(x)),
        "The center is the median. The likeliest normal distribution has the mean of the data.": lambda x: (
            np.median(x),
            np.sqrt(np.mean((x - np.median(x)) ** 2)),
        ),
        "The width is the mean distance from the mean; square before you average, and take the root.": lambda x: (
            np.mean(x),
            np.abs(x - np.mean(x)).mean(),
        ),
        "The mean is not subtracted before the squares are taken.": lambda x: (np.mean(x), np.sqrt(np.mean(x * x))),
        "The sum of the squares must be divided by n before the root is taken.": lambda x: (
            np.mean(x),
            np.sqrt(np.sum((x - np.mean(x)) ** 2)),
        ),
    },
)

laplace_smoothing = Check(
    what="the shares after one is added to every count",
    names=["counts"],
    truth=lambda c: (c + 1) / (c.sum() + len(c)),
    stages=[Stage("counts", st.integers(2, 4).flatmap(lambda n: st.tuples(weights(n, 0))))],
    slips={
        "The shares sum to more than one: with one added to each of k counts, the total grows by k.": lambda c: (
            (c + 1) / c.sum()
        ),
        "The total grew by 1, but one was added to each of k counts: it must grow by k.": lambda c: (
            (c + 1) / (c.sum() + 1)
        ),
        "Nothing is added: an outcome that was not seen still has the share 0.": lambda c: c / c.sum(),
        "Only the empty counts are raised. Add one to every count, or their order may be lost.": lambda c: (
            np.maximum(c, 1) / np.maximum(c, 1).sum()
        ),
        "These are the raised counts; divide them by their total.": lambda c: c + 1,
        "That is a uniform distribution: the counts do not enter.": lambda c: np.full(len(c), 1 / len(c)),
    },
)


def _cut_mean(rate: Any) -> Any:
    return rate / -np.expm1(-rate)


truncated_poisson = Check(
    what="the rate of the likeliest Poisson distribution without zeros",
    names=["mean"],
    truth=lambda mean: float(mean + lambertw(-mean * np.exp(-mean)).real),
    stages=[Stage("means", st.integers(6, 24).map(lambda k: (k / 5,)))],
    accepts=lambda rate, mean: rate > 0 and abs(_cut_mean(rate) - mean) <= 1e-6,
    slips={
        "That is the mean itself. The zeros are missing from the data, so the rate must be smaller.": lambda mean: mean,
        "The formula is used from left to right. It gives the mean that belongs to a rate; find the rate that belongs "
        "to this mean.": _cut_mean,
        "The mean minus one is the rate only when almost every count is a one.": lambda mean: mean - 1,
        "That is the end of an interval. Which half does the bisection keep?": lambda mean: 0.0,
        "The mean of the counts with zeros is the rate. Here the share of zeros itself depends on the rate.": (
            lambda mean: mean * -np.expm1(-mean)
        ),
    },
)


def _margins(joint: Any) -> tuple[Any, Any]:
    return joint.sum(axis=1), joint.sum(axis=0)


def _product(joint: Any) -> Any:
    return np.outer(*_margins(joint))


def _h(p: Any) -> Any:
    return klnotes.entropy(np.ravel(p), unit="bits")


def _given_rows(joint: Any) -> Any:
    return _h(joint) - _h(joint.sum(axis=1))


mutual_information = Check(
    what="the mutual information in bits",
    names=["joint"],
    truth=lambda joint: klnotes.mutual_information(joint, unit="bits"),
    stages=TABLE,
    unit="bits",
    slips={
        "That is the divergence the other way round: the joint distribution is the reference, the product of the "
        "margins the model.": lambda joint: klnotes.kl_divergence(
            np.ravel(_product(joint)), np.ravel(joint), unit="bits"
        ),
        "The margins are exchanged: the sums of the rows belong to the rows of the product.": lambda joint: np.sum(
            joint * np.log2(joint / np.outer(joint.sum(axis=0), joint.sum(axis=1)))
        ),
        "That is the joint entropy.": _h,
        "That is the sum of the two entropies; subtract the joint entropy.": lambda joint: sum(
            map(_h, _margins(joint))
        ),
        "That is H(Y|X), what is left; what goes away is H(Y) - H(Y|X).": _given_rows,
        "That is H(X|Y), what is left; what goes away is H(X) - H(X|Y).": lambda joint: _given_rows(joint.T),
        "The ratio has p(x) only; divide by p(y) as well.": lambda joint: -_given_rows(joint),
        "That is the entropy of X.": lambda joint: _h(joint.sum(axis=1)),
        "That is the entropy of Y.": lambda joint: _h(joint.sum(axis=0)),
        MEAN: lambda joint: klnotes.mutual_information(joint, unit="bits") / joint.size,
        SUM_MISSING: lambda joint: joint * np.log2(joint / _product(joint)),
        ZERO_TIMES_LOG: lambda joint: np.sum(joint * np.log2(joint / _product(joint))),
    },
    guards=[lambda j, s: np.sum(j * np.log2((j + s) / (_product(j) + s)))],
)

conditional_entropy = Check(
    what="the conditional entropy H(Y|X) in bits",
    names=["joint"],
    truth=_given_rows,
    stages=TABLE,
    unit="bits",
    slips={
        "That is H(X|Y). What is known stands behind the bar, and X belongs to the rows.": lambda joint: _given_rows(
            joint.T
        ),
        "The rows' entropies are averaged as if all rows were equally probable; weight them with p(x).": lambda joint: (
            klnotes.entropy(joint, unit="bits", normalize=True).mean()
        ),
        "The entropies of the rows are added without weights; weight them with p(x).": lambda joint: klnotes.entropy(
            joint, unit="bits", normalize=True
        ).sum(),
        "That is the joint entropy; subtract the entropy of X.": _h,
        "That is the mutual information, what goes away; asked for is what is left.": lambda joint: (
            klnotes.mutual_information(joint, unit="bits")
        ),
        "That is the entropy of Y, before anything is known.": lambda joint: _h(joint.sum(axis=0)),
        "That is the entropy of X.": lambda joint: _h(joint.sum(axis=1)),
        "These are the entropies of the rows; what is asked for is their mean, weighted with p(x).": lambda joint: (
            klnotes.entropy(joint, unit="bits", normalize=True)
        ),
        ZERO_TIMES_LOG: lambda joint: -np.sum(joint * np.log2(joint / joint.sum(axis=1, keepdims=True))),
    },
)


@st.composite
def _levels(draw: st.DrawFn, shift: int) -> Any:
    steps = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3).filter(any))
    return np.cumsum([shift, *steps]).astype(float)


_TEMPERATURES = st.sampled_from([1.0, 2.0, 0.5, 3.0, 4.0])

boltzmann_distribution = Check(
    what="the Boltzmann distribution",
    names=["energies", "temperature"],
    truth=klnotes.boltzmann_distribution,
    stages=[
        Stage("moderate temperatures", st.tuples(_levels(0), _TEMPERATURES)),
        Stage(
            "energies in the thousands",
            st.tuples(_levels(1000), _TEMPERATURES),
            "Only differences of energies count. Which constant may you subtract from all of them?",
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
        "The temperature does not enter.": lambda e, t: klnotes.boltzmann_distribution(e, 1.0),
        "The weights are powers of 2; they must be powers of e.": lambda e, t: klnotes.boltzmann_distribution(
            e, t / np.log(2)
        ),
        "That is the partition function Z.": lambda e, t: np.exp(-e / t).sum(),
        "The energies are shared out, without an exponential.": lambda e, t: e / e.sum(),
        "exp(-E/T) is 0 for all levels, and 0/0 is nan. Subtract the lowest energy first: no probability changes.": (
            lambda e, t: np.exp(-e / t) / np.exp(-e / t).sum()
        ),
    },
)


@st.composite
def _trial(draw: st.DrawFn, least: int) -> Any:
    energies = draw(_levels(0))
    return draw(distributions(len(energies), least)), energies, draw(_TEMPERATURES)


variational_free_energy = Check(
    what="the free energy F[q]",
    names=["q", "energies", "temperature"],
    truth=klnotes.variational_free_energy,
    stages=[Stage("distributions without zeros", _trial(1)), Stage("distributions with zeros", _trial(0))],
    slips={
        "The entropy is in bits. Energies and temperatures go with nats.": lambda q, e, t: (
            q @ e - t * klnotes.entropy(q, unit="bits")
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
        ZERO_TIMES_LOG: lambda q, e, t: q @ e + t * np.sum(q * np.log(q)),
    },
)


@st.composite
def _mean_energies(draw: st.DrawFn) -> Any:
    energies = draw(_levels(0))
    return energies, energies.mean() * draw(st.integers(2, 9)) / 10


def _temperature(energies: Any, mean: Any) -> Any:
    return np.exp(brentq(lambda log_t: klnotes.mean_energy(energies, np.exp(log_t)) - mean, -6, 12, xtol=1e-13))


temperature = Check(
    what="the temperature at which the mean energy has the given value",
    names=["energies", "mean"],
    truth=_temperature,
    stages=[Stage("levels and mean energies", _mean_energies())],
    accepts=lambda t, energies, mean: t > 0 and abs(klnotes.mean_energy(energies, t) - mean) <= 1e-6 * energies.max(),
    slips={
        "That is 1/T.": lambda energies, mean: 1 / _temperature(energies, mean),
        "That is the logarithm of the temperature.": lambda energies, mean: np.log(_temperature(energies, mean)),
        "That is the mean energy. It has the unit of the temperature, but is something else.": lambda energies, mean: (
            mean
        ),
        "It goes the wrong way: the mean energy rises with the temperature.": lambda energies, mean: (
            _temperature(-energies, -mean) if mean > energies.mean() else None
        ),
        "That is the mean energy that belongs to a temperature; find the temperature that belongs to a mean energy.": (
            klnotes.mean_energy
        ),
    },
)


def _logs(pair: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.log(pair[0]), np.log(pair[1])


def _kl_of_logs(a: Any, b: Any) -> Any:
    return klnotes.kl_divergence(np.exp(a), np.exp(b), normalize=True)


kl_from_logs = Check(
    what="the KL divergence in nats, from logarithms",
    names=["log_p", "log_q"],
    truth=_kl_of_logs,
    stages=[
        Stage("logarithms of positive probabilities", two(1).map(_logs)),
        Stage("logarithms of zeros among them", two(0).map(_logs), "Think of log 0, which is -inf."),
    ],
    unit="nats",
    slips={
        "That is the divergence the other way round: p = exp(log_p) must be the weight.": lambda a, b: _kl_of_logs(
            b, a
        ),
        "The weights are q; they must be p = exp(log_p).": lambda a, b: -_kl_of_logs(b, a),
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
    },
)


@st.composite
def _batches(draw: st.DrawFn, least: int) -> Any:
    n, rows = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    p, q = (np.array([draw(distributions(n, least)) for _ in range(rows)]) for _ in "pq")
    return p, q


batch_kl = Check(
    what="the mean of the rows' KL divergences in nats",
    names=["p", "q"],
    truth=lambda p, q: klnotes.kl_divergence(p, q).mean(),
    stages=[
        Stage("batches without zeros", _batches(1)),
        Stage("batches with zeros", _batches(0), "Think of the zeros."),
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
        "The columns are added instead of the rows: the outcomes are on the last axis, and so the sum is divided by "
        "their number.": lambda p, q: klnotes.kl_divergence(p, q).sum() / p.shape[1],
        "These are the divergences of the rows; their mean is asked for.": klnotes.kl_divergence,
        "That is the first row only.": lambda p, q: klnotes.kl_divergence(p[0], q[0]),
        ZERO_TIMES_LOG: lambda p, q: np.sum(p * np.log(p / q)) / len(p),
    },
)


def _or_refusal(p: Any, q: Any) -> Any:
    try:
        return klnotes.kl_divergence(p, q)
    except ValueError:
        return REFUSAL


careful_kl = Check(
    what="the KL divergence in nats, and a ValueError for what is no distribution",
    names=["p", "q"],
    truth=_or_refusal,
    stages=[
        *TWO,
        Stage(
            "weights that do not sum to one",
            st.one_of(
                two(1).map(lambda pair: (pair[0], 2 * pair[1])),
                two(1).map(lambda pair: (3 * pair[0], pair[1])),
            ),
            "What does not sum to one is no distribution. Raise a ValueError.",
        ),
        Stage(
            "negative entries",
            two(1).map(lambda pair: (pair[0] * 2 - pair[0][::-1], pair[1])).filter(lambda pair: pair[0].min() < 0),
            "A negative entry is no probability, even if the sum is one. Raise a ValueError.",
        ),
    ],
    unit="nats",
    slips={
        "That is the divergence the other way round, KL(Q‖P).": lambda p, q: klnotes.kl_divergence(q, p),
        "That is the cross-entropy; subtract the entropy of P.": klnotes.cross_entropy,
        MEAN: lambda p, q: klnotes.kl_divergence(p, q) / len(p),
        "It divides by the sums, silently, and nobody learns that the input was no distribution. Raise a ValueError.": (
            lambda p, q: klnotes.kl_divergence(p, q, normalize=True)
        ),
        "It computes a number from what is no distribution. Check both sums, and raise a ValueError.": lambda p, q: (
            np.sum(p * np.log(p / q))
        ),
        ZERO_TIMES_LOG: lambda p, q: np.sum(p * np.log(p / q)),
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
    what="the KL divergence in nats, to five digits",
    names=["p", "q"],
    truth=klnotes.kl_divergence,
    stages=[
        Stage("distributions that differ visibly", two(1)),
        Stage(
            "distributions that almost agree",
            _neighbors(),
            "The digits cancel: each term is wrong in its sixteenth digit, and the sum is as small as that. Add "
            "q - p to each term, and form it from the difference q - p: then no term is negative.",
            tiny=True,
        ),
    ],
    accepts=lambda value, p, q: abs(value - klnotes.kl_divergence(p, q)) <= 1e-5 * klnotes.kl_divergence(p, q) + 1e-22,
    unit="nats",
    slips={
        "That is the divergence the other way round, KL(Q‖P).": lambda p, q: klnotes.kl_divergence(q, p),
        "That is the cross-entropy; subtract the entropy of P.": klnotes.cross_entropy,
        MEAN: lambda p, q: klnotes.kl_divergence(p, q) / len(p),
    },
)
