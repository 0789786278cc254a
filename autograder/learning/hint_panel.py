"""Shows what stands below a verdict: hints to what failed, or the reference.

What has been revealed is HTML of its own, which stays in the saved notebook. Only the
buttons are widgets, which course.panel.display leaves out when a notebook is saved.
"""

import ipywidgets as widgets
from IPython.display import display

from autograder.judge import Exercise
from course.learner import Journal, JournalNotWritten
from course.panel import code

from .hints import Ladder, NotOpenYet, ladders
from .pages import revealed_as_html

SURE = "Show the solution? You learn most by comparing it with one that passes."


class HintPanel:
    """The hints to the answers called `names`, and their reference solutions.

    Hints are for answers that failed; once all checks have `passed`, there is only one
    button, and it shows the reference.
    """

    def __init__(
        self, exercise: Exercise, names: list[str], journal: Journal, passed: bool
    ) -> None:
        self._exercise, self._journal = exercise, journal
        self._names, self._passed = names, passed
        self._message = ""
        self._shown: list[str] = []  # answers whose solution is shown
        self._asked = ""  # the answer whose solution needs a yes
        self._page = display(self._bundle(), raw=True, display_id=True)
        self.buttons = widgets.VBox()
        self.buttons.add_class("outage-hints")
        self._refresh()
        offers = {"text/plain": self._offers(), "text/html": ""}
        display(self.buttons._repr_mimebundle_() | offers, raw=True)

    def open_next(self, name: str) -> None:
        """Open the next hint to an answer, or show why none can be opened now."""
        self._message = ""
        try:
            self._ladders()[name].open_next(self._journal)
        except (NotOpenYet, JournalNotWritten) as exc:
            self._message = str(exc)
        self._refresh()

    def ask(self, name: str) -> None:
        """Ask whether the solution is to be shown before the answer has passed."""
        self._asked = name
        self._refresh()

    def reveal(self, *names: str) -> None:
        """Show the solutions of answers, or why they may not be shown."""
        self._asked = self._message = ""
        self._shown += [name for name in names if name not in self._shown]
        self._refresh()

    def _ladders(self) -> dict[str, Ladder]:
        return ladders(self._exercise, self._journal)

    def _solutions(self) -> dict[str, str]:
        """Return the solutions that are shown; `_message` is why one cannot be."""
        solutions = {}
        for name in self._shown:
            try:
                solutions[name] = code.python(self._ladders()[name].solution())
            except NotOpenYet as exc:
                self._message = str(exc)
        return solutions

    def _bundle(self) -> dict[str, str]:
        found = self._ladders()
        open_ = [] if self._passed else [(name, found[name]) for name in self._names]
        solutions = self._solutions()
        lines = [
            f"Hint to {name}: {hint}" for name, ladder in open_ for hint in ladder.hints
        ]
        return {
            "text/html": revealed_as_html(open_, solutions, self._message),
            "text/plain": "\n".join([*lines, self._message]).strip(),
        }

    def _refresh(self) -> None:
        if self._page is not None:
            self._page.update(self._bundle(), raw=True)
        self.buttons.children = tuple(self._rows())

    def _rows(self) -> list[widgets.HBox]:
        if self._passed:
            door = _button("Compare with the reference solution")
            door.on_click(lambda _: self.reveal(*self._names))
            return [] if self._shown else [widgets.HBox([door])]
        return [self._row(name, self._ladders()[name]) for name in self._names]

    def _row(self, name: str, ladder: Ladder) -> widgets.HBox:
        """Return the buttons of an answer: its next hint, or after all its solution."""
        if self._asked == name:
            yes, no = _button("Yes, show it", "warning"), _button("Not yet")
            yes.on_click(lambda _: self.reveal(name))
            no.on_click(lambda _: self.ask(""))
            return widgets.HBox([widgets.HTML(SURE), yes, no])
        of = f" to {name}" if len(self._names) > 1 else ""
        if ladder.solution_refusal():
            more = _button(f"Next hint{of}")
            more.on_click(lambda _: self.open_next(name))
            return widgets.HBox([more])
        door = _button(f"Reference solution{of}")
        door.on_click(lambda _: self.ask(name))
        return widgets.HBox([] if name in self._shown else [door])

    def _offers(self) -> str:
        number = self._exercise.number
        if self._passed:
            return "\n".join(
                f'The reference: solution("{number}", {n}, sure=True)'
                for n in self._names
            )
        return "\n".join(
            f'A hint to {name}: run hint("{number}", {name})' for name in self._names
        )


def _button(description: str, style: str = "") -> widgets.Button:
    layout = widgets.Layout(width="auto")
    return widgets.Button(description=description, button_style=style, layout=layout)
