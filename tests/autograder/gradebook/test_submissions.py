"""What becomes of a submission before it is judged."""

import os
import shutil
from pathlib import Path

import nbformat
import pytest

from autograder.gradebook.submissions import (
    LARGEST_SUBMISSION,
    LONGEST_SHOWN,
    MOST_FILES,
    MOST_NOTES,
    NOTES,
    READINGS,
    notes_on,
    put_aside,
    read_notebook,
    rebuilt,
)
from autograder.judge.answers import readings
from autograder.judge.judging import LONGEST_ANSWER
from autograder.printable import one_line
from tests.instructor import EXERCISE, NAME


@pytest.mark.parametrize("excess", [0, 1])
def test_an_answer_that_is_too_long_to_be_judged_is_not_shown_whole(
    excess: int,
) -> None:
    """The judge gets all of it; pages are made of its beginning."""
    released = nbformat.read(EXERCISE.notebook, as_version=4)
    submitted = nbformat.from_dict(released)
    answer = "x = 1\n" * (LONGEST_ANSWER // 6 + 1)
    answer = answer[: LONGEST_ANSWER + excess]
    cell = next(c for c in submitted.cells if c["id"] == "dispatcher")
    cell.source = answer
    fresh, odd = rebuilt(submitted, released)
    assert fresh.metadata[READINGS] == [{"dispatcher": answer}]
    assert not odd
    shown = next(c for c in fresh.cells if c["id"] == "dispatcher").source
    if not excess:
        assert shown == answer
        return
    assert shown.startswith(answer[:LONGEST_SHOWN])
    assert "more characters, not shown" in shown
    assert len(shown) < 2 * LONGEST_SHOWN


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    """A submission with the released notebook, in a course of its own."""
    folder = tmp_path / "submitted" / "eve" / NAME
    folder.mkdir(parents=True)
    shutil.copy(EXERCISE.notebook, folder)
    return folder


def safe(submission: Path) -> str:
    """Make a submission safe; return the notes, which must be fit to be shown."""
    aside = submission.parents[2] / "set_aside"
    put_aside(submission, EXERCISE, aside)
    notes = notes_on(submission, aside)
    assert len(notes) <= MOST_NOTES
    for note in notes:
        assert note == one_line(note)
    nbformat.validate(read_notebook(submission / EXERCISE.notebook.name))
    return "\n".join(notes)


def test_an_honest_submission_stays_as_it_is(submission: Path) -> None:
    """With all that lies beside its notebook."""
    (submission / "timestamp.txt").write_text("2024-06-05 14:00:00 UTC")
    (submission / "more" / "déjà vu").mkdir(parents=True)
    (submission / "more" / "déjà vu" / "a chart.png").write_bytes(b"\x89PNG")
    before = sorted(submission.rglob("*"))
    assert safe(submission) == ""
    assert sorted(submission.rglob("*")) == before


@pytest.mark.parametrize("name", [NOTES, "x" * 250, "timestamp.txt", "again-x"])
def test_nothing_is_written_through_what_was_put_aside(
    name: str, submission: Path
) -> None:
    """Links of any name, and again in folders, where the notes are kept, too."""
    target = submission.parents[2] / "gradebook.db"
    target.write_text("[]")
    for folder in (submission, submission / "a", submission / "b"):
        folder.mkdir(exist_ok=True)
        (folder / name).symlink_to(target)
    told = safe(submission)
    assert told.count("is a link to") == 3
    assert safe(submission) == told
    assert target.read_text() == "[]"
    assert not [path for path in submission.rglob("*") if path.is_symlink()]


def test_a_link_to_nowhere_makes_no_file(submission: Path) -> None:
    """Where the notes, the notebook, or the time would be."""
    target = submission.parents[2] / "nowhere"
    (submission / EXERCISE.notebook.name).unlink()
    for name in (NOTES, EXERCISE.notebook.name, "timestamp.txt"):
        (submission / name).symlink_to(target)
    assert safe(submission).count("is a link to") == 3
    assert not target.exists()


def test_a_hard_link_is_a_link(submission: Path) -> None:
    """To the solution, or to any other file."""
    notebook = submission / EXERCISE.notebook.name
    notebook.rename(submission.parents[2] / "solution.ipynb")
    notebook.hardlink_to(submission.parents[2] / "solution.ipynb")
    assert f"{notebook.name} has a second name elsewhere" in safe(submission)
    assert readings(read_notebook(notebook).cells) == [{"dispatcher": ""}]


def deep(folder: Path, name: str, times: int) -> None:
    """Make folders in folders, deeper than a path can tell."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(times):
        os.mkdir(name, dir_fd=here)
        inner = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("deepest.txt", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


@pytest.mark.parametrize(
    ("name", "times"), [("x" * 250, 20), ("a", 600), ("é" * 99, 6)]
)
def test_a_path_that_no_call_takes_is_put_aside(
    name: str, times: int, submission: Path
) -> None:
    """Longer than the kernel allows, or so long that a copy of it would be."""
    deep(submission, name, times)
    assert "has a path of more than 1,000 bytes" in safe(submission)


ODD_NAMES = [
    b"\x1b[2J\x1b]0;owned\x07.txt",
    b"two\nlines",
    b"no UTF-8 \xff\xfe",
    "right\u202eleft.txt".encode(),
    b"\r\x08\x08hidden",
]


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
@pytest.mark.parametrize("kind", ["file", "folder", "link", "link's target"])
def test_a_name_that_cannot_be_shown_is_put_aside(
    name: bytes, kind: str, submission: Path
) -> None:
    """So no log and no page of nbgrader's has it; the note has it escaped."""
    path = submission / os.fsdecode(name)
    if kind == "file":
        path.write_text("x")
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("/nope")
    else:
        (submission / "link").symlink_to(path.name)
    told = safe(submission)
    assert "put aside" in told
    assert [p.name for p in submission.iterdir()] == [EXERCISE.notebook.name]


def test_more_files_than_are_copied_are_put_aside(submission: Path) -> None:
    """In one go, with one note; the notebook stays."""
    (submission / "node_modules").mkdir()
    for number in range(MOST_FILES):
        (submission / "node_modules" / str(number)).touch()
    before = (submission / EXERCISE.notebook.name).read_bytes()
    told = safe(submission)
    assert told.startswith("The folder has more than 2,000 files; all but the notebook")
    assert [p.name for p in submission.iterdir()] == [EXERCISE.notebook.name]
    assert (submission / EXERCISE.notebook.name).read_bytes() == before


def test_more_bytes_than_are_copied_are_put_aside(submission: Path) -> None:
    """Even where they are a hole in a file."""
    (submission / "large.bin").touch()
    os.truncate(submission / "large.bin", LARGEST_SUBMISSION + 1)
    assert "has more than 200,000,000 bytes" in safe(submission)


def test_many_links_make_few_notes(submission: Path) -> None:
    """The last one says how many more there are."""
    for number in range(200):
        (submission / f"link{number}").symlink_to("\n" * 1000)
    assert safe(submission).endswith("There are 181 notes more.")


@pytest.mark.parametrize("unit", ["{},", '{"a":[]},', "[[],[]],"])
def test_a_notebook_that_would_fill_the_memory_is_not_parsed(
    unit: str, submission: Path
) -> None:
    """Ten megabytes of braces would be a gigabyte of objects."""
    many = unit * (10_000_000 // len(unit))
    text = f'{{"cells": [{many}{{}}], "metadata": {{}}, "nbformat": 4}}'
    (submission / EXERCISE.notebook.name).write_text(text)
    assert "has more than 300,000 braces" in safe(submission)


@pytest.mark.parametrize(
    "time", ["x" * 101, "0001-01-01 00:00 +1400", "\x1b[2J", "9" * 90, "2024-13-45"]
)
def test_a_time_that_is_none_is_put_aside(time: str, submission: Path) -> None:
    """Whatever its parser makes of it."""
    (submission / "timestamp.txt").write_text(time)
    assert "timestamp.txt " in safe(submission)


def test_what_a_notebook_calls_its_cells_is_short_and_printable() -> None:
    """Thousands of cells that are not ours, their names, and the points they claim."""
    released = nbformat.read(EXERCISE.notebook, as_version=4)
    submitted = nbformat.from_dict(released)
    for name in ("[/nope]", "\x1b[2J", "x" * 10_000, *map(str, range(8000))):
        odd = nbformat.from_dict(released.cells[0])
        odd.metadata["nbgrader"] = {"grade_id": name, "solution": True}
        submitted.cells.append(odd)
    for cell in submitted.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.nbgrader.points = {"a": ["\n\x1b"] * 10_000}
    _, notes = rebuilt(submitted, released)
    assert len(notes) == MOST_NOTES
    assert notes == [one_line(note) for note in notes]
