"""The task of writing a KL divergence, which the exercises of more than one chapter set."""

from typing import Any

import numpy as np
from scipy.special import xlogy

import klnotes
from klnotes.check._engine.hints import (
    CROSS_ENTROPY,
    DROPPED,
    DROPPED_GAINS,
    MEAN,
    NO_LOG,
    OTHER_WAY,
    POSITIVE,
    SUM_MISSING,
    WEIGHTS,
    ZERO_TIMES_LOG,
    loops,
)
from klnotes.check._engine.inputs import TWO, TWO_RARE
from klnotes.check._engine.search import Check


def _naive_kl(p: Any, q: Any) -> Any:
    return np.sum(p * np.log(p / q))


kl_divergence = Check(
    name="kl_divergence",
    what="the KL divergence of Q from P in nats",
    names=["p", "q"],
    truth=klnotes.kl_divergence,
    stages=[*TWO, TWO_RARE],
    unit="nats",
    slips={
        OTHER_WAY + " P is the reference: the weights are p, and p is on top of the ratio.": lambda p, q: (
            klnotes.kl_divergence(q, p)
        ),
        WEIGHTS: lambda p, q: -klnotes.kl_divergence(q, p),
        CROSS_ENTROPY: klnotes.cross_entropy,
        "That is the entropy of Q minus the entropy of P; it is the cross-entropy from which H(P) is subtracted.": (
            lambda p, q: klnotes.entropy(q) - klnotes.entropy(p)
        ),
        POSITIVE: lambda p, q: np.abs(klnotes.kl_terms(p, q)).sum(),
        DROPPED_GAINS: lambda p, q: np.maximum(klnotes.kl_terms(p, q), 0).sum(),
        NO_LOG: lambda p, q: np.sum(p * p / q),
        "That is chi squared.": lambda p, q: np.sum((p - q) ** 2 / q),
        "That is the root of half of the divergence, Pinsker's bound on the total variation distance.": lambda p, q: (
            np.sqrt(klnotes.kl_divergence(p, q) / 2)
        ),
        MEAN: lambda p, q: klnotes.kl_divergence(p, q) / len(p),
        SUM_MISSING: klnotes.kl_terms,
        "The logarithms are added without weights; weight each with p.": lambda p, q: np.sum(np.log(p / q)),
        "The logarithms are averaged as if all outcomes were equally common; weight them with p.": lambda p, q: np.log(
            p / q
        ).mean(),
        "Both directions are added. That is Jeffreys' divergence.": lambda p, q: (
            klnotes.kl_divergence(p, q) + klnotes.kl_divergence(q, p)
        ),
        "That is the mean of both directions.": lambda p, q: (
            (klnotes.kl_divergence(p, q) + klnotes.kl_divergence(q, p)) / 2
        ),
        "That is the divergence from the mean of P and Q, half of the Jensen-Shannon divergence.": lambda p, q: (
            klnotes.kl_divergence(p, (p + q) / 2)
        ),
        "That is the Jensen-Shannon divergence.": klnotes.js_divergence,
        "That is the largest term; all terms must be added.": lambda p, q: klnotes.kl_terms(p, q).max(),
        "The mean is taken inside the logarithm. Take the logarithm of each ratio first.": lambda p, q: np.log(
            np.sum(p * p / q)
        ),
        "That is the total variation distance.": klnotes.total_variation,
        "The terms are squared. They must stay in the sum as they are.": lambda p, q: np.sum(
            klnotes.kl_terms(p, q) ** 2
        ),
        "That is the root of the sum of the squared terms. They must be added as they are.": lambda p, q: np.sqrt(
            np.sum(klnotes.kl_terms(p, q) ** 2)
        ),
        "These are the terms p log(p/q) - p + q; what is asked for is their sum.": lambda p, q: (
            klnotes.kl_terms(p, q) - p + q
        ),
        "That is the entropy of P. Where does q enter?": lambda p, q: klnotes.entropy(p),
        ZERO_TIMES_LOG: _naive_kl,
        DROPPED: lambda p, q: np.sum(klnotes.kl_terms(p, q)[q > 0]),
        **loops(klnotes.kl_terms),
    },
    guards=[
        lambda put_in, p, q: np.sum(xlogy(p, p / put_in(q))),
        lambda put_in, p, q: np.sum(p * np.log(put_in(p / q))),
        lambda put_in, p, q: np.sum(p * np.log(put_in(p) / put_in(q))),
        lambda put_in, p, q: _naive_kl(put_in(p), put_in(q)),
    ],
)
