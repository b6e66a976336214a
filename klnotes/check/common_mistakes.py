"""The tasks of the exercises on common mistakes."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

import klnotes
from klnotes.check._engine.answers import Choice, Construction, Number
from klnotes.check._engine.inputs import distributions
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check, Stage

__all__ = ["absolute", "grouped", "hidden", "line", "token_mean", "tokens", "which_check", "whose"]

whose = Choice(
    "whose",
    lambda: "c",
    {
        "a": "Half of 0.4495 is not 0.2372, nor is its root.",
        "b": "The root of 1.7980 is 1.3409, and bits are larger than nats.",
        "c": "0.1644 is the swap, and 0.1644 / 0.6931 is 0.2372.",
        "d": "Without the logarithm nothing is below 1, and the mean divides by four: 2500000 and more.",
    },
)

which_check = Choice(
    "which_check",
    lambda: "c",
    {
        "a": "For P = Q each term is 0, and so is its absolute value.",
        "b": "A sum of absolute values is never negative.",
        "c": "Near a P without zeros the absolute values fall to a half, where a divergence falls to a quarter.",
        "d": "That the two orders give different numbers is true of the absolute values as well.",
    },
)


def _rows_are_distributions(pair: Any) -> bool:
    return bool(np.all(pair >= 0) and np.allclose(pair.sum(axis=1), 1, rtol=0, atol=1e-8))


def _entropies_agree(pair: Any) -> bool:
    p, q = pair / pair.sum(axis=1, keepdims=True)
    apart = klnotes.entropy(q) - klnotes.entropy(p)
    return bool(np.isclose(apart, klnotes.kl_divergence(p, q), rtol=1e-4, atol=0))


hidden = Construction(
    "hidden",
    (2, 3),
    [
        ("Each row must be a distribution: no negative entry, and the sum 1.", _rows_are_distributions),
        ("No entry may be 0.", lambda pair: bool(np.all(pair > 0))),
        (
            "The entries of Q are to be different from each other, by 0.01 or more.",
            lambda pair: bool(np.diff(np.sort(pair[1])).min() > 0.0099),
        ),
        (
            "P is Q, or nearly so. Some entry must differ by 0.01 or more.",
            lambda pair: bool(np.abs(pair[0] - pair[1]).max() > 0.0099),
        ),
        ("H(Q) - H(P) and the divergence differ.", _entropies_agree),
    ],
    "On this pair the difference of the entropies is the divergence, and a test with it protects the mistake.",
)


def _lists(function: Callable[..., Any]) -> Callable[..., Any]:
    """A formula for arrays, given lists of lists."""
    return lambda *given: function(*(np.asarray(x, dtype=float) for x in given))


@st.composite
def _batches(draw: st.DrawFn, blanks: bool) -> Any:
    """Rows of values per token, and which tokens are real: from the left of each row, one at least."""
    rows, most = draw(st.integers(2, 3)), draw(st.integers(2, 4))
    lengths = draw(st.lists(st.integers(1, most), min_size=rows, max_size=rows)) if blanks else [most] * rows
    value = st.integers(1, 9).map(lambda k: k / 10)
    values = [draw(st.lists(value, min_size=most, max_size=most)) for _ in range(rows)]
    return values, [[1] * n + [0] * (most - n) for n in lengths]


token_mean = Check(
    name="token_mean",
    what="the mean over the real tokens",
    names=["values", "real"],
    truth=_lists(lambda v, r: (v * r).sum() / r.sum()),
    stages=[
        Stage("rows without blanks", _batches(False)),
        Stage("rows with blanks", _batches(True), "Think of the blanks: which tokens count, and what is divided by?"),
    ],
    unit="nats",
    slips={
        "The blanks are counted in: divide by the number of real tokens.": _lists(lambda v, r: (v * r).mean()),
        "The values of the blanks are added, too.": _lists(lambda v, r: v.sum() / r.sum()),
        "That is the mean over all tokens, blanks and all.": _lists(lambda v, r: v.mean()),
        "That is the mean of the rows' means, so a token in a short row weighs more. Add up all real tokens first, and "
        "divide once.": _lists(lambda v, r: ((v * r).sum(axis=1) / r.sum(axis=1)).mean()),
        "That is the sum over the real tokens; divide by their number.": _lists(lambda v, r: (v * r).sum()),
        "That is the sum divided by the number of rows; divide by the number of real tokens.": _lists(
            lambda v, r: (v * r).sum() / len(v)
        ),
        "That is the mean of the first row only. Is the return inside the loop?": _lists(
            lambda v, r: (v[0] * r[0]).sum() / r[0].sum()
        ),
        "Only the last row is left. Does the sum begin anew with each row?": _lists(
            lambda v, r: (v[-1] * r[-1]).sum() / r[-1].sum()
        ),
        "That is the number of real tokens.": _lists(lambda v, r: r.sum()),
    },
)


@st.composite
def _tables(draw: st.DrawFn, alike: bool) -> Any:
    """Two joint tables: a row for each group. If alike, the groups have the same shares in both."""
    rows, columns = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    shares = draw(distributions(rows))
    tables = []
    for _ in "pq":
        inside = np.array([draw(distributions(columns)) for _ in range(rows)])
        tables.append(inside * (shares if alike else draw(distributions(rows)))[:, None])
    return tables[0], tables[1]


def _inside(p: Any, q: Any) -> Any:
    """The divergence inside of each group."""
    return klnotes.kl_divergence(p, q, normalize=True)


def _between(p: Any, q: Any) -> Any:
    return klnotes.kl_divergence(p.sum(axis=1), q.sum(axis=1), normalize=True)


grouped = Check(
    name="grouped",
    what="the divergence of the two tables in nats",
    names=["p", "q"],
    truth=lambda p, q: klnotes.kl_divergence(p.ravel(), q.ravel(), normalize=True),
    stages=[
        Stage("groups with the same shares in both tables", _tables(True)),
        Stage("groups with other shares", _tables(False), "Think of the shares: whose groups occur?"),
    ],
    unit="nats",
    slips={
        "The groups are weighted with their shares under Q. What occurs are the groups of P.": lambda p, q: (
            _between(p, q) + q.sum(axis=1) @ _inside(p, q)
        ),
        "What is between the groups is missing.": lambda p, q: p.sum(axis=1) @ _inside(p, q),
        "That is only what is between the groups; what is inside of them is missing.": _between,
        "The groups are added up without weights. Weight each with its share under P.": lambda p, q: (
            _between(p, q) + _inside(p, q).sum()
        ),
        "The groups are averaged as if all were equally common. Weight each with its share under P.": lambda p, q: (
            _between(p, q) + _inside(p, q).mean()
        ),
        "The direction is the other one, KL(Q‖P), inside of the groups or everywhere.": [
            lambda p, q: klnotes.kl_divergence(q.ravel(), p.ravel(), normalize=True),
            lambda p, q: _between(p, q) + p.sum(axis=1) @ _inside(q, p),
        ],
        "Between the groups the direction is the other one.": lambda p, q: (
            _between(q, p) + p.sum(axis=1) @ _inside(p, q)
        ),
        "The groups are the rows; these are the columns.": lambda p, q: klnotes.kl_divergence(
            p.sum(axis=0), q.sum(axis=0), normalize=True
        ),
        "These are the divergences inside of the groups; one number is asked for.": _inside,
        "What is between the groups is weighted, too. It counts in full.": lambda p, q: (
            p.sum(axis=1) @ (_between(p, q) * p.sum(axis=1) + _inside(p, q))
        ),
    },
)

_TOKENS, _MEANS = np.array([512, 512, 16]), np.array([0.3, 0.3, 0.9])

tokens = Number(
    "tokens",
    lambda: float(_TOKENS @ _MEANS / _TOKENS.sum()),
    "nats",
    {
        "That is the mean of the three means. The last chunk has 16 tokens of 1040.": lambda: float(_MEANS.mean()),
        "That leaves the last chunk out.": lambda: 0.3,
        "The blanks are counted in: the last chunk has 16 tokens, not 512.": lambda: float(
            _TOKENS @ _MEANS / (3 * 512)
        ),
        "That is how many times too large the reported number is.": lambda: float(
            _MEANS.mean() / (_TOKENS @ _MEANS / _TOKENS.sum())
        ),
        "That is the sum over all tokens; divide by their number.": lambda: float(_TOKENS @ _MEANS),
    },
)

absolute = Proof(
    "absolute",
    {
        "D": {},
        "B": {},
        "F": {"B": "It speaks of the terms with 0 < p < q: why of these?"},
        "A": {},
        "E": {
            "D": "It turns a bound on N into one on A. What has A to do with N?",
            "F": "It bounds N by a sum of q - p. Is each term at most that?",
            "A": "It says what the sum of the q - p is.",
        },
        "C": {"E": "Pinsker's inequality is about TV, which must have come in."},
    },
    {
        "G": "The terms of D do not sum to 0, but to D. It is the p - q that sum to 0, and not the terms.",
    },
)

line = Choice(
    "line",
    lambda: "b",
    {
        "a": "Thirty bins for a thousand values are a choice, and not a mistake.",
        "b": "Without a range, each call cuts its own data into 30 bins between their least and their largest value. "
        "Shifted data have shifted bins, and the same counts. Hand the edges of the first call to the second, but with "
        "-inf and inf for the outermost: a histogram drops what lies outside of its edges, and with it the drift.",
        "c": "One in each empty bin is a choice, and is divided by the sum afterward.",
        "d": "The shares are divided by their sums, as they should be.",
        "e": "The old data are the reference, and they come first.",
    },
)

_DID = {
    "a": "A mean has the sign of the sum, and four times 0.4495 is 1.7980.",
    "b": "With the weights q the sum is minus the divergence the other way round, and so negative.",
    "c": "Positive terms add up to no less than the divergence.",
    "d": "The difference of the entropies is another number in the table.",
}

# Under "Check yourself", by the labels of the questions.
QUESTIONS = {
    "minute": [Choice("−0.1644", lambda: "b", _DID), Choice("0.4495", lambda: "a", _DID)],
    "rows": [
        Number(
            "the sum over all",
            lambda: 0.3 + 0.1 + 0.2,
            "nats",
            {"That is the sum over the rows, divided by their number.": lambda: 0.2},
        ),
        Number(
            "batchmean",
            lambda: (0.3 + 0.1 + 0.2) / 3,
            "nats",
            {
                "The rows are counted, not the outcomes.": lambda: 0.6 / 4,
                "Rows are counted, and not all the entries.": lambda: 0.6 / 12,
            },
        ),
        Number(
            "mean",
            lambda: (0.3 + 0.1 + 0.2) / 12,
            "nats",
            {
                "All entries are counted, not the rows alone.": lambda: 0.6 / 3,
                "All entries are counted, not the outcomes of one row.": lambda: 0.6 / 4,
            },
        ),
    ],
    "program": token_mean,
}
