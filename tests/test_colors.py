"""The colors are written in one place, what is stored agrees with it, and they can be told from the paper."""

import re
from pathlib import Path

import pytest

from klnotes import _palette
from tests.notebooks import DECKS, NOTEBOOKS, ROOT, name

FOLDERS = ["_ext", "_static", "_templates", "klnotes", "slides", "tools"]
SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.*"))]
SOURCES = [path for path in SOURCES if path.suffix in {".css", ".html", ".js", ".py", ".svg"}]


def faults(stored: str) -> set[tuple[str, str]]:
    """Names and values of the colors in a picture that are not those of the palette."""
    return set(re.findall(r"var\(--kl-([\w-]+), ?(#\w+)\)", stored)) - set(_palette.LIGHT.items())


@pytest.mark.parametrize("path", [*NOTEBOOKS, *DECKS], ids=name)
def test_stored_pictures_have_the_colors_of_the_palette(path: Path) -> None:
    assert faults(path.read_text("utf-8")) == set(), "run `make notebooks`"


def test_the_check_of_stored_pictures_sees_faults() -> None:
    stored = (ROOT / "chapters/kl-divergence.ipynb").read_text("utf-8")
    assert faults(stored.replace(_palette.LIGHT["q"], "#c2410d")) == {("q", "#c2410d")}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_the_palette_is_written_nowhere_else(path: Path) -> None:
    colors = {*_palette.LIGHT.values(), *_palette.DARK.values()}
    found = colors & set(re.findall(r"#[0-9a-f]{6}\b", path.read_text("utf-8")))
    assert found == (colors if path.stem == "_palette" else set())


def light(color: str) -> float:
    """Relative luminance, as WCAG defines it."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", ["p", "q", "r"])
@pytest.mark.parametrize(("colors", "paper"), [(_palette.LIGHT, "#ffffff"), (_palette.DARK, "#14181e")])
def test_what_is_read_has_contrast(colors: dict[str, str], paper: str, name: str) -> None:
    dark, bright = sorted((light(colors[name]), light(paper)))
    assert (bright + 0.05) / (dark + 0.05) >= 4.5
