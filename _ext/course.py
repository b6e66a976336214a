"""The folder of the course: the book takes it along for its readers, and its notebooks' links hold in the pages."""

import shutil
import tarfile
import tempfile
from pathlib import Path

from flit_core.sdist import SdistBuilder
from sphinx.application import Sphinx

import klnotes

NAME = "kl-divergence-course"  # index.md links to the zip of this name


def link_from_below(app: Sphinx, docname: str, source: list[str]) -> None:
    """A solution has the links of the student's notebook that is cut from it, and lies one folder deeper."""
    if docname.startswith("exercises/solutions/"):
        source[0] = source[0].replace("](../", "](../../")


def pack(app: Sphinx, exception: Exception | None) -> None:
    """Put what `make dist` packs as the sources of the course beside the first page, as a zip: that opens anywhere."""
    if exception is not None or app.builder.format != "html" or not (Path(app.srcdir) / "pyproject.toml").exists():
        return
    project = Path(klnotes.__file__).parents[1] / "pyproject.toml"
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(SdistBuilder.from_ini_path(project).build(Path(folder))) as tar:
            (top,) = {name.partition("/")[0] for name in tar.getnames()}
            tar.extractall(folder, filter="data")
        course = (Path(folder) / top).rename(Path(folder) / NAME)
        (course / "PKG-INFO").unlink()  # it has no date, which a zip asks for, and pip makes its own
        shutil.make_archive(str(Path(app.outdir) / NAME), "zip", folder, NAME)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", link_from_below)
    app.connect("build-finished", pack)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
