from collections.abc import Callable
from math import inf, log, sqrt
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import xlogy

import klnotes
from klnotes.explorables.f_generator import FGenerator, price, slope_at_infinity
from klnotes.explorables.joint_range import JointRange, least_kl, random_pairs
from tests.explored import PAIRS, Explored, P, Q
from tests.reference import error, exact_chi2, exact_hellinger, exact_js, exact_kl, exact_total_variation, mp, pair
from tests.strategies import distributions, pairs

mpf = mp.mpf
TINY = mpf(10) ** -45  # of numbers up to 1e8 that have 60 digits


class Generator(NamedTuple):
    """f, and its two limits."""

    f: Callable[[Any], Any]
    at_zero: Any
    slope: Any


NAMED = {
    "KL": Generator(lambda r: r * mp.log(r), 0, mp.inf),
    "reverse KL": Generator(lambda r: -mp.log(r), mp.inf, 0),
    "chi2": Generator(lambda r: (r - 1) ** 2, 1, mp.inf),
    "H2": Generator(lambda r: (1 - mp.sqrt(r)) ** 2 / 2, mpf(1) / 2, mpf(1) / 2),
    "JS": Generator(
        lambda r: (r * mp.log(r) - (1 + r) * mp.log((1 + r) / 2)) / 2, mp.log(mpf(2)) / 2, mp.log(mpf(2)) / 2
    ),
    "TV": Generator(lambda r: abs(r - 1) / 2, mpf(1) / 2, mpf(1) / 2),
}


@st.composite
def generators(draw: st.DrawFn) -> Generator:
    """Those with names, and sums of corners anywhere, tilted."""
    if draw(st.booleans()):
        return draw(st.sampled_from(list(NAMED.values())))
    corner = st.tuples(st.integers(0, 4), st.integers(0, 40).map(lambda k: mpf(k) / 8))
    corners, tilt = draw(st.lists(corner, min_size=1, max_size=4)), mpf(draw(st.integers(-3, 3)))

    def f(r: Any) -> Any:
        return mp.fsum(w * (abs(r - s) - abs(1 - s)) for w, s in corners) + tilt * (r - 1)

    return Generator(f, f(mpf(0)), mp.fsum(w for w, _ in corners) + tilt)


def term(g: Generator, a: Any, b: Any) -> Any:
    if b > 0:
        return b * (g.f(a / b) if a > 0 else g.at_zero)
    return a * g.slope if a > 0 else mpf(0)


def exact(values: Any) -> list[Any]:
    numbers = [mpf(float(v)) for v in values]
    return [v / mp.fsum(numbers) for v in numbers]


def exact_f(g: Generator, p: list[Any], q: list[Any]) -> Any:
    """The definition, at 60 digits."""
    terms = [term(g, a, b) for a, b in zip(p, q, strict=True)]
    return mp.inf if mp.inf in terms else mp.fsum(terms)


def at_most(low: Any, high: Any) -> bool:
    return bool(high == mp.inf or low <= high + TINY * (1 + abs(high)))


tame = pairs().map(lambda two: tuple(exact(np.where(x < 1e-6, 0, x)) for x in two))  # so that 60 digits are plenty


@pytest.mark.theorem("prop-f-divergences-range")
@given(generators(), tame, st.sampled_from(["KL", "reverse KL", "chi2", "H2", "JS", "TV"]))
def test_the_range(g: Generator, two: tuple[list[Any], list[Any]], name: str) -> None:
    p, q = two
    top = g.at_zero + g.slope
    assert at_most(0, exact_f(g, p, q))
    assert at_most(exact_f(g, p, q), top)
    assert abs(exact_f(g, p, p)) < TINY
    apart = exact_f(g, [*p, *(mpf(0) for _ in q)], [*(mpf(0) for _ in p), *q])
    assert apart == top or abs(apart - top) < TINY
    # These have no straight piece with 1 inside. What differs by 1e-15 makes more than 1e-32.
    if max(abs(a - b) for a, b in zip(p, q, strict=True)) > 1e-15:
        assert exact_f(NAMED[name], p, q) > mpf(10) ** -32
    # This one has: straight from 1/2 to 3/2.
    flat = Generator(lambda r: max(abs(r - 1) - mpf(1) / 2, mpf(0)), mpf(1) / 2, mpf(1))
    near = [(2 * b + a) / 3 for a, b in zip(p, q, strict=True)]
    if all(abs(a - b) <= b / 2 for a, b in zip(near, q, strict=True)):
        assert exact_f(flat, near, q) == 0


amount = st.one_of(st.just(0.0), st.floats(1e-3, 1e3)).map(mpf)


@pytest.mark.theorem("lem-f-divergences-groups")
@given(generators(), st.lists(st.tuples(amount, amount), min_size=1, max_size=5))
def test_terms_of_a_group(g: Generator, group: list[tuple[Any, Any]]) -> None:
    a, b = zip(*group, strict=True)
    assert at_most(term(g, mp.fsum(a), mp.fsum(b)), exact_f(g, list(a), list(b)))


@pytest.mark.theorem("thm-f-divergences-data-processing")
@given(generators(), tame, st.integers(1, 4), st.data())
def test_data_processing(g: Generator, two: tuple[list[Any], list[Any]], size: int, data: st.DataObject) -> None:
    step = [exact(data.draw(distributions(size))) for _ in two[0]]
    after = [[mp.fsum(x * row[y] for x, row in zip(one, step, strict=True)) for y in range(size)] for one in two]
    assert at_most(exact_f(g, *after), exact_f(g, *two))


def test_without_convexity_or_without_ratios_processing_may_raise_it() -> None:
    def capped(p: Any, q: Any) -> Any:
        return float(np.sum(q * np.minimum(abs(p / q - 1), 0.5)))

    p, q = np.array([0.03, 0.35, 0.62]), np.array([0.37, 0.01, 0.62])
    merged = [np.array([x[0], x[1] + x[2]]) for x in (p, q)]
    assert capped(*merged) > 2 * capped(p, q)
    p, q = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])
    assert (p[:2].sum() - q[:2].sum()) ** 2 > np.sum((p[:2] - q[:2]) ** 2)


@pytest.mark.theorem("thm-f-divergences-parabolas")
@given(pairs(zeros=False), st.lists(st.integers(0, 16).map(lambda k: k / 4), min_size=5, max_size=5))
def test_between_two_parabolas(two: tuple[np.ndarray, np.ndarray], bends: list[float]) -> None:
    p, q = (exact(x) for x in two)
    ratios = [a / b for a, b in zip(p, q, strict=True)]
    chi2 = exact_f(NAMED["chi2"], p, q)
    low, high = min(*ratios, mpf(1)), max(*ratios, mpf(1))
    # Least and largest second derivative between the least and the largest ratio.
    for name, curvature in {
        "KL": lambda r: 1 / r,
        "reverse KL": lambda r: r**-2,
        "H2": lambda r: r ** (-mpf(3) / 2) / 4,
        "JS": lambda r: 1 / (2 * r * (1 + r)),
    }.items():
        value = exact_f(NAMED[name], p, q)
        assert at_most(curvature(high) / 2 * chi2, value)
        assert at_most(value, curvature(low) / 2 * chi2)
    # Rounding: a few 1e-16, of prices up to 4 times the square of the largest ratio.
    rounding = 1e-14 * float(high) ** 2
    divergence = klnotes.f_divergence(lambda r: price(bends, r), *two)
    assert divergence <= max(bends) / 2 * float(chi2) + rounding
    if high <= 4:
        assert divergence >= min(bends) / 2 * float(chi2) - rounding


@pytest.mark.theorem("thm-f-divergences-chi2")
@given(tame)
def test_kl_is_at_most_log_of_one_plus_chi2(two: tuple[list[Any], list[Any]]) -> None:
    kl, chi2 = (exact_f(NAMED[name], *two) for name in ("KL", "chi2"))
    assert (kl == mp.inf) == (chi2 == mp.inf)
    assert chi2 == mp.inf or (at_most(kl, mp.log(1 + chi2)) and at_most(mp.log(1 + chi2), chi2))


@pytest.mark.theorem("thm-f-divergences-bretagnolle-huber")
@given(tame)
def test_bretagnolle_and_huber(two: tuple[list[Any], list[Any]]) -> None:
    kl, tv = (exact_f(NAMED[name], *two) for name in ("KL", "TV"))
    s = mp.fsum(mp.sqrt(a * b) for a, b in zip(*two, strict=True))
    assert at_most(mp.exp(-kl), s**2)
    assert at_most(s**2, 1 - tv**2)
    assert at_most(tv, mp.sqrt(1 - mp.exp(-kl)))


def exact_coins(u: Any, v: Any) -> Any:
    return exact_f(NAMED["KL"], [u, 1 - u], [v, 1 - v])


@pytest.mark.theorem("prop-f-divergences-coins")
@given(tame, st.floats(0, 8))
def test_two_coins_are_enough(two: tuple[list[Any], list[Any]], more: float) -> None:
    p, q = two
    t = exact_f(NAMED["TV"], p, q)
    assume(1e-9 < t < 1 - 1e-9)
    u = 1 - mp.fsum(a for a, b in zip(p, q, strict=True) if a > b)
    v = 1 - mp.fsum(b for a, b in zip(p, q, strict=True) if a > b)
    assert abs(v - u - t) < TINY
    assert at_most(exact_coins(u, v), exact_f(NAMED["KL"], p, q))
    # Any divergence above the least one at this distance: between its coins and those of which the second is certain.
    # As a float, t is rounded, which matters more and more near 1: the least divergence grows as -ln(1 - t).
    rounding = mpf(10) ** -12 + mpf(10) ** -15 / (1 - t)
    assert at_most(mpf(least_kl(float(t))), exact_coins(u, v) + rounding)
    wanted = exact_coins(u, v) + mpf(more)
    assert exact_coins(1 - t, mpf(1)) == mp.inf
    low, high = u, 1 - t
    for _ in range(160):
        middle = (low + high) / 2
        low, high = (middle, high) if exact_coins(middle, middle + t) < wanted else (low, middle)
    if high < 1 - t - mpf(10) ** -40:
        assert abs(exact_coins(low, low + t) - wanted) < mpf(10) ** -6


@pytest.mark.theorem("prop-f-divergences-renyi")
@given(tame, st.sampled_from([0.1, 0.5, 0.9, 1.5, 2, 3, 7]), st.integers(1, 4), st.data())
def test_renyi(two: tuple[list[Any], list[Any]], order: float, size: int, data: st.DataObject) -> None:
    alpha = mpf(order)
    ends = (1 / (1 - alpha), mpf(0)) if order < 1 else (-1 / (alpha - 1), mp.inf)
    g = Generator(lambda r: (r**alpha - 1) / (alpha - 1), *ends)

    def renyi(p: list[Any], q: list[Any]) -> Any:
        """The definition."""
        both = [(a, b) for a, b in zip(p, q, strict=True) if a > 0]
        if order > 1 and any(b == 0 for _, b in both):
            return mp.inf
        total = mp.fsum(a**alpha * b ** (1 - alpha) for a, b in both if b > 0)
        return mp.log(total) / (alpha - 1) if total > 0 else mp.inf

    def by_f(p: list[Any], q: list[Any]) -> Any:
        inside = 1 + (alpha - 1) * exact_f(g, p, q)
        return mp.log(inside) / (alpha - 1) if TINY < inside < mp.inf else mp.inf

    value = renyi(*two)
    assert value == by_f(*two) or abs(value - by_f(*two)) < TINY * 100
    assert at_most(0, value)
    step = [exact(data.draw(distributions(size))) for _ in two[0]]
    after = [[mp.fsum(x * row[y] for x, row in zip(one, step, strict=True)) for y in range(size)] for one in two]
    assert at_most(renyi(*after), value)
    # Convex: the middle of a chord is not below the curve.
    a, b = (data.draw(st.floats(1e-3, 1e3).map(mpf)) for _ in "ab")
    assert at_most(g.f((a + b) / 2), (g.f(a) + g.f(b)) / 2)


CONJUGATES: dict[
    str, tuple[Callable[[Any], Any], Callable[[Any], Any], float, float]
] = {  # and f', and where g may lie
    "KL": (lambda g: mp.exp(g - 1), lambda r: 1 + mp.log(r), -20, 5),
    "chi2": (lambda g: g + g**2 / 4, lambda r: 2 * (r - 1), -2, 20),
    "H2": (lambda g: g / (1 - 2 * g), lambda r: (1 - 1 / mp.sqrt(r)) / 2, -20, 0.49),
    "TV": (lambda g: g, lambda r: mpf(1) / 2 if r > 1 else -mpf(1) / 2, -0.5, 0.5),
}


@pytest.mark.theorem("thm-f-divergences-variational")
@given(st.sampled_from(list(CONJUGATES)), tame, st.data())
def test_variational_form(name: str, two: tuple[list[Any], list[Any]], data: st.DataObject) -> None:
    conjugate, slope, least, most = CONJUGATES[name]
    p, q = two
    g = [mpf(data.draw(st.floats(least, most))) for _ in p]

    def won(g: list[Any]) -> Any:
        return mp.fsum(a * x - b * conjugate(x) for a, b, x in zip(p, q, g, strict=True))

    value = exact_f(NAMED[name], p, q)
    assert at_most(won(g), value)
    if min(*p, *q) > 0:
        assert abs(won([slope(a / b) for a, b in zip(p, q, strict=True)]) - value) < TINY * 1000
    # f* is the least number: the line of slope g meets the curve somewhere.
    r = mpf(data.draw(st.floats(1e-3, 1e3)))
    touching = slope(r) * r - conjugate(slope(r)) - NAMED[name].f(r)
    assert abs(touching) < TINY * 1000


def test_where_the_second_bound_takes_over() -> None:
    with mpmath.workdps(50):
        root = 2 + mpmath.lambertw(-2 * mpmath.exp(-2))
        assert abs(root - mpmath.mpf("1.5936242600400400923")) < mpmath.mpf(10) ** -18
        assert abs(root / 2 - (1 - mpmath.exp(-root))) < mpmath.mpf(10) ** -45


# f_divergence against the functions that know one divergence, and against 60 digits.


def vectors(name: str) -> tuple[Callable[[Any], Any], float, float]:
    return {
        "KL": (lambda r: xlogy(r, r), 0.0, inf),
        "reverse KL": (lambda r: -np.log(r), inf, 0.0),
        "chi2": (lambda r: (r - 1) ** 2, 1.0, inf),
        "H2": (lambda r: (1 - np.sqrt(r)) ** 2 / 2, 0.5, 0.5),
        "JS": (lambda r: (xlogy(r, r) - (1 + r) * np.log((1 + r) / 2)) / 2, log(2) / 2, log(2) / 2),
        "TV": (lambda r: abs(r - 1) / 2, 0.5, 0.5),
    }[name]


SPECIAL: dict[str, Callable[..., Any]] = {
    "KL": klnotes.kl_divergence,
    "reverse KL": lambda p, q, **options: klnotes.kl_divergence(q, p, **options),
    "chi2": klnotes.chi2_divergence,
    "H2": lambda p, q, **options: klnotes.hellinger_distance(p, q, **options) ** 2,
    "JS": klnotes.js_divergence,
    "TV": klnotes.total_variation,
}
every = pytest.mark.parametrize("name", list(SPECIAL))


@every
@given(two=pairs(most=8))
def test_it_is_what_the_special_functions_give(name: str, two: tuple[np.ndarray, np.ndarray]) -> None:
    f, at_zero, slope = vectors(name)
    p, q = (np.where(x < 1e-12, 0, x) for x in two)
    got = klnotes.f_divergence(f, p, q, at_zero=at_zero, slope_at_infinity=slope)
    wanted = SPECIAL[name](p, q)
    assert got == wanted or abs(got - wanted) <= 1e-14 * (1 + wanted)


@every
def test_it_keeps_its_digits_where_p_and_q_are_far_apart(name: str) -> None:
    reference: dict[str, Callable[..., Any]] = {
        "KL": exact_kl,
        "reverse KL": lambda p, q: exact_kl(q, p),
        "chi2": exact_chi2,
        "H2": lambda p, q: exact_hellinger(p, q) ** 2,
        "JS": exact_js,
        "TV": exact_total_variation,
    }
    f, *_ = vectors(name)
    for n in (2, 10, 100):
        for seed in range(8):
            p, q = pair(n, 3, seed)
            assert error(klnotes.f_divergence(f, p, q), reference[name](p, q)) <= 2e-14
            assert error(klnotes.f_divergence(f, 7.3 * p, 911.7 * q, normalize=True), reference[name](p, q)) <= 2e-14
        p, q = pair(n, 1e-3, 0)
        assert abs(klnotes.f_divergence(f, p, q) - float(reference[name](p, q))) <= 1e-15


@every
def test_batches_axes_and_zeros(name: str) -> None:
    f, at_zero, slope = vectors(name)
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(3), size=(2, 4, 5))
    p[0, 0], q[1, 1], q[0, 0] = [0.5, 0.5, 0], [1, 0, 0], [0, 0.5, 0.5]
    wanted = SPECIAL[name](p, q)
    got = klnotes.f_divergence(f, p, q, at_zero=at_zero, slope_at_infinity=slope)
    np.testing.assert_allclose(got, wanted, rtol=1e-12)
    turned = np.moveaxis(p, -1, 0), np.moveaxis(q, -1, 0)
    got = klnotes.f_divergence(f, *turned, at_zero=at_zero, slope_at_infinity=slope, axis=0)
    np.testing.assert_allclose(got, wanted, rtol=1e-12)
    got = klnotes.f_divergence(f, p[:, None], q[2, 2], at_zero=at_zero, slope_at_infinity=slope)
    np.testing.assert_allclose(got, SPECIAL[name](p[:, None], q[2, 2]), rtol=1e-12)


HALF = [0.5, 0.5, 0.0], [0.5, 0.0, 0.5]


@pytest.mark.parametrize(
    ("f", "options", "kind", "says"),
    [
        (3, {}, TypeError, "f must be a function of an array of ratios, but got 3"),
        (lambda r: r, {}, ValueError, r"f must be 0 at 1, but f\(1\) is 1.0; subtract it"),
        (lambda r: 1.0, {}, ValueError, "f must give 1 numbers for 1 ratios, but the shape is"),
        (lambda r: "KL", {}, TypeError, r"f\(r\) must hold real numbers, but got strings"),
        (lambda r: r * np.log(r), {}, ValueError, "f must tell its value at 0.*gives nan; pass at_zero="),
        (lambda r: (r - 1) ** 2, {}, ValueError, "slope_at_infinity must be given.*at index 1 of the outcomes"),
        (
            lambda r: (r - 1) ** 2,
            {"slope_at_infinity": 3},
            ValueError,
            r"slope_at_infinity must be at least 1023 if f is convex, as f\(1024\) is 1.04653e\+06, but it is 3.0",
        ),
        (lambda r: abs(r - 1), {"at_zero": 0.3, "slope_at_infinity": 1}, ValueError, "at_zero must be at least 1 "),
        (lambda r: abs(r - 1), {"at_zero": np.nan}, ValueError, "at_zero must be a single number or inf, but got nan"),
        (lambda r: abs(r - 1), {"slope_at_infinity": "1"}, TypeError, "slope_at_infinity must hold real numbers"),
        (lambda r: -abs(r - 1), {"slope_at_infinity": 0}, ValueError, "f must be convex"),
        (lambda r: abs(r - 1), {"axis": 2}, ValueError, "axis must be between"),
    ],
)
def test_what_it_refuses(f: Any, options: dict[str, Any], kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        klnotes.f_divergence(f, *HALF, **options)


def test_it_refuses_what_overflows_and_names_the_argument() -> None:
    with pytest.raises(ValueError, match="p/q must not overflow"):
        klnotes.f_divergence(lambda r: abs(r - 1), [0.5, 0.5], [1e-320, 1.0])
    with pytest.raises(ValueError, match=r"f must be finite at positive ratios, but f\(.*\) is inf"):
        klnotes.f_divergence(lambda r: (r - 1) ** 4, [0.5, 0.5], [1e-200, 1.0])
    with pytest.raises(ValueError, match="q must sum to 1"):
        klnotes.f_divergence(lambda r: abs(r - 1), [0.5, 0.5], [0.5, 0.6])


def test_f_may_overwrite_what_it_gets() -> None:
    def careless(r: Any) -> Any:
        r -= 1
        r *= r
        return r

    assert klnotes.f_divergence(careless, P, Q) == pytest.approx(0.05, rel=1e-14)


# What learners answer: right, and wrong with what the check must say.


def chi2_by_loop(p: Any, q: Any) -> float:
    total = 0.0
    for a, b in zip(list(p), list(q), strict=True):
        if b == 0 and a > 0:
            return inf
        total += (a - b) ** 2 / b if b > 0 else 0.0
    return total


def roots(p: Any, q: Any) -> Any:
    return np.sqrt(p) - np.sqrt(q)


RIGHT: dict[str, list[Any]] = {
    "chi2": [chi2_by_loop, lambda p, q: np.sum(np.divide((p - q) ** 2, q, out=np.zeros(len(p)), where=p != q))],
    "hellinger_squared": [
        lambda p, q: np.sum(roots(p, q) ** 2) / 2,
        lambda p, q: 1 - np.sum(np.sqrt(p * q)),
        lambda p, q: klnotes.f_divergence(lambda r: (1 - np.sqrt(r)) ** 2 / 2, p, q, slope_at_infinity=1 / 2),
    ],
    "tv_bound": [
        lambda nats: min(sqrt(nats / 2), sqrt(1 - np.exp(-nats))),
        lambda nats: sqrt(nats / 2) if nats < 1.5936 else sqrt(-np.expm1(-nats)),
    ],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "chi2": [
        (lambda p, q: chi2_by_loop(q, p), "the other way round"),
        (
            lambda p, q: sum(abs(a - b) / b if b else inf * (a > 0) if a else 0 for a, b in zip(p, q, strict=True)),
            "not squared",
        ),
        (lambda p, q: np.sum((p - q) ** 2), "not divided by q"),
        (lambda p, q: np.sum((p - q) ** 2 / q), "0/0 is nan"),
        (
            lambda p, q: sum((a - b) ** 2 / b for a, b in zip(p, q, strict=True) if b > 0),
            "It leaves out the outcomes with q = 0",
        ),
        (lambda p, q: np.sum(np.where(p + q > 0, (p - q) ** 2 / (p + q), 0)), "It divides by p + q"),
        (lambda p, q: np.sqrt(chi2_by_loop(p, q)), "That is its square root"),
        (lambda p, q: np.sum(np.where(p == q, 0, (p - q) ** 2 / q)) + 1 / 8, ""),
        (lambda p, q: np.sum(np.where(p > 0, p**2 / q, 0)), "subtract that 1"),
    ],
    "hellinger_squared": [
        (lambda p, q: np.sum(roots(p, q)[q > 0] ** 2) / 2, "It leaves out the outcomes that Q excludes"),
        (lambda p, q: np.sum(roots(p, q)[p * q > 0] ** 2) / 2, "that only one of them can have"),
        (lambda p, q: np.sum(roots(p, q) ** 2), "The half is missing"),
        (lambda p, q: sqrt(np.sum(roots(p, q) ** 2) / 2), "That is the distance itself"),
        (lambda p, q: np.sum(np.sqrt(p * q)), "subtract it from 1"),
        (lambda p, q: np.sum(q * (1 - np.sqrt(p / q)) ** 2) / 2, "0/0 is nan"),
        (lambda p, q: np.sum(roots(p, q)[q > 0] ** 2) / 2 + np.sum(p[q == 0]), "is one half, not 1"),
    ],
    "tv_bound": [
        (lambda nats: sqrt(nats / 2), "That is Pinsker's bound, also where"),
        (lambda nats: sqrt(1 - np.exp(-nats)), "That is Bretagnolle and Huber's bound, also where"),
        (lambda nats: min(1.0, sqrt(nats / 2)), "cut at 1"),
        (lambda nats: max(sqrt(nats / 2), sqrt(1 - np.exp(-nats))), "the larger of the two"),
        (lambda nats: min(nats / 2, 1 - np.exp(-nats)), "The roots are missing"),
        (lambda nats: sqrt(nats / 2) if nats < 2 else sqrt(1 - np.exp(-nats)), "It changes to the other bound at 2"),
        (lambda nats: 0.5, "for every input that was tried"),
    ],
    "coins": [
        ([0.2, 0.6], "at least 0.5"),
        ([0.5, 1.0], "at most 0.5325 nats"),
        ([0.25, 0.75], "at most 0.5325 nats"),
        ([-0.1, 0.5], "between 0 and 1"),
        ([0.2, 0.3, 0.5], "its shape is (3,)"),
    ],
    "far_apart": [
        ([[0.5, 0.3, 0.2], [0.4, 0.4, 0.2]], "at most 0.01 nats"),
        ([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], "Chi-squared must be at least 100"),
        ([[0.5, 0.3, 0.1], [0.5, 0.3, 0.2]], "Each row must be a distribution"),
        ([[0.0001, 0.4999, 0.5], [0, 0.5, 0.5]], "at most 0.01 nats"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"processing": 3}

# The explorables.

BENDS: list[list[float]] = [[1, 1, 1, 1, 1], [4, 0, 0.5, 0.25, 3], [0, 0, 0, 0, 2], [1.5, 2, 0, 1, 0]]
GENTLE = [(p, q) for p, q in PAIRS if all(b == 0 or a / b < 1e200 for a, b in zip(p, q, strict=True))]


def bent(bends: list[float], p: Any, q: Any) -> float:
    f, slope = (lambda r: price(bends, r)), slope_at_infinity(bends)
    return float(klnotes.f_divergence(f, p, q, slope_at_infinity=slope))


def listed(size: int, count: int) -> list[float]:
    p, q = random_pairs(size, count)
    return [
        float(x) for row in zip(klnotes.total_variation(p, q), klnotes.kl_divergence(p, q), strict=True) for x in row
    ]


FAR = [(p, q) for p, q in GENTLE if np.max(np.abs(np.subtract(p, q))) > 1e-3 or p == q]

EXPLORED = {
    "f-generator": Explored(
        make=lambda: FGenerator(P, Q, [4, 1.75, 1, 0.5, 0.25], outcomes=["plain", "striped", "spotted"]),
        opens=["0.0254", "0.0250"],
        wins=[("bend from 0.8 to 1.25", ["Home"]), ("Q, plain", ["PageDown", "PageDown"])],
        golden=[
            *(("price", [b, r], float(price(b, r))) for b in BENDS for r in (0, 0.3, 0.7, 1, 1.1, 1.9, 3, 10)),
            *(("divergence", [b, p, q], bent(b, p, q)) for b in BENDS for p, q in FAR),
            *(("twin", [b, p, q], FGenerator(p, q, b, outcomes="ABC"[: len(p)]).twin()) for b in BENDS for p, q in FAR),
        ],
    ),
    "joint-range": Explored(
        make=lambda: JointRange(0.2, 0.5),
        opens=["0.30", "0.1927 nats", "150"],
        wins=[
            ("P, probability of heads", ["ArrowLeft", "ArrowLeft"]),
            ("Q, probability of heads", ["PageUp", "PageUp", "ArrowLeft", "ArrowLeft"]),
        ],
        golden=[
            *(("leastKl", [t], least_kl(t)) for t in (0, 0.01, 0.25, 0.5, 0.75, 0.99)),
            *(("totalVariation", [p, q], klnotes.total_variation(p, q)) for p, q in FAR),
            *(("flatPairs", [size, 12], listed(size, 12)) for size in (2, 3, 10)),
        ],
    ),
}
