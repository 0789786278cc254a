"""The journal: every line that was written whole is read again."""

import subprocess
import sys
from pathlib import Path

import pytest

from course.learner import Journal, JournalNotWritten


def test_what_was_told_is_read_again_in_order(tmp_path: Path) -> None:
    """By another journal on the same file, as after a restart."""
    path = tmp_path / "work" / "journal.jsonl"
    for number in ("01", "02"):
        Journal(path).tell("lesson", number=number)
    events = Journal(path).events()
    assert [event["number"] for event in events] == ["01", "02"]
    assert all(event["at"].endswith("+00:00") for event in events)


@pytest.mark.parametrize("kept", range(1, 60, 7))
def test_a_crash_in_the_middle_of_writing_costs_one_line(
    tmp_path: Path, kept: int
) -> None:
    """Wherever the line was torn, those before and after it are read."""
    path = tmp_path / "journal.jsonl"
    Journal(path).tell("lesson", number="01")
    before = path.read_bytes()
    path.write_bytes(before + before[:kept])
    Journal(path).tell("lesson", number="02")
    assert [event["number"] for event in Journal(path).events()] == ["01", "02"]


def test_damage_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    """Bytes that are no JSON, JSON that is no event."""
    path = tmp_path / "journal.jsonl"
    Journal(path).tell("lesson", number="01")
    with path.open("ab") as file:
        file.write(b"\xff\x00\n[1]\n{}\n\n" + b'{"kind": 3}\n')
    Journal(path).tell("lesson", number="02")
    assert [event["number"] for event in Journal(path).events()] == ["01", "02"]


def test_a_full_disk_is_told_in_a_sentence(tmp_path: Path) -> None:
    """/dev/full is one."""
    path = tmp_path / "journal.jsonl"
    path.symlink_to("/dev/full")
    with pytest.raises(JournalNotWritten, match=r"No space left.*Make room"):
        Journal(path).tell("lesson", number="01")


TELL_MANY = """
import sys
from pathlib import Path
from course.learner import Journal
for _ in range(200):
    Journal(Path(sys.argv[1])).tell("lesson", number="01")
"""


@pytest.mark.process
def test_several_notebooks_may_write_at_once(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """No line is lost, none is torn."""
    path = tmp_path / "journal.jsonl"
    command = [sys.executable, "-c", TELL_MANY, str(path)]
    writers = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(Journal(path).events()) == 600


def test_outside_the_project_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A grader's run must not become a learner's progress."""
    monkeypatch.chdir(tmp_path)
    assert Journal.here().path is None
