"""Call a reader's function without trusting it: it may raise, print, ask, or never come back.

The call runs in a thread of its own. A signal would need the main thread and a POSIX system, a process would need a
function that can be pickled, which one typed into a notebook cannot; a thread works in every kernel and terminal. What
does not come back gets an exception thrown into its thread, and is left behind if it catches even that.
"""

import contextlib
import copy
import ctypes
import io
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np

# Far more than a right answer needs, to end what does not end. The limit is on processor time, so that a busy machine
# does not turn a right answer into a late one; a function that sleeps uses none, and has the longer limit on the clock.
BUSY_SECONDS = 2.0
CLOCK_SECONDS = 20.0
IMPORT_SECONDS = 30.0  # an import inside the function does not count, up to here
_TICK = 0.02


@dataclass(frozen=True)
class Outcome:
    """What one call led to."""

    value: Any = None
    error: BaseException | None = None
    late: bool = False
    stuck: bool = False
    printed: str = ""
    seconds: float = 0.0


class _TimeUp(BaseException):
    pass


class _Beginning(io.StringIO):
    """Keeps the beginning of what is printed: a loop prints without end."""

    def write(self, text: str) -> int:
        return super().write(text) if self.tell() < 1000 else len(text)


def call(function: Callable[..., Any], arguments: Sequence[Any]) -> Outcome:
    """The outcome of function(*arguments), on copies of the arguments."""
    copies, told = copy.deepcopy(list(arguments)), {}

    def work() -> None:
        try:
            with np.errstate(all="ignore"):
                told["value"] = function(*copies)
        except BaseException as error:  # also SystemExit: `quit()` in a function must not end the kernel
            told["error"] = error

    thread, printed = threading.Thread(target=work, daemon=True), _Beginning()
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(printed))
        stack.enter_context(contextlib.redirect_stderr(printed))
        stack.enter_context(mock.patch("builtins.input", _no_input))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        thread.start()
        late, used = _waited(thread)
        stuck = late and not _stopped(thread)
    if late:
        return Outcome(late=True, stuck=stuck, printed=printed.getvalue(), seconds=used)
    return Outcome(told.get("value"), told.get("error"), printed=printed.getvalue(), seconds=used)


def _waited(thread: threading.Thread) -> tuple[bool, float]:
    """Whether the thread was still at work when its time was up, and the processor seconds it used."""
    first = began = time.perf_counter()
    busy = time.process_time()
    while time.process_time() - busy < BUSY_SECONDS and time.perf_counter() - began < CLOCK_SECONDS:
        thread.join(_TICK)
        if not thread.is_alive():
            return False, time.process_time() - busy
        if _imports(thread) and time.perf_counter() - first < IMPORT_SECONDS:
            began, busy = time.perf_counter(), time.process_time()
    return True, time.process_time() - busy


def _imports(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def _stopped(thread: threading.Thread) -> bool:
    for _ in range(10):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_TimeUp))
        thread.join(_TICK)
        if not thread.is_alive():
            return True
    return False


def _no_input(*_: Any) -> str:
    raise RuntimeError("a function that is checked cannot ask for input; use its arguments")
