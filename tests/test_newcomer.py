"""Somebody downloads the course from the first page, types what the page says, and has a ✗ and a ✓."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.lab import borrow, jupyterlab, run
from tests.notebooks import NOTEBOOKS, ROOT, code, name, prose, read

ZIP = "kl-divergence-course.zip"
SHELL = "sh" if os.name == "posix" else "bat"
SWAPPED = """def my_kl(p, q):
    return np.sum(q * np.log(q / p))"""
RIGHT = """def my_kl(p, q):
    total = 0
    for a, b in zip(p, q):
        if a > 0 and b == 0:
            return np.inf
        if a > 0:
            total += a * np.log(a / b)
    return total"""
ENDLESS = """def my_kl(p, q):
    while True:
        print("patience")"""


def commands(page: str) -> list[str]:
    """What the page tells people to type."""
    (block,) = re.findall(rf"```{SHELL}\n(.*?)```", page, flags=re.DOTALL)
    return block.splitlines()


# What is to be installed.


def extra(project: dict[str, dict[str, list[str]]], which: str) -> Iterator[str]:
    """The packages that an extra of klnotes names."""
    for requirement in project["optional-dependencies"][which]:
        package, others = re.match(r"([\w-]+)(?:\[([\w,]+)\])?", requirement).groups()  # type: ignore[union-attr]
        yield package
        for other in others.split(",") if others and package == "klnotes" else ():
            yield from extra(project, other)


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from (each.partition(".")[0] for each in names)


def test_the_extra_names_all_that_chapters_and_exercises_import() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {re.match(r"\w+", requirement)[0] for requirement in project["dependencies"]}  # type: ignore[index]
    named |= {"klnotes", *extra(project, "notebooks")} | sys.stdlib_module_names
    # scikit-learn is imported by another name, and pandas comes with dask[dataframe] and with statsmodels
    assert {"scikit-learn", "dask", "statsmodels"} <= named
    named |= {"sklearn", "pandas"}
    assert {"jupyterlab", "ipykernel"} <= named
    for path in NOTEBOOKS:
        assert set(imported(code(read(path)))) <= named, name(path)
    # traitlets comes with anywidget: a widget is made of them
    sources = [path.read_text("utf-8") for path in ROOT.glob("klnotes/**/*.py")]
    assert {package for source in sources for package in imported(source)} <= named | {"traitlets"}


def test_the_first_page_and_the_readme_say_the_same() -> None:
    index, readme = ((ROOT / page).read_text("utf-8") for page in ("index.md", "README.md"))
    for block in re.findall(r"```(?:sh|bat)\n(.*?)```", index, flags=re.DOTALL):
        assert "".join(f"    {line}\n" for line in block.splitlines()) in readme
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    for page in (index, readme):
        assert f"Python {version.removeprefix('>=')} or newer" in page


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path.parent.name != "solutions"], ids=name)
def test_a_link_to_a_notebook_leads_to_it_from_the_folder_it_stands_in(path: Path) -> None:
    links = re.findall(r"\]\(([^):]+\.ipynb)\)", "\n".join(text for _, text in prose(read(path))))
    assert links
    for link in links:
        assert not link.startswith("/")  # in Jupyter, that is no place in the course
        assert (path.parent / link).resolve().is_relative_to(ROOT)
        assert (path.parent / link).exists(), link


# And then.


@pytest.fixture(scope="module")
def lab(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an exercise in the course as it is downloaded, installed with the commands of the page.

    The environment borrows the packages that are here already, and pip is told not to ask the network.
    """
    assert f'href="{ZIP}"' in (site / "index.html").read_text("utf-8")
    folder = tmp_path_factory.mktemp("my lab")
    shutil.unpack_archive(site / ZIP, folder)
    course = folder / Path(ZIP).stem
    make, install, start = commands((course / "index.md").read_text("utf-8"))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("PYTHONPATH", None)
    for command in (make, f"{install} --no-index --no-build-isolation"):
        result = subprocess.run(
            command, shell=True, cwd=course, env=environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
        assert "does not provide" not in result.stderr
        borrow(course / ".venv")
    assert re.search(r"[/\\]jupyter lab$", start)  # which is `python -m jupyterlab` with the python of its folder
    python = course / start.removesuffix("jupyter lab") / "python"
    with jupyterlab(folder, "exercises/kl-divergence.ipynb", course.name, str(python)) as address:
        yield address


@pytest.fixture
def page(browser: Browser, lab: str) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1200, "height": 1600})
    opened.set_default_timeout(60_000)
    opened.goto(lab)
    opened.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    yield opened
    opened.close()


def verdict(page: Page, says: str) -> str:
    card = page.locator(".klnotes-verdict").filter(has_text=says).first
    card.wait_for()
    return card.inner_text()


def test_a_newcomer_has_a_cross_and_a_tick(page: Page) -> None:
    run(page, "import klnotes")
    run(page, "def my_kl", SWAPPED)
    run(page, "check.kl_divergence(my_kl)")
    cross = verdict(page, "✗ my_kl does not give the KL divergence")
    assert "p = np.array([1/2, 1/2])" in cross
    assert "That is the divergence the other way round" in cross
    run(page, "def my_kl", RIGHT)
    run(page, "check.kl_divergence(my_kl)")
    assert "Verified on 150 generated inputs" in verdict(page, "✓ my_kl gives the KL divergence")


def test_the_link_at_the_top_opens_the_chapter_and_that_runs(page: Page) -> None:
    page.get_by_role("link", name="the chapter on KL divergence").click()
    page.get_by_text("A riddle", exact=True).wait_for()  # the title of a box, and not its source
    # A cell that is run before there is a kernel may be dropped.
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").first.wait_for(state="attached")
    first = next(cell.source for cell in read(ROOT / "chapters/kl-divergence.ipynb").cells if cell.cell_type == "code")
    run(page, first, f"{first}\nprint('with', klnotes.__file__)")
    page.get_by_text(re.compile(rf"with .*{Path(ZIP).stem}.*site-packages")).wait_for()


def test_an_endless_loop_leaves_the_kernel_alive(page: Page) -> None:
    run(page, "import klnotes")
    run(page, "def my_kl", ENDLESS)
    run(page, "check.kl_divergence(my_kl)")
    assert "It also prints ('patience')" in verdict(page, "does not come back")
    run(page, "def my_kl", RIGHT)
    run(page, "check.kl_divergence(my_kl)")
    verdict(page, "✓ my_kl gives the KL divergence")
