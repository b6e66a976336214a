"""Look for a small input on which a reader's function differs from klnotes, and for a mistake that explains it."""

import contextlib
import functools
import inspect
import linecache
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from klnotes.check._engine.hints import SIGN, in_other_units
from klnotes.check._engine.run import Outcome, call
from klnotes.check._engine.verdict import Task, Verdict, compared, kind_of, written

Function = Callable[..., Any]
Arguments = tuple[Any, ...]

REFUSAL = object()  # what `truth` gives where a ValueError is the right answer
# Tight enough to see a small number added in a logarithm, wide enough for any order of summation.
_CLOSE: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-11}
_ROUGHLY: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-7}
_MOST = 50  # inputs in a stage
_SMALL = [10.0**-k for k in range(2, 17)] + [
    1e-20,
    1e-30,
    1e-300,
    *map(float, (np.finfo(float).eps, np.finfo(float).tiny)),
]
_GUARDED = (
    "A small number, {small:.3g}, keeps it away from log 0. That can move a value, by much where a tiny probability in "
    "a logarithm has a large weight; and where the value is inf, a number comes out that only measures what was put in."
)
# For all of a check, as processor time of the reader's function and on the clock: only to end what takes for ever.
_SECONDS = 30.0
_CLOCK_SECONDS = 120.0


@dataclass(frozen=True, eq=False)
class Stage:
    """Inputs of one kind; a later stage is looked at only if the earlier ones went well."""

    kind: str
    inputs: SearchStrategy[Arguments]
    hint: str = ""  # for what goes wrong here for a reason that no known mistake explains
    tiny: bool = False  # the results are too small for mistakes to be told apart

    @functools.cached_property
    def sample(self) -> Sequence[Arguments]:
        """The inputs on which every function is tried."""
        drawn: list[Arguments] = []

        def keep(arguments: Arguments) -> bool:
            drawn.append(arguments)
            return False

        _explore(self.inputs, keep)
        return drawn


@dataclass(frozen=True, eq=False)
class Check(Task):
    """A check of a reader's function against klnotes.

    Call it with the function: the result is a verdict, which Jupyter shows as a card and a terminal as plain text.

    Attributes
    ----------
    what : str
        What the function is to give.
    names : sequence of str
        Its arguments.
    truth : callable
        What klnotes gives for them.
    stages : sequence of Stage
        The inputs to try.
    slips : mapping of str to callable
        For each mistake that the check knows: what to tell the reader, and a function that makes it.
    guards : sequence of callable
        Ways to keep away from log 0; their last argument is the small number that does it.
    unit : str
        Unit of the result, if it has one.
    accepts : callable
        Whether a result is right, if more than one can be: accepts(result, *arguments).
    """

    what: str
    names: Sequence[str]
    truth: Function
    stages: Sequence[Stage]
    slips: Mapping[str, Function] = field(default_factory=dict)
    guards: Sequence[Function] = ()
    unit: str = ""
    accepts: Function | None = None

    def judged(self, function: Any, /) -> Verdict:
        """The verdict on a function."""
        name = getattr(function, "__name__", "your function")
        name = name if isinstance(name, str) and name.isidentifier() else "your function"
        if _is_stub(function):
            return self.unattempted(name)
        if problem := self._cannot_be_called(function, name):
            return Verdict(False, problem)
        search = _Search(self, function)
        for number, stage in enumerate(self.stages):
            arguments, outcome = search.smallest(stage)
            if outcome is not None:
                if isinstance(outcome.error, NotImplementedError):
                    return self.unattempted(name)
                notes = [*search.explanation(stage, outcome)]
                if number and not outcome.late:
                    notes.insert(
                        0, f"It passes on {', '.join(s.kind for s in self.stages[:number])}, as far as they were tried."
                    )
                code = self._code(name, arguments, outcome)
                return Verdict(False, f"{name} does not give {self.what} yet", code, [*notes, *_about(search.printed)])
        if search.over():
            slow = "It is right on what was tried, but each call takes so long that there was no time for more."
            return Verdict(False, f"{name} is too slow to be checked", notes=[slow, *_about(search.printed)])
        kinds = ", ".join(stage.kind for stage in self.stages)
        verified = f"Verified on {search.count} generated inputs: {kinds}."
        return Verdict(True, f"{name} gives {self.what}", notes=[verified, *_about(search.printed)])

    def _cannot_be_called(self, function: Any, name: str) -> str:
        wanted = f"{len(self.names)} argument{'s' * (len(self.names) > 1)}, {', '.join(self.names)}"
        if inspect.iscoroutinefunction(function):
            return f"{name} must be written with def alone, without async"
        if not callable(function):
            return f"This check needs the function itself, without brackets after its name, but got {kind_of(function)}"
        try:
            inspect.signature(function).bind(*self.names)
        except TypeError:
            return f"{name} must take {wanted}, but takes {inspect.signature(function)}"
        except ValueError:  # some builtins do not tell what they take
            pass
        return ""

    def _code(self, name: str, arguments: Arguments, outcome: Outcome) -> str:
        lines = [f"{n} = {written(value)}" for n, value in zip(self.names, arguments, strict=True)]
        lines.append(f"{name.replace(' ', '_')}({', '.join(self.names)})")
        wanted = self.truth(*arguments)
        if outcome.late:
            return "\n".join([*lines, "# does not come back"])
        if outcome.error is not None:
            got = f"stops with {type(outcome.error).__name__}{_message(outcome.error)}"
            return "\n".join([*lines, f"# {got}{_place(outcome.error)}", f"# expected {_expected(wanted)}"])
        array, problem = _numbers(outcome.value, wanted)
        if array is None or problem:
            return "\n".join([*lines, f"# gives    {problem}", f"# expected {_expected(wanted)}"])
        if wanted is REFUSAL:
            return "\n".join([*lines, f"# gives    {array.item():.4g}", f"# expected {_expected(wanted)}"])
        got, want = compared(array, wanted)
        return "\n".join([*lines, f"# gives    {got}", f"# expected {want}"])

    def right(self, outcome: Outcome, arguments: Arguments, wanted: Any) -> bool:
        """Whether the outcome is what klnotes gives."""
        if wanted is REFUSAL:
            return isinstance(outcome.error, ValueError)
        if outcome.late or outcome.error is not None:
            return False
        array, problem = _numbers(outcome.value, wanted)
        if array is None or problem:
            return False
        if self.accepts is not None:
            with np.errstate(all="ignore"):
                return bool(self.accepts(array, *arguments))
        return bool(np.allclose(array, wanted, **_CLOSE))

    @functools.cached_property
    def suspects(self) -> Sequence[tuple[str, Function, float]]:
        """Hint, function and factor of every known mistake, those with a single fault first."""
        factors = {SIGN: -1.0, **in_other_units(self.unit)}
        single = [(hint, slip, 1.0) for hint, slip in self.slips.items()]
        single += [
            (_GUARDED.format(small=small), functools.partial(_with_last, guard, small), 1.0)
            for small in _SMALL
            for guard in self.guards
        ]
        if not self.unit:
            return single
        scaled = [(hint, self.truth, factor) for hint, factor in factors.items()]
        both = [
            (f"{hint} And: {more[0].lower()}{more[1:]}", slip, factor)
            for hint, slip in self.slips.items()
            for more, factor in factors.items()
        ]
        return [*single, *scaled, *both]


class _Search:
    """The search for a small input on which a function fails, with what it has tried."""

    def __init__(self, check: Check, function: Function) -> None:
        self.check, self.function = check, function
        self.count, self.seconds, self.end = 0, 0.0, time.perf_counter() + _CLOCK_SECONDS
        self.printed = ""

    def over(self) -> bool:
        """Whether the time is up."""
        return self.seconds > _SECONDS or time.perf_counter() > self.end

    def smallest(self, stage: Stage) -> tuple[Arguments, Outcome | None]:
        """The simplest input that goes wrong and what came, or no outcome if all went well."""
        found: list[tuple[Arguments, Outcome]] = []

        def fails(arguments: Arguments, wanted: Any) -> bool:
            if self.over() or (found and found[-1][1].late):
                return False
            outcome = self._tried(arguments)
            wrong = not self.check.right(outcome, arguments, wanted)
            if wrong:
                found.append((arguments, outcome))
            return wrong and not outcome.late

        if not any(fails(arguments, _at(self.check.truth, stage, k)) for k, arguments in enumerate(stage.sample)):
            return found[0] if found else ((), None)
        # Drawing takes much longer than trying, so it is done again only where there is something to simplify.
        _explore(stage.inputs, lambda arguments: fails(arguments, self.check.truth(*arguments)))
        return found[-1]

    def _tried(self, arguments: Arguments) -> Outcome:
        outcome = call(self.function, arguments)
        self.count += 1
        self.seconds += outcome.seconds
        self.printed = self.printed or outcome.printed
        return outcome

    def explanation(self, stage: Stage, outcome: Outcome) -> list[str]:
        """Hints: what came, and the mistake that gives the same as the reader's function on every input of a sample."""
        if outcome.late:
            return ["It was stopped. Does every loop come to an end?"] + ["Restart the kernel."] * outcome.stuck
        if outcome.error is None and outcome.value is None:
            return ["It returns nothing (None). Is a return missing?"]
        general = [stage.hint] if stage.hint else []
        if stage.tiny:
            return general
        results = []
        for k, arguments in enumerate(stage.sample):
            tried = self._tried(arguments)
            result, _ = _numbers(tried.value, _at(self.check.truth, stage, k))
            if tried.late or tried.error is not None or result is None or self.over():
                return general
            results.append(result)
        for hint, slip, factor in self.check.suspects:
            if all(_same(result, _at(slip, stage, k), factor) for k, result in enumerate(results)):
                return [hint]
        if all(_same(result, _at(self.check.truth, stage, k), 1.0, _ROUGHLY) for k, result in enumerate(results)):
            return ["It is right to five digits. Is something rounded, or in single precision?"]
        return general


def _with_last(function: Function, last: float, *arguments: Any) -> Any:
    return function(*arguments, last)


def _explore(inputs: SearchStrategy[Arguments], condition: Callable[[Arguments], bool]) -> None:
    """Show inputs to a condition, and go on to simpler ones once it holds. The same inputs on every run."""
    chosen = settings(
        max_examples=_MOST,
        database=None,
        deadline=None,
        derandomize=False,  # the seed is given instead: it must not depend on the Python version
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    with contextlib.suppress(HypothesisException):  # nothing was found, or a function gave two results for one input
        find(inputs, condition, settings=chosen, random=Random(0))


@functools.cache
def _at(function: Function, stage: Stage, number: int) -> Any:
    """What the truth or a mistake gives for an input of the sample, or None where it fails itself."""
    try:
        with np.errstate(all="ignore"):
            return function(*stage.sample[number])
    except (ArithmeticError, ValueError):
        return None


def _same(result: NDArray[np.float64], other: Any, factor: float, close: Mapping[str, Any] = _CLOSE) -> bool:
    if other is None or other is REFUSAL or np.shape(other) != result.shape:
        return False
    return bool(np.allclose(result, factor * np.asarray(other), equal_nan=True, **close))


def _numbers(value: Any, wanted: Any) -> tuple[NDArray[np.float64] | None, str]:
    """A result as an array of numbers if it is one, and what is wrong with it in words."""
    shape = () if wanted is REFUSAL else np.shape(wanted)
    asked = "one number" if not shape else f"{shape[0]} numbers" if len(shape) == 1 else f"shape {shape}"
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fiuO" or value is None:
            return None, f"{kind_of(value)}, not {asked}"
        array = array.astype(np.float64, copy=False)
    except Exception:  # whatever an object of the reader's own does when it is asked for its numbers
        return None, f"{kind_of(value)}, not {asked}"
    if array.shape != shape:
        came = "one number" if not array.shape else f"an array of shape {array.shape}"
        return array, f"{came}, not {asked}"
    return array, ""


def _expected(wanted: Any) -> str:
    return "a ValueError" if wanted is REFUSAL else compared(wanted, None)[0]


def _is_stub(function: Any) -> bool:
    """Whether a function has no body but a docstring, `...` or `pass`."""
    code = getattr(function, "__code__", None)
    if code is None or not set(code.co_consts) <= {None, ..., function.__doc__}:
        return False
    return bool(code.co_code[::2] == (lambda: None).__code__.co_code[::2])


def _message(error: BaseException) -> str:
    try:
        first = str(error).strip().split("\n")[0][:100]
    except Exception:  # an exception of the reader's own may fail even at this
        return ""
    return f": {first}" * bool(first)


def _place(error: BaseException) -> str:
    """The line of the reader's function in which an error arose."""
    trace, line = error.__traceback__, ""
    while trace is not None:
        frame = trace.tb_frame.f_code
        if "site-packages" not in frame.co_filename and frame.co_filename != call.__code__.co_filename:
            line = linecache.getline(frame.co_filename, trace.tb_lineno).strip()
        trace = trace.tb_next
    return f", in: {line}" if line else ""


def _about(printed: str) -> list[str]:
    first = printed.strip().split("\n")[0][:60]
    return [f"It also prints ({first!r}); a function hands its result over with return."] if first else []
