"""Explorables: Python refuses bad states, JavaScript computes what klnotes computes, the page answers every hand."""

import functools
import gzip
import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page

import klnotes
from klnotes import explorables
from tests.notebooks import CHAPTERS, NOTEBOOKS, name

P, Q = [0.5, 0.3, 0.2], [0.4, 0.4, 0.2]
ABCD = {"A": "0", "B": "10", "C": "110", "D": "111"}
FLAT = {"A": "00", "B": "01", "C": "10", "D": "11"}
MADE: dict[str, Callable[[], Any]] = {
    "entropy": lambda: explorables.Entropy([1 / 2, 1 / 4, 1 / 8, 1 / 8]),
    "cross-entropy": lambda: explorables.CrossEntropy("AABACADB", ABCD, [FLAT]),
    "kl-divergence": lambda: explorables.KLDivergence(P, Q),
    "gibbs-inequality": lambda: explorables.GibbsInequality(P, Q),
    "maximum-likelihood": lambda: explorables.MaximumLikelihood([423, 133]),
    "mutual-information": lambda: explorables.MutualInformation([[4, 1], [1, 4]]),
    "boltzmann": lambda: explorables.Boltzmann([0, 1], [0.6, 0.4]),
}
# What each one reads when the page opens; and how its task is done: radio buttons and sliders by name, with keys.
OPENS = {
    "entropy": ["1.7500 bits"],
    "cross-entropy": ["1.750 bits/letter", "2.000 bits/letter", "0.250 bits/letter"],
    "kl-divergence": ["0.0253 nats", "0.0258 nats"],
    "gibbs-inequality": ["0.0253 nats"],
    "maximum-likelihood": ["0.5", "0.693147 nats", "0.142981 nats", "0.550166 nats"],
    "mutual-information": ["0.6000", "0.2781 bits"],
    "boltzmann": ["1", "1.0233", "1.5953", "−0.4562", "−0.0953", "0.3609"],
}
WINS: dict[str, list[tuple[str, list[str]]]] = {
    "entropy": [("P, C", ["ArrowUp", "ArrowUp"])],
    "cross-entropy": [("110 111 0 10", []), ("letters sent", ["End"])],
    "kl-divergence": [("Q, spotted", ["Home", "ArrowUp", "ArrowUp"]), ("P, spotted", ["ArrowDown"] * 9)],
    "gibbs-inequality": [("Q, plain", ["PageUp"])],
    "maximum-likelihood": [("θ, probability of round", ["PageUp"] * 2 + ["ArrowUp"] * 12)],
    "mutual-information": [
        ("3 × 3", []),
        *((f"X {x}, Y {y}", ["PageUp"]) for x, y in (("−1", "1"), ("1", "−1"))),
        *((f"X {x}, Y {y}", ["Home"]) for x, y in (("−1", "0"), ("0", "−1"), ("0", "1"), ("1", "0"))),
    ],
    "boltzmann": [("temperature", ["PageUp"] * 3 + ["ArrowUp"])],
}
every = pytest.mark.parametrize("which", list(MADE))


# ---- in Python ----


def test_each_chapter_has_its_explorable() -> None:
    shown = {path.stem: re.findall(r'data-explorable=\\"([\w-]+)', path.read_text("utf-8")) for path in CHAPTERS}
    assert {chapter: [chapter] for chapter in MADE} == {chapter: found for chapter, found in shown.items() if found}


@every
def test_the_picture_stands_in_every_form(which: str) -> None:
    widget = MADE[which]()
    data, _ = widget._repr_mimebundle_()
    assert data["image/svg+xml"] in data["text/html"]
    assert f'role="img" aria-label="{html.escape(data["text/plain"])}"' in data["image/svg+xml"]
    assert "application/vnd.jupyter.widget-view+json" in data, "a live kernel shows the live one"
    assert MADE[which]()._repr_mimebundle_()[0]["text/html"] == data["text/html"]


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
    ],
)
def test_bad_state_is_refused_in_python(which: str, trait: str, value: Any, says: str) -> None:
    widget = MADE[which]()
    before = getattr(widget, trait)
    with pytest.raises((ValueError, TypeError, Exception), match=says) as caught:
        setattr(widget, trait, value)
    assert caught.type.__name__ in {"ValueError", "TypeError", "TraitError"}
    assert getattr(widget, trait) == before


@pytest.mark.parametrize("book", [{"A": "0", "B": "01", "C": "10", "D": "11"}, {"A": "0"}, {**ABCD, "D": "1110000"}])
def test_books_that_are_no_codes_are_refused(book: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="code"):
        explorables.CrossEntropy("ABCD" * 4, ABCD, [book])


# ---- the same mathematics ----

NEAR = [0.5 + 1e-9, 0.3, 0.2 - 1e-9]
PAIRS = [(P, Q), (Q, P), (P, NEAR), ([1, 0], [0.5, 0.5]), ([0.5, 0.5], [1, 0]), (P, P)]
PAIRS += [([0.2, 0.8], [0.2 + 1e-13, 0.8 - 1e-13])]
PAIRS += [([1e-300, 1.0], [1e-5, 0.99999]), ([0.0, 1.0], [0.0, 1.0]), ([1 / 3, 2 / 3], [1e-320, 1.0])]
ALONE = [P, [1, 0], [0.25] * 4, [1e-300, 1.0], [1 / 3, 1 / 3, 1 / 3]]
COUNTS = [[[4, 1], [1, 4]], [[0, 1], [1, 0]], [[2, 1], [4, 2]], [[3, 0, 3], [0, 3, 0], [3, 0, 3]], [[9, 0], [0, 0]]]
COUNTS += [[[1000001, 1000000], [1000000, 1000000]]]
COINS = [([423, 133], theta) for theta in (0.5, 0.76, 423 / 556, 423 / 556 + 1e-9, 1e-12, 0.0, 1.0)]
LADDERS = [([0, 1, 2, 3, 4, 5], t) for t in (0.1, 1.0, 2.55, 6.0)] + [([-700.0, 0.0, 700.0], 1.0), ([5, 5], 0.3)]
GUESS = [0.3, 0.25, 0.2, 0.15, 0.1, 0.0]


def correlation(table: list[list[int]]) -> float:
    n = np.array(table)  # whole numbers, so that a covariance of 0 is 0
    x, y = np.indices(n.shape)

    def covariance(u: np.ndarray, v: np.ndarray) -> int:
        return int(n.sum() * (n * u * v).sum() - (n * u).sum() * (n * v).sum())

    return float(covariance(x, y) / np.sqrt(covariance(x, x) * covariance(y, y)))


def coin(counts: list[int], theta: float) -> Any:
    return np.array(counts) / sum(counts), [theta, 1 - theta]


GOLDEN: dict[str, list[tuple[str, list[Any], Any]]] = {
    "entropy": [("entropy", [p], klnotes.entropy(p)) for p in ALONE],
    "cross-entropy": [("crossEntropy", [p, q], klnotes.cross_entropy(p, q)) for p, q in PAIRS]
    + [
        ("codeLength", [p, list(book.values())], klnotes.mean_code_length(p, list(map(len, book.values()))))
        for p, book in (([0.5, 0.25, 0.125, 0.125], ABCD), ([0.1, 0.2, 0.3, 0.4], FLAT))
    ],
    "kl-divergence": [("klDivergence", [p, q], klnotes.kl_divergence(p, q)) for p, q in PAIRS]
    + [("klTerms", [p, q], klnotes.kl_terms(p, q).tolist()) for p, q in PAIRS],
    "gibbs-inequality": [("klDivergence", [p, q], klnotes.kl_divergence(p, q)) for p, q in PAIRS]
    + [
        ("klTerm", [a, b], klnotes.bernoulli_kl(a, b) - klnotes.kl_terms([a, 1 - a], [b, 1 - b])[1] + (b - a))
        for a, b in ((0.5, 0.4), (0.01, 0.9), (0.5, 0.0))
    ],
    "maximum-likelihood": [("coinNll", [c, t], klnotes.cross_entropy(*coin(c, t))) for c, t in COINS]
    + [("coinKl", [c, t], klnotes.bernoulli_kl(c[0] / sum(c), t)) for c, t in COINS],
    "mutual-information": [("mutualInformation", [c], klnotes.mutual_information(c, normalize=True)) for c in COUNTS]
    + [("correlation", [c], correlation(c)) for c in COUNTS[:4]],
    "boltzmann": [("boltzmann", [e, t], klnotes.boltzmann_distribution(e, t).tolist()) for e, t in LADDERS]
    + [("freeEnergy", [e, t], klnotes.free_energy(e, t)) for e, t in LADDERS]
    + [("variationalFreeEnergy", [GUESS, e, t], klnotes.variational_free_energy(GUESS, e, t)) for e, t in LADDERS[:4]],
}


def computed(page: Page, which: str, calls: list[tuple[str, list[Any], Any]]) -> list[Any]:
    """What the module's functions return in the browser; infinities go through as text."""
    script = """async ([source, calls]) => {
      const module = await import(URL.createObjectURL(new Blob([source], {type: "text/javascript"})));
      const passed = (x) => Number.isFinite(x) ? x : String(x);
      return calls.map(([name, values]) => [module[name](...values)].flat().map(passed));
    }"""
    return list(page.evaluate(script, [explorables.module(which), [call[:2] for call in calls]]))


@every
def test_javascript_computes_what_klnotes_computes(browser: Browser, which: str) -> None:
    page = browser.new_page()
    got = computed(page, which, GOLDEN[which])
    page.close()
    for (function, values, wanted), found in zip(GOLDEN[which], got, strict=True):
        numbers = [float(x.replace("Infinity", "inf")) if isinstance(x, str) else x for x in found]
        np.testing.assert_allclose(numbers, np.ravel(wanted), rtol=1e-12, atol=0, err_msg=f"{function}{tuple(values)}")


def test_the_golden_vectors_hold_zeros_infinities_and_neighbors() -> None:
    numbers = np.concatenate([np.ravel(wanted) for calls in GOLDEN.values() for _, _, wanted in calls])
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
    for control, keys in WINS[which]:
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
    assert readings(page) == OPENS[which]
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
    assert readings(page) == OPENS[which]


@pytest.mark.parametrize("which", ["kl-divergence"])
def test_an_excluded_outcome_costs_infinity(page: Page, which: str) -> None:
    page.get_by_role("slider", name="Q, plain").press("Home")
    assert readings(page)[0] == "∞ nats"
    assert "KL(P‖Q) ∞ nats" in str(state(page.get_by_role("slider", name="Q, plain"))[1])
    page.get_by_role("radio", name="bits").check()
    assert readings(page)[0] == "∞ bits"


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
    page.evaluate((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    for width, theme in ((1100, "light"), (1100, "dark"), (390, "dark"), (390, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        found = page.evaluate("axe.run('.klx', {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
        assert [f"{v['id']}: {v['nodes'][0]['html'][:90]}" for v in found["violations"]] == [], (width, theme)
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
    good = stored(which)
    for key in good:
        yield json.dumps({other: value for other, value in good.items() if other != key})
        for wrong in (None, -1, 7.5, True, "x", [], [0.5, 0.6, 0.7], [[]], [[1, 2], [3]], {}, 1e999):
            yield json.dumps({**good, key: wrong})
        if key in ("p", "q"):
            yield json.dumps({**good, key: [x * 0.9 for x in good[key]]})
            yield json.dumps({**good, key: [1.5, -0.5 - sum(good[key][2:]), *good[key][2:]]})


def stored(which: str) -> dict[str, Any]:
    figure = MADE[which]()._repr_mimebundle_()[0]["text/html"]
    return dict(json.loads(html.unescape(re.search(r'data-state="([^"]*)"', figure)[1])))  # type: ignore[index]


@every
def test_tampered_data_leave_the_picture_and_one_warning(browser: Browser, address: str, which: str) -> None:
    """A page full of spoiled figures, and one sound one in their midst that works all the same."""
    context = browser.new_context()
    page = context.new_page()
    page_text = context.request.get(f"{address}/chapters/{which}.html").text()
    figure = re.search(r'<div class="klnotes-figure".*?</svg></div>', page_text, re.DOTALL)[0]  # type: ignore[index]
    states = list(spoiled(which))
    tampered = [re.sub(r'data-state="[^"]*"', lambda _, s=s: f'data-state="{html.escape(s)}"', figure) for s in states]  # type: ignore[misc]
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
    assert readings(page) == OPENS[which]
    page.close()


def scripts(site: Path) -> dict[str, str]:
    """What each page holds of the explorables."""
    code = re.compile(r'<link [^>]*explorables.css">|<script type="module">.*?</script>', re.DOTALL)
    found = {path.stem: "".join(code.findall(path.read_text("utf-8"))) for path in site.glob("**/*.html")}
    return {page: text for page, text in found.items() if text}


def test_the_page_runs_the_module_of_the_notebook(site: Path) -> None:
    for which, script in scripts(site).items():
        lines = [line.strip() for line in explorables.module(which).splitlines()]
        assert "\n".join(line for line in lines if line and not line.startswith("//")) in script
        assert MADE[which]()._esm == explorables.module(which)


def test_weight(site: Path) -> None:
    """All of them together, as they travel: each page with its own, the shared part in each, the style once."""
    shown = scripts(site)
    assert set(shown) == set(MADE)
    assert "klx" not in (site / "index.html").read_text("utf-8")
    parts = [*(text.encode() for text in shown.values()), (site / "_static/explorables.css").read_bytes()]
    assert sum(len(gzip.compress(part)) for part in parts) <= 40 * 1024
