"""The chapter on bell curves: its theorems, answers that readers give, and its explorable."""

from collections.abc import Callable
from math import exp, log, log2, sqrt
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import xlogy

import klnotes
from klnotes.explorables.gaussians import Gaussians
from tests.explored import Explored
from tests.strategies import distributions

means, widths = st.floats(-3, 3), st.floats(0.3, 3)


@pytest.mark.theorem("prop-gaussians-shift-stretch")
@given(means, widths, means, widths)
def test_shift_and_stretch(m0: float, s0: float, m1: float, s1: float) -> None:
    with mpmath.workdps(40):
        a = (mpmath.mpf(m0) - m1) / s1
        r = (mpmath.mpf(s0) / s1) ** 2
        parts = a * a / 2, (r - 1 - mpmath.log(r)) / 2
        assert min(parts) >= 0
        assert (sum(parts) == 0) == (m0 == m1 and s0 == s1)
        assert klnotes.gaussian_kl(m0, s0, m1, s1) == pytest.approx(float(sum(parts)), rel=1e-14, abs=1e-300)
    # Gauss-Hermite quadrature of the definition: the logarithm is a quadratic, so 20 nodes are exact.
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    x = m0 + s0 * nodes
    log_ratio = np.log(s1 / s0) - ((x - m0) / s0) ** 2 / 2 + ((x - m1) / s1) ** 2 / 2
    # Each of the three terms is rounded at its own size, at most about (6 / 0.3)**2 / 2 = 200.
    assert float(sum(parts)) == pytest.approx(weights @ log_ratio / np.sqrt(2 * np.pi), rel=1e-12, abs=1e-12)


@st.composite
def factors(draw: st.DrawFn, d: int) -> Any:
    """A Cholesky factor: lower triangular, with a diagonal from 0.3 to 3."""
    below = np.array(draw(st.lists(st.floats(-1, 1), min_size=d * d, max_size=d * d))).reshape(d, d)
    diagonal = draw(st.lists(widths, min_size=d, max_size=d))
    return np.tril(below, -1) + np.diag(diagonal)


@st.composite
def pairs_of_normals(draw: st.DrawFn) -> Any:
    d = draw(st.integers(1, 3))
    vectors = [np.array(draw(st.lists(means, min_size=d, max_size=d))) for _ in range(2)]
    return vectors[0], draw(factors(d)), vectors[1], draw(factors(d))


@pytest.mark.theorem("prop-gaussians-matrix")
@given(pairs_of_normals(), st.randoms(use_true_random=False))
def test_in_many_dimensions(pair: Any, random: Any) -> None:
    m0, k, m1, l1 = pair
    b = np.array([[random.uniform(-1, 1) + 3 * (i == j) for j in range(len(m0))] for i in range(len(m0))])
    d, cov0, cov1 = len(m0), k @ k.T, l1 @ l1.T
    ratio = np.linalg.solve(cov1, cov0)
    shift = (m0 - m1) @ np.linalg.solve(cov1, m0 - m1)
    logs = np.linalg.slogdet(cov0)[1] - np.linalg.slogdet(cov1)[1]
    value = (shift + np.trace(ratio) - d - logs) / 2
    w = np.linalg.eigvals(ratio).real
    assert (w > 0).all()
    assert value == pytest.approx((shift + (w - 1 - np.log(w)).sum()) / 2, rel=1e-7, abs=1e-7)
    # The mean of the logarithm by quadrature, with three nodes along each axis, which are exact for a quadratic.
    nodes, weights = np.polynomial.hermite_e.hermegauss(3)
    grid = np.stack(np.meshgrid(*[nodes] * d, indexing="ij"), axis=-1).reshape(-1, d)
    mass = np.prod(np.stack(np.meshgrid(*[weights] * d, indexing="ij"), axis=-1).reshape(-1, d), axis=1)
    x = m0 + grid @ k.T
    u, v = np.linalg.solve(k, (x - m0).T), np.linalg.solve(l1, (x - m1).T)
    log_ratio = -logs / 2 - (u * u).sum(axis=0) / 2 + (v * v).sum(axis=0) / 2
    integral = mass @ log_ratio / np.sqrt(2 * np.pi) ** d
    # cov1 has a condition number of up to about 1e4, and x - m1 is up to 30 of its narrowest widths.
    assert value == pytest.approx(integral, rel=1e-8, abs=1e-8)
    assert klnotes.multivariate_gaussian_kl(m0, cov0, m1, cov1) == pytest.approx(integral, rel=1e-8, abs=1e-8)
    moved = [(b @ m + 1, b @ root @ root.T @ b.T) for m, root in ((m0, k), (m1, l1))]
    assert klnotes.multivariate_gaussian_kl(*moved[0], *moved[1]) == pytest.approx(integral, rel=1e-6, abs=1e-6)


@pytest.mark.theorem("prop-gaussians-cholesky")
@given(pairs_of_normals())
def test_from_cholesky_factors(pair: Any) -> None:
    m0, k, m1, l1 = pair
    with mpmath.workdps(40):
        a, b = mpmath.matrix(k.tolist()), mpmath.matrix(l1.tolist())
        d, inverse = a.rows, b**-1
        e, z = inverse * (a - b), inverse * mpmath.matrix((m0 - m1).tolist())
        terms = [x * x / 2 for x in e] + [x * x / 2 for x in z]
        terms += [e[i, i] - mpmath.log(1 + e[i, i]) for i in range(d)]
        assert min(terms) >= -(mpmath.mpf(10) ** -38)
        cov0, cov1 = a * a.T, b * b.T
        ratio, x = cov1**-1 * cov0, mpmath.matrix((m0 - m1).tolist())
        trace = mpmath.fsum(ratio[i, i] for i in range(d))
        true = (trace - d - mpmath.log(mpmath.det(ratio)) + (x.T * cov1**-1 * x)[0]) / 2
        assert abs(mpmath.fsum(terms) - true) <= mpmath.mpf(10) ** -30
    got = klnotes.multivariate_gaussian_kl(m0, k, m1, l1, form="cholesky")
    assert got == pytest.approx(float(true), rel=1e-12, abs=1e-25)


def root(y: Any) -> Any:
    """The x for which x + x abs(x) is y."""
    return np.sign(y) * (np.sqrt(1 + 4 * abs(y)) - 1) / 2


SCALES: list[tuple[Callable[[Any], Any], Callable[[Any], Any], Callable[[Any], Any]]] = [  # and inverse, and its slope
    (np.exp, np.log, lambda y: 1 / y),
    (lambda x: -np.sinh(x), lambda y: -np.arcsinh(y), lambda y: 1 / np.hypot(y, 1)),
    (lambda x: np.sign(x) * x * x + x, root, lambda y: 1 / (1 + 2 * abs(root(y)))),
    (lambda x: 3 * x - 7, lambda y: (y + 7) / 3, lambda y: 1 / 3 + 0 * y),
]


@pytest.mark.theorem("thm-gaussians-units")
@given(st.floats(-1, 1), widths, st.floats(-1, 1), widths, st.floats(-5, 5).filter(lambda c: abs(c) > 1e-3), means)
def test_a_change_of_unit_changes_nothing(m0: float, s0: float, m1: float, s1: float, c: float, b: float) -> None:
    kl = klnotes.gaussian_kl(m0, s0, m1, s1)
    moved = klnotes.gaussian_kl(c * m0 + b, abs(c) * s0, c * m1 + b, abs(c) * s1)
    assert moved == pytest.approx(kl, rel=1e-9, abs=1e-9)
    # On other scales: the definition with the densities of the new variable, by the trapezoidal rule.
    for f, inverse, slope in SCALES:
        y = np.sort(f(np.linspace(m0 - 9 * s0, m0 + 9 * s0, 20_001)))
        x, stretched = inverse(y), np.log(slope(y))
        log_p, log_q = (
            stretched - np.log(s * np.sqrt(2 * np.pi)) - ((x - m) / s) ** 2 / 2 for m, s in ((m0, s0), (m1, s1))
        )
        integral = np.trapezoid(np.exp(log_p) * (log_p - log_q), y)
        assert integral == pytest.approx(kl, rel=1e-3, abs=1e-4)
    # Without the sign, two bells that mirror each other cannot be told apart; they could before, unless they are one.
    assert klnotes.gaussian_kl(m0, s0, -m0, s0) == pytest.approx(2 * (m0 / s0) ** 2, rel=1e-12, abs=1e-300)


def test_what_does_have_a_unit() -> None:
    assert klnotes.gaussian_entropy(1000.0) - klnotes.gaussian_entropy(1.0) == pytest.approx(log(1000), rel=1e-14)
    rng = np.random.default_rng(0)
    x, y = np.sort(rng.normal(0, 1, 10**6)), np.sort(rng.normal(1, 2, 10**6))
    # In order, no other pairing of the two samples moves less; and a sample is near its bell.
    assert np.sqrt(np.mean((x - y) ** 2)) == pytest.approx(np.hypot(1, 1), abs=5e-3)
    assert np.sqrt(np.mean((x - rng.permutation(y)) ** 2)) > np.hypot(1, 1)


@st.composite
def families(draw: st.DrawFn) -> Any:
    """A family on one to five outcomes: h, T, and two parameters."""
    n = draw(st.integers(1, 5))
    h = draw(st.lists(st.sampled_from([0.0, 1.0, 0.25, 3.0, 1e-6]), min_size=n, max_size=n).filter(any))
    t = draw(st.lists(st.floats(-3, 3), min_size=n, max_size=n))
    return h, t, draw(st.floats(-4, 4)), draw(st.floats(-4, 4))


@pytest.mark.theorem("thm-gaussians-family")
@given(families())
def test_an_exponential_family(family: Any) -> None:
    with mpmath.workdps(50):
        h, t, theta, eta = ([mpmath.mpf(x) for x in part] if isinstance(part, list) else part for part in family)

        def log_partition(s: Any) -> Any:
            return mpmath.log(mpmath.fsum(a * mpmath.exp(s * b) for a, b in zip(h, t, strict=True)))

        a0, a1 = log_partition(theta), log_partition(eta)
        p = [a * mpmath.exp(theta * b - a0) for a, b in zip(h, t, strict=True)]
        q = [a * mpmath.exp(eta * b - a1) for a, b in zip(h, t, strict=True)]
        mean = mpmath.fsum(x * b for x, b in zip(p, t, strict=True))
        definition = mpmath.fsum(x * mpmath.log(x / y) for x, y in zip(p, q, strict=True) if x > 0)
        assert abs(a1 - a0 - (mpmath.mpf(eta) - theta) * mean - definition) < mpmath.mpf(10) ** -45
        assert definition > -(mpmath.mpf(10) ** -45)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), widths, widths)
def test_the_five_cases_of_the_table(p: float, q: float, a: float, b: float) -> None:
    def gap(r: float) -> float:
        return r - 1 - log(r)

    def line(a: Callable[[float], float], mean: float, theta: float, eta: float) -> float:
        return a(eta) - a(theta) - (eta - theta) * mean

    coin = line(lambda t: log(1 + exp(t)), p, log(p / (1 - p)), log(q / (1 - q)))
    assert coin == pytest.approx(klnotes.bernoulli_kl(p, q), rel=1e-9, abs=1e-13)
    assert line(exp, a, log(a), log(b)) == pytest.approx(a * gap(b / a), rel=1e-9, abs=1e-13)
    assert a * gap(b / a) == pytest.approx(klnotes.poisson_kl(a, b), rel=1e-9, abs=1e-13)
    assert line(lambda t: -log(-t), 1 / a, -a, -b) == pytest.approx(gap(b / a), rel=1e-9, abs=1e-13)
    assert gap(b / a) == pytest.approx(klnotes.exponential_kl(a, b), rel=1e-9, abs=1e-13)
    bell = line(lambda t: a * a * t * t / 2, p, p / a**2, q / a**2)
    assert bell == pytest.approx(klnotes.gaussian_kl(p, a, q, a), rel=1e-9, abs=1e-11)
    lathes = line(lambda t: -log(-2 * t) / 2, a * a, -1 / (2 * a * a), -1 / (2 * b * b))
    assert lathes == pytest.approx(klnotes.gaussian_kl(0, a, 0, b), rel=1e-9, abs=1e-13)
    geometric = line(lambda t: -log(1 - exp(t)), p / (1 - p), log(p), log(q))
    k = np.arange(20_000)
    terms = (1 - p) * p**k * (np.log((1 - p) / (1 - q)) + k * np.log(p / q))
    assert geometric == pytest.approx(terms.sum(), rel=1e-9, abs=1e-11)


@st.composite
def mixtures(draw: st.DrawFn) -> Any:
    """Weights, pieces and models, with zeros; sometimes all models are one, or one piece is."""
    n, count = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    w, v = (draw(distributions(count, zeros=False)) for _ in range(2))
    pieces, models = ([draw(distributions(n)) for _ in range(count)] for _ in range(2))
    return w, v, pieces, models


def kl_of(p: list[Any], q: list[Any]) -> Any:
    if any(a > 0 and b == 0 for a, b in zip(p, q, strict=True)):
        return mpmath.inf
    return mpmath.fsum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def exactly(rows: Any) -> Any:
    """Each row in numbers of mpmath that sum to 1."""
    found = []
    for row in rows:
        numbers = [mpmath.mpf(float(x)) for x in row]
        found.append([x / mpmath.fsum(numbers) for x in numbers])
    return found


def mixed(weights: Any, rows: Any) -> Any:
    return [mpmath.fsum(w * x for w, x in zip(weights, column, strict=True)) for column in zip(*rows, strict=True)]


TINY = mpmath.mpf(10) ** -40


@pytest.mark.theorem("thm-gaussians-corridor")
@given(mixtures())
def test_a_mixture_lies_in_its_corridor(mixture: Any) -> None:
    with mpmath.workdps(60):
        w, _, *rest = mixture
        (weights,), pieces, models = (exactly(x) for x in ([w], *rest))
        q = models[0]
        kl = kl_of(mixed(weights, pieces), q)
        upper = mpmath.fsum(x * kl_of(p, q) for x, p in zip(weights, pieces, strict=True))
        entropy = -mpmath.fsum(x * mpmath.log(x) for x in weights)
        assert entropy <= mpmath.log(len(weights)) + TINY
        assert upper - entropy - TINY <= kl <= upper + TINY
        # Pieces that do not overlap reach the lower end, and equal pieces the upper one.
        apart = [[mpmath.mpf(i == j) for j in range(len(weights))] for i in range(len(weights))]
        flat = [mpmath.mpf(1) / len(weights)] * len(weights)
        lowest = mpmath.log(len(weights)) - entropy
        assert abs(kl_of(mixed(weights, apart), flat) - lowest) < TINY


@pytest.mark.theorem("prop-gaussians-matched")
@given(mixtures())
def test_the_matched_bound(mixture: Any) -> None:
    with mpmath.workdps(60):
        w, v, *rest = mixture
        (weights, others), pieces, models = (exactly(x) for x in ([w, v], *rest))
        matched = zip(weights, pieces, models, strict=True)
        bound = kl_of(weights, others) + mpmath.fsum(x * kl_of(p, q) for x, p, q in matched)
        assert kl_of(mixed(weights, pieces), mixed(others, models)) <= bound + TINY


# What readers answer: right, and wrong with what the check must say.


def standard(m: Any, v: Any) -> float:
    return sum((a * a + b - log(b) - 1) / 2 for a, b in zip(m, v, strict=True))


def poisson(a: float, b: float) -> float:
    return b - a + (a * log(a / b) if a else 0.0)


def bounds(w: Any, m: Any) -> tuple[float, float]:
    upper = sum(a * b * b / 2 for a, b in zip(w, m, strict=True))
    return upper + sum(a * log(a) for a in w), upper


def variances(m: float, v: float, n: float, w: float) -> float:
    return (v / w - 1 - log(v / w) + (m - n) ** 2 / w) / 2


RIGHT: dict[str, list[Any]] = {
    "standard_kl": [
        standard,
        lambda m, v: 0.5 * (np.square(m) + v - np.log(v) - 1).sum(),
        lambda m, v: -0.5 * np.sum(1 + np.log(v) - np.array(m) ** 2 - v),
    ],
    "poisson_kl": [poisson, lambda a, b: xlogy(a, a / b) - a + b],
    "corridor": [bounds, lambda w, m: np.dot(w, np.square(m)) / 2 - np.array([klnotes.entropy(w), 0])],
    "variances_kl": [variances, lambda m, v, n, w: log(w / v) / 2 + (v + (m - n) ** 2) / (2 * w) - 0.5],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "standard_kl": [
        (lambda m, v: standard(m, v) / len(m), "Independent coordinates add up"),
        (lambda m, v: 2 * standard(m, v), "The half in front is missing"),
        (lambda m, v: standard(m, np.square(v)), "taken for standard deviations"),
        (lambda m, v: -standard(m, v), "is a minus missing"),
        (lambda m, v: 0.5 * np.sum(1 + np.log(v) - np.square(m) - v), "is a minus missing"),
        (lambda m, v: 0.5 * (np.square(m) + v + np.log(v) - 1).sum(), "it must be subtracted"),
        (lambda m, v: 0.5 * (np.square(m) + v - np.log(np.sqrt(v)) - 1).sum(), "half of what it should be"),
        (lambda m, v: 0.5 * ((np.square(m) + v - np.log(v)).sum() - 1), "for each coordinate"),
        (lambda m, v: 0.5 * (np.square(m) + v - np.log(v) - 1), "what is asked for is their sum"),
        (lambda m, v: standard(m, v) / log(2), "That is in bits"),
        (lambda m, v: standard(m[:1], v[:1]), "Is the return inside the loop?"),
        (lambda m, v: sum((a**2 + b - log2(b) - 1) / 2 for a, b in zip(m, v, strict=True)), "base 2"),
        (lambda m, v: sum((a**2 + b - log(b)) / 2 for a, b in zip(m, v, strict=True)), "must give 0"),
        (lambda m, v: (m**2 + v - np.log(v) - 1) / 2, "TypeError"),
    ],
    "poisson_kl": [
        (lambda a, b: poisson(b, a) if a else b, "the other way round"),
        (lambda a, b: a * log(a / b) if a else 0.0, "difference of the two means is missing"),
        (lambda a, b: b * log(a / b) - a + b if a else b, "weighted with rate1"),
        (lambda a, b: a * log(b / a) - a + b if a else b, "upside down"),
        (lambda a, b: a * log(a / b) + a - b if a else -b, "wrong sign"),
        (lambda a, b: a * np.log(a / b) - a + b, "With rate0 = 0"),
        (lambda a, b: a * log(a / b) - a + b, "With rate0 = 0"),
        (lambda a, b: 0.0 if a == 0 else poisson(a, b), "not like one that does"),
        (lambda a, b: poisson(a, b) / log(2), "That is in bits"),
        (lambda a, b: b / a - 1 - log(b / a) if a else b, "two exponential distributions"),
        (lambda a, b: (a - b) ** 2 / (2 * b), "good approximation"),
    ],
    "corridor": [
        (lambda w, m: bounds(w, m)[::-1], "the lower one comes first"),
        (lambda w, m: (bounds(w, m)[1] - log(len(w)), bounds(w, m)[1]), "only if they are equal"),
        (lambda w, m: (bounds(w, m)[1] + sum(x * log2(x) for x in w), bounds(w, m)[1]), "in bits"),
        (lambda w, m: (max(bounds(w, m)[0], 0.0), bounds(w, m)[1]), "cut off at 0"),
        (lambda w, m: np.array(bounds(w, m)) + np.dot(w, np.square(m)) / 2, "A half is missing"),
        (lambda w, m: np.dot(w, m) ** 2 / 2 - np.array([klnotes.entropy(w), 0]), "shift of the mixture's mean"),
        (lambda w, m: bounds(w, m)[1], "one number, not 2 numbers"),
    ],
    "variances_kl": [
        (lambda m, v, n, w: (v / w - 1 - log(w / v) + (m - n) ** 2 / w) / 2, "upside down"),
        (lambda m, v, n, w: variances(n, w, m, v), "the other way round"),
        (lambda m, v, n, w: variances(m, v * v, n, w * w), "taken for standard deviations"),
        (lambda m, v, n, w: abs((v / w - 1 - log(w / v) + (m - n) ** 2 / w) / 2), "absolute value"),
        (lambda m, v, n, w: max((v / w - 1 - log(w / v) + (m - n) ** 2 / w) / 2, 0.0), "replaced by 0"),
        (lambda m, v, n, w: log(w / v) + (v + (m - n) ** 2) / (2 * w) - 0.5, "twice too large"),
        (lambda m, v, n, w: (v / w - log(v / w) + (m - n) ** 2 / w) / 2, "must give 0"),
        (lambda m, v, n, w: 2 * variances(m, v, n, w), "The half in front is missing"),
        (lambda m, v, n, w: variances(m, sqrt(v), n, sqrt(w)), "does not give"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"family": 4}


# The explorable.

BELLS = [(0, 1, 1, 2), (1, 2, 0, 1), (0, 1, 0, 0.1), (0, 0.1, 0, 1), (0.3, 1, 0.3, 1), (0, 1, 1e-7, 1 + 1e-9)]

EXPLORED = {
    "gaussians": Explored(
        make=Gaussians,
        opens=["0.4431 nats", "1.3069 nats", "1.4142\u00a0mm"],
        wins=[
            ("Q, mean", ["PageDown"]),
            ("P, width", ["End"]),
            ("Q, width", ["PageDown", "ArrowDown", "ArrowDown"]),
        ],
        golden=[
            *(("gaussianKl", list(bell), klnotes.gaussian_kl(*bell)) for bell in BELLS),
            *(("wasserstein2", list(b), float(np.hypot(b[0] - b[2], b[1] - b[3]))) for b in BELLS),
        ],
    ),
}


@pytest.mark.parametrize(
    ("trait", "value", "says"),
    [
        ("first", [4, 1], "first must have a mean from -3 to 3 and a width from 0.1 to 3"),
        ("second", [0, 0], "second must have a mean from -3 to 3 and a width"),
        ("second", [0, 1, 2], r"second must be a mean and a standard deviation, but its shape is \(3,\)"),
        ("first", "ab", "first must hold real numbers"),
        ("unit", "inch", "unit"),
    ],
)
def test_a_bell_that_is_none_is_refused(trait: str, value: Any, says: str) -> None:
    widget = Gaussians()
    with pytest.raises(Exception, match=says):
        setattr(widget, trait, value)
