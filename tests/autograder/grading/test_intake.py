"""Submissions as instructors have them, and what is not taken in."""

import zipfile
from pathlib import Path

import pytest

from autograder.gradebook.errors import IntakeRefused
from autograder.grading.intake import take_in
from autograder.judge import Exercise

EXERCISE = Exercise.named("05")
NAME = EXERCISE.name
NOTEBOOK = EXERCISE.notebook.name


def laid(folder: Path, *paths: str) -> Path:
    """A folder in which these files hold their own path."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)
    return folder


def taken(source: Path, tmp_path: Path) -> dict[str, str]:
    """What each student has handed in after `source` was taken in."""
    submitted = tmp_path / "submitted"
    take_in(source, EXERCISE, submitted, tmp_path / "set_aside")
    return {p.parts[-3]: p.read_text() for p in submitted.glob(f"*/{NAME}/{NOTEBOOK}")}


@pytest.mark.parametrize(
    "paths",
    [
        (f"alyssa/{NAME}/{NOTEBOOK}", f"ben/{NAME}/{NOTEBOOK}"),
        (f"alyssa/{NOTEBOOK}", "ben/my work.ipynb"),
        ("alyssa.ipynb", f"ben_{NOTEBOOK}"),
        (f"class/alyssa/{NOTEBOOK}", f"class/ben/{NOTEBOOK}"),
        ("class/alyssa.ipynb", "class/ben.ipynb"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_each_way_to_hand_in_is_understood(
    paths: tuple[str, str], packed: bool, tmp_path: Path
) -> None:
    """As a folder, or as an archive of it."""
    source = laid(tmp_path / "in", *paths)
    if packed:
        archive = tmp_path / "in.zip"
        with zipfile.ZipFile(archive, "w") as file:
            for path in paths:
                file.write(source / path, path)
        source = archive
    assert taken(source, tmp_path) == {"alyssa": paths[0], "ben": paths[1]}


def test_what_differs_is_put_aside_and_what_does_not_is_left(tmp_path: Path) -> None:
    """Nothing that was handed in is lost."""
    source = laid(tmp_path / "in", "alyssa.ipynb", "ben.ipynb")
    assert take_in(source, EXERCISE, tmp_path / "s", tmp_path / "aside") == 2
    assert take_in(source, EXERCISE, tmp_path / "s", tmp_path / "aside") == 0
    (source / "ben.ipynb").write_text("a second try")
    assert take_in(source, EXERCISE, tmp_path / "s", tmp_path / "aside") == 1
    [kept] = (tmp_path / "aside" / "ben").glob(f"*/{NOTEBOOK}")
    assert kept.read_text() == "ben.ipynb"
    assert (tmp_path / "s" / "ben" / NAME / NOTEBOOK).read_text() == "a second try"


def test_an_archive_cannot_write_elsewhere(tmp_path: Path) -> None:
    """Whatever its names say."""
    archive = tmp_path / "in.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../../evil.ipynb", "evil")
        file.writestr("alyssa.ipynb", "mine")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    take_in(archive, EXERCISE, tmp_path / "deep" / "er" / "s", tmp_path / "aside")
    assert not list(tmp_path.glob("evil.ipynb"))
    assert not list((tmp_path / "deep").glob("evil.ipynb"))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("nowhere", None, "There is no"),
        ("text.zip", "no archive", "cannot be read as a zip archive"),
        ("folder", {}, "holds no submission"),
        ("folder", {"a student.ipynb": "{}"}, "cannot be a student's id"),
    ],
)
def test_what_is_no_class_is_refused(
    name: str, content: str | dict[str, str] | None, says: str, tmp_path: Path
) -> None:
    """With what was expected."""
    source = tmp_path / name
    if isinstance(content, str):
        source.write_text(content)
    elif content is not None:
        source.mkdir()
        for path, text in content.items():
            (source / path).write_text(text)
    with pytest.raises(IntakeRefused, match=says):
        taken(source, tmp_path)
