"""Runs a learner's test suite against one service.

    run_suite.py FD SOCKET COURSE_ROOT TEST_FILE

Its tests get the fixture `service`, whose `send(raw, timeout_s)` sends a request to the
service under test. One JSON object a test is written to FD: {"test": …, "outcome": …}.
"""

import json
import os
import sys
from typing import Any

import pytest


class Service:
    """The service under test."""

    def __init__(self, address: str) -> None:
        self._address = address

    def send(self, raw: bytes, timeout_s: float = 2.0) -> Any:
        """Send one request; returns a course.outage.http.Response."""
        from course.outage import http

        return http.send(self._address, raw, timeout_s)


class Reporter:
    """Gives tests the service, and tells what became of them."""

    def __init__(self, fd: int, address: str) -> None:
        self._fd = fd
        self._address = address

    @pytest.fixture(scope="session")
    def service(self) -> Service:
        """The service under test."""
        return Service(self._address)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell of each call, and of a set-up or teardown that failed."""
        if report.when == "call" or report.failed:
            line = {"test": report.nodeid, "outcome": report.outcome}
            os.write(self._fd, json.dumps(line).encode() + b"\n")


def main() -> None:
    """Run pytest on the one file."""
    fd, address, root, file = sys.argv[1:]
    sys.path.insert(0, root)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", "."]
    sys.exit(pytest.main([*options, file], plugins=[Reporter(int(fd), address)]))


if __name__ == "__main__":
    main()
