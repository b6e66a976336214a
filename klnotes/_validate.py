"""The one place where input is refused. Every message names the argument, what was expected and what came."""

from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ROUNDED = 1e-2  # a sum misses 1 by less, where numbers were rounded to 8 bits (bfloat16), or printed with 4 decimals
LOG_OF_BASE = {"nats": 1.0, "bits": float(np.log(2)), "hartleys": float(np.log(10))}


def log_of_base(unit: str) -> float:
    """ln of the unit's base: what a value in nats is divided by."""
    if not isinstance(unit, str):
        raise TypeError(f"unit must be a string, 'nats', 'bits' or 'hartleys', but got {unit!r}")
    if unit not in LOG_OF_BASE:
        raise ValueError(f"unit must be 'nats', 'bits' or 'hartleys', but got {unit!r}")
    return LOG_OF_BASE[unit]


def real_array(x: ArrayLike, name: str) -> NDArray[Any]:
    """x as an array of floats; float32 stays float32, so that large input is not copied.

    Python's own numbers, Fraction and Decimal among them, become the nearest float64.
    """
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{name} must be a plain array, but got a masked one; fill or drop what is masked first")
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(f"{name} must be a rectangular array of numbers, but its rows differ in length") from None
    if array.dtype == object and array.size and all(_is_real(value) for value in array.flat):
        try:
            return array.astype(np.float64)
        except OverflowError:
            raise ValueError(f"{name} must hold numbers up to 1.8e308, the largest float64") from None
    if array.dtype.kind not in "fiu":
        kind = {"c": "complex numbers", "U": "strings", "S": "strings", "b": "booleans"}.get(
            array.dtype.kind, f"{type(x).__name__} (dtype {array.dtype})"
        )
        raise TypeError(f"{name} must hold real numbers, but got {kind}")
    return array.astype(np.float64) if array.dtype.kind != "f" else array


def _is_real(value: object) -> bool:
    return isinstance(value, (Real, Decimal)) and not isinstance(value, (bool, np.bool_))


def finite(x: ArrayLike, name: str) -> NDArray[np.float64]:
    """x as float64, refused where it is NaN or infinite."""
    array = real_array(x, name).astype(np.float64)
    refuse(~np.isfinite(array), array, name, "must hold finite numbers")
    return array


def probability(x: ArrayLike, name: str) -> NDArray[np.float64]:
    """x as float64, refused unless every entry lies in [0, 1]. Nothing has to sum to one."""
    array = real_array(x, name).astype(np.float64)
    refuse(~((array >= 0) & (array <= 1)), array, name, "must hold probabilities between 0 and 1")
    return array


def positive(x: ArrayLike, name: str, *, or_infinite: bool = False) -> NDArray[np.float64]:
    """x as float64, refused unless every entry is positive."""
    array = real_array(x, name).astype(np.float64)
    bad = ~(array > 0) if or_infinite else ~((array > 0) & np.isfinite(array))
    refuse(bad, array, name, "must be positive" if or_infinite else "must be positive and finite")
    return array


def one_axis(axis: int, ndim: int, name: str) -> int:
    """axis, refused unless it is one of the array's."""
    if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
        raise TypeError(f"axis must be an integer, but got {axis!r}")
    if not -ndim <= axis < ndim:
        raise ValueError(f"axis must be between {-ndim} and {ndim - 1} for {name} with {ndim} axes, but got {axis}")
    return int(axis)


def outcomes_last(x: ArrayLike, name: str, axis: int) -> NDArray[Any]:
    """x as an array of numbers with its outcomes on the last axis; what the numbers are is not looked at."""
    array = real_array(x, name)
    if array.ndim == 0:
        raise ValueError(f"{name} must be a list of probabilities, but got {_describe(array)}")
    axis = one_axis(axis, array.ndim, name)
    if axis not in (-1, array.ndim - 1):
        array = np.moveaxis(array, axis, -1)
    if array.shape[-1] == 0:
        raise ValueError(f"{name} must hold at least one probability, but is empty: its shape is {np.shape(x)}")
    return array


def tolerance(array: NDArray[Any]) -> float:
    """By how much a sum may miss 1: half of the digits of this dtype. What is accepted is then divided by its sum."""
    return 1.5e-8 if array.dtype == np.float64 else float(np.sqrt(np.finfo(array.dtype).eps))


def distribution(
    x: ArrayLike, name: str, axis: int, normalize: bool, *, last: int = 1
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """x with its outcomes on the last axis (`last` = 2: on the last two, as they are), and its sums.

    It is the caller who divides, whether normalize allows any positive sum or the sum misses 1 by rounding.
    """
    if not isinstance(normalize, (bool, np.bool_)):
        raise TypeError(f"normalize must be True or False, but got {normalize!r}")
    if last == 1:
        array = outcomes_last(x, name, axis)
    else:
        array = real_array(x, name)
        if array.ndim < last:
            raise ValueError(f"{name} must be a table with two axes, but got {_describe(array)}")
        if 0 in array.shape[-last:]:
            raise ValueError(f"{name} must hold at least one probability, but is empty: its shape is {array.shape}")
    total = array.sum(axis=tuple(range(-last, 0)), dtype=np.float64)
    if array.size and not array.min() >= 0:
        original = real_array(x, name)
        refuse(np.isnan(original), original, name, "must hold probabilities")
        refuse(original < 0, original, name, "must not be negative")
    if normalize:
        bad = ~((total > 0) & (total < np.inf))
        wanted = "must have a positive finite sum to be normalized"
    else:
        bad = ~(abs(total - 1) <= tolerance(array))
        wanted = "must sum to 1 (pass normalize=True to divide by the sum)"
    if np.logical_or.reduce(bad, axis=None):
        if np.any(np.isinf(array)):
            original = real_array(x, name)
            refuse(np.isinf(original), original, name, "must hold probabilities")
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        row = f" at batch index {where}" if where else ""
        found = float(total[where])
        # Said where it helps: a good float32 softmax that was widened to float64 misses 1 by 1e-7 or so.
        hint = "; so small a miss is rounding as a rule, by float32 or in print" if abs(found - 1) < _ROUNDED else ""
        raise ValueError(f"{name} {wanted}, but its sum{row} is {found!r}{hint}")
    return array, total


def same_outcomes(p: NDArray[Any], q: NDArray[Any], names: tuple[str, str] = ("p", "q")) -> None:
    """Refuse two arrays whose last axes differ, or whose batch axes do not broadcast."""
    if p.shape[-1] != q.shape[-1]:
        raise ValueError(
            f"{names[0]} and {names[1]} must have the same number of outcomes, but got {p.shape[-1]} and {q.shape[-1]}"
        )
    if p.shape != q.shape:
        broadcast(p.shape[:-1], q.shape[:-1], names)


def broadcast(a: tuple[int, ...], b: tuple[int, ...], names: tuple[str, str]) -> tuple[int, ...]:
    """The common shape of two batches."""
    try:
        return np.broadcast_shapes(a, b)
    except ValueError:
        raise ValueError(
            f"{names[0]} and {names[1]} must broadcast together, but their shapes are {a} and {b}"
        ) from None


def scalar_or_array(x: Any) -> Any:
    """A Python float for a single result, an array for a batch."""
    return float(x) if np.ndim(x) == 0 else x


def _describe(array: NDArray[Any]) -> str:
    return f"the single number {array.item()!r}" if array.ndim == 0 else f"shape {array.shape}"


def refuse(bad: NDArray[np.bool_], array: NDArray[Any], name: str, wanted: str) -> None:
    """Raise a ValueError that shows the first entry marked bad, if there is one."""
    if np.any(bad):
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        place = f"{name}[{', '.join(map(str, where))}]" if where else name
        raise ValueError(f"{name} {wanted}, but {place} is {float(array[where])!r}")
