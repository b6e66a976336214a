"""Pictures: the same bytes each time, colors from the page, words that say what is shown."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import numpy as np
import pytest

from klnotes import figures

P, Q = [0.5, 0.3, 0.2], [0.4, 0.4, 0.2]
DRAWN: dict[str, tuple[Callable[[], figures.Picture], str]] = {
    "bars": (lambda: figures.bars({"P": P, "Q": Q}, "abc"), "P: a 0.5, b 0.3, c 0.2; Q: a 0.4"),
    "many bars": (
        lambda: figures.bars({"P": np.full(26, 1 / 26)}, [chr(97 + i) for i in range(26)]),
        "largest a 0.03846",
    ),
    "terms": (lambda: figures.term_contributions(P, Q, "abc"), "KL(P‖Q) = 0.025267 nats. a +0.111572, b -0.086305"),
    "tangent": (figures.tangent, "touches it at x = 1 only"),
    "tangent at ratios": (lambda: figures.tangent(P, Q), "0.0231 at x = 0.8"),
    "lines": (
        lambda: figures.lines([1, 2, 3], {"up": [1, 4, 2]}, xlabel="x", ylabel="y", marks=[(2, 4, "top")]),
        "up: from 1 at 1 to 2 at 3, highest 4 at 2. Marked: top at (2, 4).",
    ),
    "lines on logarithmic axes": (
        lambda: figures.lines(
            [1e-9, 1e-6, 1e-3], {"flat": [1e-16] * 3}, xlabel="x", ylabel="y", log_x=True, log_y=True
        ),
        "flat: from 1e-16 at 1e-09 to 1e-16 at 0.001.",
    ),
    "columns": (
        lambda: figures.lines(
            [1, 2], {"a": [1, 2], "b": [2, 1]}, xlabel="x", ylabel="y", columns=([1, 2], [3, 4], "seen")
        ),
        "Columns, seen: highest at 2 with 4.",
    ),
    "tables": (
        lambda: figures.joint_and_product([[0.4, 0.1], [0.1, 0.4]], "ab", "cd"),
        "Joint: a: 0.4, 0.1; b: 0.1, 0.4.",
    ),
    "triangle": (
        lambda: figures.simplex("abc", {"P": P}, paths={"road": [P, Q], "side": [[1, 0, 0], [0, 1, 0]]}),
        "P: a 0.5, b 0.3, c 0.2. Path, road: from (0.5, 0.3, 0.2) to (0.4, 0.4, 0.2).",
    ),
    "ladder": (lambda: figures.boltzmann_ladder([0, 1], [1, 5]), "T = 1: 0.731, 0.269. T = 5: 0.550, 0.450."),
    "tree": (lambda: figures.code_tree({"A": "0", "B": "10", "C": "11"}), "A is 0, B is 10, C is 11"),
    "pictures": (
        lambda: figures.images(
            {"data": [[[0.0, 1.0], [1.0, 0.0]], [[1.0, 0.5], [0.0, 2.0]]], "flat": np.full((2, 2, 2), 0.5)}
        ),
        "2 pictures of 2 by 2 pixels in each row. data: pixels differ from picture to picture by 0.62. flat: pixels "
        "differ from picture to picture by 0.00, from data by 0.68.",
    ),
}
every = pytest.mark.parametrize("name", DRAWN)


@every
def test_alt_text_says_what_is_shown(name: str) -> None:
    draw, words = DRAWN[name]
    picture = draw()
    assert words in picture.alt
    root = ET.fromstring(picture.svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == picture.alt
    assert picture._repr_mimebundle_()["text/plain"] == picture.alt


@every
def test_drawing_twice_gives_the_same_bytes(name: str) -> None:
    draw, _ = DRAWN[name]
    assert draw() == draw()


@every
def test_colors_and_size_come_from_the_page(name: str) -> None:
    svg = DRAWN[name][0]().svg
    named = re.sub(r"var\(--kl-\w+, #[0-9a-f]{6}\)", "", svg)
    assert re.findall(r"#[0-9a-f]{6}\b", named) == []
    assert "currentColor" in svg
    head = svg[: svg.index(">")]
    assert " width=" not in head
    assert " height=" not in head
    assert "<style" not in svg
    assert "<text" in svg, "text stays text: it can be read, selected and enlarged"


def test_two_pictures_on_a_page_share_no_id() -> None:
    ids = [i for draw, _ in DRAWN.values() for i in re.findall(r' id="([^"]+)"', draw().svg)]
    assert ids
    assert len(ids) == len(set(ids))


def test_logarithmic_axes_set_equal_factors_at_equal_steps() -> None:
    svg = figures.lines([1, 10, 100], {"y": [1, 10, 100]}, xlabel="x", ylabel="y", log_x=True, log_y=True).svg
    curve = re.search(r'<path d="M ([\d.\s L]+)"[^>]*stroke: var\(--kl-p', svg)
    assert curve is not None
    x0, y0, x1, y1, x2, y2 = map(float, curve[1].replace("L", " ").split())
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.03)
    assert y1 - y0 == pytest.approx(y2 - y1, abs=0.03)


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="distributions must be one to four, but got 0"):
        figures.bars({}, "abc")
    with pytest.raises(ValueError, match="Q must have 3 entries, as outcomes has"):
        figures.bars({"Q": [0.5, 0.5]}, "abc")
    with pytest.raises(ValueError, match="p must have 2 entries"):
        figures.term_contributions(P, Q, "ab")
    with pytest.raises(ValueError, match="curves must be one to four"):
        figures.lines([1], {}, xlabel="x", ylabel="y")
    with pytest.raises(ValueError, match="a must have 2 entries, as x has"):
        figures.lines([1, 2], {"a": [1]}, xlabel="x", ylabel="y")
    with pytest.raises(ValueError, match=r"joint must have the shape \(2, 2\) of its names, but got \(2, 1\)"):
        figures.joint_and_product([[0.5], [0.5]], "ab", "cd")
    with pytest.raises(ValueError, match="outcomes must be 3 and paths at most 4, but got 2 and 0"):
        figures.simplex("ab", {})
    with pytest.raises(ValueError, match=r"P must have 3 entries, as outcomes has, but its shape is \(2,\)"):
        figures.simplex("abc", {"P": [0.5, 0.5]})
    with pytest.raises(ValueError, match="road must sum to 1"):
        figures.simplex("abc", {}, paths={"road": [P, [0.5, 0.5, 0.5]]})
    with pytest.raises(ValueError, match="rows must be one to six, but got 0"):
        figures.images({})
    with pytest.raises(ValueError, match=r"b must have three axes and the shape of a, but its shape is \(1, 2, 3\)"):
        figures.images({"a": np.zeros((1, 2, 2)), "b": np.zeros((1, 2, 3))})
    with pytest.raises(ValueError, match=r"a must have three axes .*, but its shape is \(2, 2\)"):
        figures.images({"a": np.zeros((2, 2))})
    with pytest.raises(ValueError, match="p must be positive to draw"):
        figures.tangent([0, 1], [0.5, 0.5])
