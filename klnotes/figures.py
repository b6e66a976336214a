"""The book's pictures: inline SVG that takes its colours from the page, with alt text made from the data.

Every function returns a Picture, which a notebook shows as its cell's result. Matplotlib draws; the colours below
are handed to the page as CSS variables, so that a picture follows the reader's light or dark theme.
"""

import hashlib
import html
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from klnotes import _palette
from klnotes import _validate as check
from klnotes._typing import Array
from klnotes.boltzmann import boltzmann_distribution
from klnotes.coding import Code
from klnotes.discrete import kl_terms

INK = "#18181b"  # the page's own color for text takes its place
COLORS = _palette.LIGHT
GRID, SOFT = COLORS["grid"], COLORS["soft"]
SERIES = [COLORS["p"], COLORS["q"], COLORS["r"], INK]
DASHES = ["-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2))]
WIDTH = 4.4  # inches: at a phone's width the text is then still as large as the text around it

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "klnotes",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 2,
    "legend.frameon": False,
}


@dataclass(frozen=True)
class Picture:
    """A drawn figure: its SVG, and the alt text that says what it shows."""

    svg: str
    alt: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": f'<div class="klnotes-figure">{self.svg}</div>', "text/plain": self.alt}


def bars(distributions: Mapping[str, ArrayLike], outcomes: Sequence[str], /, *, ylabel: str = "probability") -> Picture:
    """Grouped bar chart: one group for each outcome, one bar in it for each distribution.

    Parameters
    ----------
    distributions : mapping from a name to an array_like of shape (n,)
        At most four.
    outcomes : sequence of n names
    ylabel : str
        What the bars measure.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If there is no distribution or more than four, or one has not as many entries as there are outcomes.
    """
    series = {name: check.finite(values, name) for name, values in distributions.items()}
    if not 1 <= len(series) <= len(SERIES):
        raise ValueError(f"distributions must be one to four, but got {len(series)}")
    for name, values in series.items():
        _same_length(values, name, outcomes, "outcomes")
    with matplotlib.rc_context(_STYLE):
        figure, axes = _canvas(2.7)
        width = 0.82 / len(series)
        for k, (name, values) in enumerate(series.items()):
            at = np.arange(len(outcomes)) + (k - (len(series) - 1) / 2) * width
            axes.bar(at, values, width * 0.94, color=SERIES[k], label=name)
        axes.set_xticks(range(len(outcomes)), outcomes)
        axes.tick_params(length=0)
        axes.set_ylabel(ylabel)
        _legend(axes, len(series))
        said = "; ".join(f"{name}: {_listed(values, outcomes)}" for name, values in series.items())
        return _picture(figure, f"Bar chart of {ylabel}. {said}.")


def term_contributions(
    p: ArrayLike, q: ArrayLike, outcomes: Sequence[str], /, *, unit: str = "nats", names: tuple[str, str] = ("P", "Q")
) -> Picture:
    """The terms p log(p/q) as bars above and below zero, each with its value, and their sum.

    Parameters
    ----------
    p, q : array_like, shape (n,)
        Distributions.
    outcomes : sequence of n names
    unit : {'nats', 'bits', 'hartleys'}
    names : pair of str
        What P and Q are called in the title.

    Returns
    -------
    Picture

    Raises
    ------
    TypeError, ValueError
        As kl_terms does; and if there are not as many outcomes as terms.
    """
    terms = kl_terms(p, q, unit=unit)
    _same_length(terms, "p", outcomes, "outcomes")
    title = f"KL({names[0]}‖{names[1]}) = {terms.sum():.6f} {unit}"
    with matplotlib.rc_context(_STYLE):
        figure, axes = _canvas(2.9)
        colors = [COLORS["p"] if t >= 0 else COLORS["q"] for t in terms]
        drawn = axes.bar(range(len(terms)), terms, 0.62, color=colors)
        axes.bar_label(
            drawn, [f"{t:+.4f}".replace("-", "−") for t in terms], padding=2, fontsize=8 if len(terms) > 5 else 10
        )
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.margins(y=0.16)
        axes.set_xticks(range(len(outcomes)), outcomes)
        axes.tick_params(length=0)
        axes.set_ylabel(f"term in {unit}")
        axes.set_title(title, fontsize=10)
        said = ", ".join(f"{name} {t:+.6f}" for name, t in zip(outcomes, terms, strict=True))
        return _picture(figure, f"Bars for the terms of {title}. {said}.")


def tangent(p: ArrayLike | None = None, q: ArrayLike | None = None, /) -> Picture:
    """The curve -ln x above its tangent 1 - x, which it touches at x = 1 only.

    Parameters
    ----------
    p, q : array_like, shape (n,), optional
        Distributions with p > 0: the gap between curve and tangent is marked at each ratio x = q/p. The gaps,
        averaged with weights p, are KL(P || Q).

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If p or q is not a distribution, or p has a zero.
    """
    x = np.linspace(0.08, 3, 200)
    said = "The curve −ln x lies above the straight line 1 − x and touches it at x = 1 only."
    with matplotlib.rc_context(_STYLE):
        figure, axes = _canvas(3.0)
        axes.fill_between(x, 1 - x, -np.log(x), color=COLORS["soft"], linewidth=0)
        axes.plot(x, -np.log(x), color=COLORS["p"], label="−ln x")
        axes.plot(x, 1 - x, color=COLORS["q"], linestyle=DASHES[1], label="1 − x")
        if p is not None and q is not None:
            a, _ = check.distribution(p, "p", -1, False)
            b, _ = check.distribution(q, "q", -1, False)
            check.same_outcomes(a, b)
            check.refuse(a == 0, a, "p", "must be positive to draw the ratios q/p")
            ratio = b / a
            axes.vlines(ratio, 1 - ratio, -np.log(ratio), color=INK, linewidth=1.6)
            axes.plot(ratio, -np.log(ratio), "o", color=INK, markersize=4)
            gaps = ", ".join(f"{g:.4f} at x = {r:.4g}" for r, g in zip(ratio, ratio - 1 - np.log(ratio), strict=True))
            said += f" The gaps at the ratios q/p are {gaps}."
        axes.plot(1, 0, "o", color=COLORS["q"], markersize=5)
        axes.set_xlabel("x = q/p")
        axes.set_xlim(0, 3)
        axes.set_ylim(-2.1, 2.6)
        _legend(axes, 2)
        return _picture(figure, said)


def lines(
    x: ArrayLike,
    curves: Mapping[str, ArrayLike],
    /,
    *,
    xlabel: str,
    ylabel: str,
    marks: Sequence[tuple[float, float, str]] = (),
    columns: tuple[ArrayLike, ArrayLike, str] | None = None,
    log_x: bool = False,
    log_y: bool = False,
) -> Picture:
    """Curves over a common x, with marked points, and columns behind them if asked for.

    Parameters
    ----------
    x : array_like, shape (m,)
    curves : mapping from a name to an array_like of shape (m,)
        At most four.
    xlabel, ylabel : str
        What the axes measure, with the unit.
    marks : sequence of (x, y, text)
        Points to mark and what to write beside them.
    columns : (positions, heights, name), optional
        A histogram to stand behind the curves.
    log_x, log_y : bool
        Logarithmic axes.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If there is no curve or more than four, or one has not as many entries as x.
    """
    at = check.finite(x, "x")
    if not 1 <= len(curves) <= len(SERIES):
        raise ValueError(f"curves must be one to four, but got {len(curves)}")
    said = []
    with matplotlib.rc_context({**_STYLE, "axes.grid.axis": "both"}):
        figure, axes = _canvas(2.9)
        if columns is not None:
            places, heights = check.finite(columns[0], "columns[0]"), check.finite(columns[1], "columns[1]")
            _same_length(heights, "columns[1]", places, "columns[0]")
            axes.bar(places, heights, np.diff(places).min() * 0.9, color=COLORS["soft"], label=columns[2])
            top = int(np.argmax(heights))
            said.append(f"Columns, {columns[2]}: highest at {places[top]:.4g} with {heights[top]:.4g}.")
        for k, (name, values) in enumerate(curves.items()):
            y = np.asarray(values, dtype=np.float64)
            _same_length(y, name, at, "x")
            axes.plot(at, y, color=SERIES[k], linestyle=DASHES[k], label=name)
            said.append(_course(name, at, y))
        for mark_x, mark_y, text in marks:
            axes.plot(mark_x, mark_y, "o", color=INK, markersize=5)
            axes.annotate(text, (mark_x, mark_y), xytext=(6, 7), textcoords="offset points", fontsize=9)
            said.append(f"Marked: {text} at ({mark_x:.4g}, {mark_y:.4g}).")
        if log_x:
            axes.set_xscale("log")
        if log_y:
            axes.set_yscale("log")
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        axes.tick_params(length=0, which="both")
        if len(curves) > 1 or columns is not None:
            _legend(axes, len(curves) + (columns is not None))
        return _picture(figure, f"{ylabel} against {xlabel}. {' '.join(said)}")


def joint_and_product(joint: ArrayLike, x_names: Sequence[str], y_names: Sequence[str], /) -> Picture:
    """A joint table beside the product of its margins, cell by cell, darker for more probable.

    Parameters
    ----------
    joint : array_like, shape (r, c)
        Joint probabilities, X along the rows.
    x_names, y_names : sequences of r and c names

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If joint is not a distribution over a table, or the names do not fit it.
    """
    table, _ = check.distribution(joint, "joint", -1, False, last=2)
    if table.shape != (len(x_names), len(y_names)):
        raise ValueError(
            f"joint must have the shape {(len(x_names), len(y_names))} of its names, but got {table.shape}"
        )
    product = np.outer(table.sum(axis=1), table.sum(axis=0))
    top = max(table.max(), product.max())
    said = []
    with matplotlib.rc_context({**_STYLE, "axes.grid": False}):
        figure = Figure(figsize=(WIDTH, 0.75 + 0.42 * len(x_names)), layout="constrained")
        for axes, values, title in zip(
            figure.subplots(1, 2, sharey=True), (table, product), ("joint", "product of the margins"), strict=True
        ):
            for (i, j), value in np.ndenumerate(values):
                axes.add_patch(
                    matplotlib.patches.Rectangle((j, i), 0.96, 0.94, color=COLORS["p"], alpha=0.45 * value / top)
                )
                axes.text(
                    j + 0.48, i + 0.47, f"{value:.4f}".rstrip("0").rstrip("."), ha="center", va="center", fontsize=9
                )
            axes.set(xlim=(0, len(y_names)), ylim=(len(x_names), 0))
            axes.set_xticks(np.arange(len(y_names)) + 0.48, y_names)
            axes.set_yticks(np.arange(len(x_names)) + 0.47, x_names)
            axes.set_title(title, fontsize=10)
            axes.tick_params(length=0)
            axes.spines[:].set_visible(False)
            rows = (f"{n}: {', '.join(f'{v:.4g}' for v in row)}" for n, row in zip(x_names, values, strict=True))
            said.append(f"{title.capitalize()}: {'; '.join(rows)}.")
        return _picture(figure, f"Two tables with columns {', '.join(y_names)}. {' '.join(said)}")


def simplex(
    outcomes: Sequence[str], points: Mapping[str, ArrayLike], /, *, paths: Mapping[str, ArrayLike] | None = None
) -> Picture:
    """The triangle of the distributions over three outcomes, with some of them marked, and paths through it.

    The more probable an outcome is, the nearer to its corner a distribution lies, and the farther from the other side.

    Parameters
    ----------
    outcomes : sequence of 3 names
        For the corners at the bottom left, the bottom right and the top.
    points : mapping from a name to an array_like of shape (3,)
    paths : mapping from a name to an array_like of shape (m, 3), optional
        At most four.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If there are more than four paths, or a point is no distribution over three outcomes.
    """
    ways = dict(paths or {})
    if len(outcomes) != 3 or len(ways) > len(SERIES):
        raise ValueError(f"outcomes must be 3 and paths at most {len(SERIES)}, but got {len(outcomes)} and {len(ways)}")
    places = {name: check.distribution(place, name, -1, False)[0] for name, place in {**ways, **points}.items()}
    for name, place in places.items():
        if place.shape[-1] != 3:
            raise ValueError(f"{name} must have 3 entries, as outcomes has, but its shape is {place.shape}")
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
    said = []
    with matplotlib.rc_context({**_STYLE, "axes.grid": False}):
        figure, axes = _canvas(3.6)
        axes.add_patch(matplotlib.patches.Polygon(corners, facecolor=COLORS["soft"], alpha=0.35))
        for (x, y), outcome, side in zip(corners, outcomes, ("top", "top", "bottom"), strict=True):
            axes.annotate(outcome, (x, y), xytext=(0, 4 if y else -4), textcoords="offset points", ha="center", va=side)
        for name in points:
            at = places[name] @ corners
            axes.plot(*at, "o", color=INK, markersize=5)
            axes.annotate(name, at, xytext=(6, 5), textcoords="offset points", fontsize=9)
            said.append(f"{name}: {_listed(places[name], outcomes)}.")
        for k, name in enumerate(ways):
            axes.plot(*(places[name] @ corners).T, color=SERIES[k], linestyle=DASHES[k], label=name)
            ends = " to ".join(f"({', '.join(f'{x:.3g}' for x in places[name][end])})" for end in (0, -1))
            said.append(f"Path, {name}: from {ends}.")
        axes.set(xlim=(-0.06, 1.06), ylim=(-0.1, 0.98), aspect="equal")
        axes.set_axis_off()
        if ways:
            _legend(axes, max(len(ways), 2))
        return _picture(figure, f"Triangle of the distributions over {', '.join(outcomes)}. {' '.join(said)}")


def boltzmann_ladder(energies: ArrayLike, temperatures: Sequence[float], /) -> Picture:
    """Occupation of energy levels, drawn as rungs whose length is the probability, one ladder a temperature.

    Parameters
    ----------
    energies : array_like, shape (n,)
    temperatures : sequence of positive numbers
        In units of energy.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If an energy is not finite or a temperature not positive.
    """
    levels = check.finite(energies, "energies")
    said = []
    with matplotlib.rc_context({**_STYLE, "axes.grid": False}):
        figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
        panels = np.ravel(figure.subplots(1, len(temperatures), sharex=True, sharey=True))
        for axes, t in zip(panels, temperatures, strict=True):
            p = boltzmann_distribution(levels, t)
            axes.hlines(levels, 0, 1, color=COLORS["soft"], linewidth=7)
            axes.hlines(levels, 0, p, color=COLORS["p"], linewidth=7)
            axes.set_title(f"T = {t:g}", fontsize=10)
            axes.set_xlim(0, 1)
            axes.set_xticks([0, 1])
            axes.tick_params(length=0)
            axes.spines["bottom"].set_visible(False)
            said.append(f"T = {t:g}: {', '.join(f'{v:.3f}' for v in p)}")
        panels[0].set_ylabel("energy")
        figure.supxlabel("probability of the level", fontsize=10)
        return _picture(figure, f"Occupation of the levels {', '.join(f'{e:g}' for e in levels)}. {'. '.join(said)}.")


def code_tree(code: Code, /) -> Picture:
    """A prefix code as a binary tree: 0 goes left, 1 goes right, and every symbol is a leaf.

    Parameters
    ----------
    code : mapping from symbol to word

    Returns
    -------
    Picture
    """
    words = {word: str(symbol) for symbol, word in code.items()}
    nodes = sorted({word[:k] for word in words for k in range(len(word) + 1)})
    place = {word: float(i) for i, word in enumerate(sorted(words))}
    for node in sorted(nodes, key=len, reverse=True):
        below = [place[node + bit] for bit in "01" if node + bit in place]
        place.setdefault(node, sum(below) / max(len(below), 1))
    with matplotlib.rc_context({**_STYLE, "axes.grid": False}):
        figure, axes = _canvas(0.9 + 0.5 * max(map(len, words)))
        for node in nodes:
            if node:
                x, y = (place[node[:-1]], place[node]), (1 - len(node), -len(node))
                axes.plot(x, y, color=COLORS["p"], linewidth=1.4)
                axes.text(sum(x) / 2, sum(y) / 2, node[-1], ha="center", va="center", fontsize=9, bbox=_LABEL)
            if node in words:
                axes.text(place[node], -len(node) - 0.12, f"{words[node]}\n{node}", ha="center", va="top")
            else:
                axes.plot(place[node], -len(node), "o", color=COLORS["p"], markersize=5)
        axes.set_ylim(-max(map(len, words)) - 0.9, 0.2)
        axes.set_xlim(-0.6, len(words) - 0.4)
        axes.axis("off")
        said = ", ".join(f"{symbol} is {word}" for symbol, word in code.items())
        return _picture(figure, f"Binary tree of a prefix code, 0 to the left and 1 to the right: {said}.")


def joint_range(
    tv: ArrayLike, kl: ArrayLike, distances: ArrayLike, least: ArrayLike, here: tuple[float, float], /
) -> Picture:
    """Pairs of distributions by total variation distance and KL divergence, and what bounds the one by the other.

    Parameters
    ----------
    tv, kl : array_like, shape (m,)
        Distance and divergence, in nats, of each pair.
    distances, least : array_like, shape (k,)
        Distances below 1, and the least divergence at each.
    here : pair of float
        Distance and divergence of a pair that is marked.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If tv and kl, or distances and least, differ in length.
    """
    top = 3.0
    x, y = np.asarray(tv, dtype=np.float64), np.asarray(kl, dtype=np.float64)
    at, low = check.finite(distances, "distances"), check.finite(least, "least")
    _same_length(y, "kl", x, "tv")
    _same_length(low, "least", at, "distances")
    inside = y <= top
    pinsker, other = 2 * x**2, -np.log1p(-(np.minimum(x, 1 - 1e-16) ** 2))
    with matplotlib.rc_context({**_STYLE, "axes.grid.axis": "both"}):
        figure, axes = _canvas(3.0)
        axes.plot(x[inside], y[inside], ".", color=COLORS["r"], markersize=3.5, alpha=0.7)
        axes.plot(at, low, color=INK, linewidth=1, label="least")
        axes.plot(at, 2 * at**2, color=COLORS["p"], label="Pinsker")
        axes.plot(at, -np.log1p(-(at**2)), color=COLORS["q"], linestyle=DASHES[1], label="Bretagnolle–Huber")
        axes.plot(here[0], min(here[1], top), "o", color=INK, markersize=6)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.06, top)
        axes.set_xlabel("TV")
        axes.set_ylabel("KL in nats")
        axes.tick_params(length=0)
        _legend(axes, 3)
        above = int(np.sum((y >= pinsker * (1 - 1e-9)) & (y >= other * (1 - 1e-9))))
        return _picture(
            figure,
            f"KL divergence in nats against total variation distance of {len(x)} pairs, {int(inside.sum())} of them "
            f"below {top:g} nats. Above both bounds, 2 TV² and −ln(1 − TV²), are {above} of the {len(x)}. "
            f"The least divergence is {low[len(at) // 2]:.4f} nats at the distance {at[len(at) // 2]:g}.",
        )


def images(rows: Mapping[str, ArrayLike], /) -> Picture:
    """Rows of small pictures, each pixel in one of nine shades from none to full ink.

    Parameters
    ----------
    rows : mapping from a name to an array_like of shape (m, height, width)
        At most six rows of equally many pictures, all of one size. Below 0 there is no ink, above 1 full ink.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If there is no row or more than six, or the rows differ in shape.
    """
    series = {name: check.finite(values, name) for name, values in rows.items()}
    if not 1 <= len(series) <= 6:
        raise ValueError(f"rows must be one to six, but got {len(series)}")
    first_name, first = next(iter(series.items()))
    for name, values in series.items():
        if values.ndim != 3 or values.shape != first.shape:
            raise ValueError(
                f"{name} must have three axes and the shape of {first_name}, but its shape is {values.shape}"
            )
    m, height, width = first.shape
    wide, high = m * (width + 1), len(series) * (height + 1)
    with matplotlib.rc_context({**_STYLE, "axes.grid": False}):
        figure, axes = _canvas(WIDTH * high / wide * 0.8 + 0.1)
        figure.set_layout_engine("constrained", w_pad=0.12)
        shades = [np.round(np.clip(values, 0, 1) * 8).astype(int) for values in series.values()]
        for shade in range(1, 9):
            corners = [
                (k * (width + 1) + x, r * (height + 1) + y)
                for r, row in enumerate(shades)
                for k, y, x in np.argwhere(row == shade)
            ]
            squares = [matplotlib.path.Path.unit_rectangle().transformed(_shift(*corner)) for corner in corners]
            if squares:
                whole = matplotlib.path.Path.make_compound_path(*squares)
                axes.add_patch(matplotlib.patches.PathPatch(whole, facecolor=INK, alpha=shade / 8, linewidth=0))
        axes.set(xlim=(0, wide - 1), ylim=(high - 1, 0), aspect="equal")
        axes.set_xticks([])
        axes.set_yticks([r * (height + 1) + height / 2 for r in range(len(series))], list(series), fontsize=9)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        said = [f"{m} pictures of {height} by {width} pixels in each row."]
        for name, values in series.items():
            off = np.sqrt(np.mean((values - first) ** 2))
            differ = np.sqrt(np.mean(np.var(values, axis=0)))
            from_first = "" if name == first_name else f", from {first_name} by {off:.2f}"
            said.append(f"{name}: pixels differ from picture to picture by {differ:.2f}{from_first}.")
        return _picture(figure, " ".join(said))


def _shift(x: float, y: float) -> Any:
    return matplotlib.transforms.Affine2D().translate(x, y)


_LABEL = {"boxstyle": "round,pad=0.15", "facecolor": SOFT, "edgecolor": "none"}


def phases(horn: ArrayLike, tie: ArrayLike, peaks: ArrayLike, /) -> Picture:
    """The phase diagram of the reverse fit to two bumps: how many optima there are, and where the best one changes.

    Parameters
    ----------
    horn, tie, peaks : array_like, shape (n, 2)
        As klnotes.mixtures.two_bump_phases gives them: rows of m and the weight of the right bump. They are drawn with
        their mirror images.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    edge, line, two = check.finite(horn, "horn"), check.finite(tie, "tie"), check.finite(peaks, "peaks")
    end = np.floor(min(edge[0, 0], edge[-1, 0]))
    tip, triple = line[0], line[-1]
    with matplotlib.rc_context({**_STYLE, "axes.grid": False}):
        figure, axes = _canvas(3.6)
        for sign in (1, -1):
            axes.fill(edge[:, 0], 0.5 + sign * (edge[:, 1] - 0.5), color=COLORS["p"], alpha=0.2, linewidth=0)
            axes.plot(edge[:, 0], 0.5 + sign * (edge[:, 1] - 0.5), color=COLORS["p"], linewidth=1)
            axes.plot(line[:, 0], 0.5 + sign * (line[:, 1] - 0.5), color=COLORS["q"], linewidth=3)
            axes.plot(tip[0], 0.5 + sign * (tip[1] - 0.5), "o", color=COLORS["q"], markersize=5)
            axes.plot(two[:, 0], 0.5 + sign * (two[:, 1] - 0.5), color=INK, linestyle=DASHES[1], linewidth=1)
        axes.plot([triple[0], end], [0.5, 0.5], color=COLORS["q"], linewidth=3)
        axes.plot(triple[0], 0.5, "o", color=COLORS["q"], markersize=6)
        for x, y, text in (
            (1.05, 0.5, "two peaks →"),
            (1.95, 0.5, "1: over both"),
            (2.37, 0.59, "2"),
            (2.37, 0.41, "2"),
            (2.56, 0.5, "3"),
            (3.4, 0.56, "3: right is best"),
            (3.4, 0.44, "3: left is best"),
            (3.4, 0.8, "2: right is best"),
            (3.4, 0.2, "2: left is best"),
            (2.15, 0.82, "1: on the right"),
            (2.15, 0.18, "1: on the left"),
        ):
            axes.text(x, y, text, ha="left" if x < 1.1 else "center", va="center", fontsize=9)
        axes.set(xlim=(0.9, end), ylim=(0, 1))
        axes.set_xlabel("m, distance of each bump from the middle")
        axes.set_ylabel("weight of the right bump")
        axes.tick_params(length=0)
        return _picture(
            figure,
            "Map of the targets with two bumps, m to the right and the weight of the right bump upward. Two horns, "
            f"mirror images about weight 0.5, open to the right from tips at m = {tip[0]:.3f} and the weights "
            f"{tip[1]:.3f} and {1 - tip[1]:.3f}. Outside of both the reverse fit has one optimum, inside of one two, "
            "inside of both three. From each tip a thick line, where the global fit jumps, runs to the triple point at "
            f"m = {triple[0]:.3f} and weight 0.5, and from there a third one along weight 0.5. To the right of a "
            "dashed line, which begins at m = 1 and weight 0.5, the target has two peaks.",
        )


def drift_report(report: Any, /) -> Picture:
    """For each column of two tables the divergence as a dot, and as a bar how far chance alone moves it.

    Parameters
    ----------
    report : pandas.DataFrame
        As klnotes.drift gives it. The first twelve rows are drawn.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If report is none of klnotes.drift, or has no row.
    """
    names = [str(name) for name in getattr(report, "columns", [])]
    if names[1:] != ["quantile", "p_value", "drifted", "largest"] or not len(report):
        raise ValueError(f"report must be one of klnotes.drift, with a row or more, but its columns are {names}")
    shown = report.iloc[:12]
    values, limits = shown.iloc[:, 0].to_numpy(float), shown["quantile"].to_numpy(float)
    seen = np.concatenate([values, limits])
    seen = seen[(seen > 0) & np.isfinite(seen)]
    low, high = (seen.min() / 2, seen.max() * 3) if seen.size else (1e-3, 1.0)
    said = []
    with matplotlib.rc_context({**_STYLE, "axes.grid.axis": "x"}):
        figure, axes = _canvas(0.9 + 0.28 * len(shown))
        for row, (column, value, limit) in enumerate(zip(shown.index, values, limits, strict=True)):
            axes.plot(
                [low, min(max(limit, low), high)], [row, row], color=COLORS["soft"], linewidth=7, solid_capstyle="butt"
            )
            far = bool(shown["drifted"].iloc[row])
            sign: dict[str, Any] = {"marker": ">" if value > high else "o", "markersize": 7, "color": COLORS["p"]}
            axes.plot(min(max(value, low), high), row, **sign, fillstyle="full" if far else "none", clip_on=False)
            most = shown["largest"].iloc[row].split("), ")[0].rpartition(" (")[0] if far else ""
            said.append(
                f"{column} {value:.3g}, chance up to {limit:.3g}" + (f", drifted, most of it in {most}" if far else "")
            )
        axes.set_xscale("log")
        axes.set(xlim=(low, high), ylim=(len(shown) - 0.4, -0.6))
        axes.set_yticks(range(len(shown)), [str(column) for column in shown.index])
        axes.set_xlabel(f"{names[0].upper()} in nats; bars: what chance does")
        axes.tick_params(length=0, which="both")
        return _picture(figure, f"{names[0].upper()} of {len(shown)} columns in nats. {'; '.join(said)}.")


_LABEL = {"boxstyle": "round,pad=0.15", "facecolor": SOFT, "edgecolor": "none"}


def _canvas(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots()


def _legend(axes: Axes, entries: int) -> None:
    if entries > 1:
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=entries, borderaxespad=0.2, fontsize=9)


def _same_length(values: Array, name: str, others: Any, other: str) -> None:
    if values.shape != (len(others),):
        raise ValueError(f"{name} must have {len(others)} entries, as {other} has, but its shape is {values.shape}")


def _listed(values: Array, outcomes: Sequence[str]) -> str:
    """All values with their outcomes, or the three largest if they would tire a listener."""
    pairs = [f"{name} {value:.4g}" for name, value in zip(outcomes, values, strict=True)]
    if len(pairs) <= 10:
        return ", ".join(pairs)
    return "largest " + ", ".join(pairs[i] for i in np.argsort(-values, kind="stable")[:3])


def _course(name: str, x: Array, y: Array) -> str:
    """Where a curve starts, turns and ends, in words."""
    shown = np.flatnonzero(np.isfinite(y))
    first, last = shown[0], shown[-1]
    low, high = shown[np.argmin(y[shown])], shown[np.argmax(y[shown])]
    turns = [f"{word} {y[i]:.4g} at {x[i]:.4g}" for word, i in (("lowest", low), ("highest", high)) if first < i < last]
    ends = f"from {y[first]:.4g} at {x[first]:.4g} to {y[last]:.4g} at {x[last]:.4g}"
    return f"{name}: {', '.join([ends, *turns])}."


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _picture(figure: Figure, alt: str) -> Picture:
    """The figure as SVG for the page: no fixed size, no ids that could meet another picture's, colours by name."""
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    box = re.search(r'viewBox="([^"]*)"', svg)
    assert box is not None
    body = re.sub(
        r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg[svg.index(">") + 1 :], flags=re.DOTALL
    )
    body = re.sub(r"<defs>\s*</defs>", "", body)
    body = re.sub(r'(<g[^>]*?) id="[^"]*"', r"\1", body)
    # A hundredth of a point is finer than any screen, and coarser than the last digits, in which machines may differ.
    body = re.sub(r"<[^>]*>", lambda tag: re.sub(r"-?\d+\.\d{3,}", _rounded, tag[0]), body)
    body = re.sub(r"\s*\n\s*", "\n", body).strip()
    mark = hashlib.sha256((alt + body).encode()).hexdigest()[:8]
    body = re.sub(r'((?:id="|href="#|url\(#))', rf"\g<1>k{mark}-", body)
    body = body.replace(INK, "currentColor")
    for name, color in COLORS.items():
        body = body.replace(color, f"var(--kl-{name}, {color})")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{box[1]}"'
    return Picture(f'{head} role="img" aria-label="{html.escape(alt)}">\n{body}', alt)
