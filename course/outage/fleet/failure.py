"""Finds out what a request does to a fleet: how it fails, and what comes of it."""

from dataclasses import dataclass
from typing import Any

from course.outage.release import Release
from course.outage.telemetry.crashes import read_traceback
from course.outage.telemetry.series import Telemetry
from course.outage.traffic.wire import Response

from .fleet import Fleet

LOGGED_WITHIN_S = 1.0
READY_WITHIN_S = 10.0
ANSWERED_WITHIN_S = 1.5
EXITS_WITHIN_S = 1.0


@dataclass(frozen=True)
class Aftermath:
    """What came of one request: the `response`, and what became of the process.

    `exit_code` is None if no process ended; `errors` are the log records of level error
    or critical since the request was sent.
    """

    response: Response
    exit_code: int | None
    errors: list[dict[str, Any]]

    def __str__(self) -> str:
        lives = self.exit_code is None
        process = "lives" if lives else f"exit code {self.exit_code}"
        return f"{self.response!s:45} {process:12} errors logged: {len(self.errors)}"


def aftermath_of(fleet: Fleet, raw: bytes) -> Aftermath:
    """Send `raw` to `fleet` once it is ready, and return what comes of it.

    The answer may take ANSWERED_WITHIN_S, and after it a process EXITS_WITHIN_S to end;
    both count seconds in which the fleet could run. Raises OutageError.
    """
    fleet.wait_ready(within_s=READY_WITHIN_S)
    telemetry = fleet.telemetry
    deaths, lines = len(telemetry.exits()), len(telemetry.log_entries())
    response = fleet.send(raw, timeout_s=ANSWERED_WITHIN_S)
    telemetry.wait_for(lambda t: len(t.exits()) > deaths, EXITS_WITHIN_S)
    died = telemetry.exits()[deaths:]
    records = [entry.record for entry in telemetry.log_entries()[lines:]]
    errors = [r for r in records if r.get("level") in {"error", "critical"}]
    return Aftermath(response, died[0].exit_code if died else None, errors)


def failure_of(fleet: Fleet, raw: bytes) -> tuple[str, str] | None:
    """Send `raw`; return the type of the exception it fails with, and its place.

    The place is the innermost frame of the service. Both are read from the log of the
    release under test, by the request's id. None if the answer is no 500, or the log
    has no traceback of it.
    """
    response = fleet.send(raw)
    if response.status != 500:
        return None
    request_id = (response.headers or {}).get("x-request-id", "")

    def tracebacks(telemetry: Telemetry) -> list[str]:
        return [
            str(entry.record["exception"])
            for entry in telemetry.log_entries()
            if entry.record.get("request_id") == request_id
            and "exception" in entry.record
        ]

    # The line may arrive after the response.
    fleet.telemetry.wait_for(lambda t: bool(tracebacks(t)), LOGGED_WITHIN_S)
    for text in tracebacks(fleet.telemetry):
        exception, _, place = read_traceback(text.splitlines())
        return exception, place
    return None


def lines_at(release: Release, place: str, before: int = 3) -> str:
    """Return the line of `release` at `place`, and some `before` it, with numbers.

    A place is what `failure_of` returns, such as "routing.py:38 in resolve".
    """
    module, _, rest = place.partition(":")
    number = int(rest.partition(" ")[0])
    lines = release.source(module).splitlines()
    return "\n".join(
        f"{'→' if n == number else ' '} {n:3} {lines[n - 1]}"
        for n in range(max(1, number - before), number + 1)
    )
