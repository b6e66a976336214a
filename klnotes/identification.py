"""What does a function of two distributions compute? It is asked, on pairs that tell the known quantities apart.

What fits on the pairs without zeros, in one of the orders of the arguments, as probabilities or as logarithms, is then
held against pairs with zeros, tiny entries and nearly equal distributions, against weights that do not sum to one, and
against a batch of rows.
"""

import contextlib
import functools
import io
import itertools
import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np

from klnotes._quantities import (
    EQUAL,
    FAMILIES,
    GENERIC,
    LAWS,
    LONG,
    NEAR,
    NEARER,
    QUANTITIES,
    ROWS,
    TINY,
    UNITS,
    ZEROS,
    Family,
    Function,
    Guard,
    Pair,
    Quantity,
    guards_of,
    law_of,
    pairs_of,
)
from klnotes._typing import Array

_CLOSE = 1e-9  # relative: any order of summation is closer
_SINGLE = 3e-6  # relative: what single precision leaves
_ROLES = ("first", "second")
_MISSING = 2  # of the generic pairs, on which a function may fail


@dataclass(frozen=True)
class Probe:
    """A pair that was tried.

    Attributes
    ----------
    first, second : tuple of float
        The distributions, for which the function may have been given logarithms.
    got, expected : float or tuple of float
        What came, which may also be a string, the exception that was raised; and what is right.
    """

    first: tuple[float, ...]
    second: tuple[float, ...]
    got: Any
    expected: Any


@dataclass(frozen=True, repr=False)
class Identification:
    """What a function of two distributions computes; it prints as one sentence, and a line for each caveat.

    Attributes
    ----------
    name : str
        The quantity, in terms of P and Q, or 'none of these'.
    p, q : str
        Which argument is P, and which Q: 'first' or 'second'.
    symmetric : bool
        Whether the quantity is the same with P and Q exchanged.
    unit : str
        'nats', 'bits' or 'hartleys', another base, or '' if the quantity has no unit.
    factor : float
        What the quantity is multiplied by.
    reduction : str
        'sum', 'mean' (divided by the number n of outcomes), 'root of the mean' (by √n) or 'none' (an array of terms).
    inputs : tuple of str
        What the first and what the second argument must hold: 'probabilities', 'log-probabilities' or 'logits'.
    sums : tuple of str
        What happens to weights of the first and of the second argument that do not sum to one: 'refused', 'divided
        by their sum', 'taken as they are' or 'unknown'.
    epsilon : float or None
        The small number that keeps the function away from log 0, if there is one.
    rows : str
        What a batch of rows gives.
    caveats : tuple of str
        Where it is not what the sentence says, and what else a caller has to know.
    evidence : tuple of Probe
        The pairs that were tried, with what came and what was expected. For 'none of these', expected is what the
        nearest known quantity gives.
    sentence : str
        What is printed first.
    """

    name: str
    p: str
    q: str
    symmetric: bool
    unit: str
    factor: float
    reduction: str
    inputs: tuple[str, str]
    sums: tuple[str, str]
    epsilon: float | None
    rows: str
    caveats: tuple[str, ...]
    evidence: tuple[Probe, ...]
    sentence: str

    def __repr__(self) -> str:
        return "\n".join([self.sentence, *self.caveats])


class _NoNumberError(TypeError):
    """What came is neither a number nor as many numbers as there are outcomes."""


class _Call:
    """A function with what is noticed while it is called: what it prints, overwrites and raises."""

    def __init__(self, f: Function) -> None:
        self.f = f
        self.container: Function = np.array
        self.logs = (False, False)
        self.swapped = False
        self.overwrites: set[int] = set()
        self.printed = False

    def raw(self, first: Array, second: Array) -> Any:
        """The function's result as an array, or the exception, for what stands for these weights."""
        given = [np.log(x) if log else x for x, log in zip((first, second), self.logs, strict=True)]
        arguments = [self.container(x.copy()) for x in given]
        printed = io.StringIO()
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(printed):
                warnings.simplefilter("ignore")
                value = self.f(*arguments)
                result = _numbers(value)
        except Exception as error:
            return error
        finally:
            self.printed |= bool(printed.getvalue())
            for i, (x, argument) in enumerate(zip(given, arguments, strict=True)):
                if _differ(self.container(x), argument):
                    self.overwrites.add(i)
        if result is None:
            return _NoNumberError(f"it returned {_described(value)}")
        return result

    def __call__(self, a: Array, b: Array) -> Any:
        """For the formula's a and b a number, an array of as many as there are outcomes, or an exception."""
        first, second = (b, a) if self.swapped else (a, b)
        value = self.raw(first, second)
        if isinstance(value, Exception):
            return value
        if value.size == 1:
            return float(value.reshape(()))
        if value.size == a.size and value.shape in ((a.size,), (1, a.size)):
            return value.reshape(-1)
        return _NoNumberError(f"it returned an array of shape {value.shape} for {a.size} outcomes")


def _differ(before: Any, after: Any) -> bool:
    try:
        return not np.array_equal(before, after, equal_nan=True)
    except (TypeError, ValueError):  # there are other things than numbers in it now
        return True


def _numbers(value: Any) -> Array | None:
    """A result as an array of floats, or None if it holds anything but real numbers."""
    if hasattr(value, "detach"):  # a tensor that knows its gradient
        value = value.detach()
    if isinstance(value, np.ma.MaskedArray):
        return None
    try:
        array = np.asarray(value)
    except ValueError:  # parts of several shapes
        return None
    if array.dtype.kind == "O" and all(isinstance(entry, Real) or hasattr(entry, "__float__") for entry in array.flat):
        array = array.astype(np.float64)
    return array.astype(np.float64) if array.dtype.kind in "fiu" else None


def _described(value: Any) -> str:
    return "None; is a return missing?" if value is None else f"{type(value).__name__}, which is no number"


def _as_row(x: Array) -> Array:
    return x[None]


_CONTAINERS: tuple[Function, ...] = (np.array, np.ndarray.tolist, _as_row)
_FORMS = ((False, False), (True, False), (False, True), (True, True))


@dataclass(frozen=True, eq=False)
class _Reading:
    """A quantity that fits, and how."""

    name: str
    value: Function  # of a and b
    power: float
    symmetric: bool
    uses: str
    swapped: bool
    law: str
    factor: float
    quantity: Quantity | None = None
    elementwise: bool = False
    terms: Function | None = None
    spelling: str = ""  # of the terms, if it is another one than the usual
    decimals: int = 0  # to which the results are rounded, if they are
    guards: tuple[Guard, ...] = ()
    epsilon: float | None = None
    relative: float = _CLOSE
    absolute: float = 1e-12

    def __call__(self, a: Array, b: Array) -> Any:
        value = self.terms(a, b) if self.terms is not None else self.value(a, b)
        return self.factor * value / law_of(self.law, len(a))

    def close(self, got: Any, a: Array, b: Array) -> bool:
        """Whether a result is what this reading gives."""
        return self.agree(got, self(a, b))

    def agree(self, got: Any, want: Any, *, equal_nan: bool = False) -> bool:
        if isinstance(got, Exception):
            return False
        if self.elementwise and self.terms is None:
            got = np.sum(got)
        if np.shape(got) != np.shape(want):
            return False
        return bool(np.allclose(got, want, rtol=self.relative, atol=self.absolute, equal_nan=equal_nan))


# Fits on the pairs without zeros.


def _orders(quantity: Quantity | Family) -> tuple[bool, ...]:
    return (False,) if quantity.symmetric or getattr(quantity, "odd", False) else (False, True)


def _on(value: Function, swapped: bool, pairs: Sequence[Pair], *more: Any) -> Array:
    """Values on pairs that are given as first and second argument."""
    return np.array([value(*((y, x) if swapped else (x, y)), *more) for x, y in pairs])


@functools.cache
def candidates() -> tuple[list[tuple[Quantity, bool]], Array]:
    """Each quantity in each order of its arguments, and their values on the generic pairs."""
    keys = [(quantity, swapped) for quantity in QUANTITIES for swapped in _orders(quantity)]
    return keys, np.array([_on(quantity.value, swapped, GENERIC) for quantity, swapped in keys], dtype=np.float64)


def _fits(values: Array, known: Array, tolerance: float) -> list[tuple[int, str, float]]:
    """Which rows of known values are these but for a factor and a division; those with a positive factor first."""
    at = np.isfinite(values)
    found = []
    for law, sizes in LAWS.items():
        ratios = (values * sizes / known)[:, at]
        factors = np.median(ratios, axis=1)
        off = np.max(np.abs(ratios / factors[:, None] - 1), axis=1)
        found += [(float(off[k]), int(k), law, float(factors[k])) for k in np.flatnonzero(off <= tolerance)]
    return [(k, law, factor) for _, k, law, factor in sorted(found, key=lambda one: (one[3] < 0, one[0]))]


def _from(quantity: Quantity, swapped: bool, law: str, factor: float, **more: Any) -> _Reading:
    if quantity.odd and factor < 0:
        swapped, factor = not swapped, -factor
    return _Reading(
        quantity.name, quantity.value, quantity.power, quantity.symmetric, quantity.uses, swapped, law, factor,
        quantity, **more,
    )  # fmt: skip


def _plain(results: Sequence[Any], tolerance: float) -> _Reading | None:
    """A quantity that fits, perhaps by its terms."""
    values, arrays = _totals(results)
    keys, known = candidates()
    if not _enough(values):
        return None
    for k, law, factor in _fits(values, known, tolerance):
        reading = _from(*keys[k], law, factor, relative=tolerance, absolute=max(1e-12, tolerance / 100))
        if not arrays:
            return reading
        for spelling, terms in keys[k][0].terms.items():
            by_terms = replace(reading, elementwise=True, terms=terms, spelling=spelling)
            pairs = [(y, x) if reading.swapped else (x, y) for x, y in GENERIC]
            if all(
                isinstance(got, Exception) or by_terms.close(got, *pair)
                for got, pair in zip(results, pairs, strict=True)
            ):
                return by_terms
        return replace(reading, elementwise=True)
    return None


def _totals(results: Sequence[Any]) -> tuple[Array, bool]:
    """Results as numbers, arrays as their sums, nan for exceptions; and whether there are arrays."""
    values = [np.nan if isinstance(got, Exception) else float(np.sum(got)) for got in results]
    return np.array(values), any(np.ndim(got) for got in results if not isinstance(got, Exception))


def _enough(values: Array) -> bool:
    return int(np.isfinite(values).sum()) >= len(GENERIC) - _MISSING


def _of_family(results: Sequence[Any]) -> _Reading | None:
    values, arrays = _totals(results)
    if arrays or not np.isfinite(values).all() or not values[0]:
        return None
    for family in FAMILIES:
        for swapped in _orders(family):
            for t in _solved(family, swapped, values[1] / values[0]):
                value = functools.partial(_at, family, t)
                for _, law, factor in _fits(values, _on(value, swapped, GENERIC)[None], _CLOSE):
                    name = family.name.format(t)
                    return _Reading(
                        name, value, family.power, family.symmetric, family.uses, swapped, law, factor
                    )  # fmt: skip
    return None


def _at(family: Family, t: float, a: Array, b: Array) -> Array:
    return np.asarray(family.value(a, b, np.array([[t]]))[0])


def _solved(family: Family, swapped: bool, wanted: float) -> Iterator[float]:
    """The parameters for which the values on the first two pairs, of three outcomes both, have the wanted ratio."""

    def miss(t: Array) -> Array:
        one, other = _on(family.value, swapped, GENERIC[:2], t)
        return np.asarray(other / one - wanted)

    for low, high in _sign_changes(family.grid[:, 0], miss(family.grid)):
        t = _bisected(lambda x: float(miss(np.array([[x]]))[0]), low, high)
        yield round(t, 4) if abs(round(t, 4) - t) < 1e-7 else t


def _sign_changes(grid: Array, misses: Array) -> list[tuple[float, float]]:
    at = np.flatnonzero(np.sign(misses[:-1]) * np.sign(misses[1:]) <= 0)
    return [(float(grid[k]), float(grid[k + 1])) for k in at]


def _bisected(miss: Callable[[float], float], low: float, high: float) -> float:
    sign = np.sign(miss(low))
    for _ in range(80):
        middle = (low + high) / 2
        here = np.sign(miss(middle))
        if here == 0:
            return middle
        low, high = (middle, high) if here == sign else (low, middle)
    return (low + high) / 2


# Small numbers that keep a function away from log 0.

_EXPONENTS = np.concatenate([np.linspace(-0.5, -3, 21), np.linspace(-3.5, -20, 34), np.linspace(-30, -307.6, 30)])
_MORE_ZEROS = pairs_of(([0.0, 0.375, 0.625], [0.625, 0.25, 0.125]))
_THREE = [pair for pair in GENERIC if len(pair[0]) == 3] + [
    pair for a, b in [*ZEROS.values(), *_MORE_ZEROS] for pair in ((a, b), (b, a))
]
_GUARDED = [quantity for quantity in QUANTITIES if quantity.split is not None]


@functools.cache
def _guard_table(number: int | None) -> tuple[list[tuple[Quantity, bool, Guard]], Array]:
    """For each guard of one quantity, or of all, the values (small number, pair) over those on the first pair."""
    quantity = QUANTITIES[number] if number is not None else None
    keys, tables = [], []
    small = 10.0 ** _EXPONENTS[:, None, None]
    x, y = (np.array([pair[i] for pair in _THREE]) for i in (0, 1))
    for one in [quantity] if quantity is not None else _GUARDED:
        for swapped in _orders(one) if not one.odd else (False, True):
            for guard in guards_of(one):
                table = guard.value(*((y, x) if swapped else (x, y)), small)
                table = np.broadcast_to(table, (len(small), len(_THREE)))
                keys.append((one, swapped, guard))
                tables.append(table / table[:, :1])
    return keys, np.array(tables)


def _guarded(call: _Call, results: Sequence[Any], number: int | None = None) -> _Reading | None:
    """A quantity with a small number in it that explains the results, also those on pairs with zeros."""
    totals, arrays = _totals(results)
    if not _enough(totals) or not np.isfinite(totals[0]) or totals[0] == 0:
        return None
    swapped_before, call.swapped = call.swapped, False
    at_zero = _totals([call(*pair) for pair in _THREE])[0]
    pairs = [*GENERIC, *_THREE[3:]]
    values = np.append(totals, at_zero[3:])
    keys, table = _guard_table(number)
    wanted = at_zero / at_zero[0]
    low, high = np.minimum(table[:, :-1], table[:, 1:]), np.maximum(table[:, :-1], table[:, 1:])
    moved = np.where(np.isfinite(wanted), high - low, 0.0)
    slack = 1e-9 * (1 + np.abs(wanted)) + 0.02 * moved
    inside = (low - slack <= wanted) & (wanted <= high + slack)
    ok = np.all(np.where(np.isnan(wanted), True, np.where(np.isinf(wanted), table[:, 1:] == wanted, inside)), axis=2)
    found: list[tuple[float, _Reading]] = []
    for v, e in np.argwhere(ok):
        one, swapped, guard = keys[v]
        k = int(np.argmax(moved[v, e]))
        if not 0 < moved[v, e, k] < np.inf:
            continue

        def miss(exponent: float, guard: Guard = guard, swapped: bool = swapped, k: int = k) -> float:
            first, other = _on(guard.value, swapped, [_THREE[0], _THREE[k]], np.array([10.0**exponent]))
            return float((other - wanted[k] * first).item())

        small = 10.0 ** _bisected(miss, float(_EXPONENTS[e]), float(_EXPONENTS[e + 1]))
        small = next((nice for nice in _nice(small) if abs(nice / small - 1) < 1e-5), small)

        def value(a: Array, b: Array, guard: Guard = guard, small: float = small) -> Array:
            return np.asarray(guard.value(a, b, np.array([small])))

        known = _on(value, swapped, pairs)
        for _, law, factor in _fits(totals, known[None, : len(GENERIC)], _CLOSE):
            sizes = np.array([law_of(law, len(x)) for x, _ in pairs])
            off = np.abs(factor * known / sizes - values) / (np.abs(values) + 1e-2)
            off = off[np.isfinite(values)]
            if np.all(off <= _CLOSE):
                reading = _from(one, swapped, law, factor, elementwise=arrays)
                if reading.swapped == swapped:
                    found.append((float(off.max()), replace(reading, value=value, guards=(guard,), epsilon=small)))
    call.swapped = swapped_before
    return _simplest(call, found) if found else None


def _nice(small: float) -> list[float]:
    power = int(np.floor(np.log10(small)))
    round_ones = [float(f"{digit}e{k}") for k in (power, power + 1) for digit in (1, 2, 5)]
    return [*round_ones, *(float(np.finfo(kind).eps) for kind in (np.float64, np.float32)), 2.0**-53, 2.0**-24]


def _simplest(call: _Call, found: list[tuple[float, _Reading]]) -> _Reading:
    """The reading that fits best, with all guards that fit as well: the number may be too small to tell them apart."""
    found = sorted(found, key=lambda one: one[0])
    kept = [reading for off, reading in found if off <= max(3 * found[0][0], 3e-14)]
    small = kept[0].epsilon or 0.0
    a, b = np.array([0.5, 0.25, 0.25]), np.array([0.75, 0.25 - small, small])
    call.swapped = False
    for x, y in ((a, b), (b, a)):
        got = call(x, y)
        agree = [one for one in kept if one.close(got, *((y, x) if one.swapped else (x, y)))]
        kept = agree or kept
    best = kept[0]
    alike = [
        one
        for one in kept
        if (one.name, one.swapped) == (best.name, best.swapped)
        and abs(np.log((one.epsilon or 1) / (best.epsilon or 1))) < 1e-3
    ]
    return replace(best, guards=tuple(guard for one in alike for guard in one.guards))


# Further probes, once it is known what fits.


def _told(x: Any) -> str:
    """A result for a sentence."""
    if isinstance(x, Exception):
        message = textwrap.shorten(str(x), 70, placeholder=" …")
        return f"{type(x).__name__}{f' ({message})' if message else ''}"
    if np.ndim(x):
        return "(" + ", ".join(f"{value:.4g}" for value in np.asarray(x)) + ")"
    return f"{float(x):.4g}"


def _shown(x: Array) -> str:
    return "(" + ", ".join(f"{value:.7g}" for value in x) + ")"


def _gives(x: Any) -> str:
    return f"raises {_told(x)}" if isinstance(x, Exception) else f"gives {_told(x)}"


def _at_zeros(call: _Call, reading: _Reading) -> tuple[list[str], list[Probe]]:
    """What is not as it should be where probabilities are 0, tiny, or nearly the same."""
    caveats, evidence = [], []
    wrong: dict[str, Any] = {}
    for kind, (a, b) in {**ZEROS, **TINY}.items():
        got, want = call(a, b), reading(a, b)
        evidence.append(_probe(reading, a, b, got, want))
        if not reading.agree(got, want) and not np.isnan(want).any():
            wrong[kind] = (a, b, got, want)
    for again in (False, True):
        masked = [kind for kind, (a, b, got, _) in wrong.items() if reading.agree(got, _masked(reading, a, b, again))]
        if masked:
            a, b, got, want = wrong[masked[0]]
            who = " or ".join(letter for letter in "pq" if any(kind[0] == letter for kind in masked))
            tiny = " or tiny" * any("=" not in kind for kind in masked)
            caveats.append(
                f"But it leaves out outcomes where {who} is 0{tiny}{', and divides the others by their sum' * again}: "
                f"for {_pair(a, b)} it gives {_told(got)}, not {_told(want)}."
            )
            wrong = {kind: found for kind, found in wrong.items() if kind not in masked}
    alike: dict[str, list[str]] = {}
    for kind, (_, _, got, _) in wrong.items():
        what = (
            f"raises {type(got).__name__}" if isinstance(got, Exception) else str(got) if np.ndim(got) == 0 else "nan"
        )
        if not (kind.endswith("small") and kind.replace("small", "tiny") in wrong):
            alike.setdefault(what, []).append(kind)
    for kinds in alike.values():
        a, b, got, want = wrong[kinds[0]]
        where = " and ".join(f"where {kind}" for kind in kinds)
        caveats.append(f"But {where} it {_gives(got)}: for {_pair(a, b)}, {_told(want)} is expected.")
    for what, (a, b) in {"equal": EQUAL, "nearly equal": NEAR}.items():
        got, want = call(a, b), reading(a, b)
        evidence.append(_probe(reading, a, b, got, want))
        absolute = 1e-7 if what == "equal" else 1e-14
        loose = replace(reading, relative=1e-2, absolute=max(absolute, reading.absolute * (reading.decimals > 0)))
        if not loose.agree(got, want) and not (reading.relative > _CLOSE and what == "nearly equal"):
            caveats.append(f"But for P and Q that are {what} it {_gives(got)}, not {_told(want)}: {_pair(a, b)}.")
    a, b = LONG
    got, want = call(a, b), reading(a, b)
    if not reading.close(got, a, b):
        found = _gives(got) if isinstance(got, Exception) or np.ndim(got) == 0 else "gives other terms"
        caveats.append(f"But for {len(a)} outcomes it {found}{'' if np.ndim(want) else f', not {_told(want)}'}.")
    nearer = [call(a, b) for a, b in NEARER]
    if not caveats and any(not isinstance(got, Exception) and np.isnan(got).any() for got in nearer):
        caveats.append("But for P and Q that are the same to eight digits or so, it may give nan, by rounding.")
    return caveats, evidence


def _masked(reading: _Reading, a: Array, b: Array, again: bool) -> Any:
    """What is left without the outcomes that are 0 or tiny in a or b; again: the others are divided by their sums."""
    keep = (a > 1e-3) & (b > 1e-3)
    if again:
        a, b = np.where(keep, a, 0) / a[keep].sum(), np.where(keep, b, 0) / b[keep].sum()
    value = reading(a[keep], b[keep]) * law_of(reading.law, int(keep.sum())) / law_of(reading.law, len(a))
    if reading.elementwise and reading.terms is not None:
        full = np.zeros(len(a))
        full[keep] = value
        return full
    return value


def _probe(reading: _Reading, a: Array, b: Array, got: Any, want: Any) -> Probe:
    first, second = (b, a) if reading.swapped else (a, b)
    return Probe(_plain_list(first), _plain_list(second), _plain_list(got), _plain_list(want))


def _plain_list(x: Any) -> Any:
    if isinstance(x, Exception):
        return _told(x)
    return tuple(float(value) for value in x) if np.ndim(x) else float(x)


def _pair(a: Array, b: Array) -> str:
    return f"P = {_shown(a)}, Q = {_shown(b)}"


def _about_sums(call: _Call, reading: _Reading) -> tuple[tuple[str, str], bool, str]:
    """What happens to sums that are not 1, of a and of b; whether the absolute value is taken, and of which terms."""
    a, b = GENERIC[0]
    scales = ((0.5, 1.0), (1.0, 0.75), (0.5, 0.75))  # below 1, as some cut off what is above
    got = [call(s * a, t * b) for s, t in scales]
    refused = [isinstance(one, Exception) for one in got]
    formulas = {"": reading}
    if reading.quantity is not None and not reading.guards and reading.terms is None:
        formulas |= {
            spelling: replace(reading, value=_sum_of(terms)) for spelling, terms in reading.quantity.terms.items()
        }
    options = itertools.product(formulas.items(), (False, True), (True, False), (True, False))
    for (spelling, formula), absolute, first, second in options:
        wanted = [formula(a if first else s * a, b if second else t * b) for s, t in scales]
        wanted = [np.abs(want) if absolute else want for want in wanted]
        close = [
            bad or reading.agree(one, want, equal_nan=True) for one, want, bad in zip(got, wanted, refused, strict=True)
        ]
        if all(close) and not all(refused):
            kinds = ["divided by their sum" if divides else "taken as they are" for divides in (first, second)]
            kinds = ["refused" if refused[i] else kinds[i] for i in (0, 1)]
            return (kinds[0], kinds[1]), absolute, spelling
    kinds = ["refused" if refused[i] else "unknown" for i in (0, 1)]
    return (kinds[0], kinds[1]), False, ""


def _sum_of(terms: Function) -> Function:
    return lambda a, b: np.asarray(np.sum(terms(a, b), axis=-1))


def _about_rows(call: _Call) -> str:
    """What a batch of pairs gives, in terms of what its rows give one by one."""
    x, y = ROWS
    swapped, call.swapped = call.swapped, False
    one = [call(a, b) for a, b in zip(x, y, strict=True)]
    columns = [call(a, b) for a, b in zip(x.T, y.T, strict=True)]
    call.swapped = swapped
    if call.container is _as_row:
        call.container = np.array
        got = call.raw(x, y)
        call.container = _as_row
    else:
        got = call.raw(x, y)
    if isinstance(got, Exception):
        return "refused"
    if any(isinstance(value, Exception) for value in one):
        return "unknown"
    rows = np.array(one)
    known = {
        "one value for each row": rows,
        "the sum over the rows": rows.sum(axis=0),
        "the mean over the rows": rows.mean(axis=0),
    }
    if rows.ndim == 1:
        known |= {
            "the sum over the outcomes of a row, divided by the number of rows": rows.mean() * x.shape[1],
            "the root of the sum of the rows' squares": np.sqrt(np.sum(rows**2)),
            "the root of the mean of the rows' squares": np.sqrt(np.mean(rows**2)),
        }
    else:
        known["the terms of all rows"] = rows
        del known["one value for each row"]
    if not any(isinstance(value, Exception) for value in columns):
        known["one value for each column: the outcomes must run along axis 0"] = np.array(columns)
    for what, value in known.items():
        if np.shape(value) == got.shape and np.allclose(value, got, rtol=_SINGLE, atol=1e-9):
            return what
    return "unknown"


# What is said.


def _in_words(power: float, factor: float, law: str, named: Mapping[float, str]) -> tuple[str, float]:
    """The unit, and the factor that is left beside it."""
    if law == "base n":
        return "logarithms of base n", _rounded(factor)
    if not power:
        return "", _rounded(factor)
    left = {unit: factor / size**power for unit, size in UNITS.items()}
    for wanted in ([1.0, *named], [-1.0], [2.0, 0.5, 0.25, 4.0, -2.0, -0.5, 100.0, 0.1, 10.0, 0.01]):
        for unit, k in left.items():
            if any(abs(k / one - 1) < 1e-5 for one in wanted):
                return unit, _rounded(k)
    return "nats", _rounded(factor)


def _rounded(factor: float) -> float:
    """The factor, without what rounding has added to a short number."""
    short = float(f"{factor:.3g}")
    return short if abs(factor / short - 1) < 1e-5 else factor


def _times(factor: float, name: str) -> str:
    if factor == 1:
        return name
    if factor < 0:
        return f"minus {_times(-factor, name)}"
    return {2.0: "twice ", 0.5: "half of "}.get(factor, f"{factor:.4g} times ") + name


def _short(name: str) -> str:
    """A name without its article and what is said about it in brackets."""
    return name.removeprefix("the ").split(" (")[0]


def _guard_told(reading: _Reading) -> str:
    guards, small = reading.guards, reading.epsilon or 0.0
    ways = {guard.way for guard in guards}
    letters = set.intersection(*(set(guard.letters) for guard in guards)) or set(guards[0].letters)
    who = " and ".join(letter for letter in "pq" if letter in letters)
    inside = {guard.inside for guard in guards}
    where = ""
    # What fits in both ways, though it is large enough to tell, stands in the logarithm only.
    if inside == {True} or (inside == {True, False} and who == "q" and small > _CLOSE):
        logs = reading.power or reading.quantity is None
        where = " inside the logarithm" if logs else " where it is divided by"
    if all(guard.ratio for guard in guards):
        who, where = "the ratio p/q", " inside the logarithm"
    number = f"{small:.3g}"
    if ways == {"added"}:
        text = f"{number} added to {who}{where}"
    elif ways == {"floor"}:
        text = f"{who} raised to at least {number}{where}"
    else:
        text = f"{who} kept away from 0 by {number}{where}"
    again = {guard.again for guard in guards}
    return text + (", and the sums made 1 again" if again == {True} else "")


def _sums_told(call: _Call, sums: tuple[str, str], reading: _Reading) -> str:
    which = [i for i in (0, 1) if not call.logs[i] and (reading.uses != "a" or i == int(reading.swapped))]
    divided, refused = ([i for i in which if sums[i] == kind] for kind in ("divided by their sum", "refused"))
    if not which or not (divided or refused):
        return ""
    if refused:
        return "; a sum that is not 1 is refused" if refused == which else ""
    whose = "by the sums" if len(divided) > 1 else f"its {_ROLES[divided[0]]} argument by its sum"
    return f"; it divides {whose} first"


@np.errstate(all="ignore")
def identify(f: Function, /) -> Identification:
    """Tell which quantity a function of two distributions computes, by asking it.

    The function is called between fifty and two hundred times, on pairs of distributions that tell the quantities of a
    table apart: KL and its relatives, entropies, distances, and some mistakes that are easily made. It is found out,
    too, which argument is P and which is Q, the unit or another factor, whether terms are added, averaged or returned
    one by one, whether an argument must hold logarithms, what happens to sums that are not one, and where a small
    number has been put in.

    Parameters
    ----------
    f : callable
        Takes two arrays of shape (n,), and gives a number, or an array of n terms. If it refuses arrays, lists are
        tried, and then arrays of shape (1, n). What works on tensors only has to be wrapped, as in
        ``identify(lambda p, q: loss(torch.from_numpy(p), torch.from_numpy(q)))``.

    Returns
    -------
    Identification
        It prints as a sentence, and a line for each caveat. Its fields say the same for a program; `evidence` holds the
        pairs, with what came and what was expected. The name is 'none of these' if no quantity fits.

    Raises
    ------
    TypeError
        If f cannot be called, accepts neither arrays nor lists, or returns anything but numbers for them.
    ValueError
        If f raises another exception on more than two of the eight pairs without zeros.

    Notes
    -----
    What fits is what agrees on eight pairs without zeros to nine digits (six, as in single precision, which is then
    said; and on six of the pairs, if it fails on the others). Of any two quantities of the table, the ratio varies by
    more than 1 % over these pairs, so none is taken for a multiple of another. A function that agrees there and differs
    on a pair that is not tried is taken for what it seems to be: this is a test and not a proof.

    Some things cannot be told apart. A number below 1e-16 shows at zeros only, so it may have been added to q or to
    both, or be a floor; D(P‖Q) in bits, halved, is D(P‖Q) with logarithms of base 4; a function of logits that applies
    a softmax accepts log-probabilities as well.

    Examples
    --------
    >>> from scipy.special import rel_entr
    >>> identify(lambda x, y: rel_entr(y, x).sum())
    It gives the KL divergence D(P‖Q) in nats, where P is its second argument and Q its first.
    >>> identify(lambda p, q: sum(p * np.log2(p / (q + 1e-9)))).epsilon
    1e-09
    """
    if not callable(f):
        raise TypeError(f"f must be a function of two distributions, without brackets after its name, but got {f!r}")
    call = _Call(f)
    usable = _asked(call)
    reading, results = _found(call, usable)
    again = _again(call, results[0])
    if reading is None:
        return _none_of_these(call, results, again)
    return _identified(call, reading, results, again)


Usable = list[tuple[tuple[bool, bool], list[Any]]]


def _asked(call: _Call) -> Usable:
    """The results on the generic pairs, for each form of the arguments in which there are some."""
    problems = []
    for container in _CONTAINERS:
        call.container = container
        usable: Usable = []
        for form in _FORMS:
            call.logs = form
            results = [call(*pair) for pair in GENERIC]
            failed = [(one, pair) for one, pair in zip(results, GENERIC, strict=True) if isinstance(one, Exception)]
            if len(failed) <= _MISSING:
                usable.append((form, results))
            elif form == _FORMS[0]:
                problems.append(failed[0])
        if usable:
            return usable
    problem, (x, y) = problems[0]
    if isinstance(problem, _NoNumberError):
        raise TypeError(
            f"f must return a number, or an array with a number for each outcome, but {problem}. "
            "If the number is a part of what is returned, wrap it: identify(lambda p, q: f(p, q)[0])"
        )
    message = str(problem).split("\n")[0]
    if isinstance(problem, (TypeError, AttributeError)):
        tensors = "ensor" in message or "torch" in type(problem).__module__
        wrap = (
            "identify(lambda p, q: f(torch.from_numpy(p), torch.from_numpy(q)))"
            if tensors or isinstance(problem, AttributeError)
            else "identify(lambda p, q: f(...))"
        )
        raise TypeError(
            f"f must take two distributions, as arrays or lists, but raised {type(problem).__name__}: {message}. "
            f"If it takes something else, say how to make it, {wrap}"
        ) from problem
    raise ValueError(
        f"f must give a number for two distributions of any size, but for {_shown(x)} and {_shown(y)} it raised "
        f"{type(problem).__name__}: {message}"
    ) from problem


def _found(call: _Call, usable: Usable) -> tuple[_Reading | None, list[Any]]:
    for tolerance in (_CLOSE, _SINGLE):
        for form, results in usable:
            reading = _plain(results, tolerance)
            if reading is not None:
                call.logs = form
                call.swapped = reading.swapped
                return _with_guard(call, reading, results), results
    for form, results in usable:
        call.logs = form
        for reading in (_of_family(results), _guarded(call, results)):
            if reading is not None:
                call.swapped = reading.swapped
                return reading, results
    for form, results in usable:
        reading = _cut_off(results)
        if reading is not None:
            call.logs = form
            return reading, results
    call.logs, results = max(usable, key=lambda one: np.isfinite(_totals(one[1])[0]).sum())
    return None, results


def _cut_off(results: list[Any]) -> _Reading | None:
    """A quantity that fits when it is rounded to a few decimals, as the results are."""
    values, arrays = _totals(results)
    if arrays or not np.isfinite(values).all():
        return None
    decimals = next((k for k in range(10) if np.array_equal(np.round(values, k), values)), 10)
    if not 3 <= decimals < 10:
        return None
    keys, known = candidates()
    for law, factor in itertools.product(("sum", "mean"), (1.0, UNITS["bits"], UNITS["hartleys"])):
        for (quantity, swapped), row in zip(keys, known, strict=True):
            scaled = row * factor**quantity.power / LAWS[law]
            if np.all(np.abs(scaled - values) <= 0.501 * 10.0**-decimals):
                reading = _from(quantity, swapped, law, factor**quantity.power, absolute=0.51 * 10.0**-decimals)
                return replace(reading, decimals=decimals)
    return None


def _with_guard(call: _Call, reading: _Reading, results: list[Any]) -> _Reading:
    """The reading with a small number in it, if that explains what is off where probabilities are 0 or small."""
    if reading.quantity is None:
        return reading
    probes = {**ZEROS, **TINY}
    off = any(
        not isinstance(got, Exception) and np.all(np.isfinite(got)) and not reading.close(got, a, b)
        for (a, b), got in [(pair, call(*pair)) for pair in probes.values()]
    )
    if not off and reading.relative <= _CLOSE:
        return reading
    guarded = _guarded(call, results, QUANTITIES.index(reading.quantity))
    call.swapped = reading.swapped
    return guarded if guarded is not None and guarded.swapped == reading.swapped else reading


def _again(call: _Call, before: Any) -> Any:
    """The result for the first pair, if another one has come than at the first time."""
    swapped, call.swapped = call.swapped, False
    got = call(*GENERIC[0])
    call.swapped = swapped
    if isinstance(got, Exception) or isinstance(before, Exception):
        return None
    return None if np.array_equal(got, before, equal_nan=True) else got


def _asides(call: _Call, before: Any, again: Any) -> list[str]:
    said = []
    if again is not None:
        said.append(f"But for the same pair it gave {_told(before)} first and {_told(again)} later.")
    if call.overwrites:
        which = " and ".join(_ROLES[i] for i in sorted(call.overwrites))
        said.append(f"It overwrites its {which} argument, so the caller's array changes.")
    if call.printed:
        said.append("It also prints.")
    if call.container is np.ndarray.tolist:
        said.append("It takes lists, and no arrays.")
    if call.container is _as_row:
        said.append("It takes tables with a row for each distribution, of shape (1, n) for a single one.")
    return said


def _identified(call: _Call, reading: _Reading, results: list[Any], again: Any) -> Identification:
    call.swapped = reading.swapped
    pairs = [(y, x) if reading.swapped else (x, y) for x, y in GENERIC]
    evidence = [_probe(reading, a, b, got, reading(a, b)) for (a, b), got in zip(pairs, results, strict=True)]
    caveats, more = _at_zeros(call, reading)
    sums, absolute, spelling = _about_sums(call, reading)
    rows = _about_rows(call)
    if spelling:
        caveats.append(f"Of weights that do not sum to one, it takes the terms {spelling}.")
    return _worded(call, reading, sums, absolute, rows, [*caveats, *_asides(call, results[0], again)],
                   [*evidence, *more])  # fmt: skip


def _worded(
    call: _Call,
    reading: _Reading,
    sums: tuple[str, str],
    absolute: bool,
    rows: str,
    caveats: list[str],
    evidence: list[Probe],
) -> Identification:
    named = reading.quantity.named if reading.quantity is not None else {}
    unit, factor = _in_words(reading.power, reading.factor, reading.law, named)
    name = reading.name
    for k, other in named.items():
        if abs(factor / k - 1) < 1e-5:
            name, factor = other, 1.0
    p, q = ("second", "first") if reading.swapped else ("first", "second")
    in_order = sums if not reading.swapped else (sums[1], sums[0])
    inputs = tuple(
        ("logits" if kind == "divided by their sum" else "log-probabilities") if log else "probabilities"
        for log, kind in zip(call.logs, in_order, strict=True)
    )
    text = f"the absolute value of {_times(factor, name)}" if absolute else _times(factor, name)
    if reading.elementwise:
        terms = f"the terms {reading.spelling} of".replace("  ", " ")
        text = f"{terms if reading.terms is not None else 'an array whose sum is'} {text}"
    spoken = f"{unit}, the number of outcomes" if unit.endswith("base n") else unit
    comma = "," * (" (" in text)  # after what is said in brackets
    said = [f"It gives {text}{comma} in {spoken}" if unit else f"It gives {text}"]
    averaged = reading.law in ("mean", "root")
    if averaged:
        by = "√n" if reading.law == "root" else "the number of outcomes"
        said.append(
            "divided by the length of the first axis (for a pair the number of outcomes, for a batch that of rows)"
            if rows == "the sum over the outcomes of a row, divided by the number of rows"
            else f"divided by {by}"
        )
    if reading.guards:
        said.append(f"with {_guard_told(reading)}")
    if reading.uses == "a":
        said.append(f"where P is its {p} argument; the {q} one does not matter")
    elif not reading.symmetric:
        said.append(f"where P is its {p} argument and Q its {q}")
    if any(call.logs):
        what = {"log-probabilities": "log-probabilities", "logits": "logits or log-probabilities"}
        if inputs[0] == inputs[1]:
            said.append(f"and both must be given as {what[inputs[0]]}")
        else:
            said += [
                f"and the {_ROLES[i]} argument must be given as {what[kind]}"
                for i, kind in enumerate(inputs)
                if kind != "probabilities"
            ]
    sentence = ", ".join(said) + _sums_told(call, in_order, reading)
    if reading.decimals:
        caveats.insert(0, f"It is rounded to {reading.decimals} decimals.")
    elif reading.relative > _CLOSE:
        caveats.insert(
            0, "It agrees to six digits or so, and no more: it works in single precision, or something small is put in."
        )
    if reading.elementwise:
        caveats.insert(0, "They have to be added up: it returns an array with a number for each outcome.")
    if rows.startswith("one value for each column"):
        caveats.append("Of a table it compares the columns: the outcomes must run along axis 0.")
    return Identification(
        f"absolute value of the {_short(name)}" if absolute else _short(name), p, q, reading.symmetric, unit, factor,
        "none" if reading.elementwise else {"mean": "mean", "root": "root of the mean"}.get(reading.law, "sum"),
        (inputs[0], inputs[1]), in_order, reading.epsilon, rows, tuple(caveats), tuple(evidence), sentence + ".",
    )  # fmt: skip


def _none_of_these(call: _Call, results: list[Any], again: Any) -> Identification:
    values, _ = _totals(results)
    keys, known = candidates()
    at = np.isfinite(values)
    away = np.abs(np.log(np.abs(values / known)))[:, at]
    agree = np.sum(away < _SINGLE, axis=1)
    nearest = int(np.lexsort((np.sum(away, axis=1), -agree))[0])
    evidence = tuple(
        Probe(_plain_list(x), _plain_list(y), _plain_list(got), float(want))
        for (x, y), got, want in zip(GENERIC, results, known[nearest], strict=True)
    )
    sentence = f"It is none of the {len(QUANTITIES) + len(FAMILIES)} quantities that are known here"
    if not at.any():
        sentence += f": it gives {_told(results[0])} for every pair of distributions, and for their logarithms as well."
    elif np.all(values == values[0]):
        sentence += f": it gives {_told(results[0])} for every pair."
    else:
        quantity, swapped = keys[nearest]
        name = _short(quantity.name)
        name += "" if quantity.symmetric else f" with its {_ROLES[swapped]} argument for P"
        shown = int(np.nanargmax(np.where(at, np.abs(values - known[nearest]), np.nan)))
        x, y = GENERIC[shown]
        sentence += (
            f": for {_shown(x)} and {_shown(y)} it {_gives(results[shown])}, and the nearest one, the {name}, gives "
            f"{_told(known[nearest][shown])}"
        )
        sentence += f", though they agree on {agree[nearest]} of {len(GENERIC)} pairs." if agree[nearest] else "."
    return Identification(
        "none of these", "first", "second", False, "", 1.0, "none", ("probabilities", "probabilities"),
        ("unknown", "unknown"), None, "unknown", tuple(_asides(call, results[0], again)), evidence,
        sentence,
    )  # fmt: skip
