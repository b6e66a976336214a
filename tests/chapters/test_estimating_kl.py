"""The chapter `estimating-kl`: its theorems, and answers that readers give."""

import itertools
import math
from math import log
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import logsumexp, softmax, xlogy

import klnotes
from klnotes.check import estimating_kl as check
from klnotes.explorables.estimating_kl import EstimatingKL, bell_noise
from tests.explored import Explored
from tests.strategies import distributions

sizes = st.integers(2, 5)


@st.composite
def positive_pairs(draw: st.DrawFn) -> Any:
    n = draw(sizes)
    return draw(distributions(n, zeros=False)), draw(distributions(n, zeros=False))


def variance(p: np.ndarray, values: np.ndarray) -> float:
    return float(p @ (values - p @ values) ** 2)


@pytest.mark.theorem("thm-estimating-kl-means")
@given(sizes.flatmap(lambda n: st.tuples(distributions(n), distributions(n, zeros=False), st.integers(0, n - 1))))
def test_means(drawn: tuple[np.ndarray, np.ndarray, int]) -> None:
    p, q, place = drawn
    # Without a zero of Q where P has none, the divergence is finite; P may have zeros, and one is put in half the time.
    p = np.where(p > 1e-6, p, 0)  # where q/p overflows, the mean of k3 cannot be seen in floats
    if place % 2 and p[place] < p.sum():
        p = np.where(np.arange(len(p)) == place, 0, p)
    p = p / p.sum()
    met = p > 0
    kl, missing = klnotes.kl_divergence(p, q), q[~met].sum()
    k1 = np.log(p[met] / q[met])
    k2, k3 = k1**2 / 2, q[met] / p[met] - 1 + k1
    size = 1 + np.abs(p[met] * k1).sum()
    assert p[met] @ k1 == pytest.approx(kl, abs=1e-14 * size)
    assert p[met] @ k3 == pytest.approx(kl - missing, abs=1e-14 * size)
    assert p[met] @ k2 == pytest.approx((kl**2 + variance(p[met] / p[met].sum(), k1)) / 2, rel=1e-12, abs=1e-13)
    # Never negative, and 0 where the two agree only; 1e-16 of r is what rounding does.
    assert np.all(k3 >= -1e-15 * (1 + np.abs(k1) + q[met] / p[met]))
    far = np.abs(k1) > 1e-6
    assert np.all(k3[far] > 0)
    assert np.all(k2[far] > 0)


@pytest.mark.theorem("thm-estimating-kl-control")
@given(positive_pairs(), st.floats(-3, 3))
def test_best_multiple(pair: tuple[np.ndarray, np.ndarray], c: float) -> None:
    p, q = pair
    r, k1 = q / p, np.log(p / q)
    chi2, both = np.sum((q - p) ** 2 / p), klnotes.kl_divergence(p, q) + klnotes.kl_divergence(q, p)
    assume(chi2 > 1e-6)
    scale = 1e-13 * (1 + np.max(r)) ** 2

    def scattered(c: float) -> float:
        return variance(p, k1 + c * (r - 1))

    assert p @ (k1 + c * (r - 1)) == pytest.approx(klnotes.kl_divergence(p, q), abs=scale)
    assert scattered(c) == pytest.approx(variance(p, k1) - 2 * c * both + c * c * chi2, abs=scale * 10)
    best = both / chi2
    assert scattered(best) == pytest.approx(variance(p, k1) - both**2 / chi2, abs=scale * 10)
    assert scattered(best) <= scattered(c) + scale * 10
    if abs(chi2 - 2 * both) > 20 * scale:
        assert (scattered(1) < scattered(0)) == (chi2 < 2 * both)


def grid(mean: float = 0.0, std: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights of the trapezoid rule, which for bells is right to the last digits, and of N(mean, std**2)."""
    x = mean + std * np.linspace(-14, 14, 5601)
    weight = np.exp(-(((x - mean) / std) ** 2) / 2)
    return x, weight / weight.sum()


@pytest.mark.theorem("prop-estimating-kl-normal")
@given(st.floats(0.1, 3) | st.floats(-3, -0.1))
def test_bells_of_one_width(mu: float) -> None:
    x, p = grid()
    k1 = mu**2 / 2 - mu * x
    k2, k3 = k1**2 / 2, np.expm1(-k1) + k1
    kl = mu**2 / 2
    assert p @ k1 == pytest.approx(kl, rel=1e-11)
    spread = [np.sqrt(variance(p, k)) / kl for k in (k1, k2, k3)]
    stated = [2 / abs(mu), math.sqrt(2 + mu**2), 2 / mu**2 * math.sqrt(math.expm1(mu**2) - mu**2)]
    assert spread == pytest.approx(stated, rel=1e-9)
    assert p @ k2 - kl == pytest.approx(kl * mu**2 / 4, rel=1e-8)
    if abs(abs(mu) - 1.1209) > 1e-3:
        assert (spread[2] < spread[0]) == (abs(mu) < 1.1209)


@pytest.mark.theorem("prop-estimating-kl-infinite-variance")
@given(st.floats(-3, 3), st.floats(0.3, 3), st.floats(-3, 3), st.floats(0.3, 2.5))
def test_infinite_variance(m: float, s: float, m1: float, factor: float) -> None:
    s1 = factor * s
    assume(abs(factor - math.sqrt(2)) > 0.05)

    def log_integrand(x: np.ndarray) -> np.ndarray:  # of q**2/p
        return -(((x - m1) / s1) ** 2) + ((x - m) / s) ** 2 / 2 - log(s1**2 / s * math.sqrt(2 * math.pi))

    reach = [400 * s * k for k in (1, 2)]
    sums = [logsumexp(log_integrand(np.linspace(-r, r, 200_001))) + log(2 * r / 200_000) for r in reach]
    # Twice as far out, the integral is the same, or it is not to be recognized.
    if factor < math.sqrt(2):
        assert sums[0] == pytest.approx(sums[1], abs=1e-6)
    else:
        assert sums[1] > sums[0] + 100
    x, p = grid(m, s)
    k1 = log(factor) - ((x - m) / s) ** 2 / 2 + ((x - m1) / s1) ** 2 / 2
    assert np.isfinite(variance(p, k1))


def test_the_bells_of_the_same_reach_at_the_border() -> None:
    # At the root of 2 itself the integrand is exp(a + b x): it does not fall on one side at least.
    for m in (0.0, 1.0):
        x = np.array([-50.0, 50.0])
        logs = -((x - m) ** 2) / 2 + x**2 / 2  # P = N(0, 1), Q = N(m, 2)
        assert logs.max() >= 0


def samples(p: np.ndarray, n: int) -> Any:
    """All samples of n draws, as counts, with their probabilities."""
    for counts in itertools.product(range(n + 1), repeat=len(p)):
        if sum(counts) == n:
            ways = math.factorial(n) // math.prod(map(math.factorial, counts))
            chance = ways * math.prod(a**c for a, c in zip(p, counts, strict=True))
            if chance > 0:
                yield np.array(counts), chance


@pytest.mark.theorem("prop-estimating-kl-plug-in")
@given(st.integers(1, 6), st.integers(1, 3).flatmap(lambda k: st.tuples(*[distributions(k, zeros=False)] * 2)))
def test_plug_in(n: int, pair: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pair
    mean = bias = entropy = 0.0
    for counts, chance in samples(p, n):
        mean += chance * klnotes.kl_divergence(counts, q, normalize=True)
        bias += chance * klnotes.kl_divergence(counts, p, normalize=True)
        entropy += chance * klnotes.entropy(counts, normalize=True)
    assert mean == pytest.approx(klnotes.kl_divergence(p, q) + bias, abs=1e-13)
    assert bias == pytest.approx(klnotes.entropy(p) - entropy, abs=1e-13)
    assert -1e-15 <= bias <= (len(p) - 1) / n + 1e-15


@pytest.mark.theorem("thm-estimating-kl-infinite")
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3).flatmap(lambda k: st.tuples(*[distributions(k)] * 2)))
def test_two_samples_of_counts(n: int, m: int, pair: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pair
    # The smallest weights vanish when they are multiplied; their samples have a positive probability all the same.
    p, q = (np.where(x > 1e-3, x, 0) for x in (p, q))
    infinite = 0.0
    for a, chance_a in samples(p, n):
        for b, chance_b in samples(q, m):
            if klnotes.kl_divergence(a, b, normalize=True) == np.inf:
                infinite += chance_a * chance_b
    certain = bool(np.count_nonzero(p) == np.count_nonzero(q) == 1 and np.array_equal(p > 0, q > 0))
    assert (infinite > 0) == (not certain)


@pytest.mark.theorem("thm-estimating-kl-donsker-varadhan")
@given(
    sizes.flatmap(
        lambda n: st.tuples(
            distributions(n), distributions(n, zeros=False), st.lists(st.floats(-20, 20), min_size=n, max_size=n)
        )
    )
)
def test_donsker_varadhan(drawn: tuple[np.ndarray, np.ndarray, list[float]]) -> None:
    p, q, points = drawn
    t = np.array(points)
    kl, log_mean = klnotes.kl_divergence(p, q), logsumexp(t, b=q)
    bound = p @ t - log_mean
    tilted = softmax(np.log(q) + t)
    assert bound <= kl + 1e-13
    assert kl - bound == pytest.approx(klnotes.kl_divergence(p, tilted), rel=1e-9, abs=1e-12)
    if (p > 0).all():
        best = np.log(p) - np.log(q)
        assert p @ best - logsumexp(best, b=q) == pytest.approx(kl, abs=1e-12 * (1 + np.abs(p * best).sum()))


@pytest.mark.theorem("thm-estimating-kl-gradients")
@given(
    st.lists(st.floats(-2, 2), min_size=2, max_size=5).flatmap(
        lambda z: st.tuples(st.just(z), distributions(len(z), zeros=False))
    )
)
def test_three_slopes(drawn: tuple[list[float], np.ndarray]) -> None:
    logits, q = drawn
    theta = np.array(logits)
    p = softmax(theta)
    n, step = len(p), 1e-5

    def mean_slope(k: Any) -> np.ndarray:
        """The mean over x from P of the slopes of k(x), with x held fixed, by central differences."""
        slopes = np.zeros(n)
        for i in range(n):
            up, down = (softmax(theta + sign * step * np.eye(n)[i]) for sign in (1, -1))
            slopes[i] = p @ (k(np.log(up / q)) - k(np.log(down / q))) / (2 * step)
        return slopes

    score = np.eye(n) - p
    forward = (p * np.log(p / q)) @ score  # of KL(P||Q)
    reverse = -q @ score  # of KL(Q||P)
    assert mean_slope(lambda x: x) == pytest.approx(np.zeros(n), rel=1e-6, abs=2e-7)
    assert mean_slope(lambda x: x**2 / 2) == pytest.approx(forward, rel=1e-6, abs=2e-7)
    largest = 1 + np.max(q / p)
    assert mean_slope(lambda x: np.expm1(-x) + x) == pytest.approx(reverse, rel=1e-6, abs=2e-7 * largest)
    for kl, slope in ((klnotes.kl_divergence, forward), (lambda a, b: klnotes.kl_divergence(b, a), reverse)):
        ends = [(softmax(theta + e), softmax(theta - e)) for e in step * np.eye(n)]
        numeric = [(kl(up, q) - kl(down, q)) / (2 * step) for up, down in ends]
        assert numeric == pytest.approx(slope, rel=1e-6, abs=2e-7)


# What learners answer: right, and wrong with what the check must say.


def k3_by_loop(p: list[float], q: list[float]) -> float:
    return sum(b / a - 1 + log(a / b) for a, b in zip(p, q, strict=True)) / len(p)


def shares(counts: Any) -> Any:
    return np.array(counts) / np.sum(counts)


def plugged(counts: Any, q: Any) -> float:
    share = shares(counts)
    return float(np.sum(xlogy(share, share) - xlogy(share, np.array(q))))


def less(counts: Any, part: float = 0.5, fewer: int = 1) -> float:
    return part * (np.count_nonzero(counts) - fewer) / float(np.sum(counts))


def neighbors(x: Any, y: Any) -> float:
    own = [min(abs(a - b) for j, b in enumerate(x) if j != i) for i, a in enumerate(x)]
    return sum(log(min(abs(a - b) for b in y) / o) for a, o in zip(x, own, strict=True)) / len(x)


RIGHT: dict[str, list[Any]] = {
    "k3": [k3_by_loop, lambda p, q: np.mean(np.expm1(np.log(np.divide(q, p))) - np.log(np.divide(q, p)))],
    "corrected": [
        lambda c, q: plugged(c, q) - less(c),
        lambda c, q: klnotes.kl_from_counts(c, q).value if sum(c) > 1 else plugged(c, q),
    ],
    "by_neighbors": [
        lambda x, y: neighbors(x, y) + log(len(y) / (len(x) - 1)),
        lambda x, y: klnotes.kl_from_neighbors(x, y).value,
    ],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "k3": [
        (lambda p, q: k3_by_loop(q, p), "upside down"),
        (lambda p, q: len(p) * k3_by_loop(p, q), "the sum over the draws"),
        (
            lambda p, q: sum(a * k3_by_loop([a], [b]) for a, b in zip(p, q, strict=True)),
            "weighted with p(x). The draws",
        ),
        (lambda p, q: np.mean(np.log(np.divide(p, q))), "That is k1"),
        (lambda p, q: np.mean(np.log(np.divide(p, q)) ** 2) / 2, "That is k2"),
        (lambda p, q: k3_by_loop(p, q) + 1, "The 1 is not subtracted"),
        (lambda p, q: np.mean(np.divide(q, p) - 1 + np.log(np.divide(q, p))), "must be subtracted"),
        (lambda p, q: k3_by_loop(p, q) / log(2), "That is in bits"),
        (lambda p, q: [k3_by_loop([a], [b]) for a, b in zip(p, q, strict=True)], "single draws"),
        (lambda p, q: k3_by_loop(p[:1], q[:1]), "Only the first draw counts"),
        (lambda p, q: k3_by_loop(p, q) * len(p) / (len(p) - 1), "n - 1"),
        (lambda p, q: -k3_by_loop(p, q), "sign"),
    ],
    "corrected": [
        (plugged, "plug-in estimate: nothing is subtracted"),
        (lambda c, q: plugged(c, q) + less(c), "The correction is added"),
        (lambda c, q: plugged(c, q) - (len(c) - 1) / (2 * sum(c)), "count those that came"),
        (lambda c, q: plugged(c, q) - less(c, fewer=0), "it must be one less"),
        (lambda c, q: plugged(c, q) - less(c, part=1), "twice too large"),
        (lambda c, q: max(plugged(c, q) - less(c), 0.0), "cut off"),
        (lambda c, q: (plugged(c, q) - less(c)) / log(2), "That is in bits"),
        (lambda c, q: float(np.sum(shares(c) * np.log(shares(c) / q))) - less(c), "0 · log 0 is nan"),
        (lambda c, q: float(np.sum(shares(c) * np.log((shares(c) + 1e-9) / q))) - less(c), "small number, 1e-09"),
        (lambda c, q: klnotes.entropy_from_counts(c).value if sum(c) > 1 else 0.0, "Where does q enter?"),
    ],
    "by_neighbors": [
        (lambda x, y: neighbors(x, y) + log(len(x) / (len(x) - 1)), "The number of draws from Q does not enter"),
        (neighbors, "The logarithm of m/(n - 1) is missing"),
        (lambda x, y: neighbors(x, y) + log(len(y) / len(x)), "It divides m by n."),
        (lambda x, y: neighbors(x, y) - log(len(y) / (len(x) - 1)), "The fraction is upside down"),
        (lambda x, y: -neighbors(x, y) + log(len(y) / (len(x) - 1)), "The ratio of the distances is upside down"),
        (lambda x, y: len(x) * neighbors(x, y) + log(len(y) / (len(x) - 1)), "The logarithms are added"),
    ],
    "worse": [
        ([[0.999, 0.001], [0.5, 0.5]], "below 0.1 nats"),
        ([[0.5, 0.5], [0.4, 0.6]], "at least ten times"),
        ([[1, 0], [0.95, 0.05]], "positive"),
        ([[0.5, 0.5], [0.5, 0.5]], "at least ten times"),
        ([0.5, 0.5], "its shape is"),
    ],
}

NOTED: dict[str, list[tuple[Any, str]]] = {
    "corrected": [
        (
            lambda c, q: float(np.sum(shares(c) * np.log((shares(c) + 1e-13) / q))) - less(c),
            "but: a small number, 1e-13",
        ),
    ],
}


def test_other_ways_to_be_close_and_bad_for_k3() -> None:
    assert check.worse([[0.001, 0.999], [0.05, 0.95]]).ok
    assert check.widths("(d)").ok
    assert check.one_draw(0.193).ok


# In how many orders the steps are a proof.
ORDERS = {"plug_in": 4}


# The explorable.

BELLS = [(0.5, 1.0), (0.1, 1.0), (3.0, 1.0), (0.0, 0.5), (1.0, 1.3), (2.5, 0.7), (0.0, 1.4), (0.3, 1.5), (3.0, 2.0)]


@given(st.floats(0, 3), st.floats(0.5, 1.35))
def test_the_noise_of_bells_by_the_trapezoid_rule(mean: float, std: float) -> None:
    x, p = grid()
    k1 = log(std) - x**2 / 2 + ((x - mean) / std) ** 2 / 2
    k2, k3 = k1**2 / 2, np.expm1(-k1) + k1
    noise, kl = bell_noise(mean, std), klnotes.gaussian_kl(0, 1, mean, std)
    assert noise.bias2 == pytest.approx(p @ k2 - kl, rel=1e-8, abs=1e-12)
    assert noise.sd1 == pytest.approx(np.sqrt(variance(p, k1)), rel=1e-9, abs=1e-7)
    assert noise.sd2 == pytest.approx(np.sqrt(variance(p, k2)), rel=1e-8, abs=1e-7)
    if (2 * mean + 7 * std) / (2 - std**2) < 14:  # else what counts lies beyond the grid
        assert noise.sd3 == pytest.approx(np.sqrt(variance(p, k3)), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize(("mean", "std"), BELLS)
def test_the_noise_of_bells_against_fifty_digits(mean: float, std: float) -> None:
    with mpmath.workdps(50):
        m, s = mpmath.mpf(mean), mpmath.mpf(std)
        a, b, c = mpmath.log(s) + m**2 / (2 * s**2), -m / s**2, (1 / s**2 - 1) / 2
        even = [1, 0, 1, 0, 3, 0, 15, 0, 105]  # the moments of N(0, 1)
        powers = [[mpmath.mpf(1)]]
        for _ in range(4):
            before = powers[-1]
            times = [a, b, c]
            powers.append(
                [
                    mpmath.fsum(before[i] * times[k - i] for i in range(len(before)) if 0 <= k - i < 3)
                    for k in range(len(before) + 2)
                ]
            )
        kl, second, _, fourth = (mpmath.fsum(w * e for w, e in zip(row, even, strict=False)) for row in powers[1:])
        wanted = [second / 2 - kl, mpmath.sqrt(second - kl**2), mpmath.sqrt(fourth - second**2) / 2]
        if std**2 < 2:
            square = mpmath.exp(m**2 / (2 - s**2)) / (s * mpmath.sqrt(2 - s**2))
            back = (m**2 + s**2 - 1) / 2 - mpmath.log(s)
            wanted.append(mpmath.sqrt(second - kl**2 + square - 1 - 2 * (kl + back)))
        else:
            wanted.append(mpmath.inf)
        for got, exact in zip(bell_noise(mean, std), wanted, strict=True):
            assert got == float(exact) or abs(got / exact - 1) < 1e-12


EXPLORED = {
    "estimating-kl": Explored(
        make=lambda: EstimatingKL(0.5, 1.0),
        opens=["0.1250 nats", "0.0078 nats", "0.500", "0.184"],
        wins=[("Width of Q", ["End"])],
        golden=[
            *(("bellKl", list(bell), klnotes.gaussian_kl(0, 1, *bell)) for bell in BELLS),
            *(("bellNoise", list(bell), list(bell_noise(*bell))) for bell in BELLS),
            ("bellNoise", [0, 1], [0, 0, 0, 0]),
        ],
    ),
}
