"""What hypothesis draws for a check: small whole numbers over their sum, so that what it ends with can be read."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from klnotes.check._engine.search import Stage

_MOST = 8  # the largest weight
ZEROS = "Think of the probabilities that are 0: what does such an outcome add?"


@functools.cache
def weights(shape: int | tuple[int, ...], least: int = 1) -> st.SearchStrategy[Any]:
    """Whole numbers from `least` to 8, not all of them 0."""
    entry = st.integers(least or -2, _MOST).map(lambda drawn: max(drawn, 0))  # three zeros in eleven, if any
    numbers = st.tuples(*[entry] * int(np.prod(shape)))
    return numbers.filter(any).map(lambda drawn: np.array(drawn).reshape(shape))


@functools.cache
def distributions(shape: int | tuple[int, ...], least: int = 1) -> st.SearchStrategy[Any]:
    """Weights over their sum; with least = 0, some may be 0."""
    return weights(shape, least).map(lambda w: w / w.sum())


def _stages(draw: Any, hint: str) -> Sequence[Stage]:
    return [Stage("distributions without zeros", draw(1)), Stage("distributions with zeros", draw(0), hint, zeros=True)]


def one(least: int) -> st.SearchStrategy[Any]:
    """One distribution over two to four outcomes."""
    return st.integers(2, 4).flatmap(lambda n: st.tuples(distributions(n, least)))


def two(least: int) -> st.SearchStrategy[Any]:
    """Two distributions over the same two to four outcomes."""
    return st.integers(2, 4).flatmap(lambda n: st.tuples(distributions(n, least), distributions(n, least)))


@st.composite
def _with_rare(draw: st.DrawFn, number: int) -> Any:
    """So many distributions, with a rare outcome in the same place of each."""
    n = draw(st.integers(1, 3))
    place, rare = draw(st.integers(0, n)), st.sampled_from([1e-2, 1e-4, 1e-6, 1e-8])
    drawn = [(draw(distributions(n)), draw(rare)) for _ in range(number)]
    return tuple(np.insert(p * (1 - share), place, share) for p, share in drawn)


def _rare(number: int) -> Stage:
    return Stage(
        "distributions with a rare outcome",
        _with_rare(number),
        "A small probability adds something, too, since its surprisal is large. Only an outcome with p = 0 adds "
        "nothing.",
    )


def table(least: int) -> st.SearchStrategy[Any]:
    """A joint distribution of two variables with two or three values each."""
    shapes = st.tuples(st.integers(2, 3), st.integers(2, 3))
    return shapes.flatmap(lambda shape: st.tuples(distributions(shape, least)))


ONE_RARE, TWO_RARE = _rare(1), _rare(2)
ONE, TABLE = _stages(one, ZEROS), _stages(table, ZEROS)
TWO = _stages(
    two, "Think of the probabilities that are 0: what does an outcome with p = 0 add, and one with q = 0 < p?"
)
