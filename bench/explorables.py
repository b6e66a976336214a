#!/usr/bin/env python3
"""How heavy the explorables are and how fast they answer, measured on the built book.

    make book && .venv/bin/python bench/explorables.py

Prints, for each page: its code (KiB, gzip), the requests that it adds, and for each explorable on it the time from a
pull to the end of the frame that shows it (median and 95th percentile in ms over 200 pulls, on a screen of 390 x 844,
processor slowed down four times), beside that of a frame in which nothing happens.
"""

import gzip
import re
import shutil
import statistics
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

BOOK = Path(__file__).parents[1] / "_build/html"
EXPLORABLE = re.compile(r'data-explorable="[\w-]+" data-state')
CODE = re.compile(r'<link [^>]*explorables.css">|<script type="module">.*?</script>', re.DOTALL)
# A message that is sent at the start of a frame is handled after that frame has been laid out and painted.
FRAMES = """async ([which, pull, left, top, width, height]) => {
  const slider = document.querySelectorAll('.klx')[which].querySelector('[role=slider]');
  const upright = slider.getAttribute('aria-orientation') === 'vertical';
  const times = [];
  for (let k = 0; k < 200; k += 1) {
    times.push(await new Promise((resolve) => requestAnimationFrame(() => {
      const start = performance.now();
      const channel = new MessageChannel();
      channel.port1.onmessage = () => resolve(performance.now() - start);
      channel.port2.postMessage(null);
      const along = 0.4 - 0.1 * (k % 2);
      const [x, y] = upright ? [0.5, along] : [along, 0.5];
      const at = { clientX: left + x * width, clientY: top + y * height };
      if (pull) slider.dispatchEvent(new PointerEvent('pointermove', { ...at, pointerId: 1, bubbles: true }));
    })));
  }
  return times;
}"""


def measured(browser: Browser, path: Path, which: int) -> tuple[int, list[float], list[float]]:
    """The requests that the explorables add, and the times of one's frames with and without an input, in ms."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri(), wait_until="load")
    page.wait_for_selector("html:not(.arriving)")
    explorable = page.locator(".klx").nth(which)
    slider = explorable.locator("[role=slider] .klx-hit").first
    slider.hover()
    page.mouse.down()
    box = slider.bounding_box()
    assert box is not None
    places = [box["x"], box["y"], box["width"], box["height"]]
    before = explorable.locator(".klx-readings").inner_text()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    idle, busy = (page.evaluate(FRAMES, [which, pull, *places]) for pull in (False, True))
    assert explorable.locator(".klx-readings").inner_text() != before, "the pull moves nothing"
    page.close()
    return sum("explorables" in url for url in asked), busy, idle


def main() -> None:
    weight = len(gzip.compress((BOOK / "_static/explorables.css").read_bytes()))
    print(f"{'explorable':20} {'KiB':>5} {'requests':>8} {'median':>6} {'95 %':>6} {'idle':>6}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for path in sorted(BOOK.glob("chapters/*.html")):
            text = path.read_text("utf-8")
            if code := "".join(CODE.findall(text)).encode():
                size = len(gzip.compress(code))
                weight += size
                for which in range(len(EXPLORABLE.findall(text))):
                    requests, busy, idle = measured(browser, path, which)
                    times = statistics.median(busy), statistics.quantiles(busy, n=20)[-1], statistics.median(idle)
                    print(f"{path.stem:20} {size / 1024:5.1f} {requests:8} " + " ".join(f"{ms:6.1f}" for ms in times))
        browser.close()
    print(f"all, and the style once: {weight / 1024:.1f} KiB")


if __name__ == "__main__":
    main()
