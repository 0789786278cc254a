"""`outage grade`: a class's submissions into the gradebook, by stock nbgrader."""

import json
import os
import subprocess
import sys
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from rich.console import Console
from rich.table import Table

from autograder.cells import notes_in
from autograder.judge import Exercise, JudgeError
from autograder.sandbox import SandboxUnavailable, prove
from autograder.submissions import ASIDE, put_aside

from .main import Exit

out = Console()
err = Console(stderr=True)

COURSE_ID = "outage"


def grade(
    project: Path, number: str, force: bool, no_sandbox: bool, as_json: bool
) -> int:
    """Grade autograder/submitted/*/NN_name/. Returns the exit code of the command."""
    folder = project / "autograder"
    try:
        exercise = Exercise.named(number)
        if not no_sandbox:
            prove()
    except JudgeError as exc:
        return _told(str(exc), Exit.USAGE)
    except SandboxUnavailable as exc:
        return _told(
            f"{exc} Submissions are not run without one. If you trust every one of them"
            " with your own rights: --no-sandbox.",
            Exit.ENVIRONMENT,
        )
    submissions = sorted((folder / "submitted").glob(f"*/{exercise.name}"))
    if not submissions:
        wanted = f"{folder}/submitted/STUDENT/{exercise.name}/{exercise.notebook.name}"
        return _told(
            f"There is nothing to grade. Lay submissions here: {wanted}", Exit.USAGE
        )
    for submission in submissions:
        put_aside(submission, exercise, folder / ASIDE)
    code = _run_nbgrader(folder, exercise, force, no_sandbox)
    rows = [
        {"student": submission.parent.name, **_result(folder, exercise, submission)}
        for submission in submissions
    ]
    if as_json:
        print(json.dumps(rows, indent=2))
    else:
        _show(exercise, rows)
    if code:
        return _told("nbgrader has failed; its messages are above.", Exit.FELL_SHORT)
    return 0


def _told(message: str, code: int) -> int:
    err.print(f"outage: {message}", style="red", markup=False, highlight=False)
    return code


def _run_nbgrader(
    folder: Path, exercise: Exercise, force: bool, no_sandbox: bool
) -> int:
    """Run `nbgrader autograde`, after what it needs. Returns its exit code."""
    nbgrader = [sys.executable, "-m", "nbgrader"]
    commands = [[*nbgrader, "autograde", exercise.name]]
    if force:
        commands[0].append("--force")
    if no_sandbox:
        commands[0].append("--JudgeCells.no_sandbox=True")
    if not _is_known(folder, exercise):
        commands.insert(0, [*nbgrader, "generate_assignment", exercise.name, "--force"])
    environment = {**os.environ, "PYTHONPATH": str(folder.parent)}
    with err.status(f"grading {exercise.name} ..."):
        for command in commands:
            # nbgrader's own log is for its log level; what matters is in the table.
            done = subprocess.run(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                err.print(done.stderr, markup=False, highlight=False)
                return done.returncode
    return 0


def _gradebook(folder: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{folder / 'gradebook.db'}", COURSE_ID)


def _is_known(folder: Path, exercise: Exercise) -> bool:
    if not (folder / "gradebook.db").exists():
        return False
    with _gradebook(folder) as book:
        try:
            book.find_assignment(exercise.name)
        except MissingEntry:
            return False
    return True


def _result(folder: Path, exercise: Exercise, submission: Path) -> dict[str, object]:
    path = folder / "autograded" / submission.parent.name / submission.name
    notes = notes_in(path / exercise.notebook.name)
    with _gradebook(folder) as book:
        try:
            graded = book.find_submission(exercise.name, submission.parent.name)
        except MissingEntry:
            return {"score": None, "points": None, "notes": notes}
        return {"score": graded.score, "points": graded.max_score, "notes": notes}


def _show(exercise: Exercise, rows: list[dict[str, object]]) -> None:
    table = Table("student", "score", "of", "notes", title=exercise.name, box=None)
    for row in rows:
        notes = row["notes"]
        assert isinstance(notes, list)
        score = "not graded" if row["score"] is None else f"{row['score']:g}"
        points = "" if row["points"] is None else f"{row['points']:g}"
        table.add_row(str(row["student"]), score, points, "\n".join(notes))
    out.print(table)
