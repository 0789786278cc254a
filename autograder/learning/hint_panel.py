"""The panel below a verdict in a notebook: hints on request, then the solution."""

from html import escape

import ipywidgets as widgets

from autograder.judge import Exercise
from course.learner import Journal, JournalNotWritten
from course.panel.display import marked

from .hints import Ladder, NotOpenYet, ladders

SURE = "Show the solution? You learn most by comparing it with one that passes."


class HintPanel:
    """The hints to one answer, called `name` in its cell, and its solution."""

    def __init__(self, exercise: Exercise, name: str, journal: Journal) -> None:
        self._exercise, self._name, self._journal = exercise, name, journal
        self._standing = widgets.HTML()
        self._hints = widgets.HTML()
        self._message = widgets.HTML()
        self._next = widgets.Button(description="Next hint")
        self._ask = widgets.Button(description="Reference solution")
        self._yes = widgets.Button(description="Yes, show it", button_style="warning")
        self._no = widgets.Button(description="Not yet")
        for button in (self._next, self._ask, self._yes, self._no):
            button.layout.width = "auto"
        self._sure = widgets.HBox([widgets.HTML(SURE), self._yes, self._no])
        self._next.on_click(lambda _: self.open_next())
        self._ask.on_click(lambda _: self.ask())
        self._yes.on_click(lambda _: self.reveal())
        self._no.on_click(lambda _: self._confirm(False))
        buttons = widgets.HBox([self._next, self._ask])
        self.box = widgets.VBox(
            [self._standing, self._hints, buttons, self._sure, self._message]
        )
        self.box.add_class("outage-hints")
        self._confirm(False)
        self._refresh()

    def open_next(self) -> None:
        """Open the next hint, or show why none can be opened now."""
        self._say("")
        try:
            self._ladder().open_next(self._journal)
        except (NotOpenYet, JournalNotWritten) as exc:
            self._say(str(exc))
        self._refresh()

    def ask(self) -> None:
        """Ask for confirmation if the solution may be shown, or show why it may not."""
        refusal = self._ladder().solution_refusal()
        self._say(refusal)
        self._confirm(not refusal)

    def reveal(self) -> None:
        """Show the solution, or why it may not be shown."""
        self._confirm(False)
        try:
            self._say("", code=self._ladder().solution())
        except NotOpenYet as exc:
            self._say(str(exc))

    def _ladder(self) -> Ladder:
        return ladders(self._exercise, self._journal)[self._name]

    def _refresh(self) -> None:
        ladder = self._ladder()
        name = escape(self._name)
        self._standing.value = f"<strong>{name}</strong>: {ladder.standing}."
        items = "".join(f"<li>{marked(hint)}</li>" for hint in ladder.hints)
        self._hints.value = f"<ol>{items}</ol>" if items else ""
        self._next.disabled = ladder.opened == len(ladder.slot.hints)

    def _confirm(self, asked: bool) -> None:
        self._sure.layout.display = "flex" if asked else "none"

    def _say(self, text: str, code: str = "") -> None:
        content = f"<pre>{escape(code)}</pre>" if code else escape(text)
        self._message.value = f'<div role="status">{content}</div>'


def panels(
    exercise: Exercise, names: list[str], journal: Journal
) -> tuple[widgets.VBox, str]:
    """Return a panel for each answer in `names`, and the same offer as text."""
    box = widgets.VBox([HintPanel(exercise, name, journal).box for name in names])
    offers = [
        f'A hint to {name}: run hint("{exercise.number}", {name})' for name in names
    ]
    return box, "\n".join(offers)
