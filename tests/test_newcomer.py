"""Somebody opens one exercise notebook in JupyterLab, with nothing beside it, and has a ✗ and a ✓."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.lab import jupyterlab, run
from tests.notebooks import ROOT

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


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the notebook, alone in its folder."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "root").mkdir()
    shutil.copy(ROOT / "exercises/kl-divergence.ipynb", folder / "root")
    with jupyterlab(folder, "kl-divergence.ipynb") as address:
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
    assert "Verified on 100 generated inputs" in verdict(page, "✓ my_kl gives the KL divergence")


def test_an_endless_loop_leaves_the_kernel_alive(page: Page) -> None:
    run(page, "import klnotes")
    run(page, "def my_kl", ENDLESS)
    run(page, "check.kl_divergence(my_kl)")
    assert "It also prints ('patience')" in verdict(page, "does not come back")
    run(page, "def my_kl", RIGHT)
    run(page, "check.kl_divergence(my_kl)")
    verdict(page, "✓ my_kl gives the KL divergence")
