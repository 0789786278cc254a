"""`outage hint`: the hints of an exercise, one for each try, in the terminal."""

from pathlib import Path

import typer
from rich.console import Console
from rich.syntax import Syntax

from autograder.judge import Exercise, JudgeError
from autograder.learning.hints import NotOpenYet, ladders
from course.learner import JournalNotWritten

from .workspace import learners_journal

out = Console()


def hint(project: Path, number: str, answer: str | None, solution: bool) -> None:
    """Print the open hints and the next, or the solution if it may be shown.

    Ends with exit code 1 if there is none now, 2 for an unknown exercise or answer.
    """
    err = Console(stderr=True)
    journal = learners_journal(project)
    try:
        found = ladders(Exercise.named(number), journal)
    except JudgeError as exc:
        err.print(f"outage: {exc}", style="red", markup=False)
        raise typer.Exit(2) from exc
    if answer is None and len(found) == 1:
        [answer] = found
    if answer not in found:
        names = ", ".join(found)
        err.print(
            f"outage: this exercise has the answers {names}. Name the one:"
            f" ./outage hint {number} {next(iter(found))}",
            style="red",
            markup=False,
        )
        raise typer.Exit(2)
    ladder = found[answer]
    try:
        if solution:
            text = ladder.solution()
            if typer.confirm("Show the reference solution?"):
                out.print(Syntax(text, "python"))
            return
        for rung, text in enumerate(ladder.hints, start=1):
            out.print(f"Hint {rung}: {text}\n", markup=False, highlight=False)
        text = ladder.open_next(journal)
        out.print(f"Hint {ladder.opened + 1}: {text}", markup=False, highlight=False)
    except (NotOpenYet, JournalNotWritten) as exc:
        out.print(str(exc), style="yellow", markup=False)
        raise typer.Exit(1) from exc
