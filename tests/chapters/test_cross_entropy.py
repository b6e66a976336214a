from fractions import Fraction
from math import inf, log, log2
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax, xlogy

import klnotes
from klnotes.coding import Code
from klnotes.explorables.cross_entropy import CrossEntropy
from tests.chapters.answers import MEAN, bits_of, kl_by_loop
from tests.explored import PAIRS, Explored
from tests.strategies import distributions, pairs


@pytest.mark.theorem("thm-cross-entropy-split")
@given(pairs())
def test_cross_entropy_is_entropy_plus_divergence(pair: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pair
    total = klnotes.cross_entropy(p, q)
    if np.any((q == 0) & (p > 0)):
        assert total == np.inf == klnotes.kl_divergence(p, q)
        return
    # Each of the sums is rounded at the size of its largest term, p log q, at most 745 for the smallest float.
    assert total == pytest.approx(klnotes.entropy(p) + klnotes.kl_divergence(p, q), rel=1e-14, abs=1e-14)
    with mpmath.workdps(50):
        exact = mpmath.fsum(-mpmath.mpf(float(a)) * mpmath.log(float(b)) for a, b in zip(p, q, strict=True) if a > 0)
    assert total == pytest.approx(float(exact), rel=1e-15)


@pytest.mark.theorem("thm-cross-entropy-wrong-code")
@given(distributions(zeros=False).filter(lambda q: len(q) > 1), st.data())
def test_words_of_rounded_up_length_cost_the_cross_entropy(q: np.ndarray, data: st.DataObject) -> None:
    p = data.draw(distributions(len(q)))
    lengths = klnotes.shannon_lengths(q)
    assert lengths.min() >= 1
    assert klnotes.kraft_sum(lengths) <= 1
    with mpmath.workdps(50):
        # The sum of the floats p is 1 up to rounding, so the mean is taken with their exact shares.
        shares = [mpmath.mpf(float(a)) / mpmath.fsum(map(float, p)) for a in p]
        price = mpmath.fsum(-a * mpmath.log(float(b), 2) for a, b in zip(shares, q, strict=True))
        mean = mpmath.fsum(a * int(n) for a, n in zip(shares, lengths, strict=True))
        assert price <= mean < price + 1
    blocks_p, blocks_q = np.outer(p, p).ravel(), np.outer(q, q).ravel()
    of_blocks = klnotes.mean_code_length(blocks_p, klnotes.shannon_lengths(blocks_q)) / 2
    # The products are rounded, by 1e-16 of each, and so are the prices, of at most 2 log2(1e4) bits.
    assert float(price) - 1e-13 <= of_blocks <= float(price) + 1 / 2 + 1e-13


@pytest.mark.theorem("prop-cross-entropy-softmax-gradient")
@given(st.lists(st.floats(-4, 4), min_size=2, max_size=5), st.data())
def test_gradient_is_stated_minus_true(logits: list[float], data: st.DataObject) -> None:
    z = np.array(logits)
    p = data.draw(distributions(len(z)))
    k = data.draw(st.integers(0, len(z) - 1))
    step = 1e-4 * np.eye(len(z))[k]
    slope = (klnotes.cross_entropy(p, softmax(z + step)) - klnotes.cross_entropy(p, softmax(z - step))) / 2e-4
    # The third derivative of log-sum-exp is at most 1, so the central difference is off by at most 1e-8 / 6.
    # A loss is at most 8 + log 5, rounded at a few 1e-15; divided by the step that adds a few 1e-11.
    assert slope == pytest.approx(softmax(z)[k] - p[k], abs=2e-9)


@pytest.mark.theorem("thm-cross-entropy-proper-scoring")
@given(pairs())
def test_honesty_is_the_best_forecast(pair: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pair
    outcomes = np.eye(len(p))
    distance = np.sum((q - p) ** 2)

    honest, stated = klnotes.cross_entropy(p, p), klnotes.cross_entropy(p, q)
    # A lie costs the divergence, and by Pinsker that is at least 2 TV**2 >= distance / 2 nats: strictly more than 0.
    # The costs are rounded as in the split above, the honest one (an entropy, at most log 6) at 1e-15.
    assert stated == pytest.approx(honest + klnotes.kl_divergence(p, q), rel=1e-14, abs=1e-14)
    assert stated >= honest + distance / 2 - 4e-15
    # The same of the divergence itself, which does not round small lies away. It is that of p and q divided by
    # their sums, which are off 1 by a few 1e-16, so the lie's length is known to 1e-15 only.
    assert np.sqrt(2 * klnotes.kl_divergence(p, q)) >= np.sqrt(distance) * (1 - 1e-12) - 1e-15

    quadratic = p @ np.sum((q - outcomes) ** 2, axis=1)
    quadratic_honest = p @ np.sum((p - outcomes) ** 2, axis=1)
    # Penalties of at most 2, from up to six squares: rounded at 2e-15 each.
    assert quadratic - quadratic_honest == pytest.approx(distance, abs=4e-15)


# What learners answer: right, and wrong with what the check must say.


def per_picture(labels: Any, q: Any) -> Any:
    return -np.log(q[np.arange(len(labels)), labels])


RIGHT: dict[str, list[Any]] = {
    "cross_entropy": [
        lambda p, q: -np.sum(xlogy(p, q)),
        lambda p, q: sum(-a * log(b) if b else inf for a, b in zip(p, q, strict=True) if a > 0),
    ],
    "log_loss": [
        lambda labels, q: np.mean(per_picture(labels, q)),
        lambda labels, q: sum(-np.log(row[k]) for k, row in zip(labels, q, strict=True)) / len(q),
    ],
    "cross_entropy_from_logits": [
        lambda z, k: -log_softmax(z)[k],
        lambda z, k: log(sum(np.exp(z - z.max()))) + z.max() - z[k],
        lambda z, k: np.logaddexp.reduce(z) - z[k],
    ],
    "softmax_gradient": [lambda z, p: softmax(z) - p, lambda z, p: (softmax(z) - p).tolist()],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "cross_entropy": [
        (lambda p, q: -np.sum(xlogy(q, p)), "arguments swapped"),
        (lambda p, q: sum(-b * log(a) if a else inf for a, b in zip(p, q, strict=True) if b > 0), "arguments swapped"),
        (lambda p, q: sum(-a * log2(b) if b else inf for a, b in zip(p, q, strict=True) if a > 0), "That is in bits"),
        (kl_by_loop, "That is the KL divergence"),
        (lambda p, q: bits_of(p) * log(2), "That is the entropy of P"),
        (lambda p, q: -np.sum(xlogy(p, q)) / log(2), "That is in bits"),
        (lambda p, q: np.sum(xlogy(p, q)), "a minus missing, or one too many?"),
        (lambda p, q: np.mean(-xlogy(p, q)), MEAN),
        (lambda p, q: kl_by_loop(p, q) + bits_of(q) * log(2), "not that of Q"),
        (lambda p, q: kl_by_loop(p, q) - bits_of(p) * log(2), "minus the entropy of P"),
        (lambda p, q: (bits_of(p) + bits_of(q)) * log(2), "the sum of the two entropies"),
        (lambda p, q: -np.log(q).mean(), "as if all outcomes were equally common"),
        (lambda p, q: -(p[0] * np.log(q[0]) + (1 - p[0]) * np.log(1 - q[0])), "two outcomes, p and 1 - p"),
        (lambda p, q: -np.sum(p * np.log(q + 1e-9)), "A small number, 1e-09,"),
        (lambda p, q: -np.sum(p * np.log(q) + (1 - p) * np.log(1 - q)), "binary"),
        (lambda p, q: -np.sum(p * np.log(np.clip(q, 1e-15, 1))), "A small number, 1e-15,"),
        (lambda p, q: -np.sum((p * np.log(q))[:2]), "the first two outcomes only"),
        (lambda p, q: -np.sum(xlogy(p, q)[p > 1e-3]), "A small probability adds"),
        (lambda p, q: round(-np.sum(xlogy(p, q)), 4), "It is rounded to 4 digits"),
        (
            lambda p, q: -np.sum(xlogy(q, p)) / log(2),
            "arguments swapped: p counts how often a price is paid, q sets the prices. And: that is in bits",
        ),
    ],
    "log_loss": [
        (lambda labels, q: per_picture(labels, q).sum(), "the mean is asked for"),
        (lambda labels, q: per_picture(labels, q).sum() / q.size, "number of all entries"),
        (lambda labels, q: per_picture(labels, q)[-1], "Only the last picture is left"),
        (lambda labels, q: np.mean((1 - np.exp(-per_picture(labels, q))) ** 2), "the mean of the squares"),
        (per_picture, "losses of the single pictures"),
        (lambda labels, q: np.mean(-np.log(q.max(axis=1))), "thinks most probable"),
        (lambda labels, q: -np.log(np.mean(np.exp(-per_picture(labels, q)))), "inside the logarithm"),
        (lambda labels, q: per_picture(labels, q).mean() / log(2), "That is in bits"),
        (lambda labels, q: np.mean(per_picture(labels - 1, q)), "counted from 1"),
        (lambda labels, q: -np.log(q[labels]).mean(), "picks whole rows"),
        (lambda labels, q: -np.log(q[:, labels]).mean(), "in every row"),
        (lambda labels, q: per_picture(labels, q)[0], "the first picture alone. Is the return inside the loop?"),
        (lambda labels, q: per_picture(labels, q)[0] / len(q), "stops after the first picture"),
        (lambda labels, q: per_picture(labels, q)[1:].sum() / len(q), "range(1, n)"),
        (lambda labels, q: -np.log(q[np.arange(len(q)), labels] + 1e-10).mean(), "A small number, 1e-10,"),
        (lambda labels, q: per_picture(labels, q).sum() / len(q[0]), "divide by the number of pictures"),
        (lambda labels, q: -np.mean(np.sum(np.eye(len(q[0]))[labels] * np.log(q), axis=1)), "Pick the probabilities"),
        (
            lambda labels, q: np.mean([x for x in per_picture(labels, q) if x < np.inf] or np.nan),
            "leaves out the pictures",
        ),
        (
            lambda labels, q: per_picture(labels, q).astype(int).mean(),
            "cut down to whole numbers, as an array of whole numbers does",
        ),
    ],
    "cross_entropy_from_logits": [
        (lambda z, k: -log_softmax(softmax(z))[k], "applied twice"),
        (lambda z, k: -z[k], "minus the logit itself"),
        (lambda z, k: np.log1p(np.exp(-z[k])), "The other logits must enter"),
        (lambda z, k: softmax(z)[k], "its logarithm is missing"),
        (lambda z, k: -log_softmax(z).sum(), "only the true one counts"),
        (lambda z, k: -log_softmax(z)[k] / log(2), "That is in bits"),
        (lambda z, k: -np.log(softmax(z - max(z))[k]), "the logarithm of their sum alone"),
        (lambda z, k: -np.nan_to_num(np.log(softmax(z)[k])), "is no logarithm taken of a probability"),
        (lambda z, k: -log_softmax(z / max(abs(z)))[k], "divided by the largest one"),
        (lambda z, k: -np.log(np.clip(softmax(z), 1e-12, 1)[k]), "A small number, 1e-12,"),
        (lambda z, k: np.log(np.sum(np.exp(z))) - z[k], "exp is inf for large logits"),
        (lambda z, k: log(sum(np.exp(z - z[k]))), "It is inf where another logit"),
        (lambda z, k: np.log(np.exp(z - z.mean()).sum()) - z[k] + z.mean(), "The mean logit is subtracted"),
        (lambda z, k: np.log(np.exp(z - z.min()).sum()) - z[k] + z.min(), "The smallest logit is subtracted"),
        (lambda z, k: np.log(np.exp(z - z[0]).sum()) - z[k] + z[0], "Is the largest logit subtracted from all"),
        (lambda z, k: -np.mean(log_softmax(z)), "the mean over all labels"),
        (lambda z, k: -log_softmax(z)[k - 1], "counted from 1"),
        (lambda z, k: max(z) - z[k], "in place of the maximum"),
        (lambda z, k: np.log(np.exp(z - max(z)).sum()) - z[k], "in the logsumexp only"),
    ],
    "softmax_gradient": [
        (lambda z, p: p - softmax(z), "The sign is wrong"),
        (lambda z, p: softmax(z), "That is q."),
        (lambda z, p: z - p, "the softmax is missing"),
        (lambda z, p: -p / softmax(z), "chain rule"),
        (lambda z, p: -p * (1 - softmax(z)), "Only the term of q_k"),
        (
            # The Jacobian of the softmax is diag(q) - q q^T, and the gradient of the squared error 2 (q - p).
            lambda z, p: (np.diag(softmax(z)) - np.outer(softmax(z), softmax(z))) @ (2 * (softmax(z) - p)),
            "derivative of the squared error",
        ),
        (lambda z, p: 2 * (softmax(z) - p) * softmax(z) * (1 - softmax(z)), "its own logit only"),
        (lambda z, p: np.exp(z) / np.exp(z).sum() - p, "exp overflows"),
        (lambda z, p: softmax(z) - (np.arange(len(p)) == np.argmax(p)), "subtracted at the most probable label"),
        (lambda z, p: (softmax(z) - p) * softmax(z) * (1 - softmax(z)), "one factor too many"),
        (lambda z, p: np.nan_to_num(np.exp(z) / np.exp(z).sum()) - p, "Which logit makes all exponents at most 0"),
        (lambda z, p: softmax(z / max(abs(z))) - p, "divided by the largest one"),
    ],
    "lie": [
        ([0.7, 0.4], "sum to 1"),
        ((Fraction(7, 10), Fraction(3, 10)), "0.1 less than honesty"),
        ([1.2, -0.2], "not be negative"),
        ([0.7, 0.3], "0.1 less than honesty"),
        ([1.0, 0.0], "stay finite"),
        ([1.0], "its shape is (1,)"),
        ("all", "the text 'all'"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"gradient": 3}


# The explorable.

ABCD: Code = {"A": "0", "B": "10", "C": "110", "D": "111"}
FLAT: Code = {"A": "00", "B": "01", "C": "10", "D": "11"}

EXPLORED = {
    "cross-entropy": Explored(
        make=lambda: CrossEntropy("AABACADB", ABCD, [FLAT]),
        opens=["1.750 bits/letter", "2.000 bits/letter", "0.250 bits/letter"],
        wins=[("110 111 0 10", []), ("letters sent", ["End"])],
        golden=[
            *(("crossEntropy", [p, q], klnotes.cross_entropy(p, q)) for p, q in PAIRS),
            *(
                ("codeLength", [p, list(book.values())], klnotes.mean_code_length(p, list(map(len, book.values()))))
                for p, book in (([0.5, 0.25, 0.125, 0.125], ABCD), ([0.1, 0.2, 0.3, 0.4], FLAT))
            ),
        ],
    ),
}


@pytest.mark.parametrize("book", [{"A": "0", "B": "01", "C": "10", "D": "11"}, {"A": "0"}, {**ABCD, "D": "1110000"}])
def test_books_that_are_no_codes_are_refused(book: Code) -> None:
    with pytest.raises(ValueError, match="code"):
        CrossEntropy("ABCD" * 4, ABCD, [book])
