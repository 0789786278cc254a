"""Shows a widget, or the same in words where there are no widgets; marks up words."""

from html import escape
from typing import Any

from IPython.display import display


def show(widget: Any, text: str) -> None:
    """Display `widget`; a terminal, an export or an editor without widgets has `text`.

    ipywidgets' own fallback is the widget's Python expression.
    """
    bundle = widget._repr_mimebundle_()
    display({**bundle, "text/plain": text}, raw=True)


def marked(text: str) -> str:
    """`text` as HTML: what stands between backticks is code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))
