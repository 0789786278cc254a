"""`outage hint`: the hints of an exercise, one for each try, in the terminal."""

from typing import Annotated

import typer
from rich.syntax import Syntax

from autograder.judge import Exercise
from autograder.learning.hints import NotOpenYet, ladders
from course.learner import JournalNotWritten

from .errors import Exit, WrongUsage
from .shared import PROJECT, ExerciseNumber, out
from .workspace import learners_journal


def hint(
    exercise: ExerciseNumber,
    answer: Annotated[
        str | None, typer.Argument(help="What the answer is called, if there are more.")
    ] = None,
    solution: Annotated[
        bool, typer.Option("--solution", help="The reference solution instead.")
    ] = False,
) -> None:
    """Print the open hints and the next one, or the solution if it may be shown.

    Ends with exit code 1 if the next hint or the solution may not be shown now, and 2
    for an unknown exercise or answer.
    """
    journal = learners_journal(PROJECT)
    by_answer = ladders(Exercise.named(exercise), journal)
    if answer is None and len(by_answer) == 1:
        [answer] = by_answer
    if answer not in by_answer:
        raise WrongUsage(
            f"this exercise has the answers {', '.join(by_answer)}. Name the one:"
            f" ./outage hint {exercise} {next(iter(by_answer))}"
        )
    ladder = by_answer[answer]
    try:
        if solution:
            text = ladder.solution()
            if typer.confirm("Show the reference solution?"):
                out.print(Syntax(text, "python"))
            return
        for rung, text in enumerate(ladder.hints, start=1):
            out.print(f"Hint {rung}: {text}\n", highlight=False)
        text = ladder.open_next(journal)
        out.print(f"Hint {ladder.opened + 1}: {text}", highlight=False)
    except (NotOpenYet, JournalNotWritten) as exc:
        out.print(str(exc), style="yellow")
        raise typer.Exit(Exit.FELL_SHORT) from exc
