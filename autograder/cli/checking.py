"""`outage check`: the learner's saved notebook through the judge, in the terminal."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text
from watchfiles import watch as watch_files

from autograder.judge import (
    Check,
    Exercise,
    JudgeError,
    JudgingFailed,
    Verdict,
    from_notebook,
    judge_best,
)
from autograder.judge.exercise import PROJECT
from autograder.learning.hints import note, wanting
from autograder.learning.presenting import MARKS, headline, way_out
from autograder.sandbox import Confined, SandboxUnavailable
from course.learner import JournalNotWritten

from .workspace import learners_journal, own_copy

out = Console()
STYLES = {
    "passed": "green",
    "failed": "red",
    "inconclusive": "yellow",
    "error": "yellow",
    "timed_out": "yellow",
}


def check(
    project: Path,
    number: str,
    notebook: Path | None,
    watch: bool,
    as_grading: bool,
    seed: int | None,
    as_json: bool,
) -> None:
    """Judge one notebook, or judge it again at every save, until interrupted.

    Ends with exit code 0 if all checks passed, 1 if not, 2 if there is no such exercise
    or notebook, 3 if this machine cannot judge: no sandbox for grading, a full disk, or
    too busy to tell where nothing failed.
    """
    how: dict[str, Any] = {"seed": seed}
    if as_grading:
        how |= {"confined": Confined.SANDBOX, "held_back": True}
    try:
        exercise = Exercise.named(number)
        path = notebook or own_copy(project, exercise.notebook)
        if not path.exists() and notebook is None:
            path = exercise.notebook
        verdict = judge_once(exercise, path, how, as_json)
    except (JudgeError, SandboxUnavailable) as exc:
        Console(stderr=True).print(f"outage: {exc}", style="red", markup=False)
        wrong_usage = not isinstance(exc, JudgingFailed | SandboxUnavailable)
        raise typer.Exit(2 if wrong_usage else 3) from exc
    if not watch:
        failed = {c.outcome for c in verdict.checks} - {"passed", "inconclusive"}
        raise typer.Exit(0 if verdict.passed else 1 if failed else 3)
    watch_and_judge(exercise, path, how, as_json, verdict)


def watch_and_judge(
    exercise: Exercise,
    path: Path,
    how: dict[str, Any],
    as_json: bool,
    verdict: Verdict,
) -> None:
    """Judge `path` again whenever its answers have changed; Ctrl-C ends it.

    After an inconclusive verdict they need not have.
    """
    answers = from_notebook(path)
    out.print(
        f"Watching {path}; save the notebook to have it judged. Ctrl-C ends this."
    )
    # JupyterLab saves by replacing the file, so it is the folder that is watched.
    with suppress(KeyboardInterrupt):
        for _ in watch_files(path.parent, recursive=False):
            try:
                changed = from_notebook(path)
                if changed != answers or verdict.inconclusive:
                    answers = changed
                    verdict = judge_once(exercise, path, how, as_json)
            except JudgeError as exc:
                # Half-written, most likely: the next save brings it whole.
                out.print(str(exc), style="yellow", markup=False)


def judge_once(
    exercise: Exercise, path: Path, how: dict[str, Any], as_json: bool
) -> Verdict:
    """Judge the notebook at `path` and print what came of it. Raises JudgeError."""
    answers = from_notebook(path)
    if as_json:
        verdict = judge_best(exercise, answers, **how)
        print(json.dumps(verdict.model_dump(), indent=2))
        return verdict
    out.print(f"Exercise {exercise.number}, {exercise.title}: {path}", highlight=False)
    with out.status("deploying your answer and watching it ..."):
        verdict = judge_best(exercise, answers, on_check=print_check, **how)
    if path == own_copy(PROJECT, exercise.notebook):
        try:
            note(learners_journal(PROJECT), exercise, answers[0], verdict)
        except JournalNotWritten as exc:
            out.print(str(exc), style="yellow", markup=False)
    style = "green" if verdict.passed else "yellow" if verdict.inconclusive else "red"
    said = "\n".join(filter(None, [headline(verdict), way_out(verdict)]))
    out.print(Panel(said, style=style, expand=False))
    if wanting(exercise, verdict):
        out.print(f"A hint: ./outage hint {exercise.number}", highlight=False)
    return verdict


def print_check(check: Check) -> None:
    """Print one check as it ends."""
    style = STYLES[check.outcome]
    title = f"{MARKS[check.outcome]} {check.title}"
    out.print(
        f"{title} ({check.earned:g} of {check.points:g})", style=style, markup=False
    )
    for line in str(check.feedback).splitlines():
        # Commands stay on one line, so that they can be copied.
        out.print(Text(f"    {line}"), soft_wrap=line.startswith("curl"))
