"""Print the handout of each deck: three slides to a page, each with its notes beside it.

    python tools/handouts.py FOLDER

FOLDER holds the built decks, beside the pages of the book. A handout that is newer than its deck is left alone. Where
there is no Chromium to print with, links to a handout lead to the deck's page in the form of a handout instead.
"""

import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def main(folder: Path) -> None:
    decks = [deck for deck in sorted(folder.glob("*.html")) if stale(deck.with_suffix(".pdf"), deck)]
    if not decks:
        return
    chromium = find_chromium()
    if chromium is None:
        print(
            "No PDF of the handouts: there is no chromium on the PATH to print it. Links lead to their pages instead."
        )
        names = "|".join(deck.stem for deck in decks if not deck.with_suffix(".pdf").exists())
        for path in folder.parent.rglob("*.html"):
            text = path.read_text("utf-8")
            path.write_text(re.sub(rf'(href="(?:[./]*slides/)?(?:{names}))\.pdf"', r'\1.html?handout"', text), "utf-8")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        for deck in decks:
            page.goto(f"{deck.resolve().as_uri()}?handout")
            page.evaluate("document.fonts.ready")
            page.pdf(path=deck.with_suffix(".pdf"), prefer_css_page_size=True, print_background=True, tagged=True)


def stale(made: Path, source: Path) -> bool:
    return not made.exists() or made.stat().st_mtime < source.stat().st_mtime


if __name__ == "__main__":
    main(Path(sys.argv[1]))
