from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from klnotes import figures, mutual_information
from klnotes.explorables._base import Checked, Explorable, joined, module, whole_numbers


def _table(_: Any, name: str, value: ArrayLike) -> list[list[int]]:
    counts = whole_numbers(name, value, 0, 9)
    if counts.shape not in ((2, 2), (3, 3)) or not counts.any():
        raise ValueError(f"{name} must be a table with 2 by 2 or 3 by 3 cells, not all 0, but got {counts.tolist()}")
    return list(counts.tolist())


class MutualInformation(Explorable):
    """A table of counts to be pulled cell by cell, beside the product of its margins.

    Parameters
    ----------
    counts : array_like of int, shape (2, 2) or (3, 3)
        From 0 to 9, not all 0, which the reader then changes.

    Raises
    ------
    TypeError, ValueError
        If counts are not such a table, here or when they are set later.
    """

    _name = "mutual-information"
    _esm = module(_name)
    counts = Checked(_table)

    def __init__(self, counts: ArrayLike, /) -> None:
        super().__init__(counts=counts)

    def _picture(self) -> figures.Picture:
        table = np.array(self.counts)
        values = range(len(table)) if len(table) == 2 else range(-1, 2)
        names = [[f"{name} = {value}".replace("-", "−") for value in values] for name in "XY"]
        drawn = figures.joint_and_product(table / table.sum(), *names)
        return joined(drawn, said=f"I(X;Y) = {mutual_information(table, unit='bits', normalize=True):.4f} bits.")
