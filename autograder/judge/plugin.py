"""The pytest plugin that turns checks into the lines of a verdict.

Loaded only in the process that `judging` starts. Gives the checks the fixture `release`
and writes one JSON line a check to the file descriptor it was given.
"""

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from course.outage import OutageError, Release

from .expect import Unmet


def pytest_addoption(parser: pytest.Parser) -> None:
    """The two ends of our line to the judge."""
    parser.addoption("--release-file", type=Path, required=True)
    parser.addoption("--report-fd", type=int, required=True)


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known; take the report to ourselves."""
    config.addinivalue_line("markers", "check(title, points): a check of an exercise")
    # The replicas must not inherit the end that verdicts are written to.
    os.set_inheritable(config.getoption("--report-fd"), False)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Announce every check first: one that never reports can be named then."""
    for item in session.items:
        _write(session.config, item, {"outcome": "announced"})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Report the first phase of a check that fails, or that its call passed."""
    report = yield
    if call.excinfo is not None:
        exc = call.excinfo.value
        # A release that cannot even start is the learner's matter as well.
        known = isinstance(exc, Unmet | OutageError)
        outcome = "failed" if known else "error"
        feedback = str(exc) if known else f"{type(exc).__name__}: {exc}"
        _write(item.config, item, {"outcome": outcome, "feedback": feedback})
    elif call.when == "call":
        _write(item.config, item, {"outcome": "passed"})
    return report


@pytest.fixture(scope="session")
def release(pytestconfig: pytest.Config) -> Release:
    """The release under test."""
    data = json.loads(pytestconfig.getoption("--release-file").read_text("utf-8"))
    return Release(**data)


def _write(config: pytest.Config, item: pytest.Item, data: dict[str, str]) -> None:
    mark = item.get_closest_marker("check")
    assert mark is not None, f"{item.nodeid} carries no check mark"
    title, points = mark.args
    line = json.dumps({"name": item.name, "title": title, "points": points, **data})
    os.write(config.getoption("--report-fd"), line.encode() + b"\n")
