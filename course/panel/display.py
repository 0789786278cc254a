"""Display of widgets, with a text where there are none, and marked-up text."""

from html import escape
from typing import Any

from IPython.display import display


def show(widget: Any, text: str) -> None:
    """Display `widget`, or `text` in a terminal, export or editor without widgets.

    ipywidgets' own fallback is the widget's Python expression.
    """
    bundle = widget._repr_mimebundle_()
    display({**bundle, "text/plain": text}, raw=True)


def marked(text: str) -> str:
    """Return `text` as HTML, with text between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))
