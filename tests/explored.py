"""What is known of an explorable, and pairs of distributions at which a divergence may go wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Explored:
    """How it is made; what it reads when its page opens; how its task is done; what its functions give.

    The task is done by radio buttons and sliders in turn, each with its name and the keys to press (none for a radio
    button). The functions are exported by its module: name, arguments, and the value by klnotes.
    """

    make: Callable[[], Any]
    opens: list[str]
    wins: list[tuple[str, list[str]]]
    golden: list[tuple[str, list[Any], Any]]


P, Q = [0.5, 0.3, 0.2], [0.4, 0.4, 0.2]
PAIRS: list[tuple[Any, Any]] = [
    (P, Q),
    (Q, P),
    (P, [0.5 + 1e-9, 0.3, 0.2 - 1e-9]),
    ([1, 0], [0.5, 0.5]),
    ([0.5, 0.5], [1, 0]),
    (P, P),
    ([0.2, 0.8], [0.2 + 1e-13, 0.8 - 1e-13]),
    ([1e-300, 1.0], [1e-5, 0.99999]),
    ([0.0, 1.0], [0.0, 1.0]),
    ([1 / 3, 2 / 3], [1e-320, 1.0]),
]
