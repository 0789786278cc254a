"""Files that appear whole or not at all."""

from pathlib import Path

import pytest

from autograder.files import whole


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
