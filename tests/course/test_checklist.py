"""The checklist has something of every module."""

import re
from pathlib import Path

from course.learner import modules

CHECKLIST = Path(__file__).parents[2] / "course" / "checklist.md"


def test_the_checklist_names_every_module() -> None:
    """Each has something for the desk."""
    parts = re.findall(r"\[(\d[\d, ]+)\]", CHECKLIST.read_text("utf-8"))
    cited = {number for part in parts for number in part.split(", ")}
    assert cited == {module.number for module in modules()}
