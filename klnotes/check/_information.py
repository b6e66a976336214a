"""The checks of the chapters on entropy, cross-entropy, KL divergence and Gibbs' inequality."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.special import log_softmax, logsumexp, softmax, xlogy

import klnotes
from klnotes.check._inputs import ONE, TWO, distributions, two, weights
from klnotes.check._search import Check, Stage

SUM_MISSING = "These are the shares of the single outcomes; what is asked for is their sum."
MEAN = "That is divided by the number of outcomes. The weights already sum to one: add up, do not take the mean."
NO_LOG = "The logarithm is missing."
ZERO_TIMES_LOG = "0 · log 0 is nan for the computer. By the convention, an outcome with p = 0 adds nothing."
DROPPED = "It leaves out the outcomes that Q excludes. If P allows one of them, the value is inf."


entropy = Check(
    what="the entropy in bits",
    names=["p"],
    truth=lambda p: klnotes.entropy(p, unit="bits"),
    stages=ONE,
    unit="bits",
    slips={
        SUM_MISSING: lambda p: klnotes.surprisal(p, unit="bits") * p,
        "These are the surprisals; the entropy is their mean, weighted with p.": lambda p: -np.log2(p),
        "Each surprisal must be weighted with its probability before it is added.": lambda p: -np.log2(p).sum(),
        "The surprisals are averaged as if all outcomes were equally common; weight them with p.": lambda p: (
            -np.log2(p).mean()
        ),
        MEAN: lambda p: klnotes.entropy(p, unit="bits") / len(p),
        NO_LOG: lambda p: np.sum(p * p),
        "That is the perplexity, 2 to the power of the entropy.": lambda p: 2 ** klnotes.entropy(p, unit="bits"),
        "That is the entropy of a uniform distribution. Where do the probabilities enter?": lambda p: np.log2(len(p)),
        ZERO_TIMES_LOG: lambda p: -np.sum(p * np.log2(p)),
    },
    guards=[lambda p, small: -np.sum(p * np.log2(p + small))],
)

perplexity = Check(
    what="the perplexity",
    names=["p"],
    truth=lambda p: np.exp(klnotes.entropy(p)),
    stages=ONE,
    slips={
        "A power of 2 needs an entropy in bits. Here it meets nats: mixed units.": lambda p: 2 ** klnotes.entropy(p),
        "A power of e needs an entropy in nats. Here it meets bits: mixed units.": lambda p: np.exp(
            klnotes.entropy(p, unit="bits")
        ),
        "That is the entropy in nats; the power is missing.": klnotes.entropy,
        "That is the entropy in bits; the power is missing.": lambda p: klnotes.entropy(p, unit="bits"),
        "That is one over the perplexity: the sign of the entropy is wrong.": lambda p: np.exp(-klnotes.entropy(p)),
        "That is the number of outcomes. Only a uniform distribution has such a perplexity.": len,
        ZERO_TIMES_LOG: lambda p: np.exp(-np.sum(p * np.log(p))),
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


huffman_lengths = Check(
    what="the word lengths of a best prefix code",
    names=["p"],
    truth=_huffman,
    stages=[Stage("distributions", st.integers(2, 6).flatmap(lambda n: st.tuples(distributions(n))))],
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
        "The commonest outcomes have the longest words. Join the two least probable nodes.": lambda p: _dealt(
            _huffman(p), np.argsort(p)
        ),
        "Each length is one too many: the last join puts no sign in front of itself.": lambda p: np.add(_huffman(p), 1),
        "Each length is one too few: a leaf of depth 1 has a word of one sign.": lambda p: np.subtract(_huffman(p), 1),
    },
)

cross_entropy = Check(
    what="the cross-entropy H(P, Q) in nats",
    names=["p", "q"],
    truth=klnotes.cross_entropy,
    stages=TWO,
    unit="nats",
    slips={
        "That is H(Q, P), with the arguments swapped: p counts how often a price is paid, q sets the prices.": (
            lambda p, q: klnotes.cross_entropy(q, p)
        ),
        "That is the KL divergence; the cross-entropy is larger by the entropy of P.": klnotes.kl_divergence,
        "That is the entropy of P: the logarithm must be of q.": lambda p, q: klnotes.entropy(p),
        "That is the entropy of Q: the weights must be p.": lambda p, q: klnotes.entropy(q),
        MEAN: lambda p, q: klnotes.cross_entropy(p, q) / len(p),
        SUM_MISSING: lambda p, q: -p * np.log(q),
        "Each surprisal must be weighted with p before it is added.": lambda p, q: -np.log(q).sum(),
        NO_LOG: lambda p, q: np.sum(p * q),
        "It also charges for the outcomes that did not happen, (1 - p) log(1 - q). That is the sum of the binary "
        "cross-entropies.": lambda p, q: -np.sum(p * np.log(q) + (1 - p) * np.log1p(-q)),
        ZERO_TIMES_LOG: lambda p, q: -np.sum(p * np.log(q)),
        DROPPED: lambda p, q: -np.sum(p[q > 0] * np.log(q[q > 0])),
    },
    guards=[lambda p, q, small: -np.sum(p * np.log(q + small))],
)


def _naive_kl(p: Any, q: Any) -> Any:
    return np.sum(p * np.log(p / q))


kl_divergence = Check(
    what="the KL divergence of Q from P in nats",
    names=["p", "q"],
    truth=klnotes.kl_divergence,
    stages=TWO,
    unit="nats",
    slips={
        "That is the divergence the other way round, KL(Q‖P). P is the reference: the weights are p, and p is on top "
        "of the ratio.": lambda p, q: klnotes.kl_divergence(q, p),
        "The weights are q. The mean is taken over what really happens, and that is P.": lambda p, q: (
            -klnotes.kl_divergence(q, p)
        ),
        "That is the cross-entropy; subtract the entropy of P.": klnotes.cross_entropy,
        "That is the entropy of Q minus the entropy of P; it is the cross-entropy from which H(P) is subtracted.": (
            lambda p, q: klnotes.entropy(q) - klnotes.entropy(p)
        ),
        "Every term is made positive. The terms may be negative, and they must stay in the sum with their signs.": (
            lambda p, q: np.abs(klnotes.kl_terms(p, q)).sum()
        ),
        "The negative terms are dropped. They are real gains, and must stay in the sum.": lambda p, q: np.maximum(
            klnotes.kl_terms(p, q), 0
        ).sum(),
        NO_LOG: lambda p, q: np.sum(p * p / q),
        MEAN: lambda p, q: klnotes.kl_divergence(p, q) / len(p),
        SUM_MISSING: klnotes.kl_terms,
        "The logarithms are added without weights; weight each with p.": lambda p, q: np.sum(np.log(p / q)),
        "Both directions are added. That is Jeffreys' divergence.": lambda p, q: (
            klnotes.kl_divergence(p, q) + klnotes.kl_divergence(q, p)
        ),
        "That is the Jensen-Shannon divergence.": klnotes.js_divergence,
        "That is the total variation distance.": klnotes.total_variation,
        ZERO_TIMES_LOG: _naive_kl,
        DROPPED: lambda p, q: np.sum(klnotes.kl_terms(p, q)[q > 0]),
    },
    guards=[
        lambda p, q, s: np.sum(p * np.log((p + s) / (q + s))),
        lambda p, q, s: np.sum(xlogy(p, p / (q + s))),
        lambda p, q, s: _naive_kl(p + s, q + s),
        lambda p, q, s: _naive_kl(np.maximum(p, s), np.maximum(q, s)),
        lambda p, q, s: np.sum(xlogy(p, p / np.maximum(q, s))),
    ],
)


@st.composite
def _labelled(draw: st.DrawFn, least: int) -> Any:
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(2, 3))
    labels = draw(st.lists(st.integers(0, columns - 1), min_size=rows, max_size=rows))
    return np.array(labels), np.array([draw(distributions(columns, least)) for _ in range(rows)])


def _charged(labels: Any, q: Any) -> Any:
    return q[np.arange(len(labels)), labels]


log_loss = Check(
    what="the mean log-loss in nats",
    names=["labels", "q"],
    truth=lambda labels, q: klnotes.surprisal(_charged(labels, q)).mean(),
    stages=[Stage("forecasts without zeros", _labelled(1)), Stage("forecasts with zeros", _labelled(0))],
    unit="nats",
    slips={
        "That is the sum over the pictures; the mean is asked for.": lambda labels, q: klnotes.surprisal(
            _charged(labels, q)
        ).sum(),
        "That is divided by the number of all entries of q; each picture counts once.": lambda labels, q: (
            klnotes.surprisal(_charged(labels, q)).sum() / q.size
        ),
        "These are the losses of the single pictures; what is asked for is their mean.": lambda labels, q: (
            klnotes.surprisal(_charged(labels, q))
        ),
        "It charges for the label that the forecast thinks most probable, not for the true one.": lambda labels, q: (
            klnotes.surprisal(q.max(axis=1)).mean()
        ),
        "The mean is taken inside the logarithm. Take the logarithm of each probability first.": lambda labels, q: (
            klnotes.surprisal(_charged(labels, q).mean())
        ),
        "That is the mean of 1 - q, the linear penalty; the logarithm is missing.": lambda labels, q: np.mean(
            1 - _charged(labels, q)
        ),
        "It charges for every label. Only the true label of each picture counts.": lambda labels, q: (
            -np.log(q).sum(axis=1).mean()
        ),
        "The labels are counted from 1; they start at 0.": lambda labels, q: klnotes.surprisal(
            _charged(labels - 1, q)
        ).mean(),
    },
    guards=[lambda labels, q, small: -np.log(_charged(labels, q) + small).mean()],
)


@st.composite
def _scores(draw: st.DrawFn, scale: float) -> Any:
    n = draw(st.integers(2, 4))
    z = np.array(draw(st.lists(st.integers(-3, 3), min_size=n, max_size=n))) * scale
    return z, n


cross_entropy_from_logits = Check(
    what="the cross-entropy in nats",
    names=["z", "label"],
    truth=lambda z, label: logsumexp(z) - z[label],
    stages=[
        Stage("logits", _scores(1.0).flatmap(lambda drawn: st.tuples(st.just(drawn[0]), st.integers(0, drawn[1] - 1))))
    ],
    unit="nats",
    slips={
        "The softmax is applied twice: its result is taken for logits once more.": lambda z, label: (
            -log_softmax(softmax(z))[label]
        ),
        "That is minus the logit itself. The logits are not logarithms of probabilities until their logsumexp is "
        "subtracted.": lambda z, label: -z[label],
        "That is the probability of the label; its logarithm is missing.": lambda z, label: softmax(z)[label],
        "The logarithm is taken of the logit. A logit may be negative; the softmax comes first.": lambda z, label: (
            -np.log(z[label])
        ),
        "That is the sum over all labels; only the true one counts.": lambda z, label: -log_softmax(z).sum(),
        "That is divided by the number of labels.": lambda z, label: -log_softmax(z)[label] / len(z),
    },
)

softmax_gradient = Check(
    what="the gradient of H(P, softmax(z))",
    names=["z", "p"],
    truth=lambda z, p: softmax(z) - p,
    stages=[
        Stage(kind, _scores(scale).flatmap(lambda drawn: st.tuples(st.just(drawn[0]), distributions(drawn[1], 0))))
        for kind, scale in [("logits of common size", 1.0), ("logits in the thousands", 1000.0)]
    ],
    slips={
        "The sign is wrong: that is p - q, the direction in which to go downhill.": lambda z, p: p - softmax(z),
        "That is q. What is true must be subtracted from what was stated.": lambda z, p: softmax(z),
        "That is z - p: the softmax is missing.": lambda z, p: z - p,
        "That is -p/q, the derivative with respect to q. The chain rule through the softmax is missing.": lambda z, p: (
            -p / softmax(z)
        ),
        "That is divided by the number of labels.": lambda z, p: (softmax(z) - p) / len(p),
        "That is the derivative of the squared error, not of the cross-entropy.": lambda z, p: (
            2 * (softmax(z) - p) * softmax(z) * (1 - softmax(z))
        ),
        "exp overflows. Subtract the largest logit first: the softmax does not change.": lambda z, p: (
            np.exp(z) / np.exp(z).sum() - p
        ),
    },
)

_HALVES = st.integers(0, 8).map(lambda k: k / 2)
_WIDTHS = st.integers(1, 6).map(lambda k: k / 2)

gaussian_kl = Check(
    what="KL(N(mean0, std0²)‖N(mean1, std1²)) in nats",
    names=["mean0", "std0", "mean1", "std1"],
    truth=klnotes.gaussian_kl,
    stages=[Stage("pairs of normal distributions", st.tuples(_HALVES, _WIDTHS, _HALVES, _WIDTHS))],
    unit="nats",
    slips={
        "That is the divergence the other way round: distribution 0 is the reference.": lambda m, s, n, t: (
            klnotes.gaussian_kl(n, t, m, s)
        ),
        "The standard deviations are taken for variances. Square them.": lambda m, s, n, t: klnotes.gaussian_kl(
            m, np.sqrt(s), n, np.sqrt(t)
        ),
        "Half is not subtracted: two equal distributions must give 0.": lambda m, s, n, t: (
            klnotes.gaussian_kl(m, s, n, t) + 1 / 2
        ),
        "That is twice the divergence: the logarithm of a standard deviation has half the weight of that of a "
        "variance.": lambda m, s, n, t: 2 * klnotes.gaussian_kl(m, s, n, t),
        "The ratio in the logarithm is upside down: it is log(std1/std0).": lambda m, s, n, t: (
            klnotes.gaussian_kl(m, s, n, t) - 2 * np.log(t / s)
        ),
        "The logarithm of the two widths is missing.": lambda m, s, n, t: (
            klnotes.gaussian_kl(m, s, n, t) - np.log(t / s)
        ),
        "The means do not enter.": lambda m, s, n, t: klnotes.gaussian_kl(0, s, 0, t),
        "The distance of the means is divided by the first variance, and it should be the second.": lambda m, s, n, t: (
            klnotes.gaussian_kl(0, s, 0, t) + (m - n) ** 2 / (2 * s**2)
        ),
        "The distance of the means is not squared.": lambda m, s, n, t: (
            klnotes.gaussian_kl(0, s, 0, t) + abs(m - n) / (2 * t**2)
        ),
    },
)


@st.composite
def _models(draw: st.DrawFn, least: int) -> Any:
    n = draw(st.integers(2, 3))
    models = [draw(distributions(n, least)), draw(distributions(n))]
    return draw(weights(n, least)), np.array(models)


def _distances(counts: Any, models: Any) -> Any:
    return klnotes.kl_divergence(counts, models, normalize=True)


nearest_model = Check(
    what="the index of the model that is nearest in KL divergence",
    names=["counts", "models"],
    truth=lambda counts, models: int(np.argmin(_distances(counts, models))),
    stages=[Stage("models without zeros", _models(1)), Stage("models with zeros", _models(0))],
    accepts=lambda k, counts, models: (
        k in range(len(models)) and _distances(counts, models)[int(k)] <= _distances(counts, models).min() + 1e-12
    ),
    slips={
        "It minimizes the divergence the other way round. The counts are what happened: they are the reference.": (
            lambda counts, models: int(np.argmin(klnotes.kl_divergence(models, counts, normalize=True)))
        ),
        "That is the model farthest away.": lambda counts, models: int(np.argmax(_distances(counts, models))),
        "The models are counted from 1; they start at 0.": lambda counts, models: (
            int(np.argmin(_distances(counts, models))) + 1
        ),
        "It compares squared differences. In a divergence, a difference weighs more where the model is small.": (
            lambda counts, models: int(np.argmin(np.sum((counts / counts.sum() - models) ** 2, axis=1)))
        ),
        "It compares the entropies of the models. The counts must enter.": lambda counts, models: int(
            np.argmin(klnotes.entropy(models))
        ),
        "That is the divergence, not the index of the model.": lambda counts, models: _distances(counts, models).min(),
    },
)


def _all_terms(p: Any, q: Any) -> Any:
    """p log(p/q) - p + q for any non-negative numbers, through klnotes' terms for p and q over their sums."""
    logs = p.sum() * klnotes.kl_terms(p, q, normalize=True) + p * np.log(p.sum() / q.sum())
    return logs - p + q


gibbs_terms = Check(
    what="p log(p/q) - p + q",
    names=["p", "q"],
    truth=_all_terms,
    stages=[
        *TWO,
        Stage(
            "numbers that do not sum to one",
            two(1).map(lambda pair: (pair[0], 2 * pair[1])),
        ),
    ],
    slips={
        "That is p log(p/q); add q - p to each term.": lambda p, q: _all_terms(p, q) + p - q,
        "It is q - p that is added, not p - q.": lambda p, q: _all_terms(p, q) + 2 * p - 2 * q,
        "That is the sum; one number for each outcome is asked for.": lambda p, q: _all_terms(p, q).sum(),
        "p and q are swapped.": lambda p, q: _all_terms(q, p),
        "It divides by the sums without being asked. Take p and q as they are.": lambda p, q: _all_terms(
            p / p.sum(), q / q.sum()
        ),
        "The absolute value hides the sign, and with it the reason why no term is negative.": lambda p, q: np.abs(
            _all_terms(p, q) + p - q
        ),
        ZERO_TIMES_LOG + " What is left of the term is q.": lambda p, q: p * np.log(p / q) - p + q,
        "Where p = 0, the logarithm adds nothing, but q - p is still q.": lambda p, q: np.where(
            p > 0, _all_terms(p, q), 0
        ),
    },
    guards=[lambda p, q, s: p * np.log((p + s) / (q + s)) - p + q],
)

total_variation = Check(
    what="the total variation distance",
    names=["p", "q"],
    truth=klnotes.total_variation,
    stages=TWO[1:],
    slips={
        "That is twice the distance: what P has more than Q on some outcomes, it has less on the others, and each "
        "difference is counted twice.": lambda p, q: 2 * klnotes.total_variation(p, q),
        "That is the largest difference of a single outcome; an event may hold several.": lambda p, q: np.abs(
            p - q
        ).max(),
        "That is the Euclidean distance.": lambda p, q: np.sqrt(np.sum((p - q) ** 2)),
        "The differences are squared.": lambda p, q: np.sum((p - q) ** 2),
        "Without absolute values the differences cancel.": lambda p, q: np.sum(p - q),
        "That is the mean of the differences; half of their sum is asked for.": lambda p, q: np.abs(p - q).mean(),
        "These are the single differences; what is asked for is half of their sum.": lambda p, q: np.abs(p - q),
        "That is Pinsker's bound on it.": lambda p, q: np.sqrt(klnotes.kl_divergence(p, q) / 2),
    },
)
