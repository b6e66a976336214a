"""Checks for the exercises: they run a reader's function against klnotes, and show the smallest input where it fails.

Each check of a function takes that function as its only argument. `answer` checks a number, a choice or a construction,
`order` the steps of a proof. Every one gives a verdict, which Jupyter shows as a card and a terminal as plain text.

>>> from math import log
>>> from klnotes import check
>>> check.entropy(lambda p: -sum(x * log(x) for x in p))
✗ your function does not give the entropy in bits yet
    p = np.array([1/2, 1/2])
    your_function(p)
    # gives    0.6931
    # expected 1
  That is in nats; the question asked for bits.
"""

try:
    import hypothesis  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("klnotes.check needs hypothesis; install it with: pip install hypothesis") from error

from klnotes.check._answers import answer
from klnotes.check._information import (
    cross_entropy,
    cross_entropy_from_logits,
    entropy,
    gaussian_kl,
    gibbs_terms,
    huffman_lengths,
    kl_divergence,
    log_loss,
    nearest_model,
    perplexity,
    softmax_gradient,
    total_variation,
)
from klnotes.check._models import (
    average_nll,
    batch_kl,
    boltzmann_distribution,
    careful_kl,
    conditional_entropy,
    gaussian_fit,
    kl_from_logs,
    laplace_smoothing,
    mutual_information,
    near_kl,
    temperature,
    truncated_poisson,
    variational_free_energy,
)
from klnotes.check._proofs import order
from klnotes.check._verdict import Verdict

__all__ = [
    "Verdict",
    "answer",
    "average_nll",
    "batch_kl",
    "boltzmann_distribution",
    "careful_kl",
    "conditional_entropy",
    "cross_entropy",
    "cross_entropy_from_logits",
    "entropy",
    "gaussian_fit",
    "gaussian_kl",
    "gibbs_terms",
    "huffman_lengths",
    "kl_divergence",
    "kl_from_logs",
    "laplace_smoothing",
    "log_loss",
    "mutual_information",
    "near_kl",
    "nearest_model",
    "order",
    "perplexity",
    "softmax_gradient",
    "temperature",
    "total_variation",
    "truncated_poisson",
    "variational_free_energy",
]
