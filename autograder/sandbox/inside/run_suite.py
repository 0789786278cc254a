"""Runs a learner's test suite against one service.

    run_suite.py FD SOCKET COURSE_ROOT TEST_FILE ORDER

The tests run in the order of the file if ORDER is 0, in the reverse of it if it is 1,
and for any other number in one that is shuffled and always the same.

Tests get the fixture `service`. Its `send(raw, timeout_s)` sends a request to the
service under test, and its `log()` returns the service's log records, from the file
log.jsonl beside TEST_FILE. A file `gone` there says that the service's process has
ended, and `ran_s` for how many seconds it could run so far: time limits count those.
One JSON object a test is written to FD: {"test": …, "outcome": …}. {"unread": …} is the
error that importing the file raises, if it does, and {"busy": …} says that the machine
is too busy to tell.
"""

import json
import os
import random
import sys
import time
from contextlib import suppress
from typing import Any

import pytest

NO_HTTP = b"?\r\n\r\n"
ABOUT_NO_HTTP = "Invalid HTTP request received."  # logged by uvicorn
LINE_WITHIN_S = 2.0


class Service:
    """The service under test."""

    def __init__(self, address: str, folder: str) -> None:
        self._address = address
        self._logged = os.path.join(folder, "log.jsonl")
        self._gone = os.path.join(folder, "gone")
        self._clock = os.path.join(folder, "ran_s")
        self._last_ran_s = 0.0
        # The server logs one line about each request that is no HTTP, and says so.
        self._no_http: list[Any] = []

    def log(self) -> list[dict[str, Any]]:
        """Return the records logged so far, including those about earlier requests.

        A line may be written after the response it belongs to. So this sends bytes that
        are not HTTP, and waits for the server's line about them: it follows the others.
        A suite may send such bytes as well.
        """
        response = self.send(NO_HTTP, LINE_WITHIN_S)
        limit = self._limit("a line in the log", LINE_WITHIN_S)
        while True:
            # Before the file is read: a line that was logged in time is in it then.
            over = response.status is None or not limit.left_s()
            with open(self._logged, encoding="utf-8") as file:
                text = file.read()
            # To parse all of it at each look would take longer than the looking.
            if over or text.count(ABOUT_NO_HTTP) >= len(self._no_http):
                lines = text[: text.rfind("\n") + 1].splitlines()
                logged = [json.loads(line) for line in lines]
                records = [r for r in logged if r.get("event") != ABOUT_NO_HTTP]
                if over or len(logged) - len(records) >= len(self._no_http):
                    return records
            time.sleep(0.01)

    def send(self, raw: bytes, timeout_s: float = 2.0) -> Any:
        """Send one request; return a course.outage.traffic.wire.Response."""
        from course.outage.traffic import wire

        if os.path.exists(self._gone):
            return wire.Response("reset")
        limit = self._limit("an answer", timeout_s)
        response = wire.send(self._address, raw, limit=limit)
        if response.body == ABOUT_NO_HTTP.encode():
            self._no_http.append(response)
        return response

    def _limit(self, what: str, seconds: float) -> Any:
        from course.outage.lag import Limit

        return Limit(what, seconds, self._ran_s)

    def _ran_s(self) -> float:
        with suppress(OSError, ValueError), open(self._clock) as file:
            self._last_ran_s = float(file.read())
        return self._last_ran_s


class Reporter:
    """A pytest plugin that gives tests the service, and reports their outcomes."""

    def __init__(self, fd: int, service: Service, order: int) -> None:
        self._fd = fd
        self._service = service
        self._order = order

    @pytest.fixture(scope="session")
    def service(self) -> Service:
        """Return the service under test."""
        return self._service

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the tests into the order that was asked for."""
        if self._order == 1:
            items.reverse()
        elif self._order:
            random.Random(self._order).shuffle(items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Report each call, and each setup or teardown that failed."""
        if report.when == "call" or report.failed:
            line = {"test": report.nodeid, "outcome": report.outcome}
            self._tell(line)

    def pytest_exception_interact(
        self, call: pytest.CallInfo[Any], report: object
    ) -> None:
        """Report a file that cannot be imported, and a machine that is too busy."""
        if call.excinfo and type(call.excinfo.value).__name__ == "MachineTooBusy":
            self._tell({"busy": str(call.excinfo.value)[:500]})
        if isinstance(report, pytest.CollectReport) and call.excinfo:
            raised = call.excinfo.value.__cause__ or call.excinfo.value
            error = f"{type(raised).__name__}: {raised}".removesuffix(": ")
            self._tell({"unread": error.splitlines()[0][:200]})

    def _tell(self, line: dict[str, str]) -> None:
        os.write(self._fd, json.dumps(line).encode() + b"\n")


def be_patient_and_brief() -> None:
    """Have Hypothesis ignore how long examples take, and not shrink failing ones.

    Nobody reads the failing example; it only matters that there is one.
    """
    from hypothesis import HealthCheck, Phase, settings

    settings.register_profile(
        "judged",
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate, Phase.target],
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("judged")


def main() -> None:
    """Run pytest on the suite's file."""
    fd, address, root, file, order = sys.argv[1:]
    sys.path.insert(0, root)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = [
        "-q",
        "--tb=no",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        "--rootdir",
        ".",
    ]
    be_patient_and_brief()
    service = Service(address, os.path.dirname(file))
    reporter = Reporter(int(fd), service, int(order))
    sys.exit(pytest.main([*options, file], plugins=[reporter]))


if __name__ == "__main__":
    main()
