"""Checks for the exercises: they run a reader's function against klnotes, and show a small input where it fails.

Each chapter has a module here, and in it each task of its exercises. Call the task with your answer: a function, a
number, a choice, a construction, or the steps of a proof in order. The verdict is a card in Jupyter and plain text in
a terminal.

>>> from math import log
>>> from klnotes.check import entropy as check
>>> check.entropy(lambda p: -sum(x * log(x) for x in p))
✗ your function does not give the entropy in bits yet
    p = np.array([1/2, 1/2])
    your_function(p)
    # gives    0.6931
    # expected 1
  That is in nats; the question asked for bits.
>>> check.race(3, guess=3)
✗ 3 is not right yet
  That is what eight equal words cost. The favorite deserves a shorter word.
>>> check.maximum("EB")
✗ E comes too early
  The logarithm of 1/(n p) needs p > 0: choose the outcomes first.
"""

try:
    import hypothesis  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("klnotes.check needs hypothesis; install it with: pip install hypothesis") from error

from klnotes.check._engine.verdict import Verdict

__all__ = ["Verdict"]
