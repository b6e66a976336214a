import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import klnotes
from tests.strategies import distributions, joints

# Entropies of tables with up to 27 cells, at most 3.3 nats, are rounded at 1e-15 each.
ROUNDING = 2e-14


def conditional_entropy(joint: np.ndarray) -> float:
    """H(column | row), row by row."""
    return sum(row.sum() * klnotes.entropy(row, normalize=True) for row in joint if row.sum() > 0)


def conditional_information(joint: np.ndarray) -> float:
    """I(X; Z | Y) for the axes x, y, z."""
    return sum(
        joint[:, y].sum() * klnotes.mutual_information(joint[:, y], normalize=True)
        for y in range(joint.shape[1])
        if joint[:, y].sum() > 0
    )


def triples() -> st.SearchStrategy[np.ndarray]:
    return distributions(12).map(lambda p: p.reshape(2, 3, 2))


@pytest.mark.theorem("prop-mi-independence")
@given(joints(), distributions(3), distributions(4))
def test_zero_for_independent_variables_only(joint: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    # A product of two rounded distributions is a product up to one rounding of each cell, which costs about 1e-32.
    assert klnotes.mutual_information(np.outer(x, y), normalize=True) <= 1e-30
    information = klnotes.mutual_information(joint, normalize=True)
    assert information >= 0
    off = np.abs(joint - np.outer(joint.sum(axis=1), joint.sum(axis=0))).sum()
    if off > 1e-12:
        assert information >= off**2 / 2 * (1 - 1e-3) > 0  # Pinsker; off itself is rounded at 1e-16


@pytest.mark.theorem("thm-mi-forms")
@given(joints())
def test_four_forms(joint: np.ndarray) -> None:
    x, y = joint.sum(axis=1), joint.sum(axis=0)
    hx, hy = (klnotes.entropy(margin, normalize=True) for margin in (x, y))
    information = klnotes.mutual_information(joint, normalize=True)
    assert information == pytest.approx(hy - conditional_entropy(joint), abs=ROUNDING)
    assert information == pytest.approx(hx - conditional_entropy(joint.T), abs=ROUNDING)
    assert information == pytest.approx(hx + hy - klnotes.entropy(joint.ravel()), abs=ROUNDING)
    assert information == pytest.approx(klnotes.mutual_information(joint.T, normalize=True), rel=1e-14, abs=1e-30)
    assert information <= min(hx, hy) + ROUNDING


@pytest.mark.theorem("thm-chain-rule")
@given(joints(), triples(), st.data())
def test_chain_rules(joint: np.ndarray, triple: np.ndarray, data: st.DataObject) -> None:
    whole = klnotes.entropy(joint.ravel())
    assert whole == pytest.approx(klnotes.entropy(joint.sum(axis=1), normalize=True) + conditional_entropy(joint), abs=ROUNDING)

    model = data.draw(distributions(joint.size, zeros=False)).reshape(joint.shape)
    first = klnotes.kl_divergence(joint.sum(axis=1), model.sum(axis=1), normalize=True)
    rest = sum(
        a.sum() * klnotes.kl_divergence(a, b, normalize=True) for a, b in zip(joint, model, strict=True) if a.sum() > 0
    )
    together = klnotes.kl_divergence(joint.ravel(), model.ravel())
    assert together == pytest.approx(first + rest, rel=1e-13, abs=1e-15)

    told_by_both = klnotes.mutual_information(triple.reshape(2, 6), normalize=True)
    told_by_y = klnotes.mutual_information(triple.sum(axis=2), normalize=True)
    assert told_by_both == pytest.approx(told_by_y + conditional_information(triple), abs=ROUNDING)
    assert conditional_information(triple) >= 0


@pytest.mark.theorem("prop-bsc")
@given(st.floats(0, 1), st.floats(0, 1))
def test_binary_symmetric_channel(flip: float, ones: float) -> None:
    channel = np.array([[1 - flip, flip], [flip, 1 - flip]])
    fair = klnotes.mutual_information(channel / 2, unit="bits", normalize=True)
    assert fair == pytest.approx(1 - klnotes.entropy([flip, 1 - flip], unit="bits"), abs=ROUNDING)
    other = klnotes.mutual_information(np.array([[1 - ones], [ones]]) * channel, unit="bits", normalize=True)
    assert other <= fair + ROUNDING


@pytest.mark.theorem("thm-data-processing")
@given(joints(), st.data())
def test_data_processing(joint: np.ndarray, data: st.DataObject) -> None:
    channel = np.array([data.draw(distributions(3)) for _ in range(joint.shape[1])])
    before = klnotes.mutual_information(joint, normalize=True)
    after = klnotes.mutual_information(joint @ channel, normalize=True)
    # The processed table is rounded, which moves a small information by about 1e-16 times its square root.
    assert after <= before * (1 + 1e-13) + 1e-15 * np.sqrt(before) + 1e-30


@pytest.mark.theorem("prop-mi-gaussian")
@given(st.floats(-0.95, 0.95))
def test_two_normal_variables(rho: float) -> None:
    # The trapezoidal rule converges faster than any power for such densities: a step of 0.1 is exact to rounding here.
    x = np.arange(-8, 8.01, 0.1)
    square = x[:, None] ** 2 - 2 * rho * np.outer(x, x) + x**2
    grid = klnotes.mutual_information(np.exp(-square / (2 * (1 - rho**2))), normalize=True)
    assert grid == pytest.approx(klnotes.gaussian_mutual_information(rho), rel=1e-9, abs=1e-13)
    covariance = [[1.0, rho], [rho, 1.0]]
    as_divergence = klnotes.multivariate_gaussian_kl([0, 0], covariance, [0, 0], np.eye(2))
    assert as_divergence == pytest.approx(klnotes.gaussian_mutual_information(rho), rel=1e-12, abs=1e-30)
