"""Finds in the logs of a fleet the exceptions that its processes died of."""

import re
from dataclasses import dataclass

from .series import Telemetry

# How Python prints the last line of a traceback: at the margin, or, inside an exception
# group, right behind the group's bar. Frames and source lines are indented further.
LAST_LINE = re.compile(r"^(?:\s*\| )?([A-Za-z_][\w.]*)(?:: (.*))?$")
INSIDE_GROUP = re.compile(r"^ {4,}\| ")
FRAME = re.compile(r'File ".*?course/service/([^/"]+)", line (\d+), in (\S+)')
NAMES_AN_EXCEPTION = re.compile(
    r"^[A-Za-z][\w.]*(?:Error|Exception|Exit)\b.*", re.MULTILINE
)
# Frames and source lines are indented; what is not is at the margin, or behind a bar.
NOT_INDENTED = re.compile(r"(?:\s*\| )?[^\s|+]")


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
    words = _last_words(telemetry)
    return [
        Crash(
            exit_.t,
            exit_.replica,
            exit_.pid,
            exit_.exit_code,
            *read_traceback(words.get(exit_.pid, [])),
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
        if frame := FRAME.search(line):
            place = _place(frame)
        last_line = LAST_LINE.match(line)
        if last_line and _is_exception(last_line[1]):
            exception, message = last_line[1].rpartition(".")[2], last_line[2] or ""
    return exception, message, place


def _is_exception(name: str) -> bool:
    return name.endswith(("Error", "Exception", "Interrupt", "Exit", "Iteration"))


def _place(frame: re.Match[str]) -> str:
    return f"{frame[1]}:{frame[2]} in {frame[3]}"


def last_words(telemetry: Telemetry, pid: int) -> list[str]:
    """Return the lines that process `pid` has printed past its logger."""
    return _last_words(telemetry).get(pid, [])


def _last_words(telemetry: Telemetry) -> dict[int, list[str]]:
    lines: dict[int, list[str]] = {}
    for entry in telemetry.log_entries():
        if "level" not in entry.record:
            lines.setdefault(entry.pid, []).append(str(entry.record.get("event", "")))
    return lines


def service_frames(lines: list[str]) -> list[str]:
    """Return the service's frames in a printed traceback, such as "app.py:9 in serve".

    If there is an exception group, they are those behind its bars, as in
    `read_traceback`.
    """
    barred = [line for line in lines if "|" in line]
    return [_place(frame) for line in barred or lines if (frame := FRAME.search(line))]


def tracebacks(telemetry: Telemetry) -> list[str]:
    """Return the tracebacks that the service has logged, in order."""
    records = [entry.record for entry in telemetry.log_entries()]
    return [str(record["exception"]) for record in records if "exception" in record]


def last_exception(traceback: str) -> str:
    """Return the last line of a printed `traceback` that names an exception, or ""."""
    lines: list[str] = NAMES_AN_EXCEPTION.findall(traceback)
    return lines[-1] if lines else ""


def outline(traceback: str) -> list[str]:
    """Return the lines of a printed `traceback` that belong to no frame.

    They are its exceptions with their notes, and the sentences by which Python links
    exceptions.
    """
    return [line for line in traceback.splitlines() if NOT_INDENTED.match(line)]


def database_errors(telemetry: Telemetry) -> list[str]:
    """Return the logged tracebacks of request errors that end in a database call."""
    return [text for text in tracebacks(telemetry) if "database query:" in text]
