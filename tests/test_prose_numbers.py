"""Every number with a unit that the prose quotes is printed by a cell of the same notebook."""

from pathlib import Path

import nbformat
import pytest

from tests.notebooks import CHAPTERS, NOTEBOOKS, PAGES, name, printed, prose, quantities, read


def unprinted(notebook: nbformat.NotebookNode) -> list[str]:
    known = quantities(printed(notebook))
    return [
        f"cell {number} quotes {value} {unit}s, which no cell prints"
        for number, text in prose(notebook)
        for value, unit in sorted(quantities(text) - known)
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_every_quoted_number_is_printed(path: Path) -> None:
    assert unprinted(read(path)) == []


def test_pages_quote_only_what_some_chapter_prints() -> None:
    known = set().union(*(quantities(printed(read(path))) for path in CHAPTERS))
    wrong = {name(page): quantities(page.read_text("utf-8")) - known for page in PAGES}
    assert {page: numbers for page, numbers in wrong.items() if numbers} == {}


def test_the_check_sees_a_changed_digit() -> None:
    notebook = read(CHAPTERS[0])
    known = quantities(printed(notebook))
    cell = next(c for c in notebook.cells if c.cell_type == "markdown" and quantities(c.source))
    value, unit = sorted(quantities(cell.source))[0]
    wrong = next(v for v in (value[:-1] + digit for digit in "0123456789") if (v, unit) not in known)
    cell.source = cell.source.replace(value, wrong)
    assert unprinted(notebook) != []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It costs 0.0253 nats.", {("0.0253", "nat")}),
        (r"$D = 0.0253\ \text{nats}$", {("0.0253", "nat")}),
        ("**1.75 bits**/letter, 14,336 bits in all", {("1.75", "bit"), ("14336", "bit")}),
        ("−1 bit and 2.30 hartleys", {("-1", "bit"), ("2.30", "hartley")}),
        ("a 32-bit float", {("32", "bit")}),
        (r"a bit is $\ln 2$ nats, and $\log_2 8 = 3$ bits", {("3", "bit")}),
        ("two bits, 7 balls, bits and nats", set()),
    ],
)
def test_quantities_are_found_as_they_are_written(text: str, found: set[tuple[str, str]]) -> None:
    assert quantities(text) == found
