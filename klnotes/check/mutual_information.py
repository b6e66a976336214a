"""The tasks of the exercises on mutual information."""

from typing import Any

import numpy as np
from scipy.special import xlogy

import klnotes
from klnotes.check._engine.answers import DISTRIBUTION, Choice, Construction, Number
from klnotes.check._engine.hints import DROPPED_GAINS, MEAN, POSITIVE, SUM_MISSING, ZERO_TIMES_LOG
from klnotes.check._engine.inputs import TABLE
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check

__all__ = ["card", "conditional_entropy", "merged", "mutual_information", "processing", "uncorrelated"]

card = Number(
    "card",
    lambda: klnotes.mutual_information(np.array([[13, 0], [13, 0], [0, 13], [0, 13]]) / 52, unit="bits"),
    "bits",
    {
        "That is the entropy of the suit. When you know the color, one bit of it is still open.": lambda: 2.0,
        "The color follows from the suit, so they are far from independent.": lambda: 0.0,
        "That is the probability of a color.": lambda: 0.5,
        "That is the sum of the two entropies; subtract the joint entropy.": lambda: 3.0,
    },
)


def _margins(joint: Any) -> tuple[Any, Any]:
    return joint.sum(axis=1), joint.sum(axis=0)


def _product(joint: Any) -> Any:
    return np.outer(*_margins(joint))


def _terms(joint: Any) -> Any:
    return klnotes.kl_terms(np.ravel(joint), np.ravel(_product(joint)), unit="bits").reshape(joint.shape)


def _h(p: Any) -> Any:
    return klnotes.entropy(np.ravel(p), unit="bits")


def _given_rows(joint: Any) -> Any:
    return _h(joint) - _h(joint.sum(axis=1))


def _guarded(put_in: Any, p: Any) -> Any:
    return -np.sum(p * np.log2(put_in(p)))


mutual_information = Check(
    name="mutual_information",
    what="the mutual information in bits",
    names=["joint"],
    truth=lambda joint: klnotes.mutual_information(joint, unit="bits"),
    stages=TABLE,
    unit="bits",
    slips={
        "That is the divergence the other way round: the joint distribution is the reference, the product of the "
        "margins the model.": lambda joint: klnotes.kl_divergence(
            np.ravel(_product(joint)), np.ravel(joint), unit="bits"
        ),
        "The weights are the products of the margins; they must be the entries of the joint table.": lambda joint: (
            -klnotes.kl_divergence(np.ravel(_product(joint)), np.ravel(joint), unit="bits")
        ),
        "The margins are exchanged: the sums of the rows belong to the rows of the product.": lambda joint: np.sum(
            joint * np.log2(joint / np.outer(joint.sum(axis=0), joint.sum(axis=1)))
        ),
        "joint.sum(axis=1) * joint.sum(axis=0) is no table: the product of the margins needs np.outer.": lambda joint: (
            np.sum(joint * np.log2(joint / (joint.sum(axis=1) * joint.sum(axis=0))))
        ),
        "The table is made symmetric first. X and Y are two things: take the table as it is.": lambda joint: (
            klnotes.mutual_information((joint + joint.T) / 2, unit="bits")
        ),
        "Only the diagonal is added; add all entries.": lambda joint: np.trace(_terms(joint)),
        "It stops after the first row. Is the return inside the loop?": lambda joint: _terms(joint)[0].sum(),
        "The table is taken for a square: it may have more columns than rows, or fewer.": lambda joint: _terms(joint)[
            :, np.arange(len(joint))
        ].sum(),
        POSITIVE: lambda joint: np.abs(_terms(joint)).sum(),
        DROPPED_GAINS: lambda joint: np.maximum(_terms(joint), 0).sum(),
        "That is the joint entropy.": _h,
        "That is the sum of the two entropies; subtract the joint entropy.": lambda joint: sum(
            map(_h, _margins(joint))
        ),
        "That is H(Y|X), what is left; what goes away is H(Y) - H(Y|X).": _given_rows,
        "That is H(X|Y), what is left; what goes away is H(X) - H(X|Y).": lambda joint: _given_rows(joint.T),
        "That is H(X) - H(X,Y): add H(Y). Is it a sum over a ratio with p(x) only? Divide by p(y) as well.": (
            lambda joint: -_given_rows(joint)
        ),
        "That is H(Y) - H(X,Y): add H(X). Is it a sum over a ratio with p(y) only? Divide by p(x) as well.": (
            lambda joint: -_given_rows(joint.T)
        ),
        "That is the entropy of X.": lambda joint: _h(joint.sum(axis=1)),
        "That is the entropy of Y.": lambda joint: _h(joint.sum(axis=0)),
        MEAN: lambda joint: klnotes.mutual_information(joint, unit="bits") / joint.size,
        SUM_MISSING: lambda joint: joint * np.log2(joint / _product(joint)),
        ZERO_TIMES_LOG: lambda joint: np.sum(joint * np.log2(joint / _product(joint))),
    },
    guards=[
        lambda put_in, j: np.sum(j * np.log2(put_in(j) / _product(j))),
        lambda put_in, j: np.sum(j * np.log2(put_in(j / _product(j)))),
        lambda put_in, j: np.sum(j * np.log2(put_in(j) / put_in(_product(j)))),
        lambda put_in, j: np.sum(put_in(j) * np.log2(put_in(j) / _product(put_in(j)))),
        lambda put_in, j: _guarded(put_in, j.sum(axis=0)) + _guarded(put_in, j.sum(axis=1)) - _guarded(put_in, j),
    ],
)

conditional_entropy = Check(
    name="conditional_entropy",
    what="the conditional entropy H(Y|X) in bits",
    names=["joint"],
    truth=_given_rows,
    stages=TABLE,
    unit="bits",
    slips={
        "That is H(X|Y). What is known stands behind the bar, and X belongs to the rows.": lambda joint: _given_rows(
            joint.T
        ),
        "The rows' entropies are averaged as if all rows were equally probable; weight them with p(x).": lambda joint: (
            klnotes.entropy(joint, unit="bits", normalize=True).mean()
        ),
        "The entropies of the rows are added without weights; weight them with p(x).": lambda joint: klnotes.entropy(
            joint, unit="bits", normalize=True
        ).sum(),
        "That is the joint entropy; subtract the entropy of X.": _h,
        "The entropy of X is added to the joint entropy; subtract it.": lambda joint: _h(joint) + _h(joint.sum(axis=1)),
        "That is the mutual information, what goes away; asked for is what is left.": lambda joint: (
            klnotes.mutual_information(joint, unit="bits")
        ),
        "That is the entropy of Y, before anything is known.": lambda joint: _h(joint.sum(axis=0)),
        "That is the entropy of X.": lambda joint: _h(joint.sum(axis=1)),
        "The columns are divided by the sums of the rows: joint.sum(axis=1) needs keepdims=True.": lambda joint: (
            -np.sum(joint * np.log2(joint / joint.sum(axis=1)))
        ),
        "The rows are not divided by their sums: a row is a distribution of Y only then.": lambda joint: (
            joint.sum(axis=1) @ -xlogy(joint, joint).sum(axis=1) / np.log(2)
        ),
        "These are the parts of the rows; what is asked for is their sum.": lambda joint: (
            joint.sum(axis=1) * klnotes.entropy(joint, unit="bits", normalize=True)
        ),
        "That is the entropy of Y in the first row only.": lambda joint: klnotes.entropy(
            joint[0], unit="bits", normalize=True
        ),
        "These are the entropies of the rows; what is asked for is their mean, weighted with p(x).": lambda joint: (
            klnotes.entropy(joint, unit="bits", normalize=True)
        ),
        ZERO_TIMES_LOG: lambda joint: -np.sum(joint * np.log2(joint / joint.sum(axis=1, keepdims=True))),
    },
    guards=[
        lambda put_in, j: -np.sum(j * np.log2(put_in(j / j.sum(axis=1, keepdims=True)))),
        lambda put_in, j: -np.sum(j * np.log2(put_in(j) / j.sum(axis=1, keepdims=True))),
        lambda put_in, j: -np.sum(j * np.log2(put_in(j) / put_in(j.sum(axis=1, keepdims=True)))),
        lambda put_in, j: -np.sum(j * np.log2(j / put_in(j.sum(axis=1, keepdims=True)))),
        lambda put_in, j: _given_rows(put_in(j) / put_in(j).sum()),
        lambda put_in, j: _guarded(put_in, j) - _guarded(put_in, j.sum(axis=1)),
    ],
)

processing = Proof(
    "processing",
    {
        "D": {},
        "A": {},
        "F": {},
        "G": {},
        "C": {
            "D": "It sets two chain rules equal: the one with Y first is missing.",
            "A": "It sets two chain rules equal: the one with Z first is missing.",
            "F": "It uses that I(X;Z|Y) vanishes.",
        },
        "E": {
            "C": "It compares I(X;Y) and I(X;Z), and needs an equation with both.",
            "G": "It needs the sign of I(X;Y|Z).",
        },
    },
    {"B": "Z may have lost something that Y still tells. What vanishes is I(X;Z|Y)."},
)


def _merged(confusion: Any, name: int = 1, other: int = 8) -> Any:
    table = np.asarray(confusion).astype(float)
    table[:, name] += table[:, other]
    return np.delete(table, other, axis=1)


def _halved(confusion: Any) -> Any:
    return _merged(np.asarray(confusion) / np.where(np.isin(np.arange(10), [1, 8]), 2, 1))


def _doubled(confusion: Any) -> Any:
    return np.insert(_merged(confusion), 8, np.asarray(confusion)[:, 8], axis=1)


def _told_bits(table: Any) -> float:
    return float(klnotes.mutual_information(table, unit="bits", normalize=True))


merged = Number(
    "merged",
    lambda confusion: _told_bits(confusion) - _told_bits(_merged(confusion)),
    "bits",
    {
        "That is what is left. Asked is what is lost.": lambda confusion: _told_bits(_merged(confusion)),
        "That is what the answers told before.": _told_bits,
        "The answers 0 and 7 are merged: the columns begin with 0.": lambda confusion: (
            _told_bits(confusion) - _told_bits(_merged(confusion, 0, 7))
        ),
        "The merged column is the mean of the two; it is their sum.": lambda confusion: (
            _told_bits(confusion) - _told_bits(_halved(confusion))
        ),
        "The answer 8 is dropped; its column must be added to that of the 1.": lambda confusion: (
            _told_bits(confusion) - _told_bits(np.delete(np.asarray(confusion), 8, axis=1))
        ),
        "The column of the 8 is added, and it also stands where it was; delete it.": lambda confusion: (
            _told_bits(confusion) - _told_bits(_doubled(confusion))
        ),
        "The rows are merged, which are the true digits; merge the answers, the columns.": lambda confusion: (
            _told_bits(confusion) - _told_bits(_merged(np.transpose(confusion)))
        ),
        "The true digits are merged, too; merge the answers only.": lambda confusion: (
            _told_bits(confusion) - _told_bits(_merged(np.transpose(_merged(confusion))))
        ),
        "That is the share that is lost. Asked is how many bits.": lambda confusion: (
            1 - _told_bits(_merged(confusion)) / _told_bits(confusion)
        ),
    },
)

_GRADES = np.array([-3, -1, 1, 3])


def _covariance(table: Any) -> float:
    x, y = table.sum(axis=1) @ _GRADES, table.sum(axis=0) @ _GRADES
    return float(_GRADES @ table @ _GRADES - x * y)


uncorrelated = Construction(
    "uncorrelated",
    (4, 4),
    [
        DISTRIBUTION,
        ("The covariance must be 0.", lambda table: abs(_covariance(table)) < 1e-9),
        (
            "The mutual information must be 2 bits: each grade must determine the other.",
            lambda table: klnotes.mutual_information(table, unit="bits", normalize=True) > 2 - 1e-9,
        ),
    ],
    "No correlation at all, and each grade tells everything about the other",
)

_PARTS, _ALARMED = [0.01, 0.99], [0.5, 0.5]


def _in_bits(p: Any) -> float:
    return float(klnotes.entropy(p, unit="bits"))


def _flip() -> float:
    return float(0.5 - np.arcsin(0.8) / np.pi)


def _sum_of_two() -> float:
    return _in_bits([(min(k, 14 - k) - 1) / 36 for k in range(2, 13)])


def _named(accuracy: float) -> float:
    return float(np.log2(10)) - _in_bits([accuracy, *[(1 - accuracy) / 9] * 9])


# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "minute": [
        Number("two coins", lambda: 0.0, "bits", {"That is the second coin's entropy. It stays open.": lambda: 1.0}),
        Number(
            "glued together",
            lambda: 1.0,
            "bits",
            {
                "The second is as uncertain as before only if the two are independent.": lambda: 0.0,
                "Both coins together have one bit.": lambda: 2.0,
            },
        ),
    ],
    "dice": Number(
        "dice",
        lambda: _sum_of_two() - float(np.log2(6)),
        "bits",
        {
            "That is what stays open about the sum.": lambda: float(np.log2(6)),
            "That is the sum's entropy. Subtract what the first die leaves open.": _sum_of_two,
            "That is what the sum leaves open about the first die.": lambda: 2 * float(np.log2(6)) - _sum_of_two(),
        },
    ),
    "alarm": Number(
        "alarm",
        lambda: float(klnotes.kl_divergence(_ALARMED, _PARTS, unit="bits")),
        "bits",
        {
            "That is by how much the uncertainty grows, and here also the divergence the other way round. What you "
            "believe after the alarm comes first.": lambda: 1 - _in_bits(_PARTS),
            "That is the uncertainty before less that after. What an alarm is worth is a divergence.": lambda: (
                _in_bits(_PARTS) - 1
            ),
            "That is the cross-entropy. Subtract the entropy after the alarm.": lambda: float(
                klnotes.cross_entropy(_ALARMED, _PARTS, unit="bits")
            ),
        },
    ),
    "signs": [
        Number(
            "the signs",
            lambda: 1 - _in_bits([_flip(), 1 - _flip()]),
            "bits",
            {
                "That is what stays open about the other sign.": lambda: _in_bits([_flip(), 1 - _flip()]),
                "That is what the variables share.": lambda: float(
                    klnotes.gaussian_mutual_information(0.8, unit="bits")
                ),
                "The correlation is no probability of a flip.": lambda: 1 - _in_bits([0.8, 0.2]),
            },
        ),
        Number(
            "the variables",
            lambda: float(klnotes.gaussian_mutual_information(0.8, unit="bits")),
            "bits",
            {
                "The half is missing.": lambda: 2 * float(klnotes.gaussian_mutual_information(0.8, unit="bits")),
                "The correlation is not squared in the logarithm. It must be.": lambda: float(-np.log2(1 - 0.8) / 2),
            },
        ),
    ],
    "same-accuracy": Number(
        "same_accuracy",
        lambda: _named(0.744),
        "bits",
        {
            "That is what stays open.": lambda: float(np.log2(10)) - _named(0.744),
            "Which of the nine others it is stays open, too.": lambda: float(np.log2(10)) - _in_bits([0.744, 0.256]),
            "That is all that there is to know, times the accuracy.": lambda: 0.744 * float(np.log2(10)),
        },
    ),
    "copy": Choice(
        "copy",
        lambda: "b",
        {
            "a": "For a table with many possible cells that would be so. Here only ten of the hundred are possible.",
            "b": "It is the entropy of the sample, which is low on average.",
        },
    ),
    "program": mutual_information,
}
