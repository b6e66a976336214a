"""The tasks of the exercises on maximum likelihood."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.special import lambertw, xlogy

import klnotes
from klnotes.check._engine.answers import Choice, Number, shares
from klnotes.check._engine.hints import NO_LOG, ZERO_TIMES_LOG, loops
from klnotes.check._engine.inputs import distributions, weights
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = [
    "average_nll",
    "coin",
    "gaussian_fit",
    "horses",
    "identity",
    "laplace_smoothing",
    "truncated_poisson",
    "unseen",
]

coin = Number(
    "coin",
    lambda: klnotes.entropy([0.7, 0.3]),
    "nats",
    {
        "That is for all ten tosses; the average over the tosses is asked for.": lambda: (
            10 * klnotes.entropy([0.7, 0.3])
        ),
        "That is the fair coin. The coin that fits best is another one.": lambda: math.log(2),
        "That is the part of the heads. Three tosses of the ten show tails.": lambda: 0.7 * klnotes.surprisal(0.7),
        "That is the probability of heads. What does a toss cost under it, on average?": lambda: 0.7,
        "That is for seven heads in any order. The ten tosses came in one.": lambda: (
            klnotes.entropy([0.7, 0.3]) - math.log(math.comb(10, 7)) / 10
        ),
        "That is the surprisal of heads. Three tosses of the ten show tails.": lambda: klnotes.surprisal(0.7),
    },
)


@st.composite
def _counted(draw: st.DrawFn, least: int, least_q: int = 1) -> Any:
    n = draw(st.integers(2, 4))
    return draw(weights(n, least)), draw(distributions(n, least_q))


def _nll(counts: Any, q: Any) -> Any:
    return klnotes.cross_entropy(counts, q, normalize=True)


average_nll = Check(
    name="average_nll",
    what="the average negative log-likelihood in nats",
    names=["counts", "q"],
    truth=_nll,
    stages=[
        Stage("positive counts", _counted(1)),
        Stage("counts with zeros for positive models", _counted(0)),
        Stage(
            "models with zeros",
            _counted(0, 0),
            "Think of the outcomes with q = 0: what does one add that was never seen, and one that was?",
            zeros=True,
        ),
    ],
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
        "That is the perplexity of the model, e to the power of what is asked for.": lambda c, q: np.exp(_nll(c, q)),
        "That is the mean of 1 - q, the linear penalty; the logarithm is missing.": lambda c, q: 1 - c @ q / c.sum(),
        "The roles are swapped: the data give the weights, the model is in the logarithm.": lambda c, q: (
            klnotes.cross_entropy(q, c, normalize=True)
        ),
        "That is the likelihood itself, without a logarithm.": lambda c, q: np.prod(q**c),
        NO_LOG: lambda c, q: c @ q / c.sum(),
        "q[counts] takes the counts for observations. They say how often each outcome was seen: weight with them.": (
            lambda c, q: -np.log(q[c]).mean()
        ),
        ZERO_TIMES_LOG: lambda c, q: -np.sum(c * np.log(q)) / c.sum(),
        "It leaves out the outcomes that the model excludes. If one of them was seen, the value is inf.": lambda c, q: (
            -np.sum(c[q > 0] * np.log(q[q > 0])) / c.sum()
        ),
        "The mean is taken inside the logarithm. Take the logarithm of each probability first.": lambda c, q: (
            -np.log(c @ q / c.sum())
        ),
        **loops(lambda c, q: -xlogy(c, q) / c.sum()),
    },
    guards=[lambda put_in, c, q: -np.sum(c * np.log(put_in(q))) / c.sum()],
)

gaussian_fit = Check(
    name="gaussian_fit",
    what="the mean and the standard deviation of the likeliest normal distribution",
    names=["x"],
    truth=lambda x: (np.mean(x), np.std(x)),
    stages=[
        Stage(
            "samples",
            st.lists(st.integers(-4, 4), min_size=2, max_size=5, unique=True).map(lambda x: (np.array(x, float),)),
        )
    ],
    accepts=lambda fit, x: np.allclose(fit, (np.mean(x), np.std(x)), rtol=1e-3, atol=1e-3),  # as a search may end
    slips={
        "It divides by n - 1. That makes the variance right on average, but it is not the likeliest: divide by n.": (
            lambda x: (np.mean(x), np.std(x, ddof=1))
        ),
        "The second number is the variance; take its square root.": lambda x: (np.mean(x), np.var(x)),
        "The second number is a variance, and divided by n - 1. Divide by n, and take the root.": lambda x: (
            np.mean(x),
            np.var(x, ddof=1),
        ),
        "The two numbers are in the wrong order: the mean comes first.": lambda x: (np.std(x), np.mean(x)),
        "The center is the median. The likeliest normal distribution has the mean of the data.": lambda x: (
            np.median(x),
            np.sqrt(np.mean((x - np.median(x)) ** 2)),
        ),
        "The first number is the median. The likeliest normal distribution has the mean of the data.": lambda x: (
            np.median(x),
            np.std(x),
        ),
        "The width is the mean distance from the mean; square before you average, and take the root.": lambda x: (
            np.mean(x),
            np.abs(x - np.mean(x)).mean(),
        ),
        "The standard deviation is divided by the root of n: that is the error of the mean.": lambda x: (
            np.mean(x),
            np.std(x) / np.sqrt(len(x)),
        ),
        "The second number is half of the range.": lambda x: (np.mean(x), np.ptp(x) / 2),
        "The mean is not subtracted before the squares are taken.": lambda x: (np.mean(x), np.sqrt(np.mean(x * x))),
        "The sum of the squares must be divided by n before the root is taken.": lambda x: (
            np.mean(x),
            np.sqrt(np.sum((x - np.mean(x)) ** 2)),
        ),
    },
)

laplace_smoothing = Check(
    name="laplace_smoothing",
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
        "One is added to the shares instead of the counts.": lambda c: (c / c.sum() + 1) / (1 + len(c)),
        "One in all is added, shared out among the counts; add one to every count.": lambda c: (
            (c + 1 / len(c)) / (c.sum() + 1)
        ),
        "The total grows by 2, as for a coin; it must grow by the number of outcomes.": lambda c: (
            (c + 1) / (c.sum() + 2)
        ),
        "The total grows by 6, as for a die; it must grow by the number of outcomes.": lambda c: (
            (c + 1) / (c.sum() + 6)
        ),
        "The total grows by the number of outcomes that were seen; one was added to the others, too.": lambda c: (
            (c + 1) / (c.sum() + np.count_nonzero(c))
        ),
        "The shares are cut down to whole numbers, as // does, and int, and an array of whole numbers.": np.zeros_like,
        "A half is added to every count; add one.": lambda c: (c + 1 / 2) / (c.sum() + len(c) / 2),
        "That is a uniform distribution: the counts do not enter.": lambda c: np.full(len(c), 1 / len(c)),
    },
)

identity = Proof(
    "identity",
    {
        "C": {},
        "E": {"C": "The ratio is put into a sum over values; collect the observations first."},
        "A": {"E": "There is no product in the logarithm yet."},
        "F": {"A": "It names two sums, and there is only one yet."},
        "B": {"F": "It speaks of the entropy and the divergence; they must have appeared."},
    },
    {"D": "The weights come from the data, since the average is over what was observed."},
)


def _deaths(counts: Any) -> float:
    return float(shares(counts) @ np.arange(len(counts)))


horses = Number(
    "horses",
    _deaths,
    "",
    {
        "That is the mean of the reports with deaths. The others count as well.": lambda counts: float(
            shares(counts[1:]) @ np.arange(1, len(counts))
        ),
        "That is the number of all deaths; divide by the number of reports.": lambda counts: float(
            np.asarray(counts) @ np.arange(len(counts))
        ),
        "That uses the share of the zeros only. The likeliest rate uses all reports.": lambda counts: (
            -math.log(counts[0] / np.sum(counts))
        ),
        "It is divided by the number of reports minus one. The likeliest rate is the mean: divide by their number.": (
            lambda counts: float(np.asarray(counts) @ np.arange(len(counts)) / (np.sum(counts) - 1))
        ),
        "That is the number of deaths in a year. A report is about one corps, and there are ten.": lambda counts: (
            10 * _deaths(counts)
        ),
        "The report with four deaths is counted as one death.": lambda counts: float(
            shares(counts) @ [*range(len(counts) - 1), 1]
        ),
        "The deaths are counted from 1; the first entry is of the reports without any.": lambda counts: (
            _deaths(counts) + 1
        ),
        "That is the number of reports for each death; turn it over.": lambda counts: 1 / _deaths(counts),
    },
)


def _cut_mean(rate: Any) -> Any:
    return rate / -np.expm1(-rate)


truncated_poisson = Check(
    name="truncated_poisson",
    what="the rate of the likeliest Poisson distribution without zeros",
    names=["mean"],
    truth=lambda mean: float(mean + lambertw(-mean * np.exp(-mean)).real),
    stages=[
        Stage(
            "means",
            st.one_of(st.integers(6, 24).map(lambda k: k / 5), st.sampled_from([12.0, 20.0, 30.0])).map(lambda m: (m,)),
            "Put your rate into the formula: the given mean must come back, to six digits. A search that only comes "
            "near it needs more steps, or a wider interval.",
        )
    ],
    accepts=lambda rate, mean: rate > 0 and abs(_cut_mean(rate) - mean) <= 1e-6,
    slips={
        "That is the mean itself. The zeros are missing from the data, so the rate must be smaller. (A bisection below "
        "the mean that keeps the wrong half ends there as well.)": lambda mean: mean,
        "The formula is used from left to right. It gives the mean that belongs to a rate; find the rate that belongs "
        "to this mean.": _cut_mean,
        "The mean minus one is the rate only when almost every count is a one.": lambda mean: mean - 1,
        "Twice the mean minus one is the rate only as long as it is small: the beginning of a series.": lambda mean: (
            2 * (mean - 1)
        ),
        "The wrong half is kept in every step, and so the search ends at 0 or at the mean.": lambda mean: (
            mean if _cut_mean(mean / 2) > mean else 0.0
        ),
        "0 is no rate. A bisection that keeps the wrong half ends there; and so does a loop that begins there, because "
        "0 / (1 - exp(-0)) is nan, and nothing is smaller or larger than nan.": lambda mean: 0.0,
        "The share of the zeros depends on the rate, not on the mean. That is one step towards the rate: go on until "
        "nothing changes.": (lambda mean: mean * -np.expm1(-mean)),
    },
)


def _unseen(counts: Any) -> float:
    counts = np.asarray(counts)
    mean = counts @ np.arange(1, len(counts) + 1) / counts.sum()
    return float(counts.sum() / np.expm1(truncated_poisson.truth(mean)))


unseen = Number(
    "unseen",
    _unseen,
    "",
    {
        "That is the number of all reports, with those that were kept. How many are missing?": lambda counts: (
            _unseen(counts) + float(np.sum(counts))
        ),
        "That is the number in the book. The reports that are left can only estimate it.": lambda counts: 109.0,
        "The mean of what is left is taken for the rate. It is too high: the zeros are missing.": lambda counts: float(
            np.sum(counts) / np.expm1(shares(counts) @ np.arange(1, len(counts) + 1))
        ),
        "That is the share of the reports that is missing. How many are they?": lambda counts: (
            _unseen(counts) / (_unseen(counts) + float(np.sum(counts)))
        ),
        "That is the share exp(-rate) of the reports that are left. It is a share of all reports.": lambda counts: (
            float(np.sum(counts)) * _unseen(counts) / (_unseen(counts) + float(np.sum(counts)))
        ),
        "That is the share 1 - exp(-rate) of the reports that are left. They are this share of all.": lambda counts: (
            float(np.sum(counts)) ** 2 / (_unseen(counts) + float(np.sum(counts)))
        ),
    },
)

_SEEN = [0.7, 0.3]

# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "minute": [
        Number(
            "under 1/2",
            lambda: (1 / 2) ** 3,
            slips={
                "That is for heads, heads, tails in any order. Asked is this order.": lambda: 3 / 8,
                "The three probabilities are added. Multiply them.": lambda: 3 / 2,
            },
        ),
        Number(
            "under 2/3",
            lambda: (2 / 3) ** 2 / 3,
            slips={
                "That is for this result in any order, or the third toss is missing. Asked is this order, with three "
                "factors.": lambda: (2 / 3) ** 2,
                "That is for three heads.": lambda: (2 / 3) ** 3,
            },
        ),
    ],
    "three": [
        Number(
            "the fair coin",
            lambda: float(klnotes.cross_entropy(_SEEN, [0.5, 0.5])),
            "nats",
            {"That is the sum over the ten tosses.": lambda: 10 * math.log(2)},
        ),
        Number(
            "the best coin",
            lambda: float(klnotes.entropy(_SEEN)),
            "nats",
            {
                "The tails are missing.": lambda: -0.7 * math.log(0.7),
                "That is the sum over the ten tosses.": lambda: 10 * float(klnotes.entropy(_SEEN)),
                "Heads and tails are averaged as if they were equally common.": lambda: (
                    -(math.log(0.7) + math.log(0.3)) / 2
                ),
            },
        ),
        Number(
            "the difference",
            lambda: float(klnotes.bernoulli_kl(0.7, 0.5)),
            "nats",
            {
                "That is the divergence the other way round. The shares come first.": lambda: float(
                    klnotes.bernoulli_kl(0.5, 0.7)
                ),
                "That is the sum over the ten tosses.": lambda: 10 * float(klnotes.bernoulli_kl(0.7, 0.5)),
            },
        ),
    ],
    "tosses": [
        Number(
            "the statistic",
            lambda: 20 * float(klnotes.bernoulli_kl(0.7, 0.5)),
            slips={
                "The 2 of 2n is missing.": lambda: 10 * float(klnotes.bernoulli_kl(0.7, 0.5)),
                "That is the divergence. It is multiplied by 2n.": lambda: float(klnotes.bernoulli_kl(0.7, 0.5)),
                "The divergence is taken the other way round.": lambda: 20 * float(klnotes.bernoulli_kl(0.5, 0.7)),
                "The divergence is in bits; it must be in nats.": lambda: (
                    20 * float(klnotes.bernoulli_kl(0.7, 0.5, unit="bits"))
                ),
            },
        ),
        Choice(
            "AIC prefers",
            lambda: "a" if math.log(2) < klnotes.entropy(_SEEN) + 1 / 10 else "b",
            {
                "a": "The best coin has a parameter, which costs it 1/10.",
                "b": "It has the smaller NLL, but also a parameter, which costs 1/10.",
            },
        ),
    ],
    "program": laplace_smoothing,
}
