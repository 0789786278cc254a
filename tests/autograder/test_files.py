"""Files that appear whole or not at all, and files that are read through no link."""

import os
from pathlib import Path, PurePath

import pytest

from autograder.files import NotOwn, own_bytes, paths_in, whole


def test_a_file_appears_when_all_of_it_is_written(tmp_path: Path) -> None:
    """And replaces the one that was there."""
    path = tmp_path / "page.txt"
    path.write_text("old")
    with whole(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
    assert [file.read_text() for file in tmp_path.iterdir()] == ["new"]


def test_a_writer_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    """And nothing beside it."""
    path = tmp_path / "page.txt"
    path.write_text("old")

    def fail() -> None:
        with whole(path) as partial:
            partial.write_text("n")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file of its own, beside one that is not in it."""
    (tmp_path / "other").write_text("somebody else's")
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    (tmp_path / "in" / "deeper" / "own").write_text("mine")
    return tmp_path / "in"


def why_not(folder: Path, inside: str, at_most: int = 100) -> str:
    """Return why a file is not read."""
    with pytest.raises(NotOwn) as refused:
        own_bytes(folder, PurePath(inside), at_most)
    return str(refused.value)


def test_own_files_are_read(folder: Path) -> None:
    """Through a link to the folder itself, too: that one is not the learner's."""
    link = folder.with_name("link")
    link.symlink_to(folder)
    for place in (folder, link):
        assert own_bytes(place, PurePath("deeper/own"), 4) == b"mine"
    assert list(paths_in(folder)) == [PurePath("deeper/own")]


def test_no_link_is_followed(folder: Path) -> None:
    """Neither to a file nor through a folder; a hard link is one, too."""
    (folder / "file").symlink_to("../other")
    (folder / "folder").symlink_to("deeper")
    (folder / "nowhere").symlink_to("/nope")
    (folder / "hard").hardlink_to(folder.parent / "other")
    assert why_not(folder, "file") == "is a link to ../other"
    assert why_not(folder, "folder/own") == "is a link to deeper"
    assert why_not(folder, "nowhere") == "is a link to /nope"
    assert "hard link" in why_not(folder, "hard")
    assert PurePath("folder") in set(paths_in(folder))
    assert PurePath("folder/own") not in set(paths_in(folder))


def test_what_is_no_file_is_not_waited_for(folder: Path) -> None:
    """A pipe nobody writes to, a folder, a file that is not there, a large one."""
    os.mkfifo(folder / "pipe")
    assert why_not(folder, "pipe") == "is no regular file"
    assert why_not(folder, "deeper") == "is no regular file"
    assert why_not(folder, "nothing").startswith("cannot be read")
    assert why_not(folder, "x" * 300).startswith("cannot be read")
    assert why_not(folder, "deeper/own", 3) == "has 4 bytes, and at most 3 are read"
