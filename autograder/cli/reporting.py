"""`outage report`: the cohort of an exercise, as a page and as CSV."""

from pathlib import Path

from rich.console import Console

from autograder.grading import GradingError
from autograder.grading.cohort import Cohort
from autograder.grading.run import GradingRun
from autograder.judge import Exercise, JudgeError
from autograder.sandbox import Confined

from .exits import Exit


def report(
    project: Path, number: str, folder: Path | None, out: Console, err: Console
) -> int:
    """Write NN_name.html and NN_name.csv into `folder`. Returns an exit code."""
    try:
        exercise = Exercise.named(number)
        run = GradingRun(project / "autograder", exercise, Confined.SANDBOX)
    except (JudgeError, GradingError) as exc:
        err.print(f"outage: {exc}", style="red", markup=False, highlight=False)
        return Exit.USAGE
    entries = run.book.entries(exercise)
    verdicts = {s: entries[s].verdict for s in run.tasks if s in entries}
    if not verdicts:
        err.print(
            f"outage: nobody is graded yet. First: ./outage grade {number}",
            style="red",
            highlight=False,
        )
        return Exit.FELL_SHORT
    answers = {student: run.tasks[student].readings[0] for student in verdicts}
    cohort = Cohort(verdicts, answers)
    folder = folder or project / "autograder" / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, text in (
        (".html", cohort.as_html(exercise)),
        (".csv", cohort.as_csv()),
    ):
        path = folder / f"{exercise.name}{suffix}"
        path.write_text(text, "utf-8")
        out.print(str(path), soft_wrap=True, highlight=False)
    missing = len(run.tasks) - len(verdicts)
    if missing:
        err.print(f"{missing} submissions are not graded, and left out.")
    return Exit.OK
