from math import log, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.linalg import null_space
from scipy.special import softmax

import klnotes
from klnotes.explorables.forward_and_reverse import ForwardAndReverse
from tests.chapters.answers import MEAN, SUM, kl_by_loop
from tests.explored import Explored
from tests.strategies import distributions, pairs

ROUNDING = 1e-13


@pytest.mark.theorem("prop-forward-and-reverse-zeros")
@given(pairs())
def test_what_a_zero_forbids(pair: Any) -> None:
    p, q = pair
    p, q = np.where(p < 1e-290, 0, p), np.where(q < 1e-290, 0, q)  # 1e-300 of a sum may round to 0
    for one, other in ((p, q), (q, p)):
        with np.errstate(divide="ignore", invalid="ignore"):
            by_hand = np.where(one > 0, one * np.log(one / other), 0).sum()
        assert np.isfinite(by_hand) == np.all(other[one > 0] > 0)
        assert np.isfinite(klnotes.kl_divergence(one, other, normalize=True)) == np.isfinite(by_hand)


@pytest.mark.theorem("prop-forward-and-reverse-free")
@given(pairs())
def test_whoever_may_copy_the_target_does(pair: Any) -> None:
    p, q = pair
    assert klnotes.kl_divergence(p, p) == 0
    # Any other is worse in both directions, by Pinsker's inequality.
    least = 2 * klnotes.total_variation(p, q) ** 2
    for kl in (klnotes.kl_divergence(p, q), klnotes.kl_divergence(q, p)):
        assert kl >= least * (1 - 1e-9)
        assert kl > 0 or np.allclose(p, q, rtol=0, atol=1e-15)


@st.composite
def families(draw: st.DrawFn) -> Any:
    """Functions T on a few outcomes, a factor h, a member's parameter, and a P with the same averages."""
    n, k = draw(st.integers(3, 5)), draw(st.integers(1, 2))
    number = st.floats(-2, 2)
    functions = np.array(draw(st.lists(st.lists(number, min_size=n, max_size=n), min_size=k, max_size=k)))
    h = np.array(draw(st.lists(st.floats(0.1, 3), min_size=n, max_size=n)))
    theta = np.array(draw(st.lists(number, min_size=k, max_size=k)))
    best = softmax(theta @ functions + np.log(h))
    free = null_space(np.vstack([np.ones(n), functions]))
    assume(free.shape[1] > 0)
    move = free @ np.array(draw(st.lists(number, min_size=free.shape[1], max_size=free.shape[1])))
    shrinking = move < -1e-9
    reach = np.min(best[shrinking] / -move[shrinking]) if shrinking.any() else 1.0
    p = np.maximum(best + draw(st.sampled_from([0.3, 0.9, 1.0])) * reach * move, 0)
    assume(np.all(p < 1))
    other = np.array(draw(st.lists(number, min_size=k, max_size=k)))
    return p, best, softmax(other @ functions + np.log(h))


@pytest.mark.theorem("thm-forward-and-reverse-moments")
@given(families())
def test_the_forward_fit_matches_averages(given: Any) -> None:
    p, best, other = given

    def kl(a: Any, b: Any) -> float:
        return float(klnotes.kl_divergence(a, b, normalize=True))

    assert kl(p, other) == pytest.approx(kl(p, best) + kl(best, other), rel=1e-9, abs=1e-12)
    assert kl(p, other) >= kl(p, best) - 1e-12


@pytest.mark.theorem("thm-forward-and-reverse-separated")
@given(pairs(), st.floats(0.01, 0.99), st.floats(0.1, 6))
def test_the_price_of_one_component(pair: Any, w: float, m: float) -> None:
    one, other = pair
    kl = klnotes.kl_divergence(one, w * one + (1 - w) * other, normalize=True)
    overlap = np.sum(np.sqrt(one * other))
    assert -log(w) - overlap * sqrt((1 - w) / w) - ROUNDING <= kl <= -log(w) + ROUNDING
    # Two bells: the overlap is exp(-m**2/2).
    bells = klnotes.kl_to_mixture(-m, 1.0, [w, 1 - w], [-m, m], [1.0, 1.0])
    assert -log(w) - np.exp(-m * m / 2) * sqrt((1 - w) / w) - ROUNDING <= bells <= -log(w) + ROUNDING
    x = np.linspace(-20, 20, 4001)
    half = np.exp((klnotes.mixture_log_density(x, [1], [-m], [1]) + klnotes.mixture_log_density(x, [1], [m], [1])) / 2)
    assert half.sum() / 100 == pytest.approx(np.exp(-m * m / 2), rel=1e-12)


def averages(mean: float, std: float, target: Any) -> tuple[float, float]:
    """Mean slope and mean curvature of log p under N(mean, std**2), from second differences on a fine grid."""
    w, m, s = (np.array(part, dtype=float) for part in target)
    z = np.linspace(-9, 9, 4001)
    weight = np.exp(-z * z / 2)
    x = (mean + std * z)[:, None]
    parts = np.log(w / s) - ((x - m) / s) ** 2 / 2
    share = softmax(parts, axis=1)
    slopes = -(x - m) / s**2
    slope = (share * slopes).sum(axis=1)
    curvature = (share * (slopes**2 - 1 / s**2)).sum(axis=1) - slope**2
    return float(slope @ weight / weight.sum()), float(curvature @ weight / weight.sum())


@st.composite
def mixtures(draw: st.DrawFn) -> Any:
    k = draw(st.integers(2, 3))
    w = draw(distributions(k, zeros=False))
    m = draw(st.lists(st.floats(-3, 3), min_size=k, max_size=k))
    s = draw(st.lists(st.floats(0.5, 2), min_size=k, max_size=k))
    return w, m, s


@pytest.mark.theorem("prop-forward-and-reverse-stationary")
@settings(max_examples=25)
@given(mixtures(), st.floats(-3, 3), st.floats(0.4, 3))
def test_slope_and_curvature_match(target: Any, mean: float, std: float) -> None:
    for fit in klnotes.reverse_normal_fits(*target):
        slope, curvature = averages(fit.mean, fit.std, target)
        assert slope == pytest.approx(0, abs=1e-8)
        assert curvature == pytest.approx(-1 / fit.std**2, rel=1e-7)

    def kl(m: float, s: float) -> float:
        return float(klnotes.kl_to_mixture(m, s, *target))

    # Elsewhere the two averages are the partial derivatives, and the second one by the mean.
    h = 1e-4
    slope, curvature = averages(mean, std, target)
    assert (kl(mean + h, std) - kl(mean - h, std)) / (2 * h) == pytest.approx(-slope, rel=1e-5, abs=1e-6)
    across = (kl(mean, std + h) - kl(mean, std - h)) / (2 * h)
    assert across == pytest.approx(-1 / std - std * curvature, rel=1e-5, abs=1e-6)
    bend = (kl(mean + h, std) - 2 * kl(mean, std) + kl(mean - h, std)) / h**2
    assert bend == pytest.approx(-curvature, rel=1e-4, abs=1e-5)


@pytest.mark.theorem("prop-forward-and-reverse-middle")
@settings(max_examples=25)
@given(st.floats(0.05, 12))
def test_the_middle_stays(m: float) -> None:
    target = ([0.5, 0.5], [-m, m], [1.0, 1.0])
    stds = np.geomspace(0.3, 2 + 2 * m, 200)
    along = np.diff(klnotes.kl_to_mixture(0.0, stds, *target))
    turn = int(np.argmax(along > 0))
    assert np.all(along[:turn] < 0)
    assert np.all(along[turn:] > 0)  # one minimum, and no other place to rest
    (middle,) = (fit for fit in klnotes.reverse_normal_fits(*target) if abs(fit.mean) < 1e-6)
    assert stds[turn - 1] <= middle.std <= stds[turn + 1]
    for angle in np.linspace(0, 2 * np.pi, 9):
        mean, std = 0.01 * middle.std * np.cos(angle), middle.std * np.exp(0.01 * np.sin(angle))
        assert klnotes.kl_to_mixture(mean, std, *target) > middle.kl


@st.composite
def covariances(draw: st.DrawFn) -> Any:
    d = draw(st.integers(2, 4))
    root = np.array(draw(st.lists(st.floats(-1, 1), min_size=d * d, max_size=d * d))).reshape(d, d)
    return root @ root.T + 0.2 * np.eye(d)


@pytest.mark.theorem("prop-forward-and-reverse-factorized")
@given(covariances(), st.data())
def test_variances_or_precisions(cov: np.ndarray, data: st.DataObject) -> None:
    d = len(cov)
    zero = np.zeros(d)

    def cost(mean: Any, variances: Any, forward: bool) -> float:
        product = (mean, np.diag(variances))
        pair = ((zero, cov), product) if forward else (product, (zero, cov))
        return float(klnotes.multivariate_gaussian_kl(*pair[0], *pair[1]))

    for forward, best in ((True, np.diag(cov)), (False, 1 / np.diag(np.linalg.inv(cov)))):
        least = cost(zero, best, forward)
        other = best * np.exp(data.draw(st.lists(st.floats(-1, 1), min_size=d, max_size=d)))
        mean = np.array(data.draw(st.lists(st.floats(-1, 1), min_size=d, max_size=d)))
        assert cost(mean, other, forward) >= least - 1e-12
        # On the way to the fit it falls: there is no other local optimum.
        ways = [cost(t * mean, best * (other / best) ** t, forward) for t in (1, 0.5, 0)]
        assert ways[0] >= ways[1] - 1e-12 >= ways[2] - 2e-12
    assert np.all(1 / np.diag(np.linalg.inv(cov)) <= np.diag(cov) * (1 + 1e-12))


# What learners answer: right, and wrong with what the check must say.


def matched(values: Any, p: Any) -> Any:
    mean = sum(a * x for a, x in zip(p, values, strict=True))
    return [mean, sqrt(sum(a * x * x for a, x in zip(p, values, strict=True)) - mean * mean)]


def won(p: Any, plans: Any) -> Any:
    forward = [kl_by_loop(p, q) for q in plans]
    reverse = [kl_by_loop(q, p) for q in plans]
    return forward.index(min(forward)), reverse.index(min(reverse))


def without_zeros(p: Any, plans: Any) -> Any:
    def kl(a: Any, b: Any) -> float:
        return sum(x * log(x / y) for x, y in zip(a, b, strict=True) if x > 0 and y > 0)

    forward, reverse = [kl(p, q) for q in plans], [kl(q, p) for q in plans]
    return forward.index(min(forward)), reverse.index(min(reverse))


RIGHT: dict[str, list[Any]] = {
    "forward_fit": [
        lambda v, p: (np.average(v, weights=p), sqrt(np.cov(v, aweights=p, ddof=0))),
        lambda v, p: np.array([np.dot(p, v), np.dot(p, (np.array(v) - np.dot(p, v)) ** 2) ** 0.5]),
    ],
    "reverse_kl": [lambda p, q: kl_by_loop(q, p)],
    "winners": [won, lambda p, plans: list(won(p, plans))],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "forward_fit": [
        (lambda v, p: (np.mean(v), np.std(v)), "The probabilities are not used"),
        (lambda v, p: (matched(v, p)[0], matched(v, p)[1] ** 2), "take its square root"),
        (lambda v, p: matched(v, p)[::-1], "wrong order"),
        (lambda v, p: (v[p.index(max(p))], matched(v, p)[1]), "the likeliest value"),
        (lambda v, p: (np.dot(p, v), np.sqrt(np.dot(p, np.square(v)))), "The mean is not subtracted"),
        (lambda v, p: (np.dot(p, v), np.std(v)), "the width does not"),
        (lambda v, p: (np.dot(p, v), (max(v) - min(v)) / 2), "half of the range"),
    ],
    "reverse_kl": [
        (kl_by_loop, "That is the forward direction"),
        (lambda p, q: -kl_by_loop(p, q), "The weights are p"),
        (lambda p, q: sum(klnotes.kl_terms(q, p)[p > 0]), "a zero of P forces a zero of Q"),
        (lambda p, q: np.sum(q * np.log(q / p)), "an outcome with q = 0 adds nothing"),
        (lambda p, q: kl_by_loop(q, p) / log(2), "That is in bits"),
        (lambda p, q: np.sum(q * np.log((q + 1e-10) / (p + 1e-10))), "A small number, 1e-10,"),
        (lambda p, q: kl_by_loop(q, p) + kl_by_loop(p, q), "Jeffreys"),
        (lambda p, q: klnotes.kl_terms(q, p), SUM),
        (lambda p, q: kl_by_loop(q, p) / len(p), MEAN),
    ],
    "winners": [
        (lambda p, plans: won(p, plans)[::-1], "exchanged"),
        (lambda p, plans: (won(p, plans)[0],) * 2, "Both are winners of the forward direction"),
        (lambda p, plans: (won(p, plans)[1],) * 2, "Both are winners of the reverse direction"),
        (lambda p, plans: [k + 1 for k in won(p, plans)], "counted from 1"),
        (
            lambda p, plans: (min(kl_by_loop(p, q) for q in plans), min(kl_by_loop(q, p) for q in plans)),
            "These are the smallest divergences",
        ),
        (without_zeros, "It leaves out the outcomes that a plan excludes"),
        (lambda p, plans: (0, 0), "It always takes the first plan"),
    ],
    "gap": [
        ([0.5, 0.2, 0.4], "they must sum to 1"),
        ([0.48, 0.04, 0.48], "A tenth of the guests"),
        ([0.346, 0.648, 0.006], "else it is no gap"),
        ([0.78, 0.1, 0.12], "the first partner, who takes the mean over guests".capitalize()),
        ([0.35, 0.3, 0.35], "Where would he like more"),
        ([0.5, 0.5], "its shape is (2,)"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"averages": 6}


# The explorable.

TARGETS = [
    (2.0, 0.5, 1.0, 1.0),
    (2.6, 0.45, 1.0, 1.0),
    (1.5, 0.3, 0.6, 1.2),
    (2.9, 0.4, 1.3, 1.1),
    (3.0, 0.66, 1.0, 1.2),
]


def bumps(m: float, weight: float, left: float, right: float) -> list[list[float]]:
    return [[1 - weight, -m, left], [weight, m, right]]


def as_target(rows: list[list[float]]) -> Any:
    return np.array(rows).T


EXPLORED = {
    "forward-and-reverse": Explored(
        make=lambda: ForwardAndReverse(2.0, 0.5),
        opens=["N(0.00, 2.236²) 0.1720 nats", "N(0.00, 2.047²) 0.2265 nats", "–", "–"],
        wins=[("m, distance of each bump from the middle", ["PageUp"])],
        golden=[
            *(
                ("reverseNumbers", [bumps(*t)], np.array(klnotes.reverse_normal_fits(*as_target(bumps(*t)))))
                for t in TARGETS[1:]
            ),
            *(("forwardFit", [bumps(*t)], klnotes.forward_normal_fit(*as_target(bumps(*t)))) for t in TARGETS[1:]),
            *(
                ("reverseKl", [bumps(*t), mean, std], klnotes.kl_to_mixture(mean, std, *as_target(bumps(*t))))
                for t in TARGETS
                for mean, std in [(0.0, 2.0), (-2.0, 1.0), (1.0, 0.5), (0.5, 3.0)]
            ),
        ],
    ),
}
