"""Grades as tables: columns, late penalties, names that are formulas, no scores."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin

from autograder.gradebook.exports import Canvas, Moodle, Plain
from autograder.gradebook.unscored import take_back

# nbgrader's own: it adds what it has not added to its session yet.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),
    pytest.mark.process,
]


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


def test_nbgraders_own_table_is_quoted(book: Gradebook, tmp_path: Path) -> None:
    """Its columns; who has handed in nothing has 0, as nbgrader says."""
    head, *rows = exported(Plain, book, tmp_path / "grades.csv")
    found = {(row[0], row[3]): dict(zip(head, row, strict=True)) for row in rows}
    ada = found["05_stop", "ada"]
    assert (ada["raw_score"], ada["score"], ada["max_score"]) == ("8.0", "6.5", "10.0")
    assert found["06_boundary", "ada"]["score"] == "0.0"


def test_a_submission_without_a_score_is_no_zero(
    book: Gradebook, tmp_path: Path
) -> None:
    """In any table; what people gave it stays."""
    take_back(f"sqlite:///{tmp_path / 'gradebook.db'}", "05_stop", "ada")
    book.db.expire_all()
    for plugin, column in ((Plain, "score"), (Canvas, "05_stop"), (Moodle, "05_stop")):
        head, *rows = exported(plugin, book, tmp_path / "some.csv")
        [row] = [r for r in rows if "ada" in r and "06_boundary" not in r]
        assert dict(zip(head, row, strict=True))[column] == ""
    [grade] = book.find_submission("05_stop", "ada").notebooks[0].grades
    assert grade.needs_manual_grade
    grade.manual_score = 3.0
    book.db.commit()
    head, *rows = exported(Moodle, book, tmp_path / "some.csv")
    [row] = [r for r in rows if "ada" in r]
    assert dict(zip(head, row, strict=True))["05_stop"] == "1.5"
