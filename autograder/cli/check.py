"""`outage check`: the verdict on the learner's saved notebook, in the terminal."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.panel import Panel
from rich.text import Text

from autograder.judge import (
    Check,
    Exercise,
    JudgeError,
    Verdict,
    from_notebook,
    judge_best,
)
from autograder.learning.hints import note, wanting
from autograder.learning.presenting import MARKS, headline, told_once, way_out
from autograder.printable import printable
from autograder.sandbox import Confined
from course.learner import JournalNotWritten

from .errors import Exit
from .shared import PROJECT, AsJson, ExerciseNumber, out
from .workspace import learners_journal, own_copy

STYLES = {
    "passed": "green",
    "failed": "red",
    "inconclusive": "yellow",
    "error": "yellow",
    "timed_out": "yellow",
}


def check(
    exercise: ExerciseNumber,
    watch: Annotated[bool, typer.Option(help="Judge again at every save.")] = False,
    notebook: Annotated[
        Path | None, typer.Option(help="Another notebook than your own in work/.")
    ] = None,
    as_grading: Annotated[
        bool,
        typer.Option(
            "--as-grading", help="As a submission is judged: sandbox, held-back checks."
        ),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the inputs, from a verdict.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge one notebook, or judge it again at every save, until interrupted.

    Ends with exit code 0 if all checks passed, 1 if not, 2 if there is no such exercise
    or notebook, 3 if this machine cannot judge: it has no sandbox for grading or a full
    disk, or nothing failed but it was too busy to decide every check.
    """
    how: dict[str, Any] = {"seed": seed}
    if as_grading:
        how |= {"confined": Confined.SANDBOX, "held_back": True}
    chosen = Exercise.named(exercise)
    path = notebook or own_copy(PROJECT, chosen.notebook)
    if not path.exists() and notebook is None:
        path = chosen.notebook
    verdict = judge_once(chosen, path, how, as_json)
    if watch:
        watch_and_judge(chosen, path, how, as_json, verdict)
    elif not verdict.passed:
        failed = {c.outcome for c in verdict.checks} - {"passed", "inconclusive"}
        raise typer.Exit(Exit.FELL_SHORT if failed else Exit.ENVIRONMENT)


def watch_and_judge(
    exercise: Exercise,
    path: Path,
    how: dict[str, Any],
    as_json: bool,
    verdict: Verdict,
) -> None:
    """Judge the notebook at `path` again whenever its answers change, until Ctrl-C.

    After an inconclusive verdict, every save is judged.
    """
    from watchfiles import watch  # not at the top: nothing else needs it

    answers = from_notebook(path)
    out.print(
        f"Watching {path}; save the notebook to have it judged. Ctrl-C ends this."
    )
    # JupyterLab saves by replacing the file, so this watches the folder.
    with suppress(KeyboardInterrupt):
        for _ in watch(path.parent, recursive=False):
            try:
                saved = from_notebook(path)
                if saved != answers or verdict.inconclusive:
                    answers = saved
                    verdict = judge_once(exercise, path, how, as_json)
            except JudgeError as exc:
                # Most likely half-written: the next save will be complete.
                out.print(printable(str(exc)), style="yellow")


def judge_once(
    exercise: Exercise, path: Path, how: dict[str, Any], as_json: bool
) -> Verdict:
    """Judge the notebook at `path` and print the verdict. Raises JudgeError."""
    readings = from_notebook(path)
    if as_json:
        verdict = judge_best(exercise, readings, **how)
        print(json.dumps(verdict.model_dump(), indent=2))
        return verdict
    out.print(f"Exercise {exercise.number}, {exercise.title}: {path}", highlight=False)
    ended: list[Check] = []

    def show(check: Check) -> None:
        ended.append(check)
        print_check(told_once(ended)[-1])

    with out.status("deploying your answer and watching it ..."):
        verdict = judge_best(exercise, readings, on_check=show, **how)
    if path == own_copy(PROJECT, exercise.notebook):
        try:
            note(learners_journal(PROJECT), exercise, readings[0], verdict)
        except JournalNotWritten as exc:
            out.print(printable(str(exc)), style="yellow")
    unsure = verdict.inconclusive and not verdict.failed
    style = "green" if verdict.passed else "yellow" if unsure else "red"
    message = "\n".join(filter(None, [headline(verdict), way_out(verdict)]))
    out.print(Panel(message, style=style, expand=False))
    if wanting(exercise, verdict):
        out.print(f"A hint: ./outage hint {exercise.number}", highlight=False)
    return verdict


def print_check(check: Check) -> None:
    """Print a check that has ended, with its feedback."""
    style = STYLES[check.outcome]
    title = f"{MARKS[check.outcome]} {check.title}"
    out.print(f"{title} ({check.earned:g} of {check.points:g})", style=style)
    for line in str(check.feedback).splitlines():
        # Commands stay on one line, so that readers can copy them.
        out.print(Text(f"    {line}"), soft_wrap=line.startswith("curl"))
