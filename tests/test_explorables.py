"""Explorables: Python refuses bad states, JavaScript computes what klnotes computes, the page answers every hand."""

import functools
import gzip
import html
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page

from klnotes import explorables
from klnotes.explorables import _base
from tests.axe import violations
from tests.build import build, settings
from tests.conftest import once, served
from tests.notebooks import CHAPTERS, NOTEBOOKS, name, read
from tests.planted import FILES
from tools.notebooks import METADATA

EXPLORED = {name: one for file in FILES.values() for name, one in getattr(file, "EXPLORED", {}).items()}
every = pytest.mark.parametrize("which", list(EXPLORED))
UNTYPED = re.compile(r"/\*\*.*?\*/", re.DOTALL)  # for the type checker


# ---- in Python ----


def stored(chapter: Path) -> dict[str, NotebookNode]:
    """The cells of a chapter that show an explorable, by its name."""
    cells = ((re.search(r'data-explorable="([\w-]+)"', str(cell.get("outputs"))), cell) for cell in read(chapter).cells)
    return {found[1]: cell for found, cell in cells if found}


SHOWN = {path.stem: stored(path) for path in CHAPTERS}


def test_every_explorable_is_shown_in_a_chapter_and_known_here() -> None:
    code = {path.stem for path in Path(explorables.__file__).parent.glob("*.js")} - {"kit", "page"}
    assert set(EXPLORED) == code
    assert set(EXPLORED) == {which for shown in SHOWN.values() for which in shown}


@every
def test_the_picture_stands_in_every_form(which: str) -> None:
    widget = EXPLORED[which].make()
    data, _ = widget._repr_mimebundle_()
    assert data["image/svg+xml"] in data["text/html"]
    assert f'role="img" aria-label="{html.escape(data["text/plain"])}"' in data["image/svg+xml"]
    assert "application/vnd.jupyter.widget-view+json" in data, "a live kernel shows the live one"
    assert EXPLORED[which].make()._repr_mimebundle_()[0]["text/html"] == data["text/html"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_notebooks_store_no_widget(path: Path) -> None:
    assert "widget-view" not in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("which", "trait", "value", "says"),
    [
        ("entropy", "p", [0.5, 0.5, np.nan, 0], r"p must hold probabilities between 0 and 1, but p\[2\] is nan"),
        ("entropy", "p", [0.5, 0.6, -0.1, 0], r"but p\[2\] is -0.1"),
        ("kl-divergence", "q", [0.5, 0.3, 0.1], "q must sum to 1, but its sum is 0.9"),
        ("kl-divergence", "p", [0.5, 0.5], r"p must have 3 entries, as outcomes has, but its shape is \(2,\)"),
        ("kl-divergence", "p", "abc", "p must hold real numbers, but got strings"),
        ("kl-divergence", "unit", "hartleys", "unit.*nats"),
        ("kl-divergence", "outcomes", "ab", "outcomes must stay 3 strings, but got 2"),
        ("kl-divergence", "outcomes", [1, 2, 3], "outcomes must be 2 to 6 strings"),
        ("gibbs-inequality", "p", [1, 0, 0], r"p must be positive, to form the ratios q/p, but p\[1\] is 0.0"),
        ("cross-entropy", "book", 1, "book must be a whole number from 0 to 0, but got 1"),
        ("cross-entropy", "sent", 9, "sent must be a whole number from 0 to 8, but got 9"),
        ("maximum-likelihood", "theta", 1.5, "theta must be a number from 0 to 1, but got 1.5"),
        ("maximum-likelihood", "theta", float("inf"), "theta must hold finite numbers"),
        ("maximum-likelihood", "counts", [4, 0], r"counts must hold whole numbers from 1.*counts\[1\] is 0.0"),
        ("maximum-likelihood", "counts", [4], r"counts must be two counts, but its shape is \(1,\)"),
        ("mutual-information", "counts", [[1, 2], [3, 10]], r"whole numbers from 0 to 9, but counts\[1, 1\] is 10.0"),
        ("mutual-information", "counts", [[0, 0], [0, 0]], "not all 0"),
        ("boltzmann", "q", [0.5, 0.3, 0.2], "q must have 2 entries, as energies has"),
        ("boltzmann", "energies", [1], "energies must be 2 to 8 energies"),
        ("boltzmann", "temperature", 0, "temperature must be a number from 0.1 to 6, but got 0"),
        ("estimating-kl", "std", 3, "std must be a number from 0.5 to 2, but got 3"),
        ("estimating-kl", "seed", 0.5, "seed must hold whole numbers from 0 to 1e.09, but seed is 0.5"),
        ("zero-probabilities", "counts", [1, 2, 3], r"counts must be 4 counts, not all 0, but got \[1, 2, 3\]"),
        ("zero-probabilities", "counts", [0, 0, 0, 0], "not all 0"),
        ("zero-probabilities", "alpha", -1, "alpha must be a number from 0 to 100, but got -1"),
        ("zero-probabilities", "alpha", 0.5, "alpha must be 0, or 10 to a power from -12 to 2 in tenths, but got 0.5"),
    ],
)
def test_bad_state_is_refused_in_python(which: str, trait: str, value: Any, says: str) -> None:
    widget = EXPLORED[which].make()
    before = getattr(widget, trait)
    with pytest.raises((ValueError, TypeError, Exception), match=says) as caught:
        setattr(widget, trait, value)
    assert caught.type.__name__ in {"ValueError", "TypeError", "TraitError"}
    assert getattr(widget, trait) == before


# ---- the same mathematics ----


def computed(page: Page, which: str, calls: list[tuple[str, list[Any], Any]]) -> list[Any]:
    """What the module's functions return in the browser; infinities go through as text."""
    script = """async ([source, calls]) => {
      const module = await import(URL.createObjectURL(new Blob([source], {type: "text/javascript"})));
      const passed = (x) => Number.isFinite(x) ? x : String(x);
      return calls.map(([name, values]) => [module[name](...values)].flat().map(passed));
    }"""
    return list(page.evaluate(script, [_base.module(which), [call[:2] for call in calls]]))


@every
def test_javascript_computes_what_klnotes_computes(browser: Browser, which: str) -> None:
    page = browser.new_page()
    got = computed(page, which, EXPLORED[which].golden)
    page.close()
    for (function, values, wanted), found in zip(EXPLORED[which].golden, got, strict=True):
        numbers = [float(x.replace("Infinity", "inf")) if isinstance(x, str) else x for x in found]
        np.testing.assert_allclose(numbers, np.ravel(wanted), rtol=1e-12, atol=0, err_msg=f"{function}{tuple(values)}")


def test_the_golden_vectors_hold_zeros_infinities_and_neighbors() -> None:
    numbers = np.concatenate([np.ravel(wanted) for one in EXPLORED.values() for _, _, wanted in one.golden])
    assert np.isinf(numbers).sum() >= 5
    assert (numbers == 0).sum() >= 5
    assert ((numbers > 0) & (numbers < 1e-12)).sum() >= 5


# ---- on the page ----

# What an eye or a thumb would miss: a page too wide, letters too small, too pale or cut off, targets below 24 pixels.
LAYOUT = """(() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const ground = light(getComputedStyle(document.body).backgroundColor);
  const contrast = (text) => {
    const ratio = light(getComputedStyle(text).fill) / ground;
    return Math.max(ratio, 1 / ratio);
  };
  const box = (e) => e.getBoundingClientRect();
  const texts = [...document.querySelectorAll('.klx text')].filter((t) => t.textContent);
  const targets = [...document.querySelectorAll('.klx :is(.klx-hit, button, label)')];
  return [
    ...(document.documentElement.scrollWidth > innerWidth ? ['the page is wider than the screen'] : []),
    ...texts.filter((t) => box(t).height < 11).map((t) => `${t.textContent} is small`),
    ...texts.filter((t) => contrast(t) < 4.5 && !t.matches('.klx-inverse')).map((t) => `${t.textContent} is pale`),
    ...texts.filter((t) => {
      const [a, b] = [box(t), box(t.ownerSVGElement)];
      return a.left < b.left - 1 || a.right > b.right + 1 || a.bottom > b.bottom + 2;
    }).map((t) => `${t.textContent} is cut off`),
    ...targets.filter((e) => Math.min(box(e).width, box(e).height) < 24)
      .map((e) => `${e.outerHTML.slice(0, 60)} is tight`),
  ];
})()"""


DIRECTIVE = "\n```{{explorable}} {}\n```\n"


def build_small_book(folder: Path) -> None:
    """A book of a page for each explorable, one for all of each chapter, and one without any."""
    settings(folder)
    (folder / "chapters").mkdir()
    pages = []
    for which, cell in {which: cell for shown in SHOWN.values() for which, cell in shown.items()}.items():
        title = nbformat.v4.new_markdown_cell(f"# {which}", id="title")
        pages.append(f"chapters/{which}.ipynb")
        nbformat.write(nbformat.v4.new_notebook(metadata=METADATA, cells=[title, cell]), folder / pages[-1])
    for chapter, shown in SHOWN.items():
        pages.append(f"{chapter}.md")
        (folder / pages[-1]).write_text("\n".join([f"# All of {chapter}", *map(DIRECTIVE.format, shown)]), "utf-8")
    toc = "".join(f"\n  - file: {page}" for page in pages)
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:{toc}\n", "utf-8")
    (folder / "index.md").write_text("# A page without an explorable\n", "utf-8")
    result = build(folder)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "explorables", build_small_book) / "_build/html"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with served(site) as url:
        yield url


def complaints(page: Page, said: list[str]) -> None:
    """Collect what the page complains of."""

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("warning", "error"):
            said.append(f"{message.type}: {message.text}")

    page.on("console", heard)
    page.on("pageerror", lambda error: said.append(str(error)))


def opened(context: BrowserContext, address: str, which: str) -> Page:
    """The page, which may ask for nothing beyond this machine and has nothing to complain of."""
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    complaints(page, said)
    page.goto(f"{address}/chapters/{which}.html", wait_until="load")
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert said == []
    return page


@pytest.fixture(scope="module")
def shelf(browser: Browser, address: str) -> Iterator[Callable[[str], Page]]:
    """One page each, opened when it is first asked for."""
    context = browser.new_context(reduced_motion="reduce")
    yield functools.cache(lambda which: opened(context, address, which))
    context.close()


@pytest.fixture
def page(shelf: Callable[[str], Page], which: str) -> Page:
    """The page with its explorable as it opens."""
    page = shelf(which)
    page.bring_to_front()
    page.set_viewport_size({"width": 1100, "height": 1000})
    page.get_by_role("button", name="Reset").click()
    return page


def readings(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(".klx-readings strong").all_inner_texts()]


def win(page: Page, which: str) -> None:
    for control, keys in EXPLORED[which].wins:
        if keys:
            page.get_by_role("slider", name=control, exact=True).focus()
        else:
            page.get_by_role("radio", name=control, exact=True).focus()
            page.keyboard.press("Space")
        for key in keys:
            page.keyboard.press(key)


def state(slider: Locator) -> tuple[str | None, str | None]:
    return slider.get_attribute("aria-valuenow"), slider.get_attribute("aria-valuetext")


@every
def test_it_opens_at_the_numbers_of_the_book(page: Page, which: str) -> None:
    assert readings(page) == EXPLORED[which].opens
    assert page.locator(".klnotes-figure > svg").is_hidden()


@every
def test_the_keys_move_every_slider(page: Page, which: str) -> None:
    for slider in page.get_by_role("slider").all():
        label = slider.get_attribute("aria-label")
        slider.focus()
        seen = []
        for key in ("Home", "ArrowUp", "PageUp", "End", "ArrowDown", "PageDown"):
            page.keyboard.press(key)
            seen.append(slider.get_attribute("aria-valuenow"))
        numbers = [float(value or "nan") for value in seen]
        assert numbers[0] == float(slider.get_attribute("aria-valuemin") or "nan"), label
        assert numbers[0] < numbers[1] < numbers[2] < numbers[3] > numbers[4] > numbers[5], label
        assert numbers[3] == float(slider.get_attribute("aria-valuemax") or "nan"), label
        assert len(slider.get_attribute("aria-valuetext") or "") > 3, label


@every
def test_tab_reaches_everything_and_the_focus_is_seen(page: Page, which: str) -> None:
    page.locator(".klx").evaluate("form => { const a = document.createElement('button'); form.before(a); a.focus(); }")
    wanted = page.locator(".klx :is([role=slider], button, input:checked)").count()
    seen = 0
    for _ in range(wanted):
        page.keyboard.press("Tab")
        seen += page.evaluate(
            """() => {
              const [e, hit] = [document.activeElement, document.activeElement.querySelector('.klx-hit')];
              const shown = hit ? getComputedStyle(hit).stroke : getComputedStyle(e).outlineStyle;
              return e.closest('.klx') !== null && shown !== 'none';
            }"""
        )
    assert seen == wanted


@every
def test_the_mouse_pulls_every_slider(page: Page, which: str) -> None:
    for slider in page.get_by_role("slider").all():
        slider.scroll_into_view_if_needed()
        box = slider.locator(".klx-hit").bounding_box()
        assert box is not None
        upright = slider.get_attribute("aria-orientation") == "vertical"
        before = state(slider)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        across, down = (0.5, 0.05) if upright else (0.9, 0.2)
        page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down, steps=3)
        page.mouse.up()
        after = state(slider)
        assert after != before
        page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3)
        assert state(slider) == after, "let go is let go"


@every
def test_a_finger_pulls_a_slider_and_not_the_page(browser: Browser, address: str, which: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True)
    page = opened(context, address, which)
    touch = context.new_cdp_session(page)

    def swipe(x: float, y: float, dx: float, dy: float) -> float:
        """How far the page scrolls under a finger that goes from (x, y) by (dx, dy)."""
        top = page.evaluate("scrollY")
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for part in range(1, 11):
            point = {"x": x + dx * part / 10, "y": y + dy * part / 10}
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(50)
        return abs(float(page.evaluate("scrollY") - top))

    page.evaluate("document.body.style.paddingBottom = '1000px'")
    page.locator(".klx").evaluate("form => form.scrollIntoView()")
    slider = page.get_by_role("slider").last
    box = slider.locator(".klx-hit").bounding_box()
    assert box is not None
    before = state(slider)
    upright = slider.get_attribute("aria-orientation") == "vertical"
    pulled = (0, -box["height"] * 0.4) if upright else (-box["width"] * 0.4, -60)
    assert swipe(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, *pulled) == 0
    assert state(slider) != before
    hint = page.locator(".klx-hint").bounding_box()
    assert hint is not None
    assert swipe(hint["x"] + 40, hint["y"] + 5, 0, -150) > 50, "elsewhere the page scrolls"
    context.close()


@every
def test_the_task_can_be_done_by_keys_alone_and_begun_anew(page: Page, which: str) -> None:
    done = page.locator(".klx").get_by_role("status")
    assert done.inner_text() == ""
    assert page.locator(".klx-task b").inner_text() == "Task"
    win(page, which)
    assert done.inner_text().startswith("Done. ")
    assert page.locator(".klx-task b").inner_text() == "Done ✓"
    page.get_by_role("button", name="Reset").press("Enter")
    assert done.inner_text() == ""
    assert page.locator(".klx-task b").inner_text() == "Task"
    assert readings(page) == EXPLORED[which].opens


@pytest.mark.parametrize("which", ["kl-divergence"])
def test_an_excluded_outcome_costs_infinity(page: Page, which: str) -> None:
    page.get_by_role("slider", name="Q, plain").press("Home")
    assert readings(page)[0] == "∞ bits"
    assert "KL(P‖Q) ∞ bits" in str(state(page.get_by_role("slider", name="Q, plain"))[1])
    page.get_by_role("radio", name="nats").check()
    assert readings(page)[0] == "∞ nats"


@pytest.mark.parametrize("which", ["maximum-likelihood"])
def test_a_shown_answer_is_no_answer_found(page: Page, which: str) -> None:
    page.get_by_role("button", name="Show the answer").click()
    assert readings(page)[0] == "0.76"
    assert page.locator(".klx").get_by_role("status").inner_text() == ""
    page.get_by_role("button", name="Reset").click()
    assert page.locator(".klx svg g[visibility=hidden]").count() == 1
    win(page, which)
    assert page.locator(".klx").get_by_role("status").inner_text().startswith("Done. ")


@pytest.mark.parametrize("which", ["mutual-information"])
def test_two_by_two_correlation_zero_is_independence(page: Page, which: str) -> None:
    for cell in ("X 0, Y 0", "X 1, Y 1"):
        page.get_by_role("slider", name=cell).press("PageDown")
    assert readings(page) == ["0.0000", "0.0000 bits"]
    assert page.locator(".klx").get_by_role("status").inner_text() == ""


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_letters_are_sent_one_by_one_unless_motion_is_unwanted(browser: Browser, address: str, motion: Any) -> None:
    context = browser.new_context(reduced_motion=motion)
    page = opened(context, address, "cross-entropy")
    slider = page.get_by_role("slider", name="letters sent")
    page.get_by_role("radio", name="00 01 10 11").press("ArrowRight")
    assert slider.get_attribute("aria-valuenow") == "0"
    page.get_by_role("button", name="Send").click()
    if motion == "reduce":
        assert slider.get_attribute("aria-valuenow") == "64"
    else:
        assert int(slider.get_attribute("aria-valuenow") or 64) < 64
        page.wait_for_function("document.querySelector('.klx [role=slider]').getAttribute('aria-valuenow') === '64'")
    assert readings(page)[2] == "0.500 bits/letter"
    context.close()


@every
def test_everybody_can_read_it(page: Page, which: str) -> None:
    win(page, which)
    for width, theme in ((1100, "light"), (1100, "dark"), (390, "dark"), (390, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        assert violations(page, ".klx") == [], (width, theme)
        assert page.evaluate(LAYOUT) == [], (width, theme)


@every
def test_without_javascript_and_on_paper_the_picture_speaks(browser: Browser, address: str, which: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto(f"{address}/chapters/{which}.html")
    assert still.locator(".klnotes-figure > svg").is_visible()
    assert len(still.locator(".klnotes-figure > svg").get_attribute("aria-label") or "") > 60
    assert len(still.locator("figcaption").inner_text()) > 60
    assert still.locator(".klx").count() == 0
    context.close()
    context = browser.new_context()
    page = opened(context, address, which)
    page.emulate_media(media="print")
    assert page.locator(".klnotes-figure > svg").is_visible()
    assert page.locator(".klx").is_hidden()
    context.close()


def spoiled(which: str) -> Iterator[str]:
    """States as no Python would store them: not JSON, or every entry in turn with something wrong in its place."""
    yield from ("{", "null", "{}", "[]", "NaN")
    good = opening(which)
    for key in good:
        yield json.dumps({other: value for other, value in good.items() if other != key})
        wrongs: list[Any] = [None, -1, 7.5, True, "x", [], [0.5, 0.6, 0.7], [[]], [[1, 2], [3]], {}, 1e999]
        for wrong in wrongs:
            yield json.dumps({**good, key: wrong})
        if key in ("p", "q"):
            yield json.dumps({**good, key: [x * 0.9 for x in good[key]]})
            yield json.dumps({**good, key: [1.5, -0.5 - sum(good[key][2:]), *good[key][2:]]})


def opening(which: str) -> dict[str, Any]:
    figure = EXPLORED[which].make()._repr_mimebundle_()[0]["text/html"]
    return dict(json.loads(html.unescape(re.search(r'data-state="([^"]*)"', figure)[1])))  # type: ignore[index]


@every
def test_tampered_data_leave_the_picture_and_one_warning(browser: Browser, address: str, which: str) -> None:
    """A page full of spoiled figures, and one sound one in their midst that works all the same."""
    context = browser.new_context()
    page = context.new_page()
    page_text = context.request.get(f"{address}/chapters/{which}.html").text()
    figure = re.search(r'<div class="klnotes-figure".*?</svg></div>', page_text, re.DOTALL)[0]  # type: ignore[index]
    states = list(spoiled(which))
    tampered = [re.sub(r'data-state="[^"]*"', lambda _, s=s: f'data-state="{html.escape(s)}"', figure) for s in states]
    half = len(tampered) // 2
    body = page_text.replace(figure, "".join([*tampered[:half], figure, *tampered[half:]]))
    page.route("**/tampered.html", lambda route: route.fulfill(body=body, content_type="text/html"))
    said: list[str] = []
    complaints(page, said)
    page.goto(f"{address}/chapters/tampered.html", wait_until="load")
    live = page.eval_on_selector_all(".klnotes-figure", "figures => figures.map(f => f.querySelector('.klx') !== null)")
    assert [states[k - (k > half)] for k, alive in enumerate(live) if alive != (k == half)] == []
    assert len(said) == len(states)
    assert [text for text in said if not text.startswith(f"warning: The explorable {which} stays a picture: ")] == []
    assert page.locator(".klnotes-figure > svg").last.is_visible()
    win(page, which)
    assert page.locator(".klx-done").inner_text().startswith("Done. ")
    context.close()


@every
def test_it_works_from_a_file(browser: Browser, site: Path, which: str) -> None:
    page = browser.new_page()
    page.goto((site / f"chapters/{which}.html").as_uri())
    page.wait_for_selector(".klx")
    assert readings(page) == EXPLORED[which].opens
    page.close()


def scripts(site: Path) -> dict[str, str]:
    """What each page holds of the explorables."""
    code = re.compile(r'<link [^>]*explorables.css">|<script type="module">.*?</script>', re.DOTALL)
    found = {path.relative_to(site).as_posix(): path.read_text("utf-8") for path in site.glob("**/*.html")}
    return {page: "".join(code.findall(text)) for page, text in found.items()}


def test_the_page_runs_the_module_of_the_notebook(site: Path) -> None:
    for which in EXPLORED:
        lines = [line.strip() for line in UNTYPED.sub("", _base.module(which)).splitlines()]
        script = "\n".join(line for line in lines if line and not line.startswith("//"))
        assert script in scripts(site)[f"chapters/{which}.html"]
        assert EXPLORED[which].make()._esm == _base.module(which)


@pytest.mark.parametrize(
    "line", ['import kit from "./kit.js";', 'import { svg as s } from "./kit.js";', 'export { x } from "./x.js";']
)
def test_a_module_imports_nothing_that_cannot_be_put_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    shutil.copy(Path(_base.__file__).with_name("kit.js"), tmp_path)
    monkeypatch.setattr(_base, "_HERE", tmp_path)
    (tmp_path / "sound.js").write_text('import {\n  label,\n  svg,\n} from "./kit.js";\nexport { svg };\n')
    assert _base.module("sound").endswith("\nexport { svg };\n")
    assert "kit.js" not in _base.module("sound")
    (tmp_path / "spoiled.js").write_text(line)
    with pytest.raises(ValueError, match="spoiled.js must import nothing but names of ./kit.js, but says '"):
        _base.module("spoiled")


def test_weight(site: Path) -> None:
    """The code of any page and its style, as they travel."""
    style = len(gzip.compress((site / "_static/explorables.css").read_bytes()))
    weights = {page: style + len(gzip.compress(text.encode())) for page, text in scripts(site).items() if text}
    assert set(weights) == {
        *(f"chapters/{which}.html" for which in EXPLORED),
        *(f"{chapter}.html" for chapter, shown in SHOWN.items() if shown),
    }
    assert {page: weight for page, weight in weights.items() if weight > 12 * 1024} == {}
    assert "klx" not in (site / "index.html").read_text("utf-8")
