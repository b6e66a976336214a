"""The tasks of the exercises on entropy."""

import functools
import heapq
import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.special import xlogy

import klnotes
from klnotes.check._engine.answers import Choice, Number, shares
from klnotes.check._engine.hints import MEAN, NO_LOG, SUM_MISSING, UNWEIGHTED, ZERO_TIMES_LOG, loops
from klnotes.check._engine.inputs import ONE, ONE_RARE, distributions
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["entropy", "finnish", "huffman_lengths", "maximum", "perplexity", "questions", "race"]

_RACE = [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 64, 1 / 64, 1 / 64, 1 / 64]

race = Number(
    "race",
    lambda: klnotes.entropy(_RACE, unit="bits"),
    "bits",
    {
        "That is what eight equal words cost. The favorite deserves a shorter word.": lambda: math.log2(8),
        "The words are averaged as if all horses won equally often. Weight each length with its probability.": lambda: (
            float(np.mean(klnotes.surprisal(_RACE, unit="bits")))
        ),
        MEAN: lambda: klnotes.entropy(_RACE, unit="bits") / len(_RACE),
        "The last four horses are counted as one. Add up all eight.": lambda: float(
            np.dot(_RACE[:5], klnotes.surprisal(_RACE, unit="bits")[:5])
        ),
    },
)

entropy = Check(
    name="entropy",
    what="the entropy in bits",
    names=["p"],
    truth=lambda p: klnotes.entropy(p, unit="bits"),
    stages=[*ONE, ONE_RARE],
    unit="bits",
    slips={
        SUM_MISSING: lambda p: klnotes.surprisal(p, unit="bits") * p,
        "That is the sum of the entropies of p and 1 - p, over all outcomes.": lambda p: sum(
            klnotes.entropy([x, 1 - x], unit="bits") for x in p
        ),
        "These are the surprisals; the entropy is their mean, weighted with p.": lambda p: -np.log2(p),
        "Each surprisal must be weighted with its probability before it is added.": lambda p: -np.log2(p).sum(),
        UNWEIGHTED: lambda p: -np.log2(p).mean(),
        MEAN: lambda p: klnotes.entropy(p, unit="bits") / len(p),
        NO_LOG: lambda p: np.sum(p * p),
        "That is the perplexity, 2 to the power of the entropy.": lambda p: 2 ** klnotes.entropy(p, unit="bits"),
        "That is the entropy of a uniform distribution. Where do the probabilities enter?": lambda p: np.log2(len(p)),
        ZERO_TIMES_LOG: lambda p: -np.sum(p * np.log2(p)),
        "That is for two outcomes, p and 1 - p. Here there may be more.": lambda p: klnotes.entropy(
            [p[0], 1 - p[0]], unit="bits"
        ),
        "That is divided by the largest entropy that so many outcomes can have.": lambda p: (
            klnotes.entropy(p, unit="bits") / np.log2(len(p))
        ),
        "That is the surprisal of the commonest outcome.": lambda p: -np.log2(p.max()),
        "The mean is taken inside the logarithm. Weight the logarithms, and then add.": lambda p: -np.log2(p @ p),
        "The logarithm is of 1 - p; it must be of p.": lambda p: -np.sum(p[p < 1] * np.log2(1 - p[p < 1])),
        "The logarithm is missing: that is the sum of p (1 - p).": lambda p: 1 - p @ p,
        **loops(lambda p: klnotes.surprisal(p, unit="bits") * p),
    },
    guards=[
        lambda put_in, p: -np.sum(p * np.log2(put_in(p))),
        lambda put_in, p: -np.sum(put_in(p) * np.log2(put_in(p))),
    ],
)

perplexity = Check(
    name="perplexity",
    what="the perplexity",
    names=["p"],
    truth=lambda p: np.exp(klnotes.entropy(p)),
    stages=[*ONE, ONE_RARE],
    slips={
        "A power of 2 needs an entropy in bits. Here it meets nats: mixed units.": lambda p: 2 ** klnotes.entropy(p),
        "A power of e needs an entropy in nats. Here it meets bits: mixed units.": lambda p: np.exp(
            klnotes.entropy(p, unit="bits")
        ),
        "That is the entropy in nats; the power is missing.": klnotes.entropy,
        "That is the entropy in bits; the power is missing.": lambda p: klnotes.entropy(p, unit="bits"),
        "That is one over the perplexity: the sign of the entropy is wrong.": lambda p: np.exp(-klnotes.entropy(p)),
        "That is the number of outcomes. Only a uniform distribution has such a perplexity.": len,
        "That is one over the largest probability. All of them must enter.": lambda p: 1 / p.max(),
        "The geometric mean is taken as if all outcomes were equally common; weight the logarithms with p.": lambda p: (
            np.exp(-np.log(p[p > 0]).mean())
        ),
        "The entropy is converted the wrong way: one in nats must be divided by ln 2 to be in bits.": lambda p: (
            2 ** (klnotes.entropy(p) * np.log(2))
        ),
        "A factor makes it right for six outcomes only. A power of 2 needs an entropy in bits.": lambda p: (
            2 ** klnotes.entropy(p) * 6 / 2 ** np.log(6)
        ),
        "That is one over the mean probability, without a logarithm.": lambda p: 1 / (p @ p),
        ZERO_TIMES_LOG: lambda p: np.exp(-np.sum(p * np.log(p))),
    },
    guards=[
        lambda put_in, p: np.exp(-np.sum(p * np.log(put_in(p)))),
        lambda put_in, p: np.exp(-np.sum(put_in(p) * np.log(put_in(p)))),
    ],
)

maximum = Proof(
    "maximum",
    {
        "B": {},
        "E": {"B": "The logarithm of 1/(n p) needs p > 0: choose the outcomes first."},
        "A": {"E": "It bounds a logarithm that must have been written down before."},
        "C": {"A": "It adds up what the bound left."},
        "D": {"C": "It needs to know that the bound is k/n - 1."},
    },
    {"F": "An outcome with p above 1/n has a negative term."},
)

_FIVE = [0.3, 0.25, 0.2, 0.15, 0.1]


def _asked() -> float:
    return klnotes.mean_code_length(_FIVE, [len(word) for word in klnotes.huffman_code(_FIVE, "ABCDE").values()])


questions = Number(
    "questions",
    _asked,
    "",
    {
        "That is the entropy. No prefix code reaches it here, as the probabilities are no powers of 1/2.": lambda: (
            klnotes.entropy(_FIVE, unit="bits")
        ),
        "Is that the mean of the lengths without weights, or one animal after the other? Weight each length with its "
        "probability, and always join the two least probable.": lambda: 12 / 5,
        "Is that Shannon's code, with the surprisals rounded up, or do the common animals have the long words? Both "
        "cost as much.": lambda: float(np.dot(_FIVE, klnotes.shannon_lengths(_FIVE))),
        "That is one animal after the other, and a question too many: after four times no it is the fifth.": lambda: (
            float(np.dot(_FIVE, [1, 2, 3, 4, 5]))
        ),
        "The last join is missing: every game has the first question.": lambda: _asked() - 1,
        "That is the logarithm of five, as if all were equally probable.": lambda: math.log2(len(_FIVE)),
        "Three questions name any of the five, but the common ones need fewer.": lambda: 3.0,
    },
)

finnish = Number(
    "finnish",
    lambda counts: klnotes.entropy(counts, unit="bits", normalize=True),
    "bits",
    {
        "That is what 26 equal letters would have.": lambda counts: math.log2(26),
        "That is the entropy of as many equal letters as occur.": lambda counts: math.log2(np.count_nonzero(counts)),
        "One is added to each count. A letter that the text lacks adds nothing; take the shares of the counts.": (
            lambda counts: klnotes.entropy(np.asarray(counts) + 1, unit="bits", normalize=True)
        ),
        "The counts are divided by the largest one. Divide by their sum.": lambda counts: float(
            -xlogy(np.asarray(counts) / np.max(counts), np.asarray(counts) / np.max(counts)).sum() / math.log(2)
        ),
        "That is the mean word length of the Huffman code, which the entropy bounds from below.": lambda counts: (
            klnotes.mean_code_length(shares(counts), _huffman(shares(counts)))
        ),
        MEAN: lambda counts: klnotes.entropy(counts, unit="bits", normalize=True) / len(counts),
    },
)


def _huffman(p: Any) -> list[int]:
    return [len(word) for word in klnotes.huffman_code(p, range(len(p))).values()]


def _as_good(lengths: Any, p: Any) -> bool:
    """Whether word lengths belong to a best prefix code: with ties, there are several."""
    whole = np.all(lengths == np.round(lengths)) and np.all((lengths >= 1) & (lengths < 64))
    if not whole or klnotes.kraft_sum(lengths.astype(int).tolist()) > 1:
        return False
    return bool(np.isclose(p @ lengths, p @ np.array(_huffman(p))))


def _dealt(lengths: Any, order: Any) -> Any:
    dealt = np.empty(len(order))
    dealt[order] = np.sort(lengths)
    return dealt


def _joined(p: Any) -> Any:
    """Word lengths if always the first two nodes are joined, and what they become is put behind the others."""
    lengths, nodes = np.zeros(len(p)), [[k] for k in range(len(p))]
    while len(nodes) > 1:
        first, second, *nodes = nodes
        nodes.append(first + second)
        lengths[nodes[-1]] += 1
    return lengths


_FROM_BELOW = (
    "Is the tree built from below, by joining the two least probable nodes again and again? A code that is built from "
    "the top, by cuts into halves, may be longer. Equal probabilities are different nodes, and the lengths stand in "
    "the order of p."
)
# To split these into halves that are as equal as can be does not give a best code.
_TEMPTING = [(5, 2, 2, 2, 2), (35, 17, 17, 16, 15), (8, 4, 3, 3, 3), (3, 3, 3, 7, 2)]


def _heaped(p: Any, sign: int = 1, keep: slice = slice(None)) -> Any:
    """Word lengths if the two most probable nodes are joined, or if a node keeps only some of its letters."""
    lengths, heap = np.zeros(len(p)), [(sign * x, [k]) for k, x in enumerate(p)]
    heapq.heapify(heap)
    while len(heap) > 1:
        (a, first), (b, second) = heapq.heappop(heap), heapq.heappop(heap)
        lengths[[*first, *second]] += 1
        heapq.heappush(heap, (a + b, (first + second)[keep]))
    return lengths


huffman_lengths = Check(
    name="huffman_lengths",
    what="the word lengths of a best prefix code",
    names=["p"],
    truth=_huffman,
    stages=[
        Stage("distributions", st.integers(2, 5).flatmap(lambda n: st.tuples(distributions(n))), _FROM_BELOW),
        Stage(
            "distributions that tempt to a wrong split",
            st.sampled_from(_TEMPTING).map(lambda w: (np.array(w) / sum(w),)),
            _FROM_BELOW,
        ),
    ],
    accepts=_as_good,
    slips={
        "These are the surprisals, rounded up: Shannon's code. It is readable, but not the shortest.": (
            klnotes.shannon_lengths
        ),
        "These are the surprisals, rounded. Kraft's sum may exceed 1, and then no prefix code has these lengths.": (
            lambda p: np.round(-np.log2(p))
        ),
        "These are the surprisals. The number of signs in a word is whole.": lambda p: -np.log2(p),
        "Every word is equally long: a code that knows nothing of p.": lambda p: np.full(
            len(p), np.ceil(np.log2(len(p)))
        ),
        "The lengths are sorted; they must stand in the order of p.": lambda p: np.sort(_huffman(p)),
        "The longest lengths stand first; they must stand in the order of p.": lambda p: np.sort(_huffman(p))[::-1],
        "A join lengthens the words of all letters below it. Here only the first letter's grow.": functools.partial(
            _heaped, keep=slice(1)
        ),
        "The two most probable nodes are joined; join the two least probable.": functools.partial(_heaped, sign=-1),
        "The words are 1, 01, 001 and so on, whatever p is. A joined node need not be the least probable.": lambda p: (
            _dealt(np.minimum(np.arange(len(p)) + 1, len(p) - 1), np.argsort(-p))
        ),
        "That is the mean length; the lengths themselves are asked for.": lambda p: p @ np.array(_huffman(p)),
        "The commonest outcomes have the longest words. Join the two least probable nodes.": lambda p: _dealt(
            _huffman(p), np.argsort(p)
        ),
        "The nodes are not sorted: join the two least probable ones.": _joined,
        "The nodes are sorted only once. A joined node must find its place among the others.": lambda p: _joined(
            np.sort(p)
        )[np.argsort(np.argsort(p, kind="stable"))],
        "Each length is one too many: the last join puts no sign in front of itself.": lambda p: np.add(_huffman(p), 1),
        "Each length is one too few: a leaf of depth 1 has a word of one sign.": lambda p: np.subtract(_huffman(p), 1),
    },
)


def _bits(*p: float) -> float:
    return float(klnotes.entropy(p, unit="bits", normalize=True))


_SUM = [min(k, 14 - k) - 1 for k in range(2, 13)]  # pairs of faces for each sum of two dice
_LETTERS = [0.5, 0.2, 0.15, 0.1, 0.05]
_WORDS = [len(word) for word in klnotes.huffman_code(_LETTERS, "abcde").values()]

# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "first": Number(
        "first",
        lambda: float(klnotes.surprisal(1 / 8, unit="bits")),
        "bits",
        {
            "That is the probability itself.": lambda: 1 / 8,
            "That is the surprisal times the probability. Asked is the surprisal of what came.": lambda: 3 / 8,
            "That is one head. How often is it halved?": lambda: 1.0,
        },
    ),
    "three": [
        Number(
            "(1/2, 1/4, 1/4)",
            lambda: _bits(2, 1, 1),
            "bits",
            {
                UNWEIGHTED: lambda: (1 + 2 + 2) / 3,
                "These are the surprisals, added up. Weight each with its probability.": lambda: 5.0,
                "One of the two quarters is missing.": lambda: 1.0,
                MEAN: lambda: _bits(2, 1, 1) / 3,
            },
        ),
        Number(
            "(1/3, 1/3, 1/3)",
            lambda: _bits(1, 1, 1),
            "bits",
            {
                "That is for four outcomes.": lambda: 2.0,
                "One outcome has that. All three are in the sum.": lambda: _bits(1, 1, 1) / 3,
            },
        ),
    ],
    "dice": [
        Number(
            "the die",
            lambda: _bits(*[1] * 6),
            "bits",
            {
                "That is the number of faces.": lambda: 6.0,
                "One face adds that. There are six of them.": lambda: _bits(*[1] * 6) / 6,
            },
        ),
        Number(
            "the sum of two dice",
            lambda: _bits(*_SUM),
            "bits",
            {
                "That is the pair. The sum forgets which die showed what.": lambda: 2 * _bits(*[1] * 6),
                "The eleven sums are not equally probable.": lambda: _bits(*[1] * 11),
                "That is a single die.": lambda: _bits(*[1] * 6),
            },
        ),
        Number(
            "the counts of two rolls",
            lambda: 5 / 6 * _bits(1, 1),
            "bits",
            {
                "That is where the rolls differ. In one case of six they agree.": lambda: 1.0,
                "That is the die. Two rolls show two faces at most.": lambda: _bits(*[1] * 6),
                "That is the chance that they agree.": lambda: 1 / 6,
            },
        ),
    ],
    "lengths": Choice(
        "lengths",
        lambda: next(
            name
            for name, lengths in {"a": [1, 2, 3, 4, 4], "b": [2, 2, 2, 3, 3], "c": [1, 2, 2, 3]}.items()
            if klnotes.kraft_sum(lengths) > 1
        ),
        {
            "a": "Its Kraft sum is 1: there is a code, and it fills the tree.",
            "b": "Its Kraft sum is 1: there is a code, and it fills the tree.",
            "c": "Its Kraft sum is 9/8.",
        },
    ),
    "huffman": Number(
        "the mean length",
        lambda: float(klnotes.mean_code_length(_LETTERS, _WORDS)),
        "bits",
        {
            "That is the entropy. Here no Huffman code comes so low.": lambda: _bits(*_LETTERS),
            "The lengths are averaged as if all words were equally common.": lambda: sum(_WORDS) / 5,
            "The last join, of everything, is missing: its probability is 1.": lambda: 0.95,
        },
    ),
    "chain": Number(
        "chain",
        lambda: _bits(12, 1, 1, 1, 1),
        "bits",
        {
            "That is the coin alone.": lambda: _bits(3, 1),
            "The die is rolled in a quarter of the cases only.": lambda: _bits(3, 1) + 2,
            "The five results are not equally probable.": lambda: _bits(*[1] * 5),
            "The die is rolled on heads, which has 1/4.": lambda: _bits(3, 1) + 3 / 4 * 2,
        },
    ),
    "label": Number(
        "by how much the differential entropy grows",
        lambda: math.log2(10),
        "bits",
        {
            "That is for numbers a hundred times as large. It is the variance that grows a hundredfold.": lambda: (
                math.log2(100)
            ),
            "The entropy of the die stays as it is. A density becomes lower and wider.": lambda: 0.0,
        },
    ),
    "program": entropy,
}
