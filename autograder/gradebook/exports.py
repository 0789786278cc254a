"""Grades for a learning management system, as nbgrader export plugins.

    nbgrader export                             # like nbgrader's own: grades.csv
    nbgrader export --exporter=autograder.gradebook.exports.Canvas --to=canvas.csv
    nbgrader export --exporter=autograder.gradebook.exports.Moodle --to=moodle.csv

The layouts are those of the two systems' own documentation on importing grades as CSV.
A submission without a score gets an empty cell; nbgrader's own exporter writes 0.
"""

import csv
from collections.abc import Iterable
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin

from autograder.printable import cell

from .unscored import is_scored

# The columns that Canvas expects before the grades; it finds a student by the login.
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")

# The columns of nbgrader's own exporter, which does not quote a cell with a comma.
PLAIN = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)


class Plain(ExportPlugin):  # type: ignore[misc]
    """An exporter of nbgrader's own table: a row for each student and assignment."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to the file `to`, or to grades.csv."""
        students = _students(self, gradebook)
        rows = [
            [assignment.name, _text(assignment.duedate), *_row(student, assignment)]
            for assignment in _chosen(self, gradebook)
            for student in students
        ]
        _write(self.to or "grades.csv", [list(PLAIN), *rows])


class Canvas(ExportPlugin):  # type: ignore[misc]
    """An exporter for Canvas: a row of points possible, then a row for each login."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to the file `to`, or to canvas.csv."""
        assignments = _chosen(self, gradebook)
        possible = ["    Points Possible", "", "", "", ""]
        possible += [f"{assignment.max_score:g}" for assignment in assignments]
        rows = [
            [_name(student), "", "", student.id, "", *_scores(student, assignments)]
            for student in _students(self, gradebook)
        ]
        head = [*CANVAS, *(assignment.name for assignment in assignments)]
        _write(self.to or "canvas.csv", [head, possible, *rows])


class Moodle(ExportPlugin):  # type: ignore[misc]
    """An exporter for Moodle: a row for each username, an empty cell for no grade."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to the file `to`, or to moodle.csv."""
        assignments = _chosen(self, gradebook)
        head = ["username", "email", *(assignment.name for assignment in assignments)]
        rows = [
            [student.id, student.email or "", *_scores(student, assignments)]
            for student in _students(self, gradebook)
        ]
        _write(self.to or "moodle.csv", [head, *rows])


def _chosen(plugin: ExportPlugin, gradebook: Gradebook) -> list[Any]:
    """Return the assignments named on the command line, or all if none was."""
    names = set(plugin.assignment)
    return [a for a in gradebook.assignments if not names or a.name in names]


def _students(plugin: ExportPlugin, gradebook: Gradebook) -> list[Any]:
    ids = set(plugin.student)
    return [s for s in gradebook.students if not ids or s.id in ids]


def _scores(student: Any, assignments: Iterable[Any]) -> list[str]:
    """Return the scores less late penalties, empty for no submission or no score."""
    submitted = {s.assignment.name: s for s in student.submissions if is_scored(s)}
    return [
        f"{max(0.0, scored.score - (scored.late_submission_penalty or 0.0)):g}"
        if (scored := submitted.get(assignment.name))
        else ""
        for assignment in assignments
    ]


def _row(student: Any, assignment: Any) -> list[str]:
    """Return the columns after the first two; as in nbgrader, no submission is 0."""
    submitted = {s.assignment.name: s for s in student.submissions}
    timestamp, penalty, scores = "", 0.0, ("0.0", "0.0")
    if submission := submitted.get(assignment.name):
        timestamp = submission.timestamp
        penalty = submission.late_submission_penalty or 0.0
        scores = "", ""
        if is_scored(submission):
            score = submission.score
            scores = str(score), str(max(0.0, score - penalty))
    columns = (
        timestamp,
        student.id,
        student.last_name,
        student.first_name,
        student.email,
        scores[0],
        penalty,
        scores[1],
        assignment.max_score,
    )
    return [_text(column) for column in columns]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _name(student: Any) -> str:
    parts = [part for part in (student.last_name, student.first_name) if part]
    return ", ".join(parts) or str(student.id)


def _write(path: str, rows: Iterable[list[str]]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(
            [cell(value) for value in row] for row in rows
        )
