"""Answers that readers give: for every check of a function right ones, and wrong ones with what the check must say."""

from collections.abc import Callable
from math import inf, log, log2, sqrt
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_softmax, rel_entr, softmax, xlogy

Answer = Callable[..., Any]
SUM = "what is asked for is their sum"
MEAN = "divided by the number of outcomes"


def entropy_by_loop(p: Any) -> float:
    return sum(-pi * log2(pi) for pi in p if pi > 0)


def kl_by_loop(p: Any, q: Any) -> float:
    total = 0.0
    for pi, qi in zip(p, q, strict=True):
        if pi > 0 and qi == 0:
            return inf
        if pi > 0:
            total += pi * log(pi / qi)
    return total


def huffman_by_hand(p: Any) -> list[int]:
    nodes = [(pi, [k]) for k, pi in enumerate(p)]
    lengths = [0] * len(nodes)
    while len(nodes) > 1:
        nodes.sort(key=lambda node: node[0])
        (a, below_a), (b, below_b), *nodes = nodes
        for k in below_a + below_b:
            lengths[k] += 1
        nodes.append((a + b, below_a + below_b))
    return lengths


def bisected(rises: Callable[[float], float], wanted: float, low: float = 1e-4, high: float = 1e4) -> float:
    for _ in range(200):
        middle = sqrt(low * high)
        low, high = (middle, high) if rises(middle) < wanted else (low, middle)
    return middle


def boltzmann(e: Any, t: float) -> Any:
    w = np.exp(-(e - np.min(e)) / t)
    return w / w.sum()


def careful(p: Any, q: Any) -> float:
    for x in (p, q):
        if min(x) < 0 or abs(sum(x) - 1) > 1e-9:
            raise ValueError("no distribution")
    return kl_by_loop(p, q)


def near(p: Any, q: Any) -> float:
    d = (q - p) / p
    return float(np.sum(p * (d - np.log1p(d))))


def product(joint: Any) -> Any:
    return np.outer(joint.sum(axis=1), joint.sum(axis=0))


def bits_of(p: Any) -> float:
    return float(-np.sum(xlogy(p, p)) / log(2))


def per_picture(labels: Any, q: Any) -> Any:
    return -np.log(q[np.arange(len(labels)), labels])


RIGHT: dict[str, list[Answer]] = {
    "entropy": [entropy_by_loop, bits_of, lambda p: -np.log2(p[p > 0]) @ p[p > 0]],
    "perplexity": [lambda p: 2 ** entropy_by_loop(p), lambda p: np.prod(p ** (-p))],
    "huffman_lengths": [huffman_by_hand],
    "cross_entropy": [
        lambda p, q: -np.sum(xlogy(p, q)),
        lambda p, q: sum(-a * log(b) if b else inf for a, b in zip(p, q, strict=True) if a > 0),
    ],
    "log_loss": [
        lambda labels, q: np.mean(per_picture(labels, q)),
        lambda labels, q: sum(-np.log(row[k]) for k, row in zip(labels, q, strict=True)) / len(q),
    ],
    "cross_entropy_from_logits": [lambda z, k: -log_softmax(z)[k], lambda z, k: log(sum(np.exp(z - z[k])))],
    "softmax_gradient": [lambda z, p: softmax(z) - p, lambda z, p: (softmax(z) - p).tolist()],
    "kl_divergence": [kl_by_loop, lambda p, q: rel_entr(p, q).sum()],
    "gaussian_kl": [lambda m, s, n, t: log(t / s) + (s * s + (m - n) ** 2) / (2 * t * t) - 0.5],
    "nearest_model": [
        lambda counts, models: min(
            range(len(models)),
            key=lambda k: -sum(c * log(m) if m else -inf for c, m in zip(counts, models[k], strict=True) if c),
        )
    ],
    "gibbs_terms": [lambda p, q: [kl_by_loop([a], [b]) - a + b for a, b in zip(p, q, strict=True)]],
    "total_variation": [lambda p, q: np.abs(p - q).sum() / 2, lambda p, q: np.maximum(p - q, 0).sum()],
    "average_nll": [lambda c, q: -np.sum(xlogy(c, q)) / c.sum()],
    "gaussian_fit": [
        lambda x: (x.mean(), x.std()),
        lambda x: np.array([np.mean(x), sqrt(np.mean(x * x) - np.mean(x) ** 2)]),
    ],
    "laplace_smoothing": [lambda c: (c + 1) / (c + 1).sum()],
    "truncated_poisson": [
        lambda mean: bisected(lambda rate: rate / (1 - np.exp(-rate)), mean),
        lambda mean: brentq(lambda rate: rate / (1 - np.exp(-rate)) - mean, 1e-9, 100),
    ],
    "mutual_information": [
        lambda j: bits_of(j.sum(axis=0)) + bits_of(j.sum(axis=1)) - bits_of(j),
        lambda j: rel_entr(j, product(j)).sum() / log(2),
    ],
    "conditional_entropy": [lambda j: bits_of(j) - bits_of(j.sum(axis=1))],
    "boltzmann_distribution": [boltzmann, lambda e, t: softmax(-e / t)],
    "variational_free_energy": [lambda q, e, t: q @ e + t * np.sum(xlogy(q, q))],
    "temperature": [lambda e, mean: bisected(lambda t: boltzmann(e, t) @ e, mean)],
    "kl_from_logs": [lambda a, b: kl_by_loop(np.exp(a), np.exp(b))],
    "batch_kl": [lambda p, q: rel_entr(p, q).sum(axis=-1).mean()],
    "careful_kl": [careful],
    "near_kl": [near],
}

WRONG: dict[str, list[tuple[Answer, str]]] = {
    "entropy": [
        (lambda p: -np.sum(xlogy(p, p)), "That is in nats; the question asked for bits."),
        (lambda p: -sum(a * log(a) for a in p if a) / log(10), "That is in hartleys"),
        (lambda p: sum(a * log2(a) for a in p if a), "a minus missing"),
        (lambda p: -np.sum(np.log2(p)), "weighted with its probability"),
        (lambda p: -np.mean(p * np.log2(p)), MEAN),
        (lambda p: -p * np.log2(p), SUM),
        (lambda p: -np.log2(p), "the entropy is their mean"),
        (lambda p: -np.sum(p * np.log2(p)), "0 · log 0 is nan"),
        (lambda p: -np.sum(p * np.log2(p + 1e-6)), "A small number, 1e-06,"),
        (lambda p: log2(len(p)), "entropy of a uniform distribution"),
    ],
    "perplexity": [
        (lambda p: 2 ** -np.sum(xlogy(p, p)), "Here it meets nats"),
        (lambda p: np.exp(bits_of(p)), "Here it meets bits"),
        (bits_of, "That is the entropy in bits"),
        (lambda p: 2 ** -bits_of(p), "one over the perplexity"),
        (lambda p: 2 ** -np.sum(p * np.log2(p)), "0 · log 0 is nan"),
    ],
    "huffman_lengths": [
        (lambda p: np.ceil(-np.log2(p)), "rounded up: Shannon's code"),
        (lambda p: np.round(-np.log2(p)), "Kraft's sum may exceed 1"),
        (lambda p: [int(np.ceil(log2(len(p))))] * len(p), "Every word is equally long"),
        (lambda p: sorted(huffman_by_hand(p)), "order of p"),
        (lambda p: [n + 1 for n in huffman_by_hand(p)], "one too many"),
        (lambda p: -np.log2(p), "whole"),
    ],
    "cross_entropy": [
        (lambda p, q: -np.sum(xlogy(q, p)), "arguments swapped"),
        (kl_by_loop, "That is the KL divergence"),
        (lambda p, q: bits_of(p) * log(2), "That is the entropy of P"),
        (lambda p, q: -np.sum(xlogy(p, q)) / log(2), "That is in bits"),
        (lambda p, q: np.sum(xlogy(p, q)), "a minus missing"),
        (lambda p, q: np.mean(-xlogy(p, q)), MEAN),
        (lambda p, q: -np.sum(p * np.log(q + 1e-9)), "A small number, 1e-09,"),
        (lambda p, q: -np.sum(p * np.log(q) + (1 - p) * np.log(1 - q)), "binary"),
        (
            lambda p, q: -np.sum(xlogy(q, p)) / log(2),
            "arguments swapped: p counts how often a price is paid, q sets the prices. And: that is in bits",
        ),
    ],
    "log_loss": [
        (lambda labels, q: per_picture(labels, q).sum(), "the mean is asked for"),
        (lambda labels, q: per_picture(labels, q).sum() / q.size, "number of all entries"),
        (per_picture, "losses of the single pictures"),
        (lambda labels, q: np.mean(-np.log(q.max(axis=1))), "thinks most probable"),
        (lambda labels, q: -np.log(np.mean(np.exp(-per_picture(labels, q)))), "inside the logarithm"),
        (lambda labels, q: per_picture(labels, q).mean() / log(2), "That is in bits"),
        (lambda labels, q: np.mean(per_picture(labels - 1, q)), "counted from 1"),
    ],
    "cross_entropy_from_logits": [
        (lambda z, k: -log_softmax(softmax(z))[k], "applied twice"),
        (lambda z, k: -z[k], "minus the logit itself"),
        (lambda z, k: softmax(z)[k], "its logarithm is missing"),
        (lambda z, k: -log_softmax(z).sum(), "only the true one counts"),
        (lambda z, k: -log_softmax(z)[k] / log(2), "That is in bits"),
    ],
    "softmax_gradient": [
        (lambda z, p: p - softmax(z), "The sign is wrong"),
        (lambda z, p: softmax(z), "That is q."),
        (lambda z, p: z - p, "the softmax is missing"),
        (lambda z, p: -p / softmax(z), "chain rule"),
        (lambda z, p: np.exp(z) / np.exp(z).sum() - p, "exp overflows"),
    ],
    "kl_divergence": [
        (lambda p, q: kl_by_loop(q, p), "the other way round"),
        (lambda p, q: kl_by_loop(p, q) / log(2), "That is in bits"),
        (lambda p, q: -kl_by_loop(p, q), "a minus missing"),
        (lambda p, q: -np.sum(xlogy(p, q)), "That is the cross-entropy"),
        (lambda p, q: np.sum(xlogy(q, q)) * -1 + np.sum(xlogy(p, p)), "entropy of Q minus the entropy of P"),
        (lambda p, q: np.sum(p * np.log(p / q)), "0 · log 0 is nan"),
        (lambda p, q: np.sum(p * np.log((p + 1e-10) / (q + 1e-10))), "A small number, 1e-10,"),
        (lambda p, q: np.sum(xlogy(p, p / (q + 1e-12))), "A small number, 1e-12,"),
        (lambda p, q: np.sum(xlogy(p, np.maximum(p, 1e-12) / np.maximum(q, 1e-12))), "A small number, 1e-12,"),
        (lambda p, q: rel_entr(p, q).mean(), MEAN),
        (lambda p, q: np.abs(rel_entr(p, q)).sum(), "Every term is made positive"),
        (lambda p, q: np.sum(p * p / q), "The logarithm is missing"),
        (lambda p, q: rel_entr(p, q)[q > 0].sum(), "leaves out the outcomes that Q excludes"),
        (lambda p, q: kl_by_loop(q, p) / log(2), "And: that is in bits"),
        (rel_entr, SUM),
    ],
    "gaussian_kl": [
        (lambda m, s, n, t: RIGHT["gaussian_kl"][0](n, t, m, s), "the other way round"),
        (lambda m, s, n, t: RIGHT["gaussian_kl"][0](m, sqrt(s), n, sqrt(t)), "taken for variances"),
        (lambda m, s, n, t: log(t / s) + (s * s + (m - n) ** 2) / (2 * t * t), "Half is not subtracted"),
        (lambda m, s, n, t: log(s / t) + (s * s + (m - n) ** 2) / (2 * t * t) - 0.5, "upside down"),
        (lambda m, s, n, t: (s * s + (m - n) ** 2) / (2 * t * t) - 0.5, "logarithm of the two widths is missing"),
        (lambda m, s, n, t: RIGHT["gaussian_kl"][0](m, s, n, t) / log(2), "That is in bits"),
    ],
    "nearest_model": [
        (lambda c, m: int(np.argmin(rel_entr(m, c / c.sum()).sum(axis=1))), "the other way round"),
        (lambda c, m: int(np.argmax(rel_entr(c / c.sum(), m).sum(axis=1))), "farthest"),
        (lambda c, m: int(np.argmin(((c / c.sum() - m) ** 2).sum(axis=1))), "squared differences"),
        (lambda c, m: int(np.argmin(rel_entr(c / c.sum(), m).sum(axis=1))) + 1, "counted from 1"),
        (lambda c, m: rel_entr(c / c.sum(), m).sum(axis=1).min(), "not the index"),
    ],
    "gibbs_terms": [
        (lambda p, q: xlogy(p, p / q), "add q - p to each term"),
        (lambda p, q: rel_entr(p, q) + p - q, "not p - q"),
        (lambda p, q: (rel_entr(p, q) - p + q).sum(), "That is the sum"),
        (lambda p, q: p * np.log(p / q) - p + q, "0 · log 0 is nan"),
        (lambda p, q: np.where(p > 0, rel_entr(p, q) - p + q, 0), "is still q"),
        (lambda p, q: rel_entr(p / sum(p), q / sum(q)) - p / sum(p) + q / sum(q), "divides by the sums"),
    ],
    "total_variation": [
        (lambda p, q: np.abs(p - q).sum(), "twice the distance"),
        (lambda p, q: np.abs(p - q).max(), "largest difference"),
        (lambda p, q: np.linalg.norm(p - q), "Euclidean"),
        (lambda p, q: np.sum(p - q) / 2, "the differences cancel"),
        (lambda p, q: np.abs(p - q).mean(), "mean of the differences"),
    ],
    "average_nll": [
        (lambda c, q: -np.sum(xlogy(c, q)), "sum over all observations"),
        (lambda c, q: np.mean(-xlogy(c, q)), "divided by the number of categories"),
        (lambda c, q: -np.mean(np.log(q)), "Each category counts once"),
        (lambda c, q: kl_by_loop(c / c.sum(), q), "That is the KL divergence"),
        (lambda c, q: np.sum(xlogy(c, q)) / c.sum(), "a minus missing"),
        (lambda c, q: -np.sum(xlogy(c, q)) / c.sum() / log(2), "That is in bits"),
    ],
    "gaussian_fit": [
        (lambda x: (np.mean(x), np.std(x, ddof=1)), "n - 1"),
        (lambda x: (np.mean(x), np.var(x)), "the variance"),
        (lambda x: (np.std(x), np.mean(x)), "wrong order"),
        (lambda x: (np.mean(x), np.mean(np.abs(x - x.mean()))), "mean distance from the mean"),
        (lambda x: (np.mean(x), sqrt(np.sum((x - x.mean()) ** 2))), "divided by n"),
    ],
    "laplace_smoothing": [
        (lambda c: (c + 1) / c.sum(), "sum to more than one"),
        (lambda c: (c + 1) / (c.sum() + 1), "must grow by k"),
        (lambda c: c / c.sum(), "Nothing is added"),
        (lambda c: np.maximum(c, 1) / np.maximum(c, 1).sum(), "Only the empty counts"),
    ],
    "truncated_poisson": [
        (lambda mean: mean, "That is the mean itself"),
        (lambda mean: mean / (1 - np.exp(-mean)), "from left to right"),
        (lambda mean: mean - 1, "minus one"),
        (lambda mean: bisected(lambda rate: -rate, -mean, 1e-15, 1), "Which half"),
    ],
    "mutual_information": [
        (lambda j: rel_entr(j, product(j)).sum(), "That is in nats"),
        (lambda j: rel_entr(product(j), j).sum() / log(2), "the other way round"),
        (bits_of, "That is the joint entropy"),
        (lambda j: bits_of(j.sum(axis=0)) + bits_of(j.sum(axis=1)), "subtract the joint entropy"),
        (lambda j: bits_of(j) - bits_of(j.sum(axis=1)), "That is H(Y|X), what is left"),
        (lambda j: np.sum(j * np.log2(j / product(j))), "0 · log 0 is nan"),
        (lambda j: np.sum(j * np.log2((j + 1e-8) / (product(j) + 1e-8))), "A small number, 1e-08,"),
    ],
    "conditional_entropy": [
        (lambda j: bits_of(j) - bits_of(j.sum(axis=0)), "That is H(X|Y)"),
        (lambda j: np.mean([bits_of(row / row.sum()) for row in j if row.any()]), "weight them with p(x)"),
        (bits_of, "That is the joint entropy"),
        (lambda j: rel_entr(j, product(j)).sum() / log(2), "That is the mutual information"),
        (lambda j: (bits_of(j) - bits_of(j.sum(axis=1))) * log(2), "That is in nats"),
    ],
    "boltzmann_distribution": [
        (lambda e, t: softmax(e / t), "The sign in the exponent"),
        (lambda e, t: np.exp(-e / t), "not divided by their sum"),
        (lambda e, t: softmax(-e * t), "divide by it"),
        (lambda e, t: softmax(-e), "The temperature does not enter"),
        (lambda e, t: np.exp(-e / t) / np.exp(-e / t).sum(), "Subtract the lowest energy"),
    ],
    "variational_free_energy": [
        (lambda q, e, t: q @ e - t * bits_of(q), "The entropy is in bits"),
        (lambda q, e, t: q @ e - t * np.sum(xlogy(q, q)), "must be subtracted"),
        (lambda q, e, t: q @ e + np.sum(xlogy(q, q)), "not multiplied by the temperature"),
        (lambda q, e, t: q @ e, "That is the mean energy"),
        (lambda q, e, t: q @ e + t * q @ np.log(q), "0 · log 0 is nan"),
    ],
    "temperature": [
        (lambda e, mean: 1 / bisected(lambda t: boltzmann(e, t) @ e, mean), "That is 1/T"),
        (lambda e, mean: log(bisected(lambda t: boltzmann(e, t) @ e, mean)), "logarithm of the temperature"),
        (lambda e, mean: mean, "That is the mean energy."),
        (lambda e, mean: boltzmann(e, mean) @ e, "find the temperature"),
    ],
    "kl_from_logs": [
        (lambda a, b: kl_by_loop(np.exp(b), np.exp(a)), "the other way round"),
        (lambda a, b: np.sum(a - b), "weights are missing"),
        (lambda a, b: np.sum(a * (a - b)), "weights are log_p itself"),
        (lambda a, b: np.mean(np.exp(a) * (a - b)), MEAN),
        (lambda a, b: np.sum(np.exp(a) * (a - b)), "0 times -inf is nan"),
        (lambda a, b: -np.sum(np.exp(a) * b), "cross-entropy"),
    ],
    "batch_kl": [
        (lambda p, q: rel_entr(p, q).mean(), "the mean over all elements"),
        (lambda p, q: rel_entr(p, q).sum(), "sum over the rows"),
        (lambda p, q: rel_entr(q, p).sum(axis=1).mean(), "the other way round"),
        (lambda p, q: rel_entr(p, q).sum(axis=1), "divergences of the rows"),
        (lambda p, q: rel_entr(p, q).sum(axis=0).mean(), "columns are added"),
    ],
    "careful_kl": [
        (lambda p, q: kl_by_loop(p / p.sum(), q / q.sum()), "divides by the sums, silently"),
        (kl_by_loop, "computes a number from what is no distribution"),
        (lambda p, q: careful(q, p), "the other way round"),
        (lambda p, q: careful(p, q) / log(2), "That is in bits"),
        (lambda p, q: careful(np.maximum(p, 0) / np.maximum(p, 0).sum(), q), "no distribution"),
    ],
    "near_kl": [
        (lambda p, q: np.sum(p * np.log(p / q)), "The digits cancel"),
        (lambda p, q: abs(np.sum(p * np.log(p / q))), "The digits cancel"),
        (lambda p, q: near(q, p), "the other way round"),
        (lambda p, q: near(p, q) / log(2), "That is in bits"),
        (lambda p, q: np.mean(p * np.log(p / q)), MEAN),
    ],
}
