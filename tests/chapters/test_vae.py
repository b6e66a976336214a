"""The chapter `vae`: its theorems, answers that readers give, and its explorable."""

from math import exp, log, pi, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr

import klnotes
from klnotes.check import vae as check
from klnotes.explorables.vae import Vae
from tests.explored import Explored

ROUNDING = 1e-9


def bells(mean: Any, variance: Any, x: Any) -> Any:
    """Logarithm of a normal density."""
    return -((x - mean) ** 2) / (2 * variance) - np.log(2 * pi * variance) / 2


def linear_bill(x: Any, mean: Any, variance: Any, w: float, c: float, s2: float) -> Any:
    """Loss of each x under a linear decoder, with the constant."""
    error = (x - c - w * mean) ** 2 + w**2 * variance
    return error / (2 * s2) + log(2 * pi * s2) / 2 + klnotes.gaussian_kl(mean, np.sqrt(variance), 0, 1)


@pytest.mark.theorem("prop-vae-bound")
@given(st.floats(-3, 3), st.floats(-2, 2), st.floats(-2, 2), st.floats(0.1, 3), st.floats(-2, 2), st.floats(0.2, 2))
def test_what_the_loss_is_a_bound_of(x: float, w: float, c: float, s2: float, mean: float, std: float) -> None:
    tau = w**2 + s2
    loss = linear_bill(x, mean, std**2, w, c, s2)
    surprise = -bells(c, tau, x)
    rest = klnotes.gaussian_kl(mean, std, w * (x - c) / tau, sqrt(s2 / tau))
    assert loss == pytest.approx(surprise + rest, rel=1e-10, abs=1e-10)
    assert loss >= surprise - ROUNDING


@settings(max_examples=40)
@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.floats(0.2, 2), st.floats(-1, 1), st.floats(0.5, 1.5))
def test_the_bound_holds_for_a_decoder_with_a_bend(heights: list[float], s2: float, mean: float, std: float) -> None:
    z = np.linspace(-14, 14, 2001)
    guess = heights[0] + heights[1] * np.tanh(z) + heights[2] * np.cos(z)
    x, step = 0.7, z[1] - z[0]
    joint = bells(guess, s2, x) + bells(0, 1, z)
    p_x = np.exp(joint).sum() * step
    q = np.exp(bells(mean, std**2, z))
    loss = (q * -bells(guess, s2, x)).sum() * step + klnotes.gaussian_kl(mean, std, 0, 1)
    rest = (q * (bells(mean, std**2, z) - joint + log(p_x))).sum() * step
    assert loss == pytest.approx(-log(p_x) + rest, rel=1e-8, abs=1e-8)
    assert rest > -ROUNDING


@st.composite
def data(draw: st.DrawFn) -> Any:
    """Numbers with mean 0 that are not all 0."""
    x = np.array(draw(st.lists(st.floats(-3, 3), min_size=2, max_size=5)))
    x = x - x.mean()
    assume(np.mean(x**2) > 1e-2)
    return x


@pytest.mark.theorem("thm-vae-collapse")
@given(data(), st.floats(0.02, 4), st.data())
def test_the_linear_autoencoder(x: np.ndarray, s2: float, drawn: st.DataObject) -> None:
    lam = float(np.mean(x**2))
    assume(abs(lam / s2 - 1) > 1e-6)
    speaks = s2 < lam
    w = sqrt(lam - s2) if speaks else 0.0
    mean, variance = (w / lam * x, s2 / lam) if speaks else (0 * x, 1.0)
    term = np.mean(klnotes.gaussian_kl(mean, sqrt(variance), 0, 1))
    assert term == pytest.approx(log(lam / s2) / 2 if speaks else 0, rel=1e-9, abs=1e-12)
    error = np.mean((x - w * mean) ** 2) + w**2 * variance
    assert error == pytest.approx(min(s2, lam), rel=1e-9)
    least = np.mean(linear_bill(x, mean, variance, w, 0.0, s2))
    assert least == pytest.approx((log(2 * pi * max(lam, s2)) + lam / max(lam, s2)) / 2, rel=1e-9, abs=1e-9)
    # Any other weight, shift or encoder, far or near, is no better.
    push = drawn.draw(st.sampled_from([1e-3, 0.1, 1.0]))
    numbers = st.floats(-1, 1)
    several = drawn.draw(st.lists(numbers, min_size=2 * len(x), max_size=2 * len(x)))
    shifts = push * np.array(several).reshape(2, -1)
    other = w + push * drawn.draw(numbers), push * drawn.draw(numbers)
    cost = np.mean(linear_bill(x, mean + shifts[0], variance * np.exp(shifts[1]), *other, s2))
    assert cost >= least - 1e-11 * max(1, abs(least), abs(cost))


def test_a_decoder_that_is_not_linear_may_speak() -> None:
    """The false neighbor of the theorem: the search finds steps that beat silence although s2 > lambda."""
    rng, found = np.random.default_rng(0), 0
    for _ in range(200):
        share, s2 = rng.uniform(0.001, 0.2), rng.uniform(1.0, 1.5)
        high = sqrt((1 - share) / share)  # mean 0 and variance 1
        low, place = -1 / high, rng.uniform(2, 6)
        gap = (high - low) ** 2 / (2 * s2)
        wrong = ndtr(-place)
        cost = (1 - share) * wrong * gap + share * (klnotes.gaussian_kl(place + 2, 1, 0, 1) + ndtr(-2) * gap)
        found += cost < 1 / (2 * s2)
    assert 0 < found < 200


@st.composite
def vectors(draw: st.DrawFn) -> Any:
    n = draw(st.integers(2, 4))
    m = draw(st.integers(n, 6))
    x = np.array(draw(st.lists(st.floats(-2, 2), min_size=m * n, max_size=m * n))).reshape(m, n)
    return x - x.mean(axis=0)


@pytest.mark.theorem("prop-vae-pca")
@settings(max_examples=25)
@given(vectors(), st.floats(0.05, 3), st.integers(1, 3), st.integers(0, 10**6))
def test_the_linear_autoencoder_in_more_dimensions(x: np.ndarray, s2: float, k: int, seed: int) -> None:
    n = x.shape[1]
    k = min(k, n)
    cov = x.T @ x / len(x)
    values, directions = np.linalg.eigh(cov)
    values, directions = np.maximum(values[::-1], 0), directions[:, ::-1]
    assume(np.all(np.abs(values / s2 - 1) > 1e-6))
    w = directions[:, :k] * np.sqrt(np.maximum(values[:k] - s2, 0))

    def surprise(weights: np.ndarray) -> float:
        c = weights @ weights.T + s2 * np.eye(n)
        return float(np.linalg.slogdet(c)[1] + np.trace(np.linalg.solve(c, cov))) / 2

    def term(weights: np.ndarray) -> float:
        """Mean KL term of the posterior."""
        inner = np.linalg.inv(np.eye(k) + weights.T @ weights / s2)
        means = x @ weights @ inner / s2
        return float(
            np.mean([klnotes.multivariate_gaussian_kl(m, (inner + inner.T) / 2, np.zeros(k), np.eye(k)) for m in means])
        )

    ruled = sum(log(value / s2) for value in values[:k] if value > s2) / 2
    assert term(w) == pytest.approx(ruled, rel=1e-7, abs=1e-8)
    assert (ruled == 0) == (s2 >= values[0])
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(k, k)))[0]
    assert surprise(w @ rotation) == pytest.approx(surprise(w), rel=1e-9, abs=1e-9)
    assert term(w @ rotation) == pytest.approx(ruled, rel=1e-7, abs=1e-8)
    for size in (0.01, 0.3, 2):
        assert surprise(w + size * rng.normal(size=w.shape)) >= surprise(w) - 1e-9


@pytest.mark.theorem("prop-vae-beta")
@given(st.floats(0.05, 2), st.floats(0.1, 10), st.floats(0, 20), st.floats(0, 20), st.integers(1, 1000))
def test_beta_is_noise(s2: float, beta: float, squares: float, term: float, n: int) -> None:
    loss = squares / (2 * s2) + beta * term
    assert loss == pytest.approx(beta * (squares / (2 * beta * s2) + term), rel=1e-12)
    assert squares / n / (2 * s2) + beta * term == pytest.approx((squares / (2 * s2) + n * beta * term) / n, rel=1e-12)


@given(st.floats(0.2, 4), st.floats(0.02, 2), st.floats(0.2, 5))
def test_where_learned_noise_runs(lam: float, s2: float, beta: float) -> None:
    """With its constant the least loss is (1 - β)/2 ln s² and something without s², until silence."""

    def least(noise: float) -> float:
        t = min(beta * noise / lam, 1.0)  # variance of the code
        error, term = lam * t, -log(t) / 2
        return error / (2 * noise) + beta * term + log(2 * pi * noise) / 2

    smaller = s2 / 2
    assume(beta * s2 <= lam)
    assert least(s2) - least(smaller) == pytest.approx((1 - beta) / 2 * log(2), abs=1e-9)
    if beta > 1:
        grid = np.geomspace(lam / 100, 100 * lam, 401)
        assert min(least(noise) for noise in grid) >= least(lam) - ROUNDING


@pytest.mark.theorem("prop-vae-two-slopes")
@given(*[st.floats(-5, 5)] * 3, st.floats(0.1, 3), st.floats(-2, 2))
def test_two_estimates_of_a_slope(a: float, b: float, c: float, std: float, mean: float) -> None:
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)  # exact up to degree 23
    weights = weights / weights.sum()
    z = mean + std * nodes

    def f(z: Any) -> Any:
        e = (z - mean) / std
        return a + b * e + c * e * e

    def average_at(shift: float) -> float:
        return float(weights @ f(z + shift))

    moved = (b + 2 * c * nodes) / std  # the slope of f at z
    h = 1e-5 * std
    np.testing.assert_allclose(moved, (f(z + h) - f(z - h)) / (2 * h), rtol=1e-5, atol=1e-4)
    weighed = f(z) * (z - mean) / std**2
    slope = (average_at(h) - average_at(-h)) / (2 * h)
    assert slope == pytest.approx(b / std, rel=1e-5, abs=1e-5)
    scale = 1 + (a * a + b * b + c * c) / std**2
    for estimate in (moved, weighed):
        assert weights @ estimate == pytest.approx(b / std, abs=1e-11 * scale)
    first, second = (float(weights @ (each - b / std) ** 2) for each in (moved, weighed))
    assert first == pytest.approx(4 * c**2 / std**2, abs=1e-11 * scale)
    assert second - first == pytest.approx(((a + 3 * c) ** 2 + 2 * b**2 + 2 * c**2) / std**2, abs=1e-10 * scale)


@st.composite
def channels(draw: st.DrawFn) -> Any:
    n, k = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    weight = st.integers(0, 8)

    def row(size: int, least: int = 0) -> Any:
        drawn = draw(st.lists(weight, min_size=size, max_size=size).filter(any))
        numbers = np.maximum(np.array(drawn, dtype=float), least)
        return numbers / numbers.sum()

    return row(n), np.array([row(k) for _ in range(n)]), row(k, 1)


@pytest.mark.theorem("thm-vae-information")
@given(channels())
def test_information_and_mismatch(channel: Any) -> None:
    p_x, rows, prior = channel
    average = p_x @ rows
    term = sum(share * klnotes.kl_divergence(row, prior) for share, row in zip(p_x, rows, strict=True))
    information = klnotes.mutual_information(p_x[:, None] * rows, normalize=True)
    assert term == pytest.approx(information + klnotes.kl_divergence(average, prior, normalize=True), abs=1e-12)
    assert information <= klnotes.entropy(p_x) + 1e-12


@pytest.mark.theorem("prop-vae-gray")
@settings(max_examples=50)
@given(st.floats(1e-6, 1 - 1e-6))
def test_the_missing_factor(y: float) -> None:
    area = quad(lambda x: y**x * (1 - y) ** (1 - x), 0, 1, epsabs=1e-13, epsrel=1e-13)[0]
    u = 1 - 2 * y
    formula = 0.5 if u == 0 else u / (2 * np.arctanh(u))
    assert area == pytest.approx(formula, rel=1e-9)
    assert area <= 0.5 + 1e-12


# What learners answer: right, and wrong with what the check must say.


def codes(mean: Any, logvar: Any) -> list[float]:
    return [(m * m + exp(v) - v - 1) / 2 for m, v in zip(mean, logvar, strict=True)]


def bill(x: Any, y: Any, mean: Any, logvar: Any, s2: float) -> tuple[Any, Any]:
    return (x - y) ** 2 / (2 * s2), np.array(codes(mean, logvar))


def parts(rows: Any, prior: Any) -> tuple[float, float]:
    average = [sum(column) / len(rows) for column in zip(*rows, strict=True)]

    def kl(p: Any, q: Any) -> float:
        return sum(a * log(a / b) for a, b in zip(p, q, strict=True) if a > 0)

    return sum(kl(row, average) for row in rows) / len(rows), kl(average, prior)


def whole(rows: Any, prior: Any) -> float:
    return sum(parts(rows, prior))


RIGHT: dict[str, list[Any]] = {
    "kl_term": [
        lambda m, v: -0.5 * np.sum(1 + np.array(v) - np.square(m) - np.exp(v)),
        lambda m, v: sum(codes(m, v)),
    ],
    "loss": [lambda *given: bill(*given)[0].sum() + bill(*given)[1].sum()],
    "split": [parts, lambda rows, prior: np.array(parts(rows, prior))],
}


@pytest.mark.parametrize("channel", [[[0, 1, 0], [0.5, 0, 0.5]], [[0.5, 0.02, 0.48], [0, 0.98, 0.02]]])
def test_more_than_one_channel_has_no_mismatch(channel: list[list[float]]) -> None:
    assert check.no_mismatch(channel).ok


WRONG: dict[str, list[tuple[Any, str]]] = {
    "kl_term": [
        (lambda m, v: sum(codes(m, v)) / len(m), "the mean over the codes"),
        (lambda m, v: codes(m, v), "what is asked for is their sum"),
        (lambda m, v: 2 * sum(codes(m, v)), "The half in front is missing"),
        (lambda m, v: sum(a * a + exp(b / 2) - b - 1 for a, b in zip(m, v, strict=True)) / 2, "has the variance"),
        (lambda m, v: sum(a * a + exp(2 * b) - 2 * b - 1 for a, b in zip(m, v, strict=True)) / 2, "standard dev"),
        (lambda m, v: sum(a * a + exp(b) + b - 1 for a, b in zip(m, v, strict=True)) / 2, "is added"),
        (lambda m, v: sum(a * a + exp(b) - b for a, b in zip(m, v, strict=True)) / 2, "the prior itself must give 0"),
        (lambda m, v: -sum(codes(m, v)), "sign is wrong"),
    ],
    "loss": [
        (lambda *given: bill(*given)[0].mean() + bill(*given)[1].sum(), "a mean over the pixels"),
        (lambda *given: bill(*given)[0].mean() + bill(*given)[1].mean(), "Both are means"),
        (lambda *given: bill(*given)[0].sum() + bill(*given)[1].mean(), "a mean over the codes"),
        (lambda *given: bill(*given)[0].sum() - bill(*given)[1].sum(), "it is a cost"),
        (lambda x, y, m, v, s2: ((x - y) ** 2).sum() + sum(codes(m, v)), "The noise is missing"),
        (lambda x, y, m, v, s2: ((x - y) ** 2).sum() / s2 + sum(codes(m, v)), "a 2 in the exponent"),
        (lambda x, y, m, v, s2: ((x - y) ** 2).sum() / (2 * s2 * s2) + sum(codes(m, v)), "a variance already"),
    ],
    "split": [
        (lambda r, p: parts(r, p)[::-1], "wrong order"),
        (lambda r, p: (whole(r, p), parts(r, p)[1]), "The first number is the whole KL term"),
        (lambda r, p: (parts(r, p)[0], whole(r, p)), "The second number is the whole KL term"),
        (lambda r, p: (len(r) * parts(r, p)[0], parts(r, p)[1]), "it is a mean"),
        (lambda r, p: (parts(r, p)[0], klnotes.kl_divergence(p, np.mean(r, axis=0))), "The mismatch is the other way"),
        (lambda r, p: tuple(part / log(2) for part in parts(r, p)), "Both numbers are in bits"),
    ],
    "no_mismatch": [
        ([[0.5, 0.5, 0], [0, 0.5, 0.5]], "at least 0.6 nats"),
        ([[0, 1, 0], [1, 0, 0]], "must be the prior"),
        ([[0, 1, 0], [0.5, 0.5, 0.5]], "Each row must sum to 1"),
        ([[-0.5, 1, 0.5], [1, 0, 0]], "not negative"),
        ([0.25, 0.5, 0.25], "its shape is (3,)"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"silence_proof": 6}


# The explorable.


def best(noise: float, beta: float) -> list[float]:
    t = min(noise * beta, 1.0)
    w = sqrt(1 - t)
    # The mean over x = -1 and 1, by klnotes.
    return [w, w, t, float(klnotes.gaussian_kl(w, sqrt(t), 0, 1)), (1 - w * w) ** 2 + w * w * t]


def above_silence(w: float, noise: float, beta: float) -> float:
    """Mean loss with the best encoder for w, less that of silence, from its parts."""
    t = noise * beta
    mean, variance = w / (w * w + t), t / (w * w + t)
    error = (1 - w * mean) ** 2 + w * w * variance
    return error / (2 * noise) + beta * float(klnotes.gaussian_kl(mean, sqrt(variance), 0, 1)) - 1 / (2 * noise)


KNOBS = [(0.25, 1.0), (0.5, 1.0), (0.9, 1.0), (1.1, 1.0), (0.25, 4.0), (0.05, 0.25), (0.2, 3.0), (1.5, 6.0)]

EXPLORED = {
    "vae": Explored(
        make=Vae,
        opens=["0.6931 nats", "0.2500", "0.2500"],
        wins=[("β, the factor of the KL term", ["End"])],
        golden=[
            *(("best", list(knobs), best(*knobs)) for knobs in KNOBS),
            *(("aboveSilence", [w, *knobs], above_silence(w, *knobs)) for knobs in KNOBS for w in (0.3, 0.9, -1.2)),
            *(
                ("klToStandard", [mean, variance], float(klnotes.gaussian_kl(mean, sqrt(variance), 0, 1)))
                for mean, variance in [(0.0, 1.0), (1.0, 0.25), (0.3, 1 - 1e-7), (-2.0, 3.0)]
            ),
        ],
    ),
}
