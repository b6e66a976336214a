"""What the answers that are planted in several chapters have in common."""

from collections.abc import Callable
from math import inf, log, sqrt
from typing import Any

import numpy as np
from scipy.special import xlogy

SUM = "what is asked for is their sum"
MEAN = "divided by the number of outcomes"


def kl_by_loop(p: Any, q: Any) -> float:
    total = 0.0
    for pi, qi in zip(p, q, strict=True):
        if pi > 0 and qi == 0:
            return inf
        if pi > 0:
            total += pi * log(pi / qi)
    return total


def bits_of(p: Any) -> float:
    return float(-np.sum(xlogy(p, p)) / log(2))


def bisected(rises: Callable[[float], float], wanted: float, low: float = 1e-4, high: float = 1e4) -> float:
    for _ in range(200):
        middle = sqrt(low * high)
        low, high = (middle, high) if rises(middle) < wanted else (low, middle)
    return middle
