from math import log, log2
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr

import klnotes
from klnotes.explorables.mutual_information import MutualInformation
from tests.chapters.answers import bits_of
from tests.explored import Explored
from tests.strategies import distributions, joints

# Entropies here are at most log 27, of at most 27 terms, each rounded at 1e-16 of its size; four of them are added.
ROUNDING = 2e-14
probability = st.floats(0, 1)


@st.composite
def count_tables(draw: st.DrawFn) -> np.ndarray:
    """Integer tables; one in three is an exact product, and in one in three each row has one positive count at most."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    count = st.integers(0, 6)
    kind = draw(st.sampled_from(["any", "product", "determined"]))
    table = np.array(draw(st.lists(count, min_size=rows * columns, max_size=rows * columns))).reshape(rows, columns)
    if kind == "product":
        table = np.outer(table[:, 0], draw(st.lists(count, min_size=columns, max_size=columns)))
    if kind == "determined":
        chosen = draw(st.lists(st.integers(0, columns - 1), min_size=rows, max_size=rows))
        table = table * np.eye(columns, dtype=int)[chosen]
    table[0, 0] += table.sum() == 0
    return table


def exact_entropy(counts: np.ndarray) -> mpmath.mpf:
    """Entropy of the shares, at mpmath's precision."""
    n = int(counts.sum())
    return mpmath.fsum(-mpmath.mpf(int(c)) / n * mpmath.log(mpmath.mpf(int(c)) / n) for c in counts.ravel() if c > 0)


def exact_information(counts: np.ndarray) -> mpmath.mpf:
    """The definition, at mpmath's precision."""
    n, rows, columns = int(counts.sum()), counts.sum(axis=1), counts.sum(axis=0)
    return mpmath.fsum(
        mpmath.mpf(int(c)) / n * mpmath.log(mpmath.mpf(int(c) * n) / (int(rows[i]) * int(columns[j])))
        for (i, j), c in np.ndenumerate(counts)
        if c > 0
    )


def left_open(joint: np.ndarray) -> float:
    """H(Y|X), as the mean over the rows of the entropy of a row."""
    mass = joint.sum(axis=1)
    return sum(m * klnotes.entropy(row, normalize=True) for m, row in zip(mass, joint, strict=True) if m > 0)


def information_given_last(triple: np.ndarray) -> float:
    """I(first; second | third), slice by slice."""
    mass = triple.sum(axis=(0, 1))
    return sum(m * klnotes.mutual_information(triple[:, :, k], normalize=True) for k, m in enumerate(mass) if m > 0)


@pytest.mark.theorem("thm-mutual-information-identities")
@given(joints(), count_tables())
def test_identities(joint: np.ndarray, counts: np.ndarray) -> None:
    information = klnotes.mutual_information(joint)
    h_x, h_y = klnotes.entropy(joint.sum(axis=1)), klnotes.entropy(joint.sum(axis=0))
    assert information == pytest.approx(h_y - left_open(joint), abs=ROUNDING)
    assert information == pytest.approx(h_x - left_open(joint.T), abs=ROUNDING)
    assert information == pytest.approx(h_x + h_y - klnotes.entropy(joint.ravel()), abs=ROUNDING)
    with mpmath.workdps(50):
        exact = exact_information(counts)
        parts = exact_entropy(counts.sum(axis=1)) + exact_entropy(counts.sum(axis=0)) - exact_entropy(counts)
        assert abs(exact - parts) < mpmath.mpf(10) ** -45
        # Counts and their products are exact, so klnotes owes all digits, whatever the size of the result.
        for table in (counts, counts.T):
            error = abs(klnotes.mutual_information(table, normalize=True) - exact)
            assert error <= 4e-15 * exact + mpmath.mpf(10) ** -30


@pytest.mark.theorem("thm-mutual-information-bounds")
@given(count_tables())
def test_bounds(counts: np.ndarray) -> None:
    n, rows, columns = counts.sum(), counts.sum(axis=1), counts.sum(axis=0)
    independent = bool((counts * n == np.outer(rows, columns)).all())  # integers: exact
    determined = bool(((counts > 0).sum(axis=1) <= 1).all())
    with mpmath.workdps(50):
        exact, h_x, h_y = exact_information(counts), exact_entropy(rows), exact_entropy(columns)
        # Counts of at most 36 in 16 cells: what is not 0 is far above 1e-40.
        nothing = mpmath.mpf(10) ** -40
        assert -nothing < exact < min(h_x, h_y) + nothing
        assert (exact < nothing) == independent
        assert (h_y - exact < nothing) == determined
    information = klnotes.mutual_information(counts, normalize=True)
    least = min(klnotes.entropy(rows, normalize=True), klnotes.entropy(columns, normalize=True))
    assert 0 <= information <= least + ROUNDING
    assert (information == 0) == independent


@pytest.mark.theorem("prop-mutual-information-bsc")
@given(probability, probability)
def test_binary_symmetric_channel(ones: float, f: float) -> None:
    def h2(p: float) -> float:
        return float(sum(-v * np.log2(v) for v in (p, 1 - p) if v > 0))

    def flips(ones: float) -> float:
        zeros = 1 - ones
        joint = [[zeros * (1 - f), zeros * f], [ones * f, ones * (1 - f)]]
        return float(klnotes.mutual_information(joint, unit="bits"))

    r = ones * (1 - f) + (1 - ones) * f
    assert flips(ones) == pytest.approx(h2(r) - h2(f), abs=ROUNDING)
    assert flips(0.5) == pytest.approx(1 - h2(f), abs=ROUNDING)
    assert flips(ones) <= flips(0.5) + ROUNDING


@pytest.mark.theorem("thm-mutual-information-chain-rule")
@given(joints(), st.data())
def test_chain_rules(p: np.ndarray, data: st.DataObject) -> None:
    assert klnotes.entropy(p.ravel()) == pytest.approx(klnotes.entropy(p.sum(axis=1)) + left_open(p), abs=ROUNDING)

    q = data.draw(distributions(p.size)).reshape(p.shape)
    parts = klnotes.kl_divergence(p.sum(axis=1), q.sum(axis=1))
    for p_row, q_row in zip(p, q, strict=True):
        if p_row.sum() > 0 and q_row.sum() > 0:
            parts += p_row.sum() * klnotes.kl_divergence(p_row, q_row, normalize=True)
    # Where q has a zero that p has not, both sides are inf. The logarithms are below 700, hence the relative part.
    assert klnotes.kl_divergence(p.ravel(), q.ravel()) == pytest.approx(parts, rel=1e-12, abs=ROUNDING)

    shape = data.draw(st.tuples(*[st.integers(1, 3)] * 3))
    triple = data.draw(distributions(int(np.prod(shape)))).reshape(shape)  # X, Y, Z
    whole = klnotes.mutual_information(triple.reshape(shape[0], -1))
    first = klnotes.mutual_information(triple.sum(axis=2))
    added = information_given_last(np.moveaxis(triple, 1, 2))
    assert whole == pytest.approx(first + added, abs=ROUNDING)
    # The same from entropies alone: I(X;Z|Y) = H(X,Y) + H(Y,Z) - H(Y) - H(X,Y,Z).
    entropies = [klnotes.entropy(triple.sum(axis=axes).ravel()) for axes in [(2,), (0,), (0, 2), ()]]
    assert added == pytest.approx(entropies[0] + entropies[1] - entropies[2] - entropies[3], abs=ROUNDING)


@pytest.mark.theorem("thm-mutual-information-data-processing")
@given(joints(), st.integers(1, 4), st.data())
def test_data_processing(joint: np.ndarray, size: int, data: st.DataObject) -> None:
    values = joint.shape[1]
    step = np.array([data.draw(distributions(size)) for _ in range(values)])  # row y: distribution of Z
    before, after = klnotes.mutual_information(joint), klnotes.mutual_information(joint @ step, normalize=True)
    # Rounding moves each entry by 1e-16 of itself and the sum by that times the mean of |log ratio|, which Pinsker's
    # inequality bounds by I + sqrt(2 I); what is left over is of second order.
    assert after <= before + 1e-14 * (before + np.sqrt(before)) + 1e-28
    # What is lost is I(X;Y|Z), so there is equality only if that is 0.
    lost = information_given_last(joint[:, :, None] * step)
    assert before - after == pytest.approx(lost, abs=ROUNDING)
    # What can be undone loses nothing.
    order = data.draw(st.permutations(range(values)))
    same = klnotes.mutual_information(joint[:, order])
    assert same == pytest.approx(before, rel=1e-13, abs=1e-28)


@pytest.mark.theorem("thm-mutual-information-fano")
@given(count_tables().filter(lambda counts: counts.shape[1] > 1), st.data())
def test_fano(counts: np.ndarray, data: st.DataObject) -> None:
    joint, (rows, k) = counts / counts.sum(), counts.shape
    guess = np.array([data.draw(distributions(k)) for _ in range(rows)])  # row x: distribution of the guess
    boldest = np.eye(k)[counts.argmax(axis=1)]

    def bound(e: float) -> float:
        return float(klnotes.entropy([e, 1 - e]) + e * log(k - 1))

    for rule in (guess, boldest):
        wrong = min(1.0, float(np.sum(joint @ (1 - np.eye(k)) * rule)))  # the other values: no cancellation
        assert left_open(joint) <= bound(wrong) + ROUNDING
    # Equality: every guess is wrong with the same probability, and then each other value is as likely as the next.
    e = data.draw(probability)
    even = np.full((k, k), e / (k - 1) / k)
    np.fill_diagonal(even, (1 - e) / k)
    assert left_open(even) == pytest.approx(bound(e), abs=ROUNDING)


@pytest.mark.theorem("prop-mutual-information-gaussian")
@given(st.floats(-0.99, 0.99), st.floats(-3, 3), st.floats(0.3, 3), st.floats(-3, 3), st.floats(0.3, 3))
def test_normal_variables(rho: float, m_x: float, s_x: float, m_y: float, s_y: float) -> None:
    # Gauss-Hermite quadrature of the definition: the log-ratio is a quadratic, so eight nodes a side are exact.
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    u, v = np.meshgrid(nodes, nodes)
    x, y = m_x + s_x * u, m_y + s_y * (rho * u + np.sqrt(1 - rho**2) * v)
    # The joint density is that of the independent u and v, divided by the area that dx dy covers per du dv.
    log_joint = -(u**2 + v**2) / 2 - np.log(2 * np.pi * s_x * s_y * np.sqrt(1 - rho**2))
    log_x = -(((x - m_x) / s_x) ** 2) / 2 - np.log(s_x * np.sqrt(2 * np.pi))
    log_y = -(((y - m_y) / s_y) ** 2) / 2 - np.log(s_y * np.sqrt(2 * np.pi))
    integral = np.sum(np.outer(weights, weights) / (2 * np.pi) * (log_joint - log_x - log_y))
    # Subtracting the mean and dividing by s turns 1e-16 of 15 into 5e-15; squares of numbers up to 6 make it 3e-14.
    assert klnotes.gaussian_mutual_information(rho) == pytest.approx(integral, abs=1e-13)
    with mpmath.workdps(50):
        exact = -mpmath.log(1 - mpmath.mpf(rho) ** 2) / 2
        assert abs(klnotes.gaussian_mutual_information(rho) - exact) <= 1e-15 * exact + mpmath.mpf(10) ** -30
    assert klnotes.gaussian_mutual_information(0.0) == 0.0


# What learners answer: right, and wrong with what the check must say.


def product(joint: Any) -> Any:
    return np.outer(joint.sum(axis=1), joint.sum(axis=0))


def information_by_loop(joint: Any) -> float:
    columns = [sum(row[k] for row in joint) for k in range(len(joint[0]))]
    return sum(p * log2(p / (sum(row) * columns[k])) for row in joint for k, p in enumerate(row) if p > 0)


def logs_of(p: Any, small: float) -> Any:
    return -np.sum(p * np.log2(p + small))


RIGHT: dict[str, list[Any]] = {
    "mutual_information": [
        lambda j: bits_of(j.sum(axis=0)) + bits_of(j.sum(axis=1)) - bits_of(j),
        lambda j: rel_entr(j, product(j)).sum() / log(2),
        information_by_loop,
    ],
    "conditional_entropy": [lambda j: bits_of(j) - bits_of(j.sum(axis=1))],
}

NOTED: dict[str, list[tuple[Any, str]]] = {
    "mutual_information": [
        (lambda j: np.sum(j * np.log2((j + 1e-12) / (product(j) + 1e-12))), "but: a small number, 1e-12,"),
    ],
    "conditional_entropy": [
        (lambda j: -np.sum(j * np.log2((j + 1e-12) / (j.sum(axis=1, keepdims=True) + 1e-12))), "1e-12,"),
        (lambda j: logs_of(j, 1e-13) - logs_of(j.sum(axis=1), 1e-13), "but: a small number, 1e-13,"),
    ],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "mutual_information": [
        (lambda j: rel_entr(j, product(j)).sum(), "That is in nats"),
        (lambda j: information_by_loop(j) * log(2), "That is in nats"),
        (lambda j: -information_by_loop(j), "or one too many?"),
        (lambda j: round(information_by_loop(j), 3), "It is rounded to 3 digits"),
        (lambda j: rel_entr(product(j), j).sum() / log(2), "the other way round"),
        (lambda j: -rel_entr(product(j), j).sum() / log(2), "The weights are the products of the margins"),
        (bits_of, "That is the joint entropy"),
        (lambda j: bits_of(j.sum(axis=0)) + bits_of(j.sum(axis=1)), "subtract the joint entropy"),
        (lambda j: bits_of(j) - bits_of(j.sum(axis=1)), "That is H(Y|X), what is left"),
        (lambda j: bits_of(j.sum(axis=1)) - bits_of(j), "That is H(X) - H(X,Y): add H(Y)"),
        (lambda j: bits_of(j.sum(axis=0)) - bits_of(j), "That is H(Y) - H(X,Y): add H(X)"),
        (lambda j: bits_of(j) - bits_of(j.sum(axis=0)) - bits_of(j.sum(axis=1)), "or one too many?"),
        (lambda j: np.maximum(rel_entr(j, product(j)), 0).sum() / log(2), "The negative terms are dropped"),
        (lambda j: np.sum(j * np.log2(j / product(j))), "0 · log 0 is nan"),
        (lambda j: np.sum(j * np.log2((j + 1e-8) / (product(j) + 1e-8))), "A small number, 1e-08,"),
        (lambda j: rel_entr(j, np.outer(j.sum(axis=0), j.sum(axis=1))).sum() / log(2), "The margins are exchanged"),
        (lambda j: np.sum(j * np.log2(j / product(j) + 1e-13)), "A small number, 1e-13,"),  # and 0/0
        (lambda j: round(bits_of(j.sum(axis=0)) + bits_of(j.sum(axis=1)) - bits_of(j), 3), "It is rounded to 3 digits"),
        (lambda j: rel_entr((j + j.T) / 2, product((j + j.T) / 2)).sum() / log(2), "made symmetric first"),
        (lambda j: np.diag(rel_entr(j, product(j))).sum() / log(2), "Only the diagonal"),
        (lambda j: rel_entr(j, product(j))[0].sum() / log(2), "the first row. Is the return inside the loop?"),
        (
            lambda j: sum(rel_entr(j, product(j))[i, k] for i in range(len(j)) for k in range(len(j))) / log(2),
            "a square",
        ),
        (lambda j: abs(rel_entr(j, product(j))).sum() / log(2), "Every term is made positive"),
    ],
    "conditional_entropy": [
        (lambda j: bits_of(j) - bits_of(j.sum(axis=0)), "That is H(X|Y)"),
        (lambda j: np.mean([bits_of(row / row.sum()) for row in j if row.any()]), "weight them with p(x)"),
        (bits_of, "That is the joint entropy"),
        (lambda j: bits_of(j) + bits_of(j.sum(axis=1)), "The entropy of X is added"),
        (lambda j: rel_entr(j, product(j)).sum() / log(2), "That is the mutual information"),
        (lambda j: (bits_of(j) - bits_of(j.sum(axis=1))) * log(2), "That is in nats"),
        (lambda j: sum(row.sum() * bits_of(row) for row in j), "not divided by their sums"),
        (lambda j: [row.sum() * bits_of(row / max(row.sum(), 1e-300)) for row in j], "the parts of the rows"),
    ],
    "uncorrelated": [
        (np.eye(4) / 4, "covariance"),
        (np.ones((4, 4)) / 16, "2 bits"),
        ([[1.0], [0.0, 0.0]], "rows differ"),
        (np.eye(4), "sum to 1"),
    ],
}

# In how many orders the steps are a proof.
ORDERS = {"processing": 30}


# The explorable.

COUNTS = [[[4, 1], [1, 4]], [[0, 1], [1, 0]], [[2, 1], [4, 2]], [[3, 0, 3], [0, 3, 0], [3, 0, 3]], [[9, 0], [0, 0]]]
COUNTS += [[[1000001, 1000000], [1000000, 1000000]]]


def correlation(table: list[list[int]]) -> float:
    n = np.array(table)  # whole numbers, so that a covariance of 0 is 0
    x, y = np.indices(n.shape)

    def covariance(u: Any, v: Any) -> int:
        return int(n.sum() * (n * u * v).sum() - (n * u).sum() * (n * v).sum())

    return float(covariance(x, y) / np.sqrt(covariance(x, x) * covariance(y, y)))


EXPLORED = {
    "mutual-information": Explored(
        make=lambda: MutualInformation([[4, 1], [1, 4]]),
        opens=["0.6000", "0.2781 bits"],
        wins=[
            ("3 × 3", []),
            *((f"X {x}, Y {y}", ["PageUp"]) for x, y in (("−1", "1"), ("1", "−1"))),
            *((f"X {x}, Y {y}", ["Home"]) for x, y in (("−1", "0"), ("0", "−1"), ("0", "1"), ("1", "0"))),
        ],
        golden=[
            *(("mutualInformation", [c], klnotes.mutual_information(c, normalize=True)) for c in COUNTS),
            *(("correlation", [c], correlation(c)) for c in COUNTS[:4]),
        ],
    ),
}
