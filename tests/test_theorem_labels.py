"""Every theorem of the book has a property test that bears its label, and every such label is a theorem's."""

import ast
import re

import pytest

from tests.notebooks import CHAPTERS, ROOT, prose, read

_LABEL = re.compile(r":::+\{prf:(?:theorem|lemma|proposition|corollary)\}[^\n]*\n((?::[\w-]+:[^\n]*\n)*)")


def labels(text: str) -> list[str]:
    """Labels of the theorems that a text states; a theorem without one is listed as 'no label'."""
    found = (re.search(r":label:\s*(\S+)", options) for options in _LABEL.findall(text + "\n"))
    return [label[1] if label else "no label" for label in found]


def stated() -> list[str]:
    """Labels of the theorems in all chapters."""
    return [label for path in CHAPTERS for _, text in prose(read(path)) for label in labels(text)]


def borne_by_tests() -> list[str]:
    """Labels on the markers of property tests: functions that are marked theorem and drawn by hypothesis."""
    labels = []
    for path in sorted((ROOT / "tests/chapters").glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                marks = {ast.unparse(d.func).split(".")[-1]: d for d in node.decorator_list if isinstance(d, ast.Call)}
                if "theorem" in marks and "given" in marks:
                    labels += [ast.literal_eval(argument) for argument in marks["theorem"].args]
    return labels


def test_every_theorem_has_a_property_test() -> None:
    assert set(stated()) - set(borne_by_tests()) == set()


def test_no_property_test_names_a_theorem_that_is_gone() -> None:
    assert set(borne_by_tests()) - set(stated()) == set()


def test_every_theorem_that_klnotes_names_is_stated() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "klnotes").rglob("*.py"))
    named = set(re.findall(r"\b(?:thm|lem|prop|cor)-[a-z0-9-]*[a-z0-9]", code))
    assert named - set(stated()) == set()
    assert len(named) >= 10, "a reading of the code that finds no names proves nothing"


def test_labels_are_unique() -> None:
    found = stated()
    assert sorted(set(found)) == sorted(found)
    assert len(found) >= 7, "a reading of the chapters that finds no theorems proves nothing"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (":::{prf:theorem} New\n:label: thm-new\nIt holds.\n:::", ["thm-new"]),
        ("::::{prf:lemma}\n:label: lem-small\n:nonumber:\n::::", ["lem-small"]),
        (":::{prf:corollary} Without a label\nIt follows.\n:::", ["no label"]),
        (":::{prf:definition} Not a theorem\n:label: def-x\n:::", []),
    ],
)
def test_a_theorem_without_a_test_is_seen(text: str, found: list[str]) -> None:
    assert labels(text) == found
    assert set(found).isdisjoint(borne_by_tests())
