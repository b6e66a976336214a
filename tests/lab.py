"""A JupyterLab of its own for a test, on loopback."""

import contextlib
import json
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page

from tools.notebooks import channels


def borrow(environment: Path) -> None:
    """Let a virtual environment see the packages of this one after its own, so that nothing need be fetched."""
    (own,) = {path.resolve() for path in environment.rglob("site-packages")}
    (own / "borrowed.pth").write_text(sysconfig.get_path("purelib"), "utf-8")


def configure(folder: Path) -> None:
    """A configuration for a Jupyter program that runs one kernel at a time, and takes no port for it."""
    folder.mkdir()
    (folder / "jupyter_config.json").write_text(json.dumps({"KernelManager": channels()}), "utf-8")


@contextlib.contextmanager
def jupyterlab(folder: Path, notebook: str, root: str = "root", python: str = sys.executable) -> Iterator[str]:
    """Serve folder/root, as JupyterLab does where it is started; the address at which a notebook in it opens."""
    places = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA")}
    if python != sys.executable:  # another environment, which borrows the packages of this one: see borrow()
        share = Path(sys.prefix, "share/jupyter")
        places |= {"JUPYTERLAB_DIR": str(share / "lab"), "JUPYTER_PATH": str(share), "PYTHONPATH": ""}
    configure(folder / "config")
    options = [
        "--no-browser",
        "--allow-root",
        "--ServerApp.port=0",
        "--IdentityProvider.token=lab",
        "--LabApp.news_url=",
    ]
    options += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with (folder / "log").open("w") as log:
        command = [python, "-m", "jupyterlab", *options]
        environment = {**os.environ, **places}
        server = subprocess.Popen(command, cwd=folder / root, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            until = time.monotonic() + 60
            started = folder / f"data/runtime/jpserver-{server.pid}.json"
            while not started.exists():
                assert server.poll() is None, (folder / "log").read_text("utf-8")
                assert time.monotonic() < until, (folder / "log").read_text("utf-8")
                time.sleep(0.1)
            yield f"{json.loads(started.read_text('utf-8'))['url']}doc/tree/{notebook}?token=lab"
        finally:
            server.terminate()
            server.wait(30)


def run(page: Page, holds: str, write: str | None = None) -> None:
    """Click into the first cell that holds a text's last line, perhaps write something else there, and run it."""
    page.locator(".jp-CodeCell .cm-content").filter(has_text=holds.splitlines()[-1]).first.click()
    if write is not None:
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.insert_text(write)
    page.keyboard.press("Shift+Enter")
