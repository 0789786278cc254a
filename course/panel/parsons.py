"""Parsons problems: the lines of a piece of code, to be put in order.

D. Parsons and P. Haden, "Parson's Programming Puzzles", ACE 2006. To order given lines,
a learner needs to understand their logic, and not to remember their spelling.
"""

import random
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, Self

import anywidget
import traitlets

from course.learner import curriculum, modules

from .display import STYLE, Shown, marked

TRIES = 3
TAGS = {
    "open": "",
    "right": '<span class="outage-tag outage-true">✓ right</span>',
    "wrong": '<span class="outage-tag outage-false">not in three tries</span>',
}
HERE = Path(__file__).parent


class MovableLines(anywidget.AnyWidget):  # type: ignore[misc]
    """The lines of a problem, in an `order` that learners change."""

    _esm = (HERE / "parsons.js").read_text("utf-8")
    _css = (HERE / "cards.css").read_text("utf-8")
    task = traitlets.Unicode().tag(sync=True)
    lines = traitlets.List().tag(sync=True)
    order = traitlets.List().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)


class Parsons:
    """A problem whose `lines`, given in the right order, are shown in another.

    The order must be the only right one. Learners drag lines, or move them by the
    keyboard; after three wrong tries, the order is shown. In a front end without
    widgets, `commit([3, 1, 2])` orders the lines by their numbers.
    """

    def __init__(self, task: str, lines: Sequence[str], because: str) -> None:
        self.task, self.lines, self.because = task, list(lines), because
        self.shuffled = shuffled(self.lines)
        self.tries = 0
        self._shown: Shown | None = None
        self.widget = MovableLines(
            task=task, lines=self.shuffled, order=list(range(len(self.lines)))
        )
        self.widget.on_msg(lambda *_: self._commit(self.order))

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the problem of that name, from any module. Raises KeyError."""
        problem = problems()[name]
        return cls(problem["task"], problem["lines"].splitlines(), problem["because"])

    @property
    def order(self) -> list[str]:
        """Return the lines as the learner has ordered them so far."""
        return [self.shuffled[place] for place in self.widget.order]

    def show(self) -> None:
        """Show the problem to the learner."""
        numbered = [f"  {n}  {line}" for n, line in enumerate(self.shuffled, start=1)]
        how = "Without buttons to press: .commit([3, 1, 2, …]), the lines by number."
        card = self._card(self.shuffled, "Run this cell again to order them.")
        self._shown = Shown(card, "\n".join([self.task, *numbered, how]), self.widget)

    def commit(self, numbers: Sequence[int]) -> None:
        """Check the order of `numbers`, counted from 1, and print the result."""
        if sorted(numbers) == list(range(1, len(self.lines) + 1)):
            print(self._commit([self.shuffled[number - 1] for number in numbers]))
        else:
            print(f"Name each line from 1 to {len(self.lines)} once.")

    def _commit(self, order: Sequence[str]) -> str:
        self.tries += 1
        reply = self.reply_to(order)
        self.widget.message = reply
        right = list(order) == self.lines
        if (right or self.tries >= TRIES) and self._shown:
            outcome = reply.removesuffix("\n" + "\n".join(self.lines))
            text = "\n".join([self.task, *self.lines, outcome])
            card = self._card(self.lines, outcome, "right" if right else "wrong")
            self._shown.replace(card, text)
        return reply

    def reply_to(self, order: Sequence[str]) -> str:
        """Return the reply to `order`: whether it is right, or how much of it."""
        if list(order) == self.lines:
            return f"Right. {self.because}"
        if self.tries >= TRIES:
            return "\n".join([f"This is the order. {self.because}", *self.lines])
        pairs = zip(order, self.lines, strict=True)
        in_place = sum(line == right for line, right in pairs)
        return f"{in_place} of {len(self.lines)} lines stand in the right place."

    def _card(self, lines: Sequence[str], outcome: str, how: str = "open") -> str:
        return (
            f'{STYLE}<section class="outage-card outage-parsons outage-{how}"'
            ' role="status">'
            '<div class="outage-kicker">Put in order</div>'
            f'<div class="outage-question">{marked(self.task)}</div>'
            f"<pre>{escape(chr(10).join(lines))}</pre>"
            f"{TAGS[how]}<p>{marked(outcome)}</p></section>"
        )


def problems() -> dict[str, dict[str, Any]]:
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
