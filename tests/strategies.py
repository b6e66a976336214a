"""What hypothesis draws when a test asks for a distribution: zeros, near-equal pairs and tiny entries included."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

_WEIGHT = st.one_of(
    st.floats(0, 1),
    st.sampled_from([0.0, 1.0, 1e-3, 1e-12, 1e-300]),
    st.integers(0, 8).map(float),
)


@st.composite
def distributions(draw: st.DrawFn, n: int | None = None, *, most: int = 6, zeros: bool = True) -> Any:
    """One distribution over n outcomes (1 to `most` if n is None); without zeros, no entry is below 1e-4."""
    size = draw(st.integers(1, most)) if n is None else n
    weight = _WEIGHT if zeros else st.floats(1e-3, 1)
    w = np.array(draw(st.lists(weight, min_size=size, max_size=size).filter(lambda w: sum(w) > 1e-6)))
    return w / w.sum()


@st.composite
def pairs(draw: st.DrawFn, *, most: int = 6, zeros: bool = True) -> Any:
    """Two distributions over the same outcomes, one time in three almost equal."""
    p = draw(distributions(most=most, zeros=zeros))
    q = draw(distributions(len(p), zeros=zeros))
    near = draw(st.sampled_from([None, None, 1e-9]))
    if near is not None:
        q = p + near * (q - p)
        q = q / q.sum()
    return p, q


@st.composite
def joints(draw: st.DrawFn, *, most: int = 4, zeros: bool = True) -> Any:
    """A joint table of two variables with up to `most` values each."""
    rows, columns = draw(st.integers(1, most)), draw(st.integers(1, most))
    return draw(distributions(rows * columns, zeros=zeros)).reshape(rows, columns)
