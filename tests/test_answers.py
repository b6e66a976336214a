"""Answers in the page: it says what klnotes.check says, asks nobody, and keeps what it is told where it was told."""

import ast
import functools
import hashlib
import inspect
import json
import math
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from klnotes.check._engine.answers import Choice, Number
from klnotes.check._engine.page import asked, table
from klnotes.check._engine.proofs import Proof
from klnotes.check._engine.search import Check
from klnotes.check._engine.verdict import Task, Verdict
from tests.axe import violations
from tests.conftest import served
from tests.notebooks import CHAPTERS, ROOT, read, secrets
from tests.planted import NOTED, RIGHT, WRONG

ASKED = {path.stem: asked(path.stem) for path in CHAPTERS}
BETS = {path.stem: read(path).metadata.get("chapter", {}).get("bets", []) for path in CHAPTERS}
MICROPYTHON = {  # of the npm package @micropython/micropython-webassembly-pyscript 1.27.0
    "micropython.mjs": "c2be87e7ba24e3b47d133022b009a66bff07f4720aa23d816d216ef8cc47014c",
    "micropython.wasm": "06338c955b03c5700aa0069015d3e392d76836ef8e2ce25bedbe59b88ccd373c",
}
SUBMIT = """async ([label, place, values]) => {
  const form = document.getElementById(label).querySelectorAll("form")[place];
  const told = [];
  for (const value of values) {
    for (const field of form.querySelectorAll("input")) {
      if (field.type === "radio") field.checked = field.value === value;
      else field.value = value;
    }
    if (form.querySelector(".kl-order")) {
      const press = (name) => [...form.querySelectorAll("fieldset button")].find((b) => b.textContent === name).click();
      while (form.querySelector(".kl-order").textContent !== "none yet") press("Take the last one back");
      [...value].forEach(press);
    }
    form.requestSubmit();
    await new Promise((done) => setTimeout(done));
    const box = form.querySelector("[role=status]");
    told.push([...box.children].map((part) => part.textContent));
  }
  return told;
}"""


def chapters(kind: type[Task]) -> Any:
    has = [
        slug for slug, questions in ASKED.items() if any(isinstance(t, kind) for ts in questions.values() for t in ts)
    ]
    return pytest.mark.parametrize("slug", has)


def of(slug: str, kind: type[Task]) -> Iterator[tuple[str, int, Any]]:
    """Label and place of each form on a chapter's page that asks for this kind of answer, with the task."""
    for label, tasks in ASKED[slug].items():
        yield from ((label, place, task) for place, task in enumerate(tasks) if isinstance(task, kind))


def lines(verdict: Verdict) -> list[str]:
    """What a verdict says, as the page shows it."""
    first, *_ = repr(verdict).splitlines()
    return [first, *([verdict.code] if verdict.code else []), *verdict.notes]


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with served(site) as url:
        yield url


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 390, "height": 800}, reduced_motion="reduce")
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    made = context.new_page()
    requests: list[str] = []
    faults: list[str] = []
    made.on("request", lambda request: requests.append(request.url))
    made.on("pageerror", lambda error: faults.append(str(error)))
    yield made
    assert faults == []
    assert [url for url in requests if not url.startswith((address, "data:", "blob:", "file:"))] == []


@chapters(Number)
def test_a_number_is_told_what_the_notebook_tells(page: Page, address: str, slug: str) -> None:
    page.goto(f"{address}/chapters/{slug}.html")
    for label, place, task in of(slug, Number):
        right = task.truth()
        near = [right, float(f"{right:.3g}"), right * 1.055, right * 0.945]
        # Six digits: what a reader types has a few, and both sides must read the same text.
        texts = [f"{value:.6g}" for value in (*near, *task.mistakes().values(), 0.0, math.inf)]
        told = page.evaluate(SUBMIT, [label, place, texts])
        for text, said in zip(texts, told, strict=True):
            assert said == lines(task(float(text))), f"{label}: {text}"


@chapters(Number)
def test_a_number_may_be_typed_in_many_ways(page: Page, address: str, slug: str) -> None:
    page.goto(f"{address}/chapters/{slug}.html")
    for label, place, task in of(slug, Number):
        right = task.truth()
        ways = [f" {right:.6g} {task.unit}", f"{right:.6g}".replace(".", ","), f"{right * 3:.7g}/3"]
        ways += [f"{right:.6g}".replace("-", "−"), f"{right:.5e}"] if math.isfinite(right) else ["∞", "inf"]
        other = {"nats": ("bits", 1 / math.log(2)), "bits": ("nats", math.log(2))}.get(task.unit)
        ways += [f"{right * other[1]:.7g} {other[0]}"] if other and math.isfinite(right) else []
        for said in page.evaluate(SUBMIT, [label, place, ways if math.isfinite(right) else ways[-2:]]):
            assert said[0].startswith("✓"), label
        for said in page.evaluate(SUBMIT, [label, place, ["three", "1 2", "1/", "5 apples", "--1", "1/0x"]]):
            assert "must be one number" in said[0]
        assert page.evaluate(SUBMIT, [label, place, ["  "]]) == [["○ There is no answer yet"]]


@chapters(Choice)
def test_a_choice_is_told_what_the_notebook_tells(page: Page, address: str, slug: str) -> None:
    page.goto(f"{address}/chapters/{slug}.html")
    for label, place, task in of(slug, Choice):
        options = [str(option) for option in task.options]
        assert page.evaluate(SUBMIT, [label, place, options]) == [lines(task(option)) for option in options]


@chapters(Proof)
def test_a_proof_is_told_what_the_notebook_tells(page: Page, address: str, slug: str) -> None:
    page.goto(f"{address}/chapters/{slug}.html")
    for label, place, task in of(slug, Proof):
        order: list[str] = []
        while left := [s for s in task.needs if s not in order and set(task.needs[s]) <= set(order)]:
            order.append(left[0])
        tries = ["".join(order), "".join(reversed(order)), *[order[0] + wrong for wrong in task.wrong], *task.needs]
        tries += ["".join(order[: k + 1]) for k in range(len(order) - 1)]
        assert page.evaluate(SUBMIT, [label, place, tries]) == [lines(task(steps)) for steps in tries]


# ---- programs ----

PROGRAMS = [
    pytest.param(slug, label, place, task, id=f"{slug}-{task.name}")
    for slug in ASKED
    for label, place, task in of(slug, Check)
]
PROGRAMS_OF = {slug: list(of(slug, Check)) for slug in ASKED}
programs = pytest.mark.parametrize(("slug", "label", "place", "task"), PROGRAMS)
# What MicroPython's math has, of what the planted answers use.
PLAIN = {"exp", "expm1", "fabs", "inf", "isfinite", "isinf", "isnan", "log", "log10", "log2", "nan", "pi", "sqrt"}


@functools.cache
def lambdas(file: str) -> list[ast.Lambda]:
    return [node for node in ast.walk(ast.parse(Path(file).read_text("utf-8"))) if isinstance(node, ast.Lambda)]


def written(function: Any) -> str | None:
    """The text of a function of a test file, if it can stand alone."""
    code = function.__code__
    if function.__name__ != "<lambda>":
        return textwrap.dedent(inspect.getsource(function))
    spans = [p for p in code.co_positions() if (None not in p and p[0] != p[1]) or p[2] != p[3]]
    first, last = min(p[0::2] for p in spans if p[0]), max(p[1::2] for p in spans if p[0])
    inside = [
        node
        for node in lambdas(code.co_filename)
        if (node.body.lineno, node.body.col_offset) <= first
        and last <= (node.body.end_lineno, node.body.end_col_offset)
    ]
    text = ast.get_source_segment(Path(code.co_filename).read_text("utf-8"), inside[-1]) if inside else None
    return text and f"{function.__name__} = ({text})\n"


def program(function: Any, name: str) -> str | None:
    """A planted function with all that it uses, as a reader could have typed it; None if a page cannot run it."""
    parts: list[str] = []
    seen = {function}
    waiting = [(name, function)]
    while waiting:
        called, one = waiting.pop()
        if not inspect.isfunction(one) or one.__closure__ or one.__defaults__ or not (text := written(one)):
            return None
        parts.insert(
            0, text.replace(one.__name__, called) if one.__name__ != "<lambda>" else text.replace("<lambda>", called)
        )
        codes = [one.__code__, *(const for const in one.__code__.co_consts if inspect.iscode(const))]
        for used in {word for code in codes for word in code.co_names} & set(one.__globals__):
            value = one.__globals__[used]
            if used in PLAIN and value is getattr(math, used):
                parts.insert(0, f"from math import {used}\n")
            elif isinstance(value, float) and math.isfinite(value):
                parts.insert(0, f"{used} = {value!r}\n")
            elif not inspect.isfunction(value):
                return None
            elif value not in seen:
                seen.add(value)
                waiting.append((used, value))
    # The page's Python knows neither, and says so.
    text = "".join(parts).replace(", strict=True", "")
    return None if "[::-1]" in text else text


def on_lists(function: Any) -> Any:
    """The function as it runs on the page, where a distribution is a list."""

    @functools.wraps(function)
    def called(*given: Any) -> Any:
        return function(*[x.tolist() if isinstance(x, np.ndarray) else x for x in given])

    return called


def checked(page: Page, label: str, place: int, text: str) -> list[str]:
    """What the page says of a program."""
    form = page.locator(f"#{label} form").nth(place)
    form.locator("textarea").fill(text)
    form.get_by_role("button", name="Check").click()
    expect(form.get_by_role("button", name="Check")).to_be_enabled(timeout=30_000)
    return [part.inner_text() for part in form.locator("[role=status] > *").all()]


@programs
def test_the_table_tells_each_known_mistake_from_what_is_right(slug: str, label: str, place: int, task: Check) -> None:
    made = table(task)
    assert all(stage["inputs"] for stage in made["stages"])
    for hint, columns in made["mistakes"]:
        pairs = [
            (np.asarray(wrong, float), np.asarray(right, float))
            for wrongs, rights in zip(columns, made["right"], strict=True)
            for wrong, right in zip(wrongs, rights, strict=True)
            if wrong not in (None, "ValueError") and right != "ValueError"
        ]
        failed = any(None in column for column in columns)
        assert failed or any(w.shape != r.shape or not np.allclose(w, r, rtol=1e-9, atol=1e-11) for w, r in pairs), hint


@programs
def test_a_program_is_told_what_the_notebook_tells(
    page: Page, address: str, slug: str, label: str, place: int, task: Check
) -> None:
    key = slug.replace("-", "_"), task.name
    planted = [*RIGHT[key], *(answer for answer, _ in (*WRONG[key], *NOTED.get(key, [])))]
    tried = [(text, task(on_lists(answer))) for answer in planted if (text := program(answer, task.name))]
    assert sum(bool(verdict.ok) for _, verdict in tried) >= 1, "plant a right answer in plain Python"
    assert sum(not verdict.ok for _, verdict in tried) >= 3, "plant three wrong answers in plain Python"
    page.goto(f"{address}/chapters/{slug}.html")
    for text, verdict in tried:
        said = checked(page, label, place, text)
        assert said[0].startswith("✓" if verdict.ok else "✗"), f"{text}\n{said}"
        if not verdict.ok:
            assert said[1 + bool(verdict.code) :] == verdict.notes, f"{text}\n{said}\n{verdict}"


# ---- bets ----


def tab_to(page: Page, selector: str) -> None:
    """Go on by the Tab key until what is selected has the focus: as far as a reader with a keyboard gets."""
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no way to {selector} by keyboard")


@pytest.mark.parametrize("path", [path for path in CHAPTERS if BETS[path.stem]], ids=lambda path: path.stem)
def test_each_list_of_a_riddle_is_a_bet_with_a_right_answer(path: Path) -> None:
    riddle = next(cell.source for cell in read(path).cells if ":class: riddle" in cell.source)
    box = riddle.split(":class: riddle\n")[1].split("\n:::")[0]
    lists = [re.findall(r"^(?:- |\d\. )", part, flags=re.M) for part in re.split(r"\n\n(?!\s*(?:- |\d\. ))", box)]
    sizes = [len(items) for items in lists if items]
    assert len(sizes) == len(BETS[path.stem]), f"{len(sizes)} lists, {len(BETS[path.stem])} right answers"
    for size, right in zip(sizes, BETS[path.stem], strict=True):
        assert 2 <= size <= 4
        assert right in range(size)


WALKED = [slug for slug in BETS if BETS[slug] and PROGRAMS_OF[slug]][:2]


def test_a_reader_with_keys_alone_bets_and_answers_in_two_chapters(page: Page, address: str) -> None:
    assert len(WALKED) == 2
    for slug in WALKED:
        page.goto(f"{address}/chapters/{slug}.html")
        bet = page.locator(".kl-bet").first
        tab_to(page, ".kl-bet input")
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        expect(bet.locator(".kl-chips").first).to_have_text("1")
        assert sum(int(text) for text in bet.locator(".kl-chips").all_inner_texts()) == 100
        tab_to(page, ".kl-bet button")
        page.keyboard.press("Enter")
        expect(bet.get_by_role("status")).to_contain_text("Placed")
        chips = [int(text) for text in bet.locator(".kl-chips").all_inner_texts()]
        stored = page.evaluate("JSON.parse(localStorage.getItem('klnotes-bets'))")
        assert stored[slug]["bets"][0] == {"chips": chips, "right": BETS[slug][0]}
        told = page.locator("h2:has-text('The riddle') + .kl-verdict, section > .kl-verdict").first
        cost = -math.log2(chips[BETS[slug][0]] / 100) if chips[BETS[slug][0]] else math.inf
        expect(told).to_contain_text(f"{cost:.2f} bits")
        expect(told).to_contain_text(f"{math.log2(len(chips)):.2f} bits")

        label, place, number = next(of(slug, Number))
        hint, gives = next(iter(number.mistakes().items()))
        for text, answer in ((f"{gives:.6g}", hint), (f"{number.truth():.6g}", "Right")):
            tab_to(page, f"#{label} form:nth-of-type({place + 1}) input")
            page.keyboard.press("Control+A")
            page.keyboard.type(text)
            page.keyboard.press("Enter")
            expect(page.locator(f"#{label} form").nth(place).get_by_role("status")).to_contain_text(answer)

        label, _, task = PROGRAMS_OF[slug][0]
        key = slug.replace("-", "_"), task.name
        rights = [planted for answer in RIGHT[key] if (planted := program(answer, task.name))]
        wrongs = [planted for answer, _ in WRONG[key] if (planted := program(answer, task.name))]
        endless = f"def {task.name}({', '.join(task.names)}):\n    while True:\n        pass\n"
        for typed, sign in [*((wrong, "✗") for wrong in wrongs[:3]), (endless, "stopped"), (rights[0], "✓")]:
            tab_to(page, f"#{label} textarea")
            page.keyboard.press("Control+A")
            page.keyboard.insert_text(typed)
            tab_to(page, f"#{label} button[type=submit]")
            page.keyboard.press("Enter")
            expect(page.locator(f"#{label} [role=status]")).to_contain_text(sign, timeout=30_000)
            page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert list(violations(page, "main")) == []
    page.goto(f"{address}/index.html")
    rows = page.locator("#kl-bill tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.last).to_contain_text("Together")
    assert list(violations(page, "#kl-bill")) == []
    tab_to(page, "#kl-bill button")
    page.keyboard.press("Enter")
    expect(page.locator("#kl-bill")).to_contain_text("no bet yet")
    assert page.evaluate("localStorage.getItem('klnotes-bets')") is None


@pytest.mark.parametrize("spoiled", ["{", "[]", '{"kl-divergence": 3}', '{"kl-divergence": {"bets": [null]}}'])
def test_a_spoiled_store_breaks_no_page(page: Page, address: str, spoiled: str) -> None:
    page.goto(f"{address}/index.html")
    page.evaluate("text => localStorage.setItem('klnotes-bets', text)", spoiled)
    for name in ("index", f"chapters/{WALKED[0]}"):
        page.goto(f"{address}/{name}.html")
    expect(page.locator(".kl-bet button").first).to_be_visible()


# ---- where the page is ----


def test_without_a_server_the_page_says_what_to_do(browser: Browser, site: Path) -> None:
    slug = WALKED[0]
    label, _, task = PROGRAMS_OF[slug][0]
    page = browser.new_page()
    page.goto(f"file://{site}/chapters/{slug}.html")
    said = checked(page, label, 0, f"def {task.name}(): pass")
    assert "python3 -m http.server" in said[1]
    page.close()


def test_before_the_first_check_no_python_is_loaded(page: Page, address: str) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    label, _, task = PROGRAMS_OF[WALKED[0]][0]
    page.goto(f"{address}/chapters/{WALKED[0]}.html", wait_until="networkidle")
    assert not [url for url in loaded if "micropython" in url or url.endswith(".json")]
    checked(page, label, 0, f"def {task.name}(*given): return 0")
    assert len([url for url in loaded if "micropython" in url or url.endswith(".json")]) == 3


def test_no_page_tells_a_line_of_a_solution(site: Path) -> None:
    said = [path.read_text("utf-8") for path in (site / "_static/answers").glob("*.json")]
    for path in CHAPTERS:
        html = (site / f"chapters/{path.stem}.html").read_text("utf-8")
        said += re.findall(r'<script type="application/json" id="kl-answers">(.*?)</script>', html, flags=re.S)
    for path in CHAPTERS:
        for line in secrets(ROOT / f"exercises/solutions/{path.stem}.ipynb"):
            assert not any(json.dumps(line)[1:-1] in text for text in said), line


def test_python_in_the_page_is_the_published_one() -> None:
    for name, digest in MICROPYTHON.items():
        assert hashlib.sha256((ROOT / "_static/answers" / name).read_bytes()).hexdigest() == digest


def test_on_paper_there_are_lines_to_write_on(page: Page, address: str) -> None:
    page.goto(f"{address}/chapters/{WALKED[0]}.html")
    question = page.locator("div.exercise").first
    lines = "(question) => getComputedStyle(question, '::after').backgroundImage"
    assert question.evaluate(lines) == "none"
    page.emulate_media(media="print")
    assert page.locator(".kl-answer").first.is_hidden()
    assert "repeating-linear-gradient" in question.evaluate(lines)
