"""Objectives, lessons, answers, checks, wrong answers, hints and minutes join up."""

from autograder.authoring import matrix


def test_nothing_is_missing() -> None:
    """Every hole is named."""
    assert matrix.holes() == []


def test_every_module_is_in_it() -> None:
    """With its objectives and checks."""
    text = matrix.as_markdown()
    for module in matrix.modules():
        assert module.exercise.title in text
        assert all(title in text for title, _ in module.checks.values())
