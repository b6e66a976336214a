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
from collections.abc import Callable, Mapping
from functools import partial
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
try:
    import jax

    jax.config.update("jax_enable_x64", True)
except ImportError:
    jax = None
try:
    import numba
except ImportError:
    numba = None

Function = Callable[..., Any]
Cases = list[tuple[tuple[Any, ...], Any]]  # arguments, and the truth about them
PAGE = Path(__file__).parents[1] / "reference/benchmarks.md"
MISSING = "not installed"
TOO_SLOW = "too slow"
DISTANCES = [3, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12]
NEAR = 1e-8  # the relative change of what is timed near
SHAPES = [(3,), (30,), (10**3,), (10**5,), (10**6,), (10**7,), (10**4, 10), (10**4, 10**3)]
TABLES = [(100, 50), (300, 100), (300, 1000)]  # rows and outcomes, for all pairs of two tables


def torch_kl(p: np.ndarray, q: np.ndarray) -> Any:
    target, model = torch.from_numpy(p), torch.from_numpy(q)
    return torch.nn.functional.kl_div(model.log(), target, reduction="none").sum(-1).numpy()


def torch_kl_from_logits(a: np.ndarray, b: np.ndarray) -> Any:
    a, b = (torch.from_numpy(x).log_softmax(-1) for x in (a, b))
    return torch.nn.functional.kl_div(b, a, reduction="sum", log_target=True).item()


def torch_gaussian_kl(*arguments: np.ndarray) -> Any:
    mean0, cov0, mean1, cov1 = (torch.from_numpy(x) for x in arguments)
    return kl.kl_divergence(MultivariateNormal(mean0, cov0), MultivariateNormal(mean1, cov1)).item()


def torch_family_kl(family: str, *arguments: np.ndarray) -> Any:
    """Each distribution has one half of the arguments."""
    made = getattr(torch.distributions, family)
    numbers, count = [torch.tensor(x, dtype=torch.float64) for x in arguments], len(arguments) // 2
    return kl.kl_divergence(made(*numbers[:count]), made(*numbers[count:])).item()


def sklearn_mutual_information(table: np.ndarray) -> Any:
    return mutual_info_score(None, None, contingency=table)


def dit_kl(p: np.ndarray, q: np.ndarray) -> Any:
    p, q = (dit.Distribution([str(i) for i in range(len(x))], list(x)) for x in (p, q))
    return dit.divergences.kullback_leibler_divergence(p, q) * np.log(2)


def rows_kl(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """What a loop in plain Python says, for numba to compile."""
    found = np.zeros(len(p))
    for i in range(p.shape[0]):
        for j in range(p.shape[1]):
            found[i] += p[i, j] * np.log(p[i, j] / q[i, j])
    return found


if numba:
    rows_kl = numba.njit(rows_kl)
if jax:
    rows_rel_entr = jax.jit(lambda p, q: jax.scipy.special.rel_entr(p, q).sum(-1))


def numba_kl(p: np.ndarray, q: np.ndarray) -> Any:
    found = rows_kl(np.atleast_2d(p), np.atleast_2d(q))
    return found if p.ndim > 1 else found[0]


def jax_kl(p: np.ndarray, q: np.ndarray) -> Any:
    return np.asarray(rows_rel_entr(p, q))


def plain_renyi(order: float, p: np.ndarray, q: np.ndarray) -> Any:
    return np.log((p**order * q ** (1 - order)).sum(-1)) / (order - 1)


def plain_kl_from_logits(a: np.ndarray, b: np.ndarray) -> Any:
    a, b = special.log_softmax(a, axis=-1), special.log_softmax(b, axis=-1)
    return (np.exp(a) * (a - b)).sum(-1)


def plain_pairwise_kl(p: np.ndarray, q: np.ndarray) -> Any:
    return (p * np.log(p)).sum(1)[:, None] - p @ np.log(q).T


OURS, DIT = "klnotes", "dit"
KL: dict[str, Function | None] = {
    OURS: klnotes.kl_divergence,
    "NumPy": lambda p, q: (p * np.log(p / q)).sum(-1),
    "`rel_entr`": lambda p, q: special.rel_entr(p, q).sum(-1),
    "`kl_div`": lambda p, q: special.kl_div(p, q).sum(-1),
    "`stats.entropy`": lambda p, q: stats.entropy(p, q, axis=-1),
    "torch": torch and torch_kl,
    "numba": numba and numba_kl,
    "jax": jax and jax_kl,
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
    p = q * (1 + near * rng.uniform(-1, 1, shape)) if near else rng.standard_exponential(shape)
    return p / p.sum(axis=-1, keepdims=True), q / q.sum(axis=-1, keepdims=True)


def in_turns(functions: Mapping[str, Function], rounds: int, repeat: int = 1) -> dict[str, list[float]]:
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


def ratio(number: float) -> str:
    return f"{number:.2f}" if number < 10 else f"{number:.0f}"


def size_of(shape: tuple[int, ...]) -> str:
    """As in n = 3, or 10^4 rows of 10."""
    names = [power(number) if number > 100 else str(number) for number in shape]
    return f"n = {names[0]}" if len(shape) == 1 else f"{names[0]} rows of {names[1]}"


def ratios(functions: Mapping[str, Function], size: int) -> dict[str, float]:
    """The median, within a turn, of each one's time over that of the first."""
    seconds = in_turns(functions, 9, max(1, min(300, 10**5 // size)))
    ours = seconds[next(iter(functions))]
    return {name: statistics.median(a / b for a, b in zip(each, ours, strict=True)) for name, each in seconds.items()}


def speed(shapes: list[tuple[int, ...]], near: float) -> tuple[str, list[dict[str, float]]]:
    """The time of each over the time of klnotes: a table, and its numbers."""
    measured = []
    for shape in shapes:
        p, q = pair(*shape, near=near)
        # dit takes minutes for more than a few hundred outcomes.
        able = {name: f for name, f in KL.items() if f and (name != DIT or p.size == 3)}
        measured.append(ratios({name: partial(f, p, q) for name, f in able.items()}, p.size))
    rows = []
    for name, function in KL.items():
        left_out = TOO_SLOW if function else MISSING
        rows.append([name, *(ratio(found[name]) if name in found else left_out for found in measured)])
    return table(["", *map(size_of, shapes)], rows), measured


def other_speed(shapes: list[tuple[int, ...]]) -> str:
    """The same for the rest of the family, each with the line that it replaces."""
    compared: dict[str, tuple[Function, Function]] = {
        "Rényi, order 2: NumPy": (lambda p, q: klnotes.renyi_divergence(p, q, 2), partial(plain_renyi, 2)),
        "Rényi, order ½: NumPy": (lambda p, q: klnotes.renyi_divergence(p, q, 0.5), partial(plain_renyi, 0.5)),
        "Rényi, order 1.5: NumPy": (lambda p, q: klnotes.renyi_divergence(p, q, 1.5), partial(plain_renyi, 1.5)),
        "KL from logits: SciPy": (klnotes.kl_from_logits, plain_kl_from_logits),
        "Jensen–Shannon: SciPy": (klnotes.js_divergence, lambda p, q: jensenshannon(p, q, axis=-1) ** 2),
    }
    rows = []
    for name, (ours, theirs) in compared.items():
        cells = []
        for near in (0.0, NEAR):
            for shape in shapes:
                p, q = pair(*shape, near=near)
                if "logits" in name:
                    p, q = np.log(p), np.log(q)
                cells.append(ratio(ratios({OURS: partial(ours, p, q), "": partial(theirs, p, q)}, p.size)[""]))
        rows.append([name, *cells])
    heads = [size_of(shape) for shape in shapes]
    return table(["", *heads, *(f"{head}, d = {short(NEAR)}" for head in heads)], rows)


def clustered(centers: int, distance: float, rows: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Two tables of distributions, each row about that far from one of the centers."""
    rng = np.random.default_rng(0)
    near = rng.standard_exponential((centers, k))[rng.integers(centers, size=2 * rows)]
    found = near * (1 + distance * rng.uniform(-1, 1, near.shape))
    found /= found.sum(axis=1, keepdims=True)
    return found[:rows], found[rows:]


def pairwise_speed(tables: list[tuple[int, int]]) -> str:
    kinds: dict[str, Function] = {
        "drawn independently": pair,
        f"all near one center, d = {short(NEAR)}": partial(clustered, 1, NEAR),
        f"near one of ten centers, d = {short(1e-2)}": partial(clustered, 10, 1e-2),
    }
    rows = []
    for kind, drawn in kinds.items():
        for count, k in tables:
            p, q = drawn(count, k)
            calls = {
                OURS: partial(klnotes.pairwise_kl, p, q),
                "product": partial(plain_pairwise_kl, p, q),
                "one by one": partial(klnotes.kl_divergence, p[:, None], q[None]),
            }
            found = ratios(calls, count * count * k)
            rows.append([kind, f"{count} by {count}", str(k), ratio(found["product"]), ratio(found["one by one"])])
    return table(["rows", "pairs", "outcomes", "`p @ log(q).T`", "`kl_divergence(p[:, None], q[None])`"], rows)


def worst(function: Function | None, cases: Cases) -> str:
    """The largest relative error over the cases, and how many results were not finite."""
    if function is None:
        return MISSING
    results = [(float(function(*arguments)), true) for arguments, true in cases]
    errors = [reference.error(got, true) for got, true in results if np.isfinite(got)]
    lost = len(results) - len(errors)
    largest = short(max(errors)) if errors else ""
    return f"{largest}{' and ' if lost and errors else ''}{f'{lost} of {len(results)} not finite' if lost else ''}"


def kl_errors(sizes: list[int]) -> tuple[str, dict[str, list[str]]]:
    """The errors of each at each distance, and how many results are no divergences: a table, and its cells."""
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
    heads = [f"d = {short(d)}" for d in DISTANCES]
    return table(["", *heads, "negative or NaN"], rows), {name: cells for name, *cells in rows}


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
    families: list[tuple[str, str, Function, Function, int]] = [
        ("Poisson", "Poisson", klnotes.poisson_kl, reference.exact_poisson_kl, 1),
        ("exponential", "Exponential", klnotes.exponential_kl, reference.exact_exponential_kl, 1),
        ("gamma", "Gamma", klnotes.gamma_kl, reference.exact_gamma_kl, 2),
        (
            "beta",
            "Beta",
            klnotes.beta_kl,
            lambda a, b, c, d: reference.exact_dirichlet_kl([a, b], [c, d]),
            2,
        ),
        ("Dirichlet", "Dirichlet", klnotes.dirichlet_kl, reference.exact_dirichlet_kl, 1),
    ]
    of_families: list[tuple[str, Cases, Function, str, Function | None]] = []
    for name, theirs, ours, true, count in families:
        found: Cases = []
        for distance in (1, 1e-2, 1e-4, 1e-6, 1e-8):
            for _ in range(5):
                size = (count, 4) if name == "Dirichlet" else count
                here = 10 ** rng.uniform(-1, 2, size)
                there = here * np.exp(distance * rng.uniform(-1, 1, size))
                found.append(((*here, *there), true(*here, *there)))
        peer = torch and partial(torch_family_kl, theirs)
        of_families.append((f"KL of {name} distributions", found, ours, "`torch.distributions`", peer))
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
        *of_families,
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


def extra_memory(function: Function, p: np.ndarray, q: np.ndarray) -> int:
    """The bytes of a call's peak."""
    function(p, q)  # what is loaded or compiled at the first call does not count
    tracemalloc.start()
    function(p, q)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def memory(size: int) -> str:
    p, q = pair(size)
    rows = []
    for name, function in KL.items():
        if name in (DIT, "torch", "numba", "jax"):
            rows.append([name, TOO_SLOW if name == DIT else "not traced: its own allocator"])
        elif function is not None:
            rows.append([name, f"{extra_memory(function, p, q) / p.nbytes:.3f}"])
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


def scaling(largest: int) -> tuple[str, float, float]:
    """Time and memory as n grows: a table, and the megabytes for the largest n, in one row and in many."""
    rows: list[list[str]] = []
    megabytes: list[float] = []
    for exponent in range(3, round(np.log10(largest)) + 1):
        cells, megabytes = [f"$10^{exponent}$"], []
        for shape in ((10**exponent,), (10**exponent // 1000, 1000)):
            p, q = pair(*shape)
            rounds, repeat = (9, 50) if p.size <= 10**5 else (5, 1)
            seconds = in_turns({"": partial(klnotes.kl_divergence, p, q)}, rounds, repeat)[""]
            megabytes.append(extra_memory(klnotes.kl_divergence, p, q) / 1e6)
            cells += [f"{statistics.median(seconds) / p.size * 1e9:.1f}", f"{megabytes[-1]:.2f}"]
        rows.append(cells)
    head = ["n", "one row: ns / outcome", "extra memory, MB", "rows of $10^3$: ns / outcome", "extra memory, MB"]
    return table(head, rows), megabytes[0], megabytes[1]


def processor() -> str:
    names = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.partition(":")[2].strip() for line in names if line.startswith("model name")), platform.machine())


def versions() -> str:
    found = [f"Python {platform.python_version()}", f"klnotes {klnotes.__version__}"]
    for package in ("numpy", "scipy", "scikit-learn", "torch", "numba", "jax", "dit"):
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{package} {MISSING}")
    return ", ".join(found)


def fastest(shape: tuple[int, ...], times: dict[str, float]) -> str:
    """Who is faster than klnotes, and by how much."""
    name = min(times, key=lambda name: times[name])
    if times[name] > 0.95:
        return f"none by more than 5 % for {size_of(shape)}"
    return f"{name} {ratio(times[name])} for {size_of(shape)}"


def page(scale: int, sizes: list[int]) -> str:
    """All of it, as a page of the book. With a scale of more than 1, the large sizes are smaller by that."""
    shapes = [tuple(n if n <= 1000 else max(n // scale, 10) for n in shape) for shape in SHAPES]
    others = [(3,), (10**3,), shapes[3]]
    tables = [(max(count // scale, 5), k) for count, k in TABLES]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        far, measured = speed(shapes, 0.0)
        near, _ = speed(shapes, NEAR)
        errors, cells = kl_errors(sizes)
        lost = DISTANCES.index(1e-6)
        growth, one_row, many_rows = scaling(10**8 // scale)
        return f"""# Benchmarks

`klnotes.kl_divergence` is slower than what you would write yourself, and for short rows much slower.
Of its time, the fastest of the calls below takes, on distributions that are drawn independently:
{"; ".join(fastest(shapes[i], measured[i]) for i in (0, 2, 3, 5, 6))}.
It spends its time on digits, and on questions to its input.
Where P and Q differ by a relative change of {short(1e-6)},
the largest relative error is {cells[OURS][lost]} here and {cells["NumPy"][lost]} for one line of NumPy;
of 1000 draws of nearly equal distributions {cells[OURS][-1]} get a negative number or NaN here,
and {cells["NumPy"][-1]} there. And what is negative somewhere, or does not sum to 1, is refused.
If your distributions are always far apart, and you know that they are distributions, use the fast line.

`make bench` wrote this page on {datetime.date.today()}, on one core of {processor()}, with {versions()}.
Another machine gives other numbers; the ratios move less than the times.

The calls are `klnotes.kl_divergence(p, q)`; in NumPy `(p * np.log(p / q)).sum(-1)`;
in SciPy `special.rel_entr(p, q).sum(-1)`, `special.kl_div(p, q).sum(-1)` and `stats.entropy(p, q, axis=-1)`;
`torch.nn.functional.kl_div(q.log(), p, reduction="none").sum(-1)`;
for numba a loop over $p \\log\\frac pq$, compiled;
`jax.scipy.special.rel_entr(p, q).sum(-1)`, compiled, in double precision;
and `dit.divergences.kullback_leibler_divergence`.

Throughout, $d$ says how far P and Q are apart, as a relative change:
each $q$ is multiplied by 1 and up to $d$ more or less, and the products, divided by their sum, are P.
(For $d = 3$ it is multiplied by $e^{{3z}}$, with $z$ from the standard normal distribution.)

## Time

How many times as long as `klnotes.kl_divergence` each one takes, for one row of $n$ outcomes and for many rows.
The calls took turns in one process, and a number is the median of the ratios within a turn,
in this table and in all of this section.
First for P and Q that are drawn independently:

{far}

For P and Q that are equal to eight digits, $d$ = {short(NEAR)}:

{near}

How many times as long as klnotes the line takes that one of its other functions replaces,
far apart and near: `np.log((p**order * q**(1 - order)).sum(-1)) / (order - 1)`,
SciPy's `log_softmax` of both and then a sum, and SciPy's `jensenshannon`.

{other_speed(others)}

How many times as long as `klnotes.pairwise_kl(p, q)` the two other ways to compute all pairs of rows take.
The matrix product is fast, but has no digits for rows that are near;
the last way is what `pairwise_kl` does for pairs that are much nearer to each other than to the mean of all.

{pairwise_speed(tables)}

## Digits

The largest relative error, by how far P and Q are apart, against 60-digit arithmetic on the very same floats,
for {", ".join(power(n) if n > 10 else str(n) for n in sizes)} outcomes (dit: to $10^3$).
A relative error of 1 means that no digit is right.
The last column counts negative or NaN results
among 1000 draws of nearly equal distributions (n = 5, $d$ = {short(1e-9)}).

{errors}

The rest of the family, from far apart to equal in eight digits (Jensen–Shannon: also the 1000 draws);
the numbers are largest relative errors again:

{other_errors()}

## Memory and import

The peak of what one call allocates for one row of {power(SHAPES[4][0] // scale)} outcomes, as `tracemalloc` sees it:

{memory(SHAPES[4][0] // scale)}

The time of an import, each in a new interpreter, in turns; a number is the median of the ratios within a turn:

{imports(5 if scale == 1 else 1)}

## Growth

`klnotes.kl_divergence` works in chunks that stay in the cache, so the time grows with the number of outcomes.
Its extra memory is that of a chunk, about half a megabyte, and what it has found for each chunk and each row:
that grows too, but slowly, to {one_row:.2f} MB for the longest row below, and to {many_rows:.2f} MB for the most rows.
The times are medians in nanoseconds, not ratios; the memory is one peak.

{growth}
"""


if __name__ == "__main__":
    text = page(1, [2, 10, 1000, 100_000])
    PAGE.write_text(text, "utf-8")
    print(text)
