from typing import Any

import numpy as np
from scipy.special import expit

from klnotes import figures
from klnotes.discrete import bernoulli_kl
from klnotes.explorables._base import Checked, Explorable, module, number


class TwoKnobs(Explorable):
    """A coin whose log-odds are the product of two knobs, and a copy of it to pull at.

    Parameters
    ----------
    place : float
        The approved knobs are place and 1/place, from 0.2 to 5: log-odds of 1, wherever in the valley.
    w1, w2 : float
        The knobs of the copy, from -0.8 to 5. All three the reader then changes.

    Raises
    ------
    TypeError, ValueError
        If a number does not lie in its range, here or when it is set later.
    """

    _name = "two-knobs"
    _esm = module(_name)
    place = Checked(number(0.2, 5))
    w1 = Checked(number(-0.8, 5))
    w2 = Checked(number(-0.8, 5))

    def __init__(self, place: float = 1.0, w1: float = 1.3, w2: float = 1.3, /) -> None:
        super().__init__(place=place, w1=w1, w2=w2)

    def _picture(self) -> figures.Picture:
        first = np.linspace(0.2, 5, 97)
        away = np.hypot(self.w1 - self.place, self.w2 - 1 / self.place)
        kl = bernoulli_kl(expit(1), expit(self.w1 * self.w2))
        curves: dict[str, Any] = {"0 nats": 1 / first}
        for product, name in ((0.3268, "0.05, below"), (1.7655, "0.05, above")):
            second = product / first
            curves[name] = np.where(second <= 5, second, np.nan)
        marks = [
            (self.place, 1 / self.place, "approved"),
            (self.w1, self.w2, f"copy: {away:.3f} away, {kl:.4f} nats"),
        ]
        return figures.lines(first, curves, xlabel="first knob", ylabel="second knob", marks=marks)
