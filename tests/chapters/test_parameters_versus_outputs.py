"""The chapter `parameters-versus-outputs`: its theorems, and answers that readers give."""

from math import exp, hypot, log
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax

import klnotes
from klnotes.explorables.two_knobs import TwoKnobs
from tests.chapters.answers import kl_by_loop
from tests.explored import Explored


def coin_kl(first: float, second: float) -> float:
    """From the coin with the first log-odds to that with the second."""
    return float(klnotes.kl_from_logits([first, 0.0], [second, 0.0]))


@pytest.mark.theorem("prop-parameters-versus-outputs-no-bound")
@given(st.floats(1e-3, 1), st.floats(0.01, 30))
def test_no_distance_bounds_the_divergence(eps: float, k: float) -> None:
    t = 2 * (k + log(2)) / eps
    assert coin_kl(t * 0.0, t * eps) >= k * (1 - 1e-12)  # knobs (t, 0) and (t, eps)
    assert coin_kl(t * 0.0, t * eps) == pytest.approx(np.logaddexp(t * eps / 2, -t * eps / 2) - log(2))
    s = 1 + 1 / eps
    assert hypot(s - 1 / s, 1 / s - s) >= 1 / eps
    assert coin_kl(s * (1 / s), (1 / s) * s) < 1e-30


def outputs(x: Any, u: Any, b: Any, v: Any, c: Any, *, rho: Any = lambda t: np.maximum(t, 0)) -> Any:
    return rho(x @ u + b) @ v + c


@st.composite
def networks(draw: st.DrawFn) -> Any:
    """Two to four inputs, and the weights of a network with two to four hidden units."""
    inputs, pixels, units, labels = (draw(st.integers(2, most)) for most in (4, 3, 4, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    shapes = [(inputs, pixels), (pixels, units), (units,), (units, labels), (labels,)]
    return [rng.uniform(-1, 1, shape) for shape in shapes]


@pytest.mark.theorem("thm-parameters-versus-outputs-symmetries")
@given(networks(), st.permutations(range(4)), st.lists(st.floats(1e-3, 1e3), min_size=4, max_size=4))
def test_units_change_places_and_rectifiers_scale(given: Any, places: Any, factors: Any) -> None:
    x, u, b, v, c = given
    order = [j for j in places if j < len(b)]
    for rho in (lambda t: np.maximum(t, 0), np.tanh, np.square):
        before = outputs(x, u, b, v, c, rho=rho)
        assert outputs(x, u[:, order], b[order], v[order], c, rho=rho) == pytest.approx(before, abs=1e-13)
    scale = np.array(factors)[: len(b)]
    after = outputs(x, u * scale, b * scale, v / scale[:, None], c)
    assert after == pytest.approx(outputs(x, u, b, v, c), abs=1e-12)
    assert klnotes.kl_from_logits(outputs(x, u, b, v, c), after) == pytest.approx(0, abs=1e-24)


NEIGHBORS: dict[str, tuple[Any, Any]] = {
    "one side permuted": (lambda u, b, v: (u[:, ::-1], b[::-1], v), lambda t: np.maximum(t, 0)),
    "a negative factor": (lambda u, b, v: (-u, -b, -v), lambda t: np.maximum(t, 0)),
    "biases forgotten": (lambda u, b, v: (3 * u, b, v / 3), lambda t: np.maximum(t, 0)),
    "no rectifier": (lambda u, b, v: (3 * u, 3 * b, v / 3), np.tanh),
}


@pytest.mark.parametrize("neighbor", NEIGHBORS)
def test_no_condition_can_be_left_out(neighbor: str) -> None:
    """A search finds networks whose outputs move."""
    change, rho = NEIGHBORS[neighbor]
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(20):
        x, u, b, v, c = (rng.uniform(-1, 1, shape) for shape in [(3, 2), (2, 3), (3,), (3, 2), (2,)])
        u2, b2, v2 = change(u, b, v)
        after = outputs(x, u2, b2, v2, c, rho=rho)
        found += bool(np.max(klnotes.kl_from_logits(outputs(x, u, b, v, c, rho=rho), after)) > 1e-4)
    assert found > 15


def g(t: float) -> float:
    return (exp(t) - 1 - t) / t**2 if abs(t) > 1e-3 else 0.5 + t / 6 + t * t / 24


@st.composite
def changes(draw: st.DrawFn) -> Any:
    n = draw(st.integers(2, 5))
    logits = draw(st.lists(st.floats(-6, 6), min_size=n, max_size=n))
    change = draw(st.lists(st.floats(-1, 1), min_size=n, max_size=n))
    return np.array(logits), np.array(change) * draw(st.sampled_from([1e-6, 1e-3, 1, 3]))


@pytest.mark.theorem("thm-parameters-versus-outputs-half-variance")
@given(changes())
def test_half_a_variance(given: Any) -> None:
    a, v = given
    p = softmax(a)
    w = v - p @ v
    variance, r = p @ w**2, np.max(np.abs(w))
    assume(variance > 1e-20)
    kl = klnotes.kl_from_logits(a, a + v)
    assert kl == pytest.approx(np.log(p @ np.exp(w)), rel=1e-9, abs=1e-14)
    # Rounding of a + v counts where v is small beside a.
    slack = 1e-9 + 1e-14 / np.sqrt(variance)
    assert np.log1p(g(-r) * variance) * (1 - slack) <= kl <= np.log1p(g(r) * variance) * (1 + slack)


def test_half_a_variance_is_no_bound_and_equal_weights_are_wrong() -> None:
    rng = np.random.default_rng(0)
    above = below = far = 0
    for _ in range(100):
        a, v = rng.normal(0, 2, 3), rng.normal(0, 0.3, 3)
        p, kl = softmax(a), klnotes.kl_from_logits(a, a + v)
        half = p @ (v - p @ v) ** 2 / 2
        above, below = above + (kl > half), below + (kl < half)
        far += bool(np.var(v) / 2 > 2 * kl)
    assert min(above, below) > 20
    assert far > 20


def soft(t: Any) -> Any:
    return np.logaddexp(0, t)


def fisher(x: Any, u: Any, b: Any, v: Any, c: Any) -> Any:
    total: Any = 0
    for row in x:
        slope, hidden = expit(row @ u + b), soft(row @ u + b)
        p, eye = softmax(hidden @ v + c), np.eye(len(c))
        jacobian = [
            np.concatenate([np.outer(row, slope * v[:, k]).ravel(), slope * v[:, k], np.outer(hidden, e).ravel(), e])
            for k, e in enumerate(eye)
        ]
        total = total + np.array(jacobian).T @ (np.diag(p) - np.outer(p, p)) @ np.array(jacobian)
    return total / len(x)


@pytest.mark.theorem("prop-parameters-versus-outputs-fisher")
@settings(max_examples=40)
@given(networks(), st.integers(0, 10**6))
def test_the_divergence_of_a_small_step(given: Any, seed: int) -> None:
    x, *weights = given
    delta = np.random.default_rng(seed).normal(size=sum(w.size for w in weights))
    delta /= np.linalg.norm(delta)
    quadratic = delta @ fisher(x, *weights) @ delta / 2
    parts = np.split(delta, np.cumsum([w.size for w in weights])[:-1])
    before = outputs(x, *weights, rho=soft)
    for t in (1e-1, 1e-2, 1e-3):
        moved = [w + t * part.reshape(w.shape) for w, part in zip(weights, parts, strict=True)]
        after = outputs(x, *moved, rho=soft)
        for kl in (klnotes.kl_from_logits(before, after), klnotes.kl_from_logits(after, before)):
            assert abs(kl.mean() - t**2 * quadratic) <= 20 * t**3


@pytest.mark.theorem("prop-parameters-versus-outputs-two-gradients")
@given(st.integers(2, 5), st.integers(0, 10**6))
def test_two_gradients(n: int, seed: int) -> None:
    a, b = np.random.default_rng(seed).normal(0, 1.5, (2, n))
    p, q, h = softmax(a), softmax(b), 1e-5
    kl = klnotes.kl_from_logits(a, b)
    for k, e in enumerate(np.eye(n) * h):
        in_b = (klnotes.kl_from_logits(a, b + e) - klnotes.kl_from_logits(a, b - e)) / (2 * h)
        in_a = (klnotes.kl_from_logits(a + e, b) - klnotes.kl_from_logits(a - e, b)) / (2 * h)
        assert in_b == pytest.approx(q[k] - p[k], abs=1e-8)
        assert in_a == pytest.approx(p[k] * (log(p[k] / q[k]) - kl), abs=1e-8)


# What learners answer: right, and wrong with what the check must say.


def output_kl(reference: Any, copy: Any) -> float:
    return sum(kl_by_loop(p, q) for p, q in zip(reference, copy, strict=True)) / len(reference)


def target(a: Any, b: Any) -> Any:
    p, q = softmax(a), softmax(b)
    return p * (np.log(p / q) - kl_by_loop(p, q))


RIGHT: dict[str, list[Any]] = {
    "output_divergence": [
        output_kl,
        lambda p, q: float(np.mean([kl_by_loop(x, y) for x, y in zip(p, q, strict=True)])),
    ],
    "half_variance": [
        lambda p, v: float(np.sum(p * v * v) - np.sum(p * v) ** 2) / 2,
        lambda p, v: np.cov(v, aweights=p, ddof=0) / 2,
    ],
    "target_slopes": [target, lambda a, b: list(target(a, b))],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "output_divergence": [
        (lambda p, q: output_kl(q, p), "The copy is taken as the reference"),
        (lambda p, q: output_kl(p, q) * len(p), "what is asked for is their mean"),
        (lambda p, q: output_kl(p, q) / len(p[0]), "divided by the number of labels, too"),
        (lambda p, q: kl_by_loop(np.mean(p, axis=0), np.mean(q, axis=0)), "averaged before they are compared"),
        (lambda p, q: [kl_by_loop(x, y) for x, y in zip(p, q, strict=True)], "These are the divergences of the inputs"),
        (lambda p, q: kl_by_loop(p[0], q[0]), "the first input only"),
        (lambda p, q: max(kl_by_loop(x, y) for x, y in zip(p, q, strict=True)), "the largest divergence"),
        (lambda p, q: output_kl(p, q) / log(2), "That is in bits"),
    ],
    "half_variance": [
        (lambda p, v: sum(p * v * v) / 2, "The mean is not subtracted"),
        (lambda p, v: np.var(v) / 2, "as np.var takes it"),
        (lambda p, v: np.cov(v, aweights=p, ddof=0), "asked is half of it"),
        (lambda p, v: np.sum(p * (v - v.mean()) ** 2) / 2, "take the mean under P"),
        (lambda p, v: np.sqrt(np.cov(v, aweights=p, ddof=0)) / 2, "Do not take the root"),
    ],
    "target_slopes": [
        (lambda a, b: softmax(b) - softmax(a), "the gradient in the logits of Q"),
        (lambda a, b: -target(a, b), "The sign is wrong"),
        (lambda a, b: softmax(a) * np.log(softmax(a) / softmax(b)), "These are the terms"),
        (lambda a, b: target(a, b) / softmax(a), "multiply each by its p"),
        (lambda a, b: np.log(softmax(a) / softmax(b)) + 1, "as if each could be raised alone"),
        (lambda a, b: softmax(a) * np.subtract(a, b), "are not centered"),
    ],
    "far_twin": [
        ([-2, -0.5], "Both knobs must be positive"),
        ([0.5, 2], "must be at least 5"),
        ([8, 0.5], "What must the product be?"),
        ([1, 2, 3], "its shape is (3,)"),
    ],
}

# In how many orders the steps are a proof.
ORDERS: dict[str, int] = {"cumulant": 4}


# The explorable.

KNOBS = [(1.0, 1.3, 1.3), (5.0, 5.0, -0.3), (0.2, 0.25, 4.95), (2.0, -1.0, -1.0), (4.0, 3.5, 0.3), (1.0, 0.95, 1.05)]


def heads(w1: float, w2: float) -> float:
    return float(klnotes.kl_from_logits([1.0, 0.0], [w1 * w2, 0.0]))


def quadratic(place: float, w1: float, w2: float) -> float:
    gradient = np.array([1 / place, place])
    step = np.array([w1 - place, w2 - 1 / place])
    return float(expit(1) * expit(-1) * (gradient @ step) ** 2 / 2)


EXPLORED = {
    "two-knobs": Explored(
        make=lambda: TwoKnobs(1.0, 1.3, 1.3),
        opens=["0.424", "0.0416 nats", "0.0354 nats"],
        wins=[
            ("approved: place in the valley", ["End"]),
            ("copy: knob w₁", ["End"]),
            ("copy: knob w₂", ["Home", "PageUp"]),
        ],
        golden=[
            *(("knobKl", [w1, w2], heads(w1, w2)) for _, w1, w2 in KNOBS),
            *(("half", list(knobs), quadratic(*knobs)) for knobs in KNOBS),
            *(("away", list(knobs), hypot(knobs[1] - knobs[0], knobs[2] - 1 / knobs[0])) for knobs in KNOBS),
        ],
    ),
}
