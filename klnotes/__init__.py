"""klnotes: Kullback-Leibler divergence and its relatives, with all their digits.

Mathematics needs NumPy and scipy.special only. Pictures (`klnotes.figures`) are loaded when asked for.
"""

from klnotes.boltzmann import (
    boltzmann_distribution,
    free_energy,
    heat_capacity,
    mean_energy,
    variational_free_energy,
)
from klnotes.coding import decode, encode, huffman_code, kraft_sum, mean_code_length, shannon_lengths
from klnotes.discrete import (
    bernoulli_kl,
    chi2_divergence,
    cross_entropy,
    entropy,
    hellinger_distance,
    js_divergence,
    kl_divergence,
    kl_terms,
    mutual_information,
    renyi_divergence,
    surprisal,
    total_variation,
)
from klnotes.gaussian import (
    gaussian_entropy,
    gaussian_kl,
    gaussian_mutual_information,
    gaussian_wasserstein,
    multivariate_gaussian_kl,
    multivariate_gaussian_wasserstein,
)
from klnotes.logits import kl_from_logits
from klnotes.pairwise import pairwise_kl

__all__ = [
    "bernoulli_kl",
    "boltzmann_distribution",
    "chi2_divergence",
    "cross_entropy",
    "decode",
    "encode",
    "entropy",
    "free_energy",
    "gaussian_entropy",
    "gaussian_kl",
    "gaussian_mutual_information",
    "gaussian_wasserstein",
    "heat_capacity",
    "hellinger_distance",
    "huffman_code",
    "js_divergence",
    "kl_divergence",
    "kl_from_logits",
    "kl_terms",
    "kraft_sum",
    "mean_code_length",
    "mean_energy",
    "multivariate_gaussian_kl",
    "multivariate_gaussian_wasserstein",
    "mutual_information",
    "pairwise_kl",
    "renyi_divergence",
    "shannon_lengths",
    "surprisal",
    "total_variation",
    "variational_free_energy",
]

__version__ = "0.1.0"
