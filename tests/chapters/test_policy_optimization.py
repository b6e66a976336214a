"""The chapter `policy-optimization`: its theorems, and answers that readers give."""

import itertools
from math import exp, log
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

import klnotes
from klnotes.check import policy_optimization as check
from klnotes.explorables.policy_optimization import PUSHES, PolicyOptimization, forward_optimum, tilt, walk
from tests.explored import Explored
from tests.strategies import distributions

sizes = st.integers(2, 5)
betas = st.floats(0.1, 3)


@st.composite
def bandits(draw: st.DrawFn) -> Any:
    """A reference, rewards and a policy, which may have zeros."""
    n = draw(sizes)
    rewards = np.array(draw(st.lists(st.floats(-3, 3), min_size=n, max_size=n)))
    return draw(distributions(n, zeros=False)), rewards, draw(distributions(n))


def score(policy: np.ndarray, ref: np.ndarray, rewards: np.ndarray, beta: float) -> float:
    return float(policy @ rewards - beta * klnotes.kl_divergence(policy, ref))


@pytest.mark.theorem("thm-policy-optimization-tilt")
@given(bandits(), betas)
def test_the_score_is_a_divergence_from_the_tilt(drawn: Any, beta: float) -> None:
    ref, rewards, policy = drawn
    log_z = logsumexp(rewards / beta, b=ref)
    best = softmax(np.log(ref) + rewards / beta)
    size = 1 + np.abs(rewards).max() + beta * abs(log_z)
    gap = beta * log_z - score(policy, ref, rewards, beta)
    assert gap == pytest.approx(beta * klnotes.kl_divergence(policy, best), abs=1e-13 * size)
    assert score(best, ref, rewards, beta) == pytest.approx(beta * log_z, abs=1e-13 * size)
    if np.abs(policy - best).max() > 1e-5:
        assert gap > 0


def test_in_the_other_direction_the_gap_is_no_divergence_from_the_best() -> None:
    ref, rewards, policy = np.array([0.2, 0.3, 0.5]), np.arange(3.0), np.array([0.3, 0.3, 0.4])
    best = forward_optimum(ref, rewards, 0.5)

    def other(p: np.ndarray) -> float:
        return float(p @ rewards - 0.5 * klnotes.kl_divergence(ref, p))

    gap = other(best) - other(policy)
    near = [0.5 * klnotes.kl_divergence(policy, best), 0.5 * klnotes.kl_divergence(best, policy)]
    assert all(abs(gap - kl) > 0.01 for kl in near)


@pytest.mark.theorem("cor-policy-optimization-odds")
@given(bandits(), betas)
def test_odds(drawn: Any, beta: float) -> None:
    ref, rewards, _ = drawn
    best = tilt(ref, rewards, beta)
    for a, b in itertools.permutations(range(len(ref)), 2):
        wanted = log(ref[a] / ref[b]) + (rewards[a] - rewards[b]) / beta
        assert np.log(best[a]) - np.log(best[b]) == pytest.approx(wanted, abs=1e-12 * (1 + abs(wanted)))
    equal = tilt(ref, np.full(len(ref), rewards[0]), beta)
    assert equal == pytest.approx(ref, rel=1e-12)


def log_ratio(theta: np.ndarray, ref: np.ndarray) -> np.ndarray:
    return np.asarray(theta - logsumexp(theta) - np.log(ref))


ESTIMATORS = {"k1": lambda log: log, "k2": lambda log: log**2 / 2, "k3": lambda log: np.expm1(-log) + log}


@pytest.mark.theorem("thm-policy-optimization-places")
@given(
    sizes.flatmap(
        lambda n: st.tuples(st.lists(st.floats(-2, 2), min_size=n, max_size=n), distributions(n, zeros=False))
    )
)
def test_two_places(drawn: tuple[list[float], np.ndarray]) -> None:
    theta, ref = np.array(drawn[0]), drawn[1]
    n, step = len(ref), 1e-5
    policy = softmax(theta)
    scores = np.eye(n) - policy  # row x: the slope of ln π(x)
    largest = (1 + np.max(ref / policy)) * (1 + np.abs(log_ratio(theta, ref)).max())
    near = {"rel": 1e-6, "abs": 4e-7 * largest}

    def slope(of: Any) -> np.ndarray:
        return np.stack([(of(theta + e) - of(theta - e)) / (2 * step) for e in step * np.eye(n)], axis=-1)

    there = slope(lambda t: klnotes.kl_divergence(softmax(t), ref))
    back = slope(lambda t: klnotes.kl_divergence(ref, softmax(t)))
    at_draws, in_reward, of_mean = {}, {}, {}
    for name, k in ESTIMATORS.items():
        at_draws[name] = slope(lambda t, k=k: k(log_ratio(t, ref)))  # row x: the slope at the draw x
        in_reward[name] = k(log_ratio(theta, ref))[:, None] * scores
        of_mean[name] = slope(lambda t, k=k: softmax(t) @ k(log_ratio(t, ref)))
        both = policy @ in_reward[name] + policy @ at_draws[name]
        assert both == pytest.approx(of_mean[name], **near)
    assert policy @ in_reward["k1"] == pytest.approx(there, **near)
    assert policy @ in_reward["k2"] == pytest.approx(of_mean["k2"] - there, **near)
    assert policy @ in_reward["k3"] == pytest.approx(there - back, **near)
    assert at_draws["k2"] == pytest.approx(in_reward["k1"], **near)
    assert at_draws["k3"] + in_reward["k3"] == pytest.approx(in_reward["k1"], **near)


def test_word_by_word_the_beginnings_come_from_the_policy() -> None:
    """Texts of two words: k3 of whole texts pulls on KL(ref||new) of texts, k3 of words on that of next words."""
    ref_first, ref_next = np.array([0.7, 0.3]), np.array([[0.5, 0.5], [0.9, 0.1]])
    at = np.log([0.3, 0.7, 0.2, 0.8, 0.4, 0.6])

    def words(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return softmax(theta[:2]), softmax(theta[2:].reshape(2, 2), axis=1)

    def slope(of: Any) -> np.ndarray:
        return np.array([(of(at + e) - of(at - e)) / 2e-6 for e in 1e-6 * np.eye(6)])

    def texts(first: np.ndarray, then: np.ndarray) -> np.ndarray:
        return np.ravel(first[:, None] * then)

    k3, (drawn_first, drawn_next) = ESTIMATORS["k3"], words(at)

    def of_texts(theta: np.ndarray) -> float:
        return float(texts(drawn_first, drawn_next) @ k3(np.log(texts(*words(theta)) / texts(ref_first, ref_next))))

    def of_words(theta: np.ndarray) -> float:
        first, then = words(theta)
        noted = k3(np.log(first / ref_first))[:, None] + k3(np.log(then / ref_next))
        return float(np.sum(drawn_first[:, None] * drawn_next * noted))

    def next_words(theta: np.ndarray) -> float:
        first, then = words(theta)
        kl = klnotes.kl_divergence(ref_next, then, axis=1)
        return float(klnotes.kl_divergence(ref_first, first) + drawn_first @ kl)

    whole = slope(lambda theta: klnotes.kl_divergence(texts(ref_first, ref_next), texts(*words(theta))))
    assert slope(of_texts) == pytest.approx(whole, abs=1e-7)
    assert slope(of_words) == pytest.approx(slope(next_words), abs=1e-7)
    assert np.abs(slope(of_words) - whole).max() > 0.1


@pytest.mark.theorem("prop-policy-optimization-forward")
@given(bandits(), betas)
def test_the_optimum_under_the_other_divergence(drawn: Any, beta: float) -> None:
    ref, rewards, policy = drawn
    best = forward_optimum(ref, rewards, beta)
    excess = beta * ref / best + rewards  # Λ, at each action
    assert best.sum() == pytest.approx(1, abs=1e-14)
    assert np.ptp(excess) < 1e-10 * (1 + np.abs(excess).max())
    assert rewards.max() < excess[0] <= rewards.max() + beta + 1e-10

    def other(p: np.ndarray) -> float:
        return float(p @ rewards - beta * klnotes.kl_divergence(ref, p))

    assert other(policy) <= other(best) + 1e-12
    if np.abs(policy - best).max() > 1e-4:
        assert other(policy) < other(best)
    grown = (beta * ref / (excess[0] * 1.01 + 0.01 - rewards)).sum()
    assert abs(grown - 1) > 1e-6, "no other number makes the sum 1"


@pytest.mark.theorem("prop-policy-optimization-natural")
@given(bandits(), st.floats(1e-4, 0.3), st.integers(0, 10**6))
def test_the_step_of_trpo(drawn: Any, delta: float, seed: int) -> None:
    p, rewards, _ = drawn
    spread = float(p @ (rewards - p @ rewards) ** 2)
    assume(spread > 1e-6)
    fisher = np.diag(p) - np.outer(p, p)
    slope = p * (rewards - p @ rewards)
    step = np.sqrt(2 * delta / spread) * rewards
    assert fisher @ rewards == pytest.approx(slope, abs=1e-13)
    assert step @ fisher @ step / 2 == pytest.approx(delta, rel=1e-7)
    for v in np.random.default_rng(seed).normal(size=(5, len(p))):
        if v @ fisher @ v < 1e-9:
            continue
        longest = v * np.sqrt(2 * delta / (v @ fisher @ v))
        assert slope @ longest <= slope @ step * (1 + 1e-7) + 1e-12
        if len(p) > 2 and slope @ longest > slope @ step * (1 - 1e-10):  # then it is the step, up to a constant
            assert np.ptp(longest - step) < 1e-3


@pytest.mark.theorem("thm-policy-optimization-clip")
@given(
    st.floats(0.01, 0.95),
    sizes.flatmap(
        lambda n: st.tuples(distributions(n, zeros=False), st.lists(st.floats(-1, 1), min_size=n, max_size=n))
    ),
)
def test_ratios_in_the_range(eps: float, drawn: tuple[np.ndarray, list[float]]) -> None:
    old, way = drawn[0], np.array(drawn[1])
    way = way - old @ way  # of mean 0, so that the ratios have the mean 1
    assume(np.abs(way).max() > 1e-6)
    ratio = 1 + way / np.abs(way).max() * eps
    bound = -np.log1p(-(eps**2)) / 2
    kl = klnotes.kl_divergence(old, old * ratio, normalize=True)
    assert kl <= bound * (1 + 1e-12)
    inside = old @ (np.minimum(ratio - (1 - eps), 1 + eps - ratio))
    assert (kl < bound * (1 - 1e-9)) or inside < 1e-3
    halves = np.array([0.5, 0.5])
    assert klnotes.kl_divergence(halves, halves * [1 - eps, 1 + eps]) == pytest.approx(bound, rel=1e-10)


def test_without_all_ratios_in_the_range_there_is_no_bound() -> None:
    old, advantages = np.array([0.5, 0.25, 0.25]), np.array([1.0, 0.0, -2.0])
    assert old @ advantages == 0

    def clipped(policy: np.ndarray) -> float:
        ratio = policy / old
        return float(old @ np.minimum(ratio * advantages, np.clip(ratio, 0.8, 1.2) * advantages))

    rng = np.random.default_rng(0)
    most = max(clipped(policy) for policy in rng.dirichlet(np.ones(3), size=2000))
    far = []
    for d in (0.2, 1e-2, 1e-4, 1e-6, 1e-100):
        new = np.array([0.6, 0.4 - d, d])
        assert clipped(new) == pytest.approx(0.2, abs=1e-15)
        assert most <= clipped(new) + 1e-15
        far.append(klnotes.kl_divergence(old, new))
    assert far[:4] == pytest.approx([0.0204, 0.6024, 1.7474, 2.8986], abs=5e-5)
    assert far[4] > 50


@pytest.mark.theorem("prop-policy-optimization-dpo")
@given(st.floats(0.05, 1), st.floats(0.05, 3), st.floats(-3, 3))
def test_what_dpo_fits(q: float, beta: float, m: float) -> None:
    def loss(m: float) -> float:
        return float(q * np.logaddexp(0, -beta * m) + (1 - q) * np.logaddexp(0, beta * m))

    if q == 1:
        assert loss(m + 0.1) < loss(m)
        assert loss(500 / beta) < 1e-200
        return
    assume(q < 0.999)
    best = log(q / (1 - q)) / beta
    assert loss(m) >= loss(best) - 1e-15
    found = minimize(lambda x: loss(x[0]), [0.0], tol=1e-12).x[0]
    assert beta * found == pytest.approx(beta * best, abs=1e-3)
    assert tilt([0.5, 0.5], [log(q / (1 - q)), 0], beta)[0] == pytest.approx(1 / (1 + exp(-best)), rel=1e-12)


def test_the_share_of_the_loser_vanishes() -> None:
    assert all(1 / (1 + exp(m)) < exp(-m) for m in (0.0, 1.0, 10.0, 100.0))


def test_dpo_does_not_say_how_much_two_answers_have_together() -> None:
    ref, far = np.ones(3) / 3, []
    for e in (1e-2, 1e-4, 1e-8):
        policy = np.array([81 * e, e, 1 - 82 * e])
        m = log(policy[0] / ref[0]) - log(policy[1] / ref[1])
        assert 0.5 * m == pytest.approx(log(9), rel=1e-12), "the loss is smallest here, for 9 votes in 10"
        far.append(klnotes.kl_divergence(ref, policy))
    assert far == pytest.approx([1.08, 3.58, 9.72], abs=0.01)


@pytest.mark.theorem("thm-policy-optimization-best-of-n")
@given(st.integers(1, 6).flatmap(lambda k: distributions(k, zeros=False)), st.integers(1, 200))
def test_best_of_n(ref: np.ndarray, n: int) -> None:
    upper = np.minimum(np.cumsum(ref), 1.0)
    upper[-1] = 1.0
    best = np.diff(upper**n, prepend=0)
    kl = klnotes.kl_divergence(best, ref, normalize=True)
    bound = log(n) - (n - 1) / n
    assert kl <= bound + 1e-13
    if n == 1:
        assert kl < 1e-14
    else:
        assert kl < bound
    if n <= 4 and len(ref) <= 3:  # by listing all draws
        counted = np.zeros(len(ref))
        for draws in itertools.product(range(len(ref)), repeat=n):
            counted[max(draws)] += np.prod(ref[list(draws)])
        assert counted == pytest.approx(best, abs=1e-14)


def test_many_actions_come_close_to_the_bound_of_best_of_n() -> None:
    upper = np.linspace(0, 1, 100_001)
    best = np.diff(upper**16)
    assert klnotes.kl_divergence(best, np.full(100_000, 1e-5)) == pytest.approx(log(16) - 15 / 16, rel=1e-8)


# The numbers of the chapter, by fifty digits.


def test_the_cafe_by_fifty_digits() -> None:
    with mpmath.workdps(50):
        ref = [mpmath.mpf(x) / 10 for x in (2, 3, 5)]
        weights = [p * mpmath.exp(2 * k) for k, p in enumerate(ref)]
        z = mpmath.fsum(weights)
        best = [w / z for w in weights]
        top = mpmath.findroot(lambda x: mpmath.fsum(p / 2 / (x - k) for k, p in enumerate(ref)) - 1, 2.3)
        other = [p / 2 / (top - k) for k, p in enumerate(ref)]
        short = mpmath.fsum(p * mpmath.log(p / q) for p, q in zip(other, best, strict=True)) / 2
        assert [round(float(p), 4) for p in best] == [0.0067, 0.0746, 0.9187]
        assert [round(float(p), 4) for p in other] == [0.0435, 0.1156, 0.8408]
        assert round(float(mpmath.log(z) / 2), 4) == 1.6958
        assert round(float(short), 4) == 0.0287
        got = tilt([0.2, 0.3, 0.5], [0, 1, 2], 0.5), forward_optimum([0.2, 0.3, 0.5], [0, 1, 2], 0.5)
        for ours, exact in zip(np.ravel(got), [*best, *other], strict=True):
            assert abs(ours / exact - 1) < 1e-14


# What learners answer: right, and wrong with what the check must say.


def tilted(ref: Any, rewards: Any, beta: float, base: float = exp(1)) -> list[float]:
    top = max(rewards)
    weights = [p * base ** ((r - top) / beta) for p, r in zip(ref, rewards, strict=True)]
    return [w / sum(weights) for w in weights]


def pulled(policy: Any, push: Any, mean: Any = None) -> list[float]:
    mean = sum(p * u for p, u in zip(policy, push, strict=True)) if mean is None else mean
    return [p * (u - mean) for p, u in zip(policy, push, strict=True)]


def pushes(policy: Any, ref: Any, rewards: Any, beta: float) -> list[float]:
    return [r - beta * log(p / q) for p, q, r in zip(policy, ref, rewards, strict=True)]


def tilted_by_loop(ref: Any, rewards: Any, beta: float) -> Any:
    top = max(rewards)
    weights = [p * exp((r - top) / beta) for p, r in zip(ref, rewards, strict=True)]
    return [w / sum(weights) for w in weights]


RIGHT: dict[str, list[Any]] = {
    "tilt": [
        tilted,
        tilted_by_loop,
        lambda p, r, b: klnotes.boltzmann_distribution(-(np.array(r) + b * np.log(p)), b),
    ],
    "slope": [
        lambda p, q, r, b: pulled(p, pushes(p, q, r, b)),
        lambda p, q, r, b: np.array(p) * (np.array(pushes(p, q, r, b)) - np.dot(p, pushes(p, q, r, b))),
    ],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "tilt": [
        (lambda p, r, b: tilted(p, r, 1 / b), "multiplied by β; divide"),
        (lambda p, r, b: tilted_by_loop(p, r, 1 / b), "multiplied by β; divide"),
        (lambda p, r, b: tilted_by_loop(p, r, 1), "β does not enter"),
        (lambda p, r, b: tilted_by_loop(p, [-x for x in r], b), "The sign in the exponent is wrong"),
        (lambda p, r, b: tilted(p, r, 1), "β does not enter"),
        (lambda p, r, b: tilted(p, [-x for x in r], b), "The sign in the exponent is wrong"),
        (lambda p, r, b: tilted([1] * len(p), r, b), "Where is the reference?"),
        (lambda p, r, b: tilted(p, r, b, base=2), "powers of 2"),
        (lambda p, r, b: softmax((np.log(p) + r) / b), "The reference goes to the power 1/β, too"),
        (forward_optimum, "the other divergence, KL(ref‖π)"),
        (lambda p, r, b: np.array(p) * np.exp(np.array(r) / b), "not divided by their sum"),
        (
            lambda p, r, b: np.array(p) * np.exp(np.array(r) / b) / np.sum(np.array(p) * np.exp(np.array(r) / b)),
            "inf/inf is nan",
        ),
    ],
    "slope": [
        (lambda p, q, r, b: pulled(p, [x - b * (1 - d / c) for c, d, x in zip(p, q, r, strict=True)]), "that is k3"),
        (lambda p, q, r, b: pulled(p, [x - b for x in r]), "Only the rewards act"),
        (
            lambda p, q, r, b: pulled(p, [x - b * (d / c - 1 + log(c / d)) for c, d, x in zip(p, q, r, strict=True)]),
            "The number k3 stands in the reward",
        ),
        (lambda p, q, r, b: pulled(p, pushes(q, p, r, b)), "The penalty is added"),
        (lambda p, q, r, b: pulled(p, pushes(p, q, r, b), 0), "The mean push is not subtracted"),
        (lambda p, q, r, b: pulled(p, pushes(p, q, r, b), np.mean(pushes(p, q, r, b))), "The plain mean"),
        (lambda p, q, r, b: pulled(p, pushes(p, q, r, 1)), "β does not enter"),
    ],
    "outside": [
        ([0.6, 0.24, 0.16], "at least 1 nat"),
        ([0.6, 0.4, 0.0], "stay possible"),
        ([0.5, 0.4999, 0.0001], "Which ratios"),
        ([0.6, 0.2, 0.3], "sum to 1"),
        ([[0.6, 0.4]], "its shape is"),
    ],
}

NOTED: dict[str, list[tuple[Any, str]]] = {}


def test_other_ways_through_the_clip() -> None:
    assert check.outside([0.9998, 0.0001, 0.0001]).ok
    assert check.gap(0.439).ok


# In how many orders the steps are a proof.
ORDERS = {"chord": 8}


# The explorable.

CASES: list[tuple[list[float], list[float], float]] = [
    ([0.2, 0.3, 0.5], [0, 1, 2], 0.5),
    ([0.2, 0.3, 0.5], [0, 1, 2], 0.1),
    ([0.2, 0.3, 0.5], [3, 0, 0.1], 0.25),
    ([0.2, 0.3, 0.5], [1, 1, 1], 2),
    ([0.98, 0.01, 0.01], [0, 3, 3], 1.5),
]


@pytest.mark.parametrize("penalty", list(PUSHES))
def test_where_the_walk_ends(penalty: str) -> None:
    ref, rewards, beta = np.array([0.2, 0.3, 0.5]), np.array([0.0, 1.0, 2.0]), 0.5
    end = walk(penalty, ref, rewards, beta, 4000)[-1]
    if penalty in ("k2 in loss", "k1 in reward"):
        assert end == pytest.approx(tilt(ref, rewards, beta), abs=1e-6)
    elif penalty == "k3 in loss":
        assert end == pytest.approx(forward_optimum(ref, rewards, beta), abs=1e-12)
    else:
        assert end[2] > 0.9995


EXPLORED = {
    "policy-optimization": Explored(
        make=lambda: PolicyOptimization(["apple", "berry", "cherry"], [0.2, 0.3, 0.5], [0, 1, 2], beta=0.5),
        opens=["1.6958", "1.6958", "0.4321 nats", "0.0000 nats"],
        wins=[("k3 in loss", []), ("β", ["Home"])],
        golden=[
            *(("tilt", list(case), tilt(*case)) for case in CASES),
            *(("forwardOptimum", list(case), forward_optimum(*case)) for case in CASES),
            *(
                ("walk", [penalty, *case, 300], walk(penalty, *case, 300)[-1])
                for case in CASES
                for penalty in ("k1 in loss", "k2 in loss", "k3 in loss")
            ),
            ("walk", ["k3 in reward", [0.2, 0.3, 0.5], [0, 1, 2], 0.5, 20], walk("k3 in reward", *CASES[0], 20)[-1]),
        ],
    ),
}
