"""klnotes: Kullback-Leibler divergence and its relatives, with all their digits.

Mathematics needs NumPy and scipy.special only, and scipy.spatial for neighbors. Pictures (`klnotes.figures`) are loaded
when asked for, and pandas or Dask when a table is counted.
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
    generalized_js_divergence,
    hellinger_distance,
    jeffreys_divergence,
    js_divergence,
    kl_divergence,
    kl_terms,
    mutual_information,
    renyi_divergence,
    surprisal,
    total_variation,
)
from klnotes.estimators import entropy_from_counts, kl_from_counts, kl_from_log_ratios, kl_from_neighbors
from klnotes.exponential_families import beta_kl, dirichlet_kl, exponential_kl, gamma_kl, poisson_kl
from klnotes.f_divergences import f_divergence
from klnotes.gaussian import (
    gaussian_entropy,
    gaussian_kl,
    gaussian_mutual_information,
    gaussian_wasserstein,
    multivariate_gaussian_kl,
    multivariate_gaussian_wasserstein,
)
from klnotes.identification import identify
from klnotes.logits import kl_from_logits
from klnotes.mixtures import (
    forward_normal_fit,
    kl_from_mixture,
    kl_to_mixture,
    mixture_log_density,
    reverse_normal_fits,
)
from klnotes.pairwise import pairwise_kl
from klnotes.smoothing import additive_smoothing
from klnotes.tables import bin_counts, drift, quantile_bins

__all__ = [
    "additive_smoothing",
    "bernoulli_kl",
    "beta_kl",
    "bin_counts",
    "boltzmann_distribution",
    "chi2_divergence",
    "cross_entropy",
    "decode",
    "dirichlet_kl",
    "drift",
    "encode",
    "entropy",
    "entropy_from_counts",
    "exponential_kl",
    "f_divergence",
    "forward_normal_fit",
    "free_energy",
    "gamma_kl",
    "gaussian_entropy",
    "gaussian_kl",
    "gaussian_mutual_information",
    "gaussian_wasserstein",
    "generalized_js_divergence",
    "heat_capacity",
    "hellinger_distance",
    "huffman_code",
    "identify",
    "jeffreys_divergence",
    "js_divergence",
    "kl_divergence",
    "kl_from_counts",
    "kl_from_log_ratios",
    "kl_from_logits",
    "kl_from_mixture",
    "kl_from_neighbors",
    "kl_terms",
    "kl_to_mixture",
    "kraft_sum",
    "mean_code_length",
    "mean_energy",
    "mixture_log_density",
    "multivariate_gaussian_kl",
    "multivariate_gaussian_wasserstein",
    "mutual_information",
    "pairwise_kl",
    "poisson_kl",
    "quantile_bins",
    "renyi_divergence",
    "reverse_normal_fits",
    "shannon_lengths",
    "surprisal",
    "total_variation",
    "variational_free_energy",
]

__version__ = "0.1.0"
