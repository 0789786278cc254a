"""The index of topics and the checklist name only what the lessons have."""

import re
from pathlib import Path

import pytest

COURSE = Path(__file__).parents[2] / "course"
LINK = re.compile(r"\[(\d\d) · ([^\]]+)\]\(notebooks/(\w+)\.ipynb\)")
ROWS = [
    line
    for line in (COURSE / "topics.md").read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| topic")
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split(" | ")[0][2:])
def test_a_topic_is_taught_where_the_index_says(row: str) -> None:
    """In a section of that name, of that module."""
    found = LINK.findall(row)
    assert found
    for number, heading, lesson in found:
        text = (COURSE / "lessons" / f"{lesson}.py").read_text("utf-8")
        assert lesson.startswith(number)
        assert f"# ## {heading}\n" in text


def test_no_topic_is_missing() -> None:
    """As many as the syllabus of the course has."""
    assert len(ROWS) == 38


def test_the_checklist_names_every_module() -> None:
    """Each of the thirteen has something for the desk."""
    text = (COURSE / "checklist.md").read_text("utf-8")
    cited = {
        n for part in re.findall(r"\[(\d[\d, ]+)\]", text) for n in part.split(", ")
    }
    assert cited == {f"{number:02}" for number in range(1, 14)}
