"""One submission does not stop the run over a class; nothing is judged here."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.grading import run as grading
from autograder.grading.run import GradingRun
from autograder.judge.store import VerdictStore, as_task
from autograder.sandbox import Confined
from tests.autograder.judge.verdicts import verdict_of
from tests.instructor import EXERCISE, NAME, Course, solution


@pytest.fixture
def course(tmp_path: Path, project: Path) -> Course:
    """A course in which ben has handed in."""
    course = Course(tmp_path / "course", project)
    course.submit("ben", course.with_answer(solution()))
    return course


def run_over(course: Course) -> GradingRun:
    """A run over what lies in its submitted/."""
    return GradingRun(course.autograder, EXERCISE, Confined.SANDBOX)


def test_odd_students_are_named_and_the_others_graded(course: Course) -> None:
    """Folders of any name, and links to nowhere."""
    submitted = course.autograder / "submitted"
    odd = ["[x]", "a b", "two\nlines", "a\u202eb", os.fsdecode(b"\xff"), "*", "=1 +1"]
    for student in odd:
        course.folder_of(student)
    (submitted / "eve").symlink_to("/nope")
    (submitted / "zoe").mkdir()
    (submitted / "zoe" / NAME).symlink_to("/nope")
    run = run_over(course)
    assert set(run.tasks) == {"ben", "zoe"}
    assert set(run.unread) == set(odd)
    assert run.notes["ben"] == []
    assert run.notes["zoe"][0].startswith(f"the folder {NAME} is a link to /nope")
    for why in run.unread.values():
        assert "cannot be a student's id" in why


@pytest.mark.parametrize("exc", [OSError(5, "Input/output error"), ValueError("\x1b")])
def test_a_submission_that_cannot_be_read_is_not_graded(
    exc: Exception, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the reason; the others are."""
    course.submit("eve", course.with_answer(solution()))
    put_aside: Callable[..., None] = grading.put_aside

    def fail(submission: Path, *rest: object) -> None:
        if submission.parent.name == "eve":
            raise exc
        put_aside(submission, *rest)

    monkeypatch.setattr(grading, "put_aside", fail)
    run = run_over(course)
    assert set(run.tasks) == {"ben"}
    assert type(exc).__name__ in run.unread["eve"]


@pytest.mark.parametrize(
    ("outcome", "kept"), [("error", True), ("failed", True), ("inconclusive", False)]
)
def test_a_verdict_with_a_broken_check_is_kept(
    outcome: str, kept: bool, tmp_path: Path
) -> None:
    """It would break again, and its log be told again; --force judges it anew."""
    verdict = verdict_of(outcome)
    store = VerdictStore(tmp_path)
    task = as_task(EXERCISE, [{"dispatcher": "x"}], Confined.SANDBOX)
    store.put(task, verdict)
    assert store.get(task) == (verdict if kept else None)
    if kept:
        assert store.verdict_on(task) == verdict
    store.forget(task)
    assert store.get(task) is None
