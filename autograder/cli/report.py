"""`outage report`: the cohort of an exercise, as a page and as CSV."""

from pathlib import Path
from typing import Annotated

import typer

from autograder.grading.cohort import Cohort
from autograder.grading.run import GradingRun
from autograder.judge import Exercise
from autograder.sandbox import Confined

from .errors import FellShort
from .shared import PROJECT, ExerciseNumber, err, out


def report(
    exercise: ExerciseNumber,
    folder: Annotated[
        Path | None, typer.Option(help="Where to; left out, autograder/reports/.")
    ] = None,
) -> None:
    """Write the cohort's report to NN_name.html and NN_name.csv in `folder`."""
    chosen = Exercise.named(exercise)
    run = GradingRun(PROJECT / "autograder", chosen, Confined.SANDBOX)
    entries = run.book.entries(chosen)
    verdicts = {s: entries[s].verdict for s in run.tasks if s in entries}
    if not verdicts:
        raise FellShort(f"nobody is graded yet. First: ./outage grade {exercise}")
    answers = {student: run.tasks[student].readings[0] for student in verdicts}
    cohort = Cohort(verdicts, answers)
    folder = folder or PROJECT / "autograder" / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, text in (
        (".html", cohort.as_html(chosen)),
        (".csv", cohort.as_csv()),
    ):
        path = folder / f"{chosen.name}{suffix}"
        path.write_text(text, "utf-8")
        out.print(str(path), soft_wrap=True, highlight=False)
    missing = len(run.tasks) + len(run.unread) - len(verdicts)
    if missing:
        err.print(f"{missing} submissions are not graded, and left out.")
