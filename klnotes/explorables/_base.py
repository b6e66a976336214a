"""What the explorables share: the widget, the traits that refuse what makes no sense, and the code of the page."""

import html
import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import ArrayLike

from klnotes import _palette, figures
from klnotes import _validate as check

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


class Checked(traitlets.TraitType[Any, Any]):
    """A trait whose value goes through a function (widget, name, value) that refuses it or puts it into one form."""

    def __init__(self, refuse: Callable[[Any, str, Any], Any]) -> None:
        super().__init__()
        self.refuse = refuse
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> Any:
        return self.refuse(obj, str(self.name), value)


def names(widget: Any, name: str, value: Sequence[str]) -> list[str]:
    names, before = list(value), widget._trait_values.get(name)
    if not all(isinstance(text, str) for text in names) or not 2 <= len(names) <= 6:
        raise ValueError(f"{name} must be 2 to 6 strings, but got {value!r}")
    if before and len(before) != len(names):
        raise ValueError(f"{name} must stay {len(before)} strings, but got {len(names)}")
    return names


def distribution(over: str) -> Callable[[Any, str, Any], list[float]]:
    def refuse(widget: Any, name: str, value: ArrayLike) -> list[float]:
        array, size = check.probability(value, name), len(getattr(widget, over))
        if array.shape != (size,):
            raise ValueError(f"{name} must have {size} entries, as {over} has, but its shape is {array.shape}")
        if abs(array.sum() - 1) > check.tolerance(array):
            raise ValueError(f"{name} must sum to 1, but its sum is {float(array.sum())!r}")
        return [float(x) for x in array]

    return refuse


def number(low: float, high: float) -> Callable[[Any, str, Any], float]:
    def refuse(_: Any, name: str, value: Any) -> float:
        number = check.finite(value, name)
        if number.ndim or not low <= number <= high:
            raise ValueError(f"{name} must be a number from {low:g} to {high:g}, but got {value!r}")
        return float(number)

    return refuse


def whole_numbers(name: str, value: ArrayLike, least: int, most: float) -> Any:
    array = check.finite(value, name)
    check.refuse(
        (array != np.round(array)) | (array < least) | (array > most),
        array,
        name,
        f"must hold whole numbers from {least} to {most:g}",
    )
    return array.astype(int)


class Explorable(anywidget.AnyWidget):
    """A widget that is a still picture too, and in a page a figure that its own code brings to life."""

    _css = _palette.css(".klx", ':is([data-jp-theme-light="false"], .vscode-dark) .klx') + STYLE
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


def joined(*pictures: figures.Picture, said: str) -> figures.Picture:
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
