"""The end of a fleet's log, as a table that is read at a glance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Template

from course.outage.telemetry.events import LogEntry

LINES = 8
LINES_READ = 5_000  # for a filter: four times a second
LONGEST = 160
HEALTH_CHECKS = ("/healthz", "/readyz", "/metrics")
LEVELS: dict[str, tuple[str, ...]] = {
    "every line": (),
    "warnings and errors": ("warning", "error", "critical"),
    "errors": ("error", "critical"),
}

TABLE = Template(
    """\
<table class="outage-log"><thead><tr><th scope="col">time</th>
<th scope="col">replica</th><th scope="col">level</th><th scope="col">method</th>
<th scope="col">status</th><th scope="col">path or event</th></tr></thead><tbody>
{% for line in lines %}
<tr data-look="{{ line.look }}"><td>{{ when(line.t) }}</td><td>{{ line.replica }}</td>
<td>{{ line.level }}</td><td>{{ line.method }}</td><td>{{ line.status }}</td>
<td>{{ line.text }}</td></tr>
{% else %}
<tr><td colspan="6">No line passes the filter.</td></tr>
{% endfor %}
</tbody></table>
""",
    autoescape=True,
    trim_blocks=True,
)


@dataclass(frozen=True)
class Filter:
    """The lines to show: of some levels, with a text, with health checks or without."""

    levels: tuple[str, ...] = ()
    containing: str = ""
    health_checks: bool = False

    def passes(self, line: "LogLine") -> bool:
        """Return whether `line` is to be shown."""
        if self.levels and line.level not in self.levels:
            return False
        if not self.health_checks and line.path.startswith(HEALTH_CHECKS):
            return False
        return self.containing.lower() in line.searched.lower()


@dataclass(frozen=True)
class LogLine:
    """What one entry says; all of it is text that a service has logged."""

    t: float
    replica: int
    level: str
    method: str
    path: str
    status: str
    event: str

    @classmethod
    def of(cls, entry: LogEntry) -> "LogLine":
        """Return what `entry` says."""
        record = entry.record

        def field(name: str) -> str:
            return _first_line(record.get(name))

        return cls(
            entry.t,
            entry.replica,
            field("level"),
            field("method"),
            field("path"),
            field("status"),
            field("event"),
        )

    @property
    def text(self) -> str:
        """Return the path of an answered request, else what was logged."""
        if self.event == "request.answered" and self.path:
            return self.path
        return f"{self.event} {self.path}".strip()

    @property
    def searched(self) -> str:
        """Return all that a filter looks at."""
        return f"{self.level} {self.method} {self.path} {self.status} {self.event}"

    @property
    def look(self) -> str:
        """Return how grave it is: error, warning, or nothing."""
        if self.level in LEVELS["errors"] or self.status.startswith("5"):
            return "error"
        if self.level == "warning" or self.status.startswith("4"):
            return "warning"
        return ""


def _first_line(value: Any) -> str:
    text = "" if value is None else str(value).strip()
    return text.partition("\n")[0][:LONGEST]


def tail(entries: Sequence[LogEntry], shown: Filter) -> list[LogLine]:
    """Return the last lines of the log that pass `shown`, in order."""
    lines: list[LogLine] = []
    for entry in reversed(entries[-LINES_READ:]):
        line = LogLine.of(entry)
        if shown.passes(line):
            lines.append(line)
            if len(lines) == LINES:
                break
    return lines[::-1]


def as_html(
    entries: Sequence[LogEntry], shown: Filter, when: Callable[[float], str]
) -> str:
    """Return the end of the log as a table, with times as `when` tells them."""
    return str(TABLE.render(lines=tail(entries, shown), when=when))
