from typing import Any

import numpy as np
from scipy.special import chdtri

from klnotes import figures, jeffreys_divergence
from klnotes._typing import Array
from klnotes.explorables._base import Checked, Explorable, module, number, whole_numbers

ROWS = (50, 100, 200, 500, 1000, 2000)


def tilted(bins: int, drift: float) -> Array:
    """Shares of bins that are equal without a drift, tilted by one."""
    return (1 + drift * ((2 * np.arange(bins) + 1) / bins - 1)) / bins


def _whole(least: int, most: float) -> Any:
    def refuse(_: Any, name: str, value: Any) -> int:
        whole = whole_numbers(name, value, least, most)
        if whole.ndim:
            raise ValueError(f"{name} must be a single whole number, but got {value!r}")
        return int(whole)

    return refuse


def _rows(_: Any, name: str, value: Any) -> int:
    if isinstance(value, bool) or value not in ROWS:
        raise ValueError(f"{name} must be one of {', '.join(map(str, ROWS))}, but got {value!r}")
    return int(value)


class Drift(Explorable):
    """Pairs of tables with or without a drift: their PSI against the quantile of the null, and against 0.1 and 0.25.

    Parameters
    ----------
    n : int
        Rows in each table, one of 50, 100, 200, 500, 1000, 2000, which the reader then changes.
    bins : int
        From 2 to 20, likewise.
    drift : float
        How far the shares of the current table are tilted, from 0 to 0.9, likewise.
    seed : int
        Where the random numbers begin.

    Raises
    ------
    TypeError, ValueError
        If a number is out of its range, here or when it is set later.
    """

    _name = "drift"
    _esm = module(_name)
    n = Checked(_rows)
    bins = Checked(_whole(2, 20))
    drift = Checked(number(0, 0.9))
    seed = Checked(_whole(0, 1e9))

    def __init__(self, n: int = 100, bins: int = 10, drift: float = 0.0, /, *, seed: int = 0) -> None:
        super().__init__(n=n, bins=bins, drift=drift, seed=seed)

    def _picture(self) -> figures.Picture:
        rng = np.random.default_rng(self.seed)
        a = rng.multinomial(self.n, tilted(self.bins, 0), 2000)
        c = rng.multinomial(self.n, tilted(self.bins, self.drift), 2000)
        psi = jeffreys_divergence(a, c, normalize=True)
        share = np.arange(0.02, 1, 0.02)
        limit = 2 * chdtri(self.bins - 1, 0.05) / self.n
        drawn = figures.lines(
            np.sort(psi)[(share * len(psi)).astype(int)],
            {"pairs of tables below": share},
            xlabel="PSI",
            ylabel="share",
            marks=[(limit, 0.95, "quantile of the null"), (0.1, 0.0, "0.1"), (0.25, 0.0, "0.25")],
            log_x=True,
        )
        real = jeffreys_divergence(tilted(self.bins, 0), tilted(self.bins, self.drift))
        said = (
            f"{self.n} rows in each table, {self.bins} bins, drift {self.drift:g}: the true PSI is {real:.4f}, the "
            f"95 % quantile without drift {limit:.4f}."
        )
        return figures.Picture(drawn.svg.replace(drawn.alt, f"{drawn.alt} {said}"), f"{drawn.alt} {said}")
