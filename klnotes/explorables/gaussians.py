from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from klnotes import _validate as check
from klnotes import figures, gaussian_kl
from klnotes.explorables._base import Checked, Explorable, joined, module


def _bell(_: Any, name: str, value: ArrayLike) -> list[float]:
    bell = check.finite(value, name)
    if bell.shape != (2,):
        raise ValueError(f"{name} must be a mean and a standard deviation, but its shape is {bell.shape}")
    if abs(bell[0]) > 3 or not 0.1 <= bell[1] <= 3:
        raise ValueError(f"{name} must have a mean from -3 to 3 and a width from 0.1 to 3, but got {value!r}")
    return [float(x) for x in bell]


class Gaussians(Explorable):
    """Two bell curves with a mean and a width to be pulled; their divergences have no unit, and their W2 has one.

    Parameters
    ----------
    mean0, std0 : float
        Mean, from -3 to 3, and standard deviation, from 0.1 to 3, of the first bell, P, in millimeters.
    mean1, std1 : float
        Those of the second, Q. The reader changes all four.
    unit : {'mm', 'µm'}

    Raises
    ------
    TypeError, ValueError
        If a mean or a standard deviation is no number in its range, here or when `first` or `second` is set later.
    """

    _name = "gaussians"
    _esm = module(_name)
    first = Checked(_bell)
    second = Checked(_bell)
    unit = traitlets.Enum(["mm", "µm"], "mm").tag(sync=True)

    def __init__(
        self,
        mean0: float = 0.0,
        std0: float = 1.0,
        mean1: float = 1.0,
        std1: float = 2.0,
        /,
        *,
        unit: str = "mm",
    ) -> None:
        super().__init__(first=[mean0, std0], second=[mean1, std1], unit=unit)

    def _picture(self) -> figures.Picture:
        factor = {"mm": 1.0, "µm": 1000.0}[self.unit]
        x = np.linspace(-4, 4, 161)
        bells = {
            f"{name} = N({mean * factor:g}, {std * factor:g}²)": np.exp(-(((x - mean) / std) ** 2) / 2)
            / (std * factor * np.sqrt(2 * np.pi))
            for name, (mean, std) in (("P", self.first), ("Q", self.second))
        }
        drawn = figures.lines(x * factor, bells, xlabel=f"x in {self.unit}", ylabel=f"density per {self.unit}")
        there, back = gaussian_kl(*self.first, *self.second), gaussian_kl(*self.second, *self.first)
        distance = float(np.hypot(*np.subtract(self.first, self.second))) * factor
        said = f"KL(P‖Q) = {there:.4f} nats, KL(Q‖P) = {back:.4f} nats, W₂ = {distance:.4f} {self.unit}."
        return joined(drawn, said=said)
