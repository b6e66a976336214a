#!/usr/bin/env python3
"""Pack the built book, which can be read from the unpacked folder without a server, and the sources of the course."""

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

from flit_core import buildapi

import klnotes

ROOT = Path(__file__).parents[1]


def pack(book: Path, target: Path) -> list[Path]:
    """The two files that were written into `target`."""
    if not (book / "index.html").exists():
        raise FileNotFoundError(f"no built book in {book}: run `make book` first")
    target = target.resolve()
    target.mkdir(parents=True, exist_ok=True)
    name = f"kl-divergence-{klnotes.__version__}"
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(book, Path(folder) / name)
        site = shutil.make_archive(str(target / name), "zip", folder, name)
    with contextlib.chdir(ROOT):  # where flit looks for pyproject.toml
        return [Path(site), target / buildapi.build_sdist(str(target))]


if __name__ == "__main__":
    for path in pack(ROOT / "_build/html", Path(sys.argv[1])):
        print(f"{path}: {path.stat().st_size / 2**20:.1f} MiB")
