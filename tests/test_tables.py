"""Counting in tables, and the report of their drift: pandas and Dask to the last digit, a worker killed or not."""

import math
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import mpmath
import numpy as np
import pandas as pd
import pytest
from dask.distributed import Client, LocalCluster
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import chdtri

import klnotes
from klnotes import figures


def table(seed: int = 0, rows: int = 600, shift: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "x": rng.normal(shift, 1, size=rows),
            "visits": rng.poisson(2, size=rows),
            "plan": rng.choice(["free", "half", "full"], rows),
            "old": rng.random(rows) < 0.3,
            "grade": pd.Categorical(rng.choice([1, 2], rows), categories=[1, 2, 3]),
        }
    )
    frame.loc[:9, "x"] = np.nan
    frame.loc[5:6, "plan"] = None
    return frame


BINS: dict[Any, Any] = {"x": [-1.0, 0.0, 1.0], "visits": [0, 2], "plan": None, "old": None, "grade": None}


# Counting.


def test_counts_by_hand() -> None:
    counts = klnotes.bin_counts(
        pd.DataFrame({"x": [-math.inf, 0, 1, 1.5, math.inf, math.nan], "y": ["a", None, "b", "a", "a", "b"]}),
        {"x": [0, 1], "y": None},
    )
    assert counts.dtype == np.int64
    assert counts["x"].to_dict() == {"<= 0": 2, "(0, 1]": 1, "> 1": 2, "missing": 1}
    assert counts["y"].to_dict() == {"a": 3, "b": 2, "missing": 1}


def test_no_row_is_lost() -> None:
    counts = klnotes.bin_counts(table(), BINS)
    assert (counts.groupby(level="column").sum() == 600).all()
    assert list(counts["grade"].index) == ["1", "2", "missing"], "a category without rows is no bin"
    assert counts["x", "missing"] == 10


@settings(max_examples=15)
@given(st.integers(1, 12), st.booleans(), st.randoms(use_true_random=False))
def test_dask_counts_the_same_whole_numbers(parts: int, shuffled: bool, random: Any) -> None:
    frame = table(1, 200)
    order = list(range(len(frame)))
    if shuffled:
        random.shuffle(order)
    with dask.config.set(scheduler="synchronous"):
        cut = dd.from_pandas(frame.iloc[order].reset_index(drop=True), npartitions=parts)
        assert klnotes.bin_counts(cut, BINS).equals(klnotes.bin_counts(frame, BINS))


def test_the_report_of_dask_tables_is_that_of_pandas() -> None:
    old, new = table(2), table(3, shift=0.5)
    with dask.config.set(scheduler="synchronous"):
        cut = [dd.from_pandas(frame, npartitions=4) for frame in (old, new)]
        by_dask = klnotes.drift(*cut, bins=BINS)
        mixed = klnotes.drift(old, cut[1])
    pd.testing.assert_frame_equal(by_dask, klnotes.drift(old, new, bins=BINS), check_exact=True)
    pd.testing.assert_frame_equal(mixed, klnotes.drift(old, new), check_exact=True)


@pytest.mark.slow
def test_a_killed_worker_loses_no_row(tmp_path: Path) -> None:
    """Two worker processes on this machine; one is killed when it has counted some parts, and others wait."""
    frame = table(4, 4000)
    for k in range(20):
        frame.iloc[k::20].to_parquet(tmp_path / f"{k:02}.parquet")
    marks = tmp_path / "marks"
    marks.mkdir()

    def marked(part: Any, folder: str = str(marks)) -> Any:
        time.sleep(0.05)
        Path(folder, f"{os.getpid()}-{time.time_ns()}").touch()
        return part

    here: dict[str, Any] = {"host": "127.0.0.1", "protocol": "tcp", "dashboard_address": None, "silence_logs": 50}
    with (
        dask.config.set(temporary_directory=str(tmp_path)),
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, **here) as cluster,
        Client(cluster) as client,
    ):
        addresses = client.run(os.getpid)
        assert len(addresses) == 2
        assert all(address.startswith("tcp://127.0.0.1:") for address in [cluster.scheduler_address, *addresses])
        victim = next(iter(addresses.values()))
        killed = threading.Event()

        def kill() -> None:
            until = time.monotonic() + 60
            while time.monotonic() < until and not killed.is_set():
                if len(list(marks.glob(f"{victim}-*"))) >= 3:
                    os.kill(victim, getattr(signal, "SIGKILL", signal.SIGTERM))
                    killed.set()
                time.sleep(0.01)

        killer = threading.Thread(target=kill)
        killer.start()
        parts = dd.read_parquet(sorted(map(str, tmp_path.glob("*.parquet")))).map_partitions(
            marked, meta=frame.iloc[:0]
        )
        counts = klnotes.bin_counts(parts, BINS)
        in_time = killed.is_set()
        killed.set()
        killer.join()
    assert in_time, "the worker was killed before the counting was over"
    assert len(list(marks.iterdir())) > 20, "and what it had counted was counted again"
    assert counts.equals(klnotes.bin_counts(frame, BINS))


# Bins.


def test_quantile_bins() -> None:
    frame = pd.DataFrame({"even": range(100), "few": [0] * 60 + [1] * 40, "one": [7] * 100, "text": list("ab") * 50})
    bins = klnotes.quantile_bins(frame, 4)
    assert bins["even"] == [24, 49, 74]
    assert bins["few"] == [0]
    assert bins["text"] is None
    assert klnotes.bin_counts(frame, bins)["even"].tolist() == [25, 25, 25, 25, 0]
    # A column of one number has a bin for what is below and one for what is above.
    moved = pd.DataFrame({"one": [6, 7, 8, 8]})
    assert klnotes.bin_counts(moved, {"one": bins["one"]})["one"].tolist() == [1, 1, 2, 0]


@given(st.lists(st.integers(-3, 3) | st.floats(-5, 5), min_size=1, max_size=30), st.integers(2, 12))
def test_quantile_bins_have_rows(values: list[float], count: int) -> None:
    frame = pd.DataFrame({"x": np.array(values, dtype=float)})
    bins = klnotes.quantile_bins(frame, count)
    counts = klnotes.bin_counts(frame, bins)["x"]
    assert len(counts) <= max(count, 3) + 1
    if len(set(values)) > 1:
        assert (counts.iloc[:-1] > 0).all()


# The report.


def test_the_divergences_are_those_of_the_counts() -> None:
    old, new = table(5), table(6, 500, 0.3)
    a, c = klnotes.bin_counts(old, BINS), klnotes.bin_counts(new, BINS)
    rules = {"psi": klnotes.jeffreys_divergence, "kl": klnotes.kl_divergence, "js": klnotes.js_divergence}
    for name, rule in rules.items():
        report = klnotes.drift(old, new, bins=BINS, divergence=name)
        assert list(report.columns) == [name, "quantile", "p_value", "drifted", "largest"]
        for column in BINS:
            assert report.loc[column, name] == rule(a[column].to_numpy(), c[column].to_numpy(), normalize=True)


@pytest.mark.parametrize(("divergence", "factor"), [("psi", 1), ("kl", 2), ("js", 8)])
def test_the_limit_against_fifty_digits(divergence: str, factor: int) -> None:
    old, new = table(5), table(6, 500, 0.3)
    report = klnotes.drift(old, new, bins={"x": [-1, 0, 1]}, divergence=divergence, null="chi2", level=0.9)
    with mpmath.workdps(50):
        a, c = (klnotes.bin_counts(frame, {"x": [-1, 0, 1]}).tolist() for frame in (old, new))
        n, m = mpmath.mpf(sum(a)), mpmath.mpf(sum(c))
        p, q = [x / n for x in a], [x / m for x in c]

        def kl(p: Any, q: Any) -> Any:
            return mpmath.fsum(x * mpmath.log(x / y) for x, y in zip(p, q, strict=True))

        middle = [(x + y) / 2 for x, y in zip(p, q, strict=True)]
        value = {"psi": kl(p, q) + kl(q, p), "kl": kl(p, q), "js": (kl(p, middle) + kl(q, middle)) / 2}[divergence]
        scale = factor * n * m / (n + m)
        p_value = mpmath.gammainc(mpmath.mpf(4) / 2, scale * value / 2, regularized=True)
        assert report.loc["x", divergence] == pytest.approx(float(value), rel=1e-13)
        assert report.loc["x", "p_value"] == pytest.approx(float(p_value), rel=1e-11)
        assert report.loc["x", "quantile"] == pytest.approx(float(chdtri(4, 0.1) / scale), rel=1e-13)


def test_a_shuffle_agrees_with_all_orders() -> None:
    """Six rows, of which three are dealt to the reference: twenty ways."""
    old, new = pd.DataFrame({"x": [0, 0, 0]}), pd.DataFrame({"x": [0, 1, 1]})
    report = klnotes.drift(old, new, bins={"x": [0]}, divergence="js", level=0.5, shuffles=20_000)
    # As far apart or farther: both ones in one half, 2 * 4 of 20 ways.
    assert report.loc["x", "p_value"] == pytest.approx(0.4, abs=0.015)
    assert bool(report.loc["x", "drifted"])


def test_without_drift_alarms_are_rare() -> None:
    rng = np.random.default_rng(7)
    fixed = {column: [-1.0, 0.0, 1.0] for column in "abcd"}
    ways: list[tuple[str, Any]] = [("permutation", 10), ("permutation", fixed), ("chi2", fixed)]
    alarms = np.zeros(len(ways))
    for _ in range(100):
        old, new = (pd.DataFrame(rng.normal(size=(n, 4)), columns=list("abcd")) for n in (300, 100))
        alarms += [klnotes.drift(old, new, bins=b, null=null, shuffles=399).drifted.any() for null, b in ways]
    assert (alarms <= 14).all(), alarms  # of 100, where 5 are expected


def test_decisions_and_p_values_agree() -> None:
    for seed in range(5):
        old, new = table(seed), table(seed + 50, 400, 0.2)
        for null in ("permutation", "chi2"):
            report = klnotes.drift(old, new, bins=BINS, null=null, shuffles=999)
            assert (report.drifted == (report.p_value <= 0.05 / len(BINS))).all()


def test_infinite_values_and_new_categories() -> None:
    old, new = pd.DataFrame({"c": list("aab")}), pd.DataFrame({"c": list("aax")})
    report = klnotes.drift(old, new)
    assert report.loc["c", "psi"] == np.inf
    assert report.loc["c", "largest"] == "b (inf), x (inf)"
    assert not report.loc["c", "drifted"], "three rows are too few"
    assert np.isfinite(klnotes.drift(old, new, divergence="js").loc["c", "js"])
    same = klnotes.drift(old, old)
    assert same.loc["c", "psi"] == 0
    assert same.loc["c", "p_value"] == 1
    assert same.loc["c", "largest"] == ""


def test_the_bins_that_contribute_most() -> None:
    old = pd.DataFrame({"x": [0] * 50 + [1] * 30 + [2] * 20})
    new = pd.DataFrame({"x": [0] * 40 + [1] * 40 + [2] * 20})
    report = klnotes.drift(old, new, bins={"x": [0, 1]})
    assert report.loc["x", "psi"] == pytest.approx(0.0510825624, abs=1e-9)
    assert report.loc["x", "largest"] == "(0, 1] (56%), <= 0 (44%)"


def test_the_picture_says_what_the_report_says() -> None:
    report = klnotes.drift(table(8), table(9, shift=1.0), bins=BINS)
    picture = figures.drift_report(report)
    assert "x 1.0" in picture.alt or "x 0.9" in picture.alt
    assert "drifted, most of it in" in picture.alt
    for value in (np.inf, 0.0):
        spoiled = report.copy()
        spoiled.loc["x", "psi"] = value
        assert "<svg" in figures.drift_report(spoiled).svg
    with pytest.raises(ValueError, match=r"report must be one of klnotes.drift, .* but its columns are \['x'"):
        figures.drift_report(table())
    with pytest.raises(ValueError, match="with a row or more"):
        figures.drift_report(report.iloc[:0])


# What is refused.

ONE = pd.DataFrame({"x": [1.0, 2.0]})
TEXT = pd.DataFrame({"x": ["a", "b"]})
TIMES = pd.DataFrame({"x": pd.to_datetime(["2026-01-01", "2026-01-02"])})
TWICE = pd.DataFrame([[1.0, 2.0]], columns=["x", "x"])


@pytest.mark.parametrize(
    ("function", "arguments", "options", "kind", "says"),
    [
        (klnotes.bin_counts, ([1, 2], {"x": [1]}), {}, TypeError, "frame must be a dataframe .* but got list"),
        (klnotes.bin_counts, (ONE, [1]), {}, TypeError, "bins must be a mapping .* but got list"),
        (klnotes.bin_counts, (ONE, {}), {}, ValueError, "bins must name at least one column"),
        (klnotes.bin_counts, (ONE, {"y": [1]}), {}, ValueError, r"lacks 'y'; it has \['x'\]"),
        (klnotes.bin_counts, (ONE, {"x": None}), {}, TypeError, r"bins\['x'\] must be cuts.*astype\('category'\)"),
        (klnotes.bin_counts, (TEXT, {"x": [1]}), {}, TypeError, r"bins\['x'\] must be None"),
        (klnotes.bin_counts, (TIMES, {"x": [1]}), {}, TypeError, "'x' holds datetime64"),
        (klnotes.bin_counts, (ONE, {"x": [2, 1]}), {}, ValueError, r"increasing cuts, but got \[2, 1\]"),
        (klnotes.bin_counts, (ONE, {"x": []}), {}, ValueError, "one or more increasing cuts"),
        (klnotes.bin_counts, (ONE, {"x": [1, np.nan]}), {}, ValueError, r"bins\['x'\] must hold finite numbers"),
        (klnotes.bin_counts, (TWICE, {"x": [1]}), {}, ValueError, "'x' more than once"),
        (
            klnotes.bin_counts,
            (pd.DataFrame({"x": ["missing"]}), {"x": None}),
            {},
            ValueError,
            "differ as text.*'missing'",
        ),
        (
            klnotes.bin_counts,
            (pd.DataFrame({"x": [1, "1"]}, dtype=object), {"x": None}),
            {},
            ValueError,
            "differ as text",
        ),
        (klnotes.quantile_bins, (ONE, 1), {}, ValueError, "count must be at least 2, but got 1"),
        (klnotes.quantile_bins, (ONE, 2.5), {}, TypeError, "count must be a whole number, but got 2.5"),
        (klnotes.quantile_bins, (ONE.iloc[:0],), {}, ValueError, "frame must hold rows, but is empty"),
        (klnotes.quantile_bins, (pd.DataFrame(index=[1]),), {}, ValueError, "frame must have columns, but has none"),
        (klnotes.quantile_bins, (pd.DataFrame({"x": [np.nan]}),), {}, ValueError, "all of 'x' is missing"),
        (klnotes.drift, (ONE, "table"), {}, TypeError, "current must be a dataframe .* but got str"),
        (klnotes.drift, (ONE, ONE.iloc[:0]), {}, ValueError, "current must hold rows, but is empty"),
        (
            klnotes.drift,
            (ONE, ONE.rename(columns={"x": "y"})),
            {},
            ValueError,
            r"only reference has \['x'\], only current \['y'\]",
        ),
        (klnotes.drift, (ONE, TEXT), {}, TypeError, r"bins\['x'\] must be None, since current"),
        (klnotes.drift, (ONE, ONE), {"divergence": "hellinger"}, ValueError, "divergence must be 'psi', 'kl' or 'js'"),
        (klnotes.drift, (ONE, ONE), {"null": "normal"}, ValueError, "null must be 'permutation' or 'chi2'"),
        (klnotes.drift, (ONE, ONE), {"level": 1}, ValueError, "level must be a single number between 0 and 1"),
        (klnotes.drift, (ONE, ONE), {"shuffles": 10}, ValueError, "shuffles must be at least 19 for 1 columns"),
        (klnotes.drift, (ONE, ONE), {"shuffles": 9.5}, TypeError, "shuffles must be a whole number"),
        (klnotes.drift, (ONE, ONE), {"seed": -1}, ValueError, "seed must be at least 0"),
    ],
)
def test_what_makes_no_sense_is_refused(
    function: Any, arguments: Any, options: Any, kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        function(*arguments, **options)


def test_what_dask_cannot_do_is_said() -> None:
    cut = dd.from_pandas(ONE, npartitions=1)
    with pytest.raises(TypeError, match="frame must be a pandas dataframe, but got one of Dask"):
        klnotes.quantile_bins(cut)
    with pytest.raises(TypeError, match="bins must be a mapping for a reference of Dask with numbers"):
        klnotes.drift(cut, ONE)
    with dask.config.set(scheduler="synchronous"):
        empty = dd.from_pandas(ONE, npartitions=1).query("x > 5")
        with pytest.raises(ValueError, match="current must hold rows, but is empty"):
            klnotes.drift(ONE, empty, bins={"x": [1]})


def test_too_many_rows_for_a_shuffle() -> None:
    from klnotes import tables

    many = np.array([10**9, 10**9])
    with pytest.raises(ValueError, match="less than 1e9 rows for a shuffle"):
        tables._by_shuffles(many, many, klnotes.jeffreys_divergence, 0.05, 99, np.random.default_rng(0))
    assert tables._by_chi2(many, many, 0.0, 1.0, 0.05)[1] == 1


def test_importing_klnotes_loads_neither_pandas_nor_dask() -> None:
    import subprocess
    import sys

    code = "import sys, klnotes; print([m for m in ('pandas', 'dask', 'distributed') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
