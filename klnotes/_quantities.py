"""What a function of two distributions may compute: a table of quantities, and the pairs that tell them apart.

For `klnotes.identification`. Beside its formula a function may differ in the order of its arguments, a factor, a
division by the number of outcomes, and a small number that keeps it away from log 0; for the last two there are tables
here, too.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import xlogy

from klnotes._typing import Array

Function = Callable[..., Any]
Pair = tuple[Array, Array]
UNITS = {"nats": 1.0, "bits": 1 / np.log(2), "hartleys": 1 / np.log(10)}
UNITS |= {f"logarithms of base {b}": 1 / np.log(b) for b in (3, 5, 6, 7, 20, 26)}


def pairs_of(*pairs: tuple[Sequence[float], Sequence[float]]) -> list[Pair]:
    return [(np.array(a, dtype=np.float64), np.array(b, dtype=np.float64)) for a, b in pairs]


# Every sum is exactly 1 in floating point, too, so that nothing is refused for rounding. On five of the pairs the
# first direction of the KL divergence is the larger one, and on three the second.
GENERIC = pairs_of(
    ([0.5, 0.3, 0.2], [0.4, 0.4, 0.2]),
    ([0.7, 0.1, 0.2], [0.1, 0.3, 0.6]),
    ([0.75, 0.25], [0.4, 0.6]),
    ([0.5, 0.2, 0.3], [0.15, 0.25, 0.6]),
    ([0.1, 0.4, 0.15, 0.35], [0.3, 0.1, 0.4, 0.2]),
    ([0.3, 0.15, 0.35, 0.2], [0.05, 0.6, 0.1, 0.25]),
    ([0.1, 0.15, 0.2, 0.25, 0.3], [0.3, 0.05, 0.35, 0.1, 0.2]),
    ([0.0625, 0.3125, 0.0625, 0.25, 0.125, 0.15625, 0.03125], [0.125, 0.0625, 0.25, 0.03125, 0.28125, 0.125, 0.125]),
)
_SIZES = np.array([len(a) for a, _ in GENERIC])
# In the order of a formula's a and b, whichever argument of the function they are.
ZEROS = {
    "p = 0 < q": pairs_of(([0.5, 0.5, 0.0], [0.25, 0.5, 0.25]))[0],
    "q = 0 < p": pairs_of(([0.5, 0.25, 0.25], [0.75, 0.25, 0.0]))[0],
    "p = q = 0": pairs_of(([0.75, 0.25, 0.0], [0.25, 0.75, 0.0]))[0],
}
TINY = {
    "q is tiny": pairs_of(([0.5, 0.25, 0.25], [0.75, 0.25 - 1e-12, 1e-12]))[0],
    "q is small": pairs_of(([0.5, 0.25, 0.25], [0.75, 0.25 - 1e-6, 1e-6]))[0],
    "p is tiny": pairs_of(([0.5, 0.5 - 1e-12, 1e-12], [0.25, 0.5, 0.25]))[0],
    "p is small": pairs_of(([0.5, 0.5 - 1e-6, 1e-6], [0.25, 0.5, 0.25]))[0],
}
LONG = tuple(np.append(np.arange(1, 32), 16)[order] / 512 for order in (np.arange(32), np.arange(32) * 5 % 32))
EQUAL = pairs_of(([0.5, 0.3, 0.2], [0.5, 0.3, 0.2]))[0]
NEAR = pairs_of(([0.5, 0.3, 0.2], [0.5 + 2e-6, 0.3 - 1e-6, 0.2 - 1e-6]))[0]
NEARER = [(a, a + 1e-9 * np.roll(np.append([1.0, -1.0], np.zeros(len(a) - 2)), k)) for a, _ in GENERIC for k in (0, 1)]
ROWS = (
    np.array([[0.5, 0.3, 0.2], [0.7, 0.1, 0.2], [0.15, 0.25, 0.6], [0.25, 0.625, 0.125]]),
    np.array([[0.4, 0.4, 0.2], [0.1, 0.3, 0.6], [0.5, 0.2, 0.3], [0.3, 0.3, 0.4]]),
)


def same(x: Array) -> Array:
    return x


Change = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Quantity:
    """A row of the table: value(a, b) works along the last axis, and so does what it is made of.

    Attributes
    ----------
    name : str
        It ends with what is to be said about it, in brackets.
    terms : mapping
        What is summed, if it is a sum: how the terms read, if they are not the usual ones, and the terms.
    split : callable or None
        The terms, with what may happen to the numbers above and below the line of a logarithm or a quotient.
    power : float
        Of the unit.
    symmetric, odd : bool
        With p and q exchanged, it is the same, or has the other sign.
    named : mapping
        The name that it has with another factor than 1.
    uses : str
        On which of a and b it depends.
    """

    name: str
    value: Function
    terms: Mapping[str, Function] = field(default_factory=dict)
    split: Function | None = None
    power: float = 0.0
    symmetric: bool = False
    odd: bool = False
    named: Mapping[float, str] = field(default_factory=dict)
    uses: str = "ab"


def _over(x: Array, y: Array) -> Array:
    """x/y, where 0/0 = 0."""
    return np.where(x == 0, 0.0, x / y)


def _kl(a: Array, b: Array, above: Change = same, below: Change = same) -> Array:
    return np.asarray(xlogy(a, above(a)) - xlogy(a, below(b)))


def _jeffreys(a: Array, b: Array, above: Change = same, below: Change = same) -> Array:
    return np.asarray(xlogy(a - b, above(a)) - xlogy(a - b, below(b)))


def _js(a: Array, b: Array, above: Change = same, below: Change = same) -> Array:
    m = (a + b) / 2
    return (_kl(a, m, above, below) + _kl(b, m, above, below)) / 2


def _to_mean(a: Array, b: Array, above: Change = same, below: Change = same) -> Array:
    return _kl(a, (a + b) / 2, above, below)


def _cross(a: Array, b: Array, above: Change = same, below: Change = same) -> Array:
    return np.asarray(-xlogy(a, below(b)))


def _entropy(a: Array, b: Array, above: Change = same, below: Change = same) -> Array:
    return np.asarray(-xlogy(a, above(a)))


def _entropy_gain(a: Array, b: Array, above: Change = same, below: Change = same) -> Array:
    return np.asarray(xlogy(a, above(a)) - xlogy(b, above(b)))


def _unweighted(a: Array, b: Array, above: Change = same, below: Change = same) -> Array:
    return np.asarray(np.log(above(a)) - np.log(below(b)))


def _chi2(a: Array, b: Array, above: Change = same, below: Change = same) -> Array:
    return _over((a - b) ** 2, below(b))


def _triangular(a: Array, b: Array, above: Change = same, below: Change = same) -> Array:
    return _over((a - b) ** 2, below(a + b))


def _poisson(a: Array, b: Array, above: Change = same, below: Change = same) -> Array:
    return b + _cross(a, b, above, below)


def _binary(terms: Function, a: Array, b: Array) -> Array:
    return np.asarray(terms(a, b) + terms(1 - a, 1 - b))


def _coefficient(a: Array, b: Array) -> Array:
    return np.asarray(np.sum(np.sqrt(a * b), axis=-1))


def _cosine(a: Array, b: Array) -> Array:
    lengths = np.sqrt(np.sum(a * a, axis=-1) * np.sum(b * b, axis=-1))
    return np.asarray(np.sum(a * b, axis=-1) / lengths)


def _centered(a: Array) -> Array:
    return np.asarray(a - a.mean(axis=-1, keepdims=True))


def _summed(
    name: str, terms: Function, more: Mapping[str, Function] | None = None, *, split: bool = False, **options: Any
) -> Quantity:
    """The sum of the terms; and others, with how they read, that have the same sum if p and q sum to one."""

    def value(a: Array, b: Array) -> Array:
        return np.asarray(np.sum(terms(a, b), axis=-1))

    return Quantity(name, value, {"": terms, **(more or {})}, terms if split else None, **options)


def _of(name: str, change: Function, terms: Function, **options: Any) -> Quantity:
    """A change of the sum of terms."""
    return Quantity(name, lambda a, b: np.asarray(change(np.sum(terms(a, b), axis=-1))), **options)


_LOG: dict[str, Any] = {"power": 1.0}
_ROOT: dict[str, Any] = {"power": 0.5}
_EVEN: dict[str, Any] = {"symmetric": True}

QUANTITIES: list[Quantity] = [
    _summed(
        "the KL divergence D(P‖Q)", _kl, {"p log(p/q) − p + q": lambda a, b: _kl(a, b) - a + b}, split=True, **_LOG
    ),
    _summed("the cross-entropy H(P, Q)", _cross, split=True, **_LOG),
    _summed("the entropy H(P)", _entropy, split=True, uses="a", **_LOG),
    _summed("H(Q) − H(P) (a difference of entropies, and no divergence)", _entropy_gain, split=True, odd=True, **_LOG),
    _summed(
        "the Jeffreys divergence D(P‖Q) + D(Q‖P) (also called PSI)",
        _jeffreys,
        split=True,
        named={0.5: "the mean of D(P‖Q) and D(Q‖P) (half of the Jeffreys divergence)"},
        **_LOG,
        **_EVEN,
    ),
    _summed(
        "the Jensen–Shannon divergence",
        _js,
        split=True,
        named={2.0: "D(P‖M) + D(Q‖M) with the mean M of P and Q (twice the Jensen–Shannon divergence)"},
        **_LOG,
        **_EVEN,
    ),
    _of(
        "the Jensen–Shannon distance (the root of the Jensen–Shannon divergence)",
        np.sqrt,
        _js,
        **_ROOT,
        **_EVEN,
    ),
    _summed(
        "D(P‖M) with the mean M of P and Q (one of the two that the Jensen–Shannon divergence averages)",
        _to_mean,
        split=True,
        **_LOG,
    ),
    _of(
        "the root of the KL divergence D(P‖Q)",
        np.sqrt,
        _kl,
        named={np.sqrt(0.5): "the root of D(P‖Q)/2 (Pinsker's bound on the total variation distance)"},
        **_ROOT,
    ),
    _of("the root of the Jeffreys divergence", np.sqrt, _jeffreys, **_ROOT, **_EVEN),
    _of("the square of the KL divergence D(P‖Q)", np.square, _kl, power=2.0),
    _of("the perplexity (exp of the cross-entropy H(P, Q))", np.exp, _cross),
    _of("the perplexity of P (exp of its entropy)", np.exp, _entropy, uses="a"),
    _of("exp of the KL divergence D(P‖Q)", np.exp, _kl),
    _of("exp(−D(P‖Q))", lambda x: np.exp(-x), _kl),
    _of("1 − exp(−D(P‖Q))", lambda x: -np.expm1(-x), _kl),
    _of(
        "the root of 1 − exp(−D(P‖Q)) (Bretagnolle and Huber's bound on the total variation distance)",
        lambda x: np.sqrt(-np.expm1(-x)),
        _kl,
    ),
    Quantity(
        "the larger one of D(P‖Q) and D(Q‖P)",
        lambda a, b: np.maximum(np.sum(_kl(a, b), axis=-1), np.sum(_kl(b, a), axis=-1)),
        **_LOG,
        **_EVEN,
    ),
    Quantity(
        "the smaller one of D(P‖Q) and D(Q‖P)",
        lambda a, b: np.minimum(np.sum(_kl(a, b), axis=-1), np.sum(_kl(b, a), axis=-1)),
        **_LOG,
        **_EVEN,
    ),
    # Mistakes that have no name of their own.
    _summed("the sum of |p log(p/q)| (the terms have lost their signs)", lambda a, b: np.abs(_kl(a, b)), **_LOG),
    _summed("the sum of those terms p log(p/q) that are positive", lambda a, b: np.maximum(_kl(a, b), 0), **_LOG),
    _summed("the sum of log(p/q) (the weights are missing)", _unweighted, split=True, odd=True, **_LOG),
    _summed("the sum of |log(p/q)| (the weights are missing)", lambda a, b: np.abs(_unweighted(a, b)), **_LOG, **_EVEN),
    _summed("the sum of log(p/q)² (the weights are missing)", lambda a, b: _unweighted(a, b) ** 2, power=2.0, **_EVEN),
    _summed("the sum of p·p/q (the logarithm is missing)", lambda a, b: _over(a * a, b)),
    _summed("the sum of p/q (logarithm and weights are missing)", lambda a, b: a / b),
    _summed("the sum of [p log(p/q)]²", lambda a, b: _kl(a, b) ** 2, power=2.0),
    _of("the root of the sum of [p log(p/q)]²", np.sqrt, lambda a, b: _kl(a, b) ** 2, **_LOG),
    Quantity("the largest term p log(p/q)", lambda a, b: np.max(_kl(a, b), axis=-1), **_LOG),
    _summed(
        "the binary cross-entropy of outcomes taken one by one (the sum of −p log q − (1−p) log(1−q))",
        functools.partial(_binary, _cross),
        **_LOG,
    ),
    _summed(
        "the binary KL divergence of outcomes taken one by one (the sum of p log(p/q) + (1−p) log((1−p)/(1−q)))",
        functools.partial(_binary, _kl),
        **_LOG,
    ),
    _summed("the Poisson loss (the sum of q − p log q)", _poisson, split=True),
    _summed("the Itakura–Saito divergence (the sum of p/q − log(p/q) − 1)", lambda a, b: a / b - _unweighted(a, b) - 1),
    # The rest of the family.
    _summed(
        "the L1 distance (the sum of |p − q|, twice the total variation distance)",
        lambda a, b: np.abs(a - b),
        named={0.5: "the total variation distance (half of the sum of |p − q|)"},
        **_EVEN,
    ),
    _summed("the squared Euclidean distance (the sum of (p − q)²)", lambda a, b: (a - b) ** 2, **_EVEN),
    _of("the Euclidean distance (the root of the sum of (p − q)²)", np.sqrt, lambda a, b: (a - b) ** 2, **_EVEN),
    Quantity("the largest |p − q|", lambda a, b: np.max(np.abs(a - b), axis=-1), **_EVEN),
    _summed(
        "the squared Hellinger distance",
        lambda a, b: (np.sqrt(a) - np.sqrt(b)) ** 2 / 2,
        named={2.0: "twice the squared Hellinger distance (the sum of (√p − √q)²)"},
        **_EVEN,
    ),
    _of(
        "the Hellinger distance",
        np.sqrt,
        lambda a, b: (np.sqrt(a) - np.sqrt(b)) ** 2 / 2,
        named={np.sqrt(2): "√2 times the Hellinger distance (the root of the sum of (√p − √q)²)"},
        **_EVEN,
    ),
    Quantity(
        "the Bhattacharyya coefficient (the sum of √(pq))", _coefficient, {"": lambda a, b: np.sqrt(a * b)}, **_EVEN
    ),
    Quantity(
        "the Bhattacharyya distance (−log of the sum of √(pq))",
        lambda a, b: -np.log(_coefficient(a, b)),
        named={2.0: "the Rényi divergence of order ½ (twice the Bhattacharyya distance)"},
        **_LOG,
        **_EVEN,
    ),
    Quantity(
        "the Bhattacharyya angle (half of the Fisher–Rao distance)",
        lambda a, b: np.arccos(np.minimum(_coefficient(a, b), 1.0)),
        named={2.0: "the Fisher–Rao distance"},
        **_EVEN,
    ),
    _summed("the χ² divergence (the sum of (p − q)²/q)", _chi2, split=True),
    _of("the root of the χ² divergence", np.sqrt, _chi2),
    _summed(
        "the triangular discrimination (the sum of (p − q)²/(p + q))",
        _triangular,
        split=True,
        named={0.5: "half of the triangular discrimination (the sum of (p − q)²/(p + q))"},
        **_EVEN,
    ),
    _summed("the sum of both χ² divergences", lambda a, b: _chi2(a, b) + _chi2(b, a), **_EVEN),
    _summed("the Canberra distance (the sum of |p − q|/(p + q))", lambda a, b: _over(np.abs(a - b), a + b), **_EVEN),
    _summed("the inner product (the sum of p·q)", lambda a, b: a * b, **_EVEN),
    Quantity("the cosine similarity", _cosine, **_EVEN),
    Quantity("the cosine distance (1 minus the cosine similarity)", lambda a, b: 1 - _cosine(a, b), **_EVEN),
    Quantity(
        "the correlation distance (1 minus the correlation of p and q)",
        lambda a, b: 1 - _cosine(_centered(a), _centered(b)),
        **_EVEN,
    ),
    _summed(
        "the Wasserstein distance W1 of distributions on 0, 1, 2, …",
        lambda a, b: np.abs(np.cumsum(a - b, axis=-1)),
        **_EVEN,
    ),
    Quantity(
        "the Kolmogorov–Smirnov distance (the largest difference of the cumulative sums)",
        lambda a, b: np.max(np.abs(np.cumsum(a - b, axis=-1)), axis=-1),
        **_EVEN,
    ),
    Quantity(
        "the Wasserstein distance W1 of two samples (it takes the probabilities themselves for the observations)",
        lambda a, b: np.mean(np.abs(np.sort(a, axis=-1) - np.sort(b, axis=-1)), axis=-1),
        **_EVEN,
    ),
    Quantity(
        "the Rényi divergence of order ∞ (the logarithm of the largest p/q)",
        lambda a, b: np.log(np.max(_over(a, b), axis=-1)),
        **_LOG,
    ),
    Quantity("the Rényi divergence of order 2", lambda a, b: np.log(np.sum(_over(a * a, b), axis=-1)), **_LOG),
]


@dataclass(frozen=True, eq=False)
class Family:
    """Quantities with a parameter, which is solved for: value(a, b, t)."""

    name: str  # with a place for the parameter
    value: Function
    grid: Array
    power: float = 0.0
    symmetric: bool = False
    uses: str = "ab"


def _powers(a: Array, b: Array, t: Array) -> Array:
    return np.asarray(np.sum(np.where(a == 0, 0.0, a**t * b ** (1 - t)), axis=-1))


def _mixture(a: Array, b: Array, t: Array) -> Array:
    return (1 - t) * a + t * b


def _skewed_js(a: Array, b: Array, t: Array) -> Array:
    m = _mixture(a, b, t)
    return np.asarray(np.sum((1 - t) * _kl(a, m) + t * _kl(b, m), axis=-1))


_ORDERS = np.concatenate([np.linspace(0.02, 0.98, 25), np.linspace(1.03, 12, 45)])[:, None]
_WEIGHTS = np.linspace(0.01, 0.99, 50)[:, None]
FAMILIES: list[Family] = [
    Family(
        "the Rényi divergence of order {:.4g}",
        lambda a, b, t: np.log(_powers(a, b, t)) / (t[..., 0] - 1),
        _ORDERS,
        power=1.0,
    ),
    Family(
        "the Tsallis relative entropy of order α = {:.4g} ((Σ p^α q^(1−α) − 1)/(α − 1))",
        lambda a, b, t: (_powers(a, b, t) - 1) / (t[..., 0] - 1),
        _ORDERS,
    ),
    Family(
        "the KL divergence of P from the mixture (1−w)·P + w·Q with w = {:.4g}",
        lambda a, b, t: np.sum(_kl(a, _mixture(a, b, t)), axis=-1),
        _WEIGHTS,
        power=1.0,
    ),
    Family("the Jensen–Shannon divergence with the weight {:.4g} for Q", _skewed_js, _WEIGHTS, power=1.0),
    Family(
        "the Minkowski distance of order {:.4g}",
        lambda a, b, t: np.sum(np.abs(a - b) ** t, axis=-1) ** (1 / t[..., 0]),
        np.linspace(1.1, 12, 40)[:, None],
        symmetric=True,
    ),
]
LAWS: dict[str, Array] = {
    "sum": np.ones(len(GENERIC)),
    "mean": _SIZES.astype(np.float64),
    "root": np.sqrt(_SIZES),  # of a mean
    "base n": np.log(_SIZES),  # logarithms of base n
}


def law_of(name: str, n: int) -> float:
    return {"sum": 1.0, "mean": float(n), "root": float(np.sqrt(n)), "base n": float(np.log(n))}[name]


@dataclass(frozen=True, eq=False)
class Guard:
    """A way to put a small number, a column of them, into a quantity: value(a, b, small)."""

    value: Function
    letters: str  # the roles that it is put into
    inside: bool  # the logarithms, or what is divided by, only
    way: str
    again: bool = False  # divided by the sum after that
    ratio: bool = False


def _plus(x: Array, small: Array) -> Array:
    return x + small


def _floor(x: Array, small: Array) -> Array:
    return np.maximum(x, small)


def _rescaled(put: Function, x: Array, small: Array) -> Array:
    raised = put(x, small)
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def _ways() -> dict[str, Function]:
    return {"added": _plus, "floor": _floor}


def guards_of(quantity: Quantity) -> Iterator[Guard]:
    split, value, letters = quantity.split, quantity.value, quantity.uses.upper().replace("A", "p").replace("B", "q")
    for way, put in _ways().items():
        if split is not None:
            for above, below in ((False, True), (True, True), (True, False)):

                def inside(
                    a: Array, b: Array, s: Array, put: Function = put, above: bool = above, below: bool = below
                ) -> Array:
                    guard = functools.partial(put, small=s)
                    terms = split(a, b, guard if above else same, guard if below else same)
                    return np.asarray(np.sum(terms, axis=-1))

                yield Guard(inside, "pq" if above and below else "p" if above else "q", True, way)
        for again in (False, True):
            change = functools.partial(_rescaled, put) if again else put
            for which in ("q", "pq", "p"):
                if set(which) & set(letters):

                    def whole(a: Array, b: Array, s: Array, change: Function = change, which: str = which) -> Array:
                        return np.asarray(
                            value(change(a, s) if "p" in which else a, change(b, s) if "q" in which else b)
                        )

                    yield Guard(whole, which, False, way, again)
        if split is _kl:
            for below in (False, True):

                def ratio(a: Array, b: Array, s: Array, put: Function = put, below: bool = below) -> Array:
                    r = a / (put(b, s) if below else b)
                    return np.asarray(np.sum(xlogy(a, put(r, s)), axis=-1))

                yield Guard(ratio, "pq" if below else "p", True, way, ratio=True)
