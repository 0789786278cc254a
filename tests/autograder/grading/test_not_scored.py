"""What cannot be told gets no score, says so, and is judged again the next time.

The checks of these courses are made to say that the machine is too busy.
"""

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autograder.judge import from_notebook
from autograder.judge.window import PATIENCE
from tests.autograder.grading.test_class import (
    EXERCISE,
    NAME,
    book_of,
    environment,
    graded,
    hand_in,
    kept_verdicts,
    started,
)
from tests.conftest import copy_project

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]

BUSY = """
from pathlib import Path

import pytest
from course.outage.errors import MachineTooBusy

@pytest.fixture(autouse=True)
def a_busy_machine(job):
    until = Path(__file__).with_name("busy.txt")
    if until.exists() and job.patience < float(until.read_text()):
        raise MachineTooBusy("an answer", 9.0, 0.1)
"""
NEVER = PATIENCE + 1


@pytest.fixture
def course(tmp_path: Path, project: Path) -> Path:
    """A checkout of the project in which a class of two has handed in."""
    root = tmp_path / "course"
    copy_project(project, root)
    [solution] = from_notebook(EXERCISE.solution)
    hand_in(root, "ada", solution, 1)
    hand_in(root, "ben", {}, 2)
    (root / "course/modules" / NAME / "checks" / "conftest.py").write_text(BUSY)
    return root


@contextmanager
def busy_until(root: Path, patience: float) -> Iterator[None]:
    """Every check says that the machine is too busy, unless one is as patient."""
    until = root / "course/modules" / NAME / "checks" / "busy.txt"
    until.write_text(str(patience))
    try:
        yield
    finally:
        until.unlink()


def not_graded(root: Path) -> tuple[dict[str, dict[str, Any]], str]:
    """The rows of a run that must fall short, and what it said."""
    with started(root) as run:
        printed, said = run.communicate()
    assert run.returncode == 1, said
    return {row["student"]: row for row in json.loads(printed)}, said


def nbgrader(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """One of its commands."""
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=root / "autograder",
        env=environment(root),
        capture_output=True,
        text=True,
        check=False,
    )


def exported(root: Path) -> dict[str, str]:
    """The scores in nbgrader's own export."""
    done = nbgrader(root, "export")
    assert done.returncode == 0, done.stderr
    with open(root / "autograder" / "grades.csv", newline="") as file:
        return {row["student_id"]: row["score"] for row in csv.DictReader(file)}


def automatic(root: Path) -> dict[str, float | None]:
    """The automatic score of each student's check cell in the gradebook."""
    with book_of(root) as book:
        return {
            s.student.id: grade.auto_score
            for s in book.assignment_submissions(NAME)
            for grade in s.notebooks[0].grades
        }


def test_what_more_patience_can_tell_is_scored(course: Path) -> None:
    """Judged again, alone, without a word from anybody."""
    with busy_until(course, PATIENCE):
        rows = graded(course)
    assert (rows["ada"]["score"], rows["ben"]["score"]) == (10.0, 0.0)
    assert len(kept_verdicts(course)) == 2


def test_what_stays_inconclusive_has_no_score_until_it_can_be_told(
    course: Path,
) -> None:
    """A line for the instructor, nothing in the gradebook; the same command goes on."""
    with busy_until(course, NEVER):
        rows, said = not_graded(course)
    for student in ("ada", "ben"):
        assert rows[student]["score"] is None
        assert "not scored: this machine was too busy to tell" in rows[student]["why"]
    assert "run the same command again" in said
    assert not kept_verdicts(course)
    assert automatic(course) == {}
    rows = graded(course)
    assert (rows["ada"]["score"], rows["ben"]["score"]) == (10.0, 0.0)


def test_the_score_of_an_earlier_answer_is_not_left_to_a_later_one(
    course: Path,
) -> None:
    """Who has handed in nothing new keeps theirs."""
    graded(course)
    shutil.rmtree(course / "autograder" / "submitted" / "ben")
    hand_in(course, "ben", from_notebook(EXERCISE.solution)[0], 3)
    with busy_until(course, NEVER):
        rows, _ = not_graded(course)
    assert rows["ben"]["score"] is None
    assert automatic(course) == {"ada": 10.0, "ben": None}
    assert exported(course) == {"ada": "10.0", "ben": ""}
    feedback = course / "autograder" / "autograded" / "ben" / NAME
    assert not feedback.exists()
    assert graded(course)["ben"]["score"] == 10.0


def test_nbgraders_own_command_gives_no_score_either(course: Path) -> None:
    """It names the reason, and grades the submission the next time it runs."""
    with busy_until(course, NEVER):
        made = nbgrader(course, "generate_assignment", NAME, "--force")
        assert made.returncode == 0, made.stderr
        done = nbgrader(course, "autograde", NAME)
    assert done.returncode != 0
    assert "not scored: this machine was too busy to tell" in done.stderr
    assert exported(course) == {"ada": "", "ben": ""}
    done = nbgrader(course, "autograde", NAME)
    assert done.returncode == 0, done.stderr
    assert exported(course) == {"ada": "10.0", "ben": "0.0"}
