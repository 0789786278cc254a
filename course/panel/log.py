"""The log of a fleet, as lessons look at it: what it says of one request."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from course.outage import Fleet
from course.outage.telemetry.series import Telemetry

ANSWERED_WITHIN_S = 10.0
LOGGED_WITHIN_S = 3.0
LAST = "request.answered"
COLUMNS = 88


def log_of(fleet: Fleet, raw: bytes) -> list[dict[str, Any]]:
    """Send the request `raw` to `fleet`, and return the records that it logs about it.

    Raises MachineTooBusy, and KeyError if the answer has no request id.
    """
    headers = fleet.send(raw, ANSWERED_WITHIN_S).headers or {}
    request_id = headers["x-request-id"]

    def records(telemetry: Telemetry) -> list[dict[str, Any]]:
        entries = [entry.record for entry in telemetry.log_entries()]
        return [r for r in entries if r.get("request_id") == request_id]

    fleet.telemetry.wait_for(
        lambda t: any(r["event"] == LAST for r in records(t)), LOGGED_WITHIN_S
    )
    return records(fleet.telemetry)


def print_records(records: Iterable[Mapping[str, Any]]) -> None:
    """Print log records, a line each: level and event, then as many fields as fit."""
    for record in records:
        fields = {
            name: value
            for name, value in record.items()
            if name not in ("timestamp", "logger", "level", "event")
        }
        said = " ".join(f"{name}={json.dumps(v)}" for name, v in fields.items())
        line = f"    {record['level']:7} {record['event']:24} {said}"
        print(line if len(line) <= COLUMNS else f"{line[: COLUMNS - 1]}…")
