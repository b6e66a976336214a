"""Input that is not what a function takes is refused, and the message names the argument, the wish and the fact."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import special, stats
from scipy.spatial.distance import jensenshannon

import klnotes

GOOD = [0.5, 0.5]

# What is given for a distribution, what is raised, and what the message says of it.
NOT_A_DISTRIBUTION: list[tuple[Any, type[Exception], str]] = [
    ([0.6, 0.5], ValueError, "must sum to 1.*normalize=True.*1.1"),
    ([0.5, 0.4999], ValueError, "must sum to 1.*so small a miss is rounding.*float32"),
    ([0.5, 0.4], ValueError, r"must sum to 1.*sum is 0\.9$"),
    ([10**400, 1], ValueError, "must hold numbers up to"),
    ([Fraction(1, 2), True], TypeError, "real numbers.*list"),
    ([Decimal("NaN"), 0.5], ValueError, r"\[0\] is nan"),
    ([1.5, -0.5], ValueError, r"must not be negative.*\[1\] is -0.5"),
    ([np.nan, 0.5], ValueError, r"\[0\] is nan"),
    ([np.inf, 0.5], ValueError, r"\[0\] is inf"),
    ([-np.inf, 0.5], ValueError, r"\[0\] is -inf"),
    ([], ValueError, "at least one probability.*empty"),
    (0.5, ValueError, "list of probabilities.*single number 0.5"),
    ([[0.5, 0.5], [1.0]], ValueError, "rectangular"),
    ([0.5 + 0j, 0.5], TypeError, "real numbers.*complex"),
    (["0.5", "0.5"], TypeError, "real numbers.*strings"),
    ("AB", TypeError, "real numbers.*strings"),
    ([True, False], TypeError, "real numbers.*booleans"),
    (None, TypeError, "real numbers.*NoneType"),
    ({"A": 1.0}, TypeError, "real numbers.*dict"),
    ([None, 1.0], TypeError, "real numbers.*list"),
    (np.ma.array([0.5, 0.5], mask=[False, True]), TypeError, "masked"),
]


def renyi_divergence(p: Any, q: Any, **options: Any) -> Any:
    return klnotes.renyi_divergence(p, q, 2, **options)


WITHOUT_UNIT: list[Callable[..., Any]] = [klnotes.total_variation, klnotes.hellinger_distance, klnotes.chi2_divergence]
TWO: list[Callable[..., Any]] = [
    klnotes.kl_divergence,
    klnotes.js_divergence,
    klnotes.cross_entropy,
    klnotes.kl_terms,
    renyi_divergence,
]
TWO += WITHOUT_UNIT


@pytest.mark.parametrize(("bad", "kind", "says"), NOT_A_DISTRIBUTION)
@pytest.mark.parametrize("function", [klnotes.entropy, *TWO], ids=lambda f: f.__name__ if callable(f) else "")
def test_what_is_not_a_distribution(function: Callable[..., Any], bad: Any, kind: type[Exception], says: str) -> None:
    arguments = [(bad,)] if function is klnotes.entropy else [(bad, GOOD), (GOOD, bad)]
    for names, given in zip("pq", arguments, strict=False):
        with pytest.raises(kind, match=says) as caught:
            function(*given)
        assert str(caught.value).startswith(f"{names} ")


@pytest.mark.parametrize("function", TWO, ids=lambda f: f.__name__)
def test_shapes_that_do_not_fit(function: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="same number of outcomes.*2 and 3"):
        function(GOOD, [0.2, 0.3, 0.5])
    with pytest.raises(ValueError, match="same number of outcomes.*1 and 2"):
        function([1.0], GOOD)
    with pytest.raises(ValueError, match=r"p and q must broadcast.*\(3,\).*\(2,\)"):
        function(np.full((3, 2), 0.5), np.full((2, 2), 0.5))


@pytest.mark.parametrize("function", [klnotes.entropy, *TWO], ids=lambda f: f.__name__)
def test_options(function: Callable[..., Any]) -> None:
    arguments = (GOOD,) if function is klnotes.entropy else (GOOD, GOOD)
    with pytest.raises(ValueError, match="axis must be between -1 and 0 for p with 1 axes, but got 1"):
        function(*arguments, axis=1)
    with pytest.raises(TypeError, match="axis must be an integer, but got 0.5"):
        function(*arguments, axis=0.5)
    with pytest.raises(TypeError, match="normalize must be True or False, but got 'yes'"):
        function(*arguments, normalize="yes")
    if function not in WITHOUT_UNIT:
        with pytest.raises(ValueError, match="unit must be 'nats', 'bits' or 'hartleys', but got 'bit'"):
            function(*arguments, unit="bit")
        with pytest.raises(TypeError, match="unit must be a string.*2"):
            function(*arguments, unit=2)
    with pytest.raises(TypeError):
        function(*arguments, unit="bits", base=2)


@pytest.mark.parametrize("bad", [[0.0, 0.0], [np.inf, 1.0]])
def test_normalizing_needs_a_positive_finite_sum(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="p must have a positive finite sum|is inf"):
        klnotes.entropy(bad, normalize=True)


def test_nothing_is_normalized_silently() -> None:
    with pytest.raises(ValueError, match="p must sum to 1.*8192"):
        klnotes.entropy([4096, 2048, 1024, 1024])
    assert klnotes.entropy([4096, 2048, 1024, 1024], unit="bits", normalize=True) == 1.75


def test_the_row_of_a_batch_is_named() -> None:
    with pytest.raises(ValueError, match=r"batch index \(1,\)"):
        klnotes.entropy([[0.5, 0.5], [0.5, 0.6]])
    with pytest.raises(ValueError, match=r"p\[0, 1\] is -0.5"):
        klnotes.entropy([[1.5, -0.5], [0.5, 0.5]], axis=0)


OTHERS: list[tuple[Callable[..., Any], tuple[Any, ...], type[Exception], str]] = [
    (klnotes.surprisal, (1.5,), ValueError, "p must hold probabilities between 0 and 1, but p is 1.5"),
    (klnotes.surprisal, ([0.5, np.nan],), ValueError, r"p\[1\] is nan"),
    (klnotes.bernoulli_kl, (0.5, -0.1), ValueError, "q must hold probabilities between 0 and 1, but q is -0.1"),
    (klnotes.bernoulli_kl, ([0.5, 0.5], [0.1, 0.2, 0.3]), ValueError, "p and q must broadcast"),
    (klnotes.bernoulli_kl, ("a", 0.5), TypeError, "p must hold real numbers"),
    (klnotes.mutual_information, (GOOD,), ValueError, r"joint must be a table with two axes, but got shape \(2,\)"),
    (klnotes.mutual_information, ([[1, 2], [3, 4]],), ValueError, "joint must sum to 1.*10"),
    (klnotes.mutual_information, ([[0.5, np.nan], [0, 0.5]],), ValueError, r"joint\[0, 1\] is nan"),
    (klnotes.mutual_information, (np.empty((2, 0)),), ValueError, "joint must hold at least one"),
    (klnotes.renyi_divergence, (GOOD, GOOD, -1), ValueError, "order must be a single number of at least 0, but got -1"),
    (klnotes.renyi_divergence, (GOOD, GOOD, np.nan), ValueError, "order must be .* at least 0, but got nan"),
    (klnotes.renyi_divergence, (GOOD, GOOD, [1, 2]), ValueError, r"order must be a single number.*\[1, 2\]"),
    (klnotes.renyi_divergence, (GOOD, GOOD, "two"), TypeError, "order must hold real numbers, but got strings"),
    (klnotes.gaussian_entropy, (0.0,), ValueError, "std must be positive and finite, but std is 0.0"),
    (klnotes.gaussian_kl, (0, 1, 0, -1), ValueError, "std1 must be positive and finite, but std1 is -1"),
    (klnotes.gaussian_kl, (np.nan, 1, 0, 1), ValueError, "mean0 must hold finite numbers"),
    (klnotes.gaussian_kl, ([0, 0], 1, [0, 0, 0], 1), ValueError, "mean0 and mean1 must broadcast"),
    (
        klnotes.multivariate_gaussian_kl,
        ([0, 0], np.eye(3), [0, 0], np.eye(2)),
        ValueError,
        r"cov0 must have the shape \(\.\.\., 2, 2\)",
    ),
    (
        klnotes.multivariate_gaussian_kl,
        ([0], [[1]], [0, 0], np.eye(2)),
        ValueError,
        "mean0 and mean1 must be vectors of one length",
    ),
    (
        klnotes.multivariate_gaussian_kl,
        ([[0, 0]] * 3, np.eye(2), [0, 0], [np.eye(2)] * 2),
        ValueError,
        r"the means and cov1 must broadcast together, but their shapes are \(3,\) and \(2,\)",
    ),
    (
        klnotes.multivariate_gaussian_kl,
        ([0, 0], [[1, 1], [0, 1]], [0, 0], np.eye(2)),
        ValueError,
        r"cov0 must be symmetric \(to 1.5e-08.*cov0\[0, 1\] is 1.0 and cov0\[1, 0\] is 0.0;.*\(cov0 \+ cov0.mT\)/2",
    ),
    (
        klnotes.multivariate_gaussian_kl,
        ([0, 0], [np.eye(2), [[1, 1], [1.001, 2]]], [0, 0], np.eye(2)),
        ValueError,
        r"cov0 must be symmetric.*cov0\[1, 0, 1\] is 1.0 and cov0\[1, 1, 0\] is 1.001",
    ),
    (
        klnotes.multivariate_gaussian_kl,
        ([0, 0], [[1, 0], [0, 0]], [0, 0], np.eye(2)),
        ValueError,
        r"cov0 must have positive variances, but cov0\[1, 1\] is 0.0",
    ),
    (
        klnotes.multivariate_gaussian_kl,
        ([0, 0], np.eye(2), [0, 0], [[1, 2], [2, 1]]),
        ValueError,
        "cov1 must be positive definite, but its smallest eigenvalue is -1; in a direction without variance",
    ),
    (
        klnotes.multivariate_gaussian_kl,
        ([0, 0], np.eye(2), [0, 0], [np.eye(2), [[1, 2], [2, 1]]]),
        ValueError,
        r"cov1 must be positive definite, but its smallest eigenvalue at batch index \(1,\) is -1",
    ),
    (klnotes.gaussian_mutual_information, (1.01,), ValueError, "correlation must lie between -1 and 1"),
    (
        klnotes.kl_from_logits,
        ([0, np.inf], [0, 0]),
        ValueError,
        r"a must hold finite.* a\[1\] is inf",
    ),
    (
        klnotes.kl_from_logits,
        ([0, 0], [0, np.nan]),
        ValueError,
        r"b must hold finite.* b\[1\] is nan",
    ),
    (klnotes.kl_from_logits, ([[0, 0], [-np.inf] * 2], [0, 0]), ValueError, "a must hold a finite logit in every row"),
    (klnotes.kl_from_logits, ([0, 1], [0, 1, 2]), ValueError, "a and b must have the same number"),
    (klnotes.kl_from_logits, ([], []), ValueError, "a must hold at least one logit"),
    (klnotes.huffman_code, (GOOD, "ABC"), ValueError, "symbols must be 2 different ones"),
    (klnotes.huffman_code, (GOOD, "AA"), ValueError, "symbols must be 2 different ones"),
    (klnotes.huffman_code, ([[0.5, 0.5]], "AB"), ValueError, "p must be one distribution"),
    (klnotes.shannon_lengths, ([0.0, 1.0],), ValueError, r"p must be positive.*p\[0\] is 0.0"),
    (klnotes.kraft_sum, ([1.5],), TypeError, "lengths must be whole numbers"),
    (klnotes.kraft_sum, ([0, 1],), ValueError, r"lengths must be at least 1, but lengths\[0\]"),
    (klnotes.kraft_sum, ([],), ValueError, "lengths must be a list of at least one"),
    (klnotes.mean_code_length, (GOOD, [1, 2, 3]), ValueError, "p and lengths must have one shape"),
    (klnotes.encode, ("ABE", {"A": "0", "B": "1"}), ValueError, "message must use the code's symbols.*'E'"),
    (klnotes.decode, ("01", {"A": "0", "B": "01"}), ValueError, "code must be a prefix code.*'0' begins its word '01'"),
    (klnotes.decode, ("0101", {"A": "00", "B": "011"}), ValueError, "no word fits at position 0"),
    (klnotes.boltzmann_distribution, ([0, 1], 0.0), ValueError, "temperature must be positive, but temperature is 0.0"),
    (klnotes.boltzmann_distribution, ([0, 1], -1), ValueError, "temperature must be positive"),
    (klnotes.boltzmann_distribution, ([0, np.inf], 1), ValueError, "energies must hold finite numbers"),
    (klnotes.boltzmann_distribution, ([], 1), ValueError, "energies must hold at least one energy"),
    (klnotes.boltzmann_distribution, ([[0, 1], [0, 2]], [1, 2, 3]), ValueError, "must broadcast"),
    (klnotes.free_energy, ([0, 1], np.inf), ValueError, "temperature must be positive and finite"),
    (klnotes.variational_free_energy, ([0.5, 0.6], [0, 1], 1), ValueError, "q must sum to 1"),
    (klnotes.variational_free_energy, ([1.0], [0, 1], 1), ValueError, "q and energies must have the same number"),
]


@pytest.mark.parametrize(("function", "arguments", "kind", "says"), OTHERS)
def test_other_functions(
    function: Callable[..., Any], arguments: tuple[Any, ...], kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        function(*arguments)


# What SciPy and the usual expressions do with it, without a word. Each is checked to do so still.
NEAR = np.random.default_rng(0).dirichlet(np.ones(5), 1000)
ALMOST = NEAR * (1 + 1e-9 * np.random.default_rng(1).uniform(-1, 1, NEAR.shape))
ALMOST /= ALMOST.sum(axis=1, keepdims=True)


def test_peers_normalize_counts_silently() -> None:
    counts = [3, 1]
    assert stats.entropy(counts, [1, 1]) == pytest.approx(klnotes.kl_divergence([0.75, 0.25], [0.5, 0.5]))
    with pytest.raises(ValueError, match=r"p must sum to 1.*normalize=True.*4\.0"):
        klnotes.kl_divergence(counts, [0.5, 0.5])


def test_peers_give_a_number_for_what_is_no_distribution() -> None:
    assert special.rel_entr([1.5, -0.5], GOOD).sum() == np.inf
    assert np.isnan(stats.entropy([np.nan, 0.5], GOOD))
    assert max(0.0, np.nan) == 0.0  # a clamp that is meant for -1e-17 and lets NaN become 0
    for bad in ([1.5, -0.5], [np.nan, 0.5]):
        with pytest.raises(ValueError, match="^p must"):
            klnotes.kl_divergence(bad, GOOD)


def test_peers_broadcast_a_single_number_against_all_outcomes() -> None:
    assert special.rel_entr([0.5, 0.5], 1.0).sum() < 0
    with pytest.raises(ValueError, match="q must be a list of probabilities"):
        klnotes.kl_divergence(GOOD, 1.0)


def test_peers_are_negative_or_nan_for_nearly_equal_distributions() -> None:
    plain = np.sum(ALMOST * np.log(ALMOST / NEAR), axis=1)
    for theirs in (plain, special.rel_entr(ALMOST, NEAR).sum(axis=1), stats.entropy(ALMOST, NEAR, axis=1)):
        assert (theirs < 0).sum() > 100
    with np.errstate(invalid="ignore"):
        assert np.isnan(jensenshannon(ALMOST, NEAR, axis=1)).sum() > 100
    for ours in (klnotes.kl_divergence(ALMOST, NEAR), klnotes.js_divergence(ALMOST, NEAR)):
        assert (ours > 0).all()
        assert (ours < 1e-17).all()


def test_peers_give_nan_where_both_are_zero() -> None:
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.75, 0.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        assert np.isnan(np.sum(p * np.log(p / q)))
        assert np.isnan(np.sum(p * (np.log(p) - np.log(q))))
    assert klnotes.kl_divergence(p, q) == klnotes.kl_divergence(p[:2], q[:2])


def test_an_added_epsilon_reports_itself() -> None:
    p, q = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    for epsilon in (1e-10, 1e-20):
        assert np.sum(p * np.log(p / (q + epsilon))) == pytest.approx(-np.log(epsilon) / 2 - np.log(2))
    assert klnotes.kl_divergence(p, q) == np.inf


def test_shifting_logits_before_they_are_differenced_loses_digits() -> None:
    a = np.array([1000.0, 0.1, 0.7])
    b = a + np.array([0.0, 1e-6, 0.0])
    log_p, log_q = special.log_softmax(a), special.log_softmax(b)
    assert np.sum(np.exp(log_p) * (log_p - log_q)) == 0  # exp(-999.9) underflows, and so does its part of the result
    a[0], b[0] = 30.0, 30.0
    log_p, log_q = special.log_softmax(a), special.log_softmax(b)
    true = np.exp(0.1 - 30) * 1e-12 / 2
    assert abs(np.sum(np.exp(log_p) * (log_p - log_q)) / true - 1) > 0.1
    assert klnotes.kl_from_logits(a, b) == pytest.approx(true, rel=1e-5)
