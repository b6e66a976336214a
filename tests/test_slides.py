"""The decks: what a lecturer needs is on every slide, every slide fits its screen, and no number is new."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from _ext.contents import chapters
from tests.axe import violations
from tests.notebooks import DECKS, ROOT, name, printed, quantities, read

NOTES = re.compile(r":::\{revealjs-notes\}\n(.*?)\n:::", re.DOTALL)


def slides(path: Path) -> list[str]:
    """The Markdown of each slide: a slide begins with a heading."""
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    return re.split(r"^(?=##? )", text, flags=re.MULTILINE)[1:]


def minutes(slide: str) -> int:
    notes = NOTES.findall(slide)
    assert len(notes) == 1, f"{len(notes)} notes on the slide {slide.splitlines()[0]}"
    stated = re.match(r"\*\*(\d+) min\.\*\* \w", notes[0])
    assert stated, f"no minutes in the notes of {slide.splitlines()[0]}"
    return int(stated[1])


@pytest.mark.parametrize("path", DECKS, ids=name)
def test_the_room_is_asked_every_few_minutes_and_the_notes_know_its_answers(path: Path) -> None:
    lectured = 0
    for slide in slides(path):
        asks = "**They say.**" in slide
        assert asks or "{container} ask" not in slide, f"no answers in the notes of {slide.splitlines()[0]}"
        lectured = 0 if asks else lectured + minutes(slide)
        assert lectured <= 8, f"{lectured} minutes without a question, up to {slide.splitlines()[0]}"


@pytest.mark.parametrize("path", DECKS, ids=name)
def test_the_notes_have_no_formula(path: Path) -> None:
    # The speaker's window has no style sheet for it.
    assert [note for slide in slides(path) for note in NOTES.findall(slide) if "$" in note] == []


def new_numbers(deck: Path) -> set[tuple[str, str]]:
    """Numbers with a unit that the deck shows or says, and its chapter does not print."""
    notebook = read(deck)
    shown = "\n".join([printed(notebook), *(cell.source for cell in notebook.cells if cell.cell_type == "markdown")])
    return quantities(shown) - quantities(printed(read(ROOT / "chapters" / deck.name)))


@pytest.mark.parametrize("path", DECKS, ids=name)
def test_every_number_is_one_of_the_chapter(path: Path) -> None:
    assert new_numbers(path) == set()


@pytest.mark.parametrize("path", DECKS, ids=name)
def test_the_chapter_and_the_instructors_page_lead_to_the_deck_and_its_handout(path: Path, site: Path) -> None:
    for page in (f"chapters/{path.stem}.html", "teaching/instructor.html"):
        for ending in (".html", ".pdf"):
            assert f'href="../slides/{path.stem}{ending}"' in (site / page).read_text("utf-8")


def test_the_plan_for_one_lecture_adds_up() -> None:
    page = (ROOT / "teaching/instructor.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\w -]+) \| ([\d, ]+) \| (\d+) \|$", page, flags=re.MULTILINE)
    assert rows
    stems = {chapter.heading[0]: chapter.slug for chapter in chapters(ROOT)}
    for title, numbers, stated in rows:
        deck = slides(ROOT / f"slides/{stems[title]}.ipynb")
        assert sum(minutes(deck[int(number) - 1]) for number in numbers.split(", ")) == int(stated)
    assert f"this takes {sum(int(stated) for *_, stated in rows)} minutes" in page


# What sticks out of the sheet's inner edge or out of its own box, on the slide that is shown.
CLIPPED = """() => {
  const slide = Reveal.getCurrentSlide(), scale = Reveal.getScale(), sheet = slide.getBoundingClientRect();
  const edge = 30 * scale, faults = [];
  const say = (what, e) => faults.push(`${what} <${e.tagName.toLowerCase()}> ${e.textContent.trim().slice(0, 30)}`);
  if (sheet.left < -1 || sheet.top < -1 || sheet.right > innerWidth + 1 || sheet.bottom > innerHeight + 1)
    say("off the screen", slide);
  for (const e of slide.querySelectorAll("*")) {
    if (e.closest("aside") || e.parentElement.closest("svg, .katex") || !e.checkVisibility()) continue;
    const box = e.getBoundingClientRect();
    if (box.left < sheet.left + edge || box.top < sheet.top + edge || box.right > sheet.right - edge
        || box.bottom > sheet.bottom - edge) say("over the edge", e);
    if (!e.matches("svg, .katex") && getComputedStyle(e).display !== "inline"
        && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
        && (getComputedStyle(e).overflow !== "visible" || !e.querySelector(".katex"))) say("overflows", e);
  }
  const math = slide.querySelectorAll(".math").length;
  const set = slide.querySelectorAll(".math > :is(.katex, .katex-display)").length;
  if (math !== set || slide.querySelector(".katex-error")) say(`${set} of ${math} formulas set`, slide);
  return faults;
}"""


def opened(page: Page, url: str) -> list[str]:
    """Open a deck; the list gathers what the browser complains of and what it asks for outside."""
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda request: trouble.append(request.url) if not is_local(request.url) else None)
    page.on("response", lambda answer: trouble.append(f"{answer.status} {answer.url}") if not answer.ok else None)
    page.goto(url, wait_until="load")
    page.evaluate("document.fonts.ready")
    return trouble


def is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1", "data:", "blob:", "about:"))


def clipped(page: Page) -> list[str]:
    found = []
    for number in range(int(page.evaluate("Reveal.getTotalSlides()"))):
        page.evaluate(f"Reveal.slide({number})")
        found += [f"slide {number + 1}: {fault}" for fault in page.evaluate(CLIPPED)]
    return found


@pytest.mark.parametrize("path", DECKS, ids=name)
def test_every_slide_fits_its_frame(path: Path, address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    trouble = opened(page, f"{address}/slides/{path.stem}.html")
    assert page.evaluate("Reveal.getTotalSlides()") == len(slides(path))
    assert clipped(page) == []
    page.set_viewport_size({"width": 1024, "height": 768})
    assert clipped(page) == []
    assert trouble == []
    page.close()


@pytest.mark.parametrize("path", DECKS, ids=name)
def test_the_handout_has_every_slide_with_its_notes_in_readable_colors(
    path: Path,
    address: str,
    browser: Browser,
) -> None:
    page = browser.new_page(viewport={"width": 900, "height": 1200})
    trouble = opened(page, f"{address}/slides/{path.stem}.html?handout")
    page.emulate_media(media="print")
    rows = page.evaluate("""[...document.querySelectorAll(".slides > section")].map(row => {
        const box = row.getBoundingClientRect(), notes = row.querySelector(".notes").getBoundingClientRect();
        return notes.height > 20 && notes.bottom <= box.bottom + 1 && notes.right <= box.right + 1;
    })""")
    assert rows == [True] * len(slides(path)), "notes that are longer than their row"
    page.emulate_media(media="screen")
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        assert violations(page) == [], theme
    assert trouble == []
    page.close()


def test_handouts_are_printed_whole_and_once(site: Path, browser: Browser) -> None:
    script = [sys.executable, str(ROOT / "tools/handouts.py"), str(site / "slides")]
    subprocess.run(script, check=True)
    for path in DECKS:
        pdf = site / f"slides/{path.stem}.pdf"
        assert len(re.findall(rb"/Type /Page\b", pdf.read_bytes())) == -(-len(slides(path)) // 3)
    made = {pdf: pdf.stat().st_mtime_ns for pdf in site.glob("slides/*.pdf")}
    subprocess.run(script, check=True)
    assert made == {pdf: pdf.stat().st_mtime_ns for pdf in site.glob("slides/*.pdf")}


def test_without_a_browser_links_to_handouts_lead_to_pages(tmp_path: Path) -> None:
    (tmp_path / "slides").mkdir()
    (tmp_path / "chapters").mkdir()
    page, deck = tmp_path / "chapters/deck.html", tmp_path / "slides/deck.html"
    deck.write_text('<a href="deck.pdf">The handout</a>', "utf-8")
    page.write_text('<a href="../slides/deck.pdf">handout</a>, <a href="../papers/deck.pdf">paper</a>', "utf-8")
    script = [sys.executable, str(ROOT / "tools/handouts.py"), str(tmp_path / "slides")]
    result = subprocess.run(script, capture_output=True, text=True, check=True, env={"PATH": ""})
    assert "there is no chromium on the PATH" in result.stdout
    assert 'href="deck.html?handout"' in deck.read_text("utf-8")
    assert re.findall('href="([^"]+)"', page.read_text("utf-8")) == [
        "../slides/deck.html?handout",
        "../papers/deck.pdf",
    ]


def test_the_keyboard_is_enough(address: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    trouble = opened(page, f"{address}/slides/kl-divergence.html")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getSlidePastCount()") == 2
    page.keyboard.press("End")
    assert page.evaluate("Reveal.isLastSlide()")
    page.keyboard.press("Home")
    page.keyboard.press("o")
    assert page.evaluate("Reveal.isOverview()")
    page.keyboard.press("o")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.keyboard.press("d")
    assert page.evaluate(ground) != light
    page.reload()
    assert page.evaluate(ground) != light, "the room stays dark"
    with context.expect_page() as speaker:
        page.keyboard.press("s")
    window = speaker.value
    window.wait_for_function("document.querySelector('.speaker-controls-notes .value')?.textContent.includes('1 min.')")
    assert window.locator(".speaker-controls-time .clock").is_visible()
    assert [frame.url for frame in window.frames if not is_local(frame.url)] == []
    assert trouble == []
    context.close()


EXPLORED = [path for path in DECKS if "data-explorable" in path.read_text("utf-8")]


@pytest.mark.parametrize("path", EXPLORED, ids=name)
def test_the_arrow_keys_pull_at_an_explorable_and_do_not_turn_the_slide(
    path: Path,
    address: str,
    browser: Browser,
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    trouble = opened(page, f"{address}/slides/{path.stem}.html")
    sections = "[...document.querySelectorAll('.slides > section')]"
    number = page.evaluate(f"{sections}.findIndex(slide => slide.querySelector('.klx'))")
    page.evaluate(f"Reveal.slide({number})")
    slider = page.locator(".klx-slider").first
    before = slider.get_attribute("aria-valuetext")
    slider.focus()
    for key in ("ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
    assert slider.get_attribute("aria-valuetext") != before
    assert page.evaluate("Reveal.getIndices().h") == number
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("Reveal.getIndices().h") == number - 1
    assert trouble == []
    page.close()


def test_the_checks_see_faults(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    opened(page, f"{address}/slides/kl-divergence.html")
    for fault, spoil in {
        "overflows <p>": "<p style='white-space: nowrap; font-size: 90px'>A line that is too long for a slide</p>",
        "over the edge <div>": "<div style='height: 800px'>tall</div>",
        "overflows <pre>": f"<pre style='overflow: auto; width: 500px'>{'wide ' * 40}</pre>",
        "formulas set": "<span class='math'>x</span>",
    }.items():
        page.evaluate("html => Reveal.getCurrentSlide().insertAdjacentHTML('beforeend', `<b>${html}</b>`)", spoil)
        assert fault in " ".join(page.evaluate(CLIPPED))
        page.evaluate("Reveal.getCurrentSlide().lastElementChild.remove()")
        assert page.evaluate(CLIPPED) == []
    page.close()
