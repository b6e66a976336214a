"""What several test files share: the built book, a server for it, and a browser."""

import functools
import http.server
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from tests.build import build_book
from tools.handouts import find_chromium

# The same examples on every machine: a red gate must mean that something changed.
settings.register_profile("gate", derandomize=True, deadline=None, max_examples=200, print_blob=False)
settings.load_profile("gate")


def pytest_configure(config: pytest.Config) -> None:
    for marker in ("array_api_backends", "skip_xp_backends", "xfail_xp_backends"):
        config.addinivalue_line("markers", f"{marker}: of SciPy's own tests, which test_scipy_tests.py runs")


FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first of pytest's processes makes, and the others wait for."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    done = folder.with_suffix(".done")
    try:
        folder.mkdir()
    except FileExistsError:
        until = time.monotonic() + 1800  # only in case the process that makes it has died
        while not done.exists():
            assert time.monotonic() < until, f"nobody has made {folder}"
            time.sleep(0.1)
    else:
        said = "it was interrupted"
        try:
            make(folder)
            said = ""
        except AssertionError as error:
            said = str(error)
        finally:
            done.with_suffix(".tmp").write_text(said, "utf-8")
            done.with_suffix(".tmp").rename(done)
    said = done.read_text("utf-8")
    assert not said, said
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built book with its decks. `make check` has built it already, and says where."""
    if ready := os.environ.get("BOOK"):
        return Path(ready).resolve()
    return once(tmp_path_factory, "a book", build_book) / "_build/html"  # with a space in its path


@contextmanager
def served(folder: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    with served(site) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        assert os.environ.get("CI") != "true", "the gate needs a Chromium"
        pytest.skip("no Chromium on the PATH")
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield chrome
        chrome.close()
