import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import traitlets

from klnotes import figures
from klnotes.coding import Code, decode, encode
from klnotes.explorables._base import Checked, Explorable, joined, module, names


def _index(widget: Any, name: str, value: Any) -> int:
    most = {"book": len(widget.books) - 1, "sent": len(widget.message)}[name]
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 0 <= value <= most:
        raise ValueError(f"{name} must be a whole number from 0 to {most}, but got {value!r}")
    return int(value)


class CrossEntropy(Explorable):
    """A message coded letter by letter with two codes, the bits piling up.

    Parameters
    ----------
    message : str
    code : mapping from letter to word
        The code that was made for the message.
    others : sequence of such mappings
        The codes to choose from.

    Raises
    ------
    ValueError
        If a code is not a prefix code of words with 1 to 6 signs, or lacks a letter of the message.
    """

    _name = "cross-entropy"
    _esm = module(_name)
    letters = Checked(names)
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    books = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    book = Checked(_index)
    sent = Checked(_index)

    def __init__(self, message: str, code: Code, others: Sequence[Code], /) -> None:
        for book in (code, *others):
            encode(message, book)
            decode("", book)
            if set(book) != set(code) or not all(re.fullmatch("[01]{1,6}", word) for word in book.values()):
                raise ValueError(
                    f"every code must give the letters {list(code)} words of 1 to 6 signs, but got {dict(book)}"
                )
        books = [[book[letter] for letter in code] for book in others]
        super().__init__(
            letters=list(code), words=list(code.values()), books=books, message=message, book=0, sent=len(message)
        )

    def _picture(self) -> figures.Picture:
        piles = {}
        for name, words in (("own book", self.words), ("other book", self.books[self.book])):
            lengths = {letter: len(word) for letter, word in zip(self.letters, words, strict=True)}
            piles[f"{name}: {' '.join(words)}"] = np.array([0, *accumulate(lengths[letter] for letter in self.message)])
        n = len(self.message)
        marks = [(n, float(bits[-1]), "") for bits in piles.values()]
        own, other = (bits[-1] / n for bits in piles.values())
        said = f"Own book {own:g} bits per letter, other book {other:g} bits per letter, {other - own:g} bits extra."
        drawn = figures.lines(np.arange(n + 1), piles, xlabel="letters sent", ylabel="bits", marks=marks)
        return joined(drawn, said=said)
