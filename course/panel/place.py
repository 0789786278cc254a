"""A place below a cell for what changes while the cell runs, as HTML and as text."""

from pathlib import Path
from typing import Any

from IPython import get_ipython

from .display import Shown

INTO_VIEW = (Path(__file__).parent / "into_view.js").read_text("utf-8")


class Place:
    """The output of a cell that runs, which scrolls itself into view as it begins.

    A terminal has no place to go back to: it prints the text of the end, and no more.
    """

    def __init__(self, html: str, text: str) -> None:
        self._shown: Shown | None = None
        if getattr(get_ipython(), "kernel", None) is not None:
            self._shown = Shown(f"{html}<script>{INTO_VIEW}</script>", text)

    def update(self, html: str, text: str) -> None:
        """Show this for the moment."""
        if self._shown is not None:
            self._shown.replace(html, text)

    def end(self, html: str, text: str, widget: Any = None) -> None:
        """Show this from now on; a `widget` where there are widgets."""
        if self._shown is None:
            print(text)
        else:
            self._shown.replace(html, text, widget)
