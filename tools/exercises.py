"""Cut the students' notebooks out of exercises/solutions, run them, and store them in exercises.

    python tools/exercises.py [--check]

The cut is nbgrader's own, with the configuration that the instructors use. With --check nothing is written, and a
student's notebook whose cells are not the cut of its source is named instead.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearOutput, ClearSolutions
from notebooks import executed, normal
from traitlets.config.loader import JSONFileConfigLoader

FOLDER = Path(__file__).parents[1] / "exercises"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a notebook is not the cut of its source"
    )
    check = parser.parse_args().check
    sources = {path.name: path for path in sorted(FOLDER.glob("solutions/*.ipynb"))}
    failed = False
    for orphan in sorted({path.name for path in FOLDER.glob("*.ipynb")} - set(sources)):
        print(f"exercises/{orphan} has no source in exercises/solutions", file=sys.stderr)
        failed = True
    for name, source in sources.items():
        target = FOLDER / name
        student = cut(nbformat.read(source, as_version=4))
        if target.exists() and cells(nbformat.read(target, as_version=4)) == cells(student):
            continue
        if check:
            print(
                f"exercises/{name} is not the cut of exercises/solutions/{name}; run `make exercises`", file=sys.stderr
            )
            failed = True
            continue
        target.write_text(executed(nbformat.writes(student), FOLDER), "utf-8", newline="\n")
        print(f"exercises/{name}")
    return failed


def cut(notebook: NotebookNode) -> NotebookNode:
    """The notebook that a student gets: what nbgrader's `generate_assignment` leaves of it, without checksums."""
    config = JSONFileConfigLoader("nbgrader_config.json", path=str(FOLDER)).load_config()
    for preprocessor in (ClearSolutions(config=config), ClearOutput(config=config)):
        notebook, _ = preprocessor.preprocess(notebook, {})
    return nbformat.reads(normal(notebook), as_version=4)


def cells(notebook: NotebookNode) -> list[dict[str, Any]]:
    """The cells without what running them adds."""
    return [
        {key: value for key, value in cell.items() if key not in ("outputs", "execution_count")}
        for cell in notebook.cells
    ]


if __name__ == "__main__":
    sys.exit(main())
