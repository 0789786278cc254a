"""`outage grade`: a class's submissions into the gradebook, many at a time."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import typer
from rich.console import Console
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
from autograder.grading import AlreadyGrading, ClusterLost, GradingError
from autograder.grading.cluster import connected
from autograder.grading.intake import take_in
from autograder.grading.run import Change, Graded, GradingRun
from autograder.judge import Exercise, JudgeError
from autograder.sandbox import Confined, SandboxUnavailable, prove

from .exits import Exit

out = Console()
err = Console(stderr=True)


def grade(
    project: Path,
    number: str,
    source: Path | None,
    force: bool,
    regrade: bool,
    yes: bool,
    confined: Confined,
    jobs: int | None,
    scheduler: str | None,
    as_json: bool,
) -> int:
    """Grade autograder/submitted/*/NN_name/. Returns the exit code of the command."""
    folder = project / "autograder"
    try:
        exercise = Exercise.named(number)
        if confined is Confined.SANDBOX and scheduler is None:
            prove()
        if source is not None:
            count = take_in(source, exercise, folder / "submitted", folder / ASIDE)
            err.print(f"{count} new or changed submissions.", highlight=False)
        run = GradingRun(folder, exercise, confined)
        with run.book.writing():
            run.book.make_known(exercise)
            run.look()
            if force:
                run.forget()
            failed = judge_and_write(run, scheduler, jobs)
            changes = [c for student in run.tasks if (c := run.change(student))]
            if regrade and not accept(changes, yes):
                return _told("no score was changed.", Exit.FELL_SHORT)
            held = set() if regrade else {change.student for change in changes}
            for student in run.unwritten():
                if student not in {*failed, *held}:
                    write(run, student, failed)
        rows = run.results(failed)
    except SandboxUnavailable as exc:
        return _told(
            f"{exc} Submissions are not run without one. If you trust every one of them"
            " with your own rights: --no-sandbox.",
            Exit.ENVIRONMENT,
        )
    except (AlreadyGrading, ClusterLost) as exc:
        return _told(str(exc), Exit.ENVIRONMENT)
    except (JudgeError, GradingError) as exc:
        return _told(str(exc), Exit.USAGE)
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        show(exercise, rows)
    if held:
        err.print(
            f"{len(held)} scores would change, of answers that have not: the checks"
            " were changed, or chance decides. They were left as they are. To see which"
            f" and why, and to decide: ./outage grade {number} --regrade",
            style="yellow",
            highlight=False,
        )
    if any(row.why for row in rows):
        return _told(
            "not everything was graded; run the same command again to go on.",
            Exit.FELL_SHORT,
        )
    return 0


def judge_and_write(
    run: GradingRun, scheduler: str | None, jobs: int | None
) -> dict[str, str]:
    """Judge what has no verdict, and write each grade at once.

    But for one that changes a score and not the answers: that wants to be looked at.
    Returns why there is no grade, by student.
    """
    failed: dict[str, str] = {}
    if not (unjudged := run.unjudged()):
        return failed
    with connected(scheduler, jobs) as client, counting(len(unjudged)) as advance:

        def on_verdict(student: str) -> None:
            if not run.change(student):
                write(run, student, failed)
            advance()

        return run.judge(client, on_verdict) | failed


def write(run: GradingRun, student: str, failed: dict[str, str]) -> None:
    """Write a student's grade; if that is not possible, `failed` gets the reason."""
    if why := run.write(student):
        failed[student] = why


def accept(changes: list[Change], yes: bool) -> bool:
    """Show what would change, and ask, unless `yes`. Whether it is to be written."""
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
    """Submissions a second, since the run began."""

    def render(self, task: Task) -> Text:
        """Nothing before the first has ended."""
        speed = task.completed / task.elapsed if task.elapsed else 0.0
        return Text(f"{speed:.1f}/s" if speed else "")


@contextmanager
def counting(total: int) -> Iterator[Callable[[], None]]:
    """A progress bar on standard error; yields what moves it on by one."""
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
    """Print the scores, and what a human should look at."""
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


def _told(message: str, code: int) -> int:
    err.print(f"outage: {message}", style="red", markup=False, highlight=False)
    return code
