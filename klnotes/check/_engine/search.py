"""Look for a small input on which a reader's function differs from klnotes, and for a mistake that explains it."""

import contextlib
import functools
import inspect
import linecache
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
from klnotes.check._engine.run import STEPS, Outcome, call
from klnotes.check._engine.verdict import Task, Verdict, compared, kind_of, written

Function = Callable[..., Any]
Arguments = tuple[Any, ...]

REFUSAL = object()  # what `truth` gives where a ValueError is the right answer
# Tight enough to see a small number added in a logarithm, wide enough for any order of summation.
_CLOSE: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-11}
_TIGHT: dict[str, Any] = {"rtol": 1e-13, "atol": 1e-14}  # tells one small number from another
_ROUGHLY: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-7}
_MOST = 50  # inputs in a stage
_LEAST = 3  # results that a mistake must explain before it is named
_SMALL = [10.0**-k for k in range(2, 17)] + [
    1e-20,
    1e-30,
    1e-300,
    *map(float, (np.finfo(float).eps, np.finfo(float).tiny)),
]
_NONE = 1e-320  # this one changes nothing but log 0
# The ways to put a small number into an array of probabilities.
_PUT_IN: list[Callable[[Any, float], Any]] = [
    lambda x, small: x + small,
    lambda x, small: np.maximum(x, small),
    lambda x, small: (x + small) / np.sum(x + small),
    lambda x, small: np.maximum(x, small) / np.sum(np.maximum(x, small)),
]
_GUARDED = (
    "A small number, {small:.3g}, keeps it away from log 0. That can move a value, by much where a tiny probability in "
    "a logarithm has a large weight; and where the value is inf, a number comes out that only measures what was put in."
)
_NOTHING_HERE = (
    "It returns nothing (None) for this input. Does every branch end with a return, and does what is returned get its "
    "value on the way?"
)
_EXACT_SUM = (
    "It fails only where rounding makes a sum 0.9999999999999999 or 1.0000000000000002. Does it ask whether the sum is "
    "exactly 1? Ask whether it is nearly 1."
)
_CUTS: Mapping[str, Function] = {
    "It is cut down to a whole number.": np.trunc,
    "It is rounded to a whole number.": np.round,
    **{
        f"It is rounded to {k} digit{'s' * (k > 1)} after the point.": functools.partial(np.round, decimals=k)
        for k in range(1, 10)
    },
}
_ENOUGH = 10 * STEPS  # for all of the calls that look for a simpler input; the verdict does not depend on it


@dataclass(frozen=True, eq=False)
class Stage:
    """Inputs of one kind; a later stage is looked at only if the earlier ones went well."""

    kind: str
    inputs: SearchStrategy[Arguments]
    hint: str = ""  # for what goes wrong here for a reason that no known mistake explains
    zeros: bool = False  # the hint is about zeros and their logarithms: it is given where the input has one
    tiny: bool = False  # the results are too small for mistakes to be told apart

    @functools.cached_property
    def sample(self) -> Sequence[Arguments]:
        """The inputs on which every function is tried, the simple ones first."""
        drawn: list[Arguments] = []

        def keep(arguments: Arguments) -> bool:
            drawn.append(arguments)
            return False

        _explore(self.inputs, keep)
        return sorted(drawn, key=lambda arguments: (sum(map(np.size, arguments)), len(written(arguments))))

    def hints(self, arguments: Arguments) -> list[str]:
        """What to tell of an input that goes wrong for an unknown reason."""
        has_zeros = any(np.any((x == 0) | (x == -np.inf)) for x in arguments if isinstance(x, np.ndarray))
        return [self.hint] if self.hint and (has_zeros or not self.zeros) else []


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
    slips : mapping of str to callable or sequence of callable
        For each mistake that the check knows: what to tell the reader, and a function that makes it, or several.
    guards : sequence of callable
        Formulas of the result that keep away from log 0; the first argument puts a small number into an array.
    unit : str
        Unit of the result, if it has one.
    accepts : callable
        Whether a result is right, if more than one can be: accepts(result, *arguments).
    """

    what: str
    names: Sequence[str]
    truth: Function
    stages: Sequence[Stage]
    slips: Mapping[str, Function | Sequence[Function]] = field(default_factory=dict)
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
                notes = search.explanation(stage, arguments, outcome)
                if number and not outcome.late:
                    notes.insert(
                        0, f"It passes on {', '.join(s.kind for s in self.stages[:number])}, as far as they were tried."
                    )
                code = self._code(name, arguments, outcome)
                return Verdict(False, f"{name} does not give {self.what} yet", code, [*notes, *search.asides()])
        kinds = ", ".join(stage.kind for stage in self.stages)
        verified = f"Verified on {len(search.passed)} generated inputs: {kinds}."
        return Verdict(True, f"{name} gives {self.what}", notes=[verified, *search.hidden_guard(), *search.asides()])

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
    def guarded(self) -> Sequence[tuple[str, Function, Function]]:
        """What the guards give for each small number that is looked for."""
        return self.guarded_by(_SMALL)

    def guarded_by(self, numbers: Sequence[float]) -> Sequence[tuple[str, Function, Function]]:
        """For each small number and way to put it in: hint, function, and what the function is without the number."""
        ways = [(guard, put_in) for guard in self.guards for put_in in _PUT_IN]
        bare = [functools.partial(guard, functools.partial(_put, put_in, _NONE)) for guard, put_in in ways]
        return [
            (_GUARDED.format(small=small), functools.partial(guard, functools.partial(_put, put_in, small)), without)
            for small in numbers
            for (guard, put_in), without in zip(ways, bare, strict=True)
        ]

    @functools.cached_property
    def factors(self) -> Mapping[str, float]:
        """Hint and factor of the wrong sign and of every other unit."""
        return {SIGN: -1.0, **in_other_units(self.unit)} if self.unit else {}

    @functools.cached_property
    def cut(self) -> Sequence[tuple[str, Function]]:
        """Hint and function for each number of digits that may be left."""
        return [(hint, functools.partial(_cut, self.truth, cut)) for hint, cut in _CUTS.items()]

    @functools.cached_property
    def mistakes(self) -> Sequence[tuple[str, Function]]:
        """Hint and function for every way to make a known mistake."""
        ways = {hint: slip if isinstance(slip, Sequence) else [slip] for hint, slip in self.slips.items()}
        return [(hint, slip) for hint, slips in ways.items() for slip in slips]

    @functools.cached_property
    def suspects(self) -> Sequence[tuple[str, Function, float]]:
        """Hint, function and factor of every known mistake, those with a single fault first."""
        single = [(hint, slip, 1.0) for hint, slip in self.mistakes]
        scaled = [(hint, self.truth, factor) for hint, factor in self.factors.items()]
        both = [
            (f"{hint} And: {more[0].lower()}{more[1:]}", slip, factor)
            for hint, slip in self.mistakes
            for more, factor in self.factors.items()
        ]
        return [*single, *scaled, *both]


class _Search:
    """The search for a small input on which a function fails, with what it has tried."""

    def __init__(self, check: Check, function: Function) -> None:
        self.check, self.function = check, function
        self.passed: list[tuple[Stage, int, Any]] = []  # where it was right, and what it gave
        self.steps, self.printed = 0, ""
        self.overwritten: set[int] = set()

    def smallest(self, stage: Stage) -> tuple[Arguments, Outcome | None]:
        """The simplest input that goes wrong and what came, or no outcome if all went well."""
        found: list[tuple[Arguments, Outcome]] = []

        def fails(arguments: Arguments, wanted: Any) -> bool:
            if found and (found[-1][1].late or self.steps > _ENOUGH):
                return False
            outcome = self._tried(arguments)
            wrong = not self.check.right(outcome, arguments, wanted)
            if wrong:
                found.append((arguments, outcome))
            return wrong and not outcome.late

        for k, arguments in enumerate(stage.sample):
            outcome = self._tried(arguments)
            if not self.check.right(outcome, arguments, at(self.check.truth, stage, k)):
                found.append((arguments, outcome))
                break
            self.passed.append((stage, k, outcome.value))
        else:
            return (), None
        # Drawing takes much longer than trying, so it is done again only where there is something to simplify.
        if not outcome.late:
            _explore(stage.inputs, lambda arguments: fails(arguments, self.check.truth(*arguments)))
        return found[-1]

    def _tried(self, arguments: Arguments) -> Outcome:
        outcome = call(self.function, arguments)
        self.steps += outcome.steps
        self.printed = self.printed or outcome.printed
        self.overwritten |= outcome.overwritten
        return outcome

    def explanation(self, stage: Stage, arguments: Arguments, outcome: Outcome) -> list[str]:
        """Hints: what came, and the mistake that gives the same as the reader's function on a whole sample.

        Inputs on which the function raises are passed over, if the input to be shown is none of them.
        """
        if outcome.late:
            return ["It was stopped. Does every loop come to an end?"] + ["Restart the kernel."] * outcome.stuck
        if _is_exception(outcome.value):
            return ["It returns an exception. Write raise in place of return."]
        wanted = self.check.truth(*arguments)
        number, problem = _numbers(outcome.value, wanted)
        # In the first stage an error says it all, and so does a list where one number is asked for.
        plain = stage is self.check.stages[0] and (outcome.error is not None or bool(problem))
        general = [] if plain else stage.hints(arguments)
        tried = [self._tried(sampled) for sampled in stage.sample]
        if outcome.error is None and outcome.value is None and wanted is not REFUSAL:
            if all(one.value is None for one in tried):
                return ["It returns nothing (None). Is a return missing?"]
            return [_NOTHING_HERE, *general]
        if stage.tiny:
            return general
        truths = [at(self.check.truth, stage, k) for k in range(len(tried))]
        results = [_result(one, truth) for one, truth in zip(tried, truths, strict=True)]
        known = [result for result in results if result is not None]
        if not known or any(one.late for one in tried):
            return general

        def alike(function: Function, factor: float = 1.0, close: Mapping[str, Any] = _CLOSE) -> bool:
            explained = 0
            for k, (result, truth) in enumerate(zip(results, truths, strict=True)):
                other = at(function, stage, k)
                passed_over = result is None and other is not None and number is not None and truth is not REFUSAL
                if not (passed_over or (other is None if result is None else _same(result, other, factor, close))):
                    return False
                explained += not passed_over
            return explained >= _LEAST

        for hint, slip, factor in self.check.suspects:
            if alike(slip, factor) and self._would_pass(slip, factor, stage):
                return [hint]
        for hint, guard, bare in self.check.guarded:
            if alike(guard, close=_TIGHT) and not alike(bare, close=_TIGHT):
                return [hint]
        same = len(known) == len(tried) and all(np.array_equal(result, known[0]) for result in known)
        if same and not all(truth is REFUSAL for truth in truths):
            return [f"It gives {compared(known[0], None)[0]} for every input that was tried."]
        if always := _always(results, truths):
            return [always]
        for hint, cut in self.check.cut:
            if alike(cut):
                return [hint]
        if alike(self.check.truth, 1.0, _ROUGHLY):
            return ["It is right to five digits. Is something rounded, in single precision, or was something added?"]
        wrong = [
            sampled
            for sampled, one, truth in zip(stage.sample, tried, truths, strict=True)
            if not self.check.right(one, sampled, truth)
        ]
        return [_EXACT_SUM] if wrong and all(self._needs_exact_sums(sampled) for sampled in wrong) else general

    def _needs_exact_sums(self, arguments: Arguments) -> bool:
        """Whether a sum is 1 but for rounding, and the function is right once it is exactly 1."""
        exact = tuple(_with_exact_sums(x) if isinstance(x, np.ndarray) else x for x in arguments)
        return _sums_nearly(arguments) and self.check.right(self._tried(exact), exact, self.check.truth(*exact))

    def _would_pass(self, slip: Function, factor: float, stage: Stage) -> bool:
        """Whether a mistake comes as far as this stage, as the function did: else it is another one."""
        for before, k, _ in self.passed:
            other, truth = at(slip, before, k), at(self.check.truth, before, k)
            if before is stage or (truth is REFUSAL and other is None):
                continue
            if other is None or not self.check.right(Outcome(factor * np.asarray(other)), before.sample[k], truth):
                return False
        return True

    def hidden_guard(self) -> list[str]:
        """For a function that passed, a small number that its results bear although it is too small to count.

        That is said only if the number explains nearly all of what the results are off by; in rounding it does not.
        """
        truths = [at(self.check.truth, stage, k) for stage, k, _ in self.passed]
        if not self.check.guards or np.isinf(np.hstack(truths)).any():  # at inf it would have shown
            return []
        off = [np.asarray(value, float) - truth for (_, _, value), truth in zip(self.passed, truths, strict=True)]
        for hint, guard, bare in self.check.guarded:
            left = 0.0
            for (stage, k, _), truth, came in zip(self.passed, truths, off, strict=True):
                with np.errstate(all="ignore"):
                    rest = came - (at(guard, stage, k) - at(bare, stage, k))
                if not np.all(np.abs(rest) <= 1e-15 * np.maximum(1, np.abs(truth))):
                    break
                left += float(np.sum(rest**2))
            else:
                if left < 0.05 * sum(float(np.sum(came**2)) for came in off):
                    digits = int(-np.log10(max(np.max(np.abs(came)) for came in off)))
                    return [f"It is right to {digits} digits after the point, but: {hint[0].lower()}{hint[1:]}"]
        return []

    def asides(self) -> list[str]:
        """What else the function did."""
        names = [self.check.names[place] for place in sorted(self.overwritten)]
        said = [
            f"It also overwrites its argument {name}, so the caller's array changes. Work on a copy: {name}.copy()."
            for name in names
        ]
        first = self.printed.strip().split("\n")[0][:60]
        if first:
            said.append(f"It also prints ({first!r}); a function hands its result over with return.")
        return said


def _put(put_in: Callable[[Any, float], Any], small: float, x: Any) -> Any:
    return put_in(x, small)


def _cut(truth: Function, cut: Function, *arguments: Any) -> Any:
    value = truth(*arguments)
    return value if value is REFUSAL else cut(value)


def _always(results: Sequence[Any], truths: Sequence[Any]) -> str:
    """The factor or the number by which all results miss the right ones, if it is the same for all."""
    pairs = list(zip(results, truths, strict=True))
    if any(t is REFUSAL or result is None or np.shape(result) != np.shape(t) for result, t in pairs):
        return ""
    came, wanted = np.hstack([np.ravel(x) for x in results]), np.hstack([np.ravel(x) for x in truths])
    finite = np.isfinite(wanted)
    if not np.array_equal(came[~finite], wanted[~finite]):
        return ""
    came, wanted = came[finite], wanted[finite]
    factors, more = came[wanted != 0] / wanted[wanted != 0], came - wanted
    if len(factors) > 2 and np.allclose(factors, factors[0], **_CLOSE) and np.allclose(came[wanted == 0], 0, **_CLOSE):
        factor = compared(factors[0], 1.0)[0]
        return f"It is {factor} times what is asked for, on every input that was tried."
    if len(more) > 2 and np.allclose(more, more[0], **_CLOSE):
        return f"It is {abs(more[0]):.4g} too {'high' if more[0] > 0 else 'low'}, on every input that was tried."
    return ""


def _sums_nearly(arguments: Arguments) -> bool:
    """Whether a sum of numbers, or of a row of them, is 1 but for rounding."""
    sums = [np.append(x.sum(axis=-1), x.sum()) for x in arguments if isinstance(x, np.ndarray)]
    return any(np.any((x != 1) & (np.abs(x - 1) < 1e-12)) for x in sums)


def _with_exact_sums(x: NDArray[Any]) -> NDArray[Any]:
    """The same numbers, of which the last above 0 takes over what rounding has left of a sum of 1."""
    x = np.array(x)
    rows = x.reshape(-1, x.size if abs(x.sum() - 1) < 1e-12 else x.shape[-1])  # a view
    for _ in range(3):
        left = 1 - rows.sum(axis=1)
        last = rows.shape[1] - 1 - (rows[:, ::-1] > 0).argmax(axis=1)
        rows[np.arange(len(rows)), last] += np.where(np.abs(left) < 1e-12, left, 0).astype(x.dtype)
    return x


def _result(outcome: Outcome, truth: Any) -> NDArray[np.float64] | None:
    return None if outcome.late or outcome.error is not None else _numbers(outcome.value, truth)[0]


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
def at(function: Function, stage: Stage, number: int) -> Any:
    """What the truth or a mistake gives for an input of the sample, or None where it fails itself."""
    try:
        with np.errstate(all="ignore"):
            return function(*stage.sample[number])
    except (ArithmeticError, LookupError, ValueError):
        return None


def _same(result: NDArray[np.float64], other: Any, factor: float, close: Mapping[str, Any]) -> bool:
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


def _is_exception(value: Any) -> bool:
    return isinstance(value, BaseException) or (isinstance(value, type) and issubclass(value, BaseException))


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
