"""The estimators: their digits against 60-digit arithmetic, what they refuse and warn of, and how often they cover."""

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cdist

import klnotes
from klnotes.estimators import Estimate
from tests.reference import error, exact_kl, mp


def exact_terms(log_ratios: Any, estimator: str) -> list[Any]:
    logs = [mp.mpf(float(x)) for x in log_ratios]
    if estimator == "k1":
        return logs
    if estimator == "k2":
        return [x * x / 2 for x in logs]
    ratios = [mp.exp(-x) - 1 for x in logs]
    k3 = [r + x for r, x in zip(ratios, logs, strict=True)]
    if estimator == "k3":
        return k3
    n = len(logs)
    mean_r, mean_k = mp.fsum(ratios) / n, mp.fsum(k3) / n
    along = mp.fsum((r - mean_r) * (k - mean_k) for r, k in zip(ratios, k3, strict=True))
    slope = -along / mp.fsum((r - mean_r) ** 2 for r in ratios)
    return [k + slope * r for k, r in zip(k3, ratios, strict=True)]


def exact_estimate(log_ratios: Any, estimator: str) -> tuple[Any, Any]:
    """The value and the standard error."""
    terms = exact_terms(log_ratios, estimator)
    n = len(terms)
    value = mp.fsum(terms) / n
    square = mp.fsum((t - value) ** 2 for t in terms)
    return value, mp.sqrt(square / (n - (2 if estimator == "control" else 1)) / n)


@pytest.mark.filterwarnings("ignore:.*effective samples", "ignore:.*of the scatter")
@pytest.mark.parametrize("scale", [3, 1, 0.5, 0.1, 1e-3, 1e-6, 1e-10, 1e-60])
@pytest.mark.parametrize("estimator", ["k2", "k3", "control"])
def test_estimates_keep_their_digits_near_equality(estimator: str, scale: float) -> None:
    # k1 is a plain mean of numbers of both signs, and can owe no more than that.
    worst = 0.0
    for seed in range(20):
        z = np.random.default_rng(seed).normal(size=50)
        log_ratios = scale * z + scale**2 / 2
        got = klnotes.kl_from_log_ratios(log_ratios, estimator=estimator)
        with mp.workdps(250):  # numbers of 1e-60, less 1, and their third powers
            value, spread = exact_estimate(log_ratios, estimator)
        worst = max(worst, error(got.value, value), error(got.standard_error, spread))
    assert worst <= 1e-15


@pytest.mark.parametrize("n", [100, 101, 1000])
def test_control_of_equal_log_ratios_is_k3(n: int) -> None:
    # The riddle of the chapter: no faulty part among those drawn. There is no slope to be fitted, only rounding.
    log_ratios = np.full(n, np.log(0.999 / 0.5))
    got = klnotes.kl_from_log_ratios(log_ratios, estimator="control")
    assert got.value == pytest.approx(klnotes.kl_from_log_ratios(log_ratios, estimator="k3").value, rel=1e-14)
    assert got.standard_error == pytest.approx(0, abs=1e-15)


@pytest.mark.filterwarnings("ignore:.*effective samples", "ignore:.*of the scatter")
def test_k1_is_the_mean_and_the_effective_size_that_of_the_weights() -> None:
    rng = np.random.default_rng(0)
    for n in (3, 10, 1000):
        log_ratios = rng.normal(0.5, 1, size=n)
        got = klnotes.kl_from_log_ratios(log_ratios)
        value, spread = exact_estimate(log_ratios, "k1")
        assert got.value == pytest.approx(float(value), abs=1e-15)
        assert error(got.standard_error, spread) <= 1e-15
        assert got.effective_size == n
        weights = [mp.exp(-mp.mpf(float(x))) for x in log_ratios]
        size = mp.fsum(weights) ** 2 / mp.fsum(w * w for w in weights)
        assert error(klnotes.kl_from_log_ratios(log_ratios, estimator="k3").effective_size, size) <= 1e-14


def test_counts_keep_their_digits() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        counts, q = rng.integers(2, 1000, size=6), rng.dirichlet(np.ones(6))
        got = klnotes.kl_from_counts(counts, q, corrected=False)
        assert error(got.value, exact_kl(counts, q)) <= 4e-15
        n = int(counts.sum())
        total = mp.fsum(mp.mpf(float(b)) for b in q)
        logs = [mp.log(mp.mpf(int(c)) / n / (mp.mpf(float(b)) / total)) for c, b in zip(counts, q, strict=True)]
        mean = mp.fsum(int(c) * x for c, x in zip(counts, logs, strict=True)) / n
        square = mp.fsum(int(c) * (x - mean) ** 2 for c, x in zip(counts, logs, strict=True))
        assert error(got.standard_error, mp.sqrt(square / (n - 1) / n)) <= 1e-12
        corrected = klnotes.kl_from_counts(counts, q)
        assert corrected.value == pytest.approx(float(exact_kl(counts, q) - mp.mpf(5) / (2 * n)), abs=1e-15)
        h = klnotes.entropy_from_counts(counts)
        exact_h = -mp.fsum(mp.mpf(int(c)) / n * mp.log(mp.mpf(int(c)) / n) for c in counts)
        assert error(h.value, exact_h + mp.mpf(5) / (2 * n)) <= 1e-15


@pytest.mark.parametrize(("n", "m", "d", "k"), [(20, 20, 1, 1), (15, 40, 1, 3), (40, 15, 2, 2), (12, 30, 5, 1)])
def test_neighbors_by_brute_force(n: int, m: int, d: int, k: int) -> None:
    rng = np.random.default_rng(n + m + d + k)
    x, y = rng.normal(size=(n, d)), rng.normal(size=(m, d))
    own, other = np.sort(cdist(x, x))[:, k], np.sort(cdist(x, y))[:, k - 1]
    exact = d * mp.fsum(mp.log(mp.mpf(b) / mp.mpf(a)) for a, b in zip(own, other, strict=True)) / n
    exact += mp.log(mp.mpf(m) / (n - 1))
    assert klnotes.kl_from_neighbors(x, y, neighbors=k).value == pytest.approx(float(exact), abs=2e-14)
    if d == 1:
        assert klnotes.kl_from_neighbors(x[:, 0], y[:, 0], neighbors=k) == pytest.approx(
            klnotes.kl_from_neighbors(x, y, neighbors=k), nan_ok=True
        )


def test_neighbors_are_right_for_samples_of_different_sizes() -> None:
    for n, m in ((300, 3000), (3000, 300)):
        rng = np.random.default_rng(n)
        values = [
            klnotes.kl_from_neighbors(rng.normal(0, 1, size=n), rng.normal(1, 1, size=m)).value for _ in range(40)
        ]
        # A factor of ten that is left out would move it by 2.3.
        assert np.mean(values) == pytest.approx(0.5, abs=0.06)


@pytest.mark.filterwarnings("ignore:.*effective samples", "ignore:.*of the scatter")
def test_batches_and_units() -> None:
    rng = np.random.default_rng(0)
    logs = rng.normal(0.125, 0.5, size=(3, 400))
    for estimator in ("k1", "k2", "k3", "control"):
        batch = klnotes.kl_from_log_ratios(logs, estimator=estimator, unit="bits")
        across = klnotes.kl_from_log_ratios(logs.T, estimator=estimator, axis=0)
        for i, row in enumerate(logs):
            one = klnotes.kl_from_log_ratios(row, estimator=estimator)
            assert isinstance(one.value, float)
            assert batch.value[i] * np.log(2) == pytest.approx(one.value)
            assert batch.standard_error[i] * np.log(2) == pytest.approx(one.standard_error)
            assert across.effective_size[i] == pytest.approx(one.effective_size)
    counts = rng.multinomial(50, [0.5, 0.3, 0.2], size=4)
    q = [0.4, 0.4, 0.2]
    assert klnotes.kl_from_counts(counts.T, np.array(q)[:, None], axis=0).value == pytest.approx(
        [klnotes.kl_from_counts(c, q).value for c in counts]
    )
    assert klnotes.entropy_from_counts(counts, unit="bits").value == pytest.approx(
        [klnotes.entropy_from_counts(c).value / np.log(2) for c in counts]
    )


@pytest.mark.filterwarnings("ignore:.*effective samples", "ignore:.*of the scatter")
def test_what_the_model_excludes_makes_the_estimate_infinite() -> None:
    for estimator in ("k1", "k2", "k3", "control"):
        value, spread, _ = klnotes.kl_from_log_ratios([0.1, np.inf, 0.2, -0.1], estimator=estimator)
        assert value == np.inf
        assert np.isnan(spread)
    value, spread, n = klnotes.kl_from_counts([3, 5], [0, 1])
    assert (value, n) == (np.inf, 8)
    assert np.isnan(spread)
    assert klnotes.kl_from_counts([0, 8], [0.5, 0.5]).standard_error == 0


def test_the_interval() -> None:
    assert Estimate(1.0, 0.5, 10).interval() == pytest.approx((0.020018, 1.979982), abs=1e-6)
    assert Estimate(1.0, 0.5, 10).interval(0.5) == pytest.approx((0.662755, 1.337245), abs=1e-6)
    with pytest.raises(ValueError, match="level must be a single number between 0 and 1, but got 95"):
        Estimate(1.0, 0.5, 10).interval(95)


REFUSED: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    (klnotes.kl_from_log_ratios, ([0.1],), {}, ValueError, "at least 2 samples for 'k1', .* got 1"),
    (klnotes.kl_from_log_ratios, ([0.1, 0.2],), {"estimator": "control"}, ValueError, "at least 3 samples"),
    (klnotes.kl_from_log_ratios, (0.1,), {}, ValueError, "list of numbers, but got the single number 0.1"),
    (klnotes.kl_from_log_ratios, ([0.1, np.nan],), {}, ValueError, r"log_ratios\[1\] is nan"),
    (klnotes.kl_from_log_ratios, ([0.1, -np.inf],), {}, ValueError, r"drawn from P has p > 0, .*\[1\] is -inf"),
    (klnotes.kl_from_log_ratios, ([0.1, -40],), {}, ValueError, "samples from P, .* is 1.2e.17.*log q - log p"),
    (klnotes.kl_from_log_ratios, ([0.1, -800],), {}, ValueError, "mean of exp.-log_ratios. is inf"),
    (klnotes.kl_from_log_ratios, ([[0, 0], [0, -40]],), {}, ValueError, r"at batch index \(1,\)"),
    (klnotes.kl_from_log_ratios, ([0.1, 0.2],), {"estimator": "k4"}, ValueError, "estimator must be 'k1', 'k2'.*'k4'"),
    (klnotes.kl_from_log_ratios, ([0.1, 0.2],), {"estimator": 3}, TypeError, "estimator must be a string, but got 3"),
    (klnotes.kl_from_log_ratios, ([0.1, 0.2],), {"axis": 1}, ValueError, "axis must be between -1 and 0"),
    (klnotes.kl_from_log_ratios, ([0.1, 0.2],), {"unit": "bit"}, ValueError, "unit must be"),
    (klnotes.kl_from_log_ratios, ("ab",), {}, TypeError, "log_ratios must hold real numbers"),
    (klnotes.kl_from_counts, ([1.5, 2], [0.5, 0.5]), {}, ValueError, r"whole numbers .*counts\[0\] is 1.5"),
    (klnotes.kl_from_counts, ([-1, 3], [0.5, 0.5]), {}, ValueError, r"whole numbers .*counts\[0\] is -1"),
    (klnotes.kl_from_counts, ([1, 0], [0.5, 0.5]), {}, ValueError, "sum of counts must be at least 2.* is 1.0"),
    (klnotes.kl_from_counts, ([5, 5], [0.5, 0.6]), {}, ValueError, "q must sum to 1"),
    (
        klnotes.kl_from_counts,
        ([5, 5, 5], [0.5, 0.5]),
        {},
        ValueError,
        "counts and q must have the same number.*3 and 2",
    ),
    (klnotes.kl_from_counts, ([5, 5], [0.5, 0.5]), {"corrected": 1}, TypeError, "corrected must be True or False"),
    (klnotes.entropy_from_counts, ([0, 0],), {}, ValueError, "sum of counts must be at least 2"),
    (klnotes.entropy_from_counts, ([np.inf, 1],), {}, ValueError, "whole numbers"),
    (
        klnotes.kl_from_neighbors,
        ([1, 2, 2], [3, 4]),
        {},
        ValueError,
        r"no point comes twice, but \[2.0\] comes 2 times",
    ),
    (klnotes.kl_from_neighbors, ([1, 2, 3], [3, 4]), {}, ValueError, r"\[3.0\] comes 2 times.*rounded"),
    (klnotes.kl_from_neighbors, ([1, 2], [3, 4, 4]), {}, ValueError, r"\[4.0\] comes 2 times"),
    (klnotes.kl_from_neighbors, ([1], [3, 4]), {}, ValueError, "x must hold at least 2 points for neighbors=1"),
    (klnotes.kl_from_neighbors, ([1, 2, 5, 6], [3, 4]), {"neighbors": 3}, ValueError, "y must hold at least 3 points"),
    (klnotes.kl_from_neighbors, ([1, 2], [[3, 4]]), {}, ValueError, "points of one space, but have 1 and 2"),
    (klnotes.kl_from_neighbors, ([1, np.nan], [3, 4]), {}, ValueError, r"x\[1\] is nan"),
    (klnotes.kl_from_neighbors, (1, [3, 4]), {}, ValueError, r"x must be a list of numbers or of points"),
    (klnotes.kl_from_neighbors, ([1, 2], [3, 4]), {"neighbors": 0}, ValueError, "neighbors must be at least 1"),
    (klnotes.kl_from_neighbors, ([1, 2], [3, 4]), {"neighbors": 1.5}, TypeError, "neighbors must be an integer"),
]


@pytest.mark.parametrize(("function", "arguments", "options", "kind", "says"), REFUSED)
def test_what_is_refused(
    function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any], kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        function(*arguments, **options)


def test_distances_that_underflow_are_refused() -> None:
    with pytest.raises(ValueError, match="too close"):
        klnotes.kl_from_neighbors([1e-200, 2e-200, 3e-200], [4e-200, 5e-200])


def test_warnings_say_what_to_do() -> None:
    z = np.random.default_rng(0).normal(size=1000)
    with pytest.warns(RuntimeWarning, match="effective samples of 1000.*estimator='k1'"):
        klnotes.kl_from_log_ratios(2 - 2 * z, estimator="k3")
    wide = np.log(2) - z**2 / 2 + z**2 / 8  # twice as wide: the variance of k3 is infinite
    with pytest.warns(RuntimeWarning, match="a single one of 1000 samples carries .*variance may be infinite"):
        klnotes.kl_from_log_ratios(wide, estimator="k3")
    with pytest.warns(RuntimeWarning, match="carries 99% of the scatter.*Draw more samples.$"):
        klnotes.kl_from_log_ratios([0.0] * 99 + [5.0])
    with pytest.warns(RuntimeWarning, match="30% of the draws are of outcomes that came once.*Draw more"):
        klnotes.kl_from_counts([7, 1, 1, 1], [0.25] * 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        klnotes.kl_from_log_ratios(0.125 - 0.5 * z, estimator="k1")
        klnotes.kl_from_log_ratios(np.zeros(100), estimator="k3")
        klnotes.kl_from_counts([50, 30, 20], [0.4, 0.4, 0.2])
        klnotes.entropy_from_counts([50, 30, 20])


@pytest.mark.parametrize("sigma", [1.5, 2.0])
def test_an_infinite_variance_is_noticed_as_a_rule(sigma: float) -> None:
    said = 0
    for seed in range(100):
        z = np.random.default_rng(seed).normal(size=1000)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            klnotes.kl_from_log_ratios(np.log(sigma) - z**2 / 2 + (z / sigma) ** 2 / 2, estimator="k3")
        said += len(caught)
    assert said >= 80


# Where an interval is said to cover: 20 000 samples, so that chance moves a share by 0.15 points.
CLAIMED: list[tuple[float, float, str]] = [
    (0.1, 1, "k1"),
    (1, 1, "k1"),
    (3, 1, "k1"),
    (0, 2, "k1"),
    (0.1, 1, "k3"),
    (0.5, 1, "k3"),
    (1, 1, "k3"),
]
CLAIMED += [(0, 0.5, "k3"), (0.1, 1, "control"), (0.5, 1, "control"), (1, 1, "control"), (0, 0.5, "control")]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*effective samples", "ignore:.*of the scatter")
@pytest.mark.parametrize(("mean", "std", "estimator"), CLAIMED)
def test_intervals_cover_where_they_are_said_to(mean: float, std: float, estimator: str) -> None:
    rng, truth, covered = np.random.default_rng(7), klnotes.gaussian_kl(0, 1, mean, std), 0
    for _ in range(20):
        x = rng.normal(size=(1000, 1000))
        logs = np.log(std) - x**2 / 2 + ((x - mean) / std) ** 2 / 2
        low, high = klnotes.kl_from_log_ratios(logs, estimator=estimator).interval()
        covered += np.sum((low <= truth) & (truth <= high))
    assert 0.93 <= covered / 20_000 <= 0.97


@pytest.mark.parametrize("n", [100, 300, 1000])
def test_intervals_from_counts_cover_where_they_are_said_to(n: int) -> None:
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    counts, truth = np.random.default_rng(n).multinomial(n, p, size=20_000), klnotes.kl_divergence(p, q)
    low, high = klnotes.kl_from_counts(counts, q).interval()
    assert 0.93 <= np.mean((low <= truth) & (truth <= high)) <= 0.97
    # The entropy of these three is near the largest there is, and needs a few more draws.
    counts, truth = np.random.default_rng(n).multinomial(3 * n, p, size=20_000), klnotes.entropy(p)
    low, high = klnotes.entropy_from_counts(counts).interval()
    assert 0.93 <= np.mean((low <= truth) & (truth <= high)) <= 0.97


def test_the_correction_takes_most_of_the_bias_away_exactly() -> None:
    # All samples of 12 draws from three outcomes, with their probabilities.
    p, q, n = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5]), 12
    mean = {True: 0.0, False: 0.0}
    for a, b in itertools.product(range(n + 1), repeat=2):
        if a + b <= n:
            counts = np.array([a, b, n - a - b])
            chance = float(mp.factorial(n) / mp.fprod(mp.factorial(int(c)) for c in counts)) * np.prod(p**counts)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for corrected in mean:
                    mean[corrected] += chance * klnotes.kl_from_counts(counts, q, corrected=corrected).value
    truth = klnotes.kl_divergence(p, q)
    assert 0.07 < mean[False] - truth < 2 / n
    assert abs(mean[True] - truth) < 0.2 * (mean[False] - truth)
