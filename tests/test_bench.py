"""The page that `make bench` stores: it has the tables that the program writes, and klnotes loses no digit in them."""

import re
from itertools import pairwise

import pytest

from bench import divergences


def skeleton(page: str) -> list[str]:
    """Titles, heads of tables and names of rows, each once; for a size stands n, as a test takes smaller ones."""
    lines = page.splitlines()
    titles = [line for line in lines if line.startswith("#")]
    heads = [line for line, below in pairwise(lines) if below.startswith("| ---")]
    rows = [line.split("|")[1] for line in lines if line.startswith("|")]
    size = r"(?:\$10\^\{?\d+\}?\$|\b\d+\b)"
    sizes = re.compile(rf"n = {size}|{size} (?=rows of|by)|(?<=rows of ){size}|(?<=by ){size}|\$10\^\{{?\d+\}}?\$")
    return list(dict.fromkeys(re.sub(sizes, "n", line) for line in [*titles, *heads, *rows]))


@pytest.fixture(scope="module")
def stored() -> str:
    return divergences.PAGE.read_text("utf-8").replace("−", "-")


def test_the_page_has_the_tables_of_the_program(stored: str) -> None:
    assert skeleton(divergences.page(10**3, [2, 10]).replace("−", "-")) == skeleton(stored)


def test_klnotes_has_all_its_digits_on_the_page(stored: str) -> None:
    digits = stored.split("## Digits")[1].split("\n## ")[0]
    ours = next(line for line in digits.splitlines() if line.startswith(f"| {divergences.OURS}"))
    *errors, negative = (cell.strip() for cell in ours.strip("|").split("|")[1:])
    assert len(errors) == len(divergences.DISTANCES)
    assert all(float(e) <= 4e-15 for e in errors)
    assert negative == "0"
    family = digits.split("The rest of the family")[1].splitlines()
    assert all(float(line.split("|")[2]) <= 1e-14 for line in family if line.startswith("|") and "e-" in line)


def test_a_peer_that_is_not_installed_is_a_row_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(divergences.KL, divergences.DIT, None)
    lines = divergences.speed([(3,), (2, 10)], near=0.0)[0].splitlines()
    row = next(line for line in lines if line.startswith(f"| {divergences.DIT}"))
    assert row.count(divergences.MISSING) == 2
