"""Grades for a learning management system, as nbgrader export plugins.

    nbgrader export                             # as nbgrader's own: grades.csv
    nbgrader export --exporter=autograder.gradebook.exports.Canvas --to=canvas.csv
    nbgrader export --exporter=autograder.gradebook.exports.Moodle --to=moodle.csv

The layouts are those of the two systems' own documentation on importing grades as CSV.
What was handed in and has no score gets an empty cell; nbgrader's own would write 0.
"""

import csv
from collections.abc import Iterable
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin

from .unscored import is_scored

# What Canvas wants in front of the grades; it fills all but the first from the last.
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")

# Those of nbgrader's own exporter, which does not quote what holds a comma.
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
    """nbgrader's own table: a row for each student and assignment."""

    def export(self, gradebook: Gradebook) -> None:
        """Write `to`, or grades.csv."""
        students = _students(self, gradebook)
        rows = [
            [assignment.name, _text(assignment.duedate), *_row(student, assignment)]
            for assignment in _chosen(self, gradebook)
            for student in students
        ]
        _write(self.to or "grades.csv", [list(PLAIN), *rows])


class Canvas(ExportPlugin):  # type: ignore[misc]
    """For Canvas: a row of points possible, then a row a student, known by login."""

    def export(self, gradebook: Gradebook) -> None:
        """Write `to`, or canvas.csv."""
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
    """For Moodle: a row a student, known by username, an empty cell for no grade."""

    def export(self, gradebook: Gradebook) -> None:
        """Write `to`, or moodle.csv."""
        assignments = _chosen(self, gradebook)
        head = ["username", "email", *(assignment.name for assignment in assignments)]
        rows = [
            [student.id, student.email or "", *_scores(student, assignments)]
            for student in _students(self, gradebook)
        ]
        _write(self.to or "moodle.csv", [head, *rows])


def _chosen(plugin: ExportPlugin, gradebook: Gradebook) -> list[Any]:
    """The assignments that were asked for; all, unless some were named."""
    names = set(plugin.assignment)
    return [a for a in gradebook.assignments if not names or a.name in names]


def _students(plugin: ExportPlugin, gradebook: Gradebook) -> list[Any]:
    ids = set(plugin.student)
    return [s for s in gradebook.students if not ids or s.id in ids]


def _scores(student: Any, assignments: Iterable[Any]) -> list[str]:
    """Late penalties taken off; empty where nothing was handed in, or scored."""
    submitted = {s.assignment.name: s for s in student.submissions if is_scored(s)}
    return [
        f"{max(0.0, found.score - (found.late_submission_penalty or 0.0)):g}"
        if (found := submitted.get(assignment.name))
        else ""
        for assignment in assignments
    ]


def _row(student: Any, assignment: Any) -> list[str]:
    """What follows the first two columns; nothing handed in is 0, as to nbgrader."""
    submitted = {s.assignment.name: s for s in student.submissions}
    timestamp, penalty, scores = "", 0.0, ("0.0", "0.0")
    if found := submitted.get(assignment.name):
        timestamp, penalty = found.timestamp, found.late_submission_penalty or 0.0
        scores = "", ""
        if is_scored(found):
            scores = str(found.score), str(max(0.0, found.score - penalty))
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
            [_harmless(cell) for cell in row] for row in rows
        )


def _harmless(cell: str) -> str:
    """A name that starts as a formula does is none: a spreadsheet would run it."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell
