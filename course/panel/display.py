"""Outputs of widgets that keep their last state as HTML, and marked-up text.

A saved notebook has no kernel to ask. So an output that shows a widget carries the same
content as HTML and as plain text: `without_widgets` keeps these when Jupyter saves.
"""

from html import escape
from pathlib import Path
from typing import Any

from IPython.display import display

WIDGET = "application/vnd.jupyter.widget-view+json"


def style(sheet: Path) -> str:
    """Return the style sheet in the file `sheet` as HTML, which outputs carry along."""
    return f"<style>{sheet.read_text('utf-8')}</style>"


STYLE = style(Path(__file__).with_name("cards.css"))


class Shown:
    """The output of a cell; it can be replaced as long as the kernel lives."""

    def __init__(self, html: str, text: str, widget: Any = None) -> None:
        """Show `widget`, or `html` where there are no widgets, or else `text`."""
        self._handle = display(_bundle(html, text, widget), raw=True, display_id=True)

    def replace(self, html: str, text: str, widget: Any = None) -> None:
        """Show something else in the same place."""
        if self._handle is not None:  # there is none outside of a notebook
            self._handle.update(_bundle(html, text, widget), raw=True)


def _bundle(html: str, text: str, widget: Any) -> dict[str, Any]:
    # ipywidgets' own text is the widget's Python expression.
    own = {} if widget is None else widget._repr_mimebundle_()
    if isinstance(own, tuple):  # anywidget's, with metadata
        own, _ = own
    return {**own, "text/html": html, "text/plain": text}


def without_widgets(model: dict[str, Any], **_: Any) -> None:
    """Drop widgets from the outputs of the notebook in `model` that have HTML as well.

    Jupyter calls this before it saves a notebook (`ContentsManager.pre_save_hook`). A
    widget that is shown goes on; the file shows its last state, with no kernel.
    """
    if model.get("type") != "notebook" or not model.get("content"):
        return  # another file, or a notebook that is only renamed
    for cell in model["content"]["cells"]:
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                output["data"].pop(WIDGET, None)


def marked(text: str) -> str:
    """Return `text` as HTML, with text between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))
