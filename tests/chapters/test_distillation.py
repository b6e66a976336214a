from math import exp, log
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax

import klnotes
from klnotes.explorables.distillation import Distillation
from tests.chapters.answers import MEAN, SUM
from tests.explored import Explored
from tests.strategies import distributions

TEMPERATURES = st.floats(0.3, 20)


@st.composite
def logits(draw: st.DrawFn, *, most: float = 5, whole: bool = False) -> Any:
    """A teacher's and a student's logits for the same classes."""
    n = draw(st.integers(2, 5))
    one = st.integers(-int(most), int(most)).map(float) if whole else st.floats(-most, most)
    v, z = (np.array(draw(st.lists(one, min_size=n, max_size=n))) for _ in range(2))
    return v, z


def forward(v: Any, z: Any, t: float) -> float:
    return float(klnotes.kl_from_logits(v / t, z / t))


def by_steps(loss: Any, z: Any, h: float = 1e-4) -> Any:
    """The slopes of a loss in each logit, off by no more than about h**2 / 6 times the third derivative."""
    return np.array([(loss(z + h * e) - loss(z - h * e)) / (2 * h) for e in np.eye(len(z))])


@pytest.mark.theorem("prop-distillation-slopes")
@given(logits(), TEMPERATURES)
def test_the_slopes_are_stated_minus_true_over_the_temperature(pair: Any, t: float) -> None:
    v, z = pair
    p, q = softmax(v / t), softmax(z / t)
    # The third derivative of log-sum-exp is at most 1, and each derivative brings 1/T: 1e-8 / (6 T^3).
    assert by_steps(lambda z: forward(v, z, t), z) == pytest.approx((q - p) / t, abs=1e-7)
    assert by_steps(lambda z: klnotes.cross_entropy(p, softmax(z / t)), z) == pytest.approx((q - p) / t, abs=1e-7)


def exact_softmax(values: Any, t: Any) -> list[Any]:
    weights = [mpmath.exp(mpmath.mpf(float(a)) / t) for a in values]
    return [w / mpmath.fsum(weights) for w in weights]


@pytest.mark.theorem("thm-distillation-hot")
@given(logits(), st.floats(1, 1e6))
def test_hot_teachers_pull_by_the_difference_of_the_logits(pair: Any, over: float) -> None:
    v, z = pair
    v, z = v - v.mean(), z - z.mean()
    most = max(abs(v).max(), abs(z).max())
    assume(most > 1e-3)
    t, n = most * over, len(v)
    with mpmath.workdps(50):
        p, q = (exact_softmax(a, mpmath.mpf(t)) for a in (v, z))
        for k in range(n):
            off = t * (q[k] - p[k]) - (mpmath.mpf(float(z[k])) - mpmath.mpf(float(v[k]))) / n
            # The means are subtracted in floats, which leaves 1e-15 of the logits.
            assert abs(off) <= 4 * most**2 / (n * t) + 1e-14 * most


@pytest.mark.theorem("prop-distillation-squares")
@given(logits(), st.floats(1e2, 1e6))
def test_hot_distillation_matches_logits(pair: Any, over: float) -> None:
    v, z = pair
    t = over * 5
    with mpmath.workdps(50):
        p, q = (exact_softmax(a, mpmath.mpf(t)) for a in (v, z))
        scaled = t**2 * mpmath.fsum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True))
    # What is left is of the order of the cube of the logits, over T.
    assert float(scaled) == pytest.approx(np.var(z - v) / 2, abs=20 * 5**3 / t)


@pytest.mark.theorem("thm-distillation-cold")
@given(logits(whole=True), st.sampled_from([0.02, 0.005, 0.001]))
def test_cold_teachers_give_labels_and_split_ties(pair: Any, t: float) -> None:
    v, z = pair
    tops = v == v.max()
    assert klnotes.boltzmann_distribution(-v, t) == pytest.approx(tops / tops.sum(), abs=5 * exp(-1 / t))
    # The entropies are at most log N, and that much times T is between a soft maximum and the maximum.
    limit = z.max() - z[tops].mean()
    assert t * forward(v, z, t) == pytest.approx(limit, abs=t * log(len(v)) + 1e-12)


@pytest.mark.theorem("prop-distillation-means")
@settings(max_examples=25)
@given(st.integers(0, 10**6), st.floats(0.5, 5))
def test_the_means_agree_where_the_biases_are_at_rest(seed: int, t: float) -> None:
    rng = np.random.default_rng(seed)
    v, z, b = rng.normal(size=(6, 4)) * 3, rng.normal(size=(6, 4)) * 2, np.zeros(4)
    p = softmax(v / t, axis=1)

    def loss(b: Any) -> float:
        return float(np.mean(klnotes.kl_from_logits(v / t, (z + b) / t)))

    gap = softmax(z / t, axis=1).mean(axis=0) - p.mean(axis=0)
    assert by_steps(loss, b) == pytest.approx(gap / t, abs=1e-7)
    for _ in range(400):  # walk to where they rest: each step halves a class's surplus, as a logarithm
        b += t * np.log(p.mean(axis=0) / softmax((z + b) / t, axis=1).mean(axis=0))
    assert by_steps(loss, b) == pytest.approx(0, abs=1e-7)
    assert softmax((z + b) / t, axis=1).mean(axis=0) == pytest.approx(p.mean(axis=0), abs=1e-9)


@pytest.mark.theorem("prop-distillation-smoothing")
@given(distributions(zeros=False).filter(lambda q: len(q) > 1), st.floats(0.001, 0.999), st.data())
def test_smooth_labels_are_a_teacher_that_knows_nothing_more(q: Any, eps: float, data: st.DataObject) -> None:
    n = len(q)
    y, t = data.draw(st.integers(0, n - 1)), data.draw(TEMPERATURES)
    smooth, uniform = (1 - eps) * np.eye(n)[y] + eps / n, np.full(n, 1 / n)
    by_parts = (1 - eps) * -log(q[y]) + eps * (log(n) + klnotes.kl_divergence(uniform, q))
    assert klnotes.cross_entropy(smooth, q) == pytest.approx(by_parts, rel=1e-12)
    teacher = t * np.log1p((1 - eps) * n / eps) * np.eye(n)[y]
    assert softmax(teacher / t) == pytest.approx(smooth, rel=1e-12)


@pytest.mark.theorem("thm-distillation-copy")
@given(st.lists(logits(), min_size=1, max_size=4), TEMPERATURES)
def test_both_directions_ask_for_the_copy(pictures: Any, t: float) -> None:
    ahead = np.mean([forward(v, z, t) for v, z in pictures])
    back = np.mean([forward(z, v, t) for v, z in pictures])
    # By Pinsker's inequality each is worse than the copy, by what the probabilities are off.
    off = np.mean([2 * klnotes.total_variation(softmax(v / t), softmax(z / t)) ** 2 for v, z in pictures])
    for mean in (ahead, back):
        assert mean >= off * (1 - 1e-9) - 1e-15
    assert np.mean([forward(v, v + 1.5, t) for v, _ in pictures]) == pytest.approx(0, abs=1e-15)


@pytest.mark.theorem("prop-distillation-reverse")
@given(logits(), TEMPERATURES)
def test_the_reverse_slopes_rest_at_the_teacher_only(pair: Any, t: float) -> None:
    v, z = pair
    q, ratio = softmax(z / t), log_softmax(z / t) - log_softmax(v / t)
    slopes = q / t * (ratio - forward(z, v, t))
    # The third derivative is at most a few times 1 + the spread of the ratios, over T^3.
    assert by_steps(lambda z: forward(z, v, t), z) == pytest.approx(slopes, abs=1e-6 * (1 + t**-3))
    spread = q @ (ratio - q @ ratio) ** 2
    assert slopes @ (ratio - q @ ratio) * t == pytest.approx(spread, rel=1e-6, abs=1e-12)
    if np.ptp(z - v) > 1e-3:
        assert np.any(slopes != 0)


# What learners answer: right, and wrong with what the check must say.


def soft(v: Any, t: float) -> Any:
    return softmax(np.array(v) / t)


def loss(v: Any, z: Any, t: float) -> float:
    log_p, log_q = log_softmax(v / t), log_softmax(z / t)
    return float(np.sum(np.exp(log_p) * (log_p - log_q)))


def reverse_slopes(v: Any, z: Any, t: float) -> Any:
    p, q = soft(v, t), soft(z, t)
    return t * q * (np.log(q / p) - sum(q * np.log(q / p)))


def soft_by_loop(v: Any, t: float) -> list[float]:
    weights = [exp((a - max(v)) / t) for a in v]
    return [w / sum(weights) for w in weights]


RIGHT: dict[str, list[Any]] = {
    "soft_targets": [
        soft,
        soft_by_loop,
        lambda v, t: np.exp(log_softmax(np.array(v) / t)),
        lambda v, t: klnotes.boltzmann_distribution([-a for a in v], t),
    ],
    "scaled_slopes": [
        lambda v, z, t: t * (soft(z, t) - soft(v, t)),
        lambda v, z, t: [t * a - t * b for a, b in zip(soft(z, t), soft(v, t), strict=True)],
    ],
    "soft_loss": [
        lambda v, z, t: t**2 * loss(v, z, t),
        lambda v, z, t: t**2 * klnotes.kl_from_logits(v / t, z / t),
    ],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "soft_targets": [
        (lambda v, t: softmax([a * t for a in v]), "The logits are multiplied by T"),
        (lambda v, t: softmax(v), "The temperature is not used"),
        (lambda v, t: soft_by_loop(v, 1), "The temperature is not used"),
        (lambda v, t: soft_by_loop([a * t for a in v], 1), "The logits are multiplied by T"),
        (lambda v, t: [p / t for p in soft_by_loop(v, 1)], "The probabilities are divided by T"),
        (lambda v, t: softmax(v) / t, "The probabilities are divided by T"),
        (lambda v, t: softmax(softmax(v) / t), "The softmax is taken twice"),
        (lambda v, t: [exp(a / t) for a in v], "divide them by their sum"),
        (lambda v, t: log_softmax(np.array(v) / t), "the logarithms of the soft targets"),
        (lambda v, t: [a / t for a in v], "the softmax is missing"),
        (lambda v, t: np.exp(np.array(v) / t) / sum(np.exp(np.array(v) / t)), "exp overflows for large logits"),
    ],
    "scaled_slopes": [
        (lambda v, z, t: t * (soft(v, t) - soft(z, t)), "The sign is wrong"),
        (lambda v, z, t: (soft(z, t) - soft(v, t)) / t, "T² is missing"),
        (lambda v, z, t: t * t * (soft(z, t) - soft(v, t)), "That is T² (q - p)"),
        (lambda v, z, t: soft(z, t) - soft(v, t), "That is q - p."),
        (lambda v, z, t: t * (softmax(z) - soft(v, t)), "and the student's are not"),
        (lambda v, z, t: t * (soft(z, t) - softmax(v)), "and the teacher's are not"),
        (
            lambda v, z, t: (np.array(z) - np.mean(z) - np.array(v) + np.mean(v)) / len(v),
            "the limit for a hot teacher",
        ),
        (reverse_slopes, "the slopes of the reverse divergence"),
    ],
    "soft_loss": [
        (lambda v, z, t: t**2 * np.sum(soft(v, t) * (log_softmax(v / t) - log_softmax(z))), "asked to state at T = 1"),
        (lambda v, z, t: t**2 * loss(z, v, t), "reverse direction"),
        (lambda v, z, t: loss(v, z, t), "T² is missing"),
        (lambda v, z, t: t * loss(v, z, t), "The factor is T"),
        (lambda v, z, t: t**2 * loss(v, z, 1), "The logits are not divided by T"),
        (lambda v, z, t: -(t**2) * np.sum(soft(v, t) * log_softmax(z / t)), "That is the cross-entropy"),
        (lambda v, z, t: t**2 * loss(v, z, t) / log(2), "That is in bits"),
        (lambda v, z, t: t**2 * loss(v, z, t) / len(v), MEAN),
        (lambda v, z, t: t**2 * soft(v, t) * (log_softmax(v / t) - log_softmax(z / t)), SUM),
        (lambda v, z, t: t**2 * np.sum(soft(v, t) * np.log(soft(v, t) / soft(z, t))), "0 · log 0 is nan"),
    ],
    "turn": [
        ([50, 1, 0, -6], "numbers from -10 to 10"),
        ([5, 1, 0, -6], "No slope has another sign"),
        ([2, 1, -1, -2], "smaller than 0.05"),
        ([3, 2, 0], "its shape is (3,)"),
        ("cat", "the text 'cat'"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"hot_proof": 1}


# The explorable.

V, Z = [5.0, 1.0, 0.0, -6.0], [2.0, 1.0, -1.0, -2.0]
OTHERS = [
    (V, Z, 1.0),
    (V, Z, 4.0),
    (V, Z, 64.0),
    (V, V, 2.0),
    ([8.0, -8.0], [-8.0, 8.0], 0.25),
    ([1.0, 1.0], [3.0, 0.0], 8.0),
]


def tempered(values: list[float], t: float) -> Any:
    return klnotes.boltzmann_distribution(-np.array(values), t)


EXPLORED = {
    "distillation": Explored(
        make=lambda: Distillation(["cat", "dog", "fox", "truck"], V, Z),
        opens=["1", "0.2702 nats", "0.2702 nats"],
        wins=[("temperature T", ["End"])],
        golden=[
            *(("soften", [v, t], tempered(v, t)) for v, _, t in OTHERS),
            *(("scaledSlopes", [v, z, t], t * (tempered(z, t) - tempered(v, t))) for v, z, t in OTHERS),
            *(
                ("distillationLoss", [v, z, t], klnotes.kl_from_logits(np.array(v) / t, np.array(z) / t))
                for v, z, t in OTHERS
            ),
        ],
    ),
}


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ((["a", "b"], [1, 2, 3], [1, 2]), "teacher must be 2 logits"),
        ((["a", "b"], [1, 2], [1, 9]), "student must hold numbers from -8 to 8"),
        ((list("abcde"), [0] * 5, [0] * 5), "outcomes must be 2 to 4 strings"),
        ((["a", "b"], [1, 2], [1, 2], 0.1), "temperature must be a number from 0.25 to 1024"),
        ((["a", "b"], [1, 2], [1, 2], 3.0), "temperature must be 2 to the power"),
    ],
)
def test_an_explorable_that_makes_no_sense_is_refused(given: Any, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        Distillation(*given)
