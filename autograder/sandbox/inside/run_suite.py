"""Runs a learner's test suite against one service.

    run_suite.py FD SOCKET COURSE_ROOT TEST_FILE

Its tests get the fixture `service`, whose `send(raw, timeout_s)` sends a request to the
service under test, and whose `log()` is what that has logged, from the file log.jsonl
beside TEST_FILE; a file `gone` there says that its process has ended. One JSON object a
test is written to FD: {"test": …, "outcome": …}; {"unread": …}, if the file cannot be
imported, says what it raises.
"""

import json
import os
import sys
import time
from typing import Any

import pytest

NO_HTTP = b"?\r\n\r\n"
ABOUT_NO_HTTP = "Invalid HTTP request received."  # uvicorn's
LINE_WITHIN_S = 2.0


class Service:
    """The service under test."""

    def __init__(self, address: str, folder: str) -> None:
        self._address = address
        self._logged = os.path.join(folder, "log.jsonl")
        self._gone = os.path.join(folder, "gone")
        self._barriers = 0

    def log(self) -> list[dict[str, Any]]:
        """The records logged so far, those about earlier requests included.

        A line may come after the answer it belongs to. So something that is no HTTP is
        sent, and the server's own line about that is waited for: it stands behind them.
        """
        self._barriers += 1
        answer = self.send(NO_HTTP, LINE_WITHIN_S)
        deadline = time.monotonic() + LINE_WITHIN_S
        while True:
            with open(self._logged, encoding="utf-8") as lines:
                told = [json.loads(line) for line in lines if line.endswith("\n")]
            records = [r for r in told if r.get("event") != ABOUT_NO_HTTP]
            arrived = len(told) - len(records) >= self._barriers
            if arrived or answer.status is None or time.monotonic() > deadline:
                return records
            time.sleep(0.01)

    def send(self, raw: bytes, timeout_s: float = 2.0) -> Any:
        """Send one request; returns a course.outage.http.Response."""
        from course.outage import http

        if os.path.exists(self._gone):
            return http.Response("reset")
        return http.send(self._address, raw, timeout_s)


class Reporter:
    """Gives tests the service, and tells what became of them."""

    def __init__(self, fd: int, service: Service) -> None:
        self._fd = fd
        self._service = service

    @pytest.fixture(scope="session")
    def service(self) -> Service:
        """The service under test."""
        return self._service

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell of each call, and of a set-up or teardown that failed."""
        if report.when == "call" or report.failed:
            line = {"test": report.nodeid, "outcome": report.outcome}
            self._tell(line)

    def pytest_exception_interact(
        self, call: pytest.CallInfo[Any], report: object
    ) -> None:
        """Tell of a file that cannot be imported."""
        if isinstance(report, pytest.CollectReport) and call.excinfo:
            raised = call.excinfo.value.__cause__ or call.excinfo.value
            what = f"{type(raised).__name__}: {raised}".removesuffix(": ")
            self._tell({"unread": what.splitlines()[0][:200]})

    def _tell(self, line: dict[str, str]) -> None:
        os.write(self._fd, json.dumps(line).encode() + b"\n")


def main() -> None:
    """Run pytest on the one file."""
    fd, address, root, file = sys.argv[1:]
    sys.path.insert(0, root)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", "."]
    service = Service(address, os.path.dirname(file))
    sys.exit(pytest.main([*options, file], plugins=[Reporter(int(fd), service)]))


if __name__ == "__main__":
    main()
