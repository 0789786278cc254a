"""Parsons problems: the lines of a piece of code, to be put in order.

D. Parsons and P. Haden, "Parson's Programming Puzzles", ACE 2006. To order given lines,
a learner needs to understand their logic, and not to remember their spelling.
"""

import random
from collections.abc import Sequence
from html import escape
from typing import Self

import ipywidgets as widgets

from course.learner import curriculum, modules

from .display import show

TRIES = 3
STYLE = "<style>.outage-lines select { font-family: monospace }</style>"


class Parsons:
    """A problem whose `lines`, given in the right order, are shown in another.

    The order must be the only right one. Learners move lines by the keyboard or the
    mouse; after three wrong tries, the order is shown. In a front end without widgets,
    `commit([3, 1, 2])` orders the lines by their numbers.
    """

    def __init__(self, task: str, lines: Sequence[str], because: str) -> None:
        self.task, self.lines, self.because = task, list(lines), because
        self.shown = shuffled(self.lines)
        self.tries = 0
        self._list = widgets.Select(
            options=self._options(),
            rows=len(self.lines) + 1,
            description="Lines",
            layout=widgets.Layout(width="auto"),
        )
        self._list.add_class("outage-lines")
        self._up = widgets.Button(description="Move up")
        self._down = widgets.Button(description="Move down")
        self._check = widgets.Button(
            description="Check the order", button_style="primary"
        )
        self._message = widgets.HTML()
        self._up.on_click(lambda _: self.move(-1))
        self._down.on_click(lambda _: self.move(1))
        self._check.on_click(lambda _: self._commit(self.shown))

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the problem of that name, from any module. Raises KeyError."""
        problem = problems()[name]
        return cls(problem["task"], problem["lines"].splitlines(), problem["because"])

    def show(self) -> None:
        """Show the problem to the learner."""
        numbered = [f"  {n}  {line}" for n, line in enumerate(self.shown, start=1)]
        buttons = widgets.HBox([self._up, self._down, self._check])
        title = widgets.HTML(f"{STYLE}<strong>{escape(self.task)}</strong>")
        box = widgets.VBox([title, self._list, buttons, self._message])
        box.add_class("outage-parsons")
        how = "Without buttons to press: .commit([3, 1, 2, …]), the lines by number."
        show(box, "\n".join([self.task, *numbered, how]))

    def move(self, by: int) -> None:
        """Move the chosen line up (-1) or down (1)."""
        here = self._list.value
        there = here + by
        if 0 <= there < len(self.shown):
            order = self.shown
            order[here], order[there] = order[there], order[here]
            self._list.options = self._options()
            self._list.value = there

    def commit(self, numbers: Sequence[int]) -> None:
        """Check the order of `numbers`, counted from 1, and print the result."""
        if sorted(numbers) == list(range(1, len(self.lines) + 1)):
            print(self._commit([self.shown[number - 1] for number in numbers]))
        else:
            print(f"Name each line from 1 to {len(self.lines)} once.")

    def _commit(self, order: Sequence[str]) -> str:
        self.tries += 1
        reply = self.reply_to(order)
        self._message.value = f'<div role="status"><pre>{escape(reply)}</pre></div>'
        return reply

    def reply_to(self, order: Sequence[str]) -> str:
        """Return the reply to `order`: whether it is right, or how much of it."""
        if list(order) == self.lines:
            return f"Right. {self.because}"
        pairs = zip(order, self.lines, strict=True)
        matching = next(n for n, (line, right) in enumerate(pairs) if line != right)
        if self.tries >= TRIES:
            return "\n".join(["The order is:", *self.lines, self.because])
        noun = "line is" if matching == 1 else "lines are"
        if not matching:
            return "The first line is not."
        return f"The first {matching} {noun} right."

    def _options(self) -> list[tuple[str, int]]:
        # Browsers do not show spaces at the start of an option, except no-break ones.
        return [
            (line.replace(" ", "\N{NO-BREAK SPACE}"), place)
            for place, line in enumerate(self.shown)
        ]


def problems() -> dict[str, dict[str, str]]:
    """Return the problems of all modules, by name."""
    return {
        name: problem
        for module in modules()
        for name, problem in curriculum.questions(module.name)
        .get("parsons", {})
        .items()
    }


def shuffled(lines: Sequence[str]) -> list[str]:
    """Return `lines` in another order, the same each time."""
    order = list(lines)
    generator = random.Random(0)
    while order == list(lines):
        generator.shuffle(order)
    return order
