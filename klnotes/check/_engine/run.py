"""Call a reader's function without trusting it: it may raise, print, ask, or never come back.

The call runs in a thread of its own. A signal would need the main thread and a POSIX system, a process would need a
function that can be pickled, which one typed into a notebook cannot; a thread works in every kernel and terminal. What
does not come back gets an exception thrown into its thread, and is left behind if it catches even that.

How long a call may go on is counted in steps of Python, so that no verdict depends on how fast the machine is. The
clock ends only what takes no step at all.
"""

import contextlib
import copy
import ctypes
import gc
import io
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any
from unittest import mock

import numpy as np

# Lines, calls and returns. A bisection of 200 rounds takes 60 000, a search of all codes for five letters a million.
STEPS = 3_000_000
STILL_SECONDS = 20.0
_TICK = 0.02


@dataclass(frozen=True)
class Outcome:
    """What one call led to."""

    value: Any = None
    error: BaseException | None = None
    late: bool = False
    stuck: bool = False
    printed: str = ""
    steps: int = 0
    overwritten: frozenset[int] = frozenset()  # arguments, by their places


class _TimeUp(SystemExit):  # threading keeps silent about this one, should it come when the call has just ended
    pass


class _Beginning(io.StringIO):
    """Keeps the beginning of what is printed: a loop prints without end."""

    def write(self, text: str) -> int:
        return super().write(text) if self.tell() < 1000 else len(text)


class _Steps:
    """Counts what a thread does, and ends it where that is too much."""

    def __init__(self) -> None:
        self.taken = 0

    def over(self) -> bool:
        return self.taken > STEPS

    def __call__(self, frame: FrameType, event: str, argument: Any) -> "_Steps":
        self.taken += 1
        if self.over():
            if not _imports(frame):
                raise _TimeUp
            self.taken = 0  # what a module does while it is imported does not count
        return self


def call(function: Callable[..., Any], arguments: Sequence[Any]) -> Outcome:
    """The outcome of function(*arguments), on copies of the arguments."""
    copies, told, steps = copy.deepcopy(list(arguments)), {}, _Steps()

    def work() -> None:
        sys.settrace(steps)
        try:
            with np.errstate(all="ignore"):
                told["value"] = function(*copies)
        except BaseException as error:  # also SystemExit: `quit()` in a function must not end the kernel
            told["error"] = error

    thread, printed = threading.Thread(target=work, daemon=True), _Beginning()
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(printed))
        stack.enter_context(contextlib.redirect_stderr(_Beginning()))
        stack.enter_context(mock.patch("builtins.input", _no_input))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        if gc.isenabled():  # hypothesis calls back from it, and where a reader's function recurses, that call fails too
            gc.disable()
            stack.callback(gc.enable)
        thread.start()
        late = _is_late(thread, steps)
        stuck = late and not _stopped(thread)
    if late:
        return Outcome(late=True, stuck=stuck, printed=printed.getvalue(), steps=steps.taken)
    changed = [k for k, (was, now) in enumerate(zip(arguments, copies, strict=True)) if not np.array_equal(was, now)]
    return Outcome(
        told.get("value"),
        told.get("error"),
        printed=printed.getvalue(),
        steps=steps.taken,
        overwritten=frozenset(changed),
    )


def _is_late(thread: threading.Thread, steps: _Steps) -> bool:
    """Wait for a thread; whether it took too many steps, or for too long none."""
    seen, since = 0, time.perf_counter()
    while thread.is_alive() and not steps.over():
        if steps.taken != seen:
            seen, since = steps.taken, time.perf_counter()
        if time.perf_counter() - since > STILL_SECONDS:
            return True
        thread.join(_TICK)
    return steps.over()


def _imports(frame: FrameType | None) -> bool:
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def _stopped(thread: threading.Thread) -> bool:
    for _ in range(10):
        thread.join(_TICK)
        if not thread.is_alive():
            return True
        _end(thread)
    # What waits outside of Python sees the exception only when it is back. Until one is seen, whichever it is, a call
    # that is traced gets nowhere in Python 3.11: it looks for the exception again and again. So this thread sees one.
    with contextlib.suppress(_TimeUp):
        _end(threading.current_thread())
        for _ in range(100):
            pass
    return False


def _end(thread: threading.Thread) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_TimeUp))


def _no_input(*_: Any) -> str:
    raise RuntimeError("a function that is checked cannot ask for input; use its arguments")
