#!/usr/bin/env python3
"""How long a check takes, for the answers that the tests plant.

    PYTHONPATH=. .venv/bin/python bench/checks.py

Prints, for right and for wrong functions, the median of the seconds that a check takes and the slowest one.
"""

import contextlib
import io
import statistics
import time
from typing import Any

from klnotes.check._engine.search import Check
from tests.planted import RIGHT, TASKS, WRONG


def seconds(task: Check, function: Any) -> float:
    with contextlib.redirect_stdout(io.StringIO()):
        start = time.perf_counter()
        task(function)
        return time.perf_counter() - start


def main() -> None:
    for kind, planted in (("right", RIGHT), ("wrong", WRONG)):
        times = {}
        for key, answers in planted.items():
            task = TASKS[key]
            if isinstance(task, Check):
                for number, answer in enumerate(answers, 1):
                    times[(*key, number)] = seconds(task, answer[0] if kind == "wrong" else answer)
        slowest = max(times, key=times.__getitem__)
        print(f"{kind}: {len(times)} checks, median {statistics.median(times.values()):.2f} s, ", end="")
        print(f"slowest {times[slowest]:.2f} s ({slowest[0]}, {slowest[1]}, number {slowest[2]})")


if __name__ == "__main__":
    main()
