"""What the judge raises when it cannot judge; a wrong answer is no error.

JudgeError
├── ExerciseNotFound    no exercise of that number or name
├── KnownAnswerNotFound no known answer of that name
├── NotebookUnreadable  the notebook is missing or is not one
└── JudgingFailed       the checks themselves broke
"""

from collections.abc import Sequence
from pathlib import Path

from autograder.printable import one_line
from course.outage.errors import ToldInANotebook


class JudgeError(ToldInANotebook):
    """An error of the judge, whose message says what to do next."""

    exits_with = 2  # the exit code of a command that ends with it


class ExerciseNotFound(JudgeError):
    """No exercise is called `name`."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no exercise {name!r}. Known: {', '.join(known)}.")


class KnownAnswerNotFound(JudgeError):
    """No known answer to `exercise` is called `name`."""

    def __init__(self, exercise: str, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"There is no exercise and no known answer to {exercise} called {name!r}."
            f" Known: {', '.join(known)}."
        )


class NotebookUnreadable(JudgeError):
    """The file at `path` is no notebook that can be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"Cannot read the notebook {path}: {one_line(reason)}. Open it in"
            " JupyterLab and save it again, or take a fresh copy from exercises/."
        )


class JudgingFailed(JudgeError):
    """The process that runs the checks ended without a verdict."""

    exits_with = 3
