"""The index of topics names only what the lessons have."""

from pathlib import Path

import pytest

from autograder.authoring import topics
from course.learner import modules
from course.learner.curriculum import Module

IN_THE_SYLLABUS = 38


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_topic_is_taught_under_a_heading_of_its_lesson(
    module: Module, project: Path
) -> None:
    """By its exact words, or the index would lead nowhere."""
    lines = (project / f"course/lessons/{module.name}.py").read_text().splitlines()
    headings = {line[5:] for line in lines if line.startswith("# ## ")}
    named = {heading for taught in module.topics.values() for heading in taught}
    assert named <= headings, named - headings
    assert all(module.topics.values()), "a topic without a heading"


def test_no_topic_of_the_syllabus_is_missing() -> None:
    """A row each."""
    rows = [
        line for line in topics.as_markdown().splitlines() if "](notebooks/" in line
    ]
    assert len(rows) >= IN_THE_SYLLABUS
