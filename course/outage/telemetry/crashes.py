"""Finds in the logs of a fleet the exceptions that its processes died of."""

import re
from dataclasses import dataclass

from .series import Telemetry

# How Python prints the last line of a traceback: at the margin, or, inside an exception
# group, right behind the group's bar. Frames and source lines are indented further.
LAST_LINE = re.compile(r"^(?:\s*\| )?([A-Za-z_][\w.]*)(?:: (.*))?$")
INSIDE_GROUP = re.compile(r"^ {4,}\| ")
FRAME = re.compile(r'File ".*?([^/"]+)", line (\d+), in (\S+)')


@dataclass(frozen=True)
class Crash:
    """The end, at second `t`, of a process that nobody had asked to stop.

    `exception` is the type that ended it, without its module, and `place` the innermost
    frame of the service's own code; both are empty if it left no traceback.
    """

    t: float
    replica: int
    pid: int
    exit_code: int
    exception: str
    message: str
    place: str


def crashes(telemetry: Telemetry) -> list[Crash]:
    """Return every crash so far, in order, read from the exits and from the logs."""
    plain_lines: dict[int, list[str]] = {}
    for entry in telemetry.log_entries():
        if "level" not in entry.record:
            text = str(entry.record.get("event", ""))
            plain_lines.setdefault(entry.pid, []).append(text)
    return [
        Crash(
            exit_.t,
            exit_.replica,
            exit_.pid,
            exit_.exit_code,
            *read_traceback(plain_lines.get(exit_.pid, [])),
        )
        for exit_ in telemetry.exits()
    ]


def read_traceback(lines: list[str]) -> tuple[str, str, str]:
    """Return the exception at the bottom of a printed traceback: type, message, place.

    If there is an exception group, it is the one at the bottom of the group: lines that
    are printed after it (by threads that find their event loop closed, say) did not end
    the process.
    """
    grouped = [line for line in lines if INSIDE_GROUP.match(line)]
    exception = message = place = ""
    for line in grouped or lines:
        if (frame := FRAME.search(line)) and "course/service/" in line:
            place = f"{frame[1]}:{frame[2]} in {frame[3]}"
        last_line = LAST_LINE.match(line)
        if last_line and _is_exception(last_line[1]):
            exception, message = last_line[1].rpartition(".")[2], last_line[2] or ""
    return exception, message, place


def _is_exception(name: str) -> bool:
    return name.endswith(("Error", "Exception", "Interrupt", "Exit", "Iteration"))


def database_errors(telemetry: Telemetry) -> list[str]:
    """Return the logged tracebacks of request errors that end in a database call."""
    return [
        str(entry.record["exception"])
        for entry in telemetry.log_entries()
        if "database query:" in str(entry.record.get("exception", ""))
    ]
