"""Grades for Canvas and Moodle: columns, late penalties, names that are formulas."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin

from autograder.exports import Canvas, Moodle

# nbgrader's own: it adds what it has not added to its session yet.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Gradebook]:
    """Two assignments of ten points; ada has handed in one, late; ben nothing."""
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "outage") as book:
        for name in ("05_stop", "06_boundary"):
            book.add_assignment(name)
            book.add_notebook("n", name)
            book.add_grade_cell("g", "n", name, max_score=10, cell_type="code")
        book.add_student("ada", first_name="Ada", last_name="Lovelace", email="a@b.c")
        book.add_student("=cmd", first_name="", last_name="")
        submission = book.add_submission("05_stop", "ada")
        [grade] = submission.notebooks[0].grades
        grade.auto_score = 8.0
        submission.notebooks[0].late_submission_penalty = 1.5
        book.db.commit()
        yield book


def exported(plugin: type[ExportPlugin], book: Gradebook, to: Path) -> list[list[str]]:
    """The rows that `plugin` writes."""
    plugin(to=str(to)).export(book)
    with to.open(newline="") as file:
        return list(csv.reader(file))


def test_canvas_has_the_points_possible_in_its_second_row(
    book: Gradebook, tmp_path: Path
) -> None:
    """And finds a student by login."""
    head, possible, *rows = exported(Canvas, book, tmp_path / "canvas.csv")
    assert head[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert possible[5:] == ["10", "10"]
    by_login = {row[3]: row for row in rows}
    assert by_login["ada"][0] == "Lovelace, Ada"
    assert dict(zip(head, by_login["ada"], strict=True))["05_stop"] == "6.5"
    assert dict(zip(head, by_login["ada"], strict=True))["06_boundary"] == ""


def test_moodle_has_a_row_a_student(book: Gradebook, tmp_path: Path) -> None:
    """An id that reads as a formula is made text."""
    head, *rows = exported(Moodle, book, tmp_path / "moodle.csv")
    assert head[:2] == ["username", "email"]
    assert {row[0] for row in rows} == {"ada", "'=cmd"}


def test_only_what_was_asked_for_is_exported(book: Gradebook, tmp_path: Path) -> None:
    """By assignment and by student."""
    plugin = Moodle(to=str(tmp_path / "m.csv"), assignment=["05_stop"], student=["ada"])
    plugin.export(book)
    text = (tmp_path / "m.csv").read_text()
    assert text == "username,email,05_stop\nada,a@b.c,6.5\n"
