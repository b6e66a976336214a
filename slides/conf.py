"""The decks: reveal.js slides from the notebooks beside this file, with the colors and the mathematics of the book."""

import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator
from sphinx_revealjs._ext.notes import revealjs_notes
from sphinx_revealjs.writers import RevealjsSlideTranslator

from klnotes import _palette

sys.path.insert(0, str(Path(__file__).parents[1] / "_ext"))

root_doc = "entropy"
language = "en"
extensions = ["myst_nb", "sphinx_revealjs", "formulas", "explorables"]
templates_path = ["_templates"]
revealjs_static_path = ["deck.css", "deck.js"]
html_copy_source = False
html_context = {"colors": _palette.css()}
nb_execution_mode = "off"
nb_mime_priority_overrides = [("revealjs", "text/html", 0), ("revealjs", "text/plain", 1)]
nb_ipywidgets_js: dict[str, str] = {}
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
html_math_renderer = "katex"
katex_prerender = True


class Slides(RevealjsSlideTranslator):
    """Code as the book prints it, so that no script has to color it."""

    visit_literal_block = HTML5Translator.visit_literal_block
    depart_literal_block = HTML5Translator.depart_literal_block


def open_notes(translator: Slides, node: revealjs_notes) -> None:
    translator.body.append('<aside class="notes">\n')


def close_notes(translator: Slides, node: revealjs_notes) -> None:
    translator.body.append("</aside>\n")


def stand_alone(app: Sphinx, document: nodes.document) -> None:
    app.env.metadata[app.env.docname]["orphan"] = ""  # no table of contents leads from deck to deck


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", stand_alone)
    app.set_translator("revealjs", Slides)
    # The extension would flatten the notes to one paragraph.
    app.add_node(revealjs_notes, override=True, revealjs=(open_notes, close_notes))
