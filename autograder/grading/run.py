"""A grading run over a class: it judges, writes grades, and says who needs a human."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from autograder.gradebook.book import Book, Entry
from autograder.gradebook.errors import GradebookRefused, NothingToGrade
from autograder.gradebook.submissions import (
    ASIDE,
    READINGS,
    notes_on,
    put_aside,
    read_notebook,
    rebuilt,
    why_no_id,
)
from autograder.gradebook.unscored import reason
from autograder.judge import Exercise, Verdict
from autograder.judge.store import STORE, Task, VerdictStore, as_task
from autograder.printable import one_line, printable
from autograder.sandbox import Confined

from .cluster import Submit, verdicts


@dataclass(frozen=True)
class Graded:
    """The result of one submission; `why` says why there is no grade, if so."""

    student: str
    score: float | None = None
    points: float | None = None
    late_s: float = 0.0
    notes: list[str] = field(default_factory=list)
    human: list[str] = field(default_factory=list)
    why: str = ""


@dataclass(frozen=True)
class Change:
    """A score that a new verdict would change, and the checks that are the reason."""

    student: str
    before: float
    after: float
    checks: list[str]


class GradingRun:
    """A run over the submissions to `exercise` in the course at `folder`.

    Raises NothingToGrade.
    """

    def __init__(self, folder: Path, exercise: Exercise, confined: Confined) -> None:
        self.exercise = exercise
        self.book = Book(folder, confined)
        self.store = VerdictStore(folder / STORE)
        self._before: dict[str, Entry] = {}
        self._written: dict[str, str] = {}
        submissions = [
            student / exercise.name
            for student in sorted((folder / "submitted").glob("*"))
            if os.path.lexists(student / exercise.name)
        ]
        if not submissions:
            layout = f"STUDENT/{exercise.name}/{exercise.notebook.name}"
            raise NothingToGrade(
                f"There is nothing to grade. Lay submissions into {folder}/submitted/"
                f" as {layout}, or name a folder or zip archive that holds them."
            )
        released = nbformat.read(exercise.notebook, as_version=4)
        self.tasks: dict[str, Task] = {}
        self.notes: dict[str, list[str]] = {}
        self.unread: dict[str, str] = {}
        for submission in submissions:
            student = submission.parent.name
            if why := why_no_id(student):
                self.unread[student] = why
                continue
            try:
                put_aside(submission, exercise, folder / ASIDE)
                notebook = read_notebook(submission / exercise.notebook.name)
                fresh, odd = rebuilt(notebook, released)
            except Exception as exc:  # noqa: BLE001 - the class must not wait for one
                self.unread[student] = f"{type(exc).__name__}: {exc}"
                continue
            self.tasks[student] = as_task(exercise, fresh.metadata[READINGS], confined)
            self.notes[student] = [*notes_on(submission, folder / ASIDE), *odd]

    def forget(self) -> None:
        """Delete the stored verdicts, so that every submission is judged again."""
        for task in self.tasks.values():
            self.store.forget(task)

    def unjudged(self) -> dict[str, Task]:
        """Return the tasks without a verdict, one for several with the same answers."""
        unknown = {s: t for s, t in self.tasks.items() if self.store.get(t) is None}
        firsts = {task.key: student for student, task in reversed(unknown.items())}
        return {student: unknown[student] for student in firsts.values()}

    def look(self) -> None:
        """Read the gradebook, to compare verdicts with the grades in it.

        Call this before anything is judged.
        """
        self._before = self.book.entries(self.exercise)
        self._written = {student: e.key for student, e in self._before.items()}

    def unwritten(self) -> list[str]:
        """Return the students whose current verdict is not in the gradebook."""
        return [s for s, task in self.tasks.items() if self._written.get(s) != task.key]

    def judge(
        self, submit: Submit, on_verdict: Callable[[str], None]
    ) -> dict[str, str]:
        """Judge the tasks without a verdict by `submit`, and store each verdict.

        After each, `on_verdict` is called with the student. Returns why there is no
        verdict, by student, where there is none.
        """
        failed: dict[str, str] = {}
        for student, verdict in verdicts(submit, self.unjudged()):
            if isinstance(verdict, Exception):
                failed[student] = printable(str(verdict) or type(verdict).__name__)
                continue
            if verdict.inconclusive:
                failed[student] = reason(verdict)
                self._take_back(self.tasks[student], verdict)
                continue
            self.store.put(self.tasks[student], verdict)
            on_verdict(student)
        same = {self.tasks[student].key: why for student, why in failed.items()}
        return {s: same[t.key] for s, t in self.tasks.items() if t.key in same}

    def _take_back(self, task: Task, verdict: Verdict) -> None:
        """Remove the grades for earlier answers of the students who handed these in."""
        for student, entry in self._before.items():
            graded = entry.verdict.answers_digest
            if self.tasks.get(student) == task and graded != verdict.answers_digest:
                self.book.take_back(self.exercise, student)

    def change(self, student: str) -> Change | None:
        """Return the change of score that writing a student's verdict would make.

        Returns None unless the answers are those of the grade in the book, and only the
        score differs.
        """
        after = self.store.get(self.tasks[student])
        if student not in self._before or after is None:
            return None
        before = self._before[student].verdict
        if before.answers_digest != after.answers_digest or before.score == after.score:
            return None
        then = {c.title: c for c in before.checks}
        now = {c.title: c for c in after.checks}
        return Change(
            student,
            before.score,
            after.score,
            [
                f"{title}: {_earned(then.get(title))} → {_earned(now.get(title))}"
                for title in {**then, **now}
                if _earned(then.get(title)) != _earned(now.get(title))
            ],
        )

    def write(self, student: str) -> str:
        """Write one grade; return why that was not possible, or an empty string."""
        try:
            self.book.write(self.exercise, student)
        except GradebookRefused as exc:
            return printable(str(exc))
        self._written[student] = self.tasks[student].key
        return ""

    def results(self, failed: Mapping[str, str]) -> list[Graded]:
        """Return each submission's result; `failed` says why some have no grade."""
        entries = self.book.entries(self.exercise)
        return [
            *(Graded(one_line(s), why=one_line(why)) for s, why in self.unread.items()),
            *(graded(s, self.notes[s], entries.get(s), failed) for s in self.tasks),
        ]


def graded(
    student: str, notes: list[str], entry: Entry | None, failed: Mapping[str, str]
) -> Graded:
    """Return the result of one submission, from its `entry` in the gradebook."""
    if entry is None or student in failed:
        return Graded(student, notes=notes, why=failed.get(student, "not graded"))
    human = ["free text"] if entry.needs_manual_grade else []
    human += [
        f"“{check.title}” broke"
        for check in entry.verdict.checks
        if check.outcome == "error"
    ]
    return Graded(student, entry.score, entry.points, entry.late_s, notes, human)


def _earned(check: Any) -> str:
    return "not asked" if check is None else f"{check.earned:g} of {check.points:g}"
