"""In JupyterLab an explorable and its Python object are one: a pulled bar sets the trait, a set trait moves the bar."""

from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Browser

from tests.lab import jupyterlab, run
from tests.notebooks import ROOT, read

SHOW = "kinds, P, Q = ['a', 'b', 'c'], [0.5, 0.3, 0.2], [0.4, 0.4, 0.2]\n"
LINK = """import ipywidgets
typed = ipywidgets.Text(description="P is")
ipywidgets.dlink((pulled, "p"), (typed, "value"), str)
typed"""
SET = "pulled.q = [0.6, 0.4, 0.0]"
SPOIL = "pulled.q = [0.6, 0.4, 0.1]"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a notebook in a JupyterLab of its own, on loopback."""
    folder = tmp_path_factory.mktemp("lab")
    shown = next(cell.source for cell in read(ROOT / "chapters/kl-divergence.ipynb").cells if cell.id == "explorable")
    create = SHOW + shown.replace("KLDivergence(", "pulled = KLDivergence(") + "\npulled"
    cells = [nbformat.v4.new_code_cell(source) for source in (create, LINK, SET, SPOIL)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (folder / "root").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "root/live.ipynb")
    with jupyterlab(folder, "live.ipynb") as address:
        yield address


def test_a_bar_and_a_trait_are_one(browser: Browser, lab: str) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 1600})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_default_timeout(60_000)
    page.goto(lab)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    run(page, "pulled")
    bar = page.get_by_role("slider", name="P, a", exact=True)
    bar.wait_for()
    run(page, LINK)
    typed = page.get_by_label("P is")
    typed.wait_for()
    assert typed.input_value() == "[0.5, 0.3, 0.2]"

    # From the page to Python, and on to a control that is linked to the trait: with the mouse, and with the keys,
    # which JupyterLab would otherwise take for its own.
    box = bar.locator(".klx-hit").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] - 5, steps=4)
    page.mouse.up()
    page.wait_for_function("document.querySelector('.widget-text input').value === '[1.0, 0.0, 0.0]'")
    bar.press("PageDown")
    bar.press("ArrowDown")
    page.wait_for_function("document.querySelector('.widget-text input').value === '[0.89, 0.11, 0.0]'")

    # From Python to the page.
    run(page, SET)
    page.locator(".klx [aria-label='Q, c'][aria-valuenow='0']").wait_for(state="attached")
    assert page.get_by_role("slider", name="Q, a").get_attribute("aria-valuenow") == "0.6"
    assert page.locator(".klx-readings strong").first.inner_text() == "0.3014 bits"

    # And what is no distribution is refused there, with the reason.
    run(page, SPOIL)
    page.get_by_text("ValueError: q must sum to 1, but its sum is 1.1").first.wait_for()
    assert page.get_by_role("slider", name="Q, c").get_attribute("aria-valuenow") == "0"
    assert [url for url in asked if not url.startswith((lab.split("doc/")[0], "data:", "blob:"))] == []
    page.close()
