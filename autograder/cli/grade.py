"""`outage grade`: a class's submissions into the gradebook, many at a time."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from autograder.gradebook.submissions import ASIDE
from autograder.grading.cluster import connected
from autograder.grading.intake import take_in
from autograder.grading.run import Change, Graded, GradingRun
from autograder.judge import Exercise
from autograder.sandbox import Confined, SandboxUnavailable, prove

from .errors import FellShort, NotPossibleHere
from .shared import PROJECT, AsJson, ExerciseNumber, NoSandbox, err, out


def grade(
    exercise: ExerciseNumber,
    submissions: Annotated[
        Path | None,
        typer.Argument(
            help="A folder or zip archive of submissions to take in first;"
            " without one, autograder/submitted/ as it is."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Judge again what has a verdict.")
    ] = False,
    regrade: Annotated[
        bool,
        typer.Option(
            "--regrade", help="Show whose score changes and why, before it is written."
        ),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Write what --regrade shows, unasked.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Judgements at a time, always; left out, one to eight a core, as many"
            " as this machine bears.",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Dask scheduler to judge on, such as tcp://HOST:8786."),
    ] = None,
    no_sandbox: NoSandbox = False,
    as_json: AsJson = False,
) -> None:
    """Grade the submissions in autograder/submitted/*/NN_name/."""
    folder = PROJECT / "autograder"
    chosen = Exercise.named(exercise)
    if not no_sandbox and scheduler is None:
        require_sandbox()
    left_out: list[str] = []
    if submissions is not None:
        into = folder / "submitted", folder / ASIDE
        count = take_in(submissions, chosen, *into, left_out.append)
        err.print(f"{count} new or changed submissions.", highlight=False)
    confined = Confined.LIMITS if no_sandbox else Confined.SANDBOX
    run = GradingRun(folder, chosen, confined)
    with run.book.writing():
        run.book.make_known(chosen)
        run.look()
        if force:
            run.forget()
        failed = judge_and_write(run, scheduler, jobs)
        changes = [c for student in run.tasks if (c := run.change(student))]
        if regrade and not accept(changes, yes):
            raise FellShort("no score was changed.")
        review = set() if regrade else {change.student for change in changes}
        for student in run.unwritten():
            if student not in {*failed, *review}:
                write(run, student, failed)
    rows = run.results(failed)
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        show(chosen, rows)
    if review:
        err.print(
            f"{len(review)} scores would change, of answers that have not: the checks"
            " were changed, or chance decides. They were left as they are. To see which"
            f" and why, and to decide: ./outage grade {exercise} --regrade",
            style="yellow",
            highlight=False,
        )
    for sentence in left_out:
        err.print(sentence, style="yellow", highlight=False)
    if left_out or any(row.why for row in rows):
        raise FellShort(
            "not everything was graded; run the same command again to go on."
        )


def require_sandbox() -> None:
    """Raise NotPossibleHere unless this machine can confine submissions."""
    try:
        prove()
    except SandboxUnavailable as exc:
        raise NotPossibleHere(
            f"{exc} Submissions are not run without one. If you trust every one of them"
            " with your own rights: --no-sandbox."
        ) from exc


def judge_and_write(
    run: GradingRun, scheduler: str | None, jobs: int | None
) -> dict[str, str]:
    """Judge submissions without a verdict, and write each grade at once.

    A grade that would change a score although the answers have not changed is not
    written: a human should look at it first. Returns why there is no grade, by student.
    """
    failed: dict[str, str] = {}
    if not (unjudged := run.unjudged()):
        return failed
    with connected(scheduler, jobs) as submit, counting(len(unjudged)) as advance:

        def on_verdict(student: str) -> None:
            if not run.change(student):
                write(run, student, failed)
            advance()

        return run.judge(submit, on_verdict) | failed


def write(run: GradingRun, student: str, failed: dict[str, str]) -> None:
    """Write a student's grade, or put the reason why it cannot be into `failed`."""
    if why := run.write(student):
        failed[student] = why


def accept(changes: list[Change], yes: bool) -> bool:
    """Show `changes`; return whether to write them: `yes`, or the user's answer."""
    if not changes:
        err.print("No score changes.")
        return True
    table = Table("student", "score", "", "because of", title="would change", box=None)
    for change in changes:
        table.add_row(
            change.student,
            f"{change.before:g}",
            f"→ {change.after:g}",
            "\n".join(change.checks),
        )
    err.print(table)
    return yes or typer.confirm("Write these scores?", err=True)


class Rate(ProgressColumn):
    """A column that shows submissions a second since the run began."""

    def render(self, task: Task) -> Text:
        """Return the rate as text, empty until the first submission has been judged."""
        speed = task.completed / task.elapsed if task.elapsed else 0.0
        return Text(f"{speed:.1f}/s" if speed else "")


@contextmanager
def counting(total: int) -> Iterator[Callable[[], None]]:
    """Show a progress bar on standard error; yield a function that advances it."""
    columns = (
        SpinnerColumn(),
        TextColumn("judging"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        bar = progress.add_task("", total=total)
        yield lambda: progress.advance(bar)


def show(exercise: Exercise, rows: list[Graded]) -> None:
    """Print the scores, and the submissions that a human should look at."""
    table = Table(
        "student",
        "score",
        "of",
        "needs a human",
        "odd about it",
        title=exercise.name,
        box=None,
    )
    for row in rows:
        human = [*row.human, *([row.why] if row.why else [])]
        late = [f"{row.late_s / 3600:.1f} h late"] if row.late_s else []
        table.add_row(
            row.student,
            "–" if row.score is None else f"{row.score:g}",
            "" if row.points is None else f"{row.points:g}",
            "\n".join(human),
            "\n".join([*late, *row.notes]),
        )
    out.print(table)
