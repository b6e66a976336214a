"""The chapter `common-mistakes`: its slips, its theorems, and answers that readers give."""

from collections.abc import Callable
from math import log
from typing import Any

import numpy as np
from scipy.special import entr, rel_entr, softmax, xlogy


def _masked(p: Any, q: Any) -> Any:
    keep = (p > 1e-8) & (q > 1e-8)
    return rel_entr(p[keep], q[keep]).sum()


# Each takes two arrays of probabilities and is meant to be the KL divergence of q from p, in nats. None is.
SLIPS: dict[str, Callable[[Any, Any], Any]] = {
    "swapped": lambda p, q: rel_entr(q, p).sum(),
    "in bits": lambda p, q: rel_entr(p, q).sum() / log(2),
    "mean": lambda p, q: rel_entr(p, q).mean(),
    "absolute values": lambda p, q: abs(rel_entr(p, q)).sum(),
    "masked": _masked,
    "epsilon": lambda p, q: np.sum(p * np.log((p + 1e-10) / (q + 1e-10))),
    "clipped": lambda p, q: rel_entr(np.clip(p, 1e-7, 1), np.clip(q, 1e-7, 1)).sum(),
    "two entropies": lambda p, q: entr(q).sum() - entr(p).sum(),
    "square root": lambda p, q: np.sqrt(rel_entr(p, q).sum()),
    "no logarithm": lambda p, q: np.sum(p * p / q),
    "no weights": lambda p, q: np.sum(np.log(p / q)),
    "wrong weights": lambda p, q: np.sum(q * np.log(p / q)),
    "not log-space": lambda p, q: np.sum(xlogy(p, p) - p * q),
    "cross-entropy": lambda p, q: -xlogy(p, q).sum(),
    "percent": lambda p, q: rel_entr(100 * p, 100 * q).sum(),
    "softmax again": lambda p, q: rel_entr(softmax(p), softmax(q)).sum(),
}

# The pair on which all of them show: each gives another number, none of them the right one, 1.7980.
P, Q = np.array([0.5, 0.3, 0.1, 0.1]), np.array([0.4, 0.4, 0.2, 1e-9])


def test_on_the_pair_of_the_clinic_every_slip_has_a_number_of_its_own() -> None:
    numbers = {"right": rel_entr(P, Q).sum(), **{name: f(P, Q) for name, f in SLIPS.items()}}
    assert len({f"{number:.4f}" for number in numbers.values()}) == len(SLIPS) + 1 == 17


RIGHT: dict[str, list[Any]] = {}
WRONG: dict[str, list[tuple[Any, str]]] = {}
ORDERS: dict[str, int] = {}
