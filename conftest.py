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

from tools.notebooks import channels, merged

nbval.kernel.KernelManager = lambda **options: KernelManager(**options, **channels())
nbval.plugin.coalesce_streams = functools.partial(merged, count=0)

WAITED_FOR = ("test_the_book_builds_without_a_warning", "test_the_commands_of_the_page_can_be_followed")
SLOW = {"address", "browser", "course", "lab", "site"}  # fixtures that build the book or start a browser or kernels


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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Select; keep a notebook's cells together; begin with what others wait for, then with what takes longest."""

    def slow(item: pytest.Item) -> bool:
        return isinstance(item, IPyNbCell) or not SLOW.isdisjoint(getattr(item, "fixturenames", ()))

    def about(item: pytest.Item) -> bool:
        slug = config.option.chapter
        pattern = rf"(?<![\w-]){slug}(?!\w)|/test_{slug.replace('-', '_')}\.py"
        return re.search(pattern, item.nodeid) is not None

    kept = [i for i in items if not (config.option.quick and slow(i)) and (not config.option.chapter or about(i))]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    for item in kept:
        if isinstance(item, IPyNbCell):
            item.add_marker(pytest.mark.xdist_group(item.path.as_posix()))
    items[:] = sorted(
        kept, key=lambda item: (item.name not in WAITED_FOR, not isinstance(item, IPyNbCell), not slow(item))
    )
