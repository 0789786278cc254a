"""Finds out how a request fails: the exception, and its place in the service."""

from course.outage.telemetry.crashes import read_traceback
from course.outage.telemetry.series import Telemetry

from .fleet import Fleet

LOGGED_WITHIN_S = 1.0


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
