from typing import Any

import numpy as np
import traitlets

from klnotes import bernoulli_kl, figures
from klnotes.explorables._base import Checked, Explorable, module, number

MEASURES = ["KL", "Jeffreys", "√KL", "TV"]


def far(measure: str, p: Any, q: Any) -> Any:
    """How far it is from one coin to another, in nats if it has a unit."""
    if measure == "TV":
        return np.abs(np.subtract(p, q))
    there = bernoulli_kl(p, q)
    return there + bernoulli_kl(q, p) if measure == "Jeffreys" else np.sqrt(there) if measure == "√KL" else there


class NotADistance(Explorable):
    """Two coins and a third one between them to be pulled: what the detour costs, and what the direct way.

    Parameters
    ----------
    start, stop, goal : float
        Probabilities of heads, from 0.01 to 0.99, which the reader then changes.
    measure : {'KL', 'Jeffreys', '√KL', 'TV'}

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, here or when it is set later.
    """

    _name = "not-a-distance"
    _esm = module(_name)
    start = Checked(number(0.01, 0.99))
    stop = Checked(number(0.01, 0.99))
    goal = Checked(number(0.01, 0.99))
    measure = traitlets.Enum(MEASURES, "KL").tag(sync=True)

    def __init__(self, start: float, stop: float, goal: float, /, *, measure: str = "KL") -> None:
        super().__init__(start=start, stop=stop, goal=goal, measure=measure)

    def _picture(self) -> figures.Picture:
        at = np.linspace(0.01, 0.99, 99)
        direct = far(self.measure, self.start, self.goal)
        detour = far(self.measure, self.start, at) + far(self.measure, at, self.goal)
        here = far(self.measure, self.start, self.stop) + far(self.measure, self.stop, self.goal)
        drawn = figures.lines(
            at,
            {"detour": detour, "direct": np.full(99, direct)},
            xlabel="the stop",
            ylabel=f"{self.measure} from {self.start:g} to {self.goal:g}",
            marks=[(self.stop, here, "stop")],
        )
        said = f"Direct {direct:.4f}, by way of {self.stop:g} {here:.4f}."
        return figures.Picture(drawn.svg.replace(drawn.alt, f"{drawn.alt} {said}"), f"{drawn.alt} {said}")
