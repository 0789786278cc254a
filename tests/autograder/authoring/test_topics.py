"""The index of topics; that each heading in it is one, `matrix.holes` tells."""

from autograder.authoring import topics

IN_THE_SYLLABUS = 38


def test_no_topic_of_the_syllabus_is_missing() -> None:
    """A row each."""
    rows = [
        line for line in topics.as_markdown().splitlines() if "](notebooks/" in line
    ]
    assert len(rows) >= IN_THE_SYLLABUS
