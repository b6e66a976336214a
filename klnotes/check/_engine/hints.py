"""Sentences that several chapters use, each in its one wording."""

from collections.abc import Callable
from typing import Any

from klnotes._validate import LOG_OF_BASE

SUM_MISSING = "These are the shares of the single outcomes; what is asked for is their sum."
UNWEIGHTED = "The surprisals are averaged as if all outcomes were equally common; weight them with p."
MEAN = "That is divided by the number of outcomes. The weights already sum to one: add up, do not take the mean."
POSITIVE = "Every term is made positive. The terms may be negative, and they must stay in the sum with their signs."
DROPPED_GAINS = "The negative terms are dropped. They are real gains, and must stay in the sum."
NO_LOG = "The logarithm is missing."
ZERO_TIMES_LOG = "0 · log 0 is nan for the computer. By the convention, an outcome with p = 0 adds nothing."
DROPPED = "It leaves out the outcomes that Q excludes. If P allows one of them, the value is inf."
OTHER_WAY = "That is the divergence the other way round, KL(Q‖P)."
WEIGHTS = "The weights are q. The mean is taken over what really happens, and that is P."
CROSS_ENTROPY = "That is the cross-entropy; subtract the entropy of P."
SIGN = "The sign is wrong: is a minus missing, or one too many?"


def in_other_units(asked: str) -> dict[str, float]:
    """For each unit but the one asked for its hint, and what the right value is multiplied by; none without a unit."""
    return {
        f"That is in {unit}; the question asked for {asked}.": LOG_OF_BASE[asked] / base
        for unit, base in LOG_OF_BASE.items()
        if asked and unit != asked
    }


def loops(terms: Callable[..., Any], what: str = "outcome") -> dict[str, Callable[..., Any]]:
    """What a loop over an array of terms gives if it ends too early or begins too late."""
    return {
        f"It stops after the first {what}. Is the return inside the loop?": lambda *given: terms(*given)[0],
        f"It adds the first two {what}s only.": lambda *given: terms(*given)[:2].sum(),
        f"The first {what} is left out: range(1, n) begins with the second.": lambda *given: terms(*given)[1:].sum(),
        f"The last {what} is left out: range(n - 1) ends before it.": lambda *given: terms(*given)[:-1].sum(),
    }
