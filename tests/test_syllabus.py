"""The numbers of the articles that the course grew out of: klnotes computes them, and the chapters print them."""

from collections.abc import Callable

import pytest

import klnotes
from tests.notebooks import ROOT, printed, read

OFFICE, UNIFORM, OTHER = [1 / 2, 1 / 4, 1 / 8, 1 / 8], [1 / 4] * 4, [1 / 8, 1 / 8, 1 / 2, 1 / 4]
P, Q = [0.5, 0.3, 0.2], [0.4, 0.4, 0.2]
BOX = [0.15, 0.13, 0.23, 0.09, 0.20, 0.05, 0.15]
GUESS1 = [0.14, 0.14, 0.25, 0.08, 0.21, 0.06, 0.12]
GUESS2 = [0.11, 0.11, 0.22, 0.16, 0.15, 0.16, 0.09]
TERMS = "+0.010349 -0.009634 -0.019178 +0.010600 -0.009758 -0.009116 +0.033472"


def all_bits() -> int:
    code = klnotes.huffman_code(OFFICE, "ABCD")
    return len(klnotes.encode("A" * 4096 + "B" * 2048 + "C" * 1024 + "D" * 1024, code))


NUMBERS: list[tuple[str, str, str, Callable[[], float]]] = [
    ("entropy", "14336 bits", "{:d}", all_bits),
    ("entropy", "1.75 bits", "{:.2f}", lambda: klnotes.entropy(OFFICE, unit="bits")),
    ("entropy", "1.75 bits", "{:.2f}", lambda: klnotes.entropy(OTHER, unit="bits")),
    ("entropy", "2 bits", "{:g}", lambda: klnotes.entropy(UNIFORM, unit="bits")),
    ("cross-entropy", "2.625 bits", "{:.3f}", lambda: klnotes.cross_entropy(OFFICE, OTHER, unit="bits")),
    ("cross-entropy", "0.875 bits", "{:.3f}", lambda: klnotes.kl_divergence(OFFICE, OTHER, unit="bits")),
    ("kl-divergence", "0.25 bits", "{:.2f}", lambda: klnotes.kl_divergence(OFFICE, UNIFORM, unit="bits")),
    ("kl-divergence", "0.875 bits", "{:.3f}", lambda: klnotes.kl_divergence(OFFICE, OTHER, unit="bits")),
    ("kl-divergence", "0.0253 nats", "{:.4f}", lambda: klnotes.kl_divergence(P, Q)),
    ("kl-divergence", "0.0365 bits", "{:.4f}", lambda: klnotes.kl_divergence(P, Q, unit="bits")),
    ("kl-divergence", "0.0258 nats", "{:.4f}", lambda: klnotes.kl_divergence(Q, P)),
    ("kl-divergence", "0.006735 nats", "{:.6f}", lambda: klnotes.kl_divergence(BOX, GUESS1)),
    ("kl-divergence", "0.006547 nats", "{:.6f}", lambda: klnotes.kl_divergence(GUESS1, BOX)),
    ("kl-divergence", "0.102684 nats", "{:.6f}", lambda: klnotes.kl_divergence(BOX, GUESS2)),
    ("not-a-distance", "0.5341 nats", "{:.4f}", lambda: klnotes.bernoulli_kl(0.2, 0.7)),
    ("not-a-distance", "0.5827 nats", "{:.4f}", lambda: klnotes.bernoulli_kl(0.7, 0.2)),
]


@pytest.mark.parametrize(("chapter", "text", "form", "value"), NUMBERS, ids=lambda x: x if isinstance(x, str) else "")
def test_number_is_computed_and_printed(chapter: str, text: str, form: str, value: Callable[[], float]) -> None:
    number, unit = text.split()
    assert form.format(value()) == number
    printing = printed(read(ROOT / f"chapters/{chapter}.ipynb"))
    assert any(shown in printing for shown in (text, f"{number}.0 {unit}", f"{float(number):.2f} {unit}"))


def test_terms_of_the_seven_balls() -> None:
    terms = [f"{t:+.6f}" for t in klnotes.kl_terms(BOX, GUESS1)]
    assert terms == TERMS.split()
    printing = printed(read(ROOT / "chapters/kl-divergence.ipynb"))
    assert all(term in printing for term in terms)
