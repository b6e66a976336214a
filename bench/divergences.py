"""klnotes beside what people use: the same input, in turns, in one process.

`make bench` prints the tables and stores them as a page of the book, reference/benchmarks.md. The peers are an extra
(`pip install -e ".[bench]"`); one that is not installed is a row that says so.
"""

import datetime
import gc
import importlib.metadata
import platform
import statistics
import subprocess
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special, stats
from scipy.spatial.distance import jensenshannon

import klnotes
from tests import reference

try:
    import torch
    from torch.distributions import MultivariateNormal, kl

    torch.set_num_threads(1)  # like the others
except ImportError:
    torch = None
try:
    from sklearn.metrics import mutual_info_score
except ImportError:
    mutual_info_score = None
try:
    import dit
except ImportError:
    dit = None

Function = Callable[..., Any]
Cases = list[tuple[tuple[Any, ...], Any]]  # arguments, and the truth about them
PAGE = Path(__file__).parents[1] / "reference/benchmarks.md"
MISSING = "not installed"
DISTANCES = [3, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12]


def torch_kl(p: np.ndarray, q: np.ndarray) -> Any:
    target, model = torch.from_numpy(p), torch.from_numpy(q)
    return torch.nn.functional.kl_div(model.log(), target, reduction="none").sum(-1).numpy()


def torch_kl_from_logits(a: np.ndarray, b: np.ndarray) -> Any:
    a, b = (torch.from_numpy(x).log_softmax(-1) for x in (a, b))
    return torch.nn.functional.kl_div(b, a, reduction="sum", log_target=True).item()


def torch_gaussian_kl(*arguments: np.ndarray) -> Any:
    mean0, cov0, mean1, cov1 = (torch.from_numpy(x) for x in arguments)
    return kl.kl_divergence(MultivariateNormal(mean0, cov0), MultivariateNormal(mean1, cov1)).item()


def sklearn_mutual_information(table: np.ndarray) -> Any:
    return mutual_info_score(None, None, contingency=table)


def dit_kl(p: np.ndarray, q: np.ndarray) -> Any:
    p, q = (dit.Distribution([str(i) for i in range(len(x))], list(x)) for x in (p, q))
    return dit.divergences.kullback_leibler_divergence(p, q) * np.log(2)


OURS, DIT = "klnotes", "dit"
KL: dict[str, Function | None] = {
    OURS: klnotes.kl_divergence,
    "NumPy": lambda p, q: (p * np.log(p / q)).sum(-1),
    "`rel_entr`": lambda p, q: special.rel_entr(p, q).sum(-1),
    "`kl_div`": lambda p, q: special.kl_div(p, q).sum(-1),
    "`stats.entropy`": lambda p, q: stats.entropy(p, q, axis=-1),
    "torch": torch and torch_kl,
    DIT: dit and dit_kl,
}


def power(number: float) -> str:
    return f"$10^{{{round(np.log10(number))}}}$"


def short(number: float) -> str:
    """As in 3e−16, with a minus that no line breaks at."""
    return f"{number:.0e}".replace("e+00", "").replace("e-0", "e-").replace("e+0", "e+").replace("-", "−")


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def pair(*shape: int, near: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Two distributions along the last axis; if `near` is not 0, they differ by about that much."""
    rng = np.random.default_rng(0)
    q = rng.standard_exponential(shape)
    p = q * (1 + near * rng.random(shape)) if near else rng.standard_exponential(shape)
    return p / p.sum(axis=-1, keepdims=True), q / q.sum(axis=-1, keepdims=True)


def in_turns(functions: dict[str, Function], rounds: int, repeat: int = 1) -> dict[str, list[float]]:
    """Seconds of each function, round by round. In a round all have their turn: a noisy minute hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    gc.disable()
    for number in range(rounds + 1):
        for name, function in functions.items():
            start = time.perf_counter()
            for _ in range(repeat):
                function()
            if number:  # the first round warms up
                seconds[name].append((time.perf_counter() - start) / repeat)
    gc.enable()
    return seconds


def speed(size: int) -> str:
    """The time of each over the time of klnotes."""
    cases = {
        "n = 3": (pair(3), 300),
        f"one row of {power(size)}": (pair(size), 1),
        f"{power(size // 1000)} rows of $10^3$": (pair(size // 1000, 1000), 1),
        f"one row of {power(size)}, equal to $10^{{-8}}$": (pair(size, near=1e-8), 1),
    }
    cells: dict[str, list[str]] = {name: [] for name in KL}
    for (p, q), repeat in cases.values():
        # dit takes minutes for more than a few hundred outcomes.
        able = {name: f for name, f in KL.items() if f and (name != DIT or p.size == 3)}
        seconds = in_turns({name: lambda f=f, p=p, q=q: f(p, q) for name, f in able.items()}, 9, repeat)
        for name, function in KL.items():
            if name in seconds:
                ratio = statistics.median(a / b for a, b in zip(seconds[name], seconds[OURS], strict=True))
                cells[name].append(f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}")
            else:
                cells[name].append("too slow" if function else MISSING)
    return table(["", *cases], [[name, *row] for name, row in cells.items()])


def worst(function: Function | None, cases: Cases) -> str:
    """The largest relative error over the cases, and how many results were not finite."""
    if function is None:
        return MISSING
    results = [(float(function(*arguments)), true) for arguments, true in cases]
    errors = [reference.error(got, true) for got, true in results if np.isfinite(got)]
    lost = len(results) - len(errors)
    largest = short(max(errors)) if errors else ""
    return f"{largest}{' and ' if lost and errors else ''}{f'{lost} of {len(results)} not finite' if lost else ''}"


def kl_errors(sizes: list[int]) -> str:
    cases: dict[float, Cases] = {d: [] for d in DISTANCES}
    for distance, found in cases.items():
        for n in sizes:
            for seed in range(5 if n < 1000 else 1):
                p, q = reference.pair(n, distance, seed)
                found.append(((p, q), reference.exact_kl(p, q)))
    small = {d: [c for c in found if len(c[0][0]) <= 1000] for d, found in cases.items()}
    draws = [reference.pair(5, 1e-9, seed) for seed in range(1000)]
    rows = []
    for name, function in KL.items():
        errors = [worst(function, (small if name == DIT else cases)[d]) for d in DISTANCES]
        below = sum(not function(p, q) >= 0 for p, q in draws) if function else MISSING
        rows.append([name, *errors, str(below)])
    return table(
        ["", *(f"{d:.0e}".replace("e-0", "e-") if d < 1 else str(d) for d in DISTANCES), "negative or NaN"], rows
    )


def other_errors() -> str:
    rng = np.random.default_rng(0)
    near = [reference.pair(n, d, n) for n in (2, 10, 1000) for d in (1, 1e-2, 1e-4, 1e-6, 1e-8)]
    near += [reference.pair(5, 1e-9, seed) for seed in range(1000)]
    js: Cases = [((p, q), reference.exact_js(p, q)) for p, q in near]
    counts = [np.outer([1, 2, 3], [4, 3, 2, 1]) * 10**6 + rng.integers(-20, 20, (3, 4)) for _ in range(20)]
    mi: Cases = [((c,), reference.exact_mi(c)) for c in counts]
    logits: Cases = []
    for spread in (1, 30, 1000):
        for distance in (1000, 1, 1e-4, 1e-8):
            a = spread * rng.standard_normal(10)
            b = a + distance * rng.standard_normal(10)
            true = reference.exact_kl_from_logits(a, b)
            if true > 1e-290:  # a smaller one is not a normal float
                logits.append(((a, b), true))
    normal: Cases = []
    for distance in (1, 1e-2, 1e-4, 1e-6, 1e-8):
        cov1 = np.cov(rng.standard_normal((3, 20)))
        shape = np.eye(3) + distance * rng.uniform(-0.2, 0.2, (3, 3))
        cov0 = shape @ cov1 @ shape.T
        arguments = rng.standard_normal(3) * distance, (cov0 + cov0.T) / 2, np.zeros(3), (cov1 + cov1.T) / 2
        normal.append((arguments, reference.exact_gaussian_kl(*arguments)))
    single = [tuple(x.astype(np.float32) for x in reference.pair(1000, d, 1)) for d in (1, 1e-1, 1e-2, 1e-3)]
    float32: Cases = [((p, q), reference.exact_kl(p, q)) for p, q in single]
    compared: list[tuple[str, Cases, Function, str, Function | None]] = [
        (
            "Jensen–Shannon",
            js,
            klnotes.js_divergence,
            "SciPy's `jensenshannon`, squared",
            lambda p, q: jensenshannon(p, q) ** 2,
        ),
        (
            "mutual information of counts",
            mi,
            lambda c: klnotes.mutual_information(c, normalize=True),
            "scikit-learn's `mutual_info_score`",
            mutual_info_score and sklearn_mutual_information,
        ),
        (
            "KL from logits, spread to 1000",
            logits,
            klnotes.kl_from_logits,
            "torch, with `log_softmax`",
            torch and torch_kl_from_logits,
        ),
        (
            "KL of normal distributions, d = 3",
            normal,
            klnotes.multivariate_gaussian_kl,
            "`torch.distributions`",
            torch and torch_gaussian_kl,
        ),
        (
            "KL of float32 input",
            float32,
            klnotes.kl_divergence,
            "torch",
            torch and torch_kl,
        ),
    ]
    rows = [[what, worst(ours, cases), name, worst(theirs, cases)] for what, cases, ours, name, theirs in compared]
    return table(["", "klnotes", "the peer", "its error"], rows)


def extra_memory(function: Function, p: np.ndarray, q: np.ndarray) -> float:
    """The peak of what a call allocates, as a part of one input."""
    tracemalloc.start()
    function(p, q)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / p.nbytes


def memory(size: int) -> str:
    p, q = pair(size)
    rows = []
    for name, function in KL.items():
        if name in (DIT, "torch"):
            rows.append([name, "too slow" if name == DIT else "not traced: its own allocator"])
        elif function is not None:
            rows.append([name, f"{extra_memory(function, p, q):.3f}"])
    return table(["", "peak extra memory / one input"], rows)


def imports(rounds: int) -> str:
    """Seconds that an import takes in a new interpreter, over those of scipy.special."""
    code = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"
    seconds: dict[str, list[float]] = {}
    modules = ["scipy.special", "klnotes", "scipy.stats", "sklearn.metrics", "torch", "dit"]
    rows = []
    for number in range(rounds + 1):
        for module in modules:
            run = subprocess.run(
                [sys.executable, "-c", code.format(module)], capture_output=True, text=True, check=False
            )
            if run.returncode == 0 and number:  # the first round fills the disk's cache
                seconds.setdefault(module, []).append(float(run.stdout))
    for module in modules:
        if module in seconds:
            ratio = statistics.median(a / b for a, b in zip(seconds[module], seconds["scipy.special"], strict=True))
            rows.append([f"`import {module}`", f"{ratio:.1f}"])
        else:
            rows.append([f"`import {module}`", MISSING])
    return table(["", "time / that of scipy.special"], rows)


def scaling(largest: int) -> str:
    rows = []
    for exponent in range(3, round(np.log10(largest)) + 1):
        cells = [f"$10^{exponent}$"]
        for shape in ((10**exponent,), (10**exponent // 1000, 1000)):
            p, q = pair(*shape)
            rounds, repeat = (9, 50) if p.size <= 10**5 else (5, 1)
            seconds = statistics.median(
                in_turns({"": lambda p=p, q=q: klnotes.kl_divergence(p, q)}, rounds, repeat)[""]
            )
            cells += [f"{seconds / p.size * 1e9:.1f}", f"{extra_memory(klnotes.kl_divergence, p, q):.3f}"]
        rows.append(cells)
    return table(
        ["n", "one row: ns / outcome", "memory / input", "rows of $10^3$: ns / outcome", "memory / input"], rows
    )


def processor() -> str:
    names = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.partition(":")[2].strip() for line in names if line.startswith("model name")), platform.machine())


def versions() -> str:
    found = [f"Python {platform.python_version()}", f"klnotes {klnotes.__version__}"]
    for package in ("numpy", "scipy", "scikit-learn", "torch", "dit"):
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{package} {MISSING}")
    return ", ".join(found)


def page(size: int, sizes: list[int]) -> str:
    """All of it, as a page of the book."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return f"""# Benchmarks

`make bench` wrote this page on {datetime.date.today()}, on one core of {processor()}, with {versions()}.
All calls of a table took turns in one process, and each number is the median of the ratios within a turn.
Another machine gives other numbers; the ratios move less than the times.

The calls are `klnotes.kl_divergence(p, q)`; in NumPy `(p * np.log(p / q)).sum(-1)`;
in SciPy `special.rel_entr(p, q).sum(-1)`, `special.kl_div(p, q).sum(-1)` and `stats.entropy(p, q, axis=-1)`;
`torch.nn.functional.kl_div(q.log(), p, reduction="none").sum(-1)`;
and `dit.divergences.kullback_leibler_divergence`.

## Time

How many times as long as `klnotes.kl_divergence` each one takes.
It alone looks at every entry and every sum of its input first.

{speed(size)}

## Digits

The largest relative error, by how far P and Q are apart, against 60-digit arithmetic on the very same floats,
for {", ".join(power(n) if n > 2 else str(n) for n in sizes)} outcomes (dit: to $10^3$).
A relative error of 1 means that no digit is right.
The last column counts negative or NaN results among 1000 draws of nearly equal distributions (n = 5, distance 1e-9).

{kl_errors(sizes)}

The rest of the family, from far apart to equal in eight digits (Jensen–Shannon: also the 1000 draws):

{other_errors()}

## Memory and import

{memory(size)}

{imports(5 if size > 10**5 else 1)}

## Growth

`klnotes.kl_divergence` works in blocks that stay in the cache:
the time grows with the number of outcomes, and the extra memory does not.

{scaling(10 * size)}
"""


if __name__ == "__main__":
    text = page(10**7, [2, 10, 1000, 100_000])
    PAGE.write_text(text, "utf-8")
    print(text)
