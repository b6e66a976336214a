"""Explorables: small pictures to be pulled at, one for each chapter, each with a task that can be done.

They are Jupyter widgets: in a live notebook their traits can be read, set, observed and linked. In a page without a
kernel the same code runs in the browser, and where no code runs at all a still picture stands in its place.
"""

import html
import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import ArrayLike

from klnotes import _validate as check
from klnotes import figures
from klnotes.boltzmann import boltzmann_distribution, free_energy, variational_free_energy
from klnotes.coding import Code, decode, encode
from klnotes.discrete import bernoulli_kl, cross_entropy, entropy, kl_divergence, mutual_information

_HERE = Path(__file__).parent
STYLE = (_HERE / "style.css").read_text("utf-8")
_IMPORT = re.compile(r'(?m)^import \{\s*\w+(?:,\s*\w+)*,?\s*\} from "\./kit\.js";\n')
_EXPORT = re.compile(r"(?m)^export \{[^}]*\};\n")


@cache
def module(name: str) -> str:
    """The ES module of the explorable with this name, which needs no other file: what it imports stands before it."""
    kit, own = ((_HERE / f"{file}.js").read_text("utf-8") for file in ("kit", name))
    own = _IMPORT.sub("", own)
    if found := re.search(r'.*(?:\bimport\b|\bfrom ").*', own):
        raise ValueError(f"{name}.js must import nothing but names of ./kit.js, but says {found[0]!r}")
    return _EXPORT.sub("", kit) + own


class _Checked(traitlets.TraitType[Any, Any]):
    """A trait whose value goes through a function (widget, name, value) that refuses it or puts it into one form."""

    def __init__(self, refuse: Callable[[Any, str, Any], Any]) -> None:
        super().__init__()
        self.refuse = refuse
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> Any:
        return self.refuse(obj, str(self.name), value)


def _names(widget: Any, name: str, value: Sequence[str]) -> list[str]:
    names, before = list(value), widget._trait_values.get(name)
    if not all(isinstance(text, str) for text in names) or not 2 <= len(names) <= 6:
        raise ValueError(f"{name} must be 2 to 6 strings, but got {value!r}")
    if before and len(before) != len(names):
        raise ValueError(f"{name} must stay {len(before)} strings, but got {len(names)}")
    return names


def _distribution(widget: Any, name: str, value: ArrayLike) -> list[float]:
    over = "outcomes" if widget.has_trait("outcomes") else "energies"
    array, size = check.probability(value, name), len(getattr(widget, over))
    if array.shape != (size,):
        raise ValueError(f"{name} must have {size} entries, as {over} has, but its shape is {array.shape}")
    if abs(array.sum() - 1) > check.tolerance(array):
        raise ValueError(f"{name} must sum to 1, but its sum is {float(array.sum())!r}")
    return [float(x) for x in array]


def _positive_distribution(widget: Any, name: str, value: ArrayLike) -> list[float]:
    p = _distribution(widget, name, value)
    check.refuse(np.equal(p, 0), np.asarray(p), name, "must be positive, to form the ratios q/p")
    return p


def _number(low: float, high: float) -> Callable[[Any, str, Any], float]:
    def refuse(_: Any, name: str, value: Any) -> float:
        number = check.finite(value, name)
        if number.ndim or not low <= number <= high:
            raise ValueError(f"{name} must be a number from {low:g} to {high:g}, but got {value!r}")
        return float(number)

    return refuse


def _index(below: Callable[[Any], int]) -> Callable[[Any, str, Any], int]:
    def refuse(widget: Any, name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 0 <= value < below(widget):
            raise ValueError(f"{name} must be a whole number from 0 to {below(widget) - 1}, but got {value!r}")
        return int(value)

    return refuse


def _counts(name: str, value: ArrayLike, least: int, most: float) -> Any:
    array = check.finite(value, name)
    check.refuse(
        (array != np.round(array)) | (array < least) | (array > most),
        array,
        name,
        f"must hold whole numbers from {least} to {most:g}",
    )
    return array.astype(int)


def _two_counts(_: Any, name: str, value: ArrayLike) -> list[int]:
    counts = _counts(name, value, 1, 1e15)
    if counts.shape != (2,):
        raise ValueError(f"{name} must be two counts, but its shape is {counts.shape}")
    return list(counts.tolist())


def _table(_: Any, name: str, value: ArrayLike) -> list[list[int]]:
    counts = _counts(name, value, 0, 9)
    if counts.shape not in ((2, 2), (3, 3)) or not counts.any():
        raise ValueError(f"{name} must be a table with 2 by 2 or 3 by 3 cells, not all 0, but got {counts.tolist()}")
    return list(counts.tolist())


def _energies(_: Any, name: str, value: ArrayLike) -> list[float]:
    array = check.finite(value, name)
    if array.ndim != 1 or not 2 <= array.size <= 8:
        raise ValueError(f"{name} must be 2 to 8 energies, but its shape is {array.shape}")
    return [float(x) for x in array]


class _Explorable(anywidget.AnyWidget):
    """A widget that is a still picture too, and in a page a figure that its own code brings to life."""

    _css = STYLE
    _name: str

    def _picture(self) -> figures.Picture:
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        assert bundle is not None
        picture = self._picture()
        own = sorted(set(self.trait_names(sync=True)) - set(anywidget.AnyWidget.class_trait_names()))
        state = {name: getattr(self, name) for name in own if not name.startswith("_")}
        shown = html.escape(json.dumps(state, ensure_ascii=False))
        figure = f'<div class="klnotes-figure" data-explorable="{self._name}" data-state="{shown}">{picture.svg}</div>'
        return {**bundle[0], "text/html": figure, "image/svg+xml": picture.svg, "text/plain": picture.alt}, bundle[1]


class Entropy(_Explorable):
    """Bars of P to be pulled, and the entropy held against log n.

    Parameters
    ----------
    p : array_like, shape (n,)
        A distribution, which the reader then changes.
    outcomes : sequence of n names
        From 2 to 6.

    Raises
    ------
    TypeError, ValueError
        If p is not a distribution over the outcomes, here or when it is set later.
    """

    _name = "entropy"
    _esm = module(_name)
    outcomes = _Checked(_names)
    p = _Checked(_distribution)

    def __init__(self, p: ArrayLike, /, *, outcomes: Sequence[str] = "ABCD") -> None:
        super().__init__(outcomes=outcomes, p=p)

    def _picture(self) -> figures.Picture:
        h, most = entropy(self.p, unit="bits"), np.log2(len(self.outcomes))
        said = f"The entropy is H = {h:.4f} bits; the largest possible is log n = {most:.4f} bits."
        return _joined(figures.bars({"P": self.p}, self.outcomes), said=said)


class CrossEntropy(_Explorable):
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
    letters = _Checked(_names)
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    books = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    book = _Checked(_index(lambda widget: len(widget.books)))
    sent = _Checked(_index(lambda widget: len(widget.message) + 1))

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
        return _joined(drawn, said=said)


class KLDivergence(_Explorable):
    """Bars of P and Q to be pulled, with the divergence in both directions, term by term.

    Parameters
    ----------
    p, q : array_like, shape (n,)
        Distributions, which the reader then changes.
    outcomes : sequence of n names
        From 2 to 6.
    unit : {'nats', 'bits'}

    Raises
    ------
    TypeError, ValueError
        If p or q is not a distribution over the outcomes, here or when it is set later.
    """

    _name = "kl-divergence"
    _esm = module(_name)
    outcomes = _Checked(_names)
    p = _Checked(_distribution)
    q = _Checked(_distribution)
    unit = traitlets.Enum(["nats", "bits"], "nats").tag(sync=True)

    def __init__(self, p: ArrayLike, q: ArrayLike, /, *, outcomes: Sequence[str] = "ABC", unit: str = "nats") -> None:
        super().__init__(outcomes=outcomes, p=p, q=q, unit=unit)

    def _picture(self) -> figures.Picture:
        drawn = figures.bars({"P": self.p, "Q": self.q}, self.outcomes)
        there, back = (kl_divergence(*pair, unit=self.unit) for pair in ((self.p, self.q), (self.q, self.p)))
        terms = figures.term_contributions(self.p, self.q, self.outcomes, unit=self.unit)
        return _joined(drawn, terms, said=f"KL(P‖Q) = {there:.4f} {self.unit}, KL(Q‖P) = {back:.4f} {self.unit}.")


class GibbsInequality(_Explorable):
    """The curve -ln x and its tangent; bars of Q to be pulled, and the gaps that add up to the divergence.

    Parameters
    ----------
    p : array_like, shape (n,)
        A distribution without a zero, which stays.
    q : array_like, shape (n,)
        A distribution, which the reader then changes.
    outcomes : sequence of n names
        From 2 to 6.

    Raises
    ------
    TypeError, ValueError
        If p or q is not a distribution over the outcomes, here or when it is set later; if p has a zero.
    """

    _name = "gibbs-inequality"
    _esm = module(_name)
    outcomes = _Checked(_names)
    p = _Checked(_positive_distribution)
    q = _Checked(_distribution)

    def __init__(self, p: ArrayLike, q: ArrayLike, /, *, outcomes: Sequence[str] = "ABC") -> None:
        super().__init__(outcomes=outcomes, p=p, q=q)

    def _picture(self) -> figures.Picture:
        said = f"Averaged with weights P, the gaps are KL(P‖Q) = {kl_divergence(self.p, self.q):.4f} nats."
        return _joined(figures.tangent(self.p, self.q), said=said)


class MaximumLikelihood(_Explorable):
    """The parameter of a coin to be pulled: negative log-likelihood and divergence fall together.

    Parameters
    ----------
    counts : array_like of int, shape (2,)
        How often each outcome came, at least once.
    theta : float
        The model's probability of the first outcome, which the reader then changes.
    outcomes : pair of names

    Raises
    ------
    TypeError, ValueError
        If counts are not two positive whole numbers, or theta is not between 0 and 1, here or when it is set later.
    """

    _name = "maximum-likelihood"
    _esm = module(_name)
    outcomes = _Checked(_names)
    counts = _Checked(_two_counts)
    theta = _Checked(_number(0, 1))

    def __init__(
        self, counts: ArrayLike, theta: float = 0.5, /, *, outcomes: Sequence[str] = ("heads", "tails")
    ) -> None:
        super().__init__(outcomes=outcomes, counts=counts, theta=theta)

    def _picture(self) -> figures.Picture:
        shares = np.array(self.counts) / sum(self.counts)
        at = np.linspace(0.05, 0.95, 91)
        h, kl = entropy(shares), bernoulli_kl(shares[0], at)
        nll = cross_entropy(shares, [self.theta, 1 - self.theta])
        marks = [(self.theta, y, "") for y in (nll, nll - h) if np.isfinite(y)]
        drawn = figures.lines(
            at,
            {"NLL": h + kl, "KL(data‖model)": kl},
            xlabel=f"θ, probability of {self.outcomes[0]}",
            ylabel="nats",
            marks=marks,
        )
        said = (
            f"At θ = {self.theta:g}: NLL {nll:.4f} nats, KL {nll - h:.4f} nats, and always {h:.4f} nats between them."
        )
        return _joined(drawn, said=said)


class MutualInformation(_Explorable):
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
    counts = _Checked(_table)

    def __init__(self, counts: ArrayLike, /) -> None:
        super().__init__(counts=counts)

    def _picture(self) -> figures.Picture:
        table = np.array(self.counts)
        values = range(len(table)) if len(table) == 2 else range(-1, 2)
        names = [[f"{name} = {value}".replace("-", "−") for value in values] for name in "XY"]
        drawn = figures.joint_and_product(table / table.sum(), *names)
        return _joined(drawn, said=f"I(X;Y) = {mutual_information(table, unit='bits', normalize=True):.4f} bits.")


class Boltzmann(_Explorable):
    """A temperature to be pulled: occupation of a ladder of energies, and the free energy that a guess misses.

    Parameters
    ----------
    energies : array_like, shape (n,)
        From 2 to 8 levels.
    q : array_like, shape (n,)
        A guess at their occupation, which stays.
    temperature : float
        From 0.1 to 6, in units of energy; the reader then changes it.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind, here or when it is set later.
    """

    _name = "boltzmann"
    _esm = module(_name)
    energies = _Checked(_energies)
    q = _Checked(_distribution)
    temperature = _Checked(_number(0.1, 6))

    def __init__(self, energies: ArrayLike, q: ArrayLike, temperature: float = 1.0, /) -> None:
        super().__init__(energies=energies, q=q, temperature=temperature)

    def _picture(self) -> figures.Picture:
        t = self.temperature
        p = boltzmann_distribution(self.energies, t)
        levels = [f"E = {e:g}" for e in self.energies]
        bars = figures.bars({f"p at T = {t:g}": p, "guess q": self.q}, levels)
        at = np.linspace(0.4, 6, 113)
        gap = [s * kl_divergence(self.q, boltzmann_distribution(self.energies, s)) for s in at]
        here = variational_free_energy(self.q, self.energies, t) - free_energy(self.energies, t)
        drawn = figures.lines(at, {"gap": gap}, xlabel="temperature T", ylabel="T · KL(q‖p)", marks=[(t, here, "")])
        said = f"At T = {t:g}: H(p) = {entropy(p):.4f} nats, H(q) = {entropy(self.q):.4f} nats, gap {here:.4f}."
        return _joined(bars, drawn, said=said)


def _joined(*pictures: figures.Picture, said: str) -> figures.Picture:
    """Pictures one below the other, and what there is to say of them."""
    width, height, body = 0.0, 0.0, ""
    for picture in pictures:
        found = re.match(r'<svg[^>]* viewBox="0 0 (\S+) (\S+)"[^>]*>(.*)</svg>', picture.svg, re.DOTALL)
        assert found is not None
        body += f'<g transform="translate(0 {height:g})">{found[3]}</g>\n'
        width, height = float(found[1]), height + float(found[2])
    alt = " ".join((*(picture.alt for picture in pictures), said))
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    head = f'<svg {names} viewBox="0 0 {width:g} {height:g}"'
    return figures.Picture(f'{head} role="img" aria-label="{html.escape(alt)}">\n{body}</svg>', alt)
