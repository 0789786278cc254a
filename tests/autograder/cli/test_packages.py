"""What pyproject.toml asks for, and what of it is missing."""

from pathlib import Path

from autograder.cli.packages import asked_for, not_installed


def test_learners_are_asked_for_no_tool_of_the_tests(project: Path) -> None:
    """Those stand in a group of their own, by the names that pip knows."""
    assert "fastapi" in asked_for(project)
    assert {"playwright", "psycopg"} <= {*asked_for(project, "test")} - {
        *asked_for(project)
    }


def test_what_is_not_installed_is_named() -> None:
    """And nothing else is."""
    assert not_installed(["pytest", "no-such-package"]) == ["no-such-package"]
