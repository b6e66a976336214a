from typing import Any

import numpy as np
from scipy.special import ndtr

from klnotes import _validate as check
from klnotes import figures, gaussian_kl, hellinger_distance, js_divergence, total_variation
from klnotes.explorables._base import Checked, Explorable, joined, module, number

_SHAPES = ("bells", "boxes")
_WIDTH = 3.0  # of a box
_FARTHEST = 7.0


def _shape(_: Any, name: str, value: Any) -> int:
    shape = check.finite(value, name)
    if shape.ndim or shape not in range(len(_SHAPES)):
        raise ValueError(f"{name} must be 0 for bells or 1 for boxes, but got {value!r}")
    return int(shape)


def _measured(shape: int, m: float) -> dict[str, float]:
    """How far two bells, or two boxes, at the distance m are from each other."""
    if shape == 0:
        x = np.arange(-9, m + 9, 1 / 16)
        p, q = np.exp(-(x**2) / 2), np.exp(-((x - m) ** 2) / 2)
        inside = ndtr(m / 2)  # the best event is the half-line on one side of the middle
        return {
            "KL": gaussian_kl(0, 1, m, 1),
            "JS": js_divergence(p, q, normalize=True),
            "TV": total_variation([inside, 1 - inside], [1 - inside, inside]),
            "Hellinger": hellinger_distance(p, q, normalize=True),
        }
    alone = min(m / _WIDTH, 1.0)  # three outcomes: in one box alone, in both, in the other alone
    p, q = np.array([alone, 1 - alone, 0.0]), np.array([0.0, 1 - alone, alone])
    return {
        "KL": np.inf if m else 0.0,
        "JS": js_divergence(p, q),
        "TV": total_variation(p, q),
        "Hellinger": hellinger_distance(p, q),
    }


class JensenShannon(Explorable):
    """Two distributions to be pulled apart, and how far they are by KL, JS, TV, the Hellinger distance and W1.

    Parameters
    ----------
    distance : float
        From 0 to 7; the reader then changes it.
    shape : {0, 1}
        Bells of standard deviation 1, or boxes of width 3.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, here or when it is set later.
    """

    _name = "jensen-shannon"
    _esm = module(_name)
    shape = Checked(_shape)
    distance = Checked(number(0, _FARTHEST))

    def __init__(self, distance: float = 4.0, shape: int = 0, /) -> None:
        super().__init__(distance=distance, shape=shape)

    def _picture(self) -> figures.Picture:
        at = np.linspace(0, _FARTHEST, 71)
        rows = [_measured(self.shape, m) for m in at]
        here = _measured(self.shape, self.distance)
        names = ("TV", "Hellinger", "JS")
        low = figures.lines(
            at,
            {name: [row[name] for row in rows] for name in names},
            xlabel="distance",
            ylabel="with a ceiling (JS in nats)",
            marks=[(self.distance, here[name], "") for name in names],
        )
        high: dict[str, Any] = {"W₁": at} if self.shape else {"KL": [row["KL"] for row in rows], "W₁": at}
        free = figures.lines(at, high, xlabel="distance", ylabel="without one (KL in nats)")
        said = f"Two {_SHAPES[self.shape]} at distance {self.distance:g}: KL {here['KL']:.4f} nats, "
        said += f"JS {here['JS']:.4f} nats, TV {here['TV']:.4f}, Hellinger {here['Hellinger']:.4f}."
        return joined(low, free, said=said)
