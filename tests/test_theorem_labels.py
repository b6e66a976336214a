"""Every theorem of the book has a property test that bears its label, and every such label is a theorem's."""

import ast
import re

from tests.notebooks import CHAPTERS, ROOT, prose, read

_LABEL = re.compile(r":::+\{prf:(?:theorem|lemma|proposition|corollary)\}[^\n]*\n((?::[\w-]+:[^\n]*\n)*)")


def stated() -> list[str]:
    """Labels of the theorems in the chapters; a theorem without a label is listed as its chapter's name."""
    labels = []
    for path in CHAPTERS:
        for number, text in prose(read(path)):
            for options in _LABEL.findall(text + "\n"):
                label = re.search(r":label:\s*(\S+)", options)
                labels.append(label[1] if label else f"{path.stem} cell {number}: no label")
    return labels


def borne_by_tests() -> list[str]:
    """Labels on the markers of property tests: functions that are marked theorem and drawn by hypothesis."""
    labels = []
    for path in sorted((ROOT / "tests/theorems").glob("test_*.py")):
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


def test_labels_are_unique() -> None:
    labels = stated()
    assert sorted(set(labels)) == sorted(labels)
    assert len(labels) >= 7, "a reading of the chapters that finds no theorems proves nothing"
