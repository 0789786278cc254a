"""The addresses at which notebooks import: copies in work/ outlive an update."""

import ast
import importlib
from pathlib import Path

# Beside the service, which a release replaces. To move one of these means to keep it:
# see course/outage/requests.py.
ADDRESSES = {
    "autograder.checking",
    "autograder.game_day",
    "autograder.judge.rules",
    "course.outage",
    "course.outage.alert",
    "course.outage.clients",
    "course.outage.crashes",
    "course.outage.desk",
    "course.outage.http",
    "course.outage.incident",
    "course.outage.minimise",
    "course.outage.recording",
    "course.outage.requests",
    "course.outage.rollout",
    "course.outage.traffic",
    "course.panel",
    "course.panel.chart",
}


def imported(project: Path) -> set[tuple[str, str]]:
    """Return what lessons and solutions import of ours, each with where from."""
    files = [*project.glob("course/lessons/*.py"), *project.glob("solutions/*/*.py")]
    return {
        (node.module, alias.name)
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
        if node.module.startswith(("course.", "autograder."))
        and not node.module.startswith("course.service")
    }


def test_notebooks_import_at_these_addresses_alone(project: Path) -> None:
    """From no room: what stands there may move."""
    assert {module for module, _ in imported(project)} == ADDRESSES


def test_each_address_has_what_notebooks_import_there(project: Path) -> None:
    """By the names that they use."""
    for module, name in sorted(imported(project)):
        assert hasattr(importlib.import_module(module), name), (module, name)


def test_an_older_name_is_still_there() -> None:
    """As copies of notebook 12 import it."""
    rollout = importlib.import_module("course.outage.rollout")
    assert rollout.Drawn is rollout.SimulatedRollout
