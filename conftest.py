"""What pytest does with notebooks here, and how tests are shared out among its processes."""

import copy
import functools
import re
from collections.abc import Generator

import nbval.kernel
import nbval.plugin
import pytest
from jupyter_client.manager import KernelManager
from nbval.plugin import IPyNbCell
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tools.notebooks import channels, merged

nbval.kernel.KernelManager = lambda **options: KernelManager(**options, **channels())
nbval.plugin.coalesce_streams = functools.partial(merged, count=0)

TOGETHER = (".ipynb", "test_grading.py", "test_newcomer.py")
WAITED_FOR = "test_the_book_builds_without_a_warning"
SLOW = {"address", "browser", "copy", "course", "lab", "site"}  # fixtures with a built book, a browser or kernels


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chapter", metavar="SLUG", help="only what is about this chapter")
    parser.addoption("--quick", action="store_true", help="only what needs no kernel, no browser and no built book")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """When nbval has compared a cell, compare what it passes over: the order of outputs, carriage returns, pictures."""
    if not isinstance(item, IPyNbCell):
        return (yield)
    stored = merged(copy.deepcopy(item.cell.outputs), count=0)
    yield
    if item.options["check"]:
        assert item.test_outputs == stored, "the cell is stored otherwise than it runs"


class Scheduling(LoadScopeScheduling):
    """Hands out tests one by one, but the cells of a notebook together, and what shares a JupyterLab or a course."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.endswith(TOGETHER) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return Scheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Select; begin with what others wait for, then with what takes longest."""

    def slow(item: pytest.Item) -> bool:
        uses = getattr(item, "fixturenames", ())
        return isinstance(item, IPyNbCell) or bool(item.get_closest_marker("slow")) or not SLOW.isdisjoint(uses)

    def about(item: pytest.Item) -> bool:
        slug = config.option.chapter
        pattern = rf"(?<![\w-]){slug}(?!\w)|/test_{slug.replace('-', '_')}\.py"
        return re.search(pattern, item.nodeid) is not None

    kept = [i for i in items if not (config.option.quick and slow(i)) and (not config.option.chapter or about(i))]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = sorted(kept, key=lambda item: (item.name != WAITED_FOR, not isinstance(item, IPyNbCell), not slow(item)))
