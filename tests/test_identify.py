"""klnotes.identify: right on what libraries and learners compute, and silent on what it does not know."""

import functools
import itertools
import warnings
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from scipy.spatial import distance
from sklearn import metrics

import klnotes
from klnotes._quantities import GENERIC, LAWS, QUANTITIES
from klnotes.identification import _SINGLE, Identification, candidates, identify
from tests.chapters.test_common_mistakes import SLIPS

Function = Callable[[Any, Any], Any]

KL, CE, H = "KL divergence D(P‖Q)", "cross-entropy H(P, Q)", "entropy H(P)"
JS, JSD = "Jensen–Shannon divergence", "Jensen–Shannon distance"
JEFFREYS, TV, L1 = "Jeffreys divergence D(P‖Q) + D(Q‖P)", "total variation distance", "L1 distance"
SQUARED, CHI2, NONE = "squared Euclidean distance", "χ² divergence", "none of these"
AS_IT_IS = "the KL divergence D(P‖Q) in nats, where P is its first argument and Q its second."
LOG, LOGIT, PROB = "log-probabilities", "logits", "probabilities"


def log_loss(p: Any, q: Any) -> Any:
    """scikit-learn's, of as many observations as there are outcomes, weighted with p."""
    return metrics.log_loss(np.arange(len(p)), np.tile(q, (len(p), 1)), sample_weight=p)


def mutual_information(p: Any, q: Any) -> Any:
    """scikit-learn's, of a table with two rows of equal weight."""
    return metrics.mutual_info_score(None, None, contingency=np.array([p, q]) * 1e6)


def smoothed(p: Any, q: Any) -> Any:
    return special.rel_entr(*((x + 0.01) / np.sum(x + 0.01) for x in (p, q))).sum()


def renyi(order: float, p: Any, q: Any) -> Any:
    return klnotes.renyi_divergence(p, q, order, unit="bits")


def psi(p: Any, q: Any) -> Any:
    p, q = np.maximum(p, 1e-4), np.maximum(q, 1e-4)
    return np.sum((p - q) * np.log(p / q))


# The function, and what it must be called: fields of the result.
KNOWN: dict[str, tuple[Function, dict[str, Any]]] = {
    # SciPy
    "stats.entropy": (
        stats.entropy,
        {"name": KL, "p": "first", "unit": "nats", "sums": ("divided by their sum",) * 2, "epsilon": None},
    ),
    "stats.entropy, base 2": (lambda p, q: stats.entropy(p, q, base=2), {"name": KL, "unit": "bits"}),
    "stats.entropy, base 10": (lambda p, q: stats.entropy(p, q, base=10), {"name": KL, "unit": "hartleys"}),
    "stats.entropy, base 3": (lambda p, q: stats.entropy(p, q, base=3), {"unit": "logarithms of base 3"}),
    "stats.entropy, exchanged": (lambda p, q: stats.entropy(q, p), {"name": KL, "p": "second", "q": "first"}),
    "stats.entropy of the first": (lambda p, q: stats.entropy(p), {"name": H, "p": "first", "unit": "nats"}),
    "stats.entropy of the second": (lambda p, q: stats.entropy(q, base=2), {"name": H, "p": "second", "unit": "bits"}),
    "special.rel_entr": (special.rel_entr, {"name": KL, "p": "first", "reduction": "none"}),
    "special.kl_div": (special.kl_div, {"name": KL, "p": "first", "reduction": "none"}),
    "special.rel_entr, summed": (
        lambda p, q: special.rel_entr(p, q).sum(),
        {"name": KL, "reduction": "sum", "sums": ("taken as they are",) * 2, "caveats": ()},
    ),
    "special.kl_div, summed": (lambda p, q: special.kl_div(p, q).sum(), {"name": KL, "reduction": "sum"}),
    "special.rel_entr, mean": (lambda p, q: special.rel_entr(p, q).mean(), {"name": KL, "reduction": "mean"}),
    "distance.jensenshannon": (distance.jensenshannon, {"name": JSD, "unit": "nats", "factor": 1, "symmetric": True}),
    "distance.jensenshannon, base 2": (lambda p, q: distance.jensenshannon(p, q, 2), {"name": JSD, "unit": "bits"}),
    "distance.jensenshannon, base 10, squared": (
        lambda p, q: distance.jensenshannon(p, q, 10) ** 2,
        {"name": JS, "unit": "hartleys"},
    ),
    "distance.cityblock": (distance.cityblock, {"name": L1, "unit": ""}),
    "distance.braycurtis": (distance.braycurtis, {"name": TV}),
    "distance.canberra": (distance.canberra, {"name": "Canberra distance"}),
    "distance.chebyshev": (distance.chebyshev, {"name": "largest |p − q|"}),
    "distance.cosine": (distance.cosine, {"name": "cosine distance"}),
    "distance.correlation": (distance.correlation, {"name": "correlation distance"}),
    "distance.euclidean": (distance.euclidean, {"name": "Euclidean distance"}),
    "distance.sqeuclidean": (distance.sqeuclidean, {"name": SQUARED, "reduction": "sum"}),
    "distance.minkowski": (lambda p, q: distance.minkowski(p, q, 3), {"name": "Minkowski distance of order 3"}),
    "stats.wasserstein_distance of positions": (
        lambda p, q: stats.wasserstein_distance(np.arange(len(p)), np.arange(len(q)), p, q),
        {"name": "Wasserstein distance W1 of distributions on 0, 1, 2, …"},
    ),
    "stats.wasserstein_distance of the probabilities": (
        stats.wasserstein_distance,
        {"name": "Wasserstein distance W1 of two samples"},
    ),
    "stats.power_divergence": (
        lambda p, q: stats.power_divergence(p, q, lambda_="log-likelihood").statistic,
        {"name": KL, "factor": 2},
    ),
    "stats.chisquare": (lambda p, q: stats.chisquare(p, q).statistic, {"name": CHI2, "p": "first"}),
    # scikit-learn
    "metrics.log_loss": (log_loss, {"name": CE, "p": "first", "epsilon": float(np.finfo(float).eps)}),
    "metrics.mutual_info_score": (mutual_information, {"name": JS, "unit": "nats"}),
    "metrics.mean_squared_error": (metrics.mean_squared_error, {"name": SQUARED, "reduction": "mean"}),
    "metrics.mean_absolute_error": (metrics.mean_absolute_error, {"name": L1, "reduction": "mean"}),
    "metrics.mean_poisson_deviance": (metrics.mean_poisson_deviance, {"name": KL, "factor": 2, "reduction": "mean"}),
    "metrics.mean_gamma_deviance": (
        metrics.mean_gamma_deviance,
        {"name": "Itakura–Saito divergence", "factor": 2, "reduction": "mean"},
    ),
    "metrics.max_error": (metrics.max_error, {"name": "largest |p − q|"}),
    "metrics.pairwise.additive_chi2_kernel": (
        lambda p, q: metrics.pairwise.additive_chi2_kernel([p], [q]),
        {"name": "triangular discrimination", "factor": -1},
    ),
    # klnotes
    "kl_divergence": (klnotes.kl_divergence, {"name": KL, "sums": ("refused", "refused"), "caveats": ()}),
    "kl_terms": (klnotes.kl_terms, {"name": KL, "reduction": "none"}),
    "cross_entropy": (klnotes.cross_entropy, {"name": CE, "p": "first", "caveats": ()}),
    "cross_entropy, exchanged": (lambda p, q: klnotes.cross_entropy(q, p), {"name": CE, "p": "second"}),
    "js_divergence": (klnotes.js_divergence, {"name": JS, "factor": 1, "caveats": ()}),
    "generalized_js_divergence": (
        lambda p, q: klnotes.generalized_js_divergence([p, q], [0.3, 0.7]),
        {"name": "Jensen–Shannon divergence with the weight 0.7 for Q", "unit": "nats"},
    ),
    "jeffreys_divergence": (klnotes.jeffreys_divergence, {"name": JEFFREYS, "caveats": ()}),
    "total_variation": (klnotes.total_variation, {"name": TV, "caveats": ()}),
    "hellinger_distance": (klnotes.hellinger_distance, {"name": "Hellinger distance", "caveats": ()}),
    "hellinger_distance, squared": (
        lambda p, q: klnotes.hellinger_distance(p, q) ** 2,
        {"name": "squared Hellinger distance"},
    ),
    "chi2_divergence": (klnotes.chi2_divergence, {"name": CHI2, "p": "first", "caveats": ()}),
    "chi2_divergence, exchanged": (lambda p, q: klnotes.chi2_divergence(q, p), {"name": CHI2, "p": "second"}),
    "f_divergence": (
        lambda p, q: klnotes.f_divergence(lambda r: (r - 1) ** 2, p, q, slope_at_infinity=np.inf),
        {"name": CHI2, "p": "first"},
    ),
    **{
        f"renyi_divergence of order {order}": (
            functools.partial(renyi, order),
            {"name": f"Rényi divergence of order {named}", "unit": "bits", "caveats": ()},
        )
        for order, named in [(0.3, "0.3"), (0.5, "½"), (2, "2"), (3, "3"), (7.25, "7.25"), (np.inf, "∞")]
    },
    "kl_from_logits": (klnotes.kl_from_logits, {"name": KL, "p": "first", "inputs": (LOGIT, LOGIT)}),
    "bernoulli_kl": (
        lambda p, q: np.sum(klnotes.bernoulli_kl(p, q)),
        {"name": "binary KL divergence of outcomes taken one by one", "p": "first"},
    ),
    "pairwise_kl": (lambda p, q: klnotes.pairwise_kl([p], [q]), {"name": KL, "p": "first"}),
    # what people write
    "in one line": (lambda p, q: np.sum(p * np.log(p / q)), {"name": KL, "p": "first", "unit": "nats"}),
    "with two logarithms": (lambda p, q: np.sum(p * (np.log2(p) - np.log2(q))), {"name": KL, "unit": "bits"}),
    "of logarithms": (lambda a, b: np.sum(np.exp(a) * (a - b)), {"name": KL, "p": "first", "inputs": (LOG, LOG)}),
    "of logits and probabilities": (
        lambda a, q: special.rel_entr(special.softmax(a), q).sum(),
        {"name": KL, "inputs": (LOGIT, PROB)},
    ),
    "smoothed": (smoothed, {"name": KL, "epsilon": 0.01}),
    "PSI": (psi, {"name": JEFFREYS, "epsilon": 1e-4}),
    "the mean of both": (
        lambda p, q: (stats.entropy(p, q) + stats.entropy(q, p)) / 2,
        {"name": "mean of D(P‖Q) and D(Q‖P)", "factor": 1},
    ),
    "L2": (lambda p, q: np.linalg.norm(p - q), {"name": "Euclidean distance"}),
    "root mean square": (
        lambda p, q: np.sqrt(np.mean((p - q) ** 2)),
        {"name": "Euclidean distance", "reduction": "root of the mean"},
    ),
    "Bhattacharyya": (lambda p, q: -np.log(np.sum(np.sqrt(p * q))), {"name": "Bhattacharyya distance", "unit": "nats"}),
    "perplexity": (lambda p, q: 2 ** -np.sum(p * np.log2(q)), {"name": "perplexity", "p": "first"}),
    "log-likelihood": (lambda p, q: np.sum(p * np.log(q)), {"name": CE, "factor": -1}),
    "over log n": (lambda p, q: -np.sum(p * np.log(p)) / np.log(len(p)), {"name": H, "unit": "logarithms of base n"}),
    "absolute value": (
        lambda p, q: abs(special.rel_entr(p, q).sum()),
        {"name": f"absolute value of the {KL}", "sentence": f"It gives the absolute value of {AS_IT_IS}"},
    ),
    "single precision": (lambda p, q: special.rel_entr(p.astype("f4"), q.astype("f4")).sum(), {"name": KL}),
    "rounded": (lambda p, q: round(stats.entropy(p, q), 4), {"name": KL, "unit": "nats"}),
    "rounded, in bits": (
        lambda p, q: round(stats.entropy(q, p, base=2), 3),
        {"name": KL, "unit": "bits", "p": "second"},
    ),
}


def fields(found: Identification, wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(found, name) for name in wanted}


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_function_gets_its_name(name: str) -> None:
    function, wanted = KNOWN[name]
    found = identify(function)
    assert fields(found, wanted) == wanted, found
    assert str(found) == "\n".join([found.sentence, *found.caveats])


# What each slip of the clinic must be called.
OF_THE_CLINIC: dict[str, dict[str, Any]] = {
    "swapped": {"name": KL, "p": "second", "unit": "nats"},
    "in bits": {"name": KL, "p": "first", "unit": "bits"},
    "mean": {"name": KL, "p": "first", "reduction": "mean"},
    "absolute values": {"name": "sum of |p log(p/q)|", "p": "first"},
    "masked": {"name": KL, "p": "first", "epsilon": None},
    "epsilon": {"name": KL, "p": "first", "epsilon": 1e-10},
    "clipped": {"name": KL, "p": "first", "epsilon": 1e-7},
    "two entropies": {"name": "H(Q) − H(P)", "p": "first", "unit": "nats"},
    "square root": {"name": "root of the KL divergence D(P‖Q)", "p": "first"},
    "no logarithm": {"name": "sum of p·p/q", "p": "first"},
    "no weights": {"name": "sum of log(p/q)", "p": "first", "factor": 1},
    "wrong weights": {"name": KL, "p": "second", "factor": -1},
    "not log-space": {"name": KL, "p": "first", "inputs": (PROB, LOG)},
    "cross-entropy": {"name": CE, "p": "first", "unit": "nats"},
    "percent": {"name": KL, "p": "first", "factor": 100},
    "softmax again": {"name": KL, "p": "first", "inputs": (LOGIT, LOGIT)},
}


@pytest.mark.parametrize("name", OF_THE_CLINIC)
def test_a_slip_of_the_clinic_gets_its_name(name: str) -> None:
    assert set(SLIPS) == set(OF_THE_CLINIC)
    found = identify(SLIPS[name])
    assert fields(found, OF_THE_CLINIC[name]) == OF_THE_CLINIC[name], found
    assert any("leaves out outcomes where q is 0" in said for said in found.caveats) == (name == "masked")


def of_torch() -> dict[str, tuple[Function, dict[str, Any]]]:
    """PyTorch's losses, as functions of arrays."""
    torch = pytest.importorskip("torch")
    functional, divergence = torch.nn.functional, torch.distributions.kl_divergence
    categorical = torch.distributions.Categorical

    def wrapped(loss: Function, dtype: Any = torch.float64) -> Function:
        return lambda a, b: loss(torch.tensor(a, dtype=dtype, requires_grad=True), torch.tensor(b, dtype=dtype))

    def kl_div(reduction: str, log_target: bool) -> Function:
        return wrapped(lambda a, b: functional.kl_div(a, b, reduction=reduction, log_target=log_target))

    reductions = {
        "none": {"reduction": "none", "rows": "the terms of all rows"},
        "sum": {"reduction": "sum", "rows": "the sum over the rows"},
        "mean": {"reduction": "mean", "rows": "the mean over the rows"},
        "batchmean": {
            "reduction": "mean",
            "rows": "the sum over the outcomes of a row, divided by the number of rows",
        },
    }
    turned = {"name": KL, "p": "second", "q": "first", "unit": "nats"}
    return {
        **{
            f"F.kl_div, {name}, log_target={log_target}": (
                kl_div(name, log_target),
                {**turned, **said, "inputs": (LOG, LOG if log_target else PROB)},
            )
            for (name, said), log_target in itertools.product(reductions.items(), (False, True))
        },
        "nn.KLDivLoss": (wrapped(torch.nn.KLDivLoss()), {**turned, "reduction": "mean", "inputs": (LOG, PROB)}),
        "nn.KLDivLoss, batchmean": (
            wrapped(torch.nn.KLDivLoss(reduction="batchmean")),
            {**turned, **reductions["batchmean"]},
        ),
        "F.kl_div of q.log() and p": (
            wrapped(lambda p, q: functional.kl_div(q.log(), p, reduction="sum")),
            {**turned, "p": "first", "q": "second", "inputs": (PROB, PROB)},
        ),
        "F.kl_div of q and p, the logarithm forgotten": (
            wrapped(lambda p, q: functional.kl_div(q, p, reduction="sum")),
            {**turned, "p": "first", "q": "second", "inputs": (PROB, LOG)},
        ),
        "F.kl_div in single precision": (
            wrapped(lambda p, q: functional.kl_div(q.log(), p, reduction="sum"), torch.float32),
            {**turned, "p": "first", "q": "second"},
        ),
        "F.kl_div of two softmaxes": (
            wrapped(lambda a, b: functional.kl_div(a.log_softmax(-1), b.softmax(-1), reduction="batchmean")),
            {**turned, "inputs": (LOGIT, LOGIT)},
        ),
        "F.cross_entropy": (
            wrapped(functional.cross_entropy),
            {"name": CE, "p": "second", "inputs": (LOGIT, PROB), "reduction": "sum", "rows": "the mean over the rows"},
        ),
        "nn.CrossEntropyLoss": (wrapped(torch.nn.CrossEntropyLoss()), {"name": CE, "p": "second"}),
        "F.binary_cross_entropy": (
            wrapped(functional.binary_cross_entropy),
            {"name": "binary cross-entropy of outcomes taken one by one", "p": "second", "reduction": "mean"},
        ),
        "F.poisson_nll_loss": (
            wrapped(functional.poisson_nll_loss),
            {"name": "Poisson loss", "p": "second", "inputs": (LOG, PROB), "reduction": "mean"},
        ),
        "F.poisson_nll_loss of rates": (
            wrapped(lambda a, b: functional.poisson_nll_loss(a, b, log_input=False)),
            {"name": "Poisson loss", "p": "second", "inputs": (PROB, PROB), "epsilon": 1e-8},
        ),
        "F.mse_loss": (wrapped(functional.mse_loss), {"name": SQUARED, "reduction": "mean"}),
        "F.l1_loss": (wrapped(functional.l1_loss), {"name": L1, "reduction": "mean"}),
        "F.cosine_similarity": (
            wrapped(lambda a, b: functional.cosine_similarity(a, b, dim=0)),
            {"name": "cosine similarity"},
        ),
        "distributions.kl_divergence": (
            wrapped(lambda p, q: divergence(categorical(p), categorical(q))),
            {"name": KL, "p": "first", "sums": ("divided by their sum",) * 2},
        ),
        "distributions.kl_divergence of logits": (
            wrapped(lambda a, b: divergence(categorical(logits=a), categorical(logits=b))),
            {"name": KL, "p": "first", "inputs": (LOGIT, LOGIT)},
        ),
    }


def test_losses_of_torch_get_their_names() -> None:
    for name, (function, wanted) in of_torch().items():
        found = identify(function)
        assert fields(found, wanted) == wanted, f"{name}: {found}"


def test_what_works_on_tensors_only_is_said_to_need_a_wrapper() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"must be Tensor, not numpy.*identify\(lambda p, q: f\(torch\.from_numpy"):
        identify(torch.nn.functional.kl_div)


def test_quantities_differ_on_the_pairs_by_far_more_than_the_tolerance() -> None:
    keys, known = candidates()
    rows = [(number, row / sizes) for number, row in enumerate(known) for sizes in LAWS.values()]
    values = np.array([row for _, row in rows])
    assert np.all(np.abs(values) > 1e-4)
    least = np.inf
    for number, row in rows:
        ratios = row / values  # of a multiple, all are the same
        spread = np.ptp(ratios, axis=1) / np.max(np.abs(ratios), axis=1)
        same = [k for k, (other, _) in enumerate(rows) if other == number and np.array_equal(values[k], row)]
        spread[same] = np.inf
        least = min(least, float(spread.min()))
    assert len(keys) > 80
    assert least > 1e-2 > 1000 * _SINGLE


def test_they_differ_on_any_six_of_the_pairs() -> None:
    keys, known = candidates()
    values = np.concatenate([known / sizes for sizes in LAWS.values()])
    number = np.tile(np.arange(len(keys)), len(LAWS))
    least = np.inf
    for at in itertools.combinations(range(len(GENERIC)), len(GENERIC) - 2):
        some, sizes = values[:, at], np.array([len(GENERIC[k][0]) for k in at])
        for k, row in enumerate(some):
            ratios = row / some
            spread = np.ptp(ratios, axis=1) / np.max(np.abs(ratios), axis=1)
            least = min(least, float(spread[number != number[k]].min()))
        assert len(set(sizes)) > 2
    assert least > 1000 * _SINGLE


def test_sums_of_the_pairs_are_one_in_any_order_of_floats() -> None:
    for x in itertools.chain.from_iterable(GENERIC):
        assert x.sum() == sum(x) == 1


@st.composite
def mixtures(draw: st.DrawFn) -> Function:
    """A quantity plus less than all of another one, neither of which is a multiple of the other."""
    one, other = draw(st.lists(st.sampled_from(QUANTITIES), min_size=2, max_size=2, unique=True))
    share, swap = draw(st.floats(0.1, 0.9)), draw(st.booleans())
    return lambda p, q: one.value(p, q) + share * other.value(*((q, p) if swap else (p, q)))


@settings(max_examples=40)
@given(mixtures())
def test_a_mixture_of_two_quantities_is_none_of_them(function: Function) -> None:
    assert identify(function).name == NONE


@settings(max_examples=30)
@given(st.floats(1.1, 1.9), st.floats(0.05, 0.45), st.sampled_from(["power", "tilted", "tempered", "shifted"]))
def test_a_quantity_that_is_bent_is_none_of_them(power: float, share: float, kind: str) -> None:
    def bent(p: Any, q: Any) -> Any:
        if kind == "power":
            return klnotes.kl_divergence(p, q) ** power
        if kind == "tilted":
            return special.rel_entr(p, (1 - share) * q + share / len(q)).sum()
        if kind == "tempered":
            return stats.entropy(p**power, q**power)
        return klnotes.kl_divergence(p, q) + share

    assert identify(bent).name == NONE


def test_none_of_these_shows_the_pairs() -> None:
    found = identify(lambda p, q: np.sum(p * q**2))
    assert str(found).startswith("It is none of the")
    assert len(found.evidence) == len(GENERIC)
    for probe in found.evidence:
        assert probe.got == pytest.approx(np.dot(probe.first, np.square(probe.second)))
    assert any(abs(probe.got - probe.expected) > 0.01 for probe in found.evidence)
    assert "it gives 0.5 for every pair" in str(identify(lambda p, q: 0.5))
    assert "nan for every pair" in str(identify(lambda p, q: np.nan))


PUT_IN: dict[str, Callable[[Any, Any, float], Any]] = {
    "added to q inside the logarithm": lambda p, q, e: np.sum(special.xlogy(p, p) - p * np.log(q + e)),
    "added to p and q inside the logarithm": lambda p, q, e: np.sum(p * np.log((p + e) / (q + e))),
    "added to p and q": lambda p, q, e: np.sum((p + e) * np.log((p + e) / (q + e))),
    "raised to at least": lambda p, q, e: np.sum(np.maximum(p, e) * np.log(np.maximum(p, e) / np.maximum(q, e))),
    "added to the ratio": lambda p, q, e: np.sum(special.xlogy(p, p / (q + e) + e)),
    "sums made 1 again": lambda p, q, e: special.rel_entr((p + e) / np.sum(p + e), (q + e) / np.sum(q + e)).sum(),
}


@pytest.mark.parametrize("small", [1e-2, 3.7e-6, 1e-8, 1e-12, float(np.finfo(float).eps)])
@pytest.mark.parametrize("place", PUT_IN)
def test_a_small_number_in_the_kl_divergence_is_found_and_measured(place: str, small: float) -> None:
    with np.errstate(divide="ignore"):
        found = identify(lambda p, q: PUT_IN[place](p, q, small))
    assert found.name == KL
    assert found.p == "first"
    assert found.epsilon == pytest.approx(small, rel=1e-3)
    if small > 1e-9:
        for word in place.split():
            assert word in found.sentence


@pytest.mark.parametrize("small", [1e-20, 1e-100, 1e-300])
def test_where_a_tiny_number_stands_cannot_be_told_but_its_size_can(small: float) -> None:
    found = identify(lambda p, q: np.sum(p * np.log((p + small) / (q + small))))
    assert found.name == KL
    assert found.epsilon == pytest.approx(small, rel=1e-3)


@pytest.mark.parametrize("small", [1e-3, 1e-9, 1e-15])
def test_a_small_number_in_other_quantities(small: float) -> None:
    def added(p: Any, q: Any) -> Any:
        m = (p + q) / 2
        return np.sum(p * np.log((p + small) / (m + small)) + q * np.log((q + small) / (m + small))) / 2

    found = identify(added)
    assert found.name == JS
    if small > 1e-12:  # below, it moves nothing: there is no log 0 in it
        assert found.epsilon == pytest.approx(small, rel=1e-3)
    found = identify(lambda p, q: -np.sum(q * np.log2(p + small)))
    assert (found.name, found.p, found.unit) == (CE, "second", "bits")
    assert found.epsilon == pytest.approx(small, rel=1e-3)
    found = identify(lambda p, q: np.sum((p - q) ** 2 / (q + small)))
    assert (found.name, found.p) == (CHI2, "first")
    assert found.epsilon == pytest.approx(small, rel=1e-3)


def only_far(p: Any, q: Any) -> Any:
    return 0.0 if np.allclose(p, q) else stats.entropy(p, q)


def finite(p: Any, q: Any) -> Any:
    return np.nan_to_num(stats.entropy(p, q), posinf=99.0)


def refuses_zeros(p: Any, q: Any) -> Any:
    if np.any(p == 0) or np.any(q == 0):
        raise ZeroDivisionError("a zero")
    return stats.entropy(p, q)


def refuses_equal(p: Any, q: Any) -> Any:
    return stats.entropy(p, q) if np.any(p != q) else np.nan


def overlap(p: Any, q: Any) -> Any:
    both = (p > 0) & (q > 0)
    return stats.entropy(p[both], q[both])


def cut_at(p: Any, q: Any) -> Any:
    return np.inf if np.any(q < 1e-8) else stats.entropy(p, q)


CAVEATS: dict[Function, str] = {
    only_far: "nearly equal it gives 0",
    finite: "where q = 0 < p it gives 99: for P = (0.5, 0.25, 0.25), Q = (0.75, 0.25, 0), inf is expected",
    refuses_zeros: "it raises ZeroDivisionError",
    refuses_equal: "that are equal it gives nan",
    overlap: "leaves out outcomes where p or q is 0, and divides the others by their sum",
    cut_at: "where q is tiny it gives inf",
    lambda p, q: np.sum(p * np.log(p / q)): "where p = 0 < q and where p = q = 0 it gives nan",
}


@pytest.mark.parametrize("function", CAVEATS, ids=lambda f: f.__name__)
def test_what_is_right_on_most_pairs_gets_its_caveat(function: Function) -> None:
    found = identify(function)
    assert found.name == KL
    assert CAVEATS[function] in str(found)


def test_evidence_has_what_came_and_what_was_expected() -> None:
    found = identify(finite)
    assert len(found.evidence) > 12
    wrong = [one for one in found.evidence if one.got != pytest.approx(one.expected, rel=1e-6, abs=1e-9)]
    assert [one.got for one in wrong] == [99.0]
    assert wrong[0].second[-1] == 0
    turned = identify(lambda p, q: stats.entropy(q, p))
    for one in turned.evidence:
        assert one.got == pytest.approx(stats.entropy(one.second, one.first), abs=1e-15)


def test_a_result_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        identify(stats.entropy).name = "mine"  # type: ignore[misc]


def kl(p: Any, q: Any) -> Any:
    return special.rel_entr(p, q).sum()


def test_a_function_may_return_any_kind_of_number() -> None:
    kinds: list[Callable[[float], Any]] = [
        float,
        np.array,
        lambda x: np.array([x]),
        lambda x: [[x]],
        lambda x: Fraction(x) if np.isfinite(x) else x,
        lambda x: Decimal(float(x)),
    ]
    for kind in kinds:
        assert identify(lambda p, q, kind=kind: kind(kl(p, q))).name == KL
    assert identify(lambda p, q: np.argmax(p)).name == NONE


class Tensor:
    """As an array that knows its gradient."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    def detach(self) -> Any:
        return np.float64(self.value)


def test_a_tensor_with_a_gradient_is_a_number() -> None:
    assert identify(lambda p, q: Tensor(kl(p, q))).name == KL


def test_a_function_of_lists() -> None:
    def loop(p: Any, q: Any) -> float:
        if p == q:
            return 0.0
        return sum(a * np.log(a / b) for a, b in zip(p, q, strict=True) if a)

    found = identify(loop)
    assert found.name == KL
    assert "It takes lists, and no arrays." in found.caveats


def test_a_function_of_tables() -> None:
    def table(p: Any, q: Any) -> Any:
        rows, _ = p.shape
        return special.rel_entr(p, q).sum() / rows

    found = identify(table)
    assert (found.name, found.reduction, found.rows) == (KL, "sum", "the mean over the rows")
    assert any("shape (1, n)" in said for said in found.caveats)


def test_what_a_function_does_beside_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    def noisy(p: Any, q: Any) -> Any:
        p /= p.sum()
        p *= 1 + 1e-14
        print("p is", p)
        warnings.warn("careful", stacklevel=1)
        return kl(p, q)

    found = identify(noisy)
    assert found.name == KL
    assert any("overwrites its first argument" in said for said in found.caveats)
    assert "It also prints." in found.caveats
    assert capsys.readouterr().out == ""


def test_a_function_with_a_memory_is_found_out() -> None:
    calls = []

    def growing(p: Any, q: Any) -> Any:
        calls.append(p)
        return kl(p, q) + len(calls)

    found = identify(growing)
    assert found.name == NONE
    assert any("for the same pair" in said for said in found.caveats)
    assert len(calls) < 200
    rng = np.random.default_rng(0)
    assert identify(lambda p, q: kl(p, q) * rng.uniform(0.99, 1.01)).name == NONE


def test_a_function_is_asked_the_same_each_time() -> None:
    for function in (stats.entropy, psi, lambda p, q: np.sum(p * q**2)):
        assert identify(function) == identify(function)


def test_terms_with_a_small_number() -> None:
    found = identify(lambda p, q: p * np.log((p + 1e-6) / (q + 1e-6)))
    assert (found.name, found.reduction) == (KL, "none")
    assert found.epsilon == pytest.approx(1e-6)
    assert found.sentence.startswith("It gives an array whose sum is the KL divergence D(P‖Q) in nats")
    assert len(found.caveats) == 1


def test_what_a_function_leaves_of_its_arguments_may_be_anything() -> None:
    def odd(p: Any, q: Any) -> Any:
        if isinstance(p, np.ndarray):
            raise TypeError("lists only")
        value = kl(p, q)
        p.append([1, 2])
        return value

    assert "It overwrites its first argument, so the caller's array changes." in identify(odd).caveats


def only_three(p: Any, q: Any) -> Any:
    (a, b, c), (x, y, z) = p, q
    return a * np.log(a / x) + b * np.log(b / y) + c * np.log(c / z)


REFUSED: list[tuple[Any, type[Exception], str]] = [
    (0.5, TypeError, "f must be a function of two distributions.*but got 0.5"),
    (kl([1.0], [1.0]), TypeError, "without brackets after its name"),
    (lambda p: 0.5, TypeError, "must take two distributions.*takes 1 positional argument"),
    (lambda p, q: None, TypeError, "returned None; is a return missing"),
    (lambda p, q: "0.5", TypeError, "returned str, which is no number"),
    (lambda p, q: 1j, TypeError, "returned complex"),
    (lambda p, q: True, TypeError, "returned bool"),
    (lambda p, q: (0.5, p), TypeError, "returned tuple"),
    (lambda p, q: np.outer(p, q), TypeError, r"an array of shape \(3, 3\) for 3 outcomes"),
    (lambda p, q: stats.chisquare(p, q), TypeError, r"array of shape \(2,\).*f\(p, q\)\[0\]"),
    (lambda p, q: p.log(), TypeError, r"no attribute 'log'.*torch\.from_numpy"),
    (lambda p, q: 1 / 0, ValueError, "raised ZeroDivisionError: division by zero"),
    (only_three, ValueError, "of any size, but for .* raised ValueError"),
]


@pytest.mark.parametrize(("function", "kind", "says"), REFUSED)
def test_what_cannot_be_asked_is_refused(function: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        identify(function)
