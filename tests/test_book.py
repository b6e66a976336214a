"""The built book: no warning, no outside request, figures that speak, pages that fit a phone, in light and in dark."""

import gzip
import html
import json
import re
import shutil
import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
import yaml
from docutils import nodes
from nbformat import NotebookNode
from playwright.sync_api import Browser, Page, Response, TimeoutError
from sphinx.search.en import SearchEnglish

from _ext.explorables import classes
from _ext.pages import keep_together
from tests.axe import violations
from tests.build import build, settings
from tests.notebooks import BOOK, CHAPTERS, DECKS, NOTEBOOKS, ROOT, SOLUTIONS, name, printed, read, secrets
from tools.dist import pack


def test_the_book_builds_without_a_warning(site: Path) -> None:
    assert {page.relative_to(site).as_posix() for page in site.glob("**/*.html") if "_static" not in page.parts} == {
        *BOOK,
        "search.html",
        *(f"slides/{path.stem}.html" for path in DECKS),
    }


def test_a_formula_takes_the_mark_that_follows_it_and_no_other() -> None:
    first, formula, last = nodes.Text("."), nodes.math("", "Q"), nodes.Text(".")
    words = nodes.paragraph("", "", nodes.literal("", "p"), first, nodes.Text(" Then "), formula, last)
    page = nodes.Element("", words)
    keep_together(None, page, "")  # type: ignore[arg-type]
    assert words.astext() == "p. Then Q{.}"


def test_the_reference_has_every_explorable(site: Path) -> None:
    page = (site / "reference/api.html").read_text("utf-8")
    assert classes()
    assert [one for one in classes() if f'id="{one.__module__}.{one.__name__}"' not in page] == []


def test_every_page_says_its_license(site: Path) -> None:
    license = "creativecommons.org/licenses/by/4.0"
    assert [page for page in BOOK if license not in (site / page).read_text("utf-8")] == []


def leaks(site: Path, page: str, hidden: list[str], shown: str) -> Iterator[str]:
    """Lines of a solution that a page shows, in its text or in its source, and words by which the search finds it."""
    text = html.unescape(re.sub(r"<[^>]+>", "", (site / f"{page}.html").read_text("utf-8")))
    source = "\n".join(cell.source for cell in read(site / f"_sources/{page}.ipynb").cells)
    yield from (line for line in hidden if line in text or line in source)
    index = json.loads((site / "searchindex.js").read_text("utf-8").removeprefix("Search.setIndex(").rstrip(");\n"))
    number, stem = index["docnames"].index(page), SearchEnglish({}).stem
    known = {stem(word) for word in re.findall(r"\w+", shown.lower())}
    for word in {stem(word) for line in hidden for word in re.findall(r"\w+", line.lower())} - known:
        found = index["terms"].get(word, [])
        if number in (found if isinstance(found, list) else [found]):
            yield f"the search for {word!r}"


@pytest.mark.parametrize("path", SOLUTIONS, ids=name)
def test_a_students_page_and_its_search_entry_hold_no_solution(site: Path, path: Path) -> None:
    student = read(path.parents[1] / path.name)
    shown = "\n".join([*(cell.source for cell in student.cells), printed(student)])
    assert list(leaks(site, f"exercises/{path.stem}", list(secrets(path)), shown)) == []
    solution = list(leaks(site, f"exercises/solutions/{path.stem}", list(secrets(path)), shown))
    assert any(leak.startswith("the search for") for leak in solution), "the check sees nothing"
    assert len(solution) > 8, "the check sees nothing"


BROKEN = {
    "{cite:p}`nobody1900`": "nobody1900",
    "{prf:ref}`thm-nowhere`": "thm-nowhere",
    "{numref}`fig-nowhere`": "fig-nowhere",
    "[a link](chapters/nowhere)": "chapters/nowhere",
    "```{explorable} none-such\n```": "none-such",
    "```{no-such-directive}\n```": "no-such-directive",
}


@pytest.mark.slow
def test_what_does_not_resolve_stops_the_build(tmp_path: Path) -> None:
    settings(tmp_path)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n", "utf-8")
    (tmp_path / "index.md").write_text("# A page\n\n" + "\n\n".join(["With a line.", *BROKEN]), "utf-8")
    broken = build(tmp_path)
    assert broken.returncode != 0
    warnings = [line for line in (broken.stdout + broken.stderr).splitlines() if "index.md:" in line]
    assert [says for says in BROKEN.values() if not any(says in line for line in warnings)] == []
    assert len(warnings) == len(BROKEN), "something else is wrong as well"


def figure_faults(notebook: NotebookNode) -> Iterator[str]:
    """Figures without a caption, a name, alt text, or a place in the text that speaks of them."""
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            shown = output.get("data", {}).get("text/html", "")
            if "<svg" not in shown and "<img" not in shown:
                continue
            figure = cell.metadata.get("mystnb", {}).get("figure", {})
            alt = re.search(r'aria-label="([^"]+)"', shown)
            if len(figure.get("caption", "")) < 20:
                yield f"cell {number}: no caption"
            if not figure.get("name", "").startswith("fig-"):
                yield f"cell {number}: no name"
            if alt is None or len(alt[1]) < 30:
                yield f"cell {number}: no alt text"
            if f"{{numref}}`{figure.get('name')}`" not in str(notebook):
                yield f"cell {number}: the text never refers to it"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_every_figure_has_a_caption_a_name_and_alt_text(path: Path) -> None:
    assert list(figure_faults(read(path))) == []


def test_the_figure_check_sees_faults() -> None:
    output = nbformat.v4.new_output("execute_result", data={"text/html": "<div><svg></svg></div>"})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("draw()", outputs=[output])])
    assert len(list(figure_faults(notebook))) == 4


def test_every_reference_is_cited(site: Path) -> None:
    keys = re.findall(r"^@\w+\{([^,]+),", (ROOT / "references.bib").read_text("utf-8"), flags=re.MULTILINE)
    text = "".join(path.read_text("utf-8") for path in CHAPTERS)
    assert keys
    assert [key for key in keys if not re.search(rf"\{{cite:[a-z]+\}}`[^`]*\b{key}\b", text)] == []


BARE = "[...document.querySelectorAll('article img, article svg[role=img]')]"
BARE += ".filter(i => !(i.alt || i.getAttribute('aria-label') || '').trim()).length"
RAW = """[...document.querySelectorAll('article :is(p, li, td, figcaption)')].map(e => e.cloneNode(true))
  .map(e => { e.querySelectorAll('pre, code, .katex').forEach(k => k.remove()); return e.textContent; })
  .filter(text => /\\\\\\(|\\\\frac|\\{(cite|numref|prf):|:::/.test(text)).map(text => text.slice(0, 60))"""


SEARCHES = """[...document.querySelectorAll('input[type=search], button[class*=search-button]')].filter(e =>
  e.checkVisibility() && e.getBoundingClientRect().width > 0 && e.getBoundingClientRect().right > 0).length"""
# What reaches beyond the screen although nothing around it scrolls.
CUT = """[...document.querySelectorAll('article :not(.katex *)')].filter(e => {
  if (!e.checkVisibility() || e.getBoundingClientRect().right <= innerWidth + 1) return false;
  for (let a = e; a && a.tagName !== 'ARTICLE'; a = a.parentElement)
    if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(a).overflowX)) return false;
  return true;
}).map(e => e.outerHTML.slice(0, 80))"""


# What layout.html does in idle moments when a page gets another width or another light.
SETTLED = """(scheme) => document.documentElement.dataset.theme === scheme && [...document.querySelectorAll(
  '.bd-article :is(div.math, pre, .cell_output > .output, .pst-scrollable-table-container)')]
  .every((e) => (e.scrollWidth > e.clientWidth) === (e.tabIndex === 0))"""


def layout_faults(page: Page) -> Iterator[str]:
    """What does not fit the screen as it is."""
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield "is wider than the screen"
    yield from (f"cuts off {cut}" for cut in page.evaluate(CUT))
    if (searches := page.evaluate(SEARCHES)) > 1:
        yield f"has {searches} search bars"


def faults(page: Page, url: str, address: str, patience: int = 30_000) -> Iterator[str]:
    """What a reader of this page would run into, on a phone in the light and at a desk in the dark."""
    answers: list[Response] = []
    page.on("response", lambda response: answers.append(response))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.add_init_script("window.requestIdleCallback = (later) => setTimeout(later)")  # not all that idly
    page.goto(url, wait_until="load")
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.wait_for_selector("html:not(.arriving)")
    weight = sum(len(gzip.compress(answer.body())) for answer in answers if answer.status == 200) / 1024
    if weight > 400:
        yield f"sends {weight:.0f} KiB"
    yield from (f"misses {answer.url}" for answer in answers if answer.status >= 400)
    if bare := page.evaluate(BARE):
        yield f"has {bare} pictures without alt text"
    yield from (f"shows raw markup {text!r}" for text in page.evaluate(RAW))
    if len(page.locator("meta[name=description]").all()) != 1:
        yield "has no description, or more than one"
    yield from layout_faults(page)
    for width, scheme in ((1360, "dark"), (390, "light")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        try:
            page.wait_for_function(SETTLED, arg=scheme, timeout=patience)
        except TimeoutError:
            yield f"is not in the theme {scheme}, or something that scrolls cannot be reached with the keyboard"
        if scheme == "dark":
            yield from layout_faults(page)
        yield from (f"axe: {violation}" for violation in violations(page))
    yield from (f"asks {outside}" for outside in asked if not outside.startswith((address, "data:")))
    yield from (f"complains: {message}" for message in said)


@pytest.mark.parametrize("path", [*BOOK, "search.html"])
def test_a_page_in_a_browser(address: str, browser: Browser, path: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="light")
    assert list(faults(page, f"{address}/{path}", address)) == []
    page.close()


PLACES = "[...document.querySelectorAll('article section > *')].map(e => e.getBoundingClientRect().top + scrollY)"
SKIPPED = "[...document.querySelectorAll('article p')]"
SKIPPED += ".filter(p => p.checkVisibility() && !p.checkVisibility({contentVisibilityAuto: true}))"


@pytest.mark.parametrize("width", [390, 1360])
def test_a_page_arrives_from_its_top_and_a_link_finds_its_end(address: str, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    hold = "window.held = []; window.requestIdleCallback = (later) => held ? held.push(later) : setTimeout(later)"
    page.add_init_script(hold)
    page.goto(f"{address}/chapters/entropy.html")
    page.wait_for_function("held.length > 0")
    assert page.evaluate(f"{SKIPPED}.length") > 20
    page.evaluate("{ const [later] = held; held = null; later(); }")
    page.wait_for_selector("html:not(.arriving)")
    assert page.evaluate(f"{SKIPPED}.length") == 0
    page.close()
    page = context.new_page()  # a link to a place: nothing may be guessed
    page.add_init_script(hold)
    page.goto(f"{address}/chapters/entropy.html#check-yourself")
    page.wait_for_function("Math.abs(document.getElementById('check-yourself').getBoundingClientRect().top) < 100")
    assert page.evaluate(f"{SKIPPED}.length") == 0
    context.close()


@pytest.mark.parametrize("width", [390, 1360])
def test_a_page_whose_explorable_is_in_hand_rests_and_stands_still(address: str, browser: Browser, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(f"{address}/chapters/mutual-information.html")
    page.wait_for_selector("html:not(.arriving)")
    page.locator(".klx-slider").first.scroll_into_view_if_needed()
    places = page.evaluate(PLACES)
    assert page.evaluate(f"{SKIPPED}.length") == 0
    page.locator(".klx-slider").first.press("ArrowUp")
    page.wait_for_function(f"{SKIPPED}.length > 20")
    assert page.evaluate(PLACES) == pytest.approx(places, abs=0.1)
    page.evaluate("location.hash = 'check-yourself'")
    page.wait_for_function("Math.abs(document.getElementById('check-yourself').getBoundingClientRect().top) < 100")
    page.set_viewport_size({"width": width - 40, "height": 800})
    page.wait_for_function(f"{SKIPPED}.length === 0")
    page.close()


def test_the_page_check_sees_faults(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="light")
    body = (
        "<input type=search>" * 2
        + "<article><img src='http://192.0.2.1/x.png'><p>\\frac{1}{2}</p><div style='width: 900px'>.</div></article>"
    )
    page.route(f"{address}/bad.html", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.route("http://192.0.2.1/**", lambda route: route.abort())
    found = " ".join(faults(page, f"{address}/bad.html", address, patience=500))
    for fault in (
        "asks http://192.0.2.1",
        "complains",
        "wider",
        "cuts off",
        "2 search bars",
        "without alt",
        "raw markup",
        "theme",
        "description",
        "axe",
    ):
        assert fault in found


TABBED = """(() => {
  const e = document.activeElement, r = e.getBoundingClientRect();
  return [[...document.querySelectorAll('*')].indexOf(e), e.tagName, e.checkVisibility() && r.width * r.height > 0];
})()"""
REACHABLE = """[...document.querySelectorAll('a[href], button, input, summary, [tabindex]')].filter(e =>
  e.tabIndex >= 0 && e.checkVisibility({ visibilityProperty: true }) && !(e.type === 'radio' && !e.checked)).length"""


@pytest.mark.parametrize("width", [390, 1360])
def test_the_keyboard_goes_through_a_chapter_in_its_order(address: str, browser: Browser, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(f"{address}/chapters/kl-divergence.html")
    page.wait_for_selector("html:not(.arriving)")
    reached = []
    while True:
        page.keyboard.press("Tab")
        place, tag, shown = page.evaluate(TABBED)
        if tag == "BODY":
            break
        reached.append(place)
        assert shown, f"the focus is on something that is not seen, after {len(reached)} steps"
    assert reached == sorted(set(reached))
    assert len(reached) >= page.evaluate(REACHABLE)
    page.close()


def test_a_chapter_without_javascript_says_everything(address: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/chapters/kl-divergence.html")
    assert page.locator("article .katex-html").first.is_visible()
    assert page.locator("article .klnotes-figure > svg").last.is_visible()
    assert page.locator("article .solution p").last.is_visible()
    assert page.locator(".pst-js-only:visible").count() == 0
    page.goto(f"{address}/search.html")
    assert "JavaScript" in page.locator("main").inner_text()
    context.close()


def test_a_printed_chapter_is_a_book_page(address: str, browser: Browser) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(f"{address}/chapters/kl-divergence.html")
    page.wait_for_selector(".klx")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert page.locator(":is(nav, button, aside, footer, .klx):visible").count() == 0
    assert [title.inner_text() for title in page.locator("h1:visible").all()] == [
        page.locator("article h1").inner_text()
    ]
    assert page.locator("article .klnotes-figure > svg:visible").count() == page.locator("article figure").count()
    for answer in page.locator("article .solution").all():
        assert answer.locator("p").last.is_visible()
    look = "e => ['textDecorationLine', 'color'].map(name => getComputedStyle(e)[name])"
    links = page.locator("article p > a:visible").all()
    assert links
    ink = page.locator("article p").first.evaluate(look)
    assert ink[0] == "none"
    assert all(link.evaluate(look) == ink for link in links)
    for whole in ("figure", ".cell_input", ".cell_output", ".admonition", "div.math"):
        kept = page.locator(f"article {whole}").evaluate_all("all => all.map(e => getComputedStyle(e).breakInside)")
        assert set(kept) == {"avoid"}, whole
    assert page.evaluate("[...document.querySelectorAll('article pre')].every(e => e.scrollWidth <= e.clientWidth)")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.close()


def one_page(folder: Path, changes: dict[str, str]) -> str:
    """The source of a page of a small book, built with other settings."""
    settings(folder)
    config = (folder / "_config.yml").read_text("utf-8")
    for key, value in changes.items():
        assert f'  {key}: ""' in config
        config = config.replace(f'  {key}: ""', f"  {key}: {value}")
    (folder / "_config.yml").write_text(config, "utf-8")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters: [{file: a-page}]\n", "utf-8")
    (folder / "index.md").write_text("# A book\n", "utf-8")
    (folder / "a-page.md").write_text("# Tom & Jerry's page\n\nWith a line.\n", "utf-8")
    result = build(folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return (folder / "_build/html/a-page.html").read_text("utf-8")


@pytest.mark.slow
def test_where_it_is_published_is_said_on_every_page_and_it_can_be_built_again(tmp_path: Path) -> None:
    changes = {"repository_url": "https://github.com/someone/kl-course", "baseurl": "https://kl.example.org/book/"}
    text = one_page(tmp_path, changes)
    (report,) = re.findall(r'<a href="([^"]+)">Report a mistake', text)
    parts = urlsplit(html.unescape(report))
    query = parse_qs(parts.query)
    assert parts.geturl().startswith("https://github.com/someone/kl-course/issues/new?")
    assert query == {"template": ["mistake.yml"], "title": ["Mistake in “Tom & Jerry’s page”"], "page": ["a-page"]}
    form = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE" / query["template"][0]).read_text("utf-8"))
    assert "page" in [field["id"] for field in form["body"]]
    assert re.findall(r'<link rel="canonical" href="([^"]+)"', text) == ["https://kl.example.org/book/a-page.html"]
    said = dict(re.findall(r'<meta property="og:(\w+)" content="([^"]+)"', text))
    assert said["url"] == "https://kl.example.org/book/a-page.html"
    assert said["title"] == "Tom &amp; Jerry’s page"
    assert said["image"] == "https://kl.example.org/book/_static/card.png"
    header = (tmp_path / "_build/html/_static/card.png").read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", header[16:]) == (1200, 630)
    sheet = (tmp_path / "_build/html/_static/book.css").read_text("utf-8")
    again = build(tmp_path)  # nothing has changed
    assert again.returncode == 0, again.stdout + again.stderr
    assert (tmp_path / "_build/html/a-page.html").read_text("utf-8") == text
    assert (tmp_path / "_build/html/_static/book.css").read_text("utf-8") == sheet


def test_no_link_leads_nowhere_where_nothing_is_configured(site: Path) -> None:
    for text in ((site / page).read_text("utf-8") for page in BOOK):
        for dead in ("Report a mistake", "issues/new", "og:url", "og:image", 'rel="canonical"'):
            assert dead not in text
    assert not (site / "_static/card.png").exists()


def test_the_first_page_can_be_pulled_at(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{address}/index.html")
    assert page.locator(".klx-readings strong").all_inner_texts() == ["0.0365 bits", "0.0372 bits"]
    page.get_by_role("slider", name="Q, plain").press("Home")
    assert page.locator(".klx-readings strong").first.inner_text() == "∞ bits"
    page.close()


def test_the_packed_book_works_from_its_folder(site: Path, tmp_path: Path, browser: Browser) -> None:
    packed, source = pack(site, tmp_path / "dist")
    shutil.unpack_archive(packed, tmp_path)
    folder = tmp_path / packed.stem
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((folder / "index.html").as_uri())
    page.locator("article").get_by_role("link", name="KL divergence", exact=True).last.click()
    page.get_by_role("slider", name="P, plain").press("ArrowUp")
    assert "0.0365" not in page.locator(".klx-readings").inner_text()
    page.goto(f"{(folder / 'search.html').as_uri()}?q=telegraph")
    page.locator("#search-results li a", has_text="Entropy").first.wait_for()
    assert "opened from a file" in page.locator("main").inner_text()
    assert said == []
    page.close()
    with tarfile.open(source) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    folders = (
        ".ci",
        ".github",
        "_ext",
        "chapters",
        "reference",
        "slides",
        "teaching",
        "tests",
        "tests/chapters",
        "tools",
    )
    here = [path for folder in folders for path in (ROOT / folder).glob("*")]
    here += [ROOT / name for name in ("Makefile", "conftest.py", "deno.json")]
    assert {path.relative_to(ROOT).as_posix() for path in here if path.is_file()} <= names
    assert not [name for name in names if re.search(r"__pycache__|\.hypothesis|_build|\.venv", name)]


def test_packing_asks_for_a_built_book(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make book"):
        pack(tmp_path, tmp_path / "dist")
