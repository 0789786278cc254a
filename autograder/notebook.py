"""What the exercises' notebooks call: `check` and `release_of`."""

import inspect
import linecache
from typing import Any

from IPython.display import display

from course.outage import Release

from .judge import Answers, Exercise, JudgeError, Verdict, judge
from .judge.verdict import Check
from .presenting import as_html, as_text, check_as_html, check_as_text


class NotFromACell(JudgeError):
    """An object was given to `check` that no cell of the notebook defines."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} was not defined by running a cell of this notebook. Run the cell"
            " with your answer, then this one again."
        )


def check(exercise: str, *objects: Any) -> None:
    """Judge the cells that define `objects`, and show each check as it ends.

    The same verdict as `./outage check` and as grading gives for the visible checks.
    Raises JudgeError.
    """
    wanted = Exercise.named(exercise)
    answers = answers_of(wanted, objects)
    shown: list[Check] = []
    handle = display(
        {"text/plain": "Checking ..."},
        raw=True, display_id=True,
    )  # fmt: skip

    def show(check: Check) -> None:
        shown.append(check)
        if handle is not None:
            handle.update(
                {
                    "text/plain": "\n".join(map(check_as_text, shown)),
                    "text/html": f"<ul>{''.join(map(check_as_html, shown))}</ul>",
                },
                raw=True,
            )

    verdict = judge(wanted, answers, on_check=show)
    if handle is not None:
        handle.update(shown_as(verdict), raw=True)


def shown_as(verdict: Verdict) -> dict[str, str]:
    """A verdict as a bundle that notebooks display."""
    return {"text/plain": as_text(verdict), "text/html": as_html(verdict)}


def release_of(exercise: str, *objects: Any) -> Release:
    """The release that the cells defining `objects` make. Raises JudgeError."""
    wanted = Exercise.named(exercise)
    return wanted.release(answers_of(wanted, objects))


def answers_of(exercise: Exercise, objects: tuple[Any, ...]) -> Answers:
    """The text of the cell that defines each of `objects`, by its grade_id."""
    cells = {getattr(item, "__name__", ""): cell_of(item) for item in objects}
    return {s.grade_id: cells[s.defines] for s in exercise.slots if s.defines in cells}


def cell_of(item: Any) -> str:
    """The whole cell in which `item` was defined. Raises NotFromACell."""
    name = getattr(item, "__name__", repr(item))
    try:
        file = inspect.getsourcefile(item) or ""
    except TypeError as exc:
        raise NotFromACell(name) from exc
    # IPython keeps the text of every cell that was run under a file name of its own.
    text = "".join(linecache.getlines(file))
    if "ipykernel_" not in file and not file.startswith("<ipython-input"):
        raise NotFromACell(name)
    return text
