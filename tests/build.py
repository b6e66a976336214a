"""Build the book, or a small one with its settings, as `make book` does."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.notebooks import ROOT

BIN = Path(sys.executable).parent
SETTINGS = ("_config.yml", "_ext", "_static", "_templates", "references.bib")
NOT_SOURCES = shutil.ignore_patterns(".*", "_build", "dist", "__pycache__", "tests", "bench", "klnotes")


def ran(*command: str | Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONUTF8": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the pages of the book in a folder."""
    return ran(BIN / "jupyter-book", "build", folder, "-W", "-n", "--keep-going")


def build_decks(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the decks of the book in a folder, beside its pages."""
    options = ("-b", "revealjs", "-W", "-n", "--keep-going", "-q", "-d", folder / "_build/slides")
    return ran(BIN / "sphinx-build", *options, folder / "slides", folder / "_build/html/slides")


def build_book(folder: Path) -> None:
    """Copy the book's sources into a folder and build pages and decks there, without a warning."""
    shutil.copytree(ROOT, folder, ignore=NOT_SOURCES, dirs_exist_ok=True)
    for make in (build, build_decks):
        result = make(folder)
        said = (result.stdout + result.stderr).splitlines()
        assert result.returncode == 0, "\n".join(line for line in said if "WARNING" in line or "ERROR" in line)


def settings(folder: Path) -> None:
    """Copy what a small book needs of the book's settings."""
    for source in SETTINGS:
        (shutil.copytree if (ROOT / source).is_dir() else shutil.copy)(ROOT / source, folder / source)
