import functools
import itertools
from collections.abc import Callable
from fractions import Fraction
from math import log, log2
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import xlogy

import klnotes
from klnotes.explorables.entropy import Entropy
from tests.chapters.answers import MEAN, SUM, bits_of
from tests.explored import Explored
from tests.strategies import distributions, joints, pairs

# An entropy of at most log(8) is a sum of eight terms, each rounded at its own size: at most 1e-15 in all.
ROUNDING = 1e-14


def first_words(lengths: list[int]) -> list[str] | None:
    """The construction in the proof, by brute force: in order of length, the first word that no earlier word begins."""
    words: list[str] = []
    for n in sorted(lengths):
        every = ("".join(signs) for signs in itertools.product("01", repeat=n))
        free = next((word for word in every if not any(word.startswith(w) for w in words)), None)
        if free is None:
            return None
        words.append(free)
    return words


@pytest.mark.theorem("thm-entropy-kraft")
@given(st.lists(st.integers(1, 5), min_size=1, max_size=8), distributions(most=8))
def test_kraft(lengths: list[int], p: np.ndarray) -> None:
    # A prefix code has a sum of at most 1 ...
    code = klnotes.huffman_code(p, range(len(p)))
    assert klnotes.kraft_sum([len(word) for word in code.values()]) <= 1
    # ... and lengths belong to a prefix code exactly when their sum is at most 1.
    assert (first_words(lengths) is not None) == (klnotes.kraft_sum(lengths) <= 1)


@pytest.mark.theorem("thm-entropy-kraft")
@given(st.lists(st.text("01", min_size=1, max_size=6), min_size=1, max_size=40, unique=True))
def test_no_prefix_code_exceeds_kraft(drawn: list[str]) -> None:
    # Any prefix code, Huffman's or not: of the words drawn, those that neither begin nor continue one kept before.
    words: list[str] = []
    for word in drawn:
        if not any(word.startswith(w) or w.startswith(word) for w in words):
            words.append(word)
    assert klnotes.kraft_sum([len(word) for word in words]) <= 1


@pytest.mark.theorem("thm-entropy-source-coding")
@given(distributions(n=4, zeros=False), st.permutations([1, 2, 3, 3]))
def test_only_lengths_that_are_surprisals_reach_the_entropy(p: np.ndarray, lengths: list[int]) -> None:
    # The excess is the divergence from the dyadic distribution of the lengths, so by Pinsker's inequality it is at
    # least 2 d**2 nats, d the largest difference of two probabilities. The bound tested is lower still.
    excess = klnotes.mean_code_length(p, lengths) - klnotes.entropy(p, unit="bits")
    off = np.abs(p - 0.5 ** np.array(lengths)).max()
    assert excess >= off**2 - ROUNDING


@pytest.mark.theorem("thm-entropy-source-coding")
@given(distributions(most=8).filter(lambda p: p.max() < 1), st.lists(st.integers(1, 6), min_size=8, max_size=8))
def test_entropy_bounds_the_mean_length(p: np.ndarray, lengths: list[int]) -> None:
    p = p[p > 0]
    bound = klnotes.entropy(p, unit="bits")
    best = klnotes.mean_code_length(p, [len(w) for w in klnotes.huffman_code(p, range(len(p))).values()])
    assert bound - ROUNDING <= best < bound + 1
    # The code of the proof, and any other code.
    rounded_up = klnotes.shannon_lengths(p)
    assert klnotes.kraft_sum(rounded_up) <= sum(map(Fraction, p.tolist()))  # 1, but for the rounding of p
    assert klnotes.mean_code_length(p, rounded_up) < bound + 1
    if klnotes.kraft_sum(lengths[: len(p)]) <= 1:
        assert klnotes.mean_code_length(p, lengths[: len(p)]) >= best - ROUNDING


@pytest.mark.theorem("thm-entropy-chain")
@given(joints())
def test_entropy_adds_in_steps(joint: np.ndarray) -> None:
    rows = [(row.sum(), row / row.sum()) for row in joint if row.sum() > 0]
    first = klnotes.entropy(joint.sum(axis=1), normalize=True)
    then = sum(weight * klnotes.entropy(row, normalize=True) for weight, row in rows)
    assert klnotes.entropy(joint.ravel(), normalize=True) == pytest.approx(first + then, abs=4 * ROUNDING)


@pytest.mark.theorem("thm-entropy-typical")
@given(distributions(most=3, zeros=False), st.integers(1, 6), st.floats(0.02, 3))
def test_typical_messages(p: np.ndarray, n: int, eps: float) -> None:
    # Every message of n letters, each with its probability.
    messages = np.array([np.prod(message) for message in itertools.product(p, repeat=n)])
    surprisal = -np.log2(p)
    h = p @ surprisal
    delta = p @ (surprisal - h) ** 2 / (n * eps**2)
    typical = np.abs(-np.log2(messages) - n * h) <= n * eps
    assert messages[typical].sum() >= 1 - delta - ROUNDING
    assert (1 - delta) * 2 ** (n * (h - eps)) * (1 - 1e-9) <= typical.sum() <= 2 ** (n * (h + eps)) * (1 + 1e-9)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=7))
def test_dyadic_codes_reach_the_entropy(splits: list[int]) -> None:
    p = [1.0]
    for split in splits:  # halve some probability: all stay powers of one half, and fill the tree
        half = p.pop(split % len(p)) / 2
        p += [half, half]
    lengths = [len(word) for word in klnotes.huffman_code(p, range(len(p))).values()]
    assert klnotes.mean_code_length(p, lengths) == klnotes.entropy(p, unit="bits")


@pytest.mark.theorem("thm-entropy-max")
@given(distributions(most=8))
def test_uniform_is_the_largest(p: np.ndarray) -> None:
    n = len(p)
    h = klnotes.entropy(p)
    assert -0.0 <= h <= np.log(n) + ROUNDING
    assert klnotes.entropy(np.full(n, 1 / n)) == pytest.approx(np.log(n), abs=ROUNDING)
    assert klnotes.entropy(np.eye(n)[0]) == 0
    # In no other case: off the uniform distribution by d, the entropy is below log n by about n d**2/2 at least.
    off = np.abs(p - 1 / n).max()
    if off > 1e-5:
        assert h < np.log(n) - off**2 / 4
    if p.max() < 1 - 1e-9:
        assert h > 1e-9


@pytest.mark.theorem("thm-entropy-concave")
@given(pairs(most=8), st.floats(0, 1))
def test_mixing_does_not_lower_entropy(pair: tuple[np.ndarray, np.ndarray], share: float) -> None:
    p, q = pair
    mixed = klnotes.entropy(share * p + (1 - share) * q)
    # What is gained is the mean divergence from the mixture: by Pinsker's inequality, strictly more than 0 if p != q.
    least = share * (1 - share) * np.abs(p - q).sum() ** 2 / 2
    assert mixed >= share * klnotes.entropy(p) + (1 - share) * klnotes.entropy(q) + least - ROUNDING


# What learners answer: right, and wrong with what the check must say.


def entropy_by_loop(p: Any) -> float:
    return sum(-pi * log2(pi) for pi in p if pi > 0)


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


def first_letters(p: Any) -> list[int]:
    lengths, nodes = [0] * len(p), [(x, k) for k, x in enumerate(p)]
    while len(nodes) > 1:
        (a, k), (b, other), *nodes = sorted(nodes)
        lengths[k] += 1
        lengths[other] += 1
        nodes.append((a + b, k))
    return lengths


def by_key(p: Any) -> list[int]:
    """Nodes in a dictionary: of two that are equally probable, one is lost."""
    lengths, nodes = [0] * len(p), {x: [k] for k, x in enumerate(p)}
    while len(nodes) > 1:
        a, b = sorted(nodes)[:2]
        below = nodes.pop(a) + nodes.pop(b)
        for k in below:
            lengths[k] += 1
        nodes[a + b] = below
    return lengths


def chain(p: Any) -> Any:
    lengths = np.zeros(len(p))
    for place, k in enumerate(np.argsort(-p), 1):
        lengths[k] = min(place, len(p) - 1)
    return lengths


def shortest_of_all(p: Any) -> Any:
    readable = (
        lengths
        for lengths in itertools.product(range(1, 7), repeat=len(p))
        if sum(2.0**-length for length in lengths) <= 1
    )
    return min(readable, key=lambda lengths: sum(pi * length for pi, length in zip(p, lengths, strict=True)))


def halved(cut: Callable[[Any, float], int], p: Any) -> Any:
    """Fano's code: from the top, each set is cut into two of about equal weight."""
    lengths = np.zeros(len(p))

    def split(letters: Any) -> None:
        if len(letters) > 1:
            lengths[letters] += 1
            sums = np.cumsum(p[letters])
            k = min(max(cut(sums, sums[-1] / 2), 1), len(letters) - 1)
            split(letters[:k])
            split(letters[k:])

    split(np.argsort(-p, kind="stable"))
    return lengths


def nearest(sums: Any, half: float) -> int:
    return int(np.argmin(np.abs(sums - half))) + 1


def at_most(sums: Any, half: float) -> int:
    return int(np.sum(sums <= half))


def at_least(sums: Any, half: float) -> int:
    return int(np.sum(sums < half)) + 1


def overwriting_entropy(p: Any) -> float:
    p[p == 0] = 1
    p *= np.log2(p)
    return -sum(p)


def first_only(p: Any) -> float:
    for pi in p:
        return -pi * log2(pi)
    return 0.0


RIGHT: dict[str, list[Any]] = {
    "entropy": [entropy_by_loop, bits_of, lambda p: -np.log2(p[p > 0]) @ p[p > 0]],
    "perplexity": [lambda p: 2 ** entropy_by_loop(p), lambda p: np.prod(p ** (-p))],
    "huffman_lengths": [huffman_by_hand, shortest_of_all],
}

NOTED: dict[str, list[tuple[Any, str]]] = {
    "entropy": [
        (lambda p: -np.sum(p * np.log2(p + 1e-12)), "right to 11 digits after the point, but: a small number, 1e-12,"),
        (lambda p: -np.sum(p * np.log2(p + 1e-15)), "but: a small number, 1e-15,"),
        (lambda p: -np.sum(p * np.log2(p + np.finfo(float).eps)), "but: a small number, 2.22e-16,"),
        (lambda p: -sum(pi * log2(pi + 1e-13) for pi in p), "but: a small number, 1e-13,"),
        (lambda p: bits_of(np.clip(p, 1e-15, 1)), "but: a small number, 1e-15,"),
        (lambda p: bits_of((p + 1e-14) / (p + 1e-14).sum()), "but: a small number, 1e-14,"),
        (overwriting_entropy, "overwrites its argument p"),
    ],
    "perplexity": [(lambda p: 2 ** -np.sum(p * np.log2(p + 1e-13)), "but: a small number, 1e-13,")],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "entropy": [
        (lambda p: -np.sum(xlogy(p, p)), "That is in nats; the question asked for bits."),
        (lambda p: -sum(a * log(a) for a in p if a) / log(10), "That is in hartleys"),
        (lambda p: sum(a * log2(a) for a in p if a), "a minus missing, or one too many?"),
        (lambda p: sum(bits_of([x, 1 - x]) for x in p), "the sum of the entropies of p and 1 - p"),
        (lambda p: -np.sum(np.log2(p)), "weighted with its probability"),
        (lambda p: -np.mean(p * np.log2(p)), MEAN),
        (lambda p: -p * np.log2(p), SUM),
        (lambda p: -np.log2(p), "the entropy is their mean"),
        (lambda p: -np.sum(p * np.log2(p)), "0 · log 0 is nan"),
        (lambda p: -np.sum(p * np.log2(p + 1e-6)), "A small number, 1e-06,"),
        (lambda p: log2(len(p)), "entropy of a uniform distribution"),
        (lambda p: bits_of(np.clip(p, 1e-10, 1)), "A small number, 1e-10,"),
        (lambda p: bits_of(np.clip(p, 1e-12, 1)), "A small number, 1e-12,"),
        (lambda p: bits_of(p + 1e-9), "A small number, 1e-09,"),
        (lambda p: bits_of((p + 1e-13) / (p + 1e-13).sum()), "A small number, 1e-13,"),
        (lambda p: -sum(x * log2(x) for x in p), "what does such an outcome add?"),
        (lambda p: bits_of([p[0], 1 - p[0]]), "two outcomes, p and 1 - p"),
        (first_only, "Is the return inside the loop?"),
        (lambda p: sum(-p[k] * log2(p[k]) for k in range(1, len(p))), "range(1, n) begins with the second"),
        (lambda p: sum(-p[k] * log2(p[k]) for k in range(len(p) - 1)), "range(n - 1) ends before it"),
        (lambda p: round(entropy_by_loop(p), 3), "It is rounded to 3 digits"),
        (lambda p: int(entropy_by_loop(p)), "cut down to a whole number"),
        (lambda p: np.float32(entropy_by_loop(p)), "right to five digits"),
        (lambda p: entropy_by_loop(p) if sum(p) == 1 else np.nan, "ask whether the sum is exactly 1"),
        (lambda p: entropy_by_loop(p) if len(p) < 4 else 7 / 0, "ZeroDivisionError"),
        (lambda p: 1.5, "It gives 1.5 for every input"),
        *((lambda p, least=least: bits_of(p[p > least]), "A small probability adds") for least in (1e-2, 1e-5)),
        (lambda p: bits_of(p) / 0.0 if len(p) == 3 else 2 ** bits_of(p), "That is the perplexity"),
        (lambda p: -sum(x * log2(1 - x) for x in p if x < 1), "The logarithm is of 1 - p"),
    ],
    "perplexity": [
        (lambda p: 2 ** -np.sum(xlogy(p, p)), "Here it meets nats"),
        (lambda p: np.exp(bits_of(p)), "Here it meets bits"),
        (lambda p: round(2 ** bits_of(p)), "It is rounded to a whole number"),
        (bits_of, "That is the entropy in bits"),
        (lambda p: 2 ** -bits_of(p), "one over the perplexity"),
        (lambda p: 2 ** -np.sum(p * np.log2(p)), "0 · log 0 is nan"),
        (lambda p: 2 ** bits_of(p[p > 1e-3]), "A small probability adds"),
        (lambda p: np.exp(-np.mean(np.log(p[p > 0]))), "geometric mean"),
        (lambda p: 2 ** (bits_of(p) * log(2) ** 2), "converted the wrong way"),
        (lambda p: 2 ** (bits_of(p) * log(2)) * 6 / 2 ** log(6), "right for six outcomes only"),
    ],
    "huffman_lengths": [
        (lambda p: np.ceil(-np.log2(p)), "rounded up: Shannon's code"),
        (lambda p: np.round(-np.log2(p)), "Kraft's sum may exceed 1"),
        (lambda p: [int(np.ceil(log2(len(p))))] * len(p), "Every word is equally long"),
        (lambda p: sorted(huffman_by_hand(p)), "order of p"),
        (lambda p: [n + 1 for n in huffman_by_hand(p)], "one too many"),
        (lambda p: -np.log2(p), "whole"),
        *(
            (functools.partial(halved, cut), "by joining the two least probable nodes")
            for cut in (nearest, at_most, at_least)
        ),
        (lambda p: sorted(huffman_by_hand(p))[::-1], "longest lengths stand first"),
        (first_letters, "only the first letter's grow"),
        (lambda p: huffman_by_hand(-p), "two most probable nodes"),
        (chain, "1, 01, 001 and so on"),
        (lambda p: huffman_by_hand(p) @ p, "That is the mean length"),
        (lambda p: huffman_by_hand(np.roll(p, 1)), "the lengths stand in the order of p"),
        (by_key, "Equal probabilities are different nodes"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"maximum": 1}


# The explorable.


EXPLORED = {
    "entropy": Explored(
        make=lambda: Entropy([1 / 2, 1 / 4, 1 / 8, 1 / 8]),
        opens=["1.7500 bits"],
        wins=[("P, C", ["ArrowUp", "ArrowUp"])],
        golden=[
            ("entropy", [p], klnotes.entropy(p))
            for p in ([0.5, 0.3, 0.2], [1, 0], [0.25] * 4, [1e-300, 1.0], [1 / 3, 1 / 3, 1 / 3])
        ],
    ),
}
