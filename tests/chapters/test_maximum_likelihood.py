from math import log, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize
from scipy.special import xlogy

import klnotes
from klnotes.explorables.maximum_likelihood import MaximumLikelihood
from tests.chapters.answers import bisected, kl_by_loop
from tests.explored import Explored
from tests.strategies import distributions, joints

observations = st.lists(st.integers(0, 4), min_size=1, max_size=30)
ROUNDING = 1e-13


@pytest.mark.theorem("thm-maximum-likelihood-kl")
@given(observations, distributions(5, zeros=False), distributions(5, zeros=False))
def test_likelihood_and_divergence(data: list[int], q: np.ndarray, other: np.ndarray) -> None:
    share = np.bincount(data, minlength=5) / len(data)

    def nll(model: np.ndarray) -> float:
        return float(-np.mean(np.log(model[data])))  # observation by observation, without counting

    assert nll(q) == pytest.approx(klnotes.entropy(share) + klnotes.kl_divergence(share, q), abs=ROUNDING)
    # The more likely of two models is the closer one.
    nearer = klnotes.kl_divergence(share, q) - klnotes.kl_divergence(share, other)
    assert nll(q) - nll(other) == pytest.approx(nearer, abs=ROUNDING)


@pytest.mark.theorem("prop-maximum-likelihood-categorical")
@given(observations, distributions(5))
def test_shares_have_the_largest_likelihood(data: list[int], q: np.ndarray) -> None:
    share = np.bincount(data, minlength=5) / len(data)
    with np.errstate(divide="ignore"):
        mine, best = np.mean(np.log(q[data])), np.mean(np.log(share[data]))
    # Any other distribution is worse, by at least 2 TV**2 (Pinsker).
    assert mine <= best - 2 * klnotes.total_variation(share, q) ** 2 + ROUNDING


@pytest.mark.theorem("prop-maximum-likelihood-gaussian")
@given(
    st.lists(st.floats(-5, 5), min_size=2, max_size=20).filter(lambda x: np.std(x) > 0.05),
    st.floats(-5, 5),
    st.floats(0.2, 5),
)
def test_normal_fit(data: list[float], mean: float, std: float) -> None:
    x = np.array(data)

    def nll(m: float, s: float) -> float:
        return float(np.mean(np.log(s * np.sqrt(2 * np.pi)) + ((x - m) / s) ** 2 / 2))

    excess = nll(mean, std) - nll(x.mean(), x.std())
    # ((x - m)/s)**2 / 2 reaches 1250, and is rounded there.
    assert excess == pytest.approx(klnotes.gaussian_kl(x.mean(), x.std(), mean, std), rel=1e-9, abs=1e-11)
    assert excess >= -1e-11


@st.composite
def factors(draw: st.DrawFn, n: int) -> Any:
    """A distribution with a zero here and there, where the divergences may be infinite, but with no tiny entry."""
    kept = draw(st.lists(st.sampled_from([0, 1, 1]), min_size=n, max_size=n))
    w = draw(distributions(n, zeros=False)) * np.array(kept)
    return w / w.sum() if w.any() else np.full(n, 1 / n)


@pytest.mark.theorem("prop-maximum-likelihood-closest-product")
@given(joints(), st.data())
def test_closest_product(joint: np.ndarray, data: st.DataObject) -> None:
    r, s = (data.draw(factors(n)) for n in joint.shape)
    x, y = joint.sum(axis=1), joint.sum(axis=0)
    assume(all(np.all(product[joint > 0] > 0) for product in (np.outer(r, s), np.outer(x, y))))  # a float keeps them

    def kl(p: np.ndarray, q: np.ndarray) -> float:
        return float(klnotes.kl_divergence(p.ravel(), q.ravel(), normalize=True))

    split = klnotes.mutual_information(joint) + kl(x, r) + kl(y, s)
    assert kl(joint, np.outer(r, s)) == pytest.approx(split, rel=1e-12, abs=ROUNDING)
    assert kl(joint, np.outer(r, s)) >= kl(joint, np.outer(x, y)) - ROUNDING


@pytest.mark.theorem("cor-maximum-likelihood-likelihood-ratio")
@given(observations, distributions(5, zeros=False))
def test_likelihood_ratio(data: list[int], q: np.ndarray) -> None:
    share = np.bincount(data, minlength=5) / len(data)

    def ratio(model: np.ndarray) -> float:
        return float(2 * np.sum(np.log(share[data]) - np.log(model[data])))

    # At most 30 observations, so 60 times the rounding of one.
    statistic = 2 * len(data) * klnotes.kl_divergence(share, q)
    assert ratio(q) == pytest.approx(statistic, abs=60 * ROUNDING)
    assert ratio(share) == 2 * len(data) * klnotes.kl_divergence(share, share) == 0


@pytest.mark.theorem("prop-maximum-likelihood-moment-matching")
@given(
    st.lists(st.floats(0.1, 3), min_size=1, max_size=5),
    st.data(),
    st.floats(-5, 5),
    st.floats(0.2, 5),
)
def test_closest_normal(widths: list[float], data: st.DataObject, mean: float, std: float) -> None:
    # P is a histogram: on each bin its density is constant and ln q is quadratic, so three Gauss nodes are exact.
    width = np.array(widths)
    mass = data.draw(distributions(len(widths), zeros=False))
    center = np.cumsum(width) - width / 2
    nodes, weights = np.polynomial.legendre.leggauss(3)
    x = center[:, None] + width[:, None] / 2 * nodes

    def kl_from_histogram(m: float, s: float) -> float:
        surprise = np.log(s * np.sqrt(2 * np.pi)) + ((x - m) / s) ** 2 / 2
        return float(np.sum(mass * np.log(mass / width)) + mass @ (surprise @ weights / 2))

    m = mass @ center
    s = np.sqrt(mass @ ((center - m) ** 2 + width**2 / 12))
    excess = kl_from_histogram(mean, std) - kl_from_histogram(m, s)
    # ((x - mean)/std)**2 / 2 reaches 5000, and is rounded there: 5000 * 2**-52 is 1e-12, in a sum of 15.
    assert excess == pytest.approx(klnotes.gaussian_kl(m, s, mean, std), rel=1e-11, abs=2e-11)
    assert excess >= -2e-11
    assert kl_from_histogram(m, s) >= -1e-13
    # Nothing is gained by a small step away from the matched moments.
    for step in (-0.01, 0.01):
        assert kl_from_histogram(m + step * s, s) > kl_from_histogram(m, s)
        assert kl_from_histogram(m, s * (1 + step)) > kl_from_histogram(m, s)


# What learners answer: right, and wrong with what the check must say.


def searched(x: Any) -> Any:
    def nll(fit: Any) -> Any:
        return np.mean((x - fit[0]) ** 2) / (2 * np.exp(fit[1]) ** 2) + fit[1]

    mean, log_width = minimize(nll, [0.0, 0.0]).x
    return mean, np.exp(log_width)


def crawling(mean: float) -> float:
    rate = mean
    for _ in range(20_000):  # more rounds than anyone needs, and an end all the same
        rate = mean * (1 - np.exp(-rate))
    return rate


def waiting_at_zero(mean: float) -> float:
    rate = 0.0
    while np.divide(rate, 1 - np.exp(-rate)) < mean:
        rate += 0.001
    return rate


def halving(mean: float) -> float:
    low, high = 0.0, mean
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if middle / (1 - np.exp(-middle)) > mean else (low, middle)
    return middle


RIGHT: dict[str, list[Any]] = {
    "average_nll": [
        lambda c, q: -np.sum(xlogy(c, q)) / c.sum(),
        lambda c, q: -np.log(np.repeat(q, c)).mean(),  # observation by observation
    ],
    "gaussian_fit": [
        lambda x: (x.mean(), x.std()),
        lambda x: np.array([np.mean(x), sqrt(np.mean(x * x) - np.mean(x) ** 2)]),
        searched,
    ],
    "laplace_smoothing": [lambda c: (c + 1) / (c + 1).sum(), lambda c: [(k + 1) / (sum(c) + len(c)) for k in c]],
    "truncated_poisson": [
        lambda mean: bisected(lambda rate: rate / (1 - np.exp(-rate)), mean),
        lambda mean: brentq(lambda rate: rate / (1 - np.exp(-rate)) - mean, 1e-9, 100),
        crawling,
    ],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "average_nll": [
        (lambda c, q: -np.sum(xlogy(c, q)), "sum over all observations"),
        (lambda c, q: np.mean(-xlogy(c, q)), "divided by the number of categories"),
        (lambda c, q: -np.mean(np.log(q)), "Each category counts once"),
        (lambda c, q: kl_by_loop(c / c.sum(), q), "That is the KL divergence"),
        (lambda c, q: np.sum(xlogy(c, q)) / c.sum(), "a minus missing, or one too many?"),
        (lambda c, q: -np.sum(xlogy(c, q)) / c.sum() / log(2), "That is in bits"),
        (lambda c, q: -np.sum(c * np.log(q)) / c.sum(), "0 · log 0 is nan"),
        (lambda c, q: -np.sum(c * np.log(np.where(q > 0, q, 1))) / c.sum(), "the value is inf"),
        (lambda c, q: -np.sum(c * np.log(q + 1e-9)) / c.sum(), "A small number, 1e-09,"),
        (lambda c, q: -np.sum(c * np.log(q + 1e-12)) / c.sum(), "A small number, 1e-12,"),
        (lambda c, q: -np.sum(xlogy(c, q)[:-1]) / c.sum(), "range(n - 1)"),
        (lambda c, q: np.exp(-np.sum(xlogy(c, q)) / c.sum()), "That is the perplexity"),
        (lambda c, q: 1 - c @ q / c.sum(), "the linear penalty"),
        (lambda c, q: -np.mean(np.log(q[c])), "takes the counts for observations"),
    ],
    "gaussian_fit": [
        (lambda x: (np.mean(x), np.std(x, ddof=1)), "n - 1"),
        (lambda x: (np.mean(x), np.var(x)), "the variance"),
        (lambda x: (np.mean(x), np.var(x, ddof=1)), "a variance, and divided by n - 1"),
        (lambda x: (np.std(x), np.mean(x)), "wrong order"),
        (lambda x: (np.mean(x), np.mean(np.abs(x - x.mean()))), "mean distance from the mean"),
        (lambda x: (np.mean(x), sqrt(np.sum((x - x.mean()) ** 2))), "divided by n"),
        (lambda x: (np.median(x), x.std()), "The first number is the median"),
        (lambda x: (np.median(x), sqrt(np.mean((x - np.median(x)) ** 2))), "The center is the median"),
        (lambda x: (round(x.mean()), round(x.std())), "expected"),
    ],
    "laplace_smoothing": [
        (lambda c: (c + 1) / c.sum(), "sum to more than one"),
        (lambda c: [(k + 1) / sum(c) for k in c], "sum to more than one"),
        (lambda c: [(k + 1) / (sum(c) + 1) for k in c], "must grow by k"),
        (lambda c: [k / sum(c) for k in c], "Nothing is added"),
        (lambda c: (c + 1) / (c.sum() + 1), "must grow by k"),
        (lambda c: c / c.sum(), "Nothing is added"),
        (lambda c: np.maximum(c, 1) / np.maximum(c, 1).sum(), "Only the empty counts"),
        (lambda c: (c + 1) / (c.sum() + 2), "as for a coin"),
        (lambda c: np.zeros_like(c), "cut down to whole numbers, as // does, and int"),
        (lambda c: (c + 1) / (c.sum() + 6), "as for a die"),
        (lambda c: (c + 1) / (c.sum() + np.sum(c > 0)), "outcomes that were seen"),
    ],
    "truncated_poisson": [
        (lambda mean: mean, "That is the mean itself"),
        (lambda mean: mean / (1 - np.exp(-mean)), "from left to right"),
        (lambda mean: mean - 1, "minus one"),
        (lambda mean: mean * (1 - np.exp(-mean)), "go on until nothing changes"),
        (lambda mean: bisected(lambda rate: -rate, -mean, 1e-15, 1), "A bisection that keeps the wrong half"),
        (lambda mean: bisected(lambda rate: 0, 1, 1e-4, mean), "That is the mean itself"),
        (lambda mean: bisected(lambda rate: 2, 1, 1e-4, mean), "It gives 0.0001 for every input"),
        (
            lambda mean: bisected(lambda rate: rate / (1 - np.exp(-rate)), mean, 1e-4, 10),
            "the given mean must come back",
        ),
        (
            lambda mean: bisected(lambda rate: rate / (1 - np.exp(-rate)), mean, 1e-4, 2),
            "the given mean must come back",
        ),
        (lambda mean: round(bisected(lambda rate: rate / (1 - np.exp(-rate)), mean), 2), "It is rounded to 2 digits"),
        (lambda mean: 2 * (mean - 1), "beginning of a series"),
        (halving, "The wrong half is kept in every step"),
        (waiting_at_zero, "0 / (1 - exp(-0)) is nan"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"identity": 1}


# The explorable.

COINS = [([423, 133], theta) for theta in (0.5, 0.76, 423 / 556, 423 / 556 + 1e-9, 1e-12, 0.0, 1.0)]


def coin(counts: list[int], theta: float) -> Any:
    return np.array(counts) / sum(counts), [theta, 1 - theta]


EXPLORED = {
    "maximum-likelihood": Explored(
        make=lambda: MaximumLikelihood([423, 133]),
        opens=["0.5", "0.693147 nats", "0.142981 nats", "0.550166 nats"],
        wins=[("θ, probability of round", ["PageUp"] * 2 + ["ArrowUp"] * 12)],
        golden=[
            *(("coinNll", [c, t], klnotes.cross_entropy(*coin(c, t))) for c, t in COINS),
            *(("coinKl", [c, t], klnotes.bernoulli_kl(c[0] / sum(c), t)) for c, t in COINS),
        ],
    ),
}
