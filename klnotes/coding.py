"""Prefix codes: what entropy and cross-entropy measure, in whole bits."""

import heapq
from collections.abc import Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from klnotes import _validate as check

Code = Mapping[Hashable, str]


@np.errstate(all="ignore")
def huffman_code(p: ArrayLike, symbols: Sequence[Hashable], /, *, normalize: bool = False) -> dict[Any, str]:
    """Huffman code: a prefix code with the least mean length for P.

    Parameters
    ----------
    p : array_like, shape (n,)
        Probability of each symbol.
    symbols : sequence of n different hashable symbols
        A string will do: each of its characters is a symbol.
    normalize : bool
        Read p as counts or weights. Otherwise a sum that misses 1 by more than rounding is refused.

    Returns
    -------
    dict
        Symbol to code word, a string of 0 and 1. The words are canonical: numbered in order of length, and in
        the order of the symbols within a length. A lone symbol gets the word '0'.

    Raises
    ------
    TypeError
        If p does not hold real numbers.
    ValueError
        If p is not a distribution, or symbols are not n different ones.

    References
    ----------
    Huffman (1952).

    Examples
    --------
    >>> huffman_code([1/2, 1/4, 1/8, 1/8], "ABCD")
    {'A': '0', 'B': '10', 'C': '110', 'D': '111'}
    """
    weights, _ = check.distribution(p, "p", -1, normalize)
    if weights.ndim != 1:
        raise ValueError(f"p must be one distribution, with one axis, but its shape is {weights.shape}")
    names = list(symbols)
    if len(names) != len(weights) or len(set(names)) != len(names):
        raise ValueError(f"symbols must be {len(weights)} different ones, as many as p has entries, but got {names!r}")
    depth = [0] * len(names)
    # Each entry of the heap: weight, a number that settles ties, and the symbols below this node.
    heap = [(float(w), i, [i]) for i, w in enumerate(weights)]
    heapq.heapify(heap)
    while len(heap) > 1:
        (w0, _, below0), (w1, tie, below1) = heapq.heappop(heap), heapq.heappop(heap)
        for i in below0 + below1:
            depth[i] += 1
        heapq.heappush(heap, (w0 + w1, len(names) + tie, below0 + below1))
    return _canonical({name: max(d, 1) for name, d in zip(names, depth, strict=True)})


def shannon_lengths(p: ArrayLike, /) -> NDArray[np.int64]:
    """Word lengths of Shannon's code: the surprisal of each symbol in bits, rounded up.

    Parameters
    ----------
    p : array_like, any shape
        Probabilities, greater than 0 and at most 1.

    Returns
    -------
    ndarray of int, shape of p
        If p sums to at most 1, they satisfy Kraft's inequality, so that a prefix code with them exists.

    Raises
    ------
    TypeError
        If p does not hold real numbers.
    ValueError
        If an entry is not a probability, or is 0.

    References
    ----------
    Shannon (1948), section 9. Cover & Thomas (2006), equation 5.28.

    Examples
    --------
    >>> shannon_lengths([0.5, 0.3, 0.2])
    array([1, 2, 3])
    """
    a = check.probability(p, "p")
    check.refuse(a == 0, a, "p", "must be positive, as no word is long enough for an impossible symbol")
    # The lengths in the proof of thm-entropy-source-coding.
    # a = m 2**e with 1/2 <= m < 1, so -log2(a) lies in (-e, 1 - e]. No logarithm, so no rounding at powers of two.
    return np.asarray(1 - np.frexp(a)[1], dtype=np.int64)


def kraft_sum(lengths: ArrayLike, /) -> Fraction:
    """Kraft's sum of 2**-length, exactly.

    Parameters
    ----------
    lengths : array_like of int, shape (n,)
        Word lengths, each at least 1.

    Returns
    -------
    Fraction
        At most 1 for the lengths of a prefix code, and a prefix code exists for lengths whose sum is at most 1.

    Raises
    ------
    TypeError
        If lengths are not whole numbers.
    ValueError
        If a length is below 1, or there is none.

    References
    ----------
    Kraft (1949); McMillan (1956).

    Examples
    --------
    >>> kraft_sum([1, 2, 3, 3])
    Fraction(1, 1)
    """
    return sum((Fraction(1, 2**n) for n in _lengths(lengths).tolist()), Fraction(0))


@np.errstate(all="ignore")
def mean_code_length(p: ArrayLike, lengths: ArrayLike, /, *, normalize: bool = False) -> float:
    """Mean length sum p * length of a code, in bits per symbol, when the symbols come from P.

    Parameters
    ----------
    p : array_like, shape (n,)
        Probability of each symbol.
    lengths : array_like of int, shape (n,)
        Length of each symbol's word.
    normalize : bool
        Divide p by its sum first. Otherwise a sum that misses 1 by more than rounding is refused.

    Returns
    -------
    float
        Never below the entropy of P in bits, for the lengths of a prefix code.

    Raises
    ------
    TypeError
        If p does not hold real numbers, or lengths are not whole numbers.
    ValueError
        If p is not a distribution, a length is below 1, or the shapes differ.

    References
    ----------
    Shannon (1948), theorem 9. Cover & Thomas (2006), theorem 5.3.1.

    Examples
    --------
    >>> mean_code_length([1/2, 1/4, 1/8, 1/8], [1, 2, 3, 3])
    1.75
    """
    weights, total = check.distribution(p, "p", -1, normalize)
    n = _lengths(lengths)
    if weights.shape != n.shape:
        raise ValueError(f"p and lengths must have one shape, but got {weights.shape} and {n.shape}")
    return float(weights @ n / total)


def encode(message: Iterable[Hashable], code: Code, /) -> str:
    """The message's bits under a code, as a string of 0 and 1.

    Parameters
    ----------
    message : iterable of symbols
        A string is read character by character.
    code : mapping from symbol to word

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the message holds a symbol that has no word.

    Examples
    --------
    >>> encode("BAD", {"A": "0", "B": "10", "C": "110", "D": "111"})
    '100111'
    """
    try:
        return "".join(code[symbol] for symbol in message)
    except KeyError as missing:
        raise ValueError(
            f"message must use the code's symbols, {list(code)!r}, but holds {missing.args[0]!r}"
        ) from None


def decode(bits: str, code: Code, /) -> list[Any]:
    """The message whose bits these are, as a list of symbols.

    Parameters
    ----------
    bits : str of 0 and 1
    code : mapping from symbol to word
        A prefix code: no word begins another.

    Returns
    -------
    list

    Raises
    ------
    ValueError
        If a word of the code begins another, or the bits are no sequence of words.

    Examples
    --------
    >>> "".join(decode("100111", {"A": "0", "B": "10", "C": "110", "D": "111"}))
    'BAD'
    """
    words = sorted(code.values())
    for shorter, longer in pairwise(words):
        if longer.startswith(shorter):
            raise ValueError(f"code must be a prefix code, but its word {shorter!r} begins its word {longer!r}")
    symbol_of = {word: symbol for symbol, word in code.items()}
    message, start = [], 0
    for end in range(1, len(bits) + 1):
        if bits[start:end] in symbol_of:
            message.append(symbol_of[bits[start:end]])
            start = end
    if start < len(bits):
        raise ValueError(f"bits must be a sequence of the code's words, but no word fits at position {start}")
    return message


def _lengths(lengths: ArrayLike) -> NDArray[np.int64]:
    array = np.asarray(lengths)
    if array.dtype.kind not in "iu" and array.size:
        raise TypeError(f"lengths must be whole numbers, but got {lengths!r}")
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"lengths must be a list of at least one length, but its shape is {array.shape}")
    check.refuse(array < 1, array, "lengths", "must be at least 1")
    return array.astype(np.int64)


def _canonical(lengths: dict[Hashable, int]) -> dict[Any, str]:
    """The code with these lengths whose words count upwards: by length, then in the order given."""
    # As thm-entropy-kraft deals out words: the next one is the first that no earlier word begins.
    words, word, previous = {}, -1, 0
    for name, n in sorted(lengths.items(), key=lambda item: item[1]):
        word = (word + 1) << (n - previous)
        words[name], previous = format(word, f"0{n}b"), n
    return {name: words[name] for name in lengths}
