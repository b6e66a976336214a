"""The chapter `jensen-shannon`: its theorems, answers that readers give, and its explorable."""

from itertools import pairwise
from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, xlogy

import klnotes
from klnotes.explorables.jensen_shannon import JensenShannon
from tests.chapters.answers import MEAN, SUM
from tests.explored import Explored
from tests.strategies import distributions, pairs

ROUNDING = 1e-14


@st.composite
def mixtures(draw: st.DrawFn) -> Any:
    """From one to four distributions, and positive weights of them."""
    n, k = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    ps = np.array([draw(distributions(n)) for _ in range(k)])
    return ps, draw(distributions(k, zeros=False))


@pytest.mark.theorem("thm-jensen-shannon-coin")
@given(mixtures())
def test_it_is_what_an_outcome_tells_about_its_source(drawn: Any) -> None:
    ps, weights = drawn
    js = klnotes.generalized_js_divergence(ps, weights)
    joint = weights[:, None] * ps
    assert js == pytest.approx(klnotes.mutual_information(joint, normalize=True), rel=1e-12, abs=ROUNDING)
    entropies = klnotes.entropy(weights @ ps, normalize=True) - weights @ klnotes.entropy(ps)
    assert js == pytest.approx(entropies, abs=ROUNDING)


@pytest.mark.theorem("thm-jensen-shannon-bounds")
@given(mixtures(), st.booleans())
def test_floor_and_ceiling(drawn: Any, disjoint: bool) -> None:
    ps, weights = drawn
    if disjoint:  # each distribution on outcomes of its own
        k, n = ps.shape
        ps = np.einsum("ki,kj->kji", ps, np.eye(k)).reshape(k, k * n)
    js, ceiling = klnotes.generalized_js_divergence(ps, weights), klnotes.entropy(weights)
    assert 0 <= js <= ceiling
    shared = [np.sum(np.sqrt(p * q)) for i, p in enumerate(ps) for q in ps[:i]]
    if max(shared, default=0) == 0:
        assert js == pytest.approx(ceiling, rel=1e-14, abs=ROUNDING)
    elif max(shared) > 1e-3:
        assert js < ceiling
    apart = max(klnotes.total_variation(ps[0], p) for p in ps)
    assert klnotes.generalized_js_divergence([ps[0]] * len(ps), weights) == 0
    if apart > 1e-6:
        assert js > 0


@pytest.mark.theorem("lem-jensen-shannon-map")
@given(pairs())
def test_it_is_a_squared_length(drawn: Any) -> None:
    p, q = drawn
    # The integral over t = e**s, by the trapezoidal rule.
    t = np.exp(np.arange(-45, 45, 0.2))
    gap = np.exp(-np.outer(p, t)) - np.exp(-np.outer(q, t))
    squared = np.sum(0.2 * gap**2 / t) / 4
    assert squared == pytest.approx(klnotes.js_divergence(p, q), rel=1e-8, abs=1e-13)


@st.composite
def triples(draw: st.DrawFn) -> Any:
    """Three distributions, the one in the middle near the straight way more often than not."""
    p, r = draw(pairs())
    if draw(st.booleans()):
        q = draw(distributions(len(p)))
    else:
        part = draw(st.floats(0, 1))
        q = part * p + (1 - part) * r
        q = q / q.sum()
    return p, q, r


@pytest.mark.theorem("thm-jensen-shannon-metric")
@given(triples())
def test_no_detour_is_shorter_by_the_root(drawn: Any) -> None:
    p, q, r = drawn
    direct, first, second = (klnotes.js_divergence(a, b) ** 0.5 for a, b in ((p, r), (p, q), (q, r)))
    # For three that are nearly equal, the entries themselves are rounded by more than JS is.
    assert direct <= (first + second) * (1 + 1e-9) + 1e-15
    assert klnotes.js_divergence(r, p) == pytest.approx(direct**2, rel=1e-13)


@pytest.mark.theorem("prop-jensen-shannon-power")
@given(st.floats(0.51, 3))
def test_above_the_half_three_coins_break_the_triangle(alpha: float) -> None:
    # What the direct way is of a leg tends to 4 from below, by about 6 h**2.
    h = min(0.4, 0.2 * (4 - 2 ** (1 / alpha)) ** 0.5)
    low, fair, high = ([0.5 + x, 0.5 - x] for x in (-h, 0, h))
    direct = klnotes.js_divergence(low, high)
    assert direct**alpha > klnotes.js_divergence(low, fair) ** alpha + klnotes.js_divergence(fair, high) ** alpha


@pytest.mark.theorem("prop-jensen-shannon-overlap")
@given(pairs())
def test_overlap(drawn: Any) -> None:
    p, q = drawn
    js = klnotes.js_divergence(p, q)
    assert log(2) - np.sum(np.sqrt(p * q)) <= js + 1e-14
    assert js <= klnotes.total_variation(p, q) * log(2) + 1e-14


@pytest.mark.theorem("thm-jensen-shannon-game")
@given(pairs(), st.data())
def test_the_best_detective(drawn: Any, data: st.DataObject) -> None:
    # Without tiny entries: beside them the entries of the table, p/(p + q), would be rounded to 0 and 1.
    p, q = (x / x.sum() for x in (np.where(one < 1e-9, 0, one) for one in drawn))
    chance = st.one_of(st.floats(1e-6, 1 - 1e-6), st.sampled_from([0.0, 1.0]))
    table = np.array([data.draw(chance) for _ in p])

    def score(d: np.ndarray) -> float:
        return float(np.sum(xlogy(p, d)) + np.sum(xlogy(q, 1 - d)))

    best = 2 * klnotes.js_divergence(p, q) - 2 * log(2)
    both = p + q > 0
    star = np.where(both, p / np.where(both, p + q, 1), 0.5)
    with np.errstate(divide="ignore"):
        lost = np.sum(np.where(both, p + q, 0)[both] * klnotes.bernoulli_kl(star, table)[both])
        assert score(table) == pytest.approx(best - lost, rel=1e-9, abs=1e-9)
        assert score(table) <= best + 1e-9
    assert score(star) == pytest.approx(best, abs=1e-9)


@pytest.mark.theorem("prop-jensen-shannon-other-loss")
@given(st.integers(2, 5).flatmap(lambda n: st.tuples(*[distributions(n, zeros=False)] * 3)))
def test_the_loss_in_use_follows_another_divergence(drawn: Any) -> None:
    p, q, r = drawn
    star = p / (p + q)

    def loss(model: np.ndarray) -> float:
        return float(-np.sum(model * np.log(star)))

    def divergence(model: np.ndarray) -> float:
        return float(klnotes.kl_divergence(model, p) - 2 * klnotes.js_divergence(p, model))

    assert divergence(q) == pytest.approx(2 * klnotes.kl_divergence((p + q) / 2, p, normalize=True), abs=1e-13)
    h = 1e-4 * q.min()
    ahead, behind = q + h * (r - q), q - h * (r - q)
    rates = [(f(ahead) - f(behind)) / (2 * h) for f in (loss, divergence)]
    assert rates[0] == pytest.approx(rates[1], abs=1e-4 + 1e-12 / h)


@pytest.mark.theorem("prop-jensen-shannon-ends")
@given(st.integers(2, 5).flatmap(lambda n: st.tuples(*[distributions(n, zeros=False)] * 2)))
def test_the_ends_of_the_dial(drawn: Any) -> None:
    t, s = drawn
    for first, second in ((t, s), (s, t)):
        wanted, scale = klnotes.kl_divergence(first, second), klnotes.chi2_divergence(first, second)
        off, values = [], []
        for beta in (1e-3, 1e-5, 1e-7):
            js = klnotes.generalized_js_divergence([first, second], [beta, 1 - beta])
            values.append(js)
            off.append(abs(js / beta / (1 - beta) - wanted))
            # Both parts are off by less than a few times beta times the chi-squared divergence.
            assert off[-1] <= 4 * beta * scale + 1e-9 * wanted + 1e-15
            assert js <= klnotes.entropy([beta, 1 - beta]) + 1e-15
        assert all(later <= earlier for earlier, later in pairwise(values))


# What learners answer: right, and wrong with what the check must say.


def js_by_loop(p: Any, q: Any) -> float:
    total = 0.0
    for a, b in zip(p, q, strict=True):
        if a > 0:
            total += a * log(2 * a / (a + b)) / 2
        if b > 0:
            total += b * log(2 * b / (a + b)) / 2
    return total


def many_by_loop(ps: Any, weights: Any) -> float:
    total = 0.0
    for column in zip(*ps, strict=True):
        m = sum(w * p for w, p in zip(weights, column, strict=True))
        total += sum(w * p * log(p / m) for w, p in zip(weights, column, strict=True) if w * p > 0)
    return total


def naive(p: Any, q: Any) -> Any:
    m = (p + q) / 2
    return np.sum(p * np.log(p / m) + q * np.log(q / m)) / 2


def guarded(p: Any, q: Any) -> Any:
    return naive(p + 1e-10, q + 1e-10)


RIGHT: dict[str, list[Any]] = {
    "js_divergence": [
        js_by_loop,
        lambda p, q: klnotes.entropy((p + q) / 2) - (klnotes.entropy(p) + klnotes.entropy(q)) / 2,
        lambda p, q: (np.sum(xlogy(p, p)) + np.sum(xlogy(q, q)) - np.sum(xlogy(p + q, (p + q) / 2))) / 2,
    ],
    "generalized_js": [
        many_by_loop,
        lambda ps, weights: klnotes.entropy(weights @ ps) - weights @ klnotes.entropy(ps),
        lambda ps, weights: klnotes.mutual_information(weights[:, None] * ps),
    ],
    "detective": [
        lambda p, q: [a / (a + b) if a + b > 0 else 0.5 for a, b in zip(p, q, strict=True)],
        lambda p, q: np.divide(p, p + q, out=np.full(len(p), 0.5), where=p + q > 0),
    ],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "js_divergence": [
        (lambda p, q: 2 * js_by_loop(p, q), "Take their mean"),
        (lambda p, q: js_by_loop(p, q) / log(2), "That is in bits"),
        (lambda p, q: np.sqrt(js_by_loop(p, q)), "the square root"),
        (lambda p, q: js_by_loop(p, q) - log(2), "sums to 2"),
        (lambda p, q: np.sum((p + q) / 2 * np.log((p + q) ** 2 / (4 * p * q))) / 2, "M belongs on the right"),
        (lambda p, q: np.sum((p - q) * np.log(p / q)), "Jeffreys' divergence, of P and Q"),
        (lambda p, q: np.sum((p - q) * np.log(p / q)) / 2, "half of Jeffreys'"),
        (lambda p, q: np.sum((p - q) * np.log(p / q)) / 4, "an upper bound"),
        (lambda p, q: np.sum(xlogy(p, 2 * p / (p + q))), "KL(P‖M). Add that from Q"),
        (lambda p, q: klnotes.kl_divergence(p, q), "That is KL(P‖Q)"),
        (lambda p, q: js_by_loop(p, q) / len(p), MEAN),
        (lambda p, q: (klnotes.kl_terms(p, (p + q) / 2) + klnotes.kl_terms(q, (p + q) / 2)) / 2, SUM),
        (naive, "0 · log 0 is nan"),
        (guarded, "A small number, 1e-10,"),
        (
            lambda p, q: naive(*(x[(p > 0) & (q > 0)] for x in (p, q))),
            "They tell most",
        ),
        (lambda p, q: np.abs(p - q).sum() / 2, "total variation distance"),
    ],
    "generalized_js": [
        (lambda ps, weights: many_by_loop(ps, np.full(len(ps), 1 / len(ps))), "The weights are not used"),
        (lambda ps, weights: many_by_loop(ps, weights) / len(ps), "divided by the number of distributions"),
        (lambda ps, weights: np.mean(klnotes.kl_divergence(ps, weights @ ps)), "but the mean has not"),
        (lambda ps, weights: weights @ klnotes.kl_divergence(ps, ps.mean(axis=0)), "but the mixture has not"),
        (lambda ps, weights: klnotes.entropy(weights), "the ceiling"),
        (lambda ps, weights: many_by_loop(ps, weights) / log(2), "That is in bits"),
        (lambda ps, weights: weights @ klnotes.kl_divergence(ps, weights @ ps), "0 · inf is nan"),
        (lambda ps, weights: -many_by_loop(ps, weights), "a minus missing"),
    ],
    "detective": [
        (lambda p, q: q / (p + q), "that it is forged"),
        (lambda p, q: p / (p + q), "0/0 is nan"),
        (lambda p, q: (p > q).astype(float), "A probability is asked for"),
        (lambda p, q: p / q, "the odds, p to q"),
        (lambda p, q: (p + q) / 2, "That is the mixture"),
        (lambda p, q: np.exp(p) / (np.exp(p) + np.exp(q)), "as if they were logits"),
        (lambda p, q: np.nan_to_num(p / (p + q)), "counts as forged"),
        (lambda p, q: 2 * p / (p + q), "half of this"),
    ],
    "almost_two": [
        ([[0.5, 0.6], [0.5, 0.5], [0.4, 0.6]], "two positive numbers that sum to 1"),
        ([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]], "two positive numbers that sum to 1"),
        ([[0.4, 0.6], [0.5, 0.5], [0.4, 0.6]], "The first coin and the last must differ"),
        ([[0.4, 0.6], [0.9, 0.1], [0.6, 0.4]], "Put the second coin between the two others"),
        ([[0.2, 0.8], [0.5, 0.5], [0.8, 0.2]], "if the coins come closer"),
        ([0.2, 0.8], "must hold 3 by 2 numbers"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"best_middle": 1}


# The explorable.

DISTANCES = [0.1, 0.7, 1.6, 3.0, 5.5, 7.0]


def grid(m: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A finer grid than the explorable's, and the densities of the two bells on it."""
    x = np.arange(-10, m + 10, 1 / 40)
    p, q = np.exp(-(x**2) / 2), np.exp(-((x - m) ** 2) / 2)
    return x, p / p.sum(), q / q.sum()


def slope(m: float) -> float:
    x, p, q = grid(m)
    return float(np.sum((x - m) / 2 * klnotes.kl_terms(q, (p + q) / 2)))


EXPLORED = {
    "jensen-shannon": Explored(
        make=JensenShannon,
        opens=["4", "8.0000 nats", "0.6327 nats", "0.9545", "0.9299", "4.0", "0.0686"],
        wins=[("distance", ["Home", "PageUp", *["ArrowUp"] * 6])],
        golden=[
            *(("bellJs", [m], klnotes.js_divergence(*grid(m)[1:])) for m in DISTANCES),
            *(("bellSlope", [m], slope(m)) for m in DISTANCES),
            *(
                ("bellTv", [m], klnotes.total_variation([ndtr(m / 2), ndtr(-m / 2)], [ndtr(-m / 2), ndtr(m / 2)]))
                for m in DISTANCES
            ),
            *(("bellHellinger", [m], klnotes.hellinger_distance(*grid(m)[1:])) for m in DISTANCES),
            ("bellTv", [0], 0.0),
            ("bellHellinger", [0], 0.0),
        ],
    ),
}


@pytest.mark.parametrize(
    ("trait", "value", "says"),
    [
        ("shape", 2, "shape must be 0 for bells or 1 for boxes, but got 2"),
        ("shape", [0, 1], "shape must be 0 for bells or 1 for boxes"),
        ("distance", 7.5, "distance must be a number from 0 to 7, but got 7.5"),
    ],
)
def test_a_spoiled_state_is_refused(trait: str, value: Any, says: str) -> None:
    widget = JensenShannon()
    with pytest.raises(ValueError, match=says):
        setattr(widget, trait, value)


def test_boxes_have_their_picture_too() -> None:
    assert "Two boxes at distance 1.5: KL inf nats, JS 0.3466 nats, TV 0.5000" in JensenShannon(1.5, 1)._picture().alt
