"""Execute notebooks in a fresh kernel and store them in one normal form.

    python tools/notebooks.py NOTEBOOK...

A notebook that fails stays as it was; the message names its cell.
"""

import argparse
import os
import re
import sys
import tempfile
import time
import uuid
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# Metadata that mean something, of a cell and of a chapter (see _ext/contents.py); editors leave more behind.
KEPT = ("tags", "mystnb", "nbgrader", "slideshow", "reason")
FAILURES = (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
    nbformat.reader.NotJSONError,
    nbformat.ValidationError,
)
# A live kernel's handle on a widget; where there is no kernel, the widget's other forms are shown.
WIDGET = "application/vnd.jupyter.widget-view+json"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK")
    failed = False
    for path in parser.parse_args().notebooks:
        start = time.perf_counter()
        stored = path.read_text("utf-8")
        try:
            text = executed(stored, path.parent)
        except FAILURES as error:
            print(f"{path}: {ANSI.sub('', str(error))}", file=sys.stderr)
            failed = True
            continue
        print(f"{path}: {time.perf_counter() - start:.1f} s")
        if text != stored:
            path.write_text(text, "utf-8", newline="\n")
    return failed


def executed(stored: str, folder: Path) -> str:
    """The notebook's text after it has run from the top in a fresh kernel."""
    notebook = nbformat.reads(stored, as_version=4)
    manager = AsyncKernelManager(kernel_name="python3", **channels())
    client = NotebookClient(notebook, manager, timeout=120, resources={"metadata": {"path": str(folder)}})
    try:
        client.execute()
    except CellExecutionError as error:
        number = next(i for i, cell in enumerate(notebook.cells, 1) if _failed(cell))
        raise CellExecutionError(f"cell {number} fails\n{error}", error.ename, error.evalue) from None
    return normal(notebook)


def channels() -> dict[str, str]:
    """How to talk with a kernel. Over TCP, its ports are chosen first and opened later, and may be taken in between."""
    if os.name != "posix":
        return {}
    return {"transport": "ipc", "ip": str(Path(tempfile.gettempdir(), f"kernel-{uuid.uuid4().hex}"))}


def normal(notebook: NotebookNode) -> str:
    """One text for one content: nothing in it depends on who ran the notebook, when, or in which editor."""
    seen: set[str] = set()
    count = 0
    for number, cell in enumerate(notebook.cells, 1):
        if cell.get("id", "") in seen | {""}:
            cell["id"] = f"cell-{number}"
        seen.add(cell["id"])
        cell["metadata"] = {key: cell.metadata[key] for key in KEPT if key in cell.metadata}
        cell["source"] = "\n".join(line.rstrip() for line in cell.source.strip("\n").split("\n"))
        if cell.cell_type == "code":
            count += 1
            cell["execution_count"] = count
            cell["outputs"] = merged(cell.outputs, count)
    chapter = {key: value for key, value in notebook.metadata.items() if key == "chapter"}
    notebook["metadata"] = chapter | METADATA
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    return nbformat.writes(notebook, indent=1, ensure_ascii=False) + "\n"


def merged(outputs: list[NotebookNode], count: int) -> list[NotebookNode]:
    """Outputs with consecutive pieces of one stream joined: where a stream is cut depends on timing."""
    kept: list[NotebookNode] = []
    for output in outputs:
        if output.output_type == "stream" and kept and kept[-1].get("name") == output.name:
            kept[-1]["text"] += output.text
        else:
            kept.append(output)
        if output.output_type == "execute_result":
            output["execution_count"] = count
        if "metadata" in output:
            output["metadata"] = {}
        output.get("data", {}).pop(WIDGET, None)
    return kept


def _failed(cell: NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", []))


if __name__ == "__main__":
    sys.exit(main())
