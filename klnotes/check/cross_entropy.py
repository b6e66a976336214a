"""The tasks of the exercises on cross-entropy."""

import functools
from typing import Any, Literal

import numpy as np
from hypothesis import strategies as st
from scipy.special import log_softmax, logsumexp, softmax, xlogy

import klnotes
from klnotes.check._engine.answers import DISTRIBUTION, Construction, Number, shares
from klnotes.check._engine.hints import DROPPED, MEAN, NO_LOG, SUM_MISSING, UNWEIGHTED, ZERO_TIMES_LOG, loops
from klnotes.check._engine.inputs import TWO, TWO_RARE, distributions
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Function, Stage

__all__ = [
    "cross_entropy",
    "cross_entropy_from_logits",
    "gradient",
    "lie",
    "log_loss",
    "named_8",
    "softmax_gradient",
    "untrained",
]

untrained = Number(
    "untrained",
    lambda: klnotes.cross_entropy(np.eye(1000)[0], np.full(1000, 1 / 1000)),
    "nats",
    {
        "That is the probability of the label. Its surprisal is asked for.": lambda: 1 / 1000,
        "That is the share of wrong answers.": lambda: 0.999,
        "That is the logarithm of 999. The true label is one of the thousand, too.": lambda: float(np.log(999)),
        "That is a sum over a thousand labels without their probabilities. Only the true label counts.": lambda: float(
            klnotes.surprisal(np.full(1000, 1 / 1000)).sum()
        ),
        "Only a forecast that is sure and right costs nothing.": lambda: 0.0,
        MEAN: lambda: klnotes.entropy(np.full(1000, 1 / 1000)) / 1000,
    },
)

cross_entropy = Check(
    name="cross_entropy",
    what="the cross-entropy H(P, Q) in nats",
    names=["p", "q"],
    truth=klnotes.cross_entropy,
    stages=[*TWO, TWO_RARE],
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
        UNWEIGHTED: lambda p, q: -np.log(q).mean(),
        "That is for two outcomes, p and 1 - p. Here there may be more.": lambda p, q: klnotes.cross_entropy(
            [p[0], 1 - p[0]], [q[0], 1 - q[0]]
        ),
        "That is the divergence plus the entropy of Q. Add the entropy of P, not that of Q.": lambda p, q: (
            klnotes.kl_divergence(p, q) + klnotes.entropy(q)
        ),
        "That is the divergence minus the entropy of P. Add it.": lambda p, q: (
            klnotes.kl_divergence(p, q) - klnotes.entropy(p)
        ),
        "That is the sum of the two entropies. One sum is asked for, with the weights p and the logarithms of q.": (
            lambda p, q: klnotes.entropy(p) + klnotes.entropy(q)
        ),
        NO_LOG: lambda p, q: np.sum(p * q),
        "It also charges for the outcomes that did not happen, (1 - p) log(1 - q). That is the sum of the binary "
        "cross-entropies.": lambda p, q: -np.sum(p * np.log(q) + (1 - p) * np.log1p(-q)),
        ZERO_TIMES_LOG: lambda p, q: -np.sum(p * np.log(q)),
        DROPPED: lambda p, q: -np.sum(p[q > 0] * np.log(q[q > 0])),
        "The mean is taken inside the logarithm. Take the logarithm of each probability first.": lambda p, q: (
            -np.log(p @ q)
        ),
        "It charges for the commonest outcome only.": lambda p, q: -np.log(q[np.argmax(p)]),
        "That is the squared error.": lambda p, q: np.sum((p - q) ** 2),
        **loops(lambda p, q: -xlogy(p, q)),
    },
    guards=[
        lambda put_in, p, q: -np.sum(p * np.log(put_in(q))),
        lambda put_in, p, q: -np.sum(put_in(p) * np.log(put_in(q))),
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
    name="log_loss",
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
        "That is divided by the number of labels; divide by the number of pictures.": lambda labels, q: (
            klnotes.surprisal(_charged(labels, q)).sum() / q.shape[1]
        ),
        ZERO_TIMES_LOG
        + " Pick the probabilities of the true labels, and take their logarithms only.": lambda labels, q: (
            -np.mean((np.eye(q.shape[1])[labels] * np.log(q)).sum(axis=1))
        ),
        "It leaves out the pictures whose true label got a 0. The loss is inf.": lambda labels, q: (
            -np.log(_charged(labels, q)[_charged(labels, q) > 0]).sum() / np.sum(_charged(labels, q) > 0)
        ),
        "The losses are cut down to whole numbers, as an array of whole numbers does, or int.": lambda labels, q: (
            np.mean(np.trunc(klnotes.surprisal(_charged(labels, q))))
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
        "q[labels] picks whole rows, those of other pictures. For each picture i, take q[i, labels[i]].": (
            lambda labels, q: klnotes.surprisal(q[labels]).mean()
        ),
        "q[:, labels] takes the labels of all pictures in every row. For each picture i, take q[i, labels[i]].": (
            lambda labels, q: klnotes.surprisal(q[:, labels]).mean()
        ),
        "q[labels, i] exchanges rows and columns. For each picture i, take q[i, labels[i]].": lambda labels, q: (
            klnotes.surprisal(q[labels, np.arange(len(labels))]).mean()
        ),
        "That is the share of wrong guesses, without a logarithm.": lambda labels, q: np.mean(
            q.argmax(axis=1) != labels
        ),
        "Only the last picture is left. Are the losses added up?": lambda labels, q: klnotes.surprisal(
            q[-1, labels[-1]]
        ),
        "That is the mean of the squares of 1 - q; the logarithm is missing.": lambda labels, q: np.mean(
            (1 - _charged(labels, q)) ** 2
        ),
        "That is the loss of the first picture alone. Is the return inside the loop?": lambda labels, q: (
            klnotes.surprisal(q[0, labels[0]])
        ),
        **loops(lambda labels, q: klnotes.surprisal(_charged(labels, q)) / len(labels), "picture"),
    },
    guards=[lambda put_in, labels, q: -np.log(_charged(labels, np.array([put_in(row) for row in q]))).mean()],
)


@st.composite
def _scores(draw: st.DrawFn, scale: float) -> Any:
    n = draw(st.integers(2, 4))
    z = np.array(draw(st.lists(st.integers(-3, 3), min_size=n, max_size=n))) * scale
    return z, n


def _given(z: Any, n: int) -> Any:
    return st.tuples(st.just(z), st.integers(0, n - 1))


def _minus(shift: Function, z: Any, label: int) -> Any:
    """The loss from logits from which one number has been subtracted."""
    z = z - shift(z, label)
    return np.log(np.exp(z).sum()) - z[label]


_DIVIDED = "The logits are divided by the largest one. That changes the softmax; subtract it."
_LARGEST = "Subtract the largest logit from all of them first: the softmax does not change."

cross_entropy_from_logits = Check(
    name="cross_entropy_from_logits",
    what="the cross-entropy in nats",
    names=["z", "label"],
    truth=lambda z, label: logsumexp(z) - z[label],
    stages=[
        Stage("logits of common size", _scores(1.0).flatmap(lambda drawn: _given(*drawn))),
        Stage(
            "logits in the thousands",
            _scores(1000.0).flatmap(lambda drawn: _given(*drawn)),
            "exp is inf for large numbers, and 0 for very negative ones. Is the largest logit subtracted from all, and "
            "is no logarithm taken of a probability, which may be 0?",
        ),
    ],
    unit="nats",
    slips={
        "The softmax is applied twice: its result is taken for logits once more.": lambda z, label: (
            -log_softmax(softmax(z))[label]
        ),
        "That is minus the logit itself. The logits are not logarithms of probabilities until their logsumexp is "
        "subtracted.": lambda z, label: -z[label],
        "That is for a label alone, with the sigmoid of its logit. The other logits must enter.": lambda z, label: (
            np.logaddexp(0, -z[label])
        ),
        "That is the probability of the label; its logarithm is missing.": lambda z, label: softmax(z)[label],
        "The logarithm is taken of the logit. A logit may be negative; the softmax comes first.": lambda z, label: (
            -np.log(z[label])
        ),
        "That is the sum over all labels; only the true one counts.": lambda z, label: -log_softmax(z).sum(),
        "That is divided by the number of labels.": lambda z, label: -log_softmax(z)[label] / len(z),
        "It is inf where another logit lies a thousand above the true one: the probability of the true label is then 0 "
        "for the computer, and exp of the difference is inf. Subtract the largest logit from all before you take exp, "
        "and take the logarithm of their sum alone, not of a probability.": lambda z, label: -np.log(softmax(z)[label]),
        "exp is inf for large logits, and 0 for very negative ones. " + _LARGEST: functools.partial(
            _minus, lambda z, label: 0.0
        ),
        **{
            f"The {which} logit is subtracted, and exp overflows where another is thousands larger. {_LARGEST}": (
                functools.partial(_minus, shift)
            )
            for which, shift in {
                "mean": lambda z, label: z.mean(),
                "smallest": lambda z, label: z.min(),
            }.items()
        },
        _DIVIDED: lambda z, label: -log_softmax(z / np.abs(z).max())[label],
        "That is the mean over all labels; only the true one counts.": lambda z, label: -log_softmax(z).mean(),
        "The labels are counted from 1; they start at 0.": lambda z, label: -log_softmax(z)[label - 1],
        "That is how far the largest logit is above the true one. Take logsumexp in place of the maximum.": (
            lambda z, label: z.max() - z[label]
        ),
        "The largest logit is subtracted in the logsumexp only. Subtract it from the true one as well.": (
            lambda z, label: logsumexp(z) - z.max() - z[label]
        ),
    },
    guards=[lambda put_in, z, label: -np.log(put_in(softmax(z))[label])],
)

gradient = Proof(
    "gradient",
    {
        "B": {},
        "E": {"B": "It puts the logarithm of the softmax into the cross-entropy: write that logarithm down first."},
        "D": {"E": "It simplifies a part that must have been written down before."},
        "A": {"D": "Differentiate when the weights of this part have been added up."},
        "G": {"E": "It differentiates a part that must have been written down before."},
        "C": {
            "A": "It adds two derivatives, and one of them is not there yet.",
            "G": "It adds two derivatives, and one of them is not there yet.",
        },
    },
    {"F": "Every probability depends on the logit, as it is in the denominator of all of them."},
)

softmax_gradient = Check(
    name="softmax_gradient",
    what="the gradient of H(P, softmax(z))",
    names=["z", "p"],
    truth=lambda z, p: softmax(z) - p,
    stages=[
        Stage(
            kind, _scores(scale).flatmap(lambda drawn: st.tuples(st.just(drawn[0]), distributions(drawn[1], 0))), hint
        )
        for kind, scale, hint in [
            ("logits of common size", 1.0, ""),
            (
                "logits in the thousands",
                1000.0,
                "exp is inf for large numbers, and 0 for very negative ones. Which logit makes all exponents at most 0 "
                "if it is subtracted from all?",
            ),
        ]
    ],
    slips={
        "The sign is wrong: that is p - q, the direction in which to go downhill.": lambda z, p: p - softmax(z),
        "That is q. What is true must be subtracted from what was stated.": lambda z, p: softmax(z),
        "That is z - p: the softmax is missing.": lambda z, p: z - p,
        "That is -p/q, the derivative with respect to q. The chain rule through the softmax is missing.": lambda z, p: (
            -p / softmax(z)
        ),
        "That is divided by the number of labels.": lambda z, p: (softmax(z) - p) / len(p),
        "Only the term of q_k was differentiated. If one logit is raised, all probabilities change.": lambda z, p: (
            p * (softmax(z) - 1)
        ),
        "That is the derivative of the squared error, not of the cross-entropy.": lambda z, p: (
            2 * softmax(z) * (softmax(z) - p - (softmax(z) - p) @ softmax(z))
        ),
        "That is the squared error, differentiated as if each q_k depended on its own logit only.": lambda z, p: (
            2 * (softmax(z) - p) * softmax(z) * (1 - softmax(z))
        ),
        "1 is subtracted at the most probable label. P need not be sure of a label: subtract p.": lambda z, p: (
            softmax(z) - np.eye(len(p))[np.argmax(p)]
        ),
        "There is one factor too many: the derivative of the logarithm has canceled q (1 - q).": lambda z, p: (
            (softmax(z) - p) * softmax(z) * (1 - softmax(z))
        ),
        _DIVIDED: lambda z, p: softmax(z / np.abs(z).max()) - p,
        "exp overflows. Subtract the largest logit first: the softmax does not change.": lambda z, p: (
            np.exp(z) / np.exp(z).sum() - p
        ),
    },
)

named_8 = Number(
    "named_8",
    lambda confusion: klnotes.entropy(np.asarray(confusion)[:, 8], normalize=True),
    "nats",
    {
        "That is the row of the true eights: how the classifier names them. Asked is what is behind the "
        "name, which is the column.": lambda confusion: klnotes.entropy(np.asarray(confusion)[8], normalize=True),
        "That is how surprised you are by an eight, not by whatever comes.": lambda confusion: klnotes.surprisal(
            shares(np.asarray(confusion)[:, 8])[8]
        ),
        "That is the mean over all names. Asked is what is behind the name 8.": lambda confusion: float(
            shares(np.sum(confusion, axis=0)) @ klnotes.entropy(np.transpose(confusion), normalize=True)
        ),
        "That is the column of the sevens: the columns begin with 0.": lambda confusion: klnotes.entropy(
            np.asarray(confusion)[:, 7], normalize=True
        ),
        "The column is divided by the number of all pictures. Divide by its own sum.": lambda confusion: float(
            -xlogy(
                np.asarray(confusion)[:, 8] / np.sum(confusion), np.asarray(confusion)[:, 8] / np.sum(confusion)
            ).sum()
        ),
        "One is added to each count of the column. Take the counts as they are.": lambda confusion: klnotes.entropy(
            np.asarray(confusion)[:, 8] + 1, normalize=True
        ),
        "The rows are divided by their sums first, as if each digit were as common as the next.": lambda confusion: (
            klnotes.entropy((np.asarray(confusion) / np.sum(confusion, axis=1, keepdims=True))[:, 8], normalize=True)
        ),
        "That is the share of mistakes behind the name 8.": lambda confusion: float(
            1 - shares(np.asarray(confusion)[:, 8])[8]
        ),
        "That knows right and wrong only. Asked is which digit it was.": lambda confusion: klnotes.entropy(
            [np.asarray(confusion)[8, 8], np.sum(np.delete(np.asarray(confusion)[:, 8], 8))], normalize=True
        ),
        "The eights themselves are left out.": lambda confusion: klnotes.entropy(
            np.delete(np.asarray(confusion)[:, 8], 8), normalize=True
        ),
    },
)

_BELIEF = np.array([0.7, 0.3])


def _linear(q: Any) -> float:
    return float(1 - _BELIEF @ q)


lie = Construction(
    "lie",
    (2,),
    [
        DISTRIBUTION,
        (
            "Under the linear penalty the lie must cost at least 0.1 less than honesty.",
            lambda q: _linear(q) <= _linear(_BELIEF) - 0.1 + 1e-12,
        ),
        (
            "It must stay finite under the log-loss: give some probability to what you believe possible.",
            lambda q: bool(np.isfinite(klnotes.cross_entropy(_BELIEF, q, normalize=True))),
        ),
    ],
    "A lie that pays under the linear penalty, and costs under the log-loss",
)


def _paid(p: list[float], q: list[float], unit: Literal["bits", "nats"] = "bits") -> float:
    return float(klnotes.cross_entropy(p, q, unit=unit))


_FAIR, _OTHER, _SURE, _ILL = [1 / 2, 1 / 2], [1 / 4, 3 / 4], [0.9, 0.1], [0.02, 0.98]
_LOSSES = klnotes.surprisal([0.999] * 99 + [1e-6])

# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "first": [
        Number(
            "the word",
            lambda: float(klnotes.surprisal(1 / 8, unit="bits")),
            "bits",
            {"That is for the new probability. The book was made for 1/8.": lambda: 1.0},
        ),
        Number(
            "what C adds",
            lambda: 0.5 * float(klnotes.surprisal(1 / 8, unit="bits")),
            "bits",
            {
                "That is the price of the word. It is paid for half of the letters.": lambda: 3.0,
                "It is weighted with the probability of the other office.": lambda: 3 / 8,
                "That is what a book for this office would charge.": lambda: 1 / 2,
            },
        ),
    ],
    "1": [
        Number(
            "the fair coin at the other's prices",
            lambda: _paid(_FAIR, _OTHER),
            "bits",
            {
                "That is the other way round.": lambda: _paid(_OTHER, _FAIR),
                "That is the entropy of the coin that the prices were made for.": lambda: _paid(_OTHER, _OTHER),
                "That is the excess. The coin's own entropy, one bit, belongs to the bill.": lambda: (
                    _paid(_FAIR, _OTHER) - 1
                ),
            },
        ),
        Number(
            "the other coin at fair prices",
            lambda: _paid(_OTHER, _FAIR),
            "bits",
            {
                "That is the other way round.": lambda: _paid(_FAIR, _OTHER),
                "That is the coin's own entropy. The prices are fair ones.": lambda: _paid(_OTHER, _OTHER),
            },
        ),
    ],
    "2": [
        Number(
            "H(Q)",
            lambda: _paid(_SURE, _SURE),
            "bits",
            {
                "That is H(P,Q). In H(Q) both outcomes count.": lambda: _paid([1, 0], _SURE),
                "The second outcome is missing.": lambda: 0.9 * _paid([1, 0], _SURE),
            },
        ),
        Number(
            "H(P,Q)",
            lambda: _paid([1, 0], _SURE),
            "bits",
            {
                "That is H(Q). The weights are those of P.": lambda: _paid(_SURE, _SURE),
                "It is weighted with q. The first outcome has p = 1.": lambda: 0.9 * _paid([1, 0], _SURE),
                "That is the second outcome, which never happens under P.": lambda: _paid([0, 1], _SURE),
            },
        ),
    ],
    "3": Number(
        "the mean loss",
        lambda: float(np.mean(_LOSSES)),
        "nats",
        {
            "That is the part of the one picture. The others add a little.": lambda: float(_LOSSES[-1] / 100),
            "That is the sum over the pictures.": lambda: float(np.sum(_LOSSES)),
            "That is the one picture.": lambda: float(_LOSSES[-1]),
            "That is the logarithm of the mean probability; take the mean of the logarithms.": lambda: float(
                -np.log(0.99 * 0.999 + 0.01 * 1e-6)
            ),
        },
    ),
    "4": [
        Number(
            "the smallest loss",
            lambda: _paid(_ILL, _ILL, "nats"),
            "nats",
            {
                "That is the best statement. Its loss is asked for.": lambda: 0.02,
                "That is the loss of 0.5.": lambda: _paid(_ILL, _FAIR, "nats"),
                "The healthy are missing. They bring a loss, too.": lambda: -0.02 * float(np.log(0.02)),
            },
        ),
        Number(
            "the loss of 0.5",
            lambda: _paid(_ILL, _FAIR, "nats"),
            "nats",
            {
                "That is the smallest loss.": lambda: _paid(_ILL, _ILL, "nats"),
                "That is the excess over the smallest loss.": lambda: float(klnotes.kl_divergence(_ILL, _FAIR)),
            },
        ),
    ],
    "perplexity": [
        Number(
            "3 bits",
            lambda: 2.0**3,
            slips={
                "The loss is in bits, so the base is 2.": lambda: float(np.exp(3)),
                "That is three times two; it is two to the power of three.": lambda: 6.0,
            },
        ),
        Number(
            "the die",
            lambda: 2 ** float(klnotes.surprisal(1 / 6, unit="bits")),
            slips={
                "That is the loss in bits.": lambda: float(klnotes.surprisal(1 / 6, unit="bits")),
                "That is the loss in nats.": lambda: float(klnotes.surprisal(1 / 6)),
            },
        ),
    ],
    "5": [
        Number(
            "the perplexity per piece",
            lambda: float(np.exp(3)),
            slips={
                "The loss is in nats, so the base is e.": lambda: 8.0,
                "That is per character.": lambda: float(np.exp(3 / 4)),
            },
        ),
        Number(
            "the loss per character",
            lambda: 3 / 4 / float(np.log(2)),
            "bits",
            {
                "That is the whole piece. Four characters share it.": lambda: 3 / float(np.log(2)),
                "That is multiplied by ln 2. A nat is more than a bit.": lambda: 3 / 4 * float(np.log(2)),
            },
        ),
    ],
    "program": cross_entropy,
}
