"""Says how a request fails: the exception, and the place in the service."""

from course.outage.telemetry.crashes import read_traceback
from course.outage.telemetry.series import Telemetry

from .fleet import Fleet

LOGGED_WITHIN_S = 1.0


def failure_of(fleet: Fleet, raw: bytes) -> tuple[str, str] | None:
    """Send `raw` and say how it failed: the exception's type, and the service's frame.

    Read from the log of the release under test, by the request's id. None if the answer
    is no 500, or the log does not say.
    """
    response = fleet.send(raw)
    if response.status != 500:
        return None
    request_id = (response.headers or {}).get("x-request-id", "")

    def lines(told: Telemetry) -> list[str]:
        return [
            str(entry.record["exception"])
            for entry in told.log_entries()
            if entry.record.get("request_id") == request_id
            and "exception" in entry.record
        ]

    # The line may arrive after the response.
    fleet.telemetry.wait_for(lambda told: bool(lines(told)), LOGGED_WITHIN_S)
    for text in lines(fleet.telemetry):
        exception, _, place = read_traceback(text.splitlines())
        return exception, place
    return None
