"""The events that a fleet's supervisor reports as they happen, one class a kind.

A time `t` counts the seconds since the fleet started in which it could run: the clock
of the fleet stands still while its processes wait for a processor.
"""

from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar

T = TypeVar("T")
State = Literal["started", "ready", "exited", "down"]


@dataclass(frozen=True)
class ProcessEvent:
    """A replica's process entered `state`; a "down" replica is not started again."""

    t: float
    replica: int
    pid: int
    state: State
    release: str


@dataclass(frozen=True)
class Exit(ProcessEvent):
    """The exit of a replica's process, and whether it was `asked` to stop.

    `exit_code` is as in `subprocess`.
    """

    exit_code: int
    asked: bool


@dataclass(frozen=True)
class Scrape:
    """A replica's answer at /metrics: each sample's value by name and labels."""

    t: float
    replica: int
    pid: int
    metrics: dict[str, float]


@dataclass(frozen=True)
class Probe:
    """The milliseconds that a query to the database took, or the error that it got."""

    t: float
    ms: float | None
    error: str | None = None


@dataclass(frozen=True)
class LogEntry:
    """A line that a replica has logged, as a JSON object.

    A line that is no JSON object has a record with nothing but an `event`, its text.
    """

    t: float
    replica: int
    pid: int
    record: dict[str, Any]


@dataclass(frozen=True)
class Beat:
    """A setting of the clock: of the last `passed_s` seconds, `lost_s` were lost."""

    t: float
    passed_s: float
    lost_s: float


def as_dataclass(kind: type[T], event: dict[str, Any]) -> T:
    """Return a reported `event` as the dataclass `kind`. Raises KeyError."""
    return kind(**{field.name: event[field.name] for field in fields(kind)})  # type: ignore[arg-type]
