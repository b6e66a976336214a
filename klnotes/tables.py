"""Counting the rows of tables, and whether two tables differ by more than chance makes them differ.

A table is a pandas or a Dask dataframe. It is first counted: how many rows lie in which bin of which column. All that
follows needs these whole numbers only, and whole numbers add up to the same sum in any order. So a table that is larger
than memory is counted part by part, wherever the parts lie, with the same result to the last digit.

Without drift, that is with rows drawn independently from one distribution, and with n and m rows in the two tables,

    N PSI,  2 N KL  and  8 N JS,    N = n m / (n + m),

are all distributed nearly like chi-square with one degree of freedom less than there are bins (thm-drift-null).

pandas, and Dask for its dataframes, are imported when a function is called: the extra `klnotes[scale]` brings them.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, chdtri

from klnotes import _validate as check
from klnotes._typing import Array
from klnotes.discrete import jeffreys_divergence, js_divergence, kl_divergence

_MISSING = "missing"  # the bin of what is NaN, None or NaT
_TIE = 1e-12  # by which two results may differ that are equal but for the order of their sums
_MOST_ROWS = 10**9  # that NumPy draws hypergeometric numbers from
_NAMED = 3  # bins in a report

# A divergence, and the factor f for which f N D is nearly chi-square.
_RULES: dict[str, tuple[Callable[..., Any], float]] = {
    "psi": (jeffreys_divergence, 1.0),
    "kl": (kl_divergence, 2.0),
    "js": (js_divergence, 8.0),
}
_Plan = list[tuple[Any, Array | None]]  # columns, each with its cuts, or None where values are bins of their own


def quantile_bins(frame: Any, count: int = 10, /) -> dict[Any, list[float] | None]:
    """Bins for the columns of a table, with about equally many of its rows in each.

    Parameters
    ----------
    frame : pandas.DataFrame
        The reference, or a sample of it.
    count : int
        Bins that a column of numbers gets; fewer where many rows have the same value.

    Returns
    -------
    dict
        For each column of numbers its cuts, as `bin_counts` takes them; for each other column None: every value is a
        bin of its own. A column that holds one number only gets a bin for it, one below and one above.

    Raises
    ------
    TypeError
        If frame is no pandas dataframe, count is not a whole number, or a column holds neither numbers nor categories.
    ValueError
        If count is below 2, frame has no rows or no columns, two columns share a name, or all of a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"age": [20, 30, 30, 40, 50, 60], "color": list("abbaca")})
    >>> quantile_bins(table, 3)
    {'age': [30.0, 40.0], 'color': None}
    """
    if _kind(frame, "frame") == "dask":
        raise TypeError(
            "frame must be a pandas dataframe, but got one of Dask; quantiles of a sample of its rows will do"
        )
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)):
        raise TypeError(f"count must be a whole number, but got {count!r}")
    if count < 2:
        raise ValueError(f"count must be at least 2, but got {count}")
    _refuse_empty(frame, "frame")
    bins: dict[Any, list[float] | None] = {}
    for column in _columns(frame, "frame"):
        bins[column] = None
        if _holds_numbers(frame, column, "frame"):
            values = _numbers(frame[column])
            values = values[~np.isnan(values)]
            if not values.size:
                raise ValueError(f"frame must hold numbers in each column of numbers, but all of {column!r} is missing")
            bins[column] = _cuts(values, int(count))
    return bins


def bin_counts(frame: Any, bins: Mapping[Any, Sequence[float] | None], /) -> Any:
    """How many rows of a table lie in each bin, column by column.

    Parameters
    ----------
    frame : pandas.DataFrame or dask.dataframe.DataFrame
        The table. A Dask dataframe is counted part by part, by whatever scheduler is set; only the counts come back.
    bins : mapping from a column to its bins
        For a column of numbers increasing cuts: the first bin holds what is at most the first cut, the last what is
        above the last, and each other one what is above one cut and at most the next. So no number is left out. None
        for a column of texts, categories or booleans: each value that occurs is a bin.

    Returns
    -------
    pandas.Series of int64
        The counts, with the column and the bin as its index. The last bin of each column, "missing", has the rows
        without a value. For equal rows in any order and any number of parts, the result is the same.

    Raises
    ------
    TypeError
        If frame is no dataframe, bins no mapping, or a column holds neither numbers nor categories, or cuts are given
        for categories, or none for numbers.
    ValueError
        If bins is empty, frame lacks a column of it or has two of the same name, cuts are not finite and increasing, or
        values that differ look the same as text.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"age": [20, 30, 30, None, 50, 60], "color": list("abbaca")})
    >>> counts = bin_counts(table, {"age": [30, 50], "color": None})
    >>> counts["age"].to_dict()
    {'<= 30': 3, '(30, 50]': 1, '> 50': 1, 'missing': 1}
    >>> counts["color"].to_dict()
    {'a': 3, 'b': 2, 'c': 1, 'missing': 0}
    """
    kind = _kind(frame, "frame")
    plan = _plan(frame, bins, "frame")
    if kind == "dask":
        import dask

        count = dask.delayed(_count_part)  # type: ignore[attr-defined]
        waiting = [count(part, plan) for part in frame[[column for column, _ in plan]].to_delayed()]
        parts = dask.compute(*waiting)  # type: ignore[attr-defined, no-untyped-call]
    else:
        parts = (_count_part(frame, plan),)
    return _labeled(plan, [_summed([part[k] for part in parts]) for k in range(len(plan))])


def drift(
    reference: Any,
    current: Any,
    /,
    *,
    bins: int | Mapping[Any, Sequence[float] | None] = 10,
    divergence: str = "psi",
    null: str = "permutation",
    level: float = 0.95,
    shuffles: int = 9999,
    seed: int = 0,
) -> Any:
    """Which columns of two tables differ by more than chance makes them differ.

    Parameters
    ----------
    reference, current : pandas.DataFrame or dask.dataframe.DataFrame
        The tables; their rows should be independent draws.
    bins : int, or mapping as in `bin_counts`
        A number stands for `quantile_bins(reference, bins)`, and then the two tables must have the same columns; with a
        mapping its columns are compared. For a Dask reference with columns of numbers it must be a mapping.
    divergence : {'psi', 'kl', 'js'}
        What is computed from the shares of the bins, in nats: KL in both directions together, KL(reference || current),
        or Jensen-Shannon.
    null : {'permutation', 'chi2'}
        How far chance moves it without drift: by shuffling the rows of both tables, or by the limit for many rows.
        With bins fixed beforehand, a shuffle holds for any numbers of rows, and it needs nothing but the counts.
    level : float
        With at least this probability no column is said to have drifted where none has (Bonferroni). Of 'chi2' and of
        bins that are quantiles of the reference it holds nearly, with many rows.
    shuffles : int
        How many shuffles.
    seed : int
        Where their random numbers begin.

    Returns
    -------
    pandas.DataFrame
        A row for each column of the tables, those first that are farthest beyond their quantile:

        - the divergence, under its name: inf where a bin has rows of one table only ('kl': of the reference only).
        - `quantile`: what it exceeds without drift with a probability of at most (1 - level) / columns;
        - `p_value`: the probability, without drift, of so much or more, for this column alone;
        - `drifted`: whether the divergence is above its quantile;
        - `largest`: the bins that contribute most, with their shares of the divergence.

    Raises
    ------
    TypeError
        If an argument is of the wrong type, or a column holds neither numbers nor categories.
    ValueError
        If a table is empty, the columns differ, a column of numbers is none in the other table, an option is unknown
        or out of its range, there are too few shuffles for the level and the number of columns, or, with
        'permutation', a billion rows or more.

    References
    ----------
    Phipson & Smyth (2010) for the p-value of a shuffle, (1 + those with so much or more) / (1 + shuffles).

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> old = pd.DataFrame({"x": rng.normal(size=500), "y": rng.normal(size=500)})
    >>> new = pd.DataFrame({"x": rng.normal(0.5, 1, size=500), "y": rng.normal(size=500)})
    >>> drift(old, new)["drifted"].to_dict()
    {'x': True, 'y': False}
    """
    rule, factor = _rule(divergence)
    share = check.finite(level, "level")
    if share.ndim or not 0 < share < 1:
        raise ValueError(f"level must be a single number between 0 and 1, but got {level!r}")
    if not isinstance(null, str) or null not in ("permutation", "chi2"):
        raise ValueError(f"null must be 'permutation' or 'chi2', but got {null!r}")
    for name, whole, least in (("shuffles", shuffles, 1), ("seed", seed, 0)):
        if isinstance(whole, bool) or not isinstance(whole, (int, np.integer)):
            raise TypeError(f"{name} must be a whole number, but got {whole!r}")
        if whole < least:
            raise ValueError(f"{name} must be at least {least}, but got {whole}")
    chosen = _common_bins(reference, current, bins)
    alpha = (1 - float(share)) / len(chosen)
    if null == "permutation" and (shuffles + 1) * alpha < 1:
        raise ValueError(
            f"shuffles must be at least {int(np.ceil(1 / alpha)) - 1} for {len(chosen)} columns at level {level:g}, "
            f"but got {shuffles}"
        )
    first, second = _aligned(bin_counts(reference, chosen), bin_counts(current, chosen))
    rng = np.random.default_rng(seed)
    rows = {}
    for column in chosen:
        a, b = first[column].to_numpy(), second[column].to_numpy()
        for name, counts in (("reference", a), ("current", b)):
            if not counts.sum():
                raise ValueError(f"{name} must hold rows, but is empty")
        value = float(rule(a, b, normalize=True))
        limit, p_value = (
            _by_shuffles(a, b, rule, alpha, int(shuffles), rng)
            if null == "permutation"
            else _by_chi2(a, b, value, factor, alpha)
        )
        largest = _largest(a, b, divergence, [str(label) for label in first[column].index])
        rows[column] = [value, limit, p_value, value > limit * (1 + _TIE), largest]
    import pandas as pd  # type: ignore[import-untyped]

    report = pd.DataFrame.from_dict(
        rows, orient="index", columns=[divergence, "quantile", "p_value", "drifted", "largest"]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = np.nan_to_num(report[divergence] / report["quantile"], nan=0.0, posinf=np.inf)
    return report.iloc[np.argsort(-beyond, kind="stable")].rename_axis("column")


def _rule(divergence: str) -> tuple[Callable[..., Any], float]:
    if not isinstance(divergence, str) or divergence not in _RULES:
        raise ValueError(f"divergence must be 'psi', 'kl' or 'js', but got {divergence!r}")
    return _RULES[divergence]


# ---- what may come in ----


def _kind(frame: Any, name: str) -> str:
    """'pandas' or 'dask'; anything else is refused. Nothing is imported to find out."""
    for kind in ("pandas", "dask"):
        if any(t.__name__ == "DataFrame" and t.__module__.split(".")[0] == kind for t in type(frame).__mro__):
            return kind
    raise TypeError(f"{name} must be a dataframe of pandas or of Dask, but got {type(frame).__name__}")


def _columns(frame: Any, name: str) -> list[Any]:
    columns = list(frame.columns)
    if not columns:
        raise ValueError(f"{name} must have columns, but has none")
    if twice := [column for column, times in Counter(columns).items() if times > 1]:
        raise ValueError(f"{name} must have each column once, but has {twice[0]!r} more than once")
    return columns


def _refuse_empty(frame: Any, name: str) -> None:
    if not len(frame):
        raise ValueError(f"{name} must hold rows, but is empty")


def _holds_numbers(frame: Any, column: Any, name: str) -> bool:
    """Whether a column has cuts; one that has neither cuts nor values of its own is refused."""
    from pandas.api import types  # type: ignore[import-untyped]

    dtype = frame[column].dtype
    if isinstance(dtype, types.CategoricalDtype) or types.is_bool_dtype(dtype):
        return False
    if types.is_integer_dtype(dtype) or types.is_float_dtype(dtype):
        return True
    if types.is_object_dtype(dtype) or types.is_string_dtype(dtype):
        return False
    raise TypeError(
        f"{name} must hold numbers or categories, but the column {column!r} holds {dtype}; turn it into numbers, texts "
        "or categories first"
    )


def _plan(frame: Any, bins: Any, name: str) -> _Plan:
    if not isinstance(bins, Mapping):
        raise TypeError(f"bins must be a mapping from columns to their bins, but got {type(bins).__name__}")
    if not bins:
        raise ValueError("bins must name at least one column, but is empty")
    there = _columns(frame, name)
    plan: _Plan = []
    for column, cuts in bins.items():
        if column not in there:
            raise ValueError(f"{name} must have the columns of bins, but lacks {column!r}; it has {there}")
        numbers = _holds_numbers(frame, column, name)
        if cuts is None:
            if numbers:
                raise TypeError(
                    f"bins[{column!r}] must be cuts, since {name} holds numbers there, but is None; "
                    "astype('category') makes each number a bin"
                )
            plan.append((column, None))
            continue
        if not numbers:
            raise TypeError(
                f"bins[{column!r}] must be None, since {name} holds {frame[column].dtype} there, but got {cuts!r}"
            )
        places = check.finite(cuts, f"bins[{column!r}]")
        if places.ndim != 1 or not places.size or np.any(np.diff(places) <= 0):
            raise ValueError(f"bins[{column!r}] must be one or more increasing cuts, but got {cuts!r}")
        plan.append((column, places))
    return plan


def _common_bins(reference: Any, current: Any, bins: Any) -> dict[Any, Any]:
    """Bins for both tables, which must fit both."""
    kinds = _kind(reference, "reference"), _kind(current, "current")
    for frame, kind, name in ((reference, kinds[0], "reference"), (current, kinds[1], "current")):
        if kind == "pandas":
            _refuse_empty(frame, name)
    if isinstance(bins, Mapping):
        chosen = dict(bins)
    else:
        first, second = _columns(reference, "reference"), _columns(current, "current")
        if set(first) != set(second):
            only = [[c for c in mine if c not in other] for mine, other in ((first, second), (second, first))]
            raise ValueError(
                f"reference and current must have the same columns, but only reference has {only[0]}, only current "
                f"{only[1]}; bins as a mapping says which to compare"
            )
        if kinds[0] == "dask":
            if any(_holds_numbers(reference, column, "reference") for column in first):
                raise TypeError(
                    "bins must be a mapping for a reference of Dask with numbers; quantile_bins makes one from a sample"
                )
            chosen = dict.fromkeys(first)
        else:
            chosen = dict(quantile_bins(reference, bins))
    for frame, name in ((reference, "reference"), (current, "current")):
        _plan(frame, chosen, name)
    return chosen


# ---- counting ----


def _numbers(series: Any) -> Array:
    return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan))


def _cuts(values: Array, count: int) -> list[float]:
    """Cuts at quantiles, without those that leave nothing above them."""
    top = values.max()
    if values.min() == top:
        return [float(np.nextafter(top, -np.inf)), float(top)]
    at = np.unique(np.quantile(values, np.arange(1, count) / count, method="inverted_cdf"))
    cuts = at[at < top]
    return [float(cut) for cut in (cuts if cuts.size else [values[values < top].max()])]


def _count_part(frame: Any, plan: _Plan) -> list[Any]:
    """What is counted of a part: for each column an array, or how often each value came."""
    found: list[Any] = []
    for column, cuts in plan:
        if cuts is None:
            times = frame[column].value_counts(dropna=False)
            times = times[times > 0]  # a category that is declared and does not occur may get lost on a disk
            missing = times.index.isna()
            values = Counter(dict(zip(times.index[~missing].tolist(), times[~missing].tolist(), strict=True)))
            found.append((values, int(times[missing].sum())))
        else:
            numbers = _numbers(frame[column])
            there = numbers[~np.isnan(numbers)]
            counts = np.bincount(np.searchsorted(cuts, there, side="left"), minlength=len(cuts) + 1)
            found.append(np.append(counts, len(numbers) - len(there)).astype(np.int64))
    return found


def _summed(parts: Sequence[Any]) -> Any:
    """The sum over parts. Sums of whole numbers are exact, in whatever order they are taken (prop-drift-sums)."""
    if isinstance(parts[0], np.ndarray):
        return np.sum(parts, axis=0)
    values: Counter[Any] = Counter()
    for part, _ in parts:
        values.update(part)
    return values, sum(missing for _, missing in parts)


def _labeled(plan: _Plan, counted: Sequence[Any]) -> Any:
    import pandas as pd

    index, rows = [], []
    for (column, cuts), found in zip(plan, counted, strict=True):
        if cuts is None:
            values, missing = found
            labels = sorted(str(value) for value in values)
            if len(set(labels)) < len(labels) or _MISSING in labels:
                raise ValueError(
                    f"frame must hold categories that differ as text, none of them {_MISSING!r}, but the column "
                    f"{column!r} does not"
                )
            by_label = {str(value): times for value, times in values.items()}
            rows += [*(by_label[label] for label in labels), missing]
        else:
            labels = _between(cuts)
            rows += found.tolist()
        index += [(column, label) for label in [*labels, _MISSING]]
    return pd.Series(rows, index=pd.MultiIndex.from_tuples(index, names=["column", "bin"]), name="rows", dtype=np.int64)


def _between(cuts: Array) -> list[str]:
    texts = [f"{cut:.6g}" for cut in cuts]
    if len(set(texts)) < len(texts):
        texts = [repr(float(cut)) for cut in cuts]
    middle = [f"({low}, {high}]" for low, high in pairwise(texts)]
    return [f"<= {texts[0]}", *middle, f"> {texts[-1]}"]


def _aligned(first: Any, second: Any) -> tuple[Any, Any]:
    """Both counts over the bins of both: a category that one table lacks has 0 rows there."""
    index = first.index.union(second.index, sort=False)
    return first.reindex(index, fill_value=0), second.reindex(index, fill_value=0)


# ---- how far chance moves a divergence ----


def _by_shuffles(
    a: NDArray[Any], b: NDArray[Any], rule: Callable[..., Any], alpha: float, shuffles: int, rng: np.random.Generator
) -> tuple[float, float]:
    """The quantile and the p-value among tables that are dealt anew from all rows (thm-drift-permutation)."""
    both = a + b
    if both.sum() >= _MOST_ROWS:
        raise ValueError("reference and current must have less than 1e9 rows for a shuffle, but have more: null='chi2'")
    dealt = rng.multivariate_hypergeometric(both, a.sum(), size=shuffles, method="marginals")
    values = rule(np.vstack([a[None], dealt]), np.vstack([b[None], both - dealt]), normalize=True)
    value, others = values[0], np.sort(values[1:])
    so_much = int(np.sum(others >= value * (1 - _TIE)))
    return float(others[-int((shuffles + 1) * alpha * (1 + _TIE))]), (1 + so_much) / (1 + shuffles)


def _by_chi2(a: NDArray[Any], b: NDArray[Any], value: float, factor: float, alpha: float) -> tuple[float, float]:
    freedom = int(np.count_nonzero(a + b)) - 1
    if freedom == 0:
        return 0.0, 1.0
    scale = factor / (1 / a.sum() + 1 / b.sum())
    return float(chdtri(freedom, alpha) / scale), float(chdtrc(freedom, scale * value))


def _largest(a: NDArray[Any], b: NDArray[Any], divergence: str, labels: Sequence[str]) -> str:
    """The bins with the largest parts of a divergence; no part is negative."""
    p, q = a / a.sum(), b / b.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        if divergence == "js":
            middle = (p + q) / 2
            parts = (_part(p, middle) + _part(q, middle)) / 2
        else:
            parts = _part(p, q) + (_part(q, p) if divergence == "psi" else 0)
        total = parts.sum()
        shares = np.isinf(parts) / np.isinf(parts).sum() if np.isinf(total) else parts / total
    order = [k for k in np.argsort(-shares, kind="stable")[:_NAMED] if shares[k] > 0]
    return ", ".join(f"{labels[k]} ({'inf' if np.isinf(parts[k]) else f'{shares[k]:.0%}'})" for k in order)


def _part(p: Array, q: Array) -> Array:
    """The terms p log(p/q) - p + q, of which none is negative, and which add up to KL."""
    return np.where(p == 0, q, np.maximum(p * np.log(p / q) - p + q, 0.0))
