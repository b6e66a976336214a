import math
import re
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import rel_entr

import klnotes
from klnotes import _sums
from klnotes._series import NEAR, atanhmx
from tests.chapters.answers import MEAN, kl_by_loop
from tests.notebooks import ROOT, prose, read
from tests.strategies import pairs

mp = mpmath.mp.clone()
mp.dps = 60

LAST = 2.0**-53  # half of the last place of 1: what rounding a float may change, as a share of it


def exact(x: Any) -> list[Any]:
    return [mp.mpf(float(v)) for v in x]


def term(p: Any, q: Any) -> Any:
    """p log(p/q) - p + q of two high-precision numbers, with its conventions."""
    if p == 0 or q == 0:
        return q if p == 0 else mp.inf
    return p * mp.log(p / q) - p + q


def divergence(p: list[Any], q: list[Any]) -> Any:
    """KL of the distributions that p and q stand for."""
    a, b = ([v / mp.fsum(x) for v in x] for x in (p, q))
    return mp.fsum(x * (mp.log(x / y) if y > 0 else mp.inf) for x, y in zip(a, b, strict=True) if x > 0)


@pytest.mark.theorem("thm-computing-kl-residual")
@given(pairs(most=8), st.floats(1e-3, 1e3), st.floats(-1e-9, 1e-9))
def test_residual(pair: tuple[np.ndarray, np.ndarray], scale: float, off: float) -> None:
    p, q = pair
    a, b = [v * mp.mpf(scale) for v in exact(p)], exact(q)
    total, other = mp.fsum(a), mp.fsum(b)
    s = mp.fsum(map(term, a, b))
    u = (other - total) / total
    true = divergence(a, b)
    claimed = s / total + mp.log(1 + u) - u
    assert claimed == true == mp.inf or abs(claimed - true) < mp.mpf(10) ** -50
    # klnotes takes sums that miss 1 a little as they are, and must not let the difference into the result.
    missed = q * (1 + off)
    true = divergence(exact(p), exact(missed))
    got = klnotes.kl_divergence(p, missed)
    assert got == true == mp.inf or abs(got - true) <= 4e-15 * true + mp.mpf(10) ** -31


@pytest.mark.theorem("lem-computing-kl-sterbenz")
@given(st.floats(5e-324, 8e307), st.floats(0.5, 2))
@example(5e-324, 2.0)
@example(1.0, 0.5)
@example(math.nextafter(1, 0), 2.0)
def test_sterbenz(y: float, ratio: float) -> None:
    x = y * ratio
    if Fraction(y) <= 2 * Fraction(x) <= 4 * Fraction(y):
        assert Fraction(x - y) == Fraction(x) - Fraction(y)
        assert Fraction(y - x) == Fraction(y) - Fraction(x)


@pytest.mark.theorem("prop-computing-kl-term-series")
@given(st.floats(1e-300, 1), st.floats(-1, 1, exclude_min=True, exclude_max=True), st.integers(1, 12))
@example(0.5, NEAR, 9)
@example(0.5, -NEAR, 9)
def test_term_from_the_difference(size: float, drawn: float, terms: int) -> None:
    with mp.workdps(250):  # enough for the 27th power of 1e-5
        tiny = mp.mpf(10) ** -200
        assert mp.mpf(3) / 21 * mp.mpf(NEAR) ** 18 / (1 - mp.mpf(NEAR) ** 2) < mp.mpf(2) ** -54
        for s in (mp.mpf(drawn), mp.mpf(drawn) * mp.mpf(NEAR)):
            p, q = mp.mpf(size) * (1 + s), mp.mpf(size) * (1 - s)
            rest = mp.atanh(s) - s
            first, second = (p - q) * s, 2 * p * rest
            assert abs(first + second - term(p, q)) <= tiny * size
            if abs(s) >= NEAR:  # where no series is needed, however small the sum is
                assert abs(p - q) <= 9 * term(p, q) * (1 + tiny)
            if 1e-5 <= abs(s) <= NEAR:
                assert abs(second) <= first / 21 * (1 + tiny)
                cut = mp.fsum(s ** (2 * k + 1) / (2 * k + 1) for k in range(1, terms + 1))
                bound = mp.mpf(3) / (2 * terms + 3) * s ** (2 * terms) / (1 - s * s)
                assert abs(cut - rest) <= bound * abs(rest)
                at = mp.mpf(float(s))
                got = atanhmx(np.array([float(s)]))[0]
                assert abs(got - (mp.atanh(at) - at)) <= 8 * LAST * abs(got)


@pytest.mark.theorem("prop-computing-kl-same-ratio")
@given(st.floats(1e-6, 1), st.floats(1e-6, 1), st.floats(-0.5, 0.5))
@example(0.2, 0.1999, 1e-16)
def test_the_same_ratio_twice(p: float, q: float, delta: float) -> None:
    a, b = mp.mpf(p), mp.mpf(q)
    for change in (mp.mpf(delta), mp.mpf(delta) * mp.mpf(10) ** -12):
        ratio = a / b * (1 + change)
        off = abs(b * (ratio * mp.log(ratio) - (ratio - 1)) - term(a, b))
        assert off <= a * abs(change) * (abs(mp.log(a / b)) + 2 * abs(change)) + mp.mpf(10) ** -50
        plain = abs(a * mp.log(ratio) - a * mp.log(a / b))
        assert abs(plain - a * abs(mp.log(1 + change))) < mp.mpf(10) ** -50


@given(st.floats(1e-200, 1), st.floats(1e-6, 1))
@example(1e-6, 0.5)
@example(0.2, 0.1999)
@example(math.nextafter(0.5, 1), 0.5)
def test_what_rounding_takes_from_the_fast_form(p: float, q: float) -> None:
    """A few times epsilon (|p - q| + t), as the certificate needs, for p far below q as well."""
    true = term(mp.mpf(p), mp.mpf(q))
    r = p / q
    got = q * (r * math.log(r) - (r - 1))
    assert abs(got - true) <= 8 * LAST * (abs(mp.mpf(p) - mp.mpf(q)) + true)


@pytest.mark.theorem("thm-computing-kl-certificate")
@given(pairs(most=8), st.floats(-1, 1), st.floats(1e-16, 1e-2))
def test_certificate(pair: tuple[np.ndarray, np.ndarray], part: float, epsilon: float) -> None:
    a, b = ([v / mp.fsum(exact(x)) for v in exact(x)] for x in pair)
    true = divergence(a, b)
    if true == mp.inf:
        return
    apart = mp.fsum(abs(x - y) for x, y in zip(a, b, strict=True))
    computed = true + mp.mpf(part) * mp.mpf(epsilon) * apart
    if computed >= mp.mpf(2) ** -7:
        assert abs(computed - true) <= 16 * mp.mpf(epsilon) * max(true, computed)
        got = klnotes.kl_divergence(*pair)
        assert abs(got - true) <= 32 * LAST * true


@given(st.floats(0.05, 0.07))
def test_the_certificate_gives_little_away(h: float) -> None:
    """For a coin next to a fair one, of about 2**-7 nats, the amplification is near 16."""
    amplification = 2 * h / klnotes.bernoulli_kl(0.5, 0.5 + h)
    assert 14 < amplification <= math.sqrt(2 / klnotes.bernoulli_kl(0.5, 0.5 + h)) < 20.1


@given(st.lists(st.tuples(st.floats(1e-6, 1e3), st.floats(1e-6, 1e3)), min_size=1, max_size=8))
def test_certificate_of_a_block(numbers: list[tuple[float, float]]) -> None:
    """The last exercise: Pinsker's inequality for parts of distributions, and the inequality that it may use."""
    a, b = (exact(column) for column in zip(*numbers, strict=True))
    s = mp.fsum(map(term, a, b))
    apart = mp.fsum(abs(x - y) for x, y in zip(a, b, strict=True))
    tiny = mp.mpf(10) ** -50
    assert apart**2 <= 2 * s * max(mp.fsum(a), mp.fsum(b)) * (1 + tiny) + tiny
    for x, y in zip(a, b, strict=True):
        r = x / y
        assert 3 * (r - 1) ** 2 <= 2 * (r + 2) * (r * mp.log(r) - r + 1) + tiny


@pytest.mark.theorem("prop-computing-kl-logits")
@given(
    st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=1, max_size=6),
    st.sampled_from([1.0, 1e-3, 1e-9]),
)
def test_logits(logits: list[tuple[float, float]], closeness: float) -> None:
    a = np.array([x for x, _ in logits])
    b = a + closeness * np.array([y for _, y in logits])
    p, q = ([mp.exp(v) for v in exact(x)] for x in (a, b))
    true = divergence(p, q)
    mass = mp.fsum(p)
    d = [x - y for x, y in zip(exact(a), exact(b), strict=True)]
    mean = mp.fsum(w * x for w, x in zip(p, d, strict=True)) / mass
    psi = [mp.expm1(-(x - mean)) + (x - mean) for x in d]
    assert min(psi) >= 0
    claimed = mp.log1p(mp.fsum(w * x for w, x in zip(p, psi, strict=True)) / mass)
    assert abs(claimed - true) <= mp.mpf(10) ** -50
    assert abs(klnotes.kl_from_logits(a, b) - true) <= 1e-13 * true + mp.mpf(10) ** -31


def test_klnotes_has_the_names_that_the_chapter_explains() -> None:
    text = "\n".join(words for _, words in prose(read(ROOT / "chapters/computing-kl.ipynb")))
    explained = text[text.index("klnotes has the same formulas") :].split("\n\n")[0]
    names = re.findall(r"`(\w+)`(?!\w)", re.sub(r"\{\w+\}`[^`]*`", "", explained))
    assert len(names) > 2
    assert [name for name in names if not hasattr(_sums, name)] == []


# What learners answer: right, and wrong with what the check must say.


def careful(p: Any, q: Any) -> float:
    for x in (p, q):
        if min(x) < 0 or abs(sum(x) - 1) > 1e-9:
            raise ValueError("no distribution")
    return kl_by_loop(p, q)


def lax(p: Any, q: Any, most: float = 1e-9, look_for_negative: str = "pq", too_low: bool = True) -> float:
    for name, x in {"p": p, "q": q}.items():
        if name in look_for_negative and np.any(x < 0):
            raise ValueError("negative")
        if sum(x) > 1 + most or (too_low and sum(x) < 1 - most):
            raise ValueError("sum")
    with np.errstate(all="ignore"):
        return float(np.sum(rel_entr(p, q) if p.min() >= 0 <= q.min() else p * np.log(p / q)))


def printing(p: Any, q: Any) -> float | None:
    if abs(p.sum() - 1) > 1e-9 or abs(q.sum() - 1) > 1e-9:
        print("no distribution")
        return None
    return kl_by_loop(p, q)


def returning(p: Any, q: Any) -> Any:
    try:
        return careful(p, q)
    except ValueError as error:
        return error


def near_terms(p: Any, q: Any) -> Any:
    d = (q - p) / p
    return p * (d - np.log1p(d))


def near(p: Any, q: Any) -> float:
    return float(np.sum(near_terms(p, q)))


RIGHT: dict[str, list[Any]] = {
    "kl_from_logs": [lambda a, b: np.exp(a[a > -np.inf]) @ (a - b)[a > -np.inf]],
    "batch_kl": [lambda p, q: rel_entr(p, q).sum(axis=-1).mean()],
    "careful_kl": [careful, lax, lambda p, q: lax(p, q, most=1e-5)],  # as np.isclose would
    "near_kl": [near],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "kl_from_logs": [
        (lambda a, b: kl_by_loop(np.exp(b), np.exp(a)), "the other way round"),
        (lambda a, b: np.log(np.sum(np.exp(2 * a - b))), "The mean is taken inside the logarithm"),
        (lambda a, b: np.sum(a - b), "weights are missing"),
        (lambda a, b: np.sum(a * (a - b)), "weights are log_p itself"),
        (lambda a, b: np.mean(np.exp(a) * (a - b)), MEAN),
        (lambda a, b: np.sum(np.exp(a) * (a - b)), "0 times -inf is nan"),
        (lambda a, b: -np.sum(np.exp(a) * b), "cross-entropy"),
        (lambda a, b: kl_by_loop(np.exp(a), np.exp(b)), "It goes back to probabilities"),
        (lambda a, b: rel_entr(np.exp(a), np.exp(b)).sum(), "It goes back to probabilities"),
        (lambda a, b: np.nansum((np.exp(a) * (a - b))[b > -np.inf]), "leaves out the outcomes that Q excludes"),
        (lambda a, b: np.nansum(np.exp(a) * (a - np.where(b < -700, np.where(b < -900, b, -700), b))), "as they are"),
    ],
    "batch_kl": [
        (lambda p, q: rel_entr(p, q).mean(), "the mean over all elements"),
        (lambda p, q: rel_entr(p, q).sum(), "sum over the rows"),
        (lambda p, q: rel_entr(q, p).sum(axis=1).mean(), "the other way round"),
        (lambda p, q: rel_entr(p, q).sum(axis=1), "divergences of the rows"),
        (lambda p, q: -rel_entr(q, p).sum(axis=1).mean(), "The weights are q"),
        (lambda p, q: rel_entr(p, q).mean(axis=1).sum(), "Divide by the number of rows"),
        (lambda p, q: rel_entr(p, q).sum(axis=0).mean(), "Divide by the number of rows"),
    ],
    "careful_kl": [
        (lambda p, q: kl_by_loop(p / p.sum(), q / q.sum()), "divides by the sums, silently"),
        (kl_by_loop, "computes a number from what is no distribution"),
        (lambda p, q: careful(q, p), "the other way round"),
        (lambda p, q: careful(p, q) / math.log(2), "That is in bits"),
        (lambda p, q: -careful(q, p), "The weights are q"),
        (returning, "Write raise in place of return"),
        (lambda p, q: careful(p, q) if min(p) >= 0 <= min(q) else ValueError, "Write raise in place of return"),
        (lambda p, q: lax(p, q, look_for_negative=""), "A negative entry is no probability"),
        (
            lambda p, q: rel_entr(p, q).sum() if np.isclose([sum(p), sum(q)], 1).all() else careful(p, q),
            "A negative entry",
        ),
        (printing, "None), not one number\n    # expected a ValueError\n  It passes on"),
        (lambda p, q: careful(np.maximum(p, 0) / np.maximum(p, 0).sum(), q), "no distribution"),
        (lambda p, q: lax(p, q, most=0.5), "It lets a sum pass that misses 1 by 0.2."),
        (lambda p, q: lax(p, q, most=0.05), "It lets a sum pass that misses 1 by 0.02."),
        (lambda p, q: lax(p, q, most=0.001), "It lets a sum pass that misses 1 by 0.0002."),
        (lambda p, q: lax(p, q, too_low=False), "It refuses sums above 1 only"),
        (lambda p, q: careful(p, q) if abs(sum(p) + sum(q) - 2) > 1e-9 else kl_by_loop(p, q), "sum to one"),
        (lambda p, q: careful(p, q) if abs(sum(p) - 1) + abs(sum(q) - 1) < 1e-9 else np.nan, "sum to one"),
        (lambda p, q: careful(np.abs(p), np.abs(q)), "The absolute values hide the signs"),
        (lambda p, q: lax(p, q, look_for_negative="p"), "A negative entry is no probability"),
        (lambda p, q: lax(p, q, look_for_negative="q"), "A negative entry is no probability"),
    ],
    "near_kl": [
        (lambda p, q: np.sum(p * np.log(p / q)), "The digits cancel"),
        (lambda p, q: abs(np.sum(p * np.log(p / q))), "The digits cancel"),
        (lambda p, q: near(q, p), "the other way round"),
        (lambda p, q: near(p, q) / math.log(2), "That is in bits"),
        (lambda p, q: -near(q, p), "The weights are q"),
        (lambda p, q: np.mean(p * np.log(p / q)), MEAN),
        (
            lambda p, q: np.sum(p * ((q - p) / p - np.log(1 + (q - p) / p))),
            "in double precision, and let no 1 + d be rounded",
        ),
        (lambda p, q: np.sum(near_terms(p, q) / p), "The factor p is missing"),
        (lambda p, q: np.sum(p * ((q - p) / q - np.log1p((q - p) / q))), "divided by q"),
        (lambda p, q: np.sum((p - q) ** 2 / p / 2), "The squares alone"),
        (lambda p, q: np.sum((p - q) ** 2 / p / 2 + (p - q) ** 3 / p**2 / 3), "The squares and cubes alone"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"terms": 1}
