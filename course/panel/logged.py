"""Log records of a fleet, found by the request id that a client has in its response."""

from typing import Any

from course.outage import Fleet
from course.outage.traffic.wire import Response


def logged_error(
    fleet: Fleet, response: Response, within_s: float = 2.0
) -> dict[str, Any]:
    """Return the log record with a traceback that has the request id of `response`.

    It is waited for up to `within_s` seconds in which the fleet could run. Raises
    LookupError if it has not come by then, and MachineTooBusy.
    """
    request_id = (response.headers or {}).get("x-request-id")

    def found() -> list[dict[str, Any]]:
        records = [entry.record for entry in fleet.telemetry.log_entries()]
        return [
            record
            for record in records
            if "exception" in record and record.get("request_id") == request_id
        ]

    fleet.telemetry.wait_for(lambda _: bool(found()), within_s, "a line of the log")
    if not (records := found()):
        raise LookupError(f"The log has no error with the request id {request_id}.")
    return records[0]
